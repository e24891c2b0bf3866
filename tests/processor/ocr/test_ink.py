"""Coloured ink and print told apart, on pages with real strokes of ink over them, read by the real Tesseract."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from processor.describe.vocabulary import squash
from processor.ocr import ink, printed, reader
from processor.ocr.words import Word
from tests.testkit import faces
from tests.testkit import ink as pens

DPI = 200
MM = DPI / 25.4
NAME, POSITION = "Trần Hoàng Tuấn", "PHÓ CHỦ TỊCH"


def at(across: float, down: float) -> tuple[float, float]:
    return across * MM, down * MM


def paper(*texts: tuple[str, float, float]) -> Image.Image:
    """An A4 page with texts set at places in mm, in black of 14 points."""
    page = Image.new("RGB", (round(210 * MM), round(297 * MM)), (250, 249, 244))
    for text, across, down in texts:
        ImageDraw.Draw(page).text(at(across, down), text, fill=(20, 20, 22), font=faces.font("bold", round(14 * DPI / 72)), anchor="ls")
    return page


def letter() -> Image.Image:
    body = [("Các cơ quan chịu trách nhiệm thi hành quyết định này.", 30.0, 40.0 + 9 * line) for line in range(1, 15)]
    return paper(*body, (POSITION, 125, 200), (NAME, 125, 232))


def sealed(page: Image.Image) -> Image.Image:
    """The seal over the position and the name, a signature in blue between them."""
    seal = pens.seal("ỦY BAN NHÂN DÂN TỈNH SƠN GIANG", (), round(36 * MM), 3)
    scribble = pens.signature((round(52 * MM), round(22 * MM)), 3)
    pens.press(page, [(seal, pens.RED, at(105, 198)), (scribble, pens.BLUE, at(125, 203))])
    return page


def said(words: list[Word] | None) -> str:
    assert words is not None
    return " ".join(word.text for word in sorted(words, key=lambda word: (round(word.top, 2), word.left)))


def grey_words(page: Image.Image) -> list[Word]:
    return reader.strip(page.convert("L"), DPI, "vie")


def test_the_signer_is_read_under_the_seal() -> None:
    page = sealed(letter())
    words = grey_words(page)
    assert POSITION not in said(words)  # what the seal lies over is not read as it stands
    found = said(printed.under_ink(page, DPI, "vie", words))
    assert POSITION in found
    assert NAME in found


def test_no_word_of_print_is_lost_or_doubled_where_the_strip_is_cut() -> None:
    clean, page = letter(), letter()
    pens.press(page, [(pens.digits("1975", 9 * MM, 1), pens.BLUE, at(150, 95))])
    before = sorted(squash(word.text) for word in grey_words(clean))
    after = printed.under_ink(page, DPI, "vie", grey_words(page))
    assert after is not None
    assert sorted(squash(word.text) for word in after) == before  # a mark may be read otherwise


@pytest.mark.parametrize("pen", [pens.BLUE, pens.RED])
def test_what_a_coloured_pen_wrote_is_not_print(pen: pens.Colour) -> None:
    page = paper(("Số:", 30, 60), ("/QĐ-UBND", 55, 60))
    pens.press(page, [(pens.digits("1975", 6 * MM, 2), pen, at(38, 55))])
    found = said(printed.under_ink(page, DPI, "vie", grey_words(page)))
    assert "QĐ-UBND" in found
    assert not any(letter.isdigit() for letter in found)


def test_a_page_without_coloured_ink_is_read_once() -> None:
    assert printed.under_ink(letter(), DPI, "vie", []) is None
    assert ink.reds(letter(), DPI).stamps() == []


def test_a_page_coloured_all_over_is_left_as_it_is() -> None:
    page = Image.new("RGB", (827, 1169), (230, 60, 60))
    assert ink.bands(page, 100) == []
    assert ink.reds(page, 100).stamps() == []


@pytest.mark.parametrize("slant", [0, 7, -12, 20])
@pytest.mark.parametrize("degree", ["MẬT", "TỐI MẬT", "TUYỆT MẬT", "HỎA TỐC"])
def test_a_slanted_red_stamp_is_read(degree: str, slant: int) -> None:
    page = letter()
    mark = pens.urgency(degree, MM, 4).rotate(slant, Image.Resampling.BICUBIC, expand=True)
    pens.press(page, [(mark, pens.RED, at(40, 20))])
    red = ink.reds(page, DPI)
    found = printed.stamps(red.plane, DPI, "vie", red.stamps(), lambda words: degree in " ".join(word.text for word in words))
    assert degree in " ".join(word.text for words in found for word in words)


@settings(max_examples=40)
@given(st.integers(1, 60), st.integers(1, 60), st.binary(min_size=3, max_size=300), st.sampled_from([1.0, 72.0, 200.0, 1200.0]))
def test_any_picture_gives_boxes_within_it(width: int, height: int, pixels: bytes, dpi: float) -> None:
    page = Image.frombytes("RGB", (width, height), (pixels * (width * height))[: 3 * width * height])
    assert ink.without(page).size == ink.red(page).size == page.size
    for box in [*ink.bands(page, dpi), *ink.reds(page, dpi).stamps()]:
        assert 0 <= box.left < box.right <= width
        assert 0 <= box.top < box.bottom <= height


def test_a_stamp_along_a_slanting_arrow_is_a_stamp_and_no_seal_and_is_read_without_the_arrow() -> None:
    part = Image.new("RGB", (round(44 * MM), round(20 * MM)), "white")
    pen, (wide, high) = ImageDraw.Draw(part), part.size
    shape = [(0, 1), (26, 4), (26, 0), (43, 9.5), (26, 19), (26, 15), (0, 18), (5, 9.5), (0, 1)]
    pen.line([(across * MM, down * MM) for across, down in shape], fill=(225, 30, 40), width=5)
    pen.text((wide * 0.48, high * 0.5), "HỎA TỐC", fill=(225, 30, 40), font=faces.font("bold", round(14 * DPI / 72)), anchor="mm")
    page = paper()
    page.paste(part.rotate(39, Image.Resampling.BICUBIC, expand=True, fillcolor="white"), (200, 700))
    reds = ink.reds(page, DPI)
    assert (len(reds.stamps()), reds.seals()) == (1, [])
    (words,) = printed.stamps(reds.plane, DPI, "vie", reds.stamps(), lambda said: squash("".join(w.text for w in said)) == "hoatoc")
    assert said(words) == "HỎA TỐC"


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (40, 3)])
def test_a_picture_of_a_few_pixels_is_looked_at_without_an_error(size: tuple[int, int]) -> None:
    """One red pixel, said to be as large as a page, came in a package."""
    plane = Image.new("L", size, 0)
    (words,) = printed.stamps(plane, 0.5, "vie", [ink.Box(0, 0, *size)], lambda words: False)
    assert not any(word.text.isalnum() for word in words)
