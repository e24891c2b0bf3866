"""Cells that a spreadsheet opens: no text is a formula, whatever alphabet's sign it begins with."""

import pytest

from processor.cells import cell


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", " =", "\u3000＝"])
def test_no_text_is_taken_for_a_formula(sign: str) -> None:
    assert str(cell(f"{sign}1+1")).startswith("'")


@pytest.mark.parametrize("value", ["Về việc = thử", "15/QĐ-UBND", "a@b.vn", 5, None])
def test_what_is_none_stays_as_it_is(value: object) -> None:
    assert cell(value) == value
