"""The seal on what an office issues: how it looks, what it leaves whole, and what tools that know nothing of us say of it."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pymupdf
import pytest
from PIL import Image
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, append_signature_field

from processor import sealing
from processor.engine import LocalEngine
from processor.errors import Verdict
from processor.seal import sign, validate
from processor.settings import parse
from tests.processor.seal.issuing import (
    A4,
    HAND,
    MM,
    NUMBERED,
    Issued,
    Office,
    archival,
    extent,
    letter,
    pixels,
    turned,
    with_fields,
)
from tests.referees import judges
from tests.testkit import odd_pdfs, samples, scans, signing

DPI = 100
SEAL = 36 / 25.4 * DPI
ONE_MM = DPI / 25.4
TURNS = [(0, 1), (90, 1), (180, 1), (270, 1), (90, 2), (0, 2)]
A3, A5 = (841.89, 1190.55), (419.53, 595.28)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def issued(office: Office) -> Issued:
    """The common case: born digital, PDF/A-2b, number and day blank, one person."""
    return office.issue("common", office.shown_signature(archival(letter(gaps=True)), office.pki.person()), **NUMBERED)


@pytest.fixture(scope="module")
def twice(office: Office) -> Issued:
    """Two persons, the second visible beside the first; number and date in form fields; PDF/A-3b."""
    first = office.shown_signature(with_fields(archival(letter(), "3b")), office.pki.person("Trần Thị Nháy"), (60, 640, 150, 700), name="Nhay")
    both = office.shown_signature(first, office.pki.person(), name="Signature1")
    return office.issue("twice", both, fields=["Nhay", "Signature1"], number_field="so", date_field="ngay", **NUMBERED)


@pytest.fixture(scope="module")
def scanned(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """Two scanned pages in PDF/A, signed on the second."""
    path = scans.pdf(tmp_path_factory.mktemp("scan") / "a.pdf", samples.sample(3, 100).aged[:2], 100)
    pages = pymupdf.open(path).page_count
    signed = office.shown_signature(archival(path.read_bytes()), office.pki.person(), page=pages - 1)
    return office.issue("scanned", signed)


def words(path: Path, page: int = 0) -> list[tuple[float, float, str]]:
    with pymupdf.open(path) as document:
        return [
            (span["origin"][0], span["origin"][1], span["text"].strip())
            for block in document[page].get_text("dict")["blocks"] for line in block.get("lines", ()) for span in line["spans"]
        ]  # fmt: skip


# --- how it looks


@pytest.mark.parametrize(("rotate", "unit"), TURNS)
def test_the_seal_is_36_mm_and_upright_over_the_left_third(office: Office, rotate: int, unit: float) -> None:
    signed = office.shown_signature(turned(letter(), rotate, unit), office.pki.person())
    made = office.issue(f"turned-{rotate}-{unit}", signed)
    assert made.seen["findings"] == []
    _looks_right(made, HAND)


@pytest.mark.parametrize("size", [A3, A5])
def test_the_seal_is_as_large_on_other_paper(office: Office, size: tuple[float, float]) -> None:
    scale = size[0] / A4[0]
    hand = tuple(value * scale for value in HAND)
    made = office.issue(f"paper-{size[0]:.0f}", office.shown_signature(turned(letter(), size=size), office.pki.person(), hand))
    assert made.seen["findings"] == []
    _looks_right(made, hand)


def _looks_right(made: Issued, hand: tuple[float, ...]) -> None:
    page = pixels(made.after, dpi=DPI)
    left, top, right, bottom = extent(page, "red")
    assert right - left == pytest.approx(SEAL, abs=ONE_MM)
    assert bottom - top == pytest.approx(SEAL, abs=ONE_MM)
    pen = extent(pixels(made.before, dpi=DPI), "blue")
    overlap = (right - pen[0]) / (pen[2] - pen[0])
    assert overlap == pytest.approx(1 / 3, abs=0.05) and left < pen[0]
    assert (top + bottom) / 2 == pytest.approx((hand[1] + hand[3]) / 2 / 72 * DPI, abs=ONE_MM)
    _upright(page.crop((left, top, right, bottom)))


def _upright(seal: Any) -> None:
    """The star has its point up: its upper third is narrower than its lower."""
    wide, high = seal.size
    star = seal.crop((int(wide * 0.3), int(high * 0.3), int(wide * 0.7), int(high * 0.7)))
    box = extent(star, "red")
    top = extent(star.crop((0, box[1], star.width, box[1] + 3)), "red")
    foot = extent(star.crop((0, box[3] - 3, star.width, box[3])), "red")
    assert top[2] - top[0] < (foot[2] - foot[0]) / 2


def test_what_lies_under_the_seal_is_seen_through_it(issued: Issued) -> None:
    before, after = pixels(issued.before, dpi=DPI), pixels(issued.after, dpi=DPI)
    left, top, right, bottom = extent(after, "red")
    pen = extent(after.crop((left, top, right, bottom)), "blue")
    assert pen[2] - pen[0] > 0.25 * (extent(before, "blue")[2] - extent(before, "blue")[0])


def test_number_and_day_stand_on_their_lines(issued: Issued) -> None:
    found = {text: (x, y) for x, y, text in words(issued.after) if text}
    baseline = found["Số:"][1]
    assert found["4156"][1] == pytest.approx(baseline, abs=0.05)
    assert found["24"][1] == pytest.approx(baseline, abs=0.05)
    assert found["Số:"][0] < found["4156"][0] < next(x for text, (x, _) in found.items() if text.startswith("/"))


def test_number_and_date_fill_form_fields(twice: Issued) -> None:
    assert [text for _, _, text in words(twice.after) if text in {"4156/QĐ-TTYT", "ngày 24 tháng 9 năm 2025"}]
    with pikepdf.open(twice.after) as document:
        values = {str(each.T): str(each.V) for each in document.Root.AcroForm.Fields if each.FT == "/Tx"}
        assert values == {"so": "4156/QĐ-TTYT", "ngay": "ngày 24 tháng 9 năm 2025"}
        assert not document.Root.AcroForm.get("/NeedAppearances")
    assert len(twice.place["passes"]) == 1


def test_what_is_drawn_in_a_field_keeps_box_and_compression(twice: Issued) -> None:
    """EU DSS calls other changes undefined, whoever of the persons before it asks about."""
    looks = []
    for path in (twice.before, twice.after):
        with pikepdf.open(path) as document:
            shown = {str(each.T): each.AP.N for each in document.Root.AcroForm.Fields if each.FT == "/Tx"}
            looks.append({name: ([int(value) for value in each.BBox], each.get("/Filter")) for name, each in shown.items()})
    assert looks[0] == looks[1] and set(looks[0]) == {"so", "ngay"}


def test_the_seal_stands_by_the_last_person_in_order(twice: Issued) -> None:
    left, _, right, _ = (value * 72 / DPI for value in extent(pixels(twice.after, dpi=DPI), "red"))
    assert right == pytest.approx(HAND[0] + (HAND[2] - HAND[0]) / 3, abs=MM)


def test_a_scan_is_sealed_on_the_page_that_was_signed(scanned: Issued) -> None:
    number = scanned.place["passes"][-1]["page"]
    left, top, right, bottom = extent(pixels(scanned.after, number, DPI), "red")
    assert right - left >= SEAL - ONE_MM and bottom - top >= SEAL - ONE_MM
    assert scanned.seen["findings"] == [] and scanned.seen["pdfa"] == "2b"


# --- what it leaves whole


def test_nothing_is_lost(issued: Issued, twice: Issued, scanned: Issued) -> None:
    for made, level in ((issued, "2b"), (twice, "3b"), (scanned, "2b")):
        assert made.after.read_bytes().startswith(made.before.read_bytes())
        assert made.seen["findings"] == [] and made.seen["level"] == "B-LTA" and made.seen["pdfa"] == level


def test_the_key_signs_once_for_each_pass(office: Office, issued: Issued) -> None:
    before = office.signed
    sign.seal(office.sealing(issued.before, office.folder / "again.pdf", issued.place), office.ask)
    assert office.signed - before == len(issued.place["passes"]) == 3


def test_the_coordinator_signs_no_more_often_than_there_are_passes(office: Office) -> None:
    answer = sealing.answers(SimpleNamespace(outside=office.pki), office.key, 3)
    assert all(answer("sign", b"attributes") for _ in range(3))
    with pytest.raises(Verdict) as refused:
        answer("sign", b"attributes")
    assert refused.value.code == "seal-failed"


def test_pdfsig_finds_every_signature_valid(issued: Issued, twice: Issued, scanned: Issued) -> None:
    for made, regular in ((issued, 4), (twice, 3), (scanned, 2)):
        said = judges.pdfsig(made.after)
        assert [each.valid for each in said] == [True] * regular + [None]
        assert said[-1].whole_file


def test_qpdf_finds_the_structure_sound(issued: Issued, twice: Issued) -> None:
    for made in (issued, twice):
        assert judges.qpdf_check(made.after).sound


def test_a_level_that_was_only_claimed_is_not_claimed_by_us(office: Office) -> None:
    with pikepdf.open(io.BytesIO(archival(letter()))) as document:
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        document.pages[0].Resources.Font.F99 = font
        document.pages[0].contents_add(b"BT /F99 9 Tf 60 20 Td (not embedded) Tj ET")
        out = io.BytesIO()
        document.save(out)
    made = office.issue("claimed", office.shown_signature(out.getvalue(), office.pki.person()))
    assert made.place["pdfa"] == "2b" and made.seen["pdfa"] is None and made.seen["findings"] == []


def test_it_can_be_examined_again_when_the_original_is_not_at_hand(office: Office, issued: Issued) -> None:
    args = {"path": str(issued.after), "roots": office.roots, "before": "", "persons": 1, "pdfa": "2b"}
    seen = validate.examine(args, office.ask)
    assert seen["findings"] == [] and seen["pdfa"] == "2b"
    assert validate.examine({**args, "persons": 4}, office.ask)["findings"] == ["signature-count"]


def test_the_whole_way_in_real_workers(office: Office, issued: Issued) -> None:
    """What goes through the socket is JSON; a worker has no key and no network."""
    own = parse({"engine": {"workers": 1}})
    out = office.folder / "worker.pdf"
    with LocalEngine(own.engine, own.limits) as engine:
        place = engine.call("locate", office.locating(issued.before, **NUMBERED))
        assert place == issued.place
        engine.call("seal", office.sealing(issued.before, out, place), answer=office.ask)
        seen = engine.call("examine", office.examining(issued.before, out, place))
    assert seen["findings"] == [] and seen["level"] == "B-LTA"


# --- locks, and files of others


def test_an_empty_field_of_a_certified_document_takes_the_seal(office: Office) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(letter()))
    append_signature_field(writer, SigFieldSpec("DauCoQuan", box=(300, 90, 420, 200)))
    writer.write_in_place()
    way = signing.Way(box=(430, 100, 500, 150), text="Ký", certify=MDPPerm.FILL_FORMS)
    made = office.issue("certified", signing.sign(writer.prev.stream.getvalue(), office.pki.person(), office.pki, way))
    assert made.place["passes"][-1]["field"] == "DauCoQuan" and made.seen["findings"] == []
    left, top, right, bottom = extent(pixels(made.after, dpi=DPI), "red")
    assert right - left == pytest.approx(SEAL, abs=ONE_MM) and bottom - top == pytest.approx(SEAL, abs=ONE_MM)


def test_a_new_field_in_a_certified_document_would_be_seen(office: Office) -> None:
    """What `locate` refuses, `examine` would find too."""
    way = signing.Way(box=(375, 148, 470, 208), text="Ký", certify=MDPPerm.FILL_FORMS)
    certified = signing.sign(letter(), office.pki.person(), office.pki, way)
    place = office.locate(signing.sign(letter(), office.pki.person(), office.pki, signing.HAND))
    before, after = office.folder / "certified-before.pdf", office.folder / "certified-after.pdf"
    before.write_bytes(certified)
    sign.seal(office.sealing(before, after, place), office.ask)
    assert "person-1-signature-spoilt" in office.examine(before, after, place)["findings"]


def test_a_hybrid_file_of_a_word_processor_is_sealed(office: Office) -> None:
    signed = office.shown_signature(signing.hybrid(letter()), office.pki.person())
    made = office.issue("hybrid", signed)
    assert made.seen["findings"] == [] and [each.valid for each in judges.pdfsig(made.after)] == [True, True, None]


def test_a_person_may_have_archived_the_document_before(office: Office) -> None:
    who = office.pki.person()
    signed = signing.archived(office.shown_signature(letter(), who), who, office.pki)
    made = office.issue("archived", signed)
    assert made.seen["findings"] == []


def test_a_person_of_an_unreachable_authority_does_not_stop_the_seal(office: Office) -> None:
    double = office.pki.double()
    signed = signing.sign(letter(), double.person(), double, signing.HAND)
    made = office.issue("stranger", signed)
    assert made.seen["findings"] == []


def test_a_station_may_seal_a_document_that_has_its_fields_already(office: Office, issued: Issued) -> None:
    made = office.issue("sealed-twice", issued.after.read_bytes(), fields=["Signature1"])
    assert [one["field"] for one in made.place["passes"]] == ["Sohoa_CoQuan_2"] and made.seen["findings"] == []


# --- what must be refused


def test_an_archive_stamp_of_an_unknown_authority_is_told(office: Office) -> None:
    who, double = office.pki.person(), office.pki.double()
    stamped = signing.stamp_document(office.shown_signature(letter(), who), double)
    with pytest.raises(Verdict) as refused:
        office.issue("unknown-stamp", stamped)
    assert refused.value.reason.code == "stamp-not-trusted"


def test_without_time_nothing_is_sealed(office: Office, issued: Issued) -> None:
    office.pki.lie("tsa", "silent")
    with pytest.raises(Verdict) as refused:
        sign.seal(office.sealing(issued.before, office.folder / "no-time.pdf", issued.place), office.ask)
    office.pki.lie("tsa", "")
    assert refused.value.code == "waiting-tsa"


def test_without_revocation_lists_the_key_is_not_asked(office: Office, issued: Issued) -> None:
    office.pki.lie("crl", "silent")
    before = office.signed
    with pytest.raises(Verdict) as refused:
        sign.seal(office.sealing(issued.before, office.folder / "no-list.pdf", issued.place), office.ask)
    office.pki.lie("crl", "")
    assert refused.value.code == "waiting-revocation" and office.signed == before


def changed(office: Office, issued: Issued, content: bytes) -> list[str]:
    path = office.folder / "changed.pdf"
    path.write_bytes(content)
    findings: list[str] = office.examine(issued.before, path, issued.place)["findings"]
    return findings


def test_painting_over_a_sealed_page_is_found(office: Office, issued: Issued) -> None:
    file = io.BytesIO(issued.after.read_bytes())
    increment = IncrementalPdfFileWriter(file)
    increment.add_stream_to_page(0, increment.add_object(StreamObject(stream_data=b"q 0 g 100 100 300 300 re f Q")))
    increment.write_in_place()
    found = changed(office, issued, file.getvalue())
    assert {"bytes-after-the-last-signature", "changed-after-signing", "person-1-signature-spoilt"} <= set(found)


def test_junk_after_the_last_stamp_is_found(office: Office, issued: Issued) -> None:
    assert "bytes-after-the-last-signature" in changed(office, issued, issued.after.read_bytes() + b"\n% junk\n")


def test_a_changed_byte_of_the_persons_part_is_found(office: Office, issued: Issued) -> None:
    content = bytearray(issued.after.read_bytes())
    place = content.index(b"/Title") + 9 if b"/Title" in content else 400
    content[place] ^= 1
    assert "earlier-bytes-changed" in changed(office, issued, bytes(content))


def test_another_set_of_signatures_is_found(office: Office, issued: Issued) -> None:
    place = {**issued.place, "passes": issued.place["passes"][1:]}
    assert "signature-count" in office.examine(issued.before, issued.after, place)["findings"]
    place = {**issued.place, "passes": issued.place["passes"][::-1]}
    assert "signature-fields" in office.examine(issued.before, issued.after, place)["findings"]


def test_a_form_field_that_is_none_is_told(office: Office, issued: Issued) -> None:
    with pytest.raises(Verdict) as refused:
        sign.seal({**office.sealing(issued.before, office.folder / "no.pdf", issued.place), "fill": {"Signature1": "x"}}, office.ask)
    assert refused.value.code == "form-field-unfit"


def test_a_letter_of_another_maker_keeps_its_unit(office: Office, tmp_path: Path) -> None:
    page = odd_pdfs.pdf_user_unit(tmp_path / "a.pdf", [Image.new("L", (827, 1169), 250)], 100, 3.7)
    made = office.issue("unit", office.shown_signature(page.read_bytes(), office.pki.person()))
    _looks_right(made, HAND)
