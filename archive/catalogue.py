"""The tables, one writer, and the events with their leaves.

Promises: a change of the catalogue, its event and its leaf are one transaction that is on the disk when it
returns (journal_mode=DELETE, synchronous=EXTRA); events are numbered without gaps and never go back in
time. Refuses to write outside `writing()`, to change or delete an event or a leaf, and a catalogue of
another version.

WAL is not used: SQLite before 3.51.3 (3.44.6, 3.50.7) may corrupt a database in it
(sqlite.org/wal.html#walresetbug).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive import event as events
from archive import tables, words
from archive.durable import DurableError, link_durably
from archive.errors import ArchiveError
from archive.event import Event
from archive.index import Telling
from archive.log import leaf_hash
from archive.naming import local_date

Row = dict[str, Any]

BUSY_MS = 60_000  # another process may be sealing or filing a large scan
_NO_DATABASE = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_CANTOPEN", "SQLITE_IOERR")


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is recorded: now, or the last recorded moment, which the clock is `behind`."""

    at: dt.datetime
    behind: dt.timedelta


class Catalogue:
    """The catalogue of one archive; usable from several threads, which take turns."""

    def __init__(self, path: Path, clock: Callable[[], dt.datetime]) -> None:
        self._lock = threading.RLock()
        self._clock = clock
        self._db = connect(path)

    @classmethod
    def open(cls, path: Path, clock: Callable[[], dt.datetime]) -> Catalogue:
        """Opens the catalogue, and makes it first where there is none.

        Raises:
            ArchiveError: `catalogue-version`; `catalogue-unreadable`, what lies there is no database, or a damaged one.
        """
        try:
            if not path.exists():
                create(path)
            bring_up(path)
            catalogue = cls(path, clock)
            version = tables.version_of(catalogue._db)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "").startswith(_NO_DATABASE):
                raise ArchiveError("catalogue-unreadable", f"{path}: {error}: `sohoa rebuild` makes it again") from error
            raise
        if version != tables.VERSION:
            catalogue.close()
            raise ArchiveError("catalogue-version", f"{path} has version {version}, this program knows {tables.VERSION}")
        return catalogue

    def close(self) -> None:
        """Ends the connection."""
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Database]:
        """One transaction that no other writer overlaps; committed at the end, undone by any exception."""
        with self._lock, transaction(self._db, "begin immediate"):
            yield self._db

    @contextlib.contextmanager
    def reading(self) -> Iterator[Database]:
        """One consistent view; keep it short, since a writer elsewhere waits for it."""
        with self._lock, transaction(self._db, "begin"):
            yield self._db

    @property
    def within(self) -> Database:
        """The database, for what is done within the transaction of `writing()`."""
        return self._db

    def forget(self, merge: Callable[[Database], None], *, overwrite: bool) -> None:
        """Leaves nothing of what was deleted in the index of words, nor, with `overwrite`, between the rows of a page.

        What is deleted is zeroed as it goes (`secure_delete`); but where SQLite moves rows from page to page it leaves what stood
        there in the gap between them, and only a file that is written anew has none.
        """
        with self._lock:
            merge(self._db)
            if overwrite:
                self._db.execute("vacuum")

    def now(self) -> dt.datetime:
        """The clock, as it is, in UTC.

        Raises:
            ValueError: the clock tells no zone; a guess could shelve a document on the wrong day.
        """
        now = self._clock()
        if now.utcoffset() is None:
            raise ValueError("the clock must tell its zone")
        return now.astimezone(dt.UTC)

    def moment(self) -> Moment:
        """Now, but never before what is recorded: neither the last event nor the closing of a day."""
        sql = "select max(at) from (select max(at) as at from event union all select max(closed_at) from day)"
        recorded, now = self._db.execute(sql).fetchone()[0], self.now()
        last = dt.datetime.fromisoformat(recorded) if recorded else now
        return Moment(max(now, last), max(last - now, dt.timedelta()))

    def append(self, event: Event, moment: Moment | None = None) -> int:
        """Adds an event and its leaf within the transaction of `writing()`; returns its number.

        Raises:
            RecordError: the event holds what JSON cannot.
        """
        moment = moment or self.moment()
        seq = self._db.execute("select coalesce(max(seq) + 1, 0) from event").fetchone()[0]
        public = dict(event.public)
        if moment.behind:  # an honest log says that its clock was wrong
            public["clock_behind_us"] = moment.behind // dt.timedelta(microseconds=1)
        event = Event(event.type, event.actor, event.doc_code, event.scan_sha256, public, event.private)
        at = events.stamp(moment.at)
        leaf = events.leaf(event, seq, at, secrets.token_bytes(16))
        self._db.table("event").insert({
            "seq": seq, "type": event.type, "at": at, "day": local_date(moment.at).isoformat(),
            "actor": event.actor, "doc_code": event.doc_code, "scan_sha256": event.scan_sha256,
            "public": json.dumps(public, ensure_ascii=False, sort_keys=True), "private": leaf.private,
            "salt": leaf.salt,
        })  # fmt: skip
        hashed = leaf_hash(leaf.entry.encode()).hex()
        self._db.table("leaf").insert({"seq": seq, "entry": leaf.entry, "leaf_hash": hashed})
        return int(seq)


@contextlib.contextmanager
def transaction(db: Database, begin: str) -> Iterator[None]:
    """A transaction begun so; committed at the end, undone by any exception."""
    db.execute(begin)
    try:
        yield
        db.commit()
    except BaseException:
        db.rollback()
        raise


def connect(path: Path) -> Database:
    """A connection with the settings that the promises rest on."""
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    db = Database(connection, execute_plugins=False)
    db.execute(f"pragma busy_timeout = {BUSY_MS}")
    db.execute("pragma journal_mode = delete")
    db.execute("pragma synchronous = extra")
    db.execute("pragma foreign_keys = on")
    db.register_function(words.contains, deterministic=True)
    db.execute("pragma secure_delete = on")  # what was removed by order must not stay in pages that are free
    return db


def bring_up(path: Path, telling: Telling = lambda done, of: None) -> None:
    """Brings a catalogue of an earlier version up to this one; nothing where there is none, or a later one.

    Args:
        telling: how far it is, which may take long.
    """
    if not path.exists():
        return
    with contextlib.closing(connect(path)) as db:
        if 1 <= tables.version_of(db) < tables.VERSION:  # an auditor's look does not wait for a writer, nor a writer for it
            with transaction(db, "begin immediate"):
                tables.upgrade(db, telling)


def create(path: Path) -> None:
    """Makes an empty catalogue under another name, then links it to its own: it never exists by halves."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.unlink(missing_ok=True)
    try:
        db = connect(temporary)
        try:
            db.execute("pragma synchronous = off")  # it is synced whole before it has its name
            tables.create(db)
        finally:
            db.close()
        with contextlib.suppress(DurableError):  # another process made it meanwhile: that one is used
            link_durably(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
