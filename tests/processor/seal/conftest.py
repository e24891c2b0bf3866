"""Authorities on this machine for the seal room's tests: real servers that answer what a test tells them to."""

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

Handler = http.server.BaseHTTPRequestHandler
Reply = Callable[[Handler, bytes], None]


@dataclass
class Server:
    """An authority on 127.0.0.1 that answers as `reply` tells, and counts."""

    reply: Reply
    url: str = ""
    asked: list[tuple[str, bytes, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    lock: Any = field(default_factory=threading.Lock)

    def handle(self, handler: Handler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        with self.lock:
            self.asked.append((handler.path, body, handler.headers.get("Content-Type") or ""))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            with contextlib.suppress(OSError):  # the fetcher may have hung up
                self.reply(handler, body)
        finally:
            with self.lock:
                self.at_once -= 1


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
