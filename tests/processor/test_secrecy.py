"""A mark of secrecy in places where nobody looks for one: it holds the scan, and nothing of it is read, kept or shown."""

import io
import json
from pathlib import Path

import pikepdf
import pymupdf
import pytest
from PIL import Image, ImageDraw, ImageFont

from processor import parking, requests
from processor.journal import Request
from tests.processor.office import Office, picture
from tests.processor.test_lists import lay
from tests.processor.test_stacks import drop, letter, sheet
from tests.testkit import faces, scans
from tests.testkit import ink as pens

MM = 100 / 25.4
BLACK, RED = (0, 0, 0), pens.RED


def stamp(colour: pens.Colour) -> bytes:
    """A picture of a stamp, as programs for PDF lay one on a page."""
    made = Image.new("RGB", (700, 300), "white")
    pens.press(made, [(pens.urgency("TUYỆT MẬT", 3 * MM, 4), colour, (20, 20))])
    written = io.BytesIO()
    made.save(written, "PNG")
    return written.getvalue()


def annotated(path: Path, colour: pens.Colour, number: int = 1) -> Path:
    """A scan of two pages, on one of which somebody has laid a stamp with a program, after it was scanned."""
    scans.pdf(path, [picture("Trang một của văn bản"), picture("Trang hai của văn bản")], 100)
    with pymupdf.open("pdf", path.read_bytes()) as document:
        place = pymupdf.Rect(50, 60, 218, 132)
        document[number - 1].add_stamp_annot(place, stamp=pymupdf.Pixmap(stamp(colour))).update()
        document.save(path)
    return path


def codes(office: Office) -> list[str]:
    return [told["code"] for told in office.told("held")]


@pytest.mark.parametrize(("lane", "colour", "number"), [("sao-y", RED, 2), ("luu-tru", BLACK, 1), ("phu-luc", RED, 1)])
def test_a_stamp_that_a_program_laid_on_a_scan_is_seen_though_no_copy_shows_it(office: Office, lane: str, colour: pens.Colour, number: int) -> None:
    """The archive copy leaves annotations behind; the scan beside it has them."""
    annotated(office.folder / "drop" / lane / "a.pdf", colour, number)
    assert office.run(office.shift()) == {"held": 1} and codes(office) == ["secrecy-mark"]
    assert office.engine.jobs["recognise"] == 0


@pytest.mark.parametrize("first", [[], [letter(1)]], ids=["one document", "two documents"])
def test_a_stamp_on_a_separator_sheet_holds_the_stack(office: Office, tmp_path: Path, first: list[Image.Image]) -> None:
    """Whoever stamps the sheet means the document under it; the archive keeps both."""
    page = sheet(tmp_path, code_number="299").convert("RGB")
    pens.press(page, [(pens.urgency("MẬT", MM, 4), RED, (80, 900))])
    drop(office, [*first, page, letter(2)])
    assert office.run(office.shift()) == {"held": 1} and codes(office) == ["secrecy-mark"]
    assert office.engine.jobs["recognise"] == 0
