"""Reading electronic originals: what a person sees on them, signed ones as well, and not a byte changed."""

import csv
import json
import unicodedata
from hashlib import sha256
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image

from processor.engine import LocalEngine
from processor.errors import Verdict
from processor.intake.original import _turned, read_original
from processor.reading import describe
from processor.settings import parse
from tests.testkit import ink as pens
from tests.testkit import samples

LIMITS = parse({}).limits.model_dump()
SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not here")


def args(path: Path, work: Path) -> dict[str, Any]:
    return {"path": str(path), "out": str(work / "reading.json"), "limits": LIMITS, "languages": ["vie"], "read_dpi": 200}


def read(path: Path, work: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    before = sha256(path.read_bytes()).digest()
    told = read_original(args(path, work), lambda *_: b"")
    assert sha256(path.read_bytes()).digest() == before
    return told, json.loads((work / "reading.json").read_text("utf-8"))


def fields(work: Path) -> dict[str, str]:
    found: dict[str, str] = describe({"reading": str(work / "reading.json"), "station": str(work)}, lambda *_: b"")["fields"]
    return found


def words(leaf: dict[str, Any]) -> dict[str, float]:
    return {word[0]: word[5] for word in leaf["words"]}


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    """A letter of two pages that was born digital, with a stamp in an annotation."""
    with pymupdf.open() as document:
        for number in (1, 2):
            document.new_page(width=595, height=842).insert_text((100, 100), f"Page {number} of it", fontname="tiro")
        document[0].add_freetext_annot(pymupdf.Rect(300, 90, 400, 110), "11", fontsize=12)
        document.save(tmp_path / "letter.pdf")
    return tmp_path / "letter.pdf"


def scan(path: Path, hidden: str = "", turn: int = 0, pages: int = 1) -> Path:
    """Pages that are pictures of a letter; over each an invisible text."""
    picture = path.with_suffix(".png")
    samples.sample(7, dpi=150).aged[0].rotate(turn, expand=True).save(picture)
    with pymupdf.open() as document:
        for _ in range(pages):
            size = (842, 595) if turn % 180 else (595, 842)
            page = document.new_page(width=size[0], height=size[1])
            page.insert_image(page.rect, filename=picture)
            if hidden:
                page.insert_text((100, 100), hidden, render_mode=3)
        document.save(path)
    return path


def test_words_of_the_page_and_of_what_is_laid_over_it(letter: Path, tmp_path: Path) -> None:
    told, leaves = read(letter, tmp_path)
    assert told["pages"] == 2 and told["kinds"] == ["digital", "digital"] and not told["signed"] and told["tesseract"] == ""
    assert told["type"] == "pdf" and "annotation" in told["features"]
    assert words(leaves[0])["11"] == 100.0 and "11" not in words(leaves[1])
    assert set(leaves[0]) == {
        "kind", "blank", "words", "rotate", "width", "height", "word_count", "mean_confidence"
    }  # fmt: skip
    text, left, top, right, bottom, _ = leaves[0]["words"][0]
    assert text == "Page" and left == pytest.approx(100 / 595, abs=0.01) and top < 100 / 842 < bottom and left < right


def test_words_lie_where_a_turned_page_shows_them(letter: Path, tmp_path: Path) -> None:
    turned = tmp_path / "turned.pdf"
    with pymupdf.open(letter) as document:
        document[0].set_rotation(90)
        document.save(turned)
    leaf = read(turned, tmp_path)[1][0]
    assert leaf["width"] == 842 and leaf["rotate"] == 90
    _, left, top, right, _, _ = leaf["words"][0]
    assert left == pytest.approx(1 - 100 / 842, abs=0.02) and top == pytest.approx(100 / 595, abs=0.01) and left < right


def test_a_page_that_is_a_picture_is_read(tmp_path: Path) -> None:
    told, leaves = read(scan(tmp_path / "a.pdf"), tmp_path)
    assert told["kinds"] == ["scan"] and told["tesseract"]
    assert fields(tmp_path)["type_name"] == "Thông báo" and leaves[0]["word_count"] > 50


def test_a_page_lying_on_its_side_is_read_upright(tmp_path: Path) -> None:
    _, leaves = read(scan(tmp_path / "a.pdf", turn=90), tmp_path)
    assert fields(tmp_path)["type_name"] == "Thông báo"
    assert leaves[0]["width"] < leaves[0]["height"] and leaves[0]["rotate"] == 90


def printed_over(path: Path, pages: int = 1) -> Path:
    """A scan on which a program has printed the number of arrival; nobody has read it yet."""
    with pymupdf.open("pdf", scan(path, pages=pages).read_bytes()) as document:
        for page in document:
            page.insert_text((60, 825), "CV-DEN 1234", fontsize=9)
        document.save(path)
    return path


def test_a_scan_is_read_though_a_program_printed_a_number_on_it(tmp_path: Path) -> None:
    told, leaves = read(printed_over(tmp_path / "a.pdf", pages=3), tmp_path)
    assert told["kinds"] == ["digital"] * 3 and told["tesseract"]
    assert fields(tmp_path)["type_name"] == "Thông báo"
    for leaf in leaves:
        assert leaf["word_count"] > 50 and [word[5] for word in leaf["words"] if word[0] in {"CV-DEN", "1234"}] == [100.0] * 2


def test_a_page_of_text_on_a_printed_ground_is_what_it_says(tmp_path: Path) -> None:
    """A letterhead's picture fills the page: what stands on it is read once, as it was written."""
    Image.new("RGB", (600, 850), (235, 240, 250)).save(tmp_path / "ground.png")
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        page.insert_image(page.rect, filename=tmp_path / "ground.png")
        page.insert_text((100, 200), "So 15 of this year 0O1lI", fontsize=14)
        document.save(tmp_path / "a.pdf")
    _, leaves = read(tmp_path / "a.pdf", tmp_path)
    assert [word[0] for word in leaves[0]["words"]] == ["So", "15", "of", "this", "year", "0O1lI"]


def test_the_record_is_read_from_what_is_seen_not_from_a_text_under_it(tmp_path: Path) -> None:
    _, leaves = read(scan(tmp_path / "a.pdf", hidden="999/QD-UBND", pages=3), tmp_path)
    assert "999/QD-UBND" not in words(leaves[0]) and "999/QD-UBND" not in words(leaves[2])
    assert words(leaves[1]) == {"999/QD-UBND": 80.0}  # between them an earlier recognition will do, but not for a number


def test_invisible_words_of_a_page_of_text_are_doubtful(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((100, 100), "seen")
        page.insert_text((100, 300), "hidden", render_mode=3)
        page.insert_text((100, 320), "white", color=(1, 1, 1))
        page.insert_text((100, 340), "clear", fill_opacity=0)
        page.insert_text((100, 360), "covered")
        page.draw_rect(pymupdf.Rect(90, 345, 200, 370), color=(1, 1, 1), fill=(1, 1, 1))
        page.insert_text((100, 380), "pale-red", color=(0.9, 0.5, 0.5))
        page.insert_text((100, 400), "15/QĐ-UBND …… -", fontsize=6)
        document.save(tmp_path / "a.pdf")
    found = words(read(tmp_path / "a.pdf", tmp_path)[1][0])
    hidden = {"hidden", "white", "clear", "covered"}
    assert {word for word, sure in found.items() if sure == 80.0} - {"-", "……", "·"} == hidden, found


def test_of_a_scan_with_a_slanted_red_mark_of_secrecy_nothing_is_read(tmp_path: Path) -> None:
    page = samples.sample(7, dpi=150).aged[0].convert("RGB")
    pens.press(page, [(pens.urgency("MẬT", 150 / 25.4, 4).rotate(14, expand=True), pens.RED, (150, 280))])
    page.save(tmp_path / "page.png")
    with pymupdf.open() as document:
        document.new_page(width=595, height=842).insert_image((0, 0, 595, 842), filename=tmp_path / "page.png")
        document.save(tmp_path / "a.pdf")
    told = read_original(args(tmp_path / "a.pdf", tmp_path) | {"looks": str(tmp_path)}, lambda *_: b"")
    assert told["secrecy"] == [1] and not (tmp_path / "reading.json").exists()
    told, _ = read(tmp_path / "a.pdf", tmp_path)  # a person has released it
    assert told["secrecy"] == [] and told["kinds"] == ["scan"]


def test_empty_pages_are_blank(tmp_path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page()
        document.save(tmp_path / "a.pdf")
    _, leaves = read(tmp_path / "a.pdf", tmp_path)
    assert leaves[0]["blank"] and leaves[0]["words"] == [] and leaves[0]["mean_confidence"] is None


def test_four_quarters_are_none() -> None:
    box = [["a", 0.25, 0.125, 0.5, 0.25, 100.0]]
    assert _turned(box, 90) == [["a", 0.75, 0.25, 0.875, 0.5, 100.0]]
    assert _turned(_turned(box, 270), 90) == box == _turned(box, 360)


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty"), (b"\x89PNG\r\n\x1a\n", "not-a-document"), (b"%PDF-1.4\nabc\n%%EOF", "damaged"), (b"%PDF-1.4\nabc", "truncated")],
)
def test_what_is_no_pdf_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    (tmp_path / "a.pdf").write_bytes(content)
    with pytest.raises(Verdict) as caught:
        read_original(args(tmp_path / "a.pdf", tmp_path), lambda *_: b"")
    assert caught.value.code == code


def test_limits_and_passwords(letter: Path, tmp_path: Path) -> None:
    def refused(path: Path, **more: int) -> str:
        with pytest.raises(Verdict) as caught:
            read_original(args(path, tmp_path) | {"limits": LIMITS | more}, lambda *_: b"")
        return caught.value.code

    assert refused(letter, pages=1) == "too-large" and refused(letter, file_mb=0) == "too-large"
    with pymupdf.open(letter) as document:
        document.save(tmp_path / "locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, owner_pw="o", user_pw="")
    assert refused(tmp_path / "locked.pdf") == "encrypted"


def truth(name: str) -> dict[str, str]:
    with (SAMPLES / "metadata-truth.tsv").open(encoding="utf-8") as file:
        return next(row for row in csv.DictReader(file, delimiter="\t") if row["file"] == name)


@needs_samples
def test_number_and_date_that_stand_in_signature_fields_only(tmp_path: Path) -> None:
    known = truth("vn-born-digital/qn-11-TB-2025.pdf")
    told, _ = read(SAMPLES / known["file"], tmp_path)
    found = fields(tmp_path)
    assert told["signed"] and told["kinds"] == ["digital", "digital"]
    assert f"{found['code_number']}/{found['code_notation']}" == known["so_ky_hieu"]
    assert found["issued_date"] == known["ngay_ban_hanh"] and found["type_name"] == known["loai_van_ban"]
    assert found["signer_name"] == known["nguoi_ky"] and found["subject"] == unicodedata.normalize("NFC", known["trich_yeu"])


@needs_samples
@pytest.mark.parametrize("name", ["qn-47-QD-2025", "qn-05-CT-2020", "qn-299-UBND-TTHC-2025"])
def test_a_signed_scan_is_described_and_nothing_false_is_said(tmp_path: Path, name: str, workers: LocalEngine) -> None:
    """Number and day were put on these with a stamp before they were scanned: they may be missing, never wrong."""
    known = truth(f"vn-scans/{name}.pdf")
    told = workers.call("read_original", args(SAMPLES / known["file"], tmp_path), pages=4)
    found = fields(tmp_path)
    assert told["signed"] and set(told["kinds"]) == {"scan"}
    assert found["type_name"] == known["loai_van_ban"] and found["organ_name"] == "Ủy ban nhân dân tỉnh Quảng Ngãi"
    assert found["code_notation"] == known["so_ky_hieu"].partition("/")[2]
    assert found.get("code_number", known["so_ky_hieu"].partition("/")[0]) == known["so_ky_hieu"].partition("/")[0]
    assert found.get("issued_date", known["ngay_ban_hanh"]) == known["ngay_ban_hanh"]
    assert found.get("signer_name", known["nguoi_ky"]) == known["nguoi_ky"]
    shown = " ".join(word[0] for word in json.loads((tmp_path / "reading.json").read_text("utf-8"))[0]["words"])
    assert "Thời gian ký:" in unicodedata.normalize("NFC", shown)  # what the signature's own field shows
