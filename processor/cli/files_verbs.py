"""The archivist's verbs for files (hồ sơ) and fonds (phông)."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from archive.dossiers import FileFacts, FileRow
from archive.naming import local_date, split_file_code
from processor import disposing, filecodes, importing, law, retention
from processor.cli import wiring
from processor.cli.days import DAY
from processor.cli.wiring import HERE, JSON
from processor.engine import LocalEngine, Reach
from processor.errors import ExitCode, SettingsError, SohoaError, Verdict, reason
from processor.filelist import Entry
from processor.importing import Plan
from processor.report import visible
from processor.settings import Settings, load

_PERIOD = "Thời hạn bảo quản: 'Vĩnh viễn', '10 năm', 'Đến khi văn bản hết hiệu lực', or the code of a row of law/retention.toml."
YEAR = click.IntRange(1900, 2999)


@click.group()
def files() -> None:
    """Declared files (hồ sơ): only they take documents."""


@files.command("add")
@click.argument("file_code", metavar="CODE")
@click.argument("title")
@click.option("--year", type=YEAR, required=True)
@click.option("--maintenance", default="", help=_PERIOD)
@click.option("--fonds", default="", metavar="CODE", help="Its fonds (phông), declared before.")
@click.option("--paper", default="", metavar="CODE", help="Where its paper lies: agency.store/shelf/box.number (TT 05/2025).")
@click.option("--continues", default="", metavar="CODE", help="The file whose unfinished work it goes on with.")
@HERE
def files_add(
    file_code: str, title: str, year: int, maintenance: str, fonds: str, continues: str, paper: str, folder: Path
) -> None:
    """Declare a file; the same declaration again changes nothing, but may tell where its paper lies."""
    settings = load(folder)
    file_code = wiring.full_file_code(file_code, settings, year, folder)
    maintenance = law.period_words(maintenance, local_date(wiring.now()), folder)
    told, period = split_file_code(file_code), retention.parse(maintenance)
    if told and told[1] != year:
        raise SettingsError(f"{file_code} is a code of {told[1]}, not of {year}")
    organ, kept = told[0] if told else settings.station.organ_id, period.canonical if period else ""
    file = FileFacts(file_code, title, year, maintenance, organ, kept, fonds=fonds, continues=continues)
    if paper:
        filecodes.check_paper_code(paper, local_date(wiring.now()), folder)
    with wiring.opened_archive(folder, settings) as archive:
        archive.declare(file, wiring.operator())
        if paper:
            archive.shelve_file(file_code, paper, wiring.operator())
    click.echo(f"declared {file_code}")


@files.command("list")
@click.option("--due", is_flag=True, help="Only closed files whose retention has run out; nothing goes without `dispose`.")
@HERE
@JSON
def files_list(due: bool, folder: Path, as_json: bool) -> None:
    """All declared files."""
    today = local_date(wiring.now())
    with wiring.opened_archive(folder, load(folder)) as archive:
        rows = [_shown(row) for row in archive.files()]
    if due:
        rows = [row for row in rows if row["due_on"] and row["due_on"] <= today.isoformat()]
    if as_json:
        wiring.print_json(rows)
        return
    for row in rows:
        kept = f"  {row['retention_shown']}" if row["retention_shown"] else ""
        until = f"  hết hạn từ {row['due_on']}" if due else ""
        state = "closed" if row["closed_at"] else "open"
        click.echo(visible(f"{row['file_code']}  {row['documents']}  {state}{kept}{until}  {row['title']}"))


def _shown(row: FileRow) -> dict[str, Any]:
    period = retention.of_file(row.retention, row.maintenance, row.periods)
    due = disposing.due_on(row)
    told = asdict(row)
    del told["periods"]
    return told | {
        "retention": period.canonical if period else "", "retention_shown": period.shown if period else "",
        "due_on": due.isoformat() if due else None,
    }  # fmt: skip


@files.command("close")
@click.argument("file_code", metavar="CODE")
@click.option("--ended", **DAY, help="The day its work ended, where that is not today: retention is counted from it.")
@HERE
def files_close(file_code: str, ended: dt.date | None, folder: Path) -> None:
    """Close a file: it takes no more documents. CODE may be its notation: `01.TCCB` is this year's file."""
    settings, today = load(folder), local_date(wiring.now())
    if ended and ended > today:
        raise SettingsError(f"--ended {ended}: its work cannot have ended on a day to come")
    file_code = wiring.full_file_code(file_code, settings, today.year, folder)
    with wiring.opened_archive(folder, settings) as archive:
        archive.close_file(file_code, wiring.operator(), ended.isoformat() if ended else None)
    click.echo(f"closed {file_code}")


@files.command("reopen")
@click.argument("file_code", metavar="CODE")
@click.option("--reason", "why", required=True, help="Kept in the log, private.")
@HERE
def files_reopen(file_code: str, why: str, folder: Path) -> None:
    """Open a file again that was closed by mistake: it takes documents as before, and its retention has not begun."""
    if not why.strip():
        raise SettingsError("--reason is empty: the log keeps why a closed file takes documents again")
    settings = load(folder)
    file_code = wiring.full_file_code(file_code, settings, local_date(wiring.now()).year, folder)
    with wiring.opened_archive(folder, settings) as archive:
        archive.reopen_file(file_code, why, wiring.operator())
        packed = [each["at"] for each in archive.happened("exported") if each["public"]["file_code"] == file_code]
    click.echo(f"opened {file_code} again")
    if packed:
        day = local_date(dt.datetime.fromisoformat(packed[-1]))
        click.echo(f"a package of it was made on {day}: what is added now is not in it", err=True)


@files.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True))
@click.option("--year", type=YEAR, default=None, help="The list's year, where it does not say so itself.")
@click.option("--update", is_flag=True, help="Correct open files that are declared otherwise.")
@click.option("--dry-run", is_flag=True, help="Tell what would be done; do nothing.")
@HERE
@JSON
def files_import(file: Path, year: int | None, update: bool, dry_run: bool, folder: Path, as_json: bool) -> None:
    """Declare the files of a year's list (Danh mục hồ sơ): .xlsx, or CSV in UTF-8.

    Columns are found by their names (NĐ 30/2020 Phụ lục V). A row that is wrong is told with its number and left out; the
    list may be imported again when it is mended.
    """
    settings = load(folder)
    if not settings.station.organ_id:
        raise SettingsError("station.organ_id is empty: a notation cannot be made a code without it")
    told = _read(file, settings)
    year = _year_of(told, year, file)
    entries, faults = importing.entries_of(told)
    today = local_date(wiring.now())

    def facts(entry: Entry) -> FileFacts:
        kept = law.period_words(entry.maintenance, today, folder)
        code = wiring.full_file_code(entry.notation, settings, year, folder)
        return importing.facts_of(replace(entry, maintenance=kept), code, year)

    with wiring.opened_archive(folder, settings) as archive:
        made = importing.plan(entries, facts, archive, update)
        made.faults.extend(faults)
        if not dry_run:
            importing.carry_out(made, archive, wiring.operator())
    _print_import(made, year, dry_run, as_json)
    if made.faults:
        sys.exit(ExitCode.SOME_REFUSED)


def _year_of(told: Mapping[str, Any], given: int | None, file: Path) -> int:
    year: int | None = told["year"]
    if given and year and given != year:
        raise SettingsError(f"{file.name} says it is the list of {year}, not of {given}")
    if not (given or year):
        raise SettingsError(f"{file.name} does not say of which year it is: --year says it")
    return given or year or 0


def _read(file: Path, settings: Settings) -> dict[str, Any]:
    with LocalEngine(settings.engine, settings.limits, reach=Reach((file,))) as engine:
        try:
            told: dict[str, Any] = engine.call("listed", {"path": str(file)})
        except Verdict as verdict:
            raise SohoaError(f"{file.name}: {verdict.reason.vi} {verdict.reason.act} {verdict.detail}".rstrip()) from verdict
    return told


def _print_import(made: Plan, year: int, dry_run: bool, as_json: bool) -> None:
    declared, faults = [file.file_code for file in made.new], sorted(made.faults, key=lambda fault: fault.row)
    if as_json:
        rows = [asdict(fault) | {"reason": reason(fault.code).en} for fault in faults]
        counts = {"declared": declared, "changed": sorted(made.changes), "same": made.same}
        wiring.print_json({"year": year, "dry_run": dry_run, **counts, "rows": rows})
        return
    would = "would be " if dry_run else ""
    for file in made.new:
        click.echo(visible(f"{would}declared {file.file_code}  {file.maintenance}  {file.title}"))
    for code, changes in made.changes.items():
        click.echo(visible(f"{would}changed {code}: {', '.join(sorted(changes))}"))
    for fault in faults:
        told = reason(fault.code)
        detail = f" ({fault.detail})" if fault.detail else ""
        click.echo(visible(f"dòng {fault.row}: {told.vi}{detail} {told.act}"), err=True)
    told_all = f"{len(declared)} {would}declared, {len(made.changes)} {would}changed, {len(made.same)} as before"
    click.echo(f"{year}: {told_all}, {len(faults)} refused")


@click.group()
def fonds() -> None:
    """Fonds (phông): whose files they are; that of a dissolved body is closed and takes no new ones."""


@fonds.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--history", default="", help="Of the body whose fonds it is.")
@HERE
def fonds_add(code: str, name: str, history: str, folder: Path) -> None:
    """Declare a fonds; the same declaration again changes nothing."""
    with wiring.opened_archive(folder, load(folder)) as archive:
        archive.declare_fonds(code, name, history, wiring.operator())
    click.echo(visible(f"declared {code}"))


@fonds.command("list")
@HERE
@JSON
def fonds_list(folder: Path, as_json: bool) -> None:
    """All fonds."""
    with wiring.opened_archive(folder, load(folder)) as archive:
        rows = archive.fonds()
    if as_json:
        wiring.print_json([asdict(row) for row in rows])
        return
    for row in rows:
        click.echo(visible(f"{row.code}  {row.files}  {'closed' if row.closed_at else 'open'}  {row.name}"))


@fonds.command("close")
@click.argument("code")
@HERE
def fonds_close(code: str, folder: Path) -> None:
    """Close a fonds: no new files in it. Its open files still take documents until each is closed."""
    with wiring.opened_archive(folder, load(folder)) as archive:
        archive.close_fonds(code, wiring.operator())
    click.echo(visible(f"closed {code}"))


VERBS = (files, fonds)
