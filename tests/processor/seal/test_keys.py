"""The key holder: what it loads, when it may seal, and what it refuses to sign."""

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import MissingError, Verdict
from processor.seal.certificates import above, agencies, read_certificates, sealing_key
from processor.seal.keys import Sealer
from processor.seal.pkcs12 import FileKey

NOW = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
SECRET = b"a pass phrase"
DAY = dt.timedelta(days=1)
EC = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)


def certificate(key: Any, name: str = "UBND xã X", usage: str | None = "digital_signature", **days: int) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + DAY * days.get("first", -1)).not_valid_after(NOW + DAY * days.get("last", 30))
    )  # fmt: skip
    if usage is not None:
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                 "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
        builder = builder.add_extension(x509.KeyUsage(**{each: each == usage for each in names}), True)
    return builder.sign(EC if isinstance(key, dsa.DSAPrivateKey) else key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def sealer(key: Any = EC, **how: Any) -> Sealer:
    return Sealer(FileKey(key), certificate(key, **how), ())


def bundle(path: Path, key: Any, own: x509.Certificate | None, *chain: x509.Certificate, secret: bytes = SECRET) -> Path:
    protection = BestAvailableEncryption(secret) if secret else NoEncryption()
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, own, chain, protection))
    return path


def attributes(own: x509.Certificate, digest: bytes = bytes(32), **changed: Any) -> bytes:
    named = tsp.ESSCertIDv2({"cert_hash": own.fingerprint(hashes.SHA256())})
    every = {
        "content_type": ["data"], "message_digest": [digest],
        "signing_certificate_v2": [tsp.SigningCertificateV2({"certs": [named]})],
    } | changed  # fmt: skip
    rows = [{"type": name, "values": values} for name, values in every.items() if values is not None]
    return bytes(cms.CMSAttributes(rows).dump())


# --- the PKCS#12 file


@pytest.mark.parametrize("key", [EC, RSA], ids=["ECDSA", "RSA"])
def test_the_key_comes_with_its_certificate_and_the_chain(tmp_path: Path, key: Any) -> None:
    own, above, more = certificate(key), certificate(OTHER, "CA"), certificate(OTHER, "CA above")
    loaded = Sealer.load(bundle(tmp_path / "a.p12", key, own, above), SECRET, [more])
    assert loaded.certificate == own
    assert loaded.chain == (above, more)
    assert loaded.certificate_der() == own.public_bytes(Encoding.DER)


@pytest.mark.parametrize("secret", [b"wrong", b"", SECRET + b" ", "mật khẩu".encode()])
def test_a_wrong_passphrase_is_said_without_showing_it(tmp_path: Path, secret: bytes) -> None:
    path = bundle(tmp_path / "a.p12", EC, certificate(EC))
    with pytest.raises(MissingError, match="wrong passphrase") as caught:
        Sealer.load(path, secret)
    assert SECRET.decode() not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\n", b"\x30\x80" * 4000, os.urandom(500)])
def test_what_is_no_pkcs12_file_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.p12").write_bytes(content)
    with pytest.raises(MissingError, match="not a PKCS#12 file"):
        Sealer.load(tmp_path / "a.p12", SECRET)


def test_an_absent_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="cannot be read"):
        Sealer.load(tmp_path / "a.p12", SECRET)
    with pytest.raises(MissingError, match="cannot be read"):
        Sealer.load(tmp_path, SECRET)


def test_a_file_without_a_key_or_without_a_certificate_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="holds no"):
        Sealer.load(bundle(tmp_path / "a.p12", None, None, certificate(EC)), SECRET)
    with pytest.raises(MissingError, match="holds no"):
        Sealer.load(bundle(tmp_path / "b.p12", EC, None), SECRET)


@pytest.mark.parametrize(
    "make",
    [
        ed25519.Ed25519PrivateKey.generate,
        lambda: rsa.generate_private_key(65537, 1024),
        lambda: ec.generate_private_key(ec.SECP192R1()),
    ],
    ids=["Ed25519", "RSA 1024", "P-192"],
)
def test_a_key_the_rules_on_signatures_do_not_know_is_refused(tmp_path: Path, make: Callable[[], Any]) -> None:
    """RSA of 2048 bits and ECDSA of 256 bits are the least (NĐ 23/2025, TT 15/2025)."""
    key = make()
    with pytest.raises(MissingError, match="2048"):
        Sealer.load(bundle(tmp_path / "a.p12", key, certificate(key)), SECRET)


def test_the_key_is_never_in_what_is_printed() -> None:
    told = repr(sealer(RSA))
    assert str(RSA.private_numbers().d) not in told and "PRIVATE" not in told


# --- certificates


def test_certificates_are_read_from_pem_and_der_in_order(tmp_path: Path) -> None:
    one, two, three = (certificate(EC, name) for name in "abc")
    (tmp_path / "two.pem").write_bytes(one.public_bytes(Encoding.PEM) + b"\n" + two.public_bytes(Encoding.PEM))
    (tmp_path / "one.cer").write_bytes(three.public_bytes(Encoding.DER))
    assert read_certificates([tmp_path / "two.pem", tmp_path / "one.cer"]) == [one, two, three]


@pytest.mark.parametrize("content", [None, b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"])
def test_a_file_without_a_certificate_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "root.pem").write_bytes(content)
    with pytest.raises(MissingError, match="root.pem"):
        read_certificates([tmp_path / "root.pem"])


@pytest.mark.parametrize(
    ("parts", "names"),
    [([("COMMON_NAME", "Sở Y tế"), ("ORGANIZATION_NAME", "Ủy ban nhân dân tỉnh")], ("Sở Y tế",)),
     ([("ORGANIZATION_NAME", "Sở Y tế"), ("USER_ID", "MST:0400260612")], ("Sở Y tế",)),
     ([("COMMON_NAME", "Sở Y tế"), ("COMMON_NAME", "SYT")], ("Sở Y tế", "SYT")), ([("COUNTRY_NAME", "VN")], ())],
)  # fmt: skip
def test_a_certificate_is_its_common_names_and_not_of_the_body_above(parts: list[tuple[str, str]], names: tuple[str, ...]) -> None:
    """law.md §6b: CN is the department, O the people's committee above it."""
    subject = x509.Name([x509.NameAttribute(getattr(x509.NameOID, oid), value) for oid, value in parts])
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(EC.public_key())
        .serial_number(1).not_valid_before(NOW).not_valid_after(NOW + DAY).sign(EC, hashes.SHA256())
    )  # fmt: skip
    assert agencies(made) == names


def issued(subject: str, key: Any, issuer: str, by: Any) -> x509.Certificate:
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in (subject, issuer)]
    return (
        x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(NOW - DAY).not_valid_after(NOW + DAY).sign(by, hashes.SHA256())
    )  # fmt: skip


def test_of_what_lies_beside_a_certificate_only_its_own_chain_is_taken() -> None:
    root, issuing, own = issued("R", OTHER, "R", OTHER), issued("I", RSA, "R", OTHER), issued("A", EC, "I", RSA)
    alike = issued("I", EC, "R", OTHER)  # the same name, another key
    assert above(own, [root, alike, own, issuing]) == (issuing,)


@pytest.mark.parametrize(
    ("make", "may"),
    [(lambda: RSA, True), (lambda: EC, True), (lambda: ec.generate_private_key(ec.SECP384R1()), True),
     (lambda: rsa.generate_private_key(65537, 1024), False), (lambda: ec.generate_private_key(ec.SECP192R1()), False),
     (lambda: dsa.generate_private_key(2048), False), (ed25519.Ed25519PrivateKey.generate, False)],
)  # fmt: skip
def test_a_certificate_whose_key_the_law_does_not_know_makes_no_sealer(make: Callable[[], Any], may: bool) -> None:
    key = make()
    own = certificate(key)
    assert (sealing_key(own) is not None) is may
    if not may:
        with pytest.raises(MissingError, match="2048"):
            Sealer(FileKey(EC), own, ())


# --- may it seal now


@pytest.mark.parametrize(
    ("at", "usable"),
    [(-DAY - dt.timedelta(seconds=1), False), (-DAY, True), (0 * DAY, True), (30 * DAY, True),
     (30 * DAY + dt.timedelta(seconds=1), False)],
)  # fmt: skip
def test_it_seals_from_the_certificates_first_second_to_its_last(at: dt.timedelta, usable: bool) -> None:
    assert (sealer().usable(NOW + at) == "") is usable


@pytest.mark.parametrize(
    ("usage", "usable"),
    [(None, True), ("digital_signature", True), ("content_commitment", True), ("key_encipherment", False), ("key_cert_sign", False)],
)
def test_it_seals_only_with_a_key_that_is_for_signatures(usage: str | None, usable: bool) -> None:
    assert (sealer(usage=usage).usable(NOW) == "") is usable


@pytest.mark.parametrize(("last", "days"), [(30, 30), (0, 0), (-1, -1)])
def test_the_days_left_are_whole_days(last: int, days: int) -> None:
    assert sealer(first=-10, last=last).days_left(NOW) == days


# --- what it signs


def test_a_seals_attributes_are_signed_with_ecdsa() -> None:
    own = sealer()
    asked = attributes(own.certificate)
    EC.public_key().verify(own.sign(asked), asked, ec.ECDSA(hashes.SHA256()))


def test_a_seals_attributes_are_signed_with_rsa() -> None:
    own = sealer(RSA)
    asked = attributes(own.certificate)
    RSA.public_key().verify(own.sign(asked), asked, padding.PKCS1v15(), hashes.SHA256())
    with pytest.raises(InvalidSignature):
        RSA.public_key().verify(own.sign(asked), asked + b" ", padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("key", [OTHER, RSA, ec.generate_private_key(ec.SECP384R1())], ids=["another", "another kind", "another curve"])
def test_a_signature_that_its_own_certificate_does_not_verify_is_not_given(key: Any) -> None:
    """A key and a certificate that do not belong together: told before any time-stamp is asked for."""
    mixed = Sealer(FileKey(key), certificate(EC), ())
    with pytest.raises(Verdict) as caught:
        mixed.sign(attributes(mixed.certificate))
    assert caught.value.code == "waiting-key"


OWN = sealer()
REFUSED: dict[str, bytes] = {
    "another certificate": attributes(certificate(OTHER)),
    "the same key in another certificate": attributes(certificate(EC)),
    "no certificate": attributes(OWN.certificate, signing_certificate_v2=None),
    "no certificate in the list": attributes(
        OWN.certificate, signing_certificate_v2=[tsp.SigningCertificateV2({"certs": []})]
    ),
    "no digest": attributes(OWN.certificate, message_digest=None),
    "a digest of SHA-1": attributes(OWN.certificate, bytes(20)),
    "a digest of SHA-512": attributes(OWN.certificate, bytes(64)),
    "no type of content": attributes(OWN.certificate, content_type=None),
    "a time-stamp": attributes(OWN.certificate, content_type=["tst_info"]),
    "two digests": attributes(OWN.certificate, message_digest=[bytes(32), bytes(32)]),
    "an attribute twice": bytes(
        cms.CMSAttributes([*cms.CMSAttributes.load(attributes(OWN.certificate)), {"type": "message_digest", "values": [bytes(32)]}]).dump()
    ),
    "a document": b"%PDF-1.7\n%%EOF\n",
    "a digest alone": bytes(32),
    "nothing": b"",
    "something after the attributes": attributes(OWN.certificate) + b"\0",
    "a certificate to be": OWN.certificate.tbs_certificate_bytes,
    "nested without end": b"\x31\x80" * 5000,
}


@pytest.mark.parametrize("what", REFUSED)
def test_nothing_else_is_signed(what: str) -> None:
    with pytest.raises(Verdict) as caught:
        OWN.sign(REFUSED[what])
    assert caught.value.code == "seal-failed"


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: b"\x31" + bytes([len(tail)]) + tail))
def test_whatever_is_asked_the_answer_is_a_signature_or_a_verdict(asked: bytes) -> None:
    """The bytes come from a process that parses foreign documents."""
    with pytest.raises(Verdict):
        OWN.sign(asked)


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_changed_byte_is_a_signature_or_a_verdict(at: int, value: int) -> None:
    asked = bytearray(attributes(OWN.certificate))
    asked[at % len(asked)] = value
    try:
        EC.public_key().verify(OWN.sign(bytes(asked)), bytes(asked), ec.ECDSA(hashes.SHA256()))
    except Verdict as verdict:
        assert verdict.code == "seal-failed"
