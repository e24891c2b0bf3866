"""Declared files (hồ sơ): only they take documents.

Promises: a file is declared once; its documents are counted from 1 for as long as it is open; what is corrected later is an
event of its own. Refuses (ArchiveError) a code that is not one, two codes that one folder on Windows could not tell apart, and
new files in a fonds (phông) that is closed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlite_utils import Database

from archive import fonds, naming
from archive.catalogue import Catalogue, Row
from archive.errors import ArchiveError
from archive.event import Event, stamp

_FACTS = ("title", "maintenance", "organ_id", "year")
_FURTHER = ("retention", "creator", "section", "note", "fonds", "continues")
CHANGEABLE = ("title", "maintenance", "retention", "creator", "section", "note")
"""What may be corrected while a file is open."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is declared of a file.

    Attributes:
        maintenance: thời hạn bảo quản as people wrote it; `retention` is the same in the application's canonical form.
        creator: the unit or person that keeps the file (đơn vị, người lập hồ sơ).
        section: its heading in the year's list (đề mục).
        fonds: code of its fonds (phông), declared before; empty where an archive has only one.
        continues: code of the file whose work this one goes on with, of a body that was dissolved or of last year.
    """

    file_code: str
    title: str
    year: int
    maintenance: str = ""
    organ_id: str = ""
    retention: str = ""
    creator: str = ""
    section: str = ""
    note: str = ""
    fonds: str = ""
    continues: str = ""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A declared file (hồ sơ); times are UTC, `documents` counts those filed, `ended_on` is the day its work ended (ISO 8601).

    `periods` are the retentions that documents in it have of their own, as people wrote them.
    """

    file_code: str
    title: str
    maintenance: str
    year: int
    opened_at: str
    closed_at: str | None
    documents: int
    organ_id: str = ""
    retention: str = ""
    creator: str = ""
    section: str = ""
    note: str = ""
    fonds: str = ""
    continues: str = ""
    ended_on: str | None = None
    periods: tuple[str, ...] = ()
    paper_file_code: str = ""


def declare(catalogue: Catalogue, file: FileFacts, actor: str) -> FileRow:
    """Opens a file; the same declaration again changes nothing.

    Raises:
        ArchiveError: as `declare_all`.
    """
    declare_all(catalogue, [file], actor)
    with catalogue.reading() as db:
        return _shown(db, row_of(db, file.file_code))


def declare_all(catalogue: Catalogue, files: Sequence[FileFacts], actor: str) -> None:
    """Opens several files, or none of them.

    Raises:
        ArchiveError: `bad-file-code`, `bad-field` (no title), `file-exists`, `fonds-unknown`, `fonds-closed`,
            `file-unknown` (the one it continues).
    """
    with catalogue.writing() as db:
        for file in files:
            _declare(catalogue, db, file, actor)


def _declare(catalogue: Catalogue, db: Database, file: FileFacts, actor: str) -> None:
    code = file.file_code
    if not naming.valid_file_code(code):
        raise ArchiveError("bad-file-code", f"{code!r} is not organisation.year.notation")
    if not file.title.strip():
        raise ArchiveError("bad-field", f"{code}: a file wants a title, by which people find it")
    same = list(db.table("file").rows_where("caseless = ?", [code.casefold()]))
    if same and (same[0]["file_code"] != code or differing(same[0], file)):
        raise ArchiveError("file-exists", f"{same[0]['file_code']} is declared already with other facts")
    if not same:
        _insert(catalogue, db, file, actor)


def differing(row: Mapping[str, object], file: FileFacts) -> dict[str, str | int]:
    """What a declaration says otherwise than the row; of what it leaves out it says nothing."""
    told = asdict(file)
    is_same_time = bool(file.retention) and row["retention"] == file.retention
    names = [name for name in _FACTS if not (name == "maintenance" and is_same_time)]
    names += [name for name in _FURTHER if told[name]]
    return {name: told[name] for name in names if (row[name] or "") != told[name]}


def _insert(catalogue: Catalogue, db: Database, file: FileFacts, actor: str) -> None:
    if file.fonds:
        fonds.open_row(db, file.fonds)
    if file.continues:
        row_of(db, file.continues)
    add(catalogue, db, file, actor)


def add(catalogue: Catalogue, db: Database, file: FileFacts, actor: str) -> None:
    """Opens a file whose facts were checked; within a writing transaction."""
    moment, told = catalogue.moment(), asdict(file)
    facts = {name: told[name] for name in (*_FACTS, *(name for name in _FURTHER if told[name]))}
    catalogue.append(Event("file-declared", actor, public={"file_code": file.file_code}, private=facts), moment)
    put(db, file.file_code, facts, stamp(moment.at))


def put(db: Database, file_code: str, facts: Mapping[str, object], opened_at: str) -> None:
    """The row that the event `file-declared` makes."""
    row = {"file_code": file_code, "caseless": file_code.casefold(), "last_ordinal": 0}
    db.table("file").insert(dict(facts) | row | {"opened_at": opened_at, "closed_at": None})


def change(catalogue: Catalogue, file_code: str, changes: Mapping[str, str], actor: str) -> FileRow:
    """Corrects what is known of an open file; what lies on the shelves is untouched.

    Raises:
        ArchiveError: `file-unknown`, `file-closed`, `bad-field`.
    """
    if wrong := sorted(changes.keys() - set(CHANGEABLE)):
        raise ArchiveError("bad-field", f"{', '.join(wrong)} of a file cannot be changed")
    with catalogue.writing() as db:
        row = row_of(db, file_code)
        if row["closed_at"] is not None:
            raise ArchiveError("file-closed", f"{file_code} is closed")
        new = {name: value for name, value in changes.items() if (row[name] or "") != value}
        if new:
            public: dict[str, str | int] = {"file_code": file_code, "fields": ",".join(sorted(new))}
            catalogue.append(Event("file-changed", actor, public=public, private=new))
            db.table("file").update(file_code, new)
        return _shown(db, row | new)


def shelve(catalogue: Catalogue, file_code: str, paper: str, actor: str) -> FileRow:
    """Says where the paper of a file lies now (TT 05/2025, paperFileCode): boxes are moved, it is no part of what a file is.

    Raises:
        ArchiveError: `file-unknown`.
    """
    with catalogue.writing() as db:
        row = row_of(db, file_code)
        if row["paper_file_code"] != paper:
            moved = Event("file-shelved", actor, public={"file_code": file_code}, private={"paper_file_code": paper})
            catalogue.append(moved)
            db.table("file").update(file_code, {"paper_file_code": paper})
        return _shown(db, row | {"paper_file_code": paper})


def close(catalogue: Catalogue, file_code: str, actor: str, ended_on: str | None = None) -> None:
    """Ends the numbering in a file.

    Raises:
        ArchiveError: `file-unknown`.
    """
    with catalogue.writing() as db:
        if row_of(db, file_code)["closed_at"] is None:
            moment, ended = catalogue.moment(), {"ended_on": ended_on} if ended_on else {}
            catalogue.append(Event("file-closed", actor, public={"file_code": file_code} | ended), moment)
            db.table("file").update(file_code, {"closed_at": stamp(moment.at), "ended_on": ended_on})


def reopen(catalogue: Catalogue, file_code: str, reason: str, actor: str) -> None:
    """A file that was closed by mistake takes documents again; its codes go on where they stopped.

    Raises:
        ArchiveError: `file-unknown`; `file-open`; `file-disposed`: documents of it were destroyed because its time was over.
    """
    with catalogue.writing() as db:
        if row_of(db, file_code)["closed_at"] is None:
            raise ArchiveError("file-open", f"{file_code} is open")
        if db.table("document").count_where("file_code = ? and state = 'disposed'", [file_code]):
            raise ArchiveError("file-disposed", f"{file_code}: documents of it were destroyed by order; it stays closed")
        catalogue.append(Event("file-reopened", actor, public={"file_code": file_code}, private={"reason": reason}))
        db.table("file").update(file_code, {"closed_at": None, "ended_on": None})


def listed(db: Database, where: str = "1", values: tuple[str, ...] = ()) -> list[FileRow]:
    """Declared files by code."""
    rows = list(db.table("file").rows_where(where, list(values), order_by="file_code"))
    counts = _counts(db, [row["file_code"] for row in rows] if len(rows) == 1 else None)
    return [_told(row, counts.get(row["file_code"], {})) for row in rows]


def _counts(db: Database, of: Sequence[str] | None) -> dict[str, dict[str, int]]:
    """How many documents of each period of their own (or of none: empty) are in each file; in one look through all, or in some."""
    # `+`: nearly all documents are filed, and an index of states would be walked through for each file
    some = "and file_code in (select value from json_each(?))" if of is not None else ""
    sql = f"""select file_code, coalesce(maintenance, '') maintenance, count(*) n from document where +state = 'filed' {some}
              group by file_code, maintenance order by file_code, maintenance"""
    found: dict[str, dict[str, int]] = {}
    for row in db.query(sql, [json.dumps(of)] if of is not None else []):
        found.setdefault(row["file_code"], {})[row["maintenance"]] = row["n"]
    return found


def row_of(db: Database, file_code: str) -> Row:
    """The file's row.

    Raises:
        ArchiveError: `file-unknown`.
    """
    for row in db.table("file").rows_where("file_code = ?", [file_code]):
        return dict(row)
    raise ArchiveError("file-unknown", f"{file_code!r} is not declared")


def _shown(db: Database, row: Row) -> FileRow:
    return _told(row, _counts(db, [row["file_code"]]).get(row["file_code"], {}))


def _told(row: Row, counts: Mapping[str, int]) -> FileRow:
    filed, periods = sum(counts.values()), tuple(filter(None, counts))
    further = {name: row[name] or "" for name in ("organ_id", *_FURTHER)}
    return FileRow(row["file_code"], row["title"], row["maintenance"] or "", row["year"], row["opened_at"],
                   row["closed_at"], filed, ended_on=row["ended_on"], periods=periods,
                   paper_file_code=row["paper_file_code"] or "", **further)  # fmt: skip
