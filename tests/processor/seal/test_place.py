"""Where the block goes."""

import numpy
from hypothesis import given
from hypothesis import strategies as st

from processor.seal import place
from processor.seal.inked import Inked, without_dust

A4 = (595.0, 842.0)
SEARCH = place.Search(top=14, right=23, down=128, left=283)


def blank(page: tuple[float, float]) -> list[list[bool]]:
    return [[False] * (int(page[0] / 2) + 1) for _ in range(int(page[1] / 2) + 1)]


def test_on_an_empty_page_it_stands_in_the_lawful_corner() -> None:
    box = place.choose(A4, (200, 26), SEARCH, Inked(blank(A4), 2))
    assert box == (595 - 23 - 200, 14, 595 - 23, 40)


def test_it_moves_off_another_offices_block() -> None:
    rows = blank(A4)
    for y in range(0, 25):
        rows[y] = [False] * 150 + [True] * 148
    box = place.choose(A4, (200, 26), SEARCH, Inked(rows, 2))
    assert box is not None and Inked(rows, 2).under(box) == 0


def test_it_moves_towards_the_edge_before_it_leaves_the_right_side() -> None:
    rows = blank(A4)
    for y, row in enumerate(rows):
        limit = 190 if 50 <= y < 80 else 298  # free only right of x = 380 and between y = 102 and 158
        rows[y] = [cell < limit for cell in range(len(row))]
    box = place.choose(A4, (200, 26), SEARCH, Inked(rows, 2))
    assert box is not None and Inked(rows, 2).under(box) == 0 and 380 <= box[0] and box[2] < 595


def test_without_a_free_spot_it_lies_over_the_least_ink_of_the_right_half() -> None:
    rows = [[cell > 100 for cell in range(298)] for _ in range(422)]  # free in the left half, everything else ink
    for row in rows[60:75]:
        row[170:280] = [False] * 110  # but for a spot: all the block has is 20 cells more than that
        row[260:265] = [True] * 5
    ink = Inked(rows, 2)
    box = place.choose(A4, (200, 26), SEARCH, ink)
    assert box is not None and box[0] >= 595 / 2
    assert 0 < ink.under(box) <= 5 * 14 and 120 <= box[1] < box[3] <= 150


def test_a_block_wider_than_the_right_half_stands_as_far_right_as_it_can() -> None:
    rows = [[140 <= cell < 160 and y < 20 for cell in range(298)] for y in range(422)]  # sliding left would free it
    ink = Inked(rows, 2)
    box = place.choose(A4, (320, 26), SEARCH, ink)
    assert box is not None and ink.under(box) == 0  # downwards, not to the left
    assert box[0] == 595 - 6 - 320


@st.composite
def _inked_pages(draw: st.DrawFn) -> tuple[tuple[float, float], tuple[float, float], list[list[bool]]]:
    wide, high = draw(st.integers(100, 400)), draw(st.integers(60, 300))
    rows = [[False] * (wide // 2 + 1) for _ in range(high // 2 + 1)]
    for _ in range(draw(st.integers(0, 6))):
        left, top = draw(st.integers(0, wide // 2)), draw(st.integers(0, high // 2))
        for row in rows[top : top + draw(st.integers(1, 40))]:
            row[left : left + 30] = [True] * len(row[left : left + 30])
    return (wide, high), (draw(st.integers(20, 90)), draw(st.integers(10, 40))), rows


@given(_inked_pages())
def test_whatever_is_on_the_page_the_block_is_on_it_and_right(
    made: tuple[tuple[float, float], tuple[float, float], list[list[bool]]],
) -> None:
    page, size, rows = made
    box = place.choose(page, size, place.Search(top=14, right=23, down=60, left=100), Inked(rows, 2))
    assert box is not None  # every such page can hold it
    assert 0 <= box[1] and box[2] <= page[0] and box[3] <= page[1]
    assert box[0] >= min(page[0] / 2, page[0] - 6 - size[0]) - 1e-9


def test_down_and_across_are_as_far_from_the_corner() -> None:
    home = place.corner(A4, (200, 26), SEARCH)
    assert home is not None and place.away(home, A4, SEARCH) == 0
    left, top, right, bottom = home
    assert place.away((left - 3, top + 4, right - 3, bottom + 4), A4, SEARCH) == 5


def test_a_page_smaller_than_the_block_has_no_place() -> None:
    assert place.choose((100, 20), (200, 26), SEARCH, Inked(blank((100, 20)), 2)) is None


@given(st.lists(st.lists(st.booleans(), min_size=7, max_size=7), min_size=9, max_size=9), st.tuples(*[st.integers(0, 20)] * 4))
def test_ink_is_counted_cell_by_cell(rows: list[list[bool]], sides: tuple[int, int, int, int]) -> None:
    left, right = sorted(sides[:2])
    top, bottom = sorted(sides[2:])
    covered = [rows[y][x] for y in range(9) for x in range(7) if left // 2 <= x <= right // 2 and top // 2 <= y <= bottom // 2]
    assert Inked(rows, 2).under((left, top, right, bottom)) == sum(covered)


@given(st.sampled_from([0, 90, 180, 270]), st.floats(0, 300), st.floats(0, 300))
def test_turning_keeps_the_box_inside_and_its_area(rotate: int, left: float, top: float) -> None:
    crop = (10.0, 20.0, 605.0, 862.0)
    wide, high = (595.0, 842.0) if rotate % 180 == 0 else (842.0, 595.0)
    box = (left, top, min(left + 200, wide), min(top + 30, high))
    x0, y0, x1, y1 = place.to_user(box, crop, rotate)
    assert crop[0] <= x0 <= x1 <= crop[2] and crop[1] <= y0 <= y1 <= crop[3]
    assert abs((x1 - x0) * (y1 - y0) - (box[2] - box[0]) * (box[3] - box[1])) < 1e-6


def test_a_speck_is_no_ink_and_a_line_is() -> None:
    rows = [[False] * 30 for _ in range(30)]
    for y, x in ((3, 3), (3, 4), (4, 3), (4, 4), (20, 25)):  # dust
        rows[y][x] = True
    rows[12][8:15] = rows[13][8:15] = [True] * 7  # a stroke
    kept = without_dust(rows)
    assert [tuple(each) for each in numpy.argwhere(kept)] == [(y, x) for y in (12, 13) for x in range(8, 15)]
