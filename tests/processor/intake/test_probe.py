"""What a page is by what is painted on it, and in which order."""

from pathlib import Path

import pymupdf
import pytest

from processor.intake.probe import probe
from processor.settings import parse
from tests.testkit import samples

LIMITS = parse({}).limits.model_dump()


def paper(path: Path, *, text: str = "", colour: tuple[float, float, float] = (0, 0, 0), below: bool = False) -> Path:
    """A scan on A4, with a line of text over or under the picture."""
    picture = path.with_suffix(".png")
    samples.sample(2, dpi=100).aged[0].save(picture)
    with pymupdf.open() as document:
        page = document.new_page(width=595, height=842)
        if below and text:
            page.insert_text((100, 100), text, color=colour)
        page.insert_image(page.rect, filename=picture)
        if text and not below:
            page.insert_text((100, 100), text, color=colour)
        document.save(path)
    return path


def pages(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = probe({"path": str(path), "limits": LIMITS}, lambda *_: b"")["pages"]
    return found


def test_a_picture_alone_is_a_scan(tmp_path: Path) -> None:
    assert pages(paper(tmp_path / "a.pdf")) == [{"kind": "scan"}]


def test_text_under_the_picture_cannot_be_seen(tmp_path: Path) -> None:
    assert pages(paper(tmp_path / "a.pdf", text="999/QD-UBND", below=True)) == [{"kind": "scan"}]


@pytest.mark.parametrize("colour", [(1, 1, 1), (0, 0, 0)], ids=["white", "black"])
def test_text_over_a_whole_picture_is_told_whatever_its_colour(tmp_path: Path, colour: tuple[float, float, float]) -> None:
    assert pages(paper(tmp_path / "a.pdf", text="999/QD-UBND", colour=colour)) == [{"kind": "digital", "pictured": True}]
