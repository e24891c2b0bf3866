"""Private keys that a program uses with nobody there: Ed25519, each in a file only its owner reads."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

from archive.durable import make_dirs_durably, write_durably
from archive.errors import ArchiveError


def opened(path: Path) -> Ed25519PrivateKey:
    """The key in a file, made where there is none.

    Raises:
        ArchiveError: `bad-key`, the file holds something else.
    """
    if not path.exists():
        _make(path)
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ArchiveError("bad-key", f"{path} holds no private key that can be read") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ArchiveError("bad-key", f"{path} holds no Ed25519 key")
    return private


def public(private: Ed25519PrivateKey) -> bytes:
    """Its public key, 32 bytes."""
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def public_pem(private: Ed25519PrivateKey) -> bytes:
    """The same as `openssl` reads it."""
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _make(path: Path) -> None:
    make_dirs_durably(path.parent)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    before = os.umask(0o077)  # nobody else reads it, not even for a moment
    try:
        write_durably(path, pem)
    finally:
        os.umask(before)
