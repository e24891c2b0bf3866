"""Documents removed by order: the bag stays a bag, what is left verifies, and nothing of what went is left."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest

from archive import proofpack, removal, shelves
from archive.errors import ArchiveError
from archive.query import Query
from archive.removal import Removal
from archive.store import Archive
from tests.archive.conftest import CLERK, FILE, Office
from tests.archive.test_heads import log_key

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
    """Without what is so because no head was published here: 14 days after `NOON` a removal is overdue too."""
    return {found["code"] for found in told["findings"]} - {"log-missing", "removal-unpublished"}


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


def test_a_file_of_which_documents_were_destroyed_stays_closed(sealed: Archive) -> None:
    sealed.close_file(FILE, CLERK)
    sealed.remove([f"{FILE}.0000001"], order())
    with pytest.raises(ArchiveError, match="destroyed by order") as refused:
        sealed.reopen_file(FILE, "Đóng nhầm", CLERK)
    assert refused.value.code == "file-disposed"


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


# --- begun, carried out, ended


def test_an_order_is_begun_until_it_is_ended(sealed: Archive) -> None:
    done = sealed.remove([f"{FILE}.0000001"], order())
    (begun,) = sealed.begun_removals()
    assert (begun.removal, begun.codes) == (order(), (f"{FILE}.0000001",))  # copies and minutes are still to come
    sealed.end_removal(done, CLERK)
    sealed.end_removal(done, CLERK)
    assert sealed.half_removed() == [] and len(sealed.happened("removal-ended")) == 1
    assert sealed.verify().findings == [] and said(offline(sealed)) == set()


def test_the_end_of_one_order_ends_no_other(office: Office, sealed: Archive) -> None:
    sealed.file(office.filing(sealed, "c"), CLERK)
    first = sealed.remove([f"{FILE}.0000001"], order())
    sealed.remove([f"{FILE}.0000002"], order("purged"))
    second = sealed.remove([f"{FILE}.0000003"], order())
    sealed.end_removal(first, CLERK)
    sealed.end_removal(second, CLERK)
    assert sealed.half_removed() == [f"{FILE}.0000002"]


def test_given_again_an_order_tells_the_same(sealed: Archive) -> None:
    done = sealed.remove([f"{FILE}.0000001"], order())
    assert sealed.remove([f"{FILE}.0000001"], order()) == done and done.paths and done.days
    assert sealed.ordered_of_file(order().order, FILE) == [f"{FILE}.0000001"]
    assert sealed.ordered_of_file("another", FILE) == []


def test_a_secret_that_was_never_filed_is_purged_from_the_log(office: Office, sealed: Archive) -> None:
    scan = office.blob("c.scan", b"held for its mark").sha256
    sealed.event("received", scan_sha256=scan, actor=CLERK, private={"name": "chốtmậtchưalưu.pdf"})
    office.clock.pass_(days=1)
    sealed.seal_day(DAY + dt.timedelta(days=1), "night")
    done = sealed.remove([], order("purged"), [scan])
    assert (done.codes, done.scans, done.days) == ((), (scan,), ("2026-11-24",))
    assert sealed.verify().findings == [] and said(offline(sealed)) == set()
    assert all("chốtmật" not in str(event["private"]) for event in sealed.told_of(scan))
    count = sealed.event_count()
    assert sealed.remove([], order("purged"), [scan]) == done and sealed.event_count() == count
    sealed.end_removal(done, CLERK)
    assert sealed.half_removed() == []


def test_what_was_sealed_anew_is_published_the_same_night_though_that_day_cannot_be_sealed(office: Office, sealed: Archive) -> None:
    sealed.publish(DAY, log_key())
    sealed.remove([f"{FILE}.0000001"], order())
    assert sealed.unpublished() == []  # the day is not over, its own head will have it
    stray = office.root / "2026/11/24/data/la.pdf"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"nobody filed this")
    office.clock.pass_(days=1)
    with pytest.raises(ArchiveError, match="orphan"):
        sealed.seal_day(DAY + dt.timedelta(days=1), "night")
    assert sealed.unpublished() == [DAY + dt.timedelta(days=1)]
    sealed.publish(DAY + dt.timedelta(days=1), log_key())
    assert sealed.unpublished() == []
    stray.unlink()
    (office.root / "catalogue.db").rename(office.root.parent / "catalogue.db")  # as on a copy: only what is published counts
    assert said(offline(sealed)) == set()
    (office.root.parent / "catalogue.db").rename(office.root / "catalogue.db")
    sealed.seal_day(DAY + dt.timedelta(days=1), "night")
    office.clock.pass_(days=1)
    sealed.event("fixity", actor="sohoa")
    office.clock.pass_(days=1)
    for day in sealed.unsealed_before(office.clock().date()):
        sealed.seal_day(day, "night")
    sealed.publish(sealed.unpublished()[-1], log_key())
    assert sealed.unpublished() == [] and sealed.verify().findings == []


def test_nothing_of_what_was_disposed_of_is_left_in_the_catalogue(sealed: Archive) -> None:
    sealed.remove([f"{FILE}.0000001"], order())
    sealed.close()
    data = (sealed.root / "catalogue.db").read_bytes()
    assert not [word for word in (SUBJECT, WORD, WORD.lower(), "tran ia phao") if word.encode() in data]


def test_a_removed_document_is_proved_by_its_entry(office: Office, sealed: Archive) -> None:
    sealed.publish(DAY, log_key())
    filed = sealed.get(f"{FILE}.0000001")
    assert filed is not None
    sealed.remove([f"{FILE}.0000001"], order())
    found = sealed.proof(f"{FILE}.0000001")
    packed = zipfile.ZipFile(io.BytesIO(proofpack.packed(sealed.root, found)))
    assert proofpack.GONE in packed.namelist() and not [name for name in packed.namelist() if name.endswith(".pdf")]
    assert filed["sha256"] in "".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())
    place = office.folder / "taken"
    packed.extractall(place)
    done = subprocess.run([sys.executable, "-I", str(place / proofpack.CHECKER)], capture_output=True, text=True, check=False, cwd=place)
    assert done.returncode == 0, done.stdout + done.stderr
