"""One document onto its shelf: its record, its files, its rows; and what is learned about it later.

Promises: the record holds every fact that the catalogue has of the document, so the catalogue can be made
again; files are on the disk before a row says so. Refuses bytes that are not those announced (`altered`).
"""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from sqlite_utils import Database

from archive import codes, dossiers, index, links
from archive.catalogue import Catalogue, Moment, Row
from archive.durable import copy_durably, make_dirs_durably, write_durably
from archive.errors import ArchiveError
from archive.event import Event
from archive.naming import LOCAL, local_date, shelf
from archive.record import (
    DESCRIPTIVE,
    FIELDS,
    Blob,
    Description,
    DocumentKey,
    Filing,
    description_digest,
    number_key,
    record_json,
)
from archive.shelves import DATA, EVIDENCE, SCANS

FORMAT = 3  # of the record, as FORMAT.md describes it


def file(root: Path, catalogue: Catalogue, what: Filing, actor: str) -> Row:
    """Files a document in one transaction, or finds it filed; `Archive.file` says what is refused."""
    with catalogue.writing() as db:
        numbered = codes.row_of(db, what.doc_code)
        if numbered["state"] == "filed":
            return _filed_already(numbered, what)
        _check(numbered, what)
        moment, order = open_moment(catalogue, db), links.asked_for(db, what.key) if what.takes_place else None
        scan = next(iter(db.table("scan").rows_where("sha256 = ?", [what.key.scan_sha256])), None)
        row = row_of(what, numbered, moment.at, scan["path"] if scan else scan_place(what, moment.at))
        row["supersedes"] = order.doc_code if order else None
        beside = companion_rows(what, row)
        record = record_of(what, row, dossiers.row_of(db, row["file_code"]), beside)
        blob = shelve(root, what, row, record, scan_known=scan is not None)
        row |= {"record_sha256": blob.sha256, "record_size": blob.size}
        row["seq"] = catalogue.append(_filed(row, what, actor), moment)
        if scan is None:
            db.table("scan").insert({"sha256": what.key.scan_sha256, "path": row["original_path"],
                                     "size": what.scan.size, "shelf_day": row["shelf_day"]})  # fmt: skip
        if order:
            links.void(catalogue, db, order, what.doc_code, links.RESCANNED, moment)
        db.table("document").update(what.doc_code, row)
        db.table("companion").insert_all(each | {"doc_code": what.doc_code, "shelf_day": row["shelf_day"]} for each in beside)
        index.add(db, what.doc_code, pages_of(what))
    return fields_of(row)


def describe(
    catalogue: Catalogue, doc_code: str, changes: Mapping[str, str], actor: str,
    required: Callable[[str], tuple[str, ...]], expected: str = "",
) -> Row:
    """Adds to what is known of a filed document; `Archive.describe` says what is refused."""
    with catalogue.writing() as db:
        row = codes.row_of(db, doc_code)
        if row["state"] != "filed":
            raise ArchiveError("not-filed", f"{doc_code} is {row['state']}")
        if expected and description_digest(row) != expected:
            raise ArchiveError("changed", f"somebody else described {doc_code} meanwhile")
        if not changes:
            return fields_of(row)
        row = described(row, changes, required)
        public, private = {"fields": ",".join(sorted(changes))}, {name: row[name] for name in changes}
        catalogue.append(Event("described", actor, doc_code, row["scan_sha256"], public, private))
        index.change(db, doc_code, row)
    return fields_of(row)


def described(row: Row, changes: Mapping[str, str], required: Callable[[str], tuple[str, ...]]) -> Row:
    """A filed document's row with fields set by hand.

    Raises:
        RecordError: `bad-field`, `bad-value`.
    """
    new = description_of(row).replace_fields(changes)
    row = row | {name: getattr(new, name) for name in DESCRIPTIVE}
    return row | {
        "number_key": number_key(row), "confidence": json.dumps(dict(new.confidence), sort_keys=True),
        "description": "partial" if new.lacks(required(row["lane"])) else "full",
    }  # fmt: skip


def place(filing: Filing, filed_at: dt.datetime) -> str:
    """Where the PDF belongs, from the root."""
    return str(shelf(filed_at) / DATA / f"{filing.doc_code}.pdf")


def scan_place(filing: Filing, filed_at: dt.datetime) -> str:
    """Where the scan belongs when it is not in the archive yet, from the root; a document kept as it came is its own scan."""
    if filing.pdf.sha256 == filing.key.scan_sha256:
        return place(filing, filed_at)
    suffix = filing.scan_ext.lower().lstrip(".")
    known = suffix if re.fullmatch(r"[0-9a-z]{1,8}", suffix) else "bin"
    return str(shelf(filed_at) / DATA / SCANS / f"{filing.key.scan_sha256}.{known}")


def companion_rows(filing: Filing, row: Row) -> list[Row]:
    """What lies beside the document, as the record names it.

    Raises:
        ArchiveError: `bad-name`, an ending that is no name.
    """
    folder = PurePosixPath(row["path"]).parent / EVIDENCE
    for each in filing.companions:
        if re.fullmatch(r"[a-z][a-z0-9-]*(\.[a-z0-9]+)?", each.ending) is None:
            raise ArchiveError("bad-name", f"{each.ending!r} is no ending of a companion's name")
    return [{"path": str(folder / f"{filing.doc_code}.{each.ending}"), "sha256": each.blob.sha256, "size": each.blob.size}
            for each in filing.companions]  # fmt: skip


def row_of(filing: Filing, numbered: Row, filed_at: dt.datetime, scan_path: str) -> Row:
    """The document's row as filed, but for its record's digest and its event's number."""
    description = {name: getattr(filing.description, name) for name in DESCRIPTIVE}
    filed = numbered | description | {
        "form": filing.form, "state": "filed", "description": "full" if filing.complete else "partial",
        "path": place(filing, filed_at), "original_path": scan_path,
        "original_name": _raw(filing.original_name).decode("utf-8", "replace"),
        "sha256": filing.pdf.sha256, "size": filing.pdf.size, "pages": filing.pages,
        "confidence": json.dumps(dict(filing.description.confidence), sort_keys=True),
        "block_text": filing.block_text, "signed_at": filing.signed_at,
        "timestamped_at": filing.timestamped_at, "main_code": filing.main_code, "verification": filing.verification,
        "filed_at": filed_at.astimezone(LOCAL).isoformat(timespec="seconds"),
        "shelf_day": "-".join(shelf(filed_at).parts), "pades_level": filing.pades_level, "pdfa": filing.pdfa,
    }  # fmt: skip
    # what the row says and what the record says must be the same characters; a key stays as it was reserved
    row = {name: value if name in numbered and numbered[name] is not None else _composed(value)
           for name, value in filed.items()}  # fmt: skip
    return row | {"number_key": number_key(row)}


def record_of(filing: Filing, row: Row, file: Row, companions: list[Row]) -> bytes:
    """The record's bytes as they lie beside the PDF (FORMAT.md, "A record")."""
    raw = _raw(filing.original_name)
    exact = {} if raw == row["original_name"].encode() else {"original_name_hex": raw.hex()}
    return record_json(fields_of(row) | exact | {
        "format": FORMAT, "again": filing.key.again, "size": filing.pdf.size, "scan_size": filing.scan.size,
        "file": dossier_of(file), "companions": companions, "text": pages_of(filing), "provenance": filing.provenance,
    })  # fmt: skip


def dossier_of(file: Row) -> Row:
    """What a record says of its file."""
    return {name: file[name] for name in ("title", "maintenance", "retention", "organ_id", "year", "fonds")}


def shelve(root: Path, filing: Filing, row: Row, record: bytes, scan_known: bool) -> Blob:
    """Puts scan, record and PDF on the shelf, durably, in this order; returns the record as it lies there.

    What an earlier attempt of the same document left on this shelf is replaced: no row knows it.

    Raises:
        DurableError: `altered`, the bytes are not those announced; `exists`; `not-a-file`.
    """
    pdf, scan = root / row["path"], root / row["original_path"]
    make_dirs_durably(pdf.parent / SCANS)
    if not scan_known and scan != pdf:
        copy_durably(filing.scan.path, scan, expected=filing.key.scan_sha256)
    check_left(_record_path(pdf), filing.key.scan_sha256)
    for left in (pdf, pdf.with_suffix(".json")):
        left.unlink(missing_ok=True)
    _shelve_companions(root, filing, row)
    written = write_durably(_record_path(pdf), record)
    copy_durably(filing.pdf.path, pdf, expected=filing.pdf.sha256)
    return written


def _shelve_companions(root: Path, filing: Filing, row: Row) -> None:
    for each, told in zip(filing.companions, companion_rows(filing, row), strict=True):
        target = root / told["path"]
        make_dirs_durably(target.parent)
        target.unlink(missing_ok=True)  # an earlier attempt's, which may have come out otherwise
        copy_durably(each.blob.path, target, expected=each.blob.sha256)


def check_left(record: Path, scan_sha256: str) -> None:
    """What lies at this place must be an attempt of this very document: else a catalogue was exchanged for an older one.

    Raises:
        ArchiveError: `exists`.
    """
    try:
        left = json.loads(record.read_bytes())
    except FileNotFoundError:
        return
    except ValueError:
        left = {}
    if not isinstance(left, dict) or left.get("scan_sha256") != scan_sha256:
        raise ArchiveError("exists", f"{record.name} is the record of another document")


def pages_of(filing: Filing) -> list[str]:
    """The text of each page, as UTF-8 can hold it."""
    return [str(_composed(text)) for text in filing.text]


def fields_of(row: Row) -> Row:
    """A document's row as the JSON contract shows it."""
    return {name: row.get(name) for name in FIELDS} | {
        "confidence": json.loads(row.get("confidence") or "{}")
    }


def description_of(row: Row) -> Description:
    """The described fields of a document's row."""
    return Description(
        **{name: row[name] for name in DESCRIPTIVE}, confidence=json.loads(row["confidence"] or "{}")
    )


def _filed_already(row: Row, what: Filing) -> Row:
    if row["sha256"] != what.pdf.sha256:
        raise ArchiveError("already-filed", f"{what.doc_code} is filed with other bytes")
    return fields_of(row)


def _check(row: Row, what: Filing) -> None:
    if row["state"] != "numbered":
        raise ArchiveError("not-numbered", f"{what.doc_code} is {row['state']}")
    key = DocumentKey(row["scan_sha256"], row["lane"], row["file_code"], row["part"], row["again"])
    if key != what.key or what.scan.sha256 != key.scan_sha256:
        raise ArchiveError("key-mismatch", f"{what.doc_code} was reserved for another document")


def open_moment(catalogue: Catalogue, db: Database) -> Moment:
    """Now, where a shelf is open for it.

    Raises:
        ArchiveError: `clock-behind`, `shelf-closed`.
    """
    moment = catalogue.moment()
    if moment.behind:
        raise ArchiveError("clock-behind", f"the clock is {moment.behind} behind the last event")
    today = local_date(moment.at).isoformat()
    if db.table("day").count_where("day >= ?", [today]):
        raise ArchiveError("shelf-closed", f"{today} or a later day is closed")
    return moment


def _filed(row: Row, what: Filing, actor: str) -> Event:
    public = {name: row[name] for name in ("sha256", "size", "path", "record_sha256")}
    public |= {"scan_path": row["original_path"], "scan_size": what.scan.size}
    return Event("filed", actor, row["doc_code"], row["scan_sha256"], public)


def _record_path(pdf: Path) -> Path:
    return pdf.with_name(f"{PurePosixPath(pdf.name).stem}.json")


def _raw(name: str) -> bytes:
    """The bytes of a name; those that are not UTF-8 arrive as the lone surrogates of PEP 383."""
    return re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", name).encode("utf-8", "surrogateescape")


def _composed(value: object) -> object:
    """Text in NFC and without lone surrogates, which no UTF-8 can hold."""
    if not isinstance(value, str):
        return value
    return unicodedata.normalize("NFC", value).encode("utf-8", "replace").decode()
