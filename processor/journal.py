"""What is under way: every document between its claim and the archive, with each stage it has reached.

Promises: a stage that was noted survives a crash, and so do the bytes it names (they are synced first); two processes may
use it, one works and others ask; a station may be moved. Refuses to be a truth: when it is lost, work is repeated and nothing
else (the sources and the archive know the rest).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog
from sqlite_utils import Database

from archive.catalogue import transaction
from processor import journal_tables, places, sources, stage_bytes
from processor.document import STAGES, Pending, Scan, added, fold, scan_of, stages_of
from processor.sources import Source

log = structlog.get_logger()
_BUSY_MS = 30_000


@dataclass(frozen=True, slots=True)
class Item:
    """A document under way."""

    number: int
    state: str
    source: Source
    document: Pending
    code: str = ""
    detail: str = ""
    tries: int = 0
    not_before: str = ""

    @property
    def scan(self) -> Scan:
        """The scan it began as."""
        return scan_of(self.document)


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for on the command line, to be done by whoever holds the station."""

    number: int
    verb: str
    args: Mapping[str, str]


class Journal:
    """The journal of one station. Usable from several threads, which take turns."""

    def __init__(self, path: Path) -> None:
        self._station = path.parent.parent
        self._lock = threading.RLock()
        try:
            self._open(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # locked, or the disk: not the journal's fault
                raise
            os.replace(path, path.with_name(f"{path.name}.broken"))  # disposable: work is repeated, nothing is lost
            log.error("journal-broken", error=type(error).__name__)
            self._open(path)

    def _open(self, path: Path) -> None:
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db = Database(connection, execute_plugins=False)
        for pragma in (f"busy_timeout = {_BUSY_MS}", "journal_mode = delete", "synchronous = full"):
            self._db.execute(f"pragma {pragma}")
        with self._transaction() as db:
            journal_tables.tables(db)

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _reading(self) -> Iterator[Database]:
        with self._lock, transaction(self._db, "begin"):
            yield self._db

    @contextmanager
    def _transaction(self) -> Iterator[Database]:
        with self._lock, transaction(self._db, "begin immediate"):
            yield self._db

    # Documents

    def begin(self, entering: Sequence[tuple[Source, Scan]]) -> list[Item]:
        """What was claimed enters with its sources, all of it or nothing: the members of a package share theirs."""
        for _, scan in entering:
            stage_bytes.sync(scan)
        items = []
        with self._transaction() as db:
            for source, scan in entering:
                row = {"state": "working", "source": sources.dump(source), "lane": scan.lane, "scan_sha256": scan.blob.sha256,
                       "code": "", "detail": "", "tries": 0, "not_before": ""}  # fmt: skip
                number = int(str(db.table("item").insert(row).last_pk))
                self._note_stage(db, number, scan)
                items.append(Item(number, "working", source, scan))
        return items

    def is_shared(self, item: Item) -> bool:
        """Whether another document under way came from the same source."""
        with self._reading() as db:
            return bool(db.table("item").count_where("source = ? and number != ?", [sources.dump(item.source), item.number]))

    def parts(self, scan_sha256: str, lane: str) -> set[str]:
        """Which parts of a scan are under way in a lane."""
        with self._reading() as db:
            same = list(db.table("item").rows_where("scan_sha256 = ? and lane = ?", [scan_sha256, lane]))
            return {self._item(db, row).scan.part for row in same}

    def accept(self, number: int, code: str) -> bool:
        """A person looked at a document that waits and answers for it; False when it does not wait any more."""
        with self._transaction() as db:
            sql = "update item set state = 'working', not_before = '' where number = ? and state = 'waiting' and code = ?"
            if db.execute(sql, [number, code]).rowcount != 1:
                return False
            scan = scan_of(self._item(db, db.table("item").get(number)).document)
            self._note_stage(db, number, replace(scan, released=tuple(dict.fromkeys((*scan.released, code)))))
            return True

    def reach(self, number: int, document: Pending) -> None:
        """A document reached a stage; its bytes are on the disk before the journal says so."""
        stage_bytes.sync(document)
        with self._transaction() as db:
            self._note_stage(db, number, document)

    def stop(self, number: int, state: str, code: str, detail: str, not_before: str) -> None:
        """A document waits: for the outside until a moment (RFC 3339), or for a person."""
        with self._transaction() as db:
            tries = db.table("item").get(number)["tries"] + 1
            change = {"state": state, "code": code, "detail": detail, "tries": tries, "not_before": not_before}
            db.table("item").update(number, change)
            journal_tables.wake_siblings(db, number)

    def awaits_siblings(self, number: int, not_before: str) -> bool:
        """Whether a document that was read waits for others of its scan, until they are read or gone, or steps behind them."""
        with self._transaction() as db:
            return journal_tables.awaits_siblings(db, number, not_before)

    def wake(self, number: int | None = None) -> None:
        """A document that waits, for the outside or for a person's seal, or all of them: taken up again at once."""
        with self._transaction() as db:
            where, values = ("1", []) if number is None else ("number = ?", [number])
            sql = f"update item set state = 'working', not_before = '' where state in ('waiting', 'to-seal') and {where}"
            db.execute(sql, values)

    def stop_waiting(self, number: int) -> bool:
        """Take a document that waits out of the others' hands, to end it; False when it does not wait any more."""
        with self._transaction() as db:
            sql = "update item set state = 'stopping' where number = ? and state in ('waiting', 'to-seal')"
            return db.execute(sql, [number]).rowcount == 1

    def due(self, now: dt.datetime, most: int = -1) -> None:
        """Wake what has waited long enough, the oldest first."""
        self._wake_oldest("not_before <= ?", now.astimezone(dt.UTC).isoformat(timespec="seconds"), most)

    def wake_some(self, code: str, most: int) -> None:
        """Wake some of those that wait for one thing: it is there again."""
        self._wake_oldest("code = ?", code, most)

    def _wake_oldest(self, where: str, value: str, most: int) -> None:
        some = f"select number from item where state = 'waiting' and {where} order by number limit ?"
        with self._lock:
            numbers = [row["number"] for row in self._db.query(some, [value, most])]
        for number in numbers:
            self.wake(number)

    def postpone(self, code: str, not_before: str) -> None:
        """Nobody who waits for the same thing need try before a moment."""
        with self._transaction() as db:
            sql = "update item set not_before = ? where state = 'waiting' and code = ? and not_before < ?"
            db.execute(sql, [not_before, code, not_before])

    def end(self, number: int) -> None:
        """A document left: filed, held or rejected."""
        with self._transaction() as db:
            journal_tables.wake_siblings(db, number)
            db.table("stage").delete_where("item = ?", [number])
            db.table("item").delete(number)

    def forget_broken(self, stands: Callable[[Pending], bool] = stage_bytes.are_intact) -> list[int]:
        """At start: give up stages that do not stand any more; an item without its scan is taken anew from its source.

        Returns:
            The numbers of the items that are still there.
        """
        kept, lost_sources = list[int](), list[str]()
        with self._transaction() as db:
            db.execute("update item set state = 'waiting' where state = 'stopping'")
            for row in list(db.table("item").rows):
                chain = stages_of(self._document(db, row["number"]))
                places = [STAGES.index(type(stage)) for stage in chain]
                ended = max(places, default=-1) + 1
                lost = next((place for place, stage in zip(places, chain, strict=True) if not stands(stage)), ended)
                db.table("stage").delete_where("item = ? and place >= ?", [row["number"], lost])
                if lost:
                    kept.append(row["number"])
                else:
                    db.table("item").delete(row["number"])
                    lost_sources.append(row["source"])
            for source in lost_sources:  # the members of a package share it: taken anew it brings all of them
                for row in list(db.table("item").rows_where("source = ?", [source])):
                    db.table("stage").delete_where("item = ?", [row["number"]])
                    db.table("item").delete(row["number"])
                    kept.remove(row["number"])
        return kept

    def items(self, state: str | None = None) -> list[Item]:
        """What is under way, oldest first."""
        with self._reading() as db:
            where, values = ("1", []) if state is None else ("state = ?", [state])
            return [self._item(db, row) for row in list(db.table("item").rows_where(where, values, order_by="number"))]

    def numbers(self, state: str, code: str = "") -> list[int]:
        """The items of a state, oldest first; of one code, where it is given."""
        with self._reading() as db:
            rows = db.query("select number from item where state = ? and ? in ('', code) order by number", [state, code])
            return [row["number"] for row in rows]

    def item(self, number: int) -> Item:
        """One of them."""
        with self._reading() as db:
            return self._item(db, db.table("item").get(number))

    def sources(self) -> list[Source]:
        """Where the documents under way came from."""
        with self._reading() as db:
            return [sources.parse(row["source"]) for row in db.query("select source from item")]

    def follow_sources(self) -> None:
        """At start: the station may have been copied to another disk, where its drop folders' files have other numbers."""
        with self._transaction() as db:
            for row in list(db.query("select distinct source from item")):
                now = sources.dump(sources.followed(self._station, sources.parse(row["source"])))
                db.execute("update item set source = ? where source = ?", [now, row["source"]])

    # Requests and notes

    def ask(self, verb: str, **args: str) -> None:
        """Leave a request."""
        with self._transaction() as db:
            db.table("request").insert({"verb": verb, "args": json.dumps(args)})

    def asked(self) -> list[Request]:
        """Requests not answered yet, oldest first."""
        with self._reading() as db:
            rows = db.table("request").rows_where(order_by="number")
            return [Request(row["number"], row["verb"], json.loads(row["args"])) for row in rows]

    def answered(self, number: int) -> None:
        """A request is done."""
        with self._transaction() as db:
            db.table("request").delete(number)

    def note(self, name: str, value: str) -> None:
        """Remember a small fact (which nights were done, who watches)."""
        with self._transaction() as db:
            db.table("note").upsert({"name": name, "value": value}, pk="name")

    def noted(self, name: str) -> str:
        """A fact remembered, or nothing."""
        with self._reading() as db:
            return next((str(row["value"]) for row in db.table("note").rows_where("name = ?", [name])), "")

    # Rows

    def _note_stage(self, db: Database, number: int, document: Pending) -> None:
        told = added(document, lambda path: places.noted(path, self._station))
        row = {"item": number, "place": STAGES.index(type(document)), "name": type(document).__name__, "added": json.dumps(told)}
        db.table("stage").upsert(row, pk=("item", "place"))

    def _document(self, db: Database, number: int) -> Any:
        rows = list(db.table("stage").rows_where("item = ?", [number], order_by="place"))
        told = [(row["name"], json.loads(row["added"])) for row in rows]
        return fold(told, lambda note: places.found(note, self._station))

    def _item(self, db: Database, row: Mapping[str, Any]) -> Item:
        return Item(row["number"], row["state"], sources.parse(row["source"]), self._document(db, row["number"]), row["code"],
                    row["detail"], row["tries"], row["not_before"])  # fmt: skip
