"""The closed lists a letter is read by, built from `config/law/kinds.toml`, and how words are compared.

PURE. Promises: `Vocabulary` is frozen and holds no rule of its own, only what the mapping said; a mapping of
the wrong shape is an error that names the key. Refuses: to know where the mapping came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Any

_CLEAN = re.compile(r"[(\"“‘]*[^\W_]+(?:[-–/.,&'’][^\W_]+)*[)\"”’.,;:…]*|[-–]")
_SPECKED = re.compile(r"[^\W\d_][.,][^\W\d_A-ZĐÀ-Ỵ]")
_VOWELS, _MARKS = re.compile("[aeiouy]+"), frozenset("\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323")
_SYLLABLE = re.compile(  # the last: "Đắk Lắk"
    r"(?:ngh?|nh|gh?|gi|kh?|ph?|qu|th?|tr|ch?|[bdhlmnrsvx])?(?!.*(?:aa|ee|ii|yy))[aeiouy]{1,3}(?:ch?|ng?|nh|m|p|t|k)?"
)
SIGNS = " .,;:_-–—'\"`|~^"  # what recognition hangs on the ends of words


def nfc(text: str) -> str:
    """NFC (TCVN 6909:2001), with the Icelandic eth of old fonts and recognisers made the Vietnamese đ."""
    return unicodedata.normalize("NFC", text).replace("\u00d0", "\u0110").replace("\u00f0", "\u0111")


@lru_cache(maxsize=4096)
def _fold_letter(letter: str) -> str:
    low = letter.lower()[:1]
    return "d" if low in "đð" else unicodedata.normalize("NFD", low)[:1]


def fold(text: str) -> str:
    """Lower case without Vietnamese marks, letter for letter: exactly as long as the text, which is NFC."""
    return "".join(map(_fold_letter, text))


def squash(text: str) -> str:
    """`fold`, letters and digits only."""
    return "".join(filter(str.isalnum, fold(nfc(text))))


def skeleton(text: str) -> str:
    """`squash` with doubled letters once: what survives the slips of recognition."""
    return "".join(letter for letter, _ in groupby(squash(text)))


def marks(text: str) -> tuple[str, ...]:
    """The marks of a text, wherever they sit: `UỶ` and `ỦY` have the same, `TINH` and `TỈNH` do not."""
    found = [c for c in unicodedata.normalize("NFD", text) if unicodedata.combining(c)]
    return tuple(sorted([*found, *(["đ"] * nfc(text).lower().count("đ"))]))


def is_spelt(word: str) -> bool:
    """Whether a word may be Vietnamese: no letter of another alphabet, one syllable, a tone where spelling asks for one.

    A syllable that ends in c, ch, p or t bears the acute or the dot; words without any mark are let pass.
    """
    letters = unicodedata.normalize("NFD", "".join(filter(str.isalpha, nfc(word))))
    plain = "".join(map(_fold_letter, letters))
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    if not bare.isascii() or not {c for c in letters if unicodedata.combining(c)} <= _MARKS:
        return False
    if len(letters) == len(bare):
        return True
    toned = "\u0301" in letters or "\u0323" in letters
    return len(_VOWELS.findall(bare)) == 1 and (toned or not bare.endswith(("c", "ch", "p", "t")))


def is_syllable(word: str) -> bool:
    """Whether the letters of a word, whatever its marks, are those of one syllable: "ban", not "bari" or "ah"."""
    return _SYLLABLE.fullmatch(fold(nfc(word))) is not None


def is_clean(word: str) -> bool:
    """Whether a word holds nothing but letters, digits and the signs print has there: no speck within, no foreign sign.

    No dash joins a word in small letters to another. A full stop stands within numbers and between capitals (`1.500`, `TP.HCM`),
    never between small letters, nor after a syllable.
    """
    said = nfc(word)
    before, stop, after = said.partition(".")
    is_joined = bool(stop) and after[:1].isalpha() and len(before) > 2 and before[1:].islower() and is_syllable(before)
    return not is_joined and _CLEAN.fullmatch(said) is not None and not (_SPECKED.search(said) or _is_dashed(said))


def _is_dashed(said: str) -> bool:
    parts = [part.strip(SIGNS + "(“‘") for part in re.split("[-–]", said)]
    pairs = ((a, b) for a, b in pairwise(parts) if a[-2:].isalpha() and len(a) > 1 and b[:1].isalpha())
    return any(b[0].islower() or a.islower() for a, b in pairs)


def folded_words(text: str) -> tuple[str, ...]:
    """The words of a text, folded, without the signs around and between them."""
    parts = (fold(part).strip(".,;:-–—_") for part in nfc(text).split())
    return tuple(part for part in parts if part)


_COLUMN, _RIGHTS, _DEPUTIES = ("country", "motto", "party"), ("deputising", "acting"), ("deputies", "of_bodies")
_SURNAMES = ("surnames", "usual_surnames", "given_names")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: its name, its abbreviation in notations (empty: none).

    Attributes:
        older: what its notations bore under acts no longer in force.
    """

    name: str
    abbreviation: str
    older: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every closed list reading rests on. A phrase is its folded words, mapped to how it is written.

    Attributes:
        commas: neighbours within phrases that a comma may part.
    """

    kinds: Mapping[str, Kind]
    country: tuple[str, ...]
    motto: tuple[str, ...]
    party: tuple[str, ...]
    addressed: tuple[str, ...]
    grounds: tuple[str, ...]
    subject_openers: Mapping[str, str]
    agency_openers: frozenset[tuple[str, ...]]
    agency_written: Mapping[tuple[str, ...], str]
    agency_words: frozenset[str]
    agency_pairs: frozenset[tuple[str, str]]
    before_names: Mapping[tuple[str, ...], str]
    places: Mapping[tuple[str, ...], str]
    recipients: tuple[str, ...]
    foreign: frozenset[str]
    usual_recipients: Mapping[str, str]
    authorities: Mapping[str, str]
    deputising: frozenset[str]
    acting: frozenset[str]
    of_bodies: tuple[str, ...]
    deputies: tuple[str, ...]
    positions: Mapping[tuple[str, ...], str]
    positions_alike: frozenset[str]
    surnames: frozenset[str]
    usual_surnames: frozenset[str]
    given_names: frozenset[str]
    secrecy: frozenset[tuple[str, ...]]
    urgency: Mapping[tuple[str, ...], str]
    small_words: Mapping[str, frozenset[str]]
    phrases: Mapping[tuple[str, ...], str]
    commas: frozenset[tuple[str, str]]
    longest_phrase: int

    @classmethod
    def from_mapping(cls, law: Mapping[str, Any]) -> Vocabulary:
        """The vocabulary of a law file.

        Kinds of every profile are known, in force or not: paper is older than the law it is filed under.

        Raises:
            ValueError: a table or key is missing or of the wrong type; the message names it.
        """
        written = _texts(_table(law, "phrases"), "written")
        phrases = _phrases(text.replace(",", "") for text in written)
        head, agency, foot = (_table(law, key) for key in ("head", "agency", "signature"))
        named = [folded_words(text) for key in ("written", "before_names", "openers") for text in _texts(agency, key)]
        lists: dict[str, Any] = {n: folded_words(_text(head, n)) for n in _COLUMN} | {n: tuple(_texts(foot, n)) for n in _DEPUTIES}
        lists |= {n: frozenset(map(fold, _texts(foot, n))) for n in _RIGHTS} | {n: frozenset(_texts(foot, n)) for n in _SURNAMES}
        return cls(
            kinds=_kinds(law),
            addressed=tuple(map(squash, _texts(head, "addressed"))), grounds=tuple(map(squash, _texts(head, "grounds"))),
            subject_openers={squash(slip): nfc(name) for name, slips in _table(law, "subject").items() for slip in slips},
            agency_openers=frozenset(map(folded_words, _texts(agency, "openers"))),
            agency_written=_phrases(_texts(agency, "written")),
            agency_words=frozenset(word for words in named for word in words),
            agency_pairs=frozenset(pair for words in named for pair in zip(words, words[1:], strict=False)),
            before_names=_phrases(_texts(agency, "before_names")),
            places=_phrases(_texts(agency, "places")),
            usual_recipients={nfc(s): nfc(name) for name, slips in _table(foot, "usual_recipients").items() for s in slips},
            recipients=tuple(map(squash, _texts(foot, "recipients"))),
            foreign=frozenset(_texts(foot, "foreign")),
            authorities={fold(slip): nfc(name) for name, slips in _table(foot, "authorities").items() for slip in slips},
            positions=_phrases(_texts(foot, "positions")),
            positions_alike=_alike(_texts(foot, "positions")),
            **lists,
            secrecy=frozenset(map(folded_words, _texts(_table(law, "secrecy"), "degrees"))),
            urgency=_phrases(_texts(_table(law, "urgency"), "degrees")),
            small_words=_by_language(_table(law, "small_words")),
            phrases=phrases,
            commas=frozenset(pair for text in written for pair in _comma_pairs(text.split())),
            longest_phrase=max(map(len, phrases), default=0),
        )

    def surname(self, text: str) -> str:
        """The listed surname a word is, or the only one of the same letters with other marks; empty where there is none."""
        if text in self.surnames:
            return text
        same = [name for name in self.surnames if fold(name) == fold(nfc(text))]
        return same[0] if len(same) == 1 and text[:1].isupper() else ""

    def opens_recipients(self, squashed: str) -> bool:
        """Whether letters are those of "Nơi nhận", or all but one: recognition spoils it, for it is small and in italics."""
        alike = (opening for opening in self.recipients if len(opening) == len(squashed))
        return any(sum(a != b for a, b in zip(squashed, opening, strict=True)) <= 1 for opening in alike)

    def is_sole(self, surname: str) -> bool:
        """Whether no other listed surname has the letters of this one: its marks are then certain."""
        return sum(fold(name) == fold(surname) for name in self.surnames) == 1

    def is_unlike_others(self, surname: str) -> bool:
        """Whether no other listed surname is one letter away: its letters, read in doubt, are then certain too."""
        said = fold(surname)
        same_length = (fold(name) for name in self.surnames if len(name) == len(said) and name != surname)
        return not any(sum(a != b for a, b in zip(said, name, strict=True)) <= 1 for name in same_length)

    def may_be_bitten(self, surname: str) -> bool:
        """Whether a rare surname is what is left of a usual one whose beginning a seal covers: `Quyền`, `Nguyễn`."""
        usual, end = self.usual_surnames, fold(surname)[1:]
        return surname not in usual and len(end) > 2 and any(fold(name).endswith(end) for name in usual)

    def position(self, text: str) -> str:
        """The listed position a line names; of those that marks alone tell apart (Thứ trưởng, Thủ trưởng) the exact one."""
        written = self.positions.get(folded_words(text), "")
        if written not in self.positions_alike:
            return written
        return next((each for each in self.positions_alike if each.upper() == nfc(text).upper()), "")

    def deputy(self, post: str) -> str:
        """The listed post of whoever signs for the one who holds this: `Phó Chủ tịch`; empty where the list has none."""
        keys = (folded_words(f"{first} {post}") for first in self.deputies)
        return next((self.positions[key] for key in keys if key in self.positions), "")

    def abbreviation(self, text: str) -> Kind | None:
        """The kind this is the exact abbreviation of."""
        return next((kind for kind in self.kinds.values() if kind.abbreviation == text != ""), None)


def _kinds(law: Mapping[str, Any]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for profile in _tables(law, "kinds"):
        for name, abbreviation in _table(profile, "abbreviations").items():
            known = kinds.setdefault(squash(name), Kind(nfc(name), nfc(abbreviation)))
            if abbreviation not in (known.abbreviation, *known.older):
                kinds[squash(name)] = replace(known, older=(*known.older, nfc(abbreviation)))
    return kinds


def _comma_pairs(words: Sequence[str]) -> list[tuple[str, str]]:
    pairs = zip(words, words[1:], strict=False)
    return [(fold(before.rstrip(",")), fold(after.rstrip(","))) for before, after in pairs if before.endswith(",")]


def _by_language(table: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    return {code: frozenset(_texts(table, code)) for code in table}


def _alike(texts: Sequence[str]) -> frozenset[str]:
    """The phrases that have the letters of another one."""
    letters = Counter(map(folded_words, texts))
    return frozenset(nfc(text) for text in texts if letters[folded_words(text)] > 1)


def _phrases(texts: Iterable[str]) -> dict[tuple[str, ...], str]:
    return {folded_words(text): nfc(text) for text in texts}


def _table(law: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = law.get(key)
    if not isinstance(value, Mapping):
        raise ValueError(f"{key}: a table is expected")
    return value


def _tables(law: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = law.get(key)
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise ValueError(f"{key}: a list of tables is expected")
    return value


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise ValueError(f"{key}: a text is expected")
    return value


def _texts(table: Mapping[str, Any], key: str) -> list[str]:
    value = table.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key}: a list of texts is expected")
    return list(map(nfc, value))
