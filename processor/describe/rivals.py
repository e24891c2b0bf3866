"""Readings that differ, held against a closed list: where it knows but one of them, that one was printed.

PURE. Why: recognition slips from a name into what is none ("Tuần" for "Tuấn") far oftener than into another name. Refuses: what one
reading alone has, and what the list knows two of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from processor.describe.heading import SURE
from processor.describe.layout import Word
from processor.describe.phrases import LISTED
from processor.describe.vocabulary import SIGNS

LEAST = 2  # readings


def among(names: AbstractSet[str]) -> Callable[[str], str]:
    """A list of which a word is one, letter for letter and mark for mark, or none."""
    return lambda text: text if text in names else ""


def is_doubled(words: Sequence[Word], least: float = SURE) -> bool:
    """Whether two words beside each other are the same, one in doubt: readings that part a line elsewhere leave one word twice.

    Args:
        words: of a line.
        least: what is read less surely is in doubt; of lists, in which no word stands twice, more than 1.
    """
    said = [word.text.strip(SIGNS).lower() for word in words]
    return any(a == b != "" and min(one.confidence, two.confidence) < least
               for a, b, one, two in zip(said, said[1:], words, words[1:], strict=False))  # fmt: skip


def settled(word: Word, listed: Callable[[str], str]) -> Word:
    """The word as a list has it, where of all that was read there the list knows just one; else as it is.

    Args:
        word: with its rivals.
        listed: how the list writes a text; empty where it does not know it.
    """
    known = Counter(filter(None, map(listed, word.rivals)))
    if len(known) != 1:
        return word
    ((written, readings),) = known.items()
    return replace(word, text=written, confidence=max(word.confidence, LISTED)) if readings >= LEAST else word
