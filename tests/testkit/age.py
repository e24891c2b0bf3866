"""What paper, time and scanner do to a clean page.

Promises: the same picture, wear and seed give the same pixels; a page at 300 dpi is aged well under a second.
Refuses: to write files (`scans.py` does), or to move content other than by the skew asked for.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from PIL import Image, ImageChops, ImageFilter

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Wear:
    """How a page was worn and scanned; every part off by default.

    `skew` degrees counter-clockwise; `blur` radius and `noise` standard deviation in grey levels at 300 dpi;
    `tint` the colour of the paper; `speckle` dark specks a page; `show_through` 0-1, how much of the other
    side is seen; `jpeg` quality of a round trip (0 none); `edge` a dark strip of the scanner's lid;
    `threshold` 1-255 makes the page bitonal.
    """

    skew: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    tint: Colour = (255, 255, 255)
    speckle: int = 0
    show_through: float = 0.0
    jpeg: int = 0
    edge: bool = False
    threshold: int = 0


CLEAN = Wear()
MILD = Wear(skew=0.3, blur=0.5, noise=3, tint=(252, 251, 247), speckle=15, jpeg=85)
WORN = Wear(
    skew=-0.9, blur=0.9, noise=9, tint=(238, 229, 205), speckle=160, show_through=0.10, jpeg=60, edge=True
)
FAX = Wear(skew=0.5, blur=0.7, noise=16, speckle=300, threshold=165)
PHOTOCOPY = Wear(skew=-0.4, blur=0.8, noise=5, speckle=400, threshold=150, edge=True)
SORTS = {"clean": CLEAN, "mild": MILD, "worn": WORN, "fax": FAX, "photocopy": PHOTOCOPY}


def _noise(image: Image.Image, deviation: float, rng: np.random.Generator) -> Image.Image:
    """Sensor grain, the same in all channels, as scanners of one lamp give it."""
    even = Image.frombytes("L", image.size, rng.bytes(image.width * image.height))
    # random bytes bent to a normal curve: ten times quicker than drawing nine million normal numbers
    curve = NormalDist(128, deviation)
    grain = even.point([max(0, min(255, round(curve.inv_cdf((v + 0.5) / 256)))) for v in range(256)])
    return ImageChops.add(
        image, Image.merge("RGB", (grain, grain, grain)) if image.mode == "RGB" else grain, 1, -128
    )


def _speckled(image: Image.Image, count: int, rng: np.random.Generator) -> Image.Image:
    """Dust: dark specks of one to four pixels."""
    pixels = np.array(image)
    rows, columns = rng.integers(0, image.height - 4, count), rng.integers(0, image.width - 4, count)
    for row, column, side, grey in zip(
        rows, columns, rng.integers(1, 5, count), rng.integers(40, 150, count), strict=True
    ):
        pixels[row : row + side, column : column + max(1, side - 1)] = grey
    return Image.fromarray(pixels)


def _seen_through(image: Image.Image, other: Image.Image, strength: float) -> Image.Image:
    """The other side of the sheet, mirrored, spread by the paper's fibres, faint."""
    back = other.convert("L").transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize(image.size).reduce(2)
    faint = back.filter(ImageFilter.GaussianBlur(2)).point(
        [round(255 - (255 - v) * strength) for v in range(256)]
    )
    return ImageChops.multiply(image, faint.resize(image.size, Image.Resampling.BILINEAR).convert(image.mode))


def _edged(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A shadow along the left edge, where the lid does not close."""
    wide = round(image.width * float(rng.uniform(0.006, 0.014)))
    ramp = np.full((1, image.width), 255, np.uint8)
    ramp[0, :wide] = np.linspace(110, 255, wide)
    return ImageChops.multiply(image, Image.fromarray(ramp).resize(image.size).convert(image.mode))


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    buffer.seek(0)
    return Image.open(buffer).convert(image.mode)


def age(image: Image.Image, wear: Wear, seed: int, other_side: Image.Image | None = None) -> Image.Image:
    """The page after `wear`; `other_side` is what shows through. RGB and L stay what they are, bitonal comes
    back as mode 1.
    """
    rng = np.random.default_rng((seed, 4099))
    image = image.convert("L") if wear.threshold else image
    if wear.show_through and other_side is not None:
        image = _seen_through(image, other_side, wear.show_through)
    if wear.skew:
        image = image.rotate(wear.skew, Image.Resampling.BILINEAR, fillcolor="white")
    if wear.tint != CLEAN.tint and image.mode == "RGB":
        image = image.point([round(v * band / 255) for band in wear.tint for v in range(256)])
    if wear.blur:
        image = image.filter(ImageFilter.GaussianBlur(wear.blur))
    if wear.edge:
        image = _edged(image, rng)
    if wear.speckle:
        image = _speckled(image, wear.speckle, rng)
    if wear.noise:
        image = _noise(image, wear.noise, rng)
    if wear.threshold:
        return image.point([0 if v < wear.threshold else 255 for v in range(256)]).convert(
            "1", dither=Image.Dither.NONE
        )
    return _jpeg(image, wear.jpeg) if wear.jpeg else image


def back_of(front: Image.Image, seed: int) -> Image.Image:
    """The blank back of a page: white, but for the red of its seal come through, mirrored and in blots."""
    rng = np.random.default_rng((seed, 8191))
    red, green, _ = front.split()
    ink = (
        ImageChops.subtract(red, green)
        .transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        .filter(ImageFilter.GaussianBlur(2.5))
    )
    blots = Image.fromarray(rng.integers(0, 256, (60, 42), dtype=np.uint8)).resize(
        front.size, Image.Resampling.BICUBIC
    )
    cover = ImageChops.multiply(ink, blots.point([max(0, min(255, 3 * (v - 120))) for v in range(256)]))
    white, stain = Image.new("RGB", front.size, (253, 253, 252)), Image.new("RGB", front.size, (222, 96, 112))
    return Image.composite(stain, white, cover.point([min(255, 2 * v) for v in range(256)]))
