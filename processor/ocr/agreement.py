"""Two readings of one part of a page held against each other: what both say is sure, what they say differently is in doubt.

PURE. Why: Tesseract is sure of many a wrong mark ("Đó" for "Đỗ"), but seldom of the same one in pixels of another size. Boxes are
fractions of the page, confidence 0 to 100. Refuses: to put a word together from two readings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from processor.describe.vocabulary import nfc
from processor.ocr.words import Word

HEAD = 0.45  # of the page's height: agency, number, date, kind and subject stand above
COUNTRY = frozenset("cộng hòa hội nghĩa việt nam độc lập tự hạnh phúc".split())  # of its name and motto, over every head (ô 1)
_HEADED = 4  # of these words: fewer are a sentence
FOOT_RISE = 0.03  # of the height: the signature's first line may stand above "Nơi nhận"
FOOT_DEPTH = 0.35
RECIPIENTS = "nơi"  # "Nơi nhận" opens the foot (NĐ 30 Phụ lục I, Phần I, ô 9b)
DOUBTED = 55.0  # what two readings say differently
LONE = 70.0  # what one reading says where the other has two words or none
ADDED = 88.0  # a word only the second reading has must be as sure
_SIGNS = ".,;:'`|"


def zones(words: Sequence[Word]) -> list[tuple[float, float]]:
    """Top and bottom of the parts worth a second reading: a letter's head, and the foot where one opens below it."""
    headed = {said for word in words if word.top < HEAD and (said := _said(word).casefold()) in COUNTRY}
    found = [(0.0, HEAD)] if len(headed) >= _HEADED else []
    above = HEAD if found else 0.0  # a later page may end soon after its top
    for word in words:
        if _said(word).casefold() == RECIPIENTS and word.left < 0.4 and word.top > above:
            found.append((max(above, word.top - FOOT_RISE), min(1.0, word.top + FOOT_DEPTH)))
            break
    return found


def is_same_place(word: Word, other: Word) -> bool:
    """Whether two boxes cover mostly the same part of the page."""
    across = min(word.right, other.right) - max(word.left, other.left)
    down = min(word.bottom, other.bottom) - max(word.top, other.top)
    narrow = min(word.right - word.left, other.right - other.left)
    low = min(word.bottom - word.top, other.bottom - other.top)
    return across > 0.5 * narrow and down > 0.4 * low


def confirmed(first: Sequence[Word], second: Sequence[Word], zone: tuple[float, float]) -> list[Word]:
    """The first reading, its words within a zone as sure as the second makes them, and what only the second saw for sure."""
    low, high = zone
    inner = [word for word in first if low < word.top and word.bottom < high]
    outer = [word for word in first if not (low < word.top and word.bottom < high)]
    pairs = [(word, [other for other in second if is_same_place(word, other)]) for word in inner]
    seen = {id(other) for _, others in pairs for other in others}
    covered = {id(other) for word in outer for other in second if is_same_place(word, other)}
    added = [other for other in second
             if id(other) not in seen | covered and other.confidence >= ADDED and any(map(str.isalnum, other.text))]  # fmt: skip
    return [*outer, *(each for word, others in pairs for each in _weighed(word, others)), *added]


def _weighed(word: Word, others: Sequence[Word]) -> list[Word]:
    if len(others) != 1:
        return [replace(word, confidence=min(word.confidence, LONE))]
    pieces = [_cut(each) for each in (word, others[0])]
    if len(pieces[0]) == len(pieces[1]) == 2:  # of "15/QĐ-UBND" the letters may be in doubt and the digits not
        return [_of_two(*pair) for pair in zip(*pieces, strict=True)]
    return [_of_two(word, others[0])]


def _of_two(word: Word, other: Word) -> Word:
    if _said(word) == _said(other):
        return replace(word, confidence=100 - (100 - word.confidence) * (100 - other.confidence) / 100)
    better = max(word, other, key=lambda each: each.confidence)
    return replace(word, text=better.text, confidence=min(better.confidence, DOUBTED))


def _cut(word: Word) -> list[Word]:
    """A number and its notation, printed as one word, apart: `15` and `/QĐ-UBND`; other words whole."""
    digits, slash, rest = word.text.partition("/")
    if not (digits.isdecimal() and slash and rest) or rest[:4].isdecimal():  # "28/2021/NĐ-CP" stays whole
        return [word]
    edge = word.left + (word.right - word.left) * len(digits) / len(word.text)
    return [replace(word, text=digits, right=edge), replace(word, text=slash + rest, left=edge)]


def _said(word: Word) -> str:
    """What counts of a word: NFC, the eth as the đ, without the signs that hang on it."""
    return nfc(word.text).strip(_SIGNS)
