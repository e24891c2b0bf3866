"""The catalogue lost: made again from the dated folders and `_log`, it gives the same roots, rows, answers and next numbers."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.errors import ArchiveError
from archive.links import Order
from archive.query import Query
from archive.rebuilding import Rebuilt, rebuild
from archive.record import Companion, DocumentKey
from archive.removal import Kind, Removal
from archive.replaying import ranges
from archive.store import Archive
from archive.verify_log import numbers_of
from tests.archive.conftest import CLERK, FILE, Office
from tests.archive.test_crash import impatient, sweep
from tests.archive.test_heads import log_key
from tests.archive.test_verify import change

__all__ = ["impatient"]
OTHER, CLOSED = "H05.02.2026.02.VP", "H05.02.2026.03.VP"
TABLES = ("fonds", "file", "document", "scan", "companion", "event", "leaf", "day", "checkpoint", "search", "name")
DIFFER = {"day": ("closed_at",), "checkpoint": ("made_at",)}  # moments that are no facts of any entry: when the day was shut
WHY = "Xếp nhầm hồ sơ của ông Nguyễn Văn A"


def required(_: str) -> tuple[str, ...]:
    return ("code_number", "subject")


def made(office: Office) -> Rebuilt:
    def ticking() -> dt.datetime:
        office.clock.pass_(microseconds=1)
        return office.clock()

    return rebuild(office.root, ticking, required, "tester")


def night(office: Office, archive: Archive, publish: bool = True) -> None:
    day = (office.clock.now + dt.timedelta(hours=7)).date()
    office.clock.pass_(days=1)
    archive.seal_day(day, "night")
    if publish:
        archive.publish(day, log_key())


@pytest.fixture(scope="module")
def three_days(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Three days with everything that can happen, sealed and published."""
    office = Office(tmp_path_factory.mktemp("three"))
    archive = office.open()
    archive.declare_file(FILE, "Hồ sơ tổ chức cán bộ", maintenance="01", organ_id="H05.02", year=2026, actor=CLERK)
    archive.declare_fonds("P01", "Phông Sở Nội vụ", "", CLERK)
    archive.declare_file(OTHER, "Hồ sơ văn phòng", year=2026, actor=CLERK)
    archive.declare_file(CLOSED, "Hồ sơ đã kết thúc", year=2026, actor=CLERK)
    beside = (Companion("verification.json", office.blob("v", b"{}")),)
    archive.file(office.filing(archive, "a", subject="Về việc bổ nhiệm", code_number="07", code_notation="QĐ-SNV",
                               issued_date="2026-11-02", confidence={"subject": 0.5}, companions=beside), CLERK)  # fmt: skip
    archive.file(office.filing(archive, "b", code_number="15"), CLERK)
    archive.void(office.filing(archive, "blank").doc_code, "seal-failed", CLERK)
    key = DocumentKey(office.blob("p.scan", b"scan p").sha256, "sao-y", CLOSED, part="1-2")
    archive.file(office.filing(archive, "p", key=key), CLERK)
    night(office, archive)
    archive.describe(f"{FILE}.0000002", {"subject": "Đính chính của bà Trần Thị B", "page_amount": "3"}, CLERK)
    archive.change_file(OTHER, {"title": "Hồ sơ văn phòng, tập 1"}, CLERK)
    archive.shelve_file(OTHER, "H05.02/K1/G2", CLERK)
    archive.refile(f"{FILE}.0000001", OTHER, WHY, CLERK)
    archive.close_file(CLOSED, CLERK, "2026-11-20")
    archive.close_file(OTHER, CLERK, "2026-11-20")
    archive.reopen_file(OTHER, "Đóng nhầm", CLERK)
    archive.close_fonds("P01", CLERK)
    night(office, archive)
    archive.ask_supersede(Order(f"{FILE}.0000002", "Bản quét mờ", CLERK), office.blob("c.scan", b"scan c").sha256, "sao-y")
    archive.file(office.filing(archive, "c", subject="Về việc khác"), CLERK)
    night(office, archive)
    archive.close()
    return office


def copied(office: Office, folder: Path) -> Office:
    return Office(Path(shutil.copytree(office.folder, folder)), type(office.clock)(office.clock.now))


@pytest.fixture
def lived(three_days: Office, tmp_path: Path) -> Iterator[Office]:
    office = copied(three_days, tmp_path / "office")
    yield office
    for archive in office.opened:
        archive.close()


@pytest.fixture
def busy(half_a_day_more: Office, tmp_path: Path) -> Iterator[Office]:
    office = copied(half_a_day_more, tmp_path / "office")
    yield office
    for archive in office.opened:
        archive.close()


def rows(root: Path, before: int = 10**9) -> dict[str, list[dict[str, Any]]]:
    """Every table, without what may differ."""
    db = sqlite3.connect(root / "catalogue.db")
    db.row_factory = sqlite3.Row
    found = {table: [dict(row) for row in db.execute(f"select * from {table}")] for table in TABLES}
    db.close()
    for table, columns in DIFFER.items():
        found[table] = [{name: value for name, value in row.items() if name not in columns} for row in found[table]]
    for table in ("event", "leaf"):
        found[table] = [row for row in found[table] if row["seq"] < before]
    return {table: sorted(each, key=lambda row: json.dumps(row, sort_keys=True, default=str)) for table, each in found.items()}


def without_catalogue(office: Office, where: Path) -> Office:
    """A fresh machine with the dated folders and `_log` alone."""
    fresh = Office(where, type(office.clock)(office.clock.now))
    for name in ("2026", "_log"):
        shutil.copytree(office.root / name, fresh.root / name)
    return fresh


def verifier(root: Path) -> list[dict[str, str]]:
    done = subprocess.run([sys.executable, "-I", root / "_tools" / "verify.py", root, "--json"], capture_output=True, check=False)
    return list(json.loads(done.stdout)["findings"])


def answers(archive: Archive) -> list[Any]:
    asked = (Query(), Query("trang mot"), Query("", {"state": "void"}), Query("07/QĐ-SNV"), Query("dinh chinh"))
    return [list(archive.find(each)) for each in asked] + [archive.files(), archive.fonds(), archive.days(), archive.counts(),
            archive.to_describe(), archive.published(), archive.happened("numbered", "described", "file-declared")]  # fmt: skip


@pytest.mark.parametrize("place", ["_log/*/entries.jsonl", "_log/checkpoint", "2026/*/*/data/events.jsonl", "2026/*/*/data/*.0000002.json"])
@pytest.mark.parametrize("lay", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)], ids=["pipe", "folder", "device"])
def test_what_is_no_file_is_not_waited_for(lived: Office, place: str, lay: Callable[[Path], None]) -> None:
    path = sorted(lived.root.glob(place))[0]
    path.parent.chmod(0o755)
    path.unlink()
    lay(path)
    (lived.root / "catalogue.db").unlink()
    if path.suffix == ".json":
        assert "missing" in {each.code for each in made(lived).findings}
    else:
        with pytest.raises(ArchiveError, match="not-a-file"):
            made(lived)


@pytest.mark.parametrize("place", ["_log/checkpoint", "FORMAT.md"])
def test_a_pipe_in_the_archive_keeps_nobody_from_opening_it(lived: Office, place: str) -> None:
    (lived.root / place).unlink()
    os.mkfifo(lived.root / place)
    lived.open()


def test_from_the_bags_alone_it_is_the_same(lived: Office, tmp_path: Path) -> None:
    fresh = without_catalogue(lived, tmp_path / "fresh")
    result = made(fresh)
    assert (result.findings, result.adopted, result.left, result.nameless, result.aside) == ([], [], [], [], None)
    before, after = rows(lived.root), rows(fresh.root, result.entries)
    assert result.entries == len(before["leaf"])
    assert (result.lost, result.sources) == ([], ["bags", "log"])
    for table in TABLES:
        assert after[table] == before[table], table
    again, original = fresh.open(), lived.open()
    assert again.recover() == [] and again.verify().findings == []
    assert [each.head for each in again.published()] == [each.head for each in original.published()]
    told = [[repr(each).replace(str(its.root), "") for each in answers(its)] for its in (again, original)]
    assert told[0] == told[1]
    assert again.reserve(lived.filing(original, "next").key, CLERK) == original.key_state(lived.filing(original, "next").key)[1]
    night(fresh, again)
    assert again.verify().findings == [] and verifier(fresh.root) == []


@pytest.mark.parametrize("kind", ["disposed", "purged"])
def test_what_was_removed_by_order_stays_removed(lived: Office, tmp_path: Path, kind: Kind) -> None:
    archive = lived.open()
    archive.remove([f"{FILE}.0000004"], Removal(kind, "Quyết định 12/QĐ-UBND", ("Nguyễn Thị Hủy", "Trần Văn Chứng"), CLERK))
    night(lived, archive)
    fresh = without_catalogue(lived, tmp_path / "fresh")
    result = made(fresh)
    assert (result.findings, result.lost, result.left) == ([], [], [])
    before, after = rows(lived.root), rows(fresh.root, result.entries)
    for table in set(TABLES) - {"name"}:  # a name that only a document had that is gone
        assert after[table] == before[table], table
    again = fresh.open()
    assert again.verify().findings == [] and verifier(fresh.root) == []


@pytest.fixture(scope="module")
def half_a_day_more(three_days: Office, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """And a day that is not sealed, of which the first half is published: a seal that was late."""
    office = copied(three_days, tmp_path_factory.mktemp("more") / "office")
    lived = office.open()
    lived.declare_file("H05.02.2026.04.VP", "Hồ sơ mở hôm nay", year=2026, actor=CLERK)
    lived.file(office.filing(lived, "d"), CLERK)
    key = DocumentKey(office.blob("q.scan", b"scan q").sha256, "sao-y", FILE, part="3-4")
    lived.file(office.filing(lived, "q", key=key), CLERK)
    lived.reserve(DocumentKey(office.blob("r.scan", b"scan r").sha256, "sao-y", FILE, part="5"), CLERK)
    lived.describe(f"{FILE}.0000005", {"subject": "Chỉ danh mục biết"}, CLERK)
    shutil.rmtree(office.root / "_log/2026-11-25")
    lived.close()
    with sqlite3.connect(office.root / "catalogue.db") as db:  # the head of the third day is published only now
        db.executescript("drop trigger checkpoint_delete; delete from checkpoint where day = '2026-11-25'")
        db.execute("create trigger checkpoint_delete before delete on checkpoint begin select raise(abort, 'heads are fixed'); end")
    db.close()
    opened = office.open()
    opened.publish(dt.date(2026, 11, 25), log_key())
    office.clock.pass_(minutes=1)
    key = DocumentKey(office.blob("late.scan", b"scan late").sha256, "sao-y", "H05.02.2026.05.VP")
    opened.declare_file("H05.02.2026.05.VP", "Hồ sơ mở sau cùng", maintenance="5 năm", year=2026, actor=CLERK)
    opened.reserve(office.filing(opened, "gap", key=DocumentKey("ab" * 32, "sao-y", "H05.02.2026.05.VP")).key, CLERK)
    opened.file(office.filing(opened, "late", key=key, subject="Sau cùng"), CLERK)
    office.clock.pass_(minutes=1)
    opened.refile("H05.02.2026.05.VP.0000002", OTHER, WHY, CLERK)
    office.clock.pass_(minutes=1)
    opened.ask_supersede(Order(f"{FILE}.0000004", "Mờ", CLERK), office.blob("e.scan", b"scan e").sha256, "sao-y")
    opened.file(office.filing(opened, "e", companions=(Companion("lta", office.blob("l", b"lta")),)), CLERK)
    opened.close()
    return office


def test_what_lay_on_a_day_not_sealed_is_adopted(busy: Office, tmp_path: Path) -> None:
    fresh = without_catalogue(busy, tmp_path / "fresh")
    fresh.clock.pass_(days=1)
    result = made(fresh)
    late, refiled, better = "H05.02.2026.05.VP.0000002", f"{OTHER}.0000002", f"{FILE}.0000008"
    assert (result.adopted, result.findings, result.left) == ([late, refiled, better], [], [])
    assert result.nameless == ["H05.02.2026.04.VP"], "declared on that day, and no document of it is there"
    again, original = fresh.open(), busy.open()
    assert again.recover() == [], "nothing that was adopted is taken for leavings"
    assert again.verify().findings == []
    part = again.get(f"{FILE}.0000006")
    assert part is not None and part["part"] == "3-4", "of the record, since the entry's own is lost"
    for code in (late, refiled, better):
        was, now = original.get(code), again.get(code)
        assert was is not None and now is not None
        assert {name: was[name] for name in was if name != "events"} == {name: now[name] for name in now if name != "events"}
    assert again.counts() == {"filed": 6, "void": 7}, "the part of a scan that nobody knows, and the place that was given and lost"
    file = again.declared("H05.02.2026.05.VP")
    assert file is not None and (file.title, file.maintenance) == ("Hồ sơ mở sau cùng", "5 năm")
    for name in ("f", "g"):
        key = DocumentKey(busy.blob("f", name.encode()).sha256, "sao-y", FILE)
        assert again.reserve(key, CLERK) == original.reserve(key, CLERK)
    night_of = [again.seal_day(day, "night") for day in again.unsealed_before(dt.date(2026, 11, 27))]
    assert [each.documents for each in night_of] == [5]
    again.publish(dt.date(2026, 11, 26), log_key())
    assert again.verify().findings == [] and verifier(fresh.root) == []
    bag = (fresh.root / "2026/11/26/manifest-sha256.txt").read_text("utf-8")
    assert f"data/{late}.pdf" in bag and f"data/{refiled}.json" in bag
    again.close()
    (fresh.root / "catalogue.db").unlink()
    assert set(made(fresh).lost).isdisjoint(result.lost), "told once"
    assert fresh.open().verify().findings == []


def test_only_what_was_told_to_be_lost_may_lack(busy: Office, tmp_path: Path) -> None:
    fresh = without_catalogue(busy, tmp_path / "fresh")
    result = made(fresh)
    assert result.lost and all(seq < result.entries for seq in result.lost)
    db = sqlite3.connect(fresh.root / "catalogue.db")
    seq = db.execute("select min(seq) from event where type = 'described'").fetchone()[0]
    assert seq not in result.lost
    db.execute("update event set private = null, salt = null where seq = ?", [seq])
    db.commit()
    db.close()
    assert "log-broken" in {finding.code for finding in fresh.open().verify().findings}


@pytest.mark.parametrize("harm", ["pdf", "scan", "record", "no-pdf", "two", "elsewhere"])
def test_what_does_not_fit_is_left_and_told(busy: Office, tmp_path: Path, harm: str) -> None:
    fresh = without_catalogue(busy, tmp_path / "fresh")
    shelf, code = fresh.root / "2026/11/26/data", f"{FILE}.0000008"
    record = json.loads((shelf / f"{code}.json").read_bytes())
    match harm:
        case "pdf":
            change(shelf / f"{code}.pdf", b"%PDF other")
        case "scan":
            change(fresh.root / record["original_path"], b"other")
        case "record":
            change(shelf / f"{code}.json", json.dumps(record | {"doc_code": "x"}).encode())
        case "no-pdf":
            (shelf / f"{code}.pdf").unlink()
        case "two":
            change(shelf / f"{FILE}.0000009.pdf", (shelf / f"{code}.pdf").read_bytes())
            twin = {"doc_code": f"{FILE}.0000009", "doc_ordinal": 9, "path": record["path"].replace(code, f"{FILE}.0000009"), "companions": []}
            change(shelf / f"{FILE}.0000009.json", json.dumps(record | twin).encode())
        case _:
            change(shelf / f"{code}.json", json.dumps(record | {"original_path": "../../etc/passwd"}).encode())
    before = {path for path in shelf.rglob("*") if path.is_file()}
    result = made(fresh)
    assert code not in result.adopted and f"2026/11/26/data/{code}.json" in result.left
    assert {finding.code for finding in result.findings} == {"not-adopted"}
    fresh.clock.pass_(days=1)
    again = fresh.open()
    assert f"2026/11/26/data/{code}.json" in {found.path for found in again.verify().findings if found.code == "orphan"}
    assert again.recover() == [] and {path for path in shelf.rglob("*") if path.is_file()} == before
    with pytest.raises(ArchiveError, match="orphan"):
        again.seal_day(dt.date(2026, 11, 26), "night")
    assert {path for path in shelf.rglob("*") if path.is_file()} - {shelf / "events.jsonl"} == before


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        ("_log/2026-11-23/entries.jsonl", b"van-thu", b"van-thi"),
        ("2026/11/24/data/events.jsonl", b"van-thu", b"van-thi"),
        ("2026/11/24/data/events.jsonl", "bà Trần".encode(), "bà Tràn".encode()),
        ("_log/2026-11-24/checkpoint", b"\n2", b"\n1"),
        ("_log/2026-11-25/entries.jsonl", b"{", b"["),
    ],
)
def test_of_entries_that_were_changed_nothing_is_made(lived: Office, tmp_path: Path, place: str, old: bytes, new: bytes) -> None:
    fresh = without_catalogue(lived, tmp_path / "fresh")
    data = (fresh.root / place).read_bytes()
    assert old in data
    change(fresh.root / place, data.replace(old, new))
    with pytest.raises(ArchiveError, match="log-"):
        made(fresh)
    assert not list(fresh.root.glob("*catalogue*"))


def test_a_log_with_a_hole_or_shorter_than_its_heads_is_refused(lived: Office, tmp_path: Path) -> None:
    fresh = without_catalogue(lived, tmp_path / "fresh")
    for name in ("2026/11/24", "_log/2026-11-24"):
        (fresh.root / name).chmod(0o755)
        shutil.rmtree(fresh.root / name)
    with pytest.raises(ArchiveError, match="log-altered"):
        made(fresh)
    for name in ("2026/11/25", "_log/2026-11-25"):
        shutil.rmtree(fresh.root / name)
    with pytest.raises(ArchiveError, match="log-altered"):
        made(fresh)


def test_a_record_that_was_changed_is_told_and_the_rest_is_made(lived: Office, tmp_path: Path) -> None:
    fresh, code = without_catalogue(lived, tmp_path / "fresh"), f"{FILE}.0000002"
    place = f"2026/11/23/data/{code}.json"
    whole = (fresh.root / place).read_bytes()
    change(fresh.root / place, whole.replace(b'"15"', b'"16"'))
    assert [(each.code, each.doc_code, each.path) for each in made(fresh).findings] == [("record-altered", code, place)]
    again = fresh.open()
    assert {finding.doc_code for finding in again.verify().findings if finding.code == "record-altered"} == {code}
    again.close()
    change(fresh.root / place, whole)  # from a copy
    assert made(fresh).findings == []
    assert fresh.open().verify().findings == []


def test_a_catalogue_that_was_there_is_put_aside_and_what_it_alone_knew_is_kept(busy: Office) -> None:
    before = rows(busy.root)
    result = made(busy)
    assert (result.lost, result.adopted, result.sources) == ([], [], ["bags", "catalogue", "log"])
    assert {table: rows(busy.root, result.entries)[table] for table in TABLES} == before
    assert result.aside and (busy.root / result.aside).is_file()
    assert busy.open().verify().findings == [] and verifier(busy.root) == []


@pytest.mark.parametrize("harm", ["older", "forked", "garbage"])
def test_of_a_catalogue_that_tells_another_past_nothing_is_taken(busy: Office, harm: str) -> None:
    if harm == "garbage":
        (busy.root / "catalogue.db").write_bytes(b"\0" * 5000)
    else:
        db = sqlite3.connect(busy.root / "catalogue.db")
        db.executescript("drop trigger leaf_kept; drop trigger leaf_fixed; drop trigger event_kept;")
        db.execute("delete from leaf where seq > 20" if harm == "older" else "update leaf set entry = replace(entry, 'van-thu', 'x')")
        db.commit()
        db.close()
    result = made(busy)
    assert len(result.adopted) == 3
    assert ("catalogue" in result.sources) is (harm == "older")
    assert result.aside and (busy.root / result.aside).exists()
    assert busy.open().verify().findings == []


def test_a_catalogue_that_somebody_writes_is_not_taken_from_under_them(lived: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    writer = connect(lived.root / "catalogue.db", isolation_level=None)
    writer.execute("begin exclusive")
    monkeypatch.setattr(sqlite3, "connect", lambda path, **options: connect(path, **{"timeout": 0} | options))
    with pytest.raises(ArchiveError, match="catalogue-busy"):
        made(lived)
    writer.close()
    assert not list(lived.root.glob("*.old"))


def test_what_is_lost_is_told_in_codes_that_fit_an_entry() -> None:
    assert ranges([], []) == [""]
    assert ranges([3, 5, 7, 9, 20], [8]) == ["3-7,9-20"]
    lost = list(range(0, 4000, 2))
    texts = ranges(lost, list(range(1, 4000, 2)))
    assert max(map(len, texts)) < 300 and list(numbers_of((10**6, text) for text in texts)) == lost


def test_what_is_told_as_lost_again_and_again_is_read_once() -> None:
    """A forged log may tell of all its entries in each of them."""
    assert list(numbers_of([(10, "3,7-9"), (30, "20-999999999,8,0-2"), (9, "8-12")])) == [0, 1, 2, 3, 7, 8, 9, *range(20, 30)]
    assert list(numbers_of([(50_000, "0-99999," * 40)] * 1000)) == list(range(50_000))


def test_where_nothing_is_nothing_is_made(office: Office) -> None:
    office.root.mkdir()
    with pytest.raises(ArchiveError, match="nothing"):
        made(office)
    assert not (office.root / "catalogue.db").exists()


@pytest.mark.usefixtures("impatient")
def test_killed_anywhere_it_can_be_run_again(office: Office, archive: Archive) -> None:
    archive.file(office.filing(archive), CLERK)
    night(office, archive)
    archive.close()
    older = (office.root / "catalogue.db").read_bytes()
    archive = office.open()
    archive.file(office.filing(archive, "b"), CLERK)
    archive.close()
    (office.root / "catalogue.db").write_bytes(older)

    def check(office: Office, step: int) -> None:
        made(office)
        assert older in [path.read_bytes() for path in office.root.glob("catalogue.db*.old")], step
        assert not list(office.root.glob(".*")), step
        archive = office.open()
        assert archive.counts() == {"filed": 2} and archive.verify().findings == [], step

    assert sweep(office, made, check, every=3) > 10  # before a call and after one in turn
