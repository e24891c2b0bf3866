"""Paper sizes and page ranges."""

from hypothesis import given
from hypothesis import strategies as st

from processor.intake import pages
from processor.intake.papersize import page_points


def test_a_scan_without_resolution_is_a4() -> None:
    assert [round(v) for v in page_points(2480, 3508, None)] == [595, 842]
    assert [round(v) for v in page_points(2480, 3508, (72, 72))] == [595, 842]


def test_an_a3_scan_is_a3() -> None:
    assert [round(v) for v in page_points(3508, 4961, None)] == [842, 1191]


def test_a_believable_resolution_is_believed() -> None:
    assert [round(v) for v in page_points(1240, 1754, (150, 150))] == [595, 842]


@given(st.integers(50, 12_000), st.integers(50, 12_000))
def test_never_a_page_larger_than_the_largest_paper(width: int, height: int) -> None:
    assert max(page_points(width, height, (1, 1))) <= 420 * 72 / 25.4 + 1


@given(st.lists(st.integers(1, 60), min_size=1, unique=True).map(sorted))
def test_one_spelling_for_one_range(wanted: list[int]) -> None:
    text = pages.normal(",".join(map(str, wanted)))
    assert pages.parse(text, 60) == wanted and pages.normal(text) == text


def test_a_range_outside_the_scan_is_none() -> None:
    assert pages.parse("0", 3) is None and pages.parse("2-4", 3) is None and pages.parse("a", 3) is None
