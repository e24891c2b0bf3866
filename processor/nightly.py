"""What is done once for every day that ended: its shelf sealed, a part of the archive read again, the clerk's page laid out.

Promises: asks what is not done yet, so that a week without power is caught up with; done twice it does no harm. A day that
cannot be sealed is told and does not keep the rest from being done.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path

import structlog

from archive import heads
from archive.durable import make_dirs_durably, replace_durably
from archive.errors import ArchiveError
from archive.heads import Standing
from archive.naming import local_date, shelf_of
from archive.store import Archive
from archive.verify import Finding
from processor import copying, doubles, fixity, keeping, law, lists, parking, publishing, renewing, report, stacks, station
from processor.arrivals import not_taken
from processor.condition import Condition, Proofs
from processor.describe import fields
from processor.errors import MissingError, Verdict, reason
from processor.fixity import Done
from processor.intake.headings import BAD
from processor.journal import Item, Journal
from processor.renewing import Lasting
from processor.report import DayFacts
from processor.tools import ACTOR, Tools, own_name
from watch.schedule import due_nights

log = structlog.get_logger()
REPORTS = "phieu-ket-qua-ngay"
DESCRIBE = "sohoa describe MÃ --set code_number=… --set issued_date=2025-01-15"
_CAUGHT_UP = dt.timedelta(days=7)  # older days are sealed too, but nobody reads their pages any more


@dataclass(frozen=True, slots=True)
class Night:
    """What the nightly job did.

    Attributes:
        sealed: days whose shelf was closed.
        read: the fixity round.
        findings: what it found, and why a day could not be sealed, or no head be published.
        heads: how the heads of the log stand.
        lasting: how long the proofs last.
        removed: documents whose removal it published.
        unlisted: time-stamps that are still without revocation lists of their authority.
    """

    sealed: tuple[dt.date, ...]
    read: Done
    findings: tuple[Finding, ...]
    heads: Standing
    lasting: Lasting
    removed: int = 0
    unlisted: int = 0


def due(tools: Tools, journal: Journal) -> list[dt.date]:
    """The days that ended and have not had their night."""
    today = local_date(tools.clock())
    first = min((row.day for row in islice(tools.archive.days(), 1)), default=today)
    at = dt.time.fromisoformat(tools.settings.schedule.nightly)

    def is_done(day: dt.date) -> bool:
        return bool(journal.noted(f"night {day.isoformat()}"))

    return due_nights(tools.clock(), at, is_done, max(first, today - _CAUGHT_UP), law.VIETNAM)


def do(nights: Sequence[dt.date], tools: Tools, journal: Journal) -> Night:
    """The nightly job for these days, oldest first."""
    today = local_date(tools.clock())
    sealed, unsealed = _seal(tools.archive, today)
    unsealed += _protect(tools)
    published = max((each.head.size for each in tools.archive.published()), default=0)
    stood, unpublished = _publish(tools)
    news = range(published, max((each.head.size for each in tools.archive.published()), default=0))
    removed = sum(each["seq"] in news for each in tools.archive.happened("disposed", "purged"))
    lasting = renewing.renew(tools)
    unlisted, revoked = keeping.keep(tools)
    uncopied = _copy(tools)
    read = fixity.make(tools, journal)
    others = dict.fromkeys((*unsealed, *unpublished, *lasting.findings, *revoked, *uncopied))  # two works may find the same
    findings = (*(each for each in others if each not in read.findings), *read.findings)
    night = Night(tuple(sealed), read, findings, stood, lasting, removed, unlisted)
    for day in nights:
        lay_out(day, night, tools, journal)
        journal.note(f"night {day.isoformat()}", tools.clock().isoformat())
    journal.wake()  # what could not be decided, or waits for somebody, is looked at again every night
    station.clean_out(tools.station, tools.settings.out.keep, time.time())
    log.info("night", days=len(nights), sealed=len(sealed), checked=read.checked, findings=len(findings))
    return night


def _seal(archive: Archive, today: dt.date) -> tuple[list[dt.date], list[Finding]]:
    """The days that were sealed, and what keeps others from being."""
    sealed, findings = list[dt.date](), list[Finding]()
    for day in archive.unsealed_before(today):
        try:
            archive.seal_day(day, ACTOR)
        except ArchiveError as error:
            log.error("day-not-sealed", day=day.isoformat(), code=error.code)
            findings.append(Finding(error.code, None, f"{day:%Y/%m/%d}", "the day cannot be sealed"))
        else:
            sealed.append(day)
    return sealed, findings


def _protect(tools: Tools) -> list[Finding]:
    """Sealed days bear the immutable flag where the settings ask for it; one finding where they cannot."""
    failed = tools.archive.protect() if tools.settings.archive.immutable else []
    if failed:
        log.error("not-immutable", days=len(failed))
    return [Finding("not-immutable", None, f"{day:%Y/%m/%d}", "cannot be made immutable: see doctor") for day in failed[:1]]


def _publish(tools: Tools) -> tuple[Standing, list[Finding]]:
    """How the heads of the log stand, and what keeps new ones from being published."""
    try:
        return publishing.publish(tools), []
    except (MissingError, ArchiveError, OSError) as error:  # ArchiveError: others' bytes lie where a file of the head belongs
        is_lost = isinstance(error, ArchiveError) and error.code == publishing.LOST
        why = "the log's key cannot be read" if isinstance(error, MissingError) else "the head cannot be written"
        why = "files of a published head are not there: nothing is published over it" if is_lost else why
        log.error("head-not-published", reason=type(error).__name__ if isinstance(error, OSError) else str(error))
        return publishing.standing(tools), [Finding("head-not-published", None, heads.LOG, why)]


def _copy(tools: Tools) -> list[Finding]:
    """The days that are missing in the places that are always there; what of them is altered here is told."""
    findings = list[Finding]()
    for name, mirror in tools.settings.mirrors.items():
        if mirror.removable:
            continue
        try:
            findings += copying.update(tools.archive, name, mirror, tools.station, ACTOR)[1]
        except (MissingError, ArchiveError, OSError) as error:  # the other place is away or full: the night goes on
            log.error("not-copied", copy=name, error=type(error).__name__)
    return findings


def lay_out(day: dt.date, night: Night, tools: Tools, journal: Journal) -> Path:
    """The clerk's page of a day in `out/`, as text and, where a worker can draw it, as PDF; returns the text's path."""
    facts = _facts(day, night, tools, journal)
    text = report.text(facts)
    folder = tools.station / "out" / REPORTS
    make_dirs_durably(folder)
    path = folder / f"{day.isoformat()}.txt"
    replace_durably(path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    made = tools.station / "work" / "items" / f"phieu-{day.isoformat()}.pdf"
    try:
        tools.engine.call("sheet", {
            "text": text, "out": str(made), "title": report.title(facts), "font": tools.font,
        })  # fmt: skip
        replace_durably(path.with_suffix(".pdf"), made.read_bytes())
    except Verdict as verdict:
        log.error("page-not-drawn", day=day.isoformat(), code=verdict.code)
    made.unlink(missing_ok=True)
    return path


def _facts(day: dt.date, night: Night, tools: Tools, journal: Journal) -> DayFacts:
    happened = tools.archive.events_on(day)
    lanes: dict[str, tuple[int, int]] = {}
    for row in tools.archive.filed_on(day):
        if not row["path"].startswith(f"{shelf_of(day)}/"):  # filed before, under another file's code
            continue
        documents, pages = lanes.get(row["lane"], (0, 0))
        lanes[row["lane"]] = (documents + 1, pages + row["pages"])
    waiting = [_waits(item) for state in ("waiting", "to-seal", "clearing") for item in journal.items(state)]
    misplaced = not_taken(tools.station, tools.settings.lanes)
    waiting += [_item(name, lane, "not-taken", f"drop/{lane}".rstrip("/")) for lane, name in misplaced]
    listed = [*lists.standing(tools.station), *lists.awaiting(tools.station, tools.settings.lanes.values(), journal.sources())]
    batches = [(code, _item(name, lane, code, f"drop/{lane}")) for lane, name, code in listed]
    waiting += [item for code, item in batches if code != BAD]
    blocking = [item for code, item in batches if code == BAD]
    to_describe = [
        report.Item(row["name"], row["lane"], "", DESCRIBE, row["id"], lacking(row["reason"]))
        for row in tools.archive.to_describe()
    ]
    now = tools.clock()
    return DayFacts(
        agency=own_name(tools), day=day, made_at=now, demo=tools.settings.station.demo,
        received=happened.get("received", 0), duplicates=happened.get("duplicate", 0),
        filed=[(lane, *counts) for lane, counts in sorted(lanes.items())],
        held=[*blocking, *_parked(tools.station, "held")], rejected=_parked(tools.station, "rejected"), waiting=waiting,
        to_describe=to_describe, doubles=_doubles(day, tools),
        archive=Condition(
            night.sealed, (night.read.checked, len(night.read.findings)), astuple(night.heads), _copies(tools, local_date(now)),
            _days_left(tools, now), night.read.missed, night.read.why, len(tools.archive.half_removed()), night.removed,
            _proofs(night, local_date(now)), len(night.findings) - len(night.read.findings),
        ),
        stacks=stacks.accounts(day, tools.station, tools.archive),
    )  # fmt: skip


def _doubles(day: dt.date, tools: Tools) -> list[report.Item]:
    """What was noticed that day and still is so."""
    noticed = {event["doc_code"] for event in tools.archive.told_on(day, doubles.SAME)}
    there = doubles.listed(tools.archive, tools.station) if noticed else []
    return [
        report.Item(record["original_name"], record["lane"], doubles.VI, doubles.ACT, record["doc_code"], double_of=each.of)
        for each in there if (record := each.record)["doc_code"] in noticed
    ]  # fmt: skip


def _copies(tools: Tools, today: dt.date) -> tuple[int, int]:
    """Places where the sealed days lie too, and how many of them a person should see to."""
    stood = copying.standing(tools.archive, tools.settings.mirrors, tools.station, today)
    return len(stood), sum(bool(each.warnings) for each in stood)


def _proofs(night: Night, today: dt.date) -> Proofs | None:
    """How long the proofs of the archive hold; nothing where there are none, or they cannot be read."""
    lasting = night.lasting
    if lasting.until is None:
        return None
    return Proofs(lasting.until, (lasting.until - today).days, is_due=lasting.is_short, is_renewed=lasting.outcome == renewing.DONE,
                  unlisted=night.unlisted)  # fmt: skip


def _days_left(tools: Tools, now: dt.datetime) -> int | None:
    """Until the first of the certificates in use ends; nothing where no key is at hand."""
    opened = [found for _, found in tools.ring.opened(now)] if tools.ring else []
    return min((found.days_left(now) for found in opened if not isinstance(found, Verdict)), default=None)


def lacking(names: str) -> str:
    """What a description lacks, in Vietnamese; `names` as `Archive.to_describe` joins their names."""
    return ", ".join(fields.NAMES.get(name, name) for name in names.split(", "))


def _parked(folder: Path, state: str) -> list[report.Item]:
    return [_item(row["name"], row["lane"], row["code"], row["folder"]) for row in parking.listed(folder, state)]


def _waits(item: Item) -> report.Item:
    return _item(item.scan.original_name, item.scan.lane, item.code, f"drop/{item.scan.lane}")


def _item(name: str, lane: str, code: str, where: str) -> report.Item:
    told = reason(code)
    return report.Item(name, lane, told.vi, told.act, where)
