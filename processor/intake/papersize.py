"""How large the paper was, from pixels and what the scanner says of its resolution.

PURE. Promises: never a page the size of a table: a picture without a believable resolution gets the paper format its
proportions fit (A4, A3, Letter, Legal), else the largest page of its shape that fits on A4.
"""

from __future__ import annotations

_POINTS = 72 / 25.4
PAPERS: tuple[tuple[float, float], ...] = ((210, 297), (297, 420), (215.9, 279.4), (215.9, 355.6), (148, 210))
"""Short and long side, mm: A4, A3, Letter, Legal, A5, in order of preference."""
_USUAL_DPI = (200, 300, 150, 400, 600, 240, 100)
_LEAST_CREDIBLE_DPI = 100  # 72 and 96 are what programs write that do not know
_GREATEST_CREDIBLE_DPI = 2400
_LEAST_DPI_OF_LARGE_SHEETS = 150  # TT 05/2025 Đ8 asks for 200, of maps and drawings for 300
_MOST_UNEVEN = 4.2  # a fax has 204 or 408 dots an inch across and 98 lines down
_SHAPE_TOLERANCE = 0.03


def _credible(dpi: float) -> bool:
    return _LEAST_CREDIBLE_DPI - 1 <= dpi <= _GREATEST_CREDIBLE_DPI


def _by_shape(short: int, long: int) -> float | None:
    """Pixels per mm if the shape is a known paper's: the paper whose resolution would be nearest a usual one."""
    shape = long / short
    fits = [paper for paper in PAPERS if abs(paper[1] / paper[0] / shape - 1) <= _SHAPE_TOLERANCE]
    if not fits:
        return None

    def oddness(paper: tuple[float, float]) -> float:
        dpi = long / paper[1] * 25.4
        return min(abs(dpi / usual - 1) for usual in _USUAL_DPI)

    best = min(fits, key=oddness)
    if oddness(best) > 2 * _SHAPE_TOLERANCE:
        best = fits[0]  # a photograph of a page: no scanner's resolution; take the commonest paper
    return long / best[1]


def _believed(dpi: tuple[float, float] | None) -> tuple[float, float] | None:
    """The resolution a fax means: 98 lines an inch down are believable beside 204 across (ITU-T T.4)."""
    if dpi is None or not any(_credible(value) for value in dpi):
        return None
    low, high = sorted(dpi)
    return dpi if _credible(low) or 1.5 <= high / max(low, 1) <= _MOST_UNEVEN else None


def _a_poster(long: int, dpi: float) -> bool:
    """A sheet larger than A3, coarser than any rule of digitising allows: a default that nobody set."""
    return long / dpi * 25.4 > PAPERS[1][1] * (1 + _SHAPE_TOLERANCE) and dpi < _LEAST_DPI_OF_LARGE_SHEETS


def page_points(width: int, height: int, dpi: tuple[float, float] | None) -> tuple[float, float]:
    """Width and height of the page in points (1/72 inch).

    Args:
        width: pixels across.
        height: pixels down.
        dpi: the resolution the file claims, across and down, if it claims any.
    """
    short, long = sorted((width, height))
    per_mm = _by_shape(short, long)
    credible = _believed(dpi)
    if credible is not None and not (per_mm and _a_poster(long, min(credible))):
        return width / credible[0] * 72, height / credible[1] * 72
    per_mm = per_mm or max(short / PAPERS[0][0], long / PAPERS[0][1])
    return width / per_mm * _POINTS, height / per_mm * _POINTS
