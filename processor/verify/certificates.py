"""Certificates as keys that sign: who signed what, found by the signature itself and never by a name alone.

Promises: a certificate, list or answer counts as signed by somebody only where the signature verifies with that key.
Refuses: to fetch anything, and to judge dates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from processor.verify.facts import Algorithm

GARBAGE = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, InvalidSignature, UnsupportedAlgorithm,
           x509.DuplicateExtension, x509.UnsupportedGeneralNameType)  # fmt: skip
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate, read by both libraries: cryptography for signatures, asn1crypto for pyHanko."""

    der: bytes
    sha256: str
    own: x509.Certificate
    asn1: asn1.Certificate

    @property
    def name(self) -> str:
        """The common name, for the report; empty where it has none."""
        return str(self.asn1.subject.native.get("common_name") or "")


def load(der: bytes) -> Certificate:
    """Read a certificate.

    Raises:
        GARBAGE: it is none.
    """
    return Certificate(der, hashlib.sha256(der).hexdigest(), x509.load_der_x509_certificate(der), asn1.Certificate.load(der))


def readable(many: Iterable[bytes]) -> list[Certificate]:
    """Those that can be read, each once."""
    found: dict[str, Certificate] = {}
    for der in many:
        try:
            one = load(der)
            one.own.public_key()
        except GARBAGE:
            continue
        found.setdefault(one.sha256, one)
    return list(found.values())


def verifies(key: object, signature: bytes, data: bytes, digest: HashAlgorithm | None, parameters: object = None) -> bool:
    """Whether a signature over data is that key's."""
    try:
        if isinstance(key, rsa.RSAPublicKey) and digest is not None:
            scheme = parameters if isinstance(parameters, padding.PSS) else padding.PKCS1v15()
            key.verify(signature, data, scheme, digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
            key.verify(signature, data, ec.ECDSA(digest))
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, data)
        else:
            return False
    except GARBAGE:
        return False
    return True


def issued(lower: Certificate, upper: Certificate) -> bool:
    """Whether the upper certificate's key signed the lower one and their names agree (RFC 5280, 7.1, not byte by byte)."""
    try:
        if lower.asn1.issuer != upper.asn1.subject:
            return False
        own = lower.own
        return verifies(upper.own.public_key(), own.signature, own.tbs_certificate_bytes, own.signature_hash_algorithm,
                        own.signature_algorithm_parameters)  # fmt: skip
    except GARBAGE:
        return False


def paths(leaf: Certificate, pool: Sequence[Certificate], roots: Sequence[Certificate]) -> list[list[Certificate]]:
    """All ways from a certificate to a root, shortest first, the certificate itself first."""
    anchors = {root.sha256 for root in roots}
    candidates = list({one.sha256: one for one in (*roots, *pool)}.values())
    found: list[list[Certificate]] = []
    waiting = [[leaf]]
    while waiting and len(found) < _DEEPEST:
        path = waiting.pop(0)
        if path[-1].sha256 in anchors:
            found.append(path)
            continue
        if len(path) >= _DEEPEST:
            continue
        seen = {one.sha256 for one in path}
        waiting += [[*path, up] for up in candidates if up.sha256 not in seen and issued(path[-1], up)]
    return found


def usages(one: Certificate) -> tuple[frozenset[str], frozenset[str]]:
    """(key usage, extended key usage as dotted identifiers); empty where the certificate does not say."""
    plain = one.asn1.key_usage_value
    extended = one.asn1.extended_key_usage_value
    return (
        frozenset(plain.native if plain is not None else ()),
        frozenset(purpose.dotted for purpose in extended) if extended is not None else frozenset(),
    )


TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING.dotted_string
OCSP_SIGNING = ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string


def key_of(one: Certificate) -> tuple[str, int]:
    """(kind, bits) of a public key: `rsa`, `ec`, `dsa`, `ed25519`, …"""
    key = one.asn1.public_key
    try:
        return str(key.algorithm), int(key.bit_size)
    except GARBAGE:
        return str(key["algorithm"]["algorithm"].native), 0


def algorithm(use: str, lower: Certificate, upper: Certificate) -> Algorithm:
    """How one certificate is signed by the next."""
    digest = lower.own.signature_hash_algorithm
    kind, bits = key_of(upper)
    return Algorithm(use, digest.name.lower() if digest is not None else kind, kind, bits)
