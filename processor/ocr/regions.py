"""Which parts of a page are worth a second reading: a letter's head and foot, and where the foot parts into its two columns.

PURE. Boxes are fractions of the page, confidence 0 to 100 (NĐ 30/2020 Phụ lục I, Phần I: what stands where).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from processor.describe.vocabulary import nfc
from processor.ocr.words import Word

HEAD = 0.45  # of the page's height: agency, number, date, kind and subject stand above
COUNTRY = frozenset("cộng hòa hội nghĩa việt nam độc lập tự hạnh phúc đảng sản".split())  # over every head (ô 1), and the Party's
_HEADED = 4  # of these words: fewer are a sentence
FOOT_RISE = 0.03  # of the height: the signature's first line may stand above "Nơi nhận"
FOOT_DEPTH = 0.35
FOOT_LEFT = 0.4  # of the width
COLUMNS = (0.3, 0.75)  # of the width: between these the list of recipients ends and the signature begins
NARROWEST = 0.02  # of the width: columns stand further apart
READ = 50.0  # what is read with less may be a pen's
RECIPIENTS = frozenset({"Nơi", "NƠI", "nhận:", "NHẬN:"})  # "Nơi nhận:" opens the foot (NĐ 30 Phụ lục I, Phần I, ô 9b)
KEPT, FOOT_STEP = "Lưu", 2.5  # the item that ends it; heights of a word from one line to the next, at most


@dataclass(frozen=True, slots=True)
class Gutter:
    """Where a foot parts into the list of recipients and the signature, and from which height on; fractions of the page."""

    top: float
    across: float


def zones(words: Sequence[Word]) -> list[tuple[float, float]]:
    """Top and bottom of the parts worth a second reading: a letter's head and its foot, one part where they meet."""
    headed = {said for word in words if word.top < HEAD and (said := word.said.casefold()) in COUNTRY}
    head = [(0.0, HEAD)] if len(headed) >= _HEADED else []
    end = foot(words)
    if end is None:
        return head
    return [*head, end] if not head or end[0] >= HEAD else [(0.0, max(HEAD, end[1]))]


def foot(words: Sequence[Word]) -> tuple[float, float] | None:
    """Top and bottom of a letter's foot, which the list of recipients opens; None on a page without one."""
    opening = _opening(words)
    if opening is None:
        return None
    return max(0.0, min(opening - FOOT_RISE, _end_of_text(words, opening))), min(1.0, opening + FOOT_DEPTH)


def _end_of_text(words: Sequence[Word], opening: float) -> float:
    """From which height on a foot is but its two columns: the signature's first line may stand above "Nơi nhận"."""
    text = max((word.bottom for word in words if word.left < FOOT_LEFT and word.bottom <= opening), default=0.0)
    signed = min((word.top for word in words if word.left >= FOOT_LEFT and text < word.top < opening), default=opening)
    return max((text + signed) / 2, signed - FOOT_RISE)


def gutter(words: Sequence[Word]) -> Gutter | None:
    """Where the two columns of a foot part; None where nothing parts them.

    Why: read in one, their lines, which stand at different heights, are taken for one, and its small print is read as if large.
    """
    opening = _opening(words)
    if opening is None:
        return None
    low, high = COLUMNS
    inner = [word for word in words if opening - FOOT_RISE / 4 < word.top < opening + FOOT_DEPTH and word.confidence >= READ]
    edge, best = low, (0.0, 0.0)
    for word in sorted(inner, key=lambda each: each.left):
        best = max(best, (min(word.left, high) - edge, edge))
        edge = max(edge, min(word.right, high))
    wide, left = max(best, (high - edge, edge))
    return Gutter(_end_of_text(words, opening), left + wide / 3) if wide >= NARROWEST else None


def _opening(words: Sequence[Word]) -> float | None:
    """Where the list of recipients begins: with its heading, or, that being unread beside the signature, above its first dashes."""
    named = max((word.top for word in words if word.left < FOOT_LEFT and _opens_foot(word)), default=None)
    kept = max((word for word in words if word.left < FOOT_LEFT and word.said == KEPT), key=lambda word: word.top, default=None)
    if kept is None or (named is not None and 0 < kept.top - named < FOOT_DEPTH):
        return named
    high = kept.bottom - kept.top
    top, margin = kept.top, kept.left - 4 * high
    dashes = (word.top for word in words if word.text == "-" and word.confidence >= READ and margin < word.left < kept.left)
    lines = 0
    for dash in sorted((dash for dash in dashes if dash < kept.top + high), reverse=True):
        if top - dash > FOOT_STEP * high:
            break
        lines, top = lines + (top - dash > high / 2), dash
    return max(0.0, top - (kept.top - top) / lines) if lines else named


def _opens_foot(word: Word) -> bool:
    """Whether a word is one of "Nơi nhận:", not a "nơi" within the text."""
    return nfc(word.text) in RECIPIENTS
