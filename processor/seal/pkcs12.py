"""Keys in PKCS#12 files: loaded into memory once, by their passphrase. What the law wants for an office is a token (`pkcs11`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from processor.errors import MissingError
from processor.seal.certificates import LEAST, sealing_key
from processor.seal.secret import Secret


@dataclass(frozen=True, slots=True)
class FileKey:
    """A private key in this process's memory."""

    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)

    def sign_raw(self, attributes: bytes) -> bytes:
        """See `keys.Key.sign_raw`."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(attributes, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(attributes, ec.ECDSA(hashes.SHA256()))


def read(file: Path, secret: Secret) -> tuple[FileKey, x509.Certificate, list[x509.Certificate]]:
    """The key of a PKCS#12 file, its certificate, and the others that lie with it.

    Raises:
        MissingError: absent, a wrong passphrase, no key, or a key the law's profile does not know.
    """
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(file.read_bytes(), secret.value)
    except OSError as error:
        raise MissingError(f"the key cannot be read: {file} ({error.strerror})") from error
    except ValueError as error:
        raise MissingError(f"{file}: wrong passphrase, or not a PKCS#12 file") from error
    sealing = certificate is not None and sealing_key(certificate) is not None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) or certificate is None or not sealing:
        raise MissingError(f"{file}: holds no key with its certificate: {LEAST}")
    return FileKey(key), certificate, others
