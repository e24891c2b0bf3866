"""The lists that lie in the drop folders: read when they lie still, held against the scans beside them, cleared with the last.

Promises: no scan overtakes the list of its folder: while one is being written, read, or cannot be gone by, its scans wait. A
list is cleared only when each of its rows has become a document that is safe; one whose scans do not come is held with them told.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from archive.naming import local_date
from archive.record import Blob
from processor import results
from processor.arrivals import Arrival, Look
from processor.document import Scan
from processor.errors import Verdict
from processor.intake.headings import BAD
from processor.intake.listing import Row
from processor.ledger import Ledger, at
from processor.listed import Listed, Lists, Opened, by_name, folded, folder_of, is_coming, is_list, is_scan, key, takes_lists
from processor.shift import Shift, begin
from processor.sources import Dropped, Source, root_of
from processor.tables import Lane
from processor.tools import ACTOR, Tools
from watch.claims import SourceUnreadable, claim, clear

log = structlog.get_logger()
OPEN, LEFT = "list-open", "list-left"
_SHOWN_ROWS = 20


def sift(lists: Lists, lane: Lane, look: Look, sources: Iterable[Source], tools: Tools) -> Look:
    """What of a look may be taken: lists to be read or done with, and scans whose lists have been read.

    Args:
        lists: what is known of them.
        lane: whose drop folder it is.
        look: what was seen there.
        sources: of the documents under way.
        tools: of the instance.
    """
    there = [sighting for sighting in look.there if is_list(sighting.path)]
    if not takes_lists(lane):
        return look
    coming = {folder_of(path) for path in look.unfinished if is_coming(path)}
    if not there and not coming and lane.list != "required":
        return look
    known = {sighting.path: lists.at(lane.name, sighting) for sighting in there}
    under_way = {s.sighting.path for s in sources if isinstance(s, Dropped) and s.lane == lane.name}
    arrivals: list[Arrival] = []
    for arrival in look.arrivals:
        path = arrival.sighting.path
        if is_list(path):
            opened = known.get(path)
            if opened is None or _is_done(lists, opened, look, under_way, lane, tools):
                arrivals.append(replace(arrival, is_list=True))
        elif arrival.is_orphan:
            arrivals.append(arrival)
        elif folder_of(path) not in coming and (listed := _listed(path, known, look, lane)) is not None:
            arrivals.append(replace(arrival, listed=listed if listed.hits or there_are(path, known) else None))
    return replace(look, arrivals=tuple(arrivals))


def there_are(path: bytes, known: Collection[bytes]) -> bool:
    """Whether a list lies in a scan's folder."""
    return any(folder_of(each) == folder_of(path) for each in known)


def _listed(path: bytes, known: dict[bytes, Opened | None], look: Look, lane: Lane) -> Listed | None:
    """What the lists of its folder say of a scan; None while they have to be waited for."""
    beside = [opened for each, opened in known.items() if folder_of(each) == folder_of(path)]
    if any(opened is None or opened.bad for opened in beside):
        return None
    hits = tuple((opened, row) for opened in beside if opened for row in opened.of(path))
    if not hits and lane.list == "required":
        return None
    others = [s.path for s in look.there if s.path != path and folder_of(s.path) == folder_of(path) and is_scan(s.path)]
    mine = {(opened.key, row.number) for opened, row in hits}
    has_rival = bool(mine) and any(
        (opened.key, row.number) in mine for other in others for opened, _ in hits for row in opened.of(other)
    )
    return Listed(hits, has_rival)


def _is_done(lists: Lists, opened: Opened, look: Look, under_way: Collection[bytes], lane: Lane, tools: Tools) -> bool:
    """Whether each row has had its scan and those are safe, or the others have not come for too long."""
    if opened.bad:
        return False
    ledger = at(tools.station)
    there, marks = {sighting.path for sighting in look.there}, ledger.marks(opened.key)
    if any(mark.path in there or mark.path in under_way for mark in marks.values()):
        return False
    if any(is_scan(path) and opened.of(path) for path in there):
        return False
    left = _left(opened, marks)
    if not left:
        return True
    moved = max([ledger.seen(opened.key, opened.lane, opened.sighting.path, tools.clock()), *(m.at for m in marks.values())])
    if tools.clock() - dt.datetime.fromisoformat(moved) > dt.timedelta(seconds=lane.list_wait):
        return True
    _tell(lists, ledger, opened, OPEN, f"{len(left)}/{len(opened.rows)} dòng chưa có bản quét")
    return False


def _left(opened: Opened, marks: Collection[int]) -> list[int]:
    """The rows that name a scan and have had none."""
    return [row.number for row in opened.rows if row.name and row.number not in marks]


def _tell(lists: Lists, ledger: Ledger, opened: Opened, code: str, detail: str) -> None:
    """Note why a list lies there, once."""
    if lists.told.get(opened.key) != detail:
        lists.told[opened.key] = detail
        ledger.note(opened.key, code, detail)


# Taken in hand


def take(arrival: Arrival, shift: Shift) -> str:
    """Read a list, or be done with it; `listed` (look again), `arriving`, `unreadable`, `held` (it cannot be gone by)."""
    opened = shift.lists.at(arrival.lane.name, arrival.sighting)
    folder = shift.new_claim()
    state = "arriving"
    try:
        state = _open(arrival, shift, folder) if opened is None else _finish(opened, shift, folder)
    except SourceUnreadable as error:
        log.warning("source-unreadable", lane=arrival.lane.name, error=os.strerror(error.errno or 0))
        state = "unreadable"
    finally:
        if state != "taken":
            shutil.rmtree(folder, ignore_errors=True)
    return state


def _open(arrival: Arrival, shift: Shift, folder: Path) -> str:
    tools, lane, path = shift.tools, arrival.lane.name, arrival.sighting.path
    claimed = claim(root_of(tools.station, lane), arrival.sighting, folder)
    if claimed is None:
        return "arriving"
    now, ledger = tools.clock(), at(tools.station)
    name = key(lane, arrival.sighting, claimed.sha256)
    ledger.seen(name, lane, path, now)
    opened = Opened(lane, arrival.sighting, claimed.sha256, name)
    try:
        told = tools.engine.call("lists", {
            "path": str(claimed.path), "day": local_date(now).isoformat(), "station": str(tools.station),
            "most": tools.settings.limits.list_rows,
        })  # fmt: skip
    except Verdict as verdict:
        opened = replace(opened, bad=verdict.detail or verdict.reason.vi)
        shift.lists.keep(opened)
        _tell(shift.lists, ledger, opened, BAD, opened.bad)
        log.warning("stopped", scan=claimed.sha256[:12], lane=lane, code=BAD)
        results.lay(opened, {}, shift)
        return "held"
    rows = tuple(Row(**{**row, "wrong": tuple(row["wrong"])}) for row in told["rows"])
    before = ledger.taken(lane, now)
    lies = {folded(entry.name) for entry in os.scandir(root_of(tools.station, lane) / os.fsdecode(opened.folder))}
    late = frozenset(
        name for taken, by in before.items()
        if folder_of(taken) == opened.folder and by != claimed.sha256
        and (name := folded(os.fsdecode(taken).encode("utf-8", "replace").decode())) not in lies
    )  # fmt: skip
    shift.lists.keep(replace(opened, rows=rows, by_name=by_name(rows), late=late))
    log.info("list", list=claimed.sha256[:12], lane=lane, profile=told["profile"], rows=len(rows))
    return "listed"


def _finish(opened: Opened, shift: Shift, folder: Path) -> str:
    """Clear a list whose rows are all safe; hold one that has rows left."""
    tools = shift.tools
    ledger = at(tools.station)
    marks = ledger.marks(opened.key)
    left = [*_left(opened, marks), *(row.number for row in opened.rows if not row.name)]
    results.lay(opened, marks, shift)
    if left:
        return _hold(opened, sorted(left), shift, folder)
    root = root_of(tools.station, opened.lane)
    if not clear(root, opened.sighting, opened.sha256):
        return "arriving"
    tools.archive.event(
        "list", scan_sha256=opened.sha256, actor=ACTOR, public={"lane": opened.lane, "rows": len(opened.rows)},
        private={"name": opened.name},
    )  # fmt: skip
    _forget(opened, ledger, shift)
    return "listed"


def _forget(opened: Opened, ledger: Ledger, shift: Shift) -> None:
    ledger.forget(opened.key, shift.tools.clock())
    shift.lists.drop(opened)


def _hold(opened: Opened, left: Sequence[int], shift: Shift, folder: Path) -> str:
    """A list with rows that had no scan goes where a person sees it; its other rows are done."""
    claimed = claim(root_of(shift.tools.station, opened.lane), opened.sighting, folder)
    if claimed is None:
        return "arriving"
    told = ", ".join(map(str, left[:_SHOWN_ROWS])) + (", …" if len(left) > _SHOWN_ROWS else "")
    scan = Scan(
        blob=Blob(claimed.path, claimed.sha256, claimed.size), lane=opened.lane, original_name=opened.name,
        received_at=shift.tools.clock().isoformat(), refusal=(LEFT, f"{len(left)}/{len(opened.rows)} dòng: {told}"),
    )  # fmt: skip
    if begin(shift, Dropped(opened.lane, opened.sighting), [scan], "received") is None:
        return "arriving"
    _forget(opened, at(shift.tools.station), shift)
    return "taken"


def standing(station: Path) -> list[tuple[str, str, str, str]]:
    """Lane, name, code and detail of each list that lies in `drop/` and why; what is gone from there is left out."""
    found = []
    for each in at(station).standing():
        path = root_of(station, each.lane) / os.fsdecode(each.path)
        try:
            status = path.lstat()
        except OSError:
            continue
        if each.key.split("/")[2:5] == [str(status.st_ino), str(status.st_size), str(status.st_mtime_ns)]:
            found.append((each.lane, os.fsencode(each.path).decode("utf-8", "replace"), each.code, each.detail))
    return found

