"""What the token signs: a seal's attributes and nothing else, whoever asks."""

import contextlib
import hashlib
from typing import Any

import pytest
from asn1crypto import algos, cms, core, tsp
from hypothesis import given
from hypothesis import strategies as st

from processor.signer.attributes import Refused, digest

OWN, OTHER = b"own certificate", b"another certificate"
DIGEST = hashlib.sha256(b"a document").digest()


def named(certificate: bytes, **more: Any) -> tsp.SigningCertificateV2:
    return tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate).digest(), **more})]})


def protection(algorithm: str) -> cms.CMSAlgorithmProtection:
    return cms.CMSAlgorithmProtection({"digest_algorithm": {"algorithm": algorithm}, "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})})


def attributes(**changed: Any) -> bytes:
    every = {"content_type": ["data"], "message_digest": [DIGEST], "signing_certificate_v2": [named(OWN)]} | changed
    rows = [{"type": name, "values": values} for name, values in every.items() if values is not None]
    return bytes(cms.CMSAttributes(rows).dump())


@pytest.mark.parametrize("more", [{}, {"cms_algorithm_protection": [protection("sha256")]}])
def test_a_seals_attributes_tell_the_documents_digest(more: dict[str, Any]) -> None:
    assert digest(attributes(**more), OWN) == DIGEST


def _unsorted() -> bytes:
    """The same attributes in an order that DER does not allow."""
    inner = [attribute.dump() for attribute in cms.CMSAttributes.load(attributes())]
    return bytes(core.SetOf(spec=core.Any, contents=b"".join(reversed(inner))).dump())


REFUSED: dict[str, tuple[bytes, str]] = {
    "another certificate": (attributes(signing_certificate_v2=[named(OTHER)]), "wrong-certificate"),
    "ours as the second": (
        attributes(signing_certificate_v2=[tsp.SigningCertificateV2({"certs": [*named(OTHER)["certs"], *named(OWN)["certs"]]})]),
        "wrong-certificate",
    ),
    "named by another hash": (
        attributes(signing_certificate_v2=[named(OWN, hash_algorithm={"algorithm": "sha512"})]), "wrong-certificate"),
    "no certificate": (attributes(signing_certificate_v2=None), "not-attributes"),
    "an empty list of certificates": (
        attributes(signing_certificate_v2=[tsp.SigningCertificateV2({"certs": []})]), "not-attributes"),
    "no digest": (attributes(message_digest=None), "not-attributes"),
    "SHA-1": (attributes(message_digest=[bytes(20)]), "wrong-digest"),
    "SHA-512": (attributes(message_digest=[bytes(64)]), "wrong-digest"),
    "two digests": (attributes(message_digest=[DIGEST, bytes(32)]), "not-a-seal"),
    "a time-stamp": (attributes(content_type=["tst_info"]), "not-a-seal"),
    "another digest algorithm inside": (attributes(cms_algorithm_protection=[protection("sha1")]), "not-a-seal"),
    "an attribute no seal has": (attributes(counter_signature=None, signature_time_stamp_token=[]), "not-a-seal"),
    "an attribute twice": (bytes(cms.CMSAttributes([*cms.CMSAttributes.load(attributes()), {"type": "message_digest", "values": [DIGEST]}]).dump()), "not-a-seal"),
    "not DER": (_unsorted(), "not-attributes"),
    "more after them": (attributes() + b"\0", "not-attributes"),
    "a digest alone": (DIGEST, "not-attributes"),
    "a document": (b"%PDF-1.7\n%%EOF\n", "not-attributes"),
    "nothing": (b"", "not-attributes"),
    "nested without end": (b"\x31\x80" * 2000, "not-attributes"),
    "endless": (attributes() + bytes(1 << 20), "not-attributes"),
    "a TLS handshake": (b" " * 64 + b"TLS 1.3, client CertificateVerify\0" + DIGEST, "not-attributes"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_nothing_else_is_signed(what: str) -> None:
    asked, code = REFUSED[what]
    with pytest.raises(Refused) as caught:
        digest(asked, OWN)
    assert caught.value.code == code


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: b"\x31" + bytes([len(tail)]) + tail))
def test_any_bytes_are_refused(asked: bytes) -> None:
    with pytest.raises(Refused):
        digest(asked, OWN)


@given(st.integers(0, 300), st.integers(0, 255))
def test_a_changed_byte_is_another_documents_or_refused(at: int, value: int) -> None:
    asked = bytearray(attributes())
    asked[at % len(asked)] = value
    with contextlib.suppress(Refused):
        assert digest(bytes(asked), OWN) in bytes(asked)
