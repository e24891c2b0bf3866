"""Verbs that give a document another's place: under another file's code, or a better scan in the place of a bad one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from archive.links import Order
from archive.naming import local_date
from processor import law, lot_notes, replacing
from processor.cli import wiring
from processor.cli.queue_verbs import meant
from processor.cli.wiring import HERE, JSON
from processor.document import Described, stages_of
from processor.errors import SettingsError, SohoaError
from processor.parking import FIELDS
from processor.pipeline import DIFFERS
from processor.report import visible
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
@click.option("--differs", is_flag=True, help="Though form, kind, number, day or agency differ: both were looked at.")
@HERE
def supersede(identifier: str, by: str, why: str, differs: bool, folder: Path) -> None:
    """Let a new scan take the place of a filed document whose scan is bad: at once, or as soon as the new one is filed."""
    _check(why)
    settings, code = wiring.check_station(folder), meant(identifier, folder, "filed").name
    target = meant(by, folder, "filed", "held", "rejected", "item")
    with wiring.opened_archive(folder, settings) as archive:
        scan = None if target.kind == "filed" else _scan(target, folder)
        new = {**scan.known, "form": settings.lanes[scan.lane].form or None} if scan else archive.get(target.name)
        told = replacing.differences(archive.get(code) or {}, new or {}, law.agencies(folder)) or list(scan.differs if scan else ())
        if told and not differs:
            what = "".join(f"\n  {visible(each)}" for each in told)
            raise SohoaError(f"{by} is not known to be the same document as {code}: look at both; --differs if it is{what}")
        if scan is None:
            archive.supersede(code, target.name, why, wiring.operator())
            click.echo(f"{code} is void; {target.name} counts in its place")
            return
        archive.ask_supersede(Order(code, why, wiring.operator(), differs), scan.sha256, scan.lane, scan.part)
    unless = "" if differs else ", unless the two turn out to differ: then the scan is held (place-differs)"
    click.echo(f"{code} counts until the scan {scan.sha256[:12]} is filed by {scan.lane}; then it is void{unless}")


def _check(why: str) -> None:
    if not why.strip():
        raise SettingsError("--reason is empty: the log keeps why one document takes another's place")


@dataclass(frozen=True, slots=True)
class _Coming:
    """A scan that is not filed yet, which part of it is meant, and what is known of that document.

    Attributes:
        differs: what it is held for, where that is an order of this kind.
    """

    sha256: str
    lane: str
    part: str
    known: Mapping[str, Any]
    differs: tuple[str, ...] = ()


def _scan(target: Target, folder: Path) -> _Coming:
    if target.kind == "item":
        with wiring.opened_journal(folder) as journal:
            for item in journal.items():
                if str(item.number) == target.name:
                    scan = item.scan
                    read = next((each.values for each in stages_of(item.document) if isinstance(each, Described)), scan.sidecar)
                    return _Coming(scan.blob.sha256, scan.lane, scan.part, read)
    elif told := lot_notes.read(folder / target.name):
        differs = (str(told.get("detail", "")),) if told["code"] == DIFFERS else ()
        return _Coming(told["scan_sha256"], told["lane"], told["part"], told["sidecar"] | _typed(folder / target.name), differs)
    raise SohoaError("the new scan is not there any more; try again")


def _typed(lot: Path) -> dict[str, str]:
    try:
        return lot_notes.fields_of(lot / FIELDS)
    except (OSError, ValueError):  # none, or none that could be gone by: whoever releases it is told
        return {}


VERBS = (refile, supersede)
