"""Two readings of one part of a page held against each other: what both say is sure, what they say differently is in doubt.

PURE. Why: Tesseract is sure of many a wrong mark ("Đó" for "Đỗ"), but seldom of the same one in pixels of another size. Boxes are
fractions of the page, confidence 0 to 100. Refuses: to put a word together from two readings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from processor.describe.vocabulary import fold, is_syllable, nfc
from processor.ocr.words import Word

DOUBTED = 55.0  # what two readings say differently
SURE, SURE_NAME = 80.0, 85.0  # the latter for names, which nothing vouches for
CLEAR = 3  # readings to one
UNMARKED = 65.0  # where only the marks differ: a closed list may know them
LONE = 70.0  # what one reading says where the other has two words or none
OUTVOTED = 84.0  # what two readings say against a third: enough for a word of a sentence, not for a name
CASED = 75.0  # where a capital looks like the small letter: v and V
DASHES = "-–—"
MOSTLY = 0.8  # of a mark's width lies over its word
UNREAD = 30.0  # what is read with less is no word where the other reading has one
ADDED = 88.0  # a word only the second reading has must be as sure
_JOINED = re.compile(r"([^\W\d_]{2,})[-.:'](\d{4}|[^\W\d_]{2,})(\W*)")


def is_same_place(word: Word, other: Word) -> bool:
    """Whether two boxes cover mostly the same part of the page."""
    across, down = _shared(word, other)
    return across > 0.5 and down > 0.4


def touches(word: Word, other: Word) -> bool:
    """Whether two boxes cover so much of each other that not both are words of print."""
    across, down = _shared(word, other)
    return across > 0.2 and down > 0.2


def _shared(word: Word, other: Word) -> tuple[float, float]:
    """How much of the narrower and of the lower of two boxes lies within the other."""
    across = min(word.right, other.right) - max(word.left, other.left)
    down = min(word.bottom, other.bottom) - max(word.top, other.top)
    narrow = min(word.right - word.left, other.right - other.left)
    low = min(word.bottom - word.top, other.bottom - other.top)
    return across / narrow if narrow > 0 else 0.0, down / low if low > 0 else 0.0


def unlapped(words: Sequence[Word]) -> list[Word]:
    """The words of one reading, in its order, none reaching over the next of its line: a box may be as wide as two words."""
    return [
        replace(word, right=after.left) if word.left < after.left < word.right and _shared(word, after)[1] > 0.4 else word
        for word, after in zip(words, [*words[1:], *words[-1:]], strict=True)
    ]


def whole(words: Sequence[Word]) -> list[Word]:
    """The words without lone signs and letters that lie over a longer one: its marks, read apart, or what a pen left there."""
    lone = [word for word in words if len(word.text) == 1 and word.text not in DASHES]
    torn = [word for word in lone if any(len(other.text) > 2 and _lies_over(word, other) for other in words)]
    return [word for word in words if word not in torn]


def _lies_over(mark: Word, word: Word) -> bool:
    across, down = _shared(mark, word)
    return across > MOSTLY and down > 0 and mark.right - mark.left < word.right - word.left


def unjoined(words: Sequence[Word], *readings: Sequence[Word]) -> list[Word]:
    """The words, those that a speck joins ("Lam-Xuyên") apart where another reading has two words there."""
    return [piece for word in words for piece in next(filter(None, (_like(word, each) for each in readings)), (word,))]


def unspecked(words: Sequence[Word]) -> list[Word]:
    """The words, those apart between whose halves every reading has a sign, but not the same: "Các-phòng", "Các:phòng"."""
    found = list[Word]()
    for word in words:
        match = _joined(nfc(word.text))
        others = [_joined(text) for text in word.rivals]
        halves, signs = {(each[1], each[2]) for each in others if each}, {each.string[each.end(1)] for each in others if each}
        if match is None or None in others or len(halves) != 1 or len(signs) < 2:
            found.append(word)
            continue
        edge = word.left + (word.right - word.left) * match.end(1) / len(match[0])
        found.append(replace(word, text=match[1], right=edge, rivals=(), confidence=OUTVOTED))
        found.append(replace(word, text=match[2] + match[3], left=edge, rivals=(), confidence=OUTVOTED))
    return found


def _joined(text: str) -> re.Match[str] | None:
    """The halves of what a speck may join, each a syllable, or a year; no initials: "QĐ-UBND"."""
    match = _JOINED.fullmatch(text)
    return match if match and all(half.isdecimal() or _is_spelt_out(half) for half in match.group(1, 2)) else None


def _is_spelt_out(half: str) -> bool:
    return half[1:].islower() or (half.isupper() and is_syllable(half))


def _like(word: Word, others: Sequence[Word]) -> tuple[Word, ...]:
    match = _joined(nfc(word.text))
    there = sorted((other for other in others if is_same_place(word, other)), key=lambda other: other.left) if match else []
    if match is None or len(there) != 2 or [fold(other.said) for other in there] != [fold(match[1]), fold(match[2])]:
        return ()
    edge = (there[0].right + there[1].left) / 2
    first, second = replace(word, text=match[1], right=edge), replace(word, text=match[2] + match[3], left=edge)
    return (first, second) if word.left < edge < word.right else ()


def yielding(first: Sequence[Word], second: Sequence[Word]) -> list[Word]:
    """The first reading without what it doubts itself where the second has a sure word."""
    sure = [other for other in second if other.confidence >= ADDED and any(map(str.isalnum, other.text))]
    return [word for word in first if word.confidence >= UNREAD or not any(is_same_place(word, other) for other in sure)]


def confirmed(first: Sequence[Word], second: Sequence[Word], zone: tuple[float, float]) -> list[Word]:
    """The first reading, its words within a zone as sure as the second makes them, and what only the second saw for sure."""
    low, high = zone
    first, second = unjoined(first, second), unjoined(second, first)
    inner = [word for word in first if low < word.top and word.bottom < high]
    outer = [word for word in first if not (low < word.top and word.bottom < high)]
    pairs = [(word, [other for other in second if is_same_place(word, other)]) for word in inner]
    seen = {id(other) for _, others in pairs for other in others}
    covered = {id(other) for word in outer for other in second if is_same_place(word, other)}
    added = [other for other in second
             if id(other) not in seen | covered and other.confidence >= ADDED and any(map(str.isalnum, other.text))]  # fmt: skip
    return [*outer, *(each for word, others in pairs for each in _weighed(word, others)), *added]


def voted(readings: Sequence[Sequence[Word]]) -> list[Word]:
    """What readings of one place say: a word that two of them have is sure, less so where others have another.

    Words with digits are told only as far as none says otherwise: a pen's are read in many ways.
    """
    apart = [unjoined(words, *readings) for words in readings]
    known = [[piece for word in words for piece in _cut(word)] for words in apart]
    ranked = sorted(
        (_counted(word, known[:at] + known[at + 1 :], is_first=at == 0) for at, words in enumerate(known) for word in words),
        key=lambda each: (-each[0], -each[1].confidence),
    )  # fmt: skip
    kept: list[Word] = []
    for votes, word in ranked:
        if votes >= 0 and any(map(str.isalnum, word.text)) and not any(touches(word, other) for other in kept):
            kept.append(word)
    return kept


def _counted(word: Word, others: Sequence[Sequence[Word]], *, is_first: bool) -> tuple[int, Word]:
    """How many other readings say the same, and the word as sure as they make it; -1 for what one alone has added in doubt."""
    there = [near for words in others if (near := [other for other in words if is_same_place(word, other)])]
    word = replace(word, rivals=_rivals([[word], *there]))
    same = [near[0] for near in there if len(near) == 1 and near[0].said == word.said]
    against = len(there) - len(same)
    if not same or (against and any(map(str.isdigit, word.text))):
        doubt = DOUBTED if against else LONE
        return 0 if is_first or against or word.confidence >= ADDED else -1, replace(word, confidence=min(word.confidence, doubt))
    best, word = max(each.confidence for each in same), _tightest([word, *same])
    sure = 100 - (100 - word.confidence) * (100 - best) / 100
    votes = len(same) + 1
    cased = sum(near[0] not in same and any(each.said.casefold() == word.said.casefold() for each in near) for near in there)
    if cased and votes < CLEAR * cased:
        return len(same), replace(word, confidence=min(sure, CASED))
    rival = max(Counter(" ".join(each.said for each in near) for near in there if near[0] not in same).values(), default=0)
    most = 100.0 if votes >= CLEAR * rival and votes > against else OUTVOTED if votes > rival and votes >= against else DOUBTED
    return len(same), replace(word, confidence=min(sure, most))


def _tightest(same: Sequence[Word]) -> Word:
    """The first of readings that say the same, in the box of that which a stroke or a rule beside the word widens least."""
    word, tight = same[0], min(same, key=lambda each: (each.bottom - each.top) * (each.right - each.left))
    return replace(word, left=tight.left, top=tight.top, right=tight.right, bottom=tight.bottom)


def _weighed(word: Word, others: Sequence[Word]) -> list[Word]:
    pieces = [_cut(word), [piece for other in others for piece in _cut(other)]]
    if len(pieces[0]) == len(pieces[1]) == 2 and (len(others) == 1 or "/" not in word.text):  # a pen may stand before a "/"
        return [_of_two(*pair) for pair in zip(*pieces, strict=True)]  # of "15/QĐ-UBND" the letters may be in doubt alone
    if len(others) != 1:
        return [replace(word, confidence=min(word.confidence, LONE))]
    if len(pieces[0]) != len(pieces[1]) and _without_slash(word) == _without_slash(others[0]):
        slashed = max(word, others[0], key=lambda each: len(each.said))
        whole = (_cut(replace(each, text=slashed.text)) for each in (word, others[0]))
        return [_of_two(*pair) for pair in zip(*whole, strict=True)]
    return [_of_two(word, others[0])]


def _without_slash(word: Word) -> str:
    """A number and its notation without the "/" between them, which a reading may miss: digits never stand before letters else."""
    return word.said.replace("/", "", 1)


def _of_two(word: Word, other: Word) -> Word:
    if word.said == other.said:
        return replace(_tightest([word, other]), confidence=100 - (100 - word.confidence) * (100 - other.confidence) / 100)
    better = max(word, other, key=lambda each: each.confidence)
    doubt = UNMARKED if fold(word.said) == fold(other.said) else DOUBTED
    return replace(word, text=better.text, confidence=min(better.confidence, doubt), rivals=_rivals([[word], [other]]))


def is_read_twice(word: Word, other: Word) -> bool:
    """Whether a word is a piece of another that it touches, for that is what other readings have in its place."""
    return word.rivals.count(other.said) > 1 and min(_shared(word, other)) > 0


def disputed(word: Word, others: Sequence[Word]) -> Word:
    """What two readings have at one place, with what others have there as its rivals."""
    other = next((each for each in others if is_same_place(word, each) and each.said != word.said), None)
    if other is None:
        return word
    own = word.said
    return replace(word, rivals=(own, own, *(other.rivals or (other.said,))))


def _rivals(readings: Sequence[Sequence[Word]]) -> tuple[str, ...]:
    """What each reading of one place has there as one word; nothing where all have the same."""
    said = tuple(words[0].said for words in readings if len(words) == 1)
    return said if len(set(said)) > 1 else ()


def _cut(word: Word) -> list[Word]:
    """A number and its notation, printed as one word, apart: `15` and `/QĐ-UBND`; initials at their comma: `VT,` and `TH`."""
    digits, slash, rest = word.text.partition("/")
    if digits.isdecimal() and slash and rest and not rest[:4].isdecimal():  # "28/2021/NĐ-CP" stays whole
        return _apart(word, len(digits))
    first, comma, rest = word.text.partition(",")
    return _apart(word, len(first) + 1) if first.isalpha() and comma and rest[:1].isalpha() else [word]


def _apart(word: Word, at: int) -> list[Word]:
    edge = word.left + (word.right - word.left) * at / len(word.text)
    return [replace(word, text=word.text[:at], right=edge), replace(word, text=word.text[at:], left=edge)]


def is_doubtful(word: Word) -> bool:
    """Whether a word of letters alone is too doubtful to be told: one more reading may settle it, digits it may not."""
    letters = any(map(str.isalpha, word.text)) and not any(map(str.isdigit, word.text))
    return letters and word.confidence < SURE_NAME
