"""A mail server of this machine that accepts, refuses, hangs, dies: what a station meets, over real sockets."""

import base64
import contextlib
import datetime as dt
import ipaddress
import socket
import socketserver
import ssl
import threading
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

MODES = ("accept", "refuse-4xx", "refuse-5xx", "data-4xx", "data-5xx", "sender-5xx", "greet-5xx", "hang", "hang-after-data", "drop-after-data", "drop-at-once", "shut-down")


def certificate(folder: Path, name: str = "localhost") -> Path:
    """A self-made certificate for 127.0.0.1 and `name`, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), now - dt.timedelta(days=1), now + dt.timedelta(days=30))
    made = made.add_extension(names, False).add_extension(x509.BasicConstraints(True, None), True)
    pem = folder / f"{name}.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return pem


@dataclass(frozen=True)
class Taken:
    """A letter the server took: envelope and bytes."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    encrypted: bool

    @property
    def mail(self) -> EmailMessage:
        """As a mail program reads it."""
        return BytesParser(EmailMessage, policy=policy.default).parsebytes(self.data)


@dataclass
class Stub:
    """The server; `mode` may change while it runs. `refused` are recipients that get 550 whatever the mode."""

    mode: str = "accept"
    pem: Path | None = None
    tls: str = "none"
    login: tuple[str, str] | None = None
    refused: set[str] = field(default_factory=set)
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __enter__(self) -> Self:
        stub = self
        self.ended = threading.Event()

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError, ssl.SSLError):
                    _Talk(stub, self.request).run()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()

    def context(self) -> ssl.SSLContext:
        """The server's side of TLS."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        assert self.pem is not None
        made.load_cert_chain(self.pem)
        return made


class _Talk:
    def __init__(self, stub: Stub, channel: socket.socket) -> None:
        self.stub, self.channel = stub, channel
        self.encrypted = stub.tls == "tls"
        if self.encrypted:
            self.channel = stub.context().wrap_socket(channel, server_side=True)
        self.file = self.channel.makefile("rb")
        self.sender, self.recipients = "", list[str]()

    def say(self, text: str) -> None:
        self.channel.sendall(text.encode() + b"\r\n")

    def run(self) -> None:
        self.stub.connections += 1
        if self.stub.mode == "drop-at-once":
            return
        if self.stub.mode == "hang":
            self.stub.ended.wait(10)
            return
        self.say("554 go away" if self.stub.mode == "greet-5xx" else "220 stub ESMTP")
        while line := self.file.readline():
            text = line.decode("utf-8", "replace").strip()
            self.stub.commands.append(text)
            if not self.answer(text.upper(), text):
                return

    def answer(self, upper: str, text: str) -> bool:
        mode = self.stub.mode
        if upper.startswith("EHLO"):
            offers = ["stub"] + (["STARTTLS"] if self.stub.tls == "starttls" and not self.encrypted else []) + (["AUTH PLAIN"] if self.stub.login else [])
            for at, offer in enumerate(offers):
                self.say(f"250{' ' if at == len(offers) - 1 else '-'}{offer}")
        elif upper == "STARTTLS":
            self.say("220 go ahead")
            self.channel = self.stub.context().wrap_socket(self.channel, server_side=True)
            self.file, self.encrypted = self.channel.makefile("rb"), True
        elif upper.startswith("AUTH PLAIN"):
            given = base64.b64decode(text.split()[2]).decode().split("\0")[1:]
            self.say("235 welcome" if tuple(given) == self.stub.login else "535 5.7.8 wrong user or password")
        elif upper.startswith("MAIL FROM"):
            self.sender, self.recipients = text.split("<")[1].split(">")[0], []
            self.say("550 not from here" if mode == "sender-5xx" else "250 ok")
        elif upper.startswith("RCPT TO"):
            self.rcpt(text.split("<")[1].split(">")[0], mode)
        elif upper == "DATA":
            return self.data(mode)
        elif upper == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("250 ok")
        return True

    def rcpt(self, address: str, mode: str) -> None:
        if mode == "shut-down":
            self.say("421 closing")
        elif mode == "refuse-4xx":
            self.say("451 4.7.1 try again later")
        elif mode == "refuse-5xx" or address in self.stub.refused:
            self.say("550 5.1.1 không có người dùng này")
        else:
            self.recipients.append(address)
            self.say("250 ok")

    def data(self, mode: str) -> bool:
        self.say("354 go on")
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:  # whoever spoke is gone: nothing was sent
                return False
            lines.append(line[1:] if line.startswith(b".") else line)
        if mode in {"data-4xx", "data-5xx"}:
            self.say("452 full" if mode == "data-4xx" else "554 spam")
            return True
        self.stub.taken.append(Taken(self.sender, tuple(self.recipients), b"".join(lines), self.encrypted))
        if mode == "drop-after-data":
            return False
        if mode == "hang-after-data":
            self.stub.ended.wait(10)
            return False
        self.say("250 queued")
        return True
