"""Stands before every route: who asks, and as what.

Promises: nobody without a session is answered but by the page that asks for a password; a form counts only from a page of ours; all
else is only read. A proxy's word is taken where it alone can reach us.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Scope

from archive.web import door as doors
from archive.web.passwords import Gate
from archive.web.sessions import Sessions

RESTS = 8 * 3600.0  # seconds after which a session nobody used has ended
_MOST = 256  # sessions
_FOREIGN = "Yêu cầu không đến từ trang này. / The request does not come from this page."
_NOBODY = "Tài khoản này không có trong [serve.users] của sohoa.toml. / This account is not in [serve.users] of sohoa.toml."
_READ_ONLY = "Trang này chỉ để xem. / This page is only read."
_FORMS = ("/login", "/logout")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may look.

    Attributes:
        account: as a proxy names it.
    """

    name: str
    role: str
    account: str = ""


@dataclass(slots=True)
class Door:
    """Whom the page lets in.

    Attributes:
        hosts: its own names with their ports. users: by name. gate: their passwords.
        user_header: where a proxy names the account; empty: passwords are asked for.
    """

    hosts: Collection[str]
    users: Mapping[str, User]
    gate: Gate
    user_header: str = ""
    sessions: Sessions[User] = field(default_factory=lambda: Sessions(RESTS, _MOST))

    def user_of(self, headers: Headers) -> User | None:
        """Who asks; None: nobody who may."""
        if self.user_header:
            given = headers.getlist(self.user_header)
            return next((each for each in self.users.values() if each.account and [each.account] == given), None)
        return self.sessions.of(doors.cookie(headers, cookie(headers.get("host", ""))))


class Guard(doors.Guard):
    """The door, as every request meets it."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        super().__init__(app)
        self._door = door

    def refusal(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        """See `door.Guard`."""
        door, path, method = self._door, str(scope["path"]), scope["method"]
        if not doors.is_host(headers.get("host", ""), door.hosts):
            return PlainTextResponse(_FOREIGN, 421)
        if method not in {"GET", "HEAD"}:
            if method != "POST" or path not in _FORMS or door.user_header:
                return PlainTextResponse(_READ_ONLY, 405)
            if not doors.is_own_post(headers.get("origin", ""), headers.get("sec-fetch-site", ""), door.hosts):
                return PlainTextResponse(_FOREIGN, 403)
        if path.startswith("/static/") or (path in {"/login", "/language"} and not door.user_header):
            return None
        user = door.user_of(headers)
        if user is None:
            return PlainTextResponse(_NOBODY, 403) if door.user_header else RedirectResponse("/login", 303)
        scope.setdefault("state", {})["user"] = user
        return None


def cookie(host: str) -> str:
    """The name of a page's cookie: browsers do not tell ports apart."""
    return f"sohoa-serve-{host.rpartition(':')[2]}"
