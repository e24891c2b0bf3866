"""The nightly batch: takes what lies still in the drop folders, carries each document as far as it goes, once.

Promises: a source is cleared last, after its document is filed (or parked) durably; killed anywhere, the next run makes the
same documents under the same codes. What waits for the outside keeps its source and is tried again by the next run.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from archive.record import Blob
from processor import pipeline, station
from processor.document import Scan
from processor.errors import Verdict
from processor.settings import Lane
from watch.claims import Claimed, claim, clear
from watch.folders import DropFolder
from watch.settle import Sighting, Watched, ignorable, settle

log = structlog.get_logger()
_BETWEEN_LOOKS = 0.25


@dataclass(frozen=True, slots=True)
class Arrival:
    """A settled file of a drop folder."""

    lane: Lane
    root: Path
    sighting: Sighting


def arrivals(folder: Path, lanes: list[Lane]) -> Iterator[Arrival]:
    """Files that lie still for their lane's `settle`, by our own monotonic observations."""
    for lane in lanes:
        root = folder / "drop" / lane.name
        if not root.is_dir():
            continue
        known: dict[bytes, Watched] = {}
        deadline = time.monotonic() + lane.settle + 2 * _BETWEEN_LOOKS
        ready: tuple[Sighting, ...] = ()
        while True:
            seen = [s for s in DropFolder(root).look() if not ignorable(s.path) and not s.path.endswith(b".json")]
            settled, ready = settle(known, seen, time.monotonic(), lane.settle)
            known = dict(settled)
            if not seen or len(ready) == len(seen) or time.monotonic() > deadline:
                break
            time.sleep(_BETWEEN_LOOKS)
        yield from (Arrival(lane, root, sighting) for sighting in ready)


def _scan(arrival: Arrival, taken: Claimed, tools: pipeline.Tools) -> Scan:
    name = arrival.sighting.path.decode("utf-8", "replace")
    folder, _, _ = name.rpartition("/")
    return Scan(
        blob=Blob(taken.path, taken.sha256, taken.size), lane=arrival.lane.name, original_name=name.rpartition("/")[2],
        received_at=tools.clock().isoformat(), file_code=folder or arrival.lane.file,
    )  # fmt: skip


class _InHand:
    """Scans being worked on: the same bytes a second time in one lane wait until the first are done."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def only(self, key: str) -> Iterator[None]:
        """Nobody else works on this key within the block."""
        with self._changed:
            self._changed.wait_for(lambda: key not in self._keys)
            self._keys.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._keys.discard(key)
                self._changed.notify_all()


def take(arrival: Arrival, tools: pipeline.Tools, in_hand: _InHand) -> str:
    """One document as far as it goes; returns its state."""
    taken = claim(arrival.root, arrival.sighting, tools.station / "work" / "claims")
    if taken is None:
        return "arriving"
    with in_hand.only(f"{arrival.lane.name}/{taken.sha256}"):
        return _carry(arrival, taken, tools)


def _carry(arrival: Arrival, taken: Claimed, tools: pipeline.Tools) -> str:
    scan = _scan(arrival, taken, tools)
    state, _ = tools.archive.key_state(scan.key)
    if state == "filed":
        tools.archive.event("duplicate", scan_sha256=taken.sha256, actor=pipeline.ACTOR)
        clear(arrival.root, arrival.sighting, taken.sha256)
        return "duplicate"
    work = tools.station / "work" / "items" / f"{scan.lane}-{taken.sha256[:16]}"
    work.mkdir(parents=True, exist_ok=True)
    try:
        filed = pipeline.process(scan, tools, work)
    except Verdict as verdict:
        return _stopped(arrival, scan, verdict, tools)
    station.hand_out(tools.station, scan, filed.source.pdf.path)
    clear(arrival.root, arrival.sighting, taken.sha256)
    shutil.rmtree(work, ignore_errors=True)
    log.info("filed", scan=taken.sha256[:12], lane=scan.lane)
    return "filed"


def _stopped(arrival: Arrival, scan: Scan, verdict: Verdict, tools: pipeline.Tools) -> str:
    state = verdict.reason.state
    log.warning("stopped", scan=scan.blob.sha256[:12], lane=scan.lane, code=verdict.code, detail=verdict.detail)
    if state in {"held", "rejected"}:
        station.park(tools.station, scan, verdict, tools.clock())
        tools.archive.event(state, scan_sha256=scan.blob.sha256, actor=pipeline.ACTOR, public={"code": verdict.code})
        clear(arrival.root, arrival.sighting, scan.blob.sha256)
    return state


def run(tools: pipeline.Tools, workers: int) -> Counter[str]:
    """Everything that waits, once; returns how many ended in each state."""
    tools.archive.recover()
    waiting = list(arrivals(tools.station, list(tools.settings.lanes.values())))
    in_hand = _InHand()
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(take, arrival, tools, in_hand) for arrival in waiting]
    return Counter(_outcome(future) for future in futures)


def _outcome(future: Future[str]) -> str:
    """How one document ended; an error of our own costs this document its turn, not the others theirs."""
    error = future.exception()
    if error is None:
        return future.result()
    log.error("failed", error=type(error).__name__)
    return "waiting"
