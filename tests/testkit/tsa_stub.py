"""A time-stamping authority on 127.0.0.1 that hangs, lies or bans when a test says so; it also serves the demo authority's lists.

Promises: every request is counted with its moment, whatever is answered; a mode may be changed at any time, also while a request
is being answered; what a lie names is the only thing wrong. Its certificate and key are of a demo authority
(`processor.seal.demo.make`), so its honest tokens lead to that station's root.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import http.server
import itertools
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from processor.seal import demo
from tests.testkit.answers import Holder, Revocations, revocation_list, time_answer, time_token

Handler = http.server.BaseHTTPRequestHandler
Mode = Callable[["TsaStub", Handler, bytes], None]
REPLY = "application/timestamp-reply"
MINUTE = 60.0


def _holder(folder: Path, name: str, issuer: Holder | None = None) -> Holder:
    key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return Holder(x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()), key, issuer)


@dataclass(frozen=True)
class House:
    """The holders of a demo authority: the honest time-stamper, one whose certificate ended, one that is revoked."""

    root: Holder
    issuing: Holder
    honest: Holder
    ended: Holder
    revoked: Holder

    @classmethod
    def of(cls, folder: Path) -> House:
        """By the files that `demo.make` left."""
        root = _holder(folder, "root")
        honest = _holder(folder, "tsa", root)
        day = dt.timedelta(days=1)
        now = dt.datetime.now(dt.UTC)
        ended, revoked = (_like(honest, root, now - 30 * day, until) for until in (now - day, now + 30 * day))
        return cls(root, _holder(folder, "issuing", root), honest, ended, revoked)

    def list_of(self, name: str, revoked: Revocations) -> bytes:
        """The list `root` or `issuing` publishes now."""
        return revocation_list(self.root if name == "root" else self.issuing, revoked, dt.datetime.now(dt.UTC).replace(microsecond=0))


def _like(model: Holder, issuer: Holder, begin: dt.datetime, end: dt.datetime) -> Holder:
    """A certificate of the same kind, with another life and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(model.certificate.subject)
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    for extension in model.certificate.extensions:
        mine = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        is_own = isinstance(extension.value, x509.SubjectKeyIdentifier)
        builder = builder.add_extension(mine if is_own else extension.value, extension.critical)
    return Holder(builder.sign(issuer.key, hashes.SHA256()), key, issuer)


def _send(handler: Handler, data: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content_Type": REPLY, "Content_Length": str(len(data)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(data)


def _lie(word: str = "", by: str = "honest") -> Mode:
    """A well-made answer in which one thing is not true (`answers.LIES`), or by another holder of the house."""

    def mode(stub: TsaStub, handler: Handler, body: bytes) -> None:
        asked, now = tsp.TimeStampReq.load(body), dt.datetime.now(dt.UTC) + stub.ahead
        token = None if word == "refused" else time_token(asked, getattr(stub.house, by), now, word, next(stub.numbers))
        _send(handler, time_answer(token))

    return mode


def _foreign(stub: TsaStub, handler: Handler, body: bytes) -> None:
    token = time_token(tsp.TimeStampReq.load(body), _stranger(), dt.datetime.now(dt.UTC), "", next(stub.numbers))
    _send(handler, time_answer(token))


@cache
def _stranger() -> Holder:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Dấu thời gian xa lạ")])
    now = dt.datetime.now(dt.UTC)
    purpose = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - dt.timedelta(days=1), now + dt.timedelta(days=9))
    return Holder(builder.add_extension(purpose, True).sign(key, hashes.SHA256()), key)


def _refuses(status: int) -> Mode:
    def mode(stub: TsaStub, handler: Handler, body: bytes) -> None:
        _send(handler, b"", status, **({"Retry_After": stub.retry_after} if stub.retry_after else {}))

    return mode


def _silent(stub: TsaStub, handler: Handler, body: bytes) -> None:
    stub.over.wait()


def _drips(stub: TsaStub, handler: Handler, body: bytes) -> None:
    """A good answer, one byte a minute."""
    handler.send_response(200)
    handler.send_header("Content-Length", "4000")
    handler.end_headers()
    for _ in range(4000):
        handler.wfile.write(b"0")
        if stub.over.wait(stub.drip):
            return


def _cut_off(stub: TsaStub, handler: Handler, body: bytes) -> None:
    data = stub.token(body)
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data[:-20])


MODES: Mapping[str, Mode] = {
    "honest": _lie(),
    "silent": _silent,
    "drips": _drips,
    "hangs up": lambda stub, handler, body: None,
    "another digest": _lie("digest"),
    "another nonce": _lie("nonce"),
    "an old time": _lie("early"),
    "a future time": _lie("late"),
    "no certificate": _lie("bare"),
    "a broken signature": _lie("broken"),
    "a foreign certificate": _foreign,
    "an expired certificate": _lie(by="ended"),
    "a revoked certificate": _lie(by="revoked"),
    "a refusal": _lie("refused"),
    "garbage": lambda stub, handler, body: _send(handler, os.urandom(3000)),
    "cut off": _cut_off,
    "a short answer": lambda stub, handler, body: _send(handler, stub.token(body)[:-20]),
    "another type": lambda stub, handler, body: _send(handler, stub.token(body), Content_Type="text/plain"),
    "huge": lambda stub, handler, body: _send(handler, bytes(4 << 20)),
    "nothing": lambda stub, handler, body: _send(handler, b""),
    "a page": lambda stub, handler, body: _send(handler, b"<html>Dang nhap Wi-Fi</html>", Content_Type="text/html"),
    "a redirect": lambda stub, handler, body: _send(handler, b"", 302, Location="http://127.0.0.1:9/"),
    "busy": _refuses(503),
    "too many": _refuses(429),
    "banned": _refuses(403),
}
"""By name. "another type" is a good token under a wrong name: bytes count."""

BAD = tuple(mode for mode in MODES if mode not in {"honest", "another type"})
FAST = tuple(mode for mode in BAD if mode not in {"silent", "drips"})


@dataclass
class TsaStub:
    """One authority.

    Attributes:
        house: whose it is.
        mode: of `MODES`.
        granted: requests in `window` seconds after which it refuses everybody for `ban` seconds; 0: no limit.
        retry_after: header sent with a refusal.
        drip: seconds between two bytes.
        ahead: how far its clock is from ours.
        asked: moments of the requests for time, by `time.monotonic`.
        refused: how many of them were refused for the ban.
        revoked: serial numbers on its lists.
    """

    house: House
    mode: str = "honest"
    granted: int = 0
    window: float = 20 * MINUTE
    ban: float = 24 * 60 * MINUTE
    retry_after: str = ""
    drip: float = MINUTE
    ahead: dt.timedelta = dt.timedelta()
    asked: list[float] = field(default_factory=list)
    refused: int = 0
    lists_asked: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    port: int = 0
    on_request: Callable[[TsaStub], object] = lambda stub: None
    _banned_until: float = 0.0
    _server: http.server.ThreadingHTTPServer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where it is asked for time."""
        return f"http://127.0.0.1:{self.port}/tsa"

    def list_addresses(self) -> dict[str, str]:
        """What stands for the demo authority's addresses in `trust.addresses`."""
        return {f"http://{demo.CRL_HOST}": f"http://127.0.0.1:{self.port}"}

    def token(self, body: bytes) -> bytes:
        """An honest answer."""
        request, now = tsp.TimeStampReq.load(body), dt.datetime.now(dt.UTC)
        return time_answer(time_token(request, self.house.honest, now, "", next(self.numbers)))

    def open(self) -> Self:
        """Listen; on the port it had before."""
        stub = self

        class One(Handler):
            def do_POST(self) -> None:
                stub._post(self)

            def do_GET(self) -> None:
                stub._get(self)

            def log_message(self, *_: object) -> None: ...

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads, block_on_close = True, False

            def handle_error(self, *_: object) -> None: ...

        self._server = Quiet(("127.0.0.1", self.port), One)
        self.port = self._server.server_address[1]
        self.over.clear()
        threading.Thread(target=lambda server=self._server: server.serve_forever(0.01), daemon=True).start()
        return self

    def close(self) -> None:
        """Nobody listens any more; who waits for an answer gets none."""
        self.over.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _post(self, handler: Handler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self._lock:
            self.on_request(self)
            is_banned = self._counted(time.monotonic())
        mode = MODES["banned" if is_banned else self.mode]
        with contextlib.suppress(OSError):  # the fetcher may have hung up
            mode(self, handler, body)
        handler.close_connection = True

    def _counted(self, now: float) -> bool:
        """Count a request; whether it is refused."""
        recent = sum(1 for moment in self.asked if now - moment < self.window)
        self.asked.append(now)
        if self.granted and recent >= self.granted:
            self._banned_until = now + self.ban
        is_banned = now < self._banned_until
        self.refused += is_banned
        return is_banned

    def _get(self, handler: Handler) -> None:
        self.lists_asked += 1
        name = handler.path.removeprefix("/").removesuffix(".crl")
        if name not in {"root", "issuing"}:
            _send(handler, b"", 404)
            return
        past = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        revoked = {self.house.revoked.certificate.serial_number: (past, x509.ReasonFlags.key_compromise)}
        _send(handler, self.house.list_of(name, revoked if name == "root" else {}), Content_Type="application/pkix-crl")
