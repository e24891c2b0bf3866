"""What reaches the archive copy of a scan, on real files."""

from pathlib import Path

import pikepdf
import pytest

from processor.errors import Verdict
from processor.intake.body import body
from processor.intake.papersize import page_points
from processor.intake.probe import probe
from processor.worker import Ask
from tests.testkit import odd_pdfs, samples, scans

LIMITS = {"file_mb": 64, "pages": 50, "page_megapixels": 100}
PAGE = samples.sample(7, dpi=100, wear="clean").aged[0]


def unasked(kind: str, body: bytes) -> bytes:
    raise AssertionError(f"intake asked for {kind}")


ASK: Ask = unasked


def made(scan: Path, wanted: str = "", rotate: str = "", flatten: bool = False) -> pikepdf.Pdf:
    facts = probe({"path": str(scan), "limits": LIMITS}, ASK)
    out = scan.with_name("body.pdf")
    body({
        "path": str(scan), "type": facts["type"], "kinds": [p["kind"] for p in facts["pages"]],
        "features": facts["features"], "pages": wanted, "rotate": rotate, "flatten": flatten, "limits": LIMITS, "out": str(out),
    }, ASK)  # fmt: skip
    return pikepdf.open(out)


def test_a_fax_of_standard_resolution_is_not_squashed() -> None:
    wide, high = (side * 25.4 / 72 for side in page_points(1728, 1143, (204, 98)))
    assert abs(wide - 215) < 1 and abs(high - 296) < 1


def test_the_archive_copy_has_one_box_what_was_visible(tmp_path: Path) -> None:
    with made(odd_pdfs.pdf_cropped(tmp_path / "scan", [PAGE], 100)) as after:
        assert "/CropBox" not in after.pages[0].obj
        assert [round(float(side)) for side in after.pages[0].mediabox] == [0, 0, 595, 842]


def test_a_pdf_cut_short_is_refused_even_where_a_reader_could_mend_it(tmp_path: Path) -> None:
    whole = scans.pdf_turned(tmp_path / "whole.pdf", [PAGE], 100)
    for keep in (0.3, 0.6, 0.95):
        with pytest.raises(Verdict, match="truncated"):
            probe({"path": str(scans.truncated(tmp_path / "cut.pdf", whole, keep)), "limits": LIMITS}, ASK)


def test_jpeg_2000_becomes_plain_pixels_without_loss(tmp_path: Path) -> None:
    scan = odd_pdfs.pdf_jpeg2000(tmp_path / "scan.pdf", [PAGE], 100)
    with pikepdf.open(scan) as before, made(scan) as after:
        assert picture_of(after).get("/Filter") == "/FlateDecode"
        old, new = (pikepdf.PdfImage(picture_of(pdf)).as_pil_image() for pdf in (before, after))
        assert old.tobytes() == new.tobytes()


def test_a_form_that_a_digital_page_shares_with_a_scan_keeps_its_text(tmp_path: Path) -> None:
    """What lies unseen behind a scan is taken off; what a person sees on another page is not."""
    scan = odd_pdfs.pdf_mixed(tmp_path / "scan.pdf", samples.sample(7, dpi=100).letter, [PAGE], 100)
    with pikepdf.open(scan, allow_overwriting_input=True) as pdf:
        fonts = pdf.pages[0].obj.Resources.Font
        name = next(iter(fonts.keys()))
        form = pdf.make_indirect(pdf.make_stream(b"BT %s 12 Tf 100 30 Td <00010002> Tj ET" % name.encode()))
        form.update({"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Form, "/BBox": [0, 0, 595, 842]})
        form.Resources = pikepdf.Dictionary(Font=fonts)
        for page, before in zip(pdf.pages, (False, True), strict=True):
            page.add_resource(form, pikepdf.Name.XObject, pikepdf.Name("/Sh"))
            page.contents_add(b"q /Sh Do Q\n", prepend=before)
        pdf.save(scan)
    with made(scan) as after:
        seen, unseen = (page.obj.Resources.XObject["/Sh"].read_bytes() for page in after.pages)
    assert b"Tj" in seen and b"Tj" not in unseen


def test_a_claim_of_100_dpi_does_not_make_a_poster_of_a_letter() -> None:
    assert [round(side) for side in page_points(2480, 3508, (100, 100))] == [595, 842]
    assert [round(side * 25.4 / 72) for side in page_points(3307, 4677, (200, 200))] == [420, 594]


def picture_of(pdf: pikepdf.Pdf) -> pikepdf.Object:
    (image,) = pdf.pages[0].obj.Resources.XObject.values()
    return image


def test_a_page_that_a_person_turned_is_turned_and_its_pixels_are_those_that_were_scanned(tmp_path: Path) -> None:
    scan = scans.pdf_turned(tmp_path / "scan", [PAGE, PAGE, PAGE], 100, 90)
    with made(scan, "2-3", "1:180,3:270") as after, pikepdf.open(scan) as before:
        assert [int(page.obj.get("/Rotate", 0)) for page in after.pages] == [90, 0]
        (was,), (now,) = (page.get_images().values() for page in (before.pages[2], after.pages[1]))
        assert now.read_raw_bytes() == was.read_raw_bytes()
    with made(scans.png(tmp_path / "a.png", PAGE, 100), rotate="1:90") as after:
        assert int(after.pages[0].obj.Rotate) == 90
