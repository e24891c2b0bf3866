"""The command line: wires everything, prints, and is the only place that ends the process (docs/design.md, exit codes)."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from archive.errors import Ambiguous, ArchiveError
from processor.cli import (
    archive_verbs,
    copy_verbs,
    desk_verbs,
    export_verbs,
    files_verbs,
    proof_verbs,
    queue_verbs,
    rebuild_verbs,
    refile_verbs,
    register_verbs,
    removal_verbs,
    serve_verbs,
    sheet_verbs,
    sign_verbs,
    station_verbs,
    trust_verbs,
)
from processor.errors import ExitCode, SohoaError
from processor.report import visible_lines
from processor.targets import document_told, several
from watch.lock import AlreadyRunning

NOT_ITS_LOG = {"catalogue-missing", "catalogue-older", "catalogue-unreadable", "head-missing", "log-altered", "log-forked",
               "log-unreadable"}  # fmt: skip


class _Verbs(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:  # `find | head`: the reader has what it wanted; click would answer 1
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.exit(ExitCode.DONE)
        return done


@click.group(cls=_Verbs)
@click.version_option(package_name="sohoa")
def cli() -> None:
    """Sohoa: from the scanner's drop folder to a sealed, catalogued, verifiable archive."""


ROOMS = (
    station_verbs, queue_verbs, desk_verbs, sheet_verbs, sign_verbs, archive_verbs, files_verbs, refile_verbs, removal_verbs,
    register_verbs, export_verbs, proof_verbs, copy_verbs, rebuild_verbs, serve_verbs, trust_verbs,
)  # fmt: skip
for verb in (verb for room in ROOMS for verb in room.VERBS):
    cli.add_command(verb)


def _tell(error: str) -> None:
    click.echo(f"sohoa: {visible_lines(error)}", err=True)


def _help(error: click.ClickException) -> str:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return f" (see {ctx.command_path} --help)" if ctx else ""


def main() -> None:
    """Entry point of `sohoa`."""
    station_verbs.set_up_log()  # structlog's own way prints to stdout, where JSON goes
    try:
        cli(standalone_mode=False)
    except SohoaError as error:
        _tell(str(error))
        sys.exit(error.exit_code)
    except AlreadyRunning as error:
        _tell(f"another instance runs ({error})")
        sys.exit(ExitCode.RUNNING)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except click.ClickException as error:
        _tell(error.format_message() + _help(error))
        sys.exit(ExitCode.USAGE)
    except Ambiguous as error:
        _tell(f"{error}; {several([document_told(row) for row in error.candidates])}")
        sys.exit(ExitCode.USAGE)
    except ArchiveError as error:
        _tell(str(error))
        sys.exit(ExitCode.NOT_VERIFIED if error.code in NOT_ITS_LOG else ExitCode.USAGE)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(ExitCode.INTERRUPTED)
