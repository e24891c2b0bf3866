"""The key holder: sees digests and attributes, never a PDF.

Promises: it signs only DER of signed attributes that name its own certificate (ESS signingCertificateV2) and a SHA-256 digest
of data, each once; what leaves it is a signature that its certificate verifies. Where the key is (a PKCS#12 file, a token,
another machine) only the `Key` knows: `pkcs12`, `pkcs11`; `keyring` opens what the settings name, `ring` says which one seals.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from processor.errors import MissingError, Verdict
from processor.seal import pkcs12
from processor.seal.certificates import LEAST, holds, sealing_key
from processor.seal.secret import Secret


class Key(Protocol):
    """A private key, wherever it is. Usable from many threads."""

    def sign_raw(self, attributes: bytes) -> bytes:
        """A signature with SHA-256: RSA PKCS#1 v1.5, or ECDSA as DER.

        Raises:
            Verdict: the key cannot be used now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Sealer:
    """One key of the organisation, with its certificate and the chain to (not including) the root."""

    key: Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def __post_init__(self) -> None:
        """Refuse a key the law's profile does not know.

        Raises:
            MissingError: it is one.
        """
        if sealing_key(self.certificate) is None:
            raise MissingError(f"the certificate's key may not seal: {LEAST}")

    @classmethod
    def load(cls, file: Path, secret: bytes, more: Sequence[x509.Certificate] = ()) -> Sealer:
        """The key of a PKCS#12 file.

        Raises:
            MissingError: absent, a wrong passphrase, no key, or a key the law's profile does not know.
        """
        key, certificate, others = pkcs12.read(file, Secret(secret))
        return cls(key, certificate, (*others, *more))

    def certificate_der(self) -> bytes:
        """The organisation's certificate."""
        return self.certificate.public_bytes(Encoding.DER)

    def chain_der(self) -> list[bytes]:
        """The certificates above it."""
        return [certificate.public_bytes(Encoding.DER) for certificate in self.chain]

    def usable(self, now: dt.datetime) -> str:
        """Empty if the certificate may seal now (TT 15/2025 Đ5: checked before signing), else why not."""
        if now < self.certificate.not_valid_before_utc or now > self.certificate.not_valid_after_utc:
            return "the organisation's certificate is not valid at this time"
        try:
            usage = self.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            return ""
        if not (usage.digital_signature or usage.content_commitment):
            return "the certificate's key usage does not allow signatures"
        return ""

    def days_left(self, now: dt.datetime) -> int:
        """Whole days until the certificate ends."""
        return (self.certificate.not_valid_after_utc - now).days

    def sign(self, attributes: bytes) -> bytes:
        """A signature over the DER of signed attributes.

        Raises:
            Verdict: `seal-failed` when they are not what a seal of this certificate signs; what the key raises;
                `waiting-key` when its signature is not one of this certificate.
        """
        self._check(attributes)
        signature = self.key.sign_raw(attributes)
        if not holds(self.certificate, attributes, signature):  # else the fault would be found after the time-stamps were asked for
            raise Verdict("waiting-key", "the key does not belong to its certificate: what it signed does not verify")
        return signature

    def _check(self, attributes: bytes) -> None:
        try:
            parsed = cms.CMSAttributes.load(attributes, strict=True)
            values = {attribute["type"].native: attribute["values"] for attribute in parsed}
            once = len(values) == len(parsed) and all(len(value) == 1 for value in values.values())
            content = values["content_type"][0].native
            digest = values["message_digest"][0].native
            named = values["signing_certificate_v2"][0]["certs"][0]["cert_hash"].native
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise Verdict("seal-failed", "asked to sign something that is not a seal's attributes") from error
        if not once or content != "data":  # a time-stamp or a token of another kind is not ours to give
            raise Verdict("seal-failed", "asked to sign attributes that are not a seal's")
        if len(digest) != 32 or named != self.certificate.fingerprint(hashes.SHA256()):
            raise Verdict("seal-failed", "asked to sign attributes of another certificate or digest")
