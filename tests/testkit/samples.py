"""A folder of sample scans in mixed formats, and the truth about each.

Promises: the same seed and dpi write the same bytes; every sound file comes with the record it must give,
every faulty one with the code of its refusal. A letter of several pages never goes to a format that holds one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from tests.testkit import age, scans
from tests.testkit.letters import Letter, letter
from tests.testkit.typeset import Look, Page, look, pages


@dataclass(frozen=True, slots=True)
class Sample:
    """One letter on its way to the scanner: clean pages and the same pages aged."""

    letter: Letter
    look: Look
    pages: list[Page]
    aged: list[Image.Image]
    dpi: int


@dataclass(frozen=True, slots=True)
class Format:
    """A way pages become a file: the end of its name, the wear it is shown with, whether it holds several
    pages.
    """

    name: str
    wear: str
    several: bool
    write: Callable[[Path, Sample], Path]
    blanks: int = 0


FORMATS = (
    Format("anh-quet.pdf", "mild", True, lambda path, s: scans.pdf(path, s.aged, s.dpi)),
    Format("co-mat.jpg", "mild", False, lambda path, s: scans.jpeg(path, s.aged[0], s.dpi)),
    Format("nhieu-trang-g4.tif", "fax", True, lambda path, s: scans.tiff(path, s.aged, s.dpi, "group4")),
    Format("hai-lop.pdf", "clean", True, lambda path, s: scans.pdf_with_text(path, s.pages, s.aged)),
    Format("xoay-exif.jpg", "mild", False, lambda path, s: scans.jpeg_turned_by_exif(path, s.aged[0], s.dpi)),
    Format("xoay.pdf", "mild", True, lambda path, s: scans.pdf_turned(path, s.aged, s.dpi)),
    Format("xam.png", "worn", False, lambda path, s: scans.png(path, s.aged[0], s.dpi)),
    Format("lzw.tif", "clean", True, lambda path, s: scans.tiff(path, s.aged, s.dpi, "tiff_lzw")),
    Format("cmyk.jpg", "mild", False, lambda path, s: scans.jpeg_cmyk(path, s.aged[0], s.dpi)),
    Format(
        "mat-sau.pdf", "worn", True, lambda path, s: scans.pdf(path, [*s.aged, _back(s)], s.dpi), blanks=1
    ),
    Format("khong-dpi.jpg", "mild", False, lambda path, s: scans.jpeg_without_dpi(path, s.aged[0])),
    Format("jpeg.tif", "worn", True, lambda path, s: scans.tiff(path, s.aged, s.dpi, "jpeg")),
    Format("16-bit.png", "mild", False, lambda path, s: scans.png(path, s.aged[0], s.dpi, bits=16)),
    Format("photo-g4.pdf", "photocopy", True, lambda path, s: scans.pdf(path, s.aged, s.dpi)),
)


def _back(made: Sample) -> Image.Image:
    back = age.back_of(made.pages[-1].image, made.look.seed)
    return age.age(back, age.WORN, made.look.seed)


def _format(turn: int, several: bool) -> Format:
    """The format whose turn it is, or the next that holds several pages."""
    ring = [*FORMATS[turn % len(FORMATS) :], *FORMATS]
    return next(form for form in ring if form.several or not several)


def sample(seed: int, dpi: int = 300, wear: str = "mild", style: int = 0) -> Sample:
    """The letter of a seed, typeset and aged by a sort of `age.SORTS`; the next page shows through the one
    before it.
    """
    content, how = letter(seed), replace(look(seed), style=style)
    clean = pages(content, how, dpi)
    return Sample(content, how, clean, aged(clean, wear, seed), dpi)


def aged(clean: Sequence[Page], wear: str, seed: int) -> list[Image.Image]:
    """The pages of one letter after wear, each with the next one on its other side."""
    others = [*clean[1:], clean[0]]
    sort = age.SORTS[wear]
    return [
        age.age(p.image, sort, seed + k, o.image) for k, (p, o) in enumerate(zip(clean, others, strict=True))
    ]


def _truth(path: Path, made: Sample, seed: int, form: Format) -> dict[str, Any]:
    by_hand = ["code_number", "issued_date"] if made.look.handwritten else []
    return {
        "file": path.name,
        "seed": seed,
        "wear": form.wear,
        "dpi": made.dpi,
        "pages": len(made.pages),
        "blank_pages": form.blanks,
        "handwritten": by_hand,
        "record": made.letter.record(),
    }


def write(folder: Path, count: int, seed: int, dpi: int = 300) -> list[dict[str, Any]]:
    """Write `count` sound scans of the letters from `seed` on; returns the truth of each."""
    folder.mkdir(parents=True, exist_ok=True)
    truths = []
    for turn in range(count):
        content, how = letter(seed + turn), look(seed + turn)
        clean = pages(content, how, dpi)
        form = _format(turn, len(clean) > 1)
        made = Sample(content, how, clean, aged(clean, form.wear, seed + turn), dpi)
        path = form.write(folder / f"{seed + turn:05d}-{form.name}", made)
        truths.append(_truth(path, made, seed + turn, form))
    return truths


def write_faults(folder: Path, seed: int, dpi: int = 150) -> list[dict[str, Any]]:
    """Write the files that must be refused; returns each name with the code of its refusal."""
    folder.mkdir(parents=True, exist_ok=True)
    images = sample(seed, dpi, "clean").aged
    sound = scans.pdf(folder / "nguon.pdf", images, dpi)
    faults = {
        "encrypted": scans.encrypted(folder / "co-mat-khau.pdf", images, dpi),
        "truncated": scans.truncated(folder / "bi-cut.pdf", sound),
        "empty": scans.empty(folder / "rong.pdf"),
        "not-a-document": scans.html_named_pdf(folder / "trang-web.pdf"),
    }
    sound.unlink()
    return [{"file": path.name, "refused": code} for code, path in faults.items()]
