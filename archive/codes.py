"""Document codes: reserved for a key, kept with it, never used for another.

Promises: one key has one code while it is not void; codes of a file run from 1 without gaps, since the
counter and the row are one transaction. Refuses (ArchiveError) files that were not declared or are closed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlite_utils import Database

from archive import dossiers, naming
from archive.catalogue import Catalogue, Row
from archive.errors import ArchiveError
from archive.event import Event
from archive.record import DocumentKey

CodeTemplate = Callable[[dt.date], str]
"""How a document's code is written, on a day: laws change."""

_SAME_KEY = "scan_sha256 = ? and lane = ? and file_code = ? and part = ? and again = ? and state != 'void'"
_KEPT_KEY = _SAME_KEY.replace("state != 'void'", "superseded_by is not null")


def reserve(catalogue: Catalogue, key: DocumentKey, actor: str, template: CodeTemplate) -> str:
    """The code the key has, or the next of its file.

    Raises:
        ArchiveError: `file-unknown`, `file-closed`.
    """
    with catalogue.writing() as db:
        if known := by_key(db, key):
            return str(known["doc_code"])
        file = dossiers.row_of(db, key.file_code)
        if file["closed_at"] is not None:
            raise ArchiveError("file-closed", f"{key.file_code} takes no more documents")
        ordinal = file["last_ordinal"] + 1
        code = naming.doc_code(key.file_code, ordinal, template(naming.local_date(catalogue.now())))
        give(catalogue, db, key, code, ordinal, actor)
        return code


def give(catalogue: Catalogue, db: Database, key: DocumentKey, code: str, ordinal: int, actor: str) -> None:
    """The code is the key's from here on; within a writing transaction."""
    public: dict[str, str | int] = {"lane": key.lane, "file_code": key.file_code, "doc_ordinal": ordinal, "again": key.again}
    private = {"part": key.part} if key.part else {}  # the path of a member of a mail can hold names
    put(db, key, code, ordinal, catalogue.append(Event("numbered", actor, code, key.scan_sha256, public, private)))


def put(db: Database, key: DocumentKey, code: str, ordinal: int, seq: int) -> None:
    """The rows that the event `numbered` of this number makes."""
    db.table("document").insert({
        "doc_code": code, "file_code": key.file_code, "doc_ordinal": ordinal,
        "scan_sha256": key.scan_sha256, "lane": key.lane, "part": key.part, "again": key.again,
        "state": "numbered", "seq": seq,
    })  # fmt: skip
    db.table("file").update(key.file_code, {"last_ordinal": ordinal})


def void(catalogue: Catalogue, doc_code: str, reason_code: str, actor: str) -> None:
    """Gives up a code that is numbered and not filed.

    Raises:
        ArchiveError: `unknown`, `not-numbered`.
    """
    with catalogue.writing() as db:
        row = row_of(db, doc_code)
        if row["state"] != "numbered":
            raise ArchiveError("not-numbered", f"{doc_code} is {row['state']}")
        event = Event("void", actor, doc_code, row["scan_sha256"], {"reason_code": reason_code})
        seq = catalogue.append(event)
        db.table("document").update(doc_code, {"state": "void", "void_reason": reason_code, "seq": seq})


def by_key(db: Database, key: DocumentKey) -> Row | None:
    """The row of the document with this key that is not void."""
    values = [key.scan_sha256, key.lane, key.file_code, key.part, key.again]
    return next(iter(db.table("document").rows_where(_SAME_KEY, values)), None)


def standing(db: Database, key: DocumentKey) -> tuple[str, str | None]:
    """`new`, `numbered` or `filed`, and the code there is.

    What was filed and then gave its place to another, or was removed by order, was filed all the same: the same scan dropped again
    is a duplicate.
    """
    if row := by_key(db, key):
        return "numbered" if row["state"] == "numbered" else "filed", row["doc_code"]
    values = [key.scan_sha256, key.lane, key.file_code, key.part, key.again]
    kept = db.table("document").rows_where(_KEPT_KEY, values, order_by="seq desc")
    return next((("filed", row["doc_code"]) for row in kept), ("new", None))


def row_of(db: Database, doc_code: str) -> Row:
    """The row of a code.

    Raises:
        ArchiveError: `unknown`.
    """
    for row in db.table("document").rows_where("doc_code = ?", [doc_code]):
        return dict(row)
    raise ArchiveError("unknown", f"{doc_code!r} was never given")
