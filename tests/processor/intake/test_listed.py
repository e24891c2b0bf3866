"""Lists as files: workbooks and CSV that Excel writes, and what only looks like them."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from processor.errors import Verdict
from processor.intake.grid import tables
from processor.intake.listed import listed
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
    return error.value.code


def test_a_workbook_whose_list_is_on_its_second_sheet(tmp_path: Path) -> None:
    assert told(workbook(tmp_path / "a.xlsx", HEAD, ROW)) == [("01.TCCB", "Hồ sơ tổ chức")]


def test_cells_are_read_as_people_see_them(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEAD)
    sheet.append([1, "Dòng\nhai  dòng\u202e", 10.0, None, True])
    sheet["A2"].number_format = "00"
    book.save(tmp_path / "a.xlsx")
    rows = [cells for table in tables(tmp_path / "a.xlsx") for _, cells in table]
    assert rows[1][:5] == ["01", "Dòng hai dòng", "10", "", "True"]


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

    assert refused(file("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) == "list-unreadable"
    assert refused(file("tcvn.csv", "Số và ký hiệu,Tiêu đề".encode("cp1258", "replace"))) == "list-unreadable"
    assert refused(file("pdf.csv", b"%PDF\0\0")) == "list-unreadable"
    assert refused(file("empty.csv", b"")) == "list-no-header"
    assert refused(file("torn.xlsx", workbook(tmp_path / "a.xlsx", HEAD, ROW).read_bytes()[:2000])) == "list-unreadable"
    assert refused(workbook(tmp_path / "b.xlsx", ["Họ tên"])) == "list-no-header"
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/sharedStrings.xml", b"0" * (257 << 20))
    assert refused(tmp_path / "bomb.xlsx") == "list-too-large"
    assert refused(file("long.csv", (",".join(HEAD) + "\n" + "a,b\n" * 20_001).encode())) == "list-too-large"


def test_a_sheet_with_another_root_or_an_entity_is_no_danger(tmp_path: Path) -> None:
    source = workbook(tmp_path / "a.xlsx", HEAD, ROW)
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(12)
    ) + b"]><worksheet><sheetData><row r='1'><c t='inlineStr'><is><t>&m;</t></is></c></row></sheetData></worksheet>"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, laughs if name.endswith("sheet2.xml") else old.read(name))
    assert refused(tmp_path / "b.xlsx") in {"list-unreadable", "list-no-header"}
