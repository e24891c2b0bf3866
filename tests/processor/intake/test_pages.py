"""Ranges of pages and turns, as they are typed."""

import time

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


def test_a_range_to_the_end_of_all_scans_takes_no_time() -> None:
    """`1-99999` is what somebody writes who means all pages: whoever read it took a minute, each time the lot was listed."""
    begun = time.process_time()
    assert pages.parse("1-99999", 99_999) == list(range(1, 100_000)) and pages.normal("2, 1-99999") == "2,1,3-99999"
    assert time.process_time() - begun < 2


def test_what_names_a_million_pages_names_none() -> None:
    begun = time.process_time()
    assert pages.parse(",".join(["1-99998"] * 100_000), 99_999) is None
    assert time.process_time() - begun < 2
    assert pages.parse(",".join(["1-3"] * 1_000), 3) == [1, 2, 3]
