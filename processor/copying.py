"""Copies of the sealed days in the places the settings name: made, read again, and how they stand.

Promises: what was done with a copy is an event of the log (`copied`, `copy-checked`, `restored`), so that how a copy stands is
known though its medium is in a safe. A place that is not there now is told, never made: an unplugged disk must not become a folder
of the machine's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import structlog

from archive import copies, encrypted
from archive.copies import Copied
from archive.counted import counted
from archive.encrypted import Key, Known
from archive.heads import LOG
from archive.naming import local_date
from archive.store import Archive
from archive.verify_log import Finding
from processor.archive_tables import MirrorTable
from processor.errors import MissingError

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
        away: whether it is not there now; of a medium that is plugged in (`is_removable`) that is no fault.
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
    away: bool = False
    is_removable: bool = False


def update(archive: Archive, name: str, mirror: MirrorTable, station: Path, actor: str) -> tuple[list[Copied], list[Finding]]:
    """Copy what is missing, encrypted where the settings name certificates.

    Raises:
        MissingError: it is not there.
        ArchiveError: `bad-place`, `bad-recipient`.
    """
    target, days, logged = place(mirror, station), archive.sealed_days(), archive.log_files()
    if mirror.encrypt:
        to = encrypted.certificates(station / each for each in mirror.encrypt)
        done = list(encrypted.mirror(archive.root, target, days, known(archive, name), to, logged))
    else:
        done = list(copies.mirror(archive.root, target, days, logged))
    copied = [each for each in done if isinstance(each, Copied)]
    findings = [each for each in done if isinstance(each, Finding)]
    for each in copied:
        public: dict[str, str | int] = {"copy": name, "day": each.day.isoformat(), "files": each.files, "octets": each.octets}
        if each.list_sha256:
            public |= {"encrypted_sha256": each.list_sha256, "manifest_sha256": each.manifest_sha256}
        archive.event(COPIED, actor=actor, public=public)
    log.info("copied", copy=name, days=len(copied), findings=len(findings))
    return copied, findings


def known(archive: Archive, name: str) -> dict[str, Known]:
    """What the log knows of each day of an encrypted copy."""
    told = (event["public"] for event in archive.happened(COPIED))
    return {public["day"]: Known(public["encrypted_sha256"], public["manifest_sha256"])
            for public in told if public.get("copy") == name and "encrypted_sha256" in public}  # fmt: skip


def check(archive: Archive, name: str, mirror: MirrorTable, where: tuple[Path, str], key: Key | None = None) -> list[Finding]:
    """Read a copy again, every byte; what is encrypted is opened too where there is a key.

    Raises:
        MissingError: it is not there.
        ArchiveError: `not-recipient`.
    """
    station, actor = where
    target, days = place(mirror, station), archive.sealed_days()
    found = encrypted.check(target, days, known(archive, name), key) if mirror.encrypt else copies.check(target, days)
    findings = list(found)
    public: dict[str, str | int] = {"copy": name, "days": len(days), "findings": len(findings)}
    archive.event(CHECKED, actor=actor, public=public | ({"opened": 1} if key and mirror.encrypt else {}))
    return findings


def restore(
    archive: Archive, name: str, mirror: MirrorTable, path: str, where: tuple[Path, str], key: Key | None = None
) -> None:
    """Put a file back from a copy.

    Args:
        archive: what it belongs to.
        name, mirror: the copy.
        path: the file, from the archive's folder; or a file or folder in `_log`.
        where: the station, and who does it.
        key: opens an encrypted copy.

    Raises:
        MissingError: the copy is not there, or it is encrypted and there is no key.
        ArchiveError: `unknown`, `not-proved`, `exists`, `not-recipient`.
    """
    station, actor = where
    source, days = place(mirror, station), archive.sealed_days()
    if PurePosixPath(path).parts[:1] == (LOG,):  # never encrypted: it holds nothing private
        archive.restore_log_file(source, path)
    elif not mirror.encrypt:
        copies.restore(archive.root, source, days, path)
    elif key is None:
        raise MissingError(f"{name} is encrypted: give the private key of one of its certificates with --key")
    else:
        encrypted.restore(archive.root, source, days, known(archive, name), path, key)
    archive.event(RESTORED, actor=actor, public={"copy": name, "path": path})


def place(mirror: MirrorTable, station: Path) -> Path:
    """The folder of a copy.

    Raises:
        MissingError: it is not there.
    """
    path = (station / mirror.path).absolute()
    if _is_away(mirror, station):
        raise MissingError(f"{path} is not there: plug the medium in, or make the folder on it once")
    return path


def _is_away(mirror: MirrorTable, station: Path) -> bool:
    return not (station / mirror.path).is_dir()


def standing(archive: Archive, mirrors: Mapping[str, MirrorTable], station: Path, today: dt.date) -> list[Standing]:
    """How every copy stands, from the log, and whether it is there now."""
    days = dict.fromkeys((each.day.isoformat() for each in archive.sealed_days()), -1)
    days |= {event["public"]["day"]: event["seq"] for event in archive.happened(RESEALED)}
    events = archive.happened(COPIED, CHECKED)
    return [_standing(name, mirror, days, events, today, away=_is_away(mirror, station)) for name, mirror in mirrors.items()]


def _standing(
    name: str, mirror: MirrorTable, days: Mapping[str, int], events: Iterable[Mapping[str, Any]], today: dt.date, *, away: bool
) -> Standing:
    """`days`: each with the entry that last sealed it anew because documents were removed by order."""
    in_safe = away and mirror.removable
    own = [event for event in events if event["public"].get("copy") == name]
    if mirror.encrypt:  # what was copied in clear before is copied anew
        own = [event for event in own if event["type"] != COPIED or "encrypted_sha256" in event["public"]]
    copied, checked = ([event for event in own if event["type"] == kind] for kind in (COPIED, CHECKED))
    there = {event["public"]["day"]: event["seq"] for event in copied}
    lacking = len(days.keys() - there.keys())
    stale = sum(there.get(day, since) < since for day, since in days.items())
    last = _day(checked[-1]) if checked else None
    made = _day(copied[-1]) if copied else None
    findings = int(checked[-1]["public"]["findings"]) if checked else 0
    warnings = [
        (away and not in_safe, "it is not there: mount it, or make the folder on it once"),
        # Every night adds a day, and what lies in a safe cannot have it: it is brought up when it is out to be read again.
        (bool(lacking) and not (in_safe and made), f"{counted(lacking, 'sealed day')} not there"),
        (bool(stale), f"documents removed by order still lie there, of {counted(stale, 'day')}: update it, or destroy the medium"),
        (bool(findings), f"{counted(findings, 'fault')} found when it was last read"),
        (made is not None and today - (last or made) > dt.timedelta(seconds=mirror.check_every), "it was not read for too long"),
        (isinstance(mirror.ends, dt.date) and mirror.ends <= today + _SOON, f"the medium's life ends on {mirror.ends}"),
    ]
    told = tuple(text for is_so, text in warnings if is_so)
    return Standing(name, mirror.path, len(days), lacking, made, last, findings, told, away, mirror.removable)


def _day(event: Mapping[str, Any]) -> dt.date:
    return local_date(dt.datetime.fromisoformat(event["at"]))
