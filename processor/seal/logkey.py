"""The key that signs the heads of the log: Ed25519, made at the station, used with nobody there.

Why it is not the organisation's: that one may be at hand only while a clerk is. It shows that a head is this log's; whose log it is
shows the organisation's signature beside it. Lost, a new one is made, which signs what comes after.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_pem_private_key

from archive.durable import make_dirs_durably, write_durably
from archive.heads import LogKey
from processor.errors import MissingError

FILE = Path("keys") / "log.pem"


def opened(station: Path) -> LogKey:
    """The station's key, made where there is none.

    Raises:
        MissingError: the file holds something else.
    """
    path = station / FILE
    if not path.exists():
        _make(path)
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise MissingError(f"{path} holds no private key that can be read") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise MissingError(f"{path} holds no Ed25519 key")
    public = private.public_key()
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return LogKey(raw, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), private.sign)


def _make(path: Path) -> None:
    make_dirs_durably(path.parent)
    path.parent.chmod(0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    before = os.umask(0o077)  # nobody else reads it, not even for a moment
    try:
        write_durably(path, pem)
    finally:
        os.umask(before)
