"""A seal that is worth nothing, for demo stations: round, red, with a star, and it says so.

Refuses: to look like the seal of any agency: what stands around the star is DEMO.
"""

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from processor.seal import fonts

_RED = (206, 17, 38)
_SIDE = 1704  # pixels while drawing: twice 600 dpi at 36 mm
_RADIUS = 0.385 * _SIDE  # of the circle the words stand on
_WORDS = "DEMO – KHÔNG CÓ GIÁ TRỊ"


def _fitting(words: str, largest: float, spread: float) -> ImageFont.FreeTypeFont:
    """The font as large as the words may be within so many degrees of the circle."""
    face = str(fonts.find())
    font = ImageFont.truetype(face, round(largest * _SIDE))
    room = math.radians(spread) * _RADIUS / sum(font.getlength(letter) for letter in words)
    return ImageFont.truetype(face, round(largest * _SIDE * min(1.0, room)))


def _around(alpha: Image.Image, words: str, font: ImageFont.FreeTypeFont, *, on_top: bool) -> None:
    """Set words on the circle, upright to the reader: centred at its top, their feet inwards, or at its bottom."""
    widths = [font.getlength(letter) for letter in words]
    side, angle, way = round(4 * font.size), -sum(widths) / _RADIUS / 2, -1 if on_top else 1
    for letter, width in zip(words, widths, strict=True):
        here = angle + width / _RADIUS / 2
        angle += width / _RADIUS
        tile = Image.new("L", (side, side))
        ImageDraw.Draw(tile).text((side / 2, side / 2), letter, font=font, fill=255, anchor="mm")
        turned = tile.rotate(math.degrees(way * here), Image.Resampling.BICUBIC)
        x, y = _SIDE / 2 + _RADIUS * math.sin(here), _SIDE / 2 + way * _RADIUS * math.cos(here)
        alpha.paste(255, (round(x - side / 2), round(y - side / 2)), turned)


def _star(draw: ImageDraw.ImageDraw, centre: float, radius: float) -> None:
    corners = []
    for number in range(10):
        reach = radius if number % 2 == 0 else radius * 0.382  # a regular five-pointed star
        angle = math.pi * number / 5
        corners.append((centre + reach * math.sin(angle), centre - reach * math.cos(angle)))
    draw.polygon(corners, fill=255)


def _rings(draw: ImageDraw.ImageDraw, centre: float) -> None:
    for radius, width in ((0.499, 0.014), (0.474, 0.006), (0.30, 0.006)):
        reach = radius * _SIDE
        draw.ellipse((centre - reach, centre - reach, centre + reach, centre + reach), outline=255, width=round(width * _SIDE))


def demo_seal(path: Path, agency: str) -> Path:
    """A demo seal as a transparent PNG, 852 pixels square (600 dpi at 36 mm).

    Args:
        path: the file to write.
        agency: stands small at the foot.

    Raises:
        MissingError: no font with all Vietnamese letters.
    """
    centre = _SIDE / 2
    alpha = Image.new("L", (_SIDE, _SIDE))
    draw = ImageDraw.Draw(alpha)
    _rings(draw, centre)
    _star(draw, centre, 0.16 * _SIDE)
    at_foot = agency.upper()
    _around(alpha, _WORDS, _fitting(_WORDS, 0.092, 200), on_top=True)
    _around(alpha, at_foot, _fitting(at_foot, 0.06, 130), on_top=False)
    half = alpha.resize((_SIDE // 2, _SIDE // 2), Image.Resampling.LANCZOS)
    made = Image.new("RGBA", half.size, (*_RED, 0))
    made.putalpha(half)
    made.save(path, "PNG", dpi=(600, 600), optimize=True)
    return path
