"""Who signed and as what, from the foot of a letter (NĐ 30/2020 Phụ lục I, Phần I, mục II.7).

PURE. Promises: a position is one of the closed list; a name opens with a known surname, each word sure.
Refuses: what a seal may have bitten off: seals lie over the left of these lines, so "PHÓ" and "KT." go first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from processor.describe.heading import SURE_DIGIT, Value
from processor.describe.layout import Foot, Line, Word
from processor.describe.phrases import LISTED
from processor.describe.vocabulary import SIGNS, Vocabulary, fold, squash

SURE_NAME = SURE_DIGIT  # a name, like a number, has nothing that gives a slip away
SURE_POSITION = 0.5  # all its words match a closed list
SURE_SURNAME = 0.6  # that no other listed name has the letters of: what readings differ in is doubted more
LEAST_NAME = 3  # words: of two, the surname may be the one the seal covers ("Hoàng Giang" is both)
MOST_NAME = 5
ALIGNED = 0.015  # of the page's width: lines of the block are centred on one axis
_BY_ORDER = frozenset({"TL.", "TUQ."})
_APART = re.compile(r"[.\s]+")


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed, as what, and by what right (`KT.`); None where in doubt."""

    position: Value | None
    name: Value | None
    authority: Value | None


def signer(foot: Foot, pitch: float, law: Vocabulary) -> Signed:
    """The signer. `pitch` is the page's distance of lines."""
    under = foot.recipients[0].top + 2 * pitch if foot.recipients else 1.0
    named = [(row, found) for row in foot.signature if row.top > under and (found := _full_name(row, law))]
    if len({found.text for _, found in named}) != 1:
        position = _position(foot.signature, None, law)
        return Signed(position, None, _authority(foot.signature, None, position, law))
    row, found = named[0]
    position = _position(foot.signature, row, law)
    return Signed(position, found, _authority(foot.signature, row, position, law))


def _authority(rows: Sequence[Line], name: Line | None, position: Value | None, law: Vocabulary) -> Value | None:
    """By what right it was signed: the last authority above the name, as the law writes it.

    Refuses what the seal may have hidden a later one of: a deputy signs by `KT.`, or by the order of somebody (`TL.`, `TUQ.`).
    """
    last: Value | None = None
    for row in rows:
        if name and row.top >= name.top:
            break
        words = [word for word in row.words if squash(word.text)]
        said = fold(_APART.split(words[0].text.strip(SIGNS))[0]) if words and Line(tuple(words)).text.isupper() else ""
        written = law.authorities.get(said)
        if written:
            last = Value(written, max(words[0].confidence, SURE_POSITION), (words[0],))
    if position is None or last is None:
        return None
    is_deputy = position.text.startswith(law.deputies)
    return None if is_deputy != (last.text == "KT.") and last.text not in _BY_ORDER else last


def _full_name(row: Line, law: Vocabulary) -> Value | None:
    name = [word for word in row.words if any(map(str.isalpha, word.text))]
    if not name:
        return None
    surname = law.surname(name[0].text)
    if not surname:
        return None
    if name[0].confidence >= SURE_SURNAME and law.is_sole(surname):
        name[0] = replace(name[0], text=surname, confidence=max(name[0].confidence, LISTED))
    if not LEAST_NAME <= len(name) <= MOST_NAME or not all(map(_is_given, name)):
        return None
    return Value(" ".join(word.text for word in name), min(word.confidence for word in name), tuple(name))


def _is_given(word: Word) -> bool:
    text = word.text
    return text.isalpha() and text.istitle() and word.confidence >= SURE_NAME


def _is_like_a_name(row: Line) -> bool:
    """Whether a line has the shape of a name, read surely or not: it stands on the block's axis all the same."""
    words = [word for word in row.words if any(map(str.isalpha, word.text))]
    return LEAST_NAME <= len(words) <= MOST_NAME and all(w.text.istitle() and w.confidence >= SURE_POSITION for w in words)


def _position(rows: Sequence[Line], name: Line | None, law: Vocabulary) -> Value | None:
    deputy = False
    axis = [row.centre for row in ([name] if name else filter(_is_like_a_name, rows))]
    best: tuple[Line, str] | None = None
    for row in rows:
        if name and row.top >= name.top:
            break
        words = [part for word in row.words for part in _APART.split(word.text.strip(SIGNS)) if squash(part)]
        if not words or not " ".join(words).isupper():
            continue
        if fold(words[0]) in law.authorities:
            deputy = deputy or fold(words[0]) in law.deputising
            axis.append(row.centre)
            continue
        written = law.position(" ".join(words))
        if written:
            best = (row, written)
        elif any(len(squash(word.text)) > 2 and word.confidence >= SURE_DIGIT for word in row.words):
            best = None  # "TL. CHỦ TỊCH", then a post that was not read
    if best is None or best[0].confidence < SURE_POSITION:
        return None
    row, written = best
    whole = written.startswith(law.deputies)
    if not whole and (deputy or not any(abs(row.centre - centre) <= ALIGNED for centre in axis)):
        return None
    return Value(written, row.confidence, row.words)
