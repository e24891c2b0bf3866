"""Attacks by an increment: incremental saving, certified documents, shadows (pdf-insecurity.org, CCS 2019, NDSS 2021, S&P 2021)."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

import pikepdf
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm

from tests.testkit import later_changes as change
from tests.testkit import prepared, shadows, signing
from tests.testkit.false_signers import Build, Scene
from tests.testkit.increments import Edit, freed, hidden, later, misnamed, skipping, twice
from tests.testkit.rows import EITHER, Row, on, then, words
from tests.testkit.signing import PADES, SEAL_BOX, SEALED, Way, page


def _with_field() -> bytes:
    return prepared.with_text_field(page())


def _with_value() -> bytes:
    return prepared.with_text_field(page(), "100")


def _two_pages() -> bytes:
    return page(1)


def _content(pdf: bytes) -> tuple[int, int]:
    """Number and place of the first page's content."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        number: int = document.pages[0].Contents.objgen[0]
    return number, pdf.index(b"\n%d 0 obj" % number) + 1


def _swapped(scene: Scene) -> bytes:
    pdf = signing.sign(scene.signed(way=SEALED), scene.person, scene.pki, signing.HAND)
    return later(pdf, change.values_swapped)


def _and_signed(edit: Edit, base: Callable[[], bytes], way: Way = PADES) -> Build:
    """Changed after the office's signature; then a known person signs the whole."""

    def build(scene: Scene) -> bytes:
        pdf = later(scene.signed(base(), way), edit)
        return signing.sign(pdf, scene.person, scene.pki, Way(field="Signature2"))

    return build


def _compact_change(scene: Scene) -> bytes:
    """As `isa-content`, by a program that writes cross-reference streams."""
    writer = IncrementalPdfFileWriter(io.BytesIO(scene.signed(prepared.compact(page()))))
    contents = writer.root["/Pages"]["/Kids"][0]["/Contents"]
    contents._data = contents.data + change.BAR
    contents._encoded_data = None
    writer.update_container(contents)
    writer.write_in_place()
    made: bytes = writer.prev.stream.getvalue()
    return made


# incremental saving

_LATER = words("changed-since forbidden-change shadow-suspected altered signature-destroyed junk-after-signature unreadable not-compared")
_LATER |= words("signature-field-emptied scripts")
_NO_ENDING = "table trailer start eof"
SAVING: Mapping[str, Row] = {
    "isa-content": Row(then(change.content), EITHER, "the page says something else", _LATER),
    "isa-no-table": Row(then(change.content, without="table"), EITHER, "without a table", _LATER),
    "isa-no-trailer": Row(then(change.content, without="trailer"), EITHER, "without a trailer", _LATER),
    "isa-no-start": Row(then(change.content, without="start"), EITHER, "without startxref", _LATER),
    "isa-no-end": Row(then(change.content, without="eof"), EITHER, "without %%EOF", _LATER),
    "isa-body-only": Row(then(change.content, without=_NO_ENDING), EITHER, "nothing but the object", _LATER,),
    "isa-body-and-end": Row(then(change.content, without="table trailer start"), EITHER, "the object and %%EOF", _LATER),
    "isa-comment-table": Row(on(lambda pdf: later(pdf, change.content, without=_NO_ENDING.split()) + b"%xref\n%trailer\n%%EOF\n"),
                             EITHER, "table and trailer are comments", _LATER),
    "isa-hidden": Row(on(lambda pdf: hidden(pdf, change.content)), EITHER, "the change stands in /XRefStm alone", _LATER),
    "isa-font": Row(then(change.font), EITHER, "glyphs are swapped", _LATER),
    "isa-page-tree": Row(then(change.page_tree), EITHER, "another page tree", _LATER),
    "isa-catalogue": Row(then(change.catalogue), EITHER, "the catalogue leads elsewhere", _LATER),
    "isa-new-catalogue": Row(then(change.new_catalogue, extra=b"/Root %d 0 R "), EITHER, "another catalogue", _LATER),
    "isa-copied-signature": Row(then(change.copied_signature), EITHER, "the signature is repeated", _LATER),
    "isa-page-removed": Row(then(change.page_removed, base=_two_pages), EITHER, "a page is gone", _LATER),
    "isa-pages-swapped": Row(then(change.pages_swapped, base=_two_pages), EITHER, "pages swapped", _LATER),
    "isa-page-doubled": Row(then(change.page_doubled, base=_two_pages), EITHER, "a page comes twice", _LATER),
    "isa-cropped": Row(then(change.page_turned), EITHER, "a page is cropped", _LATER),
    "isa-inherited": Row(then(change.inherited), EITHER, "all pages are turned over by what they inherit", _LATER),
    "isa-title": Row(then(change.title), EITHER, "title in Info and XMP", _LATER, alone=True),
    "isa-open-action": Row(then(change.open_action), EITHER, "a script at opening", _LATER),
    "isa-script": Row(then(change.named_script), EITHER, "a script in the name tree", _LATER),
    "isa-attachment": Row(then(change.attachment_swapped, base=lambda: prepared.with_attachment(page())), EITHER,
                          "the attached file is another", _LATER),
    "isa-date": Row(then(change.annotation("FreeText", b"1 g 0 0 220 20 re f BT /F1 11 Tf 2 5 Td (31/12/2020) Tj ET",
                                            (330, 740, 550, 760))), EITHER, "another date over the date", _LATER),
    "isa-stamp": Row(then(change.annotation("Stamp")), EITHER, "a stamp over the text", _LATER),
    "isa-field-emptied": Row(then(change.field_emptied), EITHER, "the field lost its signature", _LATER),
    "isa-form-removed": Row(then(change.form_removed), EITHER, "no field leads to the signature", _LATER),
    "isa-signature-look": Row(then(shadows.appearance_of_signature, SEALED), EITHER, "the signature looks otherwise", _LATER),
    "isa-xmp": Row(then(change.xmp), EITHER, "another title in XMP", _LATER, alone=True),
    "isa-spoken": Row(then(change.spoken), EITHER, "a structure tree with other words", _LATER),
    "isa-portfolio": Row(then(change.portfolio), EITHER, "shown as a portfolio of another file", _LATER),
    "isa-number-hidden": Row(then(change.look_hidden, signing.NUMBER), EITHER, "the number's signature is hidden", _LATER),
    "isa-fields-emptied": Row(then(change.fields_emptied, SEALED), EITHER, "the form lists no field", _LATER),
    "isa-values-swapped": Row(_swapped, EITHER, "two signatures change places", _LATER),
    "isa-xfa": Row(then(change.xfa), EITHER, "an XFA form", _LATER),
    "isa-redrawn": Row(then(change.appearances_wanted, base=_with_value), EITHER, "fields are drawn anew with another font", _LATER, alone=True),
    "isa-freed": Row(on(lambda pdf: freed(pdf, _content(pdf)[0])), EITHER, "the page's content is freed", _LATER),
    "isa-twice": Row(on(lambda pdf: twice(pdf, change.content, _content(pdf)[1])), EITHER, "one table names it twice", _LATER, alone=True),
    "isa-misnamed": Row(on(lambda pdf: misnamed(pdf, change.content)), EITHER, "the object bears another number", _LATER),
    "isa-skipping": Row(on(lambda pdf: skipping(pdf, change.content)), EITHER, "goes on from before the signature", _LATER),
    "isa-removed-then-signed": Row(_and_signed(change.field_emptied, page), EITHER, "the signature removed, then signed by a known person", _LATER, alone=True),
    "isa-seal-moved": Row(then(change.seal_moved, SEALED), EITHER, "the signature's picture is moved", _LATER),
    "isa-new-field": Row(then(change.new_field), EITHER, "a new text field over the text", _LATER),
    "isa-smuggled": Row(then(change.smuggled), EITHER, "the page's content changes as a part of the DSS", _LATER),
    "isa-then-signed": Row(_and_signed(change.content, page), EITHER, "changed, then signed by a known person", _LATER),
    "isa-then-stamped": Row(lambda scene: signing.stamp_document(later(scene.signed(), change.content), scene.pki), EITHER,
                            "changed, then time-stamped", _LATER),
    "isa-streams": Row(_compact_change, EITHER, "the page changes in a file of object streams", _LATER),
    "isa-number-look": Row(then(shadows.appearance_of_signature, signing.NUMBER), EITHER, "the number's signature shows another", _LATER),
}  # fmt: skip

# certified documents and shadows


def _certified(level: MDPPerm, edit: Edit, base: Callable[[], bytes] = page) -> Build:
    return then(edit, Way(certify=level), base)


def _signed_over(certify: MDPPerm | None, box: tuple[int, int, int, int], *, known: bool, picture: str = "seal") -> Build:
    """A later signature whose picture covers the text, by a stranger or by a person of the office."""

    def build(scene: Scene) -> bytes:
        pdf = scene.signed(way=Way(certify=certify))
        pki, who = (scene.pki, scene.person) if known else (scene.pki.double(), scene.pki.double().person())
        return signing.sign(pdf, who, pki, Way(field="Signature2", box=box, text="Số tiền: 9.000.000.000 đồng", picture=picture))

    return build


def _stamped_over(box: tuple[int, int, int, int], picture: str) -> Build:
    """Anybody gets a time-stamp from the authority, and may give it any look."""
    shown = Way(box=box, picture=picture, text="Điều 1. Thanh toán 9.000.000.000 đồng" if picture == "cover" else "")
    return lambda scene: signing.stamp_document(scene.signed(), scene.pki, shown=shown)


def _twin(scene: Scene) -> bytes:
    pdf, places = prepared.with_twin(page())
    return shadows.twin_shown(scene.signed(pdf), places)


def _locked(scene: Scene) -> bytes:
    lock = FieldMDPSpec(FieldMDPAction.ALL)
    return later(scene.signed(prepared.with_text_field(page()), Way(lock=lock)), shadows.filled("9"))


_FORBIDDEN = _LATER | words("overlay-on-certified chain-unknown")
CERTIFIED: Mapping[str, Row] = {
    "eaa-free-text": Row(_certified(MDPPerm.ANNOTATE, change.annotation("FreeText")), EITHER, "P=3, text over the text", _FORBIDDEN),
    "eaa-redact": Row(_certified(MDPPerm.ANNOTATE, change.annotation("Redact")), EITHER, "P=3, blacked out", _FORBIDDEN),
    "eaa-stamp": Row(_certified(MDPPerm.ANNOTATE, change.annotation("Stamp")), EITHER, "P=3, a stamp over the text", _FORBIDDEN),
    "eaa-p2": Row(_certified(MDPPerm.FILL_FORMS, change.annotation("FreeText")), EITHER, "P=2, an annotation", _FORBIDDEN),
    "ssa-field": Row(_certified(MDPPerm.FILL_FORMS, shadows.fake_signature_field), EITHER, "P=2, an unsigned field over the text", _FORBIDDEN),
    "ssa-stranger": Row(_signed_over(MDPPerm.FILL_FORMS, (60, 380, 540, 580), known=False), EITHER,
                        "P=2, a stranger's signature over the text", _FORBIDDEN),
    "ssa-person": Row(_signed_over(MDPPerm.FILL_FORMS, (60, 380, 540, 580), known=True), EITHER,
                      "P=2, a known person's signature over the text", _FORBIDDEN),
    "ssa-approval": Row(_signed_over(None, (60, 380, 540, 580), known=False), EITHER, "a stranger's signature over the text", _FORBIDDEN),
    "ssa-whole-page": Row(_signed_over(None, (0, 0, 595, 842), known=True), EITHER, "a known person's over the whole page", _FORBIDDEN, alone=True),
    "ssa-cover": Row(_signed_over(None, (60, 380, 540, 450), known=True, picture="cover"), EITHER, "a known person's, white with other words",
                     _FORBIDDEN, alone=True),
    "ssa-fake-seal": Row(then(shadows.fake_seal), EITHER, "an unsigned field shows a seal where nothing stood", _FORBIDDEN),
    "ssa-stamp": Row(_stamped_over((60, 380, 540, 450), "cover"), EITHER, "a time-stamp of the true authority, white with other words",
                     _FORBIDDEN, alone=True),
    "ssa-stamp-seal": Row(_stamped_over(SEAL_BOX, "seal"), EITHER, "a time-stamp of the true authority shows a seal", _FORBIDDEN, alone=True),
    "p1-filled": Row(_certified(MDPPerm.NO_CHANGES, shadows.filled("9"), _with_field), EITHER, "P=1, a field filled", _FORBIDDEN),
    "p1-signed": Row(_signed_over(MDPPerm.NO_CHANGES, SEAL_BOX, known=True), EITHER, "P=1, signed once more", _FORBIDDEN),
    "p1-hidden": Row(_certified(MDPPerm.NO_CHANGES, shadows.permissions_removed, _with_field), EITHER,
                     "P=1 no longer said, a field filled", _FORBIDDEN),
    "locked-filled": Row(_locked, EITHER, "all fields locked, one filled", _FORBIDDEN),
    "shadow-hide": Row(then(shadows.cover_removed, base=lambda: prepared.with_cover(page())), EITHER, "the cover is taken off", _LATER),
    "shadow-layer": Row(then(shadows.layer_shown, base=lambda: prepared.with_layer(page())), EITHER, "the layer is shown", _LATER),
    "shadow-twin": Row(_twin, EITHER, "the table leads to a second set of objects", _LATER),
    "shadow-value": Row(then(shadows.filled("900"), base=_with_value), EITHER, "a filled field is filled otherwise", _LATER, alone=True),
    "shadow-look": Row(then(shadows.filled("100", shown="900"), base=_with_value), EITHER, "a field shows what it does not hold", _LATER, alone=True),
    "shadow-value-signed": Row(_and_signed(shadows.filled("900"), lambda: prepared.with_text_field(page(), "100")), EITHER,
                               "a filled field is filled otherwise, then signed by a known person", _LATER, alone=True),
    "shadow-emptied-signed": Row(_and_signed(shadows.filled(""), lambda: prepared.with_text_field(page(), "100")), EITHER,
                                 "a filled field is emptied, then signed by a known person", _LATER, alone=True),
    "shadow-look-signed": Row(_and_signed(shadows.appearance_of_signature, page, SEALED), EITHER,
                              "a signature looks otherwise, then signed by a known person", _LATER),
    "shadow-shared-look": Row(then(shadows.shared_look, base=lambda: prepared.with_shared_look(page())), EITHER,
                              "the look of a field is drawn by the page too", _LATER),
    "shadow-grown": Row(then(shadows.grown, base=_with_field), EITHER, "a field grows over the text", _LATER),
}  # fmt: skip
