"""A list as a PDF to print and to search: letterhead, title, table with its headings on every page, who signs.

Promises: every row stands on paper once and whole (`layout`); the fonts are embedded; what is read out of the file is the
Vietnamese that went in, NFC; a void row is struck through; an unknown value that a person may know is a dotted place.
Runs in a worker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pymupdf

from processor.errors import Verdict
from processor.registers.faces import LEADING, MM, Face, Faces, faces, put, shown_in
from processor.registers.layout import Frame, Row, paged, wrapped
from processor.worker import Ask

_LEFT, _RIGHT, _TOP, _BOTTOM = 25 * MM, 15 * MM, 18 * MM, 18 * MM  # within NĐ 30/2020 Phụ lục I, I.3; the left edge is bound
_SIZE, _HEAD, _TITLE, _SMALL = 10.5, 11.5, 14.0, 9.0
_PAD = 4.0  # of a row, above and below its lines together
_GAP = 2.5  # between a cell's rule and its text
_LINE = _SIZE * LEADING
_SIGNATURE = 70.0  # the room to sign in
_DOTS = "." * 12
_THIN = 0.5

Texts = dict[Face, list[tuple[float, float, str, float]]]


@dataclass(frozen=True, slots=True)
class _Column:
    left: float
    width: float
    centred: bool
    struck: bool
    heading: tuple[str, ...]


class _Sheet:
    """One page being filled: where the next line goes, and what was put there."""

    def __init__(self, page: pymupdf.Page) -> None:
        self.page = page
        self.down = _TOP
        self.texts: Texts = defaultdict(list)
        self.shape = page.new_shape()

    def line(self, face: Face, text: str, size: float, left: float, width: float) -> float:
        """Centred text in a strip, its baseline below `down`; returns its width. The strip is the caller's to advance."""
        wide = face.width(text, size)
        self.texts[face].append((left + (width - wide) / 2, self.down + size, text, size))
        return wide

    def rule(self, x: float, y: float, to_x: float, to_y: float) -> None:
        """A thin line."""
        self.shape.draw_line((x, y), (to_x, to_y))

    def done(self) -> None:
        """Put everything on the page."""
        self.shape.finish(width=_THIN)
        self.shape.commit()
        put(self.page, self.texts)


class _Press:
    """Sets one list. `args` are those of the job, their texts made printable."""

    def __init__(self, args: Mapping[str, Any], type_: Faces) -> None:
        self.args, self.faces = args, type_
        width, height = pymupdf.paper_size("a4")
        self.size = (height, width) if args["landscape"] else (width, height)
        self.room = self.size[0] - _LEFT - _RIGHT
        self.columns = self._columns()
        self.heading = max(len(column.heading) for column in self.columns) * _LINE + 2 * _PAD + _LINE

    def _columns(self) -> list[_Column]:
        measure, left, made = self.faces.bold.measure(_SIZE), _LEFT, []
        scale = self.room / sum(column["width"] for column in self.args["columns"])
        for column in self.args["columns"]:
            width = column["width"] * scale
            heading = wrapped(column["heading"], width - 2 * _GAP, measure)
            made.append(_Column(left, width, column["align"] == "center", column["struck"], heading))
            left += width
        return made

    def rows(self) -> list[Row]:
        """The rows with their texts broken into lines."""
        measure = self.faces.plain.measure(_SIZE)
        rooms = [column.width - 2 * _GAP for column in self.columns]
        return [
            Row(tuple(wrapped(text, room, measure) for text, room in zip(row["cells"], rooms, strict=True)), row["void"])
            for row in self.args["rows"]
        ]

    def frame(self) -> Frame:
        """The room that a page has for rows."""
        whole = self.size[1] - _TOP - _BOTTOM
        probe = _Sheet(pymupdf.open().new_page(width=self.size[0], height=self.size[1]))
        self.letterhead(probe)
        return Frame(whole - (probe.down - _TOP) - self.heading, whole - self.heading, self._tail(), _LINE, _PAD)

    def _tail(self) -> float:
        signing = 3 * _HEAD * LEADING + _SIGNATURE if self.args["signer"] else 0
        return len(self._closing()) * _HEAD * LEADING + 8 + signing

    def _closing(self) -> list[str]:
        measure = self.faces.plain.measure(_HEAD)
        return [line for text in self.args["closing"] for line in wrapped(text, self.room, measure)]

    def letterhead(self, sheet: _Sheet) -> None:
        """Agency left, motto right, the title, what it is a list of."""
        left, right = self.room * 0.42, self.room * 0.58
        top, agency = sheet.down, self.args["agency"].upper()
        measure = self.faces.bold.measure(_HEAD)
        for face, text in ((self.faces.plain, self.args["parent"].upper()), (self.faces.bold, agency)):
            for line in wrapped(text, left - 8, measure) if text else ():
                wide = sheet.line(face, line, _HEAD, _LEFT, left)
                sheet.down += _HEAD * LEADING
        sheet.rule(_LEFT + (left - wide / 2) / 2, sheet.down + 3, _LEFT + (left + wide / 2) / 2, sheet.down + 3)
        below, sheet.down = sheet.down, top
        for text in self.args["motto"]:
            wide = sheet.line(self.faces.bold, text, _HEAD, _LEFT + left, right)
            sheet.down += _HEAD * LEADING
        middle = _LEFT + left + right / 2
        sheet.rule(middle - wide / 2, sheet.down + 3, middle + wide / 2, sheet.down + 3)
        sheet.down = max(below, sheet.down) + 16
        self._title(sheet)

    def _title(self, sheet: _Sheet) -> None:
        for line in wrapped(self.args["title"], self.room, self.faces.bold.measure(_TITLE)):
            sheet.line(self.faces.bold, line, _TITLE, _LEFT, self.room)
            sheet.down += _TITLE * LEADING
        for text in self.args["under"]:
            for line in wrapped(text, self.room, self.faces.bold.measure(_HEAD)):
                sheet.line(self.faces.bold, line, _HEAD, _LEFT, self.room)
                sheet.down += _HEAD * LEADING
        sheet.down += 8

    def table(self, sheet: _Sheet, rows: Sequence[Row], frame: Frame) -> None:
        """The headings, their numbers, the rows, all ruled."""
        top = sheet.down
        self._headings(sheet)
        for row in rows:
            self._row(sheet, row)
            sheet.down += frame.height(row)
            sheet.rule(_LEFT, sheet.down, _LEFT + self.room, sheet.down)
        for x in (*(column.left for column in self.columns), _LEFT + self.room):
            sheet.rule(x, top, x, sheet.down)

    def _headings(self, sheet: _Sheet) -> None:
        sheet.rule(_LEFT, sheet.down, _LEFT + self.room, sheet.down)
        high = max(len(column.heading) for column in self.columns)
        top = sheet.down
        for number, column in enumerate(self.columns, 1):
            sheet.down = top + _PAD / 2 + (high - len(column.heading)) * _LINE / 2
            for line in column.heading:
                sheet.line(self.faces.bold, line, _SIZE, column.left, column.width)
                sheet.down += _LINE
            sheet.down = top + high * _LINE + _PAD + _PAD / 2
            sheet.line(self.faces.italic, f"({number})", _SIZE, column.left, column.width)
        for y in (top + high * _LINE + _PAD, top + self.heading):
            sheet.rule(_LEFT, y, _LEFT + self.room, y)
        sheet.down = top + self.heading

    def _row(self, sheet: _Sheet, row: Row) -> None:
        face = self.faces.plain
        for column, cell in zip(self.columns, row.cells, strict=True):
            for place, text in enumerate(cell):
                wide = face.width(text, _SIZE)
                x = column.left + ((column.width - wide) / 2 if column.centred else _GAP)
                y = sheet.down + _PAD / 2 + place * _LINE
                sheet.texts[face].append((x, y + _SIZE, text, _SIZE))
                if row.void and column.struck and text:
                    sheet.rule(x, y + _SIZE * 0.72, x + wide, y + _SIZE * 0.72)

    def close(self, sheet: _Sheet) -> None:
        """What counts the list, place and day, and who signs."""
        sheet.down += 8
        for line in self._closing():
            sheet.texts[self.faces.plain].append((_LEFT, sheet.down + _HEAD, line, _HEAD))
            sheet.down += _HEAD * LEADING
        if not self.args["signer"]:
            return
        left, width = _LEFT + self.room * 0.5, self.room * 0.5
        lines = ((self.faces.italic, "dated"), (self.faces.bold, "signer"), (self.faces.italic, "signs"))
        for face, name in lines:
            sheet.line(face, self.args[name], _HEAD, left, width)
            sheet.down += _HEAD * LEADING

    def foot(self, sheet: _Sheet, number: int, pages: int) -> None:
        """Which page of how many."""
        sheet.down = self.size[1] - _BOTTOM + 6
        sheet.line(self.faces.italic, self.args["paging"].format(number, pages), _SMALL, _LEFT, self.room)


def register(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `agency`, `parent`, `motto` (two lines), `title`, `under` (lines), `columns` (`heading`, `width`, `align`, `dotted`,
            `struck`: through a void row), `rows` (`cells`, `void`), `closing` (lines), `dated`, `signer`, `signs`,
            `paging` (`Trang {}/{}`), `landscape`, `font` (the office's own, or ""), `out`.
        ask: not used.

    Returns:
        `pages`.

    Raises:
        MissingError: no font covers Vietnamese. Verdict: `too-large`, the lines that close it find no room on a page.
    """
    shown = shown_in(args)
    for row in shown["rows"]:
        marked = zip(row["cells"], shown["columns"], strict=True)
        row["cells"] = [_DOTS if column["dotted"] and not text and not row["void"] else text for text, column in marked]
    press = _Press(shown, faces(args["font"], shown))
    frame = press.frame()
    if frame.tail > frame.rest:  # on paper it would run off the page, and nobody see that it does
        raise Verdict("too-large", "what closes the list needs more than a page: write it as .xlsx")
    pages = paged(press.rows(), frame)
    with pymupdf.open() as document:
        for number, rows in enumerate(pages, 1):
            sheet = _Sheet(document.new_page(width=press.size[0], height=press.size[1]))
            if number == 1:
                press.letterhead(sheet)
            if rows or number == 1:
                press.table(sheet, rows, frame)
            if number == len(pages):
                press.close(sheet)
            press.foot(sheet, number, len(pages))
            sheet.done()
        document.set_metadata({"title": shown["title"], "creator": "Sohoa"})
        document.set_language("vi")
        document.save(args["out"], garbage=3, deflate=True)
    return {"pages": len(pages)}
