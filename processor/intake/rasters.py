"""The pages of a scan as grey rasters of a moderate resolution, for what need not be seen sharper: codes, blanks.

Promises: a page is decoded once, small where its format lets it be; one that cannot be is no reason to fail, the others are there
all the same: what is wrong with a scan, `probe` tells. Runs in a worker.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import TypeAlias

import numpy
import numpy.typing as npt
import pymupdf
from PIL import Image

from processor.errors import Verdict
from processor.intake.papersize import page_points
from processor.intake.probe import (
    PICTURE_ERRORS,
    frame_count,
    is_signed,
    open_image,
    open_pdf,
    page_facts,
    sniff,
    within_pixels,
)

Grey = npt.NDArray[numpy.uint8]
DPI = 150.0
_POINTS = 72.0
_MOST_PIXELS = 6_000  # of a side: a page of many metres is shown coarser


class Unseen(Enum):
    """Why a page has no raster."""

    NO_PICTURE = "it is no picture, or too large a one"
    BROKEN = "it cannot be decoded"


Seen: TypeAlias = tuple[Grey, float] | Unseen


def of(path: Path, limits: Mapping[str, int]) -> Iterator[Seen]:
    """Each page and its resolution, or why it has none.

    Raises:
        Verdict: as `probe`; `signed` where there is nothing to take apart.
    """
    kind = sniff(path)
    if kind != "pdf":
        yield from _frames(path, kind, limits)
        return
    if is_signed(path):
        raise Verdict("signed")
    open_pdf(path).close()
    yield from _pages(path, limits)


def darkest(path: Path, limits: Mapping[str, int], wanted: Collection[int]) -> Iterator[tuple[int, Grey, float]]:
    """Pages by number, each pixel as dark as its darkest channel: pale red and blue ink is seen, which in grey is paper.

    Args:
        path: of a scan that `of` has shown already.
        limits: as there.
        wanted: pages, 1-based.
    """
    if not wanted:
        return
    if sniff(path) == "pdf":
        with pymupdf.open(path) as document:
            for number in wanted:
                made = document[number - 1].get_pixmap(dpi=round(DPI), colorspace=pymupdf.csRGB, alpha=False)
                pixels = numpy.frombuffer(made.samples, dtype=numpy.uint8).reshape(made.height, made.stride)[:, : 3 * made.width]
                yield number, pixels.reshape(made.height, made.width, 3).min(axis=2), DPI
        return
    with open_image(path, limits) as image:
        for number in wanted:
            image.seek(number - 1)
            dpi = image.width / page_points(*image.size, claimed(image))[0] * _POINTS
            factor = max(1, round(dpi / DPI))
            yield number, numpy.asarray(image.convert("RGB").reduce(factor)).min(axis=2), dpi / factor


def count(path: Path, limits: Mapping[str, int]) -> int:
    """How many pages the file itself says it has, by another reader than the one that shows them.

    Raises:
        Verdict: as `probe`.
    """
    kind = sniff(path)
    if kind == "pdf":
        with open_pdf(path) as pdf:
            return len(pdf.pages)
    with open_image(path, limits) as image:
        return frame_count(image, kind)


def _frames(path: Path, kind: str, limits: Mapping[str, int]) -> Iterator[Seen]:
    with open_image(path, limits) as image:
        frames = frame_count(image, kind)
        if frames > limits["pages"]:
            raise Verdict("too-large", f"{frames} pages")
        for frame in range(frames):
            yield _frame(image, frame, limits)


def _frame(image: Image.Image, frame: int, limits: Mapping[str, int]) -> Seen:
    try:
        image.seek(frame)
        if not within_pixels(image, limits):
            return Unseen.NO_PICTURE
        return _small(image, image.width / page_points(*image.size, claimed(image))[0] * _POINTS)
    except (EOFError, *PICTURE_ERRORS):
        return Unseen.BROKEN


def claimed(image: Image.Image) -> tuple[float, float] | None:
    """The resolution a picture's file claims, across and down."""
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return across, down


def _small(image: Image.Image, dpi: float) -> tuple[Grey, float]:
    """A picture in grey, at about `DPI`."""
    before = image.width
    factor = max(1.0, dpi / DPI)
    image.draft("L", (round(image.width / factor), round(image.height / factor)))  # JPEG: decoded small, without its colours
    grey = image.convert("L")
    grey = grey.reduce(max(1, round(dpi * grey.width / before / DPI)))
    return numpy.asarray(grey, dtype=numpy.uint8), dpi * grey.width / before


def _pages(path: Path, limits: Mapping[str, int]) -> Iterator[Seen]:
    try:
        with pymupdf.open(path) as document:
            if document.page_count > limits["pages"]:
                raise Verdict("too-large", f"{document.page_count} pages")
            for page in document:
                yield _page(page, limits)
    except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
        raise Verdict("damaged", type(error).__name__) from error


def _page(page: pymupdf.Page, limits: Mapping[str, int]) -> Seen:
    try:
        return _shown(page, limits)
    except (pymupdf.mupdf.FzErrorBase, *PICTURE_ERRORS):
        return Unseen.BROKEN


def _shown(page: pymupdf.Page, limits: Mapping[str, int]) -> Seen:
    pictures = page.get_image_info()
    if sum(each["width"] * each["height"] for each in pictures) > limits["page_megapixels"] * 1_000_000:
        return Unseen.NO_PICTURE
    facts = page_facts(page)  # turns the page as it lies; codes are found at any turn
    if facts["kind"] not in {"scan", "blank"}:
        return Unseen.NO_PICTURE
    whole = carried(page, len(pictures))
    if whole is not None and page.rect.width > 0:
        return _small(whole, whole.width / page.rect.width * _POINTS)
    dpi = min(DPI, _MOST_PIXELS * _POINTS / max(page.rect.width, page.rect.height, 1))
    return shown(page, dpi), dpi


def shown(page: pymupdf.Page, dpi: float) -> Grey:
    """A page as it is seen, in grey."""
    made = page.get_pixmap(dpi=max(1, round(dpi)), colorspace=pymupdf.csGRAY, alpha=False)
    return numpy.frombuffer(made.samples, dtype=numpy.uint8).reshape(made.height, made.stride)[:, : made.width]


def carried(page: pymupdf.Page, painted: int) -> Image.Image | None:
    """The JPEG a page consists of, where it is shown as it is.

    Args:
        page: of a PDF.
        painted: how many pictures are painted on it (which of them is which MuPDF only tells by decoding all).
    """
    document, held = page.parent, page.get_images(full=True)
    if painted != 1 or len(held) != 1:
        return None
    xref = held[0][0]
    if document.xref_get_key(xref, "Filter")[1] not in {"/DCTDecode", "[/DCTDecode]"}:
        return None
    if document.xref_get_key(xref, "Decode")[0] != "null":
        return None
    try:
        picture = Image.open(io.BytesIO(document.xref_stream_raw(xref)), formats=("JPEG",))
    except PICTURE_ERRORS:
        return None
    return picture if picture.mode in {"L", "RGB"} else None
