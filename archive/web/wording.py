"""The page's words in Vietnamese and English, and how moments and counts are written. PURE: words come in as data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archive.naming import LOCAL

LANGUAGES = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """One language.

    Attributes:
        lang: `vi` or `en`.
        said: each sentence in both.
    """

    lang: str
    said: Mapping[str, Sequence[str]]

    def __call__(self, name: str, **values: object) -> str:
        """A sentence, its gaps filled in."""
        return self.said[name][LANGUAGES.index(self.lang)].format(**values)

    def __contains__(self, name: str) -> bool:
        return name in self.said

    def event(self, kind: str) -> str:
        """What happened, in words; a type that has none as it is."""
        return self(f"event_{kind}") if f"event_{kind}" in self else kind

    def number(self, count: int) -> str:
        """A count as it is written."""
        return f"{count:,}".replace(",", "." if self.lang == "vi" else ",")

    def day(self, day: dt.date | str | None) -> str:
        """A day as it is written; what is none as it is."""
        if isinstance(day, str):
            try:
                day = dt.date.fromisoformat(day)
            except ValueError:
                return str(day)
        if day is None:
            return ""
        return f"{day:%d/%m/%Y}" if self.lang == "vi" else day.isoformat()

    def moment(self, at: dt.datetime | str | None) -> str:
        """A moment in Vietnam's time; what is none as it is."""
        if isinstance(at, str):
            try:
                at = dt.datetime.fromisoformat(at)
            except ValueError:
                return str(at)
        if at is None:
            return ""
        local = at.astimezone(LOCAL)
        return f"{self.day(local.date())} {local:%H:%M:%S}"

    def age(self, length: dt.timedelta) -> str:
        """How long ago."""
        seconds = max(0, int(length.total_seconds()))
        for name, size in (("hours", 3600), ("minutes", 60)):
            if seconds >= size:
                return self(name, n=seconds // size)
        return self("seconds", n=seconds)
