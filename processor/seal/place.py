"""Where the block goes: top right of page 1 as a person sees it, in the free spot nearest the lawful corner.

Promises: the block stays in the right half ("góc trên, bên phải", NĐ 30/2020 PL I), or, on a page too narrow for that, as
far right as it can. PURE. Lengths in points; display space has its origin top left of the visible page, x to the right, y
down.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot
from typing import Protocol

_EDGE = 6.0  # a block nearer an edge than about 2 mm looks cut off
Box = tuple[float, float, float, float]
"""left, top, right, bottom (display space) or left, bottom, right, top (PDF user space)."""


class Ink(Protocol):
    """Which parts of the visible page carry ink: cells, `cell` points square each."""

    @property
    def cell(self) -> float: ...

    def under(self, box: Box) -> int:
        """How many inked cells a box would cover, those it only touches included."""


@dataclass(frozen=True, slots=True)
class Search:
    """The lawful corner and how far from it to look."""

    top: float
    right: float
    down: float
    left: float


def _leftmost(width: float, block: float) -> float:
    """Where the right half begins; for a block too wide for it, as far right as it can stand."""
    return min(float(ceil(width / 2)), max(0.0, width - _EDGE - block))


def corner(page: tuple[float, float], size: tuple[float, float], search: Search) -> Box | None:
    """The block's box at its lawful place, or None where the page cannot hold it."""
    width, height = page
    left, top = max(width - search.right - size[0], _leftmost(width, size[0])), search.top
    if left + size[0] > width or top + size[1] > height:
        return None
    return (left, top, left + size[0], top + size[1])


def away(box: Box, page: tuple[float, float], search: Search) -> float:
    """How far, in points, a box stands from the lawful corner; down and across count alike."""
    return hypot(page[0] - search.right - box[2], box[1] - search.top)


def choose(page: tuple[float, float], size: tuple[float, float], search: Search, ink: Ink) -> Box | None:
    """The free box of the right half nearest the lawful corner; where none is free, the one over the least ink.

    Args:
        page: width and height of the visible page.
        size: width and height of the block.
        search: the lawful corner and the reach of the search.
        ink: what is on the page already: other offices' blocks and seals count like writing.
    """
    home = corner(page, size, search)
    if home is None:
        return None
    down_steps = int(min(search.down, page[1] - home[3]) / ink.cell)
    left_steps = int(min(search.left, home[0] - _leftmost(page[0], size[0])) / ink.cell)
    upper_steps = max(0, int((home[1] - _EDGE) / ink.cell))  # a narrow margin may have room only nearer the edge
    right_steps = max(0, int((page[0] - home[2] - _EDGE) / ink.cell))
    offsets = [
        (across * across + 2 * down * down, across, down)
        for down in range(-upper_steps, down_steps + 1)
        for across in range(-right_steps, left_steps + 1)
    ]
    best, least = home, ink.under(home)
    for _, across, down in sorted(offsets):
        dx, dy = across * ink.cell, down * ink.cell
        box = (home[0] - dx, home[1] + dy, home[2] - dx, home[3] + dy)
        covered = ink.under(box)
        if covered == 0:
            return box
        if covered < least:
            best, least = box, covered
    return best


def to_user(box: Box, crop: Box, rotate: int) -> Box:
    """A display box in PDF user space.

    Args:
        box: display space of the visible page.
        crop: the visible page in user space (left, bottom, right, top).
        rotate: /Rotate of the page: 0, 90, 180 or 270 clockwise.
    """
    left, top, right, bottom = box
    x0, y0, x1, y1 = crop
    corners = {
        0: (x0 + left, y1 - bottom, x0 + right, y1 - top),
        90: (x0 + top, y0 + left, x0 + bottom, y0 + right),
        180: (x1 - right, y0 + top, x1 - left, y0 + bottom),
        270: (x1 - bottom, y1 - right, x1 - top, y1 - left),
    }
    return corners[rotate % 360]
