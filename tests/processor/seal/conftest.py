"""For the seal room's tests: authorities on this machine that answer what a test tells them to, and tokens whose calls are written down."""

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from processor.seal import pkcs11
from tests.testkit import softhsm
from tests.testkit.softhsm import Calls, SoftHsm

Handler = http.server.BaseHTTPRequestHandler
Reply = Callable[[Handler, bytes], None]


@dataclass
class Server:
    """An authority on 127.0.0.1 that answers as `reply` tells, and counts."""

    reply: Reply
    url: str = ""
    asked: list[tuple[str, bytes, str]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.Lock)

    def handle(self, handler: Handler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self.lock:
            self.asked.append((handler.path, body, handler.headers.get("Content-Type") or ""))
        with contextlib.suppress(OSError):  # the fetcher may have hung up
            self.reply(handler, body)


@pytest.fixture
def serve() -> Iterator[Callable[[Reply], Server]]:
    running: list[http.server.ThreadingHTTPServer] = []

    def start(reply: Reply) -> Server:
        server = Server(reply)

        class One(Handler):
            def do_POST(self) -> None:
                server.handle(self)

            do_GET = do_POST

            def log_message(self, *_: object) -> None:
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        http_ = Quiet(("127.0.0.1", 0), One)
        running.append(http_)
        threading.Thread(target=lambda: http_.serve_forever(0.01), daemon=True).start()
        server.url = f"http://127.0.0.1:{http_.server_address[1]}/tsa"
        return server

    yield start
    for http_ in running:
        http_.shutdown()
        http_.server_close()


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the spy writes; it looks once, when it is loaded."""
    softhsm.need()
    path = tmp_path_factory.mktemp("spy") / "calls"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PKCS11SPY", str(softhsm.LIBRARY))
        patch.setenv("PKCS11SPY_OUTPUT", str(path))
        yield path


@pytest.fixture
def machine(tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHsm]:
    """A machine of this test's own, with no token in."""
    pkcs11.leave()
    yield SoftHsm.make(tmp_path / "machine", monkeypatch)
    pkcs11.leave()


@pytest.fixture
def calls(machine: SoftHsm, log: Path) -> Calls:
    """What the token's library is asked in this test."""
    made = Calls(log)
    made.forget()
    return made
