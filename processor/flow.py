"""The instance at work: looks, takes, carries many documents at once, answers requests; for one batch or for good.

Promises: no more is claimed than is worked on (a queue of 100,000 files costs no space); lanes take turns; an error of our
own costs its document its turn and no other; what would leave less than `free_disk_mb` is not taken.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, zip_longest

import structlog

from processor import removing
from processor.answering import Answering
from processor.arrivals import EMPTY_REST, Arrival, Lookout
from processor.errors import Abandoned, Verdict, where
from processor.lists import sift
from processor.sealing import WINDOW
from processor.shift import AT_A_TIME, Shift, carry, clear_again, start, stop
from processor.taking import take

log = structlog.get_logger()
_MEGABYTE = 1 << 20
_COOL = {"arriving": 1.0, "busy": 60.0, "failed": 5.0, "unreadable": 60.0}  # seconds before such a file is tried again
_BETWEEN_LOOKS = 0.25
_NEXT_INSTANCE = "9999"  # a moment that does not come: the next instance tries
_LOOK_SHARE = 5  # at most a fifth of the time is spent looking: a folder of 100,000 files takes 0.3 s


class Flow:
    """Documents on their way, with as many threads as there are workers."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        settings, self._size = shift.tools.settings, shift.tools.engine.size
        self._pool = ThreadPoolExecutor(self._size, thread_name_prefix="carry")
        self._lookouts = [Lookout(shift.tools.station, lane) for lane in settings.lanes.values()]
        self.answering = Answering(shift, self.news)
        self._carried: dict[Future[str], int] = {}
        self._taken: dict[Future[str], tuple[str, bytes]] = {}
        self._cooling: dict[tuple[str, bytes], float] = {}
        self._ready: list[Arrival] = []
        self._wants_look, self._next_look = True, 0.0
        self._news = threading.Event()
        self.restless = self.listed = 0
        self.has_seen_all = False
        self.is_disk_low = self._was_low = False
        self._oddities: dict[str, int] = {}
        self.ended: Counter[str] = Counter()
        self.on_turn: Callable[[], object] = int  # does nothing, until someone shows progress

    def open(self) -> None:
        """Put right what an earlier instance left."""
        start(self._shift)
        removing.go_on(self._shift.tools, self._shift.journal)

    @property
    def is_idle(self) -> bool:
        """Nothing is being worked on."""
        return not self._carried and not self._taken and not self.answering.is_busy

    @property
    def is_carrying(self) -> bool:
        """A document, or a person's request, is being worked on."""
        return bool(self._carried) or self.answering.is_busy

    @property
    def in_hand(self) -> int:
        """How many documents are being worked on."""
        return len(self._carried) + len(self._taken)

    def news(self) -> None:
        """Something happened: `pause` ends. From any thread."""
        self._news.set()

    def look_now(self) -> None:
        """The next turn looks at the drop folders, if that is not too soon."""
        self._wants_look = True

    def pause(self, seconds: float) -> None:
        """Wait for news, at most so long."""
        self._news.wait(seconds)
        self._news.clear()

    def turn(self) -> None:
        """One round: what ended, what was asked, what waits no longer, what arrived."""
        self._collect()
        self.on_turn()
        if self.answering.turn():
            self.look_now()
        self._shift.journal.due(self._shift.tools.clock(), AT_A_TIME * self._size)
        self._carry_on()
        self._take_in()

    def abandon(self) -> None:
        """Stop: what is being read is given up, what is being filed is filed."""
        self._shift.tools.abandon()
        self.answering.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._collect()

    def close(self) -> None:
        """End the threads."""
        self.answering.close()
        self._pool.shutdown(wait=True)

    @property
    def _room(self) -> int:
        return self._size - len(self._carried) - len(self._taken)

    def _submit(self, work: Callable[[], str]) -> Future[str]:
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self.news())
        return future

    def _carry_on(self) -> None:
        """Documents the journal says are to be worked on, oldest first."""
        shift, busy = self._shift, set(self._carried.values())
        numbers = [n for n in shift.journal.numbers("working") if n not in busy] if self._room > 0 else []
        for number in numbers[: self._room]:
            item = shift.journal.item(number)
            self._carried[self._submit(lambda item=item: carry(item, shift))] = number  # type: ignore[misc]  # bound now

    def _take_in(self) -> None:
        if self._room <= 0:
            return
        if self._wants_look and not self._ready and time.monotonic() >= self._next_look:
            self._look()
        while self._room > 0 and self._finds_room():
            arrival = self._ready.pop(0)
            future = self._submit(lambda arrival=arrival: take(arrival, self._shift))  # type: ignore[misc]  # bound now
            self._taken[future] = (arrival.lane.name, arrival.sighting.path)

    def _look(self) -> None:
        began = time.monotonic()
        self.has_seen_all, self._wants_look = True, False
        self._was_low, self.is_disk_low = self.is_disk_low, False
        clear_again(self._shift)
        self._cooling = {name: until for name, until in self._cooling.items() if until > began}
        busy = {*self._cooling, *self._taken.values()}
        known = self._shift.journal.sources()
        tools, opened = self._shift.tools, self._shift.lists
        looks = [sift(opened, each.look(time.monotonic(), known), each.lane, known, tools) for each in self._lookouts]
        self.restless = sum(look.restless for look in looks) + len(self._cooling)
        self._tell_oddities({lookout.lane.name: len(look.oddities) for lookout, look in zip(self._lookouts, looks, strict=True)})
        self._ready = [a for a in _in_turn(look.arrivals for look in looks) if (a.lane.name, a.sighting.path) not in busy]
        spent = time.monotonic() - began
        self._next_look = time.monotonic() + max(_BETWEEN_LOOKS, _LOOK_SHARE * spent)

    def _tell_oddities(self, counts: dict[str, int]) -> None:
        """Links, pipes and folders within folders are not taken; `status` names them, the log counts them."""
        if counts != self._oddities:
            self._oddities = counts
            for lane, count in counts.items():
                if count:
                    log.warning("not-taken", lane=lane, count=count)

    def _finds_room(self) -> bool:
        """Whether something is ready for which the disk has room; what has none lets the others go first, until the next look."""
        folder = self._shift.tools.station
        least = self._shift.tools.settings.limits.free_disk_mb * _MEGABYTE
        left = min(shutil.disk_usage(folder / name).free for name in ("work", "archive")) - least if self._ready else 0
        while self._ready and _takes(self._ready[0]) > left:
            self._ready.pop(0)
            if not (self.is_disk_low or self._was_low):
                log.error("disk-low", least_mb=least // _MEGABYTE)
            self.is_disk_low = True
        return bool(self._ready)

    def _collect(self) -> None:
        """Count what ended; an error nobody foresaw rejects its document, with its bytes kept."""
        for future in [future for future in self._carried if future.done()]:
            number = self._carried.pop(future)
            self._count(future, number)
            self.has_seen_all = False
            self._wants_look |= bool(self._shift.lists.opened)  # a list goes with the last of its scans
        for future in [future for future in self._taken if future.done()]:
            name = self._taken.pop(future)
            state = self._count(future, None)
            if state == "listed":  # its scans may be taken now
                self.has_seen_all, self._wants_look = False, True
                self.listed += 1
            if state in _COOL:
                self._cooling[name] = time.monotonic() + _COOL[state]

    def _count(self, future: Future[str], number: int | None) -> str:
        error = None if future.cancelled() else future.exception()
        if future.cancelled() or isinstance(error, Abandoned):
            return "working"
        if error is None:
            state = future.result()
        else:
            log.error("failed", error=type(error).__name__, where=where(error))
            state = self._give_up(number)
        if state not in {"arriving", "busy", "listed", "taken", "working"}:
            self.ended[state] += 1
        return state

    def _give_up(self, number: int | None) -> str:
        """An error of our own: the document is rejected with its bytes; one not in the journal yet is tried again."""
        if number is None:
            return "failed"
        verdict = Verdict("unexpected", "an error of Sohoa itself")
        with ThreadPoolExecutor(1) as apart:
            stopped = apart.submit(lambda: stop(self._shift.journal.item(number), verdict, self._shift))
        error = stopped.exception()
        if error is None:
            return stopped.result()
        log.error("failed-again", error=type(error).__name__, where=where(error))
        self._shift.journal.stop(number, "waiting", "unexpected", "", _NEXT_INSTANCE)
        return "waiting"


def _takes(arrival: Arrival) -> int:
    """Claimed, sealed and filed it takes its size about three times."""
    return 3 * (arrival.sighting.size + (arrival.sidecar.size if arrival.sidecar else 0))


def _in_turn(lanes: Iterable[Iterable[Arrival]]) -> list[Arrival]:
    """One of each lane after the other: a flood in one does not starve the others."""
    return [arrival for arrival in chain.from_iterable(zip_longest(*lanes)) if arrival is not None]


def run(flow: Flow, shift: Shift, told: threading.Event) -> Counter[str]:
    """Everything that waits, once, or until told to stop; returns how many ended in each state.

    A file that never lies still is left for another time. Windows before the seal are waited for, once and no longer than the
    longest of them.
    """
    flow.open()
    shift.journal.wake()
    lanes = shift.tools.settings.lanes.values()
    quiet = (EMPTY_REST + 1) * max((lane.settle for lane in lanes), default=0.0) + 2 * _BETWEEN_LOOKS
    windows = max((lane.hold_before_seal for lane in lanes), default=0.0)
    until, ended, patience = time.monotonic() + quiet, 0, float("inf")

    def moved() -> int:  # what only fails, again and again, is no progress
        return flow.ended.total() - flow.ended["failed"] - flow.ended["unreadable"] + flow.listed

    while not told.is_set():
        flow.look_now()
        flow.turn()
        if moved() != ended or flow.is_carrying:
            until, ended = time.monotonic() + quiet, moved()
        elif not flow.is_idle:
            pass
        elif windows and shift.journal.numbers("waiting", WINDOW) and time.monotonic() < patience:
            patience = min(patience, time.monotonic() + windows + quiet)
        elif (flow.has_seen_all and not flow.restless) or time.monotonic() > until:
            flow.close()
            return flow.ended
        flow.pause(_BETWEEN_LOOKS)
    flow.abandon()
    return flow.ended
