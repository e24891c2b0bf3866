"""From a settled file of a drop folder to a scan in the journal: claimed with its side-car, which says what it is.

Promises: the bytes are copied, hashed and durable before anything is done with them; a side-car that cannot be read or
contradicts its folder holds the scan, it never applies by halves.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import structlog

from archive.naming import expand_file_code, local_date
from archive.record import Blob
from processor import lanes, law, stacks
from processor.arrivals import Arrival
from processor.document import Scan
from processor.errors import Verdict
from processor.parking import ORPHAN
from processor.shift import Shift, begin
from processor.sources import Dropped, root_of
from processor.tools import Tools
from watch.claims import Claimed, SourceUnreadable, claim

log = structlog.get_logger()
_LONGEST = 1000  # characters of the names of what a package holds besides


def take(arrival: Arrival, shift: Shift) -> str:
    """Bring one arrival into the journal; `taken`, `arriving` (look again), `busy` (look again later), or `unreadable`."""
    folder, scans = shift.new_claim(), list[Scan]()
    state = "arriving"
    try:
        claimed = _claim(arrival, shift, folder)
        if claimed is not None:
            source, scan = claimed
            scan = replace(scan, refusal=(ORPHAN,)) if arrival.is_orphan else _told(scan, shift.tools)
            scans = members(scan, shift) if not scan.refusal else [scan]
            state = "busy" if not scans else "taken" if begin(shift, source, scans, "received") else "arriving"
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


def file_code(given: str, tools: Tools) -> str:
    """A file as a sub-folder or a person names it, in full: `01.TCCB` gets the agency's code and this year."""
    if not given:
        return ""
    today = local_date(tools.clock())
    given = given.encode("utf-8", "replace").decode()
    template = law.file_code_template(today, tools.station)
    return expand_file_code(given, tools.settings.station.organ_id, today.year, template)


def _told(scan: Scan, tools: Tools) -> Scan:
    """A scan with what its side-car says; its file is the side-car's, its folder's, or the lane's, in this order."""
    told = _by_sidecar(scan, tools)
    return replace(told, file_code=told.file_code or tools.settings.lanes[scan.lane].file)


def _by_sidecar(scan: Scan, tools: Tools) -> Scan:
    lane = tools.settings.lanes[scan.lane]
    if scan.beside is None:
        return replace(scan, refusal=("sidecar-missing",)) if lane.sidecar == "required" else scan
    try:
        fields = tools.engine.call("sidecar", {"path": str(scan.beside.path)})["fields"]
    except Verdict as verdict:
        return replace(scan, refusal=(verdict.code, verdict.detail))
    named = file_code(fields.get("file_code", ""), tools)
    if named and scan.file_code not in {named, ""}:
        return replace(scan, refusal=("sidecar-bad", "it names another file than its folder"))
    return applied(scan, fields, tools)


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
    named = (("sender_email", "from"), ("sender_name", "from_name"), ("message_id", "message_id"))
    origin = {ours: mail[theirs] for ours, theirs in named if mail.get(theirs) and not mail["automatic"]}  # RFC 3834
    others = [member["path"] for member in told["members"] if member["kind"] != "pdf"]
    scan = replace(scan, origin=origin | ({"others": "; ".join(others)[:_LONGEST]} if others else {}))
    found = [member["path"] for member in told["members"] if member["kind"] == "pdf"]
    if not found:
        return [replace(scan, refusal=("container-empty",))]
    if set(found) & shift.journal.parts(scan.blob.sha256, scan.lane):
        return []
    apart = [replace(stacks.shared(scan, shift), part=path) for path in found]
    shutil.rmtree(scan.blob.path.parent, ignore_errors=True)
    return apart


def applied(scan: Scan, fields: Mapping[str, str], tools: Tools) -> Scan:
    """A scan with what a person says of it: its file, its pages, its descriptive fields."""
    described = {name: text for name, text in fields.items() if name not in {"file_code", "pages"}}
    code = file_code(fields.get("file_code", ""), tools) or scan.file_code
    is_whole = lanes.takes_originals(tools.settings.lanes[scan.lane])  # of an original no pages are left out
    return replace(scan, file_code=code, part=scan.part if is_whole else fields.get("pages", ""), sidecar=described)
