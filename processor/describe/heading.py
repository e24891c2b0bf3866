"""Number, notation and date from the head of a letter (NĐ 30/2020 Phụ lục I, Phần I, mục II.2-4).

PURE. Promises: a number or a date is read only whole, printed and sure; handwriting in a printed frame is
told by the gap it leaves, its height and its doubtful digits. Refuses: to mend a digit, or letters that no
closed list and no second printing on the page vouches for.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from processor.describe.layout import Head, Line, Word
from processor.describe.vocabulary import SIGNS, Kind, Vocabulary, fold, skeleton, squash

SURE_DIGIT = 0.85  # a digit has no neighbours that would give a slip away
SURE = 0.8
VOUCHED = 0.75  # how sure a doubtful word is that a closed list or the page itself confirms
PRINTED = 1.15  # printed digits are at most so much taller than printed digits beside them
FRAME = 0.75  # letters: a space in print is 0.4 to 0.7 wide, a frame left for a pen wider
WIDEST = 2.0  # letters: what stands further from its "/" is not its number
EARLIEST, LATEST = 1900, 2100
MOST_WORDS = 20  # of a number and its notation
MOST_SLASHES, MOST_GROUPS = 4, 5
LEAST_INITIALS = 3  # of shorter ones others are but one letter away
LONGEST_GROUP = 15  # letters
LINES_TO_NUMBER, LINES_TO_DATE = 8, 5  # from the country's name
BESIDE = 0.6  # line pitches: number and date stand in one line

_DATE = re.compile(r"ngay([0-9]{1,2})thang([0-9]{1,2})nam([0-9]{4})(?![0-9])")
_FIGURES = re.compile(r"(?<![0-9/])([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?![0-9/])")
_DESCENDERS = frozenset("Qgpqyj,;")
_YEAR = re.compile(r"[0-9]{4}/")


@dataclass(frozen=True, slots=True)
class Value:
    """What was read, as the record keeps it, and how sure it is (0 to 1)."""

    text: str
    confidence: float
    words: tuple[Word, ...] = field(default=(), compare=False)  # it was read from


@dataclass(frozen=True, slots=True)
class Run:
    """Words of a line without the spaces between, each letter knowing its word."""

    text: str
    owners: tuple[Word, ...]

    @classmethod
    def of(cls, words: Sequence[Word]) -> Run:
        """The run of some words."""
        return cls("".join(w.text for w in words), tuple(w for w in words for _ in w.text))

    def confidence(self, start: int, end: int) -> float:
        """The worst of the words a stretch lies in."""
        return min((word.confidence for word in self.owners[start:end]), default=0.0)

    def words(self, start: int, end: int) -> tuple[Word, ...]:
        """The words a stretch lies in."""
        return tuple(dict.fromkeys(self.owners[start:end]))


@dataclass(frozen=True, slots=True)
class Number:
    """The line `Số: …/…`: its words from "Số" on, and its index in the left column."""

    index: int
    top: float
    words: tuple[Word, ...]


def _opens_number(word: Word) -> bool:
    text = word.text.lstrip(SIGNS)  # specks
    vowel = unicodedata.normalize("NFD", text[1:2].lower())
    return text[:1] in ("S", "s") and vowel[:1] in ("o", "đ", "ð") and "\u031b" not in vowel and not text[2:3].isalpha()


def is_clear(line: Number) -> bool:
    """Whether "Số" itself is read: where a pen has run into it, more of the head may be spoilt."""
    return _opens_number(line.words[0])


def _bears_notation(word: Word) -> bool:
    """Whether a word is "/QĐ-UBND": nothing else in a head begins so."""
    groups = word.text[1:].rstrip(SIGNS).split("-")
    return word.text[0] == "/" and 2 <= len(groups) <= MOST_GROUPS and all(map(_is_group, groups))


def _number_words(row: Line) -> tuple[Word, ...]:
    """The words of a number's line from "Số" on, or from the word a pen has run into "Số"; none elsewhere."""
    start = next((i for i, word in enumerate(row.words) if _opens_number(word)), None)
    if start is not None and any("/" in word.text for word in row.words[start:]):
        opening = replace(row.words[start], text=row.words[start].text.lstrip(SIGNS))
        return (opening, *row.words[start + 1 : start + MOST_WORDS])
    start = next((i for i, word in enumerate(row.words) if word.text[0] in "Ss"), len(row.words))
    words = row.words[start : start + MOST_WORDS]
    return words if any(map(_bears_notation, words[1:])) else ()


def number_line(head: Head) -> Number | None:
    """The first line of the left column with a "Số" and a "/"; or, where a pen has spoilt "Số", with a notation beside the date."""
    dated = date_line(head, None)
    for index, row in enumerate(head.left):
        if row.top > head.top + LINES_TO_NUMBER * head.pitch:
            break
        is_beside = dated is not None and abs(row.top - dated.top) < BESIDE * head.pitch
        words = _number_words(row) or (row.words[:MOST_WORDS] if is_beside and any(map(_bears_notation, row.words)) else ())
        if words:
            return Number(index, row.top, words)
    return None


def _within_frame(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words up to the first wide gap after the "/": what stands beyond belongs to the other column."""
    seen = False
    for index, word in enumerate(words):
        if seen and word.left - words[index - 1].right > 1.5 * _letter(words[index - 1]):
            return words[:index]
        seen = seen or "/" in word.text
    return words


def _letter(word: Word) -> float:
    return (word.right - word.left) / len(word.text)


def number(line: Number) -> Value | None:
    """The digits of the number, only where printed: close to the "/", level with "Số", every digit sure."""
    run = Run.of(line.words)
    slash = run.text.index("/")
    start = 2
    while start < slash and not run.text[start].isalnum():
        start += 1
    digits = run.text[start:slash]
    year = _YEAR.match(run.text, slash + 1)
    if not re.fullmatch(r"[0-9]{1,6}", digits) or "/" in run.text[year.end() if year else slash + 1 :]:
        return None
    opening, last, sign = line.words[0], run.owners[slash - 1], run.owners[slash]
    if not _opens_number(opening) or last is opening is not sign:
        return None  # what runs into "Số" but not into the "/" is a pen's
    gap = (sign.left - last.right) / _letter(sign)
    is_one = last is sign or gap <= 0  # no room between: one word in print
    whole = replace(last, text=last.text + sign.text) if is_one else last
    if not _is_level(whole, opening) or (not is_one and gap >= FRAME and not _is_of_print(last, sign)):
        return None
    if is_one:  # so no pen between; what the recogniser doubts of one word are mostly the letters
        return Value(digits, last.confidence, run.words(start, slash)) if last.confidence >= VOUCHED else None
    sure = run.confidence(start, slash)
    return Value(digits, sure, run.words(start, slash)) if sure >= SURE and gap < WIDEST else None


def _is_of_print(digits: Word, sign: Word) -> bool:
    """Whether digits stand on the foot of the "/" beside them and no taller: a pen does neither so nearly."""
    slack = sign.height / 5
    return digits.top >= sign.top - slack and abs(digits.bottom - sign.bottom) <= slack


def _is_level(digits: Word, opening: Word) -> bool:
    """Whether digits keep to the height of the "Số" before them, as print does and a pen does not."""
    slack = opening.height / 10
    below = 3 * slack if _DESCENDERS.intersection(digits.text) else slack
    return digits.top >= opening.top - slack and digits.bottom <= opening.bottom + slack + below


def notation(line: Number, kind: Kind | None, vouchers: frozenset[str], law: Vocabulary) -> Value | None:
    """What follows the "/": groups of letters joined by "-", each sure or vouched for.

    The first group of a titled document must be its kind's abbreviation: then a slip in it is mended.
    """
    run = Run.of(_within_frame(line.words))
    for sign in islice(re.finditer("/", run.text), MOST_SLASHES):  # a number written by hand may look like one more
        found = _groups(run, sign.end(), kind, vouchers, law)
        if found:
            return found
    return None


def _groups(run: Run, at: int, kind: Kind | None, vouchers: frozenset[str], law: Vocabulary) -> Value | None:
    clear = _opens_number(run.owners[0])  # else a pen has run over the line: only what is vouched for stands
    year = _YEAR.match(run.text, at)  # acts of law: 28/2021/NĐ-CP
    prefix = year.group() if year else ""
    start = at + len(prefix)
    groups: list[str] = []
    sure = run.confidence(at, start) if prefix else 1.0
    for group in run.text[start:].rstrip(SIGNS).split("-"):
        if not _is_group(group) or len(groups) == MOST_GROUPS:
            return None
        found = run.confidence(start, start + len(group))
        start += len(group) + 1
        if kind and kind.abbreviation and not groups:
            known = [one for one in (kind.abbreviation, *kind.older) if _is_like(group, one)]
            if not known:
                return None
            group, found = group if group in known else known[0], max(found, VOUCHED)
        elif group in vouchers or (not groups and law.abbreviation(group)):
            found = max(found, VOUCHED)
        elif found < SURE or not clear or group[0].islower() or any(is_slip(group, each) for each in vouchers):
            return None
        groups.append(group)
        sure = min(sure, found)
    return Value(prefix + "-".join(groups), sure, run.words(at, start - 1)) if sure >= VOUCHED else None


def _is_like(group: str, abbreviation: str) -> bool:
    """Whether a group is what a kind's abbreviation is read as: a letter amiss, or the stroke of a letter read apart ("BTTI")."""
    read = {skeleton(group), skeleton(group[:-1]) if group[-1] in "Il1" else skeleton(group)}
    return skeleton(abbreviation) in read or is_slip(group, abbreviation, 2)


def is_slip(text: str, known: str, least: int = LEAST_INITIALS) -> bool:
    """Whether a text of more than so many letters, as initials are, is a known one but for one letter."""
    return len(text) == len(known) > least and sum(a != b for a, b in zip(text, known, strict=True)) == 1


def _is_group(text: str) -> bool:
    plain = fold(text)
    letters = all(c.isascii() and (c.isalnum() or c in "&.") for c in plain)
    capitals = sum(map(str.isupper, text)) >= sum(map(str.islower, text))  # QyĐ, TTr, TTg
    return 0 < len(text) <= LONGEST_GROUP and letters and text[0].isalpha() and capitals


def date_line(head: Head, number: Number | None) -> Line | None:
    """The line of place and date: the first of the right column with "tháng" and "năm", beside the number.

    The body quotes dates too, so nothing lower is one.
    """
    lowest = (number.top if number else head.top) + (2 if number else LINES_TO_DATE) * head.pitch
    for row in head.right:
        said = squash(row.text)
        if row.top <= lowest and "thang" in said and "nam" in said:
            return row
    return None


def printed_dates(rows: Sequence[Line]) -> frozenset[str]:
    """The dates, in ISO form, that words of the page surely print in figures: 26/7/2020."""
    texts = (word.text for row in rows for word in row.words if word.confidence >= SURE_DIGIT)
    return frozenset(found for text in texts for match in _FIGURES.finditer(text) if (found := _iso(match)))


def _iso(match: re.Match[str]) -> str | None:
    days, months, years = map(int, match.groups())
    try:
        return dt.date(years, months, days).isoformat() if EARLIEST <= years <= LATEST else None
    except ValueError:  # no such day: then some digit is wrong
        return None


def issued_date(line: Line, printed: frozenset[str]) -> Value | None:
    """The date in ISO form, only where every digit is sure and the day is printed like the year.

    Args:
        line: of place and date.
        printed: dates the page surely prints elsewhere; the same date with a slightly doubtful digit is one.
    """
    run = Run.of(line.words)
    match = _DATE.search(fold(run.text))
    if not match:
        return None
    word, day, year = (run.owners[at] for at in (match.start(), match.start(1), match.start(3)))
    if day is word or (len(match[1]) == 1 and word.rivals):  # "ngày2", "ngày] 7": what runs into the word before it is a pen's
        return None  # and the digit maybe not whole
    if day.text.isdecimal() and year.text.isdecimal():
        if day.height > PRINTED * year.height or abs(day.bottom - year.bottom) > 0.35 * year.height:
            return None
    sure, found = min(run.confidence(*match.span(group)) for group in (1, 2, 3)), _iso(match)
    words = run.words(*match.span())
    if found and found in printed and sure >= VOUCHED:
        return Value(found, sure, words)
    return Value(found, sure, words) if found and sure >= SURE_DIGIT else None
