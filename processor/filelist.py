"""The year's list of files (Danh mục hồ sơ, NĐ 30/2020 Phụ lục V) out of rows of text.

PURE: no I/O, no third-party package. Promises: columns are found by their words, not their places; a row that is wrong costs
itself and says why; what is neither a file nor a heading is never made one. Refuses (None) a table without such a header.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from processor.intake.listing import Bad

LONGEST: Mapping[str, int] = {"notation": 60, "title": 1000, "maintenance": 100, "creator": 200, "note": 500, "section": 500}
HEADER_WITHIN = 60  # rows: above it stand the agency, the motto and the decision
_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (  # the first that fits a heading names the column
    ("title", re.compile(r"tieu de|ten ho so|ten nhom ho so")),
    ("maintenance", re.compile(r"thoi (han|gian)|thbq|han bao quan")),
    ("creator", re.compile(r"nguoi lap|don vi|nguoi chiu trach nhiem")),
    ("note", re.compile(r"ghi chu")),
    ("notation", re.compile(r"ky hieu|ma ho so|so ho so")),
)
_NOTATION = re.compile(r"[^\W_]+(?:[._-][^\W_]+)*")
_HEADING = re.compile(r"[IVXLC]+|[A-ZĐ]|[0-9]{1,2}(?:\.[0-9]{1,2})*")
_YEAR = re.compile(r"nam ?:? ?((?:19|20)[0-9]{2})")
_FOOT = re.compile(r"(ban )?danh muc ho so nay (co|gom)|noi nhan|tong so|nguoi lap danh muc")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as a row of the list tells of it."""

    row: int
    notation: str
    title: str
    maintenance: str = ""
    creator: str = ""
    note: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is no file as it stands: its number, a code of `config/codes.toml`, what of it."""

    row: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class FileList:
    """What a list tells: its year where it names one, its files in their order, the rows that are wrong."""

    year: int | None = None
    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def heads(rows: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """The place of the header among the first rows of a table, and how many of its columns are known."""
    found = ((place, len(columns)) for place, cells in enumerate(rows) if (columns := _columns(cells)))
    return next(found, None)


def read(rows: Iterable[tuple[int, Sequence[str | Bad]]]) -> FileList | None:
    """The list in a table; None where no header of one stands in its first rows."""
    year: int | None = None
    pending = iter(rows)
    for place, (_, cells) in enumerate(pending):
        texts = _texts(cells)
        if columns := _columns(texts):
            return _body(pending, columns, year)
        if place >= HEADER_WITHIN:
            return None
        year = year or _year(texts)
    return None


def _texts(cells: Sequence[str | Bad]) -> list[str]:
    return [cell if isinstance(cell, str) else "" for cell in cells]


def _columns(cells: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        bare = fold(cell)
        name = next((name for name, pattern in _WORDS if pattern.search(bare)), None) if len(bare) <= 80 else None
        if name and name not in found:
            found[name] = place
    return found if {"notation", "title"} <= found.keys() else {}


def _year(cells: Sequence[str]) -> int | None:
    """The year a list is of: `Năm 2026` in a cell of its own or in its heading, not the date of a decision."""
    for cell in cells:
        bare = fold(cell)
        found = list(_YEAR.finditer(bare))
        if found and (bare.startswith("nam") or "danh muc" in bare) and "ngay" not in bare:
            return int(found[-1][1])
    return None


def _body(rows: Iterable[tuple[int, Sequence[str | Bad]]], columns: Mapping[str, int], year: int | None) -> FileList:
    made, major, section, seen = FileList(year), "", "", dict[str, int]()
    for number, written in rows:
        cells = _texts(written)
        told = {name: cells[place] if place < len(cells) else "" for name, place in columns.items()}
        if _is_foot(cells) and not (told["title"] and _NOTATION.fullmatch(told["notation"])):  # "Tổng số hộ nghèo" may be a title
            break
        if _is_numbering(cells):
            continue
        if bad := [cell.why for place in columns.values() for cell in written[place : place + 1] if isinstance(cell, Bad)]:
            made.faults.append(Fault(number, "row-bad-cell", "; ".join(bad)))
            continue
        if (heading := _heading(told, cells)) is not None:
            is_minor = heading[:1].isdecimal() and major[:1].isalpha()  # đề mục nhỏ: 1, 1.1, under I, II or A, B
            major = major if is_minor else heading
            section = f"{major} / {heading}" if is_minor else heading
            continue
        entry = Entry(number, re.sub(r"\s*([._-])\s*", r"\1", told.pop("notation")), **told, section=section)
        if fault := _fault(entry, seen):
            made.faults.append(fault)
        else:
            made.entries.append(entry)
        seen.setdefault(entry.notation.casefold(), number)
    return made


def _is_foot(cells: Sequence[str]) -> bool:
    return any(_FOOT.match(fold(cell)) for cell in cells)


def _is_numbering(cells: Sequence[str]) -> bool:
    """The row (1) (2) (3) … that forms have under their header."""
    marks = [cell.strip("() ") for cell in cells if cell]
    return len(marks) > 1 and marks == [str(number) for number in range(1, len(marks) + 1)]


def _heading(told: Mapping[str, str], cells: Sequence[str]) -> str | None:
    """The words of a heading (đề mục): they stand alone, or after its numeral."""
    filled = [cell for cell in cells if cell]
    if len(filled) == 1 and not (told["notation"] and re.search(r"[0-9][.\-/]?[^\W\d]", told["notation"])):
        return filled[0]
    is_numbered = len(filled) == 2 and _HEADING.fullmatch(filled[0].rstrip(". ")) is not None
    return " ".join(filled) if is_numbered and told["title"] in filled[1:] + [""] else None


def _fault(entry: Entry, seen: Mapping[str, int]) -> Fault | None:
    long = [name for name, most in LONGEST.items() if len(str(getattr(entry, name))) > most]
    if not entry.notation:
        return Fault(entry.row, "row-no-notation", "")
    if not entry.title:
        return Fault(entry.row, "row-no-title", entry.notation)
    if long:
        return Fault(entry.row, "row-too-long", ", ".join(long))
    if _NOTATION.fullmatch(entry.notation) is None:
        return Fault(entry.row, "row-bad-notation", entry.notation)
    if first := seen.get(entry.notation.casefold()):
        return Fault(entry.row, "row-twice", f"{entry.notation}: row {first}")
    return None


def fold(text: str) -> str:
    """Without marks and case, one space between words."""
    marked = unicodedata.normalize("NFD", text.casefold())
    bare = "".join(char for char in marked if not unicodedata.combining(char)).replace("đ", "d")
    return " ".join(re.sub(r"[^\w():.]", " ", bare).split())
