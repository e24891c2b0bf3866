"""A picture of one page of whatever lies there."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from processor.errors import Verdict
from processor.pagepicture import page_picture
from tests.testkit import ink, samples, scans

LIMITS = {"file_mb": 64, "pages": 50, "page_megapixels": 100}
PAGE = samples.sample(7, dpi=60, wear="clean").aged[0]


def unasked(kind: str, body: bytes) -> bytes:
    raise AssertionError(f"page_picture asked for {kind}")


def seen(path: Path, page: int = 1, width: int = 240) -> tuple[int, Image.Image]:
    out = path.with_name("seen.jpg")
    told = page_picture({"path": str(path), "page": page, "width": width, "limits": LIMITS, "out": str(out)}, unasked)
    return told["pages"], Image.open(out)


def test_every_sort_of_scan_is_shown_upright(tmp_path: Path) -> None:
    made = [
        scans.pdf(tmp_path / "a.pdf", [PAGE], 60), scans.pdf_turned(tmp_path / "b.pdf", [PAGE], 60), scans.png(tmp_path / "c.png", PAGE, 60),
        scans.png(tmp_path / "d.png", PAGE, 60, bits=16), scans.jpeg(tmp_path / "e.jpg", PAGE, 60),
        scans.jpeg_turned_by_exif(tmp_path / "f.jpg", PAGE, 60), scans.jpeg_cmyk(tmp_path / "g.jpg", PAGE, 60),
        scans.tiff(tmp_path / "h.tif", [PAGE], 60), scans.tiff(tmp_path / "i.tif", [PAGE], 60, "tiff_lzw"),
    ]  # fmt: skip
    for path in made:
        pages, picture = seen(path)
        assert pages == 1 and picture.width == 240 and 330 < picture.height < 350, path.name
        middle = picture.convert("L").resize((24, 34)).getextrema()
        assert middle[0] < 245 and middle[1] > 180, f"{path.name}: neither black nor white"


def test_the_page_asked_for_is_shown_and_no_other(tmp_path: Path) -> None:
    path = scans.tiff(tmp_path / "a.tif", [PAGE, Image.new("L", (300, 300), 0)], 60, "tiff_lzw")
    pages, picture = seen(path, 2)
    assert pages == 2 and picture.convert("L").getextrema()[1] < 20
    for page in (0, 3):
        with pytest.raises(Verdict, match="bad-pages"):
            seen(path, page)


def test_a_page_as_long_as_a_till_roll_is_cut(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page(width=100, height=14000)
        document.save(tmp_path / "a.pdf")
    assert seen(tmp_path / "a.pdf")[1].height <= 4 * 240 + 1


def test_a_page_with_a_mark_of_secrecy_is_not_shown_where_it_is_looked_at(tmp_path: Path) -> None:
    page = samples.sample(7, dpi=150, wear="clean").aged[0].convert("RGB")
    path, out = scans.jpeg(tmp_path / "a.jpg", page, 150), tmp_path / "seen.jpg"
    asked = {"path": str(path), "page": 1, "width": 1400, "limits": LIMITS, "out": str(out)}
    asked["looks"] = {"languages": ["vie"], "station": str(tmp_path)}
    assert page_picture(asked, unasked) == {"pages": 1}
    ink.press(page, [(ink.urgency("TỐI MẬT", 150 / 25.4, 4), ink.RED, (200, 300))])
    scans.jpeg(path, page, 150)
    with pytest.raises(Verdict, match="secrecy-mark"):
        page_picture(asked, unasked)
    assert not out.exists()


def test_what_cannot_be_shown_says_why(tmp_path: Path) -> None:
    sound = scans.pdf(tmp_path / "a.pdf", [PAGE], 60)
    refused = {
        "encrypted": scans.encrypted(tmp_path / "b.pdf", [PAGE], 60), "not-a-document": scans.html_named_pdf(tmp_path / "c.pdf"),
        "empty": scans.empty(tmp_path / "d.pdf"),
    }  # fmt: skip
    for code, path in refused.items():
        with pytest.raises(Verdict, match=code):
            seen(path)
    (tmp_path / "e.pdf").write_bytes(b"%PDF-1.7\n" + b"\0" * 300)
    (tmp_path / "f.png").write_bytes(scans.png(tmp_path / "g.png", PAGE, 60).read_bytes()[:200])
    for name in ("e.pdf", "f.png"):
        with pytest.raises(Verdict):
            seen(tmp_path / name)
    assert sound.is_file()
