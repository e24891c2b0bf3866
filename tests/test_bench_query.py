"""A sample of `scripts/bench query`: every kind of question finds the document it was made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive import index
from archive.catalogue import connect
from archive.query import Query
from archive.reader import Reader
from tests import bench_query as bench
from tests.archive.conftest import Office
from tests.testkit.catalogues import Made

MADE = Made(seed=7, agencies=20)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(Path(tmp_path_factory.mktemp("many")))
    assert len(bench.grow(office, MADE, 300, until=120, singly=1)) == 4
    assert len(bench.grow(office, MADE, 300, singly=1)) == 6, "goes on where it was left"
    return office


@pytest.fixture(scope="module")
def reader(office: Office) -> Iterator[Reader]:
    opened = Reader.open(office.root / "catalogue.db", changes=True)
    yield opened
    opened.close()


@pytest.mark.parametrize("kind", bench.kinds(MADE))
def test_every_kind_of_question_finds_its_document(reader: Reader, kind: str) -> None:
    with reader.reading() as db:
        rows = list(bench.chosen(db, MADE, 4))
    for row in rows:
        asked = bench.kinds(MADE)[kind](row)
        if isinstance(asked, str):
            found = reader.get(asked)
            assert found is not None and found["doc_code"] == row["doc_code"] and [event["type"] for event in found["events"]] == ["numbered", "filed"]
            assert all(event["public"]["sha256"] == found["sha256"] for event in found["events"])
            continue
        codes = [each["doc_code"] for each in reader.find(replace(asked, limit=None))]
        if "common" not in kind:
            assert row["doc_code"] in codes
        assert codes == sorted(codes, key=lambda code: -_number(reader, code)), "newest first"


def _number(reader: Reader, code: str) -> int:
    with reader.reading() as db:
        return int(db.execute("select seq from document where doc_code = ?", [code]).fetchone()[0])


def test_who_asks_for_filing_again_has_other_documents_filed(tmp_path: Path) -> None:
    office = Office(tmp_path)
    bench.grow(office, MADE, 10, until=1, singly=1)
    with closing(connect(office.root / "catalogue.db")) as db:
        there = [bench.filed(office, "alone", 2) and db.execute("select count(*) from document").fetchone()[0] for _ in range(2)]
    assert there[1] - there[0] == 2


def test_the_commonest_word_is_in_nearly_every_document(reader: Reader) -> None:
    assert sum(1 for _ in reader.find(Query(MADE.words[0], limit=None))) > 270


def test_what_is_filled_in_bulk_is_as_what_is_filed(office: Office, tmp_path: Path) -> None:
    """The same tables and indexes; of each document the same rows in them; in the index the same words at the same places."""
    other = Office(tmp_path)
    archive = other.open()
    with closing(connect(office.root / "catalogue.db")) as filled, archive._catalogue.writing() as db:
        schema = "select type, name, tbl_name, sql from sqlite_master order by type, name"
        assert list(filled.query(schema)) == list(db.query(schema))
        assert list(filled.query("select * from search_fts_config")) == list(db.query("select * from search_fts_config"))
        for table in ("file", "document"):
            db.table(table).insert_all(filled.table(table).rows_where(order_by="rowid"))
        for row in list(filled.query("select doc_code, pages from search order by id")):
            index.add(db, row["doc_code"], json.loads(row["pages"]))
        assert [_words_of(each, "search_fts") for each in (filled, db)] == [_words_of(db, "search_fts")] * 2
        for table in ("search", "name"):
            told = f"select * from {table} order by 2, 3"
            assert [_apart(row) for row in filled.query(told)] == [_apart(row) for row in db.query(told)]
        bulk, singly = (_rows_of(filled, where) for where in ("!= 'Sở Nội vụ'", "= 'Sở Nội vụ'"))
        assert bulk == singly, "rows a document has, made in bulk and filed"
    archive.close()


def _words_of(db: Database, table: str) -> str:
    db.execute(f"create virtual table temp.word using fts5vocab(main, {table}, instance)")
    told = hashlib.sha256(repr(db.execute("select term, doc, offset from temp.word order by 1, 2, 3").fetchall()).encode()).hexdigest()
    db.execute("drop table temp.word")
    return told


def _apart(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "id"}


def _rows_of(db: Database, organ: str) -> dict[str, float]:
    codes = f"(select doc_code from document where organ_name {organ})"
    many = dict.fromkeys(("document", "event", "search"), f"doc_code in {codes}") | {
        "leaf": f"seq in (select seq from event where doc_code in {codes})",
        "scan": f"sha256 in (select scan_sha256 from document where organ_name {organ})",
    }  # fmt: skip
    documents = db.table("document").count_where(many["document"])
    return {table: db.table(table).count_where(where) / documents for table, where in many.items()}
