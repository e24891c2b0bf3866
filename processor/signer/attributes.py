"""What the token may sign, and nothing else: the signed attributes of a detached CAdES/PAdES signature by its own certificate.

PURE. Promises: whatever comes from the station is either such attributes or `Refused` with a code; a token that signs bytes
of another kind would sign a contract, a certificate or a login somebody else laid before it.
"""

from __future__ import annotations

import hashlib

from asn1crypto import cms, tsp

_MAY_STAND = {"content_type", "message_digest", "signing_certificate_v2", "signing_time", "cms_algorithm_protection"}
_LARGEST = 4096  # bytes; a seal's attributes are about 200
_DIGEST = 32
_GARBAGE = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError)


class Refused(Exception):
    """Not to be signed.

    Args:
        code: `not-attributes`, `not-a-seal`, `wrong-digest` or `wrong-certificate`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def digest(attributes: bytes, certificate: bytes) -> bytes:
    """The document's SHA-256 that a signature over these attributes would vouch for.

    Args:
        attributes: DER of a SET OF Attribute (RFC 5652, 5.4).
        certificate: DER of the token's certificate.

    Raises:
        Refused: they are anything else, or name another certificate (RFC 5035, ESS signingCertificateV2).
    """
    try:
        values = _values(attributes)
        content, found = values["content_type"].native, values["message_digest"].native
        named = values["signing_certificate_v2"]["certs"][0]
        hashed, algorithm = named["cert_hash"].native, named["hash_algorithm"]["algorithm"].native
        protected = values.get("cms_algorithm_protection")
        agreed = protected is None or protected["digest_algorithm"]["algorithm"].native == "sha256"
    except _GARBAGE as error:
        raise Refused("not-attributes") from error
    if content != "data" or not agreed:  # a time-stamp token or another protocol's message
        raise Refused("not-a-seal")
    if not isinstance(found, bytes) or len(found) != _DIGEST:
        raise Refused("wrong-digest")
    if algorithm != "sha256" or hashed != hashlib.sha256(certificate).digest():
        raise Refused("wrong-certificate")
    return found


def _values(attributes: bytes) -> dict[str, tsp.SigningCertificateV2 | cms.ContentType]:
    """Each attribute's one value by its type; exact DER, nothing twice, no type that a seal does not have."""
    if len(attributes) > _LARGEST:
        raise Refused("not-attributes")
    parsed = cms.CMSAttributes.load(attributes, strict=True)
    values = {attribute["type"].native: attribute["values"] for attribute in parsed}
    once = len(values) == len(parsed) and all(len(value) == 1 for value in values.values())
    if not once or not set(values) <= _MAY_STAND:
        raise Refused("not-a-seal")
    if parsed.dump(force=True) != attributes:  # what was read is what will be signed
        raise Refused("not-attributes")
    return {name: value[0] for name, value in values.items()}
