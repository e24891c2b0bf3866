"""Documents that answer a question.

Promises: newest first, or by relevance among the newest that answer it; a long answer, or a long search for it, is read in
portions, so that nobody who writes waits for someone who reads.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol

from sqlite_utils import Database

from archive import facets, filing, hits, index, query, tables, words
from archive.query import NAMED, OF_WORDS, Query
from archive.words import Term

Row = dict[str, Any]

RANKED_AMONG = 500  # how many of the newest answers are put in order of relevance: ranking all costs a second per million
_PORTION = 500
_WIDTH = 200_000  # how many numbers of events are looked through at first
_SHORT, _LONG = 0.02, 0.08  # seconds: who writes waits for one such portion, or for the way to the next hit
_READ = 16_384  # characters of a text that count for its relevance
_FILES = 200
# So many documents that have a phrase's pairs are looked through in their texts, a ten-thousandth of a second each; more, as long
# as one in eight has the phrase, or at most one in a thousand (two events each) is such a document; the index does what is denser.
_FEW, _OFTEN, _SELDOM = 64, 8, 2000
_SHOWN = 16  # words that are marked in a snippet and counted for relevance
_DIRECT = ("doc_code", "scan_sha256", "main_code", "supersedes", "superseded_by")  # few rows each, by indexes of their own


class Reads(Protocol):
    """A catalogue that can be read: the one that is written, a snapshot of it."""

    def reading(self) -> AbstractContextManager[Database]:
        """One consistent view."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """The most relevant answers; `capped`: there are more answers than were put in order, older ones."""

    rows: list[Row]
    capped: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    """What candidates come from (None: all documents), what their rows must be, what their texts must hold."""

    expression: str | None
    condition: str
    arguments: list[object]
    within: tuple[Term, ...] = ()
    phrases: tuple[Term, ...] = ()  # looked up in the texts themselves, where …
    quick: str = ""  # … few documents are found without comparing the places of words: by pairs of them, …
    telling: tuple[str, ...] = ()  # … or one of these beside: words that tell more than their pairs


def find(catalogue: Reads, question: Query) -> Iterator[Row]:
    """Documents that answer the question, newest first.

    Raises:
        ArchiveError: `bad-field`.
    """
    return map(filing.fields_of, _rows(catalogue, question))


def with_snippets(catalogue: Reads, rows: Iterator[Row], typed: str) -> Iterator[Row]:
    """The same rows, each with `snippet`: where its text has the words, marked; None where it has none."""
    asked = words.terms(typed)[:_SHOWN]
    while batch := list(islice(rows, 50)):
        with catalogue.reading() as db:
            texts = {row["doc_code"]: _pages(db, row["doc_code"]) for row in batch}
        for row in batch:
            fields = [str(row[name]) for name in (*sorted(OF_WORDS), "original_name") if row[name]]
            yield row | {"snippet": hits.snippet([*texts[row["doc_code"]], *fields], asked)}


def ranked(catalogue: Reads, question: Query) -> Ranked:
    """The newest documents that answer the question, the most relevant of them first.

    Raises:
        ArchiveError: `bad-field`.
    """
    found = list(_rows(catalogue, replace(question, limit=RANKED_AMONG + 1)))
    among, asked = found[:RANKED_AMONG], words.terms(question.words)[:_SHOWN]
    if asked:
        texts: dict[int, str] = {}
        for start in range(0, len(among), 100):
            with catalogue.reading() as db:
                texts |= _beginnings(db, [row["seq"] for row in among[start : start + 100]])
        middle = 1 + sum(map(len, texts.values())) / max(1, len(texts))
        among.sort(key=lambda row: -hits.score(row, texts.get(row["seq"], ""), asked, middle))
    return Ranked([filing.fields_of(row) for row in among[: question.limit]], len(found) > RANKED_AMONG)


def portions(catalogue: Reads, where: str, arguments: Sequence[object], limit: int | None) -> Iterator[Row]:
    """Documents of a condition that an index answers, newest first, read as they are asked for."""
    return map(filing.fields_of, _portions(catalogue, where, arguments, limit))


def _rows(catalogue: Reads, question: Query) -> Iterator[Row]:
    conditions, arguments = query.where(question)
    asked = words.terms(question.words)
    if question.words.strip() and not asked:
        return iter(())
    if any(name in question.fields for name in _DIRECT) or (
        not asked and ("file_code" in question.fields or question.fields.get("state", "filed") != "filed")
    ):
        if asked:
            conditions.append("exists (select 1 from search_fts where search_fts match ? and rowid = document.seq)")
            arguments.append(" AND ".join(term.expression() for term in asked))
        found = _portions(catalogue, " and ".join(conditions), arguments, None if _mixed(asked) else question.limit)
        return islice((row for row in found if _holds_in(catalogue, row, _mixed(asked))), question.limit)
    names = _names(catalogue, question)
    if [] in names.values():
        return iter(())
    files, phrases = _files_of(catalogue, question.organs), tuple(term for term in asked if term.is_adjacent)
    expression, quick = (
        " AND ".join(filter(None, (facets.narrowing(question, names, spelt), files))) for spelt in (Term.expression, Term.by_pairs)
    )
    wanted = _Asked(expression or None, " and ".join(conditions), arguments, _mixed(asked))
    if phrases:
        telling = tuple(dict.fromkeys(word for term in phrases for word in term.telling()))
        wanted = replace(wanted, phrases=phrases, quick=quick, telling=telling)
    return islice(_found(catalogue, wanted, question.limit), question.limit)


def _names(catalogue: Reads, question: Query) -> dict[str, list[str] | None]:
    with catalogue.reading() as db:
        return {name: index.names(db, name, question.values(name)[0]) for name in NAMED & set(question.fields)}


def _files_of(catalogue: Reads, organs: Sequence[str]) -> str | None:
    """What the index is asked for documents in files of these agencies; None where it cannot help.

    Most files have a code that begins with their agency's; the others are asked for by their codes.
    """
    if not organs or any(organ.count(".") >= facets.ORGAN_PARTS for organ in organs):
        return None
    sql = f"""select file_code from file indexed by file_elsewhere
              where organ_id in (select value from json_each(?)) and {tables.ELSEWHERE} limit ?"""
    with catalogue.reading() as db:
        codes = [row[0] for row in db.execute(sql, [json.dumps(list(organs)), _FILES + 1])]
    return facets.files(organs, codes) if len(codes) <= _FILES else None


def _mixed(asked: Sequence[Term]) -> tuple[Term, ...]:
    return tuple(term for term in asked if term.is_mixed)


def _portions(catalogue: Reads, where: str, arguments: Sequence[object], limit: int | None) -> Iterator[Row]:
    below, left = None, limit
    while left is None or left > 0:
        size = _PORTION if left is None else min(_PORTION, left)
        bound, values = (f"({where}) and seq < ?", [*arguments, below]) if below is not None else (where, arguments)
        with catalogue.reading() as db:
            rows = list(db.table("document").rows_where(bound, list(values), order_by="seq desc", limit=size))
        yield from rows
        if len(rows) < size:
            return
        below, left = rows[-1]["seq"], None if left is None else left - size


def _found(catalogue: Reads, asked: _Asked, limit: int | None) -> Iterator[Row]:
    """Looks from the newest on, at as much at a time as can be read in a moment."""
    with catalogue.reading() as db:
        below = int(next(db.query("select coalesce(max(seq) + 1, 0) as n from document"))["n"])
    width, size, found = _WIDTH, min(_PORTION, max(64, _PORTION if limit is None else limit)), 0
    while below > 0 and (limit is None or found < limit):
        above, started = max(0, below - width), time.perf_counter()
        with catalogue.reading() as db:
            rows, below = _by_index(db, asked, below, size) if asked.expression else _by_rows(db, asked, (above, below), size)
        took = time.perf_counter() - started
        found += len(rows)
        yield from rows
        if took < _SHORT:
            width, size = width * 4, min(_PORTION * 4, size * 2)
        elif took > _LONG:
            width, size = max(1000, width // 4), max(64, size // 2)


def _by_rows(db: Database, asked: _Asked, between: tuple[int, int], size: int) -> tuple[list[Row], int]:
    """Rows of a stretch, and how far down it was looked through."""
    sql = f"""select * from document indexed by idx_document_seq
              where seq >= ? and seq < ? and {asked.condition} order by seq desc limit ?"""
    rows = list(db.query(sql, [*between, *asked.arguments, size]))
    return rows, rows[-1]["seq"] if len(rows) == size else between[0]


def _by_index(db: Database, asked: _Asked, below: int, size: int) -> tuple[list[Row], int]:
    """The next rows, and how far down was looked.

    No stretch is given to the index: SQLite goes to the newest hit first, wherever it is, and would do so for each stretch.
    """
    if asked.quick:
        few = _candidates(db, asked.quick, below, _FEW + 1)
        if len(few) > _FEW and asked.telling:
            few = _candidates(db, f"{asked.quick} AND {_rarest(db, asked.telling, below)}", below, _FEW + 1)
        rows, reached = _of(db, few, asked, asked.phrases)
        if len(few) <= _FEW:
            return rows, reached if few and reached > few[-1] else 0
        if len(rows) * _OFTEN >= len(few) or (below - few[-1]) >= len(few) * _SELDOM:
            return rows, reached
    candidates = _candidates(db, asked.expression or "", below, size)
    rows, reached = _of(db, candidates, asked, asked.within)
    return rows, reached if len(candidates) == size or (candidates and reached > candidates[-1]) else 0


def _candidates(db: Database, expression: str, below: int, size: int) -> list[int]:
    sql = "select rowid from search_fts where search_fts match ? and rowid < ? order by rowid desc limit ?"
    return [row[0] for row in db.execute(sql, [expression, below, size])]


def _rarest(db: Database, telling: Sequence[str], below: int) -> str:
    """The word whose newest documents reach farthest back: to go through the list of a common one costs more than it tells."""
    found = {word: _candidates(db, word, below, _FEW + 1) for word in telling}
    return min(found, key=lambda word: found[word][-1] if len(found[word]) > _FEW else -1)


def _of(db: Database, candidates: list[int], asked: _Asked, within: tuple[Term, ...]) -> tuple[list[Row], int]:
    """Rows of candidates that are what is asked for, and the last of these that was looked at before time was up."""
    rows, until = [], time.perf_counter() + _LONG
    sql = f"""select * from document indexed by idx_document_seq
              where seq in (select value from json_each(?)) and {asked.condition} order by seq desc"""
    for row in db.query(sql, [json.dumps(candidates), *asked.arguments]):
        if _holds(db, row, within):
            rows.append(row)
        if within and time.perf_counter() > until:
            return rows, int(row["seq"])
    return rows, candidates[-1] if candidates else 0


def _holds_in(catalogue: Reads, row: Row, within: tuple[Term, ...]) -> bool:
    if not within:
        return True
    with catalogue.reading() as db:
        return _holds(db, row, within)


def _holds(db: Database, row: Row, within: tuple[Term, ...]) -> bool:
    """Whether phrases stand in the text as they were typed."""
    if not within:
        return True
    found = db.execute("select pages from search where id = ?", [row["seq"]]).fetchone()
    text = facets.marked(row, _told(found))
    return all(term.stands_in(text) for term in within)


def _pages(db: Database, doc_code: str) -> list[str]:
    found = db.execute("select pages from search where doc_code = ?", [doc_code]).fetchone()
    return _told(found)


def _told(found: Sequence[str] | None) -> list[str]:
    return [str(page) for page in json.loads(found[0])] if found else []


def _beginnings(db: Database, numbers: Sequence[int]) -> dict[int, str]:
    sql = "select id, substr(pages, 1, ?) from search where id in (select value from json_each(?))"
    return {id: text.replace("\\n", " ") for id, text in db.execute(sql, [_READ, json.dumps(list(numbers))])}
