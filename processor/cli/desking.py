"""The clerk's desk put together: who sits at it, what its pages work with, what it does for them."""

from __future__ import annotations

import os
import pwd
import webbrowser
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click

from archive.durable import replace_durably
from archive.naming import local_date
from processor.cli import wiring
from processor.desk import guard, serving
from processor.desk.access import Access
from processor.desk.drawers import Desk
from processor.desk.errands import Errands
from processor.desk.guard import Door
from processor.desk.pictures import Pictures
from processor.engine import LocalEngine, Reach
from processor.flow import Flow
from processor.settings import Settings
from watch.lock import AlreadyRunning

_PLACE = "work/desk"


def held(folder: Path, port: int, opens: bool) -> None:
    """Serve the desk until it is told to end."""
    settings = wiring.check_station(folder)
    access = Access(_actor(settings))
    sock = serving.listening(port)
    with closing(sock), _opened(folder, settings, access) as desk:
        door = Door(serving.hosts(port), access, wiring.now)
        _greet(folder, port, access, opens)
        serving.serve(serving.application(desk, door), sock)


@contextmanager
def _opened(folder: Path, settings: Settings, access: Access) -> Iterator[Desk]:
    place = folder / _PLACE
    reach = Reach(tuple(folder / name for name in ("held", "rejected", "archive")), (place / "pictures",))
    limits = settings.limits.model_dump()
    with wiring.opened_archive(folder, settings) as archive, wiring.opened_journal(folder) as journal:
        scratch = place / "workers"
        scratch.mkdir(parents=True, exist_ok=True)
        engine = LocalEngine(settings.engine.model_copy(update={"workers": 1}), settings.limits, scratch, reach)
        pictures = Pictures(engine, place / "pictures", limits)
        pictures.open()
        errands = Errands(journal, lambda: _answered(folder))
        errands.open()
        try:
            with engine:
                yield Desk(folder, settings, archive, journal, pictures, errands, access, wiring.now)
        finally:
            errands.close()
            pictures.close()


def _answered(folder: Path) -> bool:
    """All that was asked is done, where nobody else holds the station."""
    try:
        with wiring.opened_shift(folder) as shift:
            flow = Flow(shift)
            flow.open()
            flow.answering.all()
            flow.close()
    except AlreadyRunning:
        return False
    return True


def _actor(settings: Settings) -> str:
    """Who is named in events: the operator of this account, else the account."""
    account = pwd.getpwuid(os.getuid()).pw_name
    id = guard.operator(settings.operators, account, local_date(wiring.now()))
    return f"operator:{id}" if id else wiring.operator()


def _greet(folder: Path, port: int, access: Access, opens: bool) -> None:
    link = f"http://127.0.0.1:{port}/enter?key={access.new_key()}"
    click.echo(f"Bàn văn thư: {link}\n(liên kết dùng một lần; Ctrl-C để đóng bàn)")
    if opens:  # a link in another program's arguments would be read by everybody on this machine
        page = folder / _PLACE / "mo-ban.html"
        replace_durably(page, f'<meta http-equiv="refresh" content="0;url={link}">'.encode())
        page.chmod(0o600)
        webbrowser.open(page.as_uri())
