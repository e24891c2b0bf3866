"""One HTTP request to one authority, and its whole answer or none.

Promises: the time-out is for all of it, from looking up the name to the last byte, however slowly bytes come; no redirect is
followed (it could lead past the allow-list) and no proxy of the environment is asked; an answer that is empty, too large or cut
off is none. A status other than 200 is a refusal, told apart from silence: whoever refuses counts what is asked of him.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

NO_ANSWER = (http.client.HTTPException, OSError, ValueError)
"""What `call` raises where there is no usable answer; `Refused` is one of them."""

_PORTS = {"http": 80, "https": 443}


class Refused(http.client.HTTPException):
    """An answer with a status other than 200.

    Attributes:
        retry_after: seconds the server wants to be left alone (RFC 9110, 10.2.3); 0 where it does not say.
    """

    def __init__(self, status: int, retry_after: float) -> None:
        super().__init__(f"status {status}")
        self.retry_after = retry_after


def call(url: str, body: bytes, kind: str, timeout: float, largest: int) -> bytes:
    """The whole answer of the server at this address, itself.

    Args:
        url: http or https.
        body: posted; a GET where it is empty.
        kind: the body's media type.
        timeout: seconds for all of it.
        largest: bytes of an answer.

    Raises:
        Refused: another status than 200.
        OSError, HTTPException, ValueError: no answer, not in time, too large, cut off or empty.
    """
    parts, until = urlsplit(url), time.monotonic() + timeout
    headers = {"User-Agent": "Sohoa", "Connection": "close", **({"Content-Type": kind} if body else {})}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with contextlib.closing(_connection(parts)) as connection, _line(parts, until) as connection.sock:
            connection.request("POST" if body else "GET", target, body or None, headers)
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise Refused(answer.status, _retry_after(answer.headers.get("Retry-After", "")))
            data = answer.read(largest + 1)
    except NO_ANSWER as error:
        if time.monotonic() < until:
            raise
        raise TimeoutError("no answer in time") from error  # by whatever it ended: we hung up
    if time.monotonic() >= until:
        raise TimeoutError("no whole answer in time")
    if not data or len(data) > largest or answer.length:
        raise ValueError("the answer is empty, too large or cut off")
    return data


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    """Speaks HTTP; its socket comes from `_line`."""
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("only http and https are spoken")
    is_secret = parts.scheme == "https"
    return (http.client.HTTPSConnection if is_secret else http.client.HTTPConnection)(parts.hostname, parts.port)


@contextlib.contextmanager
def _line(parts: SplitResult, until: float) -> Iterator[socket.socket]:
    """A connected socket that is shut when the time is over: its own time-out begins anew with each byte."""
    host = parts.hostname or ""
    line = _connected(host, parts.port or _PORTS[parts.scheme], until)
    if parts.scheme == "https":
        line = ssl.create_default_context().wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
    alarm = threading.Timer(max(0.0, until - time.monotonic()), _hang_up, [line])
    alarm.daemon = True
    alarm.start()
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        yield line
    finally:
        alarm.cancel()
        line.close()


def _connected(host: str, port: int, until: float) -> socket.socket:
    """Connected to the first of a host's addresses that answers; they share the time."""
    failure: OSError = TimeoutError("no connection in time")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        left = until - time.monotonic()
        if left <= 0:
            break
        line = socket.socket(family, kind, protocol)
        line.settimeout(left)
        try:
            line.connect(address)
        except OSError as error:
            line.close()
            failure = error
        else:
            return line
    raise failure


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the answer may have come at this very moment
        socket.socket.shutdown(line, socket.SHUT_RDWR)  # not TLS's own, which is not for two threads


def _retry_after(text: str) -> float:
    """Seconds, or a date (RFC 9110, 10.2.3); nothing where it is neither."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, OSError):
        return 0.0
