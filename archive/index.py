"""The text of documents and its index, kept as one.

Promises: an entry of the index bears the number by which documents are ordered, so that whatever is looked for is found from the
newest on; the index holds no text of its own, and what is taken out of it is what was put in, since both are made from the row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

from sqlite_utils import Database

from archive import facets
from archive.query import NAMED
from archive.words import TOKENIZE, contains

Row = dict[str, object]

Telling = Callable[[int, int], None]  # is told how many documents are done, of how many

MANY = 128  # names that are looked for one by one
_HELD = 64 << 20  # octets of the index that are kept before they are written, where many documents come at once
_STEP = 1000
_TAKE_OUT = "insert into search_fts (search_fts, rowid, words) values ('delete', ?, ?)"
_PUT_IN = "insert into search_fts (rowid, words) values (?, ?)"


def create(db: Database) -> None:
    """The tables of an empty catalogue: `search.id` is the document's `seq`."""
    db.table("search").create(
        {"id": int, "doc_code": str, "pages": str},
        pk="id", not_null={"doc_code", "pages"}, foreign_keys=[("doc_code", "document", "doc_code")], strict=True,
    ).create_index(["doc_code"], unique=True)  # fmt: skip
    db.table("name").create({"id": int, "field": str, "value": str}, pk="id", not_null={"field", "value"}, strict=True)
    db.table("name").create_index(["field", "value"], unique=True)
    _create_indexes(db)


def _create_indexes(db: Database) -> None:
    for table in ("search_fts", "name_fts"):
        db.execute(f"create virtual table {table} using fts5 (words, content = '', columnsize = 0, tokenize = '{TOKENIZE}')")


def add(db: Database, doc_code: str, pages: Sequence[str]) -> None:
    """Puts a document whose row is written into the index."""
    row = _row(db, doc_code)
    told = json.dumps(list(pages), ensure_ascii=False)
    db.execute("insert into search (id, doc_code, pages) values (?, ?, ?)", [row["seq"], doc_code, told])
    _put_in(db, row, pages)


def change(db: Database, doc_code: str, changes: Row) -> None:
    """Changes a document's row, and with it what the index says of it."""
    found = next(iter(db.table("search").rows_where("doc_code = ?", [doc_code])), None)
    if found is not None:
        pages = json.loads(found["pages"])
        db.execute(_TAKE_OUT, [found["id"], facets.indexed(_row(db, doc_code), pages)])
    db.table("document").update(doc_code, changes)
    if found is not None:
        row = _row(db, doc_code)
        db.execute("update search set id = ? where id = ?", [row["seq"], found["id"]])
        _put_in(db, row, pages)


def take_out(db: Database, doc_code: str) -> None:
    """Takes a document out of the index, its text with it; before its row is wiped."""
    row = _row(db, doc_code)
    for found in list(db.table("search").rows_where("doc_code = ?", [doc_code])):
        db.execute(_TAKE_OUT, [found["id"], facets.indexed(row, json.loads(found["pages"]))])
        db.table("search").delete(found["id"])


def named(row: Row) -> set[tuple[str, str]]:
    """A document's values of fields of names."""
    return {(field, str(row[field])) for field in NAMED if row[field]}


def forget_names(db: Database, names: Iterable[tuple[str, str]]) -> None:
    """Takes names out that no document bears any more; each costs a look at every document, so once for all that are wiped."""
    for field, value in names:
        if not db.execute(f"select 1 from document where {field} = ? limit 1", [value]).fetchone():
            for known in list(db.table("name").rows_where("field = ? and value = ?", [field, value])):
                told = facets.name_indexed(field, known["value"])
                db.execute("insert into name_fts (name_fts, rowid, words) values ('delete', ?, ?)", [known["id"], told])
                db.table("name").delete(known["id"])


def merge(db: Database) -> None:
    """Writes the index anew, without the words that were taken out."""
    for table in ("search_fts", "name_fts"):
        db.execute(f"insert into {table} ({table}) values ('optimize')")


def names(db: Database, field: str, typed: str) -> list[str] | None:
    """The values of a field that have the words; None where they are too many to look for each.

    An agency and its words stand in too many documents to be walked through together; its name is one word.
    """
    expression = facets.name_expression(field, typed)
    if expression is None:
        return []
    sql = "select value from name where id in (select rowid from name_fts where name_fts match ? limit ?)"
    found = [row[0] for row in db.execute(sql, [expression, MANY + 1])]
    return [value for value in found if contains(value, typed)] if len(found) <= MANY else None


def restructure(db: Database) -> None:
    """The tables of a catalogue before version 5 brought into their form; `again` fills the index."""
    db.execute("drop table search_fts")
    for trigger in ("search_ai", "search_ad", "search_au"):
        db.execute(f"drop trigger if exists {trigger}")
    db.execute("drop index if exists idx_search_doc_code")
    db.execute("alter table search rename to search_before")
    db.execute("create index search_before_code on search_before (doc_code)")
    create(db)
    # in this order nothing is sorted
    db.execute("""insert into search (id, doc_code, pages) select seq, doc_code, search_before.pages
                  from document indexed by idx_document_seq cross join search_before using (doc_code) order by seq""")
    db.execute("drop table search_before")


def again(db: Database, telling: Telling = lambda done, of: None) -> None:
    """The index made anew from rows and texts."""
    for table in ("search_fts", "name_fts"):
        db.execute(f"drop table {table}")
    db.execute("delete from name")
    _create_indexes(db)
    db.execute("insert into search_fts (search_fts, rank) values ('hashsize', ?)", [_HELD])
    of = db.table("search").count
    rows = db.query("select document.*, search.pages as told from search cross join document using (doc_code) order by search.id")
    for done, row in enumerate(rows):  # the index grows at its end
        _put_in(db, row, json.loads(row["told"]))
        if done % _STEP == 0:
            telling(done, of)
    db.execute("insert into search_fts (search_fts, rank) values ('hashsize', 1048576)")  # as it was made
    db.execute("delete from search_fts_config where k = 'hashsize'")


def keep_only(db: Database, hidden: str) -> None:
    """Takes documents out of text and index, so that nothing of them is left there: for a copy that must not hold them.

    Args:
        hidden: a table of their codes (`doc_code`), which are still in `document`.
    """
    of_hidden = f"doc_code in (select doc_code from {hidden})"
    gone, there = (db.table("search").count_where(where) for where in (of_hidden, f"not {of_hidden}"))
    if gone <= there:
        for row in list(db.table("search").rows_where(of_hidden)):
            db.execute(_TAKE_OUT, [row["id"], facets.indexed(_row(db, row["doc_code"]), json.loads(row["pages"]))])
    db.execute(f"delete from search where {of_hidden}")
    _forget_names(db, of_hidden)
    if gone > there:
        again(db)
    for table in ("search_fts", "name_fts"):  # words of what was taken out stay in the index until its parts are merged
        db.execute(f"insert into {table} ({table}) values ('optimize')")


def _forget_names(db: Database, of_hidden: str) -> None:
    for field in NAMED:
        used = f"select {field} from document where not {of_hidden} and {field} is not null"
        for row in list(db.query(f"select * from name where field = ? and value not in ({used})", [field])):
            text = facets.name_indexed(field, row["value"])
            db.execute("insert into name_fts (name_fts, rowid, words) values ('delete', ?, ?)", [row["id"], text])
            db.execute("delete from name where id = ?", [row["id"]])


def _put_in(db: Database, row: Row, pages: Sequence[str]) -> None:
    db.execute(_PUT_IN, [row["seq"], facets.indexed(row, pages)])
    for field in NAMED:
        learn(db, field, str(row[field] or ""))


def learn(db: Database, field: str, value: str) -> None:
    """Keeps a value of a field of names, once."""
    if value and db.execute("insert or ignore into name (field, value) values (?, ?)", [field, value]).rowcount:
        id = db.execute("select id from name where field = ? and value = ?", [field, value]).fetchone()[0]
        db.execute("insert into name_fts (rowid, words) values (?, ?)", [id, facets.name_indexed(field, value)])


def _row(db: Database, doc_code: str) -> Row:
    return dict(next(iter(db.table("document").rows_where("doc_code = ?", [doc_code]))))
