"""What Datasette asks of us while it makes a page; a module, since that is what its plugins are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from datasette.database import QueryInterrupted
from datasette.utils.asgi import Response
from markupsafe import Markup, escape
from pluggy import HookimplMarker

from archive.web.site import query

hookimpl = HookimplMarker("datasette")
_CODES = frozenset({"doc_code", "supersedes", "superseded_by"})
LATE = 503  # a question that was stopped
_LONGEST = 300  # characters of a cell


def dress(datasette: Any, seen: Callable[[str], str]) -> None:
    """Tell an instance how text is shown."""
    datasette.seen = seen
    datasette.jinja_env.filters |= {"seen": seen, "query": query, "local": local}


def local(address: str) -> str:
    """An address without scheme and host: a proxy may speak TLS where Datasette thinks nobody does."""
    parts = urlsplit(address)
    return urlunsplit(("", "", parts.path, parts.query, ""))


@hookimpl
def extra_template_vars(request: Any) -> dict[str, Any]:
    """What our frame needs."""
    told: dict[str, Any] = request.scope.get("state", {}).get("frame", {}) if request else {}
    return told


@hookimpl
def handle_exception(exception: Exception) -> Any:
    """A status and no word: what is shown in its place is ours."""
    is_late = isinstance(exception, QueryInterrupted) or getattr(exception, "title", "") == "SQL Interrupted"
    return Response.text("", status=LATE if is_late else getattr(exception, "status", 500))


@hookimpl
def render_cell(value: Any, column: str, datasette: Any) -> Any:
    """Text as text: Datasette would make links of addresses."""
    if not isinstance(value, str):
        return None
    text = datasette.seen(value if len(value) <= _LONGEST else value[:_LONGEST] + "…")
    if column in _CODES:
        return Markup('<a href="/document/{}">{}</a>').format(quote(value, safe=""), text)
    return escape(text)
