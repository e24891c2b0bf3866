"""Lawful change: `freeze`, `dispose`, `purge-secret`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from archive.counted import counted
from archive.naming import local_date
from archive.orders import Removal, Removed
from archive.query import Query
from archive.store import Archive
from processor import disposing, removing
from processor.cli import wiring
from processor.cli.wiring import HERE
from processor.disposing import Cleared
from processor.engine import LocalEngine, Reach
from processor.errors import ExitCode, SettingsError, SohoaError
from processor.removing import Place
from processor.report import visible
from processor.settings import Settings
from watch.lock import Instance

_FILE = click.option("--file", "file_code", default="", metavar="CODE", help="A whole file (hồ sơ) instead of documents.")
_ORDER = click.option("--order", required=True, help="The decision: number, date, who signed. Kept in the log, private.")
_BY = click.option("--by", "by", multiple=True, metavar="NAME", help="Who carries it out or witnesses it; several times.")


@click.command()
@click.argument("identifier", metavar="[ID]", default="")
@_FILE
@click.option("--reason", required=True, help="Kept in the log, private.")
@click.option("--lift", is_flag=True, help="End it.")
@HERE
def freeze(identifier: str, file_code: str, reason: str, lift: bool, folder: Path) -> None:
    """Keep a document or a file from being removed, whatever its period or an order says, until it is lifted."""
    if bool(identifier) == bool(file_code):
        raise SettingsError("freeze wants one ID, or --file")
    _say("--reason", reason)
    settings = wiring.check_station(folder)
    with wiring.opened_archive(folder, settings) as archive:
        code = _file(file_code, settings, folder) if file_code else _codes(archive, (identifier,))[0]
        archive.freeze(code, reason, wiring.operator(), is_file=bool(file_code), lift=lift)
    click.echo(f"{code} is {'no longer frozen' if lift else 'frozen'}")


@click.command()
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@_FILE
@_ORDER
@_BY
@click.option("--early", default="", metavar="TEXT", help="Why the order lets go what its period does not yet.")
@HERE
def dispose(identifiers: tuple[str, ...], file_code: str, order: str, by: tuple[str, ...], early: str, folder: Path) -> None:
    """Destroy documents whose retention is over, by order: bytes, text and names go, code and log stay. Prints the minutes."""
    if bool(identifiers) == bool(file_code) or not any(name.strip() for name in by):
        raise SettingsError("dispose wants IDs, or --file; and --by: who carries it out")
    _say("--order", order)
    settings = wiring.check_station(folder)
    with wiring.opened_archive(folder, settings) as archive:
        order = order.strip()
        codes = _of_file(archive, _file(file_code, settings, folder), order) if file_code else _codes(archive, identifiers)
        if not early.strip():
            disposing.refuse_early(archive, codes, local_date(wiring.now()))
        removal = Removal("disposed", order, by, wiring.operator(), early)
        removed, about = removing.dispose(archive, removal, codes, folder)
        _finish(archive, removal, removed, about, (settings, folder))


@click.command("purge-secret")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@_ORDER
@_BY
@HERE
def purge_secret(identifiers: tuple[str, ...], order: str, by: tuple[str, ...], folder: Path) -> None:
    """Take a state secret that got in out again: bytes, text, scans, lots, letters, pictures, copies. Prints the minutes.

    ID: a document's code; or, of what was never filed, its folder in held/ or rejected/, or its scan's SHA-256. No instance may be
    at work meanwhile: stop the service first. All documents of the same scan have to be named.
    """
    _say("--order", order)
    settings = wiring.check_station(folder)
    with (
        Instance(folder / "work" / "lock"),
        wiring.opened_archive(folder, settings) as archive,
        wiring.opened_journal(folder) as journal,
    ):
        meant = [(each, removing.unfiled(each, folder, archive)) for each in identifiers]
        scans = [scan for _, scan in meant if scan]
        codes = _codes(archive, [each for each, scan in meant if not scan])
        removal = Removal("purged", order.strip(), by, wiring.operator())
        removed, about = removing.purge(archive, removal, (codes, scans), folder, journal)
        _finish(archive, removal, removed, about, (settings, folder))


def _finish(archive: Archive, removal: Removal, removed: Removed, about: Cleared, where: tuple[Settings, Path]) -> None:
    """Copies elsewhere, then the minutes."""
    settings, folder = where
    shown = (folder / settings.seal.font,) if settings.seal.font else ()
    with LocalEngine(settings.engine, settings.limits, reach=Reach(shown, (folder / "work" / "items",))) as engine:
        done = removing.conclude(archive, removal, removed, about, Place(settings, folder, engine, wiring.now()))
    days = ", ".join(done.days) or "none"
    gone = ((removed.codes, "document", ""), (removed.scans, "scan", ""), (removed.paths, "file", " of the archive"))
    told = [counted(len(each), noun) + of for each, noun, of in gone if each]
    told += [f"{counted(about.files, 'file')} about the station"] if about.files else []
    click.echo(f"{removal.kind} {', '.join(told)}; bags sealed anew: {days}")
    for name in done.away:
        click.echo(visible(f"{name} still holds them: update it when it is there, or destroy the medium"))
    click.echo(f"minutes to sign: {done.minutes}")
    for path in done.left:
        click.echo(visible(f"could not be removed: {path.relative_to(folder)}"), err=True)
    if done.left:
        click.echo("the order is not ended: remove what hinders it and give it again; the next start tries too", err=True)
        sys.exit(ExitCode.WAITING)


def _codes(archive: Archive, identifiers: Sequence[str]) -> list[str]:
    """Codes of documents that are filed, or that an earlier run of the same order removed."""
    found = []
    for identifier in identifiers:
        record = archive.get(identifier)
        if record is None or record["state"] not in ("filed", "disposed", "purged"):
            raise SohoaError(f"{identifier} is no filed document" if record else f"nothing is known by {identifier}")
        found.append(record["doc_code"])
    return found


def _of_file(archive: Archive, file_code: str, order: str) -> list[str]:
    """A file's documents, and those this very order has removed already: the minutes are of all of them."""
    codes = [row["doc_code"] for row in archive.find(Query(fields={"file_code": file_code}, limit=None))]
    codes = sorted({*codes, *archive.ordered_of_file(order, file_code)})
    if not codes:
        raise SohoaError(f"{file_code} has no documents, or is not declared")
    return codes


def _file(file_code: str, settings: Settings, folder: Path) -> str:
    return wiring.full_file_code(file_code, settings, local_date(wiring.now()).year, folder)


def _say(option: str, text: str) -> None:
    if not text.strip():
        raise SettingsError(f"{option} is empty: the log keeps it")


VERBS = (freeze, dispose, purge_secret)
