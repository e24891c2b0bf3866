"""Specks of dust and worn glass taken off a picture before it is read.

Why: a speck beside a word's end is read as a sign, one between two lines as a mark. Promises: what stands near any other ink
stays, for dots and tone marks stand near their letters; the picture handed in is not changed. Runs in a worker.
"""

from __future__ import annotations

import numpy
from numpy.typing import NDArray
from PIL import Image

_COARSE_DPI = 100  # quick, and fine enough: a pixel is a quarter of a millimetre
_LARGEST = 3  # coarse pixels: a full stop of 14-point type is 2
_ALONE = 5  # coarse pixels: a mark stands nearer to its letter, and a dot of a colon to the other
_INK = 0.6  # of the paper's brightness


def without(picture: Image.Image, dpi: float) -> Image.Image:
    """The grey picture without specks that stand alone."""
    step = max(1, round(dpi / _COARSE_DPI))
    small = picture.reduce(step)
    paper = int(numpy.median(numpy.asarray(small)))
    ink = numpy.asarray(picture.point([255 * (level < paper * _INK) for level in range(256)]).reduce(step)) > 0
    within = _sums(ink, _LARGEST)
    alone = (within > 0) & (within == _sums(numpy.pad(ink, _ALONE), _LARGEST + 2 * _ALONE))
    if not alone.any():
        return picture
    laid = Image.fromarray(_sums(numpy.pad(alone, _LARGEST - 1), _LARGEST) > 0)
    clear = picture.copy()
    clear.paste(paper, (0, 0), laid.resize((laid.width * step, laid.height * step)).crop((0, 0, *picture.size)))
    return clear


def _sums(dark: NDArray[numpy.bool_], side: int) -> NDArray[numpy.int32]:
    """How many pixels are dark in each square of so many pixels a side."""
    total = numpy.pad(dark, ((1, 0), (1, 0))).cumsum(0, dtype=numpy.int32).cumsum(1, dtype=numpy.int32)
    found: NDArray[numpy.int32] = total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    return found
