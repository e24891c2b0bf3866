"""A filed document under another file's code: its record is written anew, its bytes lie where they were sealed.

Promises: the PDF, its scan and its evidence are neither touched nor copied: the new record, on today's shelf, names them where
they lie; the old code is void in the same transaction. Refuses (ArchiveError) when the old record is not as it was written:
nothing is derived from what was altered.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from sqlite_utils import Database

from archive import codes, dossiers, filing, index, links
from archive.catalogue import Catalogue, Moment, Row
from archive.codes import CodeTemplate
from archive.durable import make_dirs_durably, write_durably
from archive.errors import ArchiveError
from archive.event import Event
from archive.links import REFILED, Order
from archive.naming import LOCAL, record_place, shelf
from archive.record import Blob, DocumentKey, record_json

_OWN = frozenset({  # what the new code has of its own; everything else is the document's
    "doc_code", "file_code", "doc_ordinal", "state", "seq", "record_sha256", "record_size", "filed_at", "shelf_day", "void_reason",
    "supersedes", "superseded_by",
})  # fmt: skip


def refile(root: Path, catalogue: Catalogue, order: Order, file_code: str, template: CodeTemplate) -> Row:
    """Gives the document a code in another file; done again after an interruption it uses the code reserved then."""
    with catalogue.writing() as db:
        key = _key(links.current(db, order.doc_code), file_code)
        _check_free(db, key)
    code = codes.reserve(catalogue, key, order.actor, template)  # before anything lies on a shelf under it
    with catalogue.writing() as db:
        old, numbered = links.current(db, order.doc_code), codes.row_of(db, code)
        _check_free(db, key)
        moment = filing.open_moment(catalogue, db)
        row = _row(old, numbered, moment)
        record = _record(root, old, row, dossiers.row_of(db, file_code))
        blob = _shelved(root, row, record)
        row |= {"record_sha256": blob.sha256, "record_size": blob.size}
        row["seq"] = catalogue.append(_event(row, order, record), moment)
        links.void(catalogue, db, order, code, REFILED, moment)
        db.table("document").update(code, row)
        index.add(db, code, record["text"])
    return filing.fields_of(row)


def _key(old: Row, file_code: str) -> DocumentKey:
    key = DocumentKey(old["scan_sha256"], old["lane"], old["file_code"], old["part"], old["again"])
    if key.file_code == file_code:
        raise ArchiveError("bad-link", f"{old['doc_code']} lies in {file_code} already")
    return replace(key, file_code=file_code)


def _check_free(db: Database, key: DocumentKey) -> None:
    known = codes.by_key(db, key)
    if known and known["state"] != "numbered":  # filed, or removed by order
        raise ArchiveError("bad-link", f"{key.file_code} has the same document already, as {known['doc_code']}")


def _row(old: Row, numbered: Row, moment: Moment) -> Row:
    carried = {name: value for name, value in old.items() if name not in _OWN}
    filed_at = moment.at.astimezone(LOCAL).isoformat(timespec="seconds")
    return numbered | carried | {
        "state": "filed", "filed_at": filed_at, "shelf_day": "-".join(shelf(moment.at).parts), "supersedes": old["doc_code"],
    }  # fmt: skip


def _record(root: Path, old: Row, row: Row, file: Row) -> dict[str, Any]:
    place = record_place(old["shelf_day"], old["doc_code"])
    data = (root / place).read_bytes()
    if hashlib.sha256(data).hexdigest() != old["record_sha256"]:
        raise ArchiveError("altered", f"{place} is not the record that was written")
    known: dict[str, Any] = json.loads(data)
    return known | filing.fields_of(row) | {"format": filing.FORMAT, "file": filing.dossier_of(file)}


def _shelved(root: Path, row: Row, record: dict[str, Any]) -> Blob:
    path = root / PurePosixPath(record_place(row["shelf_day"], row["doc_code"]))
    make_dirs_durably(path.parent)
    filing.check_left(path, row["scan_sha256"])
    path.unlink(missing_ok=True)  # an earlier attempt's: no row knows it
    return write_durably(path, record_json(record))


def _event(row: Row, order: Order, record: dict[str, Any]) -> Event:
    public = {name: row[name] for name in ("sha256", "size", "path", "record_sha256")}
    public |= {"scan_path": row["original_path"], "scan_size": record["scan_size"], "supersedes": order.doc_code}
    return Event("filed", order.actor, row["doc_code"], row["scan_sha256"], public)
