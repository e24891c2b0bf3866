"""The auditors' page as a server: its routes behind their guard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from archive.web import documents, entering, finding, overview, shelving
from archive.web.datasets import HOME, KEPT, Tables
from archive.web.door import HEADERS
from archive.web.guard import Guard
from archive.web.site import Site, environment, gone, said
from archive.web.snapshots import PATIENCE, TooLong

_LARGEST = 1 << 12  # bytes of a form


def application(site: Site, failed: Callable[[Exception], None] = lambda error: None) -> Starlette:
    """The page's routes behind their guard.

    Args:
        site: what they work with.
        failed: told when a page fails.
    """
    paper = "/document/{code}"
    routes = [
        Route("/", overview.overview), Route("/days", overview.days), Route("/day/{day}", overview.day),
        Route("/day/{day}/check", overview.check_day), Route("/integrity", overview.integrity),
        Route("/search", finding.search), Route("/search.csv", finding.table),
        Route("/shelves", shelving.shelves), Route("/file/{code}", shelving.file),
        Route(paper, documents.document), Route(paper + "/check", documents.check), Route(paper + "/pdf", documents.pdf),
        Route(paper + "/original", documents.arrived), Route(paper + "/proof", documents.proof),
        Route(paper + "/evidence/{name}", documents.evidence),
        Route("/picture/{code}/{number:int}-{width:int}.jpg", documents.picture),
        Route("/login", entering.login), Route("/login", entering.enter, methods=["POST"]),
        Route("/logout", entering.leave, methods=["POST"]), Route("/language", entering.language),
        Route(HOME, lambda request: Response(status_code=303, headers={"Location": f"{HOME}/{KEPT}"})),
        Mount(HOME, Tables(site)), Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
    ]  # fmt: skip

    def broken(request: Request, error: Exception) -> Response:
        failed(error)
        return PlainTextResponse(" / ".join(said()["failed_text"]), 500, headers=dict(HEADERS))

    app = Starlette(
        routes=routes, middleware=[Middleware(Guard, door=site.door)], max_body_size=_LARGEST,
        exception_handlers={404: _gone, TooLong: _too_long, OSError: _no_look(failed), Exception: broken},
    )  # fmt: skip
    app.state.site = site
    app.state.templates = environment(site)
    return app


def _gone(request: Request, error: Exception) -> Response:
    return gone(request)


def _too_long(request: Request, error: Exception) -> Response:
    return PlainTextResponse(" / ".join(said()["too_long"]).format(n=int(PATIENCE)), 503)


def _no_look(failed: Callable[[Exception], None]) -> Callable[[Request, Exception], Response]:
    """A look that cannot be kept, or a file that cannot be read: told, and nothing is shown."""

    def answer(request: Request, error: Exception) -> Response:
        failed(error)
        return PlainTextResponse(" / ".join(said()["failed_text"]), 503)

    return answer

