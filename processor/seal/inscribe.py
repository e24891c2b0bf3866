"""Number and date of a document the office issues: on their printed lines, at a place of the settings, or in form fields.

Promises: an e-document's number and date are added when it is registered (NĐ 30/2020 Đ15), as VGCA's "thêm số, thêm ngày" does:
as appearances of our own signatures or values of form fields, never as page content. What is printed already is left alone; what
is printed otherwise than the side-car says is held.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import pikepdf

from processor.errors import Verdict
from processor.seal import frames, locks, widgets
from processor.seal.issued import DATE, MM, NUMBER, Document, pass_of, spot

_TYPE = 13.0  # points, as NĐ 30 prints number and date
_DATE = re.compile(r"ngày|\d+/\d+/\d{4}")
_READ_ONLY = 1
_SHORT = 10  # letters of a date in digits: a field for no more takes it so
_LOOK_RIGHT = 12.0  # points: a stroke so near a form field belongs to its number


def _text(field: str, page: int, frame: frames.Frame, document: Document) -> dict[str, Any]:
    left, top, right, bottom = box = frames.extent(frame.pieces, document.measure(frame.italic))
    moved = [replace(piece, left=piece.left - left, baseline=bottom - piece.baseline) for piece in frame.pieces]
    shown = {"kind": "text", "italic": frame.italic, "pieces": [asdict(piece) for piece in moved]}
    wide, high = document.pages[page].size
    if left < 0 or top < 0 or right > wide or bottom > high:
        raise Verdict("no-number-place", f"{field} would leave the page")
    return pass_of(field, page, box, document, shown)


def _wanted_date(text: str) -> dt.date | None:
    if not text:
        return None
    try:
        day, month, year = text.split("/") if "/" in text else reversed(text.split("-"))
        return dt.date(int(year), int(month), int(day))
    except ValueError as error:
        raise Verdict("number-differs", "the side-car's date is no date") from error


def _digits(number: str) -> str:
    """A number below 10 has a nought before it (NĐ 30/2020 Phụ lục I, Phần I, II.3)."""
    return number.zfill(2) if number.isdecimal() else number


def _hindrance(frame: frames.Frame | None, wanted: bool, is_written: bool) -> tuple[str, str]:
    """What stands against filling a frame: code and detail; none where it is filled, or asks for nothing."""
    if frame is None:
        return ("no-number-place", "is nowhere on page 1") if wanted else ("", "")
    if frame.differs or (frame.pieces and wanted and is_written):
        return "number-differs", "is written there already, otherwise or in a way that cannot be read"
    if frame.pieces and not wanted and not is_written:
        return "number-blank", "is left blank, and the side-car tells none"
    return ("", "") if frame.fits or is_written else ("no-number-place", "has a gap that is too narrow")


def _needed(
    frame: frames.Frame | None, wanted: bool, what: str, args: Mapping[str, Any], document: Document
) -> frames.Frame | None:
    """The printed frame, if it needs something of us; what a person has looked at and released is left as it is.

    Raises:
        Verdict: `number-differs`, `number-blank`, `no-number-place`.
    """
    pieces = frame.pieces if frame else ()
    measure = document.measure(bool(frame and frame.italic))
    is_written = any(document.is_written(frames.above_leaders(piece, measure)) for piece in pieces)
    code, detail = _hindrance(frame, wanted, is_written)
    if code and code not in args.get("released", ()):
        raise Verdict(code, f"the {what} {detail}")
    return frame if pieces and not code and not is_written else None


def number(args: Mapping[str, Any], document: Document) -> list[dict[str, Any]]:
    """The pass that adds the number; none where it is printed, or is not known and not asked for.

    Raises:
        Verdict: `no-number-place`, `number-differs`, `number-blank`.
    """
    digits, notation = _digits(args["number"]), args["notation"]
    measure, high = document.measure(False), document.pages[0].size[1]
    if args["number_at"] and digits:
        page, left, top = spot(args["number_at"], document, "no-number-place")
        baseline = top + 0.95 * _TYPE
        is_framed = not document.glyphs or frames.nearby(document.glyphs, high, baseline)
        text = digits if is_framed or not notation else f"Số: {digits}/{notation}"
        frame = frames.Frame((frames.Written(text, left, baseline, _TYPE),))
        return [_text(NUMBER, page, frame, document)]
    found = frames.number(document.glyphs, high, (digits, notation), measure)
    needed = _needed(found, bool(digits), "number", args, document)
    return [_text(NUMBER, 0, needed, document)] if needed else []


def date(args: Mapping[str, Any], document: Document) -> list[dict[str, Any]]:
    """The pass that adds the date of issue; as `number`."""
    wanted, high = _wanted_date(args["date"]), document.pages[0].size[1]
    if args["date_at"] and wanted:
        page, left, top = spot(args["date_at"], document, "no-number-place")
        parts = [frames.long_date(wanted)]
        if len(args["date_at"]) > 3:  # where day, month and perhaps year go
            parts = [f"{wanted.day:02d}", frames.month(wanted), str(wanted.year)]
        lefts = [left, *(value * MM for value in args["date_at"][3:])]
        pieces = [frames.Written(text, x, top + 0.95 * _TYPE, _TYPE) for text, x in zip(parts, lefts, strict=False)]
        return [_text(DATE, page, frames.Frame(tuple(pieces), italic=True), document)]
    found = frames.date(document.glyphs, high, wanted, document.measure(True))
    needed = _needed(found, wanted is not None, "date", args, document)
    return [_text(DATE, 0, needed, document)] if needed else []


def fill(args: Mapping[str, Any], document: Document, found: locks.Locks) -> dict[str, str]:
    """What goes into the form fields that the settings name, by their names; those that somebody filled are left alone.

    Raises:
        Verdict: `form-field-unfit`, `number-blank`, `number-differs`, `fields-locked`.
    """
    known, values = widgets.fields(document.pdf), {}
    for name, text in _texts(args, document, known).items():
        field = known.get(name)
        if field is None or widgets.inherited(field, "/FT", "") != "/Tx" or "/Rect" not in field:
            raise Verdict("form-field-unfit", "the settings name a text field that is not there")
        there = " ".join(str(widgets.inherited(field, "/V", "")).split())
        if there:
            is_same = not text or _says(there) == _says(text) or there.lstrip("0") == text.partition("/")[0].lstrip("0")
            if not is_same and "number-differs" not in args.get("released", ()):
                raise Verdict("number-differs", "a form field holds something else already")
            continue
        if not text:
            raise Verdict("number-blank", "a form field is empty, and the side-car tells nothing for it")
        if found.locks(name) or int(widgets.inherited(field, "/Ff", 0)) & _READ_ONLY:
            raise Verdict(locks.LOCKED, "the form field of number or date")
        values[name] = text
    return values


def _says(text: str) -> tuple[str, ...]:
    """Its numbers without zeros before them, so that a date is the same in words and in digits, and what letters it has beside."""
    letters = "" if _DATE.search(text.casefold()) else re.sub(r"[\W\d_]+", "", text.casefold())
    return (*(digits.lstrip("0") for digits in re.findall(r"\d+", text)), letters)


def _texts(args: Mapping[str, Any], document: Document, known: Mapping[str, pikepdf.Dictionary]) -> dict[str, str]:
    """What the fields are to hold: the number with its notation, where that is not printed beside it; the date in words, or in
    digits where no more has room."""
    number, date, day = _digits(args["number"]), "", _wanted_date(args["date"])
    of_number, of_date = args["number_field"], args["date_field"]
    if number and args["notation"] and of_number in known and not _before_stroke(document, known[of_number]):
        number = f"{number}/{args['notation']}"
    if day:
        is_short = of_date in known and 0 < int(widgets.inherited(known[of_date], "/MaxLen", 0)) <= _SHORT
        date = f"{day:%d/%m/%Y}" if is_short else frames.long_date(day)
    return {name: text for name, text in ((of_number, number), (of_date, date)) if name}


def _before_stroke(document: Document, field: pikepdf.Dictionary) -> bool:
    widget = widgets.widget(document.pdf, field)
    if widget is None or widget.page:
        return False
    _, top, right, bottom = document.pages[0].shown(widgets.rectangle(widget.annotation))
    return any(
        glyph.letter == "/" and top <= glyph.baseline <= bottom + 2 and -2 <= glyph.left - right <= _LOOK_RIGHT
        for glyph in document.glyphs
    )
