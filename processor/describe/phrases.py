"""What mends or confirms a doubtful word: the closed phrases of offices, and what the document itself says twice.

PURE. Promises: only marks are mended, never letters, and only within a phrase of `config/law/kinds.toml`, whose letters make no
other phrase there; a repeated pair of words confirms what was read, it never changes it. Refuses: a lone word.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from itertools import pairwise
from typing import TypeAlias

from processor.describe.heading import SURE, is_slip
from processor.describe.layout import Line, Word
from processor.describe.vocabulary import Vocabulary, fold, folded_words, is_syllable

LISTED = 0.85  # how sure a word is that a closed list confirms
LEAST = 0.3  # what the recogniser itself doubts more is no letter of a phrase
DOUBTED = 0.6
Pair: TypeAlias = tuple[str, str]
Pairs: TypeAlias = Mapping[Pair, Counter[Pair]]
LONG = 4  # words of a phrase that is known by the others where one is misread
LEAST_NAME, LONGEST_NAME = 4, 14  # words of a listed name that nothing else is
_ALIKE = frozenset("COSUVX")
_DASHES = frozenset("-–—")
_SPECK = ".'`"
_JOINED = re.compile(r"([^\W\d_]+)([.:'`])([^\W\d_]{2,})([;,.]?)")
_AROUND = " .,;:()\"'-–"


def _bare(word: Word) -> str:
    return word.text.strip(_AROUND)


def mended(words: Sequence[Word], law: Vocabulary) -> list[Word]:
    """The words, those of a listed phrase written and as sure as the list makes them; the longest phrase goes first."""
    words = [piece for word in words for piece in _parted(word, law)]
    keys = [fold(_bare(word)) for word in words]
    found = list(words)
    at = 0
    while at < len(words):
        sizes = range(min(law.longest_phrase, len(words) - at), 1, -1)
        size = next((n for n in sizes if tuple(keys[at : at + n]) in law.phrases), 0)
        said = words[at : at + size]
        if size and _reaches_over(words[at:], keys[at:], size, law):
            at += 1
            continue
        if size and min(word.confidence for word in said) >= LEAST and _stands_together(said, tuple(keys[at : at + size]), law):
            written = law.phrases[tuple(keys[at : at + size])].split()
            inner = [*(replace(word, text=word.text.rstrip(_SPECK)) for word in said[:-1]), said[-1]]
            capitals = all(word.text.isupper() for word in said)
            found[at : at + size] = [
                _written(word, text, capitals, within=place > 0 and said[0].text[:1].islower())
                for place, (word, text) in enumerate(zip(inner, written, strict=True))
            ]
        at += size or 1
    return found


def _parted(word: Word, law: Vocabulary) -> list[Word]:
    """Two words with a speck in the space between ("trực:tiếp") apart, where a phrase has them beside each other; others whole."""
    pair = _JOINED.fullmatch(word.text)
    if pair is None or not any((fold(pair[1]), fold(pair[3])) in pairwise(key) for key in law.phrases):
        return [word]
    letter = (word.right - word.left) / len(word.text)
    first, second = word.left + letter * len(pair[1]), word.left + letter * (len(pair[1]) + len(pair[2]))
    return [replace(word, text=pair[1], right=first, rivals=()), replace(word, text=pair[3] + pair[4], left=second, rivals=())]


def named(words: Sequence[Word], law: Vocabulary) -> list[Word]:
    """The words, those of an agency's listed name as sure as the list makes them and without specks; the longest name goes first.

    Only what is read with the very marks of the list is such a name, and of signs only those the list has may stand within.
    """
    found = list(words)
    at = 0
    while at < len(words):
        sizes = range(min(LONGEST_NAME, len(words) - at), LEAST_NAME - 1, -1)
        size = next((n for n in sizes if _is_named(words[at : at + n], law)), 0)
        written = _listed(words[at : at + size], law).split()
        for place, text in enumerate(written[:-1] if size else (), at):
            said = text if text in _DASHES else words[place].text.rstrip(_SPECK)
            found[place] = replace(words[place], text=said, confidence=max(words[place].confidence, LISTED))
        if size:
            last = at + size - 1
            found[last] = replace(words[last], confidence=max(words[last].confidence, LISTED))
        at += size or 1
    return found


def is_slipped(words: Sequence[Word], law: Vocabulary) -> bool:
    """Whether a long listed phrase stands there but for one letter of one word: "Ủy bai Mặt trận Tổ quốc"."""
    keys = tuple(fold(_bare(word)) for word in words)
    long = [key for key in law.phrases if len(key) >= LONG]
    return any(_is_but_for_a_letter(keys[at : at + len(key)], key) for key in long for at in range(len(keys) - len(key) + 1))


def _is_but_for_a_letter(said: tuple[str, ...], key: tuple[str, ...]) -> bool:
    other = [pair for pair in zip(said, key, strict=True) if pair[0] != pair[1]]
    return len(other) == 1 and is_slip(*other[0], least=1)


def _listed(words: Sequence[Word], law: Vocabulary) -> str:
    return law.agency_written.get(folded_words(" ".join(_bare(word) for word in words)), "")


def _is_named(words: Sequence[Word], law: Vocabulary) -> bool:
    written = _listed(words, law).split()
    if len(written) != len(words) or min(word.confidence for word in words) < LEAST:
        return False
    inner = zip((word.text.rstrip(_SPECK).lower() for word in words[:-1]), (text.lower() for text in written[:-1]), strict=True)
    ended = _bare(words[-1]).lower() == written[-1].lower()
    return ended and all(said == text or {said, text} <= _DASHES for said, text in inner)


def _reaches_over(words: Sequence[Word], keys: Sequence[str], size: int, law: Vocabulary) -> bool:
    """Whether a phrase that begins within the first one, read with its very marks, goes on beyond: "cần bổ sung" is no "cán bộ"."""
    said = [_bare(word).lower() for word in words[: size + law.longest_phrase]]
    first = law.phrases[tuple(keys[:size])].lower().split()
    for start in range(1, size):
        if first[start:] == said[start:size]:
            continue  # both have the same marks there
        for end in range(size + 1, min(start + law.longest_phrase, len(said)) + 1):
            if law.phrases.get(tuple(keys[start:end]), "").lower().split() == said[start:end]:
                return True
    return False


def _stands_together(words: Sequence[Word], key: tuple[str, ...], law: Vocabulary) -> bool:
    """No sign parts the words but the phrase's own comma; a full stop within a phrase is a speck, for no sentence ends there."""
    signs = (word.text.rstrip(_SPECK)[len(word.text.rstrip(_AROUND)) :] for word in words[:-1])
    pairs = zip(key, key[1:], strict=False)
    return all(not sign or (sign == "," and pair in law.commas) for sign, pair in zip(signs, pairs, strict=True))


def _written(word: Word, text: str, capitals: bool, within: bool) -> Word:
    bare = _bare(word)
    if bare.isupper() and len(bare) > 1:
        cased = text.upper() if capitals or not is_syllable(bare) else text  # "khu VỰC"; but "UBND tỉnh"
    elif any(map(str.isupper, bare[1:])) or (within and bare[0] in _ALIKE and word.confidence < SURE):
        cased = text  # "khu VựC", "khu Vực": capitals that look like their small letters
    else:
        cased = (text[0].upper() if bare[0].isupper() else text[0]) + text[1:]
    if Counter(unicodedata.normalize("NFD", bare)) == Counter(unicodedata.normalize("NFD", cased)):
        cased = bare  # "uỷ" and "ủy" are one word: as it is printed
    return replace(word, text=word.text.replace(bare, cased), confidence=max(word.confidence, LISTED))


def repeated(rows: Iterable[Line], *, small: bool = False) -> Pairs:
    """Pairs of neighbouring words that the pages surely print, in small letters: by their letters, how often with which marks.

    With `small` only those that are printed so, for capitals are read worse, and also those a line's end parts.
    """
    pairs: dict[Pair, Counter[Pair]] = {}
    last: tuple[Word, ...] = ()
    for row in rows:
        words, last = (*last, *row.words), row.words[-1:] if small else ()
        for before, word in zip(words, words[1:], strict=False):
            is_left_out = small and before.text.isupper() and word.text.isupper()
            if min(before.confidence, word.confidence) >= SURE and not is_left_out and not any(map(_is_disputed, (before, word))):
                said = (_bare(before).lower(), _bare(word).lower())
                pairs.setdefault((fold(said[0]), fold(said[1])), Counter())[said] += 1
    return pairs


def _is_disputed(word: Word) -> bool:
    """Whether readings differ about a word, and none has it by far: sure enough for a sentence, it is no witness for another."""
    return bool(word.rivals) and word.confidence < LISTED


def listed(words: Sequence[Word], law: Vocabulary) -> frozenset[int]:
    """The places of words that stand in listed phrases with the very marks of these."""
    said = [_bare(word).lower() for word in words]
    keys, found = [fold(text) for text in said], set[int]()
    for at in range(len(words)):
        for size in range(2, min(law.longest_phrase, len(words) - at) + 1):
            written = law.phrases.get(tuple(keys[at : at + size]), "")
            if written and written.lower().split() == said[at : at + size]:
                found.update(range(at, at + size))
    return frozenset(found)


def _differing(pair: Pair, other: Pair, at: int) -> set[int]:
    return {at + n for n, (one, two) in enumerate(zip(pair, other, strict=True)) if one != two}


def confirmed(words: Sequence[Word], pairs: Pairs, known: Set[int] = frozenset()) -> list[Word]:
    """The words, held against what the document says elsewhere beside the same neighbour.

    With the same marks a doubtful word is as sure as a list makes it; with other marks, and as often, it is in doubt: the
    words themselves are counted too, so one other mention is a tie. Of a word at a known place, which a list has, it says nothing:
    "hợp thức" makes no doubt of "phối hợp thực hiện".
    """
    said = [_bare(word).lower() for word in words]
    found = list(words)
    for at, pair in enumerate(zip(said, said[1:], strict=False)):
        counts = pairs.get((fold(pair[0]), fold(pair[1])), Counter())
        others = max((number for other, number in counts.items() if _differing(pair, other, at) - known), default=0)
        for place in (at, at + 1):
            if others and others >= counts[pair]:
                found[place] = replace(found[place], confidence=min(found[place].confidence, DOUBTED))
            elif counts[pair] and words[place].confidence >= LEAST:
                found[place] = replace(found[place], confidence=max(found[place].confidence, LISTED))
    return found
