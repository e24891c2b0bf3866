"""What leaves the house so that others can check alone: `proof`, `evidence`, and `witness` on the auditor's machine; `renew`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from archive import proofpack
from archive import witness as witnesses
from archive.checkpoint import CheckpointError
from archive.counted import counted
from archive.durable import DurableError, make_dirs_durably, write_durably
from archive.prooftext import read_consistency
from archive.witness import Asked, WitnessError
from processor import renewing
from processor.cli import wiring
from processor.cli.wiring import HERE, JSON
from processor.errors import ExitCode, SettingsError, SohoaError
from processor.report import visible
from processor.settings import load

_OUT = click.option("--out", type=click.Path(path_type=Path, dir_okay=False, resolve_path=True), metavar="FILE", required=True,
                    help="What is written; never over another file.")  # fmt: skip


@click.command()
@click.argument("identifier", metavar="[ID]", default="")
@click.option("--since", type=click.IntRange(0), metavar="N", help="Instead: the newest head, for a witness who knows the first "
              "N entries of the log (0: none).")  # fmt: skip
@_OUT
@HERE
def proof(identifier: str, since: int | None, out: Path, folder: Path) -> None:
    """What anyone can check offline: a .zip with the document, its place in the log and a checker; or a request to a witness."""
    if bool(identifier) == (since is not None):
        raise SettingsError("proof wants one ID, or --since N")
    wiring.outside_the_archive(out, folder)
    with wiring.opened_archive(folder, load(folder)) as archive:
        if since is not None:
            keys = sorted((archive.root / "_log" / "keys").glob("*.txt"))
            data = (archive.consistency(since) + "".join(f"key {path.read_text('utf-8')}" for path in keys)).encode()
        else:
            found = archive.proof(identifier)
            data = proofpack.packed(archive.root, found, archive.record_of(found.row["path"]))
            if found.row["path"] is None:
                click.echo("removed by order: the proof holds its entry, not the document", err=True)
            lacks = [what for there, what in ((found.head.is_signed, "the organisation's signature"),
                                              (found.head.is_stamped, "a time-stamp")) if not there]  # fmt: skip
            if lacks:
                click.echo(f"the head it leads to still lacks {' and '.join(lacks)}: ask again later for a better proof", err=True)
    _write(out, data)


@click.command()
@click.argument("identifier", metavar="ID")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False, resolve_path=True), metavar="DIR", required=True,
              help="A folder; nothing in it is overwritten.")  # fmt: skip
@HERE
def evidence(identifier: str, out: Path, folder: Path) -> None:
    """A document's PDF, record and scan, each with its evidence record (RFC 4998, `.ers`): since when it is as it is."""
    wiring.outside_the_archive(out, folder)
    with wiring.opened_archive(folder, load(folder)) as archive:
        for path, record in archive.evidence_records(identifier).items():
            _write(out / Path(path).name, (archive.root / path).read_bytes())
            _write(out / f"{Path(path).name}{proofpack.RECORD}", record)
            click.echo(f"{Path(path).name}{proofpack.RECORD}")


@click.command()
@click.option("--force", is_flag=True, help="Also when nothing is due.")
@HERE
def renew(force: bool, folder: Path) -> None:
    """Renew the archive's proofs by a new time-stamp over the old ones, when certificates or algorithms they hang on end soon.

    The night does so by itself. When the hash algorithm changes, every file of the archive is read and hashed anew.
    """
    with wiring.opened_shift(folder) as shift:
        found = renewing.renew(shift.tools, is_forced=force)
    for finding in found.findings:
        click.echo(f"{finding.code}  {finding.path}  {finding.detail}", err=True)
    until = f"the proofs hold until {found.until.isoformat()}" if found.until else "nothing was time-stamped yet"
    match found.outcome:
        case "":
            click.echo(f"nothing is due: {until}")
        case renewing.DONE:
            click.echo(f"renewal {found.number:04}: {until}")
        case renewing.NO_GAIN:
            click.echo(f"not renewed: new time-stamps of the authority end no later than the old ones; {until}", err=True)
        case code:
            click.echo(f"not renewed: {code}; {until}", err=True)
    if found.findings:
        sys.exit(ExitCode.NOT_VERIFIED)
    if found.outcome not in {"", renewing.DONE}:
        sys.exit(ExitCode.WAITING)


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, resolve_path=True), metavar="FILE|ARCHIVE")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False, resolve_path=True), required=True, metavar="DIR",
              help="The witness's memory: its key, and of each log the last head it signed.")  # fmt: skip
@click.option("--name", required=True, help="Under which the witness signs, for example kiem-toan.gov.vn.")
@_OUT
def witness(source: Path, keep: Path, name: str, out: Path) -> None:
    """On the auditor's machine: sign the newest head of a log, if it goes on from the last one seen. Needs no station.

    FILE is what `proof --since N` made; ARCHIVE is an archive's folder. Keep what comes out, and give the office a copy.
    Exit code 3: the head does not go on, and nothing was signed.
    """
    if not (name.isascii() and name.isprintable() and name) or set(name) & {" ", "+"}:
        raise SettingsError("--name wants printable ASCII without spaces and '+'")
    try:
        made = witnesses.witness(keep, name, _asked(source), int(time.time()))
    except WitnessError as error:
        code = ExitCode.USAGE if error.code == "bad-request" else ExitCode.NOT_VERIFIED
        click.echo(f"sohoa: {error}", err=True)
        sys.exit(code)
    _write(out, made.text().encode())
    click.echo(f"signed the head of {counted(made.head.size, 'entry')}; next time: proof --since {made.head.size}")
    click.echo(f"your key, for the office to pin: {(keep / witnesses.PUBLIC).read_text('utf-8').strip()}")


def _asked(source: Path) -> Asked:
    if source.is_dir():
        return witnesses.of_archive(source)
    try:
        lines = source.read_bytes().decode().splitlines(keepends=True)
        keys = [line.removeprefix("key ").strip() for line in lines if line.startswith("key ")]
        return witnesses.of_request(*read_consistency("".join(line for line in lines if not line.startswith("key "))), keys)
    except UnicodeDecodeError as error:
        raise WitnessError("bad-request", f"{source.name} is no text: `proof --since N` makes what a witness signs") from error
    except CheckpointError as error:
        raise WitnessError("bad-request", str(error)) from error


def _write(out: Path, data: bytes) -> None:
    make_dirs_durably(out.parent)
    try:
        write_durably(out, data)
    except DurableError as error:
        raise SohoaError(f"{out} is there already: choose another name") from error


@click.group("cosigned")
def cosigned() -> None:
    """What witnesses signed and gave back, by the keys of [witnesses]."""


@cosigned.command("add")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True))
@HERE
def add(file: Path, folder: Path) -> None:
    """Take in what a witness gave back. Exit code 3: it is no head of this log, or the signature does not hold."""
    with wiring.opened_archive(folder, wiring.check_station(folder)) as archive:
        try:
            seen = archive.take_cosigned(file.read_bytes(), wiring.operator())
        except WitnessError as error:
            click.echo(visible(f"sohoa: {error}"), err=True)
            sys.exit(ExitCode.USAGE if error.code in {"bad-request", "not-pinned"} else ExitCode.NOT_VERIFIED)
    for each in seen:
        click.echo(visible(f"{each.name} saw {counted(each.size, 'entry')} on {each.at.isoformat()}"))


@cosigned.command("list")
@HERE
@JSON
def show(folder: Path, as_json: bool) -> None:
    """All of it, newest first; `not verified` is of nobody whose key is in [witnesses]."""
    with wiring.opened_archive(folder, wiring.check_station(folder)) as archive:
        found = archive.cosigned()
    if as_json:
        wiring.print_json([{"size": each.size, "name": each.name, "at": each.at.isoformat(), "verified": each.is_verified}
                           for each in found])  # fmt: skip
    for each in () if as_json else found:
        worth = "verified" if each.is_verified else "NOT VERIFIED"
        click.echo(visible(f"{each.size}  {each.at.isoformat()}  {each.name}  {worth}"))


VERBS = (proof, evidence, renew, witness, cosigned)
