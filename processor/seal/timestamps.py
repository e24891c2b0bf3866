"""The fetcher: the only part of Sohoa that talks to the outside (TSA, CRL, OCSP), by allow-list.

Promises: several authorities in order, a time-out, back-off, at most so many calls at once; a host that the settings do not
name is never asked (addresses in certificates are hostile). No answer is the code `waiting-tsa` or `waiting-revocation`,
never a lower level. What comes back is bytes; a worker says whether they are good.
"""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from typing import Protocol

from processor.errors import Verdict
from processor.settings import TimeTable, TrustTable

_LARGEST_TOKEN = 256 << 10
_LARGEST_LIST = 64 << 20
_OUTSIDE = (urllib.error.URLError, http.client.HTTPException, OSError, ValueError)


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


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None  # a redirect could lead past the allow-list


_opener = urllib.request.build_opener(_NoRedirects, urllib.request.ProxyHandler())


def _call(url: str, body: bytes, kind: str, timeout: float, largest: int) -> bytes:
    if urllib.parse.urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("only http and https are spoken")
    headers = {"Content-Type": kind} if body else {}
    request = urllib.request.Request(url, data=body or None, headers=headers)
    with _opener.open(request, timeout=timeout) as answer:
        data: bytes = answer.read(largest + 1)
    if len(data) > largest:
        raise ValueError("the answer is too large")
    return data


class Fetcher:
    """Talks to the authorities of the settings. Usable from many threads."""

    def __init__(
        self, time_: TimeTable, trust: TrustTable, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._time = time_
        self._trust = trust
        self._pause = pause
        self._slots = threading.BoundedSemaphore(time_.parallel)
        self._kept: dict[tuple[str, bytes], tuple[float, bytes]] = {}

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
        host = urllib.parse.urlsplit(url).hostname or ""
        if host not in self._trust.revocation_hosts:
            raise Verdict("waiting-revocation", f"host not in trust.revocation_hosts: {host}")
        now = time.monotonic()
        kept = self._kept.get((url, body))
        if kept is not None and now - kept[0] < self._trust.revocation_keep:
            return kept[1]
        kind = "application/ocsp-request"
        try:
            with self._slots:
                data = _call(url, body, kind, self._time.timeout, _LARGEST_LIST)
        except _OUTSIDE as error:
            raise Verdict("waiting-revocation", f"{host}: {type(error).__name__}") from error
        self._kept[url, body] = (now, data)
        return data
