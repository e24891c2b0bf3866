"""Files as scanners, phones, word processors and broken networks leave them in a folder.

Promises: each function writes one file and returns its path; the same pages give the same bytes (dates and
ids are fixed). Pages come in display order and upright; a function that turns them also writes the tag that
turns them back. Refuses: to age pages (`age.py`); the last four functions make files that must be refused,
each named for its fault.
"""

from __future__ import annotations

import datetime as dt
import io
import struct
from collections.abc import Sequence
from pathlib import Path

import img2pdf
import numpy as np
import pikepdf
from fpdf import FPDF
from fpdf.enums import TextMode
from PIL import Image, TiffImagePlugin

from tests.testkit import faces
from tests.testkit.layout import PAPER, sheets
from tests.testkit.letters import Letter
from tests.testkit.typeset import Look, Page

MOMENT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
ORIENTATION = 0x0112
SCANNER = "Scanner of the test kit"
Images = Sequence[Image.Image]


def jpeg(path: Path, image: Image.Image, dpi: int = 300, quality: int = 85) -> Path:
    """Colour or grey JPEG with its density."""
    image.save(path, "JPEG", quality=quality, dpi=(dpi, dpi))
    return path


def jpeg_without_dpi(path: Path, image: Image.Image, quality: int = 85) -> Path:
    """JPEG that says nothing of its size on paper, as phones and some gateways send it."""
    image.save(path, "JPEG", quality=quality)
    return path


def jpeg_cmyk(path: Path, image: Image.Image, dpi: int = 300) -> Path:
    """JPEG of four inks, as colour copiers send it."""
    image.convert("CMYK").save(path, "JPEG", quality=85, dpi=(dpi, dpi))
    return path


def jpeg_turned_by_exif(path: Path, image: Image.Image, dpi: int = 300) -> Path:
    """JPEG whose pixels lie on their left side, with the EXIF orientation (6) that sets them upright."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(path, "JPEG", quality=85, dpi=(dpi, dpi), exif=exif)
    return path


def png(path: Path, image: Image.Image, dpi: int = 300, bits: int = 8) -> Path:
    """Grey PNG of 8 or 16 bits."""
    grey = image.convert("L")
    deep = Image.fromarray(np.asarray(grey, dtype=np.uint16) * 257) if bits == 16 else grey
    deep.save(path, "PNG", dpi=(dpi, dpi), compress_level=1)
    return path


def tiff(path: Path, images: Images, dpi: int = 300, compression: str = "group4") -> Path:
    """TIFF of one or more pages: `group4` (made bitonal), `tiff_lzw` or `jpeg`."""
    # copies: Pillow leaves its JPEG settings on an image it saved, and its TIFF writer chokes on them
    pages = [_bitonal(image) if compression == "group4" else image.copy() for image in images]
    pages[0].save(
        path, "TIFF", save_all=True, append_images=pages[1:], compression=compression, dpi=(dpi, dpi)
    )
    return path


def _bitonal(image: Image.Image) -> Image.Image:
    if image.mode == "1":
        return image
    return (
        image.convert("L")
        .point([0 if v < 160 else 255 for v in range(256)])
        .convert("1", dither=Image.Dither.NONE)
    )


def tiff_fax(path: Path, image: Image.Image) -> Path:
    """G4 TIFF of a fax at standard resolution: 204 dots an inch across, 98 lines down."""
    page = _bitonal(image.resize((round(image.width / image.height * 297 / 25.4 * 204), round(297 / 25.4 * 98))))
    page.save(path, "TIFF", compression="group4", dpi=(204, 98))
    return path


def tiff_big(path: Path, images: Images, dpi: int = 300) -> Path:
    """BigTIFF (64-bit offsets), LZW, as drivers write that expect more than 4 GB."""
    first, *rest = [image.copy() for image in images]
    first.save(
        path, "TIFF", save_all=True, append_images=rest, compression="tiff_lzw", dpi=(dpi, dpi), big_tiff=True
    )
    return path


def tiff_mixed(path: Path, images: Images, dpi: int = 300) -> Path:
    """TIFF whose pages are compressed each in its own way: G4, JPEG, LZW, G4 and so on."""
    ways = ("group4", "jpeg", "tiff_lzw")
    with TiffImagePlugin.AppendingTiffWriter(str(path), new=True) as file:
        for number, image in enumerate(images):
            way = ways[number % len(ways)]
            page = _bitonal(image) if way == "group4" else image.copy()
            page.save(file, "TIFF", compression=way, dpi=(dpi, dpi))
            file.newFrame()
    return path


def tiff_big_endian(path: Path, image: Image.Image, dpi: int = 300) -> Path:
    """Uncompressed grey TIFF, most significant byte first ("MM"), as older UNIX scanners write."""
    grey = image.convert("L")
    pixels = grey.tobytes()
    entries = (
        (256, 4, 1, grey.width), (257, 4, 1, grey.height), (258, 3, 1, 8 << 16), (259, 3, 1, 1 << 16),
        (262, 3, 1, 1 << 16), (273, 4, 1, 150), (277, 3, 1, 1 << 16), (278, 4, 1, grey.height),
        (279, 4, 1, len(pixels)), (282, 5, 1, 142), (283, 5, 1, 142),
    )  # fmt: skip  # tag, type, count, value or its place
    directory = b"".join(struct.pack(">HHII", *entry) for entry in entries)
    head = struct.pack(">2sHIH", b"MM", 42, 8, len(entries)) + directory + bytes(4)
    path.write_bytes(head.ljust(142, b"\0") + struct.pack(">II", dpi, 1) + pixels)
    return path


def _stream(image: Image.Image, dpi: int) -> bytes:
    buffer = io.BytesIO()
    if image.mode == "1":
        image.save(buffer, "TIFF", compression="group4", dpi=(dpi, dpi))
    else:
        image.save(buffer, "JPEG", quality=80, dpi=(dpi, dpi))
    return buffer.getvalue()


def wrapped(images: Images, dpi: int, turn: int = 0) -> bytes:
    """An image-only PDF with fixed dates."""
    rotation = img2pdf.Rotation[str(turn)] if turn else None
    made: bytes = img2pdf.convert(
        *(_stream(image, dpi) for image in images),
        engine=img2pdf.Engine.internal,
        producer=SCANNER,
        creationdate=MOMENT,
        moddate=MOMENT,
        rotation=rotation,
    )
    return made


def pdf(path: Path, images: Images, dpi: int = 300) -> Path:
    """Image-only PDF: JPEG for grey and colour pages, CCITT group 4 for bitonal ones."""
    path.write_bytes(wrapped(images, dpi))
    return path


def pdf_turned(path: Path, images: Images, dpi: int = 300, turn: int = 90) -> Path:
    """Image-only PDF whose pages lie turned and carry the /Rotate (90, 180 or 270) that sets them upright."""
    path.write_bytes(wrapped([image.rotate(turn, expand=True) for image in images], dpi, turn))
    return path


def _document() -> FPDF:
    """An empty A4 document in points with the kit's faces and fixed dates.

    What is written into it ends every word with a space of its own, as word processors do: MuPDF infers none
    after letters like ủ or ự (U+1E00 and above) and would join such a word to the next.
    """
    document = FPDF(unit="pt", format=PAPER)
    document.set_creation_date(MOMENT)
    document.set_producer(SCANNER)
    document.set_auto_page_break(False)
    for face in faces.SUFFIX:
        document.add_font(face, fname=faces.path(face))
    return document


def pdf_with_text(path: Path, pages: Sequence[Page], images: Images | None = None) -> Path:
    """Scan with an invisible text layer, as multifunction printers with OCR make it; `images` may be aged
    pages.
    """
    scale = 72 / pages[0].dpi
    document = _document()
    for page, image in zip(pages, images or [page.image for page in pages], strict=True):
        document.add_page()
        document.image(io.BytesIO(_stream(image, page.dpi)), 0, 0, *PAPER)
        document.text_mode = TextMode.INVISIBLE
        for word in page.words:
            document.set_font("regular", size=word.size * scale)
            document.text(word.box[0] * scale, (word.box[1] + word.size) * scale, f"{word.text} ")
        document.text_mode = TextMode.FILL
    document.output(str(path))
    return path


def pdf_born_digital(path: Path, letter: Letter, look: Look | None = None) -> Path:
    """What a word processor exports: real text in embedded fonts, no picture of a page; `handwritten` leaves gaps for number and day."""
    document = _document()
    document.set_line_width(0.75)
    for sheet in sheets(letter, size=look.size if look else 14, by_hand=bool(look and look.handwritten)):
        document.add_page()
        for run in sheet.runs:
            document.set_font(run.face, size=run.size)
            document.text(run.x, run.y, f"{run.text} ")
        for rule in sheet.rules:
            document.line(rule.x, rule.y, rule.x + rule.width, rule.y)
    document.output(str(path))
    return path


def encrypted(path: Path, images: Images, dpi: int = 300, password: str = "mat-khau") -> Path:
    """PDF that does not open without a password (128-bit RC4: the one encryption that gives the same bytes
    twice).
    """
    with pikepdf.open(io.BytesIO(wrapped(images, dpi))) as document:
        lock = pikepdf.Encryption(owner=password, user=password, R=3, aes=False, metadata=False)
        document.save(path, encryption=lock, static_id=True)
    return path


def truncated(path: Path, source: Path, keep: float = 0.6) -> Path:
    """The first part of a sound file: the network or the scanner stopped."""
    content = source.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    return path


def empty(path: Path) -> Path:
    """A file of no bytes."""
    path.write_bytes(b"")
    return path


def html_named_pdf(path: Path) -> Path:
    """A log-in page saved under a document's name."""
    path.write_text(
        "<!DOCTYPE html>\n<html lang='vi'><title>Đăng nhập</title><p>Phiên làm việc đã hết hạn.</p></html>\n",
        "utf-8",
    )
    return path
