"""Passwords: how they are kept (argon2id), and how often one may be tried.

Promises: a wrong name takes as long as a wrong password; who guesses waits longer after every miss.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

SHORTEST = 12  # characters
_FREE = 5  # misses before one waits
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 900.0  # seconds
_MOST_NAMES = 1000
_EVERYBODY = ""  # guesses at many names at once are slowed down too
_FREE_OF_ALL = 50


def hashed(password: str) -> str:
    """What is kept of a password, in argon2's own form."""
    return PasswordHasher().hash(password)


def is_hash(text: str) -> bool:
    """Whether this was made by `hashed`, or by another argon2."""
    try:
        PasswordHasher().check_needs_rehash(text)
    except InvalidHashError:
        return False
    return True


@dataclass(slots=True)
class Gate:
    """Whose password opens, and who has to wait.

    Attributes:
        hashes: of passwords, by name.
    """

    hashes: Mapping[str, str]
    clock: Callable[[], float] = time.monotonic
    _missed: dict[str, tuple[int, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _nobody: str = field(default_factory=lambda: hashed("nobody"))

    def waits(self, name: str) -> float:
        """Seconds until this name may be tried again."""
        now = self.clock()
        with self._lock:
            return max(0.0, *(self._until(each) - now for each in (name, _EVERYBODY)))

    def opens(self, name: str, password: str) -> bool:
        """Whether this is the password of that name; False too while the name has to wait."""
        if self.waits(name) > 0:
            return False
        kept = self.hashes.get(name, "")
        try:
            PasswordHasher().verify(kept or self._nobody, password)
        except (Argon2Error, InvalidHashError):
            self._miss(name)
            return False
        if not kept:
            self._miss(name)
            return False
        with self._lock:
            self._missed.pop(name, None)
        return True

    def _until(self, name: str) -> float:
        count, last = self._missed.get(name, (0, 0.0))
        free = _FREE if name else _FREE_OF_ALL
        if count < free:
            return 0.0
        return last + float(min(_FIRST_WAIT * 2.0 ** min(count - free, 12), _LONGEST_WAIT))

    def _miss(self, name: str) -> None:
        now = self.clock()
        with self._lock:
            if len(self._missed) >= _MOST_NAMES:
                self._missed = {each: row for each, row in self._missed.items() if now - row[1] < _LONGEST_WAIT}
            for each in (name, _EVERYBODY):
                count, last = self._missed.get(each, (0, now))
                self._missed[each] = (1 if now - last > 4 * _LONGEST_WAIT else count + 1, now)
