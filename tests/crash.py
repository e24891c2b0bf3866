"""`kill -9` at a named step: `python -m tests.crash STATION POINT...` runs the station once a point and dies there.

A point is `before:NAME` or `after:NAME` of STEPS, with `:K` for the K-th call of that run. Each run is a process of its own,
forked where everything is imported, and ends by `os._exit`: no handler, no flush, no lock given back. What it prints is, a
line a point, the point and how its run ended: 9 where it died there, 0 where the run never came to the step.
"""

import functools
import os
import sys
import threading
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from archive.store import Archive
from processor import flow, lists, parking, results, sources, station
from processor.cli import station_verbs, wiring
from processor.journal import Journal
from processor.ledger import Ledger

KILLED = 9
STEPS: dict[str, tuple[Any, str]] = {
    "begin": (Journal, "begin"),
    "reach": (Journal, "reach"),
    "end": (Journal, "end"),
    "answered": (Journal, "answered"),
    "reserve": (Archive, "reserve"),
    "file": (Archive, "file"),
    "event": (Archive, "event"),
    "void": (Archive, "void"),
    "hand_out": (station, "hand_out"),
    "clear": (sources, "clear"),
    "park": (parking, "park"),
    "seen": (Ledger, "seen"),
    "mark": (Ledger, "mark"),
    "took": (Ledger, "took"),
    "clear_list": (lists, "clear"),
    "forget": (Ledger, "forget"),
    "lay": (results, "lay"),
}


def _deadly(step: Callable[..., object], when: str, fatal: int) -> Callable[..., object]:
    calls = count(1)

    @functools.wraps(step)
    def wrapped(*args: object, **kwargs: object) -> object:
        is_last = next(calls) == fatal
        if is_last and when == "before":
            os._exit(KILLED)
        result = step(*args, **kwargs)
        if is_last:
            os._exit(KILLED)
        return result

    return wrapped


def _run(folder: Path, point: str) -> None:
    when, name, *fatal = point.split(":")
    owner, attribute = STEPS[name]
    setattr(owner, attribute, _deadly(getattr(owner, attribute), when, int(fatal[0]) if fatal else 1))
    with wiring.opened_shift(folder) as shift:
        flow.run(flow.Flow(shift), shift, threading.Event())


def _forked(folder: Path, point: str) -> int:
    child = os.fork()
    if child == 0:
        try:
            _run(folder, point)
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(folder: str, *points: str) -> None:
    """Run once a point."""
    station_verbs.set_up_log()
    for point in points:
        print(point, _forked(Path(folder), point), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
