"""A worthless authority for demo stations and tests: root, issuing CA, organisation key, time-stamping, revocation lists.

Everything it makes says DEMO in its names. It answers in process what the fetcher would ask outside.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import secrets
import threading
from pathlib import Path

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from processor.errors import Verdict
from processor.seal.timestamps import Outside

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
CRL_HOST = "crl.demo.invalid"
_POLICY = "1.3.6.1.4.1.55555.1.1"  # a made-up arc: this is no qualified authority
_LIST_LIFE = dt.timedelta(days=7)


def _name(common: str, organisation: str = "SOHOA DEMO") -> x509.Name:
    parts = ((NameOID.COUNTRY_NAME, "VN"), (NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, common))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _usage(*allowed: str) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in allowed for name in names})


def _certificate(
    subject: x509.Name,
    key: Key,
    issuer: tuple[x509.Certificate, Key, str] | None,
    extensions: list[tuple[x509.ExtensionType, bool]],
    days: int,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    if issuer:
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer[1].public_key())
        where = x509.DistributionPoint([x509.UniformResourceIdentifier(issuer[2])], None, None, None)
        builder = builder.add_extension(authority, False).add_extension(
            x509.CRLDistributionPoints([where]), False
        )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256())


def _write_private(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _key_bytes(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, serialization.NoEncryption())


def make(folder: Path, agency: str) -> None:
    """Make a demo authority and the organisation's key in `folder`.

    Files: `root.pem`, `root.key`, `issuing.pem`, `issuing.key`, `tsa.pem`, `tsa.key`, `seal.p12`, `passphrase`; and of a person
    who signs what is issued `person.pem`, `person.p12` (the same passphrase).
    """
    folder.mkdir(parents=True, mode=0o700)
    ca = (x509.BasicConstraints(ca=True, path_length=None), True), (_usage("key_cert_sign", "crl_sign"), True)
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate(_name("SOHOA DEMO Root CA"), root_key, None, list(ca), 7300)
    from_root = (root, root_key, f"http://{CRL_HOST}/root.crl")
    issuing_key = ec.generate_private_key(ec.SECP256R1())
    issuing = _certificate(_name("SOHOA DEMO Issuing CA"), issuing_key, from_root, list(ca), 3650)
    tsa_key = ec.generate_private_key(ec.SECP256R1())
    stamping = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage("digital_signature", "content_commitment"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
    ]
    tsa = _certificate(_name("SOHOA DEMO Time Stamping"), tsa_key, from_root, stamping, 3650)
    own_key = rsa.generate_private_key(65537, 2048)
    sealing = [(stamping[0]), (stamping[1])]
    from_issuing = (issuing, issuing_key, f"http://{CRL_HOST}/issuing.crl")
    own = _certificate(_name(agency, agency), own_key, from_issuing, sealing, 1095)
    for name, certificate, key in (("root", root, root_key), ("issuing", issuing, issuing_key), ("tsa", tsa, tsa_key)):
        (folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        _write_private(folder / f"{name}.key", _key_bytes(key))
    secret = secrets.token_urlsafe(24).encode()
    _write_private(folder / "passphrase", secret)
    encryption = serialization.BestAvailableEncryption(secret)
    person_key = ec.generate_private_key(ec.SECP256R1())
    person = _certificate(_name("Người ký DEMO", agency), person_key, from_issuing, sealing, 1095)
    (folder / "person.pem").write_bytes(person.public_bytes(Encoding.PEM))
    packs: tuple[tuple[str, Key, x509.Certificate], ...] = (("seal", own_key, own), ("person", person_key, person))
    for name, owner, certificate in packs:
        packed = pkcs12.serialize_key_and_certificates(name.encode(), owner, certificate, [issuing], encryption)
        _write_private(folder / f"{name}.p12", packed)


class DemoAuthority(Outside):
    """Answers time-stamp requests and hands out revocation lists, as the outside would. Usable from many threads."""

    def __init__(self, folder: Path) -> None:
        self._certificates = {
            name: x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
            for name in ("root", "issuing", "tsa")
        }
        self._keys = {name: _load(folder / f"{name}.key") for name in self._certificates}
        self._lists: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def stamp(self, request: bytes, skip: int) -> bytes:
        """See `timestamps.Outside.stamp`; there is one authority, number 0."""
        if skip:
            raise Verdict("waiting-tsa", "the demo authority is the only one")
        asked = tsp.TimeStampReq.load(request)
        response: bytes = self._response(asked).dump()
        return b"\0" + response

    def fetch(self, url: str, body: bytes) -> bytes:
        """See `timestamps.Outside.fetch`: `root.crl` and `issuing.crl`, made anew each run."""
        name = url.removeprefix(f"http://{CRL_HOST}/").removesuffix(".crl")
        if body or name not in {"root", "issuing"}:
            raise Verdict("waiting-revocation", "the demo authority has no such list")
        with self._lock:
            if name not in self._lists:
                self._lists[name] = self._revocation_list(name)
            return self._lists[name]

    def _revocation_list(self, name: str) -> bytes:
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        key = self._keys[name]
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificates[name].subject)
            .last_update(now - dt.timedelta(minutes=1))
            .next_update(now + _LIST_LIFE)
            .add_extension(x509.CRLNumber(int(now.timestamp())), False)
            .add_extension(authority, False)
        )
        made: bytes = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
        return made

    def _response(self, asked: tsp.TimeStampReq) -> tsp.TimeStampResp:
        info = {
            "version": "v1",
            "policy": _POLICY,
            "message_imprint": asked["message_imprint"],
            "serial_number": int.from_bytes(secrets.token_bytes(8)),
            "gen_time": dt.datetime.now(dt.UTC).replace(microsecond=0),
            "accuracy": {"seconds": 1},
        }
        if asked["nonce"].native is not None:
            info["nonce"] = asked["nonce"]
        content = tsp.TSTInfo(info)
        token = cms.ContentInfo({"content_type": "signed_data", "content": self._signed(content)})
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token})

    def _signed(self, content: tsp.TSTInfo) -> cms.SignedData:
        certificate = asn1_x509.Certificate.load(self._certificates["tsa"].public_bytes(Encoding.DER))
        root = asn1_x509.Certificate.load(self._certificates["root"].public_bytes(Encoding.DER))
        sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
        named = tsp.ESSCertIDv2({"cert_hash": self._certificates["tsa"].fingerprint(hashes.SHA256())})
        attributes = cms.CMSAttributes([
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [_sha256(content.dump())]},
            {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [named]})]},
        ])  # fmt: skip
        key = self._keys["tsa"]
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("the demo time-stamping key is an EC key")
        signer = cms.SignerInfo({
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number})}),
            "digest_algorithm": sha256,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signed_attrs": attributes,
            "signature": key.sign(attributes.untag().dump(), ec.ECDSA(hashes.SHA256())),
        })  # fmt: skip
        return cms.SignedData({
            "version": "v3",
            "digest_algorithms": [sha256],
            "encap_content_info": {
                "content_type": "tst_info", "content": core.ParsableOctetString(content.dump())},
            "certificates": [certificate, root],
            "signer_infos": [signer],
        })  # fmt: skip


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _load(path: Path) -> Key:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path.name}: not a key of the demo authority")
    return key
