"""The door that the clerk's helper knocks at: HTTPS, only with a certificate of the office's own authority (docs/signer.md).

Promises: TLS 1.2 or later; nobody without a client certificate gets as far as a request; bodies, waiting and the number of
callers are bounded; three addresses, nothing else. What is said goes through `remote_requests.Desk`.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import re
import socket
import socketserver
import ssl
import stat
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from processor.errors import MissingError
from processor.seal.remote_requests import Desk, ProtocolError
from processor.tables import RemoteTable

_LARGEST = 4 << 20  # bytes of a body
_LONGEST_POLL = 25.0  # seconds
_LONGEST_CALL = 45.0  # seconds from the first byte to the last, handshake and poll included
_SILENCE = 15.0  # seconds without a byte
_CALLERS = 16
_HELPER = re.compile(r"[0-9a-f]{32}")


def context(remote: RemoteTable, station: Path) -> ssl.SSLContext:
    """How TLS is spoken.

    Raises:
        MissingError: a file cannot be read, or the key can be read by others.
    """
    key = station / remote.key
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.verify_mode = ssl.CERT_REQUIRED
    try:
        if key.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise MissingError(f"{key} can be read by others: chmod 600 it")
        made.load_cert_chain(station / remote.certificate, key)
        made.load_verify_locations(station / remote.clients)  # no other root: the office's own authority alone
    except (OSError, ssl.SSLError) as error:
        raise MissingError(f"remote.certificate, key, clients: {error}") from error
    return made


def _address(listen: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{listen}")
        if parts.hostname and parts.port is not None and not parts.path:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise MissingError(f'remote.listen: not HOST:PORT: {listen!r} (write "192.168.1.5:8443")')


class Doorway(http.server.ThreadingHTTPServer):
    """Listens from entering to leaving.

    Raises:
        MissingError: see `context`; the address cannot be listened on.
    """

    daemon_threads = True
    request_queue_size = 32
    block_on_close = False

    def __init__(self, remote: RemoteTable, station: Path, desk: Desk) -> None:
        host, port = _address(remote.listen)
        self.desk = desk
        self._tls = context(remote, station)
        self._callers = threading.BoundedSemaphore(_CALLERS)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), _Handler)
        except OSError as error:
            raise MissingError(f"remote.listen: {remote.listen}: {error.strerror}") from error

    def server_bind(self) -> None:
        """Without asking a name server who we are, as HTTPServer does: an office network may have none."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.address

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens; port 0 in the settings is whichever was free."""
        host, port = self.server_address[:2]
        return str(host), int(port)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True, name="doorway").start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for a caller, while there are not too many."""
        if self._callers.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One call: the handshake is made here, where a silent caller holds up nobody else."""
        try:
            request.settimeout(_SILENCE)
            with self._tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False) as line, _alarmed(line):
                line.do_handshake()
                _Handler(line, client_address, self)
        except OSError:  # no certificate, another authority's, gone, silent: none of our concern (ssl errors are such)
            pass
        finally:
            self.shutdown_request(request)
            self._callers.release()


@contextlib.contextmanager
def _alarmed(line: socket.socket) -> Iterator[None]:
    """Hang up when the call lasts too long: a socket's own time-out begins anew with each byte."""
    alarm = threading.Timer(_LONGEST_CALL, _hang_up, [line])
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _hang_up(line: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)  # not TLS's own, which is not for two threads


class _Handler(http.server.BaseHTTPRequestHandler):
    """`GET /v1/session`, `GET /v1/requests`, `POST /v1/signatures`."""

    server: Doorway
    connection: ssl.SSLSocket
    timeout = _SILENCE
    server_version = "Sohoa"
    sys_version = ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        desk = self.server.desk
        if parts.path == "/v1/session":
            self._answer(desk.told() if desk.welcome(*self._caller()) else None)
        elif parts.path == "/v1/requests":
            wait = parse_qs(parts.query).get("wait", ["0"])[0]
            seconds = min(float(wait), _LONGEST_POLL) if wait.isascii() and wait.isdigit() else 0.0
            self._answer(desk.requests(seconds) if desk.admit(*self._caller()) else None)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 10) or self.headers.get("Transfer-Encoding"):
            return self.send_error(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > _LARGEST:
            return self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body = self.rfile.read(int(length))
        if self.path != "/v1/signatures":
            return self.send_error(HTTPStatus.NOT_FOUND)
        if not self.server.desk.admit(*self._caller()):
            return self._answer(None)
        try:
            return self._answer(self.server.desk.take(body))
        except ProtocolError:
            return self.send_error(HTTPStatus.BAD_REQUEST)

    def _caller(self) -> tuple[str, str]:
        """Whose certificate, and which run of the helper."""
        certificate = self.connection.getpeercert(binary_form=True) or b""
        helper = self.headers.get("X-Sohoa-Helper", "")
        return hashlib.sha256(certificate).hexdigest(), helper if _HELPER.fullmatch(helper) else ""

    def _answer(self, body: bytes | None) -> None:
        """An answer; None: another helper has the session."""
        if body is None:
            return self.send_error(HTTPStatus.CONFLICT)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: names of documents are not for logs."""
