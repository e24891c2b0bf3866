"""The name of a file and the number in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.describe.filename import disagrees

from .written import VOCABULARY

READ = {"code_number": "47", "code_notation": "QĐ-UBND"}


@pytest.mark.parametrize("name", [
    "47 QĐ UB.signed (1)_20250510_124908.pdf", "47QD-UBND.pdf", "QD 47.pdf", "qđ số 47.pdf", "SCAN0097.pdf", "20250510_124908.pdf",
    "van ban.pdf", "047-QD.pdf", "48 UBND.pdf", "",
])  # fmt: skip
def test_what_agrees_or_says_nothing(name: str) -> None:
    assert not disagrees(name, READ, VOCABULARY)


@pytest.mark.parametrize("name", ["48 QĐ UB.pdf", "QD-48.pdf", "47 TTr.pdf", "22_TB_UBND.pdf"])
def test_what_disagrees(name: str) -> None:
    assert disagrees(name, READ, VOCABULARY)
    assert not disagrees(name, {"code_notation": "QĐ-UBND"}, VOCABULARY)  # a number nobody read agrees with any


@given(st.text(), st.text(), st.text())
def test_any_name_is_heard(name: str, number: str, notation: str) -> None:
    digits = "".join(c for c in number if c in "0123456789")
    assert disagrees(name, {"code_number": digits, "code_notation": notation}, VOCABULARY) in (True, False)
