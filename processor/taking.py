"""From a settled file of a drop folder to a scan in the journal: claimed with its side-car, which says what it is.

Promises: the bytes are copied, hashed and durable before anything is done with them; a side-car that cannot be read or
contradicts its folder holds the scan, it never applies by halves.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import structlog

from archive.record import Blob
from processor import lists, secrecy, stacks
from processor.arrivals import Arrival
from processor.document import Scan
from processor.errors import Verdict
from processor.parking import ORPHAN
from processor.shift import Shift, begin
from processor.sources import Dropped, root_of
from processor.told import by_rows, by_sidecar, file_code, note, own
from watch.claims import Claimed, SourceUnreadable, claim

log = structlog.get_logger()
_LONGEST = 1000  # characters of the names of what a package holds besides


def take(arrival: Arrival, shift: Shift) -> str:
    """Bring one arrival into the journal; `taken`, `arriving` (look again), `busy` (look again later), or `unreadable`."""
    if arrival.is_list:
        return lists.take(arrival, shift)
    folder, scans = shift.new_claim(), list[Scan]()
    state = "arriving"
    try:
        claimed = _claim(arrival, shift, folder)
        if claimed is not None:
            source, scan = claimed
            scans = [replace(scan, refusal=(ORPHAN,))] if arrival.is_orphan else _told(scan, arrival, shift)
            note(scans, arrival, shift)
            if len(scans) == 1 and not scans[0].refusal:
                scans = members(scans[0], shift)
            state = "busy" if not scans else "taken" if begin(shift, [(source, each) for each in scans], "received") else "arriving"
            if state == "taken":
                stacks.note(scans, shift)
    except SourceUnreadable as error:
        log.warning("source-unreadable", lane=arrival.lane.name, error=os.strerror(error.errno or 0))
        state = "unreadable"
    finally:
        if state != "taken":
            for left in (folder, *(each.blob.path.parent for each in scans)):
                shutil.rmtree(left, ignore_errors=True)
    return state


def _claim(arrival: Arrival, shift: Shift, folder: Path) -> tuple[Dropped, Scan] | None:
    lane, tools = arrival.lane, shift.tools
    root = root_of(tools.station, lane.name)
    taken = claim(root, arrival.sighting, folder)
    if taken is None:
        return None
    beside: Claimed | None = None
    if arrival.sidecar:
        beside = claim(root, arrival.sidecar, folder)
        if beside is None:
            return None
    within, _, name = os.fsdecode(arrival.sighting.path).rpartition("/")
    scan = Scan(
        blob=_blob(taken), lane=lane.name, original_name=name, received_at=tools.clock().isoformat(),
        file_code=file_code(within, tools), beside=_blob(beside) if beside else None,
    )  # fmt: skip
    return Dropped(lane.name, arrival.sighting, arrival.sidecar, beside.sha256 if beside else ""), scan


def _blob(taken: Claimed) -> Blob:
    return Blob(taken.path, taken.sha256, taken.size)


def _told(scan: Scan, arrival: Arrival, shift: Shift) -> list[Scan]:
    """What enters for a scan, with what its side-car, its list and its folder say; its file is theirs, or the lane's."""
    tools = shift.tools
    lane, listed = tools.settings.lanes[scan.lane], arrival.listed
    said: dict[str, str] = {}
    refusal: tuple[str, ...] = ()
    try:
        if scan.beside is not None:
            said = tools.engine.call("sidecar", {"path": str(scan.beside.path)})["fields"]
        elif listed is None and lane.sidecar == "required":
            refusal = ("sidecar-missing",)
    except Verdict as verdict:
        refusal = (verdict.code, verdict.detail)
    told = by_rows(scan, said, listed, arrival.sighting.path, shift) if listed else [by_sidecar(scan, said, tools)]
    return [replace(each, file_code=each.file_code or lane.file, refusal=refusal or each.refusal) for each in told]


def members(scan: Scan, shift: Shift) -> list[Scan]:
    """The documents in a package, a mail or a stack of paper, each with all its bytes; a scan that is none is one document.

    None while one of them is under way already.
    """
    tools = shift.tools
    if tools.settings.lanes[scan.lane].kind != "incoming":
        return stacks.apart(scan, shift, lambda given: file_code(given, tools))
    try:
        limits = tools.settings.limits.model_dump()
        told = tools.engine.call("members", {"path": str(scan.blob.path), "out": "", "limits": limits})
    except Verdict as verdict:
        return [replace(scan, refusal=(verdict.code, verdict.detail))]
    if not told["container"]:
        return [scan]
    mail = told["mail"] or {}
    senders = (("sender_email", "from"), ("sender_name", "from_name"), ("message_id", "message_id"))
    origin = {ours: mail[theirs] for ours, theirs in senders if mail.get(theirs) and not mail["automatic"]}  # RFC 3834
    others = [member["path"] for member in told["members"] if member["kind"] != "pdf"]
    secret, unseen = secrecy.beside_documents(scan, others, tools)
    named = {name: "; ".join(paths)[:_LONGEST] for name, paths in (("others", others), ("unseen", unseen)) if paths}
    scan = replace(scan, origin=origin | named)
    found = [member["path"] for member in told["members"] if member["kind"] == "pdf"]
    if not found or secret:
        return [replace(scan, refusal=secret or ("container-empty",))]
    if set(found) & shift.journal.parts(scan.blob.sha256, scan.lane):
        return []
    apart = [replace(own(scan, shift), part=path) for path in found]
    shutil.rmtree(scan.blob.path.parent, ignore_errors=True)
    return apart
