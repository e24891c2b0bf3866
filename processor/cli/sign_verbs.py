"""`sign`: the clerk's session (`signing` does it)."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from processor.cli.wiring import HERE
from processor.errors import SettingsError


@click.command()
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--operator", "operator_id", required=True, metavar="ID", help="Who seals: [operators.ID] of the settings.")
@click.option("--yes", is_flag=True, help="The preview was looked at elsewhere: do not ask.")
@click.option("--carry", type=click.Path(path_type=Path, dir_okay=False), help="Write a file for sohoa-signer instead.")
@click.option("--carried", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Take the file that came back.")
@HERE
def sign(
    identifiers: tuple[str, ...], operator_id: str, yes: bool, carry: Path | None, carried: Path | None, folder: Path
) -> None:
    """Seal in person what waits for it: a preview, a real time-stamp, the PIN, then the batch.

    Without ID everything that waits. An instance that watches stands aside meanwhile. Where the token is in another PC,
    sohoa-signer signs there: over the network (settings [remote]), or by a file carried there and back.
    """
    from processor.cli import signing  # half of what a verb takes to start, and only this one wants it

    if carried and (carry or identifiers):
        raise SettingsError("--carried takes the file alone: it knows its documents")
    if not (yes or carried or sys.stdin.isatty()):
        raise SettingsError("sign asks on a terminal; elsewhere --yes says that the preview was looked at")
    sys.exit(signing.held(folder, signing.Wish(operator_id, identifiers, yes, carry, carried)))


VERBS = (sign,)
