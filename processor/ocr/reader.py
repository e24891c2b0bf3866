"""Tesseract in this process: models loaded once, one page at a time.

Promises: words with boxes and confidence, and a text-only PDF page that lies over the picture it was read from; the picture
read may be a smaller or straightened copy, the text still lies where the ink is. Knows tesserocr and nothing else does.
"""

from __future__ import annotations

import math
import os
import re
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias
from xml.etree import ElementTree

import numpy
import pikepdf
import tesserocr
from PIL import Image

from processor.errors import MissingError
from processor.ocr import specks
from processor.ocr.languages import OTHERS
from processor.ocr.words import Word

Layout: TypeAlias = Literal["page", "block", "line", "anywhere"]
_LAYOUTS = MappingProxyType({
    "page": tesserocr.PSM.AUTO, "block": tesserocr.PSM.SINGLE_BLOCK, "line": tesserocr.PSM.SINGLE_LINE,
    "anywhere": tesserocr.PSM.SPARSE_TEXT,
})  # fmt: skip
TESSDATA = (Path("/usr/share/tesseract-ocr/5/tessdata"), Path("/usr/share/tesseract-ocr/4.00/tessdata"))
_HOCR_BOX = re.compile(r"bbox (\d+) (\d+) (\d+) (\d+); x_wconf (\d+)")
_SKEW_SEEN = 0.4  # degrees; Tesseract copes with less by itself
_SKEW_MOST = 8.0
_INK = 0.55  # darker than this share of the paper's brightness is ink; bleed-through of a seal is paler
_BLANK = 0.0004  # share of a page that even one line of type exceeds
_COMPASS_PIXELS = 2000  # A4 at 240 dpi; half of less than that is too coarse to tell up from down
_SURE_OF_UPRIGHT = 6.0  # less, and a page stays as it lies
_MARGIN = 0.04  # edges of the glass and punch holes are not writing


def tessdata() -> Path:
    """Where the models are.

    Raises:
        MissingError: nowhere.
    """
    for folder in TESSDATA:
        if folder.is_dir():
            return folder
    raise MissingError("Tesseract's models are missing: install tesseract-ocr and tesseract-ocr-vie")


@cache
def _reader(languages: str) -> tesserocr.PyTessBaseAPI:
    variables = {"tessedit_create_pdf": "1", "textonly_pdf": "1", "tessedit_create_hocr": "1"}
    return tesserocr.PyTessBaseAPI(path=str(tessdata()), lang=languages, psm=tesserocr.PSM.AUTO, variables=variables)


@cache
def another(languages: str) -> str:
    """The same languages by another model, which slips elsewhere; by the same one where no other is installed."""
    known = _languages_in(tessdata())
    return "+".join(OTHERS[name] if OTHERS.get(name) in known else name for name in languages.split("+"))


@cache
def _compass() -> tesserocr.PyTessBaseAPI:
    return tesserocr.PyTessBaseAPI(path=str(tessdata()), lang="osd", psm=tesserocr.PSM.OSD_ONLY)


def is_blank(picture: Image.Image) -> bool:
    """Whether nobody wrote on this page; the pale shadow of a seal from the other side is not writing."""
    small = picture.convert("L").reduce(max(1, picture.width // 1000))
    pixels = numpy.asarray(small)
    across, down = (int(size * _MARGIN) for size in (pixels.shape[1], pixels.shape[0]))
    inner = pixels[down : pixels.shape[0] - down or None, across : pixels.shape[1] - across or None]
    if inner.size == 0:
        return True
    return float((inner < numpy.median(inner) * _INK).mean()) < _BLANK


def orientation(picture: Image.Image) -> tuple[int, float]:
    """Counter-clockwise degrees the page must be turned to stand upright, and how sure that is (0-15 and more)."""
    grey = picture.convert("L")
    compass = _compass()
    compass.SetImage(grey.reduce(2) if min(grey.size) > _COMPASS_PIXELS else grey)
    found = compass.DetectOrientationScript()
    compass.Clear()
    if not found:
        return 0, 0.0
    return int(found["orient_deg"]), float(found["orient_conf"])


def upright(picture: Image.Image) -> tuple[Image.Image, int]:
    """The page as it is to be read, and the clockwise degrees it was turned by: none where nobody can be sure."""
    against, sure = orientation(picture)
    degrees = -against % 360 if sure >= _SURE_OF_UPRIGHT else 0
    return picture.rotate(-degrees, expand=True) if degrees else picture, degrees


def skew(picture: Image.Image, most: float = _SKEW_MOST) -> float:
    """Degrees, up to `most`, the lines of writing rise to the right (positive) or fall; 0 where no line is found."""
    grey = picture.convert("L").reduce(max(1, picture.width // 420))
    pixels = numpy.asarray(grey, dtype=numpy.float32)
    ink = (pixels < numpy.median(pixels) * 0.75).astype(numpy.float32)
    if ink.sum() < 50:
        return 0.0
    down, across = numpy.nonzero(ink)

    def sharpness(angle: float) -> float:
        rows = numpy.round(down + across * math.tan(math.radians(angle))).astype(int)
        profile = numpy.bincount(rows - rows.min())
        return float((profile.astype(numpy.float64) ** 2).sum())

    coarse = max(numpy.arange(-most, most + 0.1, 0.5), key=sharpness)
    fine = max(numpy.arange(coarse - 0.5, coarse + 0.51, 0.1), key=sharpness)
    return float(fine) if abs(fine) < most else 0.0


def straightened(picture: Image.Image, dpi: float, read_dpi: int) -> tuple[Image.Image, float, float]:
    """The picture as it is read: no denser than `read_dpi`, its lines level; its resolution, and the degrees it was turned by."""
    angle = skew(picture)
    angle = angle if abs(angle) >= _SKEW_SEEN else 0.0
    small, small_dpi = picture, dpi
    if dpi > read_dpi * 1.1:
        factor = read_dpi / dpi
        size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
        small, small_dpi = _shaded(picture).resize(size, Image.Resampling.BOX, reducing_gap=2.0), float(read_dpi)
    if angle:
        small = _shaded(small).rotate(-angle, Image.Resampling.BICUBIC, fillcolor="white")
    return small, small_dpi, angle


def _shaded(picture: Image.Image) -> Image.Image:
    return picture if picture.mode in ("L", "RGB") else picture.convert("L")


def strip(picture: Image.Image, dpi: float, languages: str, layout: Layout = "page") -> list[Word]:
    """Read a grey part of a page, a `block` of text as a stamp is, a `line`, or words that stand `anywhere`; no text layer is made.

    Returns:
        Words; boxes in fractions of the part.

    Raises:
        RuntimeError: Tesseract gave up.
    """
    api = _reader(languages)
    api.SetPageSegMode(_LAYOUTS[layout])
    api.SetImage(picture)
    api.SetSourceResolution(round(dpi))
    told = str(api.GetTSVText(0))
    api.Clear()
    api.SetPageSegMode(_LAYOUTS["page"])
    rows = [row.split("\t") for row in told.splitlines()]
    words = []
    for row in rows:
        if row[0] == "5" and len(row) == 12 and row[11].strip():
            left, top, width, height = (int(value) for value in row[6:10])
            box = (left / picture.width, top / picture.height, (left + width) / picture.width, (top + height) / picture.height)
            words.append(Word(_plain(row[11].strip()), *box, float(row[10])))
    return words


def read(picture: Image.Image, dpi: float, languages: str, read_dpi: int, out: Path) -> list[Word]:
    """Read a page and write its text layer to `out` (a one-page PDF as large as the picture, nothing visible in it).

    Args:
        picture: the upright page.
        dpi: its resolution.
        languages: Tesseract's names joined by `+`.
        read_dpi: denser pictures are read at this resolution.
        out: the PDF to write.

    Returns:
        Words in reading order; boxes in the straightened page.
    """
    small, small_dpi, angle = straightened(picture.convert("L") if picture.mode != "1" else picture, dpi, read_dpi)
    handed = out.with_suffix(".tif")
    specks.without(small.convert("L"), small_dpi).save(handed, "TIFF", dpi=(small_dpi, small_dpi))
    base = out.with_suffix("")
    if not _reader(languages).ProcessPages(str(base), str(handed)):
        raise RuntimeError("Tesseract gave up on a page")
    words = _words(base.with_suffix(".hocr"), small.size)
    _lay(out, (picture.width / dpi * 72, picture.height / dpi * 72), angle)
    for left_over in (handed, base.with_suffix(".hocr")):
        os.unlink(left_over)
    return words


def _words(hocr: Path, size: tuple[int, int]) -> list[Word]:
    """Words of Tesseract's hOCR: `title="bbox 36 92 96 116; x_wconf 95"`."""
    width, height = size
    words = []
    for _, element in ElementTree.iterparse(hocr):
        if element.get("class") != "ocrx_word":
            continue
        text = "".join(element.itertext()).strip()
        found = _HOCR_BOX.search(element.get("title", ""))
        if text and found:
            left, top, right, bottom = (int(value) for value in found.groups()[:4])
            box = (left / width, top / height, right / width, bottom / height)
            words.append(Word(_plain(text), *box, float(found[5])))
    return words


def _plain(text: str) -> str:
    """A text with the slash of a keyboard: the models have a fraction's too (U+2044)."""
    return text.replace("\u2044", "/")


def _lay(page_file: Path, size: tuple[float, float], angle: float) -> None:
    """Stretch the text page over the picture's size and turn it back by the skew it was read without."""
    with pikepdf.open(page_file, allow_overwriting_input=True) as pdf:
        page = pdf.pages[0]
        wide, high = float(page.mediabox[2]), float(page.mediabox[3])
        across, down = size[0] / wide, size[1] / high
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        middle_x, middle_y = size[0] / 2, size[1] / 2
        matrix = (
            cos * across, sin * across, -sin * down, cos * down,
            middle_x - cos * middle_x + sin * middle_y, middle_y - sin * middle_x - cos * middle_y,
        )  # fmt: skip
        page.contents_add(b"q %.6f %.6f %.6f %.6f %.4f %.4f cm\n" % matrix, prepend=True)
        page.contents_add(b"\nQ")
        page.contents_coalesce()  # OCRmyPDF drops, without a word, a text page whose content is in several streams
        page.mediabox = pikepdf.Array([0, 0, size[0], size[1]])
        pdf.save(page_file)


def version() -> str:
    """Tesseract's version, for the record's provenance."""
    return str(tesserocr.tesseract_version()).split()[1]


def languages() -> set[str]:
    """The models installed."""
    return _languages_in(tessdata())


def _languages_in(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.traineddata")}
