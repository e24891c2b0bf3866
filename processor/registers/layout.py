"""Rows of a table onto pages: what stands on which page, whole.

Promises: every row stands in the list once, in its order; no word is lost; a row that fits a page is never torn; a longer one is
continued on the next page; what closes the list (who signs) never stands on a page without a row, if there is one that can move.
PURE: no I/O, no third-party package; how wide a word is in the type used, the caller tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_MARKS = "/-._"  # a code may be broken after these
Measure = Callable[[str], float]
"""How wide a text is."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as lines of text, column by column; `void` ones are struck through."""

    cells: tuple[tuple[str, ...], ...]
    void: bool = False

    @property
    def lines(self) -> int:
        """How many lines it is high."""
        return max((len(cell) for cell in self.cells), default=0) or 1


@dataclass(frozen=True, slots=True)
class Frame:
    """Room for rows, in one unit: on the first page, on the others; what closes the list; a line; what a row adds to its lines."""

    first: float
    rest: float
    tail: float
    line: float
    pad: float

    def height(self, row: Row) -> float:
        """How high a row is drawn."""
        return row.lines * self.line + self.pad


def wrapped(text: str, room: float, measure: Measure) -> tuple[str, ...]:
    """Text in lines no wider than `room`; a word that is wider is cut, its letters all kept."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _filled(paragraph.split(), room, measure)
    return tuple(lines)


def _filled(words: Sequence[str], room: float, measure: Measure) -> Iterator[str]:
    line, width, gap = "", 0.0, measure(" ")
    for word in words:
        wide = measure(word)
        if line and width + gap + wide <= room:
            line, width = f"{line} {word}", width + gap + wide
            continue
        if line:
            yield line
        while wide > room and len(word) > 1:
            fits = _fitting(word, room, measure)
            yield word[:fits]
            word = word[fits:]
            wide = measure(word)
        line, width = word, wide
    yield line


def _fitting(word: str, room: float, measure: Measure) -> int:
    """How many letters of a word find room: at least one, never all; a code is broken after its marks where it can be."""
    low, high = 1, len(word) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(word[:middle]) <= room else (low, middle - 1)
    marks = [place for place in range(1, low + 1) if word[place - 1] in _MARKS]
    return marks[-1] if marks else low


def paged(rows: Sequence[Row], frame: Frame) -> list[list[Row]]:
    """The rows of each page; there is one page at least.

    Raises:
        ValueError: a page has no room for a single line.
    """
    if frame.rest < frame.line + frame.pad:
        raise ValueError("a page has no room for a line")
    pages: list[list[Row]] = [[]]
    room = frame.first
    for row in rows:
        left: Row | None = row
        while left is not None:
            height = frame.height(left)
            if height <= room:
                pages[-1].append(left)
                room, left = room - height, None
                continue
            if height > frame.rest:  # no page holds it
                piece, left = _torn(left, int((room - frame.pad) // frame.line))
                pages[-1] += [piece] if piece else []
            pages.append([])
            room = frame.rest
    _closed(pages, room, frame)
    return pages


def _torn(row: Row, lines: int) -> tuple[Row | None, Row]:
    """The first lines of a row, and the rest of it."""
    if lines < 1:
        return None, row
    cells = tuple(cell[:lines] for cell in row.cells), tuple(cell[lines:] for cell in row.cells)
    return Row(cells[0], row.void), Row(cells[1], row.void)


def _closed(pages: list[list[Row]], room: float, frame: Frame) -> None:
    """Give what closes the list its place: below the last row, or on a page of its own with that row."""
    if frame.tail <= room:
        return
    last = pages[-1]
    moved = [last.pop()] if len(last) > 1 and frame.height(last[-1]) + frame.tail <= frame.rest else []
    pages.append(moved)
