"""What every page of a station has in common as a server: what each answer tells the browser, and where it can be reached.

Promises: nothing is fetched from elsewhere, run from a page's text, or shown in another site's frame; nobody reaches a page from
another machine but through a proxy; no address or name is written to a log.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from contextlib import closing
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer browsers send `Origin: null` with a form
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}  # fmt: skip


def is_host(host: str, hosts: Collection[str]) -> bool:
    """Whether a request asks for the page by a name of its own: a foreign name that leads here is an attack."""
    return host.lower() in hosts


def is_own_post(origin: str, site: str, hosts: Collection[str]) -> bool:
    """Whether a form was sent from a page of ours, as its browser says.

    Args:
        origin: of the request; browsers send it with every post.
        site: Sec-Fetch-Site, which older browsers do not send.
        hosts: our own names, with their port.
    """
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and parts.netloc.lower() in hosts and site in {"", "same-origin"}


def cookie(headers: Headers, name: str) -> str:
    """The value of a cookie; empty where there is none that can be read."""
    try:
        jar = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def telling(send: Send) -> Send:
    """The same answer with what every answer says."""

    async def told(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-cache" if "etag" in headers else "no-store")
        await send(message)

    return told


class Guard:
    """Stands before every route of a page: what is refused goes no further, and every answer tells what all tell."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self.refusal(scope, Headers(scope=scope)) or self._app
        await answer(scope, receive, telling(send))

    def refusal(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        """The answer to a request that is refused; None: it may go on."""
        raise NotImplementedError


def listening(port: int) -> socket.socket:
    """A socket on this machine alone.

    Raises:
        OSError: the port is taken.
    """
    sock = socket.socket(socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError:
        sock.close()
        raise
    return sock


def proxied(path: Path) -> socket.socket:
    """A socket in the file system that a proxy's account reaches by its group, and no one else."""
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    path.chmod(0o660)
    return sock


def hosts(port: int) -> Sequence[str]:
    """The names under which a page on this machine is asked for."""
    return tuple(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))


def serve(app: ASGIApp, sock: socket.socket) -> None:
    """Until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, proxy_headers=False, ws="none", lifespan="off",
        timeout_graceful_shutdown=5,
    )  # fmt: skip
    logging.getLogger("uvicorn.error").disabled = True  # it would write an error with its text
    with closing(sock):
        uvicorn.Server(config).run(sockets=[sock])
