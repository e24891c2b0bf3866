"""The verb for what is laid between papers before they are scanned."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from archive.counted import counted
from archive.durable import write_durably
from archive.naming import expand_file_code, local_date
from archive.record import DESCRIPTIVE, RecordError, parse_field
from archive.store import Archive
from processor import law, sheetkey
from processor.cli import wiring
from processor.cli.pairs import pairs
from processor.cli.wiring import HERE
from processor.describe import fields
from processor.desk.typed import written
from processor.engine import LocalEngine, Reach
from processor.errors import SettingsError, Verdict
from processor.intake import separator, sidecar
from processor.intake.separator import Sheet
from processor.intake.stack import COLLATE, FRONTS_BACKS
from processor.settings import Settings

_LONGEST = 1_000  # bytes: a code that holds more is too fine for a scan of 150 dpi
_MOST = 2_000
_PLAIN: dict[str, Any] = {"file_code": "", "title": "", "fields": {}, "shown": []}
_COLLATES = _PLAIN | {"fields": {COLLATE: FRONTS_BACKS}}
_EXAMPLE = "Example: sohoa sheets 01.VP --field code_number=12 --out to-phan-cach.pdf"


@click.command(epilog=_EXAMPLE)
@click.argument("files", metavar="[FILE…]", nargs=-1)
@click.option("--field", "given", multiple=True, metavar="FIELD=VALUE", help="Of the one document that follows; several times.")
@click.option("--plain", is_flag=True, help="Sheets that only separate (patch T): for no file.")
@click.option("--collate", is_flag=True, help="With --plain: on top of a stack whose backs are scanned after its fronts.")
@click.option("--count", type=click.IntRange(1, _MOST), default=1, help="How many of each.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The PDF to write.")
@HERE
def sheets(out: Path, folder: Path, files: tuple[str, ...], given: tuple[str, ...], count: int, **kinds: bool) -> None:
    """Print separator sheets: for these files, or for every open one."""
    settings = wiring.check_station(folder)
    told = {name: _read_back(name, value) for name, value in pairs(given, "--field", "FIELD", DESCRIPTIVE).items()}
    plain = kinds["plain"]
    if kinds["collate"] and not plain:
        raise SettingsError("--collate goes with --plain")
    if plain and (files or told):
        raise SettingsError("--plain sheets say nothing: give no FILE and no --field")
    if told and len(files) != 1:
        raise SettingsError("--field is of one document: give the one FILE it belongs to")
    if out.exists():
        raise SettingsError(f"{out} is there already; nothing is overwritten")
    with wiring.opened_archive(folder, settings) as archive:
        wanted = [_COLLATES if kinds["collate"] else _PLAIN] if plain else _of_files(files, told, archive, settings, folder)
    if len(wanted) * count > _MOST:
        raise SettingsError(f"{len(wanted) * count} sheets are too many for one PDF (at most {_MOST})")
    key = sheetkey.opened(folder)
    wanted = [each | {"codes": _codes(Sheet(each["file_code"], each["fields"]), key)} for each in wanted]
    made = _print({"sheets": wanted, "count": count, "agency": settings.station.agency}, settings, folder)
    try:
        write_durably(out, made)
    except OSError as error:
        raise SettingsError(f"{out} cannot be written: {error.strerror}") from error
    click.echo(f"{out}: {counted(len(wanted) * count, 'sheet')}")


def _codes(sheet: Sheet, key: bytes) -> list[str]:
    """What the large and the small code of a sheet say."""
    return [separator.text(sheet, key), separator.short(sheet, key)]


def _read_back(name: str, value: str) -> str:
    """The value as it is read back from the sheet: what is refused there is not printed."""
    if name not in DESCRIPTIVE:
        raise SettingsError(f"--field wants FIELD=VALUE, FIELD one of: {', '.join(DESCRIPTIVE)}")
    try:
        parse_field(name, value)
        return sidecar.checked({name: value}).get(name, "")
    except RecordError as error:
        raise SettingsError(error.detail) from error
    except Verdict as verdict:
        raise SettingsError(verdict.detail) from verdict


def _of_files(
    files: tuple[str, ...], told: dict[str, str], archive: Archive, settings: Settings, folder: Path
) -> list[dict[str, Any]]:
    open_ones = {row.file_code: row.title for row in archive.files() if row.closed_at is None}
    today = local_date(wiring.now())
    template = law.file_code_template(today, folder)
    codes = [expand_file_code(name, settings.station.organ_id, today.year, template) for name in files] or sorted(open_ones)
    if unknown := [code for code in codes if code not in open_ones]:
        raise SettingsError(f"no open file {', '.join(unknown)}: a sheet for it would stop its document (`sohoa files list`)")
    if not codes:
        raise SettingsError("no file is open: declare one with `sohoa files add`, or print --plain sheets")
    if len(separator.text(Sheet(codes[0], told), b"").encode()) > _LONGEST:
        raise SettingsError(f"more than {_LONGEST} bytes do not go into a code that every scanner can read: shorten the fields")
    shown = [[fields.NAMES.get(name, name), written(value) if name == "issued_date" else value] for name, value in told.items()]
    return [{"file_code": code, "title": open_ones[code], "fields": told, "shown": shown} for code in codes]


def _print(args: dict[str, Any], settings: Settings, folder: Path) -> bytes:
    own_font = folder / settings.seal.font if settings.seal.font else None
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "sheets.pdf"
        reach = Reach((own_font,) if own_font else (), (Path(scratch),))
        with LocalEngine(settings.engine, settings.limits, reach=reach) as engine:
            try:
                engine.call("separator_sheets", {**args, "font": str(own_font or ""), "out": str(made)}, pages=len(args["sheets"]))
            except Verdict as verdict:
                raise SettingsError(f"{verdict.detail}: give fewer or shorter fields") from verdict
        return made.read_bytes()


VERBS = (sheets,)
