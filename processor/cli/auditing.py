"""The auditors' page put together: what it may see, and what workers, queues and the law's words answer for it."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from sqlite3 import Error as DatabaseError

import click
import structlog

from archive.naming import local_date
from archive.web import door, serving
from archive.web.guard import Door, User
from archive.web.looks import Looks
from archive.web.passwords import Gate, is_hash
from archive.web.roles import Modes, Role
from archive.web.site import Site
from archive.web.snapshots import Snapshots
from processor import law
from processor.cli import auditors_hands, webbing, wiring
from processor.engine import LocalEngine, Reach
from processor.errors import SettingsError, where
from processor.pictures import Pictures
from processor.settings import Settings
from processor.tables import EngineTable

log = structlog.get_logger()
_PLACE, _LOOKS = "work/serve", "work/access.jsonl"
_WORKERS = 2  # somebody's long check of a day must not keep others from their pictures


def served(folder: Path, port: int) -> None:
    """Serve the page until it is told to end."""
    settings = wiring.check_station(folder)
    table = settings.serve
    gate = _door(settings, port)
    with wiring.opened_archive(folder, settings):
        pass  # a catalogue that was left in the midst of something is set right by whoever may write
    sock = door.proxied(folder / table.socket) if table.user_header else webbing.listening(port)
    with closing(sock), webbing.own_place(folder / _PLACE) as place, _opened(folder, place, settings, gate) as site:
        at = table.socket if table.user_header else f"http://127.0.0.1:{port}/"
        click.echo(f"Kho lưu trữ số: {at} (Ctrl-C để đóng)")
        with wiring.until_told():
            door.serve(serving.application(site, _failed), sock)


def _failed(error: Exception) -> None:
    """A fault is told by where it is, never by its text, which may hold a document's."""
    log.error("page-failed", error=type(error).__name__, where=where(error))


def _door(settings: Settings, port: int) -> Door:
    """Who may look.

    Raises:
        SettingsError: nobody may, or somebody's password or account is missing.
    """
    table = settings.serve
    users = {name: User(name, row.role, row.account) for name, row in table.users.items()}
    if not users:
        raise SettingsError("sohoa.toml: serve.users: nobody may look; write a table [serve.users.NAME] (see config/station.toml)")
    for name, row in table.users.items():
        if table.user_header and not row.account:
            raise SettingsError(f"sohoa.toml: serve.users.{name}.account: the proxy's name of it is missing")
        if not table.user_header and not is_hash(row.password):
            raise SettingsError(f"sohoa.toml: serve.users.{name}.password: not a hash; make one with `sohoa serve --password`")
    hosts = [name.lower() for name in table.hosts] if table.user_header else door.hosts(port)
    return Door(hosts, users, Gate({name: row.password for name, row in table.users.items()}), table.user_header)


def roles(settings: Settings) -> list[Role]:
    """The roles somebody has, each with what it may see."""
    table, made = settings.serve, []
    sees = {"public": table.public_sees, "auditor": table.auditor_sees, "archivist": table.archivist_sees}
    for name in sorted({row.role for row in table.users.values()}):
        closed = frozenset() if name in table.closed_lanes_open_to else frozenset(table.closed_lanes)
        made.append(Role(name, frozenset(sees[name]), closed, sees_events=name != "public"))
    return made


def modes(folder: Path) -> Modes:
    """The words for modes of use by the law of today."""
    listed = law.code_lists(local_date(wiring.now()), folder)["mode"].words
    return Modes({word: code for code, words in listed.items() for word in words})


@contextmanager
def _opened(folder: Path, place: Path, settings: Settings, gate: Door) -> Iterator[Site]:
    scratch, kept, copies = place / "workers", place / "pictures", place / "copies"
    for each in (scratch, kept, copies):
        each.mkdir(mode=0o700)
    archive, table = folder / "archive", settings.serve
    snapshots = Snapshots(archive, copies, roles(settings), modes(folder), wiring.now)
    snapshots.refresh()
    one: EngineTable = settings.engine.model_copy(update={"workers": _WORKERS})
    reach = Reach((archive,), (kept,))
    with LocalEngine(one, settings.limits, scratch, reach) as engine, _repeated(snapshots.refresh, table.refresh):
        pictures = Pictures(engine, kept, settings.limits.model_dump())
        roots = [b64encode(root).decode() for root in wiring.roots(folder, settings)]
        with wiring.opened_journal(folder) as journal:
            made = auditors_hands.made(auditors_hands.Parts(folder, settings, engine, pictures, journal, roots))
            yield Site(settings.station.agency, settings.station.demo, snapshots, gate, Looks(folder / _LOOKS, wiring.now), made,
                       wiring.now, bool(table.user_header))  # fmt: skip


@contextmanager
def _repeated(act: Callable[[], object], pause: float) -> Iterator[None]:
    """Done again and again in a thread of its own, until the end; what fails is tried again."""
    ending = threading.Event()

    def run() -> None:
        while not ending.wait(pause):
            try:
                act()
            except (DatabaseError, OSError) as error:
                log.error("copy-failed", error=type(error).__name__, where=where(error))

    thread = threading.Thread(target=run, name="copies", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        with suppress(RuntimeError):
            thread.join(timeout=60)
