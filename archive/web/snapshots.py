"""Copies of the catalogue for readers, one for each role, made anew every so often.

Promises: a reader never waits for who files, nor the other way round for longer than one copy takes; a copy is opened so that
nothing can be written to it (immutable, no rights to write); what is shown says when it was copied.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlite_utils import Database

from archive import leaves, naming, reader, words
from archive.catalogue import Catalogue
from archive.store import Archive
from archive.web.narrowing import narrow
from archive.web.roles import Modes, Role

NAME = "kho.db"
PATIENCE = 5.0  # seconds a question may take
_STEPS = 20_000  # of SQLite's machine between two looks at the clock
# What only these pages count: whoever files need not keep it up. Each holds all its question wants, so no document is looked at;
# `kho_said` what people look for pieces of: that reads every row, and these are a fraction as long as a document's.
_COUNTED = """
create index kho_day on document (state, shelf_day, pages);
create index kho_file on document (file_code, state, maintenance);
create index kho_state on document (state, seq);
create index kho_type on document (type_name, seq);
create index kho_lane on document (lane, seq);
create index kho_actor on event (actor, type, at);
create index kho_organ on document (state, organ_name, pages, issued_date);
create index kho_year on document (state, type_name, substr(coalesce(issued_date, shelf_day), 1, 4), pages);
create index kho_partial on document (state, doc_code) where description = 'partial';
create index kho_verified on document (seq) where verification is not null;
create index kho_said on document (doc_code, organ_name, subject, type_name, code_notation, signer_name);
"""


class TooLong(Exception):
    """A question took longer than it may."""


class Copy(Catalogue):
    """A catalogue that can only be read; each thread has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()

    def close(self) -> None:
        """Connections end with their threads."""

    @contextlib.contextmanager
    def writing(self) -> Iterator[Database]:
        """Refuses."""
        raise PermissionError("a copy is not written to")
        yield  # a generator all the same

    @contextlib.contextmanager
    def reading(self) -> Iterator[Database]:
        """One consistent view: what was copied.

        Raises:
            TooLong: it took longer than `PATIENCE`.
        """
        db: Database | None = getattr(self._own, "db", None)
        if db is None:
            db = self._own.db = _opened(self._path)
        end = time.monotonic() + PATIENCE
        db.conn.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        try:
            yield db
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise TooLong from error
            raise
        finally:
            db.conn.set_progress_handler(None, 0)


def _opened(path: Path) -> Database:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True, check_same_thread=False, isolation_level=None)
    db = Database(connection, recursive_triggers=False, execute_plugins=False)
    db.execute("pragma query_only = on")
    db.register_function(words.contains, deterministic=True)
    return db


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a role may see, as it was at a moment.

    Attributes:
        log_size: how many events the whole log had.
        hidden: how many documents are not in it.
    """

    role: Role
    path: Path
    archive: Archive
    made_at: dt.datetime
    log_size: int
    hidden: int


@dataclass(slots=True)
class Snapshots:
    """The copies of an archive.

    Attributes:
        root: of the archive. folder: where copies lie; nobody else's. roles: of whom there are copies.
    """

    root: Path
    folder: Path
    roles: Sequence[Role]
    modes: Modes
    clock: Callable[[], dt.datetime]
    _made: dict[str, Snapshot] = field(default_factory=dict)
    _older: list[Path] = field(default_factory=list)
    _number: int = 0
    _state: tuple[int, int] = (0, 0)

    def of(self, role: str) -> Snapshot:
        """What a role may see."""
        return self._made[role]

    def refresh(self) -> bool:
        """Copy anew if the catalogue has changed, or an order has taken the copies away; whether it was done."""
        now = self.clock()
        seen = (self.root / "catalogue.db").stat()
        state = (seen.st_mtime_ns, seen.st_size)
        are_there = all(each.path.is_file() for each in self._made.values())
        if self._made and state == self._state and are_there:
            self._made = {name: replace(each, made_at=now) for name, each in self._made.items()}
            return False
        self._number += 1
        whole = self.folder / f"{self._number}-whole.db"
        size = _copied(self.root / "catalogue.db", whole)
        made = {role.name: self._of(role, whole, now, size) for role in self.roles}
        whole.unlink()
        left, self._older = self._older, [each.path for each in self._made.values()]
        self._made, self._state = made, state
        for path in left:  # the one before may still be asked: it goes the next time
            shutil.rmtree(path.parent, ignore_errors=True)
        return True

    def _of(self, role: Role, whole: Path, now: dt.datetime, size: int) -> Snapshot:
        path = self.folder / f"{self._number}-{role.name}" / NAME
        path.parent.mkdir(mode=0o700)
        hidden = narrow(whole, path, role, self.modes)
        path.chmod(0o400)
        archive = Archive(self.root, Copy(path), lambda lane: (), "", lambda day: naming.DOC_CODE)
        return Snapshot(role, path, archive, now, size, hidden)


def _copied(source: Path, target: Path) -> int:
    """A copy of one moment; returns how many events its log has."""
    reader.snapshot(source, target)
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as made:
        made.executescript(f"pragma synchronous = off; pragma journal_mode = off; {_COUNTED}")
    copy = _opened(target)
    try:
        return leaves.count(copy)
    finally:
        copy.close()
