"""The log checked: numbers without gaps, leaves that are those of their events, roots that were recorded.

Reads only. Part of `verify`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from archive.log import leaf_hash, roots

Row = dict[str, Any]

_PORTION = 1000
_BOUND = ("type", "at", "seq", "doc_code", "scan_sha256", "actor")
_EVENTS = "select event.*, leaf.entry, leaf.leaf_hash from event left join leaf using (seq)"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: a stable code, the document if it is one's, where, and what (English)."""

    code: str
    doc_code: str | None
    path: str
    detail: str


def check_events(db: Database, where: str, values: Sequence[object]) -> Iterator[Finding]:
    """Events in scope and their leaves."""
    for row in list(db.query(f"{_EVENTS} where {where} order by seq", list(values))):
        yield from _check_event(row)


def check_log(db: Database) -> list[Finding]:
    """The whole log: every event, no number missing, no leaf without event, the roots recorded at every sealing."""
    findings: list[Finding] = []
    recorded = _recorded_roots(db)
    for size, head in roots(_leaves(db, findings), frozenset(recorded)):
        if recorded.get(size, head) != head:
            findings.append(_broken(size, f"the root of the first {size} entries is not the one that was recorded"))
        recorded.pop(size, None)
    findings += [_broken(size, f"the log is shorter than the {size} entries it had") for size in recorded]
    orphans = db.query("select seq from leaf where seq not in (select seq from event)")
    return findings + [_broken(row["seq"], "a leaf without its event") for row in orphans]


def _leaves(db: Database, findings: list[Finding]) -> Iterator[bytes]:
    expected, last_at = 0, ""
    while rows := list(db.query(f"{_EVENTS} where event.seq >= ? order by seq limit {_PORTION}", [expected])):
        for row in rows:
            if row["seq"] != expected:
                findings.append(_broken(expected, f"entries {expected} to {row['seq'] - 1} are missing"))
            if row["at"] < last_at:
                findings.append(_broken(row["seq"], "earlier than the entry before"))
            findings += _check_event(row)
            yield leaf_hash((row["entry"] or "").encode())
            expected, last_at = row["seq"] + 1, row["at"]


def _check_event(row: Row) -> Iterator[Finding]:
    seq, code = row["seq"], row["doc_code"]
    if row["entry"] is None:
        yield _broken(seq, "an event without its leaf", code)
        return
    entry = json.loads(row["entry"])
    if leaf_hash(row["entry"].encode()).hex() != row["leaf_hash"]:
        yield _broken(seq, "the leaf's hash is not that of its entry", code)
    for name in _BOUND:
        if entry.get(name) != row[name]:
            yield _broken(seq, f"{name} of the event is not that of its leaf", code)
    if entry.get("public") != json.loads(row["public"]):
        yield _broken(seq, "public of the event is not that of its leaf", code)
    if entry.get("private_sha256") != _private_digest(row):
        yield _broken(seq, "private facts of the event are not those of its leaf", code)


def _private_digest(row: Row) -> str | None:
    if row["private"] is None or row["salt"] is None:
        return None
    return hashlib.sha256(bytes.fromhex(row["salt"]) + row["private"].encode()).hexdigest()


def _recorded_roots(db: Database) -> dict[int, bytes]:
    rows = db.query("select entry from event join leaf using (seq) where type = 'sealed'")
    facts = [json.loads(row["entry"])["public"] for row in rows]
    return {fact["tree_size"]: bytes.fromhex(fact["root"]) for fact in facts}


def _broken(seq: int, detail: str, code: str | None = None) -> Finding:
    return Finding("log-broken", code, f"event {seq}", detail)
