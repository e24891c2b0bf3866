"""The table of attacks on signed PDFs, and of honest files that must not be taken for attacks.

Promises: `FORGERIES[name].build(scene)` gives the bytes of one attack; judged with the scene's roots, CA and services, the verdict is
one of `verdicts`, never "valid" for an attack, and one of `codes` is among the reasons. `alone` names the judges that pass it when
they are asked alone (measured: pyHanko's bottom line with the scene's trust and no revocation; pdfsig's "Signature is Valid" for
all). After pdf-insecurity.org and docs/design.md promise 5. Refuses: to say what a judge should say in words.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pikepdf
import pymupdf
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm

from tests.testkit import false_proofs as proofs
from tests.testkit import false_signers as signers
from tests.testkit import later_changes as change
from tests.testkit import prepared, signing, wrapping
from tests.testkit.false_signers import DAY, Build, Scene
from tests.testkit.increments import Edit, hidden, later
from tests.testkit.signing import LEGACY, PADES, SEAL_BOX, SEALED, SHA1, UNSTAMPED, Way, page

INVALID, UNKNOWN, VALID = frozenset({"invalid"}), frozenset({"unknown"}), frozenset({"valid"})
EITHER = INVALID | UNKNOWN


class Row(NamedTuple):
    """One attack, or one honest file."""

    build: Build
    verdicts: frozenset[str]
    note: str
    codes: frozenset[str] = frozenset()
    opens: bool = True
    alone: frozenset[str] = frozenset()


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _on(attack: Callable[[bytes], bytes], way: Way = PADES, base: Callable[[], bytes] = page) -> Build:
    """The attack on a letter that the office signed."""
    return lambda scene: attack(scene.signed(base(), way))


def _then(edit: Edit, way: Way = PADES, base: Callable[[], bytes] = page, *, extra: bytes = b"", without: str = "") -> Build:
    """An increment after the office's signature."""
    return _on(lambda pdf: later(pdf, edit, extra=extra, without=without.split()), way, base)


def _two_pages() -> bytes:
    return page(1)


def _content_number(pdf: bytes) -> int:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        number: int = document.pages[0].Contents.objgen[0]
    return number


def _swa(*, trimmed: bool = True, table: bool = True, more: bytes = b"") -> Build:
    return _on(lambda pdf: wrapping.swa(pdf, _content_number(pdf), trimmed=trimmed, table=table, more=more))


def _range(text: bytes) -> Build:
    return _on(lambda pdf: wrapping.with_range(pdf, text))


def _hex(text: bytes) -> Build:
    return _on(lambda pdf: wrapping.with_hex(pdf, text))


def _key(pattern: bytes, replacement: bytes) -> Build:
    return _on(lambda pdf: wrapping.with_key(pdf, pattern, replacement))


# wrapping: the signed bytes are moved, or share their file with what is not signed

_ALTERED = _codes("altered signature-destroyed byte-range-odd unreadable junk-after-signature contents-padded covers-part")
WRAPPING: Mapping[str, Row] = {
    "swa": Row(_swa(), EITHER, "second signed part moved down, own range and content in the gap, table at the signed offset", _ALTERED),
    "swa-no-table": Row(_swa(table=False), EITHER, "the same without a table", _ALTERED),
    "swa-padded": Row(_swa(trimmed=False, table=False), EITHER, "the same, /Contents keeps its padding", _ALTERED),
    "swa-six-numbers": Row(_swa(more=b" 0 0"), EITHER, "the range has a third pair", _ALTERED),
    "gap-keys": Row(_on(lambda pdf: wrapping.keys_in_the_gap(pdf, b"/Name (Bo truong) /Reason (Phe duyet)")), EITHER,
                    "entries of the dictionary in the room that padding left", _ALTERED),
    "gap-second-range": Row(_on(lambda pdf: wrapping.keys_in_the_gap(pdf, b"/ByteRange [0 10 20 10]")), EITHER,
                            "a second /ByteRange in that room", _ALTERED),
    "gap-comment": Row(_on(lambda pdf: wrapping.keys_in_the_gap(pdf, b"%junk")), EITHER, "a comment in that room", _ALTERED),
    "padding-data": Row(_on(lambda pdf: wrapping.data_in_the_padding(pdf, b"%PDF-1.4 hidden")), EITHER,
                        "data behind the CMS object in its padding", _ALTERED),
}  # fmt: skip

# universal forgery: the signature dictionary is crippled, so that a check is skipped

_USF = _ALTERED | _codes("changed-since")
UNIVERSAL: Mapping[str, Row] = {
    "usf-no-contents": Row(_key(rb"/Contents <", b"/Kontents <"), EITHER, "no /Contents", _USF),
    "usf-null-contents": Row(_hex(b"/Contents null"), EITHER, "/Contents null", _USF),
    "usf-empty-contents": Row(_hex(b"/Contents <>"), EITHER, "/Contents <>", _USF),
    "usf-zero-contents": Row(_hex(b"/Contents <" + b"00" * 64 + b">"), EITHER, "/Contents of zeros", _USF),
    "usf-number-contents": Row(_hex(b"/Contents 0"), EITHER, "/Contents is a number", _USF),
    "usf-dangling-contents": Row(_hex(b"/Contents 999 0 R"), EITHER, "/Contents leads nowhere", _USF),
    "usf-no-range": Row(_range(b""), EITHER, "no /ByteRange", _USF),
    "usf-null-range": Row(_range(b"/ByteRange null"), EITHER, "/ByteRange null", _USF),
    "usf-empty-range": Row(_range(b"/ByteRange []"), EITHER, "/ByteRange []", _USF),
    "usf-zero-range": Row(_range(b"/ByteRange [0 0 0 0]"), EITHER, "nothing is covered", _USF),
    "usf-negative-range": Row(_range(b"/ByteRange [0 -1 -1 -1]"), EITHER, "negative numbers", _USF),
    "usf-huge-range": Row(_range(b"/ByteRange [0 99999999 999999999 9]"), EITHER, "beyond the file", _USF),
    "usf-short-range": Row(_range(b"/ByteRange [0 100]"), EITHER, "one pair", _USF),
    "usf-text-range": Row(_range(b"/ByteRange [(a) /B null <<>>]"), EITHER, "not numbers", _USF),
    "usf-real-range": Row(_range(b"/ByteRange [0.0 100.5 200.0 9.0]"), EITHER, "real numbers", _USF),
    "usf-dictionary-range": Row(_range(b"/ByteRange <</A 1>>"), EITHER, "a dictionary", _USF),
    "usf-overlapping-range": Row(_range(b"/ByteRange [0 5000 100 5000]"), EITHER, "the pairs overlap", _USF),
    "usf-self-range": Row(_range(b"/ByteRange 38 0 R"), EITHER, "the range is the signature itself", _USF),
    "usf-subfilter": Row(_key(rb"/SubFilter /ETSI.CAdES.detached", b"/SubFilter /Nothing"), EITHER, "an unknown /SubFilter", _USF),
    "usf-no-subfilter": Row(_key(rb"/SubFilter /ETSI.CAdES.detached", b""), EITHER, "no /SubFilter", _USF),
    "usf-type": Row(_key(rb"/Type /Sig", b"/Type /Gis"), EITHER, "not a signature by its /Type", _USF),
    "usf-value-null": Row(_key(rb"/V \d+ 0 R", b"/V null"), EITHER, "the field has no value, in place", _USF),
}  # fmt: skip


# bits and bytes


def _flip_page(pdf: bytes) -> bytes:
    return wrapping.flipped(pdf, pdf.index(b"stream\n") + 500)


def _resaved(pdf: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        saved = io.BytesIO()
        document.save(saved)
    return saved.getvalue()


def _resaved_by_mupdf(pdf: bytes) -> bytes:
    with pymupdf.open(stream=pdf, filetype="pdf") as document:
        made: bytes = document.tobytes(garbage=3, deflate=True)
    return made


def _orphaned(pdf: bytes) -> bytes:
    """Re-saved by a program that drops the form and keeps the rest."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        value = document.Root.AcroForm.Fields[0].V
        del document.Root["/AcroForm"]
        del document.pages[0].obj["/Annots"]
        document.Root.PieceInfo = pikepdf.Dictionary(Old=value)
        saved = io.BytesIO()
        document.save(saved)
    return saved.getvalue()


def _copied(scene: Scene) -> bytes:
    """The signature of one letter stands in another."""
    return wrapping.with_contents(scene.signed(page(4)), wrapping.der(scene.signed()))


_DESTROYED = _codes("altered signature-destroyed byte-range-odd unreadable")
_ODD = frozenset({"pyhanko", "pdfsig"})
BYTES: Mapping[str, Row] = {
    "flip-content": Row(_on(_flip_page), INVALID, "one bit of the page", _codes("altered")),
    "flip-table": Row(_on(lambda pdf: wrapping.flipped(pdf, pdf.rindex(b"/Info") + 6)), EITHER, "one bit of the trailer", _USF),
    "flip-signature": Row(_on(lambda pdf: wrapping.flipped_cms(pdf, b"\x04\x82\x01\x00", 40)), INVALID,
                          "one bit of the signature's value", _codes("altered")),
    "flip-digest": Row(_on(lambda pdf: wrapping.flipped_cms(pdf, bytes.fromhex("06092a864886f70d010904"), 20), UNSTAMPED), INVALID,
                       "one bit of the message digest", _codes("altered")),
    "flip-certificate": Row(_on(lambda pdf: wrapping.flipped_cms(pdf, b"sokiemthu@thunghiem", 2), UNSTAMPED), EITHER,
                            "one bit of the certificate's name", _codes("altered chain-unknown chain-broken unreadable")),
    "junk-text": Row(_on(lambda pdf: pdf + b"\nSo: 99/QD-UBND\n"), EITHER, "text after the end",
                     _codes("junk-after-signature"), alone=_ODD),
    "junk-zeros": Row(_on(lambda pdf: pdf + bytes(1000)), EITHER, "zeros after the end", _codes("junk-after-signature"), alone=_ODD),
    "junk-pdf": Row(_on(lambda pdf: pdf + page(4)), EITHER, "another document after the end",
                    _codes("junk-after-signature signature-destroyed changed-since unreadable")),
    "prefix": Row(_on(lambda pdf: wrapping.prefixed(pdf, b"From: x\n\n", shifted=False)), EITHER, "text before the header", _USF),
    "prefix-shifted": Row(_on(lambda pdf: wrapping.prefixed(pdf, b"From: x\n\n", shifted=True)), EITHER,
                          "and the range moved along with it", _USF),
    "truncated": Row(_on(lambda pdf: pdf[:-600]), EITHER, "the end is cut off", _USF),
    "resaved-qpdf": Row(_on(_resaved), INVALID, "saved anew by qpdf", _DESTROYED),
    "resaved-mupdf": Row(_on(_resaved_by_mupdf), INVALID, "saved anew by MuPDF", _DESTROYED),
    "orphan": Row(_on(_orphaned), INVALID, "saved anew without its form; a dictionary with /ByteRange is left", _DESTROYED),
    "copied": Row(_copied, INVALID, "the signature of another letter", _codes("altered")),
}  # fmt: skip

# incremental saving

_LATER = _codes("changed-since forbidden-change shadow-suspected altered signature-destroyed junk-after-signature unreadable not-compared")
_LATER |= _codes("signature-field-emptied scripts")
_NO_ENDING = "table trailer start eof"
SAVING: Mapping[str, Row] = {
    "isa-content": Row(_then(change.content), EITHER, "the page says something else", _LATER),
    "isa-no-table": Row(_then(change.content, without="table"), EITHER, "without a table", _LATER),
    "isa-no-trailer": Row(_then(change.content, without="trailer"), EITHER, "without a trailer", _LATER),
    "isa-no-start": Row(_then(change.content, without="start"), EITHER, "without startxref", _LATER),
    "isa-no-end": Row(_then(change.content, without="eof"), EITHER, "without %%EOF", _LATER),
    "isa-body-only": Row(_then(change.content, without=_NO_ENDING), EITHER, "nothing but the object", _LATER, alone=_ODD),
    "isa-body-and-end": Row(_then(change.content, without="table trailer start"), EITHER, "the object and %%EOF", _LATER),
    "isa-comment-table": Row(_on(lambda pdf: later(pdf, change.content, without=_NO_ENDING.split()) + b"%xref\n%trailer\n%%EOF\n"),
                             EITHER, "table and trailer are comments", _LATER),
    "isa-hidden": Row(_on(lambda pdf: hidden(pdf, change.content)), EITHER, "the change stands in /XRefStm alone", _LATER),
    "isa-font": Row(_then(change.font), EITHER, "glyphs are swapped", _LATER),
    "isa-page-tree": Row(_then(change.page_tree), EITHER, "another page tree", _LATER),
    "isa-catalogue": Row(_then(change.catalogue), EITHER, "the catalogue leads elsewhere", _LATER),
    "isa-new-catalogue": Row(_then(change.new_catalogue, extra=b"/Root %d 0 R "), EITHER, "another catalogue", _LATER),
    "isa-copied-signature": Row(_then(change.copied_signature), EITHER, "the signature is repeated", _LATER),
    "isa-page-removed": Row(_then(change.page_removed, base=_two_pages), EITHER, "a page is gone", _LATER),
    "isa-pages-swapped": Row(_then(change.pages_swapped, base=_two_pages), EITHER, "pages swapped", _LATER),
    "isa-page-doubled": Row(_then(change.page_doubled, base=_two_pages), EITHER, "a page comes twice", _LATER),
    "isa-cropped": Row(_then(change.page_turned), EITHER, "a page is cropped", _LATER),
    "isa-title": Row(_then(change.title), EITHER, "title in Info and XMP", _LATER),
    "isa-open-action": Row(_then(change.open_action), EITHER, "a script at opening", _LATER),
    "isa-script": Row(_then(change.named_script), EITHER, "a script in the name tree", _LATER),
    "isa-attachment": Row(_then(change.attachment_swapped, base=lambda: prepared.with_attachment(page())), EITHER,
                          "the attached file is another", _LATER),
    "isa-date": Row(_then(change.annotation("FreeText", b"1 g 0 0 220 20 re f BT /F1 11 Tf 2 5 Td (31/12/2020) Tj ET",
                                            (330, 740, 550, 760))), EITHER, "another date over the date", _LATER),
    "isa-stamp": Row(_then(change.annotation("Stamp")), EITHER, "a stamp over the text", _LATER),
    "isa-field-emptied": Row(_then(change.field_emptied), EITHER, "the field lost its signature", _LATER),
    "isa-form-removed": Row(_then(change.form_removed), EITHER, "no field leads to the signature", _LATER),
    "isa-signature-look": Row(_then(change.appearance_of_signature, SEALED), EITHER, "the signature looks otherwise", _LATER),
    "isa-number-look": Row(_then(change.appearance_of_signature, signing.NUMBER), EITHER, "the number's signature shows another", _LATER),
}  # fmt: skip

# certified documents and shadows


def _certified(level: MDPPerm, edit: Edit, base: Callable[[], bytes] = page) -> Build:
    return _then(edit, Way(certify=level), base)


def _signed_over(certify: MDPPerm | None, box: tuple[int, int, int, int], *, known: bool) -> Build:
    """A later signature whose picture covers the text, by a stranger or by a person of the office."""

    def build(scene: Scene) -> bytes:
        pdf = scene.signed(way=Way(certify=certify))
        pki, who = (scene.pki, scene.person) if known else (scene.pki.double(), scene.pki.double().person())
        return signing.sign(pdf, who, pki, Way(field="Signature2", box=box, text="Số tiền: 9.000.000.000 đồng", picture=True))

    return build


def _twin(scene: Scene) -> bytes:
    pdf, places = prepared.with_twin(page())
    return change.twin_shown(scene.signed(pdf), places)


def _locked(scene: Scene) -> bytes:
    lock = FieldMDPSpec(FieldMDPAction.ALL)
    return later(scene.signed(prepared.with_text_field(page()), Way(lock=lock)), change.filled("9"))


def _with_field() -> bytes:
    return prepared.with_text_field(page())


def _with_value() -> bytes:
    return prepared.with_text_field(page(), "100")


_FORBIDDEN = _LATER | _codes("overlay-on-certified chain-unknown")
CERTIFIED: Mapping[str, Row] = {
    "eaa-free-text": Row(_certified(MDPPerm.ANNOTATE, change.annotation("FreeText")), EITHER, "P=3, text over the text", _FORBIDDEN),
    "eaa-redact": Row(_certified(MDPPerm.ANNOTATE, change.annotation("Redact")), EITHER, "P=3, blacked out", _FORBIDDEN),
    "eaa-stamp": Row(_certified(MDPPerm.ANNOTATE, change.annotation("Stamp")), EITHER, "P=3, a stamp over the text", _FORBIDDEN),
    "eaa-p2": Row(_certified(MDPPerm.FILL_FORMS, change.annotation("FreeText")), EITHER, "P=2, an annotation", _FORBIDDEN),
    "ssa-field": Row(_certified(MDPPerm.FILL_FORMS, change.fake_signature_field), EITHER, "P=2, an unsigned field over the text", _FORBIDDEN),
    "ssa-stranger": Row(_signed_over(MDPPerm.FILL_FORMS, (60, 380, 540, 580), known=False), EITHER,
                        "P=2, a stranger's signature over the text", _FORBIDDEN),
    "ssa-person": Row(_signed_over(MDPPerm.FILL_FORMS, (60, 380, 540, 580), known=True), EITHER,
                      "P=2, a known person's signature over the text", _FORBIDDEN),
    "ssa-approval": Row(_signed_over(None, (60, 380, 540, 580), known=False), EITHER, "a stranger's signature over the text", _FORBIDDEN),
    "ssa-whole-page": Row(_signed_over(None, (0, 0, 595, 842), known=True), EITHER, "a known person's over the whole page", _FORBIDDEN),
    "p1-filled": Row(_certified(MDPPerm.NO_CHANGES, change.filled("9"), _with_field), EITHER, "P=1, a field filled", _FORBIDDEN),
    "p1-signed": Row(_signed_over(MDPPerm.NO_CHANGES, SEAL_BOX, known=True), EITHER, "P=1, signed once more", _FORBIDDEN),
    "locked-filled": Row(_locked, EITHER, "all fields locked, one filled", _FORBIDDEN),
    "shadow-hide": Row(_then(change.cover_removed, base=lambda: prepared.with_cover(page())), EITHER, "the cover is taken off", _LATER),
    "shadow-layer": Row(_then(change.layer_shown, base=lambda: prepared.with_layer(page())), EITHER, "the layer is shown", _LATER),
    "shadow-twin": Row(_twin, EITHER, "the table leads to a second set of objects", _LATER),
    "shadow-value": Row(_then(change.filled("900"), base=_with_value), EITHER, "a filled field is filled otherwise", _LATER),
    "shadow-look": Row(_then(change.filled("100", shown="900"), base=_with_value), EITHER, "a field shows what it does not hold", _LATER),
    "shadow-grown": Row(_then(change.grown, base=_with_field), EITHER, "a field grows over the text", _LATER),
}  # fmt: skip

# certificates, revocation, time, algorithms

_CHAIN = _codes("chain-unknown chain-broken wrong-key-usage altered")
_DATES = _codes("expired-at-signing not-yet-valid no-proof-of-time time-false")
_REVOKED = _codes("revoked revoked-time-unknown")
_NOT_KNOWN = _codes("revocation-unknown")
_TIME = _codes("time-false no-proof-of-time stamp-untrusted stamp-weak revocation-unknown expired-at-signing chain-unknown")
_WEAK = _codes("algorithm-weak algorithm-broken stamp-weak")
TRUST: Mapping[str, Row] = {
    "look-alike": Row(signers.look_alike, EITHER, "a CA of the same names", _CHAIN),
    "look-alike-chain": Row(lambda scene: signers.look_alike(scene, Way(whole_chain=True)), EITHER, "and its chain embedded", _CHAIN),
    "look-alike-stamped": Row(signers.look_alike_stamped_well, EITHER, "and a true time-stamp", _CHAIN),
    "self-signed": Row(signers.self_signed, EITHER, "vouches for itself", _CHAIN),
    "issued-by-leaf": Row(signers.issued_by_a_leaf, EITHER, "vouched for by no CA", _CHAIN),
    "by-time-stamper": Row(signers.by_time_stamper, EITHER, "a key for time alone", _CHAIN),
    "certificate-altered": Row(signers.altered_certificate, EITHER, "another tax code in the certificate", _CHAIN),
    "certificate-other": Row(signers.other_certificate_named, EITHER, "the attribute names another certificate", _CHAIN),
    "expired": Row(signers.living(-400 * DAY, -10 * DAY), INVALID, "expired when signed, by the token", _DATES),
    "expired-unstamped": Row(signers.living(-400 * DAY, -10 * DAY, UNSTAMPED), EITHER, "expired; no token", _DATES),
    "expired-since-unstamped": Row(proofs.expired_since(way=UNSTAMPED), UNKNOWN, "expired since; only the signer's clock", _DATES),
    "not-yet-valid": Row(signers.living(10 * DAY, 400 * DAY), EITHER, "not yet valid", _DATES),
    "revoked-before": Row(proofs.revoked(), INVALID, "revoked before it was signed", _REVOKED),
    "revoked-unstamped": Row(proofs.revoked(way=UNSTAMPED), EITHER, "revoked, no token", _REVOKED),
    "revoked-after-unstamped": Row(proofs.revoked(signed=-2 * DAY, way=UNSTAMPED), EITHER, "revoked after the claimed time", _REVOKED),
    "revoked-ca": Row(proofs.revoked("issuing"), EITHER, "the issuing CA was revoked", _REVOKED | _CHAIN),
    "revoked-tsa": Row(proofs.revoked("tsa"), EITHER, "the time-stamping authority was revoked", _REVOKED | _TIME),
    "revoked-hushed-unknown": Row(proofs.revoked_and_hushed("unknown"), EITHER, "revoked; OCSP says unknown", _NOT_KNOWN | _REVOKED),
    "revoked-hushed-stranger": Row(proofs.revoked_and_hushed("stranger"), EITHER, "revoked; a stranger says good", _NOT_KNOWN),
    "revoked-hushed-other": Row(proofs.revoked_and_hushed("other"), EITHER, "revoked; the answer is of another", _NOT_KNOWN),
    "revoked-hushed-old": Row(proofs.revoked_and_hushed("old"), EITHER, "revoked; the answer is old", _NOT_KNOWN),
    "revoked-poisoned": Row(proofs.poisoned_while_revoked, INVALID, "revoked; a stranger's list in the file says no", _REVOKED),
    **{f"crl-{lie}": Row(proofs.services(ocsp="silent", crl=lie), UNKNOWN, f"no OCSP; the list: {lie}", _NOT_KNOWN)
       for lie in ("silent", "garbage", "old", "future", "stranger", "issuer", "delta", "broken")},
    **{f"ocsp-{lie}": Row(proofs.services(crl="silent", ocsp=lie), EITHER if lie == "revoked" else UNKNOWN, f"no list; OCSP: {lie}",
                          _NOT_KNOWN | _REVOKED)
       for lie in ("garbage", "unknown", "revoked", "old", "future", "nonce", "stranger", "other", "broken", "later")},
    "root-crl-silent": Row(proofs.services(root_crl="silent"), UNKNOWN, "nothing of the issuing CA", _NOT_KNOWN),
    "root-crl-stranger": Row(proofs.services(root_crl="stranger"), UNKNOWN, "a stranger's list of the issuing CA", _NOT_KNOWN),
    "tsa-crl-silent": Row(proofs.services(tsa_crl="silent"), UNKNOWN, "nothing of the time-stamping authority", _NOT_KNOWN | _TIME),
    "poisoned-stranger": Row(proofs.poisoned("stranger"), UNKNOWN, "a stranger's list in the file, services silent", _NOT_KNOWN),
    "poisoned-issuer": Row(proofs.poisoned("issuer"), UNKNOWN, "another authority's list in the file", _NOT_KNOWN),
    "poisoned-old": Row(proofs.poisoned("old", "broken"), UNKNOWN, "old and broken lists in the file", _NOT_KNOWN),
    "stamp-of-another": Row(proofs.stamp_of_another, EITHER, "a token of another signature", _TIME),
    "stamp-by-office": Row(proofs.stamp_by_office, EITHER, "the signer stamps itself", _TIME),
    "backdated": Row(proofs.backdated, EITHER, "expired; a stranger's token says before", _TIME),
    **{f"stamp-{lie}": Row(proofs.stamped(lie), EITHER, f"the token: {lie}", _TIME | _WEAK)
       for lie in ("digest", "early", "late", "stranger", "broken", "weak")},
    **{f"last-stamp-{lie}": Row(proofs.last_stamp(lie), EITHER, f"the document time-stamp: {lie}", _TIME | _WEAK | _ALTERED)
       for lie in ("digest", "late", "stranger", "broken", "weak")},
    "sha1": Row(signers.weak(SHA1), EITHER, "SHA-1, signed today", _WEAK),
    "sha1-below": Row(signers.weak_below, EITHER, "SHA-1 of the document, SHA-256 of the attributes", _WEAK),
    "rsa-1024": Row(signers.short_key, EITHER, "RSA of 1,024 bits", _WEAK),
    "of-2019-bare": Row(proofs.of_2019(archived=False), UNKNOWN, "B-T of 2019, nothing of its dead CA", _NOT_KNOWN | _DATES),
}  # fmt: skip

FORGERIES: Mapping[str, Row] = {**WRAPPING, **UNIVERSAL, **BYTES, **SAVING, **CERTIFIED, **TRUST}


# honest files


def _archived(scene: Scene) -> bytes:
    return signing.archived(scene.signed(), scene.office, scene.pki)


def _renewed(scene: Scene) -> bytes:
    return signing.archived(_archived(scene), scene.office, scene.pki, field="DauThoiGian2")


def _second_signer(scene: Scene) -> bytes:
    return signing.sign(scene.signed(), scene.person, scene.pki, Way(field="Signature2"))


def _seal_in_empty_field(scene: Scene) -> bytes:
    waiting = signing.empty_field(page(), SEALED.field)
    first = signing.sign(waiting, scene.person, scene.pki, Way(certify=MDPPerm.FILL_FORMS))
    return signing.sign(first, scene.office, scene.pki, SEALED)


def _direct(scene: Scene) -> bytes:
    scene.pki.direct = True
    return proofs.services(crl="silent")(scene)


def _stamp_added(scene: Scene) -> bytes:
    return signing.stamp_document(scene.signed(), scene.pki)


_MAYBE = VALID | UNKNOWN
CONTROLS: Mapping[str, Row] = {
    "pades": Row(lambda scene: scene.signed(), VALID, "B-T by the office"),
    "person": Row(lambda scene: signing.sign(page(), scene.person, scene.pki), VALID, "B-T by a person, EC"),
    "whole-chain": Row(lambda scene: scene.signed(way=Way(whole_chain=True)), VALID, "the CMS embeds the chain"),
    "legacy": Row(lambda scene: scene.signed(way=LEGACY), VALID, "adbe.pkcs7.detached without signing-certificate attribute"),
    "sealed": Row(lambda scene: scene.signed(way=SEALED), VALID, "visible"),
    "unstamped": Row(lambda scene: scene.signed(way=UNSTAMPED), _MAYBE, "no token; the certificate lives"),
    "local-time": Row(lambda scene: scene.signed(way=Way(pades=False, claimed=signing.LOCAL)), VALID, "local time written as UTC"),
    "old-evidence-ocsp": Row(lambda scene: signing.archived(scene.signed(), scene.office, scene.pki, by_ocsp=True), VALID, "OCSP in the DSS"),
    "archived": Row(_archived, VALID, "B-LTA"),
    "renewed": Row(_renewed, VALID, "B-LTA, renewed"),
    "dss-only": Row(lambda scene: signing.evidence(scene.signed(), scene.office, scene.pki), VALID, "DSS added"),
    "stamp-only": Row(_stamp_added, VALID, "a document time-stamp added"),
    "second-signer": Row(_second_signer, VALID, "an approval by a second signer"),
    "seal-in-field": Row(_seal_in_empty_field, VALID, "certified P=2, sealed in a field that waited"),
    "vgca": Row(lambda scene: signing.vgca(page(), scene.person, scene.office, scene.pki), VALID, "person, number, date, seal"),
    "filled": Row(_then(change.filled("9"), base=_with_field), VALID, "an empty field filled"),
    "certified-1": Row(lambda scene: scene.signed(way=Way(certify=MDPPerm.NO_CHANGES)), VALID, "certified P=1"),
    "certified-1-archived": Row(
        lambda scene: signing.archived(scene.signed(way=Way(certify=MDPPerm.NO_CHANGES)), scene.office, scene.pki), VALID,
        "certified P=1, archived"),
    "hybrid": Row(lambda scene: scene.signed(signing.hybrid(page())), VALID, "hybrid references below the signature"),
    "ocsp-direct": Row(_direct, VALID, "OCSP by the CA itself, no list"),
    "ocsp-alone": Row(proofs.services(crl="silent"), VALID, "OCSP, no list"),
    "ocsp-no-nonce": Row(proofs.services(crl="silent", ocsp="no-nonce"), _MAYBE, "OCSP without the nonce, no list"),
    "crl-alone": Row(proofs.services(ocsp="silent"), VALID, "a list, no OCSP"),
    "slandered": Row(proofs.slandered, VALID, "a stranger's list in the file calls it revoked"),
    "superseded-later": Row(proofs.revoked(signed=-3 * DAY, at=-DAY, reason=proofs.SUPERSEDED), VALID, "replaced after the token"),
    "expired-since": Row(proofs.expired_since(), VALID, "B-LTA, expired since"),
    "of-2019": Row(proofs.of_2019(archived=True), VALID, "B-LTA of 2019, its CA dead since 2023"),
}  # fmt: skip
