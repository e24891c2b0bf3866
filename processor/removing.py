"""An order to remove documents carried out to its end: the archive, what lies about the station, the copies, the minutes.

Promises: what was cut short anywhere is known by the log, and the next start goes on with it as the same order would, given again;
what cannot be gone on with is told, and harms nothing else. Refuses (SohoaError) to purge a scan that is under way.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from archive.durable import make_dirs_durably, replace_durably
from archive.errors import ArchiveError
from archive.naming import local_date
from archive.orders import Removal, Removed
from archive.store import Archive
from processor import copying, disposing, parking
from processor.disposing import Cleared, Done
from processor.engine import Engine
from processor.errors import MissingError, SohoaError, Verdict
from processor.journal import Journal
from processor.settings import Settings
from processor.tools import Tools

log = structlog.get_logger()
MINUTES = "bien-ban"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order is carried out, and when."""

    settings: Settings
    station: Path
    engine: Engine
    now: dt.datetime


@dataclass(frozen=True, slots=True)
class Concluded:
    """What is told of it.

    Attributes:
        minutes: to be signed. days: whose bags were sealed anew. away: places that still hold what was removed.
        left: files of the station that could not be taken: the order is not ended while there are any.
    """

    minutes: Path
    days: Sequence[str]
    away: Sequence[str]
    left: Sequence[Path]


def unfiled(identifier: str, station: Path, archive: Archive) -> str:
    """The scan that a lot's folder or a digest names, of which no document was filed; empty: it names something else."""
    for lot in parking.lots(station):
        if identifier.rstrip("/") == lot.folder:
            return "" if _codes_of(archive, str(lot.told["scan_sha256"])) else str(lot.told["scan_sha256"])
    is_scan = re.fullmatch("[0-9a-f]{64}", identifier) and archive.told_of(identifier)
    return identifier if is_scan and not _codes_of(archive, identifier) else ""


def _codes_of(archive: Archive, scan: str) -> list[str]:
    """Codes under which a scan was filed."""
    return [event["doc_code"] for event in archive.told_of(scan) if event["type"] == "filed"]


def purge(
    archive: Archive, removal: Removal, what: tuple[Sequence[str], Sequence[str]], station: Path, journal: Journal
) -> tuple[Removed, Cleared]:
    """A state secret out of the archive and out of the station's folders.

    Args:
        archive, removal: from where, by which order.
        what: codes of documents; scans that became none.
        station, journal: what else may hold it.

    Returns:
        What went of the archive, and about the station.

    Raises:
        SohoaError: the same scan is under way.
        ArchiveError: as `Archive.remove`.
    """
    codes, scans = what
    nothing = {"events": (), "scan_sha256": ""}
    known = {digest for code in codes for digest in disposing.digests(archive.get(code) or nothing)} | {*scans}
    if any(item.scan.blob.sha256 in known for item in journal.items()):
        raise SohoaError("the same scan is under way; reject it first")
    names = disposing.names_of(archive, codes, known)
    removed = archive.remove(codes, removal, scans)
    return removed, disposing.clear_about(station, known | {*removed.scans}, names)


def dispose(archive: Archive, removal: Removal, codes: Sequence[str], station: Path) -> tuple[Removed, Cleared]:
    """What is due out of the archive, and the copies of it that were handed to the clerk.

    Args:
        archive, removal: from where, by which order.
        codes: of the documents.
        station: in whose `out/` copies may lie still.

    Returns:
        What went of the archive, and of `out/`.

    Raises:
        ArchiveError: as `Archive.remove`.
    """
    copies = disposing.handed(archive, codes)
    removed = archive.remove(codes, removal)
    return removed, disposing.clear_handed(station, copies)


def conclude(archive: Archive, removal: Removal, removed: Removed, about: Cleared, place: Place) -> Concluded:
    """Copies elsewhere, then the minutes; then the order is ended, unless something about the station is left.

    Args:
        archive, removal, removed: what was done.
        about: what went from the station's folders, and what could not.
        place: where the minutes are laid.
    """
    updated, away = _mirrors(archive, removal.actor, place)
    files, days = len(removed.paths), removed.days
    done = Done(removal.kind, removal.order, removal.by, removed.codes, removed.scans, files, days, about, updated, away)
    minutes = _lay(disposing.minutes(done, place.settings.station.agency, place.now), done, place)
    if not about.left:
        archive.end_removal(removed, removal.actor)
    return Concluded(minutes, days, away, about.left)


def _mirrors(archive: Archive, actor: str, place: Place) -> tuple[list[str], list[str]]:
    """Places that were brought up, and those that are not there now or hold on to it."""
    updated, away = list[str](), list[str]()
    for name, mirror in place.settings.mirrors.items():
        findings = True
        with suppress(MissingError, OSError):
            findings = bool(copying.update(archive, name, mirror, place.station, actor)[1])
        (away if findings else updated).append(name)
    return updated, away


def _lay(text: str, done: Done, place: Place) -> Path:
    """The minutes as text and, where a worker can draw them, as PDF; which is returned."""
    folder, settings = place.station / MINUTES, place.settings
    make_dirs_durably(folder)
    name = done.codes[0] if done.codes else done.scans[0][:12]
    path = folder / f"{local_date(place.now).isoformat()}-{done.kind}-{name}.txt"
    replace_durably(path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    made = place.station / "work" / "items" / f"bien-ban-{name}.pdf"
    font = str(place.station / settings.seal.font) if settings.seal.font else ""
    try:
        place.engine.call("sheet", {"text": text, "out": str(made), "title": disposing.title(done.kind), "font": font})
        replace_durably(path.with_suffix(".pdf"), made.read_bytes())
    except Verdict as verdict:
        log.error("minutes-not-drawn", code=verdict.code)
        return path
    finally:
        made.unlink(missing_ok=True)
    return path.with_suffix(".pdf")


def go_on(tools: Tools, journal: Journal) -> None:
    """At start: orders that were cut short are carried out; what keeps one from it is told until it is given again."""
    for begun in tools.archive.begun_removals():
        removal, what = begun.removal, (begun.codes, begun.scans)
        if not removal.order:
            log.error("removal-cut-short", documents=len(begun.codes), code="order-lost")
            continue
        try:
            if removal.kind == "purged":
                removed, about = purge(tools.archive, removal, what, tools.station, journal)
            else:
                removed, about = dispose(tools.archive, removal, begun.codes, tools.station)
            place = Place(tools.settings, tools.station, tools.engine, tools.clock())
            done = conclude(tools.archive, removal, removed, about, place)
        except (ArchiveError, SohoaError) as error:
            log.error("removal-cut-short", documents=len(begun.codes), error=type(error).__name__)
        else:
            if done.left:
                log.error("removal-cut-short", documents=len(removed.codes), left=len(done.left))
            else:
                log.info("removal-finished", documents=len(removed.codes))
