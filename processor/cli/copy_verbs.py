"""Copies of the sealed days elsewhere: `copies list`, `update`, `verify`, `restore`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from archive.counted import counted
from archive.encrypted import Key
from archive.naming import local_date
from archive.store import Archive
from archive.verify_log import Finding
from processor import copying
from processor.archive_tables import MirrorTable
from processor.cli import wiring
from processor.cli.wiring import HERE, JSON
from processor.errors import ExitCode, MissingError, SettingsError
from processor.report import visible
from processor.settings import load

_NAMES = click.argument("names", metavar="[NAME]...", nargs=-1)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True)
_KEY = click.option("--key", "key_file", type=_FILE, metavar="FILE",
                    help="PEM: a private key an encrypted copy is made for.")  # fmt: skip
_PASSPHRASE = click.option("--passphrase-file", type=_FILE, metavar="FILE", help="Holds the key's passphrase, where it has one.")


@click.group("copies")
def copied() -> None:
    """The sealed days in other places, as [mirrors.NAME] of the settings names them."""


@contextmanager
def _chosen(folder: Path, names: tuple[str, ...]) -> Iterator[tuple[Archive, dict[str, MirrorTable]]]:
    settings = load(folder)
    if unknown := sorted(set(names) - set(settings.mirrors)):
        raise SettingsError(f"no [mirrors.{unknown[0]}] in sohoa.toml")
    if not settings.mirrors:
        raise SettingsError("sohoa.toml names no other place: add [mirrors.NAME] with its path")
    with wiring.opened_archive(folder, settings) as archive:
        yield archive, {name: mirror for name, mirror in settings.mirrors.items() if name in names or not names}


@copied.command("list")
@HERE
@JSON
def show(folder: Path, as_json: bool) -> None:
    """How each copy stands, from the log: also a medium that is away, in a safe. Exit code 2: something is to be done."""
    with _chosen(folder, ()) as (archive, mirrors):
        found = copying.standing(archive, mirrors, folder, local_date(wiring.now()))
    if as_json:
        wiring.print_json([{name: value if not hasattr(value, "isoformat") else value.isoformat()
                            for name, value in asdict(each).items()} for each in found])  # fmt: skip
    for each in () if as_json else found:
        checked = each.checked_on or "never"
        there = f"{each.days - each.lacking} of {counted(each.days, 'day')}"
        where = "  away" if each.away else ""
        click.echo(visible(f"{each.name}  {each.path}  {there}  read again: {checked}{where}"))
        for warning in each.warnings:
            click.echo(f"    {warning}")
    if any(each.warnings for each in found):
        sys.exit(ExitCode.SOME_REFUSED)


@copied.command("update")
@_NAMES
@HERE
def update(names: tuple[str, ...], folder: Path) -> None:
    """Copy the days that are missing there, by each day's manifest. Without NAME: every place that is not removable."""
    with _chosen(folder, names) as (archive, mirrors):
        findings = []
        for name, mirror in mirrors.items():
            if mirror.removable and name not in names:
                continue
            done, wrong = copying.update(archive, name, mirror, folder, wiring.operator())
            click.echo(f"{name}: copied {counted(len(done), 'day')}")
            findings += wrong
    _end(findings)


@copied.command("verify")
@_NAMES
@_KEY
@_PASSPHRASE
@HERE
def verify(names: tuple[str, ...], key_file: Path | None, passphrase_file: Path | None, folder: Path) -> None:
    """Read every byte of a copy again. Exit code 3: it is not what was sealed.

    Of an encrypted copy without --key: it is what was written there. With it: it opens, and is what was sealed.
    """
    key = _key(key_file, passphrase_file, folder)
    with _chosen(folder, names) as (archive, mirrors):
        findings = []
        for name, mirror in mirrors.items():
            wrong = copying.check(archive, name, mirror, (folder, wiring.operator()), key)
            click.echo(f"{name}: {counted(len(wrong), 'finding')}")
            findings += wrong
    _end(findings)


@copied.command("restore")
@click.argument("path", metavar="PATH")
@click.option("--from", "name", required=True, metavar="NAME", help="The copy that has it.")
@_KEY
@_PASSPHRASE
@HERE
def restore(path: str, name: str, key_file: Path | None, passphrase_file: Path | None, folder: Path) -> None:
    """Put a damaged or lost file of a sealed day back (PATH as `verify` names it), if the copy's is what was sealed.

    PATH may be a file of the log too: of a published head, a renewal, a revocation list; or a folder of such (`_log/2026-11-24`,
    `_log/renewals/0001`, `_log/revocation`): all that is damaged or lost in it.
    """
    key = _key(key_file, passphrase_file, folder)
    with _chosen(folder, (name,)) as (archive, mirrors):
        copying.restore(archive, name, mirrors[name], path, (folder, wiring.operator()), key)
    click.echo(visible(f"restored {path}"))


def _key(file: Path | None, passphrase_file: Path | None, folder: Path) -> Key | None:
    """The key that was given, with its passphrase where it has one: no verb but `sign` asks for anything."""
    if file is None:
        return None
    passphrase = b""
    if passphrase_file:
        passphrase = passphrase_file.read_bytes().rstrip(b"\r\n")
    elif b"ENCRYPTED" in file.read_bytes():
        raise MissingError(f"{file} has a passphrase: give it with --passphrase-file")
    return Key(file, passphrase, folder / "work")


def _end(findings: list[Finding]) -> None:
    for finding in findings:
        click.echo(visible(f"  {finding.code}  {finding.path}  {finding.detail}"))
    if findings:
        sys.exit(ExitCode.NOT_VERIFIED)


VERBS = (copied,)
