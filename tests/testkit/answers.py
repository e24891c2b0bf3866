"""What authorities answer: revocation lists, OCSP responses, time-stamps; each honest, or with one field that lies.

Promises: every lie is a word of `LIES`; apart from the field it names the answer is right. Silence is no answer of this
module: who asks is told so by `authorities`. Refuses: SHA-1 but where a lie asks for it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Revocations = Mapping[int, tuple[dt.datetime, x509.ReasonFlags]]
_HASHES: Mapping[str, type[hashes.SHA1] | type[hashes.SHA256] | type[hashes.SHA512]] = {
    "sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha512": hashes.SHA512,
}  # fmt: skip
_POLICY = "1.3.6.1.4.1.55555.1.2"  # a made-up arc
_LIFE = dt.timedelta(days=2)
_DAY = dt.timedelta(days=1)

LIES: Mapping[str, tuple[str, ...]] = {
    "tsa": ("silent", "refused", "garbage", "digest", "nonce", "early", "late", "stranger", "bare", "broken", "weak"),
    "ocsp": ("silent", "garbage", "unknown", "revoked", "old", "future", "nonce", "no-nonce", "stranger", "other", "leaf", "broken", "later"),
    "crl": ("silent", "garbage", "old", "future", "stranger", "issuer", "delta", "scope", "broken"),
}  # fmt: skip
"""By kind of service. `other`: about another certificate; `leaf`: by one of the CA that may not; `scope`: of CAs only; `issuer`: another authority's list; `later`: "try later"."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with a certificate, its key, and the holder who issued it (None: it is a root)."""

    certificate: x509.Certificate
    key: Key
    issuer: Holder | None = None

    @property
    def der(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def asn1(self) -> asn1_x509.Certificate:
        """The certificate, for asn1crypto."""
        return asn1_x509.Certificate.load(self.der)

    def above(self) -> list[Holder]:
        """Who issued it, up to the root."""
        return [self.issuer, *self.issuer.above()] if self.issuer else []

    def sign(self, data: bytes, digest: str = "sha256") -> bytes:
        """A signature: PKCS#1 v1.5, as the government's CA has it, or ECDSA."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), _HASHES[digest]())
        return self.key.sign(data, ec.ECDSA(_HASHES[digest]()))

    def mechanism(self, digest: str = "sha256") -> algos.SignedDigestAlgorithm:
        """What `sign` does, in the words of CMS."""
        kind = "rsa" if isinstance(self.key, rsa.RSAPrivateKey) else "ecdsa"
        return algos.SignedDigestAlgorithm({"algorithm": f"{digest}_{kind}"})


def _flipped(data: bytes) -> bytes:
    """The last bit but a few is another: it lies in the signature's value."""
    return data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]


def revocation_list(issuer: Holder, revoked: Revocations, now: dt.datetime, lie: str = "", other: Holder | None = None) -> bytes:
    """A complete CRL of `issuer`.

    Args:
        issuer: whose list it is.
        revoked: serial numbers with moment and reason.
        now: when it is asked for.
        lie: a word of `LIES["crl"]` but `silent`.
        other: who issues instead, for `stranger` (a key of its own, the same name) and `issuer`.
    """
    if lie == "garbage":
        return b"\x30\x82\x01\x00" + b"<html>" * 10
    shift = {"old": -30 * _DAY, "future": 30 * _DAY}.get(lie, dt.timedelta())
    signer = other if other and lie in {"stranger", "issuer"} else issuer
    update = now + shift - dt.timedelta(minutes=5)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.certificate.subject)
        .last_update(update)
        .next_update(update + _LIFE)
        .add_extension(x509.CRLNumber(int(update.timestamp())), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key()), False)
    )
    if lie == "delta":
        builder = builder.add_extension(x509.DeltaCRLIndicator(1), True)
    if lie == "scope":
        builder = builder.add_extension(x509.IssuingDistributionPoint(None, None, False, True, None, False, False), True)
    for serial, (moment, reason) in revoked.items():
        if moment > update:
            continue
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(moment)
        builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(reason), False).build())
    made = builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)
    return _flipped(made) if lie == "broken" else made


@dataclass(frozen=True, slots=True)
class About:
    """What an OCSP responder knows of one certificate."""

    subject: Holder
    revoked: tuple[dt.datetime, x509.ReasonFlags] | None = None


def ocsp_response(
    asked: ocsp.OCSPRequest, about: About | None, responder: Holder, now: dt.datetime, lie: str = ""
) -> bytes:
    """The answer to a request about one certificate; None: the responder knows no such certificate.

    A responder that is not the issuer itself is embedded. `stranger` and `other` are for the caller to arrange.
    """
    if lie == "garbage":
        return b"\x30\x03\x0a\x01"
    if lie == "later" or about is None or about.subject.issuer is None:
        status = ocsp.OCSPResponseStatus.TRY_LATER if lie == "later" else ocsp.OCSPResponseStatus.UNAUTHORIZED
        return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
    update = now + {"old": -30 * _DAY, "future": 30 * _DAY}.get(lie, dt.timedelta()) - dt.timedelta(minutes=5)
    past = about.revoked if about.revoked and about.revoked[0] <= update else None
    revoked = past or ((now - _DAY, x509.ReasonFlags.key_compromise) if lie == "revoked" else None)
    known = ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            about.subject.certificate, about.subject.issuer.certificate, asked.hash_algorithm,
            ocsp.OCSPCertStatus.UNKNOWN if lie == "unknown" else known, update, update + _LIFE,
            revoked[0] if revoked and lie != "unknown" else None, revoked[1] if revoked and lie != "unknown" else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder.certificate)
    )  # fmt: skip
    if responder.certificate != about.subject.issuer.certificate:
        builder = builder.certificates([responder.certificate])
    builder = _with_nonce(builder, asked, lie)
    made = builder.sign(responder.key, hashes.SHA256()).public_bytes(Encoding.DER)
    return _broken_response(made) if lie == "broken" else made


def _with_nonce(builder: ocsp.OCSPResponseBuilder, asked: ocsp.OCSPRequest, lie: str) -> ocsp.OCSPResponseBuilder:
    nonces = [extension.value for extension in asked.extensions if isinstance(extension.value, x509.OCSPNonce)]
    if lie == "nonce":
        return builder.add_extension(x509.OCSPNonce(bytes(16)), False)
    return builder.add_extension(nonces[0], False) if nonces and lie != "no-nonce" else builder


def _broken_response(made: bytes) -> bytes:
    """Its signature is of other data: one bit of the time of production."""
    place = made.index(b"Z", made.index(b"\x18\x0f")) - 1  # the last digit of the first GeneralizedTime
    return made[:place] + bytes([made[place] ^ 1]) + made[place + 1 :]


def time_token(asked: tsp.TimeStampReq, authority: Holder, now: dt.datetime, lie: str = "", serial: int = 1) -> bytes:
    """The token of a time-stamping authority.

    Args:
        asked: the request.
        authority: who stamps; its whole chain is embedded.
        now: the moment in the token.
        lie: a word of `LIES["tsa"]` but `silent`, `garbage`, `refused`; `stranger` is for the caller to arrange.
        serial: the token's number.
    """
    imprint = tsp.MessageImprint.load(asked["message_imprint"].dump())
    if lie == "digest":
        imprint["hashed_message"] = bytes(len(imprint["hashed_message"].native))
    info = {
        "version": "v1", "policy": _POLICY, "message_imprint": imprint, "serial_number": serial,
        "gen_time": (now + {"early": -400 * _DAY, "late": 400 * _DAY}.get(lie, dt.timedelta())).replace(microsecond=0),
        "accuracy": {"seconds": 1},
    }  # fmt: skip
    if asked["nonce"].native is not None:
        info["nonce"] = asked["nonce"].native + (lie == "nonce")
    chain = [] if lie == "bare" else [authority, *authority.above()]
    made = signed_token(tsp.TSTInfo(info), authority, chain, "sha1" if lie == "weak" else "sha256")
    return _flipped(made) if lie == "broken" else made


def time_answer(token: bytes | None) -> bytes:
    """The response that grants a token; None: the one that refuses."""
    if token is None:
        return _tlv(0x30, tsp.PKIStatusInfo({"status": "rejection", "fail_info": {"time_not_available"}}).dump())
    return _tlv(0x30, tsp.PKIStatusInfo({"status": "granted"}).dump() + token)


def stamped(token: bytes, more: bytes = b"") -> bytes:
    """The unsigned attributes of a signature: its time-stamp token, and more attributes."""
    named = cms.CMSAttributeType("signature_time_stamp_token").dump()
    return _tlv(0x31, _tlv(0x30, named + _tlv(0x31, token)) + more)


def signed_token(info: tsp.TSTInfo, authority: Holder, chain: Sequence[Holder], digest: str = "sha256") -> bytes:
    """A token over this information, signed by this authority, with these certificates."""
    content = info.dump()
    named = tsp.ESSCertIDv2({"cert_hash": authority.certificate.fingerprint(hashes.SHA256())})
    attributes = cms.CMSAttributes([
        {"type": "content_type", "values": ["tst_info"]},
        {"type": "message_digest", "values": [hashlib.new(digest, content).digest()]},
        {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [named]})]},
    ])  # fmt: skip
    return signed_data("tst_info", core.ParsableOctetString(content), chain, [signer_info(authority, attributes, digest)], digest)


def _tlv(tag: int, body: bytes) -> bytes:
    """DER. asn1crypto takes a length that ends in 80 (hexadecimal) for an indefinite one, and then needs half a minute to dump."""
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + body


def signer_info(
    who: Holder, attributes: cms.CMSAttributes, digest: str = "sha256",
    unsigned: Callable[[bytes], bytes] | None = None, hashed: str = "",
) -> bytes:  # fmt: skip
    """One signer of a CMS object; `unsigned` makes attributes from the signature's value; `hashed`: another digest of the content."""
    signed = attributes.dump()
    value = who.sign(signed, digest)
    named = cms.IssuerAndSerialNumber({"issuer": who.asn1.issuer, "serial_number": who.asn1.serial_number})
    parts = [
        core.Integer(1).dump(), named.dump(), algos.DigestAlgorithm({"algorithm": hashed or digest}).dump(), b"\xa0" + signed[1:],
        who.mechanism(digest).dump(), core.OctetString(value).dump(), b"\xa1" + unsigned(value)[1:] if unsigned else b"",
    ]  # fmt: skip
    return _tlv(0x30, b"".join(parts))


def signed_data(
    kind: str, content: core.ParsableOctetString | None, chain: Iterable[Holder], signers: Sequence[bytes], digest: str = "sha256"
) -> bytes:
    """A CMS object.

    Args:
        kind: of its content, `data` or `tst_info`.
        content: None: it lies elsewhere.
        chain: what it embeds.
        signers: of `signer_info`.
        digest: of the content.
    """
    inner = cms.EncapsulatedContentInfo({"content_type": kind} | ({"content": content} if content is not None else {}))
    body = [
        core.Integer(1 if kind == "data" else 3).dump(), _tlv(0x31, algos.DigestAlgorithm({"algorithm": digest}).dump()), inner.dump(),
        _tlv(0xA0, b"".join(sorted(holder.der for holder in chain))), _tlv(0x31, b"".join(signers)),
    ]  # fmt: skip
    named = cms.ContentType("signed_data").dump()
    return _tlv(0x30, named + _tlv(0xA0, _tlv(0x30, b"".join(body))))
