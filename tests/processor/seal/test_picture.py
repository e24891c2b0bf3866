"""Which pictures may be the organisation's seal."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from processor.errors import Verdict
from processor.seal import picture
from processor.seal.demo_picture import demo_seal

RED, BLUE = (200, 16, 32, 255), (20, 40, 160, 255)


def ring(colour: tuple[int, int, int, int] = RED, ground: tuple[int, int, int, int] = (255, 255, 255, 0), side: int = 400) -> Image.Image:
    image = Image.new("RGBA", (side, side), ground)
    ImageDraw.Draw(image).ellipse((4, 4, side - 5, side - 5), outline=colour, width=side // 12)
    return image


def saved(tmp_path: Path, image: Image.Image, kind: str = "PNG") -> Path:
    path = tmp_path / "seal.png"
    image.save(path, kind)
    return path


def fault(path: Path) -> str:
    with pytest.raises(Verdict) as refused:
        picture.load(path, 36)
    assert refused.value.code == "seal-picture-unfit"
    return refused.value.detail


def test_a_red_ring_on_nothing_is_a_seal(tmp_path: Path) -> None:
    made = picture.load(saved(tmp_path, ring()), 36)
    assert made.mode == "RGBA" and made.size == (400, 400)


def test_a_palette_with_a_clear_colour_is_a_seal_too(tmp_path: Path) -> None:
    path = tmp_path / "seal.png"
    flat = Image.new("P", (100, 100), 0)
    flat.putpalette([255, 255, 255, 200, 16, 32])
    ImageDraw.Draw(flat).ellipse((5, 5, 95, 95), outline=1, width=9)
    flat.save(path, "PNG", transparency=0)
    assert picture.load(path, 36).getpixel((0, 0))[3] == 0


@pytest.mark.parametrize(("image", "why"), [
    (ring(ground=(255, 255, 255, 255)), "transparent"),
    (ring().convert("RGB"), "transparent"),
    (ring(BLUE), "red"),
    (ring((0, 0, 0, 255)), "red"),
    (Image.new("RGBA", (400, 400)), "nothing"),
])  # fmt: skip
def test_what_is_no_seal_is_refused(tmp_path: Path, image: Image.Image, why: str) -> None:
    assert why in fault(saved(tmp_path, image))


def test_only_a_png_is_one(tmp_path: Path) -> None:
    assert "PNG" in fault(saved(tmp_path, ring().convert("RGB"), "JPEG"))
    path = saved(tmp_path, ring())
    path.write_bytes(path.read_bytes()[:300])
    assert "PNG" in fault(path)
    path.unlink()
    assert "PNG" in fault(path)


def test_no_finer_than_paper_shows(tmp_path: Path) -> None:
    made = picture.load(saved(tmp_path, ring(side=3000)), 36)
    assert made.width == made.height == round(36 / 25.4 * 600)


def test_its_height_follows_its_width(tmp_path: Path) -> None:
    oval = ring().resize((400, 300))
    assert picture.size(picture.load(saved(tmp_path, oval), 40), 40) == pytest.approx((40 * 72 / 25.4, 30 * 72 / 25.4))


@pytest.mark.parametrize("agency", ["Sở X", "Trung tâm Phục vụ hành chính công phường Nguyễn Thị Minh Khai thành phố Buôn Ma Thuột"])
def test_the_demo_seal_is_red_round_and_as_wide_as_its_picture(tmp_path: Path, agency: str) -> None:
    made = picture.load(demo_seal(tmp_path / "demo.png", agency), 36)
    box = made.getchannel("A").point(lambda value: 255 if value > 128 else 0).getbbox()
    assert box is not None and box[2] - box[0] >= made.width - 6 and box[3] - box[1] >= made.height - 6
    assert all(made.getpixel(corner)[3] == 0 for corner in ((0, 0), (made.width - 1, 0), (0, made.height - 1)))
