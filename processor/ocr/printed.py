"""Reads what is printed under coloured ink, and what stamps of red ink say: for describing, never for the text layer.

Why: Tesseract takes a seal and what lies under it for a picture and reads nothing there; without the red, the position and the
name of the signer are plain print. A pen's blue goes too, so that a number written by hand leaves the gap it was written in.
Runs in a worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy
from numpy.typing import NDArray
from PIL import Image, ImageOps

from processor.ocr import again, agreement, ink, reader, regions
from processor.ocr.words import Word

_QUIET = 2.5  # mm an edge may move to run between two lines
_DARK = 128
_FRAMED = 4.0  # mm of white round a stamp handed to the recogniser: letters at the edge are not read
_FRAME_ROW, _FRAME_COLUMN = 0.55, 0.75  # of the stamp's width and height; letters fill less
_NEAR = 2.0  # mm: so far a word may lie from where it was read, on a page that is not quite level
_READ = 60.0  # confidence of a word that was read
_MOST_ALONE = 3
_UPRIGHT = 20  # words that were read: the page stands upright, and so does what stands alone on it, or slants
_TURNS = (0, 90, 270, 180)
_SLANT = 48.0  # degrees: stamps are set by hand, HỎA TỐC along an arrow that rises; what slants more is read turned by 90

IsKnown: TypeAlias = Callable[[Sequence[Word]], bool]


def under_ink(picture: Image.Image, dpi: float, languages: str, words: Sequence[Word]) -> list[Word] | None:
    """The words of a page with those where coloured ink lies read anew without it; None where no such ink lies.

    Args:
        picture: the upright, straightened page in colour.
        dpi: its resolution.
        languages: Tesseract's names joined by `+`.
        words: what was read of the page as it is; boxes in fractions of the picture.
    """
    bands = ink.bands(picture, dpi)
    if not bands:
        return None
    plain = ink.without(picture)
    dark = (numpy.asarray(plain) < _DARK).sum(axis=1)
    kept, found, gutter = list(words), [], regions.gutter(words)
    for band in bands:
        reach = round(_QUIET / 25.4 * dpi)
        top, bottom = (again.quiet(dark, edge, reach) for edge in (band.top, band.bottom))
        low, high = top / picture.height, bottom / picture.height
        found += again.strip(plain, (top, bottom), dpi, languages, columns=(gutter, "page"))
        kept = [word for word in kept if word.top <= low or word.bottom >= high]  # of a word the edge cuts, the whole one stays
    return [*kept, *(word for word in found if not any(agreement.is_same_place(word, other) for other in kept))]


def stamps(
    plane: Image.Image, dpi: float, languages: str, islands: Sequence[ink.Box], is_known: IsKnown,
    turns: Sequence[int] = _TURNS,
) -> list[list[Word]]:  # fmt: skip
    """What each red stamp says, set straight; every word in the box of its stamp, side by side as they are read.

    Args:
        plane: the page's red ink, black on white, as it lies.
        dpi: its resolution.
        languages: Tesseract's names joined by `+`.
        islands: where red ink stands as stamps do.
        is_known: whether words are those of a stamp that is looked for; where no way up gives such, the first counts.
        turns: the ways up that are tried.
    """

    def words(turned: Image.Image) -> list[Word]:
        framed, unbound = _unframed(_level(turned)), _level(ink.unbound(turned))
        first = reader.strip(framed, dpi, languages, "block")
        return first if is_known(first) or not is_known(second := reader.strip(unbound, dpi, languages, "block")) else second

    return [list(_told(plane, box, dpi, words, is_known, turns)) for box in islands]


def alone(picture: Image.Image, dpi: float, languages: str, words: Sequence[Word], is_known: IsKnown) -> list[Word]:
    """The words of black and blue stamps that the page's reader passed over: ink alone in the upper half, read for itself.

    Args:
        picture: the upright page, grey or in colours.
        dpi: its resolution.
        languages: Tesseract's names joined by `+`.
        words: what was read of it; boxes in fractions of the picture.
        is_known: whether words are those of a stamp that is looked for; what says anything else is not told.
    """
    near, sure = round(_NEAR / 25.4 * dpi), [word for word in words if word.confidence >= _READ and len(word.text) > 1]
    turns = _TURNS if len(sure) < _UPRIGHT else _TURNS[:1]

    def unread(plane: Image.Image) -> list[ink.Box]:
        return [box for box in ink.lone(plane, dpi) if not any(_lies_in(word, box, near, picture.size) for word in sure)]

    black, is_coloured = unread(picture), picture.mode == "RGB"
    blue = ink.blue(picture) if is_coloured else None
    planes = [(ink.without(picture) if is_coloured else picture.convert("L"), black)] if black else []
    found = list[Word]()
    for plane, boxes in (*planes, (blue, unread(blue))) if blue else planes:
        for told in stamps(plane, dpi, languages, boxes[:_MOST_ALONE], is_known, turns):
            found += told if is_known(told) else []
    return found


def _lies_in(word: Word, box: ink.Box, near: int, size: tuple[int, int]) -> bool:
    across, down = (word.left + word.right) / 2 * size[0], (word.top + word.bottom) / 2 * size[1]
    return box.left - near <= across <= box.right + near and box.top - near <= down <= box.bottom + near


def crowds(
    plane: Image.Image, dpi: float, languages: str, islands: Sequence[ink.Box], is_known: IsKnown
) -> list[list[Word]]:
    """What each crowd of stamps that lie on each other, or on a seal, says: words anywhere among strokes; arguments as `stamps`."""

    def words(turned: Image.Image) -> list[Word]:
        return reader.strip(turned, dpi, languages, "anywhere")

    return [list(_told(plane, box, dpi, words, is_known)) for box in islands]


def _told(
    plane: Image.Image, box: ink.Box, dpi: float, read: Callable[[Image.Image], list[Word]], is_known: IsKnown,
    turns: Sequence[int] = _TURNS,
) -> Iterator[Word]:  # fmt: skip
    """The words of one stamp, in the page; the page may lie on its side, or on its head."""
    part, first = ImageOps.autocontrast(plane.crop((box.left, box.top, box.right, box.bottom))), list[Word]()  # ink may be pale
    for turn in turns:
        words = read(_framed(part.rotate(turn, expand=True), round(_FRAMED / 25.4 * dpi)))
        if is_known(words):
            first = words
            break
        first = words if turn == 0 else first
    wide, high = (box.right - box.left) / plane.width, (box.bottom - box.top) / plane.height
    left, top = box.left / plane.width, box.top / plane.height
    for word in first:
        yield replace(word, left=left + word.left * wide, right=left + word.right * wide,
                      top=top + word.top * high, bottom=top + word.bottom * high)  # fmt: skip


def _level(part: Image.Image) -> Image.Image:
    angle = reader.skew(part, _SLANT)
    return part.rotate(-angle, Image.Resampling.BICUBIC, expand=True, fillcolor="white") if angle else part


def _unframed(part: Image.Image) -> Image.Image:
    """A level stamp without the frame round it, whose sides are read as letters; rows and columns of a frame are dark all along."""
    dark = numpy.asarray(part) < _DARK
    if not dark.any():
        return part
    rows, columns = dark.any(axis=1), dark.any(axis=0)
    clear = numpy.array(part)
    clear[_wider(dark[:, columns].mean(axis=1) > _FRAME_ROW), :] = 255
    clear[:, _wider(dark[rows, :].mean(axis=0) > _FRAME_COLUMN)] = 255
    return Image.fromarray(clear)


def _wider(lines: NDArray[numpy.bool_]) -> NDArray[numpy.bool_]:
    """With the two beside each: a frame's edges are ragged."""
    return numpy.convolve(lines, numpy.ones(5))[2:-2] > 0


def _framed(part: Image.Image, margin: int) -> Image.Image:
    framed = Image.new("L", (part.width + 2 * margin, part.height + 2 * margin), 255)
    framed.paste(part, (margin, margin))
    return framed
