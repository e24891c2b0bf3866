from __future__ import annotations

import datetime as dt
import hashlib
import json
import stat
import subprocess
from pathlib import Path

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest

from archive.bag import encode_path, manifest_of
from archive.errors import ArchiveError
from archive.log import leaf_hash, root
from archive.record import DocumentKey
from archive.store import Archive
from tests.archive.conftest import CLERK, FILE, Office

DAY = dt.date(2026, 11, 23)


@pytest.fixture
def filed(office: Office, archive: Archive) -> Archive:
    """Two documents of the 23rd, looked at on the 24th."""
    archive.declare_file("H05.02.2026.15.ĐT", "Đào tạo", year=2026, actor=CLERK)
    archive.file(office.filing(archive, "a"), CLERK)
    scan = hashlib.sha256(b"scan b").hexdigest()
    archive.file(office.filing(archive, "b", key=DocumentKey(scan, "sao-y", "H05.02.2026.15.ĐT")), CLERK)
    office.clock.pass_(days=1)
    return archive


def sealed_leaf(archive: Archive) -> dict[str, object]:
    with archive._catalogue.reading() as db:
        rows = list(db.query("select entry from leaf join event using (seq) where type = 'sealed'"))
    public: dict[str, object] = json.loads(rows[-1]["entry"])["public"]
    return public


def test_a_sealed_day_is_a_bag_to_the_librarys_own_tool(office: Office, filed: Archive) -> None:
    result = filed.seal_day(DAY, "night")
    bag = bagit.Bag(str(office.root / "2026/11/23"))
    bag.validate()
    assert (result.path, result.documents, result.files) == ("2026/11/23", 2, 7)
    assert bag.version_info == (1, 0)
    assert bag.info["Payload-Oxum"] == f"{result.octets}.7"
    assert bag.info["Source-Organization"] == "UBND xã"
    assert bag.info["External-Identifier"] == "2026-11-23"
    assert bag.info["Bagging-Date"] == "2026-11-24"
    assert "data/H05.02.2026.15.ĐT.0000001.pdf" in bag.payload_files()


def test_a_sealed_day_can_be_checked_with_sha256sum(office: Office, filed: Archive) -> None:
    filed.seal_day(DAY, "night")
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", manifest], cwd=office.root / "2026/11/23", check=True)


def test_the_log_knows_the_manifest_and_its_own_root(office: Office, filed: Archive) -> None:
    result = filed.seal_day(DAY, "night")
    public = sealed_leaf(filed)
    manifest = (office.root / "2026/11/23/manifest-sha256.txt").read_bytes()
    assert public["manifest_sha256"] == result.manifest_sha256 == hashlib.sha256(manifest).hexdigest()
    lines = (office.root / "2026/11/23/data/events.jsonl").read_text().splitlines()
    leaves = [leaf_hash(json.loads(line)["entry"].encode()) for line in lines]
    assert (public["tree_size"], public["root"]) == (len(leaves), root(leaves).hex())


def test_nothing_in_a_sealed_day_can_be_written(office: Office, filed: Archive) -> None:
    filed.seal_day(DAY, "night")
    for path in [office.root / "2026/11/23", *(office.root / "2026/11/23").rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o222


def test_sealing_again_is_the_same_seal(office: Office, filed: Archive) -> None:
    first = filed.seal_day(DAY, "night")
    files = {path: path.stat().st_mtime_ns for path in office.root.rglob("2026/11/23/**/*")}
    office.clock.pass_(days=2)
    assert filed.seal_day(DAY, "night") == first
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert [event for event in filed.days() if event.sealed_at] == [filed.days()[0]]


def test_an_open_day_is_not_sealed_and_an_empty_one_makes_no_bag(office: Office, filed: Archive) -> None:
    for day in (dt.date(2026, 11, 24), dt.date(2026, 11, 25)):
        with pytest.raises(ArchiveError) as refused:
            filed.seal_day(day, "night")
        assert refused.value.code == "day-open"
    result = filed.seal_day(dt.date(2026, 11, 20), "night")
    assert (result.path, result.manifest_sha256, result.sealed_at) == (None, None, None)
    assert not (office.root / "2026/11/20").exists()


def test_the_nightly_run_catches_up_day_by_day(office: Office, filed: Archive) -> None:
    office.clock.pass_(days=2)
    filed.file(office.filing(filed, "c"), CLERK)
    office.clock.pass_(days=7)
    today = dt.date(2026, 12, 3)
    assert filed.unsealed_before(today) == [DAY, dt.date(2026, 11, 26)]
    for day in filed.unsealed_before(today):
        filed.seal_day(day, "night")
    assert filed.unsealed_before(today) == []
    assert [row.documents for row in filed.days()] == [2, 1, 0]
    assert filed.verify().findings == []


def test_a_correction_is_in_the_bag_of_the_day_it_was_made(office: Office, filed: Archive) -> None:
    filed.seal_day(DAY, "night")
    filed.describe(f"{FILE}.0000001", {"subject": "Đính chính"}, "lan")
    office.clock.pass_(days=1)
    filed.seal_day(dt.date(2026, 11, 24), "night")
    lines = [json.loads(line) for line in (office.root / "2026/11/24/data/events.jsonl").read_text().splitlines()]
    entries = [json.loads(line["entry"]) for line in lines]
    assert [entry["type"] for entry in entries] == ["sealed", "described"]
    assert json.loads(lines[1]["private"]) == {"subject": "Đính chính"}
    bagit.Bag(str(office.root / "2026/11/24")).validate()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda day: (day / f"data/{FILE}.0000001.pdf").write_bytes(b"%PDF b"), "altered"),
        (lambda day: (day / f"data/{FILE}.0000001.json").write_bytes(b"{}"), "altered"),
        (lambda day: (day / f"data/{FILE}.0000001.pdf").unlink(), "missing"),
        (lambda day: next(iter((day / "data/scans").iterdir())).unlink(), "missing"),
        (lambda day: (day / "data/Thumbs.db").write_bytes(b"x"), "orphan"),
        (lambda day: (day / "data/link").symlink_to("/etc/hostname"), "orphan"),
    ],
)
def test_a_shelf_that_contradicts_the_catalogue_is_not_sealed(office: Office, filed: Archive, damage, code: str) -> None:  # type: ignore[no-untyped-def]  # a lambda of the table above
    day = office.root / "2026/11/23"
    damage(day)
    with pytest.raises(ArchiveError) as refused:
        filed.seal_day(DAY, "night")
    assert refused.value.code == code
    assert filed.unsealed_before(dt.date(2026, 11, 24)) == [DAY]
    assert not (day / "bagit.txt").exists()


def test_a_day_a_person_put_right_is_sealed(office: Office, filed: Archive) -> None:
    stray = office.root / "2026/11/23/data/Thumbs.db"
    stray.write_bytes(b"x")
    with pytest.raises(ArchiveError):
        filed.seal_day(DAY, "night")
    stray.unlink()
    assert filed.seal_day(DAY, "night").sealed_at
    bagit.Bag(str(office.root / "2026/11/23")).validate()


def test_no_document_reaches_a_day_once_a_later_one_is_closed(office: Office, filed: Archive) -> None:
    filed.seal_day(DAY, "night")
    other = Archive.open(office.root, lambda: office.clock.now - dt.timedelta(days=1))
    ready = office.filing(other, "late")
    with pytest.raises(ArchiveError) as refused:
        other.file(ready, CLERK)
    assert refused.value.code in ("clock-behind", "shelf-closed")
    other.close()


def test_manifests_encode_only_what_rfc_8493_says(tmp_path: Path) -> None:
    assert encode_path("data/100% a\r\nb ế.pdf") == "data/100%25 a%0D%0Ab ế.pdf"
    assert manifest_of({"b": "2" * 64, "a": "1" * 64}) == b"1" * 64 + b"  a\n" + b"2" * 64 + b"  b\n"
