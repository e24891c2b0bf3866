"""How well a page was scanned, measured: resolution, size of the paper, colours, sharpness, brightness.

Promises: numbers only; what they must be, the law says (`config/law/quality.toml`) and `processor.lanes.quality` judges. A page
that was born digital, or cannot be measured, has none. Runs in a worker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import hypot
from pathlib import Path
from typing import Any

import numpy
import numpy.typing as npt
import pymupdf
from PIL import Image

from processor.errors import Verdict
from processor.intake import rasters
from processor.intake.papersize import page_points
from processor.intake.probe import PICTURE_ERRORS, open_image, sniff
from processor.worker import Ask

Grey = npt.NDArray[numpy.uint8]
_MM = 25.4
_POINTS = 72.0
_LEAST_SHARE = 0.1  # of the page: a smaller picture on it says nothing of how it was scanned
_TILE_MM = 12.0
_LEAST_CONTRAST = 50  # grey levels: a tile without writing has less, and no edges to measure
_STEEPEST = 99.0  # percentile of the slopes in a tile: those across the edges of strokes
_LEAST_TILES = 4
_EDGE_MM = 0.5
_DARK, _HALF = 0.6, 0.5
_LEAST_STROKES = 12
_SHOWN_DPI = 300.0
_SPECKS = 40
_COLOURS = {"1": 1, "L": 8, "LA": 8, "I;16": 16, "I": 16, "F": 16}  # bits a pixel; all else has colours


def sharpness(grey: Grey, dpi: float) -> float | None:
    """How wide the edges of strokes are, in mm: what a sharp scan draws within two dots, a blurred one smears.

    Returns:
        The median over the parts of the page that bear writing; None where too few do.
    """
    side = max(24, round(_TILE_MM * dpi / _MM))
    widths = []
    for row, top in enumerate(range(0, grey.shape[0] - side + 1, side)):
        for left in range(row % 2 * side, grey.shape[1] - side + 1, 2 * side):  # every other one, as on a chessboard
            tile = grey[top : top + side, left : left + side]
            some = numpy.sort(tile[::4, ::4], axis=None)
            low, high = float(some[some.size // 50]), float(some[-1 - some.size // 50])
            if high - low < _LEAST_CONTRAST:
                continue
            tile = tile.astype(numpy.int16)
            slopes = numpy.maximum(numpy.abs(numpy.diff(tile, axis=1))[:-1], numpy.abs(numpy.diff(tile, axis=0))[:, :-1])
            steepest = float(numpy.percentile(slopes, _STEEPEST))
            widths.append((high - low) / max(steepest, 1.0) * _MM / dpi)
    return float(numpy.median(widths)) if len(widths) >= _LEAST_TILES else None


def clipped(grey: Grey, dpi: float) -> list[str]:
    """The sides at which writing runs off the page: strokes there, as many as a line of writing has."""
    strip = max(1, round(_EDGE_MM * dpi / _MM))
    dark = grey < float(numpy.median(grey[::8, ::8])) * _DARK
    edges = {"top": dark[:strip], "bottom": dark[-strip:], "left": dark[:, :strip].T, "right": dark[:, -strip:].T}
    return [side for side, edge in edges.items() if _is_writing(edge.mean(axis=0) > _HALF)]


def _is_writing(edge: npt.NDArray[numpy.bool_]) -> bool:
    strokes = int((numpy.diff(edge.astype(numpy.int8)) == 1).sum())
    return strokes >= _LEAST_STROKES and bool(edge.mean() < _HALF)  # a shadow of the lid is dark along the whole side


def ink(grey: Grey) -> int:
    """How much darker than the paper the darkest strokes are, in levels of grey; a few specks are no strokes."""
    some = grey[::2, ::2].ravel()
    darkest = numpy.partition(some, min(_SPECKS, some.size - 1))[min(_SPECKS, some.size - 1)]
    return max(0, int(numpy.median(some)) - int(darkest))


def _bits(mode: str) -> int:
    return _COLOURS.get(mode, 24)


def _measured(grey: Grey, dpi: float) -> dict[str, Any]:
    width = sharpness(grey, dpi)
    return {
        "edge_mm": None if width is None else round(width, 2), "paper": int(numpy.median(grey[::4, ::4])),
        "ink": ink(grey), "clipped": clipped(grey, dpi),
    }  # fmt: skip


def _of_image(image: Image.Image) -> dict[str, Any]:
    wide, high = page_points(*image.size, rasters.claimed(image))
    dpi = min(image.width / wide, image.height / high) * _POINTS
    told = {"dpi": round(dpi, 1), "mm": [round(wide / _POINTS * _MM), round(high / _POINTS * _MM)], "bits": _bits(image.mode)}
    image.draft("L", image.size)
    return told | _measured(numpy.asarray(image.convert("L"), dtype=numpy.uint8), dpi)


def _of_page(page: pymupdf.Page) -> dict[str, Any] | None:
    page.set_rotation(0)
    pictures = page.get_image_info()
    area = abs(page.rect)
    large = [each for each in pictures if area and abs(pymupdf.Rect(each["bbox"]) & page.rect) / area >= _LEAST_SHARE]
    if not large:
        return None
    dpi = max(map(_dpi, large))
    told = {
        "dpi": round(dpi, 1), "mm": [round(side / _POINTS * _MM) for side in (page.rect.width, page.rect.height)],
        "bits": max(24 if each["colorspace"] >= 3 else each["bpc"] for each in large),  # noqa: PLR2004 - red, green, blue
    }  # fmt: skip
    carried = rasters.carried(page, len(pictures))
    if carried is not None:
        carried.draft("L", carried.size)
        grey = numpy.asarray(carried.convert("L"), dtype=numpy.uint8)
    else:
        grey = rasters.shown(page, min(dpi, _SHOWN_DPI))
        dpi = min(dpi, _SHOWN_DPI)
    return told | _measured(grey, dpi)


def _dpi(picture: Mapping[str, Any]) -> float:
    """The lower of a picture's two resolutions, as it lies on the page."""
    a, b, c, d, _, _ = picture["transform"]
    across, down = max(hypot(a, b), 1e-3), max(hypot(c, d), 1e-3)
    return float(min(picture["width"] / across, picture["height"] / down) * _POINTS)


def _frames(path: Path, kind: str, wanted: list[int], limits: Mapping[str, int]) -> Iterator[tuple[int, dict[str, Any]]]:
    with open_image(path, limits) as image:
        for number in wanted:
            if kind == "tiff":
                image.seek(number - 1)
            yield number, _of_image(image)


def _pages(path: Path, wanted: list[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    with pymupdf.open(path) as document:
        for number in wanted:
            found = _of_page(document[number - 1])
            if found is not None:
                yield number, found


def quality(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`, `wanted` (pages that are scans, 1-based), `limits`.
        ask: not used.

    Returns:
        `pages`: of each that could be measured its number as `page`, `dpi`, `mm` (across, down), `bits` a pixel (24: colours),
        `edge_mm` (how wide the edges of strokes are; None where nothing is written), `paper` (its grey), `ink` (how much
        darker the darkest strokes are), `clipped` (sides).

    Raises:
        Verdict: `damaged`.
    """
    path, wanted = Path(args["path"]), list(args["wanted"])
    kind = sniff(path)
    try:
        found = list(_pages(path, wanted) if kind == "pdf" else _frames(path, kind, wanted, args["limits"]))
    except (EOFError, pymupdf.mupdf.FzErrorBase, *PICTURE_ERRORS) as error:
        raise Verdict("damaged", type(error).__name__) from error
    return {"pages": [{"page": number, **told} for number, told in found]}
