"""`watch`: stays, wakes on events, looks at its own pace, runs the nightly job when it is due.

Promises: the rescan is the truth, events only wake it earlier; on stop what is being filed is filed, what is being read is
given up and goes on next time from its last stage. The nightly job asks every minute what is not done. While the station's own
rules are wrong nothing is begun.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time

import structlog

from archive.naming import local_date
from processor import aside, law, nightly, overlay, posting, publishing
from processor.flow import Flow
from processor.shift import Shift
from processor.sources import root_of
from watch.schedule import Timetable
from watch.wake import Waker

log = structlog.get_logger()
WATCHER = "watcher"
_LAW = "waiting-law"
_TICK = 1.0  # seconds between questions to the journal: requests and what waits no longer
_ASK_NIGHT = 60.0
_POST = 60.0
_HEADS = 600.0  # what the outside did not give last time is asked for again


class Rules:
    """Whether the station's own `law/` can be gone by: looked at anew when a file or the day changed; the log tells."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._known: object = None
        self._faults: list[str] = []

    def hold(self) -> bool:
        """Nothing is begun while they do not; what waited for them goes on when they do again."""
        tools = self._shift.tools
        day = local_date(tools.clock())
        if (known := (day, overlay.state(tools.station))) != self._known:
            before, self._faults = self._faults, overlay.faults(tools.station, day)
            self._known = known
            for fault in self._faults:
                log.error("law-broken", fault=fault)
            if before and not self._faults:
                log.info("law-mended")
                self._shift.journal.wake_some(_LAW, len(self._shift.journal.numbers("waiting", _LAW)))
        return not self._faults


def serve(flow: Flow, shift: Shift, stop: threading.Event) -> None:
    """Work until `stop` is set, or a clerk's session begins; then finish what is being filed."""
    schedule = shift.tools.settings.schedule
    folders = [root_of(shift.tools.station, lane) for lane in shift.tools.settings.lanes]
    timetable = Timetable(law.VIETNAM)
    rules = Rules(shift)
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
                if rules.hold():
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
    nights = nightly.due(shift.tools, shift.journal)  # made up for later, where the rules are wrong: the log tells
    if nights and not overlay.faults(shift.tools.station, local_date(shift.tools.clock())):
        nightly.do(nights, shift.tools, shift.journal)
