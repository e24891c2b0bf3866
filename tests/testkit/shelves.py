"""A station whose archive holds documents that nobody had to read: for what is made of records."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from typing import Any

import pymupdf

from archive.record import Blob, Companion, Description, DocumentKey, Filing
from archive.store import Archive
from processor import station
from processor.cli import wiring
from processor.settings import load

CLERK = "van-thu"
YEAR = dt.date.today().year
FILE = f"H05.99.{YEAR}.07.ĐĐ"
"""A declared file with four documents: scanned, scanned with a void code before it, received with evidence, barely described."""
ORIGINAL = b"%PDF-1.7 signed by others, kept as it came\n"


def furnished(folder: Path) -> Path:
    """A demo station with `FILE` in it."""
    station.make(folder, True)
    desk = folder / "work"
    with wiring.opened_archive(folder, load(folder)) as archive:
        archive.declare_file(
            FILE, "Hồ sơ ban hành <Quy chế> & 'nội quy'", maintenance="Vĩnh viễn", organ_id="H05.99", year=YEAR, actor=CLERK,
        )  # fmt: skip
        archive.shelve_file(FILE, "H05.99.K1/G2/H03.012", CLERK)
        full = {"type_name": "Quyết định", "code_number": "05", "code_notation": "QĐ-UBND", "organ_name": "Ủy ban nhân dân xã",
                "subject": "về việc ban hành Quy chế", "language": "vi", "page_amount": 1}  # fmt: skip
        file(archive, desk, "a", full | {"issued_date": "2025-03-02"})
        lost = numbered(archive, desk, "lost")
        archive.void(lost, "blank", CLERK)
        file(archive, desk, "b", full | {"issued_date": "2024-12-31", "subject": "=1+1 về việc \ufb01"})
        received(archive, desk, full | {"issued_date": "2025-06-01", "type_name": "Công văn"})
        file(archive, desk, "c", {"code_notation": "TTr-UBND"})
    return folder


def blob(desk: Path, name: str, data: bytes) -> Blob:
    path = desk / name
    path.write_bytes(data)
    return Blob(path, hashlib.sha256(data).hexdigest(), len(data))


def numbered(archive: Archive, desk: Path, name: str) -> str:
    return archive.reserve(DocumentKey(blob(desk, f"{name}.scan", name.encode()).sha256, "sao-y", FILE), CLERK)


def file(archive: Archive, desk: Path, name: str, described: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A scanned document with this description, filed."""
    scan = blob(desk, f"{name}.scan", name.encode())
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), name)
        pdf = blob(desk, f"{name}.pdf", document.tobytes())
    key = DocumentKey(scan.sha256, "sao-y", FILE)
    moment = "2026-11-29T12:42:24+07:00"
    values: dict[str, Any] = {
        "key": key, "doc_code": archive.reserve(key, CLERK), "form": "sao-y", "original_name": f"{name}.pdf",
        "description": Description(**described), "complete": len(described) > 4, "pdf": pdf, "scan": scan, "scan_ext": ".pdf", "pages": 1,
        "signed_at": moment, "timestamped_at": moment, "pades_level": "B-LTA", "pdfa": "2b", "block_text": "SAO Y; Ủy ban",
        "text": (f"trang của {name}",), "provenance": {"pages": [{"kind": "scan"}], "received_at": "2026-11-29T05:00:00+00:00"},
    }  # fmt: skip
    return archive.file(Filing(**values | more), CLERK)


def received(archive: Archive, desk: Path, described: dict[str, Any]) -> dict[str, Any]:
    """An electronic original with evidence beside it."""
    came = blob(desk, "came.pdf", ORIGINAL)
    key = DocumentKey(came.sha256, "van-ban-den", FILE)
    beside = (Companion("verification.json", blob(desk, "v.json", b"{}")), Companion("lta", blob(desk, "lta", b"increment")))
    return archive.file(Filing(
        key, archive.reserve(key, CLERK), None, "came.pdf", Description(**described), True, came, came, ".pdf", 3,
        verification="valid", companions=beside, provenance={"pages": [{"kind": "text"}]},
    ), CLERK)  # fmt: skip
