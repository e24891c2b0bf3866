"""What stands on the pages that decides whether they may go on: a head, a signature, a mark of state secrecy.

PURE. Promises: a mark of secrecy is a word standing alone in capitals, as the stamp has it (Luật Bảo vệ bí mật nhà nước 2018
Đ8; the same word within a sentence or a title is none); in doubt it counts, since a person looks at what is held. The page
of the signature is known by what is printed round it, never by the name: recognisers take a seal with what lies under it
for a picture and read nothing there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from processor.describe import heading
from processor.describe.layout import COLUMN_GAP, SIGNATURE_LEFT, Head, Line, Page, Word, head
from processor.describe.rows import lines
from processor.describe.vocabulary import Vocabulary, fold, nfc, skeleton, squash

HALF = 0.5  # of the page: above it the stamp stands, under the number or over the head; below it the signature
_APART = 1.5  # heights of the word: nothing else may stand nearer on its line
_LONG = 6  # letters of a mark (TỐI MẬT) of which one may be read amiss
_SEEN = 0.1  # confidence: below, specks were made into letters
_FRAME = 1  # letters: what the sides of the stamp's frame are read as ("I", "l", "[")
SEAL_LEFT = 0.35  # of the width: the seal stands in the right half, on the left third of the signature; further left are stamps
HEAD_ENDS = 0.33  # of page 1: motto, number and subject stand above it (NĐ 30 Phụ lục I), a logo too; no signature does
_LABEL = ("do", "mat")
_COPY_NUMBER = re.compile(r"/SY-[A-ZĐ]")
_BETWEEN = re.compile(r"[.\s]+")


@dataclass(frozen=True, slots=True)
class Marks:
    """Whether a page bears the document's head, a page its signature, a page a mark of secrecy.

    Attributes:
        urgency: the mark of page 1 (`Hỏa tốc`); empty where there is none.
        authority: by which the last signer signs, as it is folded (`kt`: deputising); empty where none is read.
        sealed: a seal's red ink and a signature stand where documents are signed.
        heads: pages (1-based) with a head, a number and a date of their own: of more than one, each begins a document. What is
            issued with a decision has a head and no number.
        copied: the page bears the block of a copy (`SAO Y`, `Số: 05/SY-UBND`), as the source of a sao lục does (NĐ 30 Đ25.2).
    """

    head: bool
    signature: bool
    secrecy: bool
    urgency: str = ""
    authority: str = ""
    sealed: bool = False
    copied: bool = False
    heads: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Seal:
    """Red ink of a seal's size on an upright page, its box in fractions, and whether a pen has written by it."""

    left: float
    top: float
    right: float
    bottom: float
    signed: bool


def marks(
    pages: Sequence[Page], law: Vocabulary, inked: Sequence[Page] = (), seals: Sequence[Sequence[Seal]] = ()
) -> Marks:
    """Look for them by the closed lists.

    Args:
        pages: the print of the upright pages.
        law: the closed lists.
        inked: the same pages with what stamps say, where that was read apart.
        seals: of each page, the red ink of a seal's size.
    """
    inked = inked or pages
    rows = [lines(page) for page in pages]
    tops = [head(each, law) if each else None for each in rows]
    return Marks(
        head=any(tops),
        signature=any(_has_recipients(each, law) or _has_signer(each, law) for each in rows),
        secrecy=any(_marked(page.words, law.secrecy) or _labelled(page.words, law.secrecy) for page in inked),
        urgency=next((written for page in inked[:1] for words, written in law.urgency.items() if _marked(page.words, {words})), ""),
        authority=next((found for each in reversed(rows) if (found := _authority(each, law))), ""),
        sealed=any(_is_sealed(seal, page == 1) for page, each in enumerate(seals, 1) for seal in each),
        copied=any(_is_copy(row) for each in rows for row in each),
        heads=tuple(page for page, top in enumerate(tops, 1) if top and _is_numbered(top)),
    )


def _is_sealed(seal: Seal, is_first: bool) -> bool:
    middle, height = (seal.left + seal.right) / 2, (seal.top + seal.bottom) / 2
    return seal.signed and middle >= SEAL_LEFT and not (is_first and height < HEAD_ENDS)


def _is_numbered(top: Head) -> bool:
    line = heading.number_line(top)
    return line is not None and heading.date_line(top, line) is not None


def _is_copy(row: Line) -> bool:
    """`SAO Y` in capitals, apart from other words or before a semicolon, or a number of the series of copies."""
    if any(_COPY_NUMBER.search(word.text) for word in row.words):
        return True
    return any(
        (before.text, word.text.rstrip(";,.")) == ("SAO", "Y") and (word.text.endswith(";") or len(_beside(row.words, word)) == 2)
        for before, word in zip(row.words, row.words[1:], strict=False)
    )


def _has_recipients(rows: Sequence[Line], law: Vocabulary) -> bool:
    """The list of recipients, which stands beside the signature (NĐ 30 Phụ lục I, Phần I, ô 7a and 9b)."""
    for row in rows:
        words = [word for word in row.words if squash(word.text)]
        opening, rest = words[:2], words[2:]
        alone = not rest or rest[0].left - opening[-1].right > COLUMN_GAP  # "Nơi nhận hồ sơ" is none
        if alone and row.left < SIGNATURE_LEFT and law.opens_recipients(squash("".join(word.text for word in opening))):
            return True
    return False


def _has_signer(rows: Sequence[Line], law: Vocabulary) -> bool:
    """A position in capitals in the right half: below the middle, or anywhere under the authority it is held by (`TM.`)."""
    led = False
    for top, text in _right(rows):
        said = tuple(fold(part) for part in _BETWEEN.split(nfc(text)) if squash(part)) if text.isupper() else ()
        said = tuple(part.strip(",;:-") for part in said)
        leads = bool(said) and said[0] in law.authorities
        led = leads or (led and bool(said))
        if said[leads:] in law.positions and (led or top >= HALF):
            return True
    return False


def _authority(rows: Sequence[Line], law: Vocabulary) -> str:
    """The last `TM.`, `KT.`, `TL.`, `TUQ.`, `Q.` that opens a line in capitals of the right half."""
    found = ""
    for _, text in _right(rows):
        first = fold(_BETWEEN.split(nfc(text))[0].strip(",;:-")) if text.isupper() else ""
        found = first if first in law.authorities else found
    return found


def _right(rows: Sequence[Line]) -> Iterator[tuple[float, str]]:
    """Height and text of what stands in the right half of each row, apart from what is left of it."""
    for row in rows:
        for place, word in enumerate(row.words):
            before = row.words[place - 1].right if place else 0.0
            if word.left >= SIGNATURE_LEFT and word.left - before > COLUMN_GAP:
                yield row.top, " ".join(each.text for each in row.words[place:])
                break


def is_mark(words: Sequence[Word], degrees: Collection[tuple[str, ...]]) -> bool:
    """Whether words of stamps hold a mark that stands for itself; on a page that may lie in any way."""
    told = [word for word in words if len(squash(word.text)) > _FRAME and word.confidence >= _SEEN]
    known = {skeleton("".join(degree)) for degree in degrees}
    return any(_is_nearly(skeleton("".join(each.text for each in _beside(told, word))), known) for word in told)


def _is_nearly(text: str, known: Collection[str]) -> bool:
    """Whether a stamp says one of these, a letter of a long one read amiss (`TUYI?T MẬT`): frames and pale ink cost letters."""
    return any(text == each or (len(each) >= _LONG and _slipped(text, each)) for each in known)


def _slipped(one: str, other: str) -> bool:
    """Whether two texts differ in one letter: another, one more, one less."""
    same = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return any(one[same + left :] == other[same + right :] for left, right in ((1, 1), (1, 0), (0, 1)))


def _marked(words: Sequence[Word], degrees: Collection[tuple[str, ...]]) -> bool:
    upper = [word for word in words if word.top < HALF and len(squash(word.text)) > _FRAME]
    known = {part for degree in degrees for part in degree}
    stamps = [word for word in upper if word.text.isupper() and squash(word.text) in known]
    return any(tuple(squash(word.text) for word in _beside(upper, word)) in degrees for word in stamps)


def _labelled(words: Sequence[Word], degrees: Collection[tuple[str, ...]]) -> bool:
    """`Độ mật: Mật` printed on a line of its own, in the upper half: the degree told by the document itself."""
    upper = [word for word in words if word.top < HALF and squash(word.text)]
    rows = ((word, _beside(upper, word)) for word in upper if squash(word.text) == _LABEL[-1])
    told = [tuple(squash(each.text) for each in row) for word, row in rows if row[1:2] == [word]]  # a box may be no box
    return any(row[: len(_LABEL)] == _LABEL and row[len(_LABEL) :] in degrees for row in told)


def _beside(words: Sequence[Word], word: Word) -> list[Word]:
    """The word with its neighbours on the line and theirs, from left to right: more than a mark has, in a title."""
    near = [other for other in words if _near(word, other)]
    wider = [other for other in words if any(_near(each, other) for each in near)]
    return sorted(wider, key=lambda each: each.left)


def _near(word: Word, other: Word) -> bool:
    height = word.bottom - word.top
    beside = other.top < word.bottom - height / 3 and other.bottom > word.top + height / 3
    # Heights are shares of the page's height and lefts of its width: an A4 page is 1.41 times as high as wide.
    reach = _APART * height * 1.41
    return beside and other.left < word.right + reach and other.right > word.left - reach
