"""The words a page of a PDF carries itself, and which of them nobody sees. Runs in a worker.

Promises: a word that leaves no ink on the page (written invisibly, white, transparent, painted over, under a picture of the page)
is never certain: it may say anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import pymupdf
from PIL import Image

_CERTAIN = 100.0
_HIDDEN = 80.0  # sure enough for a word, not for a number: nobody sees this text, it may say anything
_INVISIBLE = 3  # text render mode (ISO 32000-1, 9.3.6)
_LOOK_DPI = 72.0
_EVEN = 24  # levels of grey between the lightest and the darkest: less is no writing
_SPARED = 0.25  # of a word's height, above and below: what stands there is of other lines

Words: TypeAlias = list[list[Any]]
"""[text, left, top, right, bottom, confidence 0-100], boxes in fractions of the upright page: as `recognise` writes them."""


def own(page: pymupdf.Page, is_hidden: Callable[[pymupdf.Rect], bool] = lambda box: False) -> Words:
    """The words of a page as it is displayed; of those nobody sees none is certain."""
    width, height = page.rect.width or 1, page.rect.height or 1
    found = []
    for x0, y0, x1, y1, text, *_ in page.get_text("words"):
        box = pymupdf.Rect(x0, y0, x1, y1) * page.rotation_matrix  # MuPDF tells it as the page lies
        middle = (box.tl + box.br) / 2
        if middle not in page.rect:
            continue  # outside the page nobody sees it
        sure = _HIDDEN if is_hidden(box) else _CERTAIN
        found.append([text, box.x0 / width, box.y0 / height, box.x1 / width, box.y1 / height, sure])
    return found


def _invisible(page: pymupdf.Page) -> list[pymupdf.Rect]:
    return [pymupdf.Rect(span["bbox"]) * page.rotation_matrix for span in page.get_texttrace() if span["type"] == _INVISIBLE]


def hiding(page: pymupdf.Page, kind: str, megapixels: int) -> Callable[[pymupdf.Rect], bool]:
    """Whether nobody sees a word: it is written invisibly, lies under the picture of a page, is white on white or painted over."""
    if kind == "scan":
        return lambda box: True
    invisible, (seen, dpi) = _invisible(page), picture(page, _LOOK_DPI, megapixels)

    def is_hidden(box: pymupdf.Rect) -> bool:
        spared = box.height * _SPARED
        left, top, right, bottom = (round(side * dpi / 72) for side in (box.x0, box.y0 + spared, box.x1, box.y1 - spared))
        levels = seen.crop((left, top, max(right, left + 1), max(bottom, top + 1))).tobytes()
        return max(levels) - min(levels) < _EVEN or any((box.tl + box.br) / 2 in other for other in invisible)

    return is_hidden


def picture(page: pymupdf.Page, dpi: float, megapixels: int) -> tuple[Image.Image, float]:
    """The page as a grey picture, and its resolution: less than asked for where the page is enormous."""
    square_inches = max(page.rect.width * page.rect.height / 72**2, 1e-6)
    dpi = min(dpi, math.sqrt(megapixels * 1_000_000 / square_inches))
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(dpi / 72, dpi / 72), alpha=False, colorspace=pymupdf.csGRAY, annots=False)
    return Image.frombuffer("L", (pixmap.width, pixmap.height), pixmap.samples, "raw", "L", pixmap.stride, 1), dpi
