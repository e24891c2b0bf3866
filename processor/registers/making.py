"""A register made from an archive: which documents and files it has, in which words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archive.naming import split_file_code
from archive.query import Query
from archive.store import Archive, FileRow
from processor.errors import SettingsError
from processor.registers import rows
from processor.registers.counting import in_words
from processor.registers.rows import Dossier, Line
from processor.registers.rules import Book

_DOTTED = "……………"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list shall hold: one file, the files of a year, the days of signing."""

    kind: str
    file_code: str = ""
    year: int | None = None
    first: dt.date | None = None
    last: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A list: its rows, the lines under its title, the lines that close it."""

    lines: list[Line]
    under: tuple[str, ...]
    closing: tuple[str, ...]


def make(archive: Archive, asked: Asked, book: Book) -> Made:
    """The list that was asked for.

    Raises:
        SettingsError: what was asked does not go with this kind, or the file is not declared.
    """
    _check(asked)
    match asked.kind:
        case "muc-luc-van-ban":
            return _documents(archive, asked, book)
        case "so-ban-sao":
            return _copies(archive, asked, book)
        case _:
            return _files(archive, asked, book)


def _check(asked: Asked) -> None:
    dated = asked.first or asked.last
    if asked.kind == "muc-luc-van-ban" and not asked.file_code:
        raise SettingsError("muc-luc-van-ban wants --file: it lists the documents of one file")
    if asked.kind == "muc-luc-van-ban" and (dated or asked.year):
        raise SettingsError("muc-luc-van-ban lists a whole file: --year, --from and --to are not for it")
    if asked.kind not in ("so-ban-sao", "muc-luc-van-ban") and dated:
        raise SettingsError(f"{asked.kind} lists files: give --year or --file, not --from and --to")
    if asked.year and dated:
        raise SettingsError("give --year, or --from and --to, not both")


def _documents(archive: Archive, asked: Asked, book: Book) -> Made:
    dossier = _dossier(_declared(archive, asked.file_code))
    records = list(_records(archive, dossier.file_code))
    lines = rows.documents(rows.listed(records))
    under = (f"Số, ký hiệu hồ sơ: {dossier.notation} ({dossier.file_code})", dossier.title, f"Năm {dossier.year}")
    return Made(lines, under, (*_counted(lines, book), *_gaps(records)))


def _copies(archive: Archive, asked: Asked, book: Book) -> Made:
    first, last = asked.first, asked.last
    if asked.year:
        first, last = dt.date(asked.year, 1, 1), dt.date(asked.year, 12, 31)
    given = {"file_code": asked.file_code} if asked.file_code else {}
    found = []
    for form in book.forms:
        for state in ("filed", "void"):
            question = Query(fields=given | {"form": form, "state": state}, limit=None)
            found += [record for record in archive.find(question) if _within(rows.signed(record), first, last)]
    lines = rows.copies(rows.listed(found), book.forms)
    return Made(lines, _period(asked, first, last), _counted(lines, book))


def _files(archive: Archive, asked: Asked, book: Book) -> Made:
    declared = [_declared(archive, asked.file_code)] if asked.file_code else archive.files()
    chosen = [row for row in declared if asked.year in (None, row.year)]
    told = [(_dossier(row), list(_records(archive, row.file_code))) for row in chosen]
    if asked.kind == "nhan-hop":
        told = sorted((each for each in told if each[0].paper), key=lambda each: each[0].paper)
    lines = rows.files(told, book.retention)
    return Made(lines, (f"Năm {asked.year}",) if asked.year else (), _counted(lines, book))


def _records(archive: Archive, file_code: str) -> Iterator[Mapping[str, Any]]:
    for state in ("filed", "void"):
        yield from archive.find(Query(fields={"file_code": file_code, "state": state}, limit=None))


def _declared(archive: Archive, file_code: str) -> FileRow:
    if (row := archive.declared(file_code)) is None:
        raise SettingsError(f"{file_code} is not declared")
    return row


def _dossier(row: FileRow) -> Dossier:
    told = split_file_code(row.file_code)
    notation = told[2] if told else row.file_code
    return Dossier(row.file_code, notation, row.title, row.year, row.maintenance, row.paper_file_code)


def _counted(lines: list[Line], book: Book) -> tuple[str, ...]:
    count = sum(not line.void for line in lines)
    return tuple(text.format(count=count, words=in_words(count).capitalize()) for text in book.register.counted)


def _gaps(records: list[Mapping[str, Any]]) -> tuple[str, ...]:
    runs: list[list[str]] = []
    for code in (code.rpartition(".")[2] for code in rows.unused(records)):
        if runs and int(code) == int(runs[-1][-1]) + 1:
            runs[-1] = [runs[-1][0], code]
        else:
            runs.append([code])
    return (f"Mã số đã cấp nhưng không dùng: {', '.join(map('-'.join, runs))}.",) if runs else ()


def _within(moment: str, first: dt.date | None, last: dt.date | None) -> bool:
    day = moment[:10]
    return bool(day) and (not first or day >= first.isoformat()) and (not last or day <= last.isoformat())


def _period(asked: Asked, first: dt.date | None, last: dt.date | None) -> tuple[str, ...]:
    if asked.year:
        return (f"Năm {asked.year}",)
    if not first and not last:
        return ()
    ends = [rows.day(day.isoformat()) if day else _DOTTED for day in (first, last)]
    return (f"Từ ngày {ends[0]} đến ngày {ends[1]}",)
