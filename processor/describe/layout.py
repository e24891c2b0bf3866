"""Lines of words (`rows`) made into the zones of a letter (NĐ 30/2020 Phụ lục I: ô 1-9b).

PURE. Promises: zones bear the two columns of the head. Refuses: a head without the country's name or the motto, since a body that
quotes a document would be read as one. The head's columns part where the country's name or the motto begins.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from processor.describe.vocabulary import Vocabulary, fold, squash

HEAD_DEPTH = 0.4  # the head ends in the upper part of the page
SIGNATURE_LEFT = 0.42  # the signature stands in the right half (ô 7a-7c)
NARROWER = 0.05  # of the width: the motto begins so much further right than the country's name
LEAST_HEADING = 4  # letters: "nhận", where "Nơi" is not read
SIGNED_ABOVE = 3.5  # line pitches: so far above "Nơi nhận" the signature may begin
OPENING = 40  # letters
SCRAP = (2, 0.6)  # letters at most, unless with digits; confidence: what is less is no word that opens a line
COLUMN_GAP = 0.04  # of the width: no space between words is so wide
_DATED = re.compile(r"[a-z]{2,40}ngay.{0,8}thang.{0,4}nam[0-9]{4}")


@dataclass(frozen=True, slots=True)
class Word:
    """A recognised word, its box in fractions of the upright page, how sure the recogniser is: all 0 to 1.

    Attributes:
        rivals: what each reading has there, this one among them, where they differ.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    rivals: tuple[str, ...] = ()

    @property
    def height(self) -> float:
        """Of the box, as a fraction of the page's height."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Of the box, from the top."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Page:
    """The words of one upright page, in any order."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Words of one line from left to right; never empty."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """That of the worst word."""
        return min(word.confidence for word in self.words)

    @property
    def top(self) -> float:
        """A height of the line that one tall word does not move."""
        return statistics.median(word.top for word in self.words)

    @property
    def left(self) -> float:
        """Where the line begins."""
        return self.words[0].left

    @property
    def letter(self) -> float:
        """How wide a letter of the line is, on average."""
        return sum(word.right - word.left for word in self.words) / sum(len(word.text) for word in self.words)

    @property
    def opening(self) -> str:
        """How the line begins, `squash`ed, without what a pen before it was read as."""
        return squash(Line(tuple(dropwhile(_is_scrap, self.words)) or self.words).text[:OPENING])

    @property
    def centre(self) -> float:
        """Half-way between its ends."""
        return (self.words[0].left + max(word.right for word in self.words)) / 2


def _is_scrap(word: Word) -> bool:
    return word.confidence < SCRAP[1] and (len(word.text) <= SCRAP[0] or any(map(str.isdigit, word.text)))


@dataclass(frozen=True, slots=True)
class Head:
    """The zones of a first page: agency and number, place and date, and below both the kind and subject."""

    left: tuple[Line, ...]
    right: tuple[Line, ...]
    below: tuple[Line, ...]
    top: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Foot:
    """The zones at the end of a letter: the list of recipients and, beside it, the signature."""

    recipients: tuple[Line, ...]
    signature: tuple[Line, ...]


def joined(words: Sequence[Word]) -> list[Word]:
    """The words with a number and the notation that follows it as one word, however recognition parted them: `2269/QĐ-TTg`."""
    found: list[Word] = []
    for word in words:
        before = found[-1] if found else None
        letter = (word.right - word.left) / len(word.text)
        if before and word.text[0] == "/" and before.text[-1].isdigit() and abs(word.left - before.right) < letter / 2:
            right, low = max(before.right, word.right), max(before.bottom, word.bottom)
            sure = min(before.confidence, word.confidence)
            found[-1] = Word(before.text + word.text, before.left, min(before.top, word.top), right, low, sure)
        else:
            found.append(word)
    return found


def pitch(rows: Sequence[Line]) -> float:
    """The usual distance from one line to the next, as a fraction of the page's height."""
    steps = [low.top - high.top for high, low in zip(rows, rows[1:], strict=False)]
    tall = statistics.median(word.height for row in rows for word in row.words)
    usual = [step for step in steps if tall * 0.8 < step < tall * 3]
    return statistics.median(usual) if usual else tall * 1.5


def _where(line: Line, phrase: Sequence[str]) -> tuple[int, int]:
    """How many words of a phrase stand together in a line, and the index of the first."""
    names = [fold(word.text).strip(".,;:-–—_'\"") for word in line.words]
    best = (0, 0)
    for start in range(len(names)):
        window = names[start : start + len(phrase) + 2]  # two more: the dashes of the motto
        if window[0] in phrase:
            best = max(best, (sum((Counter(window) & Counter(phrase)).values()), start))
    return best


def _anchor(rows: Sequence[Line], law: Vocabulary) -> tuple[int, float] | None:
    """The line the head hangs on, and where its right column begins."""
    for index, row in enumerate(rows):
        if row.top > HEAD_DEPTH - 0.1:
            break
        for phrase in (law.country, law.motto, law.party):
            count, start = _where(row, phrase)
            said = row.words[start : start + len(phrase)]
            if phrase == law.party and not (count == len(phrase) and Line(said).text.isupper()):
                continue  # the text names the Party too
            if phrase and count * 3 >= len(phrase) * 2:
                return index, _column(row, start)
    return None


def _column(row: Line, start: int) -> float:
    """The left edge of the column that holds a word: recognition may have spoilt the words just before it."""
    gaps = [(0.0, row.words[start].left)]
    for before, word in zip(row.words[:start], row.words[1 : start + 1], strict=True):
        if word.left > row.words[start].left - 0.1:
            gaps.append((word.left - before.right, word.left))
    return max(gaps)[1]


def _part(row: Line, column: float) -> tuple[Line | None, Line | None]:
    left = tuple(word for word in row.words if word.left < column - 0.005)
    right = tuple(word for word in row.words if word.left >= column - 0.005)
    return (Line(left) if left else None, Line(right) if right else None)


def head(rows: Sequence[Line], law: Vocabulary) -> Head | None:
    """The head of a letter's first page; None where there is none to be sure of."""
    anchor = _anchor(rows, law)
    if anchor is None:
        return None
    step = pitch(rows)
    first, column = anchor
    top = rows[first].top - step / 2
    if _where(rows[first], law.motto)[0] > _where(rows[first], law.country)[0]:
        top -= 2 * step  # the country's name, unread, stands above
        column -= NARROWER  # and it, and the line of the date, may begin further left
    upper = [row for row in rows if top <= row.top < HEAD_DEPTH]
    parted = [_part(row, column) for row in upper]
    return Head(
        tuple(left for left, _ in parted if left),
        tuple(right for _, right in parted if right),
        tuple(row for row in rows if row.top > rows[first].top + step),
        rows[first].top,
        step,
    )


def cut_head(rows: Sequence[Line]) -> Head | None:
    """The lower part of a head that the scanner has cut: from the row of the number and, in the other column, the date."""
    for index, row in enumerate(rows):
        if row.top > HEAD_DEPTH - 0.1:
            break
        pairs = zip(row.words, row.words[1:], strict=False)
        column = max(((after.left - before.right, after.left) for before, after in pairs), default=(0.0, 0.0))[1]
        left, right = _part(row, column)
        if left and right and squash(left.text).startswith("so") and "/" in left.text and _DATED.fullmatch(squash(right.text)):
            step = pitch(rows)
            parted = [_part(each, column) for each in rows[index:] if each.top < HEAD_DEPTH]
            return Head(
                tuple(left for left, _ in parted if left), tuple(right for _, right in parted if right),
                tuple(rows[index + 1 :]), row.top, step,
            )  # fmt: skip
    return None


def _signature_column(row: Line) -> float:
    """Where the right column begins in a row: after its widest gap; a row without one is in one column."""
    words = [word for word in row.words if squash(word.text)] or row.words  # specks are none
    gaps = [(after.left - before.right, after.left) for before, after in zip(words, words[1:], strict=False)]
    wide = [(gap, left) for gap, left in gaps if gap > COLUMN_GAP and left >= SIGNATURE_LEFT]
    return max(wide)[1] if wide else (words[0].left if words[0].left >= SIGNATURE_LEFT else math.inf)


def _opens_signature(row: Line, said: Sequence[str], law: Vocabulary) -> bool:
    """Whether of "Nơi nhận" only the end is read, in a row in which a signature begins beside it: small italics are spoilt so."""
    if not said or len(said[0]) < LEAST_HEADING or not any(opening.endswith(said[0]) for opening in law.recipients):
        return False
    _, beside = _part(row, _signature_column(row))
    return beside is not None and fold(beside.words[0].text).strip(".") in law.authorities and beside.text.isupper()


def foot(rows: Sequence[Line], law: Vocabulary) -> Foot | None:
    """The end of a letter, found by the list of recipients, or its signature alone; None on a page without one."""
    step = pitch(rows) if rows else 0.0
    for row in rows:
        said = [squash(word.text) for word in row.words if squash(word.text)]  # specks are none
        if row.left < SIGNATURE_LEFT and (law.opens_recipients("".join(said[:2])) or _opens_signature(row, said, law)):
            lowest = [line for line in rows if line.top > row.top - SIGNED_ABOVE * step]
            parted = [_part(line, _signature_column(line)) for line in lowest]
            return Foot(
                tuple(left for left, _ in parted if left and left.top >= row.top - step / 2),
                tuple(right for _, right in parted if right),
            )
    return None
