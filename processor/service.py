"""`watch`: stays, wakes on events, looks at its own pace, runs the nightly job when it is due.

Promises: the rescan is the truth, events only wake it earlier; on stop what is being filed is filed, what is being read is
given up and goes on next time from its last stage. The nightly job asks every minute what is not done.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time

import structlog

from processor import aside, law, nightly, posting, publishing
from processor.flow import Flow
from processor.shift import Shift
from processor.sources import root_of
from watch.schedule import Timetable
from watch.wake import Waker

log = structlog.get_logger()
WATCHER = "watcher"
_TICK = 1.0  # seconds between questions to the journal: requests and what waits no longer
_ASK_NIGHT = 60.0
_POST = 60.0
_HEADS = 600.0  # what the outside did not give last time is asked for again


def serve(flow: Flow, shift: Shift, stop: threading.Event) -> None:
    """Work until `stop` is set, or a clerk's session begins; then finish what is being filed."""
    schedule = shift.tools.settings.schedule
    folders = [root_of(shift.tools.station, lane) for lane in shift.tools.settings.lanes]
    timetable = Timetable(law.VIETNAM)
    timetable.every(_ASK_NIGHT, lambda: _night(shift), "nightly")
    timetable.every(_HEADS, lambda: publishing.publish(shift.tools), "heads")
    timetable.every(_POST, lambda: posting.post(shift.tools), "notices")
    shift.journal.note(WATCHER, str(os.getpid()))
    flow.open()
    log.info("watching", lanes=len(folders))
    with Waker(folders, flow.news) as waker, timetable:
        looked = time.monotonic()
        while not stop.is_set() and not aside.is_open(shift.tools.station):
            polled = waker.refresh()
            timetable.refresh()
            try:
                flow.turn()
            except sqlite3.OperationalError as error:  # locked for long, or the disk: the next turn may go
                log.error("turn-failed", error=error.sqlite_errorname)
            flow.pause(_TICK)
            waits = min([schedule.rescan, *([schedule.poll] if polled else []), *([_TICK] if flow.restless else [])])
            if waker.wait(0) or time.monotonic() - looked >= waits:
                looked = time.monotonic()
                flow.look_now()
        flow.abandon()
        timetable.stop()
    shift.journal.note(WATCHER, "")
    log.info("stopped-watching")


def _night(shift: Shift) -> None:
    nights = nightly.due(shift.tools, shift.journal)
    if nights:
        nightly.do(nights, shift.tools, shift.journal)
