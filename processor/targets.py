"""What an ID means: a document code, the beginning of a scan's SHA-256, or the folder of a lot in `held/` or `rejected/`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from archive.errors import Ambiguous
from archive.store import Archive
from processor import parking
from processor.errors import SohoaError
from processor.journal import Item, Journal
from processor.parking import Lot
from processor.sources import Parked

_SHOWN = 10  # of what an ID may mean
Kind = Literal["held", "rejected", "item", "filed"]


@dataclass(frozen=True, slots=True)
class Target:
    """What an ID means: the folder of a held or rejected lot, an item's number, or the code of a filed document.

    Attributes:
        scan: of an item, its SHA-256 and part: numbers are given again when a document has left.
        told: what a person tells it from others by; holds names, so it is not for a log.
    """

    kind: Kind
    name: str
    scan: str = ""
    told: str = ""


def find(id: str, wanted: Collection[Kind], station: Path, journal: Journal, archive: Archive) -> Target:
    """What an ID means to a verb: a document code, a scan's id or its beginning, a lot's folder.

    Args:
        id: as typed.
        wanted: what the verb acts on; the same scan may be held in one lane and filed in another.
        station: its folder.
        journal: knows what is under way.
        archive: knows what is filed.

    Raises:
        SohoaError: nothing it acts on, or several things.
    """
    found = list(_meant(id, station, journal, archive)) if id.strip() else []
    fitting = [target for target in found if target.kind in wanted]
    if len(fitting) > 1:
        raise SohoaError(f"{id} means several; " + several([target.told for target in fitting]))
    if fitting:
        return fitting[0]
    if found:
        names = {"item": "under way", "filed": "filed (a second copy wants --again)"}
        raise SohoaError(f"{id} is {names.get(found[0].kind, found[0].kind)}, not {' or '.join(wanted)}")
    void = archive.get(id) if id.strip() else None
    if void and void["superseded_by"]:
        raise SohoaError(f"{void['doc_code']} is void: {void['superseded_by']} counts in its place")
    raise SohoaError(f"nothing is known by {id if id.strip() else 'an empty ID'}")


def _meant(id: str, station: Path, journal: Journal, archive: Archive) -> Iterator[Target]:
    under_way = {s.folder for s in journal.sources() if isinstance(s, Parked)}
    for lot in parking.lots(station):
        if lot.folder not in under_way and _names(id, lot):
            told = (lot.folder, *(str(lot.told.get(name) or "") for name in ("code", "original_name", "part")))
            yield Target("held" if lot.state == "held" else "rejected", lot.folder, told=_joined(told))
    for item in journal.items():
        if item.scan.blob.sha256.startswith(id) or _code(item, archive) == id:
            scan = item.scan
            told = (scan.blob.sha256, scan.lane, item.state, item.code, scan.original_name, scan.part)
            yield Target("item", str(item.number), identity(item), _joined(told))
    for row in _documents(id, archive):
        if row["state"] == "filed":
            yield Target("filed", row["doc_code"], told=document_told(row))


def _documents(id: str, archive: Archive) -> Sequence[Mapping[str, Any]]:
    try:
        row = archive.get(id)
    except Ambiguous as error:
        return error.candidates
    return [row] if row else []


def document_told(row: Mapping[str, Any]) -> str:
    """What a person tells a document from others by."""
    number = "/".join(filter(None, (row["code_number"], row["code_notation"])))
    day = (row["filed_at"] or "")[:10]
    told = (*(row[name] for name in ("doc_code", "state")), day, row["lane"], row["part"], row["type_name"], number)
    return _joined((*told, f"scan {row['scan_sha256'][:12]}"))


def _joined(parts: Sequence[str | None]) -> str:
    return "  ".join(filter(None, parts))


def several(told: Sequence[str]) -> str:
    """The end of a sentence that says an ID means several things: the first of them, each on a line."""
    more = f"\n  … and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return "type more of one of these:\n  " + "\n  ".join(told[:_SHOWN]) + more


def identity(item: Item) -> str:
    """The document an item is of."""
    return f"{item.scan.blob.sha256}:{item.scan.part}"


def _names(id: str, lot: Lot) -> bool:
    told = lot.told
    return told["scan_sha256"].startswith(id) or id in {told["doc_code"], lot.folder, lot.folder.rpartition("/")[2]}


def _code(item: Item, archive: Archive) -> str | None:
    return archive.key_state(item.scan.key)[1]
