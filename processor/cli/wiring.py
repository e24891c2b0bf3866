"""How the parts of a station are put together for a verb."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
import structlog
from cryptography.hazmat.primitives import hashes

from archive.catalogue import bring_up
from archive.durable import sha256_file
from archive.index import Telling
from archive.naming import local_date
from archive.store import Archive
from processor import fixity, law, overlay, station, trust
from processor.engine import LocalEngine, Reach
from processor.errors import MissingError, SettingsError
from processor.filecodes import in_full
from processor.journal import Journal
from processor.lanes.issue import Person
from processor.seal import keyring
from processor.seal.demo import DemoAuthority
from processor.seal.ring import Ring
from processor.seal.timestamps import Fetcher, Outside
from processor.settings import Settings, load
from processor.shift import Shift
from processor.tools import ACTOR, Tools
from watch.lock import AlreadyRunning, Instance

HERE = click.option(
    "--station", "folder", type=click.Path(path_type=Path, resolve_path=True), default=".", help="The station's folder."
)
_SETTINGS = "settings of the last start"
_UPGRADE_TOLD_EVERY = 5  # seconds
log = structlog.get_logger()
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def now() -> dt.datetime:
    """The clock, in UTC."""
    return dt.datetime.now(dt.UTC)


def operator() -> str:
    """Who types, for the log: the account's name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def print_json(value: object) -> None:
    """One JSON value, for programs and people."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def full_file_code(given: str, settings: Settings, year: int, folder: Path) -> str:
    """A file's code as a drop folder's name gives it: `01.TCCB` gets the agency's code and the year."""
    return in_full(given, settings.station.organ_id, year, local_date(now()), folder)


def outside_the_archive(out: Path, folder: Path) -> None:
    """What is written for people does not belong among what is kept.

    Raises:
        SettingsError: `out` lies in the station's archive.
    """
    if out.resolve().is_relative_to((folder / "archive").resolve()):
        raise SettingsError(f"{out} lies in the archive; choose a place outside")


def _upgrade_told() -> Telling:
    """Logs from time to time how far a catalogue of an earlier version is brought up."""
    last = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last > _UPGRADE_TOLD_EVERY:
            last = time.monotonic()
            log.info("catalogue-upgrade", done=done, of=of)

    return tell


@contextmanager
def opened_archive(folder: Path, settings: Settings) -> Iterator[Archive]:
    """The station's archive."""
    bring_up(folder / "archive" / "catalogue.db", _upgrade_told())
    archive = Archive.open(
        folder / "archive", now, require_to_close=settings.required, organization=settings.station.agency,
        code_template=lambda day: law.document_code_template(day, folder), witnesses=tuple(settings.witnesses.values()),
    )  # fmt: skip
    try:
        yield archive
    finally:
        archive.close()


@contextmanager
def opened_journal(folder: Path) -> Iterator[Journal]:
    """The station's journal."""
    journal = Journal(folder / "work" / "journal.db")
    try:
        yield journal
    finally:
        journal.close()


def outside(folder: Path, settings: Settings) -> Outside:
    """Who answers for time and revocation data."""
    if settings.station.demo:
        return DemoAuthority(folder / "authority")
    return Fetcher(settings.time, settings.trust, folder / "work" / "authorities.json")


def roots(folder: Path, settings: Settings) -> tuple[bytes, ...]:
    """The trusted roots, as DER.

    Raises:
        MissingError: a file the settings name is absent or holds none.
    """
    return trust.of_kind(trust.listed(folder, settings), trust.ROOTS)


def _lists(folder: Path, settings: Settings) -> tuple[bytes, ...]:
    """Revocation lists given in files, DER."""
    try:
        return tuple((folder / name).read_bytes() for name in settings.trust.lists)
    except OSError as error:
        raise MissingError(f"trust.lists: {error.filename} cannot be read ({error.strerror})") from error


def persons(folder: Path, settings: Settings) -> tuple[Person, ...]:
    """Whose signatures the `issue` lanes know, each by their certificate.

    Raises:
        MissingError: a certificate's file is absent or holds none.
    """
    found = []
    for id, row in settings.persons.items():
        digest = row.fingerprint.replace(":", "").replace(" ", "").lower()
        if row.certificate:
            digest = trust.read_file(folder / row.certificate)[0].fingerprint(hashes.SHA256()).hex()
        known = {"name": row.name, "position": row.position, "authority": row.authority}
        found.append(Person(id, digest, row.valid_from or dt.date.min, row.valid_to or dt.date.max, **known))
    return tuple(found)


@contextmanager
def opened_ring(folder: Path, settings: Settings) -> Iterator[Ring | None]:
    """The keys, where they may be used with nobody there."""
    if not settings.may_seal_unattended:
        yield None
        return
    with keyring.opened(settings, folder) as ring:
        yield ring


@contextmanager
def opened_tools(folder: Path, settings: Settings, archive: Archive, ring: Ring | None, actor: str = ACTOR) -> Iterator[Tools]:
    """What the stages work with."""
    scratch = folder / "work" / "workers"
    shutil.rmtree(scratch, ignore_errors=True)  # what workers of a killed instance left; we hold the lock
    scratch.mkdir()
    shown = tuple(folder / name for name in (settings.seal.font, settings.seal.picture) if name)
    readable = tuple(folder / name for name in ("work", "held", "rejected", "archive", "law"))  # neither keys nor settings
    reach = Reach((*readable, *shown), (folder / "work" / "items",))
    with (
        LocalEngine(settings.engine, settings.limits, scratch, reach) as engine,
        LocalEngine(settings.engine, settings.limits, scratch, reach) as clean,
    ):
        anchors = trust.listed(folder, settings)
        yield Tools(
            settings, folder, engine, archive, ring, outside(folder, settings), trust.of_kind(anchors, trust.ROOTS),
            trust.of_kind(anchors, trust.INTERMEDIATES), now, clean, _lists(folder, settings), persons(folder, settings), actor,
        )


@contextmanager
def opened_shift(folder: Path, actor: str = ACTOR, ring: Ring | None = None) -> Iterator[Shift]:
    """This process as the one instance at work.

    Args:
        folder: the station.
        actor: who files.
        ring: the keys of an attended session; else those that may be used with nobody there.

    Raises:
        AlreadyRunning: another is.
    """
    settings = check_station(folder)
    with (
        Instance(folder / "work" / "lock"),
        opened_archive(folder, settings) as archive,
        opened_journal(folder) as journal,
        nullcontext(ring) if ring else opened_ring(folder, settings) as keys,
        opened_tools(folder, settings, archive, keys, actor) as tools,
    ):
        _note_settings(folder, archive, journal, actor)
        fixity.begin_work(archive, journal)
        try:
            yield Shift(tools, journal)
        finally:
            fixity.end_work(journal)


def _note_settings(folder: Path, archive: Archive, journal: Journal, actor: str) -> None:
    """A leaf where the settings are not those of the last start: by their digest an auditor knows which were in force when."""
    digest = sha256_file(folder / "sohoa.toml").sha256
    if journal.noted(_SETTINGS) != digest:
        archive.event("settings-changed", actor=actor, public={"settings_sha256": digest})
        journal.note(_SETTINGS, digest)


def hand_over(folder: Path, journal: Journal, verb: str, act: Callable[[Shift], object], **args: Any) -> bool:
    """Leave a request; do it at once where no instance runs. Returns whether it is done."""
    journal.ask(verb, **args)
    try:
        with opened_shift(folder) as shift:
            act(shift)
    except AlreadyRunning:
        return False
    return True


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    told = threading.Event()
    before = {each: signal.signal(each, lambda *_: told.set()) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def check_station(folder: Path) -> Settings:
    """The settings of a station whose folders are there, made where they were missing.

    Raises:
        SettingsError: no station here, or wrong settings.
    """
    settings = load(folder)
    station.prepare(folder, settings.lanes)
    return settings


def check_rules(folder: Path) -> Settings:
    """A station whose settings and own rules of law documents can be taken by: asked by each verb that takes some, before it does.

    Raises:
        SettingsError: no station here, wrong settings, or a file of `law/` that is wrong; each is named.
    """
    settings = check_station(folder)
    overlay.check(folder, local_date(now()))
    return settings
