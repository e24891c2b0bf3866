"""A chart of documents and pages per day. PURE: numbers in, shapes out; the template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 44, 12, 24
_MOST_LABELS = 7
_TICKS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """A day: its bar of documents, the height at which its pages stand, its label (empty: none)."""

    x: float
    y: float
    width: float
    height: float
    middle: float
    pages_y: float
    documents: int
    pages: int
    day: str
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All of them, the line through the pages, and the marks of both scales: (height, text)."""

    bars: Sequence[Bar]
    line: str
    documents: Sequence[tuple[float, int]]
    pages: Sequence[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


def chart(days: Sequence[tuple[str, int, int]]) -> Chart:
    """The chart of days, each with its documents and pages."""
    most_documents = _round_up(max((row[1] for row in days), default=0))
    most_pages = _round_up(max((row[2] for row in days), default=0))
    step = (WIDTH - _LEFT - _RIGHT) / max(len(days), 1)
    every = -(-len(days) // _MOST_LABELS) or 1
    bars = []
    for number, (day, documents, pages) in enumerate(days):
        wide = min(step * 0.7, 40.0)
        middle = _LEFT + step * (number + 0.5)
        top = _height(documents, most_documents)
        bars.append(Bar(round(middle - wide / 2, 1), top, round(wide, 1), round(HEIGHT - _BOTTOM - top, 1), round(middle, 1),
                        _height(pages, most_pages), documents, pages, day, day if number % every == 0 else ""))  # fmt: skip
    line = " ".join(f"{bar.middle},{bar.pages_y}" for bar in bars)
    return Chart(bars, line, _marks(most_documents), _marks(most_pages))


def _height(value: int, most: int) -> float:
    return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / most, 1)


def _marks(most: int) -> list[tuple[float, int]]:
    halves = [0, most // 2, most] if most > 1 and most % 2 == 0 else [0, most]
    return [(_height(value, most), value) for value in halves]


def _round_up(value: int) -> int:
    """The next number of the kind 1, 2, 5, 10, 20 …"""
    size = 1
    while True:
        for tick in _TICKS:
            if tick * size >= value:
                return tick * size
        size *= 10
