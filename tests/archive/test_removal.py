"""Documents removed by order: the bag stays a bag, what is left verifies, and nothing of what went is left."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest

from archive import removal, shelves
from archive.errors import ArchiveError
from archive.query import Query
from archive.removal import Removal
from archive.store import Archive
from tests.archive.conftest import CLERK, FILE, Office

DAY = dt.date(2026, 11, 23)
SUBJECT, NAME, WORD = "Vềviệc bốtríchốtmật", "bảnđồchốtmật.pdf", "trậnđịapháo"


def order(kind: removal.Kind = "disposed") -> Removal:
    return Removal(kind, "Quyết định 12/QĐ-UBND ngày 01/11/2026", ("Nguyễn Thị Hủy", "Trần Văn Chứng"), "luu-tru")


@pytest.fixture
def sealed(office: Office, archive: Archive) -> Archive:
    """Two documents of one sealed day."""
    archive.event("received", scan_sha256=office.blob("a.scan", b"scan a").sha256, actor=CLERK, private={"name": NAME})
    archive.file(office.filing(archive, "a", subject=SUBJECT, original_name=NAME, text=(f"{WORD} ở đồi",)), CLERK)
    archive.file(office.filing(archive, "b", subject="Về việc nghỉ lễ"), CLERK)
    office.clock.pass_(days=1)
    archive.seal_day(DAY, "night")
    return archive


def offline(archive: Archive) -> dict[str, Any]:
    shelves.explain(archive.root)
    done = subprocess.run([sys.executable, "-I", str(archive.root / "_tools/verify.py"), str(archive.root), "--json"],
                          capture_output=True, text=True, check=False)  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def said(told: dict[str, Any]) -> set[str]:
    return {found["code"] for found in told["findings"]} - {"log-missing"}  # no head was published here


def files_of(root: Path, code: str) -> list[Path]:
    return [path for path in root.rglob(f"*{code}*") if path.is_file()]


def test_what_was_disposed_of_is_gone_and_the_day_is_still_a_bag(sealed: Archive) -> None:
    done = sealed.remove([f"{FILE}.0000001"], order())
    assert done.codes == (f"{FILE}.0000001",) and done.days == ("2026-11-23",)
    assert len(done.paths) == 3  # PDF, record, scan
    assert files_of(sealed.root, ".0000001") == []
    bagit.Bag(str(sealed.root / "2026/11/23")).validate()
    result = sealed.verify()
    assert (result.findings, result.checked, result.removed) == ([], 1, 1)
    told = offline(sealed)
    assert said(told) == set()
    assert sum("removed by order" in note for note in told["notes"]) == 3


def test_the_code_stays_with_its_events_and_without_what_it_told(sealed: Archive) -> None:
    sealed.remove([f"{FILE}.0000001"], order())
    row = sealed.get(f"{FILE}.0000001")
    assert row is not None and row["state"] == "disposed"
    assert (row["subject"], row["original_name"], row["path"], row["text"]) == (None, None, None, [])
    assert [event["type"] for event in row["events"]] == ["received", "numbered", "filed", "dispose-asked", "disposed"]
    assert row["events"][-1]["private"]["order"].startswith("Quyết định 12")
    assert "Nguyễn" not in json.dumps(row["events"][-1]["public"])
    assert list(sealed.find(Query())) and all(found["state"] == "filed" for found in sealed.find(Query()))
    assert [found["doc_code"] for found in sealed.find(Query(fields={"state": "disposed"}))] == [f"{FILE}.0000001"]
    assert not list(sealed.find(Query(WORD)))


def test_the_same_order_again_changes_nothing(sealed: Archive) -> None:
    sealed.remove([f"{FILE}.0000001"], order())
    count = sealed.event_count()
    assert sealed.remove([f"{FILE}.0000001"], order()).codes == (f"{FILE}.0000001",)
    assert sealed.event_count() == count


def test_the_scan_stays_while_another_document_is_made_of_it(office: Office, archive: Archive) -> None:
    first = office.filing(archive, "a")
    archive.file(first, CLERK)
    key = type(first.key)(first.key.scan_sha256, "sao-y", FILE, again=1)
    archive.file(office.filing(archive, "a", key=key), CLERK)
    office.clock.pass_(days=1)
    archive.seal_day(DAY, "night")
    with pytest.raises(ArchiveError, match="scan-shared"):
        archive.remove([first.doc_code], order("purged"))
    archive.remove([first.doc_code], order())
    assert archive.verify().findings == []
    assert len(list(archive.root.rglob("scans/*"))) == 1
    archive.remove([f"{FILE}.0000002"], order())
    assert archive.verify().findings == [] and not list(archive.root.rglob("scans/*"))


def test_nothing_of_a_purged_secret_is_left_on_the_disk(sealed: Archive) -> None:
    sealed.describe(f"{FILE}.0000001", {"note": "trậnđịacaonguyên"}, CLERK)
    sealed.remove([f"{FILE}.0000001"], order("purged"))
    sealed.close()
    hidden = [text.encode() for text in (SUBJECT, NAME, WORD, WORD.lower(), "tran ia phao", "tranđia", "trandiaphao", "trậnđịacaonguyên",
                                         "chotmat")]  # fmt: skip
    for path in (path for path in sealed.root.rglob("*") if path.is_file() and path.parent.name != "_tools"):
        assert not [word for word in hidden if word in path.read_bytes()], path
    bagit.Bag(str(sealed.root / "2026/11/23")).validate()


def test_a_purged_secret_verifies_as_removed_by_order(sealed: Archive) -> None:
    sealed.remove([f"{FILE}.0000001"], order("purged"))
    assert sealed.verify().findings == []
    assert sealed.verify(DAY).findings == []
    assert sealed.verify([f"{FILE}.0000001"]).findings == []
    assert said(offline(sealed)) == set()
    row = sealed.get(f"{FILE}.0000001")
    assert row is not None and row["state"] == "purged"
    assert [event["private"] for event in row["events"] if event["type"] == "received"] == [{}]
    assert row["events"][-1]["private"]["by"] == ["Nguyễn Thị Hủy", "Trần Văn Chứng"]


def test_a_document_of_today_is_purged_before_its_day_is_sealed(office: Office, archive: Archive) -> None:
    archive.file(office.filing(archive, "a", subject=SUBJECT), CLERK)
    assert archive.remove([f"{FILE}.0000001"], order("purged")).days == ()
    assert archive.verify().findings == []
    office.clock.pass_(days=1)
    archive.seal_day(DAY, "night")
    bagit.Bag(str(archive.root / "2026/11/23")).validate()
    assert archive.verify().findings == [] and said(offline(archive)) == set()


def test_all_codes_a_document_had_go_with_it(office: Office, sealed: Archive) -> None:
    other = "H05.02.2026.02.TCCB"
    sealed.declare_file(other, "Hồ sơ khác", maintenance="01", organ_id="H05.02", year=2026, actor=CLERK)
    sealed.refile(f"{FILE}.0000001", other, "nhầm hồ sơ", CLERK)
    office.clock.pass_(days=1)
    sealed.seal_day(DAY + dt.timedelta(days=1), "night")
    done = sealed.remove([f"{other}.0000001"], order("purged"))
    assert set(done.codes) == {f"{FILE}.0000001", f"{other}.0000001"} and len(done.days) == 2
    assert sealed.verify().findings == [] and said(offline(sealed)) == set()
    for day in done.days:
        bagit.Bag(str(sealed.root / day.replace("-", "/"))).validate()


def test_nothing_that_was_altered_is_sealed_anew(sealed: Archive) -> None:
    with sealed._catalogue.writing() as db:
        db.execute("update document set sha256 = ? where doc_code = ?", ["0" * 64, f"{FILE}.0000002"])
    with pytest.raises(ArchiveError, match="altered"):
        sealed.remove([f"{FILE}.0000001"], order())
    assert len(files_of(sealed.root, ".0000001")) == 2


def test_a_row_that_says_disposed_by_nobodys_order_is_found(sealed: Archive) -> None:
    with sealed._catalogue.writing() as db:
        db.execute("update document set state = 'disposed', path = null where doc_code = ?", [f"{FILE}.0000001"])
    assert any(found.code == "missing" and found.doc_code == f"{FILE}.0000001" for found in sealed.verify().findings)


def test_private_facts_of_what_was_not_purged_must_not_be_erased(sealed: Archive) -> None:
    with sealed._catalogue.writing() as db:
        db.execute("update event set private = null, salt = null where type = 'received'")
    assert any(found.code == "log-broken" for found in sealed.verify().findings)
    with pytest.raises(ArchiveError, match="altered"):  # and no order for another document seals that over
        sealed.remove([f"{FILE}.0000002"], order("purged"))


def test_what_is_frozen_is_not_removed_until_that_is_lifted(sealed: Archive) -> None:
    sealed.freeze(f"{FILE}.0000001", "vụ án đang điều tra", CLERK)
    for kind in removal.GONE:
        with pytest.raises(ArchiveError, match="frozen"):
            sealed.remove([f"{FILE}.0000001"], order(kind))  # type: ignore[arg-type]  # the two there are
    with pytest.raises(ArchiveError, match="frozen"):
        sealed.freeze(f"{FILE}.0000001", "again", CLERK)
    sealed.freeze(f"{FILE}.0000001", "xong", CLERK, lift=True)
    sealed.freeze(FILE, "thanh tra", CLERK, is_file=True)
    with pytest.raises(ArchiveError, match="its file is"):
        sealed.remove([f"{FILE}.0000001"], order())
    sealed.freeze(FILE, "xong", CLERK, is_file=True, lift=True)
    sealed.remove([f"{FILE}.0000001"], order())
    assert sealed.verify().findings == []


def test_a_scan_that_was_removed_is_a_duplicate_when_it_comes_again(office: Office, sealed: Archive) -> None:
    key = office.filing(sealed, "a").key
    sealed.remove([f"{FILE}.0000001"], order("purged"))
    assert sealed.key_state(key) == ("filed", f"{FILE}.0000001")


def test_a_tombstone_is_not_filed_over(office: Office, sealed: Archive) -> None:
    other = "H05.02.2026.02.TCCB"
    sealed.declare_file(other, "Hồ sơ khác", maintenance="01", organ_id="H05.02", year=2026, actor=CLERK)
    key = office.filing(sealed, "a").key
    second = type(key)(key.scan_sha256, key.lane, other)
    filed = sealed.file(office.filing(sealed, "a", key=second), CLERK)
    sealed.remove([f"{FILE}.0000001"], order())
    with pytest.raises(ArchiveError, match="bad-link"):
        sealed.refile(filed["doc_code"], FILE, "nhầm", CLERK)
