"""The reading of a letter: what is printed is read, what is doubtful is left to a person."""

import random
import time
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.describe.fields import Reading, read
from processor.describe.layout import Page, Word

from .written import BODY, DECISION, FOOT, VOCABULARY, centred, head, line, page, word

NAMES = {
    "type_name", "code_number", "code_notation", "issued_date", "organ_name", "subject", "language",
    "signer_position", "signer_name", "signer_authority", "organ_parent", "issued_place", "recipients", "attachments",
}  # fmt: skip
DATE = "Quảng Ngãi, ngày 05 tháng 02 năm 2026"


def reading(*words: Word) -> Reading:
    return read([Page(words)], VOCABULARY)


def headed(number: str = "Số: 15/QĐ-UBND", date: str = DATE, title: str = "QUYẾT ĐỊNH") -> dict[str, str]:
    rows = [*head(number, date), *centred(title, 0.52, 0.17), *centred("Về việc khen thưởng", 0.52, 0.19), *BODY]
    return dict(reading(*rows).fields)


def test_a_printed_decision_is_read_whole() -> None:
    found = reading(*DECISION)
    assert found.fields == {
        "type_name": "Quyết định",
        "code_number": "15",
        "code_notation": "QĐ-UBND",
        "issued_date": "2026-02-05",
        "organ_name": "Ủy ban nhân dân tỉnh Quảng Ngãi",
        "subject": "Về việc thành lập Hội đồng thi đua của tỉnh năm 2026",
        "language": "vi",
        "signer_position": "Phó Chủ tịch",
        "signer_name": "Trần Thị Lan Anh",
        "signer_authority": "KT.",
        "issued_place": "Quảng Ngãi",
        "recipients": "Như Điều 3; Lưu: VT, NC",
    }
    assert found.confidence.keys() == found.fields.keys()
    assert all(0 < sure <= 1 for sure in found.confidence.values())


def test_years_of_one_school_year_vouch_for_each_other() -> None:
    def subject(years: str) -> str | None:
        rows = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17), *centred(f"Về việc tuyển sinh {years}", 0.52, 0.19)]
        return dict(reading(*rows, *BODY).fields).get("subject")

    assert subject("năm học 2025~0.55 - 2026") == "Về việc tuyển sinh năm học 2025 - 2026"
    assert subject("năm học 2023~0.55 - 2026") is None and subject("giai đoạn 2025~0.55 - 2026") is None


def test_of_a_school_year_the_reading_that_is_the_year_before_the_other_was_printed() -> None:
    rows = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17), *centred("Về việc tuyển sinh năm học 2023 - 2026", 0.52, 0.19)]
    at = next(n for n, each in enumerate(rows) if each.text == "2023")
    for rivals, years in ((("2023", "2025"), "2025 - 2026"), (("2023", "2028"), None)):
        found = reading(*disputed(rows, at, *rivals), *BODY).fields.get("subject")
        assert found == (years and f"Về việc tuyển sinh năm học {years}")


def test_a_speck_between_a_word_of_one_letter_and_the_next_parts_them() -> None:
    rows = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17), *centred("Về công tác y.tế dự phòng", 0.52, 0.19)]
    assert reading(*rows, *BODY).fields["subject"] == "Về công tác y tế dự phòng"


@pytest.mark.parametrize(("subject", "elsewhere"), [
    ("Phối hợp thực hiện kế hoạch", "các hình thức hợp thức khác"), ("Công tác tuyển sinh đầu cấp", "của công tác tuyến đường này"),
])  # fmt: skip
def test_words_that_lists_know_are_not_in_doubt_for_what_stands_elsewhere(subject: str, elsewhere: str) -> None:
    def told(subject: str, elsewhere: str) -> str | None:
        rows = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17), *centred(subject, 0.52, 0.19)]
        return reading(*rows, *line(f"Căn cứ Luật về {elsewhere};", 0.18, 0.27)).fields.get("subject")

    assert told(subject, elsewhere) == subject
    assert told("Về việc xây cầu Mỹ Đỗ", "cầu Mỹ Đổ này") is None


@pytest.mark.parametrize("said", ["phòng. cháy, chữa cháy rừng", "phòng.cháy, chữa cháy rừng", "phòng cháy, chữa cháy rừng'"])
def test_specks_within_and_after_a_subject_are_none_of_it(said: str) -> None:
    rows = [*head("Số: 15/TTr-UBND", DATE), *centred("TỜ TRÌNH", 0.52, 0.17), *centred(f"Về công tác {said}", 0.52, 0.19)]
    assert reading(*rows, *BODY).fields["subject"] == "Về công tác phòng cháy, chữa cháy rừng"


def test_specks_within_a_title_and_before_a_subject_are_none_of_them() -> None:
    rows = [*head("Số: 15/TTr-UBND", DATE), *centred("TƠ R~0.24 TRÌNH", 0.52, 0.17), *centred("'Về việc khen thưởng", 0.52, 0.19)]
    found = reading(*rows, *BODY).fields
    assert (found["type_name"], found["subject"]) == ("Tờ trình", "Về việc khen thưởng")


def test_an_office_letter_has_no_title_and_its_subject_under_the_number() -> None:
    rows = [
        *head("Số: 299/UBND-TTHC", DATE),
        *line("V/v công bố Danh mục", 0.14, 0.145),
        *line("thủ tục hành chính", 0.14, 0.163),
        *line("HỎA TỐC |~0.2", 0.16, 0.181),  # a stamp
        *line("Kính gửi: Sở Nội vụ.", 0.36, 0.234),
        *line("Thực hiện Quyết định số 12/QĐ-TTg của Thủ tướng Chính phủ về việc nêu trên.", 0.18, 0.27),
    ]
    found = reading(*rows).fields
    assert found["type_name"] == "Công văn"
    assert found["subject"] == "V/v công bố Danh mục thủ tục hành chính"
    assert found["code_notation"] == "UBND-TTHC"


def test_a_title_is_mended_by_the_list_of_kinds() -> None:
    assert headed(title="QUYÉT ĐINH")["type_name"] == "Quyết định"
    assert headed("Số: 15/CT-UBND", title="CHÍ THỊ")["type_name"] == "Chỉ thị"


def test_a_kind_no_list_has_is_no_kind() -> None:
    assert "type_name" not in headed("Số: 28/NĐ-CP", title="SẮC DỤ")
    assert "type_name" not in headed(title="QUYẾT ĐỊNH KHEN THƯỞNG NĂM")


def test_words_of_a_kind_in_the_body_are_no_title() -> None:
    rows = [*head("Số: 15/XX-UBND", DATE), *BODY, *centred("QUYẾT ĐỊNH:", 0.52, 0.32)]
    assert "type_name" not in reading(*rows).fields


# What a pen fills in -------------------------------------------------------------------------------------------


def by_hand(text: str, left: float, top: float, sure: float) -> Word:
    """Digits as a pen writes them into a frame: taller than print."""
    return Word(text, left, top - 0.002, left + 0.025, top + 0.0135, sure)


@pytest.mark.parametrize("sure", [0.4, 0.91, 0.99])
def test_a_number_in_a_frame_is_left_to_a_person(sure: float) -> None:
    rows = [w for w in DECISION if not (0.124 < w.top < 0.126 and w.left < 0.5)]
    frame = [word("Số:", 0.16, 0.125), by_hand("44", 0.2, 0.125, sure), word("/QĐ-UBND", 0.24, 0.125)]
    found = reading(*rows, *frame).fields
    assert "code_number" not in found
    assert found["code_notation"] == "QĐ-UBND"


@pytest.mark.parametrize("sure", [0.4, 0.91, 0.99])
def test_a_day_in_a_frame_is_left_to_a_person(sure: float) -> None:
    rows = [w for w in DECISION if w.text != "05"]
    gap = next(w for w in DECISION if w.text == "05")
    assert "issued_date" not in reading(*rows, by_hand("15", gap.left, gap.top, sure)).fields


@pytest.mark.parametrize(
    "date",
    [
        "Quảng Ngãi, ngày tháng 02 năm 2026",
        "Quảng Ngãi, ngày {5 tháng 3 năm 2026",
        "Quảng Ngãi, ngày 05~0.42 tháng 02 năm 2026",
        "Quảng Ngãi, ngày 05 tháng 02 năm 2026~0.6",
        "Quảng Ngãi, ngày 31 tháng 02 năm 2026",
        "Quảng Ngãi, ngày 05 tháng 13 năm 2026",
        "Quảng Ngãi, ngày 05 tháng 02 năm 0026",
        "Quảng Ngãi, ngày 05 tháng 02 năm 20266",
    ],
)
def test_a_doubtful_date_is_no_date(date: str) -> None:
    assert "issued_date" not in headed(date=date)


def test_a_date_of_the_body_is_never_the_date_of_issue() -> None:
    rows = [w for w in DECISION if not (0.124 < w.top < 0.126 and w.left > 0.5)]
    assert "issued_date" not in reading(*rows).fields


def test_words_run_together_are_still_a_date() -> None:
    assert headed(date="Đà Nẵng, ngày 26tháng 7 năm 2020")["issued_date"] == "2020-07-26"


@pytest.mark.parametrize("number", ["Số: /QĐ-UBND", "Số: 1S/QĐ-UBND", "Số: 15~0.5 /QĐ-UBND", "Số: 15 QĐ-UBND"])
def test_a_number_not_whole_is_no_number(number: str) -> None:
    assert "code_number" not in headed(number)


def test_a_notation_one_letter_from_the_agency_is_in_doubt() -> None:
    assert "code_notation" not in headed("Số: 15/QĐ-UBNĐ")


def test_a_notation_must_fit_the_kind() -> None:
    assert "code_notation" not in headed("Số: 15/BC-UBND")
    assert headed("Số: 15/QĐÐ-UBND~0.7")["code_notation"] == "QĐ-UBND"


def test_an_act_of_law_keeps_its_year() -> None:
    found = headed("Số: 28/2021/NĐ-CP", title="NGHỊ ĐỊNH")
    assert (found["code_number"], found["code_notation"]) == ("28", "2021/NĐ-CP")


def test_a_printed_number_may_have_a_space_before_its_sign() -> None:
    rows = [w for w in DECISION if not (0.124 < w.top < 0.126 and w.left < 0.5)]
    said = [word("Số:", 0.16, 0.125), word("1906~0.8", 0.2, 0.125), word("/QĐ-UBND", 0.2595, 0.125)]
    found = reading(*rows, *said).fields
    assert (found["code_number"], found["code_notation"]) == ("1906", "QĐ-UBND")
    far = [said[0], said[1], word("/QĐ-UBND", 0.29, 0.125)]
    assert "code_number" not in reading(*rows, *far).fields


def test_letters_in_doubt_do_not_spoil_the_number_printed_with_them() -> None:
    assert headed("Số: 15/QĐ-UBND~0.76")["code_number"] == "15"
    assert "code_number" not in headed("Số: 15/QĐ-UBND~0.7")


@pytest.mark.parametrize("opening", ["Sốf 54", "søï28?", "SốS2ƒ7", "Số:25"])
def test_a_pen_run_into_the_opening_leaves_notation_and_agency(opening: str) -> None:
    found = headed(f"{opening} /QĐ-UBND")
    assert "code_number" not in found
    assert (found["code_notation"], found["organ_name"]) == ("QĐ-UBND", "Ủy ban nhân dân tỉnh Quảng Ngãi")


@pytest.mark.parametrize("opening", ["Sð:", "SỐ:", "Sò:"])
def test_a_misread_mark_over_the_opening_is_no_pen(opening: str) -> None:
    assert headed(number=f"{opening} 15/QĐ-UBND")["code_number"] == "15"


@pytest.mark.parametrize("opening", ["3552~0.5", ":Zé", "B0.~0.3 &"])
def test_a_number_whose_opening_a_pen_has_spoilt_stands_beside_the_date(opening: str) -> None:
    found = headed(f"{opening} /QĐ-UBND")
    assert "code_number" not in found
    assert (found["code_notation"], found["organ_name"]) == ("QĐ-UBND", "Ủy ban nhân dân tỉnh Quảng Ngãi")


def test_a_speck_before_the_number_is_none_of_it() -> None:
    assert headed("'Số: 95/QĐ-UBND")["code_number"] == "95"


def test_where_a_pen_has_run_over_the_line_only_what_is_vouched_for_stands() -> None:
    assert "code_notation" not in headed("Sốf 54 /QĐ-TFYT")
    rows = [w for w in DECISION if w.top != 0.09 or w.left > 0.47]  # the agency's second line is not read
    low = [w for w in rows if not (0.124 < w.top < 0.126)]
    assert "organ_name" not in reading(*low, *line("Sốf 54 /QĐ-UBND", 0.16, 0.125)).fields


def test_a_day_run_into_the_word_before_it_is_a_pens() -> None:
    assert "issued_date" not in headed(date="Sơn Giang, ngày2~0.91 tháng 10 năm 2026")
    rows = head("Số: 15/QĐ-UBND", "Sơn Giang, ngày 7 tháng 10 năm 2026")
    assert reading(*rows, *BODY).fields["issued_date"] == "2026-10-07"
    at = next(at for at, each in enumerate(rows) if each.text == "ngày")
    assert "issued_date" not in reading(*disputed(rows, at, "ngày", "ngày]", "ngày]"), *BODY).fields  # a 1 by a pen: the 17th


def test_a_date_printed_once_more_vouches_for_a_doubtful_digit() -> None:
    doubtful = head("Số: 15/QĐ-UBND", "Đà Nẵng, ngày 26tháng 7 năm 2020~0.81")
    body = "Thực hiện Công văn ngày {} của Ủy ban nhân dân"
    said = [reading(*doubtful, *line(body.format(day), 0.18, 0.3)).fields for day in ("26/7/2020", "24/7/2020")]
    assert [found.get("issued_date") for found in said] == ["2020-07-26", None]


def test_a_speck_beside_a_title_is_no_part_of_it() -> None:
    assert headed(title="QUYẾT ĐỊNH -~0.3")["type_name"] == "Quyết định"


def test_an_office_letter_is_known_by_its_brief_subject_alone() -> None:
    below = [*line("V/v công bố lịch~0.4 trực", 0.14, 0.145), *line("Kính gửi: Sở Nội vụ.", 0.36, 0.234)]
    found = reading(*head("Số: 29 /UBND-TTHC~0.3", DATE), *below).fields
    assert found["type_name"] == "Công văn"
    assert not {"subject", "code_notation"} & found.keys()


# Agency --------------------------------------------------------------------------------------------------------


def agency(first: str, second: str, date: str = DATE) -> str | None:
    return reading(*head("Số: 15/QĐ-X", date, (first, second)), *centred("QUYẾT ĐỊNH", 0.52, 0.17)).fields.get("organ_name")


def test_a_word_that_was_read_twice_at_one_place_counts_once() -> None:
    rows = [*head("Số: 15/QĐ-X", DATE, ("SỞ Y TẾ", "TRUNG TÂM Y TẾ")), *centred("QUYẾT ĐỊNH", 0.52, 0.17)]
    y = next(each for each in rows if each.text == "Y" and each.top > 0.08)
    again = Word("Y", y.left + 0.006, y.top, y.right + 0.006, y.bottom, 0.7)
    assert [reading(*rows, *more).fields["organ_parent"] for more in ((), (again,))] == ["Sở Y tế"] * 2
    assert "Y Y" not in reading(*rows, again).fields.get("organ_name", "")


def test_the_parent_is_not_the_issuer() -> None:
    assert agency("UBND TP. ĐÀ NẴNG", "SỞ GIÁO DỤC VÀ ĐÀO TẠO") == "Sở Giáo dục và Đào tạo"


def test_a_name_goes_on_over_two_lines() -> None:
    assert agency("ỦY BAN NHÂN DÂN", "THÀNH PHỐ ĐÀ NẴNG") == "Ủy ban nhân dân thành phố Đà Nẵng"


def test_a_number_by_a_pen_that_rises_above_its_line_is_none_of_the_name() -> None:
    rows = [*head("Số: /QĐ-UBND", "Hữu Thủy, ngày 05 tháng 3 năm 2026", ("ỦY BAN NHÂN DÂN", "PHƯỜNG HỮU THỦY")), word("2Ô~0.55", 0.2, 0.108)]
    found = reading(*rows, *centred("QUYẾT ĐỊNH", 0.52, 0.17)).fields
    assert (found["organ_name"], found["issued_place"]) == ("Ủy ban nhân dân phường Hữu Thủy", "Hữu Thủy")


def test_a_place_with_marks_over_a_letters_own_must_be_sure_in_small_letters_and_in_capitals() -> None:
    for small, large, place in (("Nhân~0.99", "NHÂN~0.5", None), ("Nhẫn~0.55", "NHẪN~0.99", None), ("Nhẫn", "NHẪN", "Bình Nhẫn")):
        rows = head("Số: 15/QĐ-UBND", f"Bình {small} , ngày 05 tháng 3 năm 2026", ("ỦY BAN NHÂN DÂN", f"XÃ BÌNH {large}"))
        found = reading(*rows, *centred("QUYẾT ĐỊNH", 0.52, 0.17)).fields
        assert (found.get("issued_place"), found.get("organ_name")) == (place, place and f"Ủy ban nhân dân xã {place}")


def test_a_place_in_doubt_is_not_vouched_for_by_capitals_in_the_same_doubt() -> None:
    """Two readings had "Nhãn" in small letters and in capitals, two had "Nhẫn" in both."""
    rows = head("Số: 15/QĐ-UBND", "Bình Nhãn~0.55 , ngày 05 tháng 3 năm 2026", ("ỦY BAN NHÂN DÂN", "XÃ BÌNH NHÃN~0.55"))
    at, capitals = (next(n for n, each in enumerate(rows) if each.text == text) for text in ("Nhãn", "NHÃN"))
    rows = disputed(disputed(rows, at, "Nhãn", "Nhẫn", "Nhãn", "Nhẫn"), capitals, "NHÃN", "NHẪN", "NHÃN", "NHẪN")
    assert "issued_place" not in reading(*rows, *centred("QUYẾT ĐỊNH", 0.52, 0.17)).fields


def test_a_pen_before_the_address_does_not_hide_it() -> None:
    rows = [*head("Số: 15/UBND-VX", DATE), *line("V/v công bố lịch trực", 0.14, 0.145),
            word("S89~0.55", 0.3, 0.234), *line("Kính gửi: Sở Nội vụ.", 0.36, 0.234)]  # fmt: skip
    assert reading(*rows).fields["type_name"] == "Công văn"


def test_the_capital_of_a_place_that_looks_like_a_small_l_is_one() -> None:
    assert agency("ỦY BAN NHÂN DÂN", "XÃ IA HRÚ", "la Hrú, ngày 05 tháng 3 năm 2026") == "Ủy ban nhân dân xã Ia Hrú"


@pytest.mark.parametrize("read", ["1a", "Ìa"])
def test_a_first_word_of_a_place_that_every_reading_has_as_ia_is_sure(read: str) -> None:
    rows = head("Số: 15/QĐ-UBND", f"{read} Rvê Hạ, ngày 05 tháng 3 năm 2026", ("ỦY BAN NHÂN DÂN", "TỈNH ĐẮK LẮK"))
    at = next(n for n, each in enumerate(rows) if each.text == read)
    for rivals, place in (((read, "Ia", "la"), "Ia Rvê Hạ"), ((read, "Ea", "la"), None)):
        found = reading(*disputed(rows, at, *rivals), *centred("QUYẾT ĐỊNH", 0.52, 0.17)).fields
        assert found.get("issued_place") == place


def test_a_place_in_doubt_has_the_marks_that_text_and_name_surely_give_it() -> None:
    """Of "Mỹ Đỗ" four readings of the small italics had three different words, none of them right."""
    for large, text, place in (("ĐỖ", "Đỗ", "Mỹ Đỗ"), ("ĐỖ~0.2", "Đỗ", None), ("ĐỎ", "Đỗ", None), ("ĐỖ", "Đổ", None)):
        rows = head("Số: 15/QĐ-UBND", "Mỹ Đồ , ngày 05 tháng 3 năm 2026", ("ỦY BAN NHÂN DÂN", f"XÃ MỸ {large}"))
        at = next(n for n, each in enumerate(rows) if each.text == "Đồ")
        rows = disputed(rows, at, "Đồ", "Đô", "Đỏ", "Đồ")
        told = line(f"Theo đề nghị của Ủy ban nhân dân xã Mỹ {text} ngày trước", 0.18, 0.27)
        assert reading(*rows, *centred("QUYẾT ĐỊNH", 0.52, 0.17), *told).fields.get("issued_place") == place


def test_a_name_in_capitals_to_which_the_place_in_doubt_gives_other_marks_is_in_doubt() -> None:
    def parent(*rivals: str) -> str | None:
        rows = head("Số: 15/QĐ-TTPV", f"Mỹ {rivals[0]} , ngày 05 tháng 3 năm 2026", ("UBND XÃ MỸ~0.99 ĐỎ~0.99", "TRUNG TÂM Y TẾ"))
        at = next(n for n, each in enumerate(rows) if each.text == rivals[0])
        return reading(*disputed(rows, at, *rivals), *centred("QUYẾT ĐỊNH", 0.52, 0.17)).fields.get("organ_parent")

    assert parent("Đỏ", "Đô", "Đỏ") == "UBND xã Mỹ Đỏ"
    assert parent("Đỗ", "Đô", "Đỗ") is None


def test_a_speck_between_what_a_place_is_and_its_name_parts_them() -> None:
    assert agency("ỦY BAN NHÂN DÂN", "TỈNH-QUẢNG NGÃI") == "Ủy ban nhân dân tỉnh Quảng Ngãi"


def test_a_name_that_ends_as_the_place_of_issue_begins_is_whole_where_more_of_it_stands_before() -> None:
    school = ("SỞ GIÁO DỤC VÀ ĐÀO TẠO", "TRƯỜNG TRUNG HỌC PHỔ THÔNG KỲ~0.99 SƠN~0.99")
    assert agency(*school, "Sơn Giang, ngày 05 tháng 3 năm 2026") == "Trường Trung học phổ thông Kỳ Sơn"
    assert agency("ỦY BAN NHÂN DÂN", "XÃ SƠN", "Sơn Giang, ngày 05 tháng 3 năm 2026") is None


def test_the_place_of_issue_mends_the_agency() -> None:
    assert agency("ỦY BAN NHÂN DÂN", "TINH QUANG NGAI") == "Ủy ban nhân dân tỉnh Quảng Ngãi"
    assert agency("ỦY BAN NHÂN DÂN", "TỈNH HẢÁI~0.31 DƯƠNG", "Hải Dương, ngày 5 tháng 3 năm 2026") == (
        "Ủy ban nhân dân tỉnh Hải Dương"
    )


def test_a_name_nothing_vouches_for_is_left_out() -> None:
    assert agency("ỦY BAN NHÂN DÂN", "XA QUANG NAM") is None
    assert agency("ỦY BAN NHÂN DÂN", "XÃ BÌNH~0.5 SƠN") is None


def test_a_name_nothing_vouches_for_is_surer_where_it_bears_marks() -> None:
    for sure, name in ((0.97, "UBND phường Nghĩa Trùng"), (0.9, None)):
        rows = head("Số: 15/QĐ-UBND", "ngày 05 tháng 02 năm 2026", ("UBND PHƯỜNG", f"NGHĨA~0.99 TRÙNG~{sure}"))
        assert reading(*rows, *centred("QUYẾT ĐỊNH", 0.52, 0.17), *BODY).fields.get("organ_name") == name


def test_a_name_that_may_be_a_surname_without_its_marks_is_in_doubt() -> None:
    for said, name in (("TRẦN PHÚ", "Trường Trung học phổ thông Trần Phú"), ("NGUYÊN PHÚ", None)):
        rows = head("Số: 15/QĐ-THPT", DATE, ("TRƯỜNG TRUNG HỌC PHỔ THÔNG", " ".join(f"{word}~0.99" for word in said.split())))
        assert reading(*rows, *centred("QUYẾT ĐỊNH", 0.52, 0.17), *BODY).fields.get("organ_name") == name


def test_words_of_a_listed_name_run_together_are_taken_apart() -> None:
    assert agency("UBND TỈNH QUẢNG NGÃI", "SỞY TẾ") == "Sở Y tế"
    assert agency("ỦY.BAN NHÂN DÂN.", "TỈNH QUẢNG NGÃI") == "Ủy ban nhân dân tỉnh Quảng Ngãi"
    assert agency("SỞNÔNG NGHIỆP", "VÀ MÔI TRƯỜNG") == "Sở Nông nghiệp và Môi trường"


def test_the_text_vouches_for_the_marks_of_a_name_in_capitals() -> None:
    rows = [*head("Số: 15/QĐ-THS", "Mỹ Đỗ, ngày 05 tháng 02 năm 2026", ("UBND XÃ MỸ ĐỖ", "TRƯỜNG TIẾU HỌC TRẦN HIẾN")),
            *centred("QUYẾT ĐỊNH", 0.52, 0.17)]  # fmt: skip
    said = [line(f"Theo đề nghị của Trường Tiểu học {name} ngày trước", 0.18, 0.27) for name in ("Trần Hiển", "Trần Hiến và Trần Hiển", "Lê Ba")]
    assert [reading(*rows, *each).fields.get("organ_name") for each in said] == ["Trường Tiểu học Trần Hiển", None, None]


def test_a_name_of_which_words_are_missing_is_none() -> None:
    assert agency("ỦY BAN NHÂN", "TỈNH QUẢNG") is None
    assert agency("BAN QUẢN TRỊ", "CHỢ QUẢNG") is None  # letters are issued at Quảng Ngãi


@pytest.mark.parametrize("second", ["TỈNHLAMXUYÊN~0.96", "TRUNG TÂM PHÁPY~0.96 TẾ", "TRUNG TÂM PHAPYTINH~0.96 TẾ"])
def test_words_run_together_are_no_name(second: str) -> None:
    assert agency("SỞ Y TẾ", second) is None


def test_a_name_of_unknown_words_keeps_its_capitals() -> None:
    assert agency("SỞ Y TẾ", "TRUNG TÂM PHÁP Y") == "TRUNG TÂM PHÁP Y"


@pytest.mark.parametrize(
    ("first", "second", "name"),
    [
        ("ỦY BAN NHÂN DÂN", "TINH QUANG NAM", "Ủy ban nhân dân tỉnh Quảng Nam"),  # of the closed list of provinces
        ("ỦY BAN NHÂN DÂN", "TỈNH BÀ RỊA - VŨNG TÀU", "Ủy ban nhân dân tỉnh Bà Rịa - Vũng Tàu"),
        ("UBND TỈNH QUẢNG NGÃI", "BAN QUẢN LÝ KHU KINH TẾ DUNG QUẤT", "Ban Quản lý Khu kinh tế Dung Quất"),
        ("VIỆN KIỂM SÁT NHÂN DÂN", "KHU VỰC 5 - QUẢNG NGÃI", "Viện kiểm sát nhân dân khu vực 5 - Quảng Ngãi"),
        ("KHO BẠC NHÀ NƯỚC", "KHU VỰC XIII", "Kho bạc Nhà nước khu vực XIII"),
        ("BỘ TÀI CHÍNH", "THUẾ TỈNH QUẢNG NGÃI", "Thuế tỉnh Quảng Ngãi"),
        ("THUẾ TỈNH QUẢNG NGÃI", "THUẾ CƠ SỞ 5", "Thuế cơ sở 5"),
        ("SỞ TÀI NGUYÊN VÀ MÔI", "TRƯỜNG", "Sở Tài nguyên và Môi trường"),
        ("TRUNG TÂM CÔNG", "BÁO VÀ TIN HỌC", "Trung tâm Công báo và Tin học"),
        ("TRUNG TÂM PHÁT TRIỂN", "QUỸ ĐẤT", "Trung tâm Phát triển quỹ đất"),
        ("VĂN PHÒNG ĐOÀN ĐẠI BIỂU QUỐC HỘI VÀ", "HỘI ĐỒNG NHÂN DÂN TỈNH QUẢNG NGÃI",
         "Văn phòng Đoàn đại biểu Quốc hội và Hội đồng nhân dân tỉnh Quảng Ngãi"),
        ("MẶT TRẬN TỔ QUỐC VIỆT NAM", "ĐẶC KHU LÝ SƠN", "Mặt trận Tổ quốc Việt Nam đặc khu Lý Sơn"),
        ("BẢO HIỂM XÃ HỘI", "TỈNH CÀ MAU", "Bảo hiểm xã hội tỉnh Cà Mau"),
        ("ỦY BAN NHÂN DÂN", "XÃ TÂN PHONG", "Ủy ban nhân dân xã Tân Phong"),  # "phong" is no "phòng" here
        ("ỦY BAN NHÂN DÂN", "THÀNH PHỐ HẢI PHÒNG", "Ủy ban nhân dân thành phố Hải Phòng"),
        ("ỦY BAN NHÂN DÂN", "PHƯỜNG PHÚ XÁ", "Ủy ban nhân dân phường Phú Xá"),
    ],
)  # fmt: skip
def test_agencies_of_all_levels_are_known(first: str, second: str, name: str) -> None:
    assert agency(first, second) == name


@pytest.mark.parametrize(
    ("date", "place"),
    [
        ("Thành phố Hồ Chí Minh, ngày 05 tháng 02 năm 2026", "Thành phố Hồ Chí Minh"),
        ("Bà Rịa - Vũng Tàu, ngày 05 tháng 02 năm 2026", "Bà Rịa - Vũng Tàu"),
        ("Quảng Ngãi ngày 05 tháng 02 năm 2026", "Quảng Ngãi"),  # the comma was not read
        ("- Quảng Ngãi, ngày 05 tháng 02 năm 2026", "Quảng Ngãi"),  # a speck
        ("Quảng~0.6 Ngai, ngày 05 tháng 02 năm 2026", "Quảng Ngãi"),  # "TỈNH QUẢNG NGÃI" stands over the number
        ("Bình~0.6 Sơn, ngày 05 tháng 02 năm 2026", None),
    ],
)
def test_the_place_of_issue_is_read_whole_or_not(date: str, place: str | None) -> None:
    assert headed(date=date).get("issued_place") == place


@pytest.mark.parametrize("place", ["Quảng", "Ngãi", "Sơn"])
def test_half_a_place_is_none(place: str) -> None:
    assert "issued_place" not in headed(date=f"{place}, ngày 05 tháng 02 năm 2026")


def test_a_place_the_letter_writes_otherwise_elsewhere_is_in_doubt() -> None:
    names, date = ("SỞ Y TẾ", "CHI CỤC DÂN SỐ"), "Đông Quế, ngày 05 tháng 02 năm 2026"
    rows = [*head("Số: 15/QĐ-CCDS", date, names), *centred("QUYẾT ĐỊNH", 0.52, 0.17)]
    said = [line(f"Thực hiện kế hoạch của {place} về dân số", 0.18, 0.3) for place in ("Đông Quế", "Đồng Quế")]
    assert [reading(*rows, *each).fields.get("issued_place") for each in said] == ["Đông Quế", None]


def test_a_letter_of_the_party_is_read_but_for_its_number() -> None:
    rows = [
        *centred("TỈNH ỦY QUẢNG NGÃI", 0.25, 0.07), *line("ĐẢNG CỘNG SẢN VIỆT NAM", 0.55, 0.07), *centred("*", 0.25, 0.085),
        *line("Số 123-BC/TU", 0.16, 0.105), *line(DATE, 0.52, 0.105), *centred("BÁO CÁO", 0.52, 0.17),
        *centred("tình hình thực hiện nghị quyết", 0.52, 0.19), *BODY, *line("Nơi nhận:", 0.13, 0.70), *line("- Lưu VPTU.", 0.13, 0.72),
        *centred("T/M BAN THƯỜNG VỤ", 0.72, 0.7), *centred("PHÓ BÍ THƯ", 0.72, 0.72), *centred("Trần Thị Lan Anh", 0.72, 0.82),
    ]  # fmt: skip
    found = reading(*rows).fields
    told = {name: found.get(name) for name in ("type_name", "organ_name", "issued_date", "subject", "signer_position", "signer_name")}
    assert told == {
        "type_name": "Báo cáo", "organ_name": "Tỉnh ủy Quảng Ngãi", "issued_date": "2026-02-05",
        "subject": "tình hình thực hiện nghị quyết", "signer_position": "Phó Bí thư", "signer_name": "Trần Thị Lan Anh",
    }  # fmt: skip
    assert not {"code_number", "code_notation"} & found.keys()
    cited = line("Theo điều lệ của Đảng Cộng sản Việt Nam", 0.18, 0.1)
    assert "organ_name" not in reading(*cited, *rows[11:]).fields


@pytest.mark.parametrize(("title", "read", "told"), [
    ("TỜ TRÌNH", "TIr-UBND", "TTr-UBND"), ("CHƯƠNG TRÌNH", "CTT-UBND", "CTr-UBND"), ("TỜ TRÌNH", "QĐ-UBND", None),
    ("THÔNG BÁO", "TE-UBND", None), ("BẢN THỎA THUẬN", "BTTI-UBND", "BTT-UBND"), ("PHIẾU CHUYỂN", "pC-UBND", "PC-UBND"),
    ("BẢN THỎA THUẬN", "BTTH-UBND", None),
])  # fmt: skip
def test_a_slip_in_a_kinds_abbreviation_of_three_letters_is_mended(title: str, read: str, told: str | None) -> None:
    """Of two letters one is no slip: "TB" and "TE" might be anything."""
    assert headed(f"Số: 15/{read}", title=title).get("code_notation") == told


def test_acts_of_law_and_older_kinds_are_kinds_too() -> None:
    assert headed("Số: 28/2021/NĐ-CP", title="NGHỊ ĐỊNH")["type_name"] == "Nghị định"
    older = headed("Số: 12/GT-UBND", title="GIẤY GIỚI THIỆU")
    assert (older["type_name"], older["code_notation"]) == ("Giấy giới thiệu", "GT-UBND")


def test_a_head_cut_off_above_its_number_still_says_what_is_left() -> None:
    rows = [*head("Số: 28/2021/NĐ-CP", "Hà Nội, ngày 26 tháng 3 năm 2021"), *centred("NGHỊ ĐỊNH", 0.52, 0.17)]
    found = reading(*(w for w in rows if w.top > 0.1), *centred("Quy định về đầu tư", 0.52, 0.19), *BODY).fields
    told = {name: found.get(name) for name in ("type_name", "code_number", "issued_date", "issued_place", "subject", "organ_name")}
    assert told == {"type_name": "Nghị định", "code_number": "28", "issued_date": "2021-03-26", "issued_place": "Hà Nội",
                    "subject": "Quy định về đầu tư", "organ_name": None}  # fmt: skip


# Subject, signer -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dash", ["", "-", "-~0.7", "—~0.5"])
def test_a_dash_is_read_or_leaves_the_subject_open(dash: str) -> None:
    subject = reading(*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17),
                      *centred(f"Về việc đón khách {dash} năm 2026", 0.52, 0.19), *BODY).fields.get("subject")  # fmt: skip
    assert subject == {"": "Về việc đón khách năm 2026", "-": "Về việc đón khách - năm 2026"}.get(dash)


@pytest.mark.parametrize(("dash", "is_sure"), [("-~0.7", True), ("–~0.55", True), ("-~0.2", False), ("7~0.7", False)])
def test_a_doubtful_dash_between_two_years_is_one(dash: str, is_sure: bool) -> None:
    subject = reading(*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17),
                      *centred(f"Về việc thi đua năm học 2025 {dash} 2026", 0.52, 0.19), *BODY).fields.get("subject")  # fmt: skip
    assert subject == (f"Về việc thi đua năm học 2025 {dash[0]} 2026" if is_sure else None)


def test_marks_are_mended_by_phrases_but_not_across_them() -> None:
    said = {"Về việc đôi~0.9 tên cơ quan": "Về việc đổi tên cơ quan", "Về việc cần bổ sung": "Về việc cần bổ sung",
            "Về việc đón Tết Ất Ty": "Về việc đón Tết Ất Tỵ", "Về việc phòng, chồng~0.6 dịch": "Về việc phòng, chống dịch",
            "Về việc phòng; chồng~0.6 dịch": None, "Về việc phòng chống dịch": "Về việc phòng chống dịch", "Về việc Sở. Dân tộc": None, "Về việc Quyết: định": None,
            "Về việc chuyến, đối số": None, "việc khen thưởng": None, "Về việc y tế, và dân số": None, "Về việc cháy, - nổ": None, "Về việc quốc phòng, an ninh": "Về việc quốc phòng, an ninh"}  # fmt: skip
    rows = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17)]
    assert {text: reading(*rows, *centred(text, 0.52, 0.19), *BODY).fields.get("subject") for text in said} == said


def test_a_number_and_its_notation_are_one_word_of_a_subject() -> None:
    row = centred("Về việc sửa Quyết định số 2269 /QĐ-TTg", 0.52, 0.19)
    row[-1] = word("/QĐ-TTg", row[-2].right, 0.19)
    found = reading(*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17), *row, *BODY).fields
    assert found["subject"] == "Về việc sửa Quyết định số 2269/QĐ-TTg"


def test_a_stamp_beside_a_subject_is_no_part_of_it() -> None:
    rows = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17), *line("ĐẾN", 0.16, 0.19), *line("03/8", 0.18, 0.2),
            *centred("Về việc khen thưởng thành tích", 0.52, 0.19), *centred("năm học 2026", 0.52, 0.21)]  # fmt: skip
    assert reading(*rows, *BODY).fields["subject"] == "Về việc khen thưởng thành tích năm học 2026"
    torn = [w for w in rows if w.text not in ("ĐẾN", "Về")] + [word("Về", next(w for w in rows if w.text == "Về").left, 0.182)]
    assert "subject" not in reading(*torn, *BODY).fields


@pytest.mark.parametrize("subject", ["Về việc khen~0.5 tặng", "Về việc khen thưởng quyêt liệt", "Về việc Quảng Nøãi"])
def test_one_doubtful_word_spoils_a_subject(subject: str) -> None:
    rows = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17), *centred(subject, 0.52, 0.19), *BODY]
    assert "subject" not in reading(*rows).fields


def test_the_listed_name_of_an_agency_is_sure_and_without_specks() -> None:
    said = {"giao dự toán cho Sở. Dân tộc -~0.7 Tôn giáo tỉnh": "giao dự toán cho Sở Dân tộc - Tôn giáo tỉnh",
            "giao cho Sở Văn hóa, Thể thao~0.7 và Du lịch": "giao cho Sở Văn hóa, Thể thao và Du lịch",
            "giao cho Sở. Tiến độ": None}  # fmt: skip
    rows = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17)]
    assert {text: reading(*rows, *centred(text, 0.52, 0.19), *BODY).fields.get("subject") for text in said} == said


def test_the_opening_of_a_subject_is_mended() -> None:
    rows = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17)]
    for slip in (",Vềviệc~0.6 khen thưởng", "và~0.7 việc khen thưởng", "Vê việc khen thưởng"):
        assert reading(*rows, *centred(slip, 0.52, 0.19), *BODY).fields["subject"] == "Về việc khen thưởng"


def signed(*rows: list[Word]) -> dict[str, str]:
    recipients = [*line("Nơi nhận:", 0.13, 0.70), *line("- Lưu: VT.", 0.13, 0.72)]
    return dict(read([page(BODY, recipients, *rows)], VOCABULARY).fields)


def test_a_position_the_seal_has_bitten_off_is_not_read() -> None:
    name = centred("Trần Thị Lan Anh", 0.72, 0.82)
    assert signed(centred("TM. ỦY BAN NHÂN DÂN", 0.72, 0.7), centred("CHỦ TỊCH", 0.72, 0.72), name)["signer_position"] == "Chủ tịch"
    deputy = signed(centred("KT. CHỦ TỊCH", 0.72, 0.7), centred("CHỦ TỊCH", 0.74, 0.72), name)
    assert deputy["signer_position"] == "Phó Chủ tịch"  # only "PHÓ" fills the room left of it
    assert "signer_position" not in signed(centred("KT. CHỦ TỊCH", 0.72, 0.7), centred("CHỦ TỊCH", 0.78, 0.72), name)
    assert "signer_position" not in signed(centred("CHỦ TỊCH", 0.75, 0.72), name)  # KT. and PHÓ are under the seal


def disputed(words: list[Word], at: int, *rivals: str) -> list[Word]:
    """The words, one of them in doubt between what the readings had."""
    doubtful = replace(words[at], text=rivals[0], confidence=0.55, rivals=rivals)
    return [*words[:at], doubtful, *words[at + 1 :]]


@pytest.mark.parametrize(("at", "rivals", "name"), [
    (3, ("Tuần", "Tuấn", "Tuấn", "Tuần"), "Trần Văn Minh Tuấn"),
    (3, ("Nhẫn", "Nhân", "Nhân", "Nhẫn"), None),  # both are names
    (3, ("Tuần", "Tuấn"), None),  # what one reading alone has
    (3, ("Tuần", "Tuẩn", "Tuẩn", "Tuần"), None),
    (0, ("Yrần", "Trần", "lrần", "Trần"), "Trần Văn Minh Anh"),
    (0, ("Yrần", "Yrần", "lrần", "Trần"), None),
    (0, ("Võ", "Vũ", "Vũ", "Võ"), None),
    (0, ("Te", "Tề", "Tề", "tê"), None),  # a rare one, which Lê is read as
])  # fmt: skip
def test_of_readings_that_differ_the_only_one_that_is_a_name_was_printed(at: int, rivals: tuple[str, ...], name: str | None) -> None:
    rows = (centred("TM. ỦY BAN NHÂN DÂN", 0.72, 0.7), centred("CHỦ TỊCH", 0.72, 0.72))
    assert signed(*rows, disputed(centred("Trần Văn Minh Anh", 0.72, 0.82), at, *rivals)).get("signer_name") == name


def test_a_surname_whose_letters_every_reading_has_is_sure() -> None:
    rows = (centred("TM. ỦY BAN NHÂN DÂN", 0.72, 0.7), centred("CHỦ TỊCH", 0.72, 0.72))
    for rivals, name in ((("Tran", "Trân", "Tran", "Trân"), "Trần Văn Minh"), (("Tran", "Trân", "Train", "Trân"), None)):
        assert signed(*rows, disputed(centred("Trần Văn Minh", 0.72, 0.82), 0, *rivals)).get("signer_name") == name
    rare = disputed(centred("Kiều Văn Minh", 0.72, 0.82), 0, "Kiều", "Kiêu", "Kiều", "Kiêu")
    assert signed(*rows, rare)["signer_name"] == "Kiều Văn Minh", "no usual surname is one letter away"


def test_a_small_letter_in_doubt_before_a_whole_name_is_a_stroke() -> None:
    assert signed(centred("k~0.55 Trần Thị Lan", 0.72, 0.82))["signer_name"] == "Trần Thị Lan"
    assert "signer_name" not in signed(centred("H~0.55 Trần Thị Lan", 0.72, 0.82))  # what a seal left of a surname


def test_a_post_whose_word_is_known_from_its_end_is_no_longer_post() -> None:
    """Of "HIỆU TRƯỞNG" a seal left "U TRƯỞNG", and the room before it is that of "Phó" too."""
    post = centred("HIỆU TRƯỞNG", 0.72, 0.72)
    letter = (post[0].right - post[0].left) / 4
    bitten = replace(post[0], text="U", left=post[0].right - letter, confidence=0.92, rivals=("U", "U", "HIỆU", "HIỆU"))
    assert signed([bitten, post[1]], centred("Trần Thị Lan Anh", 0.72, 0.82))["signer_position"] == "Hiệu trưởng"


def test_a_name_that_may_have_lost_its_marks_is_not_read() -> None:
    rows = (centred("TM. ỦY BAN NHÂN DÂN", 0.72, 0.7), centred("CHỦ TỊCH", 0.72, 0.72))
    assert "signer_name" not in signed(*rows, centred("Trần Văn Ai", 0.72, 0.82))  # Ái is a name, Ai is none
    assert signed(*rows, centred("Trần Văn Ngoãn", 0.72, 0.82))["signer_name"] == "Trần Văn Ngoãn"  # as printed: no list has all


def test_of_readings_that_differ_the_only_one_that_is_of_a_post_was_printed() -> None:
    name = centred("Trần Thị Lan Anh", 0.72, 0.82)
    post = disputed(centred("CHÁNH VĂN PHÒNG", 0.72, 0.72), 0, "GHÁPH", "CHÁNH", "CHÁNH", "XHÁNH")
    assert signed(post, name)["signer_position"] == "Chánh Văn phòng"
    deputy = disputed(centred("PHÓ GIÁM ĐỐC", 0.72, 0.72), 0, "RHÓ", "PHÓ", "PHÓ")
    assert signed(centred("KT. GIÁM ĐỐC", 0.72, 0.7), deputy, name)["signer_position"] == "Phó Giám đốc"


@pytest.mark.parametrize(("post", "position"), [
    ("GHÁPH~0.55 VĂN PHÒNG", "Chánh Văn phòng"), ("SIÁM~0.55 ĐỐC", "Giám đốc"), ("N~0.55 6HỦ~0.47 TỊCH", "Chủ tịch"),
    ("THỐNG ĐỐC", "Thống đốc"), ("XYZKW~0.55 VĂN PHÒNG", None),
])  # fmt: skip
def test_a_spoilt_word_of_a_post_is_known_by_most_of_its_letters(post: str, position: str | None) -> None:
    rows = centred(post.removeprefix("N~0.55 "), 0.72, 0.72)
    strokes = line("N~0.55", 0.5, 0.72) if post.startswith("N~") else []
    assert signed([*strokes, *rows], centred("Trần Thị Lan Anh", 0.72, 0.82)).get("signer_position") == position


def test_words_within_a_seal_are_no_line_of_the_block() -> None:
    name = centred("Trần Thị Lan Anh", 0.72, 0.82)
    assert signed(centred("TRƯỞNG PHÒNG", 0.72, 0.72), line("PHÒNG,", 0.55, 0.76), name)["signer_position"] == "Trưởng phòng"


def test_strokes_before_a_post_that_stands_on_the_axis_are_none_of_it() -> None:
    name, post = centred("Trần Thị Lan Anh", 0.72, 0.82), centred("GIÁM ĐỐC", 0.72, 0.72)
    assert signed([*line("Y~0.53 7,~0.55", 0.6, 0.72), *post], name)["signer_position"] == "Giám đốc"
    shifted = [*line("BHÓ~0.6", 0.68, 0.72), *centred("GIÁM ĐỐC", 0.75, 0.72)]
    assert signed(shifted, name).get("signer_position") != "Giám đốc"


@pytest.mark.parametrize(("post", "position"), [
    ("HÓ~0.5 GIÁM~0.55 ĐỐC", "Phó Giám đốc"), ("PHÓ GIÁM ĐC~0.3", "Phó Giám đốc"), ("PHÓ TỔNG GIÁM ĐỐC", "Phó Tổng Giám đốc"),
    ("ÓO~0.5 TỔNG~0.5 GIÁM~0.5 ĐỐC", None),
])  # fmt: skip
def test_whoever_signs_for_another_holds_the_deputys_post_where_its_words_stand(post: str, position: str | None) -> None:
    rows = centred("KT. GIÁM ĐỐC", 0.72, 0.7), centred(post, 0.72, 0.72), centred("Trần Thị Lan Anh", 0.72, 0.82)
    assert signed(*rows).get("signer_position") == position


def test_strokes_of_a_seal_among_the_words_of_a_post_are_none_of_it() -> None:
    name = centred("Trần Thị Lan Anh", 0.72, 0.82)
    spoilt = [*centred("PHÓ €.~0.1 CHỦ TỊCH", 0.72, 0.72), word("TC~0.3", 0.86, 0.72)]
    assert signed(centred("KT. CHỦ TỊCH", 0.72, 0.7), spoilt, name)["signer_position"] == "Phó Chủ tịch"
    longer = centred("PHÓ GIÁM ĐỐC SỞ~0.3 XÂY~0.3 DỰNG~0.3", 0.72, 0.72)
    assert "signer_position" not in signed(centred("KT. GIÁM ĐỐC", 0.72, 0.7), longer, name)


def test_what_a_pen_was_read_as_beside_a_post_is_none_of_it() -> None:
    name = centred("Trần Thị Lan Anh", 0.72, 0.82)
    post = [word("j~0.31", 0.6, 0.72), *centred("CHỦ~0.7 TỊCH", 0.72, 0.72)]
    found = signed([word("tuc~0.52", 0.57, 0.7), *centred("TM. ỦY BAN NHÂN DÂN", 0.72, 0.7)], post, name)
    assert (found["signer_position"], found["signer_authority"]) == ("Chủ tịch", "TM.")


def test_the_spoilt_first_word_of_a_post_is_the_one_that_fills_its_room() -> None:
    name = centred("Trần Thị Lan Anh", 0.72, 0.82)
    for spoilt, position in (("VHÁNH~0.55 VĂN PHÒNG", "Chánh Văn phòng"), ("V~0.55 VĂN PHÒNG", None)):
        assert signed(centred("TL. GIÁM ĐỐC", 0.72, 0.7), centred(spoilt, 0.72, 0.72), name).get("signer_position") == position


def test_of_an_authority_the_words_before_it_are_strokes_where_in_doubt() -> None:
    rows = [word("NN~0.55", 0.55, 0.7), *centred("KT. GIÁM ĐỐC", 0.72, 0.7)], centred("ƑHÓ~0.55 GIÁM ĐỐC", 0.72, 0.72)
    found = signed(*rows, centred("Trần Thị Lan Anh", 0.72, 0.82))
    assert (found["signer_position"], found["signer_authority"]) == ("Phó Giám đốc", "KT.")
    alone = signed(rows[1], centred("Trần Thị Lan Anh", 0.72, 0.82))
    assert alone.get("signer_position") in (None, "Phó Giám đốc")  # never "Tổng"


def test_a_dash_within_a_phrase_is_a_speck_which_leaves_the_subject_open() -> None:
    assert "subject" not in reading(*head("Số: 15/QĐ-X", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17),
                                    *centred("Về việc số hóa tài - liệu lưu trữ", 0.52, 0.19), *BODY).fields  # fmt: skip


def test_a_speck_beside_a_name_parts_no_column() -> None:
    name = [*centred("Hồ Thế Phượng", 0.72, 0.82), word("^~0.55", 0.91, 0.82)]
    assert signed(centred("CHỦ TỊCH", 0.72, 0.72), name)["signer_name"] == "Hồ Thế Phượng"


@pytest.mark.parametrize(("post", "at", "position"), [
    ("BHó~0.75 GIÁM ĐỐC", 0.72, "Phó Giám đốc"), ("1~0.55 ƑHÓ~0.55 GIÁM ĐỐC", 0.7088, "Phó Giám đốc"), ("GIÁM ĐỐC", 0.7434, "Phó Giám đốc"), ("GIÁM ĐỐC", 0.72, None),
])  # fmt: skip
def test_of_a_deputys_post_the_beginning_may_be_spoilt(post: str, at: float, position: str | None) -> None:
    rows = centred("KT. GIÁM ĐỐC", 0.72, 0.7), centred(post, at, 0.72), centred("Trần Thị Lan Anh", 0.72, 0.82)
    assert signed(*rows).get("signer_position") == position


def test_a_seal_may_have_bitten_off_letters_of_a_post() -> None:
    name = centred("Trần Thị Lan Anh", 0.72, 0.82)
    for at, position in ((0.7305, "Giám đốc"), (0.72, None)):  # the room left of it is that of "GI"
        assert signed(centred("ÁM ĐỐC", at, 0.72), name).get("signer_position") == position


def test_strokes_at_the_ends_of_a_name_are_none_of_it_where_the_rest_is_centred() -> None:
    name = centred("Kiều Thanh Hải", 0.72, 0.82)
    spoilt = [word("x~0.38", name[0].left - 0.03, 0.82), *name, word("NN~0.65", name[-1].right + 0.02, 0.82)]
    assert signed(centred("GIÁM ĐỐC", 0.72, 0.72), spoilt)["signer_name"] == "Kiều Thanh Hải"
    assert "signer_name" not in signed(centred("GIÁM ĐỐC", 0.745, 0.72), spoilt)  # a surname may have stood there


def test_the_beginning_of_a_post_under_a_seal_is_the_only_one_that_fills_its_room() -> None:
    post, name = centred("CHÁNH VĂN PHÒNG", 0.72, 0.72)[1:], centred("Trần Thị Lan Anh", 0.72, 0.82)
    found = signed(centred("TL. CHỦ TỊCH", 0.72, 0.7), post, name)
    assert (found["signer_position"], found["signer_authority"]) == ("Chánh Văn phòng", "TL.")


@pytest.mark.parametrize("name", ["rần Hoàng Tuấn", "Quyền~0.7 Quốc Việt", "Kguyễn Quốc Việt", "Trần Hoàng Tuấn~0.8", "n Hoàng Giang", "Hoàng Giang"])
def test_a_name_the_seal_has_bitten_is_not_read(name: str) -> None:
    assert "signer_name" not in signed(centred("CHỦ TỊCH", 0.72, 0.72), centred(name, 0.72, 0.82))


def test_a_post_above_one_that_was_not_read_is_none() -> None:
    rows = centred("TL. CHỦ TỊCH", 0.72, 0.7), centred("VAN PHÒNG", 0.72, 0.72), centred("Trần Thị Lan Anh", 0.72, 0.82)
    assert "signer_position" not in signed(*rows)
    read_ = signed(rows[0], centred("CHÁNH VĂN PHÒNG", 0.72, 0.72), rows[2])
    assert (read_["signer_position"], read_["signer_authority"]) == ("Chánh Văn phòng", "TL.")


def test_the_list_of_recipients_is_found_though_its_heading_is_misread() -> None:
    rows = [*line("Mới nhận:", 0.13, 0.70), *line("- Công TTĐT tỉnh (b/©);", 0.13, 0.72), *line("- Lưu: VT.", 0.13, 0.735)]
    assert reading(*BODY, *rows).fields["recipients"] == "Cổng TTĐT tỉnh (b/c); Lưu: VT"


def test_a_signature_beside_a_heading_of_which_only_the_end_is_read_is_found() -> None:
    rows = [*line("nhận:", 0.17, 0.70), *centred("KT. CHỦ TỊCH", 0.72, 0.70), *line("- Lưu: VT.", 0.13, 0.72),
            *centred("PHÓ CHỦ TỊCH", 0.72, 0.72), *centred("Trần Thị Lan Anh", 0.72, 0.82)]  # fmt: skip
    assert reading(*BODY, *rows).fields["signer_name"] == "Trần Thị Lan Anh"
    text = line("nhận: 49, trong đó tháng trước chuyển sang 20, trong tháng 29", 0.13, 0.30)
    assert reading(*BODY, *text, *rows[1:4], *rows[-4:]).fields.get("signer_name") is None


def recipients(*items: str) -> str | None:
    rows = [line(item, 0.13, 0.72 + 0.015 * at) for at, item in enumerate(items)]
    return reading(*BODY, *line("Nơi nhận:", 0.13, 0.70), *(word for row in rows for word in row)).fields.get("recipients")


def test_what_a_seal_leaves_round_the_list_of_recipients_is_none_of_it() -> None:
    rows = [line(item, 0.13, 0.72 + 0.015 * at) for at, item in enumerate(("- Sở Nội vụ (b/c);", "- Website tỉnh;", "- Lưu: VT, NC."))]
    head = line("Nơi nhận:", 0.13, 0.70)

    def told(*more: Word) -> str | None:
        return reading(*BODY, *head, *(each for row in rows for each in row), *more).fields.get("recipients")

    whole = "Sở Nội vụ (b/c); Website tỉnh; Lưu: VT, NC"
    assert told(word("Ự", 0.11, 0.75)) == whole  # left of the dashes, which stand one under the other
    assert told(*line("sào~0.49 tròn~0.55", 0.36, 0.735)) == whole  # beyond a wide gap, and in doubt
    assert told(*line("- Sở Y tế;", 0.36, 0.735)) is None  # a second column of the list


def test_of_readings_that_differ_the_only_one_that_is_initials_was_printed() -> None:
    rows = [*line("- Sở Nội vụ;", 0.13, 0.72), *line("- Lưu: VT, NC.", 0.13, 0.735)]
    heading = line("Nơi nhận:", 0.13, 0.70)
    for rivals, told in ((("ÑC.", "NC", "NC", "ÑC"), "Sở Nội vụ; Lưu: VT, NC"), (("NC.", "NG", "NG", "NC"), None),
                         (("GDTTH.", "GDTTH", "GDTrH", "GDTrH"), None)):  # fmt: skip
        assert reading(*BODY, *heading, *disputed(rows, len(rows) - 1, *rivals)).fields.get("recipients") == told


def test_a_word_that_stands_twice_for_readings_parted_its_line_is_not_told() -> None:
    assert recipients("- Cấp Cấp trên trực tiếp (b/c);", "- Lưu: VT, NC.") is None
    found = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17), *centred("Về việc dự phòng phòng~0.55 ngừa", 0.52, 0.19)]
    assert "subject" not in reading(*found, *BODY).fields


def test_a_stroke_after_an_item_or_in_place_of_one_leaves_the_list_untold() -> None:
    assert recipients("- Các phòng, ban;", "C;", "- Lưu: VT, NC.") is None
    assert recipients("- Các phòng, ban;", "- C;", "- Lưu: VT, NC.") is None
    assert recipients("- Tổ dân phố 5;", "- Lưu: VT, NC.") == "Tổ dân phố 5; Lưu: VT, NC"


def test_a_stroke_where_no_letter_has_room_is_none_of_the_list() -> None:
    """A pen's stroke over "Ủy ban Mặt trận" was read as an A between two words that stand as close as words do."""
    rows = [*line("- Ủy ban Mặt trận;", 0.13, 0.72), *line("- Lưu: VT, NC.", 0.13, 0.735)]
    heading, ban, trận = line("Nơi nhận:", 0.13, 0.70), rows[2], rows[3]
    stroke = Word("A", ban.right, 0.717, trận.left + 0.002, 0.73, 0.38)
    told = "Ủy ban Mặt trận; Lưu: VT, NC"
    assert reading(*BODY, *heading, *rows).fields.get("recipients") == told
    assert reading(*BODY, *heading, *rows, stroke).fields.get("recipients") == told
    assert reading(*BODY, *heading, *rows, replace(stroke, confidence=0.9)).fields.get("recipients") != told, "what is sure is print"


def test_a_full_stop_within_an_item_leaves_the_list_untold() -> None:
    assert recipients("- Các trường học. trên địa bàn;", "- Lưu: VT, NC.") is None
    assert recipients("- Các thành viên. Ủy ban;", "- Lưu: VT, NC.") is None
    assert recipients("- TP. Huế;", "- Lưu: VT, NC.") == "TP. Huế; Lưu: VT, NC"


@pytest.mark.parametrize("kept", ["Lưu:.VT, NC.", "Lưu::VT, NC.", "Lưu:VT, NC."])
def test_a_speck_that_joins_the_initials_to_the_last_item_is_none(kept: str) -> None:
    assert recipients("- Sở Nội vụ;", f"- {kept}") == "Sở Nội vụ; Lưu: VT, NC"


def test_a_letter_beyond_the_end_of_an_item_is_a_stroke() -> None:
    rows = [*line("- Sở Nội vụ;", 0.13, 0.72), word("N", 0.36, 0.72), *line("- Lưu: VT, NC.", 0.13, 0.735)]
    assert reading(*BODY, *line("Nơi nhận:", 0.13, 0.70), *rows).fields.get("recipients") == "Sở Nội vụ; Lưu: VT, NC"


def test_initials_that_are_a_group_of_the_notation_but_for_a_letter_leave_the_list_open() -> None:
    for said, told in (("GDTTH", None), ("GDTrH", "Như trên; Lưu: VT, GDTrH"), ("TCCB", "Như trên; Lưu: VT, TCCB")):
        rows = [*head("Số: 15/SGDĐT-GDTrH", DATE), *BODY, *line("Nơi nhận:", 0.13, 0.70), *line("- Như trên;", 0.13, 0.72),
                *line(f"- Lưu: VT, {said}.", 0.13, 0.735)]  # fmt: skip
        assert reading(*rows).fields.get("recipients") == told


def test_a_dash_that_hangs_on_the_first_word_is_the_items_own() -> None:
    assert recipients("-.Công an tỉnh;", "- Lưu: VT, NC.") == "Công an tỉnh; Lưu: VT, NC"


def test_a_list_that_ends_with_a_comma_lost_the_initials_after_it() -> None:
    assert recipients("- Công an tỉnh;", "- Lưu: VT,") is None
    assert recipients("- Công an tỉnh;", "¬Lưu: VT, NC,") == "Công an tỉnh; Lưu: VT, NC", "a full stop is read so"


def test_a_listed_phrase_but_for_one_letter_is_a_slip_and_leaves_its_field_open() -> None:
    assert recipients("- Ủy ban Mặt trận Tổ quốc;", "- Lưu: VT, NC.") == "Ủy ban Mặt trận Tổ quốc; Lưu: VT, NC"
    assert recipients("- Ủy bai Mặt trận Tổ quốc;", "- Lưu: VT, NC.") is None
    for said, is_told in (("cải cách thủ tục hành chính", True), ("cải cách thủ túi hành chính", False)):
        rows = [*head("Số: 15/QĐ-UBND", DATE), *centred("QUYẾT ĐỊNH", 0.52, 0.17), *centred(f"Về việc {said}", 0.52, 0.19)]
        assert ("subject" in reading(*rows, *BODY).fields) is is_told


def test_what_stands_in_nearly_every_list_is_mended() -> None:
    assert recipients("- Như Điêu cuôi;", "- Sở Nội vụ (b/£);~0.55", "- Lưu: VT, NC.") == "Như Điều cuối; Sở Nội vụ (b/c); Lưu: VT, NC"


def test_specks_within_the_list_of_recipients_part_no_words() -> None:
    told = "Cấp trên trực tiếp (b/c); Kho bạc Nhà nước khu vực; Lưu: VT, NC"
    assert recipients("- Cấp trên trực:tiếp (bức);~0.55 -", "- Kho bạc Nhà nước khu VựC;~0.75", "- Lưu: VT, NC.") == told
    assert recipients("- Cấp trên trực tiếp (b/c);", "- Kho bạc Nhà nước khu Vực;~0.75", "- Lưu: VT, NC.") == told
    assert recipients("- Cấp trên trực tiếp (b/c);-~0.4", "- Kho bạc Nhà nước khu vực;", "- Lưu: VT, NC.") == told


def test_strokes_beside_the_list_of_recipients_are_none_of_it() -> None:
    told = "Sở Nội vụ (b/c); Website tỉnh; Lưu: VT, NC"
    assert recipients("- Sở Nội vụ (b/c); L~0.5", "- Website tỉnh;'", "ụ~0.5", "__~ Lưu: VI, NC.") == told
    assert recipients("- Sở Nội vụ (b/c);", "- Website tỉnh;", "- Lưủ: VT, NC. l]~0.1") == told
    assert recipients("- Sở Nội vụ {b/C);~0.3", "- Website tỉnh;", "- Lưu: VT, NC.") == told
    assert recipients("- Sở Nội vụ (b/c);", "- Website tỉnh;", "- Lưu: VTNC.") is None  # no comma
    assert recipients("- Sở Nội vụ-Lao động;", "- Lưu: VT.") is None  # a speck in the space between two words
    assert recipients("- Sở Nội vụ (Đ/c);~0.3", "- Website tỉnh;", "- Lưu: VT, NC. 4`~0.65") == told
    assert recipients("- Đ/c Nguyễn Văn An;", "- Lưu: VT, NC.") == "Đ/c Nguyễn Văn An; Lưu: VT, NC"
    assert recipients("- Sở Nội vụ (b/c);", "- Lưu: VT NC.") is None and recipients("- Sở Nội vụ;", "- Lưu: VT; NC.") is None


def test_marks_over_another_letter_of_the_same_word_stay_as_printed() -> None:
    assert recipients("- Thường trực Tỉnh uỷ;", "- Lưu: VT.") == "Thường trực Tỉnh uỷ; Lưu: VT"


def test_room_for_a_word_in_the_list_of_recipients_is_one_that_was_not_read() -> None:
    row = line("- Ủy ban Mặt trận Tổ quốc;", 0.13, 0.72)
    for words, told in ((row, "Ủy ban Mặt trận Tổ quốc; Lưu: VT"), ([w for w in row if w.text != "trận"], None)):
        found = reading(*BODY, *line("Nơi nhận:", 0.13, 0.70), *words, *line("- Lưu: VT.", 0.13, 0.735)).fields
        assert found.get("recipients") == told


def test_a_lone_letter_for_the_sign_that_ends_an_item_leaves_the_list_open() -> None:
    assert recipients("- Sở Nội vụ (b/c) 1~0.9", "- Lưu: VT.") is None
    assert recipients("- Như Điều 3;", "- Lưu; VT, NC.") == "Như Điều 3; Lưu: VT, NC"


def test_a_comma_that_ends_an_item_is_followed_by_a_word_that_was_not_read() -> None:
    assert recipients("- Sở Nội vụ;", "- VPUB: CVP,", "- Lưu: VT.") is None
    assert recipients("- Sở Nội vụ;", "- VPUB: CVP,", "PCVP;", "- Lưu: VT.") == "Sở Nội vụ; VPUB: CVP, PCVP; Lưu: VT"
    assert recipients("- Sở Nội vụ,", "- Sở Tài chính,", "- Lưu: VT.") == "Sở Nội vụ; Sở Tài chính; Lưu: VT"


def test_a_line_missing_from_the_list_of_recipients_leaves_it_to_a_person() -> None:
    items = [f"- Sở {name};" for name in ("Nội vụ", "Tài chính", "Y tế", "Xây dựng")]
    assert recipients(*items, "- Lưu: VT.") and recipients(*items[:2], "", *items[2:], "- Lưu: VT.") is None


@pytest.mark.parametrize("item", ["`~0.1 an;", "- Cổng ' TTĐT tỉnh;", "- Công ah;", "- Sở Nội vụ (bí);", "- Kho bạc Nhà nước: khu vực;", "- Các thành-viên;", "- Các thành viên.Ủy ban;", "- Các phòng; ban;"])
def test_a_sign_where_a_word_should_stand_spoils_the_list_of_recipients(item: str) -> None:
    rows = [*line("Nơi nhận:", 0.13, 0.70), *line("- Như trên;", 0.13, 0.72), *line(item, 0.13, 0.735), *line("- Lưu: VT.", 0.13, 0.75)]
    assert "recipients" not in reading(*BODY, *rows).fields


def test_what_comes_along_is_told_and_what_an_annex_says_of_its_letter_is_not() -> None:
    notes = [*line("Gửi kèm dự thảo (có danh sách kèm theo) và biểu (chi tiết tại Phụ lục I).", 0.18, 0.3),
             *line("Kính trình xem xét (kèm theo dự thảo Nghị quyết)./.", 0.18, 0.33)]  # fmt: skip
    own = "có danh sách kèm theo; chi tiết tại Phụ lục I; kèm theo dự thảo Nghị quyết"
    assert reading(*notes).fields["attachments"] == own
    annex = line("(Kèm theo Quyết định số 15/QĐ-UBND ngày 05 tháng 02 năm 2026 của Ủy ban)", 0.18, 0.3)
    assert "attachments" not in reading(*annex).fields
    assert "attachments" not in reading(*notes, *line("(có Phụ~0.5 lục kèm theo)", 0.18, 0.36)).fields


def test_a_stroke_of_a_pen_between_the_words_of_a_name_is_none_of_it() -> None:
    name = [*line("Trần", 0.63, 0.82), word("À~0.55", 0.671, 0.82), *line("Ngọc Căng", 0.681, 0.82)]
    assert signed(centred("CHỦ TỊCH", 0.72, 0.71), name)["signer_name"] == "Trần Ngọc Căng"
    assert "signer_name" not in signed(centred("CHỦ TỊCH", 0.72, 0.71), centred("Trần Ý~0.55 Ngọc Căng", 0.72, 0.82))


def test_a_signature_may_begin_well_above_the_list_of_recipients() -> None:
    rows = [*centred("KT. CHỦ TỊCH", 0.72, 0.638), *centred("PHÓ CHỦ TỊCH", 0.72, 0.656), *centred("Trần Thị Lan Anh", 0.72, 0.78)]
    found = signed(rows)
    assert (found["signer_authority"], found["signer_position"], found["signer_name"]) == ("KT.", "Phó Chủ tịch", "Trần Thị Lan Anh")


def test_whoever_acts_as_holds_the_post_beside_it() -> None:
    found = signed(centred("Q. GIÁM ĐỐC", 0.72, 0.71), centred("Trần Thị Lan Anh", 0.72, 0.82))
    assert (found["signer_authority"], found["signer_position"]) == ("Q.", "Giám đốc")


def test_a_deputy_secretary_signs_for_the_committee_itself() -> None:
    rows = [*centred("T/M BAN THƯỜNG VỤ", 0.72, 0.70), *centred("PHÓ BÍ THƯ", 0.72, 0.72), *centred("Trần Thị Lan Anh", 0.72, 0.82)]
    assert signed(rows)["signer_authority"] == "TM."
    hidden = [*centred("TM. ỦY BAN NHÂN DÂN", 0.72, 0.70), *centred("PHÓ CHỦ TỊCH", 0.72, 0.74), *rows[-4:]]
    assert "signer_authority" not in signed(hidden)  # a seal may lie over "KT. CHỦ TỊCH"


def test_two_names_are_none() -> None:
    rows = centred("Trần Thị Lan Anh", 0.72, 0.82), centred("Lê Văn Minh Đức", 0.72, 0.9)
    assert "signer_name" not in signed(*rows)


def test_the_signer_of_an_annex_is_not_the_signer() -> None:
    first = page([w for w in DECISION if w not in FOOT])
    annex = page(head("Số: /NQ-HĐND", DATE), FOOT)
    assert "signer_name" not in read([first, annex], VOCABULARY).fields


def test_a_signature_on_a_later_page_is_found() -> None:
    first = page([w for w in DECISION if w not in FOOT])
    assert read([first, page(FOOT)], VOCABULARY).fields["signer_name"] == "Trần Thị Lan Anh"


def test_the_languages_of_pages_are_told_or_left_open() -> None:
    english = "The committee met on Monday and agreed to publish the report before June"
    spoilt = "9U] 9U1 Bop peduun XOJ 1S91 19Ao qưg IQJA ueH ủA qUỹ Nựu kiz zuq xơv"  # a page on its head, read for Vietnamese
    german = "Die Arbeiten sind mit der Gemeinde und nicht mit dem Land abgestimmt und werden von der Stadt bezahlt"
    said = {english: "en", german: "de", spoilt: None, "one two three four five six seven eight nine ten eleven": None}
    assert {text: reading(*line(text, 0.05, 0.3)).fields.get("language") for text in said} == said
    both = read([Page(tuple(DECISION)), Page(tuple(line(english, 0.1, 0.3)))], VOCABULARY)
    assert both.fields["language"] == "vi, en" and 0 < both.confidence["language"] <= 1


def test_other_languages_are_not_vietnamese() -> None:
    english = line("The committee met on Monday and agreed to publish the report before June", 0.1, 0.3)
    assert reading(*english).fields == {"language": "en"}


# Any input -----------------------------------------------------------------------------------------------------

TEXTS = st.one_of(st.sampled_from([w.text for w in DECISION]), st.text(max_size=12))
PLACES = st.one_of(st.floats(0, 1), st.floats())
WORDS = st.lists(st.builds(Word, TEXTS, PLACES, PLACES, PLACES, PLACES, st.floats()), max_size=40)


@given(WORDS, st.booleans())
def test_any_words_are_read_without_error(words: list[Word], with_letter: bool) -> None:
    found = reading(*words, *(DECISION if with_letter else ()))
    assert found.fields.keys() <= NAMES
    assert found.fields.keys() == found.confidence.keys()
    assert all(0 <= sure <= 1 for sure in found.confidence.values())
    assert all(unicodedata.is_normalized("NFC", text) and text for text in found.fields.values())
    assert all(page == 1 and 0 <= left <= right <= 1 and 0 <= top <= bottom <= 1 for page, left, top, right, bottom in found.places.values())


@settings(max_examples=40)
@given(st.randoms(use_true_random=False), WORDS)
def test_the_order_of_words_is_of_no_account(chance: random.Random, more: list[Word]) -> None:
    words = [*DECISION, *more]
    shuffled = list(words)
    chance.shuffle(shuffled)
    assert reading(*shuffled) == reading(*words)


@settings(max_examples=40)
@given(WORDS)
def test_decomposed_letters_read_alike(more: list[Word]) -> None:
    words = [*DECISION, *more]
    apart = [
        Word(unicodedata.normalize("NFD", w.text), w.left, w.top, w.right, w.bottom, w.confidence) for w in words
    ]
    assert reading(*apart) == reading(*words)


HOSTILE = ["Số:", "/", "15/QĐ-UBND", "ngày", "1", "tháng", "năm", "CỘNG", "HÒA", "TỈNH", "V/v", "Nơi", "nhận:", "-" * 100]


def _crowded(spread: str, count: int) -> list[Word]:
    chance = random.Random(7)
    words = list(head("Số: 15/QĐ-UBND", DATE))
    for index in range(count):
        share = index / count
        left, top = {
            "one line": (share * 0.4, 0.125),
            "one place": (0.16, 0.125),
            "everywhere": (chance.random(), chance.random()),
            "stairs": (share, share),
        }[spread]
        words.append(word(chance.choice(HOSTILE), left, top))
    return words


def _cpu(words: list[Word]) -> float:
    start = time.process_time()
    reading(*words)
    return time.process_time() - start


@pytest.mark.parametrize("spread", ["one line", "one place", "everywhere", "stairs"])
def test_the_time_grows_as_sorting_the_words_does(spread: str) -> None:
    """Eight times the words take eight times the time and a little; by squares it would be sixty-four times."""
    few, many = _crowded(spread, 2_500), _crowded(spread, 20_000)
    assert min(_cpu(many) for _ in range(2)) < 20 * min(_cpu(few) for _ in range(5))
