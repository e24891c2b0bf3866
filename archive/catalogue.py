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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive import event as events
from archive import query
from archive.durable import DurableError, link_durably
from archive.errors import ArchiveError
from archive.event import Event
from archive.log import leaf_hash
from archive.naming import local_date
from archive.record import number_key

VERSION = 3
Row = dict[str, Any]

_BUSY_MS = 60_000  # another process may be sealing or filing a large scan
_LATER: Mapping[int, tuple[str, ...]] = {  # columns by the version that brought them
    2: ("main_code", "verification"),
    3: ("signer_authority", "organ_parent", "issued_place", "recipients", "priority", "attachments", "keyword", "mode", "note",
        "supersedes", "superseded_by", "number_key", "maintenance"),
}  # fmt: skip
_OF_FILES = ("retention", "creator", "section", "note", "fonds", "continues", "ended_on", "paper_file_code")  # columns of version 3
_TEXT_FIELDS = (
    "form", "description", "path", "original_path", "original_name", "sha256", "record_sha256", "type_name",
    "code_number", "code_notation", "issued_date", "organ_name", "subject", "language", "signer_position",
    "signer_name", "confidence", "block_text", "signed_at", "timestamped_at", "filed_at", "shelf_day",
    "pades_level", "pdfa", "void_reason", *(column for columns in _LATER.values() for column in columns),
)  # fmt: skip
_KEY = {"doc_code": str, "file_code": str, "doc_ordinal": int, "scan_sha256": str, "lane": str, "part": str,
        "again": int, "state": str, "seq": int}  # fmt: skip

# What sqlite-utils has no words for: an index with a condition, and tables that only grow.
_GUARDS = """
create unique index document_key on document (scan_sha256, lane, file_code, part, again)
    where state != 'void';
create index document_partial on document (doc_code, lane) where description = 'partial';
create trigger event_kept before delete on event begin select raise(abort, 'events are kept'); end;
create trigger leaf_kept before delete on leaf begin select raise(abort, 'leaves are kept'); end;
create trigger leaf_fixed before update on leaf begin select raise(abort, 'leaves are fixed'); end;
create trigger document_kept before delete on document begin select raise(abort, 'codes are kept'); end;
"""


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
            ArchiveError: `catalogue-version`.
        """
        if not path.exists():
            create(path)
        catalogue = cls(path, clock)
        version = _upgraded(catalogue._db)
        if version != VERSION:
            catalogue.close()
            raise ArchiveError(
                "catalogue-version", f"{path} has version {version}, this program knows {VERSION}"
            )
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
    db.execute(f"pragma busy_timeout = {_BUSY_MS}")
    db.execute("pragma journal_mode = delete")
    db.execute("pragma synchronous = extra")
    db.execute("pragma foreign_keys = on")
    db.register_function(query.contains, deterministic=True)
    return db


def create(path: Path) -> None:
    """Makes an empty catalogue under another name, then links it to its own: it never exists by halves."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    temporary.unlink(missing_ok=True)
    try:
        db = connect(temporary)
        try:
            _tables(db)
            db.execute(f"pragma user_version = {VERSION}")
        finally:
            db.close()
        with contextlib.suppress(DurableError):  # another process made it meanwhile: that one is used
            link_durably(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _upgraded(db: Database) -> int:
    """The version of a catalogue, brought up where it was older: columns and tables are added, nothing is changed."""
    with transaction(db, "begin immediate"):
        version = int(db.execute("pragma user_version").fetchone()[0])
        while 1 <= version < VERSION:
            version += 1
            for column in _LATER[version]:
                db.execute(f"alter table document add column {column} text")
            if version == 2:
                _companions(db)
            if version == 3:
                db.table("event").create_index(["scan_sha256"])
                for column in _OF_FILES:
                    db.execute(f"alter table file add column {column} text")
                _fonds(db)
                _number(db)
                db.execute("create index if not exists document_partial on document (doc_code, lane) where description = 'partial'")
            db.execute(f"pragma user_version = {version}")
    return version


def _companions(db: Database) -> None:
    db.table("companion").create(
        {"path": str, "doc_code": str, "sha256": str, "size": int, "shelf_day": str}, pk="path",
        not_null={"doc_code", "sha256", "size", "shelf_day"}, foreign_keys=[("doc_code", "document", "doc_code")], strict=True,
    ).create_index(["doc_code"]).create_index(["shelf_day"])  # fmt: skip


def _number(db: Database) -> None:
    """What was filed before has a number too."""
    db.table("document").create_index(["number_key"])
    for row in list(db.query("select doc_code, issued_date, code_number, code_notation from document where path is not null")):
        db.table("document").update(row["doc_code"], {"number_key": number_key(row)})


def _fonds(db: Database) -> None:
    db.table("fonds").create(
        {"code": str, "name": str, "history": str, "opened_at": str, "closed_at": str}, pk="code",
        not_null={"name", "opened_at"}, strict=True,
    )  # fmt: skip


def _tables(db: Database) -> None:
    _fonds(db)
    db.table("file").create(
        {"file_code": str, "caseless": str, "title": str, "maintenance": str, "organ_id": str, "year": int,
         "opened_at": str, "closed_at": str, "last_ordinal": int, **dict.fromkeys(_OF_FILES, str)},
        pk="file_code", not_null={"caseless", "title", "year", "opened_at", "last_ordinal"}, strict=True,
    ).create_index(["caseless"], unique=True)  # fmt: skip
    numbers = {"size": int, "record_size": int, "pages": int, "page_amount": int}
    document = db.table("document").create(
        _KEY | dict.fromkeys(_TEXT_FIELDS, str) | numbers, pk="doc_code", not_null=set(_KEY) - {"doc_code"},
        foreign_keys=[("file_code", "file", "file_code")], strict=True,
    )  # fmt: skip
    document.create_index(["file_code", "doc_ordinal"], unique=True).create_index(["seq"], unique=True)
    for column in ("scan_sha256", "shelf_day", "issued_date", "code_notation", "state", "number_key"):
        document.create_index([column])
    scan = db.table("scan").create(
        {"sha256": str, "path": str, "size": int, "shelf_day": str}, pk="sha256",
        not_null={"path", "size", "shelf_day"}, strict=True,
    )  # fmt: skip
    scan.create_index(["shelf_day"])
    _companions(db)
    _log_tables(db)
    search = db.table("search").create(
        {"id": int, "doc_code": str, "pages": str, "exact": str, "folded": str},
        pk="id",  # an implicit rowid may change in VACUUM, and the index would point elsewhere
        foreign_keys=[("doc_code", "document", "doc_code")],
        strict=True,
    )
    search.create_index(["doc_code"], unique=True)
    search.enable_fts(["exact", "folded"], tokenize=query.TOKENIZE, create_triggers=True)
    db.executescript(_GUARDS)


def _log_tables(db: Database) -> None:
    event = db.table("event").create(
        {"seq": int, "type": str, "at": str, "day": str, "doc_code": str, "scan_sha256": str, "actor": str,
         "public": str, "private": str, "salt": str},
        pk="seq", not_null={"type", "at", "day", "actor", "public"}, strict=True,
    )  # fmt: skip
    for column in ("at", "day", "doc_code", "scan_sha256", "type"):
        event.create_index([column])
    db.table("leaf").create(
        {"seq": int, "entry": str, "leaf_hash": str}, pk="seq", not_null={"entry", "leaf_hash"},
        foreign_keys=[("seq", "event", "seq")], strict=True,
    )  # fmt: skip
    db.table("day").create(
        {"day": str, "closed_at": str, "sealed_at": str, "documents": int, "files": int, "octets": int,
         "manifest_sha256": str},
        pk="day", not_null={"closed_at"}, strict=True,
    )  # fmt: skip
