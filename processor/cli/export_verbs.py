"""The archivist's packages: `export`."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from archive.catalogue import Row
from archive.counted import counted
from archive.naming import local_date
from archive.packages import write
from archive.packages.values import Item, made
from archive.query import Query
from archive.record import FIELDS
from archive.store import Archive, FileRow
from processor import law
from processor.cells import cell
from processor.cli import wiring
from processor.cli.wiring import HERE
from processor.errors import ExitCode, SettingsError, SohoaError
from processor.packages import making, rules
from processor.packages.making import Wanted
from processor.registers.rows import in_order
from processor.report import visible
from processor.settings import Settings, load


@click.command()
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--file", "file_code", default="", metavar="CODE", help="All documents of a file instead of IDs.")
@click.option("--as", "kind", type=click.Choice(["aip", "sip", "aip-tailieu", "sip-tailieu", "csv"]), required=True,
              help="AIP or SIP of TT 05/2025 (E-ARK), -tailieu: of each document alone; or a CSV table and PDFs.")  # fmt: skip
@click.option("--submission", type=click.IntRange(1, 99), default=None,
              help="Of -tailieu: which hand-in (lần nộp lưu) this is; its documents are numbered from 1 in one call.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False, resolve_path=True), required=True, metavar="DIR",
              help="Where the packages are laid; never over another.")  # fmt: skip
@click.option("--zip", "as_zip", is_flag=True, help="Each as one .zip file.")
@click.option("--partial", is_flag=True, help="Also where elements are missing or do not fit: these are listed in the package.")
@HERE
def export(
    identifiers: tuple[str, ...], file_code: str, kind: str, submission: int | None, out: Path, as_zip: bool, partial: bool,
    folder: Path,
) -> None:
    """Lay out packages of filed documents, one for each file (hồ sơ) they belong to, or one for each document (-tailieu)."""
    if bool(identifiers) == bool(file_code):
        raise SettingsError("export wants IDs, or --file")
    if (submission is not None) != kind.endswith("-tailieu"):
        raise SettingsError("--submission goes with --as aip-tailieu or sip-tailieu, and they with it")
    wiring.outside_the_archive(out, folder)
    settings, failed = load(folder), False
    with wiring.opened_archive(folder, settings) as archive:
        chosen = _chosen(archive, identifiers, file_code, settings, folder)
        if kind == "csv":
            for dossier, records in chosen:
                _lay(_table(dossier, records, archive.root), out, dossier.file_code, as_zip)
                _tell(archive, dossier, kind, dossier.file_code, len(records))
            return
        wanted = _alone(chosen, kind, submission, settings, folder) if submission else [(*each, Wanted(kind)) for each in chosen]
        for one in wanted:
            failed |= not _package(archive, one, (out, as_zip, partial), folder)
    if failed:
        sys.exit(ExitCode.SOME_REFUSED)


def _alone(
    chosen: Sequence[tuple[FileRow, list[Row]]], kind: str, submission: int, settings: Settings, folder: Path
) -> list[tuple[FileRow, list[Row], Wanted]]:
    """Each document by itself, with the code of its own package."""
    template, organ = law.package_code_template(local_date(wiring.now()), folder), settings.station.organ_id
    found: list[tuple[FileRow, list[Row], Wanted]] = []
    for dossier, record in ((dossier, record) for dossier, records in chosen for record in records):
        year = (record["issued_date"] or str(dossier.year))[:4]
        code = template.format(organ=organ, year=year, submission=submission, place=len(found) + 1)
        found.append((dossier, [record], Wanted(kind, code)))
    return found


def _package(archive: Archive, one: tuple[FileRow, list[Row], Wanted], how: tuple[Path, bool, bool], folder: Path) -> bool:
    """One AIP or SIP; whether it was made."""
    (dossier, records, wanted), (out, as_zip, partial) = one, how
    rule = rules.of(wanted.kind, local_date(wiring.now()), folder)
    built = making.make(archive, dossier, [record["doc_code"] for record in records], wanted, rule, load(folder))
    for line in built.complaints:
        click.echo(visible(line), err=True)
    if built.complaints and not partial:
        whose = wanted.code or dossier.file_code
        click.echo(f"sohoa: no package of {whose}: {counted(len(built.complaints), 'complaint')} (see above; --partial)", err=True)
        return False
    _lay(built.items, out, built.package.folder, as_zip)
    _tell(archive, dossier, wanted.kind, built.package.identifier, len(records))
    return True


def _chosen(
    archive: Archive, identifiers: Sequence[str], file_code: str, settings: Settings, folder: Path
) -> list[tuple[FileRow, list[Row]]]:
    """Filed documents by file, in the order of their dates."""
    if file_code:
        year = local_date(wiring.now()).year
        file_code = wiring.full_file_code(file_code, settings, year, folder)
        found = list(archive.find(Query(fields={"file_code": file_code}, limit=None)))
        if not found:
            raise SohoaError(f"{file_code} has no documents, or is not declared")
    else:
        found = [_filed(archive, each) for each in identifiers]
    files: dict[str, dict[str, Row]] = {}
    for record in found:
        files.setdefault(record["file_code"], {})[record["doc_code"]] = record
    return [(dossier, in_order(files[dossier.file_code].values())) for dossier in archive.files() if dossier.file_code in files]


def _filed(archive: Archive, identifier: str) -> Row:
    record = archive.get(identifier)
    if record is None or record["state"] != "filed":
        raise SohoaError(f"{identifier} is no filed document" if record else f"nothing is known by {identifier}")
    return record


def _table(dossier: FileRow, records: Sequence[Row], base: Path) -> list[Item]:
    """The documents' facts as CSV, and their PDFs."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(FIELDS)
    writer.writerows([cell(record[name]) for name in FIELDS] for record in records)
    items = [made(f"{dossier.file_code}.csv", b"\xef\xbb\xbf" + text.getvalue().encode(), "text/csv", "")]
    for record in records:
        path = base / record["path"]
        size = path.stat().st_size if path.exists() else 0  # what is missing is told when it is copied
        items.append(Item(f"data/{record['doc_code']}.pdf", record["sha256"], size, "application/pdf", "", path))
    return items


def _lay(items: Sequence[Item], out: Path, name: str, as_zip: bool) -> None:
    out.mkdir(parents=True, exist_ok=True)
    target = out / (f"{name}.zip" if as_zip else name)
    try:
        if as_zip:
            write.archived(items, target, name)
        else:
            write.folder(items, target)
    except OSError as error:
        raise SohoaError(f"{target} was not made: {error.filename}: {error.strerror}") from error
    click.echo(str(target))


def _tell(archive: Archive, dossier: FileRow, kind: str, package: str, documents: int) -> None:
    public: dict[str, str | int] = {"file_code": dossier.file_code, "kind": kind, "package": package, "documents": documents}
    archive.event("exported", actor=wiring.operator(), public=public)


VERBS = (export,)
