"""Rows of made documents, put into the tables of a catalogue many at a time, as filing them one by one would have left them."""

from __future__ import annotations

import contextlib
import gc
import json
import multiprocessing
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

from sqlite_utils import Database

from archive import index
from archive.catalogue import connect
from tests.testkit.catalogues import Made, Row

HELD = 96 << 20  # octets of the index that a bulk keeps before it writes them; who files one by one has 1 MiB
_COLUMNS = ("doc_code", "file_code", "doc_ordinal", "scan_sha256", "lane", "part", "again", "state", "seq", "form", "description", "path",
            "original_path", "original_name", "sha256", "record_sha256", "type_name", "code_number", "code_notation", "issued_date",
            "organ_name", "subject", "language", "signer_name", "confidence", "block_text", "signed_at", "filed_at", "shelf_day",
            "pades_level", "pdfa", "number_key", "size", "record_size", "pages")  # fmt: skip
_INTO: Mapping[str, str] = {
    "event": "(seq, type, at, day, doc_code, scan_sha256, actor, public, salt) values (?,?,?,?,?,?,?,?,?)",
    "leaf": "(seq, entry, leaf_hash) values (?,?,?)",
    "document": f"({','.join(_COLUMNS)}) values ({','.join('?' * len(_COLUMNS))})",
    "scan": "(sha256, path, size, shelf_day) values (?,?,99000,?)",
    "search": "(id, doc_code, pages) values (?,?,?)",
    "search_fts": "(rowid, words) values (?,?)",
}
_IN_LEAF = ('{{"actor":"{6}","at":"{2}","doc_code":"{4}","private_sha256":null,"public":{7},"scan_sha256":"{5}","seq":{0},"type":"{1}"}}')
_json = json.JSONEncoder(ensure_ascii=False).encode
Rows = dict[str, list[tuple[object, ...]]]


def rows(made: Made, first: int, last: int, of: int, after: int) -> Rows:
    """What the tables get of documents from `first` to before `last`, whose events come after one of this number."""
    told: Rows = {table: [] for table in _INTO}
    row_of = itemgetter(*_COLUMNS)
    for place, document in enumerate(made.documents(first, last, of), start=1):
        row, seq = document.row, after + 2 * place
        row["seq"] = seq
        events = list(_events(row, seq))
        told["event"] += events
        told["leaf"] += [(event[0], _IN_LEAF.format(*event), row["sha256"]) for event in events]
        told["document"].append(row_of(row))
        told["scan"].append((row["scan_sha256"], row["original_path"], row["shelf_day"]))
        told["search"].append((seq, row["doc_code"], _json(document.pages)))
        told["search_fts"].append((seq, document.indexed))
    return told


def made_rows(made: Made, portions: Sequence[tuple[int, int]], of: int, after: int) -> Iterator[Rows]:
    """The same for several portions, made by another process while the last one is written."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _without_rounds) as other:
        waiting: deque[Future[Rows]] = deque()
        for first, last in portions:
            waiting.append(other.submit(_rows, made.seed, made.agencies, first, last, of, after))
            after += 2 * (last - first)
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _without_rounds() -> None:
    gc.disable()  # hundreds of thousands of small things that all live on, and none in a circle


@lru_cache(maxsize=1)
def _made(seed: int, agencies: int) -> Made:
    return Made(seed, agencies)


def _rows(seed: int, agencies: int, *numbers: int) -> Rows:
    return rows(_made(seed, agencies), *numbers)


@contextlib.contextmanager
def in_bulk(path: Path) -> Iterator[Database]:
    """A catalogue of which nobody would mourn the loss: nothing is synced, no journal is kept, the index grows by larger pieces.

    The pieces are merged by the rule by which those of single documents are: as a catalogue has a few large ones, so has this.
    """
    db = connect(path)
    try:
        for pragma in ("synchronous = off", "journal_mode = off", "secure_delete = off", "foreign_keys = off", "cache_size = -3000000"):
            db.execute(f"pragma {pragma}")
        db.execute("insert into search_fts (search_fts, rank) values ('hashsize', ?)", [HELD])
        yield db
    finally:  # as it was, also when the filling was broken off
        db.execute("delete from search_fts_config where k = 'hashsize'")
        db.execute("pragma journal_mode = delete")
        db.close()


def fill(db: Database, told: Rows) -> None:
    """Puts rows into all tables, in one transaction."""
    db.execute("begin immediate")
    codes = dict.fromkeys(row[1] for row in told["document"])
    db.conn.executemany("insert or ignore into file (file_code, caseless, title, year, opened_at, last_ordinal, organ_id)"
                        " values (?, ?, 'x', ?, '', 4000, 'H05.02')",
                        ((code, str(code).casefold(), int(str(code).split(".")[2])) for code in codes))  # fmt: skip
    for table, into in _INTO.items():
        db.conn.executemany(f"insert into {table} {into}", told[table])
    for name in ("organ_name", "type_name"):
        for value in {str(row[_COLUMNS.index(name)]) for row in told["document"]}:
            index.learn(db, name, value)
    db.execute("commit")


def _events(row: Row, seq: int) -> Iterator[tuple[object, ...]]:
    day, public = row["shelf_day"], f'{{"path":"{row["path"]}","sha256":"{row["sha256"]}"}}'
    for number, type in ((seq - 1, "numbered"), (seq, "filed")):
        yield number, type, f"{day}T02:00:00.000000Z", day, row["doc_code"], row["scan_sha256"], "van-thu", public, "00" * 16
