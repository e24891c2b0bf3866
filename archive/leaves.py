"""The leaves of the log as the catalogue keeps them: how many there are, their hashes, the peaks of the tree over them.

Promises: asking how many costs the same however many there are; the peaks grow from those of the last published head, so that
sealing a day does not hash the whole log again.
"""

from __future__ import annotations

import json

from sqlite_utils import Database

from archive import log


def count(db: Database) -> int:
    """How many there are: they are numbered from 0 without gaps."""
    return int(db.execute("select coalesce(max(seq) + 1, 0) from leaf").fetchone()[0])


def hashes(db: Database, first: int, end: int) -> list[bytes]:
    """Their hashes, from one number up to before another."""
    sql = "select leaf_hash from leaf where seq >= ? and seq < ? order by seq"
    return [bytes.fromhex(text) for (text,) in db.execute(sql, [first, end])]


def peaks(db: Database) -> log.Peaks:
    """The peaks of the whole log."""
    last = db.execute("select peaks from checkpoint order by size desc limit 1").fetchone()
    before = [(width, bytes.fromhex(head)) for width, head in json.loads(last[0])] if last else []
    return log.grown(before, hashes(db, log.size_of(before), count(db)))
