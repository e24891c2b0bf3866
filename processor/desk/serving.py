"""The desk as a server: its routes behind their guard."""

from __future__ import annotations

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from archive.web.door import HEADERS
from processor.desk import acts, pages
from processor.desk.drawers import Desk
from processor.desk.guard import Door, Guard
from processor.errors import where

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
