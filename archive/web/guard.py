"""Stands before every route: who asks, and as what.

Promises: nobody without a session is answered but by the page that asks for a password; a form counts only from a page of ours; all
else is only read. A proxy's word is taken where it alone can reach us.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from archive.web import door as doors
from archive.web.passwords import Gate

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
class Session:
    """Somebody who is looking."""

    user: User
    used: float


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
    clock: Callable[[], float] = time.monotonic
    _sessions: dict[str, Session] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, user: User) -> str:
        """A session; its name is what the browser keeps."""
        name, now = secrets.token_urlsafe(32), self.clock()
        with self._lock:
            for old in [old for old, each in self._sessions.items() if now - each.used > RESTS]:
                del self._sessions[old]
            while len(self._sessions) >= _MOST:
                del self._sessions[min(self._sessions, key=lambda old: self._sessions[old].used)]
            self._sessions[name] = Session(user, now)
        return name

    def end(self, name: str) -> None:
        """The session of that name is over."""
        with self._lock:
            self._sessions.pop(name, None)

    def user_of(self, headers: Headers) -> User | None:
        """Who asks; None: nobody who may."""
        if self.user_header:
            given = headers.getlist(self.user_header)
            return next((each for each in self.users.values() if each.account and [each.account] == given), None)
        name, now = doors.cookie(headers, cookie(headers.get("host", ""))), self.clock()
        with self._lock:
            found = self._sessions.get(name)
            if found is None or now - found.used > RESTS:
                self._sessions.pop(name, None)
                return None
            found.used = now
            return found.user


class Guard:
    """The door, as every request meets it."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._refusal(scope, Headers(scope=scope)) or self._app
        await answer(scope, receive, doors.telling(send))

    def _refusal(self, scope: Scope, headers: Headers) -> ASGIApp | None:
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
