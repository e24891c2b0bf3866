"""One document onto its shelf: its record, its files, its rows.

Promises: the record holds every fact that the catalogue has of the document, so the catalogue can be made again; files
are on the disk before a row says so. Refuses bytes that are not those announced (`altered`).
"""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from archive import query
from archive.catalogue import Row
from archive.durable import copy_durably, make_dirs_durably, write_durably
from archive.naming import LOCAL, shelf
from archive.record import DESCRIPTIVE, FIELDS, Blob, Description, Filing, record_json
from archive.shelves import DATA, SCANS

FORMAT = 1  # of the record, as FORMAT.md describes it


@dataclass(frozen=True, slots=True)
class Shelved:
    """Where a document lies, from the root, and its record's bytes."""

    path: str
    record: Blob
    scan_path: str
    scan_size: int


def place(filing: Filing, filed_at: dt.datetime) -> str:
    """Where the PDF belongs, from the root."""
    return str(shelf(filed_at) / DATA / f"{filing.doc_code}.pdf")


def scan_place(filing: Filing, filed_at: dt.datetime) -> str:
    """Where the scan belongs when it is not in the archive yet, from the root."""
    suffix = filing.scan_ext.lower().lstrip(".")
    known = suffix if re.fullmatch(r"[0-9a-z]{1,8}", suffix) else "bin"
    return str(shelf(filed_at) / DATA / SCANS / f"{filing.key.scan_sha256}.{known}")


def row_of(filing: Filing, numbered: Row, filed_at: dt.datetime, scan_path: str) -> Row:
    """The document's row as filed, but for its record's digest and its event's number."""
    description = {name: getattr(filing.description, name) for name in DESCRIPTIVE}
    return numbered | description | {
        "form": filing.form, "state": "filed", "description": "full" if filing.complete else "partial",
        "path": place(filing, filed_at), "original_path": scan_path, "original_name": _readable(filing.original_name),
        "sha256": filing.pdf.sha256, "size": filing.pdf.size, "pages": filing.pages,
        "confidence": json.dumps(dict(filing.description.confidence), sort_keys=True),
        "block_text": filing.block_text, "signed_at": filing.signed_at, "timestamped_at": filing.timestamped_at,
        "filed_at": filed_at.astimezone(LOCAL).isoformat(timespec="seconds"),
        "shelf_day": "-".join(shelf(filed_at).parts), "pades_level": filing.pades_level, "pdfa": filing.pdfa,
    }  # fmt: skip


def record_of(filing: Filing, row: Row, file: Row, scan_size: int) -> bytes:
    """The record's bytes as they lie beside the PDF (FORMAT.md, "A record")."""
    raw = _raw(filing.original_name)
    exact = {} if raw == row["original_name"].encode() else {"original_name_hex": raw.hex()}
    dossier = {name: file[name] for name in ("title", "maintenance", "organ_id", "year")}
    return record_json(fields_of(row) | exact | {
        "format": FORMAT, "again": filing.key.again, "size": filing.pdf.size, "scan_size": scan_size, "file": dossier,
        "text": pages_of(filing), "provenance": filing.provenance,
    })  # fmt: skip


def shelve(root: Path, filing: Filing, row: Row, record: bytes, scan_known: bool) -> Blob:
    """Puts scan, record and PDF on the shelf, durably, in this order; returns the record as it lies there.

    What an earlier attempt of the same document left on this shelf is replaced: no row knows it.

    Raises:
        DurableError: `altered`, the bytes are not those announced; `exists`; `not-a-file`.
    """
    pdf, scan = root / row["path"], root / row["original_path"]
    make_dirs_durably(pdf.parent / SCANS)
    if not scan_known:
        copy_durably(filing.scan.path, scan, expected=filing.key.scan_sha256)
    for left in (pdf, pdf.with_suffix(".json")):
        left.unlink(missing_ok=True)
    written = write_durably(_record_path(pdf), record)
    copy_durably(filing.pdf.path, pdf, expected=filing.pdf.sha256)
    return written


def pages_of(filing: Filing) -> list[str]:
    """The text of each page, as UTF-8 can hold it."""
    return [text.encode("utf-8", "replace").decode() for text in filing.text]


def search_row(row: Row, pages: list[str]) -> Row:
    """The document's row in the table that words are looked for in."""
    words = query.searchable(row, pages)
    return {"doc_code": row["doc_code"], "pages": json.dumps(pages, ensure_ascii=False),
            "exact": query.exact(words), "folded": query.fold(words)}  # fmt: skip


def fields_of(row: Row) -> Row:
    """A document's row as the JSON contract shows it."""
    return {name: row.get(name) for name in FIELDS} | {"confidence": json.loads(row.get("confidence") or "{}")}


def description_of(row: Row) -> Description:
    """The described fields of a document's row."""
    return Description(**{name: row[name] for name in DESCRIPTIVE}, confidence=json.loads(row["confidence"] or "{}"))


def _record_path(pdf: Path) -> Path:
    return pdf.with_name(f"{PurePosixPath(pdf.name).stem}.json")


def _raw(name: str) -> bytes:
    """The bytes of a name; those that are not UTF-8 arrive as the lone surrogates of PEP 383."""
    return re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", name).encode("utf-8", "surrogateescape")


def _readable(name: str) -> str:
    return unicodedata.normalize("NFC", _raw(name).decode("utf-8", "replace"))
