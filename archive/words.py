"""Words as people type them: what is looked up in the index for them, and where they stand in a text.

PURE: no I/O, no third-party package. Promises: whatever is typed, what is made of it is no syntax error; a word typed with its
marks is that word, one without is it with any marks (đ is d with a mark); in a phrase each by its own rule.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, pairwise
from zlib import crc32

TOKENIZE = "unicode61 remove_diacritics 0"  # marks are told apart: the index holds every text twice, as it is and folded

# Characters no text brings into the index (`plain` takes them out) and the tokenizer takes for letters (Unicode: Co).
PART, BREAK, REFERENCE = "\ue000", "\ue001", "\ue002"  # between parts of one word; between phrases; before a number of a document
_PAIR = "\ue006"  # before what two words that follow each other are called
_OWN = re.compile("[\ue000-\ue0ff]")

WORD = re.compile(r"[^\W_]+(?:[\u0300-\u036f]+[^\W_]*)*")
_FOLDED_WORD = re.compile(r"[^\W_]+")
_TYPED = re.compile(r'"([^"]*)"|([^\s"]+)')
_NUMBER_WORD = re.compile(r"\b(?:số|so)\s*:?\s*(?=[0-9])", re.IGNORECASE)  # "Số 299/UBND-TTHC"
_DIGITS = re.compile(r"[0-9]{1,9}")
_NAMES = 0xFFFF
_PAIRS = 16  # of a phrase that are asked for
# A number with its notation, "299/UBND-TTHC", "30/2020/NĐ-CP" (NĐ 30/2020 PL I II.3, II.4); a day has no letters
_REFERENCE = re.compile(
    r"(?<![^\W_])([0-9]{1,7}[a-zđ]?) ?/ ?((?:[0-9]{4} ?/ ?)?[^\W\d_][^\W_]*(?: ?[-–/.] ?[^\W_]+){0,6})(?![^\W_])"
)
_SAFE = re.compile("[\x00-\x7f\u2010-\u2027\u2030-\u205e]*")  # nothing to take a mark from
_LETTERS = [chr(code) for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))]


def exact(text: str) -> str:
    """Text as it is found with marks: composed, lower case."""
    return unicodedata.normalize("NFC", text.lower())


def fold(text: str) -> str:
    """Text as it is found without marks: none, đ as d."""
    lower = text.lower()
    if lower.isascii():
        return lower
    lower = lower.translate(_BARE)
    return lower if _SAFE.fullmatch(lower) else _folded(lower)


def _folded(text: str) -> str:
    marked = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", "".join(c for c in marked if not unicodedata.combining(c))).replace("đ", "d")


_BARE = {ord(letter): _folded(letter) for letter in _LETTERS if letter.lower() == letter}


def encodable(text: str) -> str:
    """Composed, and without the lone surrogates that an argument of a command line can hold."""
    return unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode()


def plain(text: str) -> str:
    """A text without the characters that mean something to the index."""
    return _OWN.sub(" ", text)


def is_bare(text: str) -> bool:
    """Whether it was typed without marks."""
    return fold(text) == exact(text)


def references(text: str) -> set[str]:
    """The numbers of documents that a text (exact or folded) bears or mentions, and their beginnings, as words of the index."""
    found = set()
    for number, notation in _REFERENCE.findall(text):
        parts = _parts(number, notation)
        found |= {_reference(parts[:count]) for count in range(2, len(parts) + 1)}  # "299/UBND" finds 299/UBND-TTHC
    return found


def pairs(folded: str) -> Iterable[str]:
    """What the words that follow each other in a folded text are called in the index, two by two.

    A phrase of words that are everywhere is nearly nowhere: the index alone would compare the places of each of its words in every
    document that has them all. Few documents have all its pairs. A name is short, and some pairs share one: a dictionary of all
    pairs of a language would be longer than their lists.
    """
    names, numbers = _short_names(), [_number(word) for word in _FOLDED_WORD.findall(folded)]
    return dict.fromkeys([names[(first * 31 ^ second) & _NAMES] for first, second in pairwise(numbers)])


def short(text: str) -> str:
    """A name of four letters; some texts share one."""
    return f"{_number(text) & _NAMES:04x}"


@cache
def _short_names() -> list[str]:
    return [f"{_PAIR}{number:04x}" for number in range(_NAMES + 1)]


@lru_cache(maxsize=1 << 15)
def _number(text: str) -> int:
    return crc32(text.encode())


def side_by_side(folded: str) -> list[str]:
    """What the index is asked for, before a phrase itself, so that few documents are looked through for it."""
    return [f'"{pair}"' for pair in islice(pairs(folded), _PAIRS)]


@dataclass(frozen=True, slots=True)
class Term:
    """One word, or one phrase between quotation marks."""

    text: str
    is_phrase: bool = False

    @property
    def chunks(self) -> list[str]:
        """What stands between its spaces, each with marks or without."""
        return [chunk for chunk in self.text.split() if WORD.search(chunk)]

    @property
    def is_mixed(self) -> bool:
        """Whether it has words with marks and words without: the index alone cannot tell whether they stand side by side."""
        return len({is_bare(chunk) for chunk in self.chunks}) > 1

    @property
    def is_adjacent(self) -> bool:
        """Whether it is words that must stand side by side."""
        return len(WORD.findall(exact(self.text))) > 1 and (self.is_mixed or not _REFERENCE.fullmatch(exact(self.text)))

    def by_pairs(self) -> str:
        """What the quickest look into the index is for: all that `expression` finds, and not much else if that is rare."""
        return " AND ".join(side_by_side(fold(self.text))) if self.is_adjacent else self.expression()

    def telling(self) -> list[str]:
        """Words of a phrase that tell more than its pairs: those with marks; both of one pair, since others are called so too."""
        alone = len(side_by_side(fold(self.text))) == 1
        rules = [(chunk, fold if is_bare(chunk) else exact) for chunk in self.chunks if alone or not is_bare(chunk)]
        return [f'"{word}"' for chunk, rule in rules for word in WORD.findall(rule(chunk))]

    def expression(self) -> str:
        """What the index is asked for."""
        text = fold(self.text) if is_bare(self.text) else exact(self.text)
        together = side_by_side(fold(self.text))
        if self.is_mixed:
            marked = [f'"{exact(chunk)}"' for chunk in self.chunks if not is_bare(chunk)]
            return " AND ".join((*together, f'"{fold(self.text)}"', *marked))
        if found := _REFERENCE.fullmatch(text):
            return f'"{_reference(_parts(*found.groups()))}"'
        if not self.is_phrase and _DIGITS.fullmatch(text):
            forms = sorted({text, text.lstrip("0") or "0", (text.lstrip("0") or "0").zfill(2)})  # two digits below ten
            return "(" + " OR ".join(f'"{form}"' for form in forms) + ")"
        return " AND ".join((*together, f'"{text}"'))

    def stands_in(self, marked: str) -> bool:
        """Whether it stands in a text that is as `exact` makes it."""
        bare = is_bare(self.text) and not self.is_mixed
        return self.pattern().search(fold(marked) if bare else marked) is not None

    def pattern(self) -> re.Pattern[str]:
        """Where it stands in a text that is composed."""
        return _pattern(self.text, not self.is_phrase or _REFERENCE.fullmatch(exact(self.text)) is not None)


def terms(words: str) -> list[Term]:
    """Words as typed (`299/UBND-TTHC`, `"a phrase"`), without what has neither letter nor digit."""
    text = "".join(" " if unicodedata.category(char) == "Cc" else char for char in plain(encodable(words)))
    if text.count('"') % 2:
        text = text.replace('"', " ")
    found = []
    for quoted, bare in _TYPED.findall(_unnumbered(text)):
        term = Term(quoted or bare, is_phrase=bool(quoted))
        if any(char.isalnum() for char in term.text):
            found.append(term)
    return list(dict.fromkeys(found))


def _phrase(part: str) -> re.Pattern[str] | None:
    return _pattern(part, False) if WORD.search(part) else None


def contains(value: str | None, part: str) -> bool:
    """Whether the words stand in the value, in this order; SQLite's own LIKE knows only the case of ASCII."""
    pattern = _phrase(part)
    return value is not None and pattern is not None and pattern.search(value) is not None


def _unnumbered(text: str) -> str:
    """Without the word that people put before a number; between quotation marks it stays."""
    parts = text.split('"')
    return '"'.join(_NUMBER_WORD.sub("", part) if index % 2 == 0 else part for index, part in enumerate(parts))


def _parts(number: str, notation: str) -> list[str]:
    return [number.lstrip("0") or "0", *WORD.findall(notation)]


def _reference(parts: list[str]) -> str:
    return REFERENCE + PART.join(parts)


@lru_cache(maxsize=256)  # one question is compared with hundreds of texts
def _pattern(text: str, as_number: bool) -> re.Pattern[str]:
    chunks = []
    for chunk in text.split():
        bare = is_bare(chunk)
        words = [_letters(word, bare) for word in WORD.findall(exact(chunk))]
        if words and as_number and chunk[0].isdigit() and (_DIGITS.fullmatch(chunk) or _REFERENCE.fullmatch(exact(chunk))):
            words[0] = "0*" + _letters(WORD.findall(exact(chunk))[0].lstrip("0") or "0", bare)
        chunks += words
    return re.compile(r"(?<![^\W_])" + r"[\W_]+".join(chunks) + r"(?![^\W_\u0300-\u036f])")


def _letters(word: str, bare: bool) -> str:
    return "".join(_class(fold(char) if bare else char, bare) for char in word)


@lru_cache(maxsize=4096)
def _class(char: str, bare: bool) -> str:
    if not char:
        return ""
    same = {char, char.lower(), char.upper() if len(char.upper()) == 1 else char}
    if bare:
        same |= {letter for letter in _LETTERS if fold(letter) == char}
    return "[" + "".join(map(re.escape, sorted(same))) + "]"
