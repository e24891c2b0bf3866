"""Verbs of the station as a whole: make it, run it, watch it, look whether everything is here."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import structlog
from rich.console import Console

from archive.naming import local_date
from processor import aside, copying, nightly, posting, publishing, service, station, trust
from processor import flow as flows
from processor.cli import wiring
from processor.cli.wiring import HERE, JSON
from processor.engine import LocalEngine, Reach
from processor.errors import OF_THE_KEY, ExitCode, MissingError
from processor.flow import Flow
from processor.seal import keyring
from processor.settings import load
from processor.shift import Shift
from processor.tools import ACTOR
from watch.lock import AlreadyRunning


def set_up_log() -> None:
    """English lines on stderr, one an event: for people on a terminal, else key=value."""
    last: Any = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.LogfmtRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), last,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )  # fmt: skip
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, resolve_path=True))
@click.option("--demo", is_flag=True, help="With a worthless authority, a declared file and unattended sealing.")
def init(folder: Path, demo: bool) -> None:
    """Make a station in DIR."""
    station.make(folder, demo)
    settings = load(folder)
    with wiring.opened_archive(folder, settings) as archive:
        if demo:
            year = int(station.DEMO_FILE.split(".")[2])
            archive.declare_file(
                station.DEMO_FILE, "Hồ sơ minh họa", organ_id=settings.station.organ_id, year=year, actor=ACTOR
            )
    click.echo(f"Station made: {folder}" + (" (DEMO: nothing it seals has legal value)" if demo else ""))


@click.command()
@HERE
def run(folder: Path) -> None:
    """Process what waits once, then stop (the nightly batch)."""
    wiring.check_rules(folder)
    try:
        with wiring.opened_shift(folder) as shift, wiring.until_told() as told:
            flow = Flow(shift)
            with _progress(flow):
                ended = flows.run(flow, shift, told)
            if told.is_set():
                sys.exit(ExitCode.INTERRUPTED)
            posting.post(shift.tools)
            nights = nightly.due(shift.tools, shift.journal)
            findings = nightly.do(nights, shift.tools, shift.journal).findings if nights else ()
            publishing.complete(shift.tools)
            for state in ("waiting", "to-seal"):  # also what this run did not come to, not what went on since
                ended[state] = len(shift.journal.items(state))
            click.echo(", ".join(f"{state}: {count}" for state, count in sorted(ended.items()) if count) or "nothing waits")
            sys.exit(_exit_code(ended, bool(findings), flow.is_disk_low, shift))
    except AlreadyRunning as error:
        with wiring.opened_journal(folder) as journal:
            if not error.pid or journal.noted(service.WATCHER) != str(error.pid):
                raise
            journal.ask("wake")
        click.echo("handed over to the instance that watches")


def _progress(flow: Flow) -> Any:
    console = Console(stderr=True)
    if not console.is_terminal:
        return nullcontext()
    status = console.status("working")

    def tell() -> None:
        done = [f"{count} {state}" for state, count in sorted(flow.ended.items())]
        status.update(", ".join((*done, f"{flow.in_hand} in hand")))

    flow.on_turn = tell
    return status


def _exit_code(ended: Counter[str], has_findings: bool, is_disk_low: bool, shift: Shift) -> ExitCode:
    """Several may apply: docs/design.md names the order."""
    if has_findings:
        return ExitCode.NOT_VERIFIED
    if any(item.code in OF_THE_KEY for item in shift.journal.items("waiting")):
        return ExitCode.MISSING
    if ended["waiting"] or ended["to-seal"] or ended["failed"] or ended["unreadable"] or is_disk_low:
        return ExitCode.WAITING
    return ExitCode.SOME_REFUSED if ended["held"] or ended["rejected"] else ExitCode.DONE


@click.command()
@HERE
def watch(folder: Path) -> None:
    """Stay, watch the drop folders, run the nightly job; SIGTERM ends it. Stands aside while a clerk seals in person."""
    wiring.check_rules(folder)
    with wiring.until_told() as told:
        while not told.is_set():
            with wiring.opened_shift(folder) as shift:
                service.serve(Flow(shift), shift, told)
            aside.wait_over(folder, told)


@click.command()
@HERE
@JSON
def doctor(folder: Path, as_json: bool) -> None:
    """Is everything here: languages, font, key, certificate, time-stamp, disk, clock."""
    from processor import doctor as examination  # half of what a verb takes to start, and only this one wants it

    settings = load(folder)
    anchors: list[trust.Anchor] = []
    anchors_missing = ""
    try:
        anchors = trust.listed(folder, settings)
    except MissingError as error:
        anchors_missing = str(error)
    with (
        wiring.opened_archive(folder, settings) as archive,
        LocalEngine(settings.engine, settings.limits, reach=Reach()) as engine,
        keyring.opened(settings, folder, remote=examination.elsewhere) as ring,
    ):

        def is_open(file_code: str) -> bool:
            row = archive.declared(file_code)
            return row is not None and row.closed_at is None

        parts = examination.Parts(
            folder, settings, ring, wiring.outside(folder, settings), tuple(anchors), anchors_missing, wiring.now, engine, is_open,
            copying.standing(archive, settings.mirrors, folder, local_date(wiring.now())),
        )  # fmt: skip
        done = []
        for check in examination.checks(parts):
            done.append(check)
            if not as_json:
                mark = {True: "ok     ", False: "MISSING", None: "?      "}[check.ok]
                click.echo(f"{mark} {check.name}: {check.detail}" + (f"\n        -> {check.act}" if check.act else ""))
    code = examination.exit_code(done)
    if as_json:
        wiring.print_json({"ok": code == ExitCode.DONE, "checks": [asdict(check) for check in done]})
    sys.exit(code)


VERBS = (init, run, watch, doctor)
