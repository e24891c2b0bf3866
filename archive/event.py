"""What happened, and the leaf that binds it for ever.

PURE: no I/O, no third-party package. Promises: a leaf holds no name, title or text; what is private enters
it only as a salted digest, so it can be erased under an order without breaking the log.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from archive.record import RecordError, canonical_json, line_json

MOST_BYTES = 65_535  # of an entry: bundles of C2SP's tlog-tiles count them in two bytes
_CODE = re.compile(r"[^\s]{0,300}")  # a code, a digest, a path of codes: names and titles have spaces


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `public` goes into the leaf as it is; `private` as a digest."""

    type: str
    actor: str
    doc_code: str | None = None
    scan_sha256: str | None = None
    public: Mapping[str, str | int] = field(default_factory=dict)
    private: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An event as it is kept: its entry in the log, and the private text with its salt (hexadecimal)."""

    entry: str
    private: str | None
    salt: str | None


def stamp(moment: dt.datetime) -> str:
    """A moment in UTC to the microsecond; such texts sort as the moments do.

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("a moment without a time zone cannot be recorded")
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def leaf(event: Event, seq: int, at: str, salt: bytes) -> Leaf:
    """The leaf of an event that got this number at this time (as `stamp` writes it).

    Raises:
        RecordError: `public` or `private` holds what JSON cannot; `public` holds what is no code, or the entry is too long.
    """
    if any(isinstance(value, str) and not _CODE.fullmatch(value) for value in event.public.values()):
        raise RecordError("bad-value", f"what is public of {event.type} is for ever: codes, digests and numbers only")
    private = line_json(event.private).decode() if event.private else None
    entry = {
        "type": event.type, "at": at, "seq": seq, "actor": event.actor,
        "doc_code": event.doc_code, "scan_sha256": event.scan_sha256, "public": event.public,
        "private_sha256": None if private is None else hashlib.sha256(salt + private.encode()).hexdigest(),
    }  # fmt: skip
    text = canonical_json(entry)
    if len(text) > MOST_BYTES:
        raise RecordError("bad-value", f"an entry of {len(text)} bytes: {MOST_BYTES} are allowed")
    return Leaf(text.decode(), private, None if private is None else salt.hex())


def line(row: Mapping[str, object]) -> bytes:
    """An event's row as a line of `events.jsonl`: the very texts that were hashed, for anyone to hash."""
    kept = {name: row[name] for name in ("seq", "entry", "leaf_hash", "private", "salt")}
    return canonical_json(kept) + b"\n"


def shown(row: Mapping[str, object]) -> dict[str, object]:
    """An event's row as an auditor reads it."""
    entry: dict[str, object] = json.loads(str(row["entry"]))
    private = row["private"]
    return entry | {
        "private": {} if private is None else json.loads(str(private)),
        "leaf_hash": row["leaf_hash"],
    }
