"""What is asked about documents by their codes and numbers, and how many there are of what; `finding` answers the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from sqlite_utils import Database

from archive import event, filing
from archive.catalogue import Row
from archive.errors import Ambiguous

_LAST = "\U0010ffff"  # sorts after every character of a code


@dataclass(frozen=True, slots=True)
class Portion:
    """Which of a list by code: of one lane, after or before a code (the nearest then come first), how many at most."""

    lane: str = ""
    after: str = ""
    before: str = ""
    limit: int | None = None


WHOLE = Portion()


def get(db: Database, id: str) -> Row | None:
    """One document with events and text; None when nothing begins so.

    Raises:
        Ambiguous: several do.
    """
    row = one(db, id)
    return _whole(db, row) if row else None


def one(db: Database, id: str) -> Row | None:
    """The row of the document whose code or scan begins so.

    Raises:
        Ambiguous: several do.
    """
    rows = _candidates(db, id)
    kept = [
        row for row in rows if row["state"] != "void"
    ] or rows  # a void code steps back behind its successor
    if len(kept) > 1:
        raise Ambiguous(f"{len(kept)} documents or more begin with {id!r}", kept)
    return kept[0] if kept else None


def _candidates(db: Database, id: str) -> list[Row]:
    if not id:
        return []
    documents = db.table("document")
    exact = list(documents.rows_where("doc_code = ?", [id]))
    sql = "(doc_code >= ? and doc_code < ?) or (scan_sha256 >= ? and scan_sha256 < ?)"
    return exact or list(
        documents.rows_where(sql, [id, id + _LAST, id.lower(), id.lower() + _LAST], limit=100, order_by="doc_code")
    )


def _whole(db: Database, row: Row) -> Row:
    code = row["doc_code"]
    # what happened to its scan before it had a code: received, held, released; in another lane it is another document
    sql = """select * from event join leaf using (seq) where doc_code = ? or (doc_code is null and scan_sha256 = ?
             and coalesce(json_extract(public, '$.lane'), ?) = ?) order by seq"""
    pages = [json.loads(found["pages"]) for found in db.table("search").rows_where("doc_code = ?", [code])]
    return filing.fields_of(row) | {
        "events": [event.shown(happened) for happened in db.query(sql, [code, row["scan_sha256"], row["lane"], row["lane"]])],
        "text": pages[0] if pages else [],
    }


def same_number(db: Database, doc_code: str | None = None) -> list[list[Row]]:
    """Filed documents that bear one number, notation and year, in groups, each in the order of their days.

    What was refiled keeps its place, for its bytes do.
    An annex bears the number of its main document, and is left out.

    Args:
        doc_code: only the group of this document.
    """
    own = "" if doc_code is None else "and number_key = (select number_key from document where doc_code = :code)"
    # Left to itself SQLite goes through all that is filed: it has no way to know how few share a number.
    sql = f"""select number_key from document indexed by document_number
              where state = 'filed' and main_code is null and number_key is not null {own}
              group by number_key having count(*) > 1 order by max(seq) desc"""
    keys = [row["number_key"] for row in db.query(sql, {"code": doc_code})]
    where = "number_key = ? and state = 'filed' and main_code is null"
    return [[filing.fields_of(row) for row in db.table("document").rows_where(where, [key], order_by="path")]
            for key in keys]  # fmt: skip


def to_describe(db: Database, required: Callable[[str], tuple[str, ...]], part: Portion) -> list[Row]:
    """`Archive.to_describe`."""
    bounds = {"lane = ?": part.lane, "doc_code > ?": part.after, "doc_code < ?": part.before}
    asked = {condition: value for condition, value in bounds.items() if value}
    where = " and ".join(["description = 'partial'", "state = 'filed'", *asked])
    order = "doc_code desc" if part.before else "doc_code"
    rows = db.table("document").rows_where(where, list(asked.values()), order_by=order, limit=part.limit)
    return [
        {"id": row["doc_code"], "name": row["original_name"], "lane": row["lane"], "scan_sha256": row["scan_sha256"],
         "code": "partial", "part": row["part"],
         "reason": ", ".join(filing.description_of(row).lacks(required(row["lane"])))}
        for row in rows
    ]  # fmt: skip


def count_to_describe(db: Database) -> dict[str, int]:
    """`Archive.count_to_describe`."""
    sql = "select lane, count(*) n from document where description = 'partial' and state = 'filed' group by lane order by lane"
    return {row["lane"]: row["n"] for row in db.query(sql)}


def happened(db: Database, day: str) -> dict[str, int]:
    """How often each type of event happened on a day."""
    rows = db.query("select type, count(*) n from event where day = ? group by type", [day])
    return {row["type"]: row["n"] for row in rows}


def states(db: Database) -> dict[str, int]:
    """How many codes are in which state."""
    return {row["state"]: row["n"] for row in db.query("select state, count(*) n from document group by state")}
