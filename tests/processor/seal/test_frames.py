"""The printed frames of number and date, letter by letter."""

import datetime as dt
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.seal import frames
from processor.seal.frames import Frame, Glyph

DAY = dt.date(2026, 3, 5)
HEIGHT = 842.0


def wide(text: str, size: float) -> float:
    return sum({" ": 0.25, ".": 0.25, "/": 0.28}.get(letter, 0.5) for letter in text) * size


def line(text: str, left: float = 85, baseline: float = 126, size: float = 13) -> list[Glyph]:
    """A printed line; every letter is as `wide` says, spaces are gaps."""
    found = []
    for letter in text:
        found.append(Glyph(letter, left, left + wide(letter, size), baseline, size))
        left = found[-1].right
    return found


def number(text: str, digits: str = "15", notation: str = "QĐ-UBND") -> Frame | None:
    return frames.number(line(text), HEIGHT, (digits, notation), wide)


def date(text: str, day: dt.date | None = DAY) -> Frame | None:
    return frames.date(line(text), HEIGHT, day, wide)


def written(frame: Frame | None) -> list[str]:
    assert frame is not None
    return [piece.text for piece in frame.pieces]


@pytest.mark.parametrize("text", [
    "Số:       /QĐ-UBND", "Số: ........./QĐ-UBND", "Số:……/QĐ-UBND", "Số: _____ /QĐ-UBND", "Số     /QĐ-UBND", "SỐ:       /QĐ-UBND",
    "Số:       /QĐ-UBND                 Minh Họa, ngày 05 tháng 3 năm 2026",
])  # fmt: skip
def test_a_blank_number_is_written_in_its_gap(text: str) -> None:
    printed = line(text)
    frame = number(text)
    assert written(frame) == ["15"] and frame is not None and frame.fits and not frame.differs
    (piece,) = frame.pieces
    left = [glyph for glyph in printed if glyph.letter in "ố:Ố"][-1].right
    right = next(glyph.left for glyph in printed if glyph.letter == "/")
    assert piece.baseline == 126 and left <= piece.left and piece.left + wide("15", piece.size) <= right
    assert piece.left - left == pytest.approx(right - piece.left - wide("15", piece.size))


@pytest.mark.parametrize("text", ["Số: 15/QĐ-UBND", "Số: 15 /QĐ-UBND", "Số:...15.../QĐ-UBND", "Số: 015/QĐ-UBND"])
def test_a_printed_number_is_left_alone(text: str) -> None:
    assert number(text) == Frame(())


def test_another_printed_number_is_told() -> None:
    frame = number("Số: 16/QĐ-UBND")
    assert frame is not None and frame.differs


def test_without_a_printed_notation_it_is_written_too() -> None:
    assert written(number("Số:          /")) == ["15", "QĐ-UBND"]
    assert written(number("Số: ......./.........")) == ["15", "QĐ-UBND"]


def test_a_gap_too_narrow_is_told() -> None:
    frame = number("Số: /QĐ-UBND", digits="12345")
    assert frame is not None and not frame.fits


@pytest.mark.parametrize("text", ["Căn cứ Quyết định số     /QĐ-UBND", "Kính gửi: Phòng Số hóa", ""])
def test_what_is_no_frame_is_none(text: str) -> None:
    assert number(text) is None


def test_the_number_stands_in_the_pages_head() -> None:
    assert frames.number(line("Số:     /QĐ-UBND", baseline=600), HEIGHT, ("15", ""), wide) is None


@pytest.mark.parametrize(("text", "pieces"), [
    ("Minh Họa, ngày     tháng     năm 2026", ["05", "03"[1:]]),
    ("Minh Họa, ngày ... tháng ... năm 2026", ["05", "3"]),
    ("Minh Họa, ngày     tháng 3 năm 2026", ["05"]),
    ("Minh Họa, ngày     tháng     năm 20", ["05", "3", "26"]),
    ("Minh Họa, ngày     tháng     năm 20...", ["05", "3", "26"]),
    ("Minh Họa, ngày     tháng     năm      ", ["05", "3", "2026"]),
    ("Ngày     tháng     năm 2026", ["05", "3"]),
    ("Minh Họa,ngày     tháng     năm 2026", ["05", "3"]),
    ("Minh Họa, ngày 05 tháng 3 năm 2026", []),
    ("Minh Họa, ngày 05 tháng 03 năm 2026", []),
])  # fmt: skip
def test_a_blank_date_is_filled(text: str, pieces: list[str]) -> None:
    frame = date(text)
    assert frame is not None and not frame.differs and written(frame) == pieces


@pytest.mark.parametrize("text", ["X, ngày 06 tháng 3 năm 2026", "X, ngày    tháng 4 năm 2026", "X, ngày    tháng    năm 2025"])
def test_another_printed_date_is_told(text: str) -> None:
    frame = date(text)
    assert frame is not None and frame.differs


def test_a_blank_that_nobody_knows_is_seen() -> None:
    assert written(date("X, ngày    tháng    năm 2026", None)) == ["", ""]
    assert written(number("Số:      /QĐ-UBND", digits="")) == [""]


def test_the_date_of_issue_goes_before_a_date_cited_above_it() -> None:
    cited = line("(Kèm theo Quyết định ngày    tháng    năm 2026)", baseline=60)
    frame = frames.date([*cited, *line("Minh Họa, ngày     tháng     năm 2026", baseline=126)], HEIGHT, DAY, wide)
    assert frame is not None and {piece.baseline for piece in frame.pieces} == {126}


def test_months_one_and_two_have_a_nought() -> None:
    assert frames.long_date(dt.date(2026, 2, 9)) == "ngày 09 tháng 02 năm 2026"
    assert frames.long_date(dt.date(2026, 12, 31)) == "ngày 31 tháng 12 năm 2026"


@given(st.lists(st.sampled_from(list("Số:/QĐ ngàytháng năm.…_15,")), max_size=60).map("".join), st.dates(), st.integers(1, 9999))
def test_whatever_is_printed_nothing_is_written_off_its_line(text: str, day: dt.date, digits: int) -> None:
    for frame in (number(text, str(digits)), date(text, day)):
        pieces: Iterable[frames.Written] = frame.pieces if frame else ()
        assert all(piece.baseline == 126 for piece in pieces)
