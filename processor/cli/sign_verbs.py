"""`sign`: the clerk's session. The only verb that asks, and only on a terminal."""

from __future__ import annotations

import getpass
import os
import pwd
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from archive.durable import make_dirs_durably, replace_durably
from processor import law, presenting, session
from processor.cli import wiring
from processor.cli.station_verbs import set_up_log
from processor.cli.wiring import HERE
from processor.errors import OF_THE_KEY, ExitCode, MissingError, SettingsError, SohoaError, Verdict
from processor.journal import Item
from processor.report import visible
from processor.seal import keyring
from processor.seal.ring import Ring
from processor.seal.secret import Secret
from processor.settings import Settings
from processor.shift import Shift, start
from processor.tools import agency_of
from watch.lock import AlreadyRunning

_PATIENCE = 600.0  # seconds until an instance at work has let go: a document may be waiting for its time-stamp
_SHEETS = "trinh-ky"


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


@click.command()
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--operator", "operator_id", required=True, metavar="ID", help="Who seals: [operators.ID] of the settings.")
@click.option("--yes", is_flag=True, help="The preview was looked at elsewhere: do not ask.")
@HERE
def sign(identifiers: tuple[str, ...], operator_id: str, yes: bool, folder: Path) -> None:
    """Seal in person what waits for it: a preview, a real time-stamp, the PIN, then the batch.

    Without ID everything that waits. An instance that watches stands aside meanwhile.
    """
    set_up_log()
    settings = wiring.check_station(folder)
    session.operator(settings, operator_id, _account(), session.today(wiring.now()))
    if not yes and not sys.stdin.isatty():
        raise SettingsError("sign asks on a terminal; elsewhere --yes says that the preview was looked at")
    with session.alone(folder), _keys(settings, folder) as ring, _station(folder, f"operator:{operator_id}", ring) as shift:
        sys.exit(_session(shift, identifiers, operator_id, yes))


@contextmanager
def _keys(settings: Settings, folder: Path) -> Iterator[Ring]:
    with keyring.opened(settings, folder, _ask_secret) as ring:
        yield ring


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


def _session(shift: Shift, ids: Sequence[str], operator_id: str, yes: bool) -> ExitCode:
    items = session.waiting(shift, ids)
    if not items:
        click.echo("nothing waits for a seal")
        return ExitCode.DONE
    sheet = _preview(items, shift)
    click.echo(f"{len(items)} documents; look at {sheet}")
    for item in items:
        click.echo(visible(f"  {session.code_of(item, shift.tools)}  {item.scan.lane}/{item.scan.original_name}"))
    if not yes and not _agreed(len(items)):
        click.echo("nothing was sealed")
        return ExitCode.DONE
    try:
        session.check_time(shift.tools)
        session.check_key(shift.tools, {agency_of(item.scan, shift.tools) for item in items})
    except Verdict as verdict:
        click.echo(f"nothing was sealed: {verdict.reason.en}: {verdict.detail}", err=True)
        return ExitCode.MISSING if verdict.code in OF_THE_KEY else ExitCode.WAITING
    ended = session.seal(items, shift, operator_id)
    click.echo(", ".join(f"{state}: {count}" for state, count in sorted(ended.items())))
    return _code(ended, shift)


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


VERBS = (sign,)
