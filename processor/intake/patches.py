"""Patch codes on a page: four bars across a sheet, wide or narrow, that scanners have used to part documents for decades.

Those that separate are patch T and patch 2, and patch 3, which is patch T upside down. Patch 6 (upside down: patch 1) is
printed on our own sheets that say more than that, so that one whose codes cannot be read is missed by nobody. Bars and gaps are
0.08 inch, wide bars 0.20 inch, the whole pattern 0.80 inch (Kodak publication A-61599).

Promises: bars along either side of the paper, at any of the four turns, some degrees askew, black-and-white or grey; the bars
must be long, even and alone between quiet margins, so that tables and heavy headings are none. Runs in a worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy
import numpy.typing as npt

Grey = npt.NDArray[numpy.uint8]
Ink = npt.NDArray[numpy.bool_]
_NARROW_INCH = 0.08
SEPARATES, LABEL = "T", "6"
_TWO = (2.5, 1.0, 1.0, 1.0, 1.0, 1.0, 2.5)
WIDTHS = {SEPARATES: (1.0, 1.0, 2.5, 1.0, 1.0, 1.0, 2.5), LABEL: (1.0, 1.0, 1.0, 1.0, 2.5, 1.0, 2.5)}
"""Bars and gaps in turn, in units of 0.08 inch: ten in all."""
_KINDS = (SEPARATES, SEPARATES, SEPARATES, LABEL, LABEL)
_PATTERNS = numpy.array([WIDTHS[SEPARATES], WIDTHS[SEPARATES][::-1], _TWO, WIDTHS[LABEL], WIDTHS[LABEL][::-1]])
_UNITS = 10.0
_SLACK = 0.45  # of a unit: print spreads, fax lines are coarse
_SCALES = (0.6, 1.7)  # of the expected unit: the resolution a file claims may be wrong
_QUIET = 1.5  # units of white before and after
_STEP_INCH = 0.1
_LONGEST_BREAK = 2  # cuts: a hole or a clip across the bars
_LEAST_CUTS = 14  # of a tenth of an inch each: the shortest lawful bars are 2 inches long
_DARK = 0.6  # of the paper's brightness


def ink(grey: Grey) -> Ink:
    """What is darker than paper."""
    return grey < float(numpy.median(grey[::4, ::4])) * _DARK


@dataclass(frozen=True, slots=True)
class Bars:
    """Patches on a page: `SEPARATES` or, as soon as one of them is that, `LABEL`; and where they lie, as a mask of the page."""

    kind: str
    where: Ink


@dataclass(frozen=True, slots=True)
class _Hit:
    kind: str
    top: int
    bottom: int


def bars(dark: Ink, dpi: float) -> Bars | None:
    """The patches on a page; None where there is none.

    Args:
        dark: the page's ink.
        dpi: its resolution, about.
    """
    where = numpy.zeros_like(dark)
    kinds = _marked(dark, dpi, where) | _marked(dark.T, dpi, where.T)
    return Bars(LABEL if LABEL in kinds else SEPARATES, where) if kinds else None


def _marked(dark: Ink, dpi: float, where: Ink) -> set[str]:
    """Mark patches whose bars run from left to right; their kinds."""
    step = max(1, round(_STEP_INCH * dpi))
    columns = range(step // 2, dark.shape[1], step)
    kinds = set[str]()
    for chain in _chains([[*_hits(dark[:, column], _NARROW_INCH * dpi)] for column in columns]):
        if max(chain) - min(chain) + 1 >= _LEAST_CUTS:
            kinds.add(chain[min(chain)].kind)
            for place, hit in chain.items():
                left, right = max(0, columns[place] - 2 * step), columns[place] + 2 * step
                where[max(0, hit.top - step) : hit.bottom + step, left:right] = True
    return kinds


def _hits(column: npt.NDArray[numpy.bool_], unit: float) -> Iterator[_Hit]:
    """Each pattern a cut across the page meets."""
    edges = numpy.flatnonzero(numpy.diff(column.astype(numpy.int8))) + 1
    if edges.size < len(WIDTHS[SEPARATES]) + 1:
        return
    runs = numpy.diff(edges)
    owns = (edges[7:] - edges[:-7]) / _UNITS
    fits = column[edges[:-7]] & (owns >= _SCALES[0] * unit) & (owns <= _SCALES[1] * unit)  # a dark run begins, about as long
    for at in numpy.flatnonzero(fits):
        widths, own = runs[at : at + 7], owns[at]
        before = edges[at] - (edges[at - 1] if at else 0)
        after = (edges[at + 8] if at + 8 < edges.size else column.size) - edges[at + 7]
        away = numpy.abs(_PATTERNS - widths / own).max(axis=1)
        if min(before, after) >= _QUIET * own and away.min() <= _SLACK:
            yield _Hit(_KINDS[int(away.argmin())], int(edges[at]), int(edges[at + 7]))


def _chains(hits: list[list[_Hit]]) -> Iterator[dict[int, _Hit]]:
    """Cuts side by side that meet the same bars, by cut."""
    chains: list[dict[int, _Hit]] = []
    for place, here in enumerate(hits):
        for hit in here:
            for chain in chains:
                last = max(chain)
                apart, met = place - last, chain[last]
                is_near = abs(met.top - hit.top) <= (hit.bottom - hit.top) / 4 * apart
                if 0 < apart <= 1 + _LONGEST_BREAK and met.kind == hit.kind and is_near:
                    chain[place] = hit
                    break
            else:
                chains.append({place: hit})
    yield from chains
