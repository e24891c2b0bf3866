"""Declared files (hồ sơ): only they take documents.

Promises: a file is declared once; its documents are counted from 1 for as long as it is open. Refuses
(ArchiveError) a code that is not one, and two codes that one folder on Windows could not tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from archive import naming
from archive.catalogue import Catalogue, Row
from archive.errors import ArchiveError
from archive.event import Event, stamp

_FACTS = ("title", "maintenance", "organ_id", "year")


@dataclass(frozen=True, slots=True)
class FileRow:
    """A declared file (hồ sơ); times are UTC, `documents` counts those filed."""

    file_code: str
    title: str
    maintenance: str
    year: int
    opened_at: str
    closed_at: str | None
    documents: int
    paper_file_code: str = ""


def declare(catalogue: Catalogue, file_code: str, facts: Row, actor: str, paper: str = "") -> FileRow:
    """Opens a file; the same declaration again changes nothing, but may say where its paper lies now.

    Args:
        facts: title, maintenance, organ_id, year.
        paper: code of the paper file (TT 05/2025, paperFileCode); empty: nothing new of it.

    Raises:
        ArchiveError: `bad-file-code`, `file-exists`.
    """
    if not naming.valid_file_code(file_code):
        raise ArchiveError("bad-file-code", f"{file_code!r} is not organisation.year.notation")
    with catalogue.writing() as db:
        same = list(db.table("file").rows_where("caseless = ?", [file_code.casefold()]))
        if same and {"file_code": file_code} | facts != {
            name: same[0][name] for name in ("file_code", *_FACTS)
        }:
            raise ArchiveError("file-exists", f"{same[0]['file_code']} is declared already with other facts")
        if not same:
            moment = catalogue.moment()
            catalogue.append(
                Event("file-declared", actor, public={"file_code": file_code}, private=facts), moment
            )
            row = facts | {"file_code": file_code, "caseless": file_code.casefold(), "last_ordinal": 0}
            db.table("file").insert(row | {"opened_at": stamp(moment.at), "closed_at": None})
        if paper and paper != row_of(db, file_code)["paper_file_code"]:  # boxes are moved: this is no part of the identity
            moved = Event("file-shelved", actor, public={"file_code": file_code}, private={"paper_file_code": paper})
            catalogue.append(moved)
            db.table("file").update(file_code, {"paper_file_code": paper})
        return _shown(db, row_of(db, file_code))


def close(catalogue: Catalogue, file_code: str, actor: str) -> None:
    """Ends the numbering in a file.

    Raises:
        ArchiveError: `file-unknown`.
    """
    with catalogue.writing() as db:
        if row_of(db, file_code)["closed_at"] is None:
            moment = catalogue.moment()
            catalogue.append(Event("file-closed", actor, public={"file_code": file_code}), moment)
            db.table("file").update(file_code, {"closed_at": stamp(moment.at)})


def listed(db: Database, where: str = "1", values: tuple[str, ...] = ()) -> list[FileRow]:
    """Declared files by code."""
    return [_shown(db, row) for row in db.table("file").rows_where(where, list(values), order_by="file_code")]


def row_of(db: Database, file_code: str) -> Row:
    """The file's row.

    Raises:
        ArchiveError: `file-unknown`.
    """
    for row in db.table("file").rows_where("file_code = ?", [file_code]):
        return dict(row)
    raise ArchiveError("file-unknown", f"{file_code!r} is not declared")


def _shown(db: Database, row: Row) -> FileRow:
    filed = db.table("document").count_where("file_code = ? and state = 'filed'", [row["file_code"]])
    return FileRow(row["file_code"], row["title"], row["maintenance"] or "", row["year"], row["opened_at"],
                   row["closed_at"], filed, row["paper_file_code"] or "")  # fmt: skip
