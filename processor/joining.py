"""Several held scans become one document, in the order a person chose: a scan of its own, and theirs are set aside with its name.

Promises: what is joined is laid down durably before any of its sources is closed, and it enters in the same transaction in which
they leave; whatever ends this process, the pages lie in `held/` as they were, or in what was joined. Nothing that was said of one
of them is dropped: where two say two things, nothing is joined.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from archive.durable import sha256_file
from archive.record import Blob
from processor import details, lanes, lot_notes, parking, stacks
from processor.document import Scan
from processor.errors import SECRET, SohoaError, Verdict
from processor.intake import pages
from processor.intake.stack import COLLATE, most_pages
from processor.parking import FIELDS, Lot
from processor.shift import Shift, begin
from processor.sources import Parked
from processor.tables import Lane
from processor.taking import members
from processor.telling import JOINED
from processor.told import applied, claimed, file_code
from processor.tools import ACTOR

log = structlog.get_logger()
WAITS = "joined"
NUMBERED, MARKED, NO_PAPER, ALONE, AGAIN = "numbered", "secret", "no-paper", "alone", "again"
_SEVERAL = 2


def obstacle(lot: Lot, lane: Lane) -> str:
    """Why a lot cannot be joined with others; empty where it can."""
    told = lot.told
    checks = {
        NO_PAPER: not lanes.is_paper(lane) or lot.state != "held",
        MARKED: told["code"] == SECRET,
        NUMBERED: bool(told["doc_code"]),
        ALONE: told["code"] in parking.NOT_BY_RELEASE or pages.parse(told["part"], lot_notes.MOST_PAGES) is None,
        AGAIN: bool(told["again"]),
    }
    return next((name for name, is_so in checks.items() if is_so), "")


def has_twice(scans: Sequence[tuple[str, str]]) -> bool:
    """Whether a page would stand in the joined document twice.

    Args:
        scans: digest of each, and its pages (all where that is empty).
    """
    seen: dict[str, list[set[int] | None]] = {}
    for sha256, part in scans:
        own = set(pages.parse(part, lot_notes.MOST_PAGES) or ()) if part else None
        if any(own is None or other is None or own & other for other in seen.setdefault(sha256, [])):
            return True
        seen[sha256].append(own)
    return False


def differing(told: Sequence[Mapping[str, str]]) -> list[str]:
    """The fields of which two say two things."""
    names = dict.fromkeys(name for fields in told for name in fields)
    return [name for name in names if len({fields[name] for fields in told if fields.get(name)}) > 1]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A lot; its scan as it was parked, with bytes in `work/`; and the same with what a person said of it since."""

    lot: Lot
    parked: Scan
    said: Scan


def join(args: Mapping[str, str], shift: Shift) -> None:
    """Do what `handing.send_together` asked.

    Args:
        args: `lots` (folders, in order), `file_code` (empty: that of all of them), `reason`, `operator`.
        shift: who works.

    Raises:
        SohoaError: it cannot be done; the scans lie where they lay. Verdict: nor can the worker. OSError: the disk failed.
    """
    with ExitStack() as undone:
        pieces = [_piece(folder, shift, undone) for folder in json.loads(args["lots"])]
        _check(pieces, shift)
        scan = _described(pieces, file_code(args.get("file_code", ""), shift.tools), shift)
        try:
            folder = _laid(scan, pieces, shift)
        except Verdict as verdict:
            for piece in pieces:
                why = f"{verdict.reason.vi} {details.vietnamese(verdict.detail)}".strip()
                parking.remark(shift.tools.station, piece.lot, f"Không ghép được: {why}")
            raise
        whole = claimed(parking.scan_of(shift.tools.station, parking.lot_at(shift.tools.station, folder)), shift)
        undone.callback(shutil.rmtree, whole.blob.path.parent, ignore_errors=True)
        scans = members(whole, shift)
        if not _entered(folder, scans, pieces, args, shift):
            parking.clear(shift.tools.station / folder, whole.blob.sha256)  # its pages lie where they lay
            raise SohoaError("one of them is under way already")
        undone.pop_all()
    stacks.note(scans, shift)
    log.info("joined", scan=whole.blob.sha256[:12], lane=whole.lane, scans=len(pieces))


def _piece(folder: str, shift: Shift, undone: ExitStack) -> _Piece:
    lot, tools = parking.lot_at(shift.tools.station, folder), shift.tools
    if Parked(folder) in shift.journal.sources():
        raise SohoaError(f"{folder} is on its way already")
    lane = tools.settings.lanes.get(lot.told["lane"])
    if lane is None or (why := obstacle(lot, lane)):
        raise SohoaError(f"{folder} cannot be joined: {why if lane else 'no such lane'}")
    scan = claimed(parking.scan_of(tools.station, lot), shift)
    undone.callback(shutil.rmtree, scan.blob.path.parent, ignore_errors=True)
    fields = tools.station / folder / FIELDS
    if not fields.is_file():
        return _Piece(lot, scan, scan)
    return _Piece(lot, scan, applied(scan, tools.engine.call("sidecar", {"path": str(fields)})["fields"], tools))


def _check(pieces: Sequence[_Piece], shift: Shift) -> None:
    if len(pieces) < _SEVERAL or len({piece.parked.lane for piece in pieces}) > 1:
        raise SohoaError("two or more scans of one lane are joined")
    if has_twice([(piece.said.blob.sha256, piece.said.part) for piece in pieces]):
        raise SohoaError("a page would be in the joined document twice")
    for piece in pieces:
        if shift.tools.archive.key_state(piece.parked.key)[0] in {"numbered", "filed"}:  # whatever its note says
            raise SohoaError(f"{piece.lot.folder} cannot be joined: {NUMBERED}")


def _described(pieces: Sequence[_Piece], file_code: str, shift: Shift) -> Scan:
    """The joined scan but for its bytes: what was said of its sources, and no release, for it is looked at anew."""
    scans = [piece.said for piece in pieces]
    said = [{name: text for name, text in scan.sidecar.items() if name != COLLATE} for scan in scans]
    files = [{"file_code": file_code or scan.file_code} for scan in scans]
    if wrong := differing([*said, *files]):
        raise SohoaError(f"two of the scans say two things of {', '.join(wrong)}")
    first = scans[0]
    listed = next((scan for scan in scans if scan.listed), first)
    return Scan(
        first.blob, first.lane, f"{Path(first.original_name).stem} (ghép {len(scans)}).pdf", shift.tools.clock().isoformat(),
        file_code or next((scan.file_code for scan in scans if scan.file_code), ""),
        sidecar={name: text for fields in said for name, text in fields.items() if text}, listed=listed.listed,
        cells=listed.cells, joined_from=tuple(_told(scan) for scan in scans),
    )  # fmt: skip


def _told(scan: Scan) -> str:
    return f"{scan.blob.sha256}:{pages.normal(scan.part)}" if scan.part else scan.blob.sha256


def _laid(scan: Scan, pieces: Sequence[_Piece], shift: Shift) -> str:
    """The folder of the joined scan: the pages of all of them in one PDF, made by a worker."""
    tools, limits = shift.tools, shift.tools.settings.limits.model_dump()
    told = [{"path": str(s.blob.path), "pages": s.part, "rotate": s.rotate} for s in (piece.said for piece in pieces)]
    most = most_pages(sum(piece.parked.blob.size for piece in pieces), limits["pages"])
    with tempfile.TemporaryDirectory(dir=shift.place(0).parent) as work:  # a worker may write there
        out = Path(work) / "joined.pdf"
        tools.engine.call("join", {"pieces": told, "limits": limits, "out": str(out)}, pages=most)
        joined: Blob = sha256_file(out)
        with shift.leaving:
            return parking.park(tools.station, replace(scan, blob=joined), Verdict(WAITS), tools.clock())


def _entered(folder: str, scans: Sequence[Scan], pieces: Sequence[_Piece], args: Mapping[str, str], shift: Shift) -> bool:
    """What was joined goes on and its sources leave, each with an event of its own; all of it or nothing."""
    if not scans:
        return False
    actor, into = args.get("operator") or ACTOR, f"đã ghép vào {scans[0].blob.sha256}"
    closed = [(Parked(piece.lot.folder), replace(piece.parked, refusal=(JOINED, into, actor))) for piece in pieces]
    joined = [(Parked(folder), scan) for scan in scans]
    return begin(shift, [*joined, *closed], "joined", args.get("reason", ""), actor) is not None
