"""A batch of scans with its list: what an office drops, in any order, and what becomes of each row and each scan."""

import csv
import datetime as dt
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from archive.naming import local_date
from processor import lists
from processor.flow import Flow
from processor.intake.listing import Row
from processor.listed import Opened, about, by_name
from processor.shift import Shift
from tests.processor.office import Office, picture
from tests.testkit import scans
from watch.settle import Sighting

HEAD = "Tên tệp;Các trang;Mã hồ sơ;Ngày ban hành;Tên loại;Số văn bản;Trích yếu;Thùng\r\n"
LANE = "luu-tru"


def row(name: str, subject: str, *, pages: str = "", file: str = "", day: str = "15/01/2025") -> str:
    return f"{name};{pages};{file};{day};Quyết định;7;{subject};K3\r\n"


def lay(office: Office, text: str, name: str = "ds.csv", head: str = HEAD) -> Path:
    """A list comes whole under its name, as a network drive's client writes it."""
    path = office.folder / "drop" / LANE / name
    path.parent.mkdir(exist_ok=True)
    made = path.with_name(f".{path.name}")
    made.write_bytes(b"\xef\xbb\xbf" + (head + text).encode())
    os.replace(made, path)
    return path


def drop(office: Office, *names: str) -> None:
    for name in names:
        office.drop(name, f"Bản quét {name}", LANE)


def records(shift: Shift) -> dict[str, dict[str, Any]]:
    rows = [row for day in shift.tools.archive.days() for row in shift.tools.archive.filed_on(day.day)]
    return {f"{row['original_name']}{'#' if row['part'] else ''}{row['part']}": dict(row) for row in rows}


def kept(office: Office, record: dict[str, Any]) -> dict[str, Any]:
    """What the record on the shelf says of its list."""
    told = json.loads((office.folder / "archive" / record["path"]).with_suffix(".json").read_text("utf-8"))
    found: dict[str, Any] = told["provenance"]["listed"]
    return found


def reasons(office: Office) -> dict[str, str]:
    return {told["original_name"]: told["code"] for told in office.told("held")}


def result(office: Office) -> list[dict[str, str]]:
    (path,) = (office.folder / "out" / LANE).glob("*.ket-qua.csv")
    return list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))


def release(office: Office, shift: Shift, name: str, **said: str) -> None:
    told = next(path for path in office.folder.glob("held/*/*/reason.json") if json.loads(path.read_text())["original_name"] == name)
    fields = told.with_name("fields.json")
    fields.write_text(json.dumps(json.loads(fields.read_text("utf-8")) | said), "utf-8")
    shift.journal.ask("release", kind="held", name=told.parent.relative_to(office.folder).as_posix(), reason="", operator="vt")


# --- the batch


def test_each_scan_is_filed_with_its_row_and_the_list_goes_with_the_last(office: Office) -> None:
    drop(office, "a.png", "Báo cáo.png")
    sent = lay(office, row("a", "Về việc một") + row("BÁO CÁO.png", "Về việc hai"))
    sha256 = hashlib.sha256(sent.read_bytes()).hexdigest()
    shift = office.shift()
    assert office.run(shift) == {"filed": 2}
    found = records(shift)
    assert {name: (r["subject"], r["issued_date"]) for name, r in found.items()} == {
        "a.png": ("Về việc một", "2025-01-15"), "Báo cáo.png": ("Về việc hai", "2025-01-15")}  # fmt: skip
    assert kept(office, found["a.png"]) == {
        "name": "ds.csv", "sha256": sha256, "row": "2",
        "cells": {"Tên tệp": "a", "Ngày ban hành": "15/01/2025", "Tên loại": "Quyết định", "Số văn bản": "7",
                  "Trích yếu": "Về việc một", "Thùng": "K3"},
    }  # fmt: skip
    assert office.dropped() == []
    assert [(r["Dòng"], r["Kết quả"], r["Mã văn bản hoặc thư mục"]) for r in result(office)] == [
        ("2", "đã lưu", found["a.png"]["doc_code"]), ("3", "đã lưu", found["Báo cáo.png"]["doc_code"])]  # fmt: skip



def test_a_list_above_the_sub_folders_says_what_is_in_them_and_codes_follow_its_order(office: Office) -> None:
    office.shift().tools.archive.declare_file("H05.99.2026.02.TCCB", "Hồ sơ khác", organ_id="H05.99", year=2026, actor="test")
    for folder in ("01.VP", "02.TCCB", "chua-khai"):
        office.drop("a.png", f"Bản quét trong {folder}", f"{LANE}/{folder}")
    office.drop("b.png", "Bản quét sau", f"{LANE}/01.VP")
    office.drop("thua.png", "Không dòng nào nêu", f"{LANE}/01.VP")
    lay(office, row("01.VP/b", "Về việc ba") + row("02.TCCB\\A.png", "Về việc hai") + row(r"D:\quét\01.VP\a.png", "Về việc một"))
    shift = office.shift()
    assert office.run(shift) == {"filed": 3, "held": 2}
    found = {(r["file_code"][-5:], r["original_name"]): r for day in shift.tools.archive.days() for r in shift.tools.archive.filed_on(day.day)}
    told = {key: record["subject"] for key, record in found.items()}
    assert told == {("01.VP", "b.png"): "Về việc ba", (".TCCB", "a.png"): "Về việc hai", ("01.VP", "a.png"): "Về việc một"}
    assert found["01.VP", "b.png"]["doc_ordinal"] < found["01.VP", "a.png"]["doc_ordinal"]
    assert reasons(office) == {"thua.png": "list-no-row", "a.png": "file-unknown"}  # of the folder no row names it says nothing
    assert office.dropped() == [] and [r["Kết quả"] for r in result(office)] == ["đã lưu"] * 3


def test_scans_of_a_sub_folder_wait_while_the_list_above_it_cannot_be_gone_by(office: Office) -> None:
    office.drop("a.png", "Bản quét", f"{LANE}/01.VP")
    lay(office, "x;y\r\n", head="Tên tệp;codeNumbr\r\n")
    shift = office.shift()
    assert office.run(shift) == {"held": 1} and office.dropped() == ["a.png", "ds.csv"]  # the list itself, where it lies
    assert lists.standing(office.folder) == [(LANE, "ds.csv", "list-bad")]
    (office.folder / "drop" / LANE / "ds.csv").rename(office.folder / "drop" / LANE / "ds.csv.part")
    assert office.run(shift) == {} and office.dropped() == ["a.png", "ds.csv.part"]


def test_a_row_that_writes_a_folder_names_the_scan_there_and_none_beside_the_list() -> None:
    opened = Opened(LANE, Sighting(b"ds.csv", 1, 1, 1, 1), "", "", by_name=by_name([Row(2, "A-1/x.pdf"), Row(3, "y")]), folders=frozenset({"a-1"}))
    assert [[r.number for r in opened.of(path)] for path in (b"A-1/x.pdf", b"A-2/x.pdf", b"x.pdf", b"A-1/y.pdf", b"y.pdf")] == [[2], [], [], [], [3]]
    unread = {b"ds.csv": None, b"A-1/ds.csv": None}
    assert [len(about(folder, unread)) for folder in (b"", b"A-1", b"A-2")] == [1, 2, 1]  # what a list of A-1 says is no other's
    within = replace(opened, sighting=Sighting(b"A-2/ds.csv", 1, 1, 1, 1))
    assert [[r.number for r in within.of(path)] for path in (b"A-2/x.pdf", b"A-1/x.pdf", b"x.pdf")] == [[2], [], []]


def test_a_wrong_row_costs_its_own_document_and_is_mended_where_it_is_held(office: Office) -> None:
    drop(office, "a.png", "b.png")
    lay(office, row("a.png", "Về việc một", day="31/02/2025") + row("b.png", "Về việc hai"))
    shift = office.shift()
    assert office.run(shift) == {"filed": 1, "held": 1}
    (told,) = office.told("held")
    assert (told["code"], told["original_name"]) == ("list-row", "a.png") and "dòng 2" in told["detail"]
    assert office.dropped() == [] and result(office)[0]["Kết quả"] == "giữ lại"
    page = next(office.folder.glob("held/*/*/ly-do.txt")).read_text("utf-8-sig")
    assert "Danh sách: ds.csv, dòng 2" in page and "Ngày ban hành: 31/02/2025" in page
    release(office, shift, "a.png", issued_date="2025-02-28")
    assert office.run(shift) == {"filed": 1}
    record = records(shift)["a.png"]
    assert (record["issued_date"], record["subject"], record["code_number"]) == ("2025-02-28", "Về việc một", "7")
    assert kept(office, record)["cells"]["Ngày ban hành"] == "31/02/2025"


def test_rows_with_pages_make_documents_of_one_scan(office: Office) -> None:
    scans.tiff(office.folder / "drop" / LANE / "tập.tif", [picture(f"Trang {n}") for n in range(1, 5)], dpi=100)
    lay(office, row("tập", "Một", pages="1-2") + row("tập", "Hai", pages="3") + row("tập", "Ba", pages="9-8") + row("tập", "Bốn", pages="3"))
    shift = office.shift()
    assert office.run(shift) == {"filed": 1, "held": 3}
    found = records(shift)
    assert {name: (r["subject"], r["pages"]) for name, r in found.items()} == {"tập.tif#1-2": ("Một", 2)}
    assert sorted((told["code"], told["part"]) for told in office.told("held")) == [
        ("list-row", ""), ("list-twice", "dòng 3 (2/4)"), ("list-twice", "dòng 5 (4/4)")]  # fmt: skip
    assert office.dropped() == []


def test_a_page_that_no_row_names_is_told_unless_it_is_blank(office: Office) -> None:
    pages = [picture(f"Trang {n}") if n != 3 else Image.new("L", (827, 1169), 250) for n in range(1, 7)]
    scans.tiff(office.folder / "drop" / LANE / "tập.tif", pages, dpi=100)
    lay(office, row("tập", "Một", pages="1-2") + row("tập", "Hai", pages="4") + row("tập", "Ba", pages="6"))
    shift = office.shift()
    assert office.run(shift) == {"filed": 2, "held": 1} and {"tập.tif#1-2", "tập.tif#6"} == set(records(shift))
    (told,) = office.told("held")
    assert (told["code"], told["part"], told["detail"]) == ("list-pages-left", "4", "page 5")
    release(office, shift, "tập.tif", pages="4-5")
    assert office.run(shift) == {"filed": 1} and records(shift)["tập.tif#4-5"]["subject"] == "Hai"


# --- order of arrival


def test_no_scan_overtakes_a_list_that_is_being_written(office: Office) -> None:
    drop(office, "a.png")
    part = lay(office, row("a", "Về việc một"), "ds.csv.part")
    shift = office.shift()
    assert office.run(shift) == {} and office.dropped() == ["a.png", "ds.csv.part"]
    os.replace(part, part.with_name("ds.csv"))
    assert office.run(shift) == {"filed": 1}
    assert records(shift)["a.png"]["subject"] == "Về việc một"


def test_a_list_that_cannot_be_gone_by_keeps_its_scans_and_is_mended_in_place(office: Office) -> None:
    drop(office, "a.png", "01.VP/b.png")
    lay(office, row("a", "x"), head=HEAD.replace("Tên tệp", "Tên tep"))
    shift = office.shift()
    assert office.run(shift) == {"held": 1}  # the list itself; nobody knows whether it is about the sub-folder
    assert office.dropped() == ["a.png", "b.png", "ds.csv"] and "gần giống" in result(office)[0]["Lý do"]
    assert lists.standing(office.folder) == [(LANE, "ds.csv", "list-bad")]
    lay(office, row("a", "Về việc một"))
    assert office.run(shift) == {"filed": 2}
    assert records(shift)["a.png"]["subject"] == "Về việc một" and lists.standing(office.folder) == []


def test_scans_may_come_after_their_list_and_what_does_not_come_is_told(office: Office) -> None:
    sent = lay(office, row("a", "Về việc một") + row("b", "Về việc hai")).read_bytes()
    shift = office.shift()
    assert office.run(shift) == {} and office.dropped() == ["ds.csv"]
    drop(office, "a.png")
    assert office.run(shift) == {"filed": 1} and office.dropped() == ["ds.csv"]
    assert lists.standing(office.folder) == [(LANE, "ds.csv", "list-open")]
    office.set_clock(1, "12:00", local_date(office.clock()))
    assert office.run(shift) == {"held": 1}
    (told,) = office.told("held")
    assert told["code"] == "list-left" and "1/2 dòng: 3" in told["detail"] and office.dropped() == []
    assert next(office.folder.glob("held/*/*/ds.csv")).read_bytes() == sent
    assert [r["Kết quả"] for r in result(office)] == ["đã lưu", "không có bản quét"]


def test_a_list_that_came_late_is_not_given_to_the_next_scan_of_that_name(office: Office) -> None:
    drop(office, "a.png")
    shift = office.shift()
    assert office.run(shift) == {"filed": 1}
    lay(office, row("a", "Của bản quét trước"))
    assert office.run(shift) == {}
    office.drop("a.png", "Bản quét khác", LANE)
    assert office.run(shift) == {"held": 1} and reasons(office) == {"a.png": "list-late"}
    fields = json.loads(next(office.folder.glob("held/*/*/fields.json")).read_text("utf-8"))
    assert fields["subject"] == "Của bản quét trước"  # one word of the clerk's gives it to it


@pytest.mark.parametrize("again", [False, True])
def test_a_row_is_given_to_one_scan_only(office: Office, again: bool) -> None:
    drop(office, "a.png")
    lay(office, row("a", "Của bản quét đầu") + row("chưa-đến", "x"))
    shift = office.shift()
    assert office.run(shift) == {"filed": 1}
    office.drop("a.png", "Bản quét khác", LANE)
    assert office.run(office.shift() if again else shift) == {"held": 1} and reasons(office) == {"a.png": "list-late"}


def test_a_lane_that_requires_a_list_takes_nothing_before_it(office: Office) -> None:
    settings = office.folder / "sohoa.toml"
    settings.write_text(settings.read_text().replace("[lanes.luu-tru]", '[lanes.luu-tru]\nlist = "required"'))
    drop(office, "a.png", "b.png")
    shift = office.shift()
    assert office.run(shift) == {} and office.dropped() == ["a.png", "b.png"]
    lanes = shift.tools.settings.lanes.values()
    assert lists.awaiting(office.folder, lanes, []) == [(LANE, "(2)", "list-awaited")]
    lay(office, row("a", "Về việc một"))
    assert office.run(shift) == {"filed": 1} and office.dropped() == ["b.png"]


# --- who is right


def test_a_scan_no_row_names_is_held_unless_it_speaks_for_itself(office: Office) -> None:
    drop(office, "a.png", "thừa.png", "riêng.png")
    (office.folder / "drop" / LANE / "riêng.png.json").write_text('{"subject": "Tự nói"}')
    lay(office, row("a", "Về việc một"))
    shift = office.shift()
    assert office.run(shift) == {"filed": 2, "held": 1} and reasons(office) == {"thừa.png": "list-no-row"}
    assert records(shift)["riêng.png"]["subject"] == "Tự nói"


def test_a_sidecar_goes_before_a_row_and_a_row_before_what_is_read(office: Office) -> None:
    settings = office.folder / "sohoa.toml"
    settings.write_text(settings.read_text().replace("[lanes.luu-tru]", '[lanes.luu-tru]\nsidecar = "required"'))
    drop(office, "a.png", "b.png")
    (office.folder / "drop" / LANE / "a.png.json").write_text('{"subject": "Của tệp đi kèm", "type_name": ""}')
    lay(office, row("a", "Của dòng") + row("b", "Của dòng"))
    shift = office.shift()
    assert office.run(shift) == {"filed": 2}  # a row is as good as a side-car where one is required
    found = records(shift)
    assert (found["a.png"]["subject"], found["a.png"]["type_name"]) == ("Của tệp đi kèm", "Quyết định")
    assert found["b.png"]["subject"] == "Của dòng"


def test_files_that_contradict_each_other_hold_the_scan(office: Office) -> None:
    drop(office, "01.VP/a.png", "01.VP/b.png", "01.VP/c.png", "01.VP/d.png")
    for name, file in (("c", "01.VP"), ("d", "02.VP")):
        (office.folder / "drop" / LANE / "01.VP" / f"{name}.png.json").write_text(json.dumps({"file_code": file}))
    told = row("a", "x", file="H05.99.2026.01.VP") + row("b", "x", file="H05.99.2026.02.VP") + row("c", "x") + row("d", "x", file="02.VP")
    lay(office, told, "01.VP/ds.csv")
    shift = office.shift()
    assert office.run(shift) == {"filed": 2, "held": 2}
    assert reasons(office) == {"b.png": "list-row", "d.png": "sidecar-bad"}
    assert {r["file_code"] for r in records(shift).values()} == {"H05.99.2026.01.VP"}


def test_two_scans_of_one_row_and_two_lists_of_one_scan_are_not_chosen_between(office: Office) -> None:
    drop(office, "a.png", "a.jpg", "b.png")
    lay(office, row("a", "Một trong hai") + row("b", "Của danh sách 1"), "1.csv")
    lay(office, row("b", "Của danh sách 2"), "2.csv")
    shift = office.shift()
    assert office.run(shift) == {"held": 4}  # what each row says lies where the clerk decides
    assert set(reasons(office).values()) == {"list-twice"} and office.dropped() == []
    says = {json.loads(path.read_text("utf-8"))["subject"] for path in office.folder.glob("held/*/*/fields.json")}
    assert says == {"Một trong hai", "Của danh sách 1", "Của danh sách 2"}


def test_a_name_that_was_filled_down_a_column_holds_its_scan_once(office: Office) -> None:
    """Each row had all bytes of the scan copied for it: three hundred rows on a scan of a gigabyte filled the disk."""
    drop(office, "a.png", "b.png")
    lay(office, "".join(row("a", f"Việc {n}") for n in range(300)) + row("b", "Về việc khác"))
    shift = office.shift()
    assert office.run(shift) == {"filed": 1, "held": 1} and reasons(office) == {"a.png": "list-twice"} and office.dropped() == []
    (told,) = office.told("held")
    assert told["detail"].startswith("các dòng 2, 3, 4,") and len(told["detail"]) < 200 and told["sidecar"] == {}
    (path,) = (office.folder / "out" / LANE).glob("*.ket-qua.csv")
    assert path.read_text("utf-8-sig").count("list-twice") == 300


def test_of_a_crowd_of_rows_one_that_says_secret_is_believed(office: Office) -> None:
    drop(office, "a.png")
    lay(office, "a;02;x;01\r\n" * 30 + "a;02;x;03\r\n", head="fileName;typeName;subject;mode\r\n")
    shift = office.shift()
    assert office.run(shift) == {"held": 1}
    release(office, shift, "a.png")
    assert office.run(shift) == {"held": 1} and reasons(office) == {"a.png": "secrecy-mark"}


def test_the_same_list_twice_names_each_scan_twice(office: Office) -> None:
    drop(office, "a.png")
    lay(office, row("a", "x"), "ds.csv")
    lay(office, row("a", "x"), "ds - bản sao.csv")
    shift = office.shift()
    assert office.run(shift) == {"held": 2} and office.dropped() == []


def test_a_sidecar_that_cannot_be_read_holds_the_scan_with_what_its_row_says(office: Office) -> None:
    drop(office, "a.png")
    (office.folder / "drop" / LANE / "a.png.json").write_text("{")
    lay(office, row("a", "Của dòng"))
    shift = office.shift()
    assert office.run(shift) == {"held": 1} and reasons(office) == {"a.png": "sidecar-bad"} and office.dropped() == []
    release(office, shift, "a.png")
    assert office.run(shift) == {"filed": 1} and records(shift)["a.png"]["subject"] == "Của dòng"


def test_what_a_list_calls_secret_is_not_read(office: Office) -> None:
    drop(office, "a.png")
    lay(office, "a.png;02;x;03\r\n", head="fileName;typeName;subject;mode\r\n")
    shift = office.shift()
    assert office.run(shift) == {"held": 1} and reasons(office) == {"a.png": "secrecy-mark"}
    scans.tiff(office.folder / "drop" / LANE / "b.tif", [picture(f"Trang {n}") for n in (1, 2)], dpi=100)
    lay(office, "b;02;x;01;1\r\nb;02;y;03;2\r\n", head="fileName;typeName;subject;mode;Các trang\r\n")
    assert office.run(shift) == {"held": 2}, "with any document of it the whole scan would be archived"
    assert [told["code"] for told in office.told("held")] == ["secrecy-mark"] * 3
    assert office.engine.jobs["recognise"] == 0


def test_a_list_changed_after_it_was_taken_is_read_anew_for_what_is_left(office: Office) -> None:
    drop(office, "a.png")
    lay(office, row("a", "Cũ") + row("b", "Cũ"))
    shift = office.shift()
    assert office.run(shift) == {"filed": 1}
    lay(office, row("a", "Mới") + row("b", "Mới"))
    drop(office, "b.png")
    assert office.run(shift) == {"filed": 1}
    assert {name: r["subject"] for name, r in records(shift).items()} == {"a.png": "Cũ", "b.png": "Mới"}


def test_a_table_is_an_annex_where_annexes_land(office: Office) -> None:
    path = office.folder / "drop" / "phu-luc" / "ds.csv"
    path.write_text(HEAD + row("a", "x"))
    shift = office.shift()
    assert office.run(shift) == {"rejected": 1} and office.told("rejected")[0]["code"] == "not-a-document"


def test_nothing_a_list_says_is_a_formula_in_what_its_sender_opens(office: Office) -> None:
    lay(office, row("=HYPERLINK(\"http://x\")&\u202e.pdf", "x") + row("@a.pdf", "x"), head=HEAD)
    shift = office.shift()
    office.run(shift)
    office.set_clock(1, "12:00", local_date(office.clock()))
    office.run(shift)
    assert all(not told["Tên tệp"].startswith(("=", "@")) and "\u202e" not in told["Tên tệp"] for told in result(office))


def test_a_list_somebody_has_open_is_waited_for(office: Office) -> None:
    drop(office, "a.png")
    lock = lay(office, row("a", "Mới viết nửa chừng")).with_name("~$ds.csv")
    lock.touch()
    shift = office.shift()
    assert office.run(shift) == {} and lists.standing(office.folder) == [(LANE, "ds.csv", "list-in-use")]
    lock.unlink()
    assert office.run(shift) == {"filed": 1}


def test_a_scan_that_was_filed_before_is_told_as_not_described_by_its_row(office: Office) -> None:
    drop(office, "a.png")
    shift = office.shift()
    assert office.run(shift) == {"filed": 1}
    drop(office, "a.png")
    office.moved += dt.timedelta(seconds=5)
    lay(office, row("a", "Đến sau"))
    assert office.run(shift) == {"duplicate": 1} and office.dropped() == []
    assert result(office)[0]["Kết quả"] == "đã lưu từ trước, không theo dòng này"


def test_an_instance_that_watches_goes_on_when_a_list_was_read_without_being_woken(office: Office) -> None:
    """Nothing changes in the folder when a list has been read, or when the last of its documents has left."""
    drop(office, "a.png")
    lay(office, row("a", "Về việc một"))
    shift = office.shift()
    flow = Flow(shift)
    flow.open()
    for _ in range(600):
        if flow.restless or not shift.lists.opened and not flow.listed:
            flow.look_now()
        flow.turn()
        if not office.dropped():
            break
        flow.pause(0.1)
    flow.close()
    assert office.dropped() == [] and list(records(shift)) == ["a.png"]
