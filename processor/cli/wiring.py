"""How the parts of a station are put together for a verb."""

from __future__ import annotations

import datetime as dt
import getpass
import json
import shutil
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.serialization import Encoding

from archive.store import Archive
from processor import law, station
from processor.engine import LocalEngine, Reach
from processor.errors import MissingError
from processor.journal import Journal
from processor.seal.demo import DemoAuthority
from processor.seal.keys import Sealer, passphrase, read_certificates
from processor.seal.timestamps import Fetcher, Outside
from processor.settings import Settings, load
from processor.shift import Shift
from processor.tools import Tools
from watch.lock import AlreadyRunning, Instance

HERE = click.option(
    "--station", "folder", type=click.Path(path_type=Path, resolve_path=True), default=".", help="The station's folder."
)
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


@contextmanager
def opened_archive(folder: Path, settings: Settings) -> Iterator[Archive]:
    """The station's archive."""

    def required(lane: str) -> tuple[str, ...]:
        known = settings.lanes.get(lane)
        return known.require_to_close if known else ()

    archive = Archive.open(
        folder / "archive", now, require_to_close=required, organization=settings.station.agency,
        code_template=lambda day: law.document_code_template(day, folder),
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


def load_sealer(folder: Path, settings: Settings) -> Sealer:
    """The organisation's key.

    Raises:
        MissingError: it cannot be had.
    """
    if not settings.seal.key:
        raise MissingError("seal.key is not set: the organisation's PKCS#12 file")
    more = read_certificates([folder / name for name in settings.seal.chain])
    return Sealer.load(folder / settings.seal.key, passphrase(settings.seal.passphrase_file, folder), more)


def outside(folder: Path, settings: Settings) -> Outside:
    """Who answers for time and revocation data."""
    if settings.station.demo:
        return DemoAuthority(folder / "authority")
    return Fetcher(settings.time, settings.trust)


def certificates(folder: Path, names: Iterable[str]) -> tuple[bytes, ...]:
    """The certificates in files of the station, as DER.

    Raises:
        MissingError: a file is absent or holds none.
    """
    found = read_certificates([folder / name for name in names])
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in found)


def roots(folder: Path, settings: Settings) -> tuple[bytes, ...]:
    """The trusted roots, as DER; MissingError as `certificates`."""
    return certificates(folder, settings.trust.roots)


@contextmanager
def opened_tools(folder: Path, settings: Settings, archive: Archive) -> Iterator[Tools]:
    """What the stages work with; the key is loaded only where it may be used unattended."""
    sealer, missing = None, ""
    if settings.may_seal_unattended:
        try:
            sealer = load_sealer(folder, settings)
        except MissingError as error:  # documents are read and numbered meanwhile, and wait for the key
            missing = str(error)
    scratch = folder / "work" / "workers"
    shutil.rmtree(scratch, ignore_errors=True)  # what workers of a killed instance left; we hold the lock
    scratch.mkdir()
    font = (folder / settings.seal.font,) if settings.seal.font else ()
    readable = tuple(folder / name for name in ("work", "held", "rejected", "archive", "law"))  # neither keys nor settings
    reach = Reach((*readable, *font), (folder / "work" / "items",))
    with (
        LocalEngine(settings.engine, settings.limits, scratch, reach) as engine,
        LocalEngine(settings.engine, settings.limits, scratch, reach) as clean,
    ):
        yield Tools(
            settings, folder, engine, archive, sealer, outside(folder, settings), roots(folder, settings),
            certificates(folder, settings.trust.intermediates), now, missing, clean,
        )


@contextmanager
def opened_shift(folder: Path) -> Iterator[Shift]:
    """This process as the one instance at work.

    Raises:
        AlreadyRunning: another is.
    """
    settings = check_station(folder)
    with (
        Instance(folder / "work" / "lock"),
        opened_archive(folder, settings) as archive,
        opened_journal(folder) as journal,
        opened_tools(folder, settings, archive) as tools,
    ):
        yield Shift(tools, journal)


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
