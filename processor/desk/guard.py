"""The door of the desk: whom it lets in, and what every answer tells the browser.

Promises: no route but the key's and the style sheet's answers somebody unknown; nothing is fetched from elsewhere, run from
a page's text, or shown in another site's frame; no address or name is written to a log.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Scope

from archive.naming import local_date
from archive.web import door as doors
from processor.desk.access import Access, Session
from processor.tables import OperatorTable

_ENTER, _STATIC = "/enter", re.compile(r"/static/[a-z]+\.[a-z]+")
UNKNOWN = "Chưa vào bàn làm việc: mở liên kết mà lệnh `sohoa desk` vừa in ra (mỗi liên kết dùng một lần)."
_FOREIGN = "Yêu cầu không đến từ trang của bàn làm việc."
_NOBODY = "Tài khoản này không có trong [operators] của sohoa.toml."


@dataclass(frozen=True, slots=True)
class Door:
    """Whom the desk lets in.

    Attributes:
        hosts: the desk's own names with their ports. user_header: where a proxy names the account; empty: keys are asked for.
        operators: whom it may name.
    """

    hosts: Collection[str]
    access: Access
    clock: Callable[[], dt.datetime]
    user_header: str = ""
    operators: Mapping[str, OperatorTable] | None = None


class Guard(doors.Guard):
    """Stands before every route."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        super().__init__(app)
        self._door = door

    def refusal(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        """See `archive.web.door.Guard`."""
        door, path = self._door, str(scope["path"])
        if not doors.is_host(headers.get("host", ""), door.hosts):
            return PlainTextResponse(_FOREIGN, 421)
        if scope["method"] not in {"GET", "HEAD"}:
            site = headers.get("sec-fetch-site", "")
            if not doors.is_own_post(headers.get("origin", ""), site, door.hosts):
                return PlainTextResponse(_FOREIGN, 403)
        if _STATIC.fullmatch(path) or (path == _ENTER and not door.user_header):
            return None
        session = self._named(headers) if door.user_header else self._keyed(headers)
        if session is None:
            return PlainTextResponse(_NOBODY, 403) if door.user_header else PlainTextResponse(UNKNOWN, 401)
        scope.setdefault("state", {})["session"] = session
        return None

    def _keyed(self, headers: Headers) -> Session | None:
        return self._door.access.session(doors.cookie(headers, cookie(headers.get("host", ""))))

    def _named(self, headers: Headers) -> Session | None:
        """The session of whom the proxy names; a name given twice is nobody's."""
        given = headers.getlist(self._door.user_header)
        id = operator(self._door.operators or {}, given[0], local_date(self._door.clock())) if len(given) == 1 else ""
        return self._door.access.of(f"operator:{id}") if id else None


def operator(operators: Mapping[str, OperatorTable], account: str, today: dt.date) -> str:
    """The operator of an account on a day; empty where there is none."""
    for id, row in operators.items():
        in_time = (not row.valid_from or row.valid_from <= today) and (not row.valid_to or today <= row.valid_to)
        if account and row.account == account and in_time:
            return id
    return ""


def cookie(host: str) -> str:
    """The name of a desk's cookie: browsers do not tell ports apart, and two stations may have their desks on one machine."""
    return f"sohoa-desk-{host.rpartition(':')[2]}"
