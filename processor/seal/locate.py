"""Where seal, number and date go on a document the office issues. Runs in a worker; changes nothing.

Promises: the seal covers the left third of the last person's signature picture (NĐ 30/2020 Phụ lục I, Phần I, II.8.a), at its
real size, or stands where the settings say; number and date stand on their printed lines, each as the appearance of a signature
of our own, or in form fields, never as page content. What is printed already is left alone. Refuses, with a code, what an earlier
signature forbids.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pikepdf
import pymupdf

from processor.errors import Verdict
from processor.seal import fonts, frames, locks, picture, widgets
from processor.seal.place import Box
from processor.worker import Ask

SEAL, NUMBER, DATE = "Sohoa_CoQuan", "Sohoa_So", "Sohoa_Ngay"
_ALT = {SEAL: "Dấu của cơ quan, tổ chức ban hành văn bản", NUMBER: "Số văn bản", DATE: "Ngày, tháng, năm ban hành văn bản"}
_TYPE = 13.0  # points, as NĐ 30 prints number and date
_MM = 72 / 25.4
_SHORT = 10  # letters of a date in digits: a field for no more takes it so
_LOOK_RIGHT = 12.0  # points: a stroke so near a form field belongs to its number
_PART = re.compile(r"pdfaid:part\s*(?:=\s*[\"']|>)\s*([1-4])")
_LEVEL = re.compile(r"pdfaid:conformance\s*(?:=\s*[\"']|>)\s*([ABUabu])")


@dataclass(frozen=True, slots=True)
class _Document:
    """What is looked at: the file, its pages as they are seen, and the letters of page 1."""

    pdf: pikepdf.Pdf
    pages: tuple[widgets.Page, ...]
    glyphs: tuple[frames.Glyph, ...]
    measure: Callable[[bool], frames.Measure]


def _glyphs(path: Path) -> tuple[frames.Glyph, ...]:
    """The letters of page 1, those of fields' appearances included, as they are seen upright."""
    with pymupdf.open(path) as document:
        page = document[0]
        turned = page.rotation_matrix
        spans = [
            (span, line["dir"])
            for block in page.get_text("rawdict")["blocks"] for line in block.get("lines", ()) for span in line["spans"]
        ]  # fmt: skip
        found = []
        for span, direction in spans:
            along = pymupdf.Point(direction) * turned - pymupdf.Point(0, 0) * turned
            if along.x <= 0 or abs(along.y) > 0.1 * along.x:
                continue  # not read from left to right
            for char in span["chars"]:
                box, origin = pymupdf.Rect(char["bbox"]) * turned, pymupdf.Point(char["origin"]) * turned
                found.append(frames.Glyph(char["c"], box.x0, box.x1, origin.y, span["size"], bool(span["flags"] & 2)))
    return tuple(found)


def _measured(font: str) -> Callable[[bool], frames.Measure]:
    def of(italic: bool) -> frames.Measure:
        prepared = fonts.prepared(fonts.face(font, italic), Path(tempfile.gettempdir()))
        return lambda text, size: fonts.width(text, prepared, size)

    return of


def _pass(field: str, page: int, box: Box, document: _Document, appearance: Mapping[str, Any]) -> dict[str, Any]:
    """A pass of `sign.seal`; `box` as it is seen."""
    where = document.pages[page]
    return {
        "field": field, "page": page, "box": [round(value, 4) for value in where.user(box)], "rotate": where.rotate,
        "size": [round(box[2] - box[0], 4), round(box[3] - box[1], 4)], "existing": False, "alt": _ALT[field],
        "appearance": dict(appearance), "display": [round(value, 2) for value in box],
    }  # fmt: skip


def _text(field: str, page: int, frame: frames.Frame, document: _Document) -> dict[str, Any]:
    left, top, right, bottom = box = frames.extent(frame.pieces, document.measure(frame.italic))
    moved = [replace(piece, left=piece.left - left, baseline=bottom - piece.baseline) for piece in frame.pieces]
    shown = {"kind": "text", "italic": frame.italic, "pieces": [asdict(piece) for piece in moved]}
    wide, high = document.pages[page].size
    if left < 0 or top < 0 or right > wide or bottom > high:
        raise Verdict("no-number-place", f"{field} would leave the page")
    return _pass(field, page, box, document, shown)


def _spot(at: Sequence[float], document: _Document, code: str) -> tuple[int, float, float]:
    """Page from 0, and points from its left and top, of a place in the settings."""
    page = int(at[0]) - 1 if at[0] else len(document.pages) - 1
    if not 0 <= page < len(document.pages):
        raise Verdict(code, f"the settings name page {int(at[0])}, the document has {len(document.pages)}")
    return page, at[1] * _MM, at[2] * _MM


# --- the seal


def _seal_box(args: Mapping[str, Any], document: _Document, size: tuple[float, float]) -> tuple[int, Box]:
    if args["seal_at"]:
        page, left, top = _spot(args["seal_at"], document, "no-seal-place")
        return page, (left, top, left + size[0], top + size[1])
    name = args["fields"][-1] if args["fields"] else ""
    field = widgets.fields(document.pdf).get(name)
    widget = widgets.widget(document.pdf, field) if field is not None else None
    shown = widgets.picture(widget.annotation) if widget else None
    if widget is None or shown is None:
        raise Verdict("no-seal-place", "the person's signature cannot be seen")
    left, top, right, bottom = document.pages[widget.page].shown(shown)
    edge, middle = left + (right - left) / 3, (top + bottom) / 2  # "trùm lên khoảng 1/3 hình ảnh chữ ký về bên trái"
    return widget.page, (edge - size[0], middle - size[1] / 2, edge, middle + size[1] / 2)


def _kept_on(page: tuple[float, float], box: Box) -> Box:
    """Moved onto the page.

    Raises:
        Verdict: `no-seal-place`, it is larger than the page.
    """
    wide, high = box[2] - box[0], box[3] - box[1]
    if wide > page[0] or high > page[1]:
        raise Verdict("no-seal-place", "the seal is larger than the page")
    left, top = min(max(0.0, box[0]), page[0] - wide), min(max(0.0, box[1]), page[1] - high)
    return (left, top, left + wide, top + high)


def _seal(args: Mapping[str, Any], document: _Document, found: locks.Locks) -> dict[str, Any]:
    size = picture.size(picture.load(Path(args["picture"]), args["picture_mm"]), args["picture_mm"])
    if found.certified:
        return _in_existing(found, document, size)
    page, box = _seal_box(args, document, size)
    kept = _kept_on(document.pages[page].size, box)
    return _pass(SEAL, page, kept, document, {"kind": "picture", "at": [0, 0, *size]})


def _in_existing(found: locks.Locks, document: _Document, size: tuple[float, float]) -> dict[str, Any]:
    """Within an empty signature field that holds the seal at its real size."""
    known = widgets.fields(document.pdf)
    for name in found.empty:
        widget = widgets.widget(document.pdf, known[name]) if name in known else None
        if widget is None:
            continue
        left, top, right, bottom = box = document.pages[widget.page].shown(widgets.rectangle(widget.annotation))
        wide, high = right - left, bottom - top
        if wide < size[0] - 0.01 or high < size[1] - 0.01:
            continue
        at = [(wide - size[0]) / 2, (high - size[1]) / 2, *size]
        made = _pass(SEAL, widget.page, box, document, {"kind": "picture", "at": at})
        return {**made, "field": name, "existing": True}
    raise Verdict(locks.NO_NEW_FIELD, "no empty signature field is large enough for the seal")


# --- number and date


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


def _printed(frame: frames.Frame | None, wanted: bool, what: str) -> bool:
    """Whether a printed frame needs no more of us.

    Raises:
        Verdict: `number-differs`, `number-missing`, `no-number-place`.
    """
    if frame is None:
        if wanted:
            raise Verdict("no-number-place", f"no place for the {what} is found on page 1")
        return True
    if frame.differs:
        raise Verdict("number-differs", what)
    if frame.pieces and not wanted:
        raise Verdict("number-missing", f"the {what} is left blank, and the side-car tells none")
    if not frame.fits:
        raise Verdict("no-number-place", f"the gap for the {what} is too narrow")
    return not frame.pieces


def _number(args: Mapping[str, Any], document: _Document) -> list[dict[str, Any]]:
    digits, notation = _digits(args["number"]), args["notation"]
    measure, high = document.measure(False), document.pages[0].size[1]
    if args["number_at"] and digits:
        page, left, top = _spot(args["number_at"], document, "no-number-place")
        baseline = top + 0.95 * _TYPE
        is_framed = not document.glyphs or frames.nearby(document.glyphs, high, baseline)
        text = digits if is_framed or not notation else f"Số: {digits}/{notation}"
        frame = frames.Frame((frames.Written(text, left, baseline, _TYPE),))
        return [_text(NUMBER, page, frame, document)]
    found = frames.number(document.glyphs, high, (digits, notation), measure)
    return [] if _printed(found, bool(digits), "number") or found is None else [_text(NUMBER, 0, found, document)]


def _date(args: Mapping[str, Any], document: _Document) -> list[dict[str, Any]]:
    wanted, high = _wanted_date(args["date"]), document.pages[0].size[1]
    if args["date_at"] and wanted:
        page, left, top = _spot(args["date_at"], document, "no-number-place")
        parts = [frames.long_date(wanted)]
        if len(args["date_at"]) > 3:  # where day, month and perhaps year go
            parts = [f"{wanted.day:02d}", frames.month(wanted), str(wanted.year)]
        lefts = [left, *(value * _MM for value in args["date_at"][3:])]
        pieces = [frames.Written(text, x, top + 0.95 * _TYPE, _TYPE) for text, x in zip(parts, lefts, strict=False)]
        return [_text(DATE, page, frames.Frame(tuple(pieces), italic=True), document)]
    found = frames.date(document.glyphs, high, wanted, document.measure(True))
    return [] if _printed(found, wanted is not None, "date") or found is None else [_text(DATE, 0, found, document)]


def _fill(args: Mapping[str, Any], document: _Document, found: locks.Locks) -> dict[str, str]:
    """What goes into form fields, by their names."""
    known, values = widgets.fields(document.pdf), {}
    digits, wanted = _digits(args["number"]), _wanted_date(args["date"])
    texts = {args["number_field"]: digits, args["date_field"]: frames.long_date(wanted) if wanted else ""}
    for name, text in texts.items():
        if not name:
            continue
        field = known.get(name)
        if field is None or field.get("/FT") != "/Tx" or "/Rect" not in field:
            raise Verdict("form-field-unfit", "the settings name a text field that is not there")
        if field.get("/V") is not None and str(field["/V"]).strip():
            continue  # somebody filled it
        if not text:
            raise Verdict("number-missing", "a form field is empty, and the side-car tells nothing for it")
        if found.locks(name) or int(field.get("/Ff", 0)) & 1:
            raise Verdict(locks.LOCKED, "the form field of number or date")
        values[name] = text
    return _worded(args, document, known, values, wanted)


def _worded(
    args: Mapping[str, Any], document: _Document, known: Mapping[str, pikepdf.Dictionary], values: dict[str, str], day: dt.date | None
) -> dict[str, str]:
    """The number with its notation, where that is not printed beside it; the date in digits where no more has room."""
    number, date = args["number_field"], args["date_field"]
    if number in values and args["notation"] and not _before_stroke(document, known[number]):
        values[number] = f"{values[number]}/{args['notation']}"
    if date in values and day and 0 < int(known[date].get("/MaxLen", 0)) <= _SHORT:
        values[date] = f"{day:%d/%m/%Y}"
    return values


def _before_stroke(document: _Document, field: pikepdf.Dictionary) -> bool:
    widget = widgets.widget(document.pdf, field)
    if widget is None or widget.page:
        return False
    _, top, right, bottom = document.pages[0].shown(widgets.rectangle(widget.annotation))
    return any(
        glyph.letter == "/" and top <= glyph.baseline <= bottom + 2 and -2 <= glyph.left - right <= _LOOK_RIGHT
        for glyph in document.glyphs
    )


# --- the whole


def claimed(pdf: pikepdf.Pdf) -> str | None:
    """The level of PDF/A a document says it has: `1b`, `2b` or `3b` (the stricter ones hold it too); None: it says none."""
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return None
    text = metadata.read_bytes().decode("utf-8", "replace")
    part, level = _PART.search(text), _LEVEL.search(text)
    return f"{part[1]}b" if part and level and part[1] in "123" else None


def _passes(args: Mapping[str, Any], document: _Document, found: locks.Locks) -> list[dict[str, Any]]:
    number = [] if args["number_field"] else _number(args, document)
    date = [] if args["date_field"] else _date(args, document)
    seal = _seal(args, document, found)
    fresh = [each["field"] for each in (*number, *date, seal) if not each["existing"]]
    if fresh and (code := found.against(fresh)):
        raise Verdict(code)
    return [*number, *date, seal]


def locate(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`; `fields` (signature fields of the persons, in order); `seal_at`, `number_at`, `date_at`: page (0: the last),
            millimetres from left and top (of `date_at` also the lefts of month and year), or empty; `picture`, `picture_mm`;
            `number`, `notation`, `date` (ISO), "" where not known; `number_field`, `date_field`: form fields, or ""; `font`;
            `give_up_pdfa1`: optional, a person has released `pdfa-1-no-transparency`.
        ask: not used.

    Returns:
        `passes` and `fill` as `sign.seal` takes them; `pdfa`: the level that must survive (`2b`, `3b`) or null; `persons`: how
        many regular signatures are there.

    Raises:
        Verdict: `certified-no-changes`, `certified-no-new-field`, `fields-locked`, `no-seal-place`, `no-number-place`,
            `number-differs`, `number-missing`, `form-field-unfit`, `seal-picture-unfit`, `pdfa-1-no-transparency`, `damaged`.
    """
    path = Path(args["path"])
    if code := locks.sealable(path):
        raise Verdict(code)
    found = locks.read(path)
    with pikepdf.open(path) as pdf:
        pages = tuple(widgets.page_of(page) for page in pdf.pages)
        document = _Document(pdf, pages, _glyphs(path), _measured(args["font"]))
        level = claimed(pdf)
        if level == "1b" and not args.get("give_up_pdfa1"):
            raise Verdict("pdfa-1-no-transparency")
        fill = _fill(args, document, found)
        passes = _passes(args, document, found)
    return {"passes": passes, "fill": fill, "pdfa": None if level == "1b" else level, "persons": found.signatures}
