"""Who may sit at the desk: one-time keys and sessions.

Promises: a key opens one session and is worth nothing after; a session that rests ends; answers are compared in constant
time. Refuses posts without the session's token.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from archive.web.sessions import Sessions

RESTS = 12 * 3600.0  # seconds after which a session nobody used has ended: a clerk's day
_MOST = 64  # sessions


@dataclass(slots=True)
class Session:
    """A clerk at the desk.

    Attributes:
        actor: who is named in events. token: what its forms bear.
        near: the day of the document described last. said: what its next page tells. done: documents it described.
    """

    actor: str
    token: str
    near: dt.date | None = None
    said: str = ""
    done: int = 0


@dataclass(slots=True)
class Access:
    """Keys and sessions of one desk, in memory alone: a desk that starts anew knows nobody.

    Attributes:
        actor: who is named in events, of whom a key lets in.
        entered: told when a key was used: another browser wants another one.
    """

    actor: str = ""
    clock: Callable[[], float] = time.monotonic
    entered: Callable[[], object] = int
    _keys: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _sessions: Sessions[Session] = field(init=False)

    def __post_init__(self) -> None:
        """Nobody is in."""
        self._sessions = Sessions(RESTS, _MOST, self.clock)

    def new_key(self) -> str:
        """A key for one browser; those that were not used are worth nothing any more."""
        key = secrets.token_urlsafe(24)
        with self._lock:
            self._keys = {key}
        return key

    def enter(self, key: str) -> str:
        """The name of a new session for a key; empty where the key is none."""
        with self._lock:
            fitting = [known for known in self._keys if hmac.compare_digest(known.encode(), key.encode())]
            if not fitting:
                return ""
            self._keys.clear()
        self.entered()
        return self.begin(self.actor)

    def begin(self, actor: str) -> str:
        """A session of an operator; its name is what the browser keeps."""
        return self._sessions.begin(Session(actor, secrets.token_urlsafe(24)))

    def session(self, name: str) -> Session | None:
        """The session of that name, unless it rested too long."""
        return self._sessions.of(name)

    def of(self, actor: str) -> Session:
        """The one session of an operator whom a proxy names."""
        found = self._sessions.first(lambda each: each.actor == actor)
        if found is None:
            found = Session(actor, secrets.token_urlsafe(24))
            self._sessions.begin(found)
        return found


def is_token(given: str, session: Session) -> bool:
    """Whether a form bears the token of its session."""
    return hmac.compare_digest(given.encode(), session.token.encode())
