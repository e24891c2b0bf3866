"""By which act a list is written: its row of headings is found, and told by name what each column means.

PURE. Promises: names of the law count to the letter (`typeName` is not `TypeName`), Vietnamese headings whatever their case; the
order of columns is free. Refuses a heading that is nearly one of those it knows: a column misspelt in silence would be one lost.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archive.record import DESCRIPTIVE
from processor.codelists import CodeList
from processor.errors import SettingsError, Verdict

BAD = "list-bad"
_MEANINGS = frozenset({  # what a column may be: a field of the record, and what the head of `lists.toml` names
    *DESCRIPTIVE, "name", "pages", "file_code", "main", "doc_code", "file_organ", "file_year", "file_notation", "number_notation",
    "kind_subject", "",
})  # fmt: skip
DEEPEST = 30  # rows that are looked through for the headings: printed tables have titles over them
_LEAST = 2  # known headings that make a row of headings
_SHOWN = 12  # headings named to who has to mend a list


@dataclass(frozen=True, slots=True)
class Profile:
    """How lists of one act are written.

    Attributes:
        name: of the act.
        exact: column to meaning, names to the letter.
        common: the same of Vietnamese headings, folded by `_same`.
        codes: column to its code list; folded where the heading is Vietnamese.
        compose: fields that are put together of columns where no column says them.
        kinds: names of kinds of document, the longest first.
        partial_days: whether a month or a year alone is a day that is not known, and not a slip.
        numberless: what is written in the place of a number that a document has not, without case.
    """

    name: str
    exact: Mapping[str, str]
    common: Mapping[str, str]
    codes: Mapping[str, CodeList] = field(default_factory=dict)
    compose: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()
    partial_days: bool = False
    numberless: frozenset[str] = frozenset()

    def meaning(self, heading: str) -> str | None:
        """What a column means; None where it is not known."""
        return self.exact.get(heading, self.common.get(_same(heading)))

    def codes_of(self, heading: str) -> CodeList | None:
        """The code list of a column."""
        return self.codes.get(heading, self.codes.get(_same(heading)))


@dataclass(frozen=True, slots=True)
class Found:
    """The row of headings of a table: its place (0-based), its texts, by which act."""

    at: int
    headings: tuple[str, ...]
    profile: Profile

    def meanings(self) -> dict[int, str]:
        """Column to meaning, of the columns that are known."""
        told = ((place, self.profile.meaning(heading)) for place, heading in enumerate(self.headings))
        return {place: meaning for place, meaning in told if meaning is not None}


def profiles(law: Mapping[str, Any], lists: Mapping[str, CodeList], day: dt.date) -> list[Profile]:
    """The profiles of `config/law/lists.toml` that hold on a day; the Vietnamese headings alone make the last one.

    Args:
        law: that file.
        lists: the code lists of the day.
        day: on which they must hold.

    Raises:
        SettingsError: a slip in a heading, a field or a code list; it names it.
    """
    _check_common(law, lists)
    common = {_same(heading): meaning for heading, meaning in law["columns"].items()}
    shared = {_same(heading): lists[name] for heading, name in law["column_codes"].items()}
    kinds = tuple(sorted((words[0] for words in lists["type-name"].words.values()), key=len, reverse=True))
    none = frozenset(str(words).casefold() for words in law["numberless"])
    found = []
    for rule in law["profile"]:
        if rule["valid_from"] <= day <= rule.get("valid_to", dt.date.max):
            _check_profile(rule, common, lists)
            codes = {heading: lists[name] for heading, name in rule.get("codes", {}).items()}
            more = (rule.get("compose", {}), kinds, rule.get("partial_days", False), none)
            found.append(Profile(rule["name"], rule["columns"], common, shared | codes, *more))
    return [*found, Profile("Mục lục văn bản", {}, common, shared, kinds=kinds, numberless=none)]


def _check_common(law: Mapping[str, Any], lists: Mapping[str, CodeList]) -> None:
    columns, seen = law["columns"], dict[str, str]()
    _check_meanings("columns", columns)
    for heading, meaning in columns.items():
        first = seen.setdefault(_same(heading), heading)
        if columns[first] != meaning:
            one = f"{first!r} and {heading!r} are one heading"
            raise SettingsError(f"columns: {one} with two meanings; to replace ours write it as ours")
    _check_codes("column_codes", law["column_codes"], seen, lists)


def _check_profile(rule: Mapping[str, Any], common: Mapping[str, str], lists: Mapping[str, CodeList]) -> None:
    where, columns, compose = f"profile {rule['name']}", rule["columns"], rule.get("compose", {})
    _check_meanings(where, columns)
    _check_codes(f"{where}: codes", rule.get("codes", {}), {**common, **columns}, lists)
    _check_meanings(f"{where}: compose", {name: name for name in compose})
    for part in (part for template in compose.values() for part in re.findall(r"\{(\w+)\}", template)):
        if part not in columns:
            raise SettingsError(f"{where}: compose: {part!r} is no heading of it")


def _check_meanings(where: str, columns: Mapping[str, object]) -> None:
    for heading, meaning in columns.items():
        if not isinstance(meaning, str) or meaning not in _MEANINGS:
            raise SettingsError(f"{where}: {heading!r}: {meaning!r} is no field; there are {', '.join(sorted(_MEANINGS - {''}))}")


def _check_codes(where: str, codes: Mapping[str, str], headings: Container[str], lists: Mapping[str, CodeList]) -> None:
    for heading, name in codes.items():
        if heading not in headings and _same(heading) not in headings:
            raise SettingsError(f"{where}: {heading!r} is no heading")
        if name not in lists:
            raise SettingsError(f"{where}: {heading!r}: there is no code list {name!r}")


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split()).rstrip(" :*").removesuffix("(*)").strip()


def _same(heading: str) -> str:
    return _plain(heading).casefold().replace(" ,", ",")


def _near(heading: str) -> str:
    """What is left of a heading without accents, case and signs: two that are alike in this are a slip of the other."""
    letters = unicodedata.normalize("NFD", heading.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if letter.isalnum())


def find(table: Sequence[Sequence[str]], known: Iterable[Profile]) -> Found | None:
    """The first row that is one of headings, by the act that knows most of them; None where there is none.

    Where no name of an act stands there, it is written in Vietnamese headings alone: the last of the profiles.
    """
    choices = list(known)
    for at, row in enumerate(table[:DEEPEST]):
        headings = tuple(map(_plain, row))
        counts = [sum(1 for heading in headings if heading and profile.meaning(heading) is not None) for profile in choices]
        most = max(counts, default=0)
        if most >= _LEAST:
            best = choices[counts.index(most)]
            return Found(at, headings, best if set(headings) & set(best.exact) else choices[-1])
    return None


def check(found: Found) -> None:
    """What is known of a list's columns is enough, and no heading is a slip.

    Raises:
        Verdict: `list-bad`; its detail says what was expected.
    """
    profile, meanings = found.profile, list(found.meanings().values())
    near = {_near(heading): heading for heading in (*profile.common, *profile.exact)}
    for place, heading in enumerate(found.headings, 1):
        meant = near.get(_near(heading)) if heading and profile.meaning(heading) is None else None
        if meant is not None:
            raise Verdict(BAD, f"{profile.name}: cột {place} viết gần giống {meant!r} nhưng không đúng")
    if not {"name", "doc_code"} & set(meanings):
        raise Verdict(BAD, f"{profile.name}: thiếu cột tên tệp (Tên tệp, fileName)")
    for meaning in set(meanings) - {""}:
        if meanings.count(meaning) > 1:
            columns = [h for h in found.headings if h and profile.meaning(h) == meaning]
            raise Verdict(BAD, f"{profile.name}: các cột {', '.join(columns)} cùng nghĩa {meaning}")


def expected(known: Iterable[Profile]) -> str:
    """What a list without headings could have had."""
    told = [f"{p.name}: {', '.join([*p.exact][:_SHOWN])}" for p in known if p.exact]
    return "không thấy dòng tiêu đề. Cần cột Tên tệp và các cột theo một mẫu: " + "; ".join(told)
