"""Which of the organisation's keys seals for an agency at a moment. Opens nothing: how is handed in.

Promises: a block never bears the name of another agency than the certificate's (NĐ 30 Đ32, law.md §7); of several keys the one
that began last; a day is Việt Nam's. What cannot be told (the newest key's token is not in) waits, and no older key takes over.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from archive.naming import local_date
from processor.errors import MissingError, Verdict
from processor.law import VIETNAM
from processor.seal.certificates import agencies
from processor.seal.keys import Sealer

_ALWAYS = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One key.

    Attributes:
        open: gives the sealer, the same while nothing changed; raises MissingError or Verdict where it cannot be had now.
        agency: the name it seals for, as printed; empty: that of the certificate.
        first: the days it is used on; None: no bound.
    """

    name: str
    open: Callable[[], Sealer]
    agency: str = ""
    first: dt.date | None = None
    last: dt.date | None = None

    def is_used_on(self, day: dt.date) -> bool:
        """Whether the settings let it seal on that day."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class _Candidate:
    began: dt.datetime
    found: Sealer | Verdict


def same(one: str, other: str) -> bool:
    """Whether two names are of the same agency: in NFC, letter case and spaces aside."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()).split())


class Ring:
    """The keys of a station."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = tuple(rows)

    def sealer(self, agency: str, now: dt.datetime) -> Sealer:
        """The key that seals for an agency now.

        Args:
            agency: as it is printed in the block.

        Raises:
            Verdict: `key-of-other-agency`; `waiting-key` and what else a key waits for (`pin-wrong` …).
        """
        if not self.rows:
            raise Verdict("waiting-key", "no key is set: seal.key, or [keys.NAME]")
        used = [row for row in self.rows if row.is_used_on(local_date(now))]
        if not used:
            raise Verdict("waiting-key", "no key is to be used on this day (valid_from, valid_to)")
        found = [candidate for row in used if (candidate := _candidate(row, agency)) is not None]
        alive = [each for each in found if isinstance(each.found, Verdict) or _lives(each.found, now)]
        if not found:
            raise Verdict("key-of-other-agency", f"no key seals for: {agency}")
        if not alive:
            raise Verdict("waiting-key", "the organisation's certificate is not valid at this time")
        newest = max(alive, key=lambda each: each.began).found
        if isinstance(newest, Verdict):
            raise newest
        return newest

    def opened(self, now: dt.datetime) -> Iterator[tuple[Row, Sealer | Verdict]]:
        """The keys that are used today, each opened, or why it cannot be."""
        for row in self.rows:
            if row.is_used_on(local_date(now)):
                yield row, _opened(row)


def _lives(sealer: Sealer, now: dt.datetime) -> bool:
    return sealer.certificate.not_valid_before_utc <= now <= sealer.certificate.not_valid_after_utc


def _opened(row: Row) -> Sealer | Verdict:
    try:
        return row.open()
    except MissingError as error:
        return Verdict("waiting-key", f"{row.name}: {error}")
    except Verdict as verdict:
        return Verdict(verdict.code, f"{row.name}: {verdict.detail}")


def _candidate(row: Row, agency: str) -> _Candidate | None:
    """None where it is known to be another agency's."""
    if row.agency and not same(row.agency, agency):
        return None
    first = dt.datetime.combine(row.first, dt.time(), VIETNAM) if row.first else _ALWAYS
    found = _opened(row)
    if isinstance(found, Verdict):  # whose it is, where the settings do not say, may be this agency's
        return _Candidate(first, found)
    if not row.agency and not any(same(name, agency) for name in agencies(found.certificate)):
        return None
    return _Candidate(max(first, found.certificate.not_valid_before_utc), found)
