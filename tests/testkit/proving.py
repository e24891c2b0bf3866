"""Evidence as `processor.publishing` and `processor.renewing` lay it down, with the time-stamps of a `Pki`."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from archive import evidence
from archive.heads import Published
from archive.renewals import Renewal
from archive.store import Archive
from tests.archive.conftest import CLERK
from tests.testkit.answers import Holder
from tests.testkit.authorities import Pki
from tests.testkit.signing import token as token_over


def pem(who: Holder) -> bytes:
    """Who it is, and those who issued it, below the root."""
    return b"".join(each.certificate.public_bytes(Encoding.PEM) for each in (who, *who.above()[:-1]))


def came_with(token: bytes) -> bytes:
    """The certificates in a token, as they are laid beside it."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in pkcs7.load_der_pkcs7_certificates(token))


def prove(archive: Archive, head: Published, pki: Pki, algorithm: str = "sha256") -> None:
    """A night's list and its time-stamp."""
    listed, findings = archive.evidence_of(head, algorithm)
    assert findings == []
    token = token_over(pki, listed.tree.root, algorithm=algorithm)
    evidence.put(head.folder, listed, token, came_with(token))


def renew(archive: Archive, pki: Pki, algorithm: str = "sha256") -> Renewal:
    """A renewal, laid down and logged."""
    renewal = archive.evidence().renewal(algorithm)
    token = token_over(pki, renewal.listed.tree.root, algorithm=algorithm)
    archive.renew(renewal, token, came_with(token), CLERK)
    return renewal
