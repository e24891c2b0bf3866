"""A key that is elsewhere: what is to be signed is fetched by the clerk's helper, at the token, and signed there (docs/signer.md).

Promises: listens only while an attended session lasts, and only for certificates of the office's own authority; a signature is
handed on only if the organisation's certificate verifies it; what stays unsigned waits (`waiting-key`).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from processor.seal.remote_http import Doorway
from processor.seal.remote_requests import PATIENCE, Announced, Desk, about
from processor.tables import RemoteTable

__all__ = ["PATIENCE", "RemoteKey", "about", "serving", "wait_for_clerk"]
_FAREWELL = 3.0  # seconds in which the helper may still learn that the session is over


@dataclass(frozen=True, slots=True)
class RemoteKey:
    """The key at the end of an open session: a `keys.Key`.

    Attributes:
        address: host and port that the helper has to call.
    """

    desk: Desk
    address: tuple[str, int]

    def sign_raw(self, attributes: bytes) -> bytes:
        """See `Desk.sign`."""
        return self.desk.sign(attributes)

    @property
    def clerk(self) -> str:
        """See `Desk.clerk`."""
        return self.desk.clerk


@contextlib.contextmanager
def serving(
    remote: RemoteTable, station: Path, expected: int, certificate: x509.Certificate, agency: str = "",
    patience: float = PATIENCE,
) -> Iterator[RemoteKey]:  # fmt: skip
    """Listen for the clerk's helper while the session lasts.

    Args:
        remote: where, and with which TLS certificates.
        station: the station's folder, to which their paths are relative.
        expected: the most signatures that will be asked for (a document of an issue lane may take several; a late time-stamp
            takes one more).
        certificate: the organisation's, whose key is on the token.
        agency: shown to the clerk.
        patience: seconds that a request waits for its signature.

    Raises:
        MissingError: the certificates cannot be read, or nothing can listen there.
    """
    desk = Desk(Announced(agency, certificate, expected), patience)
    with Doorway(remote, station, desk) as doorway:
        try:
            yield RemoteKey(desk, doorway.address)
        finally:
            desk.end()
            desk.farewell(_FAREWELL)


def wait_for_clerk(key: RemoteKey, seconds: float = PATIENCE, step: float = 0.2) -> bool:
    """Whether a helper has come; waits for it so long."""
    deadline = time.monotonic() + seconds
    while not key.clerk and time.monotonic() < deadline:
        time.sleep(step)
    return bool(key.clerk)
