"""Ranges of pages and turns, as they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.intake import pages


@pytest.mark.parametrize(("text", "turned"), [
    ("", {}), ("2:90", {2: 90}), (" 1 : 180 , 3:270", {1: 180, 3: 270}), ("2:45", None), ("0:90", None), ("2", None), ("2:90,2:180", None),
    ("2:90,", None), ("٢:90", None), ("-1:90", None),
])  # fmt: skip
def test_turns_are_of_pages_by_quarters(text: str, turned: dict[int, int] | None) -> None:
    assert pages.turns(text) == turned


@given(st.dictionaries(st.integers(1, 99_999), st.sampled_from([90, 180, 270])))
def test_turns_written_out_are_those_turns(turned: dict[int, int]) -> None:
    assert pages.turns(",".join(f"{page}:{by}" for page, by in turned.items())) == turned
