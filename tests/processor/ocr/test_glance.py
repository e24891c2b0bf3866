"""The first look at coloured ink: marks of secrecy however the page lies, seals by signatures, before any text is read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image, ImageChops, ImageDraw

from processor.describe.marks import Seal
from processor.ocr.glance import glance
from processor.reading import _seal
from tests.processor.ocr.test_ink import DPI, MM, at, letter, sealed
from tests.testkit import ink as pens
from tests.testkit import samples, scans

SAMPLES = Path(os.environ.get("SOHOA_SAMPLES", Path(__file__).parents[4] / "shared" / "samples"))


def seen(page: Image.Image, tmp_path: Path, kind: str = "scan") -> dict[str, Any]:
    body = scans.pdf(tmp_path / "body.pdf", [page], DPI)
    return glance({"body": str(body), "kinds": [kind], "languages": ["vie"], "station": str(tmp_path)}, lambda *_: b"")


def secret(degree: str, slant: float = 0.0, red: pens.Colour = pens.RED) -> Image.Image:
    page = letter()
    pens.press(page, [(pens.urgency(degree, MM, 4).rotate(slant, Image.Resampling.BICUBIC, expand=True), red, at(40, 20))])
    return page


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize(("degree", "slant"), [("MẬT", 0), ("TỐI MẬT", -9), ("TUYỆT MẬT", 14)])
def test_a_red_mark_of_secrecy_is_seen_however_the_page_lies(tmp_path: Path, degree: str, slant: float, turn: int) -> None:
    assert seen(secret(degree, slant).rotate(turn, expand=True), tmp_path)["secrecy"] == [1]


@pytest.mark.parametrize("red", [(245, 180, 185), (190, 40, 140)])
@pytest.mark.parametrize("degree", ["MẬT", "TUYỆT MẬT"])
def test_a_mark_in_pale_or_magenta_ink_is_seen(tmp_path: Path, degree: str, red: pens.Colour) -> None:
    assert seen(secret(degree, red=red), tmp_path)["secrecy"] == [1]


def test_a_mark_of_secrecy_among_many_stamps_is_seen(tmp_path: Path) -> None:
    page = secret("MẬT")
    for row in range(5):
        pens.press(page, [(pens.urgency("ĐÃ THU", MM, row), pens.RED, at(30 + 60 * across, 90 + 30 * row)) for across in range(2)])
    assert seen(page, tmp_path)["secrecy"] == [1]


@pytest.mark.parametrize(("degree", "gap"), [("MẬT", 3), ("TUYỆT MẬT", 1)])
def test_a_mark_of_secrecy_close_to_a_stamp_of_arrival_is_seen(tmp_path: Path, degree: str, gap: float) -> None:
    """Both stand in the free space under the number (NĐ 30/2020 Phụ lục I and Đ22)."""
    page, mark = letter(), pens.urgency(degree, MM, 4)
    frame = Image.new("L", (round(50 * MM), round(30 * MM)))
    ImageDraw.Draw(frame).rectangle((0, 0, frame.width - 1, frame.height - 1), outline=255, width=3)
    frame.paste(pens.urgency("ĐẾN", MM * 0.6, 1), (20, 20))
    pens.press(page, [(frame, pens.RED, at(25, 60)), (mark, pens.RED, at(30, 60 - gap - mark.height / MM))])
    assert seen(page, tmp_path)["secrecy"] == [1]


@pytest.mark.parametrize("paper", [(210, 180, 140), (255, 225, 225)])
def test_a_mark_of_secrecy_on_brown_or_pink_paper_is_seen(tmp_path: Path, paper: tuple[int, int, int]) -> None:
    page = secret("MẬT")
    assert seen(ImageChops.multiply(page, Image.new("RGB", page.size, paper)), tmp_path)["secrecy"] == [1]


def test_a_mark_of_secrecy_pressed_on_a_seal_is_seen(tmp_path: Path) -> None:
    page = sealed(letter())
    pens.press(page, [(pens.urgency("MẬT", MM, 4), pens.RED, at(100, 190))])
    assert seen(page, tmp_path)["secrecy"] == [1]


@pytest.mark.parametrize("mark", ["HỎA TỐC", "KHẨN"])
def test_a_mark_of_urgency_is_no_secret_and_is_told(tmp_path: Path, mark: str) -> None:
    told = seen(secret(mark), tmp_path)
    assert told["secrecy"] == []
    assert mark in " ".join(word[0] for word in told["pages"][0]["stamps"])


def test_a_seal_over_a_signature_is_told_from_a_seal_alone(tmp_path: Path) -> None:
    (seal,) = seen(sealed(letter()), tmp_path)["pages"][0]["seals"]
    assert seal[4] is True and 0.45 < seal[0] < 0.55 and 0.62 < seal[1] < 0.72
    alone = letter()
    pens.press(alone, [(pens.seal("ỦY BAN NHÂN DÂN TỈNH SƠN GIANG", (), round(36 * MM), 3), pens.RED, at(20, 230))])
    (seal,) = seen(alone, tmp_path)["pages"][0]["seals"]
    assert seal[4] is False


def test_a_picture_of_a_stamp_pasted_into_a_page_of_text_is_looked_at(tmp_path: Path) -> None:
    page, pasted = letter(), tmp_path / "pasted.png"
    pens.press(page, [(pens.urgency("MẬT", MM, 4), pens.RED, at(40, 20))])
    page.crop((*map(round, at(38, 18)), *map(round, at(75, 35)))).save(pasted)
    with pymupdf.open() as document:
        made = document.new_page(width=595, height=842)
        for line in range(20):
            made.insert_text((90, 200 + 20 * line), "Cac co quan chiu trach nhiem thi hanh quyet dinh nay.", fontsize=13)
        made.insert_image((90, 100, 190, 150), filename=pasted)
        document.save(tmp_path / "body.pdf")
    asked = {"body": str(tmp_path / "body.pdf"), "kinds": ["digital"], "languages": ["vie"], "station": str(tmp_path)}
    assert glance(asked, lambda *_: b"")["secrecy"] == [1]


def test_a_page_without_red_and_a_digital_page_have_nothing(tmp_path: Path) -> None:
    assert seen(letter(), tmp_path)["pages"] == [{"stamps": [], "seals": [], "lay": 0}]
    assert seen(sealed(letter()), tmp_path, "digital")["pages"][0]["seals"] == []


@pytest.mark.parametrize("turned", [0, 90, 180, 270, -90, 450])
def test_a_seal_is_where_it_is_however_its_page_was_turned_since(turned: int) -> None:
    upright = (0.5, 0.6, 0.7, 0.75)
    lying = upright
    for _ in range(-turned // 90 % 4):
        left, top, right, bottom = lying
        lying = (1 - bottom, left, 1 - top, right)
    found = _seal([*lying, True], turned)
    assert [round(side, 6) for side in (found.left, found.top, found.right, found.bottom)] == list(upright)
    assert isinstance(found, Seal) and found.signed


@pytest.mark.parametrize("seed", [3, 8])
def test_letters_of_the_kit_are_seen_signed(tmp_path: Path, seed: int) -> None:
    last = samples.sample(seed, dpi=DPI).aged[-1]
    assert any(seal[4] for seal in seen(last.convert("RGB"), tmp_path)["pages"][0]["seals"])


SIGNED = {  # the pages that are, and how many there are
    "SCAN0097.pdf": ([1], 1), "qn-04-CT-2024.pdf": ([4], 4), "qn-05-CT-2020.pdf": ([2], 2), "qn-11-CT-2024.pdf": ([3], 4),
    "qn-23-BC-2025.pdf": ([2], 2), "qn-47-QD-2025.pdf": ([2], 2),
}  # fmt: skip


@pytest.mark.skipif(not (SAMPLES / "vn-scans").is_dir(), reason="the real samples are not here")
@pytest.mark.parametrize("name", SIGNED)
def test_real_pages_are_seen_signed_where_they_are(tmp_path: Path, name: str) -> None:
    with pymupdf.open(SAMPLES / "vn-scans" / name) as document:
        pictures = [page.get_pixmap(dpi=DPI, alpha=False) for page in document]
        pages = [Image.frombytes("RGB", (each.width, each.height), each.samples) for each in pictures]
    body = scans.pdf(tmp_path / "body.pdf", pages, DPI)
    told = glance({"body": str(body), "kinds": ["scan"] * len(pages), "languages": ["vie"], "station": str(tmp_path)}, lambda *_: b"")
    assert told["secrecy"] == []
    right = [n for n, page in enumerate(told["pages"], 1) if any(seal[4] and (seal[0] + seal[2]) / 2 > 0.35 for seal in page["seals"])]
    assert (right, len(pages)) == SIGNED[name]
