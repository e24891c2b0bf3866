"""What a person says of a scan, and what enters for it: one document, or one for each row of a list that names it.

Promises: a side-car goes before a row, a row before what is read. The file is the one that side-car, row and sub-folder agree
on, or else the lane's; where two of them name two, the scan is held. What is wrong with one row holds that document alone.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from archive.durable import copy_durably
from archive.naming import local_date
from archive.record import Blob
from processor import lanes
from processor.arrivals import Arrival
from processor.document import Scan
from processor.errors import SECRET
from processor.filecodes import in_full
from processor.intake import pages
from processor.intake.listing import Row
from processor.ledger import Mark, at
from processor.listed import Listed, Opened, place_of, takes_lists
from processor.shift import Shift
from processor.tools import Tools

NO_ROW, TWICE, LATE, WRONG = "list-no-row", "list-twice", "list-late", "list-row"
_MOST_CLAIMS = 20  # rows for one scan, of which a person sees what each says


def file_code(given: str, tools: Tools) -> str:
    """A file as a sub-folder or a person names it, in full: `01.TCCB` gets the agency's code and this year."""
    if not given:
        return ""
    today = local_date(tools.clock())
    given = given.encode("utf-8", "replace").decode()
    return in_full(given, tools.settings.station.organ_id, today.year, today, tools.station)


def applied(scan: Scan, fields: Mapping[str, str], tools: Tools) -> Scan:
    """A scan with what a person says of it: its file, its pages and their turns, its descriptive fields."""
    described = {name: text for name, text in fields.items() if name not in {"file_code", "pages", "rotate"}}
    code = file_code(fields.get("file_code", ""), tools) or scan.file_code
    is_whole = lanes.takes_originals(tools.settings.lanes[scan.lane])  # of an original no pages are left out
    chosen = (scan.part, "") if is_whole else (fields.get("pages", ""), fields.get("rotate", ""))
    return replace(scan, file_code=code, part=chosen[0], rotate=chosen[1], sidecar=described)


def own(scan: Scan, shift: Shift) -> Scan:
    """The same bytes, and those of the side-car, under other names: each document clears its own away."""
    folder = shift.new_claim()

    def linked(blob: Blob) -> Blob:
        path = folder / blob.path.name
        os.link(blob.path, path)
        return replace(blob, path=path)

    return replace(scan, blob=linked(scan.blob), beside=scan.beside and linked(scan.beside))


def claimed(scan: Scan, shift: Shift) -> Scan:
    """The scan with bytes in `work/`, which nobody else changes."""
    folder = shift.new_claim()
    blob = copy_durably(scan.blob.path, folder / scan.blob.sha256, expected=scan.blob.sha256)
    beside = scan.beside and copy_durably(scan.beside.path, folder / "beside", expected=scan.beside.sha256)
    return replace(scan, blob=blob, beside=beside)


def by_sidecar(scan: Scan, said: Mapping[str, str], tools: Tools) -> Scan:
    """A scan with what its side-car says; refused where that contradicts its folder."""
    named = file_code(said.get("file_code", ""), tools)
    if named and scan.file_code not in {named, ""}:
        return replace(scan, refusal=("sidecar-bad", "it names another file than its folder"))
    return applied(scan, said, tools)


def by_rows(scan: Scan, said: Mapping[str, str], listed: Listed, path: bytes, shift: Shift) -> list[Scan]:
    """What enters for a scan in a folder with lists.

    Args:
        scan: as it was claimed.
        said: its side-car's fields.
        listed: what the lists say of it.
        path: where it lies in its drop folder.
        shift: who works.
    """
    tools = shift.tools
    if not listed.hits:  # who lists a folder says what is in it: one more scan is a slip, unless it speaks for itself
        return [by_sidecar(scan, said, tools) if scan.beside else replace(scan, refusal=(NO_ROW, ""))]
    refusal = _ambiguous(listed, said)
    if refusal and len(listed.hits) > _MOST_CLAIMS:
        return [_whole(replace(scan, refusal=refusal), said, listed, tools)]
    lane = tools.settings.lanes[scan.lane]
    made = [_by_row(scan, said, opened, row, tools) for opened, row in listed.hits]
    made = [replace(each, file_code=each.file_code or lane.file) for each in made]  # here, for it tells documents apart
    rows = [row for _, row in listed.hits]
    if len(rows) > 1 and not any(row.wrong for row in rows):  # what all of them name: a page in none of them would be lost
        named = pages.normal(",".join(row.fields.get("pages", "") for row in rows))
        made = [replace(each, listed={**each.listed, "pages": named}) for each in made]
    if not refusal and lanes.shares_secret(made):
        refusal = (SECRET, "theo một dòng khác của danh sách")
    if refusal:
        made = [each if each.refusal else replace(each, refusal=refusal) for each in made]
    made = _distinct([_late(each, opened, row, path, tools) for each, (opened, row) in zip(made, listed.hits, strict=True)])
    return [made[0], *(own(each, shift) for each in made[1:])]


def _ambiguous(listed: Listed, said: Mapping[str, str]) -> tuple[str, str] | None:
    """Why rows cannot be gone by though each is sound."""
    rows = [row for _, row in listed.hits]
    told = ", ".join([*(str(row.number) for row in rows[:_MOST_CLAIMS]), *(["…"] if len(rows) > _MOST_CLAIMS else [])])
    if listed.has_rival:
        return TWICE, f"dòng {told}: nhiều bản quét cùng tên"
    if len({opened.key for opened, _ in listed.hits}) > 1:
        return TWICE, "hai danh sách cùng nêu bản quét này"
    if len(rows) > 1 and any(not row.fields.get("pages") for row in rows if not row.wrong):
        return TWICE, f"các dòng {told} cùng nêu bản quét này mà không chia trang"
    if len(rows) > 1 and said.get("pages"):
        return "sidecar-bad", "it names pages where several rows of a list do"
    return None


def _whole(scan: Scan, said: Mapping[str, str], listed: Listed, tools: Tools) -> Scan:
    """A scan that a crowd of rows claim (a name that was filled down a column): held once, not with its bytes for each of them."""
    secret = next((row.fields["mode"] for _, row in listed.hits if lanes.says_secret(row.fields.get("mode", ""))), "")
    return applied(scan, lanes.over(said, {"mode": secret} if secret else {}), tools)


def _by_row(scan: Scan, said: Mapping[str, str], opened: Opened, row: Row, tools: Tools) -> Scan:
    told = {name: text for name, text in lanes.over(said, row.fields).items() if text}
    origin = {"name": opened.name, "sha256": opened.sha256, "row": str(row.number)}
    made = replace(applied(scan, told, tools), listed=origin, cells=dict(row.cells))
    if row.wrong:
        return replace(made, refusal=row.wrong)
    named = {code for given in (said, row.fields) if (code := file_code(given.get("file_code", ""), tools))}
    if len(named | ({scan.file_code} if scan.file_code else set())) > 1:
        code = "sidecar-bad" if said.get("file_code") else WRONG
        return replace(made, refusal=(code, f"dòng {row.number}: tệp đi kèm, danh sách và thư mục nêu các hồ sơ khác nhau"))
    return made


def _late(scan: Scan, opened: Opened, row: Row, path: bytes, tools: Tools) -> Scan:
    """A row that was another scan's is no other's, unless a person says so."""
    before = at(tools.station).marks(opened.key).get(row.number)
    is_others = before is not None and before.scan_sha256 != scan.blob.sha256
    if scan.refusal or not (is_others or place_of(path) in opened.late):
        return scan
    return replace(scan, refusal=(LATE, f"dòng {row.number}: đã có bản quét cùng tên được nhận trước"))


def _distinct(scans: Sequence[Scan]) -> list[Scan]:
    """Each document of a scan has a key of its own; of two with the same pages in one file neither is right."""
    keys = [scan.key for scan in scans]
    made = []
    for number, scan in enumerate(scans, 1):
        if keys.count(scan.key) > 1:
            row = scan.listed["row"]
            refusal = scan.refusal or (TWICE, f"dòng {row}: cùng trang, cùng hồ sơ với một dòng khác")
            scan = replace(scan, part=f"dòng {row} ({number}/{len(scans)})", refusal=refusal)
        made.append(scan)
    return made


def note(told: Sequence[Scan], arrival: Arrival, shift: Shift) -> None:
    """Note which scan each row is given to, before it enters: taken again after a crash it is the same one.

    Args:
        told: what `by_rows` made of it.
        arrival: the scan, with what the lists say of it.
        shift: who works.
    """
    if not takes_lists(arrival.lane) or arrival.is_orphan:
        return
    ledger, now, path = at(shift.tools.station), shift.tools.clock(), arrival.sighting.path
    hits = arrival.listed.hits if arrival.listed else ()
    for (opened, row), scan in zip(hits, told if len(told) == len(hits) else [told[0]] * len(hits), strict=bool(hits)):
        if scan.refusal[:1] != (LATE,):
            given = Mark(path, scan.blob.sha256, scan.file_code, scan.part, now.astimezone(dt.UTC).isoformat(timespec="seconds"))
            ledger.mark(opened.key, row.number, given)
    ledger.took(arrival.lane.name, path, hits[0][0].sha256 if hits else "", now)
