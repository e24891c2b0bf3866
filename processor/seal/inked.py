"""Which cells of a page carry ink, and how much of it a box would cover."""

from __future__ import annotations

import numpy
from numpy.typing import ArrayLike, NDArray

from processor.seal.place import Box

_NEAR = 3  # cells around one that are looked at
_LARGEST_SPECK = 6  # cells among the 49 around: a rule or a stroke has seven


class Inked:
    """The inked cells of a visible page, as `place.Ink` asks for them.

    Args:
        rows: `rows[y][x]`, whether a cell is inked.
        cell: each cell is so many points square.
    """

    __slots__ = ("_sums", "cell")

    def __init__(self, rows: ArrayLike, cell: float) -> None:
        self.cell = cell
        self._sums: list[list[int]] = _sums(numpy.asarray(rows, bool)).tolist()  # many boxes are asked for, number by number

    def under(self, box: Box) -> int:
        """How many inked cells a box would cover, those it only touches included."""
        left, top, right, bottom = (int(value / self.cell) for value in box)
        above, below = (self._sums[max(0, min(y, len(self._sums) - 1))] for y in (top, bottom + 1))
        start, end = (max(0, min(x, len(above) - 1)) for x in (left, right + 1))
        return below[end] - below[start] - above[end] + above[start]


def without_dust(rows: ArrayLike) -> NDArray[numpy.bool_]:
    """The inked cells but for specks that stand alone, as copiers and old glass leave them: nothing is written there."""
    inked = numpy.asarray(rows, bool)
    sums, wide = _sums(numpy.pad(inked, _NEAR)), 2 * _NEAR + 1
    around = sums[wide:, wide:] - sums[:-wide, wide:] - sums[wide:, :-wide] + sums[:-wide, :-wide]
    return inked & (around > _LARGEST_SPECK)


def _sums(inked: NDArray[numpy.bool_]) -> NDArray[numpy.int64]:
    """The ink above and left of each corner of the cells."""
    sums = numpy.zeros((inked.shape[0] + 1, inked.shape[1] + 1), numpy.int64)
    numpy.cumsum(numpy.cumsum(inked, axis=0, dtype=numpy.int64), axis=1, out=sums[1:, 1:])
    return sums
