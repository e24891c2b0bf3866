"""The entries of the log, gathered from wherever they still lie: the bags, the published heads, a catalogue that was put aside.

Promises: an entry that two places tell of is the same in both; what is private of it is what its entry binds; numbers run from 0
without gaps; every head that was published is that of these entries. Refuses (ArchiveError `log-altered`, with where) anything
else: of a log that was changed nothing is made.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive import heads, log
from archive.bag import EVENTS
from archive.checkpoint import CheckpointError, Head, origin_of, parsed
from archive.counted import counted
from archive.durable import read_plain
from archive.errors import ArchiveError
from archive.shelves import day_folders

_TABLE = "create temp table gathered (seq integer primary key, entry text, private text, salt text, place text)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log, and what is private of it where that is still known.

    Attributes:
        text: the leaf's bytes, as text.
        told: the same, read.
    """

    text: str
    told: dict[str, Any]
    private: str | None
    salt: str | None

    @property
    def is_bereft(self) -> bool:
        """Whether it had something private that is not known here."""
        return self.private is None and self.told["private_sha256"] is not None


@dataclass(frozen=True, slots=True)
class Known:
    """A head that was published, with the peaks of the log under it."""

    day: str
    head: Head
    peaks: log.Peaks


def gather(root: Path, db: Database, former: Path | None) -> list[str]:
    """Lays all entries there are into a table of this connection; returns where they came from.

    Args:
        root: the archive.
        db: the catalogue that is being made.
        former: a catalogue that is to be put aside: what it alone knows is taken where the rest is the same as elsewhere.
    """
    db.execute(_TABLE)
    places = []
    for folder in day_folders(root):
        if os.path.lexists(folder / EVENTS):
            places += _add_lines(db, folder / EVENTS, root, _of_bag)
    for path in sorted((root / heads.LOG).glob(f"{heads.DAY}/{heads.ENTRIES}")):
        places += _add_lines(db, path, root, _of_log)
    if former is not None and _add_former(db, former):
        places.append("catalogue")
    return sorted(set(places))


def entries(db: Database) -> Iterator[Entry]:
    """What was gathered, in order.

    Raises:
        ArchiveError: `log-altered`, a number is missing.
    """
    expected = 0
    for row in db.query("select * from gathered order by seq"):
        if row["seq"] != expected:
            raise ArchiveError("log-altered", f"{row['place']}: entries {expected} to {row['seq'] - 1} are nowhere")
        yield Entry(row["entry"], json.loads(row["entry"]), row["private"], row["salt"])
        expected += 1


def published(root: Path, db: Database) -> list[Known]:
    """The heads that were published, oldest first, each of which is that of the entries gathered.

    Raises:
        ArchiveError: `log-altered`, it is not; `log-unreadable`, it is no checkpoint.
    """
    found, peaks, done, size = list[Known](), log.grown((), ()), 0, _count(db)
    for head, path in sorted(_heads(root), key=lambda each: each[0].size):
        if head.size > size:
            raise ArchiveError("log-altered", f"{path}: {counted(head.size, 'entry')} published, {size} are there")
        peaks, done = log.grown(peaks, _leaves(db, done, head.size)), head.size
        if log.head_of(peaks) != head.root or head.origin != origin_of(next(_leaves(db, 0, 1))):
            raise ArchiveError("log-altered", f"{path} is not the head of these entries")
        if path.parent.name != heads.LOG:
            found.append(Known(path.parent.name, head, peaks))
    return found


def _heads(root: Path) -> Iterator[tuple[Head, Path]]:
    folder = root / heads.LOG
    for path in (*sorted(folder.glob(f"{heads.DAY}/{heads.CHECKPOINT}")), folder / heads.NEWEST):
        if os.path.lexists(path):
            try:
                yield parsed(read_plain(path).decode()).head, path
            except (CheckpointError, UnicodeDecodeError) as error:
                raise ArchiveError("log-unreadable", f"{path}: {error}") from error


def _leaves(db: Database, first: int, end: int) -> Iterator[bytes]:
    rows = db.execute("select entry from gathered where seq >= ? and seq < ? order by seq", [first, end])
    return (log.leaf_hash(entry.encode()) for (entry,) in rows)


def _count(db: Database) -> int:
    return int(db.execute("select count(*) from gathered").fetchone()[0])


def _of_bag(line: bytes) -> Entry:
    kept = json.loads(line)
    entry = Entry(kept["entry"], json.loads(kept["entry"]), kept["private"], kept["salt"])
    if log.leaf_hash(entry.text.encode()).hex() != kept["leaf_hash"] or not _is_bound(entry):
        raise ValueError("its hashes are not those of its texts")
    return entry


def _of_log(line: bytes) -> Entry:
    return Entry(line.decode(), json.loads(line), None, None)


def _is_bound(entry: Entry) -> bool:
    """Whether what is private is what was logged; nothing where something was is for others to judge."""
    if entry.private is None:
        return True
    digest = hashlib.sha256(bytes.fromhex(entry.salt or "") + entry.private.encode()).hexdigest()
    return digest == str(entry.told["private_sha256"])


def _add_lines(db: Database, path: Path, root: Path, read: Callable[[bytes], Entry]) -> list[str]:
    place = path.relative_to(root).as_posix()
    for number, line in enumerate(read_plain(path).split(b"\n")[:-1], 1):
        try:
            entry = read(line)
            is_same = _add(db, entry, place)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ArchiveError("log-altered", f"{place}, line {number}: {error}") from error
        if not is_same:
            raise ArchiveError("log-altered", f"{place}, line {number}: another entry has this number elsewhere")
    return ["log" if place.startswith(heads.LOG) else "bags"]


def _add(db: Database, entry: Entry, place: str) -> bool:
    """Whether it is new, or the same as what is known of this number."""
    seq = entry.told["seq"]
    if not isinstance(seq, int) or not isinstance(entry.told["type"], str) or not isinstance(entry.told["public"], dict):
        raise ValueError("is no entry of the log")
    for known, private in db.execute("select entry, private from gathered where seq = ?", [seq]).fetchall():
        if known == entry.text and private is None and entry.private is not None:
            db.execute("update gathered set private = ?, salt = ? where seq = ?", [entry.private, entry.salt, seq])
        return bool(known == entry.text)
    db.execute("insert into gathered values (?, ?, ?, ?, ?)", [seq, entry.text, entry.private, entry.salt, place])
    return True


def _add_former(db: Database, former: Path) -> bool:
    """Whether what that catalogue tells goes on from the rest; else nothing of it is taken."""
    try:
        old = sqlite3.connect(former)  # not read-only: an interrupted transaction is undone first
        try:
            expected = -1
            for expected, entry in enumerate(_told(old)):
                known = db.execute("select entry from gathered where seq = ?", [expected]).fetchone()
                if entry.told["seq"] != expected or not _is_bound(entry) or (known and known[0] != entry.text):
                    return False
            return expected >= 0 and all(_add(db, entry, former.name) for entry in _told(old))
        finally:
            old.close()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise ArchiveError("catalogue-busy", f"{former} is written by somebody: end that first") from error
        return False
    except (sqlite3.DatabaseError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return False


def _told(old: sqlite3.Connection) -> Iterator[Entry]:
    for entry, private, salt in old.execute("select entry, private, salt from leaf join event using (seq) order by seq"):
        yield Entry(entry, json.loads(entry), private, salt)
