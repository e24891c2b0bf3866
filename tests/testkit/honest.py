"""Honest signed files: what must not be taken for an attack."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import pikepdf
from asn1crypto import cms, core
from pyhanko.sign.fields import MDPPerm

from tests.testkit import false_proofs as proofs
from tests.testkit import prepared, shadows, signing
from tests.testkit.answers import signed_data, signer_info, stamped
from tests.testkit.false_signers import DAY, Scene
from tests.testkit.increments import later
from tests.testkit.rows import MAYBE, UNSIGNED, VALID, Row, then
from tests.testkit.signing import HAND, LEGACY, SEALED, UNSTAMPED, Way, page


def _with_field() -> bytes:
    return prepared.with_text_field(page())


def _archived(scene: Scene) -> bytes:
    return signing.archived(scene.signed(), scene.office, scene.pki)


def _renewed(scene: Scene) -> bytes:
    return signing.archived(_archived(scene), scene.office, scene.pki, field="DauThoiGian2")


def _second_signer(scene: Scene) -> bytes:
    return signing.sign(scene.signed(), scene.person, scene.pki, Way(field="Signature2"))


def _seal_in_empty_field(scene: Scene) -> bytes:
    waiting = signing.empty_field(page(), SEALED.field, signing.SEAL_BOX)
    first = signing.sign(waiting, scene.person, scene.pki, replace(HAND, certify=MDPPerm.FILL_FORMS))
    return signing.sign(first, scene.office, scene.pki, SEALED)


def _direct(scene: Scene) -> bytes:
    scene.pki.direct = True
    return proofs.services(crl="silent")(scene)


def _stamp_added(scene: Scene) -> bytes:
    return signing.stamp_document(scene.signed(), scene.pki)


def _filled_then_signed(scene: Scene) -> bytes:
    pdf = later(scene.signed(_with_field()), shadows.filled("9"))
    return signing.sign(pdf, scene.person, scene.pki, Way(field="Signature2"))


def _with_signed_attachment(scene: Scene) -> bytes:
    return scene.signed(_signed_in_unsigned(scene))


def _signed_in_unsigned(scene: Scene) -> bytes:
    return prepared.with_attachment(page(), scene.signed(page(4)), name="kem.pdf", raw=True)


def _mention(document: pikepdf.Pdf) -> list[pikepdf.Object]:
    document.pages[0].contents_add(b"BT 1 0 0 1 50 30 Tm (/ByteRange [0 100 200 300] /Contents <30> /Type /Sig) Tj ET\n")
    return []


def _with_garbage(scene: Scene) -> bytes:
    def edit(document: pikepdf.Pdf) -> list[pikepdf.Object]:
        junk = document.make_indirect(pikepdf.Stream(document, b"\x30\x82\xff\xff junk"))
        streams = pikepdf.Array([junk])
        document.Root.DSS = document.make_indirect(pikepdf.Dictionary(Certs=streams, CRLs=streams, OCSPs=streams))
        return [junk, document.Root.DSS, document.Root]

    return later(scene.signed(), edit)


def _odd_dss(document: pikepdf.Pdf) -> list[pikepdf.Object]:
    document.Root.DSS = document.make_indirect(pikepdf.Dictionary(Certs=1, CRLs=pikepdf.Dictionary(), OCSPs=pikepdf.Array([1, "a"])))
    return [document.Root.DSS, document.Root]


def _length_80(scene: Scene) -> bytes:
    """A definite length ends in the byte 80: asn1crypto takes it for an indefinite one and may dump for half a minute."""

    def make(digest: bytes) -> bytes:
        plain = cms.CMSAttributes([{"type": "content_type", "values": ["data"]}, {"type": "message_digest", "values": [digest]}])
        value = scene.office.sign(plain.dump())
        token = signing.token(scene.pki, hashlib.sha256(value).digest())
        for size in range(256):
            filler = cms.CMSAttribute({"type": "1.3.6.1.4.1.55555.9", "values": [core.OctetString(bytes(300 + size))]}).dump()
            more = stamped(token, filler)
            signer = signer_info(scene.office, plain, unsigned=lambda _, more=more: more)  # type: ignore[misc]  # bound early
            if len(signer) % 256 == 128:
                return signed_data("data", None, [scene.office], [signer])
        raise AssertionError("one of 256 sizes fits")

    return signing.sign(page(), scene.office, scene.pki, LEGACY, make=make)


def _streams(scene: Scene) -> bytes:
    pdf = scene.signed(prepared.compact(page()))
    return signing.sign(pdf, scene.person, scene.pki, Way(field="Signature2"))


HONEST: Mapping[str, Row] = {
    "pades": Row(lambda scene: scene.signed(), VALID, "B-T by the office"),
    "person": Row(lambda scene: signing.sign(page(), scene.person, scene.pki), VALID, "B-T by a person, EC"),
    "whole-chain": Row(lambda scene: scene.signed(way=Way(whole_chain=True)), VALID, "the CMS embeds the chain"),
    "legacy": Row(lambda scene: scene.signed(way=LEGACY), VALID, "adbe.pkcs7.detached without signing-certificate attribute"),
    "sealed": Row(lambda scene: scene.signed(way=SEALED), VALID, "visible"),
    "unstamped": Row(lambda scene: scene.signed(way=UNSTAMPED), MAYBE, "no token; the certificate lives"),
    "local-time": Row(lambda scene: scene.signed(way=Way(pades=False, claimed=signing.LOCAL)), VALID, "local time written as UTC"),
    "old-evidence-ocsp": Row(lambda scene: signing.archived(scene.signed(), scene.office, scene.pki, by_ocsp=True), VALID, "OCSP in the DSS"),
    "archived": Row(_archived, VALID, "B-LTA"),
    "renewed": Row(_renewed, VALID, "B-LTA, renewed"),
    "dss-only": Row(lambda scene: signing.evidence(scene.signed(), scene.office, scene.pki), VALID, "DSS added"),
    "stamp-only": Row(_stamp_added, VALID, "a document time-stamp added"),
    "second-signer": Row(_second_signer, VALID, "an approval by a second signer"),
    "seal-in-field": Row(_seal_in_empty_field, VALID, "certified P=2, sealed in a field that waited"),
    "vgca": Row(lambda scene: signing.vgca(scene.person, scene.office, scene.pki), VALID, "person, number, date, seal"),
    "filled-then-signed": Row(_filled_then_signed, VALID, "an empty field filled, then signed by a second signer"),
    "filled": Row(then(shadows.filled("9"), base=_with_field), MAYBE, "an empty field filled: permitted, and signed by nobody"),
    "certified-1": Row(lambda scene: scene.signed(way=Way(certify=MDPPerm.NO_CHANGES)), VALID, "certified P=1"),
    "certified-1-archived": Row(
        lambda scene: signing.archived(scene.signed(way=Way(certify=MDPPerm.NO_CHANGES)), scene.office, scene.pki), VALID,
        "certified P=1, archived"),
    "hybrid": Row(lambda scene: scene.signed(signing.hybrid(page())), VALID, "hybrid references below the signature"),
    "streams": Row(_streams, VALID, "object streams, two signers"),
    "linearised": Row(lambda scene: scene.signed(prepared.linearised(page())), VALID, "linearised below the signature"),
    "sha512": Row(lambda scene: scene.signed(way=Way(digest="sha512")), VALID, "SHA-512"),
    "ess-v1": Row(lambda scene: scene.signed(way=Way(pades=False, ess="v1")), MAYBE, "the older signing-certificate attribute"),
    "nested-name": Row(lambda scene: scene.signed(way=Way(field="don.vi.ky")), VALID, "a field within fields"),
    "long-name": Row(lambda scene: scene.signed(way=Way(field="Chữ ký số của Sở")), VALID, "a field with a Vietnamese name"),
    "length-80": Row(_length_80, VALID, "a length that ends in 80: to be judged in seconds"),
    "newline": Row(lambda scene: scene.signed() + b"\r\n", MAYBE, "a line end after the end"),
    "compromised-later": Row(proofs.revoked(signed=-3 * DAY, at=-DAY), MAYBE, "compromised after the token"),
    "signed-attachment": Row(_with_signed_attachment, VALID, "a signed PDF, uncompressed, is attached to a signed one"),
    "unsigned": Row(lambda scene: page(), UNSIGNED, "nobody signed"),
    "unsigned-waiting": Row(lambda scene: signing.empty_field(page(), "CoQuan"), UNSIGNED, "a field waits for its signer"),
    "unsigned-mention": Row(lambda scene: prepared.rewritten(page(), _mention), UNSIGNED, "the text speaks of /ByteRange"),
    "unsigned-attachment": Row(_signed_in_unsigned, UNSIGNED, "a signed PDF, uncompressed, is attached to an unsigned one"),
    "dss-garbage": Row(_with_garbage, MAYBE, "lists and certificates in the file that are none"),
    "dss-odd": Row(then(_odd_dss), MAYBE, "a DSS of other types"),
    "ocsp-direct": Row(_direct, VALID, "OCSP by the CA itself, no list"),
    "ocsp-alone": Row(proofs.services(crl="silent"), VALID, "OCSP, no list"),
    "ocsp-no-nonce": Row(proofs.services(crl="silent", ocsp="no-nonce"), MAYBE, "OCSP without the nonce, no list"),
    "crl-alone": Row(proofs.services(ocsp="silent"), VALID, "a list, no OCSP"),
    "slandered": Row(proofs.slandered, VALID, "a stranger's list in the file calls it revoked"),
    "superseded-later": Row(proofs.revoked(signed=-3 * DAY, at=-DAY, reason=proofs.SUPERSEDED), VALID, "replaced after the token"),
    # EN 319 102-1: a list that came with the file counts until its own next update; who was revoked since cannot be told from it.
    "revoked-replayed": Row(proofs.revoked_and_replayed, MAYBE, "revoked; the file brings a list that still runs, services silent"),
    "expired-since": Row(proofs.expired_since(), VALID, "B-LTA, expired since"),
    "of-2019": Row(proofs.of_2019(archived=True), VALID, "B-LTA of 2019, its CA dead since 2023"),
}  # fmt: skip
