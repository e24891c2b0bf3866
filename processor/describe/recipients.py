"""Whom a letter goes to, and what it says it brings along (NĐ 30/2020 Phụ lục I, Phần I, mục II.9 and III.1).

PURE. Promises: the list whole, in its order, or nothing. Refuses: a list with one doubtful word, or without its end ("Lưu").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from processor.describe.heading import SURE, Value
from processor.describe.layout import Foot, Line, Word
from processor.describe.phrases import LISTED, mended
from processor.describe.vocabulary import Vocabulary, fold, is_clean, is_spelt

LONGEST = 1000  # NĐ 30 Phụ lục VI: ToPlaces String 1000
MOST_LINES = 30
WIDE_STEP = 1.9  # line pitches: what stands further below is no line of the list
_BULLET = re.compile(r"^[^\w(]*[-–—•*+~=_][^\w(]*")
_AROUND = re.compile(r"^(?:[^\w(]|_)+|(?:[^\w)]|_)+$")
_AFTER_COMMA = re.compile(r",(?=[^\s\d])")
_HEADING = "noi nh"
_KEPT = "luu"  # the last line: "Lưu: VT, TH."
_NOTE = re.compile(r"\([^()]{0,200}kem theo[^()]{0,200}\)")
_NOTE_ROWS = 3
_PARTS = re.compile(r"[^\W_]+")


def recipients(foot: Foot, pitch: float, law: Vocabulary) -> Value | None:
    """The recipients, apart by `; `. `pitch` is the page's distance of lines."""
    rows = [Line(tuple(_confirmed(mended(row.words, law), law))) for row in _listed(foot, pitch)]
    words = [word for row in rows for word in row.words if any(map(str.isalnum, word.text))]
    if not words or not all(map(_is_print, words)):
        return None
    items: list[str] = []
    for row in rows:
        bullet = _BULLET.match(row.text)
        text = row.text[bullet.end() :] if bullet else row.text
        if not any(map(str.isalnum, text)):  # a speck
            continue
        if bullet or not items:
            items.append(text)
        else:
            items[-1] += f" {text}"
    told = "; ".join(_AFTER_COMMA.sub(", ", _AROUND.sub("", item)) for item in items)
    sure = min(word.confidence for word in words)
    return Value(told, sure, tuple(words)) if sure >= SURE and len(told) <= LONGEST else None


def _is_print(word: Word) -> bool:
    return is_clean(word.text.strip("_")) and all(map(is_spelt, _PARTS.findall(word.text)))


def _confirmed(words: Sequence[Word], law: Vocabulary) -> list[Word]:
    """Words that stand in nearly every list (`VT`, `b/c`) are written as the list of them has it, and as sure as it."""
    found = []
    for word in words:
        bare = word.text.strip("().,;: ")
        usual = law.usual_recipients.get(bare)
        found.append(replace(word, text=word.text.replace(bare, usual), confidence=max(word.confidence, LISTED)) if usual else word)
    return found


def _listed(foot: Foot, pitch: float) -> list[Line]:
    """The lines under "Nơi nhận" up to the one that says where a copy is kept; none where that one is not found."""
    rows: list[Line] = []
    before = foot.recipients[0].top if foot.recipients else 0.0
    for row in foot.recipients[1 : MOST_LINES + 1]:
        if row.top - before > WIDE_STEP * pitch:
            return []
        before = row.top
        if fold(row.text).startswith(_HEADING):
            continue  # read twice
        rows.append(row)
        if fold(_BULLET.sub("", row.text)).startswith(_KEPT):
            return rows
    return []


def annexes(rows: Sequence[Line]) -> Value | None:
    """The note in brackets of what comes along with a letter: `(Có danh sách kèm theo)`."""
    for index in range(len(rows)):
        words = [word for row in rows[index : index + _NOTE_ROWS] for word in row.words]
        found = _noted(words)
        if found:
            return found
    return None


def _noted(words: Sequence[Word]) -> Value | None:
    text = " ".join(word.text for word in words)
    match = _NOTE.search(fold(text))
    if not match:
        return None
    starts = [len(" ".join(word.text for word in words[:count])) + bool(count) for count in range(len(words))]
    within = tuple(w for w, start in zip(words, starts, strict=True) if start < match.end() and start + len(w.text) > match.start())
    sure = min(word.confidence for word in within)
    return Value(text[match.start() + 1 : match.end() - 1].strip(), sure, within) if sure >= SURE else None
