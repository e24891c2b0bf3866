"""The job that reads a year's list of files (Danh mục hồ sơ) somebody typed. Runs in a worker."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from processor import filelist
from processor.errors import Verdict
from processor.intake import spreadsheets
from processor.intake.listing import Bad, Cell
from processor.worker import Ask

_MOST_ROWS = 20_000
_LONGEST_CELL = 4000  # far beyond any field, where it is told as too long
_EXPECTED = "không tìm thấy dòng tiêu đề của danh mục hồ sơ (cần cột số và ký hiệu hồ sơ, cột tiêu đề hồ sơ)"
_UNSEEN = {"Cf", "Cc", "Cs", "Zl", "Zp"}


def listed(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """The files in the one sheet that holds such a list (`filelist.FileList`, as JSON).

    Raises:
        Verdict: `list-unreadable`.
    """
    sought = spreadsheets.Sought(filelist.heads, filelist.HEADER_WITHIN, _EXPECTED, _MOST_ROWS)
    try:
        table = spreadsheets.table(Path(args["path"]), sought)
    except Verdict as verdict:
        raise Verdict("list-unreadable", verdict.detail) from verdict
    rows = ((number, [_seen(cell) for cell in row]) for number, row in enumerate(table, start=1))
    found = filelist.read((number, cells) for number, cells in rows if any(cells))
    if found is None:
        raise Verdict("list-unreadable", _EXPECTED)
    return found.told()


def _seen(cell: Cell) -> str | Bad:
    """One line, composed (NFC), without characters that do not show."""
    if isinstance(cell, Bad):
        return cell
    text = f"{cell:%d/%m/%Y}" if isinstance(cell, dt.date) else cell
    composed = unicodedata.normalize("NFC", text[:_LONGEST_CELL]).encode("utf-8", "replace").decode()
    return " ".join("".join(c for c in composed if c.isspace() or unicodedata.category(c) not in _UNSEEN).split())
