"""What stands on the pages that decides whether they may go on: a head, a signature, a mark of state secrecy.

PURE. Promises: a mark of secrecy is a word standing alone in capitals, as the stamp has it (Luật Bảo vệ bí mật nhà nước 2018
Đ8; the same word within a sentence or a title is none); in doubt it counts, since a person looks at what is held.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from processor.describe.layout import Page, Word, foot, head, lines
from processor.describe.vocabulary import SIGNS, Vocabulary, fold

UPPER_HALF = 0.5  # of the page: the stamp stands under the number, or above the head
_APART = 1.5  # heights of the word: nothing else may stand nearer on its line


@dataclass(frozen=True, slots=True)
class Marks:
    """Whether a page bears the document's head, a page its signature, a page a mark of secrecy."""

    head: bool
    signature: bool
    secrecy: bool


def marks(pages: Sequence[Page], law: Vocabulary) -> Marks:
    """Look for them on the upright pages, by the closed lists."""
    rows = [lines(page) for page in pages]
    feet = [foot(each, law) for each in rows if each]
    return Marks(
        head=any(bool(each) and head(each, law) is not None for each in rows),
        signature=any(found is not None and bool(found.signature) for found in feet),
        secrecy=any(_marked(page.words, law.secrecy) for page in pages),
    )


def _marked(words: Sequence[Word], degrees: Collection[tuple[str, ...]]) -> bool:
    upper = [word for word in words if word.top < UPPER_HALF and word.text.strip(SIGNS)]
    return any(tuple(fold(w.text.strip(SIGNS)) for w in phrase) in degrees for phrase in _alone(upper))


def _alone(words: Sequence[Word]) -> list[list[Word]]:
    """Words in capitals grouped with their neighbours on the line."""
    found = []
    for word in words:
        if word.text.isupper():
            group = sorted((other for other in words if _near(word, other)), key=lambda other: other.left)
            if len(group) <= 2 and all(other.text.isupper() for other in group):
                found.append(group)
    return found


def _near(word: Word, other: Word) -> bool:
    height = word.bottom - word.top
    beside = other.top < word.bottom - height / 3 and other.bottom > word.top + height / 3
    # Heights are shares of the page's height and lefts of its width: an A4 page is 1.41 times as high as wide.
    reach = _APART * height * 1.41
    return beside and other.left < word.right + reach and other.right > word.left - reach
