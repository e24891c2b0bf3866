"""Which words of a page the ink is asked about (`shapes`), and how sure its answer makes them. Runs in a worker.

Why: most readings may be of one mind and wrong: both models take "Trũng" for the commoner "Trùng". And a head prints its names
twice, in capitals and in small letters: where these differ, what is read of the one is asked of the other's ink too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from processor.describe.vocabulary import fold
from processor.ocr import agreement, regions, shapes
from processor.ocr.words import Word

_MOST = 24  # words of a page
_LEAST_NAME = 2  # letters


def shaped(plain: Image.Image, words: Sequence[Word]) -> list[Word]:
    """The words, those on which readings differ as the ink has them, as far as it tells: with two readings it outvotes others.

    Args:
        plain: the grey page.
        words: all of them; boxes in fractions of the page.
    """
    held = {id(word): _crossed(word, words) for word in words if _is_name(word) and word.top < regions.HEAD}
    asked = {id(word): held.get(id(word)) or word for word in words if word.rivals and _is_open(word)}
    asked |= {key: word for key, word in held.items() if word is not None}
    found, put = list(words), dict(list(asked.items())[:_MOST])
    laid = [put.get(id(word), word) for word in words]
    for at, (word, before, after) in enumerate(zip(words, laid, shapes.told(plain, laid, list(put.values())), strict=True)):
        found[at] = word if after == before else _told(word, after)
    told = agreement.unspecked(found)
    return [replace(word, confidence=max(word.confidence, agreement.OUTVOTED)) if _is_agreed(word) else word for word in told]


def _is_open(word: Word) -> bool:
    """Whether the ink is asked which reading of a word is right: one in doubt, or a name, which nothing else vouches for."""
    return agreement.is_doubtful(word) or word.said.isupper() or word.said.istitle()


def _is_name(word: Word) -> bool:
    return len(word.said) >= _LEAST_NAME and word.said.isalpha() and (word.said.isupper() or word.said.istitle())


def _crossed(word: Word, words: Sequence[Word]) -> Word | None:
    """A name with what its twin in the other case was read as among its rivals; None where it has none, or the same marks."""
    own, said = word.said.isupper(), word.said
    twins = {other.said for other in words if _is_name(other) and other.said.isupper() != own and fold(other.said) == fold(said)}
    others = [text.upper() if own else text.title() for text in sorted(twins) if text.casefold() != said.casefold()]
    if not others or word.top >= regions.HEAD:
        return None
    return replace(word, rivals=(*(word.rivals or (said,)), *others))


def _told(word: Word, after: Word) -> Word:
    """A word as the ink has it: another text than most readings have is sure enough for a sentence, not for a name."""
    if after.text == word.text:
        return replace(word, rivals=tuple(text for text in after.rivals if text in word.rivals))
    return replace(after, confidence=min(after.confidence, agreement.OUTVOTED))


def _is_agreed(word: Word) -> bool:
    """Whether all that is left of what was read of a word, three times or more, is the same."""
    return len(word.rivals) >= agreement.CLEAR and len(set(word.rivals)) == 1
