"""Search: a question, its answers with the words marked, what they have in common, and all of it as a table.

The catalogue is asked through `Archive.find` alone.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from archive.errors import ArchiveError
from archive.finding import with_snippets
from archive.hits import CLOSE, OPEN
from archive.query import Query
from archive.record import FIELDS
from archive.store import Archive
from archive.web.site import archive_of, look, query, shown, site_of
from archive.web.snapshots import PATIENCE, TooLong

_SHOWN = 20  # on a page
_COUNTED = 1000  # of which what they have in common is counted
_MOST_FACETS = 12
_MOST_CSV, _PORTION = 100_000, 500
_FACETS = {"organ_name": "agency", "type_name": "kind", "year": "year", "lane": "lane"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the address holds it."""

    words: str
    first: str
    last: str
    chosen: Mapping[str, str]

    def told(self, **changed: object) -> dict[str, object]:
        """The address's query, changed."""
        return {"q": self.words, "from": self.first, "to": self.last, **self.chosen} | changed


def asked(request: Request) -> Asked:
    """The question of a request; a day that is none is left out."""
    given = request.query_params
    chosen = {name: given.get(name, "")[:200] for name in _FACETS if given.get(name)}
    return Asked(given.get("q", "")[:500], _day(given.get("from", "")), _day(given.get("to", "")), chosen)


def _day(text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def find(archive: Archive, question: Asked, most: int | None) -> Iterator[dict[str, Any]]:
    """Documents that answer, newest first."""
    fields = {name: value for name, value in question.chosen.items() if name != "year"}
    first, last, year = question.first, question.last, question.chosen.get("year", "")
    if year.isdecimal() and len(year) == 4:
        first, last = max(first, f"{year}-01-01"), min(last or "9999", f"{year}-12-31")
    try:
        yield from archive.find(Query(question.words, fields, first or None, last or None, most))
    except ArchiveError:
        return


def search(request: Request) -> Response:
    """The search page."""
    archive, question = archive_of(request), asked(request)
    page = _page(request.query_params.get("page", "1"))
    try:
        rows = list(find(archive, question, _COUNTED + 1))
    except TooLong:
        return shown(request, "search.html", "search", 400, question=question, rows=[], facets=[], too_long=int(PATIENCE),
                     **_no_pages())  # fmt: skip
    counted = rows[:_COUNTED]
    visible = counted[(page - 1) * _SHOWN : page * _SHOWN]
    return shown(
        request, "search.html", "search", question=question, rows=visible, facets=_facets(question, counted), too_long=0,
        snippets=snippets(archive, question.words, visible), count=len(counted), has_more=len(rows) > _COUNTED,
        before=_address(question, page - 1) if page > 1 else "",
        after=_address(question, page + 1) if page * _SHOWN < len(counted) else "", csv=f"/search.csv?{query(question.told())}",
    )  # fmt: skip


def _no_pages() -> dict[str, Any]:
    return {"snippets": {}, "count": 0, "has_more": False, "before": "", "after": "", "csv": ""}


def _page(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and len(text) < 4 else 1


def _address(question: Asked, page: int) -> str:
    return f"/search?{query(question.told(page=page))}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet; `is_hit`: a word that was asked for."""

    text: str
    is_hit: bool


def snippets(archive: Archive, words: str, rows: Sequence[dict[str, Any]]) -> dict[str, list[Piece]]:
    """Where the words stand in each document."""
    if not words.strip():
        return {}
    told = with_snippets(archive, iter(rows), words)
    return {row["doc_code"]: pieces(row["snippet"]) for row in told if row["snippet"]}


def pieces(snippet: str) -> list[Piece]:
    """A snippet in parts."""
    found = []
    for number, part in enumerate(snippet.split(OPEN)):
        hit, close, rest = part.partition(CLOSE)
        found += [Piece(hit, True), Piece(rest, False)] if number and close else [Piece(part, False)]
    return [each for each in found if each.text]


@dataclass(frozen=True, slots=True)
class Facet:
    """What answers have in common: (value, how many, address that narrows to it, or widens again)."""

    name: str
    values: Sequence[tuple[str, int, str, bool]]


def _facets(question: Asked, rows: Sequence[Mapping[str, Any]]) -> list[Facet]:
    found = []
    for name, title in _FACETS.items():
        counts = Counter(str(_value(name, row)) for row in rows if _value(name, row))
        values = [(value, count, _narrowed(question, name, value), question.chosen.get(name) == value)
                  for value, count in counts.most_common(_MOST_FACETS)]  # fmt: skip
        if values:
            found.append(Facet(title, values))
    return found


def _value(name: str, row: Mapping[str, Any]) -> object:
    return (row["issued_date"] or row["filed_at"] or "")[:4] if name == "year" else row[name]


def _narrowed(question: Asked, name: str, value: str) -> str:
    return f"/search?{query(question.told(**{name: '' if question.chosen.get(name) == value else value}))}"


def table(request: Request) -> Response:
    """All answers as CSV, safe for spreadsheets."""
    question, cell = asked(request), site_of(request).hands.cell
    rows = list(islice(find(archive_of(request), question, _MOST_CSV), _MOST_CSV))
    look(request, "search-table", rows=str(len(rows)))

    def lines() -> Iterator[str]:
        yield "\ufeff"  # without it a spreadsheet reads Vietnamese as another code page
        yield _lines([FIELDS])
        for first in range(0, len(rows), _PORTION):  # each is handed from one thread to another
            yield _lines([[cell(row[name]) for name in FIELDS] for row in rows[first : first + _PORTION]])

    named = {"Content-Disposition": 'attachment; filename="tra-cuu.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=named)


def _lines(rows: Sequence[Sequence[object]]) -> str:
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue()
