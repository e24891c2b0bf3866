"""Copies of the sealed days in the places the settings name: made, read again, and how they stand.

Promises: what was done with a copy is an event of the log (`copied`, `copy-checked`, `restored`), so that how a copy stands is
known though its medium is in a safe. A place that is not there now is told, never made: an unplugged disk must not become a folder
of the machine's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from archive import copies
from archive.copies import Copied
from archive.naming import local_date
from archive.store import Archive
from archive.verify_log import Finding
from processor.errors import MissingError
from processor.tables import MirrorTable

log = structlog.get_logger()
COPIED, CHECKED, RESTORED, RESEALED = "copied", "copy-checked", "restored", "resealed"
_SOON = dt.timedelta(days=180)  # of the end of a medium: a new one has to be bought


@dataclass(frozen=True, slots=True)
class Standing:
    """How one copy stands.

    Attributes:
        lacking: sealed days it has not.
        days: sealed days there are.
        updated_on, checked_on: when it was last added to, read again; None: never.
        findings: what was wrong when it was last read.
        warnings: what a person should see to, in English.
    """

    name: str
    path: str
    days: int
    lacking: int
    updated_on: dt.date | None
    checked_on: dt.date | None
    findings: int
    warnings: tuple[str, ...] = field(default=())


def update(archive: Archive, name: str, mirror: MirrorTable, station: Path, actor: str) -> tuple[list[Copied], list[Finding]]:
    """Copy what is missing.

    Raises:
        MissingError: it is not there.
        ArchiveError: `bad-place`.
    """
    target = place(mirror, station)
    done = list(copies.mirror(archive.root, target, archive.sealed_days()))
    copied = [each for each in done if isinstance(each, Copied)]
    findings = [each for each in done if isinstance(each, Finding)]
    for each in copied:
        public: dict[str, str | int] = {"copy": name, "day": each.day.isoformat(), "files": each.files, "octets": each.octets}
        archive.event(COPIED, actor=actor, public=public)
    log.info("copied", copy=name, days=len(copied), findings=len(findings))
    return copied, findings


def check(archive: Archive, name: str, mirror: MirrorTable, station: Path, actor: str) -> list[Finding]:
    """Read a copy again, every byte.

    Raises:
        MissingError: it is not there.
    """
    target, days = place(mirror, station), archive.sealed_days()
    findings = list(copies.check(target, days))
    archive.event(CHECKED, actor=actor, public={"copy": name, "days": len(days), "findings": len(findings)})
    return findings


def restore(archive: Archive, name: str, mirror: MirrorTable, path: str, where: tuple[Path, str]) -> None:
    """Put a file back from a copy.

    Args:
        archive: what it belongs to.
        name, mirror: the copy.
        path: the file, from the archive's folder.
        where: the station, and who does it.

    Raises:
        MissingError: the copy is not there.
        ArchiveError: `unknown`, `not-proved`, `exists`.
    """
    station, actor = where
    copies.restore(archive.root, place(mirror, station), archive.sealed_days(), path)
    archive.event(RESTORED, actor=actor, public={"copy": name, "path": path})


def place(mirror: MirrorTable, station: Path) -> Path:
    """The folder of a copy.

    Raises:
        MissingError: it is not there.
    """
    path = (station / mirror.path).absolute()
    if not path.is_dir():
        raise MissingError(f"{path} is not there: plug the medium in, or make the folder on it once")
    return path


def standing(archive: Archive, mirrors: Mapping[str, MirrorTable], today: dt.date) -> list[Standing]:
    """How every copy stands, from the log alone."""
    days = dict.fromkeys((each.day.isoformat() for each in archive.sealed_days()), -1)
    days |= {event["public"]["day"]: event["seq"] for event in archive.happened(RESEALED)}
    events = archive.happened(COPIED, CHECKED)
    return [_standing(name, mirror, days, events, today) for name, mirror in mirrors.items()]


def _standing(
    name: str, mirror: MirrorTable, days: Mapping[str, int], events: Iterable[Mapping[str, Any]], today: dt.date
) -> Standing:
    """`days`: each with the entry that last sealed it anew because documents were removed by order."""
    own = [event for event in events if event["public"].get("copy") == name]
    copied, checked = ([event for event in own if event["type"] == kind] for kind in (COPIED, CHECKED))
    there = {event["public"]["day"]: event["seq"] for event in copied}
    lacking = len(days.keys() - there.keys())
    stale = sum(there.get(day, since) < since for day, since in days.items())
    last = _day(checked[-1]) if checked else None
    made = _day(copied[-1]) if copied else None
    findings = int(checked[-1]["public"]["findings"]) if checked else 0
    warnings = [
        (bool(lacking), f"{lacking} sealed days are not there"),
        (bool(stale), f"documents removed by order still lie there, of {stale} days: update it, or destroy the medium"),
        (bool(findings), f"{findings} faults were found when it was last read"),
        (made is not None and today - (last or made) > dt.timedelta(seconds=mirror.check_every), "it was not read for too long"),
        (isinstance(mirror.ends, dt.date) and mirror.ends <= today + _SOON, f"the medium's life ends on {mirror.ends}"),
    ]
    return Standing(name, mirror.path, len(days), lacking, made, last, findings, tuple(text for is_so, text in warnings if is_so))


def _day(event: Mapping[str, Any]) -> dt.date:
    return local_date(dt.datetime.fromisoformat(event["at"]))
