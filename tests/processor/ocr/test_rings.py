"""The rings of a black seal are taken off, the print under them is not."""

from __future__ import annotations

import numpy
from PIL import Image, ImageDraw

from processor.ocr import rings
from tests.testkit import faces

DPI = 200
MM = DPI / 25.4


def block(*, seal: bool, text: str = "") -> Image.Image:
    """The right half of a letter's foot, black on white, with a seal of 36 mm: two rings."""
    picture = Image.new("L", (900, 600), 255)
    draw = ImageDraw.Draw(picture)
    if text:
        draw.text((420, 200), text, fill=0, font=faces.font("bold", 40))
    for radius, wide in ((18.0, 0.6), (12.0, 0.3)) if seal else ():
        reach, middle = radius * MM, (400, 300)
        box = (middle[0] - reach, middle[1] - reach, middle[0] + reach, middle[1] + reach)
        draw.ellipse(box, outline=0, width=max(2, round(wide * MM)))
    return picture


def dark(picture: Image.Image) -> int:
    return int((numpy.asarray(picture) < 128).sum())


def test_a_page_without_a_seal_has_no_rings() -> None:
    assert rings.without(block(seal=False), DPI) is None
    assert rings.without(block(seal=False, text="GIÁM ĐỐC OOOO"), DPI) is None


def test_both_rings_of_a_seal_go() -> None:
    picture = block(seal=True)
    clear = rings.without(picture, DPI)
    assert clear is not None and clear.size == picture.size
    assert dark(clear) < 0.05 * dark(picture)


def test_print_that_a_ring_crosses_stays() -> None:
    clear = rings.without(block(seal=True, text="GIÁM ĐỐC"), DPI)
    assert clear is not None
    plain = numpy.asarray(block(seal=False, text="GIÁM ĐỐC")) < 128
    kept = numpy.asarray(clear)[plain] < 128
    assert kept.mean() > 0.93
    assert dark(clear) < 1.15 * plain.sum()


def test_half_a_ring_is_none() -> None:
    picture = block(seal=True)
    picture.paste(255, (400, 0, 900, 600))
    assert rings.without(picture, DPI) is None
