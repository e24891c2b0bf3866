"""The clerk's desk put together: who sits at it, what its pages work with, what it does for them."""

from __future__ import annotations

import os
import pwd
import webbrowser
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import click

from archive.durable import replace_durably
from archive.naming import local_date
from archive.web import door
from processor.cli import webbing, wiring
from processor.desk import guard, serving
from processor.desk.access import Access
from processor.desk.drawers import Desk
from processor.desk.errands import Errands
from processor.desk.guard import Door
from processor.engine import LocalEngine, Reach
from processor.flow import Flow
from processor.pictures import Pictures
from processor.settings import Settings
from watch.lock import AlreadyRunning

_PLACE = "work/desk"


def held(folder: Path, port: int, opens: bool) -> None:
    """Serve the desk until it is told to end."""
    settings = wiring.check_station(folder)
    proxied = settings.desk.user_header
    access = Access(_actor(settings))
    sock = door.proxied(folder / settings.desk.socket) if proxied else webbing.listening(port)
    with closing(sock), webbing.own_place(folder / _PLACE) as place, _opened(folder, place, settings, access) as desk:
        hosts = [name.lower() for name in settings.desk.hosts] if proxied else door.hosts(port)
        gate = Door(hosts, access, wiring.now, settings.desk.user_header, settings.operators)
        if proxied:
            click.echo(f"Bàn văn thư: {', '.join(hosts)} (qua {settings.desk.socket}; Ctrl-C để đóng bàn)")
        else:
            _greet(place, port, access, opens)
        with wiring.until_told():  # uvicorn raises the signal once more when it has ended
            door.serve(serving.application(desk, gate), sock)


@contextmanager
def _opened(folder: Path, place: Path, settings: Settings, access: Access) -> Iterator[Desk]:
    scratch, kept = place / "workers", place / "pictures"
    for each in (scratch, kept):
        each.mkdir()
    reach = Reach(tuple(folder / name for name in ("held", "rejected", "archive", "law")), (kept,))
    one = settings.engine.model_copy(update={"workers": 1})
    with (
        wiring.opened_archive(folder, settings) as archive,
        wiring.opened_journal(folder) as journal,
        LocalEngine(one, settings.limits, scratch, reach) as engine,
    ):
        errands = Errands(journal, lambda: _answered(folder))
        pictures = Pictures(engine, kept, settings.limits.model_dump())
        errands.open()
        try:
            yield Desk(folder, settings, archive, journal, pictures, errands, access, wiring.now)
        finally:
            errands.close()


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


def _greet(place: Path, port: int, access: Access, opens: bool) -> None:
    def link() -> str:
        return f"http://127.0.0.1:{port}/enter?key={access.new_key()}"

    def another() -> None:
        with suppress(OSError):  # nobody reads it any more
            click.echo(f"Trình duyệt khác: {link()}")

    access.entered = another
    first = link()
    click.echo(f"Bàn văn thư: {first}\n(liên kết dùng một lần; Ctrl-C để đóng bàn)")
    if opens:  # a link in another program's arguments would be read by everybody on this machine
        page = place / "mo-ban.html"
        replace_durably(page, f'<meta http-equiv="refresh" content="0;url={first}">'.encode())
        page.chmod(0o600)
        webbrowser.open(page.as_uri())
