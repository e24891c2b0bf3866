"""A bound on how long a parser may think: processor time, so that waiting for an answer from outside costs nothing.

Promises: inside `within` a loop of Python code ends as TimeoutError (an OSError, one of `structure.READING`).
Refuses: to promise anything outside a main thread; there the engine's own time-out ends the worker.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


def _enough(number: int, frame: FrameType | None) -> None:
    raise TimeoutError("the parser takes too long")


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Allow so many seconds of processor time.

    Raises:
        TimeoutError: they are over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _enough)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
