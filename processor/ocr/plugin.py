"""OCRmyPDF's plug-in: hands Tesseract the scanner's own picture and recognises in this process.

Why: on an A4 page OCRmyPDF's own way spends 7.8 CPU-seconds (rendering to PNG, starting Tesseract, laying text), this one
about 2, most of them Tesseract (docs/decisions.md). What was read is laid beside the output as `words-NNNNNN.json`.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
import pymupdf
from ocrmypdf import OcrEngine, OrientationConfidence, hookimpl
from ocrmypdf.pluginspec import GhostscriptRasterDevice
from PIL import Image

from processor import law
from processor.ocr import again, glance, printed, reader, regions
from processor.ocr.words import Word

_PAGE_NUMBER = re.compile(r"(\d{6})_")
_COLOURED = frozenset({GhostscriptRasterDevice.PNG16M, GhostscriptRasterDevice.PNG256})
_KEPT_QUALITY = 92
_SETTINGS = "reading.json"  # laid beside the output by `recognise`; OCRmyPDF has no room for settings of ours


def words_file(folder: Path, page: int) -> Path:
    """Where what was read on a page (1-based) is laid."""
    return folder / f"words-{page:06}.json"


def write_settings(folder: Path, languages: str, read_dpi: int, station: str) -> None:
    """Tell the engine, which OCRmyPDF makes anew for each page, how to read."""
    (folder / _SETTINGS).write_text(json.dumps({"languages": languages, "read_dpi": read_dpi, "station": station}))


@hookimpl
def rasterize_pdf_page(  # type: ignore[no-untyped-def]  # pluggy matches arguments by name; 11 of them
    input_file, output_file, raster_device, raster_dpi, pageno, page_dpi, rotation, options
):
    """A picture of the page, by MuPDF, uncompressed, in its colours: coloured ink is read apart from print.

    OCRmyPDF's own renderer writes PNG, which costs more (1.4 s) than the rendering (0.05 s); a TIFF under that name
    is read by content.
    """
    dpi = page_dpi or raster_dpi  # in real inches: MuPDF heeds /UserUnit by itself
    with pymupdf.open(input_file) as document:
        page = document[pageno - 1]  # it has one box only (intake/body)
        matrix = pymupdf.Matrix(dpi.x / 72, dpi.y / 72)
        if rotation:
            matrix = matrix * pymupdf.Matrix(-rotation)  # MuPDF turns the other way
        coloured = raster_device in _COLOURED
        space = pymupdf.csRGB if coloured else pymupdf.csGRAY
        pixmap = page.get_pixmap(matrix=matrix, alpha=False, colorspace=space)
    mode, size = "RGB" if coloured else "L", (pixmap.width, pixmap.height)
    picture = Image.frombuffer(mode, size, pixmap.samples, "raw", mode, pixmap.stride, 1)
    picture.save(output_file, "TIFF", dpi=(float(dpi.x), float(dpi.y)))
    return output_file


@hookimpl
def filter_page_image(page, image_filename):  # type: ignore[no-untyped-def]  # pluggy matches arguments by name
    """A straightened JPEG page, once more from its pixels: OCRmyPDF saves it at Pillow's 75 with halved colour."""
    straightened = page.get_path("pp_deskew.png")
    if Path(image_filename).suffix == ".jpg" and straightened.is_file():
        with Image.open(straightened) as picture:
            dpi = tuple(round(value) for value in picture.info["dpi"])
            picture.save(image_filename, "JPEG", quality=_KEPT_QUALITY, subsampling=0, dpi=dpi)
    return image_filename


class InProcessTesseract(OcrEngine):
    """The engine OCRmyPDF asks: orientation, then a text-only page."""

    @staticmethod
    def version() -> str:
        """Tesseract's version."""
        return reader.version()

    @staticmethod
    def creator_tag(options: Any) -> str:
        """What OCRmyPDF writes into its metadata (ours replaces it)."""
        return f"Tesseract {reader.version()}"

    def __str__(self) -> str:
        return f"Tesseract {reader.version()} in process"

    @staticmethod
    def languages(options: Any) -> set[str]:
        """Installed models."""
        return reader.languages()

    @staticmethod
    def get_orientation(input_file: Path, options: Any) -> OrientationConfidence:
        """Which way is up; a blank page is left as it lies."""
        with Image.open(input_file) as picture:
            if reader.is_blank(picture):
                return OrientationConfidence(0, 0.0)
            return OrientationConfidence(*reader.orientation(picture))

    @staticmethod
    def get_deskew(input_file: Path, options: Any) -> float:
        """Degrees to straighten by, for lanes that want the kept image straightened."""
        with Image.open(input_file) as picture:
            return -reader.skew(picture)

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        """Not used: the text layer comes from Tesseract's own renderer."""
        raise NotImplementedError

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: Any) -> None:
        """Read one page."""
        folder = Path(options.output_file).parent
        settings = json.loads((folder / _SETTINGS).read_text())
        found = _PAGE_NUMBER.match(Path(input_file).name)
        number = int(found[1]) if found else 1
        with Image.open(input_file) as picture:
            dpi = float(picture.info["dpi"][0])
            blank, words, told = reader.is_blank(picture), [], {}
            if blank:
                _empty_page(output_pdf, (picture.width / dpi * 72, picture.height / dpi * 72))
            else:
                words = reader.read(picture, dpi, settings["languages"], settings["read_dpi"], Path(output_pdf))
                told = _apart(picture, dpi, settings, words)
        Path(output_text).write_text("", "utf-8")
        read = {"blank": blank, "words": [word.told() for word in words], **told}
        words_file(folder, number).write_text(json.dumps(read, ensure_ascii=False), "utf-8")


def _apart(picture: Image.Image, dpi: float, settings: dict[str, Any], words: list[Word]) -> dict[str, Any]:
    """`printed`: the words of the page without coloured ink, head and foot read twice; `secret`: a black stamp says so."""
    told: dict[str, Any] = {}
    languages, level, level_dpi, passed = settings["languages"], picture, dpi, words
    if picture.mode == "RGB":
        level, level_dpi, _ = reader.straightened(picture, dpi, settings["read_dpi"])
        under = printed.under_ink(level, level_dpi, languages, words)
        told |= {"printed": [word.told() for word in under]} if under is not None else {}
        words = words if under is None else under
    known = cache(lambda: law.vocabulary(Path(settings["station"])))  # most pages have nothing to ask it about
    if printed.alone(level, level_dpi, languages, passed, lambda said: glance.is_secrecy(known(), said)):
        told["secret"] = True
    if regions.zones(words):
        fine, fine_dpi, _ = reader.straightened(picture, dpi, again.FINER_DPI)
        told["printed"] = [word.told() for word in again.read_twice(fine, fine_dpi, languages, words)]
    return told


def _empty_page(path: Path, size: tuple[float, float]) -> None:
    with pikepdf.new() as pdf:
        pdf.add_blank_page(page_size=size)
        pdf.save(path)


@hookimpl
def get_ocr_engine(options: Any) -> OcrEngine | None:
    """Ours, unless OCRmyPDF was told to read nothing."""
    return None if options is not None and options.ocr_engine == "none" else InProcessTesseract()
