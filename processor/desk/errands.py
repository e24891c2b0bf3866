"""What a clerk asks of the queue: left in the journal, and done by whoever holds the station; by the desk where nobody does.

Promises: what was asked is on the disk before the clerk sees the next page; a desk that dies loses none of it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable

import structlog

from archive.errors import ArchiveError
from processor.errors import SohoaError, Verdict, where
from processor.journal import Journal

log = structlog.get_logger()
_AGAIN, _LONGEST = 20.0, 600.0  # seconds: whoever is at work may end without having looked once more


class Errands:
    """A thread of its own that sees to what was asked.

    Args:
        journal: where it is left.
        act: does all that is asked; False: somebody else holds the station and will.
    """

    def __init__(self, journal: Journal, act: Callable[[], bool]) -> None:
        self._journal = journal
        self._act = act
        self._news = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="errands", daemon=True)

    def open(self) -> None:
        """Begin, with what an earlier desk may have left."""
        self._thread.start()
        self._news.set()

    def close(self) -> None:
        """End; what is being done is done."""
        self._ending.set()
        self._news.set()
        self._thread.join()

    def news(self) -> None:
        """Something was asked."""
        self._news.set()

    def _serve(self) -> None:
        pause = _AGAIN
        while not self._ending.is_set():
            self._news.wait(pause)
            self._news.clear()
            if not self._ending.is_set():
                pause = _AGAIN if self._attempt() else min(2 * pause, _LONGEST)

    def _attempt(self) -> bool:
        """Whether all went well; what did not stays asked, and is tried again."""
        try:
            if self._journal.asked():
                self._act()
        except (SohoaError, ArchiveError, Verdict, sqlite3.Error, OSError, RuntimeError, ValueError) as error:
            log.error("errand-failed", error=type(error).__name__, where=where(error))
            return False
        return True
