"""The lists that lie in the drop folders: read when they lie still, held against the scans beside them, cleared with the last.

Promises: no scan overtakes the list of its folder: while one is being written, read, or cannot be gone by, its scans wait. A
list is cleared only when each of its rows has become a document that is safe; one whose scans do not come is held with them told.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from processor.listed import (
    Listed,
    Lists,
    Opened,
    about,
    by_name,
    folder_named,
    folder_of,
    is_coming,
    is_list,
    is_scan,
    key,
    place_of,
    takes_lists,
)
from processor.shift import Shift, begin
from processor.sources import Dropped, Source, root_of
from processor.tables import Lane
from processor.tools import ACTOR, Tools
from watch.folders import DropFolder, SourceUnreadable, claim, clear

log = structlog.get_logger()
OPEN, LEFT, AWAITED, IN_USE = "list-open", "list-left", "list-awaited", "list-in-use"
_LOCKS = ("~${}", ".~lock.{}#")  # what Excel and LibreOffice lay beside a file they have open
_SHOWN_ROWS = 20


@dataclass(frozen=True, slots=True)
class _Seen:
    """A lane's lists and what they say of the scans beside them, at one look.

    Attributes:
        lists: by path; None where it was not read yet.
        hits: of each scan that lies beside a list, the rows that name it.
        claims: how many scans each row names.
        coming: folders into which a list is being written.
    """

    lists: Mapping[bytes, Opened | None]
    hits: Mapping[bytes, tuple[tuple[Opened, Row], ...]]
    claims: Mapping[tuple[str, int], int]
    coming: frozenset[bytes]


def _seen(lists: Lists, lane: Lane, look: Look) -> _Seen:
    known = {sighting.path: lists.at(lane.name, sighting) for sighting in look.there if is_list(sighting.path)}
    scans = [s.path for s in look.there if is_scan(s.path)]
    beside = {folder: about(folder, known) for folder in {folder_of(path) for path in scans}}
    opened_beside = {folder: [one for one in about if one] for folder, about in beside.items() if about}
    listed = (path for path in scans if folder_of(path) in opened_beside)
    hits = {path: tuple((one, row) for one in opened_beside[folder_of(path)] for row in one.of(path)) for path in listed}
    claims = Counter((opened.key, row.number) for named in hits.values() for opened, row in named)
    coming = frozenset(folder_of(path) for path in look.unfinished if is_coming(path))
    return _Seen(known, hits, claims, coming)


def sift(lists: Lists, look: Look, lane: Lane, sources: Iterable[Source], tools: Tools) -> Look:
    """What of a look may be taken: lists to be read or done with, and scans whose lists have been read.

    Args:
        lists: what is known of them.
        look: what was seen.
        lane: in whose drop folder.
        sources: of the documents under way.
        tools: of the instance.
    """
    if not takes_lists(lane):
        return look
    seen = _seen(lists, lane, look)
    if not seen.lists and not seen.coming and lane.list != "required":
        return look
    under_way = {s.sighting.path for s in sources if isinstance(s, Dropped) and s.lane == lane.name}
    there = under_way | {sighting.path for sighting in look.there}
    arrivals: list[Arrival] = []
    for arrival in look.arrivals:
        path = arrival.sighting.path
        if is_list(path):
            opened = seen.lists.get(path)
            if opened is None or _is_done(lists, opened, seen, there, lane, tools):
                arrivals.append(replace(arrival, is_list=True))
        elif arrival.is_orphan:
            arrivals.append(arrival)
        elif _may_go(path, seen, lane, arrival.sidecar is not None):
            arrivals.append(replace(arrival, listed=_listed(path, seen)))
    return replace(look, arrivals=tuple(sorted(arrivals, key=_place)))


def _place(arrival: Arrival) -> tuple[str, int]:
    """What lies there together is taken in the order of its list, so that codes follow it."""
    hits = arrival.listed.hits if arrival.listed else ()
    return min(((opened.key, row.number) for opened, row in hits), default=("", 0))


def _may_go(path: bytes, seen: _Seen, lane: Lane, has_sidecar: bool) -> bool:
    """Whether a scan need not wait for a list: none is being written or unread beside it, and one it has to have names it."""
    beside = about(folder_of(path), seen.lists)
    if {folder_of(path), b""} & seen.coming or any(opened is None or opened.bad for opened in beside):
        return False
    return lane.list != "required" or has_sidecar or bool(seen.hits.get(path))


def _listed(path: bytes, seen: _Seen) -> Listed | None:
    """What the lists of its folder say of a scan; None where there is none."""
    hits = seen.hits.get(path)
    if hits is None:
        return None
    return Listed(hits, any(seen.claims[opened.key, row.number] > 1 for opened, row in hits))


def _is_done(lists: Lists, opened: Opened, seen: _Seen, there: Collection[bytes], lane: Lane, tools: Tools) -> bool:
    """Whether each row has had its scan and those are safe, or the others have not come for too long."""
    if opened.bad or any(one is opened for named in seen.hits.values() for one, _ in named):
        return False
    ledger = at(tools.station)
    marks = ledger.marks(opened.key)
    if any(mark.path in there for mark in marks.values()):
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
    if lists.told.get(opened.key) != (code, detail):
        lists.told[opened.key] = (code, detail)
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
    where = (root_of(tools.station, lane) / os.fsdecode(path)).parent
    if any(os.path.lexists(where / lock.format(os.fsdecode(path).rpartition("/")[2])) for lock in _LOCKS):
        _tell(shift.lists, ledger, opened, IN_USE, "")  # whoever has it open may not have written all of it
        return "arriving"
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
    opened = replace(opened, rows=rows, by_name=by_name(rows), folders=frozenset(folder_named(row.name) for row in rows) - {""})
    shift.lists.keep(replace(opened, late=_late(opened, ledger, shift)))
    _tell(shift.lists, ledger, opened, "", "")
    log.info("list", list=claimed.sha256[:12], lane=lane, profile=told["profile"], rows=len(rows))
    return "listed"


def _late(opened: Opened, ledger: Ledger, shift: Shift) -> frozenset[str]:
    """The places of scans it is about that were taken before it came, and lie there no more."""
    lies = {place_of(sighting.path) for sighting in DropFolder(root_of(shift.tools.station, opened.lane)).look()}
    taken = ledger.taken(opened.lane, shift.tools.clock()).items()
    return frozenset(
        place for path, by in taken
        if opened.is_about(folder_of(path)) and by != opened.sha256 and (place := place_of(path)) not in lies
    )  # fmt: skip


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
    if begin(shift, [(Dropped(opened.lane, opened.sighting), scan)], "received") is None:
        return "arriving"
    _forget(opened, at(shift.tools.station), shift)
    return "taken"


def standing(station: Path) -> list[tuple[str, str, str]]:
    """Lane, name and code of each list that lies in `drop/` and is not done with; what is gone from there is left out."""
    found = []
    for each in at(station).standing():
        try:
            status = (root_of(station, each.lane) / os.fsdecode(each.path)).lstat()
        except OSError:
            continue
        if each.key.split("/")[2:5] == [str(status.st_ino), str(status.st_size), str(status.st_mtime_ns)]:
            found.append((each.lane, each.path.decode("utf-8", "replace"), each.code))
    return found


def awaiting(station: Path, lanes: Iterable[Lane], sources: Iterable[Source]) -> list[tuple[str, str, str]]:
    """The same of the folders whose scans wait for a list that names them, and how many of them wait."""
    under_way = {(s.lane, s.sighting.path) for s in sources if isinstance(s, Dropped)}
    found = []
    for lane in lanes:
        if lane.list == "required" and takes_lists(lane):
            paths = [s.path for s in DropFolder(root_of(station, lane.name)).look() if is_scan(s.path)]
            folders = Counter(folder_of(path) for path in paths if (lane.name, path) not in under_way)
            told = sorted((folder.decode("utf-8", "replace"), count) for folder, count in folders.items())
            found += [(lane.name, f"{folder}/ ({count})".lstrip("/ "), AWAITED) for folder, count in told]
    return found
