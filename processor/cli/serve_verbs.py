"""`serve`: the auditors' page (`auditing` opens it)."""

from __future__ import annotations

from pathlib import Path

import click

from processor.cli.wiring import HERE


@click.command()
@click.option("--port", type=click.IntRange(1024, 65535), default=8766, show_default=True, help="On this machine alone.")
@click.option("--password", "makes", is_flag=True, help="Make the hash of a password for [serve.users] instead, and end.")
@HERE
def serve(port: int, makes: bool, folder: Path) -> None:
    """The auditors' page: search, documents, days, the log; nothing can be changed there. Ctrl-C ends it.

    Who may look stands in [serve.users] of sohoa.toml, with a role each. Runs beside `watch` and `run`.
    """
    if makes:
        from processor.cli import password

        click.echo(password.made())
        return
    from processor.cli import auditing  # the web server is slow to load, and only this verb wants it

    auditing.served(folder, port)


VERBS = (serve,)
