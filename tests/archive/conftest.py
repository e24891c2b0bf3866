"""An office with a clock that can be set, and documents to file."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from archive.record import Blob, Description, DocumentKey, Filing
from archive.store import Archive

FILE = "H05.02.2026.01.TCCB"
NOON = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)  # 12:00 in Việt Nam
CLERK = "van-thu"


@dataclass
class Clock:
    """Tells the time it was set to, in UTC as a server would."""

    now: dt.datetime = NOON

    def __call__(self) -> dt.datetime:
        return self.now

    def pass_(self, **delta: float) -> None:
        self.now += dt.timedelta(**delta)


@dataclass
class Office:
    """One archive, and a desk where scans and sealed PDFs lie before they are filed."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    opened: list[Archive] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.folder / "archive"

    def open(self) -> Archive:
        archive = Archive.open(self.root, self.clock, require_to_close=lambda lane: ("code_number", "subject"), organization="UBND xã")
        self.opened.append(archive)
        return archive

    def blob(self, name: str, data: bytes) -> Blob:
        path = self.folder / name
        path.write_bytes(data)
        return Blob(path, hashlib.sha256(data).hexdigest(), len(data))

    def filing(self, archive: Archive, name: str = "a", **changes: Any) -> Filing:
        """A numbered document ready to be filed; the same name is the same scan and the same bytes."""
        scan, pdf = self.blob(f"{name}.scan", f"scan {name}".encode()), self.blob(f"{name}.pdf", f"%PDF {name}".encode())
        key = changes.pop("key", DocumentKey(scan.sha256, "sao-y", FILE))
        described = {name: changes.pop(name) for name in list(changes) if name in Description.__dataclass_fields__}
        values: dict[str, Any] = {
            "key": key, "doc_code": archive.reserve(key, CLERK), "form": "sao-y", "original_name": f"{name}.pdf",
            "description": Description(**described), "complete": False, "pdf": pdf, "scan": scan, "scan_ext": ".pdf",
            "pages": 1, "text": (f"trang một của {name}",), "provenance": {"software": {"sohoa": "0.1"}},
        }  # fmt: skip
        return Filing(**values | changes)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    for archive in made.opened:
        archive.close()


@pytest.fixture
def archive(office: Office) -> Archive:
    opened = office.open()
    opened.declare_file(FILE, "Hồ sơ tổ chức cán bộ", maintenance="01", organ_id="H05.02", year=2026, actor=CLERK)
    return opened
