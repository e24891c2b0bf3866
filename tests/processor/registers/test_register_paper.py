"""The lists as they come out: read back from the PDF, the workbook and the squares, not believed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pymupdf
import pytest
import zxingcpp
from PIL import Image

from processor import filelist
from processor.errors import Verdict
from processor.registers import labels, paper, rules, spreadsheet
from processor.registers.rules import KINDS
from processor.worker import JOBS, Ask

DAY = dt.date(2026, 11, 29)
HOSTILE = '=HYPERLINK("http://x";"Quyết định")'


def nobody(kind: str, body: bytes) -> bytes:
    raise AssertionError("a list asks nobody")


ASK: Ask = nobody


def told(out: Path, count: int = 3, **changes: Any) -> dict[str, Any]:
    book = rules.book("muc-luc-van-ban", DAY)
    cells = [["1", "……/QĐ-UBND", "", f"Về việc số {number} của dân, do dân, vì dân", HOSTILE, "2 trang", f"Mã: {number:07}"]
             for number in range(count)]  # fmt: skip
    return {
        "agency": "Ủy ban nhân dân xã Đắk Nông", "parent": "Ủy ban nhân dân tỉnh Thừa Thiên", "motto": list(book.words.values())[:2],
        "title": book.register.title, "under": ["Số, ký hiệu hồ sơ: 01.VP"], "closing": [f"Mục lục này gồm: {count} văn bản."],
        "columns": [{"heading": c.heading, "width": c.width, "align": c.align, "dotted": c.dotted, "struck": c.source != "note"}
                    for c in book.register.columns],
        "rows": [{"cells": row, "void": number == 1} for number, row in enumerate(cells)], "label": dict(book.label),
        "dated": "Đắk Nông, ngày 29 tháng 11 năm 2026", "signer": "Người lập", "signs": "(Ký)", "paging": "Trang {}/{}",
        "landscape": False, "font": "", "out": str(out),
    } | changes  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_rule_in_force(kind: str) -> None:
    assert rules.book(kind, DAY).register.columns


def test_the_jobs_are_known_to_the_worker() -> None:
    assert {"register", "labels", "covers", "spreadsheet"} <= set(JOBS)


def test_every_row_is_in_the_pdf_once_under_its_headings_and_pages_are_counted(tmp_path: Path) -> None:
    out = tmp_path / "list.pdf"
    pages = paper.register(told(out, 60), ASK)["pages"]
    with pymupdf.open(out) as document:
        texts = [page.get_text() for page in document]
        assert len(texts) == pages > 2 and document.metadata["title"].startswith("MỤC LỤC")
        assert {font[1] for page in document for font in page.get_fonts()} == {"ttf"}  # embedded
    whole = "\n".join(texts)
    assert all(whole.count(f"Mã: {number:07}") == 1 for number in range(60))
    assert all("(7)" in text and f"Trang {number}/{pages}" in text for number, text in enumerate(texts, 1))
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in texts[0] and "ỦY BAN NHÂN DÂN XÃ ĐẮK NÔNG" in texts[0]
    assert "Người lập" in texts[-1] and "Người lập" not in texts[0]


def test_an_unknown_date_is_a_place_to_write_and_a_void_row_is_struck(tmp_path: Path) -> None:
    out = tmp_path / "list.pdf"
    paper.register(told(out), ASK)
    with pymupdf.open(out) as document:
        page = document[0]
        assert page.get_text().count("............") == 2  # of the two rows that are not void
        struck = [item for drawing in page.get_drawings() for item in drawing["items"] if item[0] == "l"]
        (note,) = page.search_for("Mã: 0000001")
        (subject,) = page.search_for("Về việc số 1")
    across = [line for line in struck if line[1].y == line[2].y]
    assert any(subject.y0 < line[1].y < subject.y1 and line[1].x < subject.x1 and line[2].x > subject.x0 for line in across)
    assert not any(note.y0 + 1 < line[1].y < note.y1 - 1 and line[1].x >= note.x0 - 1 for line in across)  # it says why


def test_a_text_of_no_font_and_of_no_direction_is_shown_and_not_believed(tmp_path: Path) -> None:
    out = tmp_path / "list.pdf"
    args = told(out)
    args["rows"][0]["cells"][3] = "Gửi \u202eFDP.exe 中 \x07"
    paper.register(args, ASK)
    with pymupdf.open(out) as document:
        text = document[0].get_text().replace("\n", " ")
    assert "<U+202E>" in text and "<U+4E2D>" in text and "<U+0007>" in text


def test_a_row_longer_than_a_page_loses_no_word(tmp_path: Path) -> None:
    out, words = tmp_path / "list.pdf", [f"từ{number}" for number in range(4000)]
    args = told(out)
    args["rows"][0]["cells"][3] = " ".join(words)
    assert paper.register(args, ASK)["pages"] > 3
    with pymupdf.open(out) as document:
        found = set(" ".join(page.get_text() for page in document).split())
    assert set(words) <= found


def test_a_workbook_holds_texts_and_no_formula(tmp_path: Path) -> None:
    out = tmp_path / "list.xlsx"
    spreadsheet.spreadsheet(told(out), ASK)
    sheet = openpyxl.load_workbook(out).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"} and all(cell.quotePrefix for cell in cells)
    assert sum(cell.value == HOSTILE for cell in cells) == 3
    heading = 5
    assert sheet.cell(heading, 1).value == "STT" and sheet.freeze_panes == f"A{heading + 1}"
    assert sheet.print_title_rows == f"${heading}:${heading}" and sheet.cell(heading + 2, 4).font.strike


def test_a_reader_gives_back_the_code_of_each_label(tmp_path: Path) -> None:
    out, codes = tmp_path / "labels.pdf", [f"H05.02.K1/G2/H03.{number:03}" for number in range(12)]
    values = [{"paper": code, "box": "K1/G2/H03", "file": f"H05.02.2026.{number:02}.VP", "title": "Hồ sơ " + "rất dài " * 60,
               "span": "", "retention": "Vĩnh viễn", "notation": "01.VP", "extent": "", "documents": "1"}
              for number, code in enumerate(codes)]  # fmt: skip
    assert labels.labels(told(out) | {"values": values}, ASK)["pages"] == 2
    found = []
    with pymupdf.open(out) as document:
        for page in document:
            picture = page.get_pixmap(dpi=150)
            image = Image.frombytes("RGB", (picture.width, picture.height), picture.samples)
            found += [code.text for code in zxingcpp.read_barcodes(image)]
            frames = [drawing["rect"] for drawing in page.get_drawings() if drawing["type"] == "s"]
            for word in page.get_text("words"):  # no word leaves its label
                assert any(frame.x0 <= word[0] and word[2] <= frame.x1 and frame.y0 <= word[1] + 2 and word[3] - 2 <= frame.y1 for frame in frames)
    assert sorted(found) == codes


def test_a_cover_has_the_longest_title_whole_and_all_else_below_it(tmp_path: Path) -> None:
    out, title = tmp_path / "covers.pdf", ("văn bản về việc số " * 60)[: filelist.LONGEST["title"] - 3] + "HẾT"
    value = {"paper": "H05.02.K1/G2/H03.001", "box": "", "file": "H05.02.2026.01.VP", "title": title, "span": "", "retention": "",
             "notation": "01.VP", "extent": "", "documents": "0"}  # fmt: skip
    assert labels.covers(told(out) | {"values": [value]}, ASK)["pages"] == 1
    with pymupdf.open(out) as document:
        text, frame = " ".join(document[0].get_text().split()), document[0].get_drawings()[0]["rect"]
        assert " ".join(title.split()) in text
        assert all(word[3] <= frame.y1 for word in document[0].get_text("words")), "nothing runs out of the frame"


def test_what_closes_a_list_is_never_cut_off_at_the_edge_of_the_paper(tmp_path: Path) -> None:
    args = told(tmp_path / "list.pdf") | {"closing": ["Mã số đã cấp nhưng không dùng: " + ", ".join(f"{n:07}" for n in range(1, 3000, 2))]}
    with pytest.raises(Verdict, match="too-large"):
        paper.register(args, ASK)
