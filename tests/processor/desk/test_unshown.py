"""What may bear a mark of secrecy is listed at the desk and never pictured, for whatever reason it lies there."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from archive.store import Archive
from processor.desk import acts, drawers
from processor.desk.drawers import Desk
from processor.desk.papers import Paper
from processor.errors import Verdict
from processor.parking import Lot
from processor.pictures import WIDTHS, Pictures
from processor.settings import parse

SCAN = b"\xff\xd8\xff"
SHA = hashlib.sha256(SCAN).hexdigest()
SECRECY = {"code": "secrecy-mark", "lane": "sao-y"}
NOW = dt.datetime(2026, 11, 24, 18, 30, tzinfo=dt.UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    archive = Archive.open(tmp_path / "archive", lambda: NOW)
    settings = parse({"lanes": {"sao-y": {"kind": "copy", "form": "sao-y"}}})
    yield cast(Desk, SimpleNamespace(station=tmp_path, archive=archive, settings=settings))
    archive.close()


def lot(desk: Desk, code: str, *released: str) -> Lot:
    folder = desk.station / ("held/sao-y/a" if code != "rejected-by-clerk" else "rejected/sao-y/a")
    folder.mkdir(parents=True)
    (folder / "scan.jpg").write_bytes(SCAN)
    told: dict[str, Any] = {
        "code": code, "reason": "", "lane": "sao-y", "file_code": "", "part": "", "scan_sha256": SHA, "original_name": "scan.jpg",
        "received_at": "", "again": 0, "size": 3, "doc_code": None, "sidecar": {}, "released": list(released),
    }  # fmt: skip
    (folder / "reason.json").write_text(json.dumps(told), "utf-8")
    found = drawers.lot(desk, *folder.relative_to(desk.station).parts)
    assert found is not None
    return found


def test_what_was_held_for_secrecy_and_then_refused_is_not_shown(desk: Desk) -> None:
    desk.archive.event("held", scan_sha256=SHA, actor="sohoa", public=SECRECY)
    desk.archive.event("rejected", scan_sha256=SHA, actor="lan", public={"code": "rejected-by-clerk", "lane": "sao-y"})
    assert drawers.scan(desk, lot(desk, "rejected-by-clerk")) is None


def test_a_note_that_was_changed_by_hand_shows_nothing(desk: Desk) -> None:
    desk.archive.event("held", scan_sha256=SHA, actor="sohoa", public=SECRECY)
    assert drawers.scan(desk, lot(desk, "nothing-read")) is None


def test_what_is_said_to_be_secret_is_not_shown_whatever_it_is_held_for(desk: Desk) -> None:
    found = lot(desk, "list-late")
    assert drawers.scan(desk, found) is not None
    said = {**found.told, "sidecar": {"mode": "Tối mật"}}
    assert drawers.scan(desk, Lot(found.folder, said)) is None
    assert drawers.scan(desk, Lot(found.folder, {**said, "released": ["secrecy-mark"]})) is not None


def test_what_somebody_has_answered_for_is_shown(desk: Desk) -> None:
    desk.archive.event("held", scan_sha256=SHA, actor="sohoa", public=SECRECY)
    desk.archive.event("released", scan_sha256=SHA, actor="lan", public=SECRECY, private={"reason": "đã giải mật"})
    found = lot(desk, "nothing-read", "secrecy-mark")
    assert drawers.scan(desk, found) is not None and not drawers.looks(desk, found)


def test_a_scan_is_shown_when_each_of_its_documents_was_answered_for(desk: Desk) -> None:
    for event in ("held", "held", "released"):
        desk.archive.event(event, scan_sha256=SHA, actor="lan", public=SECRECY)
    whole = lot(desk, "rejected-by-clerk")  # no document of several: dropped twice and held twice it is answered for once
    assert drawers.scan(desk, whole) is not None
    found = Lot(whole.folder, {**whole.told, "part": "2-3"})
    assert drawers.scan(desk, found) is None
    desk.archive.event("released", scan_sha256=SHA, actor="lan", public=SECRECY)
    assert drawers.scan(desk, found) is not None


def test_other_bytes_than_those_somebody_answered_for_are_looked_at(desk: Desk) -> None:
    found = lot(desk, "nothing-read", "secrecy-mark")
    (desk.station / found.folder / "scan.jpg").write_bytes(SCAN + b"other")
    assert drawers.looks(desk, found)


class Worker:
    """Pictures pages, and says of some that they bear a mark."""

    def __init__(self, count: int, secret: set[int]) -> None:
        self.count, self.secret, self.asked = count, secret, list[int]()

    def call(self, job: str, args: dict[str, Any]) -> dict[str, int]:
        self.asked.append(args["page"])
        if args["looks"] and args["page"] in self.secret:
            raise Verdict("secrecy-mark")
        Path(args["out"]).write_bytes(b"jpeg")
        return {"pages": self.count}


@pytest.mark.parametrize("width", WIDTHS)
def test_all_pages_are_looked_at_before_any_is_shown(tmp_path: Path, width: int) -> None:
    worker = Worker(3, {3})
    (tmp_path / "a.pdf").write_bytes(SCAN)
    pictures, looks = Pictures(cast(Any, worker), tmp_path, {}), {"languages": ["vie"], "station": "."}
    for _ in range(2):
        with pytest.raises(Verdict, match="secrecy-mark"):
            pictures.page(tmp_path / "a.pdf", "a", 1, width, looks)
        with pytest.raises(Verdict, match="secrecy-mark"):
            pictures.pages(tmp_path / "a.pdf", "a", looks)
    assert worker.asked == [1, 2, 3] and not list(tmp_path.glob("*.jpg"))


def test_pages_are_looked_at_once(tmp_path: Path) -> None:
    worker = Worker(3, set())
    (tmp_path / "a.pdf").write_bytes(SCAN)
    pictures, looks = Pictures(cast(Any, worker), tmp_path, {}), {"languages": ["vie"], "station": "."}
    assert pictures.pages(tmp_path / "a.pdf", "a", looks) == 3
    for number in (1, 2, 3):
        assert pictures.page(tmp_path / "a.pdf", "a", number, WIDTHS[-1], looks).is_file()
    assert worker.asked == [1, 2, 3]


class Purging(Worker):
    """While a page is pictured, its document is removed by order, with all that desks keep."""

    def __init__(self, scan: Path, kept: Path, *, is_swept_before: bool) -> None:
        super().__init__(1, set())
        self.scan, self.kept, self.is_swept_before = scan, kept, is_swept_before

    def call(self, job: str, args: dict[str, Any]) -> dict[str, int]:
        self.scan.unlink()
        told = super().call(job, args)
        if not self.is_swept_before:
            for path in self.kept.iterdir():
                path.unlink()
        return told


@pytest.mark.parametrize("is_swept_before", [True, False])
def test_a_picture_that_is_made_while_its_document_is_purged_does_not_stay(tmp_path: Path, is_swept_before: bool) -> None:
    scan, kept = tmp_path / "a.pdf", tmp_path / "pictures"
    scan.write_bytes(SCAN)
    kept.mkdir()
    pictures = Pictures(cast(Any, Purging(scan, kept, is_swept_before=is_swept_before)), kept, {})
    with pytest.raises(Verdict):
        pictures.page(scan, "a", 1, WIDTHS[-1])
    assert not list(kept.iterdir())


def test_what_was_held_before_it_was_looked_at_is_looked_at_before_it_is_shown(desk: Desk) -> None:
    assert drawers.looks(desk, lot(desk, "sidecar-bad")) == {"languages": ["vie"], "station": str(desk.station)}


def test_who_splits_what_must_be_answered_for_is_asked_why() -> None:
    """Else the desk would say it is done, and the request be turned down where nobody looks."""
    paper = Paper("/held/sao-y/a", "held/sao-y/a", "a.pdf", "sao-y", 3, "", "", (), code="original-not-seen")
    form = {"parts": "1-2; 3"}
    assert acts._refusal("split", paper, form) == acts._WHY
    assert acts._refusal("split", paper, form | {"reason": "đã xem bản giấy"}) == ""
    assert acts._refusal("split", replace(paper, code="two-documents"), form) == ""


def test_a_document_of_a_stack_is_split_by_its_own_pages() -> None:
    paper = Paper("/held/sao-y/a", "held/sao-y/a", "a.pdf", "sao-y", 8, "", "", (), "two-documents", "5-7", frozenset({1, 3, 8}))
    assert acts._refusal("split", paper, {"parts": "5; 6-7"}) == ""
    assert "Trang bị bỏ ra: 7" in acts._refusal("split", paper, {"parts": "5; 6"})
    assert "Trang 8 đã thuộc văn bản khác" in acts._refusal("split", paper, {"parts": "5-6; 7-8", "reason": "x"})
