"""The tables themselves, by Datasette: its facets, filters, CSV and JSON over a role's copy, prepared questions, our own pages.

Promises: no SQL of a visitor is run, nothing is downloaded whole, no page of Datasette's own machinery is reached; a CSV is
harmless to a spreadsheet; what a cell holds is text.
"""

from __future__ import annotations

import asyncio
import csv
import io
import threading
import tomllib
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from datasette.app import Datasette
from datasette.plugins import pm
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from archive.web import hooks
from archive.web.site import TEMPLATES, Site, frame, look, shown, words_of
from archive.web.snapshots import NAME, Snapshot

HOME, KEPT = "/tables", Path(NAME).stem
MOST_ROWS = 2000
_PATIENCE = 2  # seconds
_SETTINGS = {
    "default_allow_sql": False, "allow_download": False, "allow_csv_stream": False, "suggest_facets": False,
    "max_returned_rows": MOST_ROWS,
    "default_page_size": 50, "sql_time_limit_ms": _PATIENCE * 1000, "facet_time_limit_ms": 300, "num_sql_threads": 3,
    "base_url": f"{HOME}/", "truncate_cells_html": 300, "default_cache_ttl": 0, "max_csv_mb": 50,
}  # fmt: skip
_FORMATS = (".csv", ".json")
_SENT_AS = (b"text/plain", b"text/csv")  # Datasette's CSV
_NOT_SERVED = (".db", ".blob", ".jsono")
_CSV = ((b"content-type", b"text/csv; charset=utf-8"), (b"content-disposition", b'attachment; filename="bang.csv"'))
_NOT_ASKED = ("_trace", "_context", "sql", "_where")


if not pm.is_registered(hooks):
    pm.register(hooks, name="sohoa")
    pm.unregister(name="datasette.handle_exception")  # it prints a fault with all that was in hand


@dataclass(slots=True)
class Tables:
    """Datasette over the copies, one for each."""

    site: Site
    _made: dict[str, tuple[Snapshot, Any, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as Datasette does, in our frame."""
        request = Request(scope, receive)
        path = str(scope["path"])
        if not _is_table(path) or scope["method"] not in {"GET", "HEAD"} or _has_trace(request):
            await shown(request, "gone.html", "tables", 404)(scope, receive, send)
            return
        snapshot = self.site.snapshots.of(scope["state"]["user"].role)
        await asyncio.to_thread(look, request, "tables", path=path, query=str(request.url.query))
        scope["state"]["frame"] = frame(request, "tables") | {"most_rows": MOST_ROWS, "table_words": _titles(request)}
        answer = _Answer(send, self.site.hands.cell)
        of_role = await asyncio.to_thread(self._of, snapshot)
        await of_role(_bare(scope), receive, answer.take)
        await answer.end(lambda status: _error(request, status), scope, receive)

    def _of(self, snapshot: Snapshot) -> Any:
        role = snapshot.role.name
        with self._lock:
            kept = self._made.get(role)
            if kept is None or kept[0].path != snapshot.path:
                if kept is not None:
                    kept[1].executor.shutdown(wait=False)
                made = datasette(snapshot, self.site)
                self._made[role] = kept = (snapshot, made, made.app())
            return kept[2]


def _error(request: Request, status: int) -> Response:
    """What stands in the place of Datasette's own: the question took too long, or there is nothing at that address."""
    status = hooks.LATE if status == hooks.LATE else 404
    if request.url.path.endswith(_FORMATS):
        return PlainTextResponse("", status)
    late = {"too_long": _PATIENCE} if status == hooks.LATE else {}
    return shown(request, "gone.html", "tables", status, **late)


def datasette(snapshot: Snapshot, site: Site) -> Any:
    """Datasette over one copy."""
    made = Datasette(
        immutables=[str(snapshot.path)], metadata=_metadata(), settings=_SETTINGS, template_dir=str(TEMPLATES),
        cache_headers=False, inspect_data={KEPT: _inspected(snapshot)},
    )  # fmt: skip
    hooks.dress(made, site.hands.seen)
    return made


@cache
def prepared() -> dict[str, Any]:
    """`tables.toml`: titles of tables and prepared questions."""
    return tomllib.loads(resources.files("archive.web").joinpath("tables.toml").read_text("utf-8"))


def _metadata() -> dict[str, Any]:
    told = prepared()
    tables = {name: {**row, "title": row["title"][0]} for name, row in told["table"].items()}
    queries = {name: {"title": row["title"][0], "sql": row["sql"], "hide_sql": False} for name, row in told["query"].items()}
    return {"databases": {KEPT: {"title": "Kho", "tables": tables, "queries": queries}}}


def _titles(request: Request) -> dict[str, str]:
    """What tables and questions are called in the language of the request."""
    told, number = prepared(), ("vi", "en").index(words_of(request).lang)
    return {name: row["title"][number] for kind in ("table", "query") for name, row in told[kind].items()}


def _is_table(path: str) -> bool:
    """Whether it is a page of what `tables.toml` names in the one database: nothing of Datasette's own machinery, no index."""
    first, *rest = path.removeprefix(HOME).strip("/").split("/")
    if first != KEPT or any(part.startswith("-") or part.endswith(_NOT_SERVED) for part in rest):
        return False
    return not rest or _named(rest[0]) in {name for kind in prepared().values() for name in kind}


def _named(part: str) -> str:
    """The table or question of a part of a path."""
    for ending in _FORMATS:
        part = part.removesuffix(ending)
    return part


def _inspected(snapshot: Snapshot) -> dict[str, Any]:
    """How many rows the tables have that are listed; Datasette would count all, and an index cannot be counted."""
    listed = {name for name, row in prepared()["table"].items() if not row.get("hidden")}
    with snapshot.archive.reading() as db:
        counts = {name: {"count": db.table(name).count if name in listed else None} for name in db.table_names()}
    return {"hash": snapshot.path.parent.name, "size": snapshot.path.stat().st_size, "tables": counts}


def _has_trace(request: Request) -> bool:
    return any(name in request.query_params for name in _NOT_ASKED)


def _bare(scope: Scope) -> Scope:
    """Without cookies, since who asks is none of Datasette's concern, and without our part of the path, which it adds itself."""
    kept = [(name, value) for name, value in scope["headers"] if name.lower() not in {b"cookie", b"authorization"}]
    raw = scope["raw_path"].partition(b"?")[0].removeprefix(HOME.encode())
    return {**scope, "headers": kept, "root_path": "", "path": str(scope["path"]).removeprefix(HOME), "raw_path": raw}


class _Answer:
    """Datasette's answer on its way out: errors become our page, CSV is made harmless."""

    def __init__(self, send: Send, cell: Callable[[object], object]) -> None:
        self._send = send
        self._cell = cell
        self._start: MutableMapping[str, Any] = {}
        self._body = bytearray()

    async def take(self, message: MutableMapping[str, Any]) -> None:
        """What Datasette sends; it is bounded by MOST_ROWS, and kept until all is there."""
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")

    async def end(self, error: Callable[[int], Response], scope: Scope, receive: Receive) -> None:
        """All of it, or the error in its place."""
        status = int(self._start.get("status", 500))
        if status >= 400:
            await error(status)(scope, receive, self._send)
            return
        headers = [(name, value) for name, value in self._start["headers"]
                   if name.lower() not in {b"content-length", b"set-cookie", b"link", b"cache-control"}]  # fmt: skip
        body = bytes(self._body)
        if status == 200 and dict(headers).get(b"content-type", b"").startswith(_SENT_AS):
            body = harmless(body.decode("utf-8"), self._cell)
            kept = [(name, value) for name, value in headers if name.lower() not in {b"content-type", b"content-disposition"}]
            headers = [*kept, *_CSV]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def harmless(text: str, cell: Callable[[object], object]) -> bytes:
    """A CSV whose cells no spreadsheet takes for formulas."""
    made = io.StringIO()
    writer = csv.writer(made)
    csv.field_size_limit(1 << 27)
    for row in csv.reader(io.StringIO(text, newline="")):
        writer.writerow([cell(value) for value in row])
    return b"\xef\xbb\xbf" + made.getvalue().encode()
