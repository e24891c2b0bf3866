"""The archivist's lists on paper and as tables: `registers`."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from pathlib import Path
from typing import Any

import click

from archive.counted import counted
from archive.durable import copy_durably, write_durably
from archive.naming import local_date
from processor.cells import cell
from processor.cli import wiring
from processor.cli.days import DAY, check_order
from processor.cli.wiring import HERE
from processor.engine import LocalEngine, Reach
from processor.errors import SettingsError, SohoaError, Verdict
from processor.registers import rules
from processor.registers.making import Asked, Made, make
from processor.registers.rules import Book
from processor.settings import Settings, load

_PRINTED = {"nhan-hop": "labels", "bia-ho-so": "covers"}  # the job that draws a kind; the others are tables
_ROWS_A_PAGE = 12  # roughly, for the time-out


@click.command()
@click.argument("kind", metavar="KIND", type=click.Choice(rules.KINDS))
@click.option("--file", "file_code", default="", metavar="CODE", help="The file (hồ sơ); its notation alone is this year's.")
@click.option("--year", type=click.IntRange(1900, 2999), help="Files of a year; of copies: signed in it.")
@click.option("--from", "first", **DAY, help="First day of signing.")
@click.option("--to", "last", **DAY, help="Last day of signing.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False, resolve_path=True), required=True, metavar="FILE",
              help="What to write: .pdf, .xlsx or .csv; never over another file.")  # fmt: skip
@HERE
def registers(
    kind: str, file_code: str, year: int | None, first: dt.date | None, last: dt.date | None, out: Path, folder: Path
) -> None:
    """Print a list: muc-luc-ho-so, muc-luc-van-ban, so-ban-sao, nhan-hop (box labels), bia-ho-so (cover sheets)."""
    if (suffix := out.suffix.lower()) not in (".pdf", ".xlsx", ".csv"):
        raise SettingsError(f"{out.name}: --out wants a name that ends in .pdf, .xlsx or .csv")
    check_order(first, last)
    if out.exists():
        raise SohoaError(f"{out} is there already; choose another name")
    wiring.outside_the_archive(out, folder)
    settings, today = load(folder), local_date(wiring.now())
    book = rules.book(kind, today, folder)
    with wiring.opened_archive(folder, settings) as archive:
        if file_code:
            file_code = wiring.full_file_code(file_code, settings, today.year, folder)
        made = make(archive, Asked(kind, file_code, year, first, last), book)
    if not made.lines:
        click.echo("sohoa: the list is empty", err=True)
    args = _told(made, book, settings, today)
    if suffix == ".csv":
        write_durably(out, _csv(args))
    else:
        _drawn(_PRINTED.get(kind, "register") if suffix == ".pdf" else "spreadsheet", args, out, settings)
    click.echo(f"{counted(len(made.lines), 'row')}: {out}")


def _told(made: Made, book: Book, settings: Settings, today: dt.date) -> dict[str, Any]:
    """The list as the workers take it."""
    register, own = book.register, settings.station
    place = own.place or "……………"
    return {
        "agency": own.agency, "parent": own.parent, "motto": [book.words["motherland"], book.words["motto"]],
        "title": register.title, "under": list(made.under), "closing": list(made.closing),
        "columns": [
            {"heading": c.heading, "width": c.width, "align": c.align, "dotted": c.dotted, "struck": c.source != "note"}
            for c in register.columns
        ],
        "rows": [{"cells": [line.values.get(c.source, "") for c in register.columns], "void": line.void} for line in made.lines],
        "values": [dict(line.values) for line in made.lines], "label": dict(book.label),
        "dated": f"{place}, ngày {today.day:02} tháng {today.month:02} năm {today.year}",
        "signer": register.signer, "signs": register.signs, "paging": "Trang {}/{}", "landscape": register.landscape,
        "font": settings.seal.font,
    }  # fmt: skip


def _csv(args: dict[str, Any]) -> bytes:
    """UTF-8 with the mark that Excel wants."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([cell(column["heading"]) for column in args["columns"]])
    writer.writerows([cell(value) for value in row["cells"]] for row in args["rows"])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _drawn(job: str, args: dict[str, Any], out: Path, settings: Settings) -> None:
    with tempfile.TemporaryDirectory(prefix="sohoa-") as place:
        made = Path(place) / f"list{out.suffix.lower()}"
        readable = (Path(settings.seal.font),) if settings.seal.font else ()
        with LocalEngine(settings.engine, settings.limits, Path(place), Reach(readable, (Path(place),))) as engine:
            try:
                engine.call(job, args | {"out": str(made)}, pages=1 + len(args["rows"]) // _ROWS_A_PAGE)
            except Verdict as verdict:
                raise SohoaError(f"{out.name}: {verdict.reason.en}: {verdict.detail}") from verdict
        copy_durably(made, out)


VERBS = (registers,)
