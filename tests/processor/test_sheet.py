"""The printed page: one sheet, the type inside it, and the Vietnamese comes out as it went in."""

import datetime as dt
import subprocess
import unicodedata
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest

from processor import report
from processor.errors import MissingError, reasons
from processor.report import DayFacts, Item
from processor.seal import fonts
from processor.sheet import sheet

QUIET = DayFacts(
    agency="Ủy ban nhân dân xã Minh Họa", day=dt.date(2026, 11, 23), made_at=dt.datetime(2026, 11, 24, tzinfo=dt.UTC),
    demo=True, received=0, duplicates=0, filed=(), held=(), rejected=(), waiting=(), to_describe=(),
)  # fmt: skip


def never(kind: str, body: bytes) -> bytes:
    raise AssertionError(f"the sheet needs nothing from outside: {kind}")


def overfull() -> DayFacts:
    named = [Item(f"Quét {n} {'dài ' * 40}.pdf", "sao-y", r.vi, r.act, f"{r.state}/sao-y/x") for n, r in enumerate(reasons().values())]
    return replace(
        QUIET, received=2000, filed=[(f"lane-{n}", n, n) for n in range(30)], held=named * 9, rejected=named * 9,
        waiting=named * 9, to_describe=named * 9,
    )  # fmt: skip


def made(tmp_path: Path, text: str, title: str = "") -> tuple[Path, dict[str, float]]:
    out = tmp_path / "phieu.pdf"
    return out, sheet({"text": text, "out": str(out), "title": title, "font": ""}, never)


def read(path: Path) -> str:
    return subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("facts", [QUIET, overfull()], ids=["empty", "overfull"])
def test_the_page_is_read_back_word_for_word(tmp_path: Path, facts: DayFacts) -> None:
    page = report.text(facts)
    out, told = made(tmp_path, "\ufeff" + page.replace("\n", "\r\n"), report.title(facts))
    text = read(out)
    assert told == {"size": 11.0, "cut": 0}
    assert text.split() == page.split()
    assert unicodedata.is_normalized("NFC", text)


def test_it_is_one_a4_sheet_with_its_type_inside(tmp_path: Path) -> None:
    out, _ = made(tmp_path, report.text(overfull()), report.title(overfull()))
    with pymupdf.open(out) as document:
        page = document[0]
        assert document.page_count == 1
        assert (round(page.rect.width), round(page.rect.height)) == (595, 842)
        words = page.get_text("words")
        assert min(w[0] for w in words) >= 80 and max(w[2] for w in words) <= 595 - 40
        assert min(w[1] for w in words) >= 50 and max(w[3] for w in words) <= 842 - 50
        assert all(document.extract_font(font[0])[3] for font in page.get_fonts())
        assert document.metadata["title"] == report.title(overfull())
    assert out.stat().st_size < 100_000  # a subset, not the whole font


def test_the_title_stands_in_the_middle_and_larger(tmp_path: Path) -> None:
    title = report.title(QUIET)
    out, _ = made(tmp_path, report.text(QUIET), title)
    with pymupdf.open(out) as document:
        spans = [s for b in document[0].get_text("dict")["blocks"] for line in b.get("lines", ()) for s in line["spans"]]
    found = next(span for span in spans if span["text"] == title)
    assert found["size"] == max(span["size"] for span in spans) > 11
    assert (found["bbox"][0] - 85) == pytest.approx(595 - 42.5 - found["bbox"][2], abs=2)


def test_more_lines_make_smaller_type_and_then_a_counted_cut(tmp_path: Path) -> None:
    _, smaller = made(tmp_path, "Dòng chữ\n" * 60)
    assert 8 <= smaller["size"] < 11 and not smaller["cut"]
    out, cut = made(tmp_path, "".join(f"Dòng số {n}\n" for n in range(500)))
    text = read(out)
    assert cut["size"] == 8 and cut["cut"] > 300
    assert text.count("Dòng số") + cut["cut"] == 500
    assert f"còn {cut['cut']} dòng không in được trên trang này" in text
    with pymupdf.open(out) as document:
        assert document.page_count == 1
        assert max(word[3] for word in document[0].get_text("words")) <= 842 - 50


def test_every_vietnamese_letter_comes_back(tmp_path: Path) -> None:
    letters = " ".join(f"t{letter}nh" for letter in sorted(fonts.vietnamese_letters()))
    out, _ = made(tmp_path, unicodedata.normalize("NFD", letters))
    assert read(out).split() == letters.split()


def test_hyphens_and_spaces_can_be_searched_for(tmp_path: Path) -> None:
    out, _ = made(tmp_path, "sao-y sao-luc 15/QĐ-UBND")
    with pymupdf.open(out) as document:
        assert document[0].get_text().strip() == "sao-y sao-luc 15/QĐ-UBND"


def test_what_the_font_lacks_or_would_bend_the_page_is_made_visible(tmp_path: Path) -> None:
    out, _ = made(tmp_path, "tên 中.pdf quet_\u202egpj.exe \udc80")
    assert read(out).split() == ["tên", "<U+4E2D>.pdf", "quet_<U+202E>gpj.exe", "<U+DC80>"]


def test_a_word_wider_than_the_page_is_broken(tmp_path: Path) -> None:
    out, _ = made(tmp_path, "x" * 400)
    assert "".join(read(out).split()) == "x" * 400
    with pymupdf.open(out) as document:
        assert max(word[2] for word in document[0].get_text("words")) <= 595 - 40


def test_no_text_is_an_empty_sheet(tmp_path: Path) -> None:
    out, told = made(tmp_path, "")
    assert told["cut"] == 0
    with pymupdf.open(out) as document:
        assert document.page_count == 1


def test_a_font_without_vietnamese_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        sheet({"text": "a", "out": str(tmp_path / "a.pdf"), "title": "", "font": str(tmp_path / "none.ttf")}, never)
