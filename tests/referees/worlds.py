"""What a judge of others' making is told of the world that a signature was made in: roots, authorities, revocation lists, as PEM."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.testkit.authorities import Pki


def world(pki: Pki, *, lists: bool = False) -> bytes:
    """The kit's roots and issuing CA; `lists`: what its authorities say of revocations at its clock."""
    parts = [who.certificate.public_bytes(Encoding.PEM) for who in (pki.root, pki.tsa_root, pki.issuing)]
    if lists:
        ders = [pki.crl(each) for each in (pki.root, pki.tsa_root, pki.issuing)]
        parts += [x509.load_der_x509_crl(der).public_bytes(Encoding.PEM) for der in ders]
    return b"".join(parts)
