"""Verbs that give a document another's place: under another file's code, or a better scan in the place of a bad one."""

from __future__ import annotations

from pathlib import Path

import click

from archive.naming import local_date
from processor import lot_notes
from processor.cli import wiring
from processor.cli.queue_verbs import meant
from processor.cli.wiring import HERE, JSON
from processor.errors import SettingsError, SohoaError
from processor.targets import Target

_WHY = click.option("--reason", "why", required=True, help="Kept in the log.")


@click.command()
@click.argument("identifier", metavar="ID")
@click.option("--file", "file_code", required=True, metavar="CODE", help="The file it belongs to; `01.TCCB` is this year's.")
@_WHY
@HERE
@JSON
def refile(identifier: str, file_code: str, why: str, folder: Path, as_json: bool) -> None:
    """Move a filed document into another file: a new code, the old one void; the sealed bytes stay where they are."""
    _check(why)
    settings = wiring.check_station(folder)
    into = wiring.full_file_code(file_code, settings, local_date(wiring.now()).year, folder)
    code = meant(identifier, folder, "filed").name
    with wiring.opened_archive(folder, settings) as archive:
        record = archive.refile(code, into, why, wiring.operator())
    if as_json:
        wiring.print_json(record)
    else:
        click.echo(f"{code} is void; {record['doc_code']} counts in its place")


@click.command()
@click.argument("identifier", metavar="ID")
@click.option("--by", required=True, metavar="ID", help="The new scan: filed, held, rejected or under way.")
@_WHY
@HERE
def supersede(identifier: str, by: str, why: str, folder: Path) -> None:
    """Let a new scan take the place of a filed document whose scan is bad: at once, or as soon as the new one is filed."""
    _check(why)
    settings, code = wiring.check_station(folder), meant(identifier, folder, "filed").name
    target = meant(by, folder, "filed", "held", "rejected", "item")
    with wiring.opened_archive(folder, settings) as archive:
        if target.kind == "filed":
            archive.supersede(code, target.name, why, wiring.operator())
            click.echo(f"{code} is void; {target.name} counts in its place")
            return
        scan_sha256, lane, part = _scan(target, folder)
        archive.ask_supersede(code, scan_sha256, lane, why, wiring.operator(), part)
    click.echo(f"{code} counts until the scan {scan_sha256[:12]} is filed by {lane}; then it is void")


def _check(why: str) -> None:
    if not why.strip():
        raise SettingsError("--reason is empty: the log keeps why one document takes another's place")


def _scan(target: Target, folder: Path) -> tuple[str, str, str]:
    """The new scan's id and lane, and which part of it is meant."""
    if target.kind == "item":
        with wiring.opened_journal(folder) as journal:
            found = [item.scan for item in journal.items() if str(item.number) == target.name]
        if found:
            return found[0].blob.sha256, found[0].lane, found[0].part
    elif told := lot_notes.read(folder / target.name):
        return told["scan_sha256"], told["lane"], told["part"]
    raise SohoaError("the new scan is not there any more; try again")


VERBS = (refile, supersede)
