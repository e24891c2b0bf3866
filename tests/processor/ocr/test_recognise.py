"""Reading scanned pages, on real pictures through the real OCRmyPDF and Tesseract."""

import json
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image

from processor.intake.body import body
from processor.intake.probe import probe
from processor.ocr import reader
from processor.ocr.recognise import recognise
from processor.worker import Ask
from tests.testkit import faces, odd_pdfs, samples, scans

LIMITS = {"file_mb": 64, "pages": 50, "page_megapixels": 100}


def unasked(kind: str, body: bytes) -> bytes:
    raise AssertionError(f"a reader asked for {kind}")


ASK: Ask = unasked


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return samples.sample(7, dpi=200).aged[0]


def through(scan: Path, deskew: bool = False) -> tuple[Path, dict[str, Any]]:
    """The scan as the stages leave it: with its text layer; and the facts about it."""
    facts = probe({"path": str(scan), "limits": LIMITS}, ASK)
    made, out = scan.with_name("body.pdf"), scan.with_name("read.pdf")
    told = body({
        "path": str(scan), "type": facts["type"], "kinds": [p["kind"] for p in facts["pages"]],
        "features": facts["features"], "pages": "", "flatten": False, "limits": LIMITS, "out": str(made),
    }, ASK)  # fmt: skip
    recognise({
        "body": str(made), "first": 1, "last": told["pages"], "kinds": told["kinds"], "languages": ["vie"],
        "rotate": True, "rotate_confidence": 6.0, "deskew": deskew, "read_dpi": 200, "page_megapixels": 100,
        "out": str(out), "reading": str(out.with_suffix(".json")),
    }, ASK)  # fmt: skip
    return out, facts


def born_digital(page: Path) -> list[list[Any]]:
    """The words of a born-digital page, as they are told."""
    told = page.with_suffix(".json")
    recognise({
        "body": str(page), "first": 1, "last": 1, "kinds": ["digital"], "languages": ["vie"], "rotate": True,
        "rotate_confidence": 6.0, "deskew": False, "read_dpi": 200, "page_megapixels": 100, "out": str(page.with_name("read.pdf")),
        "reading": str(told),
    }, ASK)  # fmt: skip
    (leaf,) = json.loads(told.read_text("utf-8"))
    words: list[list[Any]] = leaf["words"]
    return words


def found_at(pdf: Path, word: str) -> pymupdf.Rect:
    with pymupdf.open(pdf) as document:
        boxes = document[0].search_for(word)
        assert 1 <= len(boxes) <= len(word.split()), f"{word} found {len(boxes)} times"  # it may be found word by word
        return pymupdf.Rect(boxes[0] | boxes[-1]) * document[0].rotation_matrix


@pytest.mark.parametrize("scan", ["jpeg", "pdf_cropped", "pdf_user_unit", "jpeg_turned_by_exif"])
def test_the_text_layer_lies_over_the_ink(tmp_path: Path, page: Image.Image, scan: str) -> None:
    make, pages = (getattr(scans, scan), page) if scan.startswith("jpeg") else (getattr(odd_pdfs, scan), [page])
    read, _ = through(make(tmp_path / "scan", pages, 200))
    box = found_at(read, "THÔNG BÁO")
    with pymupdf.open(read) as document:
        assert [round(side * 25.4 / 72) for side in document[0].rect[2:]] == [210, 297]
        picture = document[0].get_pixmap(dpi=72, colorspace=pymupdf.csGRAY, clip=box)
    assert 270 < (box.x0 + box.x1) / 2 < 330 and 130 < box.y0 < 160  # the heading: in the middle, below the number
    assert min(picture.samples) < 120


def test_a_page_upside_down_at_200_dpi_is_turned(tmp_path: Path, page: Image.Image) -> None:
    read, _ = through(scans.jpeg(tmp_path / "scan", page.rotate(180), 200))
    with pymupdf.open(read) as document:
        assert document[0].rotation == 180


def test_straightening_keeps_the_colours_of_the_seal(tmp_path: Path, page: Image.Image) -> None:
    skewed = page.rotate(3, Image.Resampling.BICUBIC, fillcolor="white")
    read, _ = through(scans.jpeg(tmp_path / "scan", skewed, 200), deskew=True)
    with pymupdf.open(read) as document:
        kept = document[0].get_pixmap(dpi=100)
    picture = Image.frombytes("RGB", (kept.width, kept.height), kept.samples)
    saturation = picture.convert("HSV").getchannel("S").histogram()
    assert sum(saturation[120:]) > 200
    assert abs(reader.skew(picture)) < 0.4


def test_words_of_a_born_digital_page_that_leave_no_ink_are_doubtful(tmp_path: Path) -> None:
    """An annex: a number in white is in no reader's eyes, and would be in the record."""
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_font("serif", fontfile=str(faces.path("regular")))
        page.insert_text((100, 100), "seen", fontname="serif")
        page.insert_text((100, 300), "999", fontname="serif", color=(1, 1, 1))
        page.insert_text((100, 320), "hidden", fontname="serif", render_mode=3)
        page.insert_text((700, 340), "outside", fontname="serif")
        document.save(tmp_path / "a.pdf")
    assert {word[0]: word[5] for word in born_digital(tmp_path / "a.pdf")} == {"seen": 100.0, "999": 80.0, "hidden": 80.0}


def test_words_of_a_born_digital_page_lie_where_it_shows_them(tmp_path: Path) -> None:
    """A page laid on its side by its writer and turned by /Rotate: MuPDF tells its words as it lies."""
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        page.insert_text((100, 700), "above", rotate=90)
        page.set_rotation(90)
        document.save(tmp_path / "a.pdf")
    ((text, left, top, right, bottom, _),) = born_digital(tmp_path / "a.pdf")
    assert text == "above" and 0 < left < 0.3 and 0 < top < bottom < 0.2 and right - left > bottom - top


def test_the_second_reading_is_another_models_where_one_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "TESSDATA", (tmp_path,))
    reader.another.cache_clear()
    assert reader.another("vie+eng") == "vie+eng"
    (tmp_path / "Vietnamese.traineddata").touch()
    reader.another.cache_clear()
    assert reader.another("vie+eng") == "Vietnamese+eng"
    reader.another.cache_clear()
