"""Signed letters of the kit have the habits that were asked for, and no others."""

from __future__ import annotations

import datetime as dt
import io

import pikepdf
import pymupdf
import pytest
from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm
from pyhanko.sign.validation import EmbeddedPdfSignature

from tests.testkit import signing
from tests.testkit.false_signers import Scene
from tests.testkit.signing import LEGACY, LOCAL, PADES, SHA1, UNSTAMPED, Way, page


@pytest.fixture
def scene() -> Scene:
    return Scene()


def signatures(pdf: bytes) -> list[EmbeddedPdfSignature]:
    return list(PdfFileReader(io.BytesIO(pdf), strict=False).embedded_signatures)


def attributes(signature: EmbeddedPdfSignature) -> set[str]:
    return {attribute["type"].native for attribute in signature.signer_info["signed_attrs"]}


def token_of(signature: EmbeddedPdfSignature) -> cms.SignedData | None:
    unsigned = signature.signer_info["unsigned_attrs"]
    found = [each["values"][0]["content"] for each in unsigned or () if each["type"].native == "signature_time_stamp_token"]
    return found[0] if found else None


@pytest.mark.parametrize(
    "way, digest, more, stamped",
    [
        (PADES, "sha256", {"signing_certificate_v2"}, True), (UNSTAMPED, "sha256", {"signing_certificate_v2"}, False),
        (LEGACY, "sha256", {"signing_time"}, True), (SHA1, "sha1", {"signing_time"}, True),
        (Way(pades=False, ess="v1"), "sha256", {"signing_time", "signing_certificate"}, True),
    ],
)  # fmt: skip
def test_a_way_is_what_it_says(scene: Scene, way: Way, digest: str, more: set[str], stamped: bool) -> None:
    (signature,) = signatures(scene.signed(way=way))
    assert attributes(signature) == {"content_type", "message_digest"} | more
    assert signature.md_algorithm == digest
    assert (token_of(signature) is not None) is stamped
    subfilter = "/ETSI.CAdES.detached" if way.pades else "/adbe.pkcs7.detached"
    assert signature.sig_object["/SubFilter"] == subfilter


@pytest.mark.parametrize("whole, embedded", [(False, 1), (True, 3)])
def test_only_the_leaf_is_embedded_unless_asked(scene: Scene, whole: bool, embedded: int) -> None:
    (signature,) = signatures(scene.signed(way=Way(whole_chain=whole)))
    assert len(signature.signed_data["certificates"]) == embedded


def test_local_time_is_seven_hours_ahead_of_the_token(scene: Scene) -> None:
    (signature,) = signatures(scene.signed(way=Way(pades=False, claimed=LOCAL)))
    token = token_of(signature)
    assert token is not None and signature.self_reported_timestamp is not None
    stamped = token["encap_content_info"]["content"].parsed["gen_time"].native
    assert abs(signature.self_reported_timestamp - stamped - LOCAL) < dt.timedelta(seconds=2)


@pytest.mark.parametrize("level", list(MDPPerm))
def test_certified_letters_say_so(scene: Scene, level: MDPPerm) -> None:
    (signature,) = signatures(scene.signed(way=Way(certify=level)))
    assert signature.docmdp_level == level
    with pikepdf.open(io.BytesIO(scene.signed(way=Way(certify=level)))) as document:
        assert "/DocMDP" in document.Root.Perms


def test_a_lock_names_its_fields(scene: Scene) -> None:
    (signature,) = signatures(scene.signed(way=Way(lock=FieldMDPSpec(FieldMDPAction.ALL))))
    assert signature.fieldmdp is not None and signature.fieldmdp.is_locked("ghichu")


def test_number_and_day_stand_in_appearances_only(scene: Scene) -> None:
    pdf = signing.vgca(scene.person, scene.office, scene.pki)
    assert [each.field_name for each in signatures(pdf)] == ["Signature1", "So", "Ngay", "CoQuan"]
    with pikepdf.open(io.BytesIO(pdf)) as bare:
        del bare.pages[0].obj["/Annots"]
        saved = io.BytesIO()
        bare.save(saved)
    with pymupdf.open(stream=saved.getvalue(), filetype="pdf") as document:
        without = document[0].get_text()
    assert "4156" not in without and "/QĐ-TTYT" in without
    with pymupdf.open(stream=pdf, filetype="pdf") as document:
        document.bake()  # what a reader sees
        assert "4156" in document[0].get_text()


def test_hybrid_references_are_hybrid(scene: Scene) -> None:
    pdf = signing.hybrid(page())
    assert PdfFileReader(io.BytesIO(pdf), strict=False).xrefs.hybrid_xrefs_present
    assert pdf.startswith(page()) and scene.signed(pdf).startswith(pdf)


def test_an_archived_letter_carries_its_proofs(scene: Scene) -> None:
    pdf = signing.archived(scene.signed(), scene.office, scene.pki)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert (len(document.Root.DSS.CRLs), len(document.Root.DSS.Certs)) == (3, 5)
        assert document.Root.AcroForm.Fields[1].V.Type == "/DocTimeStamp"
    renewed = signing.archived(pdf, scene.office, scene.pki, field="DauThoiGian2", by_ocsp=True)
    assert renewed.startswith(pdf) and len(signatures(renewed)) == 3
