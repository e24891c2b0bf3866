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
from processor.errors import Verdict
from processor.seal.prepare import finish
from tests.testkit import odd_pdfs, scans

MOMENT = dt.datetime(2026, 11, 24, 18, 29, 28, tzinfo=law.VIETNAM)
SHORT = "Ủy ban nhân dân xã Minh Họa"
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


def page(tmp_path: Path, *inked: tuple[float, float, float, float], paper: int = 255, ink: int = 0) -> Path:
    """An A4 page at 72 dpi with writing in these boxes (points from top left)."""
    picture = Image.new("L", (595, 842), paper)
    for box in inked:
        ImageDraw.Draw(picture).rectangle(box, fill=ink)
    return scans.pdf(tmp_path / "portion.pdf", [picture], 72)


def test_a_block_takes_fewer_lines_where_only_so_it_finds_room(tmp_path: Path) -> None:
    # room above the heading for one line, not for two; on the left for any number
    where = placed(page(tmp_path, (240, 24, 594, 841), (40, 80, 220, 400)), SHORT)
    left, top, right, bottom = where["display"]
    assert not where["over_ink"] and left >= 297 and bottom < 24
    assert where["lines"] == 1


def test_a_block_takes_more_lines_beside_an_old_stamp(tmp_path: Path) -> None:
    # free: 170 points between the middle and the stamp; the date line and the title leave nothing below
    where = placed(page(tmp_path, (475, 0, 594, 80), (0, 70, 594, 841)), AGENCY)
    left, top, right, bottom = where["display"]
    assert not where["over_ink"] and left >= 297 and right < 475 and bottom < 70
    assert where["lines"] > 3


def test_old_stamps_in_the_corner_push_it_down_never_to_the_left_half(tmp_path: Path) -> None:
    stamps, date, title = (250, 0, 594, 62), (290, 74, 590, 135), (0, 175, 594, 841)
    where = placed(page(tmp_path, stamps, date, title), SHORT)
    left, top, right, bottom = where["display"]
    assert not where["over_ink"] and left >= 297 and 135 < top and bottom < 175


def test_the_form_keeps_its_width_for_a_few_points(tmp_path: Path) -> None:
    where = placed(page(tmp_path, (0, 0, 594, 100), (570, 0, 594, 841)), SHORT)
    assert not where["over_ink"] and where["lines"] == 2
    assert where["size"][0] > 200  # a narrower one would stand a few points nearer the corner


def test_without_room_it_stays_right_and_says_it_lies_on_ink(tmp_path: Path) -> None:
    where = placed(page(tmp_path, (290, 0, 594, 841)), SHORT)  # the left half is empty
    assert where["over_ink"] and where["display"][0] >= 297


@pytest.mark.parametrize("ground", [20, 90, 140, 170])
def test_a_dark_picture_is_no_paper(tmp_path: Path, ground: int) -> None:
    assert placed(page(tmp_path, paper=ground), SHORT)["over_ink"]


def test_on_a_dark_picture_it_finds_the_light_spot(tmp_path: Path) -> None:
    where = placed(page(tmp_path, (330, 60, 585, 100), paper=90, ink=230), SHORT)
    left, top, right, bottom = where["display"]
    assert not where["over_ink"] and 330 <= left and 60 <= top and right <= 586 and bottom <= 101


@pytest.mark.parametrize("paper", [192, 215, 240])
def test_yellowed_or_grey_paper_is_paper(tmp_path: Path, paper: int) -> None:
    where = placed(page(tmp_path, (40, 80, 560, 400), paper=paper), SHORT)
    assert not where["over_ink"] and where["display"][1] == pytest.approx(5 * 72 / 25.4, abs=0.1)


def test_a_narrow_page_carries_it_as_far_right_as_it_can(tmp_path: Path) -> None:
    picture = Image.new("L", (250, 400), 255)
    where = placed(scans.pdf(tmp_path / "portion.pdf", [picture], 72), SHORT)
    left, top, right, bottom = where["display"]
    assert 0 <= left < 125 and 240 <= right <= 250 and not where["over_ink"]


def test_half_a_sheet_holds_it_in_its_right_half(tmp_path: Path) -> None:
    picture = Image.new("L", (420, 595), 255)  # A5
    where = placed(scans.pdf(tmp_path / "portion.pdf", [picture], 72), AGENCY)
    assert where["display"][0] >= 210 and where["display"][2] <= 420


def test_a_short_block_keeps_the_width_of_the_form(tmp_path: Path) -> None:
    where = placed(page(tmp_path), SHORT)
    assert where["lines"] == 2 and where["size"][0] < 81 * 72 / 25.4 + 4
    assert where["display"][0] > 595 / 2


def test_a_low_strip_holds_it_across_the_middle_rather_than_not_at_all(tmp_path: Path) -> None:
    picture = Image.new("L", (330, 46), 255)  # three lines in its right half are too high
    where = placed(scans.pdf(tmp_path / "portion.pdf", [picture], 72), SHORT)
    left, top, right, bottom = where["display"]
    assert 0 <= left and right <= 330 and bottom <= 46 and left > 330 - right


def test_a_word_too_long_for_a_narrow_block_is_no_reason_to_refuse(tmp_path: Path) -> None:
    where = placed(page(tmp_path, (0, 0, 594, 841)), "W" * 20)  # about 189 points: wider than the narrower block
    assert where["over_ink"] and where["display"][0] >= 297


def test_a_word_wider_than_the_page_has_no_room(tmp_path: Path) -> None:
    with pytest.raises(Verdict) as refused:
        placed(page(tmp_path), "W" * 80)
    assert refused.value.code == "no-room"


def test_no_box_is_printed_where_the_font_has_no_letter(tmp_path: Path) -> None:
    with pytest.raises(Verdict) as refused:
        placed(page(tmp_path), f"{SHORT} 副")
    assert refused.value.code == "no-letter" and "U+526F" in refused.value.detail
    assert placed(page(tmp_path), f"{SHORT} “Buôn Đrang Ƀok – Krông Pắc”")["lines"]


@pytest.mark.parametrize("unit", [1, 3.7, 10])
def test_the_block_is_as_large_in_any_unit(tmp_path: Path, unit: float) -> None:
    picture = Image.new("L", (595, 842), 255)
    where = placed(odd_pdfs.pdf_user_unit(tmp_path / "portion.pdf", [picture], 72, unit), SHORT)
    left, bottom, right, top = where["box"]
    assert [(right - left) * unit, (top - bottom) * unit] == pytest.approx(where["size"], abs=0.01)


def test_what_is_finished_opens_with_nothing_drawn(tmp_path: Path) -> None:
    portion = page(tmp_path, (100, 300, 400, 500))
    placed(portion, SHORT)
    with pymupdf.open(portion) as before, pymupdf.open(portion.with_name("finished.pdf")) as after:
        assert before[0].get_pixmap(dpi=50).samples == after[0].get_pixmap(dpi=50).samples
    with pikepdf.open(portion.with_name("finished.pdf")) as pdf:
        assert pdf.Root.Lang == "vi"
