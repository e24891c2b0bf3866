"""`desk`: the clerk's page (`desking` opens it)."""

from __future__ import annotations

from pathlib import Path

import click

from processor.cli.wiring import HERE


@click.command()
@click.option("--port", type=click.IntRange(1024, 65535), default=8765, show_default=True, help="On this machine alone.")
@click.option("--open", "opens", is_flag=True, help="Open it in this account's browser.")
@HERE
def desk(port: int, opens: bool, folder: Path) -> None:
    """The clerk's page: describe what was filed partial, act on what is held; Ctrl-C ends it.

    Prints a link that opens one browser. Runs beside `watch` and `run`.
    """
    from processor.cli import desking  # the web server is slow to load, and only this verb wants it

    desking.held(folder, port, opens)


VERBS = (desk,)
