"""The kit keeps its word: same seed, same bytes; all kinds; pages an OCR can read; faults that are faults."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pikepdf
import pymupdf
import pytest
from PIL import Image, ImageChops, ImageOps

from tests.testkit import age, scans
from tests.testkit.__main__ import main
from tests.testkit.forms import KINDS
from tests.testkit.layout import BOTTOM, sheets
from tests.testkit.letters import letter, written_date
from tests.testkit.samples import FORMATS, Sample, sample
from tests.testkit.styles import STYLES, Style
from tests.testkit.typeset import Look, pages

DPI = 60
SEEDS = range(2 * len(KINDS))
mupdf: Any = pymupdf  # its functions carry no types


@pytest.fixture(scope="module")
def small() -> Sample:
    """A letter of several pages at a size that is quick to write."""
    seed = next(s for s in SEEDS if len(sheets(letter(s))) > 1)
    return sample(seed, DPI)


def test_every_kind_takes_its_turn() -> None:
    names = {letter(seed).type_name for seed in range(len(KINDS))}
    assert len(KINDS) == 28 and names == {kind.name for kind in KINDS}  # NĐ 30 PL III mục I, and công văn


def test_letters_are_functions_of_their_seed() -> None:
    assert [letter(s) for s in SEEDS] == [letter(s) for s in SEEDS]
    assert len({letter(s).record()["subject"] + letter(s).signer_name for s in SEEDS}) > len(SEEDS) * 0.9


def test_texts_are_composed_and_use_every_vietnamese_letter() -> None:
    text = "".join(p.text + letter(s).signer_name for s in range(112) for p in letter(s).body)
    tones = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    letters = {unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in tones} | {
        "đ"
    }
    assert text == unicodedata.normalize("NFC", text)
    assert letters <= set(text.lower())
    assert not set("{}|") & set(text)


def test_dates_are_padded_as_the_law_says() -> None:
    assert written_date(dt.date(2026, 3, 5)) == "05 tháng 3 năm 2026"
    assert written_date(dt.date(2026, 2, 15)) == "15 tháng 02 năm 2026"


def test_numbers_under_ten_take_a_zero() -> None:
    numbers = [letter(s).code_number for s in SEEDS]
    assert all(len(n) >= 2 for n in numbers) and any(n.startswith("0") for n in numbers)


@pytest.mark.parametrize("size", [13, 14])
@pytest.mark.parametrize("style", STYLES)
def test_words_stay_on_the_paper_and_letters_are_short(size: float, style: Style) -> None:
    for seed in SEEDS:
        laid = sheets(letter(seed), size=size, style=style)
        assert 1 <= len(laid) <= 4
        for run in (run for sheet in laid for run in sheet.runs):
            assert 0 < run.x <= style.right and 0 < run.y <= BOTTOM + 40, (seed, run)


def test_no_heading_or_signature_stands_alone() -> None:
    for seed in SEEDS:
        content = letter(seed)
        laid = sheets(content)
        for sheet in laid[:-1]:
            assert max(sheet.runs, key=lambda run: run.y).face != "bold", seed
        last = {run.text for run in laid[-1].runs}
        assert set(content.signer_name.split()) | set(content.body[-1].text.split()[-2:]) <= last


def test_number_and_day_by_hand_are_gaps_in_print() -> None:
    content = letter(2)
    (first, *_) = sheets(content, by_hand=True)
    printed = " ".join(run.text for run in first.runs)
    assert [slot.kind for slot in first.slots] == ["number", "day"]
    assert content.code not in printed and f"/{content.code_notation}" in printed


def test_the_seal_covers_the_signature_in_red() -> None:
    sealed, plain = (pages(letter(0), Look(sealed=on), DPI)[-1].image for on in (True, False))
    box = ImageChops.difference(sealed, plain).getbbox()
    assert box is not None
    assert abs((box[2] - box[0]) / DPI * 25.4 - 36) < 3  # mm
    red, green, _ = sealed.crop(box).split()
    assert ImageChops.subtract(red, green).point(lambda v: 255 if v > 120 else 0).getbbox() is not None


@pytest.mark.parametrize("wear", sorted(age.SORTS))
def test_wear_is_the_same_for_the_same_seed_only(wear: str) -> None:
    page = pages(letter(3), Look(), DPI)[0].image
    once, again, other = (age.age(page, age.SORTS[wear], seed, page) for seed in (1, 1, 2))
    assert once.tobytes() == again.tobytes() and once.size == page.size
    assert wear == "clean" or once.tobytes() != other.tobytes()


def test_a_blank_back_shows_the_seal_only(small: Sample) -> None:
    back = age.back_of(small.pages[-1].image, 1)
    grey = back.convert("L")
    assert grey.point(lambda v: 255 if v < 220 else 0).getbbox() is not None
    assert grey.resize((1, 1), Image.Resampling.BOX).tobytes()[0] > 245


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_format_is_written_the_same_twice(tmp_path: Path, small: Sample, form: Any) -> None:
    first, second = (form.write(tmp_path / f"{k}-{form.name}", small) for k in (1, 2))
    assert first.read_bytes() == second.read_bytes()
    if first.suffix != ".pdf":
        with Image.open(first) as image:
            shown = ImageOps.exif_transpose(image)
            assert shown.width < shown.height
            assert getattr(image, "n_frames", 1) == (len(small.pages) if form.several else 1)


def test_turned_pages_are_shown_upright(tmp_path: Path, small: Sample) -> None:
    for turn in (90, 180, 270):
        turned = scans.pdf_turned(tmp_path / f"{turn}.pdf", small.aged, DPI, turn)
        straight = scans.pdf(tmp_path / "straight.pdf", small.aged, DPI)
        with mupdf.open(turned) as one, mupdf.open(straight) as two:
            assert one[0].rotation == turn
            shown = [
                Image.frombytes("RGB", (p.width, p.height), p.samples)
                for p in (one[0].get_pixmap(), two[0].get_pixmap())
            ]
            same = ImageChops.difference(shown[0].convert("L"), shown[1].convert("L").resize(shown[0].size))
            assert same.resize((1, 1), Image.Resampling.BOX).tobytes()[0] < 6


def test_text_layers_say_what_is_printed(tmp_path: Path, small: Sample) -> None:
    layered = scans.pdf_with_text(tmp_path / "layer.pdf", small.pages)
    digital = scans.pdf_born_digital(tmp_path / "digital.pdf", small.letter)
    for path in (layered, digital):
        with mupdf.open(path) as document:
            text = " ".join(page.get_text() for page in document)
        assert small.letter.signer_name.split()[-1] in text.split()
        assert set(small.letter.body[0].text.split()) <= set(text.split())
    with mupdf.open(layered) as scan, mupdf.open(digital) as born:
        assert scan[0].get_images() and not born[0].get_images()
    assert digital.read_bytes() == scans.pdf_born_digital(tmp_path / "again.pdf", small.letter).read_bytes()


def test_faults_are_faults(tmp_path: Path, small: Sample) -> None:
    locked = scans.encrypted(tmp_path / "locked.pdf", small.aged, DPI)
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(locked)
    sound = scans.pdf(tmp_path / "sound.pdf", small.aged, DPI)
    cut = scans.truncated(tmp_path / "cut.pdf", sound)
    assert sound.read_bytes().startswith(cut.read_bytes()) and b"%%EOF" not in cut.read_bytes()
    assert scans.empty(tmp_path / "empty.pdf").stat().st_size == 0
    assert not scans.html_named_pdf(tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")


def test_command_line_writes_scans_and_their_truth(tmp_path: Path) -> None:
    arguments = ["--count", "3", "--seed", "5", "--dpi", str(DPI), "--faults"]
    for name in ("one", "two"):
        assert main([str(tmp_path / name), *arguments]) == 0
    truths = json.loads((tmp_path / "one/truth.json").read_text("utf-8"))
    assert {t["file"] for t in truths} | {"truth.json"} == {p.name for p in (tmp_path / "one").iterdir()}
    assert all(
        p.read_bytes() == (tmp_path / "two" / p.name).read_bytes() for p in (tmp_path / "one").iterdir()
    )
    assert truths[0]["record"] == letter(5).record()
    assert {t["refused"] for t in truths if "refused" in t} == {
        "encrypted",
        "truncated",
        "empty",
        "not-a-document",
    }


def _recall(expected: list[str], read: str) -> float:
    """The part of the expected words found, each as often as it is expected."""
    left = unicodedata.normalize("NFC", read).split()
    found = 0
    for word in expected:
        if word in left:
            left.remove(word)
            found += 1
    return found / len(expected)


def test_a_real_ocr_reads_a_mild_page(tmp_path: Path) -> None:
    page = pages(letter(7), Look(handwritten=True, seed=7), 300)[0]
    path = scans.png(tmp_path / "page.png", age.age(page.image, age.MILD, 7))
    command = ["tesseract", str(path), "-", "-l", "vie", "--dpi", "300"]
    environment = {"OMP_THREAD_LIMIT": "1", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, timeout=120, check=True, env=environment)
    assert _recall([word.text for word in page.words], done.stdout.decode()) > 0.95
