"""The desk as a server: routes, and uvicorn on a loopback address or a socket of the station's own.

Promises: nobody reaches it from another machine but through a proxy that names who they are.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from processor.desk import acts, pages
from processor.desk.drawers import Desk
from processor.desk.guard import HEADERS, Door, Guard
from processor.errors import SohoaError, where

log = structlog.get_logger()
_FAULT = "Bàn làm việc gặp lỗi; những gì đã lưu vẫn còn. Quay lại trang trước rồi thử lại, hoặc báo người quản trị."
_LARGEST = 1 << 16  # bytes of a form
_PICTURE = "/{number:int}-{width:int}.jpg"


def application(desk: Desk, door: Door) -> Starlette:
    """The desk's routes behind their guard."""
    lot = "/{state}/{lane}/{lot}"
    routes = [
        Route("/", pages.lists), Route("/enter", pages.enter), Route("/alive", pages.alive), Route("/day", pages.day),
        Route("/open", pages.sought),
        Route("/picture/filed/{code}" + _PICTURE, pages.picture), Route("/picture" + lot + _PICTURE, pages.picture),
        Route("/filed/{code}", pages.filed), Route("/filed/{code}", acts.describe, methods=["POST"]),
        Route(lot, pages.parked), Route(lot, acts.act, methods=["POST"]),
        Mount("/static", StaticFiles(packages=[("processor.desk", "static")])),
    ]  # fmt: skip
    app = Starlette(
        routes=routes, middleware=[Middleware(Guard, door=door)], max_body_size=_LARGEST, exception_handlers={Exception: _failed},
    )  # fmt: skip
    app.state.desk = desk
    return app


def _failed(request: Request, error: Exception) -> Response:
    """A fault of our own: told by where it is, never by its text, which may hold a document's."""
    log.error("page-failed", error=type(error).__name__, where=where(error))
    return PlainTextResponse(_FAULT, 500, headers=HEADERS)


def listening(port: int) -> socket.socket:
    """A socket on this machine alone.

    Raises:
        SohoaError: the port is taken.
    """
    sock = socket.socket(socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(("127.0.0.1", port))
    except OSError as error:
        sock.close()
        raise SohoaError(f"port {port} cannot be had ({error.strerror}): another desk may run; --port chooses another") from error
    return sock


def proxied(path: Path) -> socket.socket:
    """A socket in the file system that a proxy's account reaches by its group, and no one else."""
    path.unlink(missing_ok=True)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(path))
    path.chmod(0o660)
    return sock


def hosts(port: int) -> Sequence[str]:
    """The names under which a desk on this machine is asked for."""
    return tuple(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))


def serve(app: Starlette, sock: socket.socket) -> None:
    """Until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, proxy_headers=False, ws="none", lifespan="off",
        timeout_graceful_shutdown=5,
    )  # fmt: skip
    logging.getLogger("uvicorn.error").disabled = True  # it would write an error with its text
    with closing(sock):
        uvicorn.Server(config).run(sockets=[sock])
