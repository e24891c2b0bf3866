"""Pictures from a scanner become pages of a PDF, keeping their own compressed bytes where the PDF can carry them.

Promises: a JPEG is never encoded anew; CCITT G4 passes through; all else is kept without loss; orientation tags become
page rotation (pixels untouched). CMYK becomes RGB, without loss, for the archive copy (the original is kept beside it).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import img2pdf
import pikepdf
from PIL import Image, ImageOps

from processor.errors import Verdict
from processor.intake.papersize import page_points

_ROTATE = {1: 0, 2: 0, 3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270}
_MIRRORED = frozenset({2, 4, 5, 7})
_ORIENTATION = 0x0112
_AS_IT_IS = {"JPEG": {"L", "RGB"}, "MPO": {"L", "RGB"}, "PNG": {"1", "L", "RGB", "P", "I;16"}}


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    return across, down


def _pixels(image: Image.Image) -> Image.Image:
    """The picture in a mode a PDF/A page can show, nothing lost that was seen."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        over = image.convert("RGBA")
        paper = Image.new("RGBA", over.size, "white")
        return Image.alpha_composite(paper, over).convert("RGB")
    if image.mode in {"1", "L", "RGB", "I;16"}:
        return image
    if image.mode.startswith("I;16"):
        return image.convert("I").convert("I;16")
    if image.mode in {"F", "I"}:
        low, high = image.getextrema()  # samples without a fixed range: shown from darkest to lightest
        scale = 255 / (high - low) if isinstance(high, float | int) and high > low else 1.0  # type: ignore[operator]  # F and I have one band
        return image.point(lambda sample: (sample - low) * scale).convert("L")  # type: ignore[operator]  # as above
    return image.convert("RGB")


def keeps_pixels(image: Image.Image) -> bool:
    """Whether a page shows the picture's very pixels: none is converted, none is laid over paper."""
    return image.mode in {"1", "L", "P", "RGB", "I;16"} and "transparency" not in image.info


def _encoded(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    _pixels(image).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _converted(data: bytes, sizes: list[tuple[float, float]]) -> pikepdf.Pdf:
    """A PDF of the picture's frames, each page as large as the next of `sizes` (points)."""
    following = iter(sizes)

    def layout(*_: object) -> tuple[float, float, float, float]:
        size = next(following)
        return (*size, *size)

    try:
        made = img2pdf.convert(
            data, layout_fun=layout, rotation=img2pdf.Rotation.none, engine=img2pdf.Engine.pikepdf
        )
    except (img2pdf.ImageOpenError, ValueError, NotImplementedError, OSError) as error:
        raise Verdict("damaged", type(error).__name__) from error
    return pikepdf.open(io.BytesIO(made))


def _orient(page: pikepdf.Page, orientation: int) -> None:
    width = float(page.mediabox[2])
    if orientation in _MIRRORED:
        page.contents_add(b"q -1 0 0 1 %.4f 0 cm\n" % width, prepend=True)
        page.contents_add(b"\nQ")
    if _ROTATE[orientation]:
        page.obj.Rotate = _ROTATE[orientation]


def _passes_through(image: Image.Image) -> bool:
    """Whether img2pdf can carry the file's own compressed bytes."""
    plain = "transparency" not in image.info
    return plain and image.mode in _AS_IT_IS.get(image.format or "", ())


def _orientation(image: Image.Image) -> int:
    value = int(image.getexif().get(_ORIENTATION, 1) or 1)
    return value if value in _ROTATE else 1


def _g4_pages(path: Path, image: Image.Image) -> tuple[pikepdf.Pdf, list[int]] | None:
    """All frames of a TIFF as they are compressed, with their orientations; None unless every one is CCITT G4."""
    sizes, turns = [], []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        if image.info.get("compression") != "group4" or image.mode != "1":
            return None
        sizes.append(page_points(*image.size, _dpi(image)))
        turns.append(_orientation(image))
    return _converted(path.read_bytes(), sizes), turns


def pages(path: Path, image: Image.Image, wanted: list[int]) -> Iterator[tuple[pikepdf.Pdf, int]]:
    """The wanted frames (1-based), in that order, each as a PDF and the index of the page in it.

    Raises:
        Verdict: `damaged`.
    """
    whole = _g4_pages(path, image) if image.format == "TIFF" else None
    for number in wanted:
        if whole is not None:
            made, turns = whole
            _orient(made.pages[number - 1], turns[number - 1])
            yield made, number - 1
        else:
            image.seek(number - 1)
            yield _single(path, image), 0


def _single(path: Path, image: Image.Image) -> pikepdf.Pdf:
    points = page_points(*image.size, _dpi(image))
    orientation = _orientation(image)
    if _passes_through(image):
        made = _converted(path.read_bytes(), [points])
        _orient(made.pages[0], orientation)
        return made
    before = image.size
    image.load()  # Pillow turns the pixels of a TIFF upright while it loads them, those of other formats not
    upright = image if image.format == "TIFF" else ImageOps.exif_transpose(image)
    if upright.size != before:
        points = (points[1], points[0])
    return _converted(_encoded(upright), [points])
