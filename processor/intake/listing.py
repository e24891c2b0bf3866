"""What a list says of each scan: a table of cells becomes rows, each with the fields of one document or what is wrong with it.

PURE. Promises: every row of the table is told of, under its own number; a wrong cell costs its own row and no other; what
stands in a row is kept as it stands, unknown columns too. Refuses to guess: a cell that cannot be what its column wants is
wrong, and so is a day written in an order its column contradicts.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from archive.naming import split_doc_code
from archive.record import DESCRIPTIVE, RecordError, parse_field
from processor.details import vietnamese
from processor.errors import Verdict
from processor.intake import headings, pages
from processor.intake.headings import BAD, Found, Profile

_DAY = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?: 0{1,2}:00(?::00)?)?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00:00)?")
_PARTIAL = re.compile(r"(?:\d{1,2}[./-])?\d{4}")
_NUMBER = re.compile(r"(\d{1,9}[a-zđ]?)\s*/\s*(\S.*)")
_LONGEST_CELL = 4000  # autograph, the longest of the law, has 2000
_LONGEST_MAIN = 200
_MOST_PAGES = 99_999
_NUMBERS = ("code_number", "number_notation")
_FILE_PARTS = ("file_organ", "file_year", "file_notation")


@dataclass(frozen=True, slots=True)
class Bad:
    """A cell that has no value to go by (a formula that was not calculated, an error): why."""

    why: str


Cell: TypeAlias = str | dt.date | Bad
Table: TypeAlias = Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list.

    Attributes:
        number: as a spreadsheet counts it; of a CSV the line it begins on is not told, only its place.
        name: of the scan, as written.
        fields: of the record, and `file_code`, `main`, `pages`.
        cells: heading to text, as the row stood.
        wrong: code and detail, where the row cannot be gone by.
    """

    number: int
    name: str
    fields: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()


class _Wrong(Exception):
    """A cell that cannot be what its column wants."""


def rows(table: Table, known: Sequence[Profile], most: int) -> tuple[str, list[Row]]:
    """By which act a table is written, and its rows.

    Args:
        table: its cells; empty rows stand in it too, so that numbers are those a person sees.
        known: the profiles in force.
        most: rows it may have.

    Raises:
        Verdict: `list-bad`: no headings, too many rows, no row.
    """
    shown = [[_shown(cell) for cell in row] for row in table[: headings.DEEPEST]]
    found = headings.find(shown, known)
    if found is None:
        raise Verdict(BAD, headings.expected(known))
    headings.check(found)
    below = [(number, row) for number, row in enumerate(table[found.at + 1 :], found.at + 2) if _says(row)]
    if below and _is_numbering(below[0][1]):
        below = below[1:]
    if not below or len(below) > most:
        raise Verdict(BAD, f"{found.profile.name}: có {len(below)} dòng (từ 1 đến {most} dòng)")
    month_first = _month_first(below, found)
    told = (_row(number, row, found, month_first) for number, row in below)
    return found.profile.name, [row for row in told if row is not None]


def _shown(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.isoformat() if isinstance(cell, dt.date) else ""


def _says(row: Sequence[Cell]) -> bool:
    return any(isinstance(cell, Bad | dt.date) or cell.strip() for cell in row)


def _is_numbering(row: Sequence[Cell]) -> bool:
    """The row under the headings of a printed table that counts its columns: (1) (2) (3)."""
    texts = [(place, _shown(cell).strip().strip("()[]")) for place, cell in enumerate(row, 1)]
    said = [(place, text) for place, text in texts if text]
    return len(said) >= 3 and all(text == str(place) for place, text in said)


def _month_first(below: Sequence[tuple[int, Sequence[Cell]]], found: Found) -> bool:
    """Whether days are written month first somewhere (04/25/2025): then 04/05/2025 is anybody's guess."""
    columns = [place for place, meaning in found.meanings().items() if meaning == "issued_date"]
    texts = (_shown(row[place]).strip() for place in columns for _, row in below if place < len(row))
    parts = (day for text in texts if (day := _DAY.fullmatch(text)))
    return any(int(day[1]) <= 12 < int(day[3]) <= 31 for day in parts)


def _row(number: int, row: Sequence[Cell], found: Found, month_first: bool) -> Row | None:
    """One row; None where it is none (a heading between, a sum below)."""
    cells = _cells(row, found)
    try:
        if len(row) > len(found.headings) and _says(row[len(found.headings) :]):
            raise _Wrong("nhiều ô hơn số cột")
        fields, problems = _fields(row, found, month_first)
    except _Wrong as wrong:
        return Row(number, "", {}, cells, ("list-row", f"dòng {number}: {wrong}"))
    name = fields.pop("name", "")
    if not name and len(cells) == 1:
        return None
    if not name:
        problems.append("không có tên tệp")
    if problems:
        return Row(number, name, fields, cells, ("list-row", f"dòng {number}: " + "; ".join(problems)))
    return Row(number, name, fields, cells)


def _cells(row: Sequence[Cell], found: Found) -> dict[str, str]:
    """The row as it stood, under its headings; columns without one, or with another's, by their place."""
    kept: dict[str, str] = {}
    for place, cell in enumerate(row):
        text = f"({cell.why})" if isinstance(cell, Bad) else _shown(cell)
        if text.strip():
            heading = found.headings[place] if place < len(found.headings) else ""
            named = heading if heading and heading not in kept else f"{heading} [cột {place + 1}]".strip()
            kept[_clean(named)[:100]] = _clean(text)[:_LONGEST_CELL]
    return kept


def _clean(text: str) -> str:
    """NFC on one line, what cannot be printed made visible."""
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(letter if letter.isprintable() else f"<U+{ord(letter):04X}>" for letter in composed)


def _fields(row: Sequence[Cell], found: Found, month_first: bool) -> tuple[dict[str, str], list[str]]:
    """What the known columns say, and what is wrong with those that say nothing usable."""
    said: dict[str, str] = {}
    problems: list[str] = []
    for place, meaning in found.meanings().items():
        heading = found.headings[place]
        cell = row[place] if place < len(row) else ""
        try:
            text = _value(cell, meaning, found.profile, heading, month_first)
            _add(said, _split(text, meaning, found.profile) if text else {})
        except _Wrong as wrong:
            problems.append(f"cột {heading!r}: {wrong}")
    by_heading = {found.headings[place]: _shown(cell) for place, cell in enumerate(row) if place < len(found.headings)}
    for name, template in found.profile.compose.items():
        with_all = all(by_heading.get(part, "").strip() for part in re.findall(r"\{(\w+)\}", template))
        if not said.get(name) and with_all:
            said |= _split(" ".join(template.format_map(by_heading).split()), name, found.profile)
    return _joined(said, problems), problems


def _add(said: dict[str, str], more: Mapping[str, str]) -> None:
    for name, text in more.items():
        if said.setdefault(name, text) != text:
            raise _Wrong("nói khác một cột khác")


def _value(cell: Cell, meaning: str, profile: Profile, heading: str, month_first: bool) -> str:
    if isinstance(cell, Bad):
        raise _Wrong(cell.why)
    if meaning == "issued_date":
        is_unknown = profile.partial_days and _PARTIAL.fullmatch(_shown(cell).strip())
        return "" if is_unknown else _day(cell, month_first)
    codes = profile.codes_of(heading)
    text = unicodedata.normalize("NFC", " ".join(_shown(cell).split()))
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co"} for letter in text):
        raise _Wrong("có ký tự điều khiển")
    if len(text) > _LONGEST_CELL:
        raise _Wrong("quá dài")
    if meaning in _NUMBERS and text.casefold() in profile.numberless:
        return ""
    if not codes or not text:
        return text
    if (word := codes.word(text)) is None:
        raise _Wrong("mã không có trong danh mục")
    return word


def _day(cell: Cell, month_first: bool) -> str:
    if isinstance(cell, dt.date):
        return cell.isoformat()
    text = _shown(cell).strip()
    if not text:
        return ""
    iso, ours = _ISO.fullmatch(text), _DAY.fullmatch(text)
    if ours and month_first and ours[2] == "/" and int(ours[1]) <= 12 and int(ours[3]) <= 12 and ours[1] != ours[3]:
        raise _Wrong("không rõ ngày hay tháng viết trước (cột có ngày viết kiểu tháng/ngày)")
    year, month, day = (iso[1], iso[2], iso[3]) if iso else (ours[4], ours[3], ours[1]) if ours else ("0", "0", "0")
    try:
        return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError as error:
        raise _Wrong("không phải ngày dd/MM/yyyy") from error


def _split(text: str, meaning: str, profile: Profile) -> dict[str, str]:
    """A column that means several things, taken apart; others are checked as what they mean."""
    if meaning == "":
        return {}
    if meaning in {"number_notation", "code_number"} and (parts := _NUMBER.fullmatch(text)) and not parts[2][0].isdecimal():
        return {"code_number": _held("code_number", parts[1]), "code_notation": _held("code_notation", parts[2])}
    if meaning == "number_notation":
        return {"code_notation": _held("code_notation", text.lstrip("/"))}
    if meaning == "kind_subject":
        return _kind_and_subject(text, profile)
    if meaning == "doc_code":
        return {"doc_code": text}
    return {meaning: _held(meaning, text)}


def _kind_and_subject(text: str, profile: Profile) -> dict[str, str]:
    kind = next((kind for kind in profile.kinds if text.casefold().startswith(f"{kind} ".casefold())), "")
    subject = text[len(kind) :].strip(" :-–,;") if kind else text
    return {"subject": _held("subject", subject)} | ({"type_name": kind} if kind else {})


def _held(name: str, text: str) -> str:
    """A text its field can hold, as it is written there.

    Raises:
        _Wrong: it cannot.
    """
    if name in DESCRIPTIVE:
        try:
            value = parse_field(name, text)
        except RecordError as error:
            raise _Wrong(vietnamese(error.detail)) from error
        return "" if value is None else str(value)
    if name == "pages":
        if pages.parse(text, _MOST_PAGES) is None:
            raise _Wrong("không phải khoảng trang như 1-3,5")
        return pages.normal(text)
    if name == "main" and len(text) > _LONGEST_MAIN:
        raise _Wrong("quá dài")
    return text


def _joined(said: dict[str, str], problems: list[str]) -> dict[str, str]:
    """The file, where several columns make it; the scan's name, where the document's code is it."""
    parts = [said.pop(name, "") for name in _FILE_PARTS]
    named = {said["file_code"]} if said.get("file_code") else set()
    if all(parts):
        named.add(".".join(parts))
    elif parts[2]:
        named.add(parts[2])
    code = said.pop("doc_code", "")
    if code:
        try:
            named.add(split_doc_code(code)[0])
        except ValueError:
            problems.append("mã văn bản không phải mã hồ sơ và số thứ tự")
        said.setdefault("name", code)
    if len(named) > 1:
        problems.append("các cột nêu hai hồ sơ khác nhau")
    return {**said, **({"file_code": named.pop()} if len(named) == 1 else {})}
