"""Two revisions as people see them: rendered small and compared, whatever the objects say.

Promises: a page that looks different outside the places that may change is named; what could not be looked at within the
time is said to be not compared, never taken for equal. Rendering is MuPDF's, which shares no code with qpdf or pyHanko.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pymupdf

Box = tuple[float, float, float, float]
Masks = Mapping[int, Sequence[Box]]
READING = (RuntimeError, ValueError, TypeError, IndexError, AttributeError, MemoryError)  # MuPDF's errors are RuntimeErrors
pymupdf.TOOLS.mupdf_display_errors(False)  # what it has to say of a bad file is a finding, not a line on the terminal
_DPI = 72
_MOST_PIXELS = 4_000_000
_MARGIN = 2.0  # points around a place that may change: anti-aliasing
_LEVELS = 24  # a pixel that differs by so much of 255 is seen
_INK = 160
_LEAST_PIXELS = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """Pages (0-based) that look different; whether all were looked at."""

    pages: tuple[int, ...] = ()
    complete: bool = True


def _scale(page: pymupdf.Page) -> float:
    pixels = page.rect.width * page.rect.height
    return min(_DPI / 72, (_MOST_PIXELS / pixels) ** 0.5 if pixels > 0 else 1.0)


def _picture(page: pymupdf.Page, scale: float, *, annots: bool = True) -> pymupdf.Pixmap:
    return page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY, alpha=False, annots=annots)


def _place(page: pymupdf.Page, box: Box, scale: float) -> pymupdf.IRect:
    shown = pymupdf.Rect(box) * page.transformation_matrix * page.rotation_matrix
    wide = pymupdf.Rect(shown.x0 - _MARGIN, shown.y0 - _MARGIN, shown.x1 + _MARGIN, shown.y1 + _MARGIN)
    return pymupdf.IRect((wide * pymupdf.Matrix(scale, scale)).round())


def _differ(before: pymupdf.Page, after: pymupdf.Page, boxes: Sequence[Box]) -> bool:
    if before.rect != after.rect:
        return True
    scale = _scale(after)
    one, two = _picture(before, scale), _picture(after, scale)
    if one.irect != two.irect:
        return True
    if bytes(one.samples) == bytes(two.samples):
        return False
    for box in boxes:
        place = _place(after, box, scale) & two.irect
        if not place.is_empty:
            one.set_rect(place, (255,))
            two.set_rect(place, (255,))
    left, right = bytes(one.samples), bytes(two.samples)
    return left != right and sum(abs(a - b) > _LEVELS for a, b in zip(left, right, strict=True)) >= _LEAST_PIXELS


def compare(before: Path, after: Path, masks: Masks, deadline: float) -> Seen:
    """Compare two revisions page by page.

    Args:
        before, after: PDF files.
        masks: per page (0-based) the places that may differ, in the page's own units.
        deadline: of `time.monotonic`.

    Raises:
        READING: one of them cannot be rendered.
    """
    with pymupdf.open(before, filetype="pdf") as one, pymupdf.open(after, filetype="pdf") as two:
        common = min(one.page_count, two.page_count)
        differ = list(range(common, max(one.page_count, two.page_count)))
        for number in range(common):
            if time.monotonic() > deadline:
                return Seen(tuple(sorted(differ)), complete=False)
            if _differ(one[number], two[number], masks.get(number, ())):
                differ.append(number)
    return Seen(tuple(sorted(differ)))


def inked(path: Path, places: Masks) -> bool:
    """Whether the page itself, without annotations, has writing under any of these places.

    Raises:
        READING: it cannot be rendered.
    """
    with pymupdf.open(path, filetype="pdf") as document:
        for number, boxes in places.items():
            if not 0 <= number < document.page_count:
                continue
            page = document[number]
            scale = _scale(page)
            picture = _picture(page, scale, annots=False)
            if any(_count(_dark(_cut(picture, _place(page, box, scale)))) for box in boxes):
                return True
    return False


def hidden(before: Path, after: Path, places: Masks, least: int = _LEAST_PIXELS) -> bool:
    """Whether writing of the earlier page under any of these places is gone on the later one: something lies over it.

    Args:
        before, after: PDF files.
        places: see `compare`.
        least: how many dark pixels must be gone: the ring of a seal takes a few from the lines it crosses.

    Raises:
        READING: one of them cannot be rendered.
    """
    with pymupdf.open(before, filetype="pdf") as one, pymupdf.open(after, filetype="pdf") as two:
        for number, boxes in places.items():
            if not 0 <= number < min(one.page_count, two.page_count):
                continue
            scale = _scale(one[number])
            bare, full = _picture(one[number], scale, annots=False), _picture(two[number], scale)
            for box in boxes:
                place = _place(one[number], box, scale) & full.irect
                lost = (a and not b for a, b in zip(_dark(_cut(bare, place)), _dark(_cut(full, place)), strict=False))
                if sum(lost) >= least:
                    return True
    return False


def _cut(picture: pymupdf.Pixmap, place: pymupdf.IRect) -> bytes:
    place = place & picture.irect
    if place.is_empty:
        return b""
    samples, stride = picture.samples, picture.stride
    left, right = place.x0 - picture.x, place.x1 - picture.x
    rows = ((y - picture.y) * stride for y in range(place.y0, place.y1))
    return b"".join(samples[row + left : row + right] for row in rows)


def _dark(samples: bytes) -> list[bool]:
    return [value < _INK for value in samples]


def _count(pixels: Iterable[bool]) -> bool:
    return sum(pixels) >= _LEAST_PIXELS
