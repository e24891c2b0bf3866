"""Rows onto pages: nothing is cut, every row stands there once and in order, pages hold what they have room for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.registers.layout import Frame, Row, paged, wrapped

LINE, PAD = 12.0, 4.0
cells = st.lists(st.lists(st.integers(0, 99).map(str), max_size=12).map(tuple), min_size=2, max_size=2).map(tuple)
rows = st.lists(st.builds(Row, cells, st.booleans()), max_size=40)
frames = st.builds(
    Frame, first=st.floats(0, 200), rest=st.floats(LINE + PAD, 200), tail=st.floats(0, 150), line=st.just(LINE), pad=st.just(PAD)
)


@given(text=st.text(), room=st.floats(1, 60))
def test_no_letter_of_a_text_is_lost(text: str, room: float) -> None:
    lines = wrapped(text, room, lambda part: 5.0 * len(part))
    assert "".join("".join(line.split()) for line in lines) == "".join(text.split())


@given(text=st.text(alphabet="ab/-. \n", max_size=80), room=st.floats(5, 60))
def test_no_line_is_wider_than_its_column(text: str, room: float) -> None:
    assert all(5.0 * len(line) <= room for line in wrapped(text, room, lambda part: 5.0 * len(part)))


def test_a_code_is_broken_at_its_marks() -> None:
    assert wrapped("28/2021/NĐ-CP", 50, lambda part: 5.0 * len(part)) == ("28/2021/", "NĐ-CP")


@given(rows, frames)
def test_every_row_stands_there_once_whole_and_in_order(rows: list[Row], frame: Frame) -> None:
    pieces = [row for page in paged(rows, frame) for row in page]
    for column in (0, 1):
        assert [line for row in pieces for line in row.cells[column]] == [line for row in rows for line in row.cells[column]]
    fitting = [row for row in rows if frame.height(row) <= frame.rest]
    if len(fitting) == len(rows):
        assert pieces == rows  # none was torn


@given(rows, frames)
def test_no_page_holds_more_than_it_has_room_for(rows: list[Row], frame: Frame) -> None:
    pages = paged(rows, frame)
    for number, page in enumerate(pages):
        assert sum(map(frame.height, page)) <= (frame.rest if number else frame.first) + 1e-6


@given(rows, frames)
def test_who_signs_has_room_and_a_row_above_where_one_can_move(rows: list[Row], frame: Frame) -> None:
    pages = paged(rows, frame)
    used = sum(map(frame.height, pages[-1]))
    if frame.tail <= frame.rest and (len(pages) > 1 or frame.tail + used <= frame.first):
        assert used + frame.tail <= (frame.rest if len(pages) > 1 else frame.first) + 1e-6
    if len(pages) > 1 and not pages[-1]:
        assert len(pages[-2]) <= 1 or frame.height(pages[-2][-1]) + frame.tail > frame.rest


def test_a_page_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="room"):
        paged([], Frame(10, 10, 0, LINE, PAD))
