"""Documents that took another's place checked: what the rows say of each other is what the log says.

Reads only. Part of `verify`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from archive.verify_log import Finding, facts

Row = dict[str, Any]


def told(db: Database, row: Row) -> Row:
    """What the log adds to a document's record about its place: its code is void, or it took another's."""
    said: Row = {}
    if successor := _successor(db, row["doc_code"]):
        said |= {"state": "void", "superseded_by": successor}
    if row["supersedes"] and _successor(db, row["supersedes"]) == row["doc_code"]:
        said["supersedes"] = row["supersedes"]
    return said


def is_refiled(db: Database, row: Row, filed: list[Row]) -> bool:
    """Whether its bytes rightly lie where those of the code it took the place of lie: log and both rows say so.

    Args:
        filed: the public facts of its events `filed`.
    """
    former = list(db.query("select path, sha256, scan_sha256 from document where doc_code = ?", [row["supersedes"]]))
    return (
        bool(former)
        and all(public.get("supersedes") == row["supersedes"] for public in filed)
        and all(former[0][name] == row[name] for name in ("path", "sha256", "scan_sha256"))
    )


def check(db: Database) -> Iterator[Finding]:
    """Every event `superseded` stands in both rows."""
    sql = """select event.doc_code, entry, document.superseded_by from event join leaf using (seq)
             left join document using (doc_code) where type = 'superseded' order by event.seq"""
    for row in list(db.query(sql)):
        by = facts(row["entry"]).get("by")
        known = db.table("document").count_where("doc_code = ? and supersedes = ?", [str(by), row["doc_code"]])
        if row["superseded_by"] != by or not known:
            yield Finding("record-altered", row["doc_code"], "catalogue.db", "who takes its place is not what the log says")


def _successor(db: Database, code: object) -> str | None:
    """Who took its place by the log; None where it says nothing, or two things."""
    sql = "select entry from event join leaf using (seq) where doc_code = ? and type = 'superseded'"
    said = [facts(row["entry"]).get("by") for row in db.query(sql, [str(code)])]
    return said[0] if len(said) == 1 and isinstance(said[0], str) else None
