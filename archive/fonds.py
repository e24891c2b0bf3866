"""Fonds (phông): whose files they are. The fonds of a dissolved body is closed: it keeps its files and takes no new ones.

Promises: a code is declared once, closed once, and both are events.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlite_utils import Database

from archive.catalogue import Catalogue, Row
from archive.errors import ArchiveError
from archive.event import Event, stamp


@dataclass(frozen=True, slots=True)
class FondsRow:
    """A fonds (phông); times are UTC, `files` counts the files in it."""

    code: str
    name: str
    history: str
    opened_at: str
    closed_at: str | None
    files: int


def declare(catalogue: Catalogue, code: str, name: str, history: str, actor: str) -> None:
    """Opens a fonds; the same declaration again changes nothing.

    Raises:
        ArchiveError: `fonds-exists`, with other facts; `bad-field`, no code or no name.
    """
    facts = {"name": name, "history": history}
    if not code.strip() or not name.strip():
        raise ArchiveError("bad-field", "a fonds has a code and a name")
    with catalogue.writing() as db:
        known = list(db.table("fonds").rows_where("code = ?", [code]))
        if known and any(known[0][fact] != value for fact, value in facts.items()):
            raise ArchiveError("fonds-exists", f"{code} is declared already with other facts")
        if not known:
            moment = catalogue.moment()
            catalogue.append(Event("fonds-declared", actor, public={"fonds": code}, private=facts), moment)
            db.table("fonds").insert({"code": code, **facts, "opened_at": stamp(moment.at), "closed_at": None})


def close(catalogue: Catalogue, code: str, actor: str) -> None:
    """A fonds takes no new files; what is in it stays, and open files in it still take documents.

    Raises:
        ArchiveError: `fonds-unknown`.
    """
    with catalogue.writing() as db:
        if _row_of(db, code)["closed_at"] is None:
            moment = catalogue.moment()
            catalogue.append(Event("fonds-closed", actor, public={"fonds": code}), moment)
            db.table("fonds").update(code, {"closed_at": stamp(moment.at)})


def listed(db: Database) -> list[FondsRow]:
    """All fonds by code."""
    sql = "select *, (select count(*) from file where file.fonds = fonds.code) files from fonds order by code"
    return [FondsRow(**row) for row in db.query(sql)]


def open_row(db: Database, code: str) -> Row:
    """The row of a fonds that takes new files.

    Raises:
        ArchiveError: `fonds-unknown`, `fonds-closed`.
    """
    row = _row_of(db, code)
    if row["closed_at"] is not None:
        raise ArchiveError("fonds-closed", f"the fonds {code} takes no new files")
    return row


def _row_of(db: Database, code: str) -> Row:
    for row in db.table("fonds").rows_where("code = ?", [code]):
        return dict(row)
    raise ArchiveError("fonds-unknown", f"the fonds {code!r} is not declared")
