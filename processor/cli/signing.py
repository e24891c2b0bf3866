"""A clerk's session on a terminal: the only place that asks, and only there."""

from __future__ import annotations

import getpass
import os
import pwd
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from archive.counted import counted
from archive.durable import make_dirs_durably, replace_durably
from archive.naming import local_date
from processor import aside, carrying, law, presenting, publishing, session
from processor.answering import Answering
from processor.cli import wiring
from processor.cli.elsewhere import Elsewhere
from processor.errors import OF_THE_KEY, ExitCode, MissingError, SohoaError, Verdict
from processor.journal import Item
from processor.report import visible
from processor.seal import keyring
from processor.seal.ring import Ring
from processor.seal.secret import Secret
from processor.shift import Shift, start
from processor.tools import agency_of
from watch.lock import AlreadyRunning

_PATIENCE = 600.0  # seconds until an instance at work has let go: a document may be waiting for its time-stamp
_SHEETS = "trinh-ky"
_MOST_CARRIED = 2  # signatures a document may take: one, and one more for a late time-stamp


def _account() -> str:
    """By the kernel, not by the environment, which anybody sets."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _ask_secret(name: str) -> Secret:
    if not sys.stdin.isatty():
        raise MissingError(f"the PIN of {name} is asked for on a terminal; or name its file (0600) in keys.{name}.secret")
    return Secret(getpass.getpass(f"Mã PIN / mật khẩu của khóa {name}: ").encode())


@dataclass(frozen=True, slots=True)
class Wish:
    """What the clerk asked for."""

    operator_id: str
    identifiers: tuple[str, ...]
    yes: bool
    carry: Path | None
    carried: Path | None


def held(folder: Path, wish: Wish) -> ExitCode:
    """Hold the session; other errors than of documents are raised."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a PIN is in this process: it leaves no image of it
    settings = wiring.check_rules(folder)
    session.operator(settings, wish.operator_id, _account(), local_date(wiring.now()))
    elsewhere = Elsewhere(settings, folder, listens=not (wish.carry or wish.carried))
    with (
        aside.alone(folder),
        elsewhere,
        keyring.opened(settings, folder, _ask_secret, elsewhere.key) as ring,
        _station(folder, f"operator:{wish.operator_id}", ring) as shift,
    ):
        if wish.carried:
            code = _take_back(wish, wish.carried, shift)
            carrying.tidy(shift)
            return code
        carrying.tidy(shift)
        return _session(wish, elsewhere, shift)


@contextmanager
def _station(folder: Path, actor: str, ring: Ring) -> Iterator[Shift]:
    """The station, when whoever was at work has let go of it."""
    until, told = time.monotonic() + _PATIENCE, False
    while True:
        try:
            with wiring.opened_shift(folder, actor, ring) as shift:
                start(shift)
                yield shift
                return
        except AlreadyRunning:
            if time.monotonic() > until:
                raise
            if not told:
                click.echo("waiting for the instance at work to let go of the station")
            told = True
            time.sleep(0.2)


def _session(wish: Wish, elsewhere: Elsewhere, shift: Shift) -> ExitCode:
    items = session.waiting(shift, wish.identifiers)
    if not items:
        click.echo("nothing waits for a seal")
        return ExitCode.DONE
    sheet = _preview(items, shift)
    click.echo(f"{counted(len(items), 'document')}; look at {sheet}")
    for item in items:
        click.echo(visible(f"  {session.code_of(item, shift.tools)}  {item.scan.lane}/{item.scan.original_name}"))
    if not wish.yes and not _agreed(len(items)):
        click.echo("nothing was sealed")
        return ExitCode.DONE
    _answer(shift)
    if [item.number for item in session.waiting(shift, wish.identifiers)] != [item.number for item in items]:
        click.echo("somebody took a document away meanwhile: nothing was sealed; look again", err=True)
        return ExitCode.WAITING
    agencies = {agency_of(item.scan, shift.tools) for item in items}
    try:
        if wish.carry:
            return _carry(items, wish, wish.carry, shift)
        elsewhere.expected = sum(session.signatures(item) for item in items)
        session.check_time(shift.tools)
        session.check_key(shift.tools, agencies)
    except Verdict as verdict:
        click.echo(f"nothing was sealed: {verdict.reason.en}: {verdict.detail}", err=True)
        return ExitCode.MISSING if verdict.code in OF_THE_KEY else ExitCode.WAITING
    ended = session.seal(items, shift, wish.operator_id)
    publishing.complete(shift.tools)  # heads of the log wait for the organisation's key too
    click.echo(", ".join(f"{state}: {count}" for state, count in sorted(ended.items())))
    return _code(ended, shift)


def _carry(items: Sequence[Item], wish: Wish, target: Path, shift: Shift) -> ExitCode:
    agencies = {agency_of(item.scan, shift.tools) for item in items}
    if len(agencies) != 1:
        raise SohoaError("a file is carried for one agency: name the documents of one by their IDs")
    if any(session.signatures(item) > _MOST_CARRIED for item in items):
        raise SohoaError("what is issued with number and date takes several signatures, which cannot be carried: name the others")
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it names documents
    except OSError as error:
        raise SohoaError(f"{target} cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "wb") as file:
        batch, data = carrying.prepare(items, shift, *agencies)
        file.write(data)
    session.note(shift, wish.operator_id, "carried-away", len(items))
    click.echo(f"written: {target}\nAt the token: sohoa-signer file {target.name} OUT.json; compare the code {batch.code}")
    return ExitCode.WAITING


def _take_back(wish: Wish, carried: Path, shift: Shift) -> ExitCode:
    ended, wrong = carrying.finish(carried.read_bytes(), shift)
    click.echo(", ".join(f"{state}: {count}" for state, count in sorted(ended.items())) or "nothing was sealed")
    session.note(shift, wish.operator_id, "carried-back", ended.total(), ended["filed"])
    for id, why in wrong.items():
        click.echo(visible(f"  not sealed: {id}: {why}"), err=True)
    return ExitCode.WAITING if wrong and not ended["filed"] else _code(ended | Counter({"to-seal": len(wrong)}), shift)


def _answer(shift: Shift) -> None:
    """What people asked while the preview was looked at is done first."""
    answering = Answering(shift, lambda: None)
    answering.all()
    answering.close()


def _agreed(count: int) -> bool:
    """The number typed is the number sealed: nobody signs by leaning on Enter."""
    answer = input(f"Đã xem phiếu trình. Gõ {count} rồi Enter để ký số {count} văn bản, chỉ Enter để thôi: ")
    return answer.strip() == str(count)


def _preview(items: Sequence[Item], shift: Shift) -> Path:
    """The sheet the clerk looks at, in `out/`."""
    moment = shift.tools.clock().astimezone(law.VIETNAM)
    folder = shift.tools.station / "out" / _SHEETS
    make_dirs_durably(folder)
    path = folder / f"{moment:%Y-%m-%d-%H%M%S}.pdf"
    made = shift.tools.station / "work" / "items" / "trinh-ky.pdf"
    try:
        shift.tools.engine.call("preview", presenting.arguments(items, shift.tools, moment, made), pages=len(items))
        replace_durably(path, made.read_bytes())
    except Verdict as verdict:
        raise SohoaError(f"the preview cannot be drawn ({verdict.code}): nothing is sealed unseen") from verdict
    finally:
        made.unlink(missing_ok=True)
    return path


def _code(ended: dict[str, int], shift: Shift) -> ExitCode:
    if any(item.code in OF_THE_KEY for item in shift.journal.items("waiting")):
        return ExitCode.MISSING
    if ended.get("waiting") or ended.get("to-seal"):
        return ExitCode.WAITING
    return ExitCode.SOME_REFUSED if ended.get("held") or ended.get("rejected") else ExitCode.DONE

