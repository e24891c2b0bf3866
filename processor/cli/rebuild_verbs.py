"""`rebuild`: the catalogue again, from the dated folders and the published log."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from archive.counted import counted
from archive.rebuilding import rebuild as make_again
from processor.cli import wiring
from processor.cli.wiring import HERE, JSON
from processor.errors import ExitCode
from processor.report import visible
from processor.shift import EVENTS
from watch.lock import Instance


@click.command()
@HERE
@JSON
def rebuild(folder: Path, as_json: bool) -> None:
    """Make a lost or damaged catalogue again from the sealed days and the published log; the one there is stays beside it.

    Nobody else may be at work. Exit code 3: the log was changed and nothing was made, or something is left for a person to look at.
    """
    settings = wiring.check_station(folder)
    with Instance(folder / "work" / "lock"):
        made = make_again(folder / "archive", wiring.now, settings.required, wiring.operator())
        with wiring.opened_journal(folder) as journal, wiring.opened_archive(folder, settings) as archive:
            journal.note(EVENTS, str(archive.event_count()))  # fewer than were written, and that is known now
    told = asdict(made) | {"ok": not (made.findings or made.left)}
    if as_json:
        wiring.print_json(told)
    else:
        _print(told)
    if not told["ok"]:
        sys.exit(ExitCode.NOT_VERIFIED)


def _print(told: dict[str, Any]) -> None:
    click.echo(f"{counted(told['entries'], 'entry')} from {', '.join(told['sources'])}, root {told['root']}")
    lists = {
        "adopted, filed on a day that was not sealed": told["adopted"],
        "its title is lost, see `files`": told["nameless"],
        "left where it lies, belongs to nothing known": told["left"],
    }
    for what, names in lists.items():
        for name in names:
            click.echo(visible(f"  {name}  {what}"))
    if told["lost"]:
        click.echo(f"  what was private of {counted(len(told['lost']), 'entry')} is lost: corrections typed, names, reasons")
    for finding in told["findings"]:
        click.echo(visible("  " + "  ".join(filter(None, finding.values()))))
    if told["aside"]:
        click.echo(f"the catalogue that was there: archive/{told['aside']}")
    click.echo("now run `sohoa verify`")


VERBS = (rebuild,)
