"""Heads of the log made public: a signed checkpoint for every sealed day, in `_log/`, with the entries it adds.

Promises: two heads of one size, or a later one that an earlier one is not the beginning of, are never published: the next one is
made of the last one's own peaks, within the transaction that notes it; what is published can be made again from the catalogue, byte
for byte. Refuses (ArchiveError) a catalogue that is older than what was published (`catalogue-older`: a restored copy) or that
tells another past (`log-forked`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from archive import leaves, log
from archive.catalogue import Catalogue, Row
from archive.checkpoint import NOTE_KEY, Checkpoint, CheckpointError, Head, key_id, origin_of, parsed, signed, verifier_key
from archive.counted import counted
from archive.durable import make_dirs_durably, replace_durably, write_durably
from archive.errors import ArchiveError
from archive.event import stamp
from archive.naming import local_date

LOG, NEWEST, KEYS = "_log", "checkpoint", "keys"
CHECKPOINT, ENTRIES, SIGNATURE, TOKEN = "checkpoint", "entries.jsonl", "checkpoint.p7s", "checkpoint.tsr"
EVIDENCE = "evidence.tst"  # over what was filed, and the head (`evidence`)
DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


@dataclass(frozen=True, slots=True)
class LogKey:
    """The key that signs heads.

    Attributes:
        public: 32 bytes, Ed25519.
        pem: the same as PEM, for `openssl`.
        sign: a signature over bytes.
    """

    public: bytes
    pem: bytes
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the heads stand: how many there are, how many of them lack the signature, a time-stamp."""

    published: int
    unsigned: int
    unstamped: int


@dataclass(frozen=True, slots=True)
class Published:
    """A head that was published.

    Attributes:
        day: whose sealing it closes.
        folder: where its files lie.
    """

    day: dt.date
    head: Head
    folder: Path

    @property
    def is_there(self) -> bool:
        """Whether it still lies where it was published."""
        return (self.folder / CHECKPOINT).is_file()

    @property
    def is_signed(self) -> bool:
        """Whether the organisation signed it."""
        return (self.folder / SIGNATURE).exists()

    @property
    def is_stamped(self) -> bool:
        """Whether it bears a time-stamp."""
        return (self.folder / TOKEN).exists()

    @property
    def is_evident(self) -> bool:
        """Whether what was filed until then bears one too."""
        return (self.folder / EVIDENCE).exists()


def publish(root: Path, catalogue: Catalogue, day: dt.date, key: LogKey) -> Published:
    """Publishes the head of the log for a day that was sealed; may be run again after any interruption.

    Of days that were sealed one right after the other the last one's head is that of all: nothing was sealed since.

    Raises:
        ArchiveError: `day-open`, it is not sealed.
    """
    with catalogue.writing() as db:
        row = _row(db, day) or _noted(catalogue, db, day)
        day = dt.date.fromisoformat(row["day"])
        entries = _entries(db, row)
        is_last = not db.table("checkpoint").count_where("size > ?", [row["size"]])
    head = _head(row)
    text = Checkpoint(head, (signed(head, key.public, key.sign(head.text().encode())),)).text().encode()
    folder = root / LOG / day.isoformat()
    make_dirs_durably(folder)
    make_dirs_durably(root / LOG / KEYS)
    name = key_id(head.origin, NOTE_KEY, key.public).hex()
    write_durably(root / LOG / KEYS / f"{name}.pem", key.pem)
    write_durably(root / LOG / KEYS / f"{name}.txt", (verifier_key(head.origin, NOTE_KEY, key.public) + "\n").encode())
    replace_durably(folder / ENTRIES, entries)
    if not (folder / CHECKPOINT).exists():  # a key that was exchanged since must not sign it once more
        write_durably(folder / CHECKPOINT, text)
    if is_last:
        replace_durably(root / LOG / NEWEST, (folder / CHECKPOINT).read_bytes())
    return Published(day, head, folder)


def interrupted(root: Path, db: Database) -> dt.date | None:
    """The day of the newest head where it was noted, and never wholly laid down: `_log/checkpoint` is still the one before it.

    Without it the log that was published has a gap, so it comes before the next. One that was lost later is no such thing.
    """
    rows = list(db.table("checkpoint").rows_where(order_by="size desc", limit=2))
    try:
        there = _largest([root / LOG / NEWEST])
    except ArchiveError:  # told as altered
        return None
    before = [row["size"] for row in rows[1:]]
    return dt.date.fromisoformat(rows[0]["day"]) if rows and ([there.size] if there else []) == before else None


def published(root: Path, db: Database) -> list[Published]:
    """All heads that were published, oldest first."""
    return [Published(dt.date.fromisoformat(row["day"]), _head(row), root / LOG / row["day"])
            for row in db.table("checkpoint").rows_where(order_by="size")]  # fmt: skip


def standing(found: Sequence[Published]) -> Standing:
    """How these heads stand."""
    unstamped = sum(not (each.is_stamped and each.is_evident) for each in found)
    return Standing(len(found), sum(not each.is_signed for each in found), unstamped)


def add(found: Published, name: str, data: bytes, chain: bytes) -> None:
    """Puts a signature or a token beside a head, with the certificates it is checked with; what lies there stays.

    Raises:
        DurableError: `exists`, other bytes lie there.
    """
    if not (found.folder / name).exists():
        replace_durably(found.folder / f"{name}.pem", chain)
    write_durably(found.folder / name, data)


def check(root: Path, db: Database) -> None:
    """The catalogue goes on from every head that was published.

    Raises:
        ArchiveError: `catalogue-older`, `log-forked`; `log-unreadable`, what lies in `_log` is no checkpoint.
    """
    newest = _newest(root)
    if newest is None:
        return
    size = leaves.count(db)
    if size < newest.size:
        told = f"the log has {counted(size, 'entry')}, {newest.size} were published: is this an older copy?"
        raise ArchiveError("catalogue-older", told)
    known = next(iter(db.table("checkpoint").rows_where("size = ?", [newest.size])), None)
    root_now = bytes.fromhex(known["root"]) if known else log.root(leaves.hashes(db, 0, newest.size))
    if root_now != newest.root:
        raise ArchiveError("log-forked", f"the first {newest.size} entries are not those that were published")


def _newest(root: Path) -> Head | None:
    return _largest([root / LOG / NEWEST, *sorted((root / LOG).glob(f"{DAY}/{CHECKPOINT}"))[-1:]])


def _largest(paths: Sequence[Path]) -> Head | None:
    try:
        heads = [parsed(path.read_text("utf-8")).head for path in paths if path.is_file()]
    except (CheckpointError, UnicodeDecodeError) as error:
        raise ArchiveError("log-unreadable", f"{paths[0].parent}: {error}") from error
    return max(heads, key=lambda head: head.size, default=None)


def _row(db: Database, day: dt.date) -> Row | None:
    return next(iter(db.table("checkpoint").rows_where("day = ?", [day.isoformat()])), None)


def _noted(catalogue: Catalogue, db: Database, day: dt.date) -> Row:
    """The head of today's log, grown from the last one that was published: it cannot but contain it."""
    iso = day.isoformat()
    is_over = db.table("day").count_where("day = ? and sealed_at is not null", [iso])
    if not is_over and day < local_date(catalogue.now()):  # a fault keeps it open; what was sealed anew on it must not wait
        is_over = db.table("event").count_where("type = 'resealed' and day = ?", [iso])
    if not is_over:
        raise ArchiveError("day-open", f"{day} is not sealed")
    last = next(iter(db.table("checkpoint").rows_where(order_by="size desc", limit=1)), None)
    if last and not db.table("event").count_where("type in ('sealed', 'resealed') and seq >= ?", [last["size"]]):
        return last
    peaks = leaves.peaks(db)
    row: Row = {
        "day": day.isoformat(), "size": log.size_of(peaks),
        "origin": last["origin"] if last else origin_of(leaves.hashes(db, 0, 1)[0]),
        "root": log.head_of(peaks).hex(), "peaks": json.dumps([(width, head.hex()) for width, head in peaks]),
        "made_at": stamp(catalogue.moment().at),
    }  # fmt: skip
    db.table("checkpoint").insert(row)
    return row


def _entries(db: Database, row: Row) -> bytes:
    """The entries this head adds to the one before."""
    first = db.execute("select coalesce(max(size), 0) from checkpoint where size < ?", [row["size"]]).fetchone()[0]
    sql = "select entry from leaf where seq >= ? and seq < ? order by seq"
    return b"".join(entry.encode() + b"\n" for (entry,) in db.execute(sql, [first, row["size"]]))


def _head(row: Row) -> Head:
    return Head(row["origin"], row["size"], bytes.fromhex(row["root"]))
