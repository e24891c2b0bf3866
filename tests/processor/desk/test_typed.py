"""Days as clerks type them, and what a field cannot hold."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.record import DESCRIPTIVE, RecordError, parse_field
from processor.desk import typed

TODAY = dt.date(2026, 11, 29)
DAYS = st.dates(dt.date(1930, 1, 1), TODAY)


@pytest.mark.parametrize(
    ("text", "iso", "sure"),
    [("5/2/2026", "2026-02-05", True), ("05022026", "2026-02-05", True), ("5-2-26", "2026-02-05", True), ("5.2.2026", "2026-02-05", True),
     (" 5 2 2026 ", "2026-02-05", True), ("050226", "2026-02-05", True), ("2026-02-05", "2026-02-05", True), ("3/4/68", "1968-04-03", True),
     ("5", "2026-11-05", False), ("30", "2026-10-30", False), ("5/2", "2026-02-05", False), ("0502", "2026-02-05", False),
     ("5/12", "2025-12-05", False), ("29/2", "2024-02-29", False), ("1/1/2030", "2030-01-01", False)],
)  # fmt: skip
def test_what_is_typed_is_the_day_that_was_meant(text: str, iso: str, sure: bool) -> None:
    found = typed.day(text, TODAY)
    assert found and (found.iso, not found.doubt) == (iso, sure)


@pytest.mark.parametrize("text", ["", "x", "31/2/2026", "0", "32", "5/13", "5/2/026", "5//2026x", "٥/٢/٢٠٢٦", "1234567", "5/2/2026/1"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert typed.day(text, TODAY) is None


@given(DAYS)
def test_a_day_written_out_is_that_day_and_no_other(day: dt.date) -> None:
    for text in (f"{day.day}/{day.month}/{day.year}", day.isoformat(), f"{day:%d%m%Y}", typed.written(day.isoformat())):
        found = typed.day(text, TODAY)
        assert found == typed.Day(day.isoformat())


@given(DAYS, DAYS)
def test_a_day_alone_is_of_the_month_that_is_printed_or_of_the_one_before(day: dt.date, near: dt.date) -> None:
    found = typed.day(str(day.day), TODAY, near)
    assert found is None or (found.doubt and dt.date.fromisoformat(found.iso) <= TODAY and found.iso[8:] == f"{day:%d}")
    if day.month == near.month and day.year == near.year:
        assert found and found.iso == day.isoformat()


@given(st.text(), DAYS)
def test_no_text_is_a_fault(text: str, near: dt.date) -> None:
    found = typed.day(text, TODAY, near)
    assert found is None or dt.date.fromisoformat(found.iso)
    typed.printed_month(text)


def test_the_month_around_a_handwritten_day_is_the_first_that_is_printed() -> None:
    head = "Số: /QĐ-UBND Vĩnh Sa, ngày09 tháng 7 năm 2026 Căn cứ Luật ngày 16 tháng 6 năm 2025"
    assert typed.printed_month(head) == dt.date(2026, 7, 1)
    assert typed.printed_month("tháng 13 năm 2026") is None


def test_a_number_without_a_digit_is_told_as_that() -> None:
    assert "chữ số" in typed.message("code_number", "abc") and not typed.message("code_number", "12a")


@given(st.sampled_from(DESCRIPTIVE), st.text(max_size=40))
def test_what_has_no_message_the_record_can_hold(name: str, text: str) -> None:
    if typed.message(name, text):
        return
    try:
        parse_field(name, text)
    except RecordError:
        pytest.fail("a value without a message was refused")


def test_a_day_that_was_shown_back_is_taken_when_it_comes_again() -> None:
    form = {"issued_date": "3/2"}
    first = typed.read(form, DESCRIPTIVE, TODAY, None)
    assert (first.values, first.doubtful) == ({"issued_date": "2026-02-03"}, {"issued_date": typed.COMPLETED})
    again = typed.read({"issued_date": "3/2", "shown_issued_date": "2026-02-03"}, DESCRIPTIVE, TODAY, None)
    assert (again.values, again.doubtful, again.wrong) == (first.values, {}, {})
    assert typed.read({"code_number": " 05 "}, DESCRIPTIVE, TODAY, None).values == {"code_number": "05"}


@pytest.mark.parametrize(
    ("number", "notation", "taken"),
    [("68/QĐ-UBND", "QĐ-UBND", "68"), ("68 / qđ-ubnd", "QĐ-UBND", "68"), ("01/2024/NĐ-CP", "NĐ-CP", "01/2024"), ("01/2024", "NĐ-CP", "01/2024"),
     ("299/UBND-TTHC", "UBND-TTHC", "299"), ("12a", "", "12a")],
)  # fmt: skip
def test_a_notation_typed_with_its_number_is_not_a_part_of_the_number(number: str, notation: str, taken: str) -> None:
    told = typed.read({"code_number": number, "code_notation": notation}, DESCRIPTIVE, TODAY, None)
    assert (told.values["code_number"], told.wrong) == (taken, {})


@pytest.mark.parametrize("notation", ["QĐ-UBND", ""])
def test_a_number_with_another_notation_is_asked_about(notation: str) -> None:
    told = typed.read({"code_number": "68/CT-UBND", "code_notation": notation}, DESCRIPTIVE, TODAY, None)
    assert told.wrong == {"code_number": typed.NOT_NUMBER_ALONE} and told.values["code_number"] == "68/CT-UBND"
