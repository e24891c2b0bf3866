"""The station, over HTTPS with certificates on both sides.

Promises: TLS 1.2 or later; the station's certificate leads to the office's own authority and names the host or address that
was called; no other root, no proxy of the environment, no redirect. An answer is bounded in size and time. Refuses: http.
"""

from __future__ import annotations

import http.client
import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from processor.signer import messages
from processor.signer.messages import Announced, Item, ProtocolError
from processor.signer.stop import Stop

_TIMEOUT = 40.0  # seconds; a poll is answered within 25
_POLL = 10  # seconds; Windows hears Ctrl-C only between two polls
_TRIES = 5
_PAUSE = 2.0  # seconds, and longer each time
_LARGEST = 8 << 20
_FAULTS = (OSError, http.client.HTTPException)
_HUNG_UP = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


class StationError(Stop):
    """The station cannot be used: `not-reached`, `certificate` (TLS failed), `busy` (another helper is at it), `no-session`,
    `refused`."""


@dataclass(frozen=True, slots=True)
class Papers:
    """The clerk's TLS certificate and key, and the authority that the station's certificate leads to (PEM)."""

    certificate: Path
    key: Path
    authority: Path


def context(papers: Papers) -> ssl.SSLContext:
    """How TLS is spoken.

    Raises:
        StationError: a file cannot be read.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks the certificate and the host's name
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_verify_locations(papers.authority)
        made.load_cert_chain(papers.certificate, papers.key)
    except (OSError, ssl.SSLError) as error:
        raise StationError("certificate", f"{papers.certificate}, {papers.key}, {papers.authority}: {error}"[:300]) from error
    return made


class Station:
    """One station's session, as the helper sees it.

    Args:
        url: `https://HOST:PORT`.
        tls: see `context`.
        pause: waits so many seconds between tries.

    Raises:
        StationError: not an https address.
    """

    def __init__(self, url: str, tls: ssl.SSLContext, pause: Callable[[float], object] = time.sleep) -> None:
        parts = urlsplit(url)
        try:
            self._host, self._port = parts.hostname or "", parts.port or 443
        except ValueError:
            self._host, self._port = "", 0
        if parts.scheme != "https" or not self._host or parts.path not in {"", "/"} or parts.query or parts.username:
            raise StationError("not-reached", f"not an https address: {url[:100]}")
        self._tls = tls
        self._pause = pause
        self._helper = secrets.token_hex(16)  # so that the station can tell this run from an earlier one

    def session(self) -> Announced:
        """The session that the station holds open.

        Raises:
            StationError: there is none, or it cannot be reached.
        """
        return messages.announced(self._spoken("GET", "/v1/session"))

    def asked(self, session: Announced) -> tuple[bool, tuple[Item, ...]]:
        """Whether the session goes on, and what waits for a signature; returns after 10 s at the latest."""
        return messages.asked(self._spoken("GET", f"/v1/requests?wait={_POLL}"), session.id)

    def tell(self, answer: bytes) -> None:
        """Hand in signatures and refusals; told twice they count once."""
        self._spoken("POST", "/v1/signatures", answer)

    def _spoken(self, method: str, path: str, body: bytes = b"") -> bytes:
        """One exchange; an office network that stutters is tried again."""
        for attempt in range(1, _TRIES + 1):
            try:
                return self._exchange(method, path, body)
            except _FAULTS as error:
                if isinstance(error, ssl.SSLError) and not isinstance(error, _HUNG_UP):  # one of the two certificates is refused
                    raise StationError("certificate", str(error)[:200]) from error
                if attempt == _TRIES:
                    raise StationError("not-reached", f"{type(error).__name__}: {error}"[:200]) from error
            self._pause(_PAUSE * attempt)
        raise StationError("not-reached")

    def _exchange(self, method: str, path: str, body: bytes) -> bytes:
        connection = http.client.HTTPSConnection(self._host, self._port, timeout=_TIMEOUT, context=self._tls)
        headers = {"Connection": "close", "X-Sohoa-Helper": self._helper}
        if body:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            data = answer.read(_LARGEST + 1)
        finally:
            connection.close()
        if answer.status == http.HTTPStatus.CONFLICT:
            raise StationError("busy")
        if answer.status == http.HTTPStatus.GONE:
            raise StationError("no-session")
        if answer.status != http.HTTPStatus.OK:  # a redirect too: only this station is spoken to
            raise StationError("refused", f"status {answer.status}")
        if len(data) > _LARGEST:
            raise ProtocolError("an answer too large")
        return data
