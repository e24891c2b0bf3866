"""Dust goes before a page is read; no dot and no tone mark goes with it."""

from __future__ import annotations

import numpy
import pytest
from PIL import Image, ImageChops, ImageDraw

from processor.ocr import specks
from tests.testkit import faces

TEXTS = ("Số: 15/QĐ-UBND; ngày 9 tháng 7 năm 2026.", "ỹ ẵ ễ ổ ị ự ẹ ọ ạ i j ẨẪ Ộ Ị", "Kính gửi : - Như trên; ...........")


def sheet(dpi: int, size: float) -> Image.Image:
    """Print of so many points, its lines as far apart as print has them."""
    picture = Image.new("L", (round(6 * dpi), round(2 * dpi)), 255)
    draw = ImageDraw.Draw(picture)
    for at, text in enumerate(TEXTS):
        draw.text((dpi / 3, dpi / 3 + at * 1.3 * size / 72 * dpi), text, fill=0, font=faces.font("regular", size / 72 * dpi))
    return picture


@pytest.mark.parametrize("dpi", [150, 200, 300, 400])
@pytest.mark.parametrize("size", [8, 11, 14])
def test_print_stays_to_the_last_dot(dpi: int, size: float) -> None:
    picture = sheet(dpi, size)
    assert ImageChops.difference(specks.without(picture, dpi), picture).getbbox() is None


@pytest.mark.parametrize("dpi", [200, 300])
def test_dust_that_stands_alone_goes_and_the_picture_handed_in_stays(dpi: int) -> None:
    picture = sheet(dpi, 13)
    clean, paper = picture.copy(), picture.height - dpi // 4
    for side, across in ((1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)):
        picture.paste(40, (round(across * dpi), paper, round(across * dpi) + side, paper + side))
    before = picture.copy()
    assert ImageChops.difference(specks.without(picture, dpi), clean).getbbox() is None
    assert ImageChops.difference(picture, before).getbbox() is None


def test_what_is_larger_than_dust_stays_and_on_tinted_paper_the_paper_closes_over_it() -> None:
    picture = Image.new("L", (600, 600), 226)
    picture.paste(30, (100, 100, 112, 112))  # 1.5 mm
    picture.paste(30, (400, 400, 403, 403))
    found = numpy.asarray(specks.without(picture, 200))
    assert found[105, 105] == 30 and found[401, 401] == 226
