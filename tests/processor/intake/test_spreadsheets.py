"""Lists as Excel, LibreOffice and scanners' programs write them; and files that are made to hurt who opens them."""

import datetime as dt
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from processor.engine import LocalEngine
from processor.errors import Verdict
from processor.intake import lists, spreadsheets
from processor.intake.listing import Row
from processor.worker import Ask

TABLE: list[list[object]] = [
    ["Tên tệp", "Số, ký hiệu", "Ngày tháng năm", "Tên loại và trích yếu", "Tác giả", "Thùng số"],
    ["một.pdf", "05/QĐ-UBND", dt.date(2025, 3, 4), "Quyết định về việc “khen thưởng”; đợt 1, năm 2025", "UBND xã A", 7],
    ["hai", "299/UBND-TTHC", dt.date(2024, 12, 31), "V/v công bố\nthủ tục", "UBND xã A", 12.5],
]


def nobody(kind: str, body: bytes) -> bytes:
    raise AssertionError(kind)


def read(path: Path, most: int = 100) -> list[Row]:
    ask: Ask = nobody
    told = lists.lists({"path": str(path), "day": "2026-11-29", "station": str(path.parent), "most": most}, ask)
    return [Row(**row) for row in told["rows"]]


def refused(path: Path) -> str:
    with pytest.raises(Verdict) as caught:
        read(path)
    assert caught.value.code == "list-bad"
    return caught.value.detail


def workbook(path: Path, table: list[list[object]] = TABLE) -> Path:
    book = openpyxl.Workbook()
    for row in table:
        book.active.append(row)
    book.save(path)
    return path


def convert(path: Path, to: str, place: Path) -> Path:
    done = subprocess.run(["soffice", "--headless", f"-env:UserInstallation=file://{place}/profile", "--convert-to", to, "--outdir",
                           place, path], capture_output=True, text=True, timeout=180)  # fmt: skip
    made = place / f"{path.stem}.{to.partition(':')[0]}"
    assert made.exists(), done.stderr
    return made


def assert_read(told: list[Row]) -> None:
    first, second = told
    assert (first.name, second.name) == ("một.pdf", "hai")
    assert (first.fields["code_number"], first.fields["issued_date"]) == ("05", "2025-03-04")
    assert first.fields["subject"] == "về việc “khen thưởng”; đợt 1, năm 2025" and first.cells["Thùng số"] == "7"
    assert (second.fields["issued_date"], second.fields["subject"]) == ("2024-12-31", "V/v công bố thủ tục")
    assert [row.number for row in told] == [2, 3] and not any(row.wrong for row in told)


def test_a_workbook_and_what_libreoffice_makes_of_it_say_the_same(tmp_path: Path) -> None:
    made = workbook(tmp_path / "ds.xlsx")
    assert_read(read(made))
    place = tmp_path / "of-libreoffice"
    place.mkdir()
    assert_read(read(convert(made, "xlsx", place)))
    assert_read(read(convert(made, "csv:Text - txt - csv (StarCalc):59,34,76,1", place)))  # semicolons, UTF-8
    assert_read(read(convert(made, "csv:Text - txt - csv (StarCalc):9,34,65535,1", place)))  # tabs, UTF-16


LINES = ['fileName,typeName,issuedDate,subject', 'a.pdf,02,15/01/2025,"Về việc mua, bán"', '"b ""2"".pdf",03,16.01.2025,Chỉ thị']


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.encode(), lambda text: b"\xef\xbb\xbf" + text.encode(), lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"), lambda text: ("sep=,\r\n" + text).encode(),
    ],
)  # fmt: skip
def test_a_csv_as_programs_write_it(tmp_path: Path, written: Callable[[str], bytes]) -> None:
    path = tmp_path / "ds.csv"
    path.write_bytes(written("\r\n".join(LINES)))
    first, second = read(path)
    assert first.fields == {"type_name": "Quyết định", "issued_date": "2025-01-15", "subject": "Về việc mua, bán"}
    assert second.name == 'b "2".pdf' and second.fields["issued_date"] == "2025-01-16"


def test_a_csv_that_cannot_be_read_is_told_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "ds.csv"
    for data, told in (("Tên tệp,Trích yếu\na,Về việc".encode("cp1258", "replace"), "UTF-8"), (b"\xff\xfe\x00", "UTF-8"),
                       (b"name,subject\n\0,x", "chữ"), (b'name,subject\n"a,x\nb,y', "ngoặc")):  # fmt: skip
        path.write_bytes(data)
        assert told in refused(path)


def test_a_number_keeps_the_noughts_it_shows_and_a_formula_counts_for_its_value(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["name", "code_number", "subject", "note"])
    book.active.append(["a", 5, "x", "=1+1"])
    book.active["B2"].number_format = "00"
    book.save(tmp_path / "ds.xlsx")
    (row,) = read(tmp_path / "ds.xlsx")
    assert row.fields["code_number"] == "05" and "công thức" in row.wrong[1]
    (tmp_path / "calculated").mkdir()
    (row,) = read(convert(tmp_path / "ds.xlsx", "xlsx", tmp_path / "calculated"))
    assert row.wrong == () and row.fields["note"] == "2"
    path = tmp_path / "ds.csv"
    path.write_text('name,code_number,subject\na,"=""007""",x\nb,1,"=HYPERLINK(""http://x"")"\n')
    first, second = read(path)
    assert first.fields["code_number"] == "007" and "công thức" in second.wrong[1]


def test_only_the_sheet_with_headings_is_read_and_two_are_not_chosen_between(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(workbook(tmp_path / "ds.xlsx"))
    book.create_sheet("Hướng dẫn", 0).append(["Điền vào trang sau"])
    book.save(tmp_path / "ds.xlsx")
    assert_read(read(tmp_path / "ds.xlsx"))
    book.copy_worksheet(book.worksheets[1])
    book.save(tmp_path / "ds.xlsx")
    assert "nhiều trang" in refused(tmp_path / "ds.xlsx")


def test_a_cell_merged_with_the_one_above_is_not_an_empty_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in ([], ["Danh sách", None, None], ["name", "file_code", "subject"], ["a", "01.VP", "x"], ["b", None, "y"], ["c", "02.VP", "z"]):
        book.active.append(line or [""])
    book.active.merge_cells("A2:C2")
    book.active.merge_cells("B4:B5")
    book.save(tmp_path / "ds.xlsx")
    told = read(tmp_path / "ds.xlsx")
    assert [(row.name, bool(row.wrong)) for row in told] == [("a", False), ("b", True), ("c", False)]
    assert "ô gộp" in told[1].wrong[1]


# --- hostile


def changed(path: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    """The same workbook with one member of it changed, or added."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    members[member] = change(members.get(member, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members.items():
            new.writestr(name, data)
    return path


def test_a_bomb_is_refused_before_it_unfolds(tmp_path: Path) -> None:
    path = changed(workbook(tmp_path / "ds.xlsx"), "xl/media/a.bin", lambda _: bytes(200 << 20))
    assert path.stat().st_size < 1 << 20 and "giải nén" in refused(path)


def test_entities_macros_and_encryption_are_refused(tmp_path: Path) -> None:
    path, sheet = tmp_path / "ds.xlsx", "xl/worksheets/sheet1.xml"
    declared = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    assert "thực thể" in refused(changed(workbook(path), sheet, lambda xml: declared + xml))
    wide = (declared.decode() + "<x/>").encode("utf-16")
    assert "thực thể" in refused(changed(workbook(path), sheet, lambda _: wide))
    assert "macro" in refused(changed(workbook(path), "xl/vbaProject.bin", lambda _: b"x"))
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))
    assert "mật khẩu" in refused(path)


def test_what_is_broken_is_refused_and_no_fault_of_ours(tmp_path: Path) -> None:
    path = workbook(tmp_path / "ds.xlsx")
    whole = path.read_bytes()
    for data in (whole[: len(whole) // 2], b"PK\x03\x04" + bytes(100), b""):
        path.write_bytes(data)
        assert refused(path)
    for member in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"):
        assert refused(changed(workbook(path), member, lambda xml: xml[: len(xml) // 2])), member


def test_a_table_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = [TABLE[0], *([f"{n}.pdf", "1/QĐ", "", "x", "y", ""] for n in range(200))]
    assert "200 dòng" in refused(workbook(tmp_path / "ds.xlsx", long)) or "nhiều hơn" in refused(tmp_path / "ds.xlsx")
    assert "400 cột" in refused(workbook(tmp_path / "ds.xlsx", [["name", "subject"], ["a", "b", *[""] * 500, "x"]]))
    path = tmp_path / "ds.csv"
    path.write_text("name,subject\n" + "a,b\n" * 1000)
    assert "nhiều hơn 100" in refused(path)
    monkeypatch.setattr(spreadsheets, "_TEXT", 100)
    assert "lớn hơn" in refused(path)


def test_a_station_adds_its_own_headings(tmp_path: Path) -> None:
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "lists.toml").write_text('[columns]\n"Số hộp" = "keyword"\n', "utf-8")
    path = tmp_path / "ds.csv"
    path.write_text("Tên tệp,Trích yếu,Số hộp\na,x,7\n", "utf-8")
    assert read(path)[0].fields == {"subject": "x", "keyword": "7"}
    (tmp_path / "law" / "lists.toml").write_text('[[profile]]\nname = "x"\n', "utf-8")
    assert "law/lists.toml" in refused(path)


def test_a_worker_reads_a_list(tmp_path: Path, workers: LocalEngine) -> None:
    path = workbook(tmp_path / "ds.xlsx").rename(tmp_path / "0f3a")  # a claim has no ending
    told = workers.call("lists", {"path": str(path), "day": "2026-11-29", "station": str(tmp_path), "most": 100})
    assert_read([Row(**{**row, "wrong": tuple(row["wrong"])}) for row in told["rows"]])
