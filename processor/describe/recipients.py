"""Whom a letter goes to, and what it says it brings along (NĐ 30/2020 Phụ lục I, Phần I, mục II.9 and III.1).

PURE. Promises: the list whole, in its order, or nothing. Refuses: a list with one doubtful word, or without its end ("Lưu").
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from processor.describe.heading import SURE, Value
from processor.describe.layout import Foot, Line, Word, joined
from processor.describe.phrases import LISTED, Pairs, mended
from processor.describe.vocabulary import Vocabulary, fold, is_clean, is_spelt

LONGEST = 1000  # NĐ 30 Phụ lục VI: ToPlaces String 1000
MOST_LINES = 30
WIDE_STEP = 1.9  # line pitches: what stands further below is no line of the list
_BULLET = re.compile(r"^[^\w(]*[-–—•*+~=_][^\w(]*")
_AROUND = re.compile(r"^(?:[^\w(]|_)+|(?:[^\w)]|_)+$")
_AFTER_COMMA = re.compile(r",(?=[^\s\d])")
_HEADING = "noi nh"
_KEPT = "luu"  # the last line: "Lưu: VT, TH."
_NOTE = re.compile(r"\((?=[^()]{0,200}(?:kem theo|dinh kem|gui kem|phu luc))[^()]{0,400}\)")
_OF_ANOTHER = re.compile(r"\bso\b[^()]{0,12}/|/(?:20)?[0-9]{2}/|\bcua (?:nghi dinh|thong tu|luat)")  # its number follows
_SIGNS = " .,;:()\"'-–"
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
    if any(not _is_word(part) for part in told.split()):
        return None
    sure = min(word.confidence for word in words)
    return Value(told, sure, tuple(words)) if sure >= SURE and len(told) <= LONGEST else None


def _is_word(part: str) -> bool:
    """Whether what stands between spaces is a word, or a dash or sign that print has there; a speck may have been a word."""
    return part in ("-", "–", "&", "+") or any(map(str.isalnum, part))


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


def annexes(pages: Sequence[Sequence[Line]], pairs: Pairs, law: Vocabulary) -> Value | None:
    """The notes in brackets of what comes with a letter, apart by `; `: `(Có danh sách kèm theo)`, `(chi tiết tại Phụ lục I)`.

    On an annex, `(Kèm theo Quyết định số 12/QĐ-UBND …)` tells of the letter it belongs to, and is none. None where one is in doubt.

    Args:
        pages: the lines of each.
        pairs: neighbouring words that the document prints elsewhere.
        law: the closed lists.
    """
    found: dict[str, Value] = {}
    for rows in pages:
        words = joined([word for row in rows for word in row.words])
        for note in _notes(mended(words, law), pairs):
            if note.confidence < SURE:
                return None
            found.setdefault(note.text.casefold(), note)
    told = "; ".join(note.text for note in found.values())
    if not told or len(told) > LONGEST:
        return None
    first = next(iter(found.values()))
    return Value(told, min(note.confidence for note in found.values()), first.words)


def _notes(words: Sequence[Word], pairs: Pairs) -> Iterator[Value]:
    text = " ".join(word.text for word in words)
    starts = list(accumulate((len(word.text) + 1 for word in words), initial=0))
    for match in _NOTE.finditer(fold(text)):
        if _OF_ANOTHER.search(match[0]):
            continue
        first, last = bisect_right(starts, match.start()) - 1, bisect_right(starts, match.end() - 1) - 1
        within = list(words[first : last + 1])
        ended = replace(within[-1], text=within[-1].text[: match.end() - starts[last]])  # without the "./." a text ends with
        within[-1] = _vouched([*within[:-1], ended], pairs)
        yield Value(text[match.start() + 1 : match.end() - 1].strip(), min(word.confidence for word in within), tuple(within))


def _vouched(words: Sequence[Word], pairs: Pairs) -> Word:
    """The last word of a note, as sure as a list makes it where the document prints it elsewhere after the same word.

    What makes recognition doubt it is mostly the sign that ends the text.
    """
    last = words[-1]
    if len(words) < 2:
        return last
    before, said = (word.text.strip(_SIGNS).lower() for word in words[-2:])
    counts = pairs.get((fold(before), fold(said)), Counter())
    return replace(last, confidence=max(last.confidence, LISTED)) if set(counts) == {(before, said)} else last
