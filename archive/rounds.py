"""Fixity rounds: which part of an archive is read again in which night, and what the log says of it.

Promises: what is owed is told by the log alone, so that a lost journal forgets no incident; a night on which nothing was read
is an entry like one on which something was. Refuses to call a document read of which no entry says so: rounds of earlier
versions do not tell their part.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from archive.naming import LOCAL

ROUND, MISSED, INCIDENT, RESTORED = "fixity", "fixity-missed", "incident", "restored"
SHARE, ALL = "share", "all"
NIGHTLY, DAMAGE, UNCLEAN, ORDERED = "nightly", "damage-found", "unclean-stop", "ordered"
_LOOKED_BACK = 400  # rounds: more than a share may have nights in a year


@dataclass(frozen=True, slots=True)
class Round:
    """A round that was made.

    Attributes:
        night: the local date of the night it belongs to.
        findings: None where it cannot be told.
        damaged: those of them that are the disk's, or somebody's who changed it.
        is_whole: everything was read.
        parts: which parts, of `of`; none where that cannot be told.
        why: `nightly`, or what made it necessary to read everything.
    """

    at: str
    night: dt.date
    checked: int
    findings: int | None
    is_whole: bool = False
    parts: frozenset[int] = frozenset()
    of: int = 0
    why: str = NIGHTLY
    damaged: int = 0

    def has(self, name: str) -> bool:
        """Whether what bears this name was read in it."""
        return self.is_whole or part_of(name, self.of) in self.parts


@dataclass(frozen=True, slots=True)
class Missed:
    """Nights on which no round was made; `why` is `not-begun`, or `cut-short`."""

    at: str
    first: dt.date
    last: dt.date
    nights: int
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the rounds stand.

    Attributes:
        last: the last one.
        missed: the last nights on which there was none.
        since: everything was read on this day or later; None: nobody can say so yet.
        owed: why everything is to be read; empty: it is not.
        silent: nights that have gone by since the last round without one.
    """

    last: Round | None
    missed: Missed | None
    since: dt.date | None
    owed: str
    silent: int


def part_of(name: str, of: int) -> int:
    """The part that a document (by its code), a day or a scan belongs to."""
    return zlib.crc32(name.encode()) % of if of else -1


def part_on(night: dt.date, of: int) -> int:
    """The part that is read in a night."""
    return night.toordinal() % of


def parts_due(last: dt.date | None, tonight: dt.date, of: int) -> frozenset[int]:
    """What is to be read tonight: its own part, and those of the nights on which there was no round."""
    nights = 1 if last is None else max(1, min((tonight - last).days, of))
    return frozenset(part_on(tonight - dt.timedelta(days=n), of) for n in range(nights))


def rounds(db: Database, most: int = _LOOKED_BACK) -> list[Round]:
    """The last rounds, newest first; none of a night that was still to come when it was told."""
    rows = db.query("select at, public from event where type = ? order by seq desc limit ?", [ROUND, most])
    return [made for row in rows if _is_possible(made := _round(row["at"], json.loads(row["public"])))]


def missed(db: Database, most: int = _LOOKED_BACK) -> list[Missed]:
    """The last nights without a round, newest first."""
    rows = db.query("select at, public from event where type = ? order by seq desc limit ?", [MISSED, most])
    told = [(row["at"], json.loads(row["public"])) for row in rows]
    return [Missed(at, _day(each["first"]), _day(each["last"]), int(each["nights"]), str(each["why"])) for at, each in told]


def owed(db: Database, of: int) -> str:
    """Why everything is to be read again: an incident that no reading of everything has followed; empty: nothing is owed."""
    whole, since = _whole(db)
    for type, at, public in _told(db, [INCIDENT, RESTORED, ROUND], since):
        if type != ROUND:
            return RESTORED if type == RESTORED else str(public.get("why", INCIDENT))
        now = _round(at, public)
        if not _is_possible(now):
            continue
        # what a reading of everything has found stays there until somebody mends it: that is no news every night
        is_news = whole is None or not whole.damaged or (now.night - whole.night).days > of
        if not now.is_whole and now.damaged and is_news:
            return DAMAGE
    return ""


def _whole(db: Database) -> tuple[Round | None, int]:
    """The last reading of everything, and the entries of the log when it began."""
    sql = "select seq, at, public from event where type = ? and json_extract(public, '$.scope') = ? order by seq desc"
    for row in db.query(sql, [ROUND, ALL]):
        since = (public := json.loads(row["public"])).get("since")
        if _is_possible(made := _round(row["at"], public)) and isinstance(since, int):
            return made, min(since, row["seq"])  # none began after its own end
    return None, 0


def standing(db: Database, now: dt.datetime, nightly: dt.time) -> Standing:
    """How the rounds stand at a moment, where the night begins at this local time."""
    made, absent = rounds(db), missed(db, 1)
    local = now.astimezone(LOCAL)
    latest = local.date() if local.time() >= nightly else local.date() - dt.timedelta(days=1)
    silent = max(0, (latest - made[0].night).days) if made else 0
    of = made[0].of if made else 0
    return Standing(made[0] if made else None, absent[0] if absent else None, _read_since(made), owed(db, of), silent)


def public_of(night: dt.date, parts: Collection[int], of: int, told: Mapping[str, str | int]) -> dict[str, str | int]:
    """What the entry of a round says, beside what was found."""
    named = ",".join(map(str, sorted(parts))) if len(parts) < of else f"0-{of - 1}"
    return {"night": night.isoformat(), "part": named, "of": of, **told}


def _read_since(made: list[Round]) -> dt.date | None:
    """The day since which everything was read: that of the oldest of the newest readings of each part."""
    if not made or not made[0].of:
        return None
    of, left = made[0].of, set(range(made[0].of))
    for each in made:
        left -= set(range(of)) if each.is_whole else each.parts if each.of == of else set()
        if not left:
            return each.night
    return None


def _told(db: Database, types: list[str], since: int) -> list[tuple[str, str, dict[str, Any]]]:
    """Type, time and public facts of events of these types, oldest first."""
    sql = f"select type, at, public from event where type in ({', '.join('?' * len(types))}) and seq >= ? order by seq"
    return [(row["type"], row["at"], json.loads(row["public"])) for row in db.query(sql, [*types, since])]


def _round(at: str, public: Mapping[str, Any]) -> Round:
    found, of = public.get("findings"), int(public.get("of", 0))
    night = _day(public["night"]) if "night" in public else dt.datetime.fromisoformat(at).astimezone(LOCAL).date()
    named = str(public.get("part", ""))
    parts = frozenset(range(of)) if "-" in named else frozenset(int(each) for each in named.split(",") if each)
    return Round(at, night, int(public.get("checked", 0)), int(found) if isinstance(found, int) else None,
                 public.get("scope") == ALL, parts, of, str(public.get("why", NIGHTLY)), int(public.get("damaged", 0)))  # fmt: skip


def _is_possible(made: Round) -> bool:
    return made.night <= dt.datetime.fromisoformat(made.at).astimezone(LOCAL).date()


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
