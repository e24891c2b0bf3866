"""The rings of a black seal, as photocopies have them, taken off the print they lie over.

Why: Tesseract takes a seal for a picture and reads nothing it covers; a red one goes by its colour (`ink.without`), a black one
only by its shape. Promises: a picture as large as the one handed in; a stroke of print that crosses a ring stays whole, as notes do
when the lines are taken from under them. Refuses: to find a ring of which half is missing. Runs in a worker.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy
from numpy.typing import NDArray
from PIL import Image

_OUTER = (14.5, 21.5)  # mm: seals are 36 across, a few 30, and 42
_INNER = 0.4  # of the outer ring: nothing smaller is one
_COARSE_DPI = 50
_DARK = 128
_LAID = 0.15  # share of a coarse pixel that a ring's stroke darkens
_WHOLE = 0.6  # of a ring's round that must be found
_REACH = 1.2  # mm a ring may lie off the true circle: rubber gives
_THIN = 1.6  # of a ring's usual width: where it is wider, print crosses it
_WIDEST = 1.4  # mm: a broader band is no ring's stroke


@dataclass(frozen=True, slots=True)
class Ring:
    """A circle in pixels of a picture."""

    across: float
    down: float
    radius: float


def without(picture: Image.Image, dpi: float) -> Image.Image | None:
    """The grey picture without the rings of the most complete seal in it; None where there is none."""
    pixels = numpy.array(picture)
    outer = _found(pixels < _DARK, dpi)
    if outer is None or not _erase(pixels, outer, dpi):
        return None
    for radius in _within(pixels < _DARK, outer, dpi):
        _erase(pixels, replace(outer, radius=radius), dpi)
    return Image.fromarray(pixels)


def _found(dark: NDArray[numpy.bool_], dpi: float) -> Ring | None:
    """The most complete circle of a seal's size: each dark pixel votes for the centres it may lie about."""
    step = max(1, round(dpi / _COARSE_DPI))
    coarse, unit = _shares(dark, step) > _LAID, dpi / step / 25.4
    wide = [-(-math.ceil(size + 2 * _OUTER[1] * unit + 4) // 32) * 32 for size in coarse.shape]  # quick to transform
    laid = numpy.fft.rfft2(coarse, wide)
    best, ring = _WHOLE, None
    for radius in numpy.arange(_OUTER[0] * unit, _OUTER[1] * unit, 0.5):
        middle = math.ceil(radius) + 1
        away = numpy.hypot(*numpy.ogrid[-middle : middle + 1, -middle : middle + 1])
        circle = (abs(away - radius) < 0.7).astype(float)  # as wide as a coarse stroke
        votes = numpy.fft.irfft2(laid * numpy.fft.rfft2(circle, wide), wide) / circle.sum()
        down, across = numpy.unravel_index(int(votes.argmax()), votes.shape)
        if votes[down, across] > best:
            best = float(votes[down, across])
            ring = Ring((float(across) - middle + 0.5) * step, (float(down) - middle + 0.5) * step, float(radius) * step)
    return ring


def _shares(dark: NDArray[numpy.bool_], step: int) -> NDArray[numpy.float64]:
    down, across = (size // step * step for size in dark.shape)
    squares = dark[:down, :across].reshape(down // step, step, across // step, step)
    shares: NDArray[numpy.float64] = squares.mean(axis=(1, 3))
    return shares


def _within(dark: NDArray[numpy.bool_], outer: Ring, dpi: float) -> Iterator[float]:
    """The radii of rings within a seal's outer one, about the same centre, the larger first."""
    rows, columns = numpy.ogrid[: dark.shape[0], : dark.shape[1]]
    away = numpy.hypot(rows - outer.down, columns - outer.across).astype(int)
    whole = numpy.bincount(away.ravel()).astype(float)
    laid = numpy.bincount(away.ravel(), weights=dark.ravel()) / numpy.maximum(whole, 1)
    slack = max(1, round(0.3 / 25.4 * dpi))
    shares = numpy.convolve(laid, numpy.ones(2 * slack + 1), "same")  # a ring is a pixel or two off the circle
    radius = int(outer.radius - _REACH / 25.4 * dpi)
    while radius > outer.radius * _INNER:
        first = max(0, radius - 2 * slack)
        if shares[first : radius + 1].max() > _WHOLE:
            radius = first + int(shares[first : radius + 1].argmax())
            yield float(radius)
            radius -= round(_REACH / 25.4 * dpi)
        radius -= slack


def _erase(pixels: NDArray[numpy.uint8], ring: Ring, dpi: float) -> bool:
    """Whiten a ring's stroke wherever nothing crosses it; False, and nothing done, where it is no ring after all."""
    reach = _REACH / 25.4 * dpi
    radii = numpy.arange(ring.radius - reach, ring.radius + reach, 0.5)
    angles = numpy.linspace(0, 2 * math.pi, math.ceil(ring.radius * 2 * math.pi * 1.5), endpoint=False)
    across = numpy.rint(ring.across + numpy.outer(numpy.cos(angles), radii)).astype(int)
    down = numpy.rint(ring.down + numpy.outer(numpy.sin(angles), radii)).astype(int)
    inside = (across >= 0) & (across < pixels.shape[1]) & (down >= 0) & (down < pixels.shape[0])
    across, down = across.clip(0, pixels.shape[1] - 1), down.clip(0, pixels.shape[0] - 1)
    runs = list(_runs((pixels[down, across] < _DARK) & inside))
    if len(runs) < _WHOLE * len(angles):
        return False
    usual = float(numpy.median([last - first for _, first, last in runs]))
    if usual / 2 > _WIDEST / 25.4 * dpi:
        return False
    for angle, first, last in runs:
        if last - first <= _THIN * usual + 1:
            low, high = max(0, first - 2), min(len(radii), last + 2)  # its edges are grey
            pixels[down[angle, low:high], across[angle, low:high]] = 255
    return True


def _runs(dark: NDArray[numpy.bool_]) -> Iterator[tuple[int, int, int]]:
    """Of each angle the dark stretch that lies where the ring lies at the angles beside it."""
    middle = dark.shape[1] / 2
    stretches = [list(_stretches(row)) for row in dark]
    nearest = [min((sum(each) / 2 for each in found), key=lambda at: abs(at - middle), default=numpy.nan) for found in stretches]
    reach = max(1, len(dark) // 40)
    windows = numpy.lib.stride_tricks.sliding_window_view(numpy.pad(nearest, reach, mode="wrap"), 2 * reach + 1)
    known = numpy.where(numpy.isnan(windows).all(axis=1, keepdims=True), middle, windows)
    for angle, (found, usual) in enumerate(zip(stretches, numpy.nanmedian(known, axis=1), strict=True)):
        first, last = min(found, key=lambda each: abs(sum(each) / 2 - usual), default=(0, 0))
        if last and abs((first + last) / 2 - usual) <= 3:
            yield angle, first, last


def _stretches(row: NDArray[numpy.bool_]) -> Iterator[tuple[int, int]]:
    edges = numpy.flatnonzero(row[1:] != row[:-1]) + 1
    bounds = [0, *edges.tolist(), len(row)]
    yield from ((first, last) for first, last in zip(bounds, bounds[1:], strict=False) if row[first])
