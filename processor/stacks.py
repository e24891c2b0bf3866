"""A stack of paper becomes its documents, before anything is read: the coordinator's side of separator sheets and blank pages.

Promises: each document has the stack's bytes as its scan and its pages as `part`; a sheet that is wrong, or a page that cannot be
decoded, stops its own document and no other; a stack whose pages do not add up, of which a page may be secret, or whose side-car
would describe several documents, is held whole, and nothing of it is lost. Where nothing separates, a scan stays what it is.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from archive.counted import counted
from archive.query import Query
from archive.record import DESCRIPTIVE
from archive.store import Archive
from processor import lanes, lot_notes, parking, secrecy, sheetkey
from processor.document import Scan
from processor.engine import Answer
from processor.errors import SECRET, Verdict
from processor.intake import pages, separator, stack
from processor.intake.stack import COLLATE, FRONTS_BACKS, Division, Part
from processor.journal import Journal
from processor.lanes.copy import EXTRACT
from processor.parking import Lot
from processor.shift import Shift
from processor.tables import Lane
from processor.told import own
from processor.tools import ACTOR, lane_of

ALONE, DOUBTFUL, FOREIGN, BROKEN = "sheet-alone", "sheet-doubtful", "sheet-foreign", "page-broken"
_ENOUGH = 50  # documents of one number in one file
UNBALANCED, UNPAIRED, SIDECAR = "pages-unbalanced", "collate-uneven", "stack-sidecar"


def is_apart(lane: Lane) -> bool:
    """Whether what lands in a lane may be a stack; of an extract a person names the pages (NĐ 30/2020 Đ25.3)."""
    return lanes.is_paper(lane) and lane.form != EXTRACT and (lane.split or lane.blanks == "set-aside" or bool(lane.collate))


def apart(scan: Scan, shift: Shift, file_code: Callable[[str], str]) -> list[Scan]:
    """The documents of a stack; the scan itself where it is one document.

    Args:
        scan: what was claimed.
        shift: who works.
        file_code: a file as a sheet names it, in full.

    Returns:
        None while one of them is under way already.
    """
    lane, tools = lane_of(scan, shift.tools), shift.tools
    told = scan.sidecar.get(COLLATE, "")
    if scan.part or not (is_apart(lane) or (told and lanes.is_paper(lane))):
        return [scan]
    limits = tools.settings.limits.model_dump()
    try:
        args = {"path": str(scan.blob.path), "limits": limits, "sheets": lane.split}
        most = stack.most_pages(scan.blob.size, limits["pages"])
        seen = tools.engine.call("split", args, pages=most, answer=knows_sheets(sheetkey.known(tools.station)))
    except Verdict as verdict:
        return [replace(scan, refusal=(verdict.code, verdict.detail))]
    cover, found = stack.covered(stack.marks(seen["marks"]))
    order = list(range(1, len(found) + 1))
    if (told or cover or lane.collate) == FRONTS_BACKS and found:
        if paired := stack.collated(len(found)):
            order = paired
        elif UNPAIRED not in scan.released:  # a person who has looked has it as it was scanned
            return [replace(scan, refusal=(UNPAIRED, counted(len(found), "page")))]
    division = stack.divided([found[n - 1] for n in order], set_aside=lane.blanks == "set-aside").numbered(order)
    return _documents(scan, division, seen["scanned"], shift, file_code)


def knows_sheets(key: bytes) -> Answer:
    """Tells a worker whether what a code says bears the station's key."""

    def answer(kind: str, body: bytes) -> bytes:
        is_ours = kind == "sheet" and separator.is_keyed(body.decode("utf-8", "replace"), key)
        return separator.OURS if is_ours else b""

    return answer


def _code(wrong: str) -> str:
    return FOREIGN if wrong == separator.FOREIGN else DOUBTFUL


def _documents(
    scan: Scan, division: Division, scanned: int, shift: Shift, file_code: Callable[[str], str]
) -> list[Scan]:
    """The documents, or the scan as it is, or the stack with the reason it is held for."""
    is_whole = [part.pages for part in division.parts] == [tuple(range(1, scanned + 1))] and not division.separators
    doubt = division.parts[0].wrong if is_whole else ""
    if not division.parts or (is_whole and (not doubt or _code(doubt) in scan.released)):
        return [scan]
    account = division.account(scanned)
    describes = sorted(set(scan.sidecar) & set(DESCRIPTIVE))
    if doubt:
        refusal: tuple[str, ...] = (_code(doubt), doubt)
    elif not account.balances and UNBALANCED not in scan.released:
        refusal = (UNBALANCED, ", ".join(f"{name}: {count}" for name, count in account.told().items()))
    elif len(division.parts) > 1 and describes and SIDECAR not in scan.released:
        refusal = (SIDECAR, f"{counted(len(division.parts), 'document')}; {', '.join(describes)}")
    elif secret := _secret(scan, division, shift):
        refusal = secret
    else:
        facts = {**account.told(), "documents": len(division.parts)}
        own_file = lane_of(scan, shift.tools).file
        named = "" if scan.file_code == own_file else scan.file_code  # by its folder or side-car
        archive = shift.tools.archive
        numbered = [(part, {**facts, "number": n}) for n, part in enumerate(division.parts, 1)]
        parted = [_document(scan, part, told, named, file_code, archive) for part, told in numbered]
        if not lanes.shares_secret(parted):
            return _entered(parted, scan, shift)
        refusal = (SECRET, "by one of the sheets")
    return [replace(scan, refusal=refusal)]


def _secret(scan: Scan, division: Division, shift: Shift) -> tuple[str, ...]:
    """Why a stack with a mark of secrecy on a page goes no further: with any document of it the whole would be archived, its sheets
    too, which nobody else looks at.
    """
    several = [page for part in division.parts for page in part.pages] if len(division.parts) > 1 else []
    try:
        found = secrecy.marked(scan, sorted({*several, *division.separators}), scan.blob.path, shift.tools)
    except Verdict as verdict:
        return verdict.code, verdict.detail
    return (SECRET, f"page {', '.join(map(str, found))}") if found else ()


def _document(
    scan: Scan, part: Part, facts: dict[str, Any], folder: str, file_code: Callable[[str], str], archive: Archive
) -> Scan:
    """One document of a stack, with what its sheet says over what holds for all of them."""
    said = {name: text for name, text in part.told.items() if name != "file_code"}
    made = replace(scan, part=pages.normal(",".join(map(str, part.pages))), sidecar=lanes.over(said, scan.sidecar),
                   stack={**facts, "set_aside": list(part.blanks)})  # fmt: skip
    named, wrong = file_code(part.told.get("file_code", "")), part.wrong
    if named and folder not in {"", named}:
        named, wrong = "", "the sheet names another file than the folder"
    made = replace(made, file_code=named or scan.file_code)
    differs = sorted(name for name, text in said.items() if scan.sidecar.get(name, text) != text)
    if differs and facts["documents"] == 1:  # of several documents the sheet knows better which is meant
        wrong = wrong or f"the sheet says otherwise than the side-car or list: {', '.join(differs)}"
    if not wrong and (used := _used(said, made.file_code, scan, archive)):
        wrong = f"{used} was filed with what the sheet says"
    if part.is_sheet or wrong:
        return replace(made, refusal=(ALONE if part.is_sheet else _code(wrong), wrong))
    return replace(made, refusal=(BROKEN, f"page {', '.join(map(str, part.broken))}")) if part.broken else made


def _used(said: Mapping[str, str], file_code: str, scan: Scan, archive: Archive) -> str:
    """The document of another scan that a sheet has described before; empty: none. Sheets lie about and are laid in again."""
    name = next((name for name in ("code_number", "subject") if name in said), "")  # anything else many documents share
    asked = {"file_code": file_code, name: said[name]} if name else {}
    rows = archive.find(Query(fields=asked, limit=_ENOUGH)) if name else ()
    others = (row for row in rows if row["scan_sha256"] != scan.blob.sha256)
    return next((str(row["doc_code"]) for row in others if all(row[field] == text for field, text in said.items())), "")


def _entered(made: list[Scan], scan: Scan, shift: Shift) -> list[Scan]:
    """Each with bytes of its own to clear away."""
    if {each.part for each in made} & shift.journal.parts(scan.blob.sha256, scan.lane):
        return []
    apart = [own(each, shift) for each in made]
    shutil.rmtree(scan.blob.path.parent, ignore_errors=True)
    return apart


def note(scans: Sequence[Scan], shift: Shift) -> None:
    """The account of a stack that was taken apart, as a leaf of the log."""
    scan = scans[0]
    if scan.stack:
        names = ("scanned", "in_documents", "separators", "blanks", "documents")
        public: dict[str, str | int] = {"lane": scan.lane, **{name: scan.stack[name] for name in names}}
        shift.tools.archive.event("split", scan_sha256=scan.blob.sha256, actor=ACTOR, public=public)


def elsewhere(lot: Lot, station: Path, archive: Archive, journal: Journal) -> frozenset[int]:
    """Pages of the stack a held document is of that lie in its other documents, filed, held or under way."""
    sha256, lane = lot.told["scan_sha256"], lot.told["lane"]
    if not lot.told["stack"]:
        return frozenset()
    filed = [row["part"] for row in archive.find(Query(fields={"scan_sha256": sha256, "lane": lane}, limit=None))]
    others = (other for other in parking.lots(station, ("held",)) if other.folder != lot.folder and other.told["stack"])
    held = [other.told["part"] for other in others if (other.told["scan_sha256"], other.told["lane"]) == (sha256, lane)]
    every = [*filed, *held, *journal.parts(sha256, lane)]
    return frozenset(page for part in every if part for page in pages.parse(part, lot_notes.MOST_PAGES) or ())


def accounts(day: dt.date, station: Path, archive: Archive) -> dict[str, int]:
    """The pages of the stacks that were taken apart on a day, by what became of each so far; nothing where there were none.

    Returns:
        `scanned`, which is the sum of `separators`, `blanks`, `filed`, `held`, `rejected` and `under_way`.
    """
    happened = archive.told_on(day, "split")  # dropped again it is the same stack
    told = {(each["scan_sha256"], each["public"]["lane"]): each["public"] for each in happened}
    sums = {name: sum(row[name] for row in told.values()) for name in ("scanned", "separators", "blanks", "in_documents")}
    places: dict[str, set[tuple[str, str, int]]] = {"filed": set(), "held": set(), "rejected": set()}

    def placed(name: str, sha256: str, lane: str, part: str) -> None:
        places[name] |= {(sha256, lane, page) for page in pages.parse(part, lot_notes.MOST_PAGES) or () if part}

    for sha256, lane in told:
        for row in archive.find(Query(fields={"scan_sha256": sha256, "lane": lane}, limit=None)):
            placed("filed", sha256, lane, row["part"])
    for lot in parking.lots(station):
        if lot.told["stack"] and (lot.told["scan_sha256"], lot.told["lane"]) in told:
            placed(lot.state, lot.told["scan_sha256"], lot.told["lane"], lot.told["part"])
    places["held"] -= places["filed"]  # a page counts once, also of a second copy
    places["rejected"] -= places["filed"] | places["held"]
    counts = {name: len(found) for name, found in places.items()}
    in_documents = sums.pop("in_documents")
    return {**sums, **counts, "under_way": max(0, in_documents - sum(counts.values()))} if told else {}
