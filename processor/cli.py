"""The command line: wires everything, prints, and is the only place that ends the process (docs/design.md, exit codes)."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from cryptography.hazmat.primitives.serialization import Encoding

from archive.errors import ArchiveError
from archive.query import Query
from archive.store import Archive
from processor import batch, station
from processor.engine import LocalEngine
from processor.errors import ExitCode, SohoaError
from processor.pipeline import ACTOR, Tools
from processor.seal.demo import DemoAuthority
from processor.seal.keys import Sealer, passphrase, read_certificates
from processor.seal.timestamps import Fetcher, Outside
from processor.settings import Settings, load
from watch.lock import AlreadyRunning, Instance

_HERE = click.option("--station", "folder", type=click.Path(path_type=Path), default=Path(), help="The station's folder.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@contextmanager
def _archive(folder: Path, settings: Settings) -> Iterator[Archive]:
    archive = Archive.open(folder / "archive", _now, organization=settings.station.agency)
    try:
        yield archive
    finally:
        archive.close()


def _sealer(folder: Path, settings: Settings) -> Sealer | None:
    if not settings.seal.key or not settings.may_seal_unattended:
        return None
    more = read_certificates([folder / name for name in settings.seal.chain])
    return Sealer.load(folder / settings.seal.key, passphrase(settings.seal.passphrase_file, folder), more)


def _outside(folder: Path, settings: Settings) -> Outside:
    if settings.station.demo:
        return DemoAuthority(folder / "authority")
    return Fetcher(settings.time, settings.trust)


@click.group()
@click.version_option(package_name="sohoa")
def cli() -> None:
    """Sohoa: from the scanner's drop folder to a sealed, catalogued, verifiable archive."""


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--demo", is_flag=True, help="With a worthless authority, a declared file and unattended sealing.")
def init(folder: Path, demo: bool) -> None:
    """Make a station in FOLDER."""
    station.make(folder.resolve(), demo)
    if demo:
        with _archive(folder, load(folder)) as archive:
            archive.declare_file(station.DEMO_FILE, "Hồ sơ minh họa", organ_id="H05.99", year=2026, actor=ACTOR)
    click.echo(f"Station made: {folder}" + (" (DEMO: nothing it seals has legal value)" if demo else ""))


@cli.command()
@_HERE
def run(folder: Path) -> None:
    """Process what waits once, then stop."""
    folder = folder.resolve()
    settings = load(folder)
    with (
        Instance(folder / "work" / "lock"),
        _archive(folder, settings) as archive,
        LocalEngine(settings.engine, settings.limits) as engine,
    ):
        roots = read_certificates([folder / name for name in settings.trust.roots])
        tools = Tools(
            settings, folder, engine, archive, _sealer(folder, settings), _outside(folder, settings),
            tuple(root.public_bytes(Encoding.DER) for root in roots), _now,
        )  # fmt: skip
        ended = batch.run(tools, engine.size)
    click.echo(", ".join(f"{state}: {count}" for state, count in sorted(ended.items())) or "nothing waits")
    if ended["waiting"] or ended["to-seal"]:
        sys.exit(ExitCode.WAITING)
    if ended["held"] or ended["rejected"]:
        sys.exit(ExitCode.SOME_REFUSED)


@cli.command()
@click.argument("words", nargs=-1)
@click.option("--field", "fields", multiple=True, help="NAME=VALUE")
@click.option("--from", "date_from", default=None, help="ISO date")
@click.option("--to", "date_to", default=None, help="ISO date")
@click.option("--limit", type=int, default=1000)
@_HERE
@_JSON
def find(
    words: tuple[str, ...], fields: tuple[str, ...], date_from: str | None, date_to: str | None, limit: int,
    folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Find filed documents."""
    pairs = dict(pair.partition("=")[::2] for pair in fields)
    query = Query(words=" ".join(words), fields=pairs, date_from=date_from, date_to=date_to, limit=limit)
    with _archive(folder, load(folder)) as archive:
        found = list(archive.find(query))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for record in found:
            click.echo(f"{record['doc_code']}  {record['filed_at'][:10]}  {record['lane']}  {record['path']}")


@cli.command()
@click.argument("identifier")
@_HERE
def show(identifier: str, folder: Path) -> None:
    """Everything about one document, as JSON."""
    with _archive(folder, load(folder)) as archive:
        found = archive.get(identifier)
    if found is None:
        raise SohoaError(f"nothing is known by {identifier}")
    click.echo(json.dumps(found, ensure_ascii=False, indent=1))


@cli.command()
@_HERE
@_JSON
def status(folder: Path, as_json: bool) -> None:
    """The queue by state."""
    with _archive(folder, load(folder)) as archive:
        counts, to_describe = archive.counts(), archive.to_describe()
    lists = {state: station.parked(folder, state) for state in ("held", "rejected")}
    counts |= {state: len(items) for state, items in lists.items()}
    if as_json:
        click.echo(json.dumps({"counts": counts, **lists, "waiting": [], "to_describe": to_describe}, ensure_ascii=False))
        return
    for state, count in sorted(counts.items()):
        click.echo(f"{state}: {count}")
    for item in (*lists["held"], *lists["rejected"]):
        click.echo(f"  {item['lane']}/{item['name']}: {item['code']} ({item['reason']})")


@cli.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), default=None, help="One day; else every past day not yet sealed.")
@_HERE
def seal(day: dt.datetime | None, folder: Path) -> None:
    """Close past days: BagIt tag files, every byte read again."""
    today = _now().astimezone(dt.timezone(dt.timedelta(hours=7))).date()
    with _archive(folder, load(folder)) as archive:
        days = [day.date()] if day else archive.unsealed_before(today)
        for each in days:
            archive.seal_day(each, ACTOR)
            click.echo(f"sealed {each.isoformat()}")


@cli.command()
@click.argument("identifiers", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="The whole archive (the default without IDs).")
@_HERE
@_JSON
def verify(identifiers: tuple[str, ...], everything: bool, folder: Path, as_json: bool) -> None:
    """Hashes, bags, log and catalogue against each other; exit code 3 when anything disagrees."""
    with _archive(folder, load(folder)) as archive:
        result = archive.verify(None if everything or not identifiers else list(identifiers))
    findings = [{"code": f.code, "doc_code": f.doc_code, "path": str(f.path), "detail": f.detail} for f in result.findings]
    if as_json:
        click.echo(json.dumps({"ok": not findings, "checked": result.checked, "findings": findings}, ensure_ascii=False))
    else:
        click.echo(f"checked {result.checked}, findings {len(findings)}")
        for finding in findings:
            click.echo(f"  {finding['code']}  {finding['path']}  {finding['detail']}")
    if findings:
        sys.exit(ExitCode.NOT_VERIFIED)


@cli.group()
def files() -> None:
    """Declared files (hồ sơ): only they take documents."""


@files.command("add")
@click.argument("file_code")
@click.argument("title")
@click.option("--year", type=int, required=True)
@_HERE
def files_add(file_code: str, title: str, year: int, folder: Path) -> None:
    """Declare a file."""
    settings = load(folder)
    with _archive(folder, settings) as archive:
        archive.declare_file(file_code, title, organ_id=settings.station.organ_id, year=year, actor=ACTOR)


@files.command("list")
@_HERE
def files_list(folder: Path) -> None:
    """All declared files."""
    with _archive(folder, load(folder)) as archive:
        for row in archive.files():
            click.echo(f"{row.file_code}  {row.documents}  {'closed' if row.closed_at else 'open'}  {row.title}")


@files.command("close")
@click.argument("file_code")
@_HERE
def files_close(file_code: str, folder: Path) -> None:
    """Close a file: it takes no more documents."""
    with _archive(folder, load(folder)) as archive:
        archive.close_file(file_code, ACTOR)


def main() -> None:
    """Entry point of `sohoa`."""
    try:
        cli(standalone_mode=False)
    except SohoaError as error:
        click.echo(f"sohoa: {error}", err=True)
        sys.exit(error.exit_code)
    except AlreadyRunning as error:
        click.echo(f"sohoa: another instance runs ({error})", err=True)
        sys.exit(ExitCode.RUNNING)
    except (ArchiveError, click.ClickException) as error:
        click.echo(f"sohoa: {error}", err=True)
        sys.exit(ExitCode.USAGE)
    except click.Abort:
        sys.exit(ExitCode.INTERRUPTED)
