"""The archive read again, night by night: a part every night, everything after an incident.

Promises: what a night did not read the next one does, so that after `schedule.fixity_share` nights with the machine on
everything was read; a night without a round is an entry of the log, made by the next one; a round ends in the log whatever it
finds. Refuses to call a round made that was cut short: it is made again.
"""

from __future__ import annotations

import datetime as dt
import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import structlog

from archive import rounds
from archive.counted import counted
from archive.naming import local_date
from archive.rounds import Standing
from archive.store import Archive
from archive.verify import Finding, VerifyResult
from processor.engine import Engine
from processor.errors import Verdict
from processor.journal import Journal
from processor.tools import ACTOR, Tools

log = structlog.get_logger()
BEGUN, AT_WORK = "fixity round begun", "at work"
_PORTION = 200
_OF_SEALS = frozenset({"seal-invalid", "seal-not-examined"})
_SHOWN = 200  # findings that are lines of the log: a disk that died would else fill the other one

Check = Callable[[Path, Mapping[str, Any]], list[Finding]]


@dataclass(frozen=True, slots=True)
class Done:
    """A round that was made.

    Attributes:
        checked: documents read.
        why: why everything was read; empty: a share was.
        missed: nights before it without one, first and last; None: there were none.
    """

    checked: int
    findings: tuple[Finding, ...]
    why: str = ""
    missed: tuple[dt.date, dt.date] | None = None


def checker(engine: Engine, roots: Sequence[bytes]) -> Check:
    """What `Archive.verify` asks about each PDF: a worker examines its seal, offline.

    A document kept as it came bears no seal of ours: its bytes, and those of its proof, are what they were.
    """
    encoded = [b64encode(root).decode() for root in roots]

    def check(path: Path, row: Mapping[str, Any]) -> list[Finding]:
        if row["verification"]:
            return []
        try:
            seen = engine.call("examine", {"path": str(path), "roots": encoded, "before": "", **_issued(path, row)})
        except Verdict as verdict:  # not examined is not sound, and no reason to leave the others unread
            return [Finding("seal-not-examined", "", "", verdict.code)]
        is_ours = row["block_text"] is None or seen["identifier"] == path.stem  # what is issued was made elsewhere
        other = [] if is_ours else ["it is another document's PDF"]
        return [Finding("seal-invalid", "", "", each) for each in (*seen["findings"], *other)]

    return check


def _issued(path: Path, row: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a document that persons had signed before it was sealed; its record was found unaltered."""
    if row["block_text"] is not None:
        return {}
    try:
        known = json.loads(path.with_suffix(".json").read_bytes())["provenance"]
        return {"persons": int(known["persons"]), "pdfa": row["pdfa"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def standing(archive: Archive, now: dt.datetime, nightly: str) -> Standing:
    """How the rounds stand, by the log."""
    return archive.fixity_standing(now, dt.time.fromisoformat(nightly))


def told(stood: Standing) -> dict[str, Any]:
    """The same as JSON has it."""
    last, missed = stood.last, stood.missed
    return {
        "night": last.night.isoformat() if last else None, "at": last.at if last else None,
        "checked": last.checked if last else 0, "findings": last.findings if last else None,
        "since": stood.since.isoformat() if stood.since else None, "owed": stood.owed, "silent": stood.silent,
        "missed": {"first": missed.first.isoformat(), "last": missed.last.isoformat(), "why": missed.why} if missed else None,
    }  # fmt: skip


def lines(told: Mapping[str, Any]) -> list[str]:
    """The same in words, what wants a person first."""
    if told["night"] is None:
        return ["no round was made yet"]
    missed = told["missed"]
    said = [
        (told["silent"], f"{told['silent']} nights have gone by without a round"),
        (told["owed"], f"everything is read again in the next night ({told['owed']})"),
        (True, f"night of {told['night']}: {counted(told['checked'], 'document')} read, {counted(told['findings'], 'finding')}"),
        (True, f"everything was read since {told['since']}" if told["since"] else "not everything was read again yet"),
        (missed, missed and f"not done from {missed['first']} to {missed['last']} ({missed['why']}), made up for"),
    ]
    return [text for is_so, text in said if is_so]


def make(tools: Tools, journal: Journal) -> Done:
    """Tonight's round, with what the nights before did not read."""
    archive, tonight, of = tools.archive, local_date(tools.clock()), tools.settings.schedule.fixity_share
    stood = standing(archive, tools.clock(), tools.settings.schedule.nightly)
    last = stood.last.night if stood.last else None
    missed = _tell_missed(archive, last, tonight, journal)
    parts, why, since = rounds.parts_due(last, tonight, of), stood.owed, archive.event_count()
    journal.note(BEGUN, tonight.isoformat())
    checked, found = _read(tools, parts, of, is_whole=bool(why))
    for finding in found[:_SHOWN]:
        log.error("fixity", code=finding.code, doc_code=finding.doc_code, detail=finding.detail)
    told: dict[str, str | int] = {"scope": rounds.ALL if why else rounds.SHARE, "why": why or rounds.NIGHTLY, "since": since}
    told |= _counted(checked, found)
    archive.event(rounds.ROUND, actor=ACTOR, public=rounds.public_of(tonight, range(of) if why else parts, of, told))
    journal.note(BEGUN, "")
    return Done(checked, tuple(found), why, missed)


def _read(tools: Tools, parts: frozenset[int], of: int, *, is_whole: bool) -> tuple[int, list[Finding]]:
    """Documents read, and what was found. Seals are examined of the share alone: of an incident, bytes tell."""
    archive, examine = tools.archive, checker(tools.sealing, tools.roots)
    if is_whole:
        result = archive.verify(None, lambda path, row: examine(path, row) if rounds.part_of(row["doc_code"], of) in parts else [])
        return result.checked, result.findings
    chosen = (
        row["doc_code"] for day in archive.days() for row in archive.shelved_on(day.day)
        if rounds.part_of(row["doc_code"], of) in parts
    )  # fmt: skip
    checked, findings = 0, [*archive.lost_heads(), *archive.verify_share(parts, of)]
    while portion := list(islice(chosen, _PORTION)):
        result = archive.verify(portion, examine)
        checked += result.checked
        findings += result.findings
    return checked, findings


def _tell_missed(archive: Archive, last: dt.date | None, tonight: dt.date, journal: Journal) -> tuple[dt.date, dt.date] | None:
    """Nights since the last round without one: the machine was off, or the disk away, and nobody was there to say so."""
    if last is None or (tonight - last).days <= 1:
        return None
    first, before = last + dt.timedelta(days=1), tonight - dt.timedelta(days=1)
    begun = journal.noted(BEGUN)
    why = "cut-short" if begun and first.isoformat() <= begun <= before.isoformat() else "not-begun"
    public: dict[str, str | int] = {"first": first.isoformat(), "last": before.isoformat(), "nights": (before - first).days + 1}
    archive.event(rounds.MISSED, actor=ACTOR, public={**public, "why": why})
    log.warning("fixity-missed", **public, why=why)
    return first, before


def damaged(archive: Archive, doc_code: str) -> None:
    """A filed document was found damaged by whoever needed it: everything is read again in the next night."""
    _incident(archive, rounds.DAMAGE, doc_code)


def _incident(archive: Archive, why: str, doc_code: str | None = None) -> None:
    archive.event(rounds.INCIDENT, actor=ACTOR, doc_code=doc_code, public={"why": why})
    log.warning("incident", why=why)


def _counted(checked: int, found: Sequence[Finding]) -> dict[str, str | int]:
    """A seal that does not hold is no damage: to read everything would tell no more of it."""
    damaged = sum(finding.code not in _OF_SEALS for finding in found)
    return {"checked": checked, "findings": len(found), "damaged": damaged}


def record(archive: Archive, result: VerifyResult, since: int, of: int, at: tuple[dt.date, str]) -> None:
    """Everything was read because somebody ordered it.

    Args:
        archive: what was read.
        result: what came of it.
        since: entries of the log when it began.
        of: parts of a round.
        at: the day, and who ordered it.
    """
    told: dict[str, str | int] = {"scope": rounds.ALL, "why": rounds.ORDERED, "since": since}
    told |= _counted(result.checked, result.findings)
    archive.event(rounds.ROUND, actor=at[1], public=rounds.public_of(at[0], range(of), of, told))


def begin_work(archive: Archive, journal: Journal) -> None:
    """This process is the one at work; one that was at work before and did not end is an incident."""
    if journal.noted(AT_WORK):
        _incident(archive, rounds.UNCLEAN)
    journal.note(AT_WORK, "1")


def end_work(journal: Journal) -> None:
    """It ends in good order: what it wrote is on the disk."""
    journal.note(AT_WORK, "")
