"""Where every word of a letter stands on A4 paper, by the models of NĐ 30/2020/NĐ-CP Phụ lục I and III.

Promises: positions in points (1/72 inch) from the top left corner, baselines for words; nothing here knows
pixels or PDF. Refuses: landscape, tables, other paper. The one foreign thing used is the width of a word in
the font found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.testkit.faces import Face, width
from tests.testkit.letters import Letter, Paragraph, written_month
from tests.testkit.styles import MM, PAPER, STYLES, Style

BOTTOM = PAPER[1] - 21 * MM
INDENT = 10 * MM
FACES: dict[str, Face] = {"basis": "italic", "bold": "bold"}
NATION, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"


@dataclass(frozen=True, slots=True)
class Run:
    """One word: its left end and baseline, size in points."""

    text: str
    x: float
    y: float
    size: float
    face: Face


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin horizontal line."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A gap left in print, to be filled by hand: its left end, baseline and width."""

    kind: Literal["number", "day"]
    text: str
    x: float
    y: float
    width: float


@dataclass(slots=True)
class Sheet:
    """One page being laid out; `sign_at` is the middle of the signature gap where there is one; `free` are
    the places for stamps, best first: left, top and height (NĐ 30 PL IV mục V: under the number, or where
    the paper is blank)."""

    style: Style = STYLES[0]
    runs: list[Run] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    sign_at: tuple[float, float] | None = None
    free: list[tuple[float, float, float]] = field(default_factory=list)


Words = list[tuple[str, Face]]


def _words(text: str, face: Face) -> Words:
    return [(word, face) for word in text.split()]


def _natural(words: Words, size: float) -> float:
    return sum(width(w, f, size) for w, f in words) + width(" ", "regular", size) * max(0, len(words) - 1)


def _break(words: Words, size: float, first: float, other: float) -> list[Words]:
    """Greedy lines of at most `first`, then `other` points."""
    lines: list[Words] = [[]]
    for word in words:
        room = first if len(lines) == 1 else other
        if lines[-1] and _natural([*lines[-1], word], size) > room:
            lines.append([])
        lines[-1].append(word)
    return lines


def _balanced(text: str, face: Face, size: float, room: float) -> list[Words]:
    """The fewest lines that fit, as even as they come: titles are not filled to the edge."""
    words = _words(text, face)
    count = len(_break(words, size, room, room))
    for narrower in range(int(room * 0.4), int(room), 6):
        lines = _break(words, size, narrower, narrower)
        if len(lines) <= count and all(_natural(line, size) <= room for line in lines):
            return lines
    return _break(words, size, room, room)


def _set(sheet: Sheet, words: Words, x: float, y: float, size: float, space: float | None = None) -> float:
    """Set words on a baseline from `x`; returns where the last one ends."""
    gap = width(" ", "regular", size) if space is None else space
    for text, face in words:
        sheet.runs.append(Run(text, x, y, size, face))
        x += width(text, face, size) + gap
    return x - gap


def _centre(sheet: Sheet, lines: Iterable[Words], middle: float, y: float, size: float) -> float:
    """Set lines centred on `middle`, the first baseline at `y`; returns the last baseline."""
    leading = size * 1.22
    for line in lines:
        _set(sheet, line, middle - _natural(line, size) / 2, y, size)
        y += leading
    return y - leading


def _name_lines(name: str, size: float) -> list[Words]:
    """The agency's name, its level on a line of its own (`ỦY BAN NHÂN DÂN` / `TỈNH …`)."""
    parts = re.split(r" (?=(?:tỉnh|xã|phường|thành phố) )", name)
    return [line for part in parts for line in _balanced(part.upper(), "bold", size, 66 * MM)]


def _code_line(sheet: Sheet, letter: Letter, y: float, by_hand: bool) -> None:
    style, size = sheet.style, sheet.style.number
    if not by_hand:
        _centre(sheet, [_words(f"{style.label} {letter.code}", "regular")], style.head_left, y, size)
        return
    gap = max(26.0, 10.5 * len(letter.code_number))
    label, notation = _words(style.label, "regular"), _words(f"/{letter.code_notation}", "regular")
    x = style.head_left - (_natural(label, size) + gap + _natural(notation, size)) / 2
    end = _set(sheet, label, x, y, size)
    sheet.slots.append(Slot("number", letter.code_number, end + 2, y, gap - 4))
    _set(sheet, notation, end + gap, y, size)


def _date_line(sheet: Sheet, letter: Letter, y: float, by_hand: bool) -> None:
    middle, size = sheet.style.head_right, sheet.style.dated
    day = f"{letter.issued_date.day:02d}"
    before = _words(f"{letter.place}, ngày", "italic")
    after = _words(f"tháng {written_month(letter.issued_date)} năm {letter.issued_date.year}", "italic")
    if not by_hand:
        _centre(sheet, [[*before, (day, "italic"), *after]], middle, y, size)
        return
    gap = 22.0
    end = _set(
        sheet, before, middle - (_natural(before, size) + gap + _natural(after, size)) / 2, y, size
    )
    sheet.slots.append(Slot("day", day, end + 3, y, gap - 6))
    _set(sheet, after, end + gap, y, size)


def _rule(sheet: Sheet, rule: Rule) -> None:
    if sheet.style.ruled:
        sheet.rules.append(rule)


def _head(sheet: Sheet, letter: Letter, by_hand: bool) -> float:
    """The two-column head; returns the baseline under which the title or `Kính gửi` begins."""
    style = sheet.style
    y = style.top + 12
    parent = [_words(letter.organ_parent.upper(), "regular")] if letter.organ_parent else []
    left = _centre(sheet, parent, style.head_left, y, style.agency - 0.5) if parent else y - 16
    name = _name_lines(letter.organ_name, style.agency)
    left = _centre(sheet, name, style.head_left, left + 16, style.agency)
    length = min(26 * MM, _natural(name[-1], style.agency) * 0.45)
    _rule(sheet, Rule(style.head_left - length / 2, left + 4.5, length))
    _centre(sheet, [_words(NATION, "bold")], style.head_right, y, style.nation)
    motto = _words(MOTTO, "bold")
    _centre(sheet, [motto], style.head_right, y + 16, style.nation + 1)
    _rule(sheet, Rule(style.head_right - _natural(motto, style.nation + 1) / 2, y + 21, _natural(motto, style.nation + 1)))
    y = max(left + 4, y + 20) + style.drop
    _code_line(sheet, letter, y, by_hand)
    _date_line(sheet, letter, y, by_hand)
    if letter.type_name is None:
        y = _centre(sheet, _balanced(f"V/v {letter.subject}", "regular", *style.brief), style.head_left, y + 16, style.brief[0])
    return y


def _title(sheet: Sheet, letter: Letter, y: float) -> float:
    """Name of kind and subject, bold and centred, a rule beneath."""
    if letter.type_name is None:
        return y + 14
    middle = (sheet.style.left + sheet.style.right) / 2
    y = _centre(sheet, [_words(letter.type_name.upper(), "bold")], middle, y + 34, sheet.style.title)
    if not letter.subject:
        return y + 10
    lines = _balanced(letter.subject, "bold", 14, 130 * MM)
    y = _centre(sheet, lines, middle, y + 17, 14)
    length = _natural(lines[-1], 14) * 0.4
    _rule(sheet, Rule(middle - length / 2, y + 6, length))
    return y + 16


def _addressees(sheet: Sheet, names: Sequence[str], y: float) -> float:
    """`Kính gửi:` with one name on its line, or several on lines of their own."""
    if not names:
        return y
    y += 22
    end = _set(sheet, _words("Kính gửi:", "regular"), 72 * MM, y, 14)
    if len(names) == 1:
        _set(sheet, _words(f"{names[0]}.", "regular"), end + 5, y, 14)
        return y + 10
    for index, name in enumerate(names):
        y += 17
        _set(sheet, _words(f"- {name}{'.' if index == len(names) - 1 else ';'}", "regular"), 88 * MM, y, 14)
    return y + 10


class _Flow:
    """Body text running over pages: the one place that opens a new sheet."""

    def __init__(self, sheet: Sheet, y: float, size: float) -> None:
        self.sheets, self.style = [sheet], sheet.style
        self.y, self.size, self.leading = y, size, size * sheet.style.leading

    def room(self, height: float) -> None:
        """Open a new sheet, numbered in the top margin (NĐ 30 PL I mục II.7), unless `height` is left on this one."""
        if self.y + height <= BOTTOM:
            return
        self.sheets.append(Sheet(self.style))
        number = _words(str(len(self.sheets)), "regular")
        _centre(self.sheets[-1], [number], PAPER[0] / 2, 13 * MM, 14)
        self.y = self.style.top

    def paragraph(self, paragraph: Paragraph, keep: float) -> None:
        """Set one paragraph; with `keep` points free beneath it, so a signature never stands alone on a
        page.
        """
        if paragraph.style == "centre":
            lines = [
                line
                for part in paragraph.text.split("\n")
                for line in _balanced(part, "bold", self.size, 150 * MM)
            ]
            self.room(len(lines) * self.leading + 40 + keep)
            self.y = 8 + _centre(
                self.sheets[-1], lines, (self.style.left + self.style.right) / 2, self.y + self.leading + 8, self.size
            )
            return
        face = FACES.get(paragraph.style, "regular")
        words = [*_words(paragraph.lead, "bold"), *_words(paragraph.text[len(paragraph.lead) :], face)]
        room = self.style.right - self.style.left
        lines = _break(words, self.size, room - INDENT, room)
        self.room(min(2, len(lines)) * self.leading + 6 if not keep else len(lines) * self.leading + 6 + keep)
        self.y += 6
        for index, line in enumerate(lines):
            self.room(self.leading)
            self.y += self.leading
            self._line(line, self.style.left + (INDENT if index == 0 else 0), last=index == len(lines) - 1)

    def _line(self, line: Words, x: float, last: bool) -> None:
        spare = self.style.right - x - sum(width(w, f, self.size) for w, f in line)
        space = None if last or len(line) == 1 else spare / (len(line) - 1)
        _set(self.sheets[-1], line, x, self.y, self.size, space)


def _close(sheet: Sheet, letter: Letter, y: float) -> None:
    """Signature block on the right (ô 7), recipients on the left (ô 9)."""
    style = sheet.style
    lines = [*letter.authority_lines, letter.signer_position]
    printed = [_words(line.upper(), "bold") for line in lines]
    top = y + 26
    bottom = _centre(sheet, printed, style.sign, top, 13.5)
    sheet.sign_at = (style.sign, bottom + style.sign_gap / 2)
    _centre(sheet, [_words(letter.signer_name, "bold")], style.sign, bottom + style.sign_gap + 14, 14)
    _set(sheet, _words("Nơi nhận:", "bold-italic"), style.left, top, style.listed + 1)
    for index, name in enumerate(letter.recipients, 1):
        _set(sheet, _words(f"- {name}", "regular"), style.left, top + 1 + index * style.listed * 1.2, style.listed)
    below = top + 14 + style.listed * 1.2 * len(letter.recipients)
    sheet.free.append((style.left, below, BOTTOM - below))


def _kept(body: Sequence[Paragraph], index: int, close: float) -> float:
    """What must stay on a page with a paragraph: lines of text under a heading, the close under the last."""
    after = body[index + 1 :]
    if not after:
        return close
    if body[index].style not in ("bold", "centre"):
        return 0
    return 60 + (close if len(after) == 1 else 0)


def sheets(letter: Letter, *, size: float = 14, by_hand: bool = False, style: Style = STYLES[0]) -> list[Sheet]:
    """The letter's pages in order, body in `size` points (13 or 14); `by_hand` leaves number and day to be written in."""
    first = Sheet(style)
    under = _head(first, letter, by_hand)
    y = _addressees(first, letter.addressees, _title(first, letter, under))
    first.free.append((8 * MM, under + 6, y - under))
    flow = _Flow(first, y, size)
    height = max(26 + 17 * len(letter.authority_lines) + style.sign_gap + 30, 40 + style.listed * 1.2 * len(letter.recipients))
    for index, paragraph in enumerate(letter.body):
        flow.paragraph(paragraph, _kept(letter.body, index, height))
    _close(flow.sheets[-1], letter, flow.y)
    return flow.sheets
