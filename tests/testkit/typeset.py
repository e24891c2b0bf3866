"""A letter as pictures of its pages: print, and on it number and day by hand, signature, seal, stamps.

Promises: the same letter, look and dpi give the same pixels; every printed word is reported with its box, so
that a test knows what stands where. Refuses: wear of any kind, which is `age.py`'s.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw

from tests.testkit import faces, ink
from tests.testkit.layout import MM, PAPER, Sheet, Slot, sheets
from tests.testkit.letters import Letter
from tests.testkit.styles import STYLES


@dataclass(frozen=True, slots=True)
class Look:
    """How a letter was printed, signed and handled. `arrival` names the receiving office; `style` is one of STYLES; `urgency` is `HỎA
    TỐC` or so.
    """

    size: float = 14
    handwritten: bool = False
    sealed: bool = True
    arrival: str = ""
    urgency: str = ""
    pen: ink.Colour = ink.BLUE
    seed: int = 0
    style: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    """A printed word, its box (left, top, right, bottom) and size in pixels; the baseline is `size` below
    the top.
    """

    text: str
    box: tuple[float, float, float, float]
    size: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its picture, its dpi, its printed words in reading order (nothing written by hand)."""

    image: Image.Image
    dpi: int
    words: tuple[Word, ...]


Mark = tuple[Image.Image, ink.Colour, ink.Point]


def look(seed: int) -> Look:
    """A look drawn by seed: about half of real letters have number and day by hand."""
    rng = random.Random(f"look/{seed}")
    arrival = rng.choice(("", "", "SỞ NỘI VỤ TỈNH SƠN GIANG", "UBND PHƯỜNG TÂN QUÝ"))
    return Look(
        size=rng.choice((13, 13.5, 14)),
        handwritten=rng.random() < 0.5,
        arrival=arrival,
        urgency="" if arrival else rng.choice(("", "", "HỎA TỐC", "KHẨN")),
        pen=rng.choice((ink.BLUE, ink.BLUE, ink.BLACK)),
        seed=seed,
    )


def _print(sheet: Sheet, dpi: int) -> tuple[Image.Image, tuple[Word, ...]]:
    """The printed page in grey: nothing on it has colour yet, and grey is three times quicker."""
    scale = dpi / 72
    page = Image.new("L", (round(PAPER[0] * scale), round(PAPER[1] * scale)), 255)
    draw, words = ImageDraw.Draw(page), []
    for run in sheet.runs:
        type_ = faces.font(run.face, run.size * scale)
        x, y, size = run.x * scale, run.y * scale, run.size * scale
        draw.text((x, y), run.text, fill=18, font=type_, anchor="ls")
        right = x + faces.width(run.text, run.face, run.size) * scale
        words.append(Word(run.text, (x, y - size, right, y + 0.24 * size), size))
    for rule in sheet.rules:
        thick = max(1, round(0.75 * scale))
        draw.line(
            (rule.x * scale, rule.y * scale, (rule.x + rule.width) * scale, rule.y * scale),
            fill=18,
            width=thick,
        )
    return page, tuple(words)


def _written(slot: Slot, how: Look, scale: float) -> Mark:
    """A number in its slot, larger than print and seldom quite on the line."""
    rng = random.Random(f"slot/{how.seed}/{slot.kind}")
    height = 13 * scale
    mask = ink.digits(slot.text, height, how.seed)
    left = slot.x * scale + (slot.width * scale - mask.width) / 2 + rng.uniform(-2, 2) * scale
    return mask, how.pen, (left, slot.y * scale - height * 1.16 + rng.uniform(-2.5, 1.5) * scale)


def _seal(letter: Letter, how: Look, scale: float) -> Image.Image:
    """UBND and HĐND have a star emblem inside the ring, other bodies their name there and the parent's on
    the arc.
    """
    diameter = round(36 * MM * scale)
    name = letter.organ_name.upper()
    if not letter.organ_parent:
        return ink.seal(name, (), diameter, how.seed)
    words = name.split()
    middle = (len(words) + 1) // 2
    centre = [" ".join(words[:middle]), " ".join(words[middle:])] if len(words) < 5 else _thirds(words)
    return ink.seal(
        letter.organ_parent.upper().replace("UBND", "ỦY BAN NHÂN DÂN"), centre, diameter, how.seed
    )


def _thirds(words: list[str]) -> list[str]:
    third = -(-len(words) // 3)
    return [" ".join(words[k : k + third]) for k in range(0, len(words), third)]


def _signed(sheet: Sheet, letter: Letter, how: Look, scale: float) -> list[Mark]:
    """Signature between position and name; the seal over its left third (NĐ 30 PL I mục II.8)."""
    if sheet.sign_at is None:
        return []
    rng = random.Random(f"signed/{how.seed}")
    x, y = sheet.sign_at[0] * scale, sheet.sign_at[1] * scale
    size = (round(52 * MM * scale), round(24 * MM * scale))
    scribble = ink.signature(size, how.seed)
    marks: list[Mark] = [(scribble, how.pen, (x - size[0] * 0.42, y - size[1] / 2))]
    if how.sealed:
        mask = _seal(letter, how, scale)
        left = x - size[0] * 0.42 + size[0] / 3 - mask.width + rng.uniform(-1, 3) * MM * scale
        marks.append((mask, ink.RED, (left, y - mask.height / 2 + rng.uniform(-3, 3) * MM * scale)))
    return marks


def _place(laid: list[Sheet], height: float) -> tuple[int, float, float]:
    """Page, left and top of the first free place `height` points high, or else the one under the first
    page's number.
    """
    places = [(index, *place) for index, sheet in enumerate(laid) for place in sheet.free]
    index, x, y, _ = next((p for p in places if p[3] >= height), places[0])
    return index, x, y


def _stamps(laid: list[Sheet], how: Look, scale: float) -> tuple[int, list[Mark]]:
    """Urgency mark or `ĐẾN` stamp, the arrival's number and day by hand, and the page they are on."""
    rng, mm = random.Random(f"stamps/{how.seed}"), MM * scale
    index, x, y = _place(laid, 34 * MM if how.arrival else 8 * MM)
    x, y, marks = x * scale, y * scale, []
    if how.urgency:
        mask = ink.urgency(how.urgency, mm, how.seed).rotate(rng.uniform(-3, 6), expand=True)
        marks.append((mask, ink.RED, (x + 12 * mm, y)))
    if how.arrival:
        marks.append((ink.arrival(how.arrival, mm, how.seed), rng.choice((ink.RED, ink.BLUE)), (x, y)))
        for text, down in (
            (str(rng.randint(20, 980)), 7.5),
            (f"{rng.randint(1, 28):02d}/{rng.randint(3, 12)}", 14.5),
        ):
            mask = ink.digits(text, 4.2 * mm, how.seed + 1)
            marks.append((mask, how.pen, (x + rng.uniform(28, 31) * mm, y + down * mm)))
    return index, marks


def pages(letter: Letter, how: Look | None = None, dpi: int = 300) -> list[Page]:
    """The letter's pages in RGB, A4 portrait at `dpi`."""
    how, scale, done = how or Look(), dpi / 72, []
    laid = sheets(letter, size=how.size, by_hand=how.handwritten, style=STYLES[how.style])
    stamped, stamps = _stamps(laid, how, scale)
    for index, sheet in enumerate(laid):
        grey, words = _print(sheet, dpi)
        image = grey.convert("RGB")
        ink.press(image, [_written(slot, how, scale) for slot in sheet.slots])
        ink.press(image, _signed(sheet, letter, how, scale))
        ink.press(image, stamps if index == stamped else ())
        done.append(Page(image, dpi, words))
    return done
