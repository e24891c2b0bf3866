"""What a person asks of the queue: release, retry, reject, describe; found by ID, done by whoever holds the station.

Promises: every request begins a document anew from bytes that lie parked or in the archive; nothing is taken from where it
lies before the document is safe elsewhere.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace

import structlog

from archive.errors import ArchiveError
from archive.record import Blob, DocumentKey
from processor import joining, lanes, lot_notes, parking, stacks
from processor.document import Scan
from processor.errors import OUR_FAULT, SohoaError, Verdict, reason
from processor.intake import pages
from processor.intake.sidecar import ROUTING
from processor.journal import Item, Request
from processor.lanes import incoming
from processor.parking import FIELDS, NO_SCANS, Lot
from processor.shift import Shift, begin, is_of_disk, stop
from processor.sources import Kept, Parked
from processor.taking import members
from processor.targets import identity
from processor.telling import BY_CLERK
from processor.told import applied, claimed, file_code
from processor.tools import ACTOR

log = structlog.get_logger()
_LETTING = frozenset({"released", "retried"})
DESCRIBED = "described"  # why a lot goes on whose fields were filled in


class NotYet(Exception):
    """The document is being worked on: what was asked of it is done when it waits again."""


def _asked(args: Mapping[str, str], shift: Shift, *, waits: bool = False) -> Item:
    """The document a request is about, if it is still the same one.

    Raises:
        SohoaError: it has left. NotYet: it has to wait, and is being worked on.
    """
    number = int(args["name"])
    item = next((each for each in shift.journal.items() if each.number == number), None)
    if item is None or args.get("scan", "") not in {"", identity(item)}:
        raise SohoaError("the document is not under way any more")
    if waits and item.state == "working":
        raise NotYet
    return item


def do(request: Request, shift: Shift) -> None:
    """Do what was asked; what cannot be done any more is told in the log.

    Raises:
        OSError: the disk failed; the request stays. NotYet: so it does while the document is worked on.
    """
    try:
        _do(request, shift)
    except (SohoaError, Verdict, ArchiveError) as error:
        log.warning("request-failed", verb=request.verb, error=str(error))
    except OSError as error:
        if is_of_disk(error):
            raise
        log.error("request-failed", verb=request.verb, error=error.strerror)  # asked again it would fail again


def _do(request: Request, shift: Shift) -> None:
    args = request.args
    match request.verb, args.get("kind"):
        case "retry-all", _:
            shift.journal.wake()
            for lot in list(parking.lots(shift.tools.station, ("rejected",))):
                if lot.told["code"] in OUR_FAULT:
                    do(Request(0, "retry", {**args, "kind": "rejected", "name": lot.folder}), shift)
        case ("release", "held") | ("retry", "rejected"):
            _take_up(args["name"], args, shift, "released" if request.verb == "release" else "retried")
        case "release", "item":
            _accept(_asked(args, shift, waits=True), args, shift)
        case "retry", "item":
            shift.journal.wake(_asked(args, shift).number)
        case "reject", "held":
            _reject_lot(args["name"], args, shift)
        case "split", "held":
            _split(args["name"], args, shift)
        case "join", "held":
            joining.join(args, shift)
        case "reject", "item":
            _reject_item(_asked(args, shift, waits=True).number, args, shift)
        case "again", _:
            _again(args["name"], args, shift)
        case _:
            pass  # "wake": to be looked at is all it asks


def _take_up(folder: str, args: Mapping[str, str], shift: Shift, event: str) -> None:
    lot, tools = parking.lot_at(shift.tools.station, folder), shift.tools
    if lot.told["code"] in NO_SCANS:
        raise SohoaError("a side-car alone cannot be released, nor can a list; drop it again with its scan, and reject this one")
    _check_answered(lot, args)
    if lot.told["code"] == stacks.ALONE:
        raise SohoaError("a separator sheet is no document: scan it again with its document, and reject this one")
    scan = parking.scan_of(tools.station, lot)
    if scan.again and tools.archive.key_state(scan.key)[0] == "new":
        raise SohoaError(f"{folder}: a second copy is asked for with retry --again, not in reason.json")
    old = replace(scan.key, scan_sha256=lot.told["scan_sha256"])  # a person may have exchanged the bytes
    fields = tools.station / folder / FIELDS
    if fields.is_file():
        try:
            scan = applied(scan, tools.engine.call("sidecar", {"path": str(fields)})["fields"], tools)
        except Verdict as verdict:
            scan = replace(scan, refusal=(verdict.code, verdict.detail))
    if scan.part != lot.told["part"]:
        _check_pages(lot, scan.part, shift)
    # who answers for what could not be verified says so while it waits, never by a note that people may write
    known = (*_answered_for(scan, shift), lot.told["code"])
    released = tuple(code for code in dict.fromkeys(known) if code != incoming.ACCEPT)
    scan = claimed(replace(scan, released=released), shift)
    if scan.key != old:  # before it begins: a request done twice would find it under way
        _give_up_code(old, lot.told["doc_code"], shift)
    _begin(shift, folder, scan, event, args)


def _check_pages(lot: Lot, wanted: str, shift: Shift) -> None:
    """Of a stack, a document is given no page of another one: two of them that belong together are joined."""
    taken = stacks.elsewhere(lot, shift.tools.station, shift.tools.archive, shift.journal)
    if twice := sorted(taken & {*(pages.parse(wanted, lot_notes.MOST_PAGES) or ())}):
        told = ", ".join(map(str, twice))
        parking.remark(shift.tools.station, lot, f"Trang {told} đã thuộc văn bản khác của tập quét.")
        raise SohoaError(f"{lot.folder}: page {told} of the stack is in another document of it")


def _begin(shift: Shift, folder: str, scan: Scan, event: str, args: Mapping[str, str]) -> None:
    is_whole = not scan.part and not scan.refusal
    scans = members(scan, shift) if is_whole else [scan]  # a package that was parked whole enters as its documents
    if not scans or begin(shift, [(Parked(folder), each) for each in scans], event, args.get("reason", ""), _who(args)) is None:
        for left in (scan, *scans):
            shutil.rmtree(left.blob.path.parent, ignore_errors=True)
        raise SohoaError("the same document is under way already")
    if is_whole:
        stacks.note(scans, shift)


def _give_up_code(key: DocumentKey, named: str | None, shift: Shift) -> None:
    """Another file or other pages make another document; the code reserved for the first is void.

    Only the code its own lot names, and only while nobody works on that key: people may write in `held/`.
    """
    state, code = shift.tools.archive.key_state(key)
    if state == "numbered" and code and code == named and shift.hands.take(key):
        try:
            shift.tools.archive.void(code, "changed-by-clerk", ACTOR)
        finally:
            shift.hands.drop(key)


def _answered_for(scan: Scan, shift: Shift) -> tuple[str, ...]:
    """What a lot's note says was released; of what somebody has to answer for, only what the log says too: people may write it."""
    told = {event["public"].get("code") for event in shift.tools.archive.told_of(scan.blob.sha256) if event["type"] in _LETTING}
    return tuple(code for code in scan.released if code in told or not reason(code).answered)


def _check_answered(lot: Lot, args: Mapping[str, str]) -> None:
    if reason(lot.told["code"]).answered and args.get("reason", "").strip() in {"", DESCRIBED}:
        raise SohoaError(f"{lot.told['code']}: who releases it answers for it; a reason is needed")


def _who(args: Mapping[str, str]) -> str:
    """Who asked, for the log."""
    return args.get("operator") or ACTOR


def _reject_lot(folder: str, args: Mapping[str, str], shift: Shift) -> None:
    lot = parking.lot_at(shift.tools.station, folder)
    scan = replace(parking.scan_of(shift.tools.station, lot), refusal=(BY_CLERK, args["reason"], _who(args)))
    _begin(shift, folder, claimed(scan, shift), "", {})


def _reject_item(number: int, args: Mapping[str, str], shift: Shift) -> None:
    if not shift.journal.stop_waiting(number):
        raise SohoaError("the document does not wait; try again when it is held, rejected or filed")
    stop(shift.journal.item(number), Verdict(BY_CLERK, args["reason"]), shift, _who(args))


def _split(folder: str, args: Mapping[str, str], shift: Shift) -> None:
    """One held scan becomes several documents, each of pages of its own and read anew; what was said of the whole is left off."""
    lot, tools = parking.lot_at(shift.tools.station, folder), shift.tools
    parts = [pages.normal(part) for part in args["parts"].split(";")]
    are_ranges = all(part and pages.parse(part, lot_notes.MOST_PAGES) for part in parts)
    if not are_ranges or len(parts) < 2 or len(set(parts)) < len(parts):
        raise SohoaError(f"{folder}: a scan is split into two or more different ranges of pages")
    _check_answered(lot, args)
    whole = parking.scan_of(tools.station, lot)
    if lanes.takes_originals(tools.settings.lanes[whole.lane]):
        raise SohoaError(f"{folder}: an electronic original is never split")
    _check_pages(lot, args["parts"].replace(";", ","), shift)
    is_secret = lanes.is_called_secret(whole)
    kept = {name: text for name, text in whole.sidecar.items() if name in ROUTING or (name == "mode" and is_secret)}
    code = file_code(args.get("file_code", ""), tools) or whole.file_code
    released = tuple(dict.fromkeys((*_answered_for(whole, shift), lot.told["code"])))
    base = replace(whole, file_code=code, sidecar=kept, released=released)
    scans = [claimed(replace(base, part=part), shift) for part in parts]
    _give_up_code(replace(whole.key, scan_sha256=lot.told["scan_sha256"]), lot.told["doc_code"], shift)
    if begin(shift, [(Parked(folder), each) for each in scans], "released", args.get("reason", ""), _who(args)) is None:
        for left in scans:
            shutil.rmtree(left.blob.path.parent, ignore_errors=True)
        raise SohoaError("the same document is under way already")


def _accept(item: Item, args: Mapping[str, str], shift: Shift) -> None:
    """A person answers for a document whose signatures cannot be decided; who, and why, is kept before it goes on."""
    scan = item.scan
    if item.state != "waiting" or item.code != incoming.ACCEPT:
        raise SohoaError("it does not wait to be verified any more")
    shift.tools.archive.event(
        "verified", doc_code=shift.tools.archive.key_state(scan.key)[1], scan_sha256=scan.blob.sha256, actor=args["operator"],
        public={"verdict": "accepted"}, private={"reason": args["reason"]},
    )  # fmt: skip
    shift.journal.accept(item.number, incoming.ACCEPT)


def _again(doc_code: str, args: Mapping[str, str], shift: Shift) -> None:
    """A lawful second copy: the archive's own scan, under the next free number of its key."""
    archive = shift.tools.archive
    row = archive.get(doc_code)
    path = archive.scan_blob(row["scan_sha256"]) if row else None
    if row is None or path is None:
        raise SohoaError(f"{doc_code}: the archive has no scan of it")
    blob = Blob(path, row["scan_sha256"], path.stat().st_size)
    again = 1
    while True:
        key = DocumentKey(row["scan_sha256"], row["lane"], row["file_code"], row["part"], again)
        if archive.key_state(key)[0] == "new":
            break
        again += 1
    now, record = shift.tools.clock().isoformat(), json.loads((archive.root / row["path"]).with_suffix(".json").read_bytes())
    scan = Scan(blob, row["lane"], row["original_name"], now, row["file_code"], row["part"], again,
                rotate=record["provenance"].get("rotate", ""))  # fmt: skip
    begin(shift, [(Kept(), scan)], "again", args["reason"], _who(args))
