"""What authorities publish about certificates: revocation lists and OCSP answers, fetched from the hosts the settings allow.

Promises: a host that the settings do not name is never asked (addresses in certificates are hostile); an address the settings
replace (some certificates name an alias of the authority's own network, law.md 6a) is looked up under the other one; an answer
is used again for `revocation_keep`, in bounded memory. No answer is the code `waiting-revocation`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from processor.errors import Verdict
from processor.seal.http_calls import NO_ANSWER
from processor.tables import TrustTable

MOST_KEPT_BYTES = 256 << 20


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


def instead(url: str, addresses: Mapping[str, str]) -> str:
    """The address to be asked: the one itself, or what the settings put in place of it or of its beginning.

    A beginning ends where a part of the address does: `http://ocsp.ca.ptc` stands for `http://ocsp.ca.ptc/x`, and not for
    `http://ocsp.ca.ptc.evil/x` or `http://ocsp.ca.ptc@evil/x`. The longest one counts.
    """
    for known in sorted(addresses, key=len, reverse=True):
        rest = url[len(known) :]
        if _plain(url[: len(known)]) == _plain(known) and (not rest or rest[0] in "/?" or known.endswith("/")):
            return addresses[known] + rest
    return url


def _plain(address: str) -> str:
    """Scheme and host in lower case: `HTTP://Ca.VN/A` names what `http://ca.vn/A` names."""
    scheme, mark, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return scheme.lower() + mark + host.lower() + slash + path


class Published:
    """Lists and answers. Usable from many threads.

    Args:
        trust: the settings.
        call: asks: the whole answer of the server at an address, or one of `NO_ANSWER`.
    """

    def __init__(self, trust: TrustTable, call: Callable[[str, bytes], bytes]) -> None:
        self._trust = trust
        self._call = call
        self._kept = Kept(trust.revocation_keep)

    def fetch(self, url: str, body: bytes) -> bytes:
        """See `timestamps.Outside.fetch`."""
        url = instead(url, self._trust.addresses)
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
            data = self._call(url, body)
        except NO_ANSWER as error:
            raise Verdict("waiting-revocation", f"{host}: {type(error).__name__}") from error
        self._kept.put(url, body, data)
        return data
