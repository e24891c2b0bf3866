"""The cells of a list (of scans, of files): a CSV as programs write it, or the one sheet of a workbook that has its headings.

Promises: nothing a file says is calculated, followed or fetched; a formula counts for the value that was stored with it, and
one without a value is no value. Refuses before anything is parsed: what is encrypted or unpacks beyond the limits, macros, and
XML that declares entities.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

import openpyxl
from openpyxl.utils.cell import column_index_from_string
from openpyxl.utils.exceptions import InvalidFileException

from processor.errors import Verdict
from processor.intake.headings import BAD
from processor.intake.listing import Bad, Cell
from processor.intake.zips import Package

_UNPACKED = 128 << 20  # bytes of all members of a workbook
_MEMBERS = 2000
_COLUMNS = 400  # hotich158 has about 90
_TEXT = 32 << 20  # bytes of a CSV
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DELIMITERS = (",", ";", "\t")
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_AS_TEXT = re.compile(r'="([^"]*)"')  # how programs keep Excel from making a number of 007
_BROKEN = (  # what openpyxl lets through of its own parsers: both of XML raise kinds of SyntaxError
    InvalidFileException, zipfile.BadZipFile, SyntaxError, KeyError, ValueError, IndexError, TypeError, AttributeError,
    OverflowError, EOFError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sought:
    """Which table is looked for.

    Attributes:
        heads: the place (0-based) of the row of headings among a table's first rows, and how many of its columns are known.
        deepest: rows that are looked through for it.
        expected: what is told of a table that has none.
        most: rows it may have.
    """

    heads: Callable[[Sequence[Sequence[str]]], tuple[int, int] | None]
    deepest: int
    expected: str
    most: int


def table(path: Path, sought: Sought) -> list[list[Cell]]:
    """The cells of a list, row by row from the first, empty ones too; what it is is told by its bytes.

    Raises:
        Verdict: `list-bad`.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start == _COMPOUND:
        raise Verdict(BAD, "sổ tính cũ (.xls) hoặc có mật khẩu: lưu lại thành .xlsx không mật khẩu")
    if start.startswith(b"PK"):
        return _workbook(path, sought)
    return _csv(path, sought)


# CSV


def _csv(path: Path, sought: Sought) -> list[list[Cell]]:
    if path.stat().st_size > _TEXT:
        raise Verdict(BAD, f"lớn hơn {_TEXT >> 20} MB")
    text = _decoded(path.read_bytes())
    choices = [(found[1], delimiter) for delimiter in _DELIMITERS if (found := _headed(text, delimiter, sought))]
    if not choices:
        raise Verdict(BAD, sought.expected)
    rows: list[list[Cell]] = []
    for row in _parsed(text, max(choices)[1]):
        rows.append([_cell(value) for value in row])
        if len(rows) > sought.most + sought.deepest or len(row) > _COLUMNS:
            raise Verdict(BAD, f"nhiều hơn {sought.most} dòng hoặc {_COLUMNS} cột")
    return rows


def _decoded(data: bytes) -> str:
    """UTF-8, or UTF-16 as Excel writes "Unicode text"; old code pages are not guessed."""
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Verdict(BAD, "không phải Unicode (UTF-8): lưu lại thành CSV UTF-8") from error
    if "\0" in text:
        raise Verdict(BAD, "không phải tệp chữ")
    first, _, rest = text.partition("\n")
    return rest if first.strip().lower().startswith("sep=") else text  # a line of Excel's own


def _parsed(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise Verdict(BAD, "CSV sai dấu ngoặc kép hoặc xuống dòng") from error


def _headed(text: str, delimiter: str, sought: Sought) -> tuple[int, int] | None:
    first: list[list[str]] = []
    try:
        for row in _parsed(text, delimiter):
            first.append(row[:_COLUMNS])
            if len(first) == sought.deepest:
                break
    except Verdict:
        pass  # wrong further down: with the right delimiter it is said below
    return sought.heads(first)


def _cell(value: str) -> Cell:
    if as_text := _AS_TEXT.fullmatch(value.strip()):
        return as_text[1]
    return Bad("là công thức, không phải giá trị") if value.lstrip().startswith("=") else value


# Workbooks


def _workbook(path: Path, sought: Sought) -> list[list[Cell]]:
    merged = _check_package(path)
    try:
        with path.open("rb") as one, path.open("rb") as other:  # by its name openpyxl would refuse a claim
            values = openpyxl.load_workbook(one, read_only=True, data_only=True, keep_links=False)
            formulas = openpyxl.load_workbook(other, read_only=True, data_only=False, keep_links=False)
            found = []
            for name in values.sheetnames:
                if (rows := _sheet(values[name], formulas[name], sought)) is not None:
                    found.append(_with_gaps(rows, merged.get(values[name]._worksheet_path.lstrip("/"), ()), sought))
    except _BROKEN as error:
        raise Verdict(BAD, f"sổ tính hỏng: {type(error).__name__}") from error
    if not found:
        raise Verdict(BAD, sought.expected)
    if len(found) > 1:
        raise Verdict(BAD, "nhiều trang tính cùng có dòng tiêu đề: để lại một trang")
    return found[0]


def _check_package(path: Path) -> dict[str, list[str]]:
    """Which cells are merged in each part of a workbook that may be opened."""
    try:
        package = Package(path, _MEMBERS)
    except Verdict as verdict:
        raise Verdict(BAD, f"sổ tính hỏng hoặc có mật khẩu: {verdict.detail}") from verdict
    try:
        if sum(entry.size for entry in package.entries) > _UNPACKED:
            raise Verdict(BAD, f"sổ tính lớn hơn {_UNPACKED >> 20} MB khi giải nén")
        return {entry.name: _checked(entry.name, b"".join(package.read(entry))) for entry in package.entries}
    except Verdict as verdict:
        if verdict.code == BAD:
            raise
        raise Verdict(BAD, f"sổ tính hỏng: {verdict.detail}") from verdict
    finally:
        package.close()


def _checked(name: str, data: bytes) -> list[str]:
    merged: list[str] = []

    def begin(element: str, attributes: dict[str, str]) -> None:
        if element.rpartition(":")[2] == "mergeCell":
            merged.append(attributes.get("ref", ""))

    if name.endswith("vbaProject.bin"):
        raise Verdict(BAD, "sổ tính có macro: lưu lại thành .xlsx")
    if not name.endswith((".xml", ".rels")):
        return merged
    parser = expat.ParserCreate()  # openpyxl would read half of a broken part, and say nothing
    parser.StartDoctypeDeclHandler = _no_entities
    parser.StartElementHandler = begin
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise Verdict(BAD, "sổ tính hỏng: XML sai") from error
    return merged


def _no_entities(*declared: object) -> None:
    raise Verdict(BAD, "sổ tính khai báo thực thể XML")


def _sheet(values: Any, formulas: Any, sought: Sought) -> list[list[Cell]] | None:
    """The cells of a sheet that has a list's headings; None of another."""
    if not hasattr(values, "iter_rows"):  # a sheet that is a chart
        return None
    values.reset_dimensions()
    formulas.reset_dimensions()
    first = [[_text(cell) for cell in row] for row in values.iter_rows(max_row=sought.deepest)]
    if sought.heads(first) is None:
        return None
    rows: list[list[Cell]] = []
    filled = 0
    for calculated, written in zip(values.iter_rows(), formulas.iter_rows(), strict=True):
        row = [_workbook_cell(one, other) for one, other in zip(calculated, written, strict=True)]
        filled += bool(row) and any(row)
        if filled > sought.most + sought.deepest or any(row[_COLUMNS:]):
            raise Verdict(BAD, f"nhiều hơn {sought.most} dòng hoặc {_COLUMNS} cột")
        rows.append(row)
    return rows


def _with_gaps(rows: list[list[Cell]], merged: Iterable[str], sought: Sought) -> list[list[Cell]]:
    """The same, with cells that are part of one above them told as such: they look filled, and are empty."""
    found = sought.heads([[cell if isinstance(cell, str) else "" for cell in row] for row in rows[: sought.deepest]])
    for ref in merged:
        place = _RANGE.fullmatch(ref)
        if place is None or found is None or int(place[2]) <= found[0] + 1:  # a table's own headings may be merged
            continue
        first, last = column_index_from_string(place[1]) - 1, column_index_from_string(place[3])
        for row in rows[int(place[2]) : int(place[4])]:
            row[first:last] = [Bad("ô gộp với dòng trên: ghi lại từng dòng")] * len(row[first:last])
    return rows


def _text(cell: Any) -> str:
    return "" if cell.value is None else str(cell.value)


def _workbook_cell(calculated: Any, written: Any) -> Cell:
    value = calculated.value
    if written.data_type == "f" and value is None:
        return Bad("công thức chưa có giá trị")
    if calculated.data_type == "e":
        return Bad("ô lỗi")
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, int | float):
        return _number(value, str(calculated.number_format))
    return str(value)


def _number(value: float, number_format: str) -> str:
    """A number as it is shown: whole ones without a point, with the noughts of a format like `00`."""
    text = str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return text.zfill(len(number_format)) if re.fullmatch("0+", number_format) else text

