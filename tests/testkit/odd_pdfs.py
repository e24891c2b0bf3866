"""PDF files as few scanners and many programs make them: odd boxes and units, other codecs, what no paper carries.

Promises: as `scans`: one file a function, the same bytes for the same pages.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pikepdf
from fpdf import FPDF

from tests.testkit import scans
from tests.testkit.layout import PAPER
from tests.testkit.letters import Letter


@contextmanager
def _edited(path: Path, images: scans.Images, dpi: int) -> Iterator[pikepdf.Pdf]:
    """An image-only PDF to change, saved with fixed bytes."""
    with pikepdf.open(io.BytesIO(scans.wrapped(images, dpi))) as document:
        yield document
        document.save(path, static_id=True)


def pdf_cropped(path: Path, images: scans.Images, dpi: int = 300, margin: float = 36) -> Path:
    """The page lies on a larger glass: MediaBox `margin` points wider on every side than the CropBox, its corner
    not at the origin, its edge black as under an open lid.
    """
    with _edited(path, images, dpi) as document:
        for page in document.pages:
            wide, high = (float(page.mediabox[side]) for side in (2, 3))
            edge = (-margin, -margin, wide + 2 * margin, high + 2 * margin)
            page.contents_add(b"q 0 g %.3f %.3f %.3f %.3f re f Q\n" % edge, prepend=True)
            page.MediaBox = [-margin, -margin, wide + margin, high + margin]
            page.CropBox = [0, 0, wide, high]
    return path


def pdf_user_unit(path: Path, images: scans.Images, dpi: int = 300, unit: float = 2) -> Path:
    """Image-only PDF whose unit of length is not 1/72 inch; on paper as large as ever."""
    with _edited(path, images, dpi) as document:
        for page in document.pages:
            page.MediaBox = [float(value) / unit for value in page.mediabox]
            page.contents_add(b"q %.6f 0 0 %.6f 0 0 cm\n" % (1 / unit, 1 / unit), prepend=True)
            page.contents_add(b"\nQ")
            page.UserUnit = unit
    return path


def pdf_jpeg2000(path: Path, images: scans.Images, dpi: int = 300) -> Path:
    """Image-only PDF with JPEG 2000 pictures, as scanners with "compact PDF" make it."""
    with _edited(path, images, dpi) as document:
        for page, image in zip(document.pages, images, strict=True):
            buffer = io.BytesIO()
            image.save(buffer, "JPEG2000", quality_mode="rates", quality_layers=[20])
            (name,) = page.Resources.XObject.keys()
            page.Resources.XObject[name].write(buffer.getvalue(), filter=pikepdf.Name.JPXDecode)
    return path


def pdf_with_extras(path: Path, images: scans.Images, dpi: int = 300) -> Path:
    """Scan that carries what no paper does: a note, a script, an attached file."""
    with _edited(path, images, dpi) as document:
        note = {"Type": "Annot", "Subtype": "Text", "Rect": [50, 50, 70, 70], "Contents": "ghi chú"}
        page = document.pages[0]
        page.Annots = document.make_indirect([_named(note)])
        document.Root.OpenAction = _named({"S": "JavaScript", "JS": "app.alert(1)"})
        document.attachments["luong.csv"] = b"ten,luong\n"
    return path


def _named(keys: dict[str, Any]) -> pikepdf.Dictionary:
    """A dictionary of PDF; the values of Type, Subtype, S and FT are names."""
    names = {"Type", "Subtype", "S", "FT"}
    return pikepdf.Dictionary({
        f"/{key}": pikepdf.Name(f"/{value}") if key in names else value for key, value in keys.items()
    })  # fmt: skip


def pdf_form(path: Path, letter: Letter) -> Path:
    """Born digital, with a field to fill in."""
    with pikepdf.open(scans.pdf_born_digital(path, letter), allow_overwriting_input=True) as document:
        field = {"Type": "Annot", "Subtype": "Widget", "FT": "Tx", "T": "ten", "V": "Nguyễn Văn An", "F": 4}
        widget = document.make_indirect(_named({**field, "Rect": [60, 60, 260, 80], "DA": "/Helv 10 Tf 0 g"}))
        document.pages[0].Annots = pikepdf.Array([widget])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=[widget], NeedAppearances=True)
        document.save(path, static_id=True)
    return path


def pdf_font_not_embedded(path: Path) -> Path:
    """Born digital, in a font that the reader is expected to have."""
    document = FPDF(unit="pt", format=PAPER)
    document.set_creation_date(scans.MOMENT)
    document.add_page()
    document.set_font("times", size=14)
    for number in range(1, 20):
        document.text(80, 80 + 24 * number, f"Dong thu {number} cua mot trang khong nhung phong chu.")
    document.output(str(path))
    return path


def pdf_mixed(path: Path, letter: Letter, images: scans.Images, dpi: int = 300) -> Path:
    """A born-digital letter with scanned pages behind it."""
    with pikepdf.open(scans.pdf_born_digital(path, letter), allow_overwriting_input=True) as document:
        with pikepdf.open(io.BytesIO(scans.wrapped(images, dpi))) as behind:
            document.pages.extend(behind.pages)
        document.save(path, static_id=True)
    return path
