"""Coloured ink told from print: what a pen, a seal or a stamp laid on the page, and the page without it.

Promises: pictures as large as the one handed in; black print stays where coloured ink lies over it, since a scanner sees black
through red and blue. Refuses: to judge what the ink says (`describe/`), or a page coloured all over, whose print may itself be
in colour. Runs in a worker.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray
from PIL import Image, ImageChops

_COLOURED = 48  # how far apart the channels of a pixel of ink lie (of 255); JPEG's smear round black letters stays below
_BLACK = 96  # print is darker in every channel, also where ink lies over it
_CELL = 2.0  # mm: the page is judged in cells of this side
_CELL_INK = 0.04  # share of a cell's pixels: less is a speck
_BAND_MARGIN = 4.0  # mm above and below what ink touches: a line it cuts is read whole
_MOST = 0.4  # of the page's cells: more, and colour is the paper's or the form's, not a pen's
_GAP = 2  # cells: letters of one stamp stand no further apart
_SEAL = (30.0, 60.0)  # mm: a seal is 36 across; scans press it against red signatures, or pale it at a side
_LONE_SEAL = (30.0, 42.0)  # mm: a seal with nothing beside it, in cells
_STROKE = 130  # what a black pen leaves is darker, in every channel
_FINE, _FINE_INK = 1.0, 0.06  # mm, share: cells fine enough to part two lines of print
_TALL = 10.0  # mm: no print by a seal stands so high
_DARK = 128
_BOUND = 0.6  # of a stamp's width and height: letters are smaller
_LONE_DPI = 100  # as fine as strokes of print need to be found, not read
_LONE_DARK = 0.6  # of the paper's brightness: a photocopied stamp is grey
_LONE_LONG, _LONE_SHAPE = 10.0, 1.3  # mm, times its height: MẬT of 16 points is 14 mm long; punch holes and blots are round
_BLOT = 0.6  # share of ink in its box
_STAMP_LONG, _STAMP_SHORT = (8.0, 75.0), (3.0, 26.0)  # mm; NĐ 30 Phụ lục I, mục III.2.b: KHẨN is 20 x 8


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels of a picture, right and bottom excluded."""

    left: int
    top: int
    right: int
    bottom: int


def without(picture: Image.Image) -> Image.Image:
    """The page as grey print: coloured ink is white, and what is black under it stays black."""
    bright = _brightest(picture)
    print_ = numpy.array(bright)
    print_[(_spread(picture) > _COLOURED) & (print_ > _BLACK)] = 255
    return Image.fromarray(print_)


def red(picture: Image.Image) -> Image.Image:
    """What red ink alone has laid, black on white; brown and pink paper is white."""
    red, green, blue = picture.split()
    excess = ImageChops.subtract(red, ImageChops.lighter(green, blue))
    paper = min(int(numpy.median(numpy.asarray(excess)[::4, ::4])), _COLOURED)
    return excess.point([min(255, max(0, 255 - 2 * (v - paper))) for v in range(256)])


def blue(picture: Image.Image) -> Image.Image:
    """What blue ink alone has laid, black on white: stamps are red by law, and blue on many a desk."""
    red, _, blue_ = picture.split()
    return ImageChops.subtract(blue_, red).point([255 if v <= _COLOURED else 0 for v in range(256)])


def bands(picture: Image.Image, dpi: float) -> list[Box]:
    """The strips of the page, as wide as it, that coloured ink touches; none where there is none, or colour all over."""
    cells, side = _cells(_spread(picture) > _COLOURED, dpi)
    if cells.mean() > _MOST:
        return []
    reach = int(_BAND_MARGIN / _CELL)
    rows = numpy.convolve(cells.any(axis=1), numpy.ones(2 * reach + 1), "same") > 0
    return [Box(0, first * side, picture.width, min(last * side, picture.height)) for first, last in _stretches(rows)]


def lone(picture: Image.Image, dpi: float) -> list[Box]:
    """Where print stands alone in the upper half of an upright page, of a stamp's size: neither a line of text nor a blot.

    Args:
        picture: the page, grey or in colours.
        dpi: its resolution.
    """
    upper = picture.crop((0, 0, picture.width, picture.height // 2))
    finer = max(1, int(dpi / _LONE_DPI))
    small = upper.reduce(finer) if finer > 1 else upper
    grey = numpy.asarray(without(small) if small.mode == "RGB" else small.convert("L"))
    laid = grey < min(_DARK, float(numpy.median(grey[::4, ::4])) * _LONE_DARK)
    cells, side = _cells(laid, dpi / finer)
    found = []
    for island in _islands(cells) if cells.mean() <= _MOST else ():
        top, left, bottom, right = island
        short, long = _sides(cells[top:bottom, left:right])
        box = _boxed(island, side, small.size)
        share = float(laid[box.top : box.bottom, box.left : box.right].mean())
        if _is_stamp(short, long) and long >= _LONE_LONG and short * _LONE_SHAPE <= long and share <= _BLOT:
            found.append(Box(*(finer * edge for edge in (box.left, box.top, box.right, box.bottom))))
    return sorted(found, key=lambda box: box.top)


@dataclass(frozen=True, slots=True)
class Red:
    """The red ink of a page, looked at once.

    Attributes:
        plane: what it alone has laid, black on white; as large as the page.
        islands: where it stands together, with the shorter and the longer side in mm: the page may lie on its side.
        is_all_over: so much of the page is red that no stamp stands apart.
    """

    plane: Image.Image
    islands: tuple[tuple[Box, float, float], ...]
    is_all_over: bool

    def stamps(self) -> list[Box]:
        """Where it stands as a stamp of a line or two may: neither a speck nor a seal."""
        if self.is_all_over:
            return []
        return [box for box, short, long in self.islands if _is_stamp(short, long)]

    def crowds(self) -> list[Box]:
        """Where it is too large for a stamp and no lone seal: stamps set on each other, or on a seal."""
        return [] if self.is_all_over else [box for box, short, long in self.islands if _is_crowd(short, long)]

    def seals(self) -> list[Box]:
        """Where it lies as round as a seal does: 30 to 60 mm, the one side no longer than twice the other."""
        return [box for box, short, long in self.islands if _SEAL[0] <= short and long <= _SEAL[1] and long <= 2 * short]


def reds(picture: Image.Image, dpi: float) -> Red:
    """The red ink of a page; of stamps that nearly touch, each for itself too."""
    plane = red(picture)
    laid = numpy.asarray(plane) < 255 - 2 * _COLOURED
    cells, side = _cells(laid, dpi)
    found = [(_boxed(island, side, picture.size), *_sides(cells[island[0] : island[2], island[1] : island[3]]))
             for island in _islands(cells)]  # fmt: skip
    fine = max(1, round(_FINE / 25.4 * dpi))
    for box, *_ in [each for each in found if _is_crowd(each[1], each[2])]:
        within = _islands(_grid(laid[box.top : box.bottom, box.left : box.right], fine) > _CELL_INK, gap=1)
        for part, short, long in (_sized(island, fine, dpi, picture.size) for island in within):
            if _is_stamp(short, long):
                moved = Box(part.left + box.left, part.top + box.top, part.right + box.left, part.bottom + box.top)
                found.append((moved, short, long))
    return Red(plane, tuple(found), bool(cells.mean() > _MOST))


def _sized(island: tuple[int, int, int, int], side: int, dpi: float, most: tuple[int, int]) -> tuple[Box, float, float]:
    """An island of cells in pixels, with its shorter and its longer side in mm."""
    top, left, bottom, right = island
    short, long = sorted(cells * side / dpi * 25.4 for cells in (right - left, bottom - top))
    return _boxed(island, side, most), short, long


def _boxed(island: tuple[int, int, int, int], side: int, most: tuple[int, int]) -> Box:
    top, left, bottom, right = island
    return Box(left * side, top * side, min(right * side, most[0]), min(bottom * side, most[1]))


def _is_stamp(short: float, long: float) -> bool:
    return _STAMP_SHORT[0] <= short <= _STAMP_SHORT[1] and _STAMP_LONG[0] <= long <= _STAMP_LONG[1]


def _is_crowd(short: float, long: float) -> bool:
    is_large = short >= _STAMP_SHORT[0] and (short > _STAMP_SHORT[1] or long > _STAMP_LONG[1])
    return is_large and not (_LONE_SEAL[0] <= short and long <= _LONE_SEAL[1])


def _sides(cells: NDArray[numpy.bool_]) -> tuple[float, float]:
    """The shorter and the longer side in mm of what stands together, as it is turned: stamps are set by hand, and slant."""
    down, across = cells.shape
    level = (min(down, across) * _CELL, max(down, across) * _CELL)
    if level[1] > _STAMP_LONG[1] or level[0] < _STAMP_SHORT[1]:
        return level  # no turning would make it a stamp that it is not as it lies
    rows, columns = numpy.nonzero(cells)
    sizes = [level]
    for degrees in range(10, 90, 5):
        cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        spans = [float(numpy.ptp(line)) * _CELL + _CELL for line in (columns * cos + rows * sin, rows * cos - columns * sin)]
        sizes.append((min(spans), max(spans)))
    return min(sizes, key=lambda size: size[0] * size[1])


def is_signed(picture: Image.Image, dpi: float, seal: Box) -> bool:
    """Whether a pen has written by a seal: strokes, blue or black, taller than any line of print.

    The seal covers a third of the signature, on its left (NĐ 30 Phụ lục I, Phần I, mục II.8): the rest stands on its right.
    """
    size = max(seal.right - seal.left, seal.bottom - seal.top)
    top, bottom = max(0, seal.top - size // 4), min(picture.height, seal.bottom + size // 4)
    zone = picture.crop((seal.left, top, min(picture.width, seal.right + size), bottom))
    if zone.width < 8 or zone.height < 8:
        return False
    pixels = numpy.asarray(zone).astype(numpy.int16)
    is_red = pixels[..., 0] - numpy.minimum(pixels[..., 1], pixels[..., 2]) > _COLOURED
    dark = (pixels.min(axis=2) < _STROKE) & ~is_red
    blue = pixels[..., 2] - pixels[..., 0] > _COLOURED
    fine = max(1, round(_FINE / 25.4 * dpi))
    return any(_is_stroke(island) for mask in (dark, blue) for island in _islands(_grid(mask, fine) > _FINE_INK, gap=1))


def _is_stroke(island: tuple[int, int, int, int]) -> bool:
    top, left, bottom, right = island
    return (bottom - top) * _FINE >= _TALL and (right - left) * _FINE >= _TALL


def _brightest(picture: Image.Image) -> Image.Image:
    """Each pixel as bright as its brightest channel."""
    red, green, blue = picture.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def _spread(picture: Image.Image) -> NDArray[numpy.uint8]:
    """How far the brightest and the darkest channel of each pixel lie apart."""
    red, green, blue = picture.split()
    return numpy.asarray(ImageChops.subtract(_brightest(picture), ImageChops.darker(ImageChops.darker(red, green), blue)))


def _cells(ink: NDArray[numpy.bool_], dpi: float) -> tuple[NDArray[numpy.bool_], int]:
    """Which cells of the page bear ink, and how many pixels their side has."""
    side = max(1, round(_CELL / 25.4 * dpi))
    return _grid(ink, side) > _CELL_INK, side


def _grid(ink: NDArray[numpy.bool_], side: int) -> NDArray[Any]:
    """The share of ink in each square of so many pixels."""
    down, across = (-(-size // side) for size in ink.shape)
    padded = numpy.zeros((down * side, across * side), dtype=bool)
    padded[: ink.shape[0], : ink.shape[1]] = ink
    share: NDArray[Any] = padded.reshape(down, side, across, side).mean(axis=(1, 3))
    return share


def _stretches(rows: NDArray[numpy.bool_]) -> Iterator[tuple[int, int]]:
    """First and last (excluded) of each run of true ones."""
    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate(([0], rows.astype(numpy.int8), [0]))))
    yield from ((int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True))


def _islands(cells: NDArray[numpy.bool_], gap: int = _GAP) -> Iterator[tuple[int, int, int, int]]:
    """Top, left, bottom, right (the last two excluded) of cells that stand together, small gaps overlooked."""
    for island in _together(cells, gap):
        rows, columns = [row for row, _ in island], [column for _, column in island]
        yield min(rows), min(columns), max(rows) + 1, max(columns) + 1


def _together(cells: NDArray[numpy.bool_], gap: int) -> Iterator[list[tuple[int, int]]]:
    left_over = {(int(row), int(column)) for row, column in zip(*numpy.nonzero(cells), strict=True)}
    steps = [(down, across) for down in range(-gap, gap + 1) for across in range(-gap, gap + 1)]
    while left_over:
        edge = [left_over.pop()]
        island = list(edge)
        while edge:
            row, column = edge.pop()
            near = {(row + down, column + across) for down, across in steps} & left_over
            left_over -= near
            edge.extend(near)
            island.extend(near)
        yield island


def unbound(stamp: Image.Image) -> Image.Image:
    """A stamp, dark on white, without the frame or arrow drawn round its letters: one line of ink nearly as wide and high as it."""
    dark = numpy.asarray(stamp) < _DARK
    clear = numpy.array(stamp)
    for stroke in _together(dark, 1):
        rows, columns = numpy.array([row for row, _ in stroke]), numpy.array([column for _, column in stroke])
        if numpy.ptp(rows) >= _BOUND * stamp.height and numpy.ptp(columns) >= _BOUND * stamp.width:
            for down, across in ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0)):  # its edges are grey
                clear[numpy.clip(rows + down, 0, stamp.height - 1), numpy.clip(columns + across, 0, stamp.width - 1)] = 255
    return Image.fromarray(clear)
