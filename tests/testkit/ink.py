"""Ink that is not print: handwriting, signatures, round seals, office stamps.

Promises: every mark is a mask (mode L, 255 = full ink) drawn from strokes of our own, the same for the same
seed; `press` lays a mask on a page as ink does, darkening what is under it. Refuses: pictures or copies of
real marks.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tests.testkit import faces

Point = tuple[float, float]
Colour = tuple[int, int, int]

BLUE: Colour = (38, 52, 150)
BLACK: Colour = (30, 30, 36)
RED: Colour = (214, 32, 48)
FINE = 3  # marks are drawn this many times larger and reduced, for smooth edges

# Control points of digits as people write them, in a box one unit high; strokes are drawn through them.
# fmt: off
STROKES: dict[str, tuple[tuple[Point, ...], ...]] = {
    "0": (((0.42, 0.04), (0.14, 0.32), (0.16, 0.76), (0.42, 0.97), (0.66, 0.7), (0.62, 0.26), (0.4, 0.05)),),
    "1": (((0.16, 0.3), (0.4, 0.03), (0.36, 0.5), (0.32, 0.98)),),
    "2": (((0.14, 0.24), (0.36, 0.04), (0.62, 0.2), (0.46, 0.58), (0.1, 0.95), (0.4, 0.9), (0.74, 0.94)),),
    "3": (((0.16, 0.12), (0.44, 0.04), (0.58, 0.24), (0.32, 0.46), (0.64, 0.68), (0.46, 0.96), (0.1, 0.88)),),
    "4": (((0.4, 0.03), (0.1, 0.6), (0.4, 0.62), (0.74, 0.6)), ((0.54, 0.36), (0.5, 0.7), (0.47, 0.99))),
    "5": (((0.24, 0.07), (0.18, 0.44), (0.5, 0.42), (0.64, 0.7), (0.4, 0.97), (0.08, 0.88)),
          ((0.24, 0.07), (0.66, 0.04))),
    "6": (((0.56, 0.04), (0.22, 0.4), (0.16, 0.8), (0.42, 0.97), (0.62, 0.74), (0.4, 0.54), (0.18, 0.74)),),
    "7": (((0.1, 0.1), (0.4, 0.08), (0.68, 0.05), (0.46, 0.46), (0.28, 0.99)), ((0.24, 0.52), (0.62, 0.48))),
    "8": (((0.6, 0.16), (0.36, 0.03), (0.2, 0.24), (0.46, 0.5), (0.64, 0.78), (0.38, 0.98), (0.18, 0.76),
           (0.4, 0.5), (0.62, 0.2), (0.56, 0.1)),),
    "9": (((0.6, 0.22), (0.36, 0.05), (0.16, 0.3), (0.36, 0.5), (0.6, 0.26), (0.58, 0.6), (0.42, 0.99)),),
    "/": (((0.6, -0.05), (0.3, 0.5), (0.05, 1.05)),),
}
# fmt: on


def curve(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """A smooth line through the points (Catmull-Rom)."""
    ends = [points[0], *points, points[-1]]
    line: list[Point] = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for step in range(steps):
            t = step / steps
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3)
            x, y = (sum(w * p[k] for w, p in zip(weights, (a, b, c, d), strict=True)) / 2 for k in (0, 1))
            line.append((x, y))
    return [*line, points[-1]]


def _stroke(draw: ImageDraw.ImageDraw, line: Sequence[Point], thick: float, taper: float = 0.35) -> None:
    """A pen line: thinner where the pen lands and leaves."""
    last = max(1, len(line) - 1)
    for index, ((x0, y0), (x1, y1)) in enumerate(pairwise(line)):
        pressure = 1 - taper * (1 - min(1.0, 6 * min(index, last - index) / last))
        r = thick * pressure / 2
        draw.line((x0, y0, x1, y1), fill=255, width=max(1, round(2 * r)))
        draw.ellipse((x1 - r, y1 - r, x1 + r, y1 + r), fill=255)


def _reduced(mask: Image.Image) -> Image.Image:
    return mask.reduce(FINE)


def digits(text: str, height: float, seed: int) -> Image.Image:
    """A number written by hand, `height` pixels high; characters without strokes are skipped."""
    rng = random.Random(f"digits/{seed}/{text}")
    unit, slant, big = height * FINE, rng.uniform(0.12, 0.32), FINE * height
    mask = Image.new("L", (round(unit * (0.8 * len(text) + 0.7)), round(unit * 1.35)))
    draw, x = ImageDraw.Draw(mask), 0.1 * unit
    for character in text:
        scale, drop = rng.uniform(0.88, 1.08), rng.uniform(0.08, 0.2) * unit
        for stroke in STROKES.get(character, ()):
            moved = [(p + rng.gauss(0, 0.022), q + rng.gauss(0, 0.022)) for p, q in stroke]
            line = [
                (x + scale * unit * (p + slant * (1 - q)), drop + scale * unit * q) for p, q in curve(moved)
            ]
            _stroke(draw, line, big * 0.085)
        x += unit * rng.uniform(0.62, 0.74)
    return _reduced(mask)


def signature(size: tuple[int, int], seed: int) -> Image.Image:
    """A scribble: a few tight loops, then a long stroke to the right, often one beneath."""
    rng = random.Random(f"signature/{seed}")
    width, height = size[0] * FINE, size[1] * FINE
    mask = Image.new("L", (width, height))
    draw, loops = ImageDraw.Draw(mask), rng.randint(4, 8)
    points: list[Point] = [(0.08 * width, rng.uniform(0.2, 0.7) * height)]
    for index in range(2 * loops):
        fade = 1 - 0.7 * index / (2 * loops)
        x = (0.1 + 0.42 * index / (2 * loops) + rng.uniform(-0.07, 0.05)) * width
        points.append((x, (0.55 + (0.36 if index % 2 else -0.4) * fade * rng.uniform(0.4, 1.0)) * height))
    points += [
        (0.62 * width, rng.uniform(0.5, 0.62) * height),
        (0.97 * width, rng.uniform(0.05, 0.3) * height),
    ]
    _stroke(draw, curve(points), height * 0.022)
    if rng.random() < 0.7:
        under = [
            (0.2 * width, rng.uniform(0.8, 0.94) * height),
            (0.9 * width, rng.uniform(0.35, 0.6) * height),
        ]
        _stroke(draw, curve(under), height * 0.02)
    return _reduced(mask)


def _star(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    angles = [(-math.pi / 2 + k * math.pi / 5, radius if k % 2 == 0 else radius * 0.4) for k in range(10)]
    draw.polygon([(x + r * math.cos(a), y + r * math.sin(a)) for a, r in angles], fill=255)


def _arc_text(mask: Image.Image, text: str, radius: float, pixels: float) -> None:
    """Letters standing on a circle, from lower left over the top to lower right."""
    type_ = faces.font("bold", round(pixels))
    span = min(math.radians(262), 1.22 * sum(type_.getlength(c) for c in text) / radius)
    total = sum(type_.getlength(c) for c in text)
    middle, done, side = mask.width / 2, 0.0, round(pixels * 2)
    for character in text:
        advance = type_.getlength(character)
        angle = -span / 2 + span * (done + advance / 2) / total
        tile = Image.new("L", (side, side))
        ImageDraw.Draw(tile).text((side / 2, side / 2), character, fill=255, font=type_, anchor="mm")
        tile = tile.rotate(-math.degrees(angle), Image.Resampling.BICUBIC)
        x = round(middle + radius * math.sin(angle) - side / 2)
        y = round(middle - radius * math.cos(angle) - side / 2)
        box = (x, y, x + side, y + side)
        mask.paste(ImageChops.lighter(mask.crop(box), tile), box)
        done += advance


def _emblem(draw: ImageDraw.ImageDraw, middle: float, radius: float) -> None:
    """A wreath of ears around a star and half a wheel: an emblem of the same weight as a state one, not a
    copy of it.
    """
    for side in (-1, 1):
        for k in range(13):
            angle = math.radians(90 + side * (18 + 11 * k))
            for reach in (0.78, 0.92):
                x, y = middle + radius * reach * math.cos(angle), middle + radius * reach * math.sin(angle)
                r = radius * 0.075
                draw.ellipse((x - r, y - r * 0.8, x + r, y + r * 0.8), fill=255)
    _star(draw, middle, middle - radius * 0.28, radius * 0.26)
    wheel = (middle - radius * 0.34, middle + radius * 0.12, middle + radius * 0.34, middle + radius * 0.8)
    draw.arc(wheel, 180, 360, fill=255, width=round(radius * 0.11))
    left, top = middle - radius * 0.4, middle + radius * 0.62
    draw.rectangle((left, top, left + radius * 0.8, top + radius * 0.1), fill=255)


def _centre_text(draw: ImageDraw.ImageDraw, lines: Sequence[str], middle: float, radius: float) -> None:
    pixels = min(radius * 0.34, *(1.5 * radius / (0.66 * len(line)) for line in lines))
    for index, line in enumerate(lines):
        y = middle + (index - (len(lines) - 1) / 2) * pixels * 1.25
        draw.text((middle, y), line, fill=255, font=faces.font("bold", round(pixels)), anchor="mm")


def seal(arc: str, centre: Sequence[str], diameter: int, seed: int) -> Image.Image:
    """A round seal `diameter` pixels across: two rings, words on the arc, a star below, emblem or `centre`
    lines inside.
    """
    big = diameter * FINE
    mask = Image.new("L", (big, big))
    draw, middle = ImageDraw.Draw(mask), big / 2
    for reach, thick in ((0.5, 0.02), (0.468, 0.007), (0.325, 0.009)):
        r = big * reach
        draw.ellipse((middle - r, middle - r, middle + r, middle + r), outline=255, width=round(big * thick))
    _arc_text(mask, arc, big * 0.397, big * 0.09)
    _star(draw, middle, middle + big * 0.398, big * 0.045)
    if centre:
        _centre_text(draw, centre, middle, big * 0.31)
    else:
        _emblem(draw, middle, big * 0.3)
    turned = _reduced(mask).rotate(random.Random(f"seal/{seed}").uniform(-14, 14), Image.Resampling.BICUBIC)
    return patchy(turned, seed, 0.38)


def _field(draw: ImageDraw.ImageDraw, at: Point, right: float, label: str, pixels: float) -> None:
    """A label on a baseline and the dotted line a clerk writes on, as far as `right`."""
    x, y = at
    type_ = faces.font("regular", round(pixels))
    draw.text((x, y), label, fill=255, font=type_, anchor="ls")
    dots = int((right - x - type_.getlength(label)) / max(1.0, type_.getlength(".")))
    draw.text((x + type_.getlength(label), y), "." * max(0, dots), fill=255, font=type_, anchor="ls")


def arrival(name: str, pixels_per_mm: float, seed: int) -> Image.Image:
    """The pre-engraved `ĐẾN` stamp, 35 x 50 mm (NĐ 30 PL IV mục V), its fields still empty."""
    mm = pixels_per_mm * FINE
    mask = Image.new("L", (round(50 * mm), round(35 * mm)))
    draw = ImageDraw.Draw(mask)
    draw.rectangle((mm, mm, 49 * mm, 34 * mm), outline=255, width=round(0.5 * mm))
    head = min(3.3 * mm, 44 * mm / (0.62 * len(name)))
    draw.text((25 * mm, 4 * mm), name, fill=255, font=faces.font("bold", round(head)), anchor="mm")
    draw.line((mm, 7 * mm, 49 * mm, 7 * mm), fill=255, width=round(0.3 * mm))
    draw.text((9 * mm, 14 * mm), "ĐẾN", fill=255, font=faces.font("bold", round(5.5 * mm)), anchor="mm")
    for x, y, label in ((18, 12, "Số:"), (18, 19, "Ngày:"), (3, 26, "Chuyển:"), (3, 32, "Số và ký hiệu HS:")):
        _field(draw, (x * mm, y * mm), 47 * mm, label, 3.6 * mm)
    return patchy(_reduced(mask), seed, 0.35)


def urgency(words: str, pixels_per_mm: float, seed: int) -> Image.Image:
    """A mark of urgency, a box 8 mm high (NĐ 30 PL I mục III.2.b): `HỎA TỐC` 30, `THƯỢNG KHẨN` 40, `KHẨN` 20 mm wide; or one
    of secrecy, as wide as it needs.
    """
    mm = pixels_per_mm * FINE
    width = {"HỎA TỐC": 30, "THƯỢNG KHẨN": 40, "TỐI MẬT": 30, "TUYỆT MẬT": 40}.get(words, 20)
    mask = Image.new("L", (round(width * mm), round(8 * mm)))
    draw = ImageDraw.Draw(mask)
    draw.rectangle((0.3 * mm, 0.3 * mm, (width - 0.3) * mm, 7.7 * mm), outline=255, width=round(0.6 * mm))
    draw.text(
        (width * mm / 2, 4 * mm), words, fill=255, font=faces.font("bold", round(4.8 * mm)), anchor="mm"
    )
    return patchy(_reduced(mask), seed, 0.35)


def patchy(mask: Image.Image, seed: int, depth: float) -> Image.Image:
    """Uneven inking: some of the mark fainter, in blotches and specks."""
    rng = np.random.default_rng((seed, 77))
    coarse = Image.fromarray(rng.integers(0, 256, (7, 7), dtype=np.uint8)).resize(
        mask.size, Image.Resampling.BICUBIC
    )
    fine = Image.fromarray(rng.integers(0, 256, (mask.height, mask.width), dtype=np.uint8))
    speckled = Image.blend(coarse, fine.filter(ImageFilter.GaussianBlur(0.8)), 0.4)
    cover = speckled.point([round(255 * (1 - depth * (1 - v / 255))) for v in range(256)])
    return ImageChops.multiply(mask, cover)


def press(page: Image.Image, marks: Iterable[tuple[Image.Image, Colour, Point]]) -> None:
    """Lay masks on an RGB page in place, each with its colour and top left corner in pixels; what is under
    shows through.
    """
    for mask, colour, (left, top) in marks:
        box = (round(left), round(top), round(left) + mask.width, round(top) + mask.height)
        ink = Image.composite(Image.new("RGB", mask.size, colour), Image.new("RGB", mask.size, "white"), mask)
        page.paste(ImageChops.multiply(page.crop(box), ink), box)
