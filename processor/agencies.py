"""Agencies by the time they existed (two-level local government since 01/7/2025): names, codes, who succeeded whom.

PURE: no I/O, no third-party package. Promises: what no table knows stays as it is; nothing that is filed is renamed by this.
Refuses (SettingsError): tables that contradict themselves (no such successor, a circle, an end before the beginning).
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from archive.naming import is_organ_id, organ_id_forms
from processor.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency while it had one name and one code; the last day counts."""

    id: str
    name: str
    valid_from: dt.date
    valid_to: dt.date = dt.date.max
    abbreviation: str = ""
    code: str = ""
    old_code: str = ""
    successor: str = ""

    def is_on(self, day: dt.date) -> bool:
        """Whether it existed so on a day."""
        return self.valid_from <= day <= self.valid_to

    @property
    def codes(self) -> frozenset[str]:
        """Its codes in every form."""
        return frozenset(form for code in (self.code, self.old_code) if code for form in organ_id_forms(code))


@dataclass(frozen=True, slots=True)
class Agencies:
    """All that are known, by their ids."""

    rows: Mapping[str, Agency] = field(default_factory=dict)

    def name_on(self, name: str, day: dt.date) -> str | None:
        """The name an agency bears on a day: its own, its successor's or its predecessor's; None where it bears none then.

        A name that no table knows is its own answer.
        """
        known = [row for row in self.rows.values() if folded(row.name) == folded(name)]
        return _only(known, self._on(known, day), name, lambda row: row.name)

    def code_on(self, code: str, day: dt.date) -> str | None:
        """The same of a code (mã định danh)."""
        known = [row for row in self.rows.values() if organ_id_forms(code) & row.codes] if code else []
        return _only(known, self._on(known, day), code, lambda row: row.code or code)

    def codes_of(self, code: str) -> frozenset[str]:
        """Every code of the agency that bears or bore this one, itself included: its files are found under each."""
        found = organ_id_forms(code)
        while more := frozenset(each for row in self.rows.values() if row.codes & found for each in row.codes) - found:
            found |= more
        return found

    def is_same(self, one: str, other: str) -> bool:
        """Whether two names are of one agency, or of one and who succeeded it; two that became one stay two."""
        if folded(one) == folded(other):
            return True
        return any(folded(later.name) == folded(last) for first, last in ((one, other), (other, one))
                   for row in self.rows.values() if folded(row.name) == folded(first) for later in self._after(row))  # fmt: skip

    def _on(self, known: list[Agency], day: dt.date) -> list[Agency]:
        """Those of one line that exist on a day; the first that fits of each."""
        found = (next((row for row in self._line(start, day) if row.is_on(day)), None) for start in known)
        return [row for row in found if row]

    def _line(self, start: Agency, day: dt.date) -> Iterator[Agency]:
        yield start
        yield from self._after(start) if day > start.valid_to else self._before(start)

    def _after(self, row: Agency) -> Iterator[Agency]:
        while row.successor:
            row = self.rows[row.successor]
            yield row

    def _before(self, row: Agency) -> Iterator[Agency]:
        """Whose work it goes on with, as long as that is one agency: of two that became one neither speaks for it."""
        while len(former := [each for each in self.rows.values() if each.successor == row.id]) == 1:
            row = former[0]
            yield row


def _only(known: list[Agency], found: list[Agency], given: str, of: Any) -> str | None:
    told = {of(row) for row in found}
    if not known:
        return given
    return told.pop() if len(told) == 1 else None


def parse(tables: Mapping[str, Any]) -> Agencies:
    """The tables `[agencies.ID]` as values.

    Raises:
        SettingsError: an unknown key, a value of another type, or tables that contradict each other.
    """
    made = Agencies({id: _row(id, table) for id, table in tables.items()})
    for row in made.rows.values():
        if row.successor and row.successor not in made.rows:
            raise SettingsError(f"agencies.{row.id}.successor: there is no agencies.{row.successor}")
        seen = {row.id}
        while row.successor and row.successor in made.rows:
            row = made.rows[row.successor]
            if row.id in seen:
                raise SettingsError(f"agencies.{row.id}.successor: a circle")
            seen.add(row.id)
    return made


def _row(id: str, table: object) -> Agency:
    if not isinstance(table, Mapping):
        raise SettingsError(f"agencies.{id}: not a table")
    known = {each.name for each in fields(Agency)} - {"id"}
    for key, value in table.items():
        wanted = dt.date if key.startswith("valid_") else str
        if key not in known or type(value) is not wanted:
            raise SettingsError(f"agencies.{id}.{key}: " + ("unknown key" if key not in known else "a day or text of its kind"))
    if not table.get("name") or "valid_from" not in table:
        raise SettingsError(f"agencies.{id}: name and valid_from are needed")
    row = Agency(id, **table)
    for code in (row.code, row.old_code):
        if code and not is_organ_id(code):
            raise SettingsError(f"agencies.{id}: {code!r} is no identifier of an agency")
    if row.valid_to < row.valid_from:
        raise SettingsError(f"agencies.{id}.valid_to: before valid_from")
    return row


def folded(name: str) -> str:
    """A name as it is compared: composed, caseless, one space between words."""
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()
