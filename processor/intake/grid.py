"""A spreadsheet as rows of text: XLSX read only, or CSV in UTF-8. Runs in a worker.

Promises: what a cell shows as text comes out as that text; nothing is calculated, no link is followed. Refuses (Verdict): what
is neither, more than the limits, and CSV in an old code page, where the marks of Vietnamese letters are lost already.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from processor.errors import Verdict

MOST_ROWS = 20_000
_MOST_COLUMNS = 64
_LONGEST_CELL = 4000
_LARGEST = 32 << 20
_LARGEST_UNPACKED = 256 << 20
_MOST_SHEETS = 50
_DAMAGE = (
    InvalidFileException, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, IndexError, EOFError,
    SyntaxError, NotImplementedError, OSError, RecursionError,
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0"

Row = tuple[int, list[str]]
"""The number a spreadsheet shows beside a row, and its cells."""


def tables(path: Path) -> Iterator[Iterator[Row]]:
    """The sheets of a workbook, or the one table of a CSV file; rows in which nothing stands are left out.

    Raises:
        Verdict: `list-unreadable`, `list-too-large`; also while rows are read.
    """
    size, head = path.stat().st_size, _head(path)
    if size > _LARGEST:
        raise Verdict("list-too-large", f"{size} bytes")
    if head.startswith(_OLE):
        raise Verdict("list-unreadable", "an old .xls, or a workbook with a password: save it as .xlsx without one")
    if head.startswith(b"PK"):
        return _sheets(path)
    return iter([_limited(_csv_rows(path.read_bytes()))])


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _sheets(path: Path) -> Iterator[Iterator[Row]]:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > _LARGEST_UNPACKED:
            raise Verdict("list-too-large", f"{unpacked} bytes unpacked")
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
        sheets = book.worksheets[:_MOST_SHEETS]
    except _DAMAGE as error:
        raise Verdict("list-unreadable", f"no workbook: {type(error).__name__}") from error
    return (_limited(_sheet_rows(sheet)) for sheet in sheets)


def _sheet_rows(sheet: Any) -> Iterator[Row]:
    try:
        sheet.reset_dimensions()  # what a file says of its own size may be wrong
        for number, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS), start=1):
            yield number, [_cell(cell) for cell in row]
    except _DAMAGE as error:
        raise Verdict("list-unreadable", f"a damaged sheet: {type(error).__name__}") from error


def _cell(cell: Any) -> str:
    value = cell.value
    if isinstance(value, dt.datetime | dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and re.fullmatch("0+", cell.number_format or ""):
        return str(value).zfill(len(cell.number_format))  # 1 in the format 00 is read as 01 by people
    return "" if value is None else text_of(str(value))


def _csv_rows(data: bytes) -> Iterator[Row]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Verdict("list-unreadable", "not UTF-8: save it as CSV UTF-8, or as .xlsx") from error
    if "\0" in text:
        raise Verdict("list-unreadable", "neither a workbook nor CSV")
    csv.field_size_limit(1 << 20)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        for cells in reader:
            yield reader.line_num, [text_of(cell) for cell in cells[:_MOST_COLUMNS]]
    except csv.Error as error:
        raise Verdict("list-unreadable", "no CSV") from error


def _delimiter(text: str) -> str:
    """The one that stands most often in the first lines: Excel writes a semicolon where the comma is decimal."""
    lines = text.splitlines()[:20]
    return max(",;\t", key=lambda mark: sum(line.count(mark) for line in lines))


def text_of(raw: str) -> str:
    """One line, composed (NFC), without characters that do not show; cut far beyond any field, where it is told as too long."""
    composed = unicodedata.normalize("NFC", raw[:_LONGEST_CELL]).encode("utf-8", "replace").decode()
    seen = "".join(char if unicodedata.category(char) not in {"Cf", "Cc", "Cs", "Zl", "Zp"} or char.isspace() else ""
                   for char in composed)  # fmt: skip
    return " ".join(seen.split())


def _limited(rows: Iterable[Row]) -> Iterator[Row]:
    count = 0
    for number, cells in rows:
        if any(cells):
            count += 1
            if count > MOST_ROWS:
                raise Verdict("list-too-large", f"more than {MOST_ROWS} rows")
            yield number, cells
