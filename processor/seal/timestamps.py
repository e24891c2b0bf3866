"""The fetcher: the only part of Sohoa that talks to the outside (TSA, CRL, OCSP), by allow-list.

Promises: several authorities in order, a time-out for the whole answer, back-off, at most so many calls at once; a host that
the settings do not name is never asked (addresses in certificates are hostile), nor a proxy that the environment names, nor
where a redirect leads. No answer, or a part of one, is the code `waiting-tsa` or `waiting-revocation`, never a lower level.
What comes back is bytes; a worker says whether they are good.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

from processor.errors import Verdict
from processor.tables import TimeTable, TrustTable

_LARGEST_TOKEN = 256 << 10
_LARGEST_LIST = 64 << 20
MOST_KEPT_BYTES = 256 << 20
_OUTSIDE = (http.client.HTTPException, OSError, ValueError)


class Outside(Protocol):
    """Whoever answers requests for time and revocation data."""

    def stamp(self, request: bytes, skip: int) -> bytes:
        """A time-stamp response for an RFC 3161 request, by the first authority from number `skip` on that answers.

        Returns:
            One byte, the number of the authority, then its response.

        Raises:
            Verdict: `waiting-tsa`.
        """
        ...

    def fetch(self, url: str, body: bytes) -> bytes:
        """A CRL (empty body) or the OCSP response to a request.

        Raises:
            Verdict: `waiting-revocation`.
        """
        ...


def _connection(parts: SplitResult, timeout: float) -> http.client.HTTPConnection:
    if parts.scheme == "https":
        return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=timeout)
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    raise ValueError("only http and https are spoken")


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the answer may have come at this very moment
        socket.socket.shutdown(line, socket.SHUT_RDWR)  # not TLS's own, which is not for two threads


def _call(url: str, body: bytes, kind: str, timeout: float, largest: int) -> bytes:
    """The whole answer of the server at this address, itself.

    Raises:
        OSError, HTTPException, ValueError: there is none, not in time, too large, cut off or empty.
    """
    parts = urlsplit(url)
    headers = {"User-Agent": "Sohoa", "Connection": "close", **({"Content-Type": kind} if body else {})}
    with contextlib.closing(_connection(parts, timeout)) as connection:
        connection.connect()
        began = time.monotonic()
        alarm = threading.Timer(timeout, _hang_up, [connection.sock])  # a socket's own time-out begins anew with each byte
        alarm.daemon = True
        alarm.start()
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST" if body else "GET", target, body or None, headers)
            answer = connection.getresponse()
            data = answer.read(largest + 1)
        finally:
            alarm.cancel()
    if time.monotonic() - began >= timeout:
        raise TimeoutError("no whole answer in time")
    if answer.status != http.HTTPStatus.OK:  # a redirect too: it could lead past the allow-list
        raise http.client.HTTPException(f"status {answer.status}")
    if not data or len(data) > largest or answer.length:
        raise ValueError("the answer is empty, too large or cut off")
    return data


class Kept:
    """Answers that may be used again for `life` seconds; beyond `MOST_KEPT_BYTES` the oldest go. Usable from many threads."""

    def __init__(self, life: float) -> None:
        self._life = life
        self._answers: dict[tuple[str, bytes], tuple[float, bytes]] = {}
        self._lock = threading.Lock()
        self.size = 0

    def get(self, url: str, body: bytes) -> bytes | None:
        """The answer, if it is young enough."""
        since, data = self._answers.get((url, body), (0.0, None))
        return data if data is not None and time.monotonic() - since < self._life else None

    def put(self, url: str, body: bytes, data: bytes) -> None:
        """Keep an answer; let go of what is too old or too much."""
        now = time.monotonic()
        with self._lock:
            self._drop((url, body))
            self._answers[url, body] = (now, data)
            self.size += len(url) + len(body) + len(data)
            for key, (since, _) in list(self._answers.items()):  # the oldest first
                if self.size <= MOST_KEPT_BYTES and now - since < self._life:
                    break
                self._drop(key)

    def _drop(self, key: tuple[str, bytes]) -> None:
        _, data = self._answers.pop(key, (0.0, None))
        if data is not None:
            self.size -= len(key[0]) + len(key[1]) + len(data)


class Fetcher:
    """Talks to the authorities of the settings. Usable from many threads."""

    def __init__(
        self, time_: TimeTable, trust: TrustTable, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._time = time_
        self._trust = trust
        self._pause = pause
        self._slots = threading.BoundedSemaphore(time_.parallel)
        self._kept = Kept(trust.revocation_keep)

    def stamp(self, request: bytes, skip: int) -> bytes:
        """See `Outside.stamp`."""
        urls: Sequence[str] = self._time.urls[skip:]
        for attempt in range(self._time.attempts):
            for number, url in enumerate(urls, skip):
                try:
                    with self._slots:
                        token = _call(
                            url, request, "application/timestamp-query", self._time.timeout, _LARGEST_TOKEN
                        )
                except _OUTSIDE:
                    continue
                return bytes([number]) + token
            if urls and attempt + 1 < self._time.attempts:
                self._pause(self._time.backoff * 2**attempt)
        raise Verdict("waiting-tsa", f"{len(urls)} authorities left, none answered")

    def fetch(self, url: str, body: bytes) -> bytes:
        """See `Outside.fetch`; a list is used again for `revocation_keep`."""
        try:
            host = urlsplit(url).hostname or ""
        except ValueError:
            host = ""
        if host not in self._trust.revocation_hosts:
            raise Verdict("waiting-revocation", f"host not in trust.revocation_hosts: {host[:100]}")
        kept = self._kept.get(url, body)
        if kept is not None:
            return kept
        try:
            with self._slots:
                data = _call(url, body, "application/ocsp-request", self._time.timeout, _LARGEST_LIST)
        except _OUTSIDE as error:
            raise Verdict("waiting-revocation", f"{host}: {type(error).__name__}") from error
        self._kept.put(url, body, data)
        return data
