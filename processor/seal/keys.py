"""The key holder: sees digests and attributes, never a PDF.

Promises: the key is loaded once a run; it signs only DER of signed attributes that name its own certificate (ESS
signingCertificateV2) and a SHA-256 digest of data, each once; the passphrase comes from a 0600 file or a systemd credential,
never from settings, arguments or the environment.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from processor.errors import MissingError, Verdict

_LEAST_RSA, _LEAST_EC = 2048, 256  # bits (NĐ 23/2025, TT 15/2025)
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


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


def _credential(name: str) -> Path:
    """Where systemd laid a credential; only it may read there, so the mode tells nothing."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")  # the one place systemd tells; holds a path, no secret
    if not folder:
        raise MissingError("the passphrase is a systemd credential, and there is none here (CREDENTIALS_DIRECTORY)")
    if name in {"", ".", ".."} or "/" in name:
        raise MissingError(f"the passphrase: not the name of a credential: {name!r}")
    return Path(folder) / name


def passphrase(setting: str, station: Path) -> bytes:
    """The passphrase of the PKCS#12 file.

    Args:
        setting: a path (relative to the station), or `credential:NAME` for a systemd credential.
        station: the station's folder.

    Raises:
        MissingError: absent, or readable by others than its owner.
    """
    if setting.startswith("credential:"):
        path, shared = _credential(setting.removeprefix("credential:")), 0
    else:
        path, shared = station / setting, stat.S_IRWXG | stat.S_IRWXO
    try:
        if path.stat().st_mode & shared:
            raise MissingError(f"{path} can be read by others: chmod 600 it")
        return path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise MissingError(f"the passphrase cannot be read: {path} ({error.strerror})") from error


@dataclass(frozen=True, slots=True)
class Sealer:
    """The organisation's key in memory, with its certificate and the chain to (not including) the root."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @classmethod
    def load(cls, file: Path, secret: bytes, more: Sequence[x509.Certificate] = ()) -> Sealer:
        """The key of a PKCS#12 file.

        Raises:
            MissingError: absent, a wrong passphrase, no key, or a key the law's profile does not know.
        """
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(file.read_bytes(), secret)
        except OSError as error:
            raise MissingError(f"the key cannot be read: {file} ({error.strerror})") from error
        except ValueError as error:
            raise MissingError(f"{file}: wrong passphrase, or not a PKCS#12 file") from error
        least = _LEAST_RSA if isinstance(key, rsa.RSAPrivateKey) else _LEAST_EC
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) or key.key_size < least or certificate is None:
            raise MissingError(
                f"{file}: holds no key with its certificate: RSA of {_LEAST_RSA} bits or ECDSA of {_LEAST_EC}, at least"
            )
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
            Verdict: `seal-failed` when they are not what a seal of this certificate signs.
        """
        self._check(attributes)
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(attributes, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(attributes, ec.ECDSA(hashes.SHA256()))

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
