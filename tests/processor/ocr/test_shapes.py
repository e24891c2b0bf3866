"""What the ink says of a word on which readings differ: it tells the right one or nothing, in Times and in other type."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from processor.errors import MissingError
from processor.ocr import shapes
from processor.ocr.words import Word
from tests.testkit import faces

PAIRS = (("NC", "NG"), ("KT", "KI"), ("TCHC", "TCHCƠ"), ("STC", "STG"), ("VT", "VI"), ("Tuấn", "Tuần"), ("Trũng", "Trùng"), ("Phượng", "Phướng"),
         ("/TTr-UBND", "/TIr-UBND"), ("QLNS", "QINS"))  # fmt: skip
OTHERS = ("DejaVuSans.ttf", "DejaVuSansMono.ttf", "LiberationSans-Regular.ttf", "DejaVuSerif.ttf")


@dataclass(frozen=True)
class Sheet:
    """A page with a word between two others, as scanned, its box as a recogniser draws it, and sure words under it."""

    page: Image.Image
    word: Word
    sure: tuple[Word, ...]

    def asked(self, text: str, rivals: tuple[str, ...], **box: float) -> Word:
        word = replace(self.word, text=text, rivals=rivals, confidence=55.0, **box)
        return shapes.told(self.page, [word, *self.sure], [word])[0]


def sheet(text: str, font: ImageFont.FreeTypeFont, seed: int = 0, noise: float = 0.0, soft: float = 0.6) -> Sheet:
    picture = Image.new("L", (1100, 240), 255)
    draw = ImageDraw.Draw(picture)

    def printed(text: str, across: float, down: float) -> Word:
        draw.text((across, down), text, 0, font, "ls")
        left, top, right, bottom = font.getbbox(text, anchor="ls")
        return Word(text, (across + left) / 1100, (down + top) / 240, (across + right) / 1100, (down + bottom) / 240, 99.0)

    at = font.size * 1.6
    draw.text((at - font.getlength("và "), 80), "và", 0, font, "ls")
    draw.text((at + font.getlength(f"{text} "), 80), "của", 0, font, "ls")
    word = printed(text, at, 80)
    sure = tuple(printed(each, 20 + 210 * n, 190) for n, each in enumerate(("Trưởng", "phòng", "quyết", "nhiệm", "thành")))
    aged = numpy.asarray(picture.filter(ImageFilter.GaussianBlur(soft)), float)
    aged = aged + numpy.random.default_rng(seed).normal(0, noise, aged.shape)
    return Sheet(Image.fromarray(numpy.clip(aged, 0, 255).astype("uint8")), word, sure)


@pytest.mark.parametrize("face", ["regular", "bold", "italic"])
def test_it_tells_the_one_that_is_printed_whichever_was_read_first_and_more_often(face: faces.Face) -> None:
    silent = 0
    for true, false in (pair for pair in PAIRS for pair in (pair, pair[::-1])):
        page = sheet(true, faces.font(face, 46), noise=12)
        for text, rivals in ((false, (false, false, true)), (true, (true, true, false))):
            found = page.asked(text, rivals)
            assert found.confidence == 55.0, "how sure it is, a list decides"
            if found.rivals == rivals:
                silent += 1
                continue
            assert (found.text, set(found.rivals)) == (true, {true}), (true, false)
            assert len(found.rivals) == rivals.count(true) + 1, "the ink is one reading more"
    assert silent <= len(PAIRS) / 2


def test_it_is_never_wrong_on_small_print_and_poor_copies() -> None:
    told = 0
    for seed, (true, false) in enumerate(pair for pair in PAIRS for pair in (pair, pair[::-1]) for _ in range(4)):
        page = sheet(true, faces.font("regular", 24 + seed % 7), seed, noise=30)
        if seed % 2:
            page = replace(page, page=page.page.point(lambda grey: 0 if grey < 150 else 255))
        found = page.asked(false, (false, true))
        assert false not in found.rivals or true in found.rivals, (true, false, seed)
        told += found.text == true
    assert told > seed / 2


@pytest.mark.parametrize("name", OTHERS)
def test_in_a_typeface_that_is_not_times_it_is_not_wrong(name: str) -> None:
    path = next((each for folder in faces.FOLDERS for each in folder.rglob(name)), None)
    if path is None:
        pytest.skip("another typeface is not installed")
    for true, false in (pair for pair in PAIRS for pair in (pair, pair[::-1])):
        page = sheet(true, ImageFont.truetype(str(path), 44), noise=10)
        assert true in page.asked(true, (true, false)).rivals, (true, false)


@pytest.mark.parametrize(("true", "false"), [("Nhẫn", "Nhân"), ("KẾT", "KÉT"), ("TRUNG", "TRƯNG"), ("Tổ", "Tỏ")])
def test_a_mark_is_not_weighed_against_none(true: str, false: str) -> None:
    """Typefaces set the second mark of a letter at places of their own: on a real scan a KẾT looked more like KÉT."""
    page = sheet(true, faces.font("regular", 46))
    assert page.asked(false, (false, true)).rivals == (false, true)


def test_digits_are_not_weighed_at_all() -> None:
    """A number is never guessed."""
    page = sheet("15", faces.font("regular", 46))
    assert page.asked("16", ("16", "15")).rivals == ("16", "15")


def test_signs_beside_a_word_stay_whether_its_box_has_them_or_not() -> None:
    font = faces.font("regular", 46)
    page = sheet("NC.", font)
    for box in ("NC.", "NC"):
        wide = (page.word.right - page.word.left) * font.getlength(box) / font.getlength("NC.")
        found = page.asked("NG.", ("NG", "NC", "NG"), right=page.word.left + wide)
        assert (found.text, set(found.rivals)) == ("NC.", {"NC"})


def test_ink_that_is_neither_tells_nothing() -> None:
    """A pen, a seal, dust: what fits nowhere is no witness."""
    generator = random.Random(5)
    for _ in range(30):
        page = sheet("", faces.font("regular", 46))
        draw = ImageDraw.Draw(page.page)
        for _ in range(6):
            draw.line([(generator.uniform(70, 210), generator.uniform(30, 100)) for _ in range(3)], 0, generator.choice((2, 4)))
        found = page.asked("NC", ("NC", "NG"), left=70 / 1100, top=40 / 240, right=210 / 1100, bottom=90 / 240)
        assert found.rivals == ("NC", "NG")


def test_without_a_typeface_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> tuple[Path, ...]:
        raise MissingError("no font")

    monkeypatch.setattr(shapes, "_faces", missing)
    page = sheet("NC", faces.font("regular", 46))
    assert page.asked("NG", ("NG", "NC")).text == "NG"


def test_a_word_at_the_edge_of_a_page_is_weighed_too() -> None:
    page = sheet("NC", faces.font("regular", 46))
    left, top = page.word.left * 1100, page.word.top * 240
    piece = page.page.crop((round(left), round(top), 1100, 240))

    def moved(word: Word) -> Word:
        across, down = ((word.left * 1100 - left) / piece.width, (word.right * 1100 - left) / piece.width), (
            (word.top * 240 - top) / piece.height, (word.bottom * 240 - top) / piece.height)  # fmt: skip
        return replace(word, left=across[0], right=across[1], top=down[0], bottom=down[1])

    cut = Sheet(piece, moved(page.word), tuple(map(moved, page.sure[1:])))
    assert cut.asked("NG", ("NG", "NC")).text == "NC"


def test_a_page_with_few_sure_words_does_not_show_its_type_and_tells_nothing() -> None:
    page = sheet("NC", faces.font("regular", 46))
    assert replace(page, sure=page.sure[:2]).asked("NG", ("NG", "NC")).text == "NG"


def test_a_box_as_large_as_a_page_is_no_word_and_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    page = sheet("NC", faces.font("regular", 46))
    large = replace(page, page=page.page.resize((4400, 960)))
    monkeypatch.setattr(shapes, "_told", lambda *asked: pytest.fail("it was weighed"))
    assert large.asked("NG", ("NG", "NC"), left=0.0, top=0.0, right=1.0, bottom=1.0).text == "NG"
