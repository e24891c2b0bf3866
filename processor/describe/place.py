"""The place of issue, from the line of place and date (NĐ 30/2020 Phụ lục I, Phần I, mục II.4), held against the agency's name.

PURE. Why: NĐ 30 prints the place twice, in small letters beside the date and in capitals over the number: recognition is sure of
many a wrong mark, seldom of the same one in both. Promises: a place, sure or in doubt; the agency's name is read by it either way.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import dropwhile

from processor.describe import agency as agencies
from processor.describe.heading import SURE, Value
from processor.describe.layout import Line, Word
from processor.describe.phrases import DOUBTED, LEAST, LISTED, Pairs, confirmed
from processor.describe.vocabulary import SIGNS, Vocabulary, fold, folded_words, is_syllable, marks, skeleton

_DASHES = ("-", "–")
_GENERIC = frozenset("tinh thanh pho quan huyen thi xa phuong tran dac khu".split())  # of "thành phố", "thị trấn", "đặc khu"
_IA = frozenset({"Ia", "la", "1a", "Ìa"})
_OVER = frozenset("\u0302\u0306")  # circumflex and breve, over which a tone stands
_CAPITALS = 0.6  # a word in capitals read less surely says nothing about its marks


def issued_at(
    dated: Line | None, names: Sequence[Sequence[Word]], said: tuple[Pairs, Pairs], law: Vocabulary
) -> Value | None:  # fmt: skip
    """The place of issue; less than `SURE` where in doubt, as where it has other marks than the names over the number.

    Args:
        dated: the line of place and date.
        names: those over the number, in capitals.
        said: neighbouring words that the pages print, and those that their text prints in small letters.
        law: the closed lists.
    """
    found = place(Line(tuple(confirmed(dated.words, said[0])))) if dated else None
    if found is None or dated is None:
        return None
    if any(agencies.is_province(name, found, law) for name in names) and found.confidence >= LEAST:
        return replace(found, text=law.places[folded_words(found.text)], confidence=max(found.confidence, LISTED))
    size = len(found.words)
    runs = [name[at : at + size] for name in names for at in range(len(name) - size + 1)]
    same = [run for run in runs if skeleton(" ".join(word.text for word in run)) == skeleton(found.text)]
    doubted = replace(found, confidence=min(found.confidence, DOUBTED))
    if same and not _is_told_twice(place(dated) or found, same) or any(_disagree(run, found) for run in same):
        return _as_the_text_has_it(found, same, said[1]) or doubted
    if law.places.get(folded_words(found.text)) == found.text and found.confidence >= LEAST:
        return replace(found, confidence=max(found.confidence, LISTED))
    if any(_is_cut(name, found) for name in names) or (size == 1 and not same):
        return doubted  # of places of one word all that are known are listed
    named = {" ".join(word.text.strip(SIGNS) for word in run).lower() for run in same}
    if found.text.lower() in named:
        return replace(found, confidence=max(found.confidence, LISTED))
    return found if found.confidence >= SURE else _as_the_text_has_it(found, same, said[1]) or found


def _as_the_text_has_it(found: Value, runs: Sequence[Sequence[Word]], small: Pairs) -> Value | None:
    """A place in doubt with the marks that the text, in small letters, and the name over the number both surely give it."""
    for run in runs:
        told = agencies.elsewhere(run, small)
        if told and [word.text.lower() for word in run] == told and min(word.confidence for word in run) >= SURE:
            text = " ".join(word.text for word in found.words).strip(SIGNS)
            if fold(text) == fold(" ".join(told)):
                return replace(found, text=" ".join(map(agencies.cased, (each.upper() for each in told))), confidence=LISTED)
    return None


def _is_cut(name: Sequence[Word], found: Value) -> bool:
    """Whether a name has the place within a longer one, which begins earlier or goes on: part of the place was not read."""
    size, said, own = len(found.words), [skeleton(word.text) for word in name], [skeleton(word.text) for word in found.words]
    begun = (at for at in range(1, len(said) - size) if fold(name[at - 1].text) in agencies.BEFORE_PLACES)
    ends = said[-size:] == own and len(said) > size and fold(name[-size - 1].text) not in agencies.BEFORE_PLACES
    return ends or any(said[at : at + size] == own for at in begun)


def _disagree(words: Sequence[Word], found: Value) -> bool:
    """Whether a name in capitals bears marks that the same name in small letters lacks: capitals lose marks, none gains them."""
    small = found.text.split()
    pairs = zip(words, small, strict=True) if len(words) == len(small) else ()
    return any(Counter(marks(text.upper())) < Counter(marks(word.text)) for word, text in pairs if word.confidence >= _CAPITALS)


def _is_told_twice(found: Value, runs: Sequence[Sequence[Word]]) -> bool:
    """Whether a place is sure in small letters and in capitals, as it must be where marks stand over a letter's own, or a reading
    has such: Nhân, Nhẫn. What is no syllable ("Rvê") bears no second one."""
    said = (text for word in found.words for text in (word.text.strip(SIGNS), *word.rivals) if is_syllable(text))
    is_marked = any(_OVER & set(unicodedata.normalize("NFD", text)) for text in said)
    return not is_marked or found.confidence >= SURE and any(min(word.confidence for word in run) >= SURE for run in runs)


def place(line: Line) -> Value | None:
    """The place of issue: the words before the comma, or before "ngày", in the line of place and date.

    Names begin with capitals, what they name ("Thành phố", "thị xã") may not.
    """
    words = tuple(dropwhile(lambda word: not any(map(str.isalnum, word.text)), _before_date(line.words)))  # specks
    if not words or any(fold(word.text).startswith(("ngay", "thang")) for word in words):
        return None
    words = (_capital(words[0]), *words[1:])
    if not all(word.text[:1].isupper() or word.text in _DASHES or fold(word.text) in _GENERIC for word in words):
        return None
    return Value(" ".join(word.text.strip(SIGNS) or "-" for word in words), Line(words).confidence, words)


def _capital(word: Word) -> Word:
    """The first word of a place, "Ia" for what its capital is read as ("la" or "1a" Grai): no name opens with either."""
    if word.text not in _IA:
        return word
    return replace(word, text="Ia", confidence=max(word.confidence, SURE if _IA.issuperset(word.rivals) else 0.0))


def _before_date(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words of a place; a comma may stand apart, or be missed."""
    for at, word in enumerate(words):
        if word.text.strip(SIGNS) == "" and "," in word.text:
            return tuple(words[:at])
        if word.text.endswith(","):
            return tuple(words[: at + 1])
        if fold(word.text) == "ngay":
            return tuple(words[:at])
    return ()
