"""Lawful change: `freeze`, `dispose`, `purge-secret`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from archive.durable import make_dirs_durably, replace_durably
from archive.naming import local_date
from archive.query import Query
from archive.removal import Kind, Removal, Removed
from archive.store import Archive
from processor import copying, disposing
from processor.cli import wiring
from processor.cli.wiring import HERE
from processor.disposing import Done
from processor.engine import LocalEngine, Reach
from processor.errors import MissingError, SettingsError, SohoaError, Verdict
from processor.report import visible
from processor.settings import Settings
from watch.lock import Instance

MINUTES = "bien-ban"
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
        codes = _of_file(archive, _file(file_code, settings, folder)) if file_code else _codes(archive, identifiers)
        if not early.strip():
            disposing.refuse_early(archive, codes, local_date(wiring.now()))
        removal = Removal("disposed", order, by, wiring.operator(), early)
        removed = archive.remove(codes, removal)
        _finish(archive, removal, removed, 0, (settings, folder))


@click.command("purge-secret")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@_ORDER
@_BY
@HERE
def purge_secret(identifiers: tuple[str, ...], order: str, by: tuple[str, ...], folder: Path) -> None:
    """Take a state secret that got in out again: bytes, text, scans, lots, pictures, copies. Prints the minutes.

    No instance may be at work meanwhile: stop the service first. All documents of the same scan have to be named.
    """
    _say("--order", order)
    settings = wiring.check_station(folder)
    with (
        Instance(folder / "work" / "lock"),
        wiring.opened_archive(folder, settings) as archive,
        wiring.opened_journal(folder) as journal,
    ):
        codes = _codes(archive, identifiers)
        known = {digest for code in codes for digest in disposing.digests(archive.get(code) or {"events": (), "scan_sha256": ""})}
        if any(item.scan.blob.sha256 in known for item in journal.items()):
            raise SohoaError("the same scan is under way; reject it first")
        removal = Removal("purged", order, by, wiring.operator())
        removed = archive.remove(codes, removal)
        about = disposing.clear_about(folder, known | set(removed.scans))
        _finish(archive, removal, removed, about, (settings, folder))


def _finish(archive: Archive, removal: Removal, removed: Removed, about: int, where: tuple[Settings, Path]) -> None:
    """Copies elsewhere, then the minutes."""
    settings, folder = where
    updated, away = _mirrors(archive, settings, folder)
    files, days = len(removed.paths), removed.days
    done = Done(removal.kind, removal.order, removal.by, removed.codes, removed.scans, files, days, about, updated, away)
    text = disposing.minutes(done, settings.station.agency, wiring.now())
    path = _printed(text, removal.kind, removed.codes[0], settings, folder)
    click.echo(f"{removal.kind} {len(removed.codes)} documents, {files} files; bags sealed anew: {', '.join(days) or 'none'}")
    for name in away:
        click.echo(visible(f"{name} still holds them: update it when it is there, or destroy the medium"))
    click.echo(f"minutes to sign: {path}")


def _mirrors(archive: Archive, settings: Settings, folder: Path) -> tuple[list[str], list[str]]:
    """Places that were brought up, and those that are not there now or hold on to it."""
    updated, away = list[str](), list[str]()
    for name, mirror in settings.mirrors.items():
        findings = True
        with suppress(MissingError, OSError):
            findings = bool(copying.update(archive, name, mirror, folder, wiring.operator())[1])
        (away if findings else updated).append(name)
    return updated, away


def _printed(text: str, kind: Kind, code: str, settings: Settings, folder: Path) -> Path:
    place = folder / MINUTES
    make_dirs_durably(place)
    stem = f"{local_date(wiring.now()).isoformat()}-{kind}-{code}"
    path = place / f"{stem}.txt"
    replace_durably(path, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    made, font = place / f"{stem}.pdf", str(folder / settings.seal.font) if settings.seal.font else ""
    reach = Reach((folder / settings.seal.font,) if settings.seal.font else (), (place,))
    with LocalEngine(settings.engine, settings.limits, reach=reach) as engine:
        try:
            engine.call("sheet", {"text": text, "out": str(made), "title": disposing.title(kind), "font": font})
        except Verdict as verdict:
            click.echo(f"the minutes are text only: {verdict.code}", err=True)
            return path
    return made


def _codes(archive: Archive, identifiers: Sequence[str]) -> list[str]:
    """Codes of documents that are filed, or that an earlier run of the same order removed."""
    found = []
    for identifier in identifiers:
        record = archive.get(identifier)
        if record is None or record["state"] not in ("filed", "disposed", "purged"):
            raise SohoaError(f"{identifier} is no filed document" if record else f"nothing is known by {identifier}")
        found.append(record["doc_code"])
    return found


def _of_file(archive: Archive, file_code: str) -> list[str]:
    codes = [row["doc_code"] for row in archive.find(Query(fields={"file_code": file_code}, limit=None))]
    if not codes:
        raise SohoaError(f"{file_code} has no documents, or is not declared")
    return codes


def _file(file_code: str, settings: Settings, folder: Path) -> str:
    return wiring.full_file_code(file_code, settings, local_date(wiring.now()).year, folder)


def _say(option: str, text: str) -> None:
    if not text.strip():
        raise SettingsError(f"{option} is empty: the log keeps it")


VERBS = (freeze, dispose, purge_secret)
