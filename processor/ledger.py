"""Which row of which list was given to which scan, so that no row is ever given to another one.

Promises: what was noted survives a crash; a note made twice is one. Refuses to be a truth: when it is lost, lists are read
anew and their rows wait for scans (the archive and the lots know which scans had which).
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger()
_TABLES = (
    "create table if not exists list(key text primary key, lane text, path text, seen_at text, code text, detail text)",
    "create table if not exists mark(key text, row integer, path text, scan_sha256 text, file_code text, part text, at text,"
    " primary key(key, row))",
    "create table if not exists taken(lane text, path text, list_sha256 text, at text, primary key(lane, path))",
)
_REMEMBERED = dt.timedelta(days=1)  # a list that comes later than this after its scans cannot be told from another one
_KEPT = dt.timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Mark:
    """The scan a row was given to: where it lay, and the key of its document."""

    path: bytes
    scan_sha256: str
    file_code: str
    part: str
    at: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A list that lies in a drop folder and why it does."""

    key: str
    lane: str
    path: bytes
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """The notes on one station's lists. Usable from several threads and processes."""

    path: Path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            opened = self._connected()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, or the disk: not the ledger's fault
                raise
            os.replace(self.path, self.path.with_name(f"{self.path.name}.broken"))
            log.error("ledger-broken", error=type(error).__name__)
            opened = self._connected()
        with closing(opened) as db, db:
            yield db

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=30)
        try:
            db.execute("pragma synchronous = full")
            for table in _TABLES:
                db.execute(table)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def seen(self, key: str, lane: str, path: bytes, now: dt.datetime) -> str:
        """A list lies there; since when."""
        with self._open() as db:
            db.execute("insert or ignore into list values(?, ?, ?, ?, '', '')", [key, lane, path.hex(), _text(now)])
            return str(db.execute("select seen_at from list where key = ?", [key]).fetchone()[0])

    def note(self, key: str, code: str, detail: str) -> None:
        """Why a list still lies there."""
        with self._open() as db:
            db.execute("update list set code = ?, detail = ? where key = ?", [code, detail, key])

    def standing(self) -> list[Standing]:
        """The lists of which something was noted."""
        with self._open() as db:
            rows = db.execute("select key, lane, path, code, detail from list where code != '' order by lane, path").fetchall()
        return [Standing(key, lane, bytes.fromhex(path), code, detail) for key, lane, path, code, detail in rows]

    def mark(self, key: str, row: int, mark: Mark) -> None:
        """A row is given to a scan, for good."""
        with self._open() as db:
            told = [key, row, mark.path.hex(), mark.scan_sha256, mark.file_code, mark.part, mark.at]
            db.execute("insert or replace into mark values(?, ?, ?, ?, ?, ?, ?)", told)

    def marks(self, key: str) -> dict[int, Mark]:
        """To which scan each row of a list was given."""
        with self._open() as db:
            rows = db.execute("select row, path, scan_sha256, file_code, part, at from mark where key = ?", [key]).fetchall()
        return {row: Mark(bytes.fromhex(path), *rest) for row, path, *rest in rows}

    def took(self, lane: str, path: bytes, list_sha256: str, now: dt.datetime) -> None:
        """A scan of this name was taken, with a list or without one."""
        with self._open() as db:
            db.execute("delete from taken where at < ?", [_text(now - _REMEMBERED)])
            db.execute("insert or replace into taken values(?, ?, ?, ?)", [lane, path.hex(), list_sha256, _text(now)])

    def taken(self, lane: str, now: dt.datetime) -> dict[bytes, str]:
        """The names taken in a lane lately, each with the list it was taken by (its SHA-256, or nothing)."""
        with self._open() as db:
            sql = "select path, list_sha256 from taken where lane = ? and at > ?"
            return {bytes.fromhex(path): by for path, by in db.execute(sql, [lane, _text(now - _REMEMBERED)])}

    def forget(self, key: str, now: dt.datetime) -> None:
        """A list is done with; what is old is forgotten with it."""
        with self._open() as db:
            db.execute("delete from list where key = ?", [key])
            db.execute("delete from mark where key = ? or at < ?", [key, _text(now - _KEPT)])

    def forget_scans(self, scans: Collection[str], names: Collection[str]) -> int:
        """Scans were purged: no name of theirs stays here, nor in pages that are free; returns how many rows went."""
        with self._open() as db:
            gone = [path for scan, path in db.execute("select scan_sha256, path from mark") if scan in scans]
            gone += [path for (path,) in db.execute("select path from taken") if _name(path) in names]
            for path in gone:
                db.execute("delete from mark where path = ?", [path])
                db.execute("delete from taken where path = ?", [path])
        with self._open() as db:
            db.isolation_level = None
            db.execute("vacuum")
        return len(gone)


def _name(path: str) -> str:
    """The last part of a path as it is kept here, as the archive keeps names."""
    return bytes.fromhex(path).rpartition(b"/")[2].decode("utf-8", "replace")


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")


def at(station: Path) -> Ledger:
    """The ledger of a station."""
    return Ledger(station / "work" / "lists.db")
