"""What the archive holds of documents that go into a package: records, evidence, events, and the proof that these are in the log.

Promises: what is read was compared with the digest that the log has of it; the same state gives the same answer.
Refuses (ArchiveError `altered`) a record that is not the one that was filed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlite_utils import Database

from archive import event as events
from archive.catalogue import Row
from archive.errors import ArchiveError
from archive.log import inclusion_proofs, root
from archive.naming import record_place
from archive.store import Archive

_PORTION = 500  # arguments of one question
_OF_FILE = ("file-declared", "file-closed", "file-reopened", "file-shelved")


@dataclass(frozen=True, slots=True)
class Held:
    """One document: its row as it is known now, its record as it was filed, its evidence."""

    row: Row
    record: bytes
    companions: tuple[Row, ...]

    @property
    def told(self) -> Row:
        """Fields as they are now (corrections included), with what only the record knows."""
        filed = json.loads(self.record)
        return self.row | {"provenance": filed.get("provenance") or {}, "size": filed["size"]}


@dataclass(frozen=True, slots=True)
class Gathered:
    """Documents of one file with their history; `moment` is the time of the last event, UTC."""

    held: tuple[Held, ...]
    events: bytes
    proof: bytes
    moment: str


def gather(archive: Archive, file_code: str, codes: Sequence[str]) -> Gathered:
    """Everything of these documents, all filed in this file.

    Raises:
        ArchiveError: `altered`.
        OSError: a record is missing.
    """
    with archive.reading() as db:
        held = tuple(_held(db, archive.root, code) for code in codes)
        known = [*codes, *(code for each in held for code in _earlier(db, each.row))]
        happened = _happened(db, file_code, known, [each.row["scan_sha256"] for each in held])
        shared = {each.row["scan_sha256"] for each in held if each.row["part"]}
        happened = [_of_others(row) if row["doc_code"] is None and row["scan_sha256"] in shared else row for row in happened]
        anchor = _anchor(db, happened[-1]["seq"])
        lines = [events.line(row) for row in (*happened, *anchor)]
        proof = _proof(db, happened, anchor)
    return Gathered(held, b"".join(lines), proof, happened[-1]["at"])


def _held(db: Database, base: Path, code: str) -> Held:
    (row,) = db.table("document").rows_where("doc_code = ?", [code])
    record = (base / record_place(row["shelf_day"], code)).read_bytes()
    if hashlib.sha256(record).hexdigest() != row["record_sha256"]:
        raise ArchiveError("altered", f"the record of {code}")
    shelved = PurePosixPath(row["path"]).stem  # its bytes and its evidence bear the code they were first filed under
    return Held(row, record, tuple(db.table("companion").rows_where("doc_code = ?", [shelved], order_by="path")))


def _earlier(db: Database, row: Row) -> list[str]:
    """The codes a document had before it was refiled: what happened under them happened to it."""
    codes: list[str] = []
    while row["supersedes"] and row["supersedes"] not in codes:
        (before,) = db.table("document").rows_where("doc_code = ?", [row["supersedes"]])
        if before["path"] != row["path"]:
            break  # another scan, whose history is its own
        codes.append(before["doc_code"])
        row = before
    return codes


def _happened(db: Database, file_code: str, codes: Sequence[str], scans: Sequence[str]) -> list[Row]:
    """Events of the documents, of their scans before they had a code (held, released), and of their file, in the log's order."""
    marks = ",".join("?" * len(_OF_FILE))
    sql = f"select * from event join leaf using (seq) where type in ({marks}) and json_extract(public, '$.file_code') = ?"
    rows = list(db.query(sql, [*_OF_FILE, file_code]))
    for code in codes:
        rows += db.query("select * from event join leaf using (seq) where doc_code = ?", [code])
    for first in range(0, len(scans), _PORTION):
        some = scans[first : first + _PORTION]
        marks = ",".join("?" * len(some))
        sql = f"select * from event join leaf using (seq) where doc_code is null and scan_sha256 in ({marks})"
        rows += db.query(sql, list(some))
    return sorted(rows, key=lambda row: int(row["seq"]))


def _of_others(row: Row) -> Row:
    """What happened to a scan of which a document is a part may have happened to another part: what is private of it stays here."""
    return {**row, "private": None, "salt": None}


def _anchor(db: Database, last: int) -> list[Row]:
    """The first sealing of a day whose head of the log covers all of these."""
    sql = "select * from event join leaf using (seq) where type = 'sealed' and seq > ? order by seq limit 1"
    return list(db.query(sql, [last]))


def _proof(db: Database, happened: Sequence[Row], anchor: Sequence[Row]) -> bytes:
    sizes = [json.loads(row["public"])["tree_size"] for row in anchor]
    size = sizes[0] if sizes else happened[-1]["seq"] + 1
    rows = db.query("select leaf_hash from leaf where seq < ? order by seq", [size])
    hashes = [bytes.fromhex(row["leaf_hash"]) for row in rows]
    paths = inclusion_proofs(hashes, (row["seq"] for row in happened))
    leaves = [
        {"seq": row["seq"], "leaf_hash": row["leaf_hash"], "path": [node.hex() for node in paths[row["seq"]]]}
        for row in happened
    ]  # fmt: skip
    told = {"tree_size": size, "root": root(hashes).hex(), "sealed_by": anchor[0]["seq"] if anchor else None, "leaves": leaves}
    return json.dumps(told, indent=1).encode() + b"\n"
