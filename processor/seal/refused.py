"""PINs that a token refused, remembered so that the same wrong one is never tried twice, whatever starts anew.

Promises: what lies on disk is a salted scrypt hash. Another PIN may be tried, and the same one when its file was written anew:
then somebody has set it on the token.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from pathlib import Path

from archive.durable import fsync_dir
from processor.seal.secret import Secret

_MOST = 8  # a token; each costs a hash when a PIN is about to be tried, and no token grants so many tries


def _hash(pin: Secret, salt: bytes) -> bytes:
    return hashlib.scrypt(b"%d %b" % (pin.written, pin.value), salt=salt, n=1 << 14, r=8, p=1, dklen=32)


class Refused:
    """The refused PINs of all tokens of a station, in one file. Usable from many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def knows(self, token: str, pin: Secret) -> bool:
        """Whether this token refused this PIN before."""
        with self._lock:
            noted = self._read().get(token, [])
        return any(hmac.compare_digest(_hash(pin, bytes.fromhex(salt)).hex(), known) for salt, known in noted)

    def note(self, token: str, pin: Secret) -> None:
        """Remember it.

        Raises:
            OSError: it cannot be written.
        """
        salt = secrets.token_bytes(16)
        with self._lock:
            every = self._read()
            every[token] = [*every.get(token, []), [salt.hex(), _hash(pin, salt).hex()]][-_MOST:]
            self._write(every)

    def forget(self, token: str) -> None:
        """The token took a PIN: what it refused before no longer counts.

        Raises:
            OSError: it cannot be written.
        """
        with self._lock:
            every = self._read()
            if every.pop(token, None) is not None:
                self._write(every)

    def _read(self) -> dict[str, list[list[str]]]:
        try:
            found = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):  # lost or torn: the PIN is tried once more, and the token's own flags still guard it
            return {}
        return found if isinstance(found, dict) else {}

    def _write(self, every: dict[str, list[list[str]]]) -> None:
        fresh = self._path.with_suffix(f".{os.getpid()}.part")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:
            out.write(json.dumps(every).encode())
            out.flush()
            os.fsync(out.fileno())
        os.replace(fresh, self._path)
        fsync_dir(self._path.parent)
