"""Whom a letter goes to, and what it says it brings along (NĐ 30/2020 Phụ lục I, Phần I, mục II.9 and III.1).

PURE. Promises: the list whole, in its order, or nothing. Refuses: a list with one doubtful word, or without its end ("Lưu").
"""

from __future__ import annotations

import math
import re
import statistics
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from processor.describe.heading import SURE, Value
from processor.describe.layout import Foot, Line, Word, joined
from processor.describe.phrases import LISTED, Pairs, is_slipped, mended
from processor.describe.rivals import is_doubled, settled
from processor.describe.vocabulary import Vocabulary, fold, is_clean, is_spelt, is_syllable

LONGEST = 1000  # NĐ 30 Phụ lục VI: ToPlaces String 1000
MOST_LINES = 30
MISSED = 1.7  # of the list's usual step
WIDEST = 2.5  # letters between two words of a line
WIDE_STEP = 1.9  # line pitches: what stands further below is no line of the list
_BULLET = re.compile(r"^(?:[^\w(]|_)*[-–—•*+~=_¬](?:[^\w(]|_)*")
_AROUND = re.compile(r"^(?:[^\w(]|_)+|(?:[^\w)]|_)+$")
_BROKEN_NOTE = re.compile(r"\([^\W\dA-Z]{1,3}\)")  # "(bí)": "(b/c)" misread
_SPECKED = re.compile(r": (?![A-ZĐÀ-Ỵ0-9])[^\W\d_]|Lưu:? [A-ZĐ]+ [A-ZĐ]|Lưu:[^;]*;|Lưu: VT[A-ZĐ]")  # a colon in a phrase; no comma
_AFTER_COMMA = re.compile(r",(?=[^\s\d])")
_ENDLESS = re.compile(r" \w$|; [^\W\d_]\W*$")  # a lone letter or digit for the sign that ends an item, or a stroke after it
_UNENDED = re.compile(r"^[^,]*,\W*$")
_AFTER_STOP = re.compile(r"; ([^\W\d_])")
_HEADING = "noi nh"
_KEPT = "luu"  # the last line: "Lưu: VT, TH."
_NOTE = re.compile(r"\((?=[^()]{0,200}(?:kem theo|dinh kem|gui kem|phu luc))[^()]{0,400}\)")
_OF_ANOTHER = re.compile(r"\bso\b[^()]{0,12}/|/(?:20)?[0-9]{2}/|\bcua (?:nghi dinh|thong tu|luat)")  # its number follows
ROOM = 1.5  # letters: between two spaces nothing stands in less
SHORTEST = 2  # letters of an item: one alone is a stroke
STROKES, SURE_STROKE = 2, 0.7  # letters, at most, that a stroke is read as; what two readings have is surer, and none
_JOINED_KEPT = re.compile(r"(Lưu)[^\w\s]*:[^\w\s]*(\w.*)")
_ROUND = str.maketrans("{}[]", "()()")
_AFTER_END = re.compile(r";[^\w;]+$")
_STROKES = "'`^~|"  # of a pen, read as signs after a word
DASHES = ("-", "–")
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_SIGNS = " .,;:()\"'-–"
_PARTS = re.compile(r"[^\W_]+")


def recipients(foot: Foot, pitch: float, law: Vocabulary) -> Value | None:
    """The recipients, apart by `; `. `pitch` is the page's distance of lines."""
    listed = _listed(foot, pitch)
    if any(is_doubled(row.words, math.inf) for row in listed):
        return None
    rows = [Line(tuple(_confirmed(mended(_kept_apart(row.words), law), law))) for row in listed]
    usual = law.usual_recipients
    rows[-1:] = [Line(tuple(w if w.text.strip(_SIGNS) in usual else _settled(w) for w in row.words)) for row in rows[-1:]]
    words = [word for row in rows for word in row.words if any(map(str.isalnum, word.text))]
    if not words or not all(_is_print(word, law) for word in words) or any(map(_is_misread, rows[-1].words)):
        return None
    if any(_has_gap(row) or _has_stop(row) or is_slipped(row.words, law) for row in rows):
        return None
    items: list[str] = []
    for row in rows:
        bullet = _BULLET.match(row.text)
        text = row.text[bullet.end() :] if bullet else row.text
        if not any(map(str.isalnum, text)):  # a speck
            continue
        if bullet or not items:
            items.append(text)
        else:
            items[-1] += f" {text}"
    if 0 < sum(item.endswith(",") for item in items[:-1]) < len(items) - 1:  # where not all end so, a word was not read
        return None
    if any(_ENDLESS.search(item) or len(item.strip(_SIGNS)) < SHORTEST for item in items[:-1]):
        return None
    if _UNENDED.search(items[-1]):  # the initials after it were not read
        return None
    if any(match[1].islower() for item in items for match in _AFTER_STOP.finditer(item)):  # what a semicolon parts begins anew
        return None
    told = "; ".join(_AFTER_COMMA.sub(", ", _AROUND.sub("", item)) for item in items)
    if any(not _is_word(part) for part in told.split()) or _BROKEN_NOTE.search(told) or _SPECKED.search(told):
        return None
    sure = min(word.confidence for word in words)
    return Value(told, sure, tuple(words)) if sure >= SURE and len(told) <= LONGEST else None


def _kept_apart(words: Sequence[Word]) -> list[Word]:
    """The words of a line, "Lưu:" apart from the initials a speck joins to it: "Lưu:.VT,"."""
    found = list[Word]()
    for word in words:
        match = _JOINED_KEPT.fullmatch(word.text)
        edge = word.left + (word.right - word.left) * match.end(1) / len(word.text) if match else word.right
        found += [replace(word, text=f"{match[1]}:", right=edge), replace(word, text=match[2], left=edge)] if match else [word]
    return found


def _has_gap(row: Line) -> bool:
    """Whether a line leaves room for a word that was not read: it is not stretched; after its dash anything may stand."""
    words = [word for word in row.words if any(map(str.isalnum, word.text))]
    return any(after.left - word.right > WIDEST * row.letter for word, after in zip(words, words[1:], strict=False))


def _has_stop(row: Line) -> bool:
    """Whether a full stop follows a word in small letters within an item, as none has it: a speck, which may hide another sign."""
    words = [word for word in row.words if any(map(str.isalnum, word.text))]
    return any(word.text.endswith(".") and word.text.islower() and len(word.text) > STROKES + 1 for word in words[:-1])


def _is_word(part: str) -> bool:
    """Whether what stands between spaces is a word, or a dash or sign that print has there; a speck may have been a word."""
    return part in ("-", "–", "&", "+") or any(map(str.isalnum, part))


def _is_print(word: Word, law: Vocabulary) -> bool:
    parts = _PARTS.findall(word.text)
    return is_clean(word.text.strip("_")) and all(is_spelt(part) and (_is_short(part) or _is_known(part, law)) for part in parts)


def _is_short(part: str) -> bool:
    """Whether letters stand for words: `UBND`, `TTg`, `c` of `b/c`, or a number."""
    return len(part) == 1 or not part.isalpha() or sum(map(str.isupper, part)) > 1


def _is_known(part: str, law: Vocabulary) -> bool:
    return is_syllable(part) or part.lower() in law.foreign


def _settled(word: Word) -> Word:
    """A word of the last line as the only initials among what was read there: "NC", not "ÑC"; the sign after it stays.

    Where readings have other initials too, it is in doubt: like a name's, nothing vouches for their letters.
    """
    if len(set(filter(None, map(_initials, word.rivals)))) > 1:
        return replace(word, confidence=min(word.confidence, SURE_STROKE))
    found = settled(word, _initials)
    return found if found is word else replace(found, text=found.text + word.text[len(word.text.rstrip(".,;")) :])


def _initials(text: str) -> str:
    """Initials of words, no letter of which bears a tone; empty where a text is none."""
    return text if text.isalpha() and sum(map(str.isupper, text)) > 1 and _TONES.isdisjoint(_nfd(text)) else ""


def _nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


def _is_misread(word: Word) -> bool:
    """Whether initials, as stand in the last line, bear the tone of a word: "VÌ" for "VT"."""
    bare = word.text.strip(_SIGNS)
    return bare.isupper() and len(bare) > 1 and not _TONES.isdisjoint(_nfd(bare))


def _without_strokes(row: Line, margin: float) -> Line | None:
    """A line without what a pen or a seal beside the list left: a letter or two left of its dashes, doubtful ones alone or after an
    item's end, and what is in doubt beyond a wide gap there."""
    words: list[Word] = []
    row = Line(tuple(_without_crowded(_unbulleted(row.words), row.letter)))
    for at, word in enumerate(row.words):
        letters = sum(map(str.isalnum, word.text))
        if letters <= STROKES and word.right <= margin or words and not letters and words[-1].text.endswith(";"):
            continue
        ended = not words or words[-1].text.rstrip(_STROKES).endswith((";", "."))
        is_apart = bool(words) and ended and word.left - words[-1].right > WIDEST * row.letter
        if is_apart and (_is_doubtful(row.words[at:]) or (len(row.words) == at + 1 and letters == 1)):
            break  # no item is a letter
        if not (ended and 0 < letters <= STROKES and word.confidence <= SURE_STROKE):
            words.append(replace(word, text=_AFTER_END.sub(";", word.text.rstrip(_STROKES)) or word.text))
    return Line(tuple(words)) if any(map(str.isalnum, "".join(word.text for word in words))) else None


def _unbulleted(words: Sequence[Word]) -> list[Word]:
    """The words of a line, the dash before an item apart from its first word: "-.Công"."""
    match = _BULLET.match(words[0].text)
    if not match or match.end() == len(words[0].text):
        return list(words)
    first, edge = words[0], words[0].left + (words[0].right - words[0].left) * match.end() / len(words[0].text)
    return [replace(first, text="-", right=edge), replace(first, text=first.text[match.end() :], left=edge), *words[1:]]


def _without_crowded(words: Sequence[Word], wide: float) -> list[Word]:
    """The words of a line but for a letter or two in doubt between words that leave no room for a word: strokes over the line."""
    kept = []
    for at, word in enumerate(words):
        letters = sum(map(str.isalnum, word.text))
        room = words[at + 1].left - words[at - 1].right if 0 < at < len(words) - 1 else math.inf
        if not (0 < letters <= STROKES and word.confidence <= SURE_STROKE and room < ROOM * wide):
            kept.append(word)
    return kept


def _is_doubtful(words: Sequence[Word]) -> bool:
    return all(word.confidence < SURE for word in words)


def _margin(rows: Sequence[Line]) -> float:
    """Where the dashes of a list stand, one under the other; 0 where they do not."""
    dashes = sorted(word.left for row in rows for word in row.words[:2] if word.text in DASHES and word.confidence >= SURE)
    return dashes[len(dashes) // 2] if len(dashes) > 1 else 0.0


def _confirmed(words: Sequence[Word], law: Vocabulary) -> list[Word]:
    """Words that stand in nearly every list (`VT`, `b/c`) are written as the list of them has it, and as sure as it."""
    found = []
    for word in words:
        bare, bracketed = word.text.strip("(){}[].,;: "), word.text.strip(".,;: ")
        bare = bracketed if bracketed in law.usual_recipients else bare
        usual = "Lưu" if fold(bare) == _KEPT else law.usual_recipients.get(bare)
        text = word.text.replace(bare, usual).translate(_ROUND) if usual else word.text
        text = f"{usual}:" if text in ("Lưu;", "Lưu.", "Lưu,") else text
        found.append(replace(word, text=text, confidence=max(word.confidence, LISTED)) if usual else word)
    return found


def _listed(foot: Foot, pitch: float) -> list[Line]:
    """The lines under "Nơi nhận" up to the one that says where a copy is kept; none where that one is not found."""
    rows: list[Line] = []
    before = foot.recipients[0].top if foot.recipients else 0.0
    steps: list[float] = []
    lines = foot.recipients[1 : MOST_LINES + 1]
    margin = _margin(lines)
    for line in lines:
        kept = _without_strokes(line, margin)
        row = kept or line
        if row.top - before > WIDE_STEP * pitch:
            return []
        steps.append(row.top - before)
        before = row.top
        if fold(row.text).startswith(_HEADING):
            continue  # read twice
        rows += [kept] if kept else []
        if fold(_BULLET.sub("", row.text)).startswith(_KEPT):
            usual = statistics.median(steps)
            return rows if all(step <= MISSED * usual for step in steps[1:]) else []  # between them a line was not read
    return []


def annexes(pages: Sequence[Sequence[Line]], pairs: Pairs, law: Vocabulary) -> Value | None:
    """The notes in brackets of what comes with a letter, apart by `; `: `(Có danh sách kèm theo)`, `(chi tiết tại Phụ lục I)`.

    On an annex, `(Kèm theo Quyết định số 12/QĐ-UBND …)` tells of the letter it belongs to, and is none. None where one is in doubt.

    Args:
        pages: the lines of each.
        pairs: neighbouring words that the document prints elsewhere.
        law: the closed lists.
    """
    found: dict[str, Value] = {}
    for rows in pages:
        words = joined([word for row in rows for word in row.words])
        for note in _notes(mended(words, law), pairs):
            if note.confidence < SURE:
                return None
            found.setdefault(note.text.casefold(), note)
    told = "; ".join(note.text for note in found.values())
    if not told or len(told) > LONGEST:
        return None
    first = next(iter(found.values()))
    return Value(told, min(note.confidence for note in found.values()), first.words)


def _notes(words: Sequence[Word], pairs: Pairs) -> Iterator[Value]:
    text = " ".join(word.text for word in words)
    starts = list(accumulate((len(word.text) + 1 for word in words), initial=0))
    for match in _NOTE.finditer(fold(text)):
        if _OF_ANOTHER.search(match[0]):
            continue
        first, last = bisect_right(starts, match.start()) - 1, bisect_right(starts, match.end() - 1) - 1
        within = list(words[first : last + 1])
        ended = replace(within[-1], text=within[-1].text[: match.end() - starts[last]])  # without the "./." a text ends with
        within[-1] = _vouched([*within[:-1], ended], pairs)
        yield Value(text[match.start() + 1 : match.end() - 1].strip(), min(word.confidence for word in within), tuple(within))


def _vouched(words: Sequence[Word], pairs: Pairs) -> Word:
    """The last word of a note, as sure as a list makes it where the document prints it elsewhere after the same word.

    What makes recognition doubt it is mostly the sign that ends the text.
    """
    last = words[-1]
    if len(words) < 2:
        return last
    before, said = (word.text.strip(_SIGNS).lower() for word in words[-2:])
    counts = pairs.get((fold(before), fold(said)), Counter())
    return replace(last, confidence=max(last.confidence, LISTED)) if set(counts) == {(before, said)} else last
