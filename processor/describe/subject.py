"""The subject (trích yếu) of a letter: under the title of its kind, or under the number of a công văn.

PURE. NĐ 30/2020 Phụ lục I, Phần I, mục II.5. Promises: the whole of it or nothing. Refuses: a subject with one doubtful word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from processor.describe.heading import SURE, Number, Value
from processor.describe.layout import Head, Line, Word, joined
from processor.describe.phrases import LEAST, LISTED, Pairs, confirmed, is_slipped, listed, mended, named
from processor.describe.rivals import is_doubled
from processor.describe.vocabulary import SIGNS, Kind, Vocabulary, fold, folded_words, is_clean, is_spelt, squash

PARAGRAPH = 1.6  # line pitches: a wider step ends the subject
SUBJECT_ROWS = 7
CENTRED, APART = 0.06, 0.015  # of the width: how far a line may lie off the title's axis; and what is left of one beside a stamp
WIDEST = 2.5  # letters between two words of a subject
TORN_OFF = 0.5  # line pitches: nearer is the same line
SCRAWL = (3, 0.6)  # words, confidence: fewer and less is no line of print
SUBJECT_LENGTH = 500  # NĐ 30 Phụ lục VI: Subject String 500
BRIEF = "V/v"  # how the subject of a công văn opens
_NEVER_AFTER_COMMA = frozenset({"", "va"})  # a dash, or "và"
_PARTS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Title:
    """The line that names the kind, its index below the head, and the axis it is centred on."""

    kind: Kind
    value: Value
    index: int
    centre: float


@dataclass(frozen=True, slots=True)
class Subject:
    """That a subject stands there, its text where it is sure, and whether it opens with "V/v"."""

    value: Value | None
    brief: bool = False


def below(top: Head, title: Title, law: Vocabulary, pairs: Pairs) -> Subject | None:
    """The centred lines under the title, to the first wide step, address, ground or line of capitals."""
    chosen: list[Line] = []
    apart: list[Word] = []  # what a stamp or a pen left beside it
    before = top.below[title.index]
    for row in top.below[title.index + 1 :]:
        words = [word for word in row.words if any(map(str.isalnum, word.text))]
        if not words:
            continue
        line = _about(words, title.centre)
        if line is None and (_is_scrawl(words) or not _is_across(words, title.centre)):
            apart += [] if _is_scrawl(words) else words
            continue
        said = line or Line(tuple(words))
        stops = said.opening.startswith((*law.addressed, *law.grounds))
        capitals = said.text.isupper() and len(said.words) > 1
        if stops or capitals or row.top - before.top > PARAGRAPH * top.pitch:
            is_whole = not any(_is_torn_off(word, each, top.pitch) for word in apart for each in chosen)
            return Subject(_text(chosen, law, pairs) if is_whole else None) if chosen else None
        if line is None or len(chosen) == SUBJECT_ROWS:
            return None
        apart += [word for word in words if word not in line.words]
        chosen.append(line if len(line.words) < len(words) else row)
        before = row
    return None


def _is_torn_off(word: Word, line: Line, pitch: float) -> bool:
    """Whether a word stands so near a line's end that it is one of its words, drawn off it."""
    near = max(line.left - word.right, word.left - line.words[-1].right)
    return abs(word.top - line.top) < pitch * TORN_OFF and near < 1.5 * line.letter


def _about(words: Sequence[Word], centre: float) -> Line | None:
    """The words of a row that stand about an axis: all, or those that a wide gap parts from a stamp or a pen beside them."""
    line = Line(tuple(words))
    if abs(line.centre - centre) <= CENTRED:
        return line
    within = (Line(run) for run in runs(line) if run[0].left < centre < run[-1].right)
    return next((run for run in within if abs(run.centre - centre) <= APART), None)


def _is_across(words: Sequence[Word], centre: float) -> bool:
    """Whether the words of a row reach the axis, or stand on both its sides: what a stamp prints stands on one."""
    return words[0].left < centre < max(word.right for word in words)


def runs(row: Line) -> list[tuple[Word, ...]]:
    """A row cut where the gap is wider than three letters: what stands beside a title is no part of it."""
    letter = row.letter
    found = [[row.words[0]]]
    for before, word in zip(row.words, row.words[1:], strict=False):
        if word.left - before.right > 3 * letter:
            found.append([])
        found[-1].append(word)
    return [tuple(run) for run in found]


def beside(top: Head, line: Number | None, law: Vocabulary, pairs: Pairs) -> Subject | None:
    """The lines of the left column under the number, if they open as a subject does ("V/v")."""
    if line is None:
        return None
    chosen: list[Line] = []
    before = top.left[line.index]
    for row in top.left[line.index + 1 :]:
        if not any(map(str.isalnum, row.text)) or _is_stamp(row, law):
            continue
        if row.top - before.top > PARAGRAPH * top.pitch or row.opening.startswith(law.addressed):
            break
        if len(chosen) == SUBJECT_ROWS:
            return None
        chosen.append(row)
        before = row
    opening = _opening(chosen[0].words, law)[0] if chosen else ""
    return Subject(_text(chosen, law, pairs), opening == BRIEF) if opening else None


def _is_stamp(row: Line, law: Vocabulary) -> bool:
    """Whether a line says nothing but how urgent the letter is, in capitals: a stamp under the number (NĐ 30 Phụ lục I, ô 10b)."""
    words = [word.text for word in row.words if len(squash(word.text)) > 1]
    return " ".join(words).isupper() and folded_words(" ".join(words)) in law.urgency


def _is_scrawl(words: Sequence[Word]) -> bool:
    """A word or two that nobody can read: a pen's, or a stamp's, beside the subject."""
    return len(words) <= SCRAWL[0] and max(word.confidence for word in words) < SCRAWL[1]


def _opening(words: Sequence[Word], law: Vocabulary) -> tuple[str, int]:
    """How a subject's opening is written, and how many words it takes; nothing and 0 if not listed."""
    for size in (1, 2):
        written = law.subject_openers.get(squash("".join(word.text for word in words[:size])))
        if written:
            return written, min(size, len(words))
    return "", 0


def _is_written(word: Word) -> bool:
    """Not a speck: letters and digits always count, a sign alone only if it is a dash; a doubtful one makes all doubtful."""
    return any(map(str.isalnum, word.text)) or (word.text in ("-", "–", "—") and word.confidence >= LEAST)


def _without_specks(word: Word) -> Word:
    """A word without the signs before it and after it that no print has there."""
    return replace(word, text=word.text.lstrip(":;.,'`|^~*").rstrip("'`|^~*") or word.text)


def _text(rows: Sequence[Line], law: Vocabulary, pairs: Pairs) -> Value | None:
    words = _spans(joined([_without_specks(word) for row in rows for word in row.words if _is_written(word)]))
    opening, taken = _opening(words, law)
    rest = named(mended(words[taken:], law), law)
    rest = confirmed(rest, pairs, listed(rest, law))
    if not rest or is_doubled(words) or _is_broken(rest, law) or is_slipped(rest, law) or any(map(_has_gap, rows)):
        return None
    text = " ".join([*([opening] if opening else []), *(word.text for word in rest)]).strip(SIGNS)
    sure = min(word.confidence for word in rest)
    spelt = all(is_clean(word.text) and is_spelt(part) for word in rest for part in _PARTS.findall(word.text))
    return Value(text, sure, tuple(words)) if sure >= SURE and spelt and len(text) <= SUBJECT_LENGTH else None


def _spans(words: Sequence[Word]) -> list[Word]:
    """The words, a dash between two years as sure as they make it, and these as sure as each other: "năm học 2025 - 2026"."""
    found = list(words)
    for at, (before, dash, after) in enumerate(zip(words, words[1:], words[2:], strict=False), 1):
        if dash.text in ("-", "–", "—") and _is_year(before) and _is_year(after):
            found[at] = replace(dash, confidence=max(dash.confidence, LISTED))
            if folded_words(" ".join(word.text for word in found[: at - 1][-2:])) == ("nam", "hoc"):
                found[at - 1], found[at + 1] = _school_year(before, after)
    return found


def _school_year(first: Word, second: Word) -> tuple[Word, Word]:
    """The two years of one school year, which vouch for each other: of one on which readings differ, that beside the other."""
    begun = {str(int(second.text[:4]) - 1)}.intersection(first.rivals) if second.confidence >= SURE > first.confidence else None
    first = replace(first, text=begun.pop()) if begun else first
    if int(second.text[:4]) - int(first.text[:4]) != 1:
        return first, second
    sure = max(LISTED, first.confidence, second.confidence)
    return replace(first, confidence=sure), replace(second, confidence=sure)


def _is_year(word: Word) -> bool:
    return re.fullmatch(r"(?:19|20)[0-9]{2}[.,;]?", word.text) is not None


def _is_broken(words: Sequence[Word], law: Vocabulary) -> bool:
    """Whether a full stop stands within it, for it is one sentence, or a colon within a phrase: specks, which may hide a comma."""
    if fold(words[0].text) == "viec" or any(a.text.endswith(",") and fold(b.text.strip(SIGNS)) in _NEVER_AFTER_COMMA
                                            for a, b in zip(words, words[1:], strict=False)):  # fmt: skip
        return True
    years = re.search(r"\b(?:19|20)[0-9]{2} (?:19|20)[0-9]{2}\b", " ".join(word.text for word in words))  # the dash was not read
    stops = (_ends(a.text) or (a.text.endswith(".") and not b.text[:1].isupper()) for a, b in zip(words, words[1:], strict=False))
    pairs = ((a.text, fold(b.text.strip(SIGNS))) for a, b in zip(words, words[1:], strict=False))
    specks = (a[-1] in ":;" and (fold(a.strip(SIGNS)), b) in law.phrases for a, b in pairs)
    dashed = zip(words, words[1:], words[2:], strict=False)
    dashes = (b.text in "-–—" and (fold(a.text), fold(c.text.strip(SIGNS))) in law.phrases for a, b, c in dashed)
    return years is not None or any(stops) or any(specks) or any(dashes) or _is_parted(words, law)


def _is_parted(words: Sequence[Word], law: Vocabulary) -> bool:
    """Whether a comma stands within the letters of a listed phrase whose marks are other ones: "chuyến, đối số"."""
    said = [word.text.strip(SIGNS).lower() for word in words]
    keys = [fold(text) for text in said]
    for at, word in enumerate(words):
        for size in range(2, min(law.longest_phrase, len(words) - at) + 1) if word.text.endswith(",") else ():
            written = law.phrases.get(tuple(keys[at : at + size]), "").lower().split()
            if written and written != said[at : at + size]:
                return True
    return False


def _ends(text: str) -> bool:
    """Whether a full stop follows a word in small letters, which "TP." and "Tp." are not."""
    return text.endswith(".") and not text.isupper() and any(letter in "aeiouy" for letter in fold(text))


def _has_gap(row: Line) -> bool:
    """Whether a line leaves room for a word that was not read: centred lines and narrow columns are not stretched."""
    widest = WIDEST * row.letter
    return any(after.left - word.right > widest for word, after in zip(row.words, row.words[1:], strict=False))
