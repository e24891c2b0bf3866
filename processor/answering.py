"""Requests from the command line, done one after the other on a thread of their own: they may wait for a worker.

Promises: a request that fails is told in the log and never asked again, so that it cannot stand in the others' way; only
where the disk failed does it stay, and is tried again later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from processor import requests
from processor.errors import Abandoned, where
from processor.journal import Request
from processor.shift import Shift, is_of_disk

log = structlog.get_logger()
_AFTER_DISK, _AGAIN = 60.0, 1.0  # seconds


class Answering:
    """The requests of one shift.

    Args:
        shift: who works.
        news: called when one is done, on the thread that did it.
    """

    def __init__(self, shift: Shift, news: Callable[[], object]) -> None:
        self._shift = shift
        self._news = news
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="requests")
        self._current: tuple[Future[None], Request] | None = None
        self._not_before = 0.0
        self._is_put_off = False

    @property
    def is_busy(self) -> bool:
        """A request is being done, or will be in a moment."""
        return self._current is not None or self._is_put_off

    def turn(self) -> bool:
        """Note what is done, begin the next; whether one was done."""
        done = self._current is not None and self._current[0].done()
        if done:
            self._note()
        if self._current is None and time.monotonic() >= self._not_before:
            for request in self._shift.journal.asked()[:1]:
                self._is_put_off = False
                future = self._thread.submit(requests.do, request, self._shift)
                self._current = future, request
                future.add_done_callback(lambda _: self._news())
        return done

    def all(self) -> None:
        """Do all that is asked, now."""
        while self._not_before == 0.0 and (self._current or self._shift.journal.asked()):
            self.turn()
            if self._current:
                self._current[0].exception()  # waits

    def close(self) -> None:
        """End the thread; what is being done is done."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _note(self) -> None:
        if self._current is None:
            return
        (future, request), self._current = self._current, None
        error = None if future.cancelled() else future.exception()
        if future.cancelled() or isinstance(error, Abandoned):
            return
        if isinstance(error, OSError) and is_of_disk(error):
            self._not_before = time.monotonic() + _AFTER_DISK
            log.error("request-waits", verb=request.verb, error=error.strerror)
            return
        if isinstance(error, requests.NotYet):
            self._not_before, self._is_put_off = time.monotonic() + _AGAIN, True
            return
        if error is not None:
            log.error("request-failed", verb=request.verb, error=type(error).__name__, where=where(error))
        self._shift.journal.answered(request.number)
