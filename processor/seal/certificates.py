"""Certificates as files hold them, and what may seal (NĐ 23/2025, TT 15/2025: RSA of 2048 bits, ECDSA of 256, at least)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from processor.errors import MissingError

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey
_LEAST_RSA, _LEAST_EC = 2048, 256  # bits
LEAST = f"RSA of {_LEAST_RSA} bits or ECDSA of {_LEAST_EC}, at least"


def read_certificates(paths: Sequence[Path]) -> list[x509.Certificate]:
    """Certificates of PEM or DER files, in order.

    Raises:
        MissingError: a file is absent or holds none.
    """
    found: list[x509.Certificate] = []
    for path in paths:
        try:
            data = path.read_bytes()
            found += x509.load_pem_x509_certificates(data) if b"-----BEGIN" in data else [
                x509.load_der_x509_certificate(data)
            ]  # fmt: skip
        except (OSError, ValueError) as error:
            raise MissingError(f"{path}: no certificate can be read from it ({type(error).__name__})") from error
    return found


def sealing_key(certificate: x509.Certificate) -> PublicKey | None:
    """The certificate's public key; None where it is of a kind or size that may not seal."""
    try:
        key = certificate.public_key()
    except ValueError:  # a curve nobody knows
        return None
    if isinstance(key, rsa.RSAPublicKey):
        return key if key.key_size >= _LEAST_RSA else None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= _LEAST_EC else None


def holds(certificate: x509.Certificate, data: bytes, signature: bytes) -> bool:
    """Whether it is a signature over the data by a certificate that may seal: RSA PKCS#1 v1.5 or ECDSA, SHA-256."""
    key = sealing_key(certificate)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        elif key is not None:
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return key is not None


def agencies(certificate: x509.Certificate) -> tuple[str, ...]:
    """Whose certificate it is: the subject's common name; its organisation only where there is none.

    O is the body above in a department's certificate (CN=Sở Y tế, O=Ủy ban nhân dân thành phố): not the one that seals.
    """
    names = [certificate.subject.get_attributes_for_oid(oid) for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)]
    return tuple(str(name.value) for name in names[0] or names[1])


def above(certificate: x509.Certificate, known: Iterable[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """Those of the known certificates that lead up from this one, by signature, without a root."""
    links, left = [certificate], [each for each in known if each.subject != each.issuer]
    while found := [each for each in left if issued(links[-1], each)]:
        links.append(found[0])
        left.remove(found[0])
    return tuple(links[1:])


def issued(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    """Whether a certificate is signed by another's key, and names it as its issuer."""
    try:
        lower.verify_directly_issued_by(upper)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
