"""One clerk's session at a time, for which whoever watches the station stands aside.

Promises: the lock belongs to the session's process and goes with it, however it ends.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processor.errors import SohoaError
from watch.lock import AlreadyRunning, Instance

_POLL = 0.5


def _lock(station: Path) -> Path:
    return station / "work" / "session.lock"


def is_open(station: Path) -> bool:
    """Whether a clerk's session goes on, or waits to begin."""
    try:
        with Instance(_lock(station)):
            return False
    except AlreadyRunning:
        return True


def wait_over(station: Path, told: threading.Event) -> None:
    """Until no session goes on, or until told to stop."""
    while is_open(station) and not told.wait(_POLL):
        pass


@contextmanager
def alone(station: Path) -> Iterator[None]:
    """This process is the clerk's session: who watches lets go of the station.

    Raises:
        SohoaError: another session goes on.
    """
    for _ in range(3):  # who watches looks at the lock by taking it for a moment
        try:
            with Instance(_lock(station)):
                yield
                return
        except AlreadyRunning:
            time.sleep(_POLL / 5)
    raise SohoaError("another session goes on")
