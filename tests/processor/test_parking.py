"""Held and rejected scans on a real disk: nothing is overwritten, and what lies there is enough to go on."""

import datetime as dt
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.record import DESCRIPTIVE, Blob
from processor import lot_notes, parking
from processor.document import Scan
from processor.errors import Verdict
from processor.parking import Lot

NOW = dt.datetime(2026, 11, 24, 18, 30, tzinfo=dt.UTC)  # the 25th in Việt Nam
HELD, REJECTED = Verdict("extract-incomplete", "no head"), Verdict("damaged")
LONG = "Quyết định về việc phê duyệt chương trình bồi dưỡng cán bộ, công chức, viên chức và người lao động " * 3


def blob(folder: Path, data: bytes) -> Blob:
    sha256 = hashlib.sha256(data).hexdigest()
    path = folder / sha256
    path.write_bytes(data)
    return Blob(path, sha256, len(data))


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


@pytest.fixture
def scan(claims: Path) -> Scan:
    return Scan(blob(claims, b"%PDF a"), "trich-sao", "Công văn 15.pdf", "2026-11-24T09:00:00+07:00", "H05.99.2026.01.VP", "1-2",
                sidecar={"subject": "Về việc nghỉ lễ", "code_number": "15"}, beside=blob(claims, b'{"pages": "1-2"}'), released=("signed",))  # fmt: skip


def park(station: Path, scan: Scan, verdict: Verdict = HELD, now: dt.datetime = NOW, **more: str) -> Path:
    return station / parking.park(station, scan, verdict, now, **more)


def lot(station: Path) -> Lot:
    (only,) = parking.lots(station)
    return only


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# --- what lies there


def test_the_bytes_lie_under_their_own_name_beside_the_reason(tmp_path: Path, scan: Scan) -> None:
    folder = park(tmp_path, scan, doc_code="H05.99.2026.01.VP.0000001")
    assert folder == tmp_path / "held" / "trich-sao" / f"2026-11-25-{scan.blob.sha256[:12]}"
    lies = contents(folder)
    assert lies["Công văn 15.pdf"] == b"%PDF a" and lies["Công văn 15.pdf.json"] == b'{"pages": "1-2"}'
    assert lies.keys() == {"Công văn 15.pdf", "Công văn 15.pdf.json", "reason.json", "ly-do.txt", "fields.json"}
    told = json.loads(lies["reason.json"])
    assert (told["code"], told["detail"], told["state"], told["doc_code"]) == (
        "extract-incomplete", "no head", "held", "H05.99.2026.01.VP.0000001")  # fmt: skip


def test_the_clerks_page_tells_details_in_vietnamese_and_the_note_in_english(tmp_path: Path, scan: Scan) -> None:
    lies = contents(park(tmp_path, scan, Verdict("bad-pages", "page 12 of 3")))
    assert "Chi tiết: trang 12; bản quét có 3 trang\r\n" in lies["ly-do.txt"].decode("utf-8-sig")
    assert json.loads(lies["reason.json"])["detail"] == "page 12 of 3"


def test_the_clerks_page_opens_in_notepad_and_says_what_to_do(tmp_path: Path, scan: Scan) -> None:
    folder = park(tmp_path, scan)
    page = contents(folder)["ly-do.txt"]
    assert page.startswith(b"\xef\xbb\xbf") and page.count(b"\r\n") == page.count(b"\n") > 5
    text = page.decode("utf-8-sig")
    assert "Công văn 15.pdf" in text and HELD.reason.vi in text and HELD.reason.act in text
    assert f"sohoa release held/trich-sao/{folder.name}" in text and "extract-incomplete" in text


def test_a_rejected_scan_is_told_so_and_has_no_fields_to_fill_in(tmp_path: Path, scan: Scan) -> None:
    lies = contents(park(tmp_path, scan, REJECTED))
    assert "TỪ CHỐI" in lies["ly-do.txt"].decode("utf-8-sig") and "fields.json" not in lies
    assert parking.listed(tmp_path, "held") == []
    (row,) = parking.listed(tmp_path, "rejected")
    assert (row["name"], row["code"], row["id"]) == ("Công văn 15.pdf", "damaged", scan.blob.sha256)


def test_fields_are_laid_out_with_what_is_known(tmp_path: Path, scan: Scan) -> None:
    fields = lot_notes.fields_of(park(tmp_path, scan) / "fields.json")
    assert fields.keys() == {"file_code", "pages", *DESCRIPTIVE}
    known = {name: text for name, text in fields.items() if text}
    assert known == {"file_code": "H05.99.2026.01.VP", "pages": "1-2", "subject": "Về việc nghỉ lễ", "code_number": "15"}


def test_an_orphaned_sidecar_has_no_fields_to_fill_in(tmp_path: Path, scan: Scan) -> None:
    lies = contents(park(tmp_path, replace(scan, original_name="a.pdf.json", beside=None), Verdict(parking.ORPHAN)))
    assert lies.keys() == {"a.pdf.json", "reason.json", "ly-do.txt"}


# --- names


@pytest.mark.parametrize(
    "name",
    ["reason.json", "ly-do.txt", "fields.json", "REASON.JSON", "reason", "fields", "CON.pdf", "nul", "a:b?.pdf", "..", ".", "",
     LONG + ".pdf", LONG, "hoa\u202efdp.exe", "a\u200bb.pdf", "a\nb\x1b[31m.pdf", "C\udcf4ng.pdf", "a.pdf.", " a.pdf ", "_reason.json"],
)  # fmt: skip
def test_any_name_is_kept_apart_from_ours_and_found_again(tmp_path: Path, scan: Scan, name: str) -> None:
    named = replace(scan, original_name=name)
    folder = park(tmp_path, named)
    found = parking.scan_of(tmp_path, lot(tmp_path))
    assert found.blob.path.parent == folder and found.blob.path.read_bytes() == b"%PDF a"
    assert found.beside and found.beside.path.read_bytes() == b'{"pages": "1-2"}'
    assert found.key == scan.key
    ours = {"reason.json", "ly-do.txt", "fields.json"}
    others = [path.name for path in folder.iterdir() if path.name not in ours]
    assert len(others) == 2 and not {other.casefold() for other in others} & ours
    assert all(len(other.encode()) < 250 and not set(other) & set('\u202e\u200b\n\x1b:?') for other in others)
    page = (folder / "ly-do.txt").read_bytes().decode("utf-8-sig")
    assert not {"\u202e", "\x1b", "\u200b"} & set(page) and len(page.split("\r\n")) == 13


@settings(max_examples=50)  # every example waits for the disk several times
@given(name=st.text(max_size=12) | st.binary(max_size=12).map(os.fsdecode))
def test_any_name_may_be_ours(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    station = tmp_path_factory.mktemp("station")
    made = Scan(blob(station, b"a"), "sao-y", name, "", beside=blob(station, b"{}"))
    park(station, made)
    found = parking.scan_of(station, lot(station))
    assert found.key == made.key and found.beside is not None and found.beside.sha256 == made.beside.sha256  # type: ignore[union-attr]  # set above


# --- folders


def test_the_same_bytes_as_extracts_of_other_pages_lie_apart(tmp_path: Path, scan: Scan) -> None:
    other = replace(scan, part="3-4", sidecar={}, beside=None)
    folders = {park(tmp_path, scan), park(tmp_path, other), park(tmp_path, replace(scan, file_code="")), park(tmp_path, replace(scan, again=1))}
    assert len(folders) == 4
    assert {parking.scan_of(tmp_path, each).key.part for each in parking.lots(tmp_path)} == {"1-2", "3-4"}


def test_the_same_document_parked_again_lies_where_it_lay(tmp_path: Path, scan: Scan) -> None:
    first = park(tmp_path, scan)
    assert park(tmp_path, scan, Verdict("secrecy-mark")) == first
    assert lot(tmp_path).told["code"] == "secrecy-mark"
    assert park(tmp_path, scan, into=f"held/trich-sao/{first.name}", now=NOW + dt.timedelta(days=3)) == first


def test_other_bytes_under_the_same_name_are_never_left_out(tmp_path: Path, scan: Scan, claims: Path) -> None:
    """A clerk exchanged the file in the folder; then the first scan, and another side-car, are dropped again."""
    first = park(tmp_path, scan)
    (first / "Công văn 15.pdf").write_bytes(b"%PDF mended")
    second = park(tmp_path, scan)
    assert contents(first)["Công văn 15.pdf"] == b"%PDF mended"
    assert contents(second)["Công văn 15.pdf"] == b"%PDF a"
    link = park(tmp_path, replace(scan, part="9"))
    (link / "Công văn 15.pdf").unlink()
    (link / "Công văn 15.pdf").symlink_to("/nowhere")
    assert contents(park(tmp_path, replace(scan, part="9"), into=f"held/trich-sao/{link.name}"))["Công văn 15.pdf"] == b"%PDF a"
    third = park(tmp_path, replace(scan, beside=blob(claims, b'{"pages": "1,2"}')))
    assert contents(third)["Công văn 15.pdf.json"] == b'{"pages": "1,2"}'
    assert contents(second)["Công văn 15.pdf.json"] == b'{"pages": "1-2"}'


def test_a_folder_whose_reason_was_lost_is_not_written_over(tmp_path: Path, scan: Scan) -> None:
    first = park(tmp_path, scan)
    (first / "reason.json").write_text("{")
    (first / "Công văn 15.pdf").write_bytes(b"of somebody else")
    assert contents(park(tmp_path, scan))["Công văn 15.pdf"] == b"%PDF a"
    assert contents(first)["Công văn 15.pdf"] == b"of somebody else"


def test_what_was_held_and_is_rejected_lies_among_the_rejected(tmp_path: Path, scan: Scan) -> None:
    held = park(tmp_path, scan)
    rejected = park(tmp_path, scan, REJECTED, into=held.relative_to(tmp_path).as_posix())
    assert rejected.relative_to(tmp_path).parts[0] == "rejected" and contents(rejected)["Công văn 15.pdf"] == b"%PDF a"
    assert {each.state for each in parking.lots(tmp_path)} == {"held", "rejected"}  # the first is cleared as a source is
    assert parking.clear(held, scan.blob.sha256) and lot(tmp_path).state == "rejected"


def test_a_scan_that_changed_since_it_was_claimed_is_not_parked(tmp_path: Path, scan: Scan) -> None:
    scan.blob.path.write_bytes(b"%PDF X")
    with pytest.raises(Exception, match="altered"):
        park(tmp_path, scan)
    assert list(parking.lots(tmp_path)) == []


# --- what a person did there


def test_the_scan_comes_back_as_it_was_parked(tmp_path: Path, scan: Scan) -> None:
    park(tmp_path, scan)
    found = parking.scan_of(tmp_path, lot(tmp_path))
    assert found.beside is not None and scan.beside is not None
    assert replace(found, blob=replace(found.blob, path=scan.blob.path), beside=replace(found.beside, path=scan.beside.path)) == scan


def test_a_file_a_clerk_exchanged_is_another_scan(tmp_path: Path, scan: Scan) -> None:
    folder = park(tmp_path, scan)
    (folder / "Công văn 15.pdf").write_bytes(b"%PDF scanned again")
    found = parking.scan_of(tmp_path, lot(tmp_path))
    assert found.blob.sha256 == hashlib.sha256(b"%PDF scanned again").hexdigest() and found.key != scan.key


def test_what_was_answered_for_is_not_answered_for_other_bytes(tmp_path: Path, scan: Scan) -> None:
    folder = park(tmp_path, scan)
    assert parking.scan_of(tmp_path, lot(tmp_path)).released == ("signed",)
    (folder / "Công văn 15.pdf").write_bytes(b"%PDF scanned again")
    assert parking.scan_of(tmp_path, lot(tmp_path)).released == ()


def test_a_lot_without_its_scan_is_told(tmp_path: Path, scan: Scan) -> None:
    (park(tmp_path, scan) / "Công văn 15.pdf").unlink()
    with pytest.raises(Verdict, match="not there any more"):
        parking.scan_of(tmp_path, lot(tmp_path))


def test_fields_with_a_mistake_are_not_written_over(tmp_path: Path, scan: Scan) -> None:
    """The clerk filled in ten fields, one of them wrongly: all ten stay, to be mended."""
    folder = park(tmp_path, scan)
    (folder / "fields.json").write_text('{"subject": "Về việc", "issued_date": "05/02/2026"}')
    into = folder.relative_to(tmp_path).as_posix()
    park(tmp_path, scan, Verdict("sidecar-bad", "'issued_date'"), into=into)
    assert lot_notes.fields_of(folder / "fields.json")["issued_date"] == "05/02/2026"
    park(tmp_path, scan)  # dropped again meanwhile
    assert lot_notes.fields_of(folder / "fields.json")["issued_date"] == "05/02/2026"
    park(tmp_path, replace(scan, sidecar={"issued_date": "2026-02-05"}), HELD, into=into)
    assert lot_notes.fields_of(folder / "fields.json")["issued_date"] == "2026-02-05"


def told(scan: Scan, **changes: Any) -> dict[str, Any]:
    whole = {"code": "damaged", "reason": "", "lane": "sao-y", "file_code": "", "part": "", "again": 0, "scan_sha256": "ab", "original_name": "a.pdf",
             "received_at": "", "doc_code": None, "sidecar": {}, "released": []}  # fmt: skip
    return {name: value for name, value in {**whole, **changes}.items() if value != "absent"}


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"\xff\xfe", b"[]", b"null", b"[" * 100_000, b"{}", *(json.dumps(told(Scan(Blob(Path(), "", 0), "", "", ""), **{name: value})).encode()
     for name, value in [("lane", "absent"), ("code", "absent"), ("received_at", "absent"), ("sidecar", "absent"), ("sidecar", []), ("released", "absent"),
                         ("released", "signed"), ("again", "0"), ("original_name", 5), ("scan_sha256", None), ("reason", "absent"), ("doc_code", "absent")])],
)  # fmt: skip
def test_a_damaged_reason_is_passed_over(tmp_path: Path, scan: Scan, damage: bytes) -> None:
    folder = park(tmp_path, scan)
    other = park(tmp_path, replace(scan, part="5"))
    (folder / "reason.json").write_bytes(damage)
    assert [tmp_path / each.folder for each in parking.lots(tmp_path)] == [other]
    codes = [row["code"] for row in parking.listed(tmp_path, "held")]
    assert codes == ["lot-broken", HELD.code] and lot_notes.read(folder) is None  # told, so that nobody forgets the bytes


def test_odd_things_in_the_folders_are_passed_over(tmp_path: Path, scan: Scan) -> None:
    folder = park(tmp_path, scan)
    (tmp_path / "held" / "trich-sao" / "thu muc moi" / "reason.json").mkdir(parents=True)
    (tmp_path / "held" / "ghi chu.txt").write_text("a")
    (tmp_path / "held" / "trich-sao" / "empty").mkdir()
    assert tmp_path / lot(tmp_path).folder == folder


def test_clearing_takes_what_is_safe_and_leaves_what_a_person_put_there(tmp_path: Path, scan: Scan) -> None:
    folder = park(tmp_path, scan)
    (folder / "ghi chu").mkdir()
    (folder / "ghi chu" / "a.txt").write_text("a")
    (folder / "thêm.txt").write_text("b")
    (folder / "link").symlink_to("/etc/hostname")
    assert parking.clear(folder, scan.blob.sha256)
    assert sorted(path.name for path in folder.iterdir()) == ["ghi chu", "link", "thêm.txt"]
    assert list(parking.lots(tmp_path)) == []
    other = park(tmp_path, scan, now=NOW + dt.timedelta(days=1))
    assert parking.clear(other, scan.blob.sha256) and not other.exists()
    assert parking.clear(other, scan.blob.sha256)
