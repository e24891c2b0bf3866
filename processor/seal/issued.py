"""A document the office issues, as it is looked at before it is sealed, and what a signature of ours on it is told by.

Promises: letters and boxes are the reader's (display space, points on paper) whatever /Rotate, crop box and /UserUnit; the letters
include those of form fields and signatures, where real documents have their number and date.
"""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pikepdf
import pymupdf

from processor.errors import Verdict
from processor.seal import fonts, frames, widgets
from processor.seal.place import Box

SEAL, NUMBER, DATE = "Sohoa_CoQuan", "Sohoa_So", "Sohoa_Ngay"
MM = 72 / 25.4
_FINE = 144  # dots an inch: a pen's stroke is two wide
_DARK = 128
_SPECK = 0.02  # of a gap: dust, or the dots of a leader
_ALT = {SEAL: "Dấu của cơ quan, tổ chức ban hành văn bản", NUMBER: "Số văn bản", DATE: "Ngày, tháng, năm ban hành văn bản"}


def _ends(name: str) -> list[int]:
    """Where a field's name or that of a node above it ends."""
    return [place for place, letter in enumerate(name) if letter == "."] + [len(name)]


@dataclass(frozen=True, slots=True)
class Document:
    """What is looked at: the file, its pages as they are seen, the letters of page 1, and whether ink is in a box of it."""

    pdf: pikepdf.Pdf
    pages: tuple[widgets.Page, ...]
    glyphs: tuple[frames.Glyph, ...]
    measure: Callable[[bool], frames.Measure]
    is_written: Callable[[Box], bool]

    def free(self, field: str) -> str:
        """A name for a new field: this one, or with a number where somebody has it."""
        taken = {name[:end] for name in widgets.fields(self.pdf) for end in _ends(name)}
        names = (f"{field}_{number}" if number > 1 else field for number in count(1))
        return next(name for name in names if name not in taken)


def letters(path: Path, where: widgets.Page) -> tuple[frames.Glyph, ...]:
    """The letters of page 1, those of fields' appearances included, as they are seen upright.

    Args:
        path: the document.
        where: its page 1. MuPDF tells places before the page is turned; its own turning knows no /UserUnit.
    """
    with pymupdf.open(path) as document:
        spans = [
            (span, line["dir"])
            for block in document[0].get_text("rawdict")["blocks"] for line in block.get("lines", ()) for span in line["spans"]
        ]  # fmt: skip
    found: list[frames.Glyph] = []
    for span, direction in spans:
        along, origin = where.turned(*direction), where.turned(0, 0)
        if along[0] - origin[0] < 0.99:
            continue  # not read from left to right
        for char in span["chars"]:
            if unicodedata.combining(char["c"][:1] or " ") and found:
                found[-1] = _composed(found[-1], char["c"])
                continue
            x0, y0, x1, y1 = char["bbox"]
            ends = (where.turned(x0, y0)[0], where.turned(x1, y1)[0])
            baseline = where.turned(*char["origin"])[1]
            found.append(frames.Glyph(char["c"], min(ends), max(ends), baseline, span["size"], bool(span["flags"] & 2)))
    return tuple(found)


def _composed(glyph: frames.Glyph, mark: str) -> frames.Glyph:
    """A letter with a mark that stands apart in the file, as older fonts have them."""
    letter = unicodedata.normalize("NFC", glyph.letter + mark)
    return replace(glyph, letter=letter) if len(letter) == 1 else glyph


def ink(path: Path) -> Callable[[Box], bool]:
    """Whether something is drawn within a box of page 1, as it is seen: by hand, in a scan, where no letter is read."""

    def is_written(box: Box) -> bool:
        with pymupdf.open(path) as document:
            seen = document[0].get_pixmap(dpi=_FINE, colorspace=pymupdf.csGRAY, alpha=False, clip=pymupdf.Rect(box))
        return bool(sum(value < _DARK for value in seen.samples) > _SPECK * max(1, len(seen.samples)))

    return is_written


def measured(font: str) -> Callable[[bool], frames.Measure]:
    """Widths of what is printed upright or in italics in this font (a setting, "" for one found)."""

    def of(italic: bool) -> frames.Measure:
        prepared = fonts.prepared(fonts.face(font, italic), Path(tempfile.gettempdir()))
        return lambda text, size: fonts.width(text, prepared, size)

    return of


def pass_of(field: str, page: int, box: Box, document: Document, appearance: Mapping[str, Any]) -> dict[str, Any]:
    """A pass of `sign.seal` in a new field; `box` as it is seen, `page` from 0."""
    where = document.pages[page]
    return {
        "field": document.free(field), "page": page, "box": [round(value, 4) for value in where.user(box)], "rotate": where.rotate,
        "size": [round(box[2] - box[0], 4), round(box[3] - box[1], 4)], "existing": False, "alt": _ALT[field],
        "appearance": dict(appearance), "display": [round(value, 2) for value in box],
    }  # fmt: skip


def spot(at: Sequence[float], document: Document, code: str) -> tuple[int, float, float]:
    """Page from 0, and points from its left and top, of a place in the settings (page 0: the last; millimetres).

    Raises:
        Verdict: `code`, where there is no such page.
    """
    page = int(at[0]) - 1 if at[0] else len(document.pages) - 1
    if not 0 <= page < len(document.pages):
        raise Verdict(code, f"the settings name page {int(at[0])}, the document has {len(document.pages)}")
    return page, at[1] * MM, at[2] * MM
