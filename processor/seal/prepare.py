"""Finishes a document before it is sealed: one PDF/A with its metadata, and a place for the block. Runs in a worker.

Promises: what leaves here passed the PDF/A-2b validator as it lies on disk (docs/design.md promise 3); nothing is drawn.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy
import pikepdf
import pymupdf
from pikepdf import pdfa

from processor.errors import Verdict
from processor.seal import fonts, place
from processor.seal.appearance import extent, wrap
from processor.seal.inked import Inked, without_dust
from processor.worker import Ask

_MM = 72 / 25.4
_CELL = 2.0  # points: finer than the strokes that must not be covered
_DARKER = 0.72  # of the paper's brightness: strokes are darker at 72 dpi, single dots of a dithered ground (0.75) are not
_TOO_DARK = 0.70 * 255  # black type is hard to read on any ground below this, whatever the rest of the page is
_WIDTHS = (1.0, 1.5, 0.75)  # of the box that mẫu 3.2 draws; the law gives its place and type, a drawing its width
_NARROWEST = 0.6  # of that box: a page whose right half has not even this is too narrow for it
_MARGIN = 10.0  # points: what the block keeps from the edge, its padding and its rounding
_NEARER = 10 * _MM  # another width has to bring the block so much nearer the corner to replace the form's
_LANGUAGE = re.compile(r"(?<![\w-])[a-z]{2,3}(?![\w-])")  # ISO 639; what a clerk wrote in words ("Hán Nôm") is in the record alone
_EVERY_NTH = 97  # samples are enough to know the paper


def _assemble(portions: list[str], xmp: Mapping[str, str]) -> pikepdf.Pdf:
    languages = _LANGUAGE.findall(xmp["language"])
    whole = pikepdf.new()
    for portion in portions:
        with pikepdf.open(portion) as part:
            whole.pages.extend(part.pages)
    with whole.open_metadata(set_pikepdf_as_editor=False) as metadata:
        metadata["dc:title"] = xmp["title"]
        metadata["dc:identifier"] = xmp["identifier"]
        if languages:
            metadata["dc:language"] = languages
        metadata["xmp:CreatorTool"] = xmp["creator"]
    if languages:
        whole.Root.Lang = pikepdf.String(languages[0])
    return whole


def _visible(page: pikepdf.Page) -> place.Box:
    media = [float(value) for value in page.mediabox]
    crop = [float(value) for value in page.cropbox]
    lows = [max(min(media[i], media[i + 2]), min(crop[i], crop[i + 2])) for i in (0, 1)]
    highs = [min(max(media[i], media[i + 2]), max(crop[i], crop[i + 2])) for i in (0, 1)]
    return (lows[0], lows[1], highs[0], highs[1])


def _ink(path: Path) -> tuple[tuple[float, float], Inked]:
    """The visible first page, upright: its size in points and where something is on it already."""
    with pymupdf.open(path) as document:
        page = document[0]
        pixmap = page.get_pixmap(dpi=72, colorspace=pymupdf.csGRAY, alpha=False)
        size = (page.rect.width, page.rect.height)
    paper = median(pixmap.samples[::_EVERY_NTH])
    pixels = numpy.frombuffer(pixmap.samples, numpy.uint8).reshape(pixmap.height, pixmap.stride)[:, : pixmap.width]
    high, wide = (range(0, length, int(_CELL)) for length in pixels.shape)
    darkest = numpy.minimum.reduceat(numpy.minimum.reduceat(pixels, high, axis=0), wide, axis=1)  # of each cell
    return size, Inked(without_dust(darkest < max(paper * _DARKER, _TOO_DARK)), _CELL)


@dataclass(frozen=True, slots=True)
class _Laid:
    """The block in lines of at most `limit` points, and where it goes (display space)."""

    box: place.Box
    size: tuple[float, float]
    lines: int
    limit: float


def _limits(form: float, page: float) -> tuple[list[float], list[float]]:
    """Widths to lay the block in, best first, in points: within the right half, and for a page too narrow for that.

    The form's width, then a wider one in fewer lines and a narrower one in more.
    """
    half = page / 2 - _MARGIN
    right = [min(form * factor, half) for factor in _WIDTHS] if half >= form * _NARROWEST else []
    return list(dict.fromkeys(right)), [min(form * factor, page - 2 * _MM) for factor in (1.0, 2.0)]


def _lay(args: Mapping[str, Any], size: tuple[float, float], ink: place.Ink) -> _Laid:
    """The block as wide as its form draws it; in another width where only so it finds room, or much nearer the corner."""
    rule = args["rule"]
    font = fonts.prepared(fonts.find(args["font"]), Path(tempfile.gettempdir()))

    def measure(line: str) -> float:
        return fonts.width(line, font, rule["font_size"])

    search = place.Search(*(rule[key] * _MM for key in ("top_mm", "right_mm", "search_down_mm", "search_left_mm")))
    groups = []
    for limits in _limits(rule["width_mm"] * _MM, size[0]):
        tried: list[tuple[int, int, _Laid]] = []
        for limit in limits:
            try:
                lines = wrap(args["block_text"], measure, limit)
            except Verdict as verdict:
                if verdict.code != "no-room":
                    raise
                continue  # a word is wider than this; another width may hold it
            block = extent(lines, measure, rule["leading"])
            box = place.choose(size, block, search, ink)
            if box is not None:
                steps = int(place.away(box, size, search) / _NEARER)
                tried.append((ink.under(box), steps, _Laid(box, block, len(lines), limit)))
                if tried[-1][:2] == (0, 0):
                    break
        groups += [min(tried, key=lambda one: one[:2])] if tried else []
    # The right half where it is free; else a wide block in the corner where that is free; else the right half all the same.
    best = next((group for group in groups if group[0] == 0), groups[0] if groups else None)
    if best is None:
        raise Verdict("no-room", f"page {size[0]:.0f} x {size[1]:.0f} pt")
    return best[2]


def _find_place(path: Path, args: Mapping[str, Any]) -> dict[str, Any]:
    size, ink = _ink(path)
    with pikepdf.open(path) as pdf:
        page = pdf.pages[0]
        crop, rotate = _visible(page), int(page.obj.get("/Rotate", 0)) % 360
        unit = float(page.obj.get("/UserUnit", 1))
    laid = _lay(args, size, ink)
    left, top, right, bottom = (value / unit for value in laid.box)
    user = place.to_user((left, top, right, bottom), crop, rotate)
    return {
        "box": [round(value, 4) for value in user], "size": list(laid.size), "rotate": rotate, "lines": laid.lines,
        "limit": laid.limit, "over_ink": ink.under(laid.box) > 0, "display": [round(value, 1) for value in laid.box],
    }  # fmt: skip


def finish(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `portions` (PDF files in order), `xmp` (title, identifier, language: codes apart by commas, or nothing; creator),
            `out`; `rule` (a `law.BlockRule` as a mapping), `block_text` (as it would read now: digits are equally wide), `font`.
        ask: not used.

    Returns:
        Where the block goes: `box` (user space), `size`, `rotate`, `lines`, `limit`, `over_ink`, `display`.

    Raises:
        Verdict: `pdfa-impossible`, `no-room`.
    """
    out = Path(args["out"])
    whole = _assemble(args["portions"], args["xmp"])
    try:
        pdfa.save(whole, out, "2b")
    except pdfa.PdfaError as error:
        raise Verdict("pdfa-impossible", str(error).splitlines()[0][:200]) from error
    return _find_place(out, args)
