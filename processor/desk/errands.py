"""What a clerk asks of the queue: left in the journal, and done by whoever holds the station; by the desk where nobody does.

Promises: what was asked is on the disk before the clerk sees the next page; a desk that dies loses none of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from processor.errors import SohoaError, where
from processor.journal import Journal

log = structlog.get_logger()
_AGAIN = 20.0  # seconds: whoever is at work may end without having looked once more


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
        while not self._ending.is_set():
            self._news.wait(_AGAIN)
            self._news.clear()
            if not self._ending.is_set() and self._journal.asked():
                self._attempt()

    def _attempt(self) -> None:
        try:
            self._act()
        except (SohoaError, OSError, RuntimeError, ValueError) as error:  # it stays asked, and is tried again
            log.error("errand-failed", error=type(error).__name__, where=where(error))
