"""Where the desk's papers lie: what is to describe, held, refused or waiting; read from the archive, the station, the journal.

Promises: what lies under a mark of secrecy is listed and never pictured.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from archive.durable import DurableError, sha256_file
from archive.naming import local_date
from archive.query import Query
from archive.record import DESCRIPTIVE, description_digest
from archive.search import Portion
from archive.store import Archive
from processor import details, handing, lanes, lot_notes, parking, secrecy, stacks
from processor.desk import papers, typed
from processor.desk.access import Access
from processor.desk.errands import Errands
from processor.desk.papers import Paper
from processor.errors import SECRET, Verdict, reason, reasons
from processor.journal import Item, Journal
from processor.parking import FIELDS, Lot
from processor.pictures import NOT_LOOKED, Looks, Pictures
from processor.settings import Settings

_ASKED_WHY = frozenset({"extract-incomplete", "text-over-picture", "no-free-place", "archive-damaged"})
ANSWERED_FOR = _ASKED_WHY | {code for code, each in reasons().items() if each.answered}
"""Codes whose release somebody must answer for: the log keeps why."""
NOT_RELEASED = parking.NOT_BY_RELEASE
_ASKS = {"file-missing": "file_code", "file-unknown": "file_code", "file-closed": "file_code", "pages-missing": "pages",
         "extract-incomplete": "pages"}  # fmt: skip
_WAITING = ("waiting", "to-seal", "clearing")
_SEGMENT = re.compile(r"[^/\0]+")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages of one desk work with."""

    station: Path
    settings: Settings
    archive: Archive
    journal: Journal
    pictures: Pictures
    errands: Errands
    access: Access
    clock: Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list: where it leads (nowhere: it cannot be opened), what it is called, why it is here."""

    address: str
    name: str
    lane: str
    where: str
    why: str
    act: str = ""


# What was filed


def to_describe(desk: Desk, part: Portion) -> list[Row]:
    """Filed documents whose description is partial."""
    return [
        Row(f"/filed/{row['id']}", row["name"], row["lane"], row["id"], row["reason"]) for row in desk.archive.to_describe(part)
    ]


def filed(desk: Desk, code: str) -> Paper | None:
    """A filed document, by its whole code."""
    row = _row(desk, code)
    if row is None:
        return None
    required = desk.settings.lanes[row["lane"]].require_to_close if row["lane"] in desk.settings.lanes else ()
    return Paper(
        address=f"/filed/{code}", where=code, name=row["original_name"], lane=row["lane"], pages=int(row["pages"]),
        picture=f"/picture/filed/{code}", version=description_digest(row), code="",
        fields=papers.fields(row, papers.in_order(required), required, row["confidence"],
                             papers.places(_places(desk, row), int(row["pages"]))),
    )  # fmt: skip


def _row(desk: Desk, code: str) -> dict[str, Any] | None:
    return next(desk.archive.find(Query(fields={"doc_code": code}, limit=1)), None)


def _places(desk: Desk, row: Mapping[str, Any]) -> object:
    """Where its fields were read, as the record on the shelf says."""
    try:
        record = json.loads((desk.archive.root / row["path"]).with_suffix(".json").read_bytes())
        return record["provenance"]["places"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def filed_pdf(desk: Desk, code: str) -> tuple[Path, str] | None:
    """The PDF of a filed document, and its digest."""
    row = _row(desk, code)
    return (desk.archive.root / row["path"], row["sha256"]) if row else None


def days(desk: Desk, code: str, near: dt.date | None) -> tuple[dt.date, dt.date | None]:
    """What a day that is typed is measured by: the day its document was filed, and a day of the month it may be of."""
    row = desk.archive.get(code) if _row(desk, code) else None
    if row is None:
        return local_date(desk.clock()), near
    printed = typed.printed_month(row["text"][0]) if row["text"] else None
    return local_date(dt.datetime.fromisoformat(row["filed_at"])), printed or near


# What is held or refused


def parked(desk: Desk, state: str) -> list[Row]:
    """What lies in `held` or `rejected`."""
    busy = handing.under_way(desk.journal)
    return [
        Row("" if row["folder"] in busy or row["code"] == "lot-broken" else f"/{row['folder']}", row["name"], row["lane"],
            row["folder"], reason(row["code"]).vi, "Đang được xử lý." if row["folder"] in busy else reason(row["code"]).act)
        for row in parking.listed(desk.station, state)
    ]  # fmt: skip


def beside(desk: Desk, where: str, lane: str) -> tuple[str, str]:
    """The lots before and after one in their list, without reading the others; empty at its ends."""
    state, busy = where.partition("/")[0], handing.under_way(desk.journal)
    names = sorted(path.relative_to(desk.station).as_posix() for path in (desk.station / state).glob(f"{lane or '*'}/*"))
    after = (name for name in names if name > where and name not in busy and lot(desk, *name.split("/")))
    before = (name for name in reversed(names) if name < where and name not in busy and lot(desk, *name.split("/")))
    return next(before, ""), next(after, "")


def lot(desk: Desk, state: str, lane: str, name: str) -> Lot | None:
    """A lot by its folder; None where there is none that can be believed."""
    is_place = state in {"held", "rejected"} and lane in desk.settings.lanes
    if not is_place or _SEGMENT.fullmatch(name) is None or name.startswith("."):
        return None
    folder = f"{state}/{lane}/{name}"
    if (desk.station / folder).is_symlink():
        return None
    told = lot_notes.read(desk.station / folder)
    return Lot(folder, told) if told is not None else None


def held(desk: Desk, found: Lot) -> Paper:
    """A lot as its page shows it, with what a person typed so far."""
    told, folder = found.told, desk.station / found.folder
    values, version = typed_fields(folder)
    why = reason(told["code"])
    asks = _ASKS.get(told["code"], "")
    names = (*papers.HELD, *(name for name in DESCRIPTIVE if name not in papers.FIRST))
    made = papers.fields(values, names, (asks,) if asks else (), {}, papers.places(None, 1))
    pages, hides = _pages(desk, found)
    return Paper(
        address=f"/{found.folder}", where=found.folder, name=told["original_name"], lane=told["lane"],
        pages=pages, picture=f"/picture/{found.folder}", version=version,
        fields=[replace(each, place=None) for each in made], code=told["code"], part=told["part"], hides=hides,
        taken=stacks.elsewhere(found, desk.station, desk.archive, desk.journal),
        told={"vi": why.vi, "act": why.act, "detail": details.vietnamese(str(told.get("detail", ""))),
              "at": str(told.get("at", ""))[:10]},
    )  # fmt: skip


def typed_fields(folder: Path) -> tuple[dict[str, str], str]:
    """What `fields.json` of a lot says, and its version; a file that is not JSON says nothing."""
    values: Mapping[str, object] = {}
    with suppress(OSError, ValueError):
        values = lot_notes.fields_of(folder / FIELDS)
    texts = {name: str(value) for name, value in values.items() if isinstance(value, str | int) and not isinstance(value, bool)}
    return texts, handing.version(folder)


def is_secret(desk: Desk, found: Lot) -> bool:
    """Whether a lot, or another of its scan, was held for a mark of secrecy and nobody has answered for it since, whatever it
    lies here for now; or is said to be secret. The log says what was held; what is written beside the bytes is said by whoever may
    write there.
    """
    told = found.told
    is_held = bool(told["code"] == SECRET)
    is_said = lanes.says_secret(told["sidecar"].get("mode", "")) and SECRET not in told["released"]
    return is_held or is_said or secrecy.is_unanswered(told["scan_sha256"], desk.archive, is_part=bool(told["part"]))


def looks(desk: Desk, found: Lot) -> Looks:
    """How the pages of a lot are looked at before they are shown: what is held early was looked at by no stage."""
    lane = desk.settings.lanes[found.told["lane"]]
    if "no-secrecy-mark" not in lane.require_to_seal or (SECRET in found.told["released"] and _is_same(desk, found)):
        return NOT_LOOKED
    return {"languages": list(lane.languages), "station": str(desk.station)}


def _is_same(desk: Desk, found: Lot) -> bool:
    """Whether the bytes of a lot are those that somebody answered for."""
    try:
        return bool(sha256_file(parking.scan_path(desk.station, found)).sha256 == found.told["scan_sha256"])
    except (OSError, DurableError):
        return False


def scan(desk: Desk, found: Lot) -> tuple[Path, str] | None:
    """The bytes of a lot that may be pictured, and what tells them from others."""
    if is_secret(desk, found):
        return None
    path = parking.scan_path(desk.station, found)
    try:
        seen = path.lstat()
    except OSError:
        return None
    known_by = hashlib.sha256(f"{path}:{seen.st_mtime_ns}:{seen.st_size}".encode()).hexdigest()
    return (path, known_by) if path.is_file() and not path.is_symlink() else None


def is_paper(desk: Desk, lane: str) -> bool:
    """Whether what a lane takes was scanned: an electronic original is neither split nor turned."""
    return lane in desk.settings.lanes and not lanes.takes_originals(desk.settings.lanes[lane])


def _pages(desk: Desk, found: Lot) -> tuple[int, bool]:
    """How many pages can be shown, and whether a mark of secrecy is why there are none."""
    if is_secret(desk, found):
        return 0, True
    seen = scan(desk, found)
    try:
        return desk.pictures.pages(*seen, looks(desk, found)) if seen else 0, False
    except Verdict as verdict:
        return 0, verdict.code == SECRET


# What waits


def waiting(desk: Desk) -> list[Row]:
    """What is under way and waits, for something outside or for a person's seal."""
    return [_waits(item) for state in _WAITING for item in desk.journal.items(state)]


def _waits(item: Item) -> Row:
    told = reason(item.code)
    name = item.scan.original_name.encode("utf-8", "replace").decode()
    return Row("", name, item.scan.lane, item.scan.blob.sha256[:12], told.vi, told.act)


def counts(desk: Desk) -> dict[str, int]:
    """How many lie where."""
    return {
        "describe": sum(desk.archive.count_to_describe().values()), "held": _folders(desk, "held"),
        "rejected": _folders(desk, "rejected"), "waiting": sum(len(desk.journal.numbers(state)) for state in _WAITING),
    }  # fmt: skip


def _folders(desk: Desk, state: str) -> int:
    return sum(1 for _ in (desk.station / state).glob("*/*"))
