"""The key that tells the station's own separator sheets from others': made when the first are printed, and known to no worker.

Lost, a new one is made, and sheets are printed anew.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from archive.durable import make_dirs_durably, write_durably
from processor.errors import MissingError

FILE = Path("keys") / "sheets.key"
_SHAPE = re.compile(rb"[0-9a-f]{64}\s*")


def opened(station: Path) -> bytes:
    """The station's key, made where there is none.

    Raises:
        MissingError: the file holds something else.
    """
    path = station / FILE
    if not path.exists():
        make_dirs_durably(path.parent)
        path.parent.chmod(0o700)
        before = os.umask(0o077)  # nobody else reads it, not even for a moment
        try:
            write_durably(path, f"{secrets.token_hex(32)}\n".encode())
        finally:
            os.umask(before)
    if not (key := known(station)):
        raise MissingError(f"{path} holds no key: move it away, and print the sheets anew")
    return key


def known(station: Path) -> bytes:
    """The station's key; empty where no sheet was ever printed, or the file holds something else: no sheet is ours then."""
    try:
        told = (station / FILE).read_bytes()
    except OSError:
        return b""
    return bytes.fromhex(told.decode()) if _SHAPE.fullmatch(told) else b""
