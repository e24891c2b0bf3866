"""Separator sheets, from the printer over a poor scanner back to what they say; and pages that must not be taken for one."""

import itertools
from pathlib import Path
from typing import Any

import numpy
import pikepdf
import pymupdf
import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from processor.intake import separator
from processor.intake.separator import Sheet
from processor.intake.split import split, thumbnails
from processor.separator_sheets import separator_sheets
from tests.testkit import faces, ink, samples, scans

LIMITS = {"file_mb": 2048, "pages": 2000, "page_megapixels": 200}
SUBJECT = "V/v báo cáo; số = 1 % của năm 2025"
WITH_FIELDS = {"file_code": "H05.99.2026.02.TCCB", "title": "Hồ sơ tổ chức", "fields": {"code_number": "299", "subject": SUBJECT},
               "shown": [["số", "299"], ["trích yếu", SUBJECT]]}  # fmt: skip
OF_FILE = {"file_code": "H05.99.2026.01.VP", "title": "Hồ sơ minh họa", "fields": {}, "shown": []}
PLAIN = {"file_code": "", "title": "", "fields": {}, "shown": []}
TOLD = [{"file_code": "H05.99.2026.02.TCCB", "code_number": "299", "subject": SUBJECT}, {"file_code": "H05.99.2026.01.VP"}, None]


KEY = bytes(range(32))


def never(kind: str, body: bytes) -> bytes:
    raise AssertionError(kind)


def knows(kind: str, body: bytes) -> bytes:
    """The station, whose key no worker has."""
    assert kind == "sheet"
    return separator.OURS if separator.is_keyed(body.decode(), KEY) else b""


def marks(path: Path, sheets: bool = True) -> list[dict[str, Any]]:
    told = split({"path": str(path), "limits": LIMITS, "sheets": sheets}, knows)
    assert told["scanned"] == len(told["marks"])
    rows: list[dict[str, Any]] = told["marks"]
    return rows


def printed(folder: Path, *sheets: dict[str, Any], key: bytes = KEY) -> Path:
    out = folder / "sheets.pdf"
    said = [Sheet(each["file_code"], each["fields"]) for each in sheets]
    coded = [each | {"codes": [separator.text(of, key), separator.short(of, key)]} for each, of in zip(sheets, said, strict=True)]
    separator_sheets({"sheets": coded, "count": 1, "agency": "Ủy ban nhân dân xã Minh Họa", "font": "", "out": str(out)}, never)
    return out


def pictures(path: Path, dpi: int) -> list[Image.Image]:
    with pymupdf.open(path) as document:
        shown = [page.get_pixmap(dpi=dpi) for page in document]
    return [Image.frombytes("RGB", (each.width, each.height), each.samples) for each in shown]


def worn(image: Image.Image, turn: int, skew: float, dirt: float) -> Image.Image:
    pixels = numpy.asarray(image.rotate(skew, Image.Resampling.BICUBIC, fillcolor="white").rotate(turn, expand=True), dtype=float)
    rng = numpy.random.default_rng(1)
    pixels = pixels * 0.75 + 30 + rng.normal(0, 15, pixels.shape[:2])[..., None]
    pixels[rng.random(pixels.shape[:2]) < dirt] = 0
    return Image.fromarray(pixels.clip(0, 255).astype(numpy.uint8))


@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_sheets_are_read_back_from_any_scanner(tmp_path: Path, dpi: int) -> None:
    clean = pictures(printed(tmp_path, WITH_FIELDS, OF_FILE, PLAIN), dpi)
    ways = list(itertools.product((0, 90, 180, 270), (-4, 1.5)))
    for number, (turn, skew) in list(enumerate(ways))[dpi // 100 :: dpi // 50]:  # each turn, each kind of file, at some resolution
        scanned = [worn(each, turn, skew, 0.005 * (number % 2)) for each in clean]
        path = scans.pdf(tmp_path / f"{number}.pdf", scanned, dpi) if number % 2 else tmp_path / f"{number}.tif"
        if not number % 2:
            scans.tiff(path, scanned, dpi)  # black and white, as a fax
        found = marks(path)
        assert [row["what"] for row in found] == ["sheet"] * 3, (turn, skew)
        assert [row.get("told") for row in found] == TOLD


def test_a_sheet_whose_large_code_is_gone_stops_its_document_only_if_it_says_more(tmp_path: Path) -> None:
    found = []
    for image in pictures(printed(tmp_path, WITH_FIELDS, OF_FILE), 200):
        high, wide = image.height, image.width
        ImageDraw.Draw(image).rectangle((wide * 0.28, high * 0.28, wide * 0.55, high * 0.62), fill="white")
        found += marks(scans.jpeg(tmp_path / "torn.jpg", image, 200))
    assert found[0]["what"] == "sheet" and "large one says more" in found[0]["wrong"]
    assert found[1] == {"what": "sheet", "told": {"file_code": "H05.99.2026.01.VP"}}


def test_a_sheet_none_of_whose_codes_can_be_read_is_not_taken_for_a_page(tmp_path: Path) -> None:
    image = pictures(printed(tmp_path, OF_FILE), 150)[0]
    ImageDraw.Draw(image).rectangle((0, image.height * 0.27, image.width, image.height * 0.75), fill="white")
    row = marks(scans.jpeg(tmp_path / "torn.jpg", image, 150))[0]
    assert row["what"] == "sheet" and row["wrong"]


def code(said: str, side: int) -> Image.Image:
    made = zxingcpp.create_barcode(said, zxingcpp.BarcodeFormat.QRCode)
    return Image.fromarray(numpy.asarray(zxingcpp.write_barcode_to_image(made, scale=4))).resize((side, side), Image.Resampling.NEAREST)


@pytest.mark.parametrize("said", ["https://example.vn/tra-cuu?so=12", "00020101021238540010A00000072701240006970436", "SOHO;f=x"])
@pytest.mark.parametrize("side", [250, 900])
def test_codes_of_others_separate_nothing(tmp_path: Path, said: str, side: int) -> None:
    page = Image.new("L", (1654, 2339), 255)
    page.paste(code(said, side), (500, 600))
    assert marks(scans.jpeg(tmp_path / "a.jpg", page, 200)) == [{"what": "page"}]


def test_a_small_code_of_ours_on_a_page_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    page = samples.sample(4, dpi=150).pages[0].image.convert("L")
    page.paste(code(separator.text(Sheet("H05.99.2026.01.VP"), KEY), 150), (900, 1300))
    row = marks(scans.jpeg(tmp_path / "a.jpg", page, 150))[0]
    assert row["what"] == "page" and row["wrong"]


@pytest.mark.parametrize("side", [360, 480])
def test_a_large_code_of_ours_on_a_page_of_writing_takes_no_page_from_its_document(tmp_path: Path, side: int) -> None:
    page = samples.sample(4, dpi=150).pages[0].image.convert("L")
    page.paste(code(separator.text(Sheet("H05.99.2026.01.VP"), KEY), 150).resize((side, side)), (700, 900))
    row = marks(scans.jpeg(tmp_path / "a.jpg", page, 150))[0]
    assert row["what"] == "page" and row["wrong"]


def test_a_sheet_another_station_printed_separates_nothing(tmp_path: Path) -> None:
    image = pictures(printed(tmp_path, OF_FILE, key=bytes(32)), 150)[0]
    assert marks(scans.jpeg(tmp_path / "a.jpg", image, 150)) == [{"what": "page", "wrong": separator.FOREIGN}]


@pytest.mark.parametrize("name", ["pages", "rotate", "to_organ_id", "main"])
def test_a_sheet_that_tells_what_nothing_would_be_done_about_is_told(tmp_path: Path, name: str) -> None:
    said = separator.text(Sheet("H05.99.2026.01.VP", {name: {"pages": "1-2", "rotate": "1:90"}.get(name, "H05.99")}), KEY)
    page = Image.new("L", (1240, 1754), 255)
    page.paste(code(said, 700), (200, 500))
    (row,) = marks(scans.jpeg(tmp_path / "a.jpg", page, 150))
    assert row == {"what": "sheet", "wrong": f"a sheet cannot tell {name}"}


@pytest.mark.parametrize("seed", range(3))
def test_letters_are_pages(tmp_path: Path, seed: int) -> None:
    made = [page.image for page in samples.sample(seed, dpi=150).pages]
    assert marks(scans.pdf(tmp_path / "a.pdf", made, 150)) == [{"what": "page"}] * len(made)


def paper(*drawn: tuple[str, tuple[int, int], int]) -> Image.Image:
    page = Image.new("RGB", (1240, 1754), (236, 234, 230))
    for words, at, size in drawn:
        ImageDraw.Draw(page).text(at, words, font=ImageFont.truetype(str(faces.path("regular")), size), fill=(40, 40, 40))
    return worn(page, 0, 0, 0)


def test_a_page_with_nothing_but_pale_red_or_blue_ink_is_not_blank(tmp_path: Path) -> None:
    """In grey it is nearly as bright as paper; set aside, a mark of secrecy would be kept as a small picture, looked at by nobody."""
    papers = [Image.new("RGB", (1240, 1754), (250, 249, 244)) for _ in range(3)]
    ink.press(papers[0], [(ink.urgency("MẬT", 150 / 25.4, 4), (230, 110, 120), (300, 200))])
    ImageDraw.Draw(papers[1]).text((300, 300), "Đồng ý", fill=(120, 140, 240), font=faces.font("bold", 30))
    assert [row["what"] for row in marks(scans.pdf(tmp_path / "a.pdf", papers, 150))] == ["page", "page", "blank"]
    assert [row["what"] for row in marks(scans.tiff(tmp_path / "a.tif", papers, 150, "tiff_lzw"))] == ["page", "page", "blank"]


def test_blank_is_what_nobody_wrote_on(tmp_path: Path) -> None:
    letter = samples.sample(1, dpi=150).pages[0].image.convert("RGB").resize((1240, 1754))
    pale = Image.blend(paper(), letter.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 0.12)
    pages = [paper(), pale, paper(("Đã kiểm tra", (500, 800), 29)), paper(("2", (610, 1600), 29)), paper(("x", (300, 300), 40))]
    found = [row["what"] for row in marks(scans.pdf(tmp_path / "a.pdf", pages, 150), sheets=False)]
    assert found == ["blank", "blank", "page", "page", "page"]


def test_what_cannot_be_taken_apart_is_left_to_those_who_say_why(tmp_path: Path) -> None:
    for path in (scans.html_named_pdf(tmp_path / "a.pdf"), scans.empty(tmp_path / "b.pdf")):
        assert split({"path": str(path), "limits": LIMITS, "sheets": True}, never) == {"scanned": 0, "marks": []}


def test_a_page_set_aside_has_its_picture(tmp_path: Path) -> None:
    path = scans.pdf(tmp_path / "a.pdf", [paper(), paper(("Trang", (500, 800), 60))], 150)
    told = thumbnails({"path": str(path), "limits": LIMITS, "wanted": [1]}, never)["pages"]
    assert list(told) == ["1"] and len(told["1"]) < 4000


def broken_jpeg(path: Path, number: int) -> Path:
    """A PDF of scans one of whose pictures ends before its pixels do."""
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        (image,) = pdf.pages[number - 1].get_images().values()
        data = image.read_raw_bytes()
        image.write(data[: len(data) // 2], filter=pikepdf.Name.DCTDecode)
        pdf.save(path)
    return path


def broken_frame(path: Path, number: int) -> Path:
    """A TIFF one of whose pictures is junk."""
    with Image.open(path) as image:
        image.seek(number - 1)
        places = list(zip(image.tag_v2[273], image.tag_v2[279], strict=True))  # type: ignore[attr-defined]  # strips: where, how long
    data = bytearray(path.read_bytes())
    for at, long in places:
        data[at : at + long] = b"\xff" * long
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["pdf", "tiff"])
def test_a_page_that_cannot_be_decoded_leaves_the_others_what_they_are(tmp_path: Path, kind: str) -> None:
    letter = samples.sample(1, dpi=150).pages[0].image.convert("RGB")
    pages = [letter, letter, paper()]
    path = scans.pdf(tmp_path / "a.pdf", pages, 150) if kind == "pdf" else scans.tiff(tmp_path / "a.tif", pages, 150, "tiff_lzw")
    broken = broken_jpeg(path, 2) if kind == "pdf" else broken_frame(path, 2)
    assert marks(broken) == [{"what": "page"}, {"what": "page", "broken": True}, {"what": "blank"}]


def test_a_page_that_came_out_black_is_no_blank_one(tmp_path: Path) -> None:
    black = Image.new("L", (1240, 1754), 4)
    assert [row["what"] for row in marks(scans.pdf(tmp_path / "a.pdf", [black, paper()], 150))] == ["page", "blank"]
    path = scans.pdf(tmp_path / "b.pdf", [paper(), paper()], 150)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        image.write(bytes(2000), filter=pikepdf.Name.DCTDecode)
        pdf.save(path)
    assert [row["what"] for row in marks(path)] == ["page", "blank"]
