"""The key that signs the heads of the log: Ed25519, made at the station, used with nobody there.

Why it is not the organisation's: that one may be at hand only while a clerk is. It shows that a head is this log's; whose log it is
shows the organisation's signature beside it. Lost, a new one is made, which signs what comes after.
"""

from __future__ import annotations

from pathlib import Path

from archive import keyfile
from archive.errors import ArchiveError
from archive.heads import LogKey
from processor.errors import MissingError

FILE = Path("keys") / "log.pem"


def opened(station: Path) -> LogKey:
    """The station's key, made where there is none.

    Raises:
        MissingError: the file holds something else.
    """
    try:
        private = keyfile.opened(station / FILE)
    except ArchiveError as error:
        raise MissingError(error.detail) from error
    (station / FILE).parent.chmod(0o700)
    return LogKey(keyfile.public(private), keyfile.public_pem(private), private.sign)
