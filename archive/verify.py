"""Every byte, every row and the log checked against each other; written apart from what wrote them.

Promises: reads only, through a connection that cannot write; needs nothing but the folder; whatever a row
or a file holds, what is wrong is a Finding with a stable code, never a crash. Shares with the writer only
the forms of digests and of names. Refuses to repair.

It finds what has come apart. That the whole was not rewritten with all its digests is shown only by a root
that was kept elsewhere (FORMAT.md, "How to check it").
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from sqlite_utils import Database

from archive import cosigned, naming, verify_bag, verify_files, verify_heads, verify_links, verify_log
from archive.counted import counted
from archive.durable import DurableError, sha256_file
from archive.record import DESCRIPTIVE, FIELDS, number_key
from archive.rounds import part_of
from archive.verify_log import Finding, parsed

__all__ = ["FINDINGS", "CheckPdf", "Finding", "VerifyResult", "verify"]

Row = dict[str, Any]
CheckPdf = Callable[[Path, Row], list[Finding]]

FINDINGS: Mapping[str, str] = MappingProxyType({
    "altered": "Nội dung tệp không còn như khi lưu.",
    "missing": "Tệp hoặc dòng danh mục đã mất.",
    "orphan": "Có tệp lạ trong kho, danh mục không biết.",
    "bag-incomplete": "Gói của ngày đã niêm phong không đủ thành phần.",
    "manifest-altered": "Bảng kê của ngày đã niêm phong không còn như khi niêm phong.",
    "log-broken": "Nhật ký bị sửa, mất hoặc không khớp.",
    "head-missing": "Mốc nhật ký đã công bố không còn trong kho.",
    "head-altered": "Mốc nhật ký trong kho không phải mốc đã công bố.",
    "renewal-missing": "Lần gia hạn bằng chứng đã ghi trong nhật ký không còn trong kho.",
    "renewal-altered": "Lần gia hạn bằng chứng trong kho không phải lần đã ghi trong nhật ký.",
    "certificates-altered": "Chứng thư để cạnh dấu thời gian không phải chứng thư đi kèm dấu đó.",
    "witness-forked": "Người chứng kiến đã thấy một nhật ký khác với nhật ký này.",
    "witness-missing": "Chữ ký của người chứng kiến đã nhận vào nay không còn.",
    "witness-invalid": "Chữ ký của người chứng kiến không hợp lệ.",
    "record-altered": "Dữ liệu của tài liệu hoặc hồ sơ không khớp với nhật ký, bản ghi hoặc danh mục.",
    "misplaced": "Tài liệu không nằm đúng ngày lưu.",
    "ordinal-gap": "Số thứ tự tài liệu trong hồ sơ bị hụt.",
})  # fmt: skip

_PORTION = 500
_KEPT = "(state = 'filed' or path is not null)"  # what gave its place to another stays on its shelf
_GONE = "state in ('disposed', 'purged')"  # removed by order: the log says so, or `verify_log.check_codes` finds it
_FIXED = tuple(name for name in FIELDS if name not in {*DESCRIPTIVE, "confidence", "description"})
_LOGGED = {"sha256": "sha256", "record_sha256": "record_sha256", "path": "path", "size": "size",
           "scan_path": "original_path"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """How many documents were checked, what was found, and how many in scope were removed by order."""

    checked: int
    findings: list[Finding]
    removed: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify(
    root: Path, what: Sequence[str] | dt.date | None = None, check_pdf: CheckPdf | None = None, witnesses: Sequence[str] = ()
) -> VerifyResult:
    """Checks documents by code, a day, or (None) the whole archive with its log.

    Args:
        root: The archive's folder.
        what: Document codes; or a day; or None.
        check_pdf: Is asked about each PDF whose bytes are unaltered, with its row; its findings get the code and the path.
        witnesses: Verifier keys of those who sign heads of the log.
    """
    db = _connect(root / "catalogue.db")
    try:
        checked, findings = 0, list(_check_pages(db) if what is None else ())
        if findings:  # nothing that such a catalogue says can be relied on
            return VerifyResult(checked, findings)
        for row in _filed(db, what):
            checked += 1
            findings += _check_document(root, db, row, check_pdf)
        findings += _check_rest(root, db, what)
        findings += cosigned.check(root, db, witnesses) if what is None else ()
        removed = _removed(db, what)
    finally:
        db.close()
    return VerifyResult(checked, findings, removed)


def verify_share(root: Path, parts: Collection[int], of: int) -> list[Finding]:
    """What a fixity round reads beside the documents: bags with their events, and scans no document names, of these parts."""
    db = _connect(root / "catalogue.db")
    try:
        sql = "select distinct day from event except select day from day where sealed_at is not null"
        still_open = {row["day"] for row in db.query(sql)}  # there files come before their rows

        def is_due(iso: str) -> bool:
            return part_of(iso, of) in parts and iso not in still_open

        found = list(verify_bag.check_bags(root, db, None, is_due))
        return found + list(_check_scans(root, db, lambda digest: part_of(digest, of) in parts))
    finally:
        db.close()


def _connect(path: Path) -> Database:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=60)
    return Database(connection, recursive_triggers=False, execute_plugins=False)


def _check_pages(db: Database) -> Iterator[Finding]:
    """The database itself: a damaged page may hold what no other check asks for."""
    try:
        told = str(db.execute("pragma quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        told = str(error)
    if told != "ok":
        yield Finding("catalogue-damaged", None, "catalogue.db", f"its pages are damaged: {' '.join(told.split())}"[:200])


def _check_rest(root: Path, db: Database, what: Sequence[str] | dt.date | None) -> Iterator[Finding]:
    """What is in scope besides the documents."""
    if what is None:
        yield from verify_bag.check_bags(root, db, None)
        yield from _check_scans(root, db)
        yield from verify_log.check_log(db)
        yield from verify_log.check_codes(db)
        yield from verify_links.check(db)
        yield from verify_files.check(db)
        yield from verify_heads.check(root, db)
    elif isinstance(what, dt.date):
        yield from verify_bag.check_bags(root, db, what)
        yield from verify_log.check_events(db, "day = ?", what.isoformat())
    else:
        for code in what:
            if not db.table("document").count_where(f"doc_code = ? and ({_KEPT} or {_GONE})", [code]):
                yield Finding("missing", code, "", "no filed document has this code")
            yield from verify_log.check_events(db, "doc_code = ?", code)


def _filed(db: Database, what: Sequence[str] | dt.date | None) -> Iterator[Row]:
    """Documents in scope that lie on a shelf, void codes too, in portions: archives outgrow memory, and writers must not wait."""
    documents = db.table("document")
    if what is not None and not isinstance(what, dt.date):
        for code in what:
            yield from list(documents.rows_where(f"doc_code = ? and {_KEPT}", [code]))
        return
    where, values = ("1", []) if what is None else ("shelf_day = ?", [what.isoformat()])
    last = ""
    while rows := list(
        documents.rows_where(
            f"{_KEPT} and {where} and doc_code > ?",
            [*values, last],
            order_by="doc_code",
            limit=_PORTION,
        )
    ):
        yield from rows
        last = rows[-1]["doc_code"]


def _removed(db: Database, what: Sequence[str] | dt.date | None) -> int:
    """How many documents in scope were removed by order."""
    documents, shelved = db.table("document"), "doc_code in (select doc_code from event where type = 'filed' and day = ?)"
    if what is None or isinstance(what, dt.date):
        within = ("1", []) if what is None else (shelved, [what.isoformat()])
        return int(documents.count_where(f"{_GONE} and {within[0]}", within[1]))
    return sum(int(documents.count_where(f"{_GONE} and doc_code = ?", [code])) for code in what)


def _check_document(root: Path, db: Database, row: Row, check_pdf: CheckPdf | None) -> Iterator[Finding]:
    code = row["doc_code"]
    if not all(row[name] for name in ("path", "original_path", "sha256", "record_sha256", "filed_at")):
        yield Finding("record-altered", code, "catalogue.db", "the row lacks what every filed document has")
        return
    filed = [public for public, _ in _entries(db, code, "filed", "adopted")]
    if row["path"] != _place(row) and not (_place(row) and verify_links.is_refiled(db, row, filed)):
        yield Finding("misplaced", code, row["path"], f"its place is {_place(row)}")
    damage = list(_check_bytes(root, row["path"], row["sha256"], code))
    yield from damage
    if check_pdf is not None and not damage:
        for found in check_pdf(root / row["path"], row):
            yield replace(found, doc_code=found.doc_code or code, path=found.path or row["path"])
    yield from _check_record(root, db, row)
    yield from _check_bytes(root, row["original_path"], row["scan_sha256"], code)
    for beside in list(db.table("companion").rows_where("doc_code = ?", [PurePosixPath(row["path"]).stem])):
        yield from _check_bytes(root, beside["path"], beside["sha256"], code)


def _place(row: Row) -> str | None:
    """Where a document filed at that time belongs; None when the row contradicts itself."""
    try:
        shelf = naming.shelf(dt.datetime.fromisoformat(row["filed_at"]))
    except ValueError:
        return None
    return (
        str(shelf / "data" / f"{row['doc_code']}.pdf") if row["shelf_day"] == "-".join(shelf.parts) else None
    )


def _check_bytes(
    root: Path, path: str, sha256: str, code: str | None, wrong: str = "altered"
) -> Iterator[Finding]:
    try:
        found = sha256_file(root / path).sha256
    except (FileNotFoundError, NotADirectoryError):
        yield Finding("missing", code, path, "no such file")
    except (OSError, ValueError, DurableError) as error:  # ValueError: a path with a NUL
        yield Finding(wrong, code, path, f"cannot be read: {error}")
    else:
        if found != sha256:
            yield Finding(wrong, code, path, f"sha256 is {found}, not {sha256}")


def _check_record(root: Path, db: Database, row: Row) -> Iterator[Finding]:
    """The record on the shelf, the catalogue's row and the event `filed` must tell one story."""
    code, path = row["doc_code"], (_place(row) or row["path"]).removesuffix(".pdf") + ".json"
    damage = list(_check_bytes(root, path, row["record_sha256"], code, "record-altered"))
    yield from damage
    leaves = _entries(db, code, "filed", "adopted")
    if len(leaves) != 1:
        yield Finding("log-broken", code, path, f"{counted(len(leaves), 'entry')} of its filing")
    for public, _ in leaves:
        for name in (name for name, column in _LOGGED.items() if public.get(name) != row[column]):
            yield Finding("record-altered", code, path, f"{name} in the catalogue is not that of the log")
    if not damage:
        record = parsed((root / path).read_bytes())
        yield from _check_companions(db, row, path, record)
        later = [private for _, private in _entries(db, code, "described")]
        if row["number_key"] != number_key(row):
            yield Finding("record-altered", code, path, "number_key in the catalogue is not that of its number")
        for name in _differing(row, record, [*later, verify_links.told(db, row)]):
            yield Finding(
                "record-altered", code, path, f"{name} in the catalogue is neither recorded nor described"
            )
        rows = list(db.query("select pages from search where doc_code = ?", [code]))
        if [parsed(f'{{"text": {found["pages"]}}}').get("text") for found in rows] != [record.get("text")]:
            yield Finding("record-altered", code, path, "the text that is searched is not the recorded text")


def _check_companions(db: Database, row: Row, path: str, record: Row) -> Iterator[Finding]:
    code, shelved = row["doc_code"], PurePosixPath(row["path"]).stem  # a refiled one's evidence lies with its PDF
    rows = db.query("select path, sha256, size from companion where doc_code = ? order by path", [shelved])
    told = record.get("companions") or []
    named = sorted(told, key=lambda row: str(row.get("path"))) if all(isinstance(row, dict) for row in told) else None
    if named != list(rows):
        yield Finding("record-altered", code, path, "what lies beside the document is not what its record names")


def _differing(row: Row, record: Row, corrections: Sequence[Row]) -> list[str]:
    expected = {name: record.get(name) for name in (*_FIXED, *DESCRIPTIVE)}
    for correction in corrections:
        expected |= correction
    return [name for name, value in expected.items() if _composed(row.get(name)) != value]


def _composed(value: object) -> object:
    """A part of a scan keeps the characters it came with; records are in NFC."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _entries(db: Database, code: str, *types: str) -> list[tuple[Row, Row]]:
    """Public and private facts of a document's events of these types."""
    marks = ", ".join("?" * len(types))
    sql = f"select entry, private from event join leaf using (seq) where doc_code = ? and type in ({marks}) order by seq"
    rows = list(db.query(sql, [code, *types]))
    return [(verify_log.facts(row["entry"]), parsed(row["private"])) for row in rows]


def _check_scans(root: Path, db: Database, chosen: Callable[[str], bool] = lambda digest: True) -> Iterator[Finding]:
    """Scans that no filed document names any more; the others are read with their documents."""
    sql = """select path, sha256 from scan
             where path not in (select original_path from document where original_path is not null)"""
    for row in [row for row in db.query(sql) if chosen(row["sha256"])]:
        yield Finding("missing", None, row["path"], "no filed document is made of this scan")
        yield from _check_bytes(root, row["path"], row["sha256"], None)
