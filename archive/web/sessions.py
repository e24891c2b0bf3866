"""Sessions of a page's browsers, in memory alone: a page that starts anew knows nobody.

Promises: a session that rests ends; there are never more than so many, and the one longest unused goes first.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Who = TypeVar("Who")


@dataclass(slots=True)
class _Kept(Generic[Who]):
    who: Who
    used: float


@dataclass(slots=True)
class Sessions(Generic[Who]):
    """Who is in. Usable from many threads.

    Attributes:
        rests: seconds after which a session nobody used has ended.
        most: how many there may be.
    """

    rests: float
    most: int
    clock: Callable[[], float] = time.monotonic
    _kept: dict[str, _Kept[Who]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, who: Who) -> str:
        """A session; its name is what the browser keeps."""
        name, now = secrets.token_urlsafe(32), self.clock()
        with self._lock:
            for old in [old for old, each in self._kept.items() if now - each.used > self.rests]:
                del self._kept[old]
            while len(self._kept) >= self.most:
                del self._kept[min(self._kept, key=lambda old: self._kept[old].used)]
            self._kept[name] = _Kept(who, now)
        return name

    def end(self, name: str) -> None:
        """The session of that name is over."""
        with self._lock:
            self._kept.pop(name, None)

    def of(self, name: str) -> Who | None:
        """Whose the session of that name is, unless it rested too long; it is used by that."""
        now = self.clock()
        with self._lock:
            found = self._kept.get(name)
            if found is None or now - found.used > self.rests:
                self._kept.pop(name, None)
                return None
            found.used = now
            return found.who

    def first(self, is_it: Callable[[Who], bool]) -> Who | None:
        """The first of whom that is so; it is used by that."""
        with self._lock:
            found = next((each for each in self._kept.values() if is_it(each.who)), None)
            if found is None:
                return None
            found.used = self.clock()
            return found.who
