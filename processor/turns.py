"""Whose turn it is, among the threads of one instance: the keys being worked on, and who is to have time-stamps next."""

from __future__ import annotations

import datetime as dt
import threading

from archive.record import DocumentKey

_NEAR = dt.timedelta(seconds=5)  # well before the moment asking costs nothing, and finds out who is mended earlier
_AGAIN = dt.timedelta(seconds=1)


class Hands:
    """The keys being worked on."""

    def __init__(self) -> None:
        self._keys: set[DocumentKey] = set()
        self._lock = threading.Lock()

    def take(self, key: DocumentKey) -> bool:
        """Whether the key was free; now it is not."""
        with self._lock:
            if key in self._keys:
                return False
            self._keys.add(key)
            return True

    def drop(self, key: DocumentKey) -> None:
        """The key is free again."""
        with self._lock:
            self._keys.discard(key)


class Line:
    """Documents that wait until an authority may be asked again, by their numbers in the journal: the oldest goes first.

    Without it whoever happens to be ready at the moment takes the time that others have waited for, and one may wait for ever.
    """

    def __init__(self) -> None:
        self._moments: dict[int, dt.datetime] = {}
        self._lock = threading.Lock()

    def stand(self, number: int, until: dt.datetime) -> None:
        """A document waits for time until a moment; the journal counts in whole seconds, and takes it up as one begins."""
        with self._lock:
            self._moments[number] = until.replace(microsecond=0)

    def leave(self, number: int) -> None:
        """It has its time, or something else is wrong with it."""
        with self._lock:
            self._moments.pop(number, None)

    def turn(self, number: int, now: dt.datetime) -> dt.datetime | None:
        """When a document may try that comes as the turn of an older one is near; None: now.

        Who has stood here is put off again only where an older one was told since that there is no time yet: it would find what the
        older one did not. An older one whose moment has passed comes first too, once: every thread may be busy with a long
        document then, and the first one free be that of a younger one.
        """
        with self._lock:
            has_stood = number in self._moments
            older = [moment for other, moment in self._moments.items() if other < number]
        ahead = [moment for moment in older if moment - _NEAR < now and (moment > now or not has_stood)]
        return max(min(ahead), now + _AGAIN) if ahead else None
