"""Where the block of a finished document goes, on real pages."""

import dataclasses
import datetime as dt
from pathlib import Path
from typing import Any

import pikepdf
import pymupdf
import pytest
from PIL import Image, ImageDraw

from processor import law
from processor.seal.prepare import finish
from tests.testkit import odd_pdfs, scans

MOMENT = dt.datetime(2026, 11, 24, 18, 29, 28, tzinfo=law.VIETNAM)
AGENCY = "Trung tâm Phục vụ hành chính công phường Nguyễn Thị Minh Khai trực thuộc Ủy ban nhân dân thành phố Buôn Ma Thuột"


def unasked(kind: str, body: bytes) -> bytes:
    raise AssertionError(f"finishing asked for {kind}")


def placed(portion: Path, agency: str) -> dict[str, Any]:
    rule = law.block_rule("sao-y", MOMENT.date())
    return finish({
        "portions": [str(portion)], "out": str(portion.with_name("finished.pdf")), "font": "",
        "xmp": {"title": "t", "identifier": "i", "language": "vi", "creator": "Sohoa"},
        "rule": dataclasses.asdict(rule), "block_text": rule.text(agency, MOMENT),
    }, unasked)  # fmt: skip


def page(tmp_path: Path, *inked: tuple[float, float, float, float]) -> Path:
    """An A4 page at 72 dpi with writing in these boxes (points from top left)."""
    picture = Image.new("L", (595, 842), 255)
    for box in inked:
        ImageDraw.Draw(picture).rectangle(box, fill=0)
    return scans.pdf(tmp_path / "portion.pdf", [picture], 72)


def test_a_long_block_takes_fewer_lines_before_it_leaves_the_right_side(tmp_path: Path) -> None:
    # room above the heading for two lines, not for three; on the left for any number
    where = placed(page(tmp_path, (240, 36, 580, 400), (40, 80, 220, 400)), AGENCY)
    left, top, right, bottom = where["display"]
    assert not where["over_ink"] and (left + right) / 2 > 595 / 2 and bottom < 36
    assert where["lines"] == 2


def test_a_short_block_keeps_the_width_of_the_form(tmp_path: Path) -> None:
    where = placed(page(tmp_path), "Ủy ban nhân dân xã Minh Họa")
    assert where["lines"] == 2 and where["size"][0] < 81 * 72 / 25.4 + 4
    assert where["display"][0] > 595 / 2


@pytest.mark.parametrize("unit", [1, 3.7, 10])
def test_the_block_is_as_large_in_any_unit(tmp_path: Path, unit: float) -> None:
    picture = Image.new("L", (595, 842), 255)
    where = placed(odd_pdfs.pdf_user_unit(tmp_path / "portion.pdf", [picture], 72, unit), "Ủy ban nhân dân xã Minh Họa")
    left, bottom, right, top = where["box"]
    assert [(right - left) * unit, (top - bottom) * unit] == pytest.approx(where["size"], abs=0.01)


def test_what_is_finished_opens_with_nothing_drawn(tmp_path: Path) -> None:
    portion = page(tmp_path, (100, 300, 400, 500))
    placed(portion, "Ủy ban nhân dân xã Minh Họa")
    with pymupdf.open(portion) as before, pymupdf.open(portion.with_name("finished.pdf")) as after:
        assert before[0].get_pixmap(dpi=50).samples == after[0].get_pixmap(dpi=50).samples
    with pikepdf.open(portion.with_name("finished.pdf")) as pdf:
        assert pdf.Root.Lang == "vi"
