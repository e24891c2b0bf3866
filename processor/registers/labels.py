"""Labels of boxes and covers of files: what ties the paper on a shelf to its record, by words and by a QR code.

Promises: the code stands there whole, as words and as squares; a long title is set smaller, then cut with "…" on a label (the
cover and the list have it whole). Runs in a worker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pymupdf

from processor.registers.barcode import QUIET, squares
from processor.registers.faces import LEADING, MM, Face, Faces, faces, put, shown_in
from processor.registers.layout import wrapped
from processor.worker import Ask

_A4 = pymupdf.paper_rect("a4")
_COLUMNS, _ROWS = 2, 5
_EDGE, _GUTTER = 8 * MM, 3 * MM
_INSIDE = 3 * MM
_QR = 30 * MM
_TITLE_SIZES = (10.0, 9.0, 8.0, 7.0)
_COVER_SIZES = (18.0, 16.0, 14.0, 12.0, 10.0)  # the longest title the law lets a file have finds room in the last
_FRAME = 0.7

_Texts = dict[Face, list[tuple[float, float, str, float]]]


class _Area:
    """A rectangle that lines are set in from the top."""

    def __init__(self, rect: pymupdf.Rect, texts: _Texts) -> None:
        self.rect, self.down, self.texts = rect, rect.y0, texts

    def add(self, text: str, face: Face, size: float, centred: bool = False) -> None:
        """A text in as many lines as it takes."""
        for line in wrapped(text, self.rect.width, face.measure(size)):
            left = self.rect.x0 + ((self.rect.width - face.width(line, size)) / 2 if centred else 0)
            self.texts[face].append((left, self.down + size, line, size))
            self.down += size * LEADING

    @property
    def room(self) -> float:
        """What is left below."""
        return float(self.rect.y1 - self.down)


def _draw_code(page: pymupdf.Page, text: str, place: pymupdf.Rect) -> None:
    side, runs = squares(text)
    unit = place.width / (side + 2 * QUIET)
    shape = page.new_shape()
    for row, first, count in runs:
        x, y = place.x0 + (first + QUIET) * unit, place.y0 + (row + QUIET) * unit
        shape.draw_rect(pymupdf.Rect(x, y, x + count * unit, y + unit))
    shape.finish(fill=(0, 0, 0), color=None, width=0)
    shape.commit()


def _fitted(
    title: str, room: float, width: float, face: Face, sizes: Sequence[float] = _TITLE_SIZES
) -> tuple[float, Sequence[str]]:
    """The largest type in which a title finds its room; in the smallest it is cut."""
    for size in sizes:
        lines = wrapped(title, width, face.measure(size))
        most = int(room // (size * LEADING))
        if len(lines) <= most:
            return size, lines
    return size, [*lines[: max(most - 1, 0)], lines[max(most - 1, 0)].rstrip()[:-1] + "…"]


def _label(page: pymupdf.Page, rect: pymupdf.Rect, told: Mapping[str, str], words: Mapping[str, str], type_: Faces) -> None:
    inside = rect + (_INSIDE, _INSIDE, -_INSIDE, -_INSIDE)
    page.draw_rect(rect, width=_FRAME)
    _draw_code(page, told["paper"], pymupdf.Rect(inside.x0, inside.y0, inside.x0 + _QR, inside.y0 + _QR))
    texts: _Texts = defaultdict(list)
    area = _Area(pymupdf.Rect(inside.x0 + _QR + 4, inside.y0, inside.x1, inside.y1), texts)
    area.add(told["agency"].upper(), type_.bold, 8)
    area.add(f"{words['box']}: {told['box']}", type_.bold, 15)
    area.add(f"{words['number']}: {told['paper'].rpartition('.')[2]}", type_.bold, 10)
    area.add(f"{words['file']}: {told['file']}", type_.plain, 9)
    facts = [(told["span"], "span"), (told["retention"], "retention")]
    below = [f"{words[name]}: {value}" for value, name in facts if value]
    size, lines = _fitted(told["title"], area.room - len(below) * 8 * LEADING - 10 * LEADING, area.rect.width, type_.italic)
    for line in lines:
        area.add(line, type_.italic, size)
    for line in below:
        area.add(line, type_.plain, 8)
    code = _Area(pymupdf.Rect(inside.x0, inside.y1 - 10 * LEADING, inside.x1, inside.y1), texts)
    code.add(told["paper"], type_.plain, 9)
    put(page, texts)


def labels(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `values` (by source, as `rows.files` has them), `label` (words), `agency`, `title`, `font`, `out`.
        ask: not used.

    Returns:
        `pages`.
    """
    shown = shown_in(args)
    type_ = faces(args["font"], shown)
    width = (_A4.width - 2 * _EDGE - (_COLUMNS - 1) * _GUTTER) / _COLUMNS
    height = (_A4.height - 2 * _EDGE - (_ROWS - 1) * _GUTTER) / _ROWS
    with pymupdf.open() as document:
        for place, told in enumerate(shown["values"]):
            row, column = divmod(place % (_COLUMNS * _ROWS), _COLUMNS)
            if row == column == 0:
                page = document.new_page(width=_A4.width, height=_A4.height)
            x, y = _EDGE + column * (width + _GUTTER), _EDGE + row * (height + _GUTTER)
            _label(page, pymupdf.Rect(x, y, x + width, y + height), told | {"agency": shown["agency"]}, shown["label"], type_)
        return _saved(document, shown, args["out"])


def _cover(page: pymupdf.Page, told: Mapping[str, str], shown: Mapping[str, Any], type_: Faces) -> None:
    words, texts = shown["label"], defaultdict[Face, list[tuple[float, float, str, float]]](list)
    frame = _A4 + (20 * MM, 15 * MM, -15 * MM, -15 * MM)
    page.draw_rect(frame, width=_FRAME * 2)
    area = _Area(frame + (8 * MM, 10 * MM, -8 * MM, -8 * MM), texts)
    area.add(shown["parent"].upper(), type_.plain, 13, True)
    area.add(shown["agency"].upper(), type_.bold, 14, True)
    area.down = frame.y0 + 60 * MM
    area.add(shown["title"], type_.bold, 30, True)
    area.down += 6
    area.add(f"{words['notation']}: {told['notation']}", type_.bold, 14, True)
    area.down += 14 * MM
    below = 14 * MM + 5 * (14 * LEADING + 6)  # the facts
    size, lines = _fitted(told["title"], area.room - below, area.rect.width, type_.bold, _COVER_SIZES)
    for line in lines:
        area.add(line, type_.bold, size, True)
    area.down += 14 * MM
    span = told["span"] or f"{_DOTS} - {_DOTS}"
    sheets = f"{_DOTS} {words['sheets']}; {told['extent'] or _DOTS}; {told['documents']} {words['documents']}"
    facts = {"span": span, "extent": sheets, "retention": told["retention"] or _DOTS, "file": told["file"],
             "paper": told["paper"] or _DOTS}  # fmt: skip
    for name, value in facts.items():
        area.add(f"{words[name]}: {value}", type_.plain, 14)
        area.down += 6
    put(page, texts)
    if told["paper"]:
        _draw_code(page, told["paper"], pymupdf.Rect(frame.x1 - _QR - 12, frame.y1 - _QR - 12, frame.x1 - 12, frame.y1 - 12))


_DOTS = "." * 14


def covers(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job: a cover (bìa hồ sơ) on a page of its own for each file.

    Args:
        args: as of `labels`, and `parent`.
        ask: not used.

    Returns:
        `pages`.
    """
    shown = shown_in(args)
    type_ = faces(args["font"], shown)
    with pymupdf.open() as document:
        for told in shown["values"]:
            _cover(document.new_page(width=_A4.width, height=_A4.height), told, shown, type_)
        return _saved(document, shown, args["out"])


def _saved(document: pymupdf.Document, shown: Mapping[str, Any], out: str) -> dict[str, Any]:
    if not document.page_count:  # a PDF has a page at least
        document.new_page(width=_A4.width, height=_A4.height)
    document.set_metadata({"title": shown["title"], "creator": "Sohoa"})
    document.set_language("vi")
    document.save(out, garbage=3, deflate=True)
    return {"pages": document.page_count}
