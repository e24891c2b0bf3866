"""Rows of a list as clerks, vendors and their programs write them: what each says of its scan, and what is wrong with it."""

import datetime as dt
import tomllib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.record import DESCRIPTIVE, parse_field
from processor import law
from processor.errors import Verdict
from processor.intake import headings, listing, pages
from processor.intake.listing import Bad, Row, Table

LAW = tomllib.loads(resources.files("config").joinpath("law", "lists.toml").read_text("utf-8"))
KNOWN = headings.profiles(LAW, law.code_lists(dt.date(2026, 11, 29)), dt.date(2026, 11, 29))


def rows(*table: list[object]) -> list[Row]:
    return listing.rows(table, KNOWN, 100)[1]  # type: ignore[arg-type]  # what a test writes is a cell


def act(*table: list[object]) -> str:
    return listing.rows(table, KNOWN, 100)[0]  # type: ignore[arg-type]


def one(headings: list[str], cells: list[object]) -> Row:
    (row,) = rows(headings, cells)
    return row


def why(headings: list[str], *cells: object) -> str:
    row = one(["fileName", *headings], ["a.pdf", *cells])
    assert row.wrong[0] == "list-row"
    return row.wrong[1]


# --- the acts

TT05 = ["docCode", "maintenance", "typeName", "codeNumber", "codeNotation", "issuedDate", "organName", "subject", "language",
        "numberOfPage", "keyword", "mode", "description"]  # fmt: skip
OF_TT05 = ["H05.99.2025.01.VP.0000012", "01", "02", "299", "QĐ-UBND", "15/01/2025", "UBND tỉnh Quảng Nam", "Về việc khen thưởng",
           "01", "3", "khen thưởng", "01", "bản chính"]  # fmt: skip


def test_the_archive_metadata_of_tt_05_become_the_fields_of_the_record() -> None:
    row = one(TT05, OF_TT05)
    assert row.wrong == () and row.name == "H05.99.2025.01.VP.0000012"
    assert row.fields == {
        "file_code": "H05.99.2025.01.VP", "type_name": "Quyết định", "code_number": "299", "code_notation": "QĐ-UBND",
        "issued_date": "2025-01-15", "organ_name": "UBND tỉnh Quảng Nam", "subject": "Về việc khen thưởng", "language": "vi",
        "page_amount": "3", "keyword": "khen thưởng", "mode": "Công khai", "note": "bản chính",
    }  # fmt: skip
    assert row.cells == dict(zip(TT05, OF_TT05, strict=True))


def test_an_act_is_told_by_its_spelling() -> None:
    assert act(TT05, OF_TT05) == "TT 05/2025"
    assert act(["DocCode", "TypeName", "Subject", "Mode", "Keyword"], ["H05.2019.01.VP.1", "Quyết định", "x", "", ""]) == "TT 02/2019"
    assert act(["Tên tệp", "OrganId", "FileCatalog", "FileNotation", "Position"], ["a", "", "", "", ""]) == "NĐ 30/2020"
    assert act(["name", "subject", "issued_date"], ["a", "x", ""]) == "Sohoa"
    assert act(["Tên tệp", "Trích yếu"], ["a", "x"]) == "Mục lục văn bản"


def test_the_profile_of_an_act_does_not_hold_before_its_day() -> None:
    assert "TT 05/2025" not in [profile.name for profile in headings.profiles(LAW, law.code_lists(dt.date(2026, 11, 29)), dt.date(2025, 6, 30))]


def test_nd_30_writes_a_file_in_three_columns() -> None:
    row = one(["Tên tệp", "OrganId", "FileCatalog", "FileNotation", "Subject"], ["a.pdf", "H05.99", "2026", "01.VP", "x"])
    assert row.fields["file_code"] == "H05.99.2026.01.VP"


def test_the_printed_list_of_documents() -> None:
    table = (
        ["MỤC LỤC VĂN BẢN TRONG HỒ SƠ"], [],
        ["STT", "Số, ký hiệu", "Ngày tháng năm", "Tên loại và trích yếu", "Tác giả", "Tờ số/Trang số", "Ghi chú", "Tên tệp"],
        [f"({n})" for n in range(1, 9)],
        ["1", "05/QĐ-UBND", "02/01/2025", "Quyết định về việc thành lập tổ", "UBND xã A", "1-2", "", "a.pdf"],
        ["II. Văn bản đến"],
        ["2", "299/UBND-TTHC", dt.date(2025, 1, 15), "V/v công bố danh mục", "UBND tỉnh", "3", "bản sao", "b"],
    )  # fmt: skip
    first, second = rows(*table)
    assert (first.number, first.fields["code_number"], first.fields["code_notation"]) == (5, "05", "QĐ-UBND")
    assert (first.fields["type_name"], first.fields["subject"]) == ("Quyết định", "về việc thành lập tổ")
    assert second.number == 7 and "type_name" not in second.fields
    assert second.fields["issued_date"] == "2025-01-15" and second.cells["Tờ số/Trang số"] == "3"


def test_an_entry_of_the_register_of_births() -> None:
    columns = ["fileName", "STT", "so", "quyenSo", "trangSo", "ngayDangKy", "loaiDangKy", "noiDangKy", "nguoiKy", "nksHoTen", "meHoTen"]
    first, second = rows(columns, ["KS.2018.01.001.pdf", "1", "01/2018", "01/2018", "1", "02.01.2018", "1", "UBND xã A", "B", "Lê C", "D"],
                         ["KS.2018.01.002.pdf", "2", "02/2018", "01/2018", "2", "01.2018", "1", "UBND xã A", "B", "Lê E", ""])  # fmt: skip
    assert first.fields["code_number"] == "01/2018" and first.fields["issued_date"] == "2018-01-02"
    assert first.fields["subject"] == "Đăng ký khai sinh: Lê C, số 01/2018, quyển số 01/2018" and first.cells["meHoTen"] == "D"
    assert second.wrong == () and "issued_date" not in second.fields  # the month alone is lawful there, and no day


@pytest.mark.parametrize(
    ("heading", "cell", "said"),
    [
        ("Số văn bản", "mười hai", "cột 'Số văn bản': số (code_number): ghi bằng chữ số, như 12, 12a hoặc 01/2024; không có số thì để trống"),
        ("Số, ký hiệu", "12/" + "Q" * 31, "cột 'Số, ký hiệu': ký hiệu (code_notation): nhiều nhất 30 ký tự; đang có 31"),
        ("Số lượng trang", "ba", "cột 'Số lượng trang': số trang (page_amount): số nguyên từ 1 đến 9999"),
    ],
)
def test_a_row_says_which_field_cannot_hold_its_cell_and_what_it_may(heading: str, cell: str, said: str) -> None:
    assert said in why(["Trích yếu", heading], "x", cell)


# --- headings


@pytest.mark.parametrize("slip", ["typename", "Subject ", "số ký hiệu", "TENLOAI"])
def test_a_heading_that_is_nearly_one_is_not_passed_over(slip: str) -> None:
    columns = ["fileName", "docCode", "codeNumber", slip]
    if slip == "Subject ":
        columns = ["name", "code_number", "issued_date", "SUBJECT"]
    with pytest.raises(Verdict, match="gần giống"):
        rows(columns, ["a", "H05.2025.01.VP.1", "1", "x"])


def test_a_list_without_the_scans_names_is_told_so() -> None:
    with pytest.raises(Verdict, match="tên tệp"):
        rows(["Số, ký hiệu", "Trích yếu"], ["1/QĐ", "x"])


def test_two_columns_of_one_meaning_are_not_chosen_between() -> None:
    with pytest.raises(Verdict, match="cùng nghĩa"):
        rows(["Tên tệp", "Trích yếu", "Trích yếu nội dung"], ["a", "x", "y"])


def test_a_table_that_is_no_list_is_told_what_was_expected() -> None:
    with pytest.raises(Verdict, match="typeName.*TypeName.*type_name"):
        rows(["x", "y"], ["1", "2"])


def test_columns_nobody_knows_are_kept() -> None:
    row = one(["Tên tệp", "Trích yếu", "Thùng", "", "Thùng"], ["a", "x", "7", "không tên", "8"])
    assert row.cells == {"Tên tệp": "a", "Trích yếu": "x", "Thùng": "7", "[cột 4]": "không tên", "Thùng [cột 5]": "8"}


# --- cells


@given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)), st.sampled_from(["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%d", ""]))
def test_a_day_is_the_same_however_it_is_written(day: dt.date, form: str) -> None:
    row = one(["name", "issued_date", "subject"], ["a", day.strftime(form) if form else day, "x"])
    assert row.fields["issued_date"] == day.isoformat()


def test_days_are_not_guessed() -> None:
    for text in ("31/02/2025", "15/1/25", "2025", "tháng 3", "13.13.2025", "0/1/2025"):
        assert "không phải ngày" in why(["issued_date", "subject"], text, "x")


def test_a_column_that_writes_the_month_first_makes_its_other_days_doubtful() -> None:
    told = rows(["name", "issued_date"], ["a", "04/25/2025"], ["b", "04/05/2025"], ["c", "5/5/2025"], ["d", "25/04/2025"])
    assert [bool(row.wrong) for row in told] == [True, True, False, False]


def test_a_code_is_a_word_and_an_unknown_code_is_wrong() -> None:
    assert one(["fileName", "typeName", "subject"], ["a", "2", "x"]).fields["type_name"] == "Quyết định"
    assert one(["fileName", "typeName", "subject"], ["a", "quyết định", "x"]).fields["type_name"] == "Quyết định"
    assert "danh mục" in why(["typeName", "subject"], "45", "x")
    assert "danh mục" in why(["maintenance", "subject"], "09", "x")


def test_a_wrong_cell_is_told_by_its_row_and_column_and_never_by_what_it_says() -> None:
    told = why(["subject", "pages", "signer_name"], "x", "3-1", "Nguyễn" * 20)
    assert "dòng 2" in told and "'pages'" in told and "'signer_name'" in told and "Nguyễn" not in told


def test_a_number_without_a_digit_costs_its_row_alone() -> None:
    first, second = rows(["fileName", "codeNumber", "subject"], ["a", "abc", "x"], ["b", "12a", "x"])
    assert first.wrong[0] == "list-row" and "'codeNumber'" in first.wrong[1] and "chữ số" in first.wrong[1]
    assert second.wrong == () and second.fields["code_number"] == "12a"


@pytest.mark.parametrize("heading", ["Số văn bản", "Số, ký hiệu"])
def test_documents_without_a_number_are_listed_so(heading: str) -> None:
    for words in ("Không số", "K/S", "không  số", "-", "…"):
        row = one(["Tên tệp", heading, "Trích yếu"], ["a", words, "x"])
        assert row.wrong == () and not {"code_number", "code_notation"} & set(row.fields) and row.cells[heading]


def test_what_is_right_in_a_wrong_row_is_kept_for_who_mends_it() -> None:
    row = one(["name", "subject", "issued_date"], ["a", "Về việc gì", "sai"])
    assert row.wrong and row.fields == {"subject": "Về việc gì"} and row.cells["issued_date"] == "sai"


def test_a_formula_without_a_value_and_a_row_that_slipped_are_wrong() -> None:
    assert "công thức" in why(["subject", "note"], Bad("công thức chưa có giá trị"), "x")
    assert "nhiều ô" in one(["name", "subject"], ["a", "Về việc mua", "bán"]).wrong[1]


def test_two_files_in_one_row_contradict_each_other() -> None:
    assert "hai hồ sơ" in why(["docCode", "fileCode"], "H05.2025.01.VP.1", "H05.2025.02.VP")


# --- whatever comes

CELL = st.one_of(st.text(max_size=30), st.dates(), st.just(Bad("lỗi")), st.sampled_from(["a.pdf", "1-3", "01/02/2025", "02", "=1"]))
COLUMNS = st.lists(st.sampled_from([*TT05, "fileName", "STT", "Thùng", "pages", ""]), min_size=1, max_size=8)


@given(COLUMNS, st.lists(st.lists(CELL, max_size=9), max_size=6))
def test_every_row_is_told_of_and_says_only_what_a_record_can_hold(columns: list[str], table: Table) -> None:
    try:
        told = listing.rows([columns, *table], KNOWN, 100)[1]
    except Verdict as verdict:
        assert verdict.code == "list-bad"
        return
    assert [row.number for row in told] == sorted({row.number for row in told})
    for row in told:
        assert row.wrong or row.name
        assert all(parse_field(name, text) is not None for name, text in row.fields.items() if name in DESCRIPTIVE)
        assert pages.parse(row.fields.get("pages", ""), 99_999) is not None
        assert all(text.isprintable() for text in row.cells.values())


@given(st.permutations(range(len(TT05))))
def test_the_order_of_columns_says_nothing(order: list[int]) -> None:
    shuffled = one([TT05[n] for n in order], [OF_TT05[n] for n in order])
    assert shuffled.fields == one(TT05, OF_TT05).fields
