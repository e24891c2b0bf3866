"""Words with boxes made into lines.

PURE. Promises: any words in any order give the same lines, in time that grows as sorting them does; lines bear a skew of about one
degree, and a tall or low word within them.

Theory: words are taken from left to right and chained to the line whose last word lies at nearly the same height, so a line may
climb or fall across the page. Where a pen's digits or a stamp have drawn some words of a line off it, the two halves stand between
each other, never over each other: they are put together again.
"""

from __future__ import annotations

import math
import statistics
import unicodedata
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

from processor.describe.layout import Line, Page, Word
from processor.describe.vocabulary import nfc

LONGEST_WORD = 120  # characters: longer is noise
TALLEST_WORD = 2.5  # median heights: taller is a stamp, a rule or a signature
TORN = 1.1  # half heights of a word: the halves of a torn line lie no further apart
_NEXT = 3  # lines below that may be the other half


def _clean(words: Iterable[Word]) -> list[Word]:
    kept = []
    for word in words:
        box = (word.left, word.top, word.right, word.bottom)
        near = all(map(math.isfinite, box)) and -1 <= min(box) <= max(box) <= 2
        if not near:
            continue
        text = nfc("".join(_as_sign(c) for c in " ".join(word.text.split()) if c.isprintable()))
        if not 0 < len(text) <= LONGEST_WORD or word.right <= word.left or word.bottom <= word.top:
            continue
        sure = min(max(word.confidence, 0.0), 1.0) if math.isfinite(word.confidence) else 0.0
        kept.append(Word(text, *box, sure, tuple(map(nfc, word.rivals))))
    if not kept:
        return []
    limit = TALLEST_WORD * statistics.median(word.height for word in kept)
    return sorted((w for w in kept if w.height <= limit), key=_place)


def _as_sign(letter: str) -> str:
    """A letter, or a lone mark that Unicode counts among letters (ˆ) as the sign it is."""
    return "^" if unicodedata.category(letter) == "Lm" else letter


def _place(word: Word) -> tuple[float, float, float, float, str, float]:
    return (word.left, word.top, word.right, word.bottom, word.text, word.confidence)


def lines(page: Page) -> tuple[Line, ...]:
    """The lines of a page from top to bottom, across all columns."""
    words = _clean(page.words)
    if not words:
        return ()
    reach = statistics.median(word.height for word in words) / 2
    chains: list[list[Word]] = []
    tails: list[tuple[float, int]] = []  # (height of the last word, chain), sorted
    for word in words:
        at = bisect_left(tails, (word.middle, -1))
        near = [tails[i] for i in (at - 1, at) if 0 <= i < len(tails)]
        best = min(near, key=lambda tail: (abs(tail[0] - word.middle), tail[1]), default=None)
        if best is None or abs(best[0] - word.middle) > reach:
            insort(tails, (word.middle, len(chains)))
            chains.append([word])
            continue
        chains[best[1]].append(word)
        tails.pop(bisect_left(tails, best))
        insort(tails, ((best[0] + word.middle) / 2, best[1]))  # a comma moves the line half as much
    rows = sorted((Line(_once(chain)) for chain in chains), key=lambda line: (line.top, line.left))
    return tuple(_whole(rows, reach * TORN))


def _once(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words of a line, one that was read twice at the same place but once, as the surer reading has it."""
    kept: list[Word] = []
    for word in words:
        before = kept[-1] if kept else None
        if before and before.text == word.text and word.left < before.right:
            kept[-1] = max(before, word, key=lambda each: each.confidence)
        else:
            kept.append(word)
    return tuple(kept)


def _whole(rows: Sequence[Line], reach: float) -> list[Line]:
    """The lines, two that lie within reach of each other and between each other as one."""
    kept: list[Line] = []
    for row in rows:
        for at in range(len(kept) - 1, max(-1, len(kept) - 1 - _NEXT), -1):
            if row.top - kept[at].top <= reach and _is_between(row, kept[at]):
                words = tuple(sorted((*kept[at].words, *row.words), key=_place))
                kept[at] = Line(words)
                break
        else:
            kept.append(row)
    return kept


def _is_between(row: Line, other: Line) -> bool:
    """Whether the words of two lines stand beside each other, some of the one between those of the other."""
    few, many = sorted((row.words, other.words), key=len)
    lefts = [word.left for word in many]
    for word in few:
        at = bisect_left(lefts, word.left)
        if (at > 0 and many[at - 1].right > word.left) or (at < len(many) and many[at].left < word.right):
            return False
    return few[0].left < many[-1].left and many[0].left < few[-1].left
