"""Head, signature and secrecy: by hand-made words, by the test kit's letters through real recognition, by real pages."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from processor.describe.layout import Page, Word
from processor.describe.marks import Marks, Seal, is_mark, marks
from processor.engine import LocalEngine
from processor.reading import _page, describe
from processor.settings import parse
from tests.processor.ocr.test_ink import DPI, MM, at, letter
from tests.testkit import faces, samples, scans
from tests.testkit import ink as pens

from .written import BODY, DECISION, FOOT, ROOT, VOCABULARY, centred, line, page
from .written import head as head_words

SAMPLES = Path(os.environ.get("SOHOA_SAMPLES", ROOT.parent / "shared" / "samples"))


def of(*rows: Any) -> Marks:
    return marks([page(*rows)], VOCABULARY)


def is_secret(*rows: Any) -> bool:
    return of(*rows).secrecy


# --- head and signature, by rule


def test_a_letter_bears_its_head_and_its_signature() -> None:
    assert of(DECISION) == Marks(head=True, signature=True, secrecy=False, authority="kt", heads=(1,))


def test_pages_of_a_letter_are_looked_at_together() -> None:
    first, last = page(head_words("Số: 15/QĐ-UBND", "Hà Nội, ngày 05 tháng 02 năm 2026"), BODY), page(FOOT)
    assert marks([first, last], VOCABULARY) == Marks(head=True, signature=True, secrecy=False, authority="kt", heads=(1,))
    assert marks([first], VOCABULARY) == Marks(head=True, signature=False, secrecy=False, heads=(1,))
    assert marks([last], VOCABULARY) == Marks(head=False, signature=True, secrecy=False, authority="kt")


def test_no_page_and_an_empty_page_bear_nothing() -> None:
    assert marks([], VOCABULARY) == marks([Page(())], VOCABULARY) == Marks(False, False, False)


RECIPIENTS = [*line("Nơi nhận:", 0.13, 0.70), *line("- Như trên;", 0.13, 0.72), *line("- Lưu: VT.", 0.13, 0.735)]


def test_a_signature_whose_lines_the_seal_swallowed_is_known_by_the_recipients_beside_it() -> None:
    assert of(BODY, RECIPIENTS).signature


@pytest.mark.parametrize(
    "rows",
    [
        centred("GIÁM ĐỐC", 0.72, 0.7),
        centred("HIỆU TRƯỞNG", 0.72, 0.55),
        [*line("TM. ỦY BAN NHÂN DÂN", 0.6, 0.1), *line("CHỦ TỊCH", 0.65, 0.12)],
        [*line("KT. GIÁM ĐỐC", 0.6, 0.1), *line("PHÓ GIÁM ĐỐC", 0.6, 0.12)],
        line("TL. CHỦ TỊCH", 0.6, 0.1),
        line("TM.ỦY BAN CHỦ TỊCH", 0.6, 0.7)[:1] + centred("CHỦ TỊCH", 0.72, 0.72),
        [*line("- Lưu: VT.", 0.13, 0.72), *line("CHỦ TỊCH", 0.65, 0.72)],
    ],
)
def test_a_position_where_signatures_stand_is_one(rows: list[Word]) -> None:
    assert of(BODY, rows).signature


@pytest.mark.parametrize(
    "rows",
    [
        centred("CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI", 0.52, 0.23),  # who decides, above the grounds
        centred("CHỦ TỊCH", 0.52, 0.23),
        line("Giao GIÁM ĐỐC", 0.40, 0.7),  # within a sentence
        line("Chánh Văn phòng, Giám đốc", 0.5, 0.7),
        line("GIÁM ĐỐC", 0.1, 0.7),
        line("Nơi nhận hồ sơ: Trung tâm Phục vụ hành chính công", 0.13, 0.7),  # a form
        line("KT. NGHIÊN CỨU", 0.6, 0.7),
    ],
)
def test_positions_elsewhere_are_no_signature(rows: list[Word]) -> None:
    assert not of(BODY, rows).signature


def test_two_letters_in_one_stack_have_two_heads_and_an_annex_has_none_of_its_own() -> None:
    second = page(head_words("Số: 16/QĐ-UBND", "Quảng Ngãi, ngày 06 tháng 02 năm 2026"), BODY, FOOT)
    assert marks([page(DECISION), second], VOCABULARY).heads == (1, 2)
    rules = page([w for w in head_words("", "") if w.text], centred("QUY CHẾ", 0.52, 0.17), BODY)  # issued with the decision
    assert marks([page(DECISION), rules], VOCABULARY).heads == (1,)


# --- seal and signature, by rule


@pytest.mark.parametrize(("leaf", "top", "is_seal"), [(0, 0.07, False), (0, 0.2, False), (0, 0.4, True), (0, 0.7, True), (1, 0.1, True)])
def test_red_ink_at_the_head_of_the_first_page_is_no_seal_of_a_signature(leaf: int, top: float, is_seal: bool) -> None:
    """A round red logo with handwriting beside it; on a later page the signature may stand at the top."""
    seals: list[list[Seal]] = [[], []]
    seals[leaf] = [Seal(0.5, top, 0.67, top + 0.12, signed=True)]
    assert marks([page(DECISION), page(BODY)], VOCABULARY, (), seals).sealed is is_seal


# --- secrecy, by rule


@pytest.mark.parametrize("stamp", ["MẬT", "TỐI MẬT", "TUYỆT MẬT", "MAT", "TOI MAT", "TUYET MAT", "MẬT.", "|MẬT|", "[MẬT]", "I MẬT I", "[ TỐI MẬT ]"])
def test_a_mark_alone_in_capitals_counts(stamp: str) -> None:
    assert is_secret(DECISION, line(stamp, 0.18, 0.15))


@pytest.mark.parametrize("text", ["Độ mật: MẬT", "Độ mật: Tối mật", "ĐỘ MẬT: TUYỆT MẬT"])
def test_a_degree_that_the_document_itself_tells_counts(text: str) -> None:
    assert is_secret(DECISION, line(text, 0.18, 0.15))


@pytest.mark.parametrize("text", ["Độ mật: Thường", "Độ mật:", "Độ mật: Mật Tối mật Tuyệt mật", "xác định độ mật: mật"])
def test_a_form_that_tells_no_degree_is_none(text: str) -> None:
    assert not is_secret(line(text, 0.18, 0.15))


def test_a_black_word_in_the_lower_half_is_no_stamp() -> None:
    assert not is_secret(DECISION, line("MẬT", 0.18, 0.75))


def test_a_mark_on_a_later_page_counts() -> None:
    assert marks([page(DECISION), page(BODY, line("TỐI MẬT", 0.8, 0.04))], VOCABULARY).secrecy


def test_a_mark_far_from_the_other_words_of_its_line_stands_alone() -> None:
    assert is_secret(line("Số: 15/QĐ-UBND", 0.1, 0.12), line("MẬT", 0.34, 0.12))


def test_a_mark_is_found_however_unsure_its_reader_was() -> None:
    assert is_secret(line("MẬT~0.1", 0.18, 0.15))


@pytest.mark.parametrize(
    "text",
    ["BÍ MẬT NHÀ NƯỚC", "VỀ VIỆC BẢO VỆ BÍ MẬT NHÀ NƯỚC", "BẢO MẬT", "AN TOÀN BẢO MẬT", "MẬT MÃ", "TUYỆT ĐỐI", "Mật", "mật", "Tối mật",
     "DANH MỤC TỐI MẬT", "tài liệu MẬT", "ĐỘ MẬT"],
)  # fmt: skip
def test_the_word_in_a_title_or_a_sentence_does_not(text: str) -> None:
    assert not is_secret(DECISION, line(text, 0.3, 0.2))


def test_the_word_in_the_lower_half_does_not() -> None:
    assert is_secret(line("MẬT", 0.18, 0.49)) and not is_secret(line("MẬT", 0.18, 0.51))


@pytest.mark.parametrize("text", ["TUYI?T MẬT", "TUYẾỆT MẬT", "MẬẶT", "TỐ! MẬT", "TUYỆTMẬT", "| TUYỆT MẬT ]"])
def test_a_red_stamp_that_was_read_with_a_slip_counts(text: str) -> None:
    assert is_mark(line(text, 0.18, 0.15), VOCABULARY.secrecy)


@pytest.mark.parametrize("text", ["BÍ MẬT", "MỘT", "GIẢI MẬT", "BẢO MẬT", "MẶT TRẬN TỔ QUỐC", "HỎA TỐC", "TUYỆT ĐỐI", "TỐI"])
def test_a_red_stamp_that_says_something_else_does_not(text: str) -> None:
    assert not is_mark(line(text, 0.18, 0.15), VOCABULARY.secrecy)


words = st.builds(
    Word, st.sampled_from(["MẬT", "TỐI", "KT.", "CHỦ", "TỊCH", "Nơi", "nhận:", "|", "ﬁ", "\u0301", ""]), *[st.floats(-1, 2)] * 4, st.floats(0, 1)
)


@given(st.lists(words, max_size=12))
def test_whatever_was_read_is_judged(found: list[Word]) -> None:
    assert isinstance(marks([Page(tuple(found))], VOCABULARY), Marks)


# --- through real recognition


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    own = parse({"engine": {"workers": 1}})
    with LocalEngine(own.engine, own.limits) as running:
        yield running


def recognised(engine: LocalEngine, path: Path) -> list[Page]:
    """The pages as the station reads them."""
    limits, body, reading = parse({}).limits.model_dump(), path.with_suffix(".body"), path.with_suffix(".reading")
    facts = engine.call("probe", {"path": str(path), "limits": limits})
    kinds = [each["kind"] for each in facts["pages"]]
    made = engine.call("body", {
        "path": str(path), "type": facts["type"], "kinds": kinds, "features": facts["features"], "pages": "",
        "flatten": False, "limits": limits, "out": str(body),
    }, pages=len(kinds))  # fmt: skip
    engine.call("recognise", {
        "body": str(body), "first": 1, "last": made["pages"], "kinds": made["kinds"], "languages": ["vie"], "rotate": True,
        "rotate_confidence": 6.0, "deskew": False, "read_dpi": 200, "page_megapixels": 200,
        "out": str(path.with_suffix(".read")), "reading": str(reading),
    }, pages=made["pages"])  # fmt: skip
    return [_page(each["words"]) for each in json.loads(reading.read_text("utf-8"))]


def black(mark: str) -> Image.Image:
    """A letter with a mark in black or blue: alone in 16 points at its top, as a stamp that slants, or on a page that lies on its side."""
    sheet = letter()
    if mark in ("slanted", "blue"):
        stamp = pens.urgency("MẬT", MM, 4).rotate(12, Image.Resampling.BICUBIC, expand=True)
        pens.press(sheet, [(stamp, pens.BLACK if mark == "slanted" else (40, 60, 180), at(40, 20))])
    else:
        ImageDraw.Draw(sheet).text(at(25, 25), "MẬT", fill=(10, 10, 12), font=faces.font("bold", round(16 * DPI / 72)), anchor="ls")
    return sheet.rotate(90, expand=True) if mark == "lying" else sheet


@pytest.mark.parametrize("mark", ["alone", "slanted", "blue", "lying"])
def test_a_black_mark_that_the_reader_of_pages_passes_over_is_found(engine: LocalEngine, tmp_path: Path, mark: str) -> None:
    path = scans.pdf(tmp_path / "a.pdf", [black(mark)], DPI)
    recognised(engine, path)
    told = describe({"reading": str(path.with_suffix(".reading")), "station": str(tmp_path)}, lambda *_: b"")
    assert told["marks"]["secrecy"]


@pytest.mark.parametrize("seed", [1, 7, 14, 15, 16, 18])
def test_letters_of_the_kit_bear_head_and_signature(engine: LocalEngine, tmp_path: Path, seed: int) -> None:
    path = scans.pdf(tmp_path / "a.pdf", samples.sample(seed, dpi=150).aged, 150)
    pages = recognised(engine, path)
    found = marks(pages, VOCABULARY)
    assert (found.head, found.signature, found.secrecy) == (True, True, False)
    if len(pages) > 1:
        assert not marks(pages[:1], VOCABULARY).signature
        assert not marks(pages[1:], VOCABULARY).head


def stamped(image: Image.Image, text: str, dpi: int) -> Image.Image:
    """The page with the red, framed stamp of TT 10/2020/TT-BCA below the number."""
    shown = image.convert("RGB")
    draw = ImageDraw.Draw(shown)
    font = ImageFont.truetype(str(faces.path("bold")), round(14 * dpi / 72))
    at = (round(shown.width * 0.17), round(shown.height * 0.16))
    left, top, right, bottom = draw.textbbox(at, text, font=font)
    draw.text(at, text, font=font, fill=(200, 20, 30))
    draw.rectangle((left - 14, top - 10, right + 14, bottom + 10), outline=(200, 20, 30), width=3)
    return shown


@pytest.mark.parametrize("degree", ["TUYỆT MẬT"])
def test_a_stamp_of_secrecy_is_seen_by_the_real_reader(engine: LocalEngine, tmp_path: Path, degree: str) -> None:
    image = stamped(samples.sample(7, dpi=150).aged[0], degree, 150)
    assert marks(recognised(engine, scans.jpeg(tmp_path / "a.jpg", image, 150)), VOCABULARY).secrecy


# --- real public pages


REAL = [  # first pages and last ones
    ("SCAN0097.pdf", 0, Marks(True, True, False, authority="kt", heads=(1,))), ("qn-04-CT-2024.pdf", 0, Marks(True, False, False, heads=(1,))),
    ("qn-47-QD-2025.pdf", 0, Marks(True, False, False, heads=(1,))), ("qn-47-QD-2025.pdf", 1, Marks(False, True, False)),
]  # fmt: skip


@pytest.mark.skipif(not (SAMPLES / "vn-scans").is_dir(), reason="the real samples are not here")
@pytest.mark.parametrize(("name", "number", "true"), REAL)
def test_public_documents_bear_what_they_bear_and_no_mark_of_secrecy(
    engine: LocalEngine, tmp_path: Path, name: str, number: int, true: Marks
) -> None:
    with pymupdf.open(SAMPLES / "vn-scans" / name) as document:  # rendered: what is signed is not taken apart
        document[number].get_pixmap(dpi=150).save(tmp_path / "a.png")
    assert marks(recognised(engine, tmp_path / "a.png"), VOCABULARY) == true
