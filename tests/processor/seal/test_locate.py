"""Where seal, number and date go on a document the office issues."""

import io
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedValFlags,
    SigSeedValueSpec,
    append_signature_field,
)

from processor.errors import Verdict
from processor.seal import locks
from tests.processor.seal.issuing import A4, HAND, MM, NUMBERED, Office, archival, letter, turned
from tests.testkit import samples, scans, signing

SEAL = 36 * MM


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def signed(office: Office) -> bytes:
    """Complete, born digital, one visible signature."""
    return office.shown_signature(letter(), office.pki.person())


@pytest.fixture(scope="module")
def blank(office: Office) -> bytes:
    """The same with number and day left blank."""
    return office.shown_signature(letter(gaps=True), office.pki.person())


def refused(office: Office, pdf: bytes, **more: Any) -> str:
    with pytest.raises(Verdict) as verdict:
        office.locate(pdf, **more)
    assert verdict.value.reason.code == verdict.value.code  # the clerk gets a page about it
    return verdict.value.code


def seal_of(place: dict[str, Any]) -> list[float]:
    box: list[float] = place["passes"][-1]["display"]
    return box


def over_left_third(box: list[float], hand: tuple[float, ...]) -> bool:
    return box[2] == pytest.approx(hand[0] + (hand[2] - hand[0]) / 3, abs=0.1) and (box[1] + box[3]) / 2 == pytest.approx(
        (hand[1] + hand[3]) / 2, abs=0.1
    )


# --- the seal


@pytest.mark.parametrize("unit", [1, 2])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_it_covers_the_left_third_of_the_signature(office: Office, rotate: int, unit: float) -> None:
    place = office.locate(office.shown_signature(turned(letter(), rotate, unit), office.pki.person()))
    box, (one,) = seal_of(place), place["passes"]
    assert over_left_third(box, HAND)
    assert one["size"] == pytest.approx([SEAL, SEAL], abs=0.001) and one["rotate"] == rotate
    left, bottom, right, top = one["box"]
    assert [(right - left) * unit, (top - bottom) * unit] == pytest.approx([SEAL, SEAL], abs=0.01)


def test_it_is_the_picture_that_counts_not_the_words_beside_it(office: Office) -> None:
    box = (300.0, 640.0, 480.0, 700.0)
    pdf = office.shown_signature(letter(), office.pki.person(), box, part=(0.5, 0.1, 1, 0.9))
    assert over_left_third(seal_of(office.locate(pdf)), (390, 646, 480, 694))


def layered() -> bytes:
    """A signature field as older programs draw it: a frame, in it a layer that is turned and scaled, in it words and two pictures."""
    with pikepdf.open(io.BytesIO(letter())) as pdf:
        image = pdf.make_stream(b"\0", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=1, Height=1,
                                ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8)  # fmt: skip

        def form(content: bytes, **keys: Any) -> pikepdf.Object:
            return pdf.make_stream(content, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, **keys)

        def drawing(**drawn: pikepdf.Object) -> pikepdf.Dictionary:
            return pikepdf.Dictionary(XObject=pikepdf.Dictionary({f"/{key}": value for key, value in drawn.items()}))

        two = form(b"q 40 0 0 20 50 10 cm /Im Do Q q 3 0 0 3 0 0 cm /Im Do Q", BBox=[0, 0, 100, 40], Resources=drawing(Im=image))
        frame = form(b"q 0.5 0 0 0.5 0 0 cm /n2 Do Q", BBox=[0, 0, 100, 40], Matrix=[2, 0, 0, 2, 7, 9], Resources=drawing(n2=two))
        outer = form(b"/FRM Do", BBox=[7, 9, 107, 49], Resources=drawing(FRM=frame))
        page = pdf.pages[0]
        field = pdf.make_indirect(pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig, T="Signature1", F=132, P=page.obj,
            Rect=[500, 180, 300, 100], AP=pikepdf.Dictionary(N=outer),
        ))  # fmt: skip
        page.obj.Annots = pikepdf.Array([field])
        pdf.Root.AcroForm = pdf.make_indirect(pikepdf.Dictionary(Fields=pikepdf.Array([field])))
        out = io.BytesIO()
        pdf.save(out)
        return out.getvalue()


def test_the_picture_is_found_through_layers(office: Office) -> None:
    # the innermost picture: 50..90 x 10..30, halved, doubled and moved by (7, 9), then stretched twice onto the rectangle
    assert over_left_third(seal_of(office.locate(layered())), (400, A4[1] - 160, 480, A4[1] - 120))


def test_forms_that_draw_each_other_for_ever_come_to_an_end(office: Office) -> None:
    with pikepdf.open(io.BytesIO(layered())) as pdf:
        (field,) = pdf.Root.AcroForm.Fields
        outer = field.AP.N
        inner = outer
        for _ in range(7):
            drawn = pikepdf.Dictionary(XObject=pikepdf.Dictionary({"/X": inner}))
            inner = pdf.make_stream(b"/X Do " * 900, Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9], Resources=drawn)
        field.AP.N = inner
        out = io.BytesIO()
        pdf.save(out)
    assert office.locate(out.getvalue())["passes"]


def test_where_the_signature_is_words_alone_the_widget_counts(office: Office) -> None:
    way = signing.Way(box=(375, 148, 470, 208), text="Ký bởi: Nguyễn Văn Kiểm")
    pdf = signing.sign(letter(), office.pki.person(), office.pki, way)
    assert over_left_third(seal_of(office.locate(pdf)), (375, A4[1] - 208, 470, A4[1] - 148))


def test_it_stays_on_the_page(office: Office) -> None:
    pdf = office.shown_signature(letter(), office.pki.person(), (10, 770, 100, 835))
    assert seal_of(office.locate(pdf)) == pytest.approx([0, A4[1] - SEAL, SEAL, A4[1]], abs=0.1)


def test_the_last_person_of_the_order_decides(office: Office) -> None:
    other = (120.0, 640.0, 210.0, 700.0)
    first = office.shown_signature(letter(), office.pki.person(), other, name="Nhay")
    both = office.shown_signature(first, office.pki.person("Trần Văn Duyệt"), name="Duyet")
    assert over_left_third(seal_of(office.locate(both, fields=["Nhay", "Duyet"])), HAND)
    assert over_left_third(seal_of(office.locate(both, fields=["Duyet", "Nhay"])), other)
    assert office.locate(both, fields=["Nhay", "Duyet"])["persons"] == 2


def test_an_invisible_signature_needs_a_place_in_the_settings(office: Office) -> None:
    pdf = signing.sign(letter(), office.pki.person(), office.pki)
    assert refused(office, pdf) == "no-seal-place"
    assert seal_of(office.locate(pdf, seal_at=[1, 100, 200])) == pytest.approx(
        [100 * MM, 200 * MM, 136 * MM, 236 * MM], abs=0.01
    )


def test_a_signature_that_is_hidden_or_shows_nothing_is_invisible(office: Office, signed: bytes) -> None:
    for change in ("F", "AP"):
        with pikepdf.open(io.BytesIO(signed)) as pdf:
            (field,) = pdf.Root.AcroForm.Fields
            if change == "F":
                field.F = 2
            else:
                field.AP = pikepdf.Dictionary(N=pdf.make_stream(b" ", Subtype=pikepdf.Name.Form, BBox=[0, 0, 9, 9]))
            out = io.BytesIO()
            pdf.save(out)
        assert refused(office, out.getvalue()) == "no-seal-place"


def test_the_settings_name_a_page_0_is_the_last(office: Office) -> None:
    with pikepdf.open(io.BytesIO(letter())) as pdf:
        pdf.pages.append(pdf.pages[0])
        out = io.BytesIO()
        pdf.save(out)
    pdf_ = office.shown_signature(out.getvalue(), office.pki.person())
    assert office.locate(pdf_, seal_at=[0, 100, 200])["passes"][-1]["page"] == 1
    assert office.locate(pdf_, seal_at=[1, 100, 200])["passes"][-1]["page"] == 0
    assert refused(office, pdf_, seal_at=[3, 100, 200]) == "no-seal-place"


def test_a_page_smaller_than_the_seal_has_no_place(office: Office, tmp_path: Path) -> None:
    page = scans.pdf(tmp_path / "a.pdf", [Image.new("L", (90, 90), 255)], 72)
    pdf = office.shown_signature(page.read_bytes(), office.pki.person(), (10, 10, 80, 80))
    assert refused(office, pdf) == "no-seal-place"


# --- locks (docs: DocMDP, FieldMDP)


def certified(office: Office, pdf: bytes, permission: MDPPerm) -> bytes:
    way = signing.Way(box=(375, 148, 470, 208), text="Ký", certify=permission)
    return signing.sign(pdf, office.pki.person(), office.pki, way)


def with_field(box: tuple[int, int, int, int] = (300, 90, 420, 200), seed: SigSeedValueSpec | None = None) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(letter()))
    append_signature_field(writer, SigFieldSpec("DauCoQuan", box=box, seed_value_dict=seed))
    writer.write_in_place()
    made: bytes = writer.prev.stream.getvalue()
    return made


@pytest.mark.parametrize("permission", list(MDPPerm))
def test_what_was_certified_takes_no_new_seal(office: Office, permission: MDPPerm) -> None:
    wanted = "certified-no-changes" if permission == MDPPerm.NO_CHANGES else "certified-no-new-field"
    assert refused(office, certified(office, letter(), permission)) == wanted
    assert refused(office, certified(office, letter(), permission), seal_at=[1, 100, 200]) == wanted


def test_an_empty_field_that_was_there_takes_it(office: Office) -> None:
    (one,) = office.locate(certified(office, with_field(), MDPPerm.FILL_FORMS))["passes"]
    assert one["field"] == "DauCoQuan" and one["existing"]
    assert one["appearance"]["at"][2:] == pytest.approx([SEAL, SEAL])
    assert refused(office, certified(office, with_field(), MDPPerm.NO_CHANGES)) == "certified-no-changes"


def test_a_field_too_small_for_the_real_seal_does_not(office: Office) -> None:
    assert refused(office, certified(office, with_field((300, 90, 380, 150)), MDPPerm.FILL_FORMS)) == "certified-no-new-field"


def test_a_field_that_asks_for_another_signature_does_not(office: Office) -> None:
    seed = SigSeedValueSpec(flags=SigSeedValFlags.REASONS, reasons=["Tôi đồng ý"])
    assert refused(office, certified(office, with_field(seed=seed), MDPPerm.FILL_FORMS)) == "certified-no-new-field"


def test_number_and_date_would_need_fields_of_their_own(office: Office) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(letter(gaps=True)))
    append_signature_field(writer, SigFieldSpec("DauCoQuan", box=(300, 90, 420, 200)))
    writer.write_in_place()
    pdf = certified(office, writer.prev.stream.getvalue(), MDPPerm.FILL_FORMS)
    assert refused(office, pdf, **NUMBERED) == "certified-no-new-field"


def test_locked_fields_are_honoured(office: Office) -> None:
    everything = FieldMDPSpec(FieldMDPAction.ALL)
    own = FieldMDPSpec(FieldMDPAction.INCLUDE, ["Signature1"])
    lock = {spec: signing.sign(letter(), office.pki.person(), office.pki, signing.Way(box=(375, 148, 470, 208), text="Ký", lock=spec_))
            for spec, spec_ in (("all", everything), ("own", own))}  # fmt: skip
    assert refused(office, lock["all"]) == "fields-locked"
    assert office.locate(lock["own"])["passes"]


def test_whether_it_can_be_sealed_at_all_is_told_by_a_code(office: Office, signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    for pdf, code in ((signed, ""), (certified(office, letter(), MDPPerm.NO_CHANGES), "certified-no-changes"),
                      (certified(office, letter(), MDPPerm.ANNOTATE), "certified-no-new-field"),
                      (certified(office, with_field(), MDPPerm.FILL_FORMS), "")):  # fmt: skip
        path.write_bytes(pdf)
        assert locks.sealable(path) == code


# --- number and date


def test_blanks_are_filled_by_signatures_of_ours(office: Office, blank: bytes) -> None:
    number, date, seal = office.locate(blank, **NUMBERED)["passes"]
    assert [one["field"] for one in (number, date, seal)] == ["Sohoa_So", "Sohoa_Ngay", "Sohoa_CoQuan"]
    assert [piece["text"] for piece in number["appearance"]["pieces"]] == ["4156"]
    assert [piece["text"] for piece in date["appearance"]["pieces"]] == ["24"] and date["appearance"]["italic"]


@pytest.mark.parametrize(("rotate", "unit"), [(0, 2), (90, 1), (90, 2), (180, 1), (270, 2)])
def test_blanks_are_found_on_turned_pages(office: Office, rotate: int, unit: float, blank: bytes) -> None:
    straight = office.locate(blank, **NUMBERED)["passes"]
    pdf = office.shown_signature(turned(letter(gaps=True), rotate, unit), office.pki.person())
    for one, other in zip(straight, office.locate(pdf, **NUMBERED)["passes"], strict=True):
        assert other["display"] == pytest.approx(one["display"], abs=0.3)


def test_what_is_printed_is_left_alone(office: Office, signed: bytes) -> None:
    assert len(office.locate(signed, **NUMBERED)["passes"]) == 1
    assert len(office.locate(signed)["passes"]) == 1


def test_what_another_program_stamped_is_left_alone(office: Office, blank: bytes) -> None:
    numbered = signing.sign(blank, office.pki.organisation(), office.pki, signing.NUMBER)
    dated = signing.sign(numbered, office.pki.organisation(), office.pki, signing.DATE)
    assert len(office.locate(dated, **NUMBERED)["passes"]) == 1


def by_hand(office: Office, rotate: int = 0) -> bytes:
    """Number and day written with a pen where the letter leaves them blank."""
    with pikepdf.open(io.BytesIO(letter(gaps=True))) as pdf:
        stroke = b"q 0 0 0.6 RG 1.4 w %d 715 m %d 725 l %d 715 l %d 725 l S Q\n"
        pdf.pages[0].contents_add(b"".join(stroke % (x, x + 4, x + 8, x + 12) for x in (138, 395)))
        out = io.BytesIO()
        pdf.save(out)
    return office.shown_signature(turned(out.getvalue(), rotate), office.pki.person())


@pytest.mark.parametrize("rotate", [0, 90])
def test_what_was_written_by_hand_is_not_written_over(office: Office, rotate: int) -> None:
    pdf = by_hand(office, rotate)
    assert len(office.locate(pdf)["passes"]) == 1
    assert refused(office, pdf, **NUMBERED) == "number-differs"
    assert len(office.locate(pdf, **NUMBERED, released=["number-differs"])["passes"]) == 1


def test_a_scan_that_was_read_before_shows_its_handwriting(office: Office, tmp_path: Path) -> None:
    """A text layer has no words for what a pen wrote; the gap they leave is no blank."""
    sample = samples.sample(2, 100)
    path = scans.pdf_with_text(tmp_path / "a.pdf", sample.pages, sample.aged)
    assert sample.look.handwritten
    assert refused(office, path.read_bytes(), **NUMBERED, seal_at=[1, 100, 200]) == "number-differs"
    assert len(office.locate(path, seal_at=[1, 100, 200])["passes"]) == 1


def test_another_number_than_the_side_cars_is_held_until_released(office: Office, signed: bytes) -> None:
    wrong = {**NUMBERED, "number": "4157"}
    assert refused(office, signed, **wrong) == "number-differs"
    assert len(office.locate(signed, **wrong, released=["number-differs"])["passes"]) == 1
    assert refused(office, signed, **{**NUMBERED, "date": "2025-09-25"}) == "number-differs"


def test_blanks_that_nobody_fills_are_held_until_released(office: Office, blank: bytes) -> None:
    assert refused(office, blank) == "number-blank"
    assert refused(office, blank, number="4156") == "number-blank"
    assert len(office.locate(blank, released=["number-blank"])["passes"]) == 1


def test_a_scan_has_no_blanks_that_could_be_found(office: Office, tmp_path: Path) -> None:
    page = scans.pdf(tmp_path / "a.pdf", [Image.new("L", (595, 842), 255)], 72).read_bytes()
    pdf = office.shown_signature(page, office.pki.person())
    assert refused(office, pdf, **NUMBERED) == "no-number-place"
    assert len(office.locate(pdf, **NUMBERED, released=["no-number-place"])["passes"]) == 1
    number, date, _ = office.locate(pdf, **NUMBERED, number_at=[1, 40, 41], date_at=[1, 130, 41, 150])["passes"]
    assert [piece["text"] for piece in number["appearance"]["pieces"]] == ["4156"]
    assert [piece["text"] for piece in date["appearance"]["pieces"]] == ["24", "9"]
    assert number["display"][:2] == pytest.approx([40 * MM - 1, 41 * MM], abs=0.1)


def test_a_place_in_the_settings_takes_the_whole_words(office: Office, signed: bytes) -> None:
    number, date, _ = office.locate(signed, **NUMBERED, number_at=[1, 40, 10], date_at=[1, 120, 10])["passes"]
    assert [piece["text"] for piece in number["appearance"]["pieces"]] == ["Số: 4156/QĐ-TTYT"]
    assert [piece["text"] for piece in date["appearance"]["pieces"]] == ["ngày 24 tháng 9 năm 2025"]
    assert refused(office, signed, **NUMBERED, number_at=[1, 209, 10]) == "no-number-place"


def with_form(pdf: bytes, **keys: Any) -> bytes:
    """A text field `so` before the printed stroke of the letter."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        page = document.pages[0]
        field = document.make_indirect(pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T="so", F=4, DA="0 g",
            Rect=[122, 709, 164, 728], P=page.obj, **keys,
        ))  # fmt: skip
        page.obj.Annots = document.make_indirect(pikepdf.Array([field]))
        document.Root.AcroForm = document.make_indirect(pikepdf.Dictionary(Fields=pikepdf.Array([field])))
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def test_a_form_field_takes_the_number(office: Office) -> None:
    pdf = office.shown_signature(with_form(letter(gaps=True)), office.pki.person())
    place = office.locate(pdf, **NUMBERED, number_field="so")
    assert place["fill"] == {"so": "4156"}  # its notation is printed beside it
    assert [one["field"] for one in place["passes"]] == ["Sohoa_Ngay", "Sohoa_CoQuan"]


def test_a_form_field_that_will_not_is_told(office: Office, signed: bytes) -> None:
    assert refused(office, signed, **NUMBERED, number_field="so") == "form-field-unfit"
    read_only = office.shown_signature(with_form(letter(), Ff=1), office.pki.person())
    assert refused(office, read_only, **NUMBERED, number_field="so") == "fields-locked"
    filled = office.shown_signature(with_form(letter(), V="4156"), office.pki.person())
    assert office.locate(filled, **NUMBERED, number_field="so")["fill"] == {}
    empty = office.shown_signature(with_form(letter()), office.pki.person())
    assert refused(office, empty, number_field="so") == "number-blank"


# --- PDF/A


def test_the_level_that_must_survive_is_told(office: Office, signed: bytes) -> None:
    assert office.locate(signed)["pdfa"] is None
    for level in ("2b", "3b"):
        assert office.locate(office.shown_signature(archival(letter(), level), office.pki.person()))["pdfa"] == level


def test_pdf_a_1_takes_no_transparent_seal(office: Office) -> None:
    pdf = office.shown_signature(archival(letter(), "1b"), office.pki.person())
    assert refused(office, pdf) == "pdfa-1-no-transparency"
    assert office.locate(pdf, released=["pdfa-1-no-transparency"])["pdfa"] is None


def test_pdf_a_without_output_intent_takes_none_either(office: Office) -> None:
    with pikepdf.open(io.BytesIO(archival(letter()))) as pdf:
        del pdf.Root.OutputIntents
        out = io.BytesIO()
        pdf.save(out)
    assert refused(office, office.shown_signature(out.getvalue(), office.pki.person())) == "pdfa-no-output-intent"


def test_the_picture_is_looked_at_first(office: Office, signed: bytes, tmp_path: Path) -> None:
    Image.new("RGB", (90, 90), "white").save(tmp_path / "no.png")
    assert refused(office, signed, picture=str(tmp_path / "no.png")) == "seal-picture-unfit"


def test_a_field_that_holds_another_number_or_day_is_told(office: Office) -> None:
    """Else the page would say one number and the record another."""
    for held, told in (("99", "number-differs"), (NUMBERED["number"], ""), (f"0{NUMBERED['number']}", "")):
        filled = office.shown_signature(with_form(letter(), V=held), office.pki.person())
        if told:
            assert refused(office, filled, **NUMBERED, number_field="so") == told
            assert office.locate(filled, **NUMBERED, number_field="so", released=["number-differs"])["fill"] == {}
        else:
            assert office.locate(filled, **NUMBERED, number_field="so")["fill"] == {}
