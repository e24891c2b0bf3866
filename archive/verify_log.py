"""The log checked: numbers without gaps, leaves that are those of their events, roots that were recorded; and
the codes and files of the catalogue against it.

Reads only. Part of `verify`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from archive.counted import counted
from archive.log import leaf_hash, roots

Row = dict[str, Any]

_PORTION = 1000
_BOUND = ("type", "at", "seq", "doc_code", "scan_sha256", "actor")
_EVENTS = "select event.*, leaf.entry, leaf.leaf_hash from event left join leaf using (seq)"
_CODES = """select file_code, last_ordinal, count(doc_ordinal) codes, max(doc_ordinal) highest,
                   min(doc_ordinal) lowest
            from file left join document using (file_code) group by file_code
            having codes != last_ordinal or highest != last_ordinal or lowest != 1"""
# event, the state its document must have (None: any, a code stays whatever becomes of it), the finding
_STATES = (("numbered", None, "ordinal-gap"), ("filed", "filed", "missing"), ("adopted", "filed", "missing"),
           ("void", "void", "missing"), ("superseded", "void", "missing"), ("disposed", "disposed", "missing"),
           ("purged", "purged", "missing"))  # fmt: skip
# what was filed is void once another took its place, and both are gone once that was ordered
_STATELESS = """select doc_code, seq from event where type = ? and doc_code is not null and not exists
                (select 1 from document d where d.doc_code = event.doc_code and (? is null or d.state = ?
                 or (event.type in ('filed', 'adopted') and d.state = 'void' and d.superseded_by is not null)
                 or (event.type in ('filed', 'adopted', 'superseded') and d.state in ('disposed', 'purged'))))"""
_UNORDERED = """select doc_code, state from document d where state in ('disposed', 'purged')
                and not exists (select 1 from event where event.doc_code = d.doc_code and event.type = d.state)"""
_PURGED = """select 1 from event join leaf using (seq) where type = 'purged' and json_extract(entry, '$.type') = 'purged'
             and (doc_code = ? or scan_sha256 = ?)"""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: a stable code, the document if it is one's, where, and what (English)."""

    code: str
    doc_code: str | None
    path: str
    detail: str


def parsed(text: str | bytes | None) -> Row:
    """A JSON object; an empty one where the text holds something else: its digest tells what is wrong."""
    try:
        value = json.loads(text or "null")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def facts(entry: str | None) -> Row:
    """The public facts of a leaf."""
    public = parsed(entry).get("public")
    return public if isinstance(public, dict) else {}


def sealed_days(db: Database) -> list[Row]:
    """What the log knows of each sealing."""
    rows = list(db.query("select entry from event join leaf using (seq) where type in ('sealed', 'resealed') order by seq"))
    shown = [facts(row["entry"]) for row in rows]
    return [
        fact for fact in shown if isinstance(fact.get("day"), str) and isinstance(fact.get("tree_size"), int)
    ]


def lost_private(db: Database) -> frozenset[int]:
    """Numbers of the entries whose private part was lost with a catalogue, as an event `rebuilt` after them says."""
    rows = db.query("select seq, entry from event join leaf using (seq) where type = 'rebuilt' order by seq")
    told = [(row["seq"], str(facts(row["entry"]).get("lost_private", ""))) for row in rows]
    return frozenset(numbers_of(told))


def numbers_of(told: Iterable[tuple[int, str]]) -> Iterator[int]:
    """The numbers of ranges as events `rebuilt` write them (`3,7-9`), as far as they lie before their event.

    In order, and each once however often it is told: a forged log may tell of all its entries in every one of them.
    """
    found = ((seq, *numbers) for seq, text in told for numbers in re.findall(r"(?a)\b(\d{1,15})(?:-(\d{1,15}))?\b", text))
    done = 0
    for first, end in sorted((int(first), min(int(last or first) + 1, seq)) for seq, first, last in found):
        yield from range(max(done, first), end)
        done = max(done, end)


def check_events(db: Database, where: str, value: str) -> Iterator[Finding]:
    """Events in scope and their leaves."""
    lost = lost_private(db)
    for row in list(db.query(f"{_EVENTS} where {where} order by seq", [value])):
        yield from _check_event(db, row, lost)


def check_log(db: Database) -> list[Finding]:
    """The whole log: every event, no number missing, no leaf without event, the roots of every sealing."""
    findings: list[Finding] = []
    recorded = {fact["tree_size"]: fact.get("root") for fact in sealed_days(db)}
    for size, head in roots(_leaves(db, findings), frozenset(recorded)):
        if recorded.get(size, head.hex()) != head.hex():
            findings.append(_broken(size, f"the root of the first {size} entries is not the recorded one"))
        recorded.pop(size, None)
    findings += [_broken(size, f"the log is shorter than the {size} entries it had") for size in recorded]
    orphans = list(db.query("select seq from leaf where seq not in (select seq from event)"))
    unsealed = list(db.query("select day from day where sealed_at is not null"))
    lost = {row["day"] for row in unsealed} - {fact["day"] for fact in sealed_days(db)}
    findings += [_broken(row["seq"], "a leaf without its event") for row in orphans]
    return findings + [Finding("log-broken", None, day, "sealed by no event") for day in sorted(lost)]


def check_codes(db: Database) -> Iterator[Finding]:
    """Codes run from 1 without gaps; codes and files are those of the log, in the state the log says."""
    for row in list(db.query(_CODES)):
        yield Finding(
            "ordinal-gap", None, row["file_code"], f"{counted(row['codes'], 'code')} up to {row['last_ordinal']}"
        )
    for type, state, code in _STATES:
        for row in list(db.query(_STATELESS, [type, state, state])):
            detail = f"event {row['seq']} says {type}, the catalogue does not"
            yield Finding(code, row["doc_code"], "catalogue.db", detail)
    for row in list(db.query(_UNORDERED)):
        yield Finding("missing", row["doc_code"], "catalogue.db", f"is {row['state']} by no order in the log")


def _leaves(db: Database, findings: list[Finding]) -> Iterator[bytes]:
    expected, last_at, lost = 0, "", lost_private(db)
    while rows := list(db.query(f"{_EVENTS} where event.seq >= ? order by seq limit {_PORTION}", [expected])):
        for row in rows:
            if row["seq"] != expected:
                findings.append(_broken(expected, f"entries {expected} to {row['seq'] - 1} are missing"))
            if row["at"] < last_at:
                findings.append(_broken(row["seq"], "earlier than the entry before"))
            findings += _check_event(db, row, lost)
            yield leaf_hash((row["entry"] or "").encode())
            expected, last_at = row["seq"] + 1, row["at"]


def _check_event(db: Database, row: Row, lost: frozenset[int]) -> Iterator[Finding]:
    seq, code, entry = row["seq"], row["doc_code"], parsed(row["entry"])
    if row["entry"] is None:
        yield _broken(seq, "an event without its leaf", code)
        return
    if leaf_hash(row["entry"].encode()).hex() != row["leaf_hash"]:
        yield _broken(seq, "the leaf's hash is not that of its entry", code)
    told = {name: row[name] for name in _BOUND} | {"public": parsed(row["public"])}
    is_erased = row["private"] is None and row["salt"] is None and entry.get("private_sha256") is not None
    if not (is_erased and (seq in lost or _is_purged(db, row))):
        told["private_sha256"] = _private_digest(row)
    for name, value in told.items():
        if entry.get(name) != value:
            yield _broken(seq, f"{name} of the event is not that of its leaf", code)


def _is_purged(db: Database, row: Row) -> bool:
    """Whether the log says that what is private of this document or scan was erased by order."""
    return bool(list(db.query(_PURGED, [row["doc_code"], row["scan_sha256"]])))


def _private_digest(row: Row) -> str | None:
    if row["private"] is None:
        return None
    try:
        salt = bytes.fromhex(row["salt"] or "")
    except ValueError:
        salt = b""
    return hashlib.sha256(salt + row["private"].encode()).hexdigest()


def _broken(seq: int, detail: str, code: str | None = None) -> Finding:
    return Finding("log-broken", code, f"event {seq}", detail)
