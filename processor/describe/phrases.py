"""What mends or confirms a doubtful word: the closed phrases of offices, and what the document itself says twice.

PURE. Promises: only marks are mended, never letters, and only within a phrase of `config/law/kinds.toml`, whose letters make no
other phrase there; a repeated pair of words confirms what was read, it never changes it. Refuses: a lone word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from processor.describe.heading import SURE
from processor.describe.layout import Line, Word
from processor.describe.vocabulary import Vocabulary, fold

LISTED = 0.85  # how sure a word is that a closed list confirms
LEAST = 0.3  # what the recogniser itself doubts more is no letter of a phrase
_AROUND = " .,;:()\"'-–"


def _bare(word: Word) -> str:
    return word.text.strip(_AROUND)


def mended(words: Sequence[Word], law: Vocabulary) -> list[Word]:
    """The words, those of a listed phrase written and as sure as the list makes them; the longest phrase goes first."""
    keys = [fold(_bare(word)) for word in words]
    found = list(words)
    at = 0
    while at < len(words):
        sizes = range(min(law.longest_phrase, len(words) - at), 1, -1)
        size = next((n for n in sizes if tuple(keys[at : at + n]) in law.phrases), 0)
        said = words[at : at + size]
        if size and min(word.confidence for word in said) >= LEAST and _stands_together(said):
            written = law.phrases[tuple(keys[at : at + size])].split()
            found[at : at + size] = [_written(word, text) for word, text in zip(said, written, strict=True)]
        at += size or 1
    return found


def _stands_together(words: Sequence[Word]) -> bool:
    """No sign parts the words: "phòng. cháy" is no phrase."""
    return all(word.text.rstrip(_AROUND) == word.text for word in words[:-1])


def _written(word: Word, text: str) -> Word:
    bare = _bare(word)
    if bare.isupper() and len(bare) > 1:
        cased = text.upper()
    else:
        cased = (text[0].upper() if bare[0].isupper() else text[0]) + text[1:]
    return replace(word, text=word.text.replace(bare, cased), confidence=max(word.confidence, LISTED))


def repeated(rows: Iterable[Line]) -> frozenset[tuple[str, str]]:
    """Pairs of neighbouring words that the pages surely print, as they are read, in small letters."""
    pairs = set()
    for row in rows:
        for before, word in zip(row.words, row.words[1:], strict=False):
            if min(before.confidence, word.confidence) >= SURE:
                pairs.add((_bare(before).lower(), _bare(word).lower()))
    return frozenset(pairs)


def confirmed(words: Sequence[Word], pairs: frozenset[tuple[str, str]]) -> list[Word]:
    """The words, a doubtful one as sure as a list makes it where the document surely prints it beside the same neighbour."""
    said = [_bare(word).lower() for word in words]
    found = []
    for at, word in enumerate(words):
        before = at > 0 and (said[at - 1], said[at]) in pairs
        after = at + 1 < len(words) and (said[at], said[at + 1]) in pairs
        sure = LISTED if word.confidence >= LEAST and (before or after) else 0.0
        found.append(replace(word, confidence=max(word.confidence, sure)))
    return found
