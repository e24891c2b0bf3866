"""A catalogue for those who only look: a snapshot of it, made durably, and a connection that cannot write.

Promises: a snapshot holds what was committed at one moment, and takes the place of an earlier one in whole; making it, and looking
at it, holds up nobody who files. Refuses (ArchiveError `catalogue-version`) a catalogue of another version.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sqlite_utils import Database

from archive import catalogue, tables, words
from archive.asking import Asking
from archive.durable import fsync_dir
from archive.errors import ArchiveError

_STEP = 4096  # pages of 4 KiB that are copied in one breath: some ten milliseconds
_CACHE = 32_768  # KiB; who files has the 2 MiB that SQLite takes by itself
_PATIENCE = 3  # how often somebody may write between two breaths, which begins the copy anew, before it is made in one


class Reader(Asking):
    """Questions to a catalogue that cannot be written through it; several threads may use it."""

    def __init__(self, db: Database) -> None:
        self._lock = threading.RLock()
        self._db = db

    @classmethod
    def open(cls, path: Path, *, changes: bool = False) -> Reader:
        """Opens a snapshot, or (`changes`) the catalogue that is being written.

        Raises:
            ArchiveError: `catalogue-version`.
            sqlite3.OperationalError: there is none.
        """
        kind = "mode=ro" if changes else "mode=ro&immutable=1"
        address = f"file:{quote(str(path.absolute()))}?{kind}"
        db = Database(sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None), execute_plugins=False)
        db.execute(f"pragma busy_timeout = {catalogue.BUSY_MS}")
        db.execute(f"pragma cache_size = -{_CACHE}")
        db.register_function(words.contains, deterministic=True)
        version = tables.version_of(db)
        if version != tables.VERSION:
            db.close()
            raise ArchiveError("catalogue-version", f"{path} has version {version}, this program knows {tables.VERSION}")
        return cls(db)

    def close(self) -> None:
        """Ends the connection."""
        with self._lock:
            self._db.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Database]:
        """One consistent view; keep it short where the catalogue is being written."""
        with self._lock, catalogue.transaction(self._db, "begin"):
            yield self._db


class _Disturbed(Exception):
    """Somebody writes all the time."""


def snapshot(source: Path, target: Path) -> None:
    """Copies a catalogue as it is committed, page by page; the copy takes the place of an earlier one when it is on the disk.

    `VACUUM INTO` would keep writers waiting from its beginning to its end, and would write every index anew.
    """
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    temporary.unlink(missing_ok=True)
    try:
        try:
            _copy(source, temporary, in_one=False)
        except _Disturbed:
            temporary.unlink()
            _copy(source, temporary, in_one=True)
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        os.replace(temporary, target)
        fsync_dir(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _copy(source: Path, temporary: Path, *, in_one: bool) -> None:
    left, begun = float("inf"), 0

    def watch(status: int, remaining: int, total: int) -> None:
        nonlocal left, begun
        begun += remaining > left
        left = remaining
        if begun > _PATIENCE:
            raise _Disturbed

    # SQLite itself must read the file: another descriptor of this process, when closed, would drop the locks of its connections
    db = catalogue.connect(source)
    copy = sqlite3.connect(temporary, isolation_level=None)
    try:
        copy.execute("pragma synchronous = off")
        if in_one:
            db.conn.backup(copy, pages=-1)
        else:
            db.conn.backup(copy, pages=_STEP, progress=watch)
    finally:
        copy.close()
        db.close()
