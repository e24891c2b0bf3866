"""A list as an XLSX workbook: every value a text, never a formula; headings stay in sight and on every printed page.

Runs in a worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from processor.errors import Verdict
from processor.report import visible_lines
from processor.worker import Ask

_LONGEST = 32_767  # characters of a cell, which Excel refuses to exceed
_A4 = 9  # as OOXML counts kinds of paper
_PER_MM = 0.55  # widths in characters of the default font
_FACE = "Times New Roman"
_PLAIN, _BOLD, _VOID = Font(name=_FACE), Font(name=_FACE, bold=True), Font(name=_FACE, strike=True)
_ALIGN = {align: Alignment(wrap_text=True, vertical="top", horizontal=align) for align in ("left", "center")}


def spreadsheet(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: as of the job `register`: `agency`, `title`, `under`, `columns`, `rows`, `closing`, `landscape`, `out`.
        ask: not used.

    Returns:
        `rows`, how many there are.
    """
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Danh sách")
    head = [args["agency"], args["title"], *args["under"], ""]
    for column, each in enumerate(args["columns"], 1):
        sheet.column_dimensions[get_column_letter(column)].width = each["width"] * _PER_MM
    _printing(sheet, args["landscape"], len(head) + 1)
    for text in head:
        sheet.append([_text(sheet, text, _BOLD)])
    sheet.append([_text(sheet, each["heading"], _BOLD, "center") for each in args["columns"]])
    for row in args["rows"]:
        fonts = [_VOID if row["void"] and column["struck"] else _PLAIN for column in args["columns"]]
        told = zip(row["cells"], fonts, args["columns"], strict=True)
        sheet.append([_text(sheet, text, font, column["align"]) for text, font, column in told])
    for text in args["closing"]:
        sheet.append([_text(sheet, text, _PLAIN)])
    book.save(args["out"])
    return {"rows": len(args["rows"])}


def _printing(sheet: WriteOnlyWorksheet, landscape: bool, heading: int) -> None:
    sheet.freeze_panes = f"A{heading + 1}"
    sheet.print_title_rows = f"{heading}:{heading}"
    sheet.page_setup.orientation = "landscape" if landscape else "portrait"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _text(sheet: WriteOnlyWorksheet, text: str, font: Font, align: str = "") -> Any:
    """A cell that is a text whatever it begins with, and stays one when somebody edits it."""
    cell = WriteOnlyCell(sheet)
    shown = visible_lines(text)
    if len(shown) > _LONGEST:
        raise Verdict("too-large", f"a cell of {len(shown)} characters")
    if shown:
        cell._value, cell.data_type = shown, "s"
    cell.number_format, cell.font = "@", font
    cell.quotePrefix = True
    if align:
        cell.alignment = _ALIGN[align]
    return cell
