"""Danh mục hồ sơ as offices type it: NĐ 30/2020 Phụ lục V, with what people add and leave out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.filelist import FileList, fold, read

HEAD = ["Số và ký hiệu HS", "Tiêu đề hồ sơ", "Thời hạn bảo quản", "Đơn vị/ người lập hồ sơ", "Ghi chú"]
ABOVE = [
    ["ỦY BAN NHÂN DÂN XÃ X", "", "", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"], ["", "", "", "Xã X, ngày 30 tháng 12 năm 2025"],
    ["DANH MỤC HỒ SƠ CỦA ỦY BAN NHÂN DÂN XÃ X"], ["Năm 2026"], ["(Ban hành kèm theo Quyết định số 99/QĐ-UBND ngày 30/12/2025)"],
]  # fmt: skip


def listed(*rows: list[str], head: list[str] = HEAD, above: list[list[str]] = ABOVE) -> FileList:
    found = read(list(enumerate([*above, head, *rows], start=1)))
    assert found is not None
    return found


def test_a_list_of_the_form_is_read_with_its_year_and_headings() -> None:
    made = listed(
        ["(1)", "(2)", "(3)", "(4)", "(5)"], ["I. TỔ CHỨC CÁN BỘ"], ["1.", "Tổ chức bộ máy"], ["01.TCCB", "Hồ sơ A", "Vĩnh viễn", "VP", "x"],
        ["2", "Cán bộ"], ["02. TCCB", "Hồ sơ B", "20 năm"], ["II", "TÀI CHÍNH"], ["01-TC", "Hồ sơ C"],
        ["Bản danh mục hồ sơ này có 3 hồ sơ"], ["", "", "", "CHỦ TỊCH"], ["09.XX", "Không phải"],
    )  # fmt: skip
    assert (made.year, made.faults) == (2026, [])
    assert [(e.row, e.notation, e.title, e.maintenance, e.creator, e.note, e.section) for e in made.entries] == [
        (10, "01.TCCB", "Hồ sơ A", "Vĩnh viễn", "VP", "x", "I. TỔ CHỨC CÁN BỘ / 1. Tổ chức bộ máy"),
        (12, "02.TCCB", "Hồ sơ B", "20 năm", "", "", "I. TỔ CHỨC CÁN BỘ / 2 Cán bộ"),
        (14, "01-TC", "Hồ sơ C", "", "", "", "II TÀI CHÍNH"),
    ]


def test_a_title_that_begins_as_the_foot_of_a_list_does_ends_no_list() -> None:
    made = listed(["01.TK", "Tổng số hộ nghèo, cận nghèo", "10 năm"], ["02.TK", "Nơi nhận và trả kết quả", "10 năm"], ["03.TK", "Hồ sơ C"],
                  ["Tổng số", "3"], ["Người lập", "Trần Văn B"])  # fmt: skip
    assert [entry.notation for entry in made.entries] == ["01.TK", "02.TK", "03.TK"] and made.faults == []


def test_headings_that_are_numbered_alone_stand_alone() -> None:
    made = listed(["1. Tổ chức"], ["01.TC", "A"], ["2. Tài chính"], ["01.TV", "B"])
    assert [entry.section for entry in made.entries] == ["1. Tổ chức", "2. Tài chính"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (["", "Không số", "10 năm"], "row-no-notation"), (["04.TC", "", "10 năm"], "row-no-title"),
        (["03/TC", "Hồ sơ", "10 năm"], "row-bad-notation"), (["01.tccb", "Trùng", "10 năm"], "row-twice"),
        (["05.TC", "x" * 1001, "10 năm"], "row-too-long"), (["05.TC", "Hồ sơ", "10 năm", "x" * 201], "row-too-long"),
        (["../x", "Hồ sơ", "10 năm"], "row-bad-notation"), (["05.TC\\x", "Hồ sơ", "10 năm"], "row-bad-notation"),
    ],
)  # fmt: skip
def test_a_wrong_row_costs_itself(row: list[str], code: str) -> None:
    made = listed(["01.TCCB", "Hồ sơ A", "Vĩnh viễn"], row, ["02.TCCB", "Hồ sơ B", "20 năm"])
    assert [(fault.row, fault.code) for fault in made.faults] == [(8, code)]
    assert [entry.notation for entry in made.entries] == ["01.TCCB", "02.TCCB"]


@pytest.mark.parametrize(
    "head",
    [
        ["STT", "Số, ký hiệu hồ sơ", "Tên hồ sơ", "THBQ", "Người lập", "Ghi chú"],
        ["GHI CHÚ", "Thời hạn bảo quản (năm)", "TIÊU ĐỀ HỒ SƠ", "Ký hiệu", "Đơn vị lập"],
        ["Mã hồ sơ", "Tiêu đề"],
    ],
)
def test_columns_are_known_by_their_words(head: list[str]) -> None:
    found = {fold(name): f"ô {place}" for place, name in enumerate(head)}
    cells = [found[fold(name)] for name in head]
    notation = next(place for place, name in enumerate(head) if "hiệu" in name or name == "Mã hồ sơ")
    cells[notation] = "01.VP"
    made = listed(cells, head=head)
    title = next(place for place, name in enumerate(head) if "iêu đề" in name.lower() or name in {"Tên hồ sơ", "TIÊU ĐỀ HỒ SƠ"})
    assert [(entry.notation, entry.title) for entry in made.entries] == [("01.VP", f"ô {title}")]


def test_the_day_of_the_decision_is_not_the_year_of_the_list() -> None:
    assert listed(above=[["Ban hành kèm theo Quyết định ngày 30 tháng 12 năm 2025"]]).year is None
    assert listed(above=[["DANH MỤC HỒ SƠ NĂM 2027"]]).year == 2027


def test_a_table_without_such_a_header_is_no_list() -> None:
    assert read([(1, ["Họ tên", "Ngày sinh"]), (2, ["a", "b"])]) is None
    assert read([]) is None
    assert read([(n, ["x"]) for n in range(200)] + [(201, HEAD)]) is None


@given(st.lists(st.lists(st.text(max_size=12), max_size=6), max_size=12))
def test_every_row_of_any_table_is_a_file_a_fault_or_neither(rows: list[list[str]]) -> None:
    made = listed(*rows)
    numbers = [each.row for each in (*made.entries, *made.faults)]
    assert len(numbers) == len(set(numbers)) and all(entry.notation and entry.title for entry in made.entries)
    assert len({entry.notation.casefold() for entry in made.entries}) == len(made.entries)
