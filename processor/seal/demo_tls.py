"""TLS certificates for the talk between a demo station and `sohoa-signer`: an authority, the station's, a clerk's.

Everything it makes says DEMO in its names. An office makes its own the same way (docs/signer.md).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAYS = 730
_SLACK = dt.timedelta(minutes=5)  # clocks of office machines differ


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates for machines of one office; its key lives only as long as this object."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, name: str = "Sohoa DEMO TLS") -> Authority:
        """A new one."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        builder = _builder(subject, subject, key).add_extension(x509.BasicConstraints(True, 0), True)
        usage = _usage(key_cert_sign=True, crl_sign=True)
        return cls(builder.add_extension(usage, True).sign(key, hashes.SHA256()), key)

    def station(self, folder: Path, hosts: Sequence[str], name: str = "station") -> None:
        """`NAME.pem` and `NAME.key` for a station that is called by these host names or addresses."""
        alternative = x509.SubjectAlternativeName([_host(host) for host in hosts])
        self._leaf(folder, name, ExtendedKeyUsageOID.SERVER_AUTH, alternative)

    def clerk(self, folder: Path, name: str = "clerk") -> None:
        """`NAME.pem` and `NAME.key` for a clerk's PC."""
        self._leaf(folder, name, ExtendedKeyUsageOID.CLIENT_AUTH, x509.SubjectAlternativeName([x509.DNSName(name)]))

    def write(self, folder: Path, name: str = "ca") -> None:
        """`NAME.pem`: what both sides trust."""
        (folder / f"{name}.pem").write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def _leaf(
        self, folder: Path, name: str, purpose: x509.ObjectIdentifier, alternative: x509.SubjectAlternativeName
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = _builder(_name(f"Sohoa DEMO {name}"), self.certificate.subject, key)
        for extension, critical in (
            (x509.BasicConstraints(False, None), True), (_usage(digital_signature=True), True), (issuer, False),
            (x509.ExtendedKeyUsage([purpose]), False), (alternative, False),
        ):  # fmt: skip
            builder = builder.add_extension(extension, critical)
        (folder / f"{name}.pem").write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM))
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with open(os.open(folder / f"{name}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)


def make(folder: Path, hosts: Sequence[str]) -> None:
    """All that a demo needs: `ca.pem`; `station.pem`, `station.key`; `clerk.pem`, `clerk.key`.

    Args:
        folder: must exist.
        hosts: names or addresses by which the clerk's PC calls the station.
    """
    authority = Authority.make()
    authority.write(folder)
    authority.station(folder, hosts)
    authority.clerk(folder)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(**given: bool) -> x509.KeyUsage:
    kinds = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{kind: given.get(kind, False) for kind in kinds})


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + dt.timedelta(days=_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
