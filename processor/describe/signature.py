"""Who signed and as what, from the foot of a letter (NĐ 30/2020 Phụ lục I, Phần I, mục II.7).

PURE. Promises: a position is one of the closed list; a name opens with a known surname, each word sure.
Refuses: what a seal may have bitten off: seals lie over the left of these lines, so "PHÓ" and "KT." go first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, takewhile
from types import MappingProxyType

from processor.describe.heading import SURE_DIGIT, Value, is_slip
from processor.describe.layout import Foot, Line, Word
from processor.describe.phrases import LEAST, LISTED
from processor.describe.rivals import among, settled
from processor.describe.vocabulary import SIGNS, Vocabulary, fold, folded_words, marks, squash

SURE_NAME = SURE_DIGIT  # a name, like a number, has nothing that gives a slip away
SURE_POSITION = 0.5  # all its words match a closed list
SURE_SURNAME = 0.6  # its letters are certain, its marks are then the list's
LEAST_NAME = 3  # words: of two, the surname may be the one the seal covers ("Hoàng Giang" is both)
MOST_NAME = 5
ALIGNED = 0.015  # of the page's width: lines of the block are centred on one axis
LEAST_LETTERS, FEW_LETTERS, MOST_WORDS = 3, 5, 9  # of a post whose beginning a seal covers
PLACED = 0.9  # letters a word may lie off its place
ROOM = 1.6  # letters: a letter and the spaces round it are wider
ENDING, ALIKE = 2, 0.6  # letters; share of letters in their places
WIDTHS = MappingProxyType({"i": 0.5, "m": 1.3})  # of capitals, in usual letters
STROKE = 2  # letters that a stroke of a pen is read as, at most
SPACE, FITTING = 0.5, 1.0  # letters: between words; how much a beginning may be shorter or longer than the room for it
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
    of_posts = among({said.upper() for post in law.positions.values() for said in post.split()})
    rows = [Line(tuple(_whole(word, settled(word, of_posts)) for word in row.words)) for row in foot.signature]
    under = foot.recipients[0].top + 2 * pitch if foot.recipients else 1.0
    axis = _axis(rows)
    named = [(row, found) for row in rows if row.top > under and (found := _full_name(row, axis, law))]
    if len({found.text for _, found in named}) != 1:
        position = _position(rows, None, law)
        return Signed(position, None, _authority(rows, None, position, law))
    row, found = named[0]
    position = _position(rows, row, law)
    return Signed(position, found, _authority(rows, row, position, law))


def _whole(end: Word, word: Word) -> Word:
    """A word of which but its end was read before, in a box as much wider: a seal lies over its left."""
    size = len(word.text) / len(end.text)
    return replace(word, left=word.right - (word.right - word.left) * size) if size > 1 and word.text.endswith(end.text) else word


def _authority(rows: Sequence[Line], name: Line | None, position: Value | None, law: Vocabulary) -> Value | None:
    """By what right it was signed: the last authority above the name, as the law writes it.

    Refuses what the seal may have hidden a later one of: a deputy signs by `KT.`, or by the order of somebody (`TL.`, `TUQ.`).
    """
    last: Value | None = None
    for row in rows:
        if name and row.top >= name.top:
            break
        words = [word for word in _printed(row, law) if squash(word.text)]
        written = _right(words[0], law) if words and Line(tuple(words)).text.isupper() else None
        if written:
            last = Value(written, max(words[0].confidence, SURE_POSITION), (words[0],))
    if position is None or last is None:
        return None
    is_deputy = position.text.startswith(law.deputies) and not (last.text == "TM." and position.text.startswith(law.of_bodies))
    return None if is_deputy != (last.text == "KT.") and last.text not in _BY_ORDER else last


def _right(word: Word, law: Vocabulary) -> str | None:
    """The authority that a word opens with, as the law writes it: `KT.` of "KT.CHỦ"."""
    return law.authorities.get(fold(_APART.split(word.text.strip(SIGNS))[0]))


def _is_scrawl(word: Word) -> bool:
    """Whether a word is what a pen or a seal was read as beside a line in capitals: in doubt, and not in capitals itself."""
    return word.confidence < SURE_DIGIT and not word.text.isupper()


def _printed(row: Line, law: Vocabulary) -> tuple[Word, ...]:
    """The words of a row without what a pen or a seal was read as, nor what is in doubt before an authority ("NN KT. GIÁM ĐỐC")."""
    words = tuple(word for word in row.words if not _is_scrawl(word))
    opens = next((at for at, word in enumerate(words) if _right(word, law)), 0)
    return words[opens:] if all(word.confidence < SURE_SURNAME for word in words[:opens]) else words


def _axis(rows: Sequence[Line]) -> list[float]:
    """Where the lines in capitals over a name, as far as they are surely read, have their middle."""
    sure = (tuple(word for word in row.words if word.confidence >= SURE_DIGIT and squash(word.text)) for row in rows)
    return [Line(words).centre for words in sure if len(words) > 1 and Line(words).text.isupper()]


def _full_name(row: Line, axis: Sequence[float], law: Vocabulary) -> Value | None:
    name = _without_ends(_without_strokes([word for word in row.words if any(map(str.isalpha, word.text))]), axis)
    if not name:
        return None
    if len(name) > LEAST_NAME and _is_stroke(name[0]) and not name[0].text[0].isupper() and name[1].text in law.usual_surnames:
        name = name[1:]  # a whole name without it
    name = [settled(name[0], among(law.usual_surnames)), *(settled(word, among(law.given_names)) for word in name[1:])]
    surname = law.surname(name[0].text)
    if not surname:
        return None
    if law.is_sole(surname) and not law.may_be_bitten(surname):
        is_unlike = law.is_unlike_others(surname) or _is_of_letters(name[0], surname, law)
        certain = name[0].confidence >= (LEAST if is_unlike else SURE_SURNAME)
        name[0] = replace(name[0], text=surname, confidence=max(name[0].confidence, LISTED if certain else 0.0))
    if not LEAST_NAME <= len(name) <= MOST_NAME or not all(map(_is_given, name)):
        return None
    if any(_lacks_marks(word.text, law) for word in name[1:]):
        return None
    if any(before.text == word.text for before, word in zip(name, name[1:], strict=False)):
        return None  # read twice
    return Value(" ".join(word.text for word in name), min(word.confidence for word in name), tuple(name))


def _is_of_letters(word: Word, name: str, law: Vocabulary) -> bool:
    """Whether readings differ about a word's marks alone: all have the letters of a name, no usual one but for a letter."""
    is_told = bool(word.rivals) and all(fold(text) == fold(name) for text in word.rivals)
    return is_told and not any(is_slip(fold(name), fold(each), least=1) for each in law.usual_surnames)


def _without_ends(words: Sequence[Word], axis: Sequence[float]) -> list[Word]:
    """The words without doubtful letters at their ends that no name is made of, where what is left stands on the block's axis."""
    kept = list(words)
    while kept and _is_stroke(kept[0]):
        kept.pop(0)
    while kept and _is_stroke(kept[-1]):
        kept.pop()
    return kept if kept and _is_aligned(Line(tuple(kept)), axis) else list(words)


def _is_stroke(word: Word) -> bool:
    return word.confidence < SURE_NAME and (len(word.text) == 1 or (len(word.text) == STROKE and not word.text.istitle()))


def _without_strokes(words: Sequence[Word]) -> list[Word]:
    """The words without a doubtful letter that a stroke of a pen was read as: between its neighbours is no room for one."""
    kept = list(words)
    for before, word, after in zip(words, words[1:], words[2:], strict=False):
        letter = (after.right - after.left) / len(after.text)
        if len(word.text) == 1 and word.confidence < SURE_NAME and after.left - before.right < ROOM * letter:
            kept.remove(word)
    return kept


def _is_given(word: Word) -> bool:
    text = word.text
    return text.isalpha() and text.istitle() and word.confidence >= SURE_NAME


def _lacks_marks(text: str, law: Vocabulary) -> bool:
    """Whether a word that is no usual name is one but for marks: recognition loses them, and is sure of it ("Ai" for "Ái")."""
    said = Counter(marks(text))
    return text not in law.given_names and any(said < Counter(marks(name)) for name in law.given_names if fold(name) == fold(text))


def _is_like_a_name(row: Line) -> bool:
    """Whether a line has the shape of a name, read surely or not: it stands on the block's axis all the same."""
    words = [word for word in row.words if any(map(str.isalpha, word.text))]
    return LEAST_NAME <= len(words) <= MOST_NAME and all(w.text.istitle() and w.confidence >= SURE_POSITION for w in words)


def _position(rows: Sequence[Line], name: Line | None, law: Vocabulary) -> Value | None:
    deputised: str | None = None
    axis = [row.centre for row in ([name] if name else filter(_is_like_a_name, rows))]
    best: tuple[Line, str] | None = None
    for row in rows:
        if name and row.top >= name.top:
            break
        print_ = _printed(row, law)
        words = _parts(print_)
        if not words or not " ".join(words).isupper():
            continue
        row = Line(print_)
        if fold(words[0]) in law.authorities:
            deputised = law.position(" ".join(words[1:])) if fold(words[0]) in law.deputising else deputised
            axis.append(row.centre)
            written = law.position(" ".join(words[1:])) if fold(words[0]) in law.acting else ""
            best = (row, written) if written else best
            continue
        deputy = law.deputy(deputised) if deputised else ""
        found = _post(row, words, axis, law)
        if deputy and not (found and found[1].startswith(law.deputies)):
            found = _standing(row, deputy, axis) or found
        best = found or (None if _is_line(row, axis) else best)  # "TL. CHỦ TỊCH", then a post that was not read
    if best is None or best[0].confidence < SURE_POSITION:
        return None
    row, written = best
    if deputised is not None and not written.startswith(law.deputies):
        written = _bitten(row, axis, law)
    if not written.startswith(law.deputies) and not (written and (_is_aligned(row, axis) or written in _fitting(row, axis, law))):
        return None
    return Value(written, row.confidence, row.words)


def _standing(row: Line, post: str, axis: Sequence[float]) -> tuple[Line, str] | None:
    """A post of which a row has some words surely, each where it stands in the whole about the block's axis."""
    sure = tuple(word for word in row.words if word.confidence >= SURE_DIGIT and len(squash(word.text)) > 2)
    said = [fold(word) for word in post.split()]
    starts = list(accumulate((len(word) + SPACE for word in said), initial=0.0))
    for word in sure:
        letter = (word.right - word.left) / len(word.text)
        places = [start - (starts[-1] - SPACE) / 2 for each, start in zip(said, starts, strict=False) if each == squash(word.text)]
        if not any(abs(word.left - centre - place * letter) <= PLACED * letter for place in places for centre in axis):
            return None
    return (Line(sure), post) if sure else None


def _parts(words: Sequence[Word]) -> list[str]:
    return [part for word in words for part in _APART.split(word.text.strip(SIGNS)) if squash(part)]


def _is_line(row: Line, axis: Sequence[float]) -> bool:
    """Whether something of print stands in a row, not only strokes of a seal; nor what a seal left of the block's axis says."""
    if axis and row.words[-1].right < min(axis):
        return False
    return any(len(squash(word.text)) > 2 and word.confidence >= SURE_DIGIT for word in row.words)


def _is_aligned(row: Line, axis: Sequence[float]) -> bool:
    return any(abs(row.centre - centre) <= ALIGNED for centre in axis)


def _post(row: Line, words: Sequence[str], axis: Sequence[float], law: Vocabulary) -> tuple[Line, str] | None:
    """The listed post a row names: with all its words, or without the strokes of a seal or a pen that were read as words.

    What is left without these must stand on the block's axis, or leave room for the rest of just one listed post.
    """
    written = law.position(" ".join(words))
    sure = tuple(word for word in row.words if word.confidence >= SURE_POSITION and squash(word.text))
    kept = Line(sure) if sure else row
    if written:
        return (kept if law.position(" ".join(_parts(kept.words))) == written else row), written
    if not sure:
        return None
    spoilt = tuple(takewhile(lambda word: word.confidence < SURE_DIGIT, row.words))
    firm = Line(tuple(word for word in row.words[len(spoilt) :] if word in sure) or sure)
    tried = (
        *((each, law.position(" ".join(_parts(each.words)))) for each in (kept, firm) if _is_aligned(each, axis)),
        (kept, _bitten(kept, axis, law)), (firm, _mended(spoilt, firm, _fitting(firm, axis, law))),
    )  # fmt: skip
    return next((each for each in tried if each[1]), None)


def _mended(spoilt: Sequence[Word], firm: Line, posts: frozenset[str]) -> str:
    """The post before whose read words others are spoilt, of the last of which most is its own: "GHÁPH VĂN PHÒNG".

    Where few letters are read, but one word may be spoilt.
    """
    said = squash(spoilt[-1].text) if spoilt else ""
    most = MOST_WORDS if len(squash(firm.text)) >= FEW_LETTERS else len(firm.words) + 1
    alike = [post for post in posts if len(post.split()) <= most and any(_is_like(said, fold(word)) for word in post.split()[:-1])]
    return alike[0] if len(alike) == 1 else ""


def _is_like(said: str, word: str) -> bool:
    """Whether the end of a spoilt word, or most of its letters in their places, are those of another."""
    places = sum(a == b for a, b in zip(said, word, strict=False))
    return len(said) >= ENDING and (word.endswith(said[-ENDING:]) or (len(said) == len(word) and places >= ALIKE * len(word)))


def _bitten(row: Line, axis: Sequence[float], law: Vocabulary) -> str:
    """The only listed post that ends as a row does and whose beginning, under the seal, fills the room left of it to the axis."""
    fitting = _fitting(row, axis, law) if len(squash(row.text)) >= LEAST_LETTERS else frozenset()
    return next(iter(fitting)) if len(fitting) == 1 else ""


def _fitting(row: Line, axis: Sequence[float], law: Vocabulary) -> frozenset[str]:
    """The listed posts that end as a row does, which is surely read, and whose beginning fills the room left of it to the axis."""
    tail = " ".join(folded_words(row.text))
    rooms = {(row.left + row.words[-1].right - 2 * centre) / row.letter for centre in axis}
    return frozenset(
        written for key, written in law.positions.items()
        if row.confidence >= SURE_DIGIT and (whole := " ".join(key)).endswith(tail) and whole != tail
        and any(abs(room - _width(whole.removesuffix(tail))) <= FITTING for room in rooms)
    )  # fmt: skip


def _width(beginning: str) -> float:
    """How many letters wide the beginning of a post is, with the space after its last word."""
    letters = sum(WIDTHS.get(letter, SPACE if letter == " " else 1.0) for letter in beginning.rstrip())
    return letters + (SPACE if beginning.endswith(" ") else 0)
