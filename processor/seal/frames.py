"""The printed frames `Số:      /QĐ-UBND` and `…, ngày    tháng    năm 2026`: which are blank, where, and what fills them.

Promises: what is written stands on the printed line, in its size, within the gap that was left for it. PURE. Lengths in points
of display space: origin top left, y down.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

_LEADERS = ".…·․‥_"
_BLANK = f"[{_LEADERS}]*"
_NUMBER = re.compile(f"(S[ốỐ]:?)({_BLANK}([0-9]*)[A-Za-z]?{_BLANK})/({_BLANK})")
_DAY = f"({_BLANK}([0-9]{{0,2}}){_BLANK})"
_YEAR = f"({_BLANK}([0-9]{{0,4}}){_BLANK})"
_DATE = re.compile(f"(ngày){_DAY}(tháng){_DAY}(năm){_YEAR}", re.IGNORECASE)
_SAME_LINE = 0.35  # of the type size
_APART = 0.12  # of the type size: a space, however narrow
_UPPER = 0.6  # of the page: the number and the date stand in its head
_LINE_END = 120.0  # how far a notation may reach where nothing is printed after the stroke
_SMALLEST = 9.0
_AIR = 1.0


@dataclass(frozen=True, slots=True)
class Glyph:
    """A letter on the page."""

    letter: str
    left: float
    right: float
    baseline: float
    size: float
    italic: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """Words to write, where they begin on their baseline."""

    text: str
    left: float
    baseline: float
    size: float


@dataclass(frozen=True, slots=True)
class Frame:
    """What one printed frame asks for.

    Attributes:
        pieces: what to write; empty where nothing is blank.
        differs: something else is printed there already.
        fits: whether every piece has room.
        italic: the frame is printed in italics.
    """

    pieces: tuple[Written, ...]
    differs: bool = False
    fits: bool = True
    italic: bool = False


Measure = Callable[[str, float], float]
"""Width of a text at a size, in points."""


def rows(glyphs: Iterable[Glyph]) -> list[list[Glyph]]:
    """Lines of the page from top to bottom, spaces left out, each from left to right."""
    lines: list[list[Glyph]] = []
    for glyph in sorted((each for each in glyphs if not each.letter.isspace()), key=lambda each: each.baseline):
        if lines and glyph.baseline - lines[-1][-1].baseline <= _SAME_LINE * max(glyph.size, lines[-1][-1].size):
            lines[-1].append(glyph)
        else:
            lines.append([glyph])
    return [sorted(line, key=lambda each: each.left) for line in lines]


@dataclass(frozen=True, slots=True)
class _Found:
    row: Sequence[Glyph]
    match: re.Match[str]

    def gap(self, before: int, after: int) -> tuple[float, float]:
        """Between two groups of the match; where the second is the row's end, as far as the row's next letter."""
        left = self.row[self.match.end(before) - 1].right
        start = self.match.start(after) if after else self.match.end()
        return left, self.row[start].left if start < len(self.row) else left + _LINE_END

    @property
    def first(self) -> Glyph:
        return self.row[self.match.start(1)]

    @property
    def after_comma(self) -> bool:
        """As the date of issue stands after the place's name."""
        start = self.match.start(1)
        return start > 0 and self.row[start - 1].letter == ","


def _find(pattern: re.Pattern[str], lines: Sequence[Sequence[Glyph]], height: float) -> list[_Found]:
    found = []
    for line in lines:
        if line[0].baseline > height * _UPPER:
            break
        text = "".join(glyph.letter for glyph in line)
        for match in pattern.finditer(text):
            start = match.start(1)
            if start == 0 or line[start].left - line[start - 1].right > _APART * line[start].size:
                found.append(_Found(line, match))
    return found


def _size(glyph: Glyph) -> float:
    """The printed size, where it may be one; a text layer's often is not."""
    return glyph.size if 12 <= glyph.size <= 14.5 else 13.0


def _centred(text: str, gap: tuple[float, float], glyph: Glyph, measure: Measure) -> tuple[Written, bool]:
    left, right = gap
    size = _size(glyph)
    wide = measure(text, size)
    if wide + _AIR > right - left > 0:
        size *= (right - left - _AIR) / wide if right - left > _AIR else 0
        wide = measure(text, size) if size > 0 else 0
    return Written(text, (left + right - wide) / 2, glyph.baseline, size), size >= _SMALLEST


def number(glyphs: Iterable[Glyph], height: float, wanted: tuple[str, str], measure: Measure) -> Frame | None:
    """What the number's frame asks for; None where there is none.

    Args:
        glyphs: of page 1.
        height: of the page.
        wanted: number and notation; an empty number is one that is not known.
        measure: width of what is written.
    """
    digits, notation = wanted
    found = next(iter(_find(_NUMBER, rows(glyphs), height)), None)
    if found is None:
        return None
    printed = found.match[3]
    if printed:
        return Frame((), differs=bool(digits) and int(printed) != _value(digits))
    stroke = found.row[found.match.end(2)]
    left, right = found.gap(1, 4)
    inner = (left, stroke.left)
    pieces = [_centred(digits, inner, found.first, measure)]
    after = found.row[found.match.end() :]
    if notation and (found.match[4] or not after or after[0].left - stroke.right > 3 * stroke.size):
        pieces.append((Written(notation, stroke.right + _AIR, found.first.baseline, _size(found.first)), True))
    return Frame(tuple(each for each, _ in pieces), fits=all(fits for _, fits in pieces), italic=found.first.italic)


def _value(digits: str) -> int:
    return int(digits) if digits.isdecimal() else -1


def date(glyphs: Iterable[Glyph], height: float, wanted: dt.date | None, measure: Measure) -> Frame | None:
    """What the date's frame asks for; None where there is none. `wanted` None: the date is not known."""
    candidates = _find(_DATE, rows(glyphs), height) or _after_comma(rows(glyphs), height)
    if not candidates:
        return None
    found = next((each for each in candidates if each.after_comma), candidates[0])
    printed = [found.match[group] for group in (3, 6, 9)]
    values = [f"{wanted.day:02d}", month(wanted), str(wanted.year)] if wanted else ["", "", ""]
    differs = bool(wanted) and any(not _agrees(*both) for both in zip(printed, values, strict=True))
    pieces: list[tuple[Written, bool]] = []
    for had, value, gap in zip(printed[:2], values[:2], (found.gap(1, 4), found.gap(4, 7)), strict=True):
        if not had:
            pieces.append(_centred(value, gap, found.first, measure))
    if len(printed[2]) < 4:
        end = found.row[found.match.start(9) + len(printed[2]) - 1] if printed[2] else found.row[found.match.end(7) - 1]
        space = 0.0 if printed[2] else measure(" ", _size(found.first))
        pieces.append((Written(values[2][len(printed[2]) :], end.right + space, found.first.baseline, _size(found.first)), True))
    return Frame(tuple(each for each, _ in pieces), differs, all(fits for _, fits in pieces), found.first.italic)


def _after_comma(lines: Sequence[Sequence[Glyph]], height: float) -> list[_Found]:
    """A frame set so tightly after its place's comma that no space is seen."""
    found = []
    for line in lines:
        if line[0].baseline <= height * _UPPER:
            text = "".join(glyph.letter for glyph in line)
            found += [_Found(line, match) for match in _DATE.finditer(text)]
    return [each for each in found if each.after_comma]


def _agrees(printed: str, value: str) -> bool:
    if len(value) == 4:
        return value.startswith(printed)
    return not printed or int(printed) == int(value)


def month(day: dt.date) -> str:
    """As NĐ 30 prints it: months 1 and 2 with a nought (Phụ lục I, Phần I, mục II.4.b)."""
    return f"{day.month:02d}" if day.month <= 2 else str(day.month)


def long_date(day: dt.date) -> str:
    """`ngày 05 tháng 3 năm 2026`."""
    return f"ngày {day.day:02d} tháng {month(day)} năm {day.year}"


def extent(pieces: Sequence[Written], measure: Measure) -> tuple[float, float, float, float]:
    """The box around what is written: left, top, right, bottom."""
    tall = max(piece.size for piece in pieces)
    return (
        min(piece.left for piece in pieces) - _AIR, min(piece.baseline for piece in pieces) - 0.95 * tall,
        max(piece.left + measure(piece.text, piece.size) for piece in pieces) + _AIR,
        max(piece.baseline for piece in pieces) + 0.3 * tall,
    )  # fmt: skip


def above_leaders(piece: Written, measure: Measure) -> tuple[float, float, float, float]:
    """The part of a piece's place where nothing is printed but what somebody wrote: leaders stand on the baseline."""
    wide = measure(piece.text or "0", piece.size)
    left = piece.left if piece.text else piece.left - wide / 2  # words that are not known begin in the middle of their gap
    return (left, piece.baseline - 0.65 * piece.size, left + wide, piece.baseline - 0.2 * piece.size)


def nearby(glyphs: Iterable[Glyph], height: float, baseline: float) -> bool:
    """Whether a frame for the number is printed on about this line."""
    return any(abs(each.first.baseline - baseline) < each.first.size for each in _find(_NUMBER, rows(glyphs), height))


