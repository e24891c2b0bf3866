"""Proofs cut from the log: that a document is in it, and that an older head of it is the beginning of a newer one.

Promises: a proof is made against a head that was published, and leads to it. Refuses (ArchiveError `not-published`) a document no
head covers yet: its day has not been sealed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from archive import heads, leaves, log, revocation, search
from archive.catalogue import Row
from archive.counted import counted
from archive.errors import ArchiveError
from archive.heads import Published
from archive.prooftext import inclusion_text
from archive.removal import GONE

_FILES = "doc_code = ? and type in ('filed', 'adopted')"


@dataclass(frozen=True, slots=True)
class Proof:
    """A document's place in the log.

    Attributes:
        row: the document.
        entry: the leaf that files it, the bytes that were hashed.
        index: its number.
        path: the hashes that lead from it to the head.
        head: what it leads to.
        lists: SHA-256 of the revocation lists that were kept of who gave the head's time-stamp.
    """

    row: Row
    entry: bytes
    index: int
    path: tuple[bytes, ...]
    head: Published
    lists: tuple[str, ...] = ()

    def text(self) -> str:
        """As tools of other logs read it (C2SP tlog-proof)."""
        return inclusion_text(self.index, self.path, (self.head.folder / heads.CHECKPOINT).read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Record:
    """An evidence record (RFC 4998, DER; empty: there is none), and SHA-256 of the revocation lists kept of its time-stamps."""

    data: bytes = b""
    lists: tuple[str, ...] = ()


def of_document(root: Path, db: Database, id: str) -> Proof:
    """The proof of a filed document, as `Archive.get` names it; against the first head that covers it and lacks nothing, if any.

    Raises:
        ArchiveError: `unknown`, `ambiguous`, `not-filed`, `not-published`.
    """
    row = filed(db, id)
    index, entry = _filing(db, row["doc_code"])
    covering = [each for each in heads.published(root, db) if each.head.size > index and each.is_there]
    if not covering:
        told = f"{row['doc_code']}: its head of the log is published when its day is sealed, in the night after it"
        raise ArchiveError("not-published", told)
    head = next((each for each in covering if each.is_signed and each.is_stamped), covering[0])
    path = log.inclusion_proofs(leaves.hashes(db, 0, head.head.size), [index])[index]
    return Proof(row, entry.encode(), index, tuple(path), head, kept_of(db, [f"{heads.LOG}/{head.day}/{heads.TOKEN}"]))


def kept_of(db: Database, tokens: Sequence[str]) -> tuple[str, ...]:
    """Digests of the revocation lists that were kept of who gave these tokens, each once."""
    kept = revocation.kept(db)
    return tuple(sorted(set[str]().union(*(kept.get(each, ()) for each in tokens))))


def filed(db: Database, id: str) -> Row:
    """The row of a document that is or was on a shelf: of what was removed by order the entry stays.

    Raises:
        ArchiveError: `unknown`, `ambiguous`, `not-filed`.
    """
    row = search.one(db, id)
    if row is None:
        raise ArchiveError("unknown", id)
    if row["path"] is None and row["state"] not in GONE:
        raise ArchiveError("not-filed", f"{row['doc_code']} is {row['state']}")
    return row


def is_covered(db: Database, doc_code: str) -> bool:
    """Whether there can be a proof: its entry is here (not in the copy of who sees no events), and a head was published since."""
    sql = f"select 1 from event join checkpoint on checkpoint.size > event.seq where {_FILES} limit 1"
    return db.execute(sql, [doc_code]).fetchone() is not None


def since(root: Path, db: Database, size: int) -> tuple[Published, Sequence[bytes]]:
    """The newest head, and the proof that the log of so many entries (0: none) is its beginning.

    Raises:
        ArchiveError: `not-published`, there is no head; `unknown`, the newest is smaller.
    """
    found = heads.published(root, db)
    if not found:
        raise ArchiveError("not-published", "no day has been sealed")
    newest = found[-1]
    if size > newest.head.size:
        raise ArchiveError("unknown", f"the newest head has {counted(newest.head.size, 'entry')}, not {size}")
    return newest, log.consistency_proof(leaves.hashes(db, 0, newest.head.size), size) if size else ()


def _filing(db: Database, doc_code: str) -> tuple[int, str]:
    """Number and text of the entry that files a document: its row has the number of what happened to it last."""
    found = db.execute(f"select seq, entry from leaf join event using (seq) where {_FILES}", [doc_code]).fetchone()
    if found is None:
        raise ArchiveError("unknown", f"{doc_code}: the entry that filed it is not here")
    return int(found[0]), str(found[1])
