"""How long a file is kept (thời hạn bảo quản): one of four kinds, however people write it.

PURE: no I/O, no third-party package. Promises: what is not understood is kept in its own words and never falls due by itself; a
number of years survives though the law's code list has no code for it. Refuses (ValueError) a canonical text that is none.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["permanent", "years", "until-superseded", "other"]

_PERMANENT = frozenset({"vinh vien", "vv", "bao quan vinh vien", "permanent"})
_YEARS = re.compile(r"(?:bao quan )?([0-9]{1,3}) ?(?:\([^()]*\) ?)?(?:nam|n)?\.?(?: ?\([^()]*\))?")
_CODE = re.compile(r"0[1-7]")
_SUPERSEDED = re.compile(r"het hieu luc|bi thay the|duoc thay the|co van ban thay the")
_BY_CODE: Mapping[str, int] = {"02": 70, "03": 50, "04": 30, "05": 20, "06": 10}  # TT 05/2025; 01 is for ever, 07 other
_LONGEST = 999


@dataclass(frozen=True, slots=True)
class Retention:
    """For ever, a number of years, until the document is superseded, or other (in words, if there are any)."""

    kind: Kind
    years: int = 0
    words: str = ""

    @property
    def canonical(self) -> str:
        """As the archive keeps it: `permanent`, `years:10`, `until-superseded`, `other:…`."""
        tail = {"years": f":{self.years}", "other": f":{self.words}"}
        return self.kind + tail.get(self.kind, "")

    @property
    def shown(self) -> str:
        """In Vietnamese, as the lists have it."""
        names = {"permanent": "Vĩnh viễn", "years": f"{self.years:02} năm", "until-superseded": "Đến khi văn bản hết hiệu lực"}
        return names.get(self.kind) or self.words or "Khác"


def parse(text: str) -> Retention | None:
    """What a person wrote: "Vĩnh viễn", "VV", "10 năm", "70", "06" (a code of TT 05/2025), "Đến khi văn bản hết hiệu lực".

    Nothing written is None. Two digits of which the first is 0 are a code where no unit follows; `05 năm` are five years.
    """
    words = unicodedata.normalize("NFC", " ".join(text.split()))
    bare = _bare(words)
    if not bare:
        return None
    if _CODE.fullmatch(bare):
        return _of_code(bare)
    if bare in _PERMANENT:
        return Retention("permanent")
    if (found := _YEARS.fullmatch(bare)) and int(found[1]):
        return Retention("years", int(found[1]))
    return Retention("until-superseded") if _SUPERSEDED.search(bare) else Retention("other", 0, words)


def from_canonical(text: str) -> Retention | None:
    """What the archive keeps; None where it keeps nothing.

    Raises:
        ValueError: it is none of the canonical forms.
    """
    kind, _, rest = text.partition(":")
    match kind:
        case "":
            return None
        case "years" if re.fullmatch(r"[1-9][0-9]{0,2}", rest):
            return Retention("years", int(rest))
        case "other":
            return Retention("other", 0, rest)
        case "permanent" | "until-superseded" if not rest:
            return Retention("permanent" if kind == "permanent" else "until-superseded")
    raise ValueError(f"{text!r} is no retention")


def longest(periods: Iterable[Retention]) -> Retention | None:
    """The period of a file: the longest of its documents' (Luật Lưu trữ Đ15); an end nobody can reckon is never the shorter."""
    rank = {"years": 0, "until-superseded": 1, "other": 2, "permanent": 3}
    return max(periods, key=lambda period: (rank[period.kind], period.years), default=None)


def of_file(canonical: str, words: str, documents: Iterable[str]) -> Retention | None:
    """The period of a file: its own, canonical or in words, or that of a document in it, where that is longer."""
    own = from_canonical(canonical) if canonical else parse(words)
    return longest(filter(None, (own, *map(parse, documents))))


def due_on(period: Retention | None, ended_on: dt.date) -> dt.date | None:
    """The first day after the period, counted from 01/01 of the year after the work ended; None: it never falls due by itself."""
    if period is None or period.kind != "years":
        return None
    year = ended_on.year + 1 + period.years
    return dt.date(year, 1, 1) if year <= dt.MAXYEAR else None


def _of_code(text: str) -> Retention:
    if text in _BY_CODE:
        return Retention("years", _BY_CODE[text])
    return Retention("permanent") if text == "01" else Retention("other")


def _bare(text: str) -> str:
    marked = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in marked if not unicodedata.combining(char)).replace("đ", "d").strip(" .;,")
