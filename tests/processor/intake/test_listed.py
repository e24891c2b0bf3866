"""Lists as files: workbooks and CSV that Excel writes, and what only looks like them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from processor.errors import Verdict
from processor.intake.listed import listed
from tests.processor.intake.test_spreadsheets import changed
from tests.processor.test_filelist import HEAD

ROW = ["01.TCCB", "Hồ sơ tổ chức", "Vĩnh viễn", "Văn phòng", ""]


def workbook(path: Path, *rows: list[Any], title: str = "Danh mục") -> Path:
    book = Workbook()
    book.create_sheet("Bìa", 0).append(["Bìa"])
    sheet = book.worksheets[1]
    sheet.title = title
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def told(path: Path) -> list[tuple[str, str]]:
    return [(row["notation"], row["title"]) for row in listed({"path": str(path)}, lambda kind, body: b"")["entries"]]


def refused(path: Path) -> str:
    with pytest.raises(Verdict) as error:
        told(path)
    assert error.value.code == "list-unreadable"
    return error.value.detail


def test_a_workbook_whose_list_is_on_its_second_sheet(tmp_path: Path) -> None:
    assert told(workbook(tmp_path / "a.xlsx", HEAD, ROW)) == [("01.TCCB", "Hồ sơ tổ chức")]


def test_cells_are_read_as_people_see_them(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEAD)
    sheet.append([1, "Dòng\nhai  dòng\u202e", 10.0, None, dt.date(2026, 1, 2)])
    sheet["A2"].number_format = "00"
    book.save(tmp_path / "a.xlsx")
    (row,) = listed({"path": str(tmp_path / "a.xlsx")}, lambda kind, body: b"")["entries"]
    assert [row[name] for name in ("notation", "title", "maintenance", "creator", "note")] == ["01", "Dòng hai dòng", "10", "", "02/01/2026"]


def test_a_cell_without_a_value_costs_its_row_and_is_not_taken_for_empty(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (HEAD, ROW, ["02.TCCB", "B", None, "VP"], [], ["03.TCCB", "=1+1", "10 năm"], ["04.TCCB", "C", "10 năm", "", "=1+1"]):
        sheet.append(row)
    sheet.merge_cells("C2:C3")
    book.save(tmp_path / "a.xlsx")
    found = listed({"path": str(tmp_path / "a.xlsx")}, lambda kind, body: b"")
    assert [row["notation"] for row in found["entries"]] == ["01.TCCB"]
    assert [(row["row"], row["code"]) for row in found["faults"]] == [(3, "row-bad-cell"), (5, "row-bad-cell"), (6, "row-bad-cell")]
    assert "ô gộp" in found["faults"][0]["detail"] and "công thức" in found["faults"][1]["detail"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_as_excel_and_others_write_it(tmp_path: Path, encoding: str, mark: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\r\n".join(mark.join(f'"{cell}"' for cell in row) for row in (HEAD, ROW)).encode(encoding))
    assert told(path) == [("01.TCCB", "Hồ sơ tổ chức")]


def test_what_is_no_list_is_refused(tmp_path: Path) -> None:
    def file(name: str, data: bytes) -> Path:
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    assert "mật khẩu" in refused(file("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
    assert "UTF-8" in refused(file("tcvn.csv", "Số và ký hiệu,Tiêu đề".encode("cp1258", "replace")))
    assert refused(file("pdf.csv", b"%PDF\0\0"))
    assert "dòng tiêu đề" in refused(file("empty.csv", b""))
    assert "hỏng" in refused(file("torn.xlsx", workbook(tmp_path / "a.xlsx", HEAD, ROW).read_bytes()[:2000]))
    assert "dòng tiêu đề" in refused(workbook(tmp_path / "b.xlsx", ["Họ tên"]))
    assert "20000 dòng" in refused(file("long.csv", (",".join(HEAD) + "\n" + "a,b\n" * 20_100).encode()))


SHEET = "xl/worksheets/sheet2.xml"


def test_a_workbook_made_to_hurt_is_refused_before_it_is_read(tmp_path: Path) -> None:
    def hostile(member: str, change: Callable[[bytes], bytes]) -> str:
        return refused(changed(workbook(tmp_path / "a.xlsx", HEAD, ROW), member, change))

    declared = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    assert "thực thể" in hostile(SHEET, lambda xml: declared + xml)
    assert "macro" in hostile("xl/vbaProject.bin", lambda _: b"x")
    assert "XML" in hostile(SHEET, lambda xml: xml[: xml.index(b"</row>") + 6])  # openpyxl reads the rows before the tear
    assert "giải nén" in hostile("xl/media/a.bin", lambda _: bytes(150 << 20))


def test_two_sheets_with_a_list_are_not_chosen_between(tmp_path: Path) -> None:
    book = Workbook()
    for sheet in (book.worksheets[0], book.create_sheet("2025")):
        sheet.append(HEAD)
        sheet.append(ROW)
    book.save(tmp_path / "a.xlsx")
    assert "nhiều trang" in refused(tmp_path / "a.xlsx")
