"""Every byte, every row and the log checked against each other; written apart from what wrote them.

Promises: reads only, through a connection that cannot write; needs nothing but the folder; what is wrong is a Finding
with a stable code. Shares with the writer only the forms of digests (log, canonical JSON) and of names. Refuses to repair.

It finds what has come apart. That the whole was not rewritten with all its digests is shown only by a root that was kept
elsewhere (FORMAT.md, "How to check it").
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from sqlite_utils import Database

from archive import naming, verify_log
from archive.durable import DurableError, sha256_file
from archive.record import DESCRIPTIVE, FIELDS
from archive.verify_bag import check_bags
from archive.verify_log import Finding

__all__ = ["FINDINGS", "CheckPdf", "Finding", "VerifyResult", "verify"]

Row = dict[str, Any]
CheckPdf = Callable[[Path], list[Finding]]

FINDINGS: Mapping[str, str] = MappingProxyType({
    "altered": "Nội dung tệp không còn như khi lưu.",
    "missing": "Tệp hoặc dòng danh mục đã mất.",
    "orphan": "Có tệp lạ trong kho, danh mục không biết.",
    "bag-incomplete": "Gói của ngày đã niêm phong không đủ thành phần.",
    "manifest-altered": "Bảng kê của ngày đã niêm phong không còn như khi niêm phong.",
    "log-broken": "Nhật ký bị sửa, mất hoặc không khớp.",
    "record-altered": "Hồ sơ dữ liệu của tài liệu không khớp với nhật ký hoặc danh mục.",
    "misplaced": "Tài liệu không nằm đúng ngày lưu.",
    "ordinal-gap": "Số thứ tự tài liệu trong hồ sơ bị hụt.",
})  # fmt: skip

_PORTION = 500
_FIXED = tuple(name for name in FIELDS if name not in {*DESCRIPTIVE, "confidence", "description"})


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """How many documents were checked and what was found."""

    checked: int
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(
    root: Path, what: Sequence[str] | dt.date | None = None, check_pdf: CheckPdf | None = None
) -> VerifyResult:
    """Checks documents by code, a day, or (None) the whole archive with its log.

    Args:
        check_pdf: Is asked about each PDF whose bytes are unaltered; its findings get the document's code and path.
    """
    db = _connect(root / "catalogue.db")
    try:
        findings = [] if what is None or isinstance(what, dt.date) else list(_unknown(db, what))
        checked = 0
        for row in _filed(db, what):
            checked += 1
            findings += _check_document(root, db, row, check_pdf)
        if isinstance(what, dt.date):
            findings += check_bags(root, db, what)
            findings += verify_log.check_events(db, "day = ?", [what.isoformat()])
        elif what is None:
            findings += check_bags(root, db, None)
            findings += _check_scans(root, db)
            findings += verify_log.check_log(db)
            findings += _check_codes(db)
    finally:
        db.close()
    return VerifyResult(checked, findings)


def _connect(path: Path) -> Database:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    return Database(connection, recursive_triggers=False, execute_plugins=False)


def _unknown(db: Database, codes: Sequence[str]) -> Iterator[Finding]:
    for code in codes:
        if not db.table("document").count_where("doc_code = ? and state = 'filed'", [code]):
            yield Finding("missing", code, "", "no filed document has this code")


def _filed(db: Database, what: Sequence[str] | dt.date | None) -> Iterator[Row]:
    """Filed documents in scope, in portions: an archive may be larger than memory, and writers must not wait."""
    documents = db.table("document")
    if what is not None and not isinstance(what, dt.date):
        for code in what:
            yield from list(documents.rows_where("doc_code = ? and state = 'filed'", [code]))
        return
    where, values = ("1", []) if what is None else ("shelf_day = ?", [what.isoformat()])
    last = ""
    while rows := list(documents.rows_where(f"state = 'filed' and {where} and doc_code > ?", [*values, last],
                                            order_by="doc_code", limit=_PORTION)):  # fmt: skip
        yield from rows
        last = rows[-1]["doc_code"]


def _check_document(root: Path, db: Database, row: Row, check_pdf: CheckPdf | None) -> Iterator[Finding]:
    code, pdf = row["doc_code"], root / row["path"]
    day = naming.shelf(dt.datetime.fromisoformat(row["filed_at"]))
    if PurePosixPath(row["path"]) != day / "data" / f"{code}.pdf" or row["shelf_day"] != "-".join(day.parts):
        yield Finding("misplaced", code, row["path"], f"filed on {day}")
    damage = list(_check_bytes(root, row["path"], row["sha256"], code))
    yield from damage
    if check_pdf is not None and not damage:
        for found in check_pdf(pdf):
            yield replace(found, doc_code=found.doc_code or code, path=found.path or row["path"])
    yield from _check_record(root, db, row)
    yield from _check_bytes(root, row["original_path"], row["scan_sha256"], code)
    yield from verify_log.check_events(db, "doc_code = ?", [code])


def _check_bytes(root: Path, path: str, sha256: str, code: str | None, wrong: str = "altered") -> Iterator[Finding]:
    try:
        found = sha256_file(root / path).sha256
    except (FileNotFoundError, NotADirectoryError):
        yield Finding("missing", code, path, "no such file")
    except (OSError, DurableError) as error:
        yield Finding(wrong, code, path, f"cannot be read: {error}")
    else:
        if found != sha256:
            yield Finding(wrong, code, path, f"sha256 is {found}, not {sha256}")


def _check_record(root: Path, db: Database, row: Row) -> Iterator[Finding]:
    """The record on the shelf, the catalogue's row and the event `filed` must tell one story."""
    code, path = row["doc_code"], str(PurePosixPath(row["path"]).with_suffix(".json"))
    damage = list(_check_bytes(root, path, row["record_sha256"], code, "record-altered"))
    yield from damage
    leaves = _entries(db, code, "filed")
    if len(leaves) != 1:
        yield Finding("log-broken", code, path, f"{len(leaves)} events say that it was filed")
    for public in (leaf["public"] for leaf in leaves):
        for name, column in (("sha256", "sha256"), ("record_sha256", "record_sha256"), ("path", "path"),
                             ("size", "size"), ("scan_path", "original_path")):  # fmt: skip
            if public.get(name) != row[column]:
                yield Finding("record-altered", code, path, f"{column} in the catalogue is not that of the log")
    if not damage:
        record = json.loads((root / path).read_bytes())
        for name in _differing(row, record, [event["private"] for event in _entries(db, code, "described")]):
            yield Finding("record-altered", code, path, f"{name} in the catalogue is neither recorded nor described")


def _differing(row: Row, record: Row, corrections: Sequence[Row]) -> list[str]:
    expected = {name: record.get(name) for name in (*_FIXED, *DESCRIPTIVE)}
    for correction in corrections:
        expected |= correction
    return [name for name, value in expected.items() if row.get(name) != value]


def _entries(db: Database, code: str, type: str) -> list[Row]:
    sql = "select entry, private from event join leaf using (seq) where doc_code = ? and type = ? order by seq"
    return [json.loads(row["entry"]) | {"private": json.loads(row["private"] or "{}")} for row in db.query(sql, [code, type])]


def _check_scans(root: Path, db: Database) -> Iterator[Finding]:
    """Scans that no filed document names any more; the others are read with their documents."""
    sql = "select path, sha256 from scan where path not in (select original_path from document where state = 'filed')"
    for row in list(db.query(sql)):
        yield from _check_bytes(root, row["path"], row["sha256"], None)


def _check_codes(db: Database) -> Iterator[Finding]:
    """Codes run from 1 without gaps, and every code the log knows has its row in the state the log says."""
    sql = """select file_code, last_ordinal, count(doc_ordinal) codes, max(doc_ordinal) highest, min(doc_ordinal) lowest
             from file left join document using (file_code) group by file_code
             having codes != last_ordinal or highest != last_ordinal or lowest != 1"""
    for row in list(db.query(sql)):
        yield Finding("ordinal-gap", None, row["file_code"], f"{row['codes']} codes up to {row['last_ordinal']}")
    for type, state, code in (("numbered", None, "ordinal-gap"), ("filed", "filed", "missing"), ("void", "void", "missing")):
        sql = """select doc_code, seq from event where type = ? and not exists
                 (select 1 from document d where d.doc_code = event.doc_code and (? is null or d.state = ?))"""
        for row in list(db.query(sql, [type, state, state])):
            yield Finding(code, row["doc_code"], "catalogue.db", f"event {row['seq']} says {type}, the catalogue does not")
