"""The station's trust list: the certificates that signatures and time-stamps must lead to, and those that may stand between.

Promises: what is added lies in `trust/` under its own SHA-256, one file a certificate; a certificate whose digest is not the
one given is refused; adding it twice changes nothing. Settings may name further files (`trust.roots`, `trust.intermediates`).
Refuses: what is no certificate of an authority, and to fetch one (addresses are hostile; the office gets it by another way).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from archive.durable import make_dirs_durably, replace_durably
from processor.errors import MissingError, SettingsError
from processor.settings import Settings

ROOTS, INTERMEDIATES = "roots", "intermediates"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certificate of the trust list.

    Attributes:
        kind: `roots` or `intermediates`.
        source: the file it lies in, relative to the station.
        known: the name under which `config/law/authorities.toml` knows its digest, else empty.
    """

    kind: str
    certificate: x509.Certificate
    source: str
    known: str

    @property
    def sha256(self) -> str:
        """The digest people compare, lower case."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def known_authorities() -> dict[str, str]:
    """Names of authorities by the SHA-256 of their certificates."""
    data = tomllib.loads(resources.files("config").joinpath("law", "authorities.toml").read_text("utf-8"))
    return {row["sha256"].lower(): row["name"] for row in data["authority"]}


def read_file(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM, DER or PKCS#7 file.

    Raises:
        MissingError: there is no such file, or none in it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MissingError(f"{path}: cannot be read ({error.strerror})") from error
    readers = (
        x509.load_pem_x509_certificates, lambda data: [x509.load_der_x509_certificate(data)],
        pkcs7.load_pem_pkcs7_certificates, pkcs7.load_der_pkcs7_certificates,
    )  # fmt: skip
    for reader in readers:
        try:
            return list(reader(data))
        except ValueError:
            continue
    raise MissingError(f"{path}: no certificate can be read from it")


def is_root(certificate: x509.Certificate) -> bool:
    """Whether it vouches for itself."""
    if certificate.issuer != certificate.subject:
        return False
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def add(station: Path, path: Path, pin: str = "") -> list[Anchor]:
    """Put the certificates of a file on the station's trust list: those that vouch for themselves are roots.

    Args:
        station: its folder.
        path: the file.
        pin: SHA-256 that one of them must have, in hexadecimal; colons and spaces do not matter.

    Raises:
        MissingError: nothing can be read. SettingsError: another digest, or no certificate of an authority.
    """
    found = read_file(path)
    wanted = pin.replace(":", "").replace(" ", "").lower()
    digests = {each.fingerprint(hashes.SHA256()).hex() for each in found}
    if wanted and wanted not in digests:
        raise SettingsError(f"{path}: its SHA-256 is {', '.join(sorted(digests))}, not {wanted}: nothing was added")
    for each in found:
        _check_authority(each, path)
    return [_put(station, each) for each in found]


def _check_authority(certificate: x509.Certificate, path: Path) -> None:
    try:
        if certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return
    except x509.ExtensionNotFound:
        if is_root(certificate):  # X.509 v1 roots say nothing of it
            return
    raise SettingsError(f"{path}: {certificate.subject.rfc4514_string()} is no authority's certificate")


def _put(station: Path, certificate: x509.Certificate) -> Anchor:
    kind = ROOTS if is_root(certificate) else INTERMEDIATES
    digest = certificate.fingerprint(hashes.SHA256()).hex()
    target = station / "trust" / kind / f"{digest}.pem"
    make_dirs_durably(target.parent)
    replace_durably(target, certificate.public_bytes(Encoding.PEM))
    return Anchor(kind, certificate, target.relative_to(station).as_posix(), known_authorities().get(digest, ""))


def listed(station: Path, settings: Settings) -> list[Anchor]:
    """The whole trust list: what the settings name, then what was added.

    Raises:
        MissingError: a file the settings name is absent or holds none.
    """
    return list(_listed(station, settings))


def _listed(station: Path, settings: Settings) -> Iterator[Anchor]:
    known = known_authorities()
    for kind, names in ((ROOTS, settings.trust.roots), (INTERMEDIATES, settings.trust.intermediates)):
        own = [path.relative_to(station).as_posix() for path in sorted((station / "trust" / kind).glob("*.pem"))]
        for name in (*names, *own):
            for certificate in read_file(station / name):
                yield Anchor(kind, certificate, name, known.get(certificate.fingerprint(hashes.SHA256()).hex(), ""))


def of_kind(anchors: list[Anchor], kind: str) -> tuple[bytes, ...]:
    """The certificates of a kind, DER, each once."""
    return tuple(dict.fromkeys(each.certificate.public_bytes(Encoding.DER) for each in anchors if each.kind == kind))
