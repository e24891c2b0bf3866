"""Pages of several scans in one PDF, on real files: what a person saw is there, pixel by pixel, or it is refused."""

from pathlib import Path

import pikepdf
import pymupdf
import pytest
from PIL import Image

from processor.errors import Verdict
from processor.intake.join import join
from tests.processor.intake.test_body import ASK, LIMITS
from tests.testkit import odd_pdfs, samples, scans

PAGE = samples.sample(7, dpi=100, wear="clean").aged[0]
OTHER = PAGE.transpose(Image.Transpose.FLIP_TOP_BOTTOM)


def joined(out: Path, *pieces: tuple[Path, str, str], limits: dict[str, int] = LIMITS) -> pikepdf.Pdf:
    told = [{"path": str(path), "pages": pages, "rotate": rotate} for path, pages, rotate in pieces]
    assert join({"pieces": told, "limits": limits, "out": str(out)}, ASK)["pages"] > 0
    return pikepdf.open(out)


def raw(page: pikepdf.Page) -> bytes:
    (image,) = page.get_images().values()
    return image.read_raw_bytes()


def pixels(page: pikepdf.Page) -> bytes:
    (image,) = page.get_images().values()
    return pikepdf.PdfImage(image).as_pil_image().convert("L").tobytes()


def test_pictures_keep_their_bytes_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    photo, table = scans.jpeg(tmp_path / "a.jpg", PAGE, 100), scans.tiff(tmp_path / "b.tif", [PAGE, OTHER], 100, "tiff_lzw")
    stack = scans.pdf(tmp_path / "c.pdf", [PAGE, OTHER, PAGE], 100)
    with joined(tmp_path / "out.pdf", (stack, "3,2", ""), (photo, "", ""), (table, "2", "")) as made, pikepdf.open(stack) as source:
        assert [raw(page) for page in made.pages[:2]] == [raw(source.pages[2]), raw(source.pages[1])]
        assert raw(made.pages[2]) == photo.read_bytes()
        assert pixels(made.pages[3]) == OTHER.convert("L").tobytes()
        assert len(made.pages) == 4


def test_the_same_pages_make_the_same_bytes(tmp_path: Path) -> None:
    first, second = scans.png(tmp_path / "a.png", PAGE, 100), scans.pdf(tmp_path / "b.pdf", [OTHER], 100)
    for name in ("one.pdf", "two.pdf"):
        joined(tmp_path / name, (first, "", ""), (second, "", "")).close()
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_a_turn_is_told_to_the_reader_and_the_pixels_stay(tmp_path: Path) -> None:
    turned = scans.pdf_turned(tmp_path / "a.pdf", [PAGE], 100)
    with pikepdf.open(turned) as before, joined(tmp_path / "out.pdf", (turned, "", "1:90"), (turned, "", "")) as made:
        was = int(before.pages[0].obj.get("/Rotate", 0))
        assert [int(page.obj.get("/Rotate", 0)) for page in made.pages] == [(was + 90) % 360, was]
        assert raw(made.pages[0]) == raw(before.pages[0])


def test_what_a_page_has_from_its_ancestors_and_what_is_written_on_it_comes_with_it(tmp_path: Path) -> None:
    source = scans.pdf(tmp_path / "a.pdf", [PAGE], 100)
    with pikepdf.open(source, allow_overwriting_input=True) as pdf:
        box = pdf.pages[0].obj.MediaBox
        del pdf.pages[0].obj["/MediaBox"]
        pdf.Root.Pages.MediaBox = box
        pdf.save(source)
    with pymupdf.open(source) as document:
        document[0].add_highlight_annot(pymupdf.Rect(50, 50, 200, 100))
        document.saveIncr()
    with joined(tmp_path / "out.pdf", (source, "", ""), (source, "", "")) as made:
        assert [float(side) for side in made.pages[0].mediabox] == [float(side) for side in box]
        assert len(made.pages[0].obj.Annots) == 1


def test_what_cannot_be_carried_whole_is_refused(tmp_path: Path) -> None:
    good = scans.png(tmp_path / "good.png", PAGE, 100)
    layered = scans.pdf(tmp_path / "layers.pdf", [PAGE], 100)
    with pikepdf.open(layered, allow_overwriting_input=True) as pdf:
        pdf.Root.OCProperties = pikepdf.Dictionary(OCGs=pikepdf.Array(), D=pikepdf.Dictionary())
        pdf.save(layered)
    signed = tmp_path / "signed.pdf"
    signed.write_bytes(scans.pdf(tmp_path / "s.pdf", [PAGE], 100).read_bytes() + b"\n/ByteRange [0 1 2 3]\n%%EOF\n")
    four_inks = scans.jpeg_cmyk(tmp_path / "cmyk.jpg", PAGE, 100)
    cut = scans.truncated(tmp_path / "cut.pdf", scans.pdf(tmp_path / "whole.pdf", [PAGE], 100), 0.5)
    for bad, code in ((layered, "join-impossible"), (four_inks, "join-impossible"), (signed, "signed"), (cut, "truncated")):
        with pytest.raises(Verdict, match=code):
            joined(tmp_path / "out.pdf", (good, "", ""), (bad, "", ""))
    with pytest.raises(Verdict, match="bad-pages"):
        joined(tmp_path / "out.pdf", (good, "", ""), (good, "2", ""))
    with pytest.raises(Verdict, match="too-large"):
        joined(tmp_path / "out.pdf", (good, "", ""), (good, "", ""), limits=LIMITS | {"pages": 1})


def test_a_cropped_page_stays_cropped(tmp_path: Path) -> None:
    cropped = odd_pdfs.pdf_cropped(tmp_path / "a.pdf", [PAGE], 100)
    with pikepdf.open(cropped) as before, joined(tmp_path / "out.pdf", (cropped, "", "")) as made:
        assert list(map(float, made.pages[0].cropbox)) == list(map(float, before.pages[0].cropbox))
