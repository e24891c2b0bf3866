"""Lines and zones: what a reader would call one line, also on a sheet fed a little askew."""

import math
import random

import pytest

from processor.describe.layout import Page, Word, foot, head
from processor.describe.rows import lines

from .written import DECISION, VOCABULARY, centred, line, page


def askew(words: list[Word], degrees: float) -> list[Word]:
    drop = math.tan(math.radians(degrees)) * 210 / 297
    return [Word(w.text, w.left, w.top + drop * w.left, w.right, w.bottom + drop * w.left, w.confidence) for w in words]


@pytest.mark.parametrize("degrees", [-1.0, -0.5, 0.0, 0.5, 1.0])
def test_a_line_stays_one_line_when_the_sheet_is_askew(degrees: float) -> None:
    rows = lines(Page(tuple(askew(DECISION, degrees))))
    texts = [row.text for row in rows]
    assert "ỦY BAN NHÂN DÂN CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in texts
    assert "Về việc thành lập Hội đồng thi đua" in texts


def test_the_columns_of_the_head_are_parted() -> None:
    found = head(lines(Page(tuple(DECISION))), VOCABULARY)
    assert found is not None
    assert [row.text for row in found.left[:3]] == ["ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NGÃI", "Số: 15/QĐ-UBND"]
    assert found.right[2].text == "Quảng Ngãi, ngày 05 tháng 02 năm 2026"


def test_the_head_is_found_by_the_motto_when_the_country_is_unread() -> None:
    words = [w for w in DECISION if not (w.top == 0.07 and w.left > 0.45)]
    found = head(lines(Page(tuple(words))), VOCABULARY)
    assert found is not None
    assert found.left[0].text == "ỦY BAN NHÂN DÂN"


def test_an_agency_that_shares_words_with_the_country_does_not_move_the_column() -> None:
    rows = page(
        line("HỘI NÔNG DÂN VIỆT NAM", 0.1, 0.07), line("CỘNG~0.3 HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 0.47, 0.07)
    )
    found = head(lines(rows), VOCABULARY)
    assert found is not None
    assert found.left[0].text == "HỘI NÔNG DÂN VIỆT NAM"


def test_a_page_without_country_or_motto_has_no_head() -> None:
    assert head(lines(page(line("Số: 15/QĐ-UBND ngày 05 tháng 02 năm 2026", 0.1, 0.1))), VOCABULARY) is None


def test_the_signature_stands_beside_the_recipients() -> None:
    found = foot(lines(Page(tuple(DECISION))), VOCABULARY)
    assert found is not None
    assert [row.text for row in found.signature] == ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Trần Thị Lan Anh"]
    assert found.recipients[0].text == "Nơi nhận:"


def test_stamps_and_strokes_do_not_break_lines() -> None:
    stroke = Word("|", 0.3, 0.05, 0.31, 0.2, 0.2)
    assert [r.text for r in lines(Page((*DECISION, stroke)))] == [r.text for r in lines(Page(tuple(DECISION)))]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e9, -5.0])
def test_impossible_boxes_are_no_words(value: float) -> None:
    assert lines(Page((Word("a", value, 0.1, 0.2, 0.2, 0.9), Word("b", 0.1, 0.1, 0.2, value, 0.9)))) == ()


def test_order_of_words_is_of_no_account() -> None:
    shuffled = list(DECISION)
    random.Random(3).shuffle(shuffled)
    assert lines(Page(tuple(shuffled))) == lines(Page(tuple(DECISION)))


def test_lines_of_two_columns_at_unlike_heights_stay_apart() -> None:
    rows = lines(page(centred("TRÁI", 0.2, 0.1), centred("PHẢI", 0.7, 0.11), centred("DƯỚI", 0.2, 0.12)))
    assert [row.text for row in rows] == ["TRÁI", "PHẢI", "DƯỚI"]
