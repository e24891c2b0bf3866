"""The night at a real station: days sealed, the archive read again, the clerk's page laid out, once and in one go."""

import datetime as dt
import json
import re
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import bagit
import pymupdf
import pytest

from archive.removal import Removal
from archive.verify import Finding
from processor import doubles, nightly
from processor import fixity as fixity_room
from processor.engine import LocalEngine
from processor.errors import Verdict
from processor.fixity import checker
from processor.shift import Shift
from tests.processor.office import Office, Watched

REPORTS = nightly.REPORTS


Busy = tuple[Office, Shift, dt.date]


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory, workers: LocalEngine) -> Iterator[Office]:
    """A station with two scans filed by the real clock and one refused; every night reads the whole archive."""
    office = Office.make(tmp_path_factory.mktemp("yesterday"), workers)
    office.set("[schedule]\nfixity_share = 1")
    office.drop("a.png", "Văn bản thứ nhất")
    office.drop("b.png", "Văn bản thứ hai", "luu-tru")
    (office.folder / "drop" / "sao-y" / "web.pdf").write_bytes(b"<html>")
    assert office.run(office.shift()) == {"filed": 2, "rejected": 1}
    office.close()
    yield office


@pytest.fixture
def busy(yesterday: Office, tmp_path: Path, workers: LocalEngine) -> Iterator[Busy]:
    """A copy of it of one's own, an instance at work, and the day of its documents."""
    office = Office(Path(shutil.copytree(yesterday.folder, tmp_path / "station")), Watched(workers))
    shift = office.shift()
    (day,) = {row.day for row in shift.tools.archive.days() if row.documents}
    yield office, shift, day
    office.close()


def due(shift: Shift) -> list[dt.date]:
    return nightly.due(shift.tools, shift.journal)


def do(shift: Shift) -> nightly.Night:
    return nightly.do(due(shift), shift.tools, shift.journal)


def bag(office: Office, day: dt.date) -> Path:
    return office.folder / "archive" / f"{day:%Y/%m/%d}"


def page(office: Office, day: dt.date) -> str:
    return (office.folder / "out" / REPORTS / f"{day}.txt").read_bytes().decode("utf-8-sig")


def fixity(office: Office) -> list[dict[str, Any]]:
    """What the log says of the rounds, as an auditor reads it."""
    with sqlite3.connect(f"file:{office.folder / 'archive' / 'catalogue.db'}?mode=ro", uri=True) as db:
        rows = db.execute("select public from event where type = 'fixity' order by rowid").fetchall()
    return [json.loads(public) for (public,) in rows]


def found(office: Office) -> list[tuple[int, int]]:
    """Documents read and findings of each round."""
    return [(each["checked"], each["findings"]) for each in fixity(office)]


def damage(office: Office) -> Path:
    """One bit of one sealed PDF turns, as on an old disk."""
    path = sorted((office.folder / "archive").glob("*/*/*/data/*.pdf"))[0]
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return path


# --- when


def test_a_day_is_due_from_the_hour_of_the_night_that_follows_it(busy: Busy) -> None:
    office, shift, day = busy
    assert due(shift) == []
    for time, is_due in (("00:30", False), ("00:59", False), ("01:00", True), ("02:00", True), ("23:59", True)):
        office.set_clock(1, time, day)
        assert due(shift) == ([day] if is_due else [])


def test_a_new_station_has_nothing_to_do(office: Office) -> None:
    assert due(office.shift()) == []


# --- what


def test_the_night_seals_the_day_reads_the_archive_and_lays_out_the_page(busy: Busy) -> None:
    office, shift, day = busy
    office.set_clock(1, "02:00", day)
    night = do(shift)
    assert (night.sealed, night.read.checked, night.findings) == ((day,), 2, ())
    assert bagit.Bag(str(bag(office, day))).validate()
    assert found(office) == [(2, 0)]
    raw = (office.folder / "out" / REPORTS / f"{day}.txt").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and raw.count(b"\n") == raw.count(b"\r\n") > 20
    text = raw.decode("utf-8-sig")
    assert f"PHIẾU KẾT QUẢ NGÀY {day:%d/%m/%Y}" in text and "KHÔNG CÓ GIÁ TRỊ PHÁP LÝ" in text
    assert "TIẾP NHẬN: 3 bản quét" in text and "ĐÃ LƯU: 2 văn bản, 2 trang" in text
    assert "BỊ TỪ CHỐI: 1 văn bản" in text and "web.pdf" in text
    assert f"Đã niêm phong dữ liệu ngày: {day:%d/%m/%Y}" in text and "đã kiểm tra 2 mục, không có lỗi" in text
    with pymupdf.open(office.folder / "out" / REPORTS / f"{day}.pdf") as document:
        assert document.page_count == 1 and f"{day:%d/%m/%Y}" in document[0].get_text()
    assert list((office.folder / "work").rglob("phieu*")) == []


def test_the_log_tells_codes_digests_and_numbers_and_no_name(busy: Busy) -> None:
    office, shift, day = busy
    office.set_clock(1, "02:00", day)
    do(shift)
    with shift.tools.archive.reading() as db:
        entries = [json.loads(entry) for (entry,) in db.execute("select entry from leaf order by seq")]
        names = [row[0] for row in db.execute("select original_name from document union select title from file")]
    assert {"file-declared", "received", "numbered", "filed", "rejected", "sealed", "fixity"} <= {each["type"] for each in entries}
    for each in entries:
        assert all(isinstance(value, int) or re.fullmatch(r"[\w./,:-]*", value) for value in each["public"].values()), each
        told = json.dumps(each, ensure_ascii=False)
        assert not any(name in told for name in (*names, "web.pdf", shift.tools.settings.station.agency)), each
    hashes = {path.stem for path in (office.folder / "archive").glob("*/*/*/data/scans/*")}
    assert {each["scan_sha256"] for each in entries if each["type"] == "received"} > hashes, "what arrived, with its digest, filed or not"
    assert all(each["scan_sha256"] for each in entries if each["type"] in {"received", "numbered", "filed", "rejected"})


def test_a_head_that_cannot_be_written_is_told_and_so_is_one_that_is_lost_and_what_was_removed(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    office, shift, day = busy
    office.set_clock(1, "02:00", day)
    with monkeypatch.context() as patched:
        patched.setattr("archive.heads.publish", Mock(side_effect=OSError(28, "no space")))
        assert [finding.code for finding in do(shift).findings] == ["head-not-published"], "and the night goes on"
    do(shift)
    (office.folder / "archive" / "_log" / day.isoformat()).rename(office.folder / "taken")
    office.set_clock(2, "02:00", day)
    assert {finding.code for finding in do(shift).findings} == {"head-missing", "head-not-published"}, "nothing is published over it"
    assert found(office)[-1] == (2, 1)
    assert "LOẠI KHỎI KHO" not in page(office, day + dt.timedelta(days=1))
    code = next((office.folder / "archive").glob("*/*/*/data/*.pdf")).stem
    shift.tools.archive.remove([code], Removal("disposed", "12/QĐ-UBND", ("test",), "test"))
    office.set_clock(3, "02:00", day)
    assert do(shift).removed == 0, "it is not published yet"
    (office.folder / "taken").rename(office.folder / "archive" / "_log" / day.isoformat())
    office.set_clock(4, "02:00", day)
    assert do(shift).removed == 1
    told = "1 văn bản ĐÃ LOẠI KHỎI KHO: đối chiếu với quyết định, biên bản đã ký"
    assert told in page(office, day + dt.timedelta(days=3)) and told not in page(office, day + dt.timedelta(days=2))


def test_a_night_is_had_once(busy: Busy) -> None:
    office, shift, day = busy
    office.set_clock(1, "02:00", day)
    do(shift)
    assert due(shift) == [] and due(office.shift()) == []  # also after a restart
    before = page(office, day)
    again = nightly.do([day], shift.tools, shift.journal)  # and done twice it does no harm
    assert again.sealed == () and bagit.Bag(str(bag(office, day))).validate()
    assert "ĐÃ LƯU: 2 văn bản" in page(office, day) and "ĐÃ LƯU: 2 văn bản" in before


def test_a_damaged_document_is_found_and_told(busy: Busy) -> None:
    office, shift, day = busy
    office.set_clock(1, "02:00", day)
    do(shift)
    code = damage(office).stem
    office.set_clock(2, "02:00", day)
    night = do(shift)
    assert [(finding.code, finding.doc_code) for finding in night.findings] == [("altered", code)]
    assert found(office)[-1] == (2, 1)
    told = page(office, day + dt.timedelta(days=1))
    assert "CÓ 1 LỖI" in told and "CẦN XỬ LÝ" in told


def test_a_seal_that_does_not_hold_is_found(busy: Busy) -> None:
    """Bytes as filed, yet under roots nobody trusts any more: the worker's examination is asked, not only the digest."""
    office, shift, day = busy
    check = checker(shift.tools.engine, [])
    result = shift.tools.archive.verify(day, check)
    assert result.checked == 2 and {finding.code for finding in result.findings} == {"seal-invalid"}
    assert shift.tools.archive.verify(day, checker(shift.tools.engine, shift.tools.roots)).ok


def test_a_document_the_examiner_dies_of_is_told_and_the_night_ends(busy: Busy) -> None:
    """Else the same document would keep every night from ending; what was not examined is not called sound."""
    office, shift, day = busy

    def die(job: str, args: Mapping[str, Any]) -> None:
        if job == "examine":
            raise Verdict("worker-died")

    office.engine.before = die
    office.set_clock(1, "02:00", day)
    night = do(shift)
    assert (night.sealed, night.read.checked) == ((day,), 2)
    assert [(finding.code, finding.detail) for finding in night.findings] == [("seal-not-examined", "worker-died")] * 2
    assert due(shift) == [] and "CÓ 2 LỖI" in page(office, day)


def test_a_page_that_cannot_be_drawn_is_laid_out_as_text(busy: Busy) -> None:
    office, shift, day = busy

    def die(job: str, args: Mapping[str, Any]) -> None:
        if job == "sheet":
            raise Verdict("too-slow")

    office.engine.before = die
    office.set_clock(1, "02:00", day)
    do(shift)
    assert [path.suffix for path in (office.folder / "out" / REPORTS).iterdir()] == [".txt"] and due(shift) == []


def test_over_so_many_nights_every_document_is_read_once(busy: Busy) -> None:
    office, _, day = busy
    settings = office.folder / "sohoa.toml"
    settings.write_text(settings.read_text().replace("fixity_share = 1", "fixity_share = 3"))
    shift, read = office.shift(), []
    for night in range(1, 4):
        office.set_clock(night, "02:00", day)
        read.append(do(shift).read.checked)
    assert sum(read) == 2


def test_a_week_without_power_is_caught_up_with_in_one_go(busy: Busy) -> None:
    office, shift, day = busy
    office.set_clock(6, "08:15", day)
    days = [day + dt.timedelta(days=n) for n in range(6)]
    assert due(shift) == days
    night = do(shift)
    assert night.sealed == (day,) and due(shift) == []
    assert sorted(path.stem for path in (office.folder / "out" / REPORTS).glob("*.txt")) == [str(each) for each in days]
    assert "ĐÃ LƯU: 2 văn bản" in page(office, days[0]) and "ĐÃ LƯU: Không có" in page(office, days[3])
    assert len(fixity(office)) == 1


def test_after_a_long_time_the_shelves_are_sealed_and_a_weeks_pages_are_written(busy: Busy) -> None:
    office, shift, day = busy
    office.set_clock(40, "02:00", day)
    assert len(due(shift)) == 7
    assert do(shift).sealed == (day,) and bagit.Bag(str(bag(office, day))).validate()
    assert due(shift) == []


def test_a_day_that_cannot_be_sealed_does_not_keep_the_rest_from_being_done(busy: Busy) -> None:
    office, shift, day = busy
    stray = bag(office, day) / "data" / "la.pdf"
    stray.write_bytes(b"nobody filed this")
    office.set_clock(1, "02:00", day)
    night = do(shift)
    assert night.sealed == () and night.read.checked == 2
    assert [(finding.code, finding.path) for finding in night.findings] == [("orphan", f"{day:%Y/%m/%d}")]
    assert found(office) == [(2, 0)]
    assert "CẦN XỬ LÝ: kho lưu trữ có 1 lỗi" in page(office, day)  # the clerk is told too
    assert "Đã niêm phong dữ liệu ngày: Không có" in page(office, day)
    stray.unlink()
    office.set_clock(2, "02:00", day)
    assert day in do(shift).sealed
    assert bagit.Bag(str(bag(office, day))).validate()


def test_the_day_that_has_begun_stays_open(busy: Busy) -> None:
    office, shift, day = busy
    office.set_clock(1, "02:00", day)
    do(shift)
    assert shift.tools.archive.unsealed_before(day + dt.timedelta(days=2)) == [day + dt.timedelta(days=1)]
    assert not bag(office, day + dt.timedelta(days=1)).exists()


def test_a_number_given_twice_and_a_document_that_moved_are_told_as_what_they_are(busy: Busy) -> None:
    office, shift, day = busy
    archive = shift.tools.archive
    first, second = sorted(row["doc_code"] for row in archive.filed_on(day))
    for code in (first, second):
        archive.describe(code, {"code_number": "15", "code_notation": "QĐ-UBND", "issued_date": "2026-03-05"}, "thu-ky")
        doubles.note(code, archive, office.folder, "thu-ky")
    archive.declare_file(f"H05.99.{day.year}.02.VP", "Hồ sơ khác", year=day.year, actor="thu-ky")
    moved = archive.refile(first, f"H05.99.{day.year}.02.VP", "Nhầm", "thu-ky")["doc_code"]
    office.set_clock(1, "02:00", day)
    night = do(shift)
    assert (night.read.checked, night.findings) == (3, ()), "what lies under the void code is read too"
    told = " ".join(page(office, day).split())
    assert "7. TRÙNG SỐ, KÝ HIỆU: 1 văn bản" in told and f"mã {second}: trùng {moved}" in told
    assert "2. ĐÃ LƯU: 2 văn bản, 2 trang" in told


# --- rounds


def log_of(shift: Shift, type: str) -> list[dict[str, Any]]:
    return [event["public"] for event in shift.tools.archive.happened(type)]


def test_nights_without_a_round_are_told_and_made_up_for(busy: Busy) -> None:
    office, shift, day = busy
    office.set_clock(1, "02:00", day)
    do(shift)
    assert "KHÔNG KIỂM TRA" not in page(office, day)
    office.set_clock(5, "02:00", day)  # the machine was off for three nights
    night = do(shift)
    first, last = day + dt.timedelta(days=2), day + dt.timedelta(days=4)
    assert night.read.missed == (first, last)
    assert log_of(shift, "fixity-missed") == [{"first": str(first), "last": str(last), "nights": 3, "why": "not-begun"}]
    told = page(office, day + dt.timedelta(days=4))
    assert f"3 đêm KHÔNG KIỂM TRA, từ {first:%d/%m/%Y} đến {last:%d/%m/%Y}, nay đọc bù" in told
    office.set_clock(6, "02:00", day)
    assert do(shift).read.missed is None


def test_a_round_that_was_cut_short_is_told_as_that(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    office, shift, day = busy
    office.set_clock(1, "02:00", day)
    do(shift)
    office.set_clock(2, "02:00", day)
    with monkeypatch.context() as patch:
        patch.setattr(type(shift.tools.archive), "verify", lambda *args, **named: (_ for _ in ()).throw(OSError("the disk went away")))
        with pytest.raises(OSError, match="went away"):
            do(shift)
    assert due(shift), "it is still to be done"
    office.set_clock(3, "02:00", day)
    do(shift)
    assert [each["why"] for each in log_of(shift, "fixity-missed")] == ["cut-short"]


def test_a_machine_that_went_down_at_work_reads_everything_the_next_night(busy: Busy) -> None:
    office, shift, day = busy
    settings = office.folder / "sohoa.toml"
    settings.write_text(settings.read_text().replace("fixity_share = 1", "fixity_share = 30"))
    fixity_room.begin_work(shift.tools.archive, shift.journal)
    assert log_of(shift, "incident") == []
    shift = office.shift()  # killed: nobody said that it ended
    fixity_room.begin_work(shift.tools.archive, shift.journal)
    fixity_room.end_work(shift.journal)
    fixity_room.begin_work(shift.tools.archive, shift.journal)  # and in good order is none
    assert log_of(shift, "incident") == [{"why": "unclean-stop"}]
    office.set_clock(1, "02:00", day)
    night = do(shift)
    assert (night.read.checked, night.read.why) == (2, "unclean-stop")
    assert "Đã đọc lại toàn bộ kho: máy đã tắt đột ngột" in page(office, day)
    assert [(each["scope"], each["part"]) for each in fixity(office)] == [("all", "0-29")]
    office.set_clock(2, "02:00", day)
    assert do(shift).read.why == "" and fixity(office)[-1]["scope"] == "share"


def test_a_damaged_file_that_comes_again_owes_a_reading_of_everything(busy: Busy) -> None:
    office, shift, day = busy
    damage(office)
    office.drop("a.png", "Văn bản thứ nhất")
    assert office.run(shift) == {"held": 1}
    assert log_of(shift, "incident") == [{"why": "damage-found"}]


def test_a_seal_that_does_not_hold_is_told_and_is_no_damage(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    office, shift, day = busy
    office.set_clock(1, "02:00", day)
    monkeypatch.setattr(fixity_room, "checker", lambda engine, roots: lambda path, row: [Finding("seal-invalid", "", "", "x")])
    assert len(do(shift).findings) == 2 and fixity(office)[-1]["damaged"] == 0
    damage(office)
    office.set_clock(2, "02:00", day)
    assert do(shift).read.why == "" and fixity(office)[-1]["damaged"] == 1
    office.set_clock(3, "02:00", day)
    assert do(shift).read.why == "damage-found"
