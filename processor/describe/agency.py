"""The issuing agency's name, from the left column of the head (NĐ 30/2020 Phụ lục I, Phần I, mục II.2).

PURE. Promises: the name is the printed one, written as names are written (Phụ lục II, mục IV) where all its
words are known, in its capitals where not. Refuses: a name with a doubtful word that neither a closed list
nor the place of issue confirms.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from processor.describe.heading import SURE, Value
from processor.describe.layout import Line, Word
from processor.describe.phrases import LEAST, LISTED, Pairs
from processor.describe.vocabulary import SIGNS, Vocabulary, fold, folded_words, is_spelt, is_syllable, marks, nfc, skeleton

LONGEST_PHRASE = 14  # words
WIDEST = 2.0  # letters between two words
LEAST_LISTED = 3  # words: of shorter names a beginning is a beginning of others too
LONGEST_SYLLABLE = 7  # letters: "nghiêng"; longer is words run together
_UNFINISHED = frozenset({"va", "cua", "cac", "-", "–"})
BEFORE_PLACES = frozenset("tinh pho xa phuong quan huyen tran khu vuc".split())  # of "thành phố", "thị trấn", "đặc khu"
_BEFORE_PROVINCES = frozenset({"tinh", "pho"})  # of "thành phố"
_ROMAN = re.compile(r"(?!VI$)[IVX]{2,}")  # "Vi" is a name
_MANY_MARKS = frozenset("ẤẨẪẮẲẴẾỂỄỐỔỖ")  # in capitals recognition is sure of many a wrong one
SURE_MARKED = 0.95  # in capitals Ù and Ũ are nearly one: a name that nothing vouches for


def names(rows: Sequence[Line], law: Vocabulary) -> list[list[Word]]:
    """The names of the left column, the parent's first, as words; none where a word is not in capitals."""
    found: list[list[Word]] = []
    for row in rows:
        words = _parted(_named(row), law)
        if not words or all(_has_digits(word) and word.confidence < SURE for word in words):
            continue  # a number by a pen rises above its line
        if not all(word.text.upper() == word.text for word in words):
            return []
        opens = any(_key(words[:size]) in law.agency_openers for size in (1, 2, 3))
        if found and not (opens and not _goes_on(found[-1], words, law)):
            found[-1].extend(words)
        elif opens:
            found.append(words)
        else:
            return []
    return found


def _named(row: Line) -> list[Word]:
    """The words of a row, with the digits and dashes between them that are surely printed ("KHU VỰC 5 - QUẢNG NGÃI")."""
    words = [word if word.text in ("-", "–") else _stripped(word) for word in row.words]
    kept = [word for word in words if _has_letters(word) or (word.confidence >= SURE and word.text)]
    letters = [place for place, word in enumerate(kept) if _has_letters(word)]
    last = len(kept) if kept and kept[-1].text.isdecimal() else letters[-1] + 1 if letters else 0
    return kept[letters[0] : last] if letters else []


def _parted(words: Sequence[Word], law: Vocabulary) -> list[Word]:
    """The words of a row, two that were read as one ("SỞY TẾ") apart where a listed name has them beside each other."""
    found: list[Word] = []
    for word in words:
        said = fold(word.text)
        cuts = [(at, at + 1 - said[at].isalpha()) for at in range(2, len(said)) if _is_cut_at(said, at, law)]
        if len(cuts) != 1 or said in law.agency_words:
            found.append(word)
            continue
        ((end, start),) = cuts
        edge = word.left + (word.right - word.left) * end / len(said)
        found += [replace(word, text=word.text[:end], right=edge), replace(word, text=word.text[start:], left=edge)]
    return found


def _is_cut_at(said: str, at: int, law: Vocabulary) -> bool:
    """Whether a listed name has the letters before and after a place, or a speck there, as words beside each other; or a speck
    stands between what a place is and its name: "TỈNH-ĐỒNG"."""
    if not said[at].isalpha() and said[:at] in BEFORE_PLACES and is_syllable(said[at + 1 :]):
        return True
    return (said[:at], said[at + 1 - said[at].isalpha() :]) in law.agency_pairs


def _has_letters(word: Word) -> bool:
    return any(map(str.isalpha, word.text))


def _has_digits(word: Word) -> bool:
    return any(map(str.isdigit, word.text))


def _goes_on(name: Sequence[Word], words: Sequence[Word], law: Vocabulary) -> bool:
    """Whether a row that could open a name goes on with the one above: "… VÀ", or a listed phrase reaches over both."""
    if _key(name) in law.agency_openers or fold(name[-1].text) in _UNFINISHED:
        return True
    joined, edge = [*name, *words[:LONGEST_PHRASE]], len(name)
    starts = range(max(0, edge - LONGEST_PHRASE), edge)
    return any(start + _listed(joined, start, law.agency_written)[0] > edge for start in starts)


def agency(words: Sequence[Word], issued_at: Value | None, pairs: Pairs, law: Vocabulary) -> Value | None:
    """The name these words print; None where in doubt.

    Args:
        words: in capitals.
        issued_at: the place of issue.
        pairs: neighbouring words that the document prints elsewhere, in small letters.
        law: the closed lists.
    """
    if _has_gap(words):
        return None
    pieces: list[str] = []
    sure, at = 1.0, 0
    while at < len(words):
        size, written = _listed(words, at, law.agency_written)
        wider, before = _listed(words, at, law.before_names)
        if not size and not wider:
            size, written = _place(words, at, law)
        named = wider > size
        size, written = (wider, before) if named else (size, written)
        if not size:
            return None if _is_torn(words[at:], issued_at, law) else _as_printed(words)
        said = words[at : at + size]
        pieces.append(written)
        sure = min(sure, max(LISTED, min(word.confidence for word in said)))
        at += size
        if named:
            end = _end_of_name(words, at, law)
            proper = _province(words[at:end], written, law)
            lost = marks(_text(said)) != marks(written.upper()) or _lacks_marks(words[at:end], written, law)
            proper = proper or _proper(words[at:end], issued_at, pairs, lost)
            if proper is None:
                return None
            pieces.append(proper.text)
            sure, at = min(sure, proper.confidence), end
    return Value(" ".join(pieces), sure, tuple(words))


def _has_gap(words: Sequence[Word]) -> bool:
    """Whether a line of the name leaves room for a word that was not read: centred lines are not stretched."""
    pairs = ((a, b) for a, b in zip(words, words[1:], strict=False) if b.left > a.left)  # not from one line to the next
    return any(after.left - word.right > WIDEST * (word.right - word.left) / len(word.text) for word, after in pairs)


def _place(words: Sequence[Word], at: int, law: Vocabulary) -> tuple[int, str]:
    """The listed place that stands at a word with all its marks: how many words it takes, and how it is written."""
    size, written = _listed(words, at, law.places)
    return (size, written) if size and marks(_text(words[at : at + size])) == marks(written.upper()) else (0, "")


def _end_of_name(words: Sequence[Word], at: int, law: Vocabulary) -> int:
    """Where a proper name that begins at a word ends: before a listed phrase, or a lone word with its marks ("XÃ", not "XÁ")."""
    for i in range(at + _listed(words, at, law.places)[0], len(words)):
        size, written = _listed(words, i, law.before_names)
        if size > 1 or _listed(words, i, law.agency_written)[0] > 1 or (size and words[i].text == written.upper()):
            return i
    return len(words)


def is_province(name: Sequence[Word], place: Value, law: Vocabulary) -> bool:
    """Whether a name says "tỉnh" or "thành phố" before the listed place this is."""
    key = folded_words(place.text)
    starts = range(1, len(name) - len(key) + 1)
    return key in law.places and any(
        fold(name[at - 1].text) in _BEFORE_PROVINCES and _key(name[at : at + len(key)]) == key for at in starts
    )


def _province(words: Sequence[Word], before: str, law: Vocabulary) -> Value | None:
    """The province or city of a closed list that stands after "tỉnh" or "thành phố"."""
    written = law.places.get(_key(words), "") if fold(before.split()[-1]) in _BEFORE_PROVINCES else ""
    sure = min((word.confidence for word in words), default=0.0)
    return Value(written, max(sure, LISTED), tuple(words)) if written and sure >= LEAST else None


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


def _is_torn(words: Sequence[Word], issued_at: Value | None, law: Vocabulary) -> bool:
    """Whether a word is missing: the last one of a long listed name ("ỦY BAN NHÂN"), or of the place of issue."""
    said = _key(words)
    is_short = any(len(key) > LEAST_LISTED and said[: len(key) - 1] == key[:-1] for key in law.agency_written)
    return is_short or _is_cut_off(words, issued_at)


def _is_cut_off(words: Sequence[Word], issued_at: Value | None) -> bool:
    """Whether a name ends within the place of issue."""
    said, place = _key(words), folded_words(issued_at.text) if issued_at else ()
    return any(said[-size:] == place[:size] for size in range(1, len(place)))


def _as_printed(words: Sequence[Word]) -> Value | None:
    """A name with a word no list knows: in its capitals, if every word is sure and one word, and the marks are not lost."""
    worst = min(word.confidence for word in words)
    apart = all(_is_word(word.text) for word in words)
    return Value(_text(words), worst, tuple(words)) if worst >= SURE and apart and marks(_text(words)) else None


def _proper(words: Sequence[Word], issued_at: Value | None, pairs: Pairs, lost: bool) -> Value | None:
    """The name of a place. The place of issue, or the text, in small letters and so read better, vouches for it.

    Args:
        words: the name, in capitals.
        issued_at: the place of issue.
        pairs: neighbouring words that the document prints elsewhere.
        lost: the word before it has lost its marks, or its own first word may have: then others may have too.
    """
    said = _text(words)
    if not said:
        return None
    same = issued_at if issued_at and skeleton(issued_at.text) == skeleton(said) else None
    if same and same.confidence >= SURE:
        return Value(same.text, same.confidence, tuple(words))
    place = folded_words(issued_at.text) if issued_at else ()
    if len(words) < len(place) and _key(words) == place[: len(words)]:
        return None  # the end of the place was not read
    told = elsewhere(words, pairs)
    if told:
        return Value(" ".join(cased(text.upper()) for text in told), LISTED, tuple(words))
    worst = min(word.confidence for word in words)
    doubted = any(marks(word.text) and word.confidence < SURE_MARKED for word in words)
    doubted = doubted or (same is not None and same.text.lower() != said.lower())  # small letters, in doubt too, have other marks
    if lost or doubted or worst < SURE or not all(_is_word(word.text) and not _is_like_others(word.text) for word in words):
        return None
    return Value(" ".join(cased(w.text) for w in words), worst, tuple(words))


def _lacks_marks(words: Sequence[Word], before: str, law: Vocabulary) -> bool:
    """Whether a name that is none of a place begins as a listed surname does but for marks: NGUYỄN is often read as NGUYÊN."""
    if not words or fold(before.split()[-1]) in BEFORE_PLACES:
        return False
    said = Counter(marks(words[0].text.upper()))
    return any(said < Counter(marks(name.upper())) for name in law.surnames if fold(name) == fold(words[0].text))


def _is_like_others(text: str) -> bool:
    """Whether a word in capitals bears marks that recognition takes for others; before c, p and t spelling leaves but one."""
    return not _MANY_MARKS.isdisjoint(text) and not text.endswith(("C", "CH", "P", "T"))


def _is_word(text: str) -> bool:
    return is_spelt(text) and len(text) <= LONGEST_SYLLABLE and (is_syllable(text) or not marks(text))


def elsewhere(words: Sequence[Word], pairs: Pairs) -> list[str]:
    """The words with the marks the text gives them, all in one way; nothing where it does not have them all."""
    said = [fold(word.text) for word in words]
    found: list[str] = []
    for pair in zip(said, said[1:], strict=False):
        known = list(pairs.get(pair, {}))
        if len(known) != 1 or (found and found[-1] != known[0][0]):
            return []
        found = [*(found or known[0][:1]), known[0][1]]
    return found


def cased(text: str) -> str:
    """A word of a proper name; a number stays as it is ("KHU VỰC XIII")."""
    return text if _ROMAN.fullmatch(text) else nfc(text[:1] + text[1:].lower())


def initials(words: Sequence[Word]) -> str:
    """The initials of an agency's name as notations use them: `SGDĐT`."""
    named = (word.text.strip(SIGNS) for word in words if fold(word.text) != "va")
    first = (unicodedata.normalize("NFD", text)[:1] for text in named)
    return "".join(first).upper()
