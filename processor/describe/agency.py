"""The issuing agency's name, from the left column of the head (NĐ 30/2020 Phụ lục I, Phần I, mục II.2).

PURE. Promises: the name is the printed one, written as names are written (Phụ lục II, mục IV) where all its
words are known, in its capitals where not. Refuses: a name with a doubtful word that neither a closed list
nor the place of issue confirms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from processor.describe.heading import SURE, Value
from processor.describe.layout import Line, Word
from processor.describe.phrases import LISTED
from processor.describe.vocabulary import SIGNS, Vocabulary, folded_words, marks, nfc, skeleton

LONGEST_PHRASE = 12  # words
CAPITALS = 0.6  # a word in capitals read less surely says nothing about its marks


def names(rows: Sequence[Line], law: Vocabulary) -> list[list[Word]]:
    """The names of the left column, the parent's first, as words; none where a word is not in capitals."""
    found: list[list[Word]] = []
    for row in rows:
        words = [_stripped(word) for word in row.words if any(map(str.isalpha, word.text))]
        if not words:
            continue
        if not all(word.text.isupper() for word in words):
            return []
        opens = any(_key(words[:size]) in law.agency_openers for size in (1, 2, 3))
        if found and not (opens and _key(found[-1]) not in law.agency_openers):
            found[-1].extend(words)
        elif opens:
            found.append(words)
        else:
            return []
    return found


def agency(words: Sequence[Word], issued_at: Value | None, law: Vocabulary) -> Value | None:
    """The name these words print; None where in doubt. `issued_at` is the place of issue."""
    pieces: list[str] = []
    sure, at = 1.0, 0
    while at < len(words):
        size, written = _listed(words, at, law.agency_written)
        named = not size
        if named:
            size, written = _listed(words, at, law.before_names)
        if not size:
            return _as_printed(words)
        said = words[at : at + size]
        pieces.append(written)
        sure = min(sure, max(LISTED, min(word.confidence for word in said)))
        at += size
        if named:
            others = (i for i in range(at, len(words)) if _listed(words, i, law.before_names)[0])
            end = next(others, len(words))
            proper = _proper(words[at:end], issued_at, marks(_text(said)) != marks(written.upper()))
            if proper is None:
                return None
            pieces.append(proper.text)
            sure, at = min(sure, proper.confidence), end
    return Value(" ".join(pieces), sure, tuple(words))


def _stripped(word: Word) -> Word:
    return Word(word.text.strip(SIGNS), word.left, word.top, word.right, word.bottom, word.confidence)


def _key(words: Sequence[Word]) -> tuple[str, ...]:
    return folded_words(_text(words))


def _listed(words: Sequence[Word], at: int, phrases: Mapping[tuple[str, ...], str]) -> tuple[int, str]:
    """The longest listed phrase that begins at a word: how many words it takes, and how it is written."""
    for size in range(min(LONGEST_PHRASE, len(words) - at), 0, -1):
        written = phrases.get(_key(words[at : at + size]))
        if written:
            return size, written
    return 0, ""


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _as_printed(words: Sequence[Word]) -> Value | None:
    """A name with a word no list knows: in its capitals, if every word is sure and the marks are not lost."""
    worst = min(word.confidence for word in words)
    return Value(_text(words), worst, tuple(words)) if worst >= SURE and marks(_text(words)) else None


def disagree(words: Sequence[Word], issued_at: Value) -> bool:
    """Whether a name in capitals bears marks that the same name in small letters lacks: capitals lose marks, none gains them.

    NĐ 30 prints both: recognition is sure of many a wrong mark, seldom of the same one in capitals and in small letters.
    """
    small = issued_at.text.split()
    pairs = zip(words, small, strict=True) if len(words) == len(small) else ()
    return any(Counter(marks(text.upper())) < Counter(marks(word.text)) for word, text in pairs if word.confidence >= CAPITALS)


def _proper(words: Sequence[Word], issued_at: Value | None, lost: bool) -> Value | None:
    """The name of a place. The place of issue, in small letters and so read better, vouches for it.

    Args:
        words: the name, in capitals.
        issued_at: the place of issue.
        lost: the word before it has lost its marks: then this one may have too.
    """
    said = _text(words)
    if not said:
        return None
    if issued_at and issued_at.confidence >= SURE and skeleton(issued_at.text) == skeleton(said):
        if disagree(words, issued_at):
            return None
        return Value(issued_at.text, issued_at.confidence, tuple(words))
    worst = min(word.confidence for word in words)
    if lost or worst < SURE:
        return None
    return Value(" ".join(nfc(w.text[:1] + w.text[1:].lower()) for w in words), worst, tuple(words))
