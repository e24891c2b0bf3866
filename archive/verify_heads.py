"""The published heads of the log, and renewals, checked against the catalogue: each is there, and is the one that was noted.

Reads only. Part of `verify`; whether their signatures hold is checked by `_tools/verify.py`, which needs no catalogue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive import headfiles, revocation
from archive.checkpoint import CheckpointError, parsed
from archive.errors import ArchiveError
from archive.evidence import BEFORE, RENEWALS, Round, came_with
from archive.heads import CHECKPOINT, ENTRIES, EVIDENCE, LOG, NEWEST, TOKEN
from archive.log import roots
from archive.verify_log import Finding
from archive.verify_log import parsed as parsed_facts

Row = dict[str, Any]


def check(root: Path, db: Database) -> Iterator[Finding]:
    """Every head: its files, the entries it adds, and that its root is that of the log."""
    noted = list(db.table("checkpoint").rows_where(order_by="size"))
    yield from check_files(root, db, is_read=True)
    before = 0
    for row in noted:
        yield from _check_entries(root, db, row, before)
        before = row["size"]
    hashes = (_hash(text) for (text,) in db.execute("select leaf_hash from leaf order by seq"))
    found = dict(roots(hashes, frozenset(row["size"] for row in noted)))
    for row in noted:
        if found.get(row["size"], b"").hex() != row["root"]:
            yield Finding("log-broken", None, f"event {row['size']}", "the head that was published is not that of the log")


def check_files(root: Path, db: Database, *, is_read: bool = False) -> Iterator[Finding]:
    """Every head and renewal is there and says what was published: cheap enough for every night, unless all is read."""
    noted = list(db.table("checkpoint").rows_where(order_by="size"))
    yield from check_renewals(root, db)
    yield from revocation.check(root, db, is_read=is_read)
    yield from headfiles.check(root, db, is_read=is_read)
    for row in noted:
        yield from _check_certificates(root, f"{LOG}/{row['day']}")
    places = [(f"{LOG}/{row['day']}/{CHECKPOINT}", row) for row in noted]
    places += [(f"{LOG}/{NEWEST}", row) for row in noted[-1:]]
    for place, row in places:
        said = _said(root / place)
        if said is None:
            yield Finding("head-missing", None, place, "a head of the log that was published is not there")
        elif said != (row["origin"], row["size"], row["root"]):
            yield Finding("head-altered", None, place, "is not the head of the log that was published")


def check_renewals(root: Path, db: Database) -> Iterator[Finding]:
    """Every renewal is there, and is the one that was logged."""
    for (public,) in db.execute("select public from event where type = 'renewed' order by seq"):
        said = parsed_facts(public)
        folder = f"{LOG}/{RENEWALS}/{str(said.get('number')).zfill(4)}"
        for name, key in ((f"evidence.{said.get('digest')}", "list_sha256"), (EVIDENCE, "token_sha256")):
            data = _bytes(root / folder / name)
            if data is None:
                yield Finding("renewal-missing", None, f"{folder}/{name}", "a renewal of the archive's proofs is not there")
            elif hashlib.sha256(data).hexdigest() != said.get(key):
                yield Finding("renewal-altered", None, f"{folder}/{name}", "is not the one that was logged")
        yield from _check_certificates(root, folder)
        has_before = said.get("hashed_anew") or _bytes(root / folder / BEFORE) is not None
        if has_before and not _is_stamped(Round(root, root / folder)):
            yield Finding("renewal-altered", None, f"{folder}/{BEFORE}", "is not what was time-stamped")


def _check_certificates(root: Path, folder: str) -> Iterator[Finding]:
    """Beside each time-stamp lie the certificates it came with: by others renewal would seem due another day."""
    for name in (TOKEN, EVIDENCE):
        token, chain = _bytes(root / folder / name), _bytes(root / folder / f"{name}.pem")
        if token is not None and not came_with(token, chain or b""):
            yield Finding("certificates-altered", None, f"{folder}/{name}.pem", "are not those the time-stamp came with")


def _is_stamped(found: Round) -> bool:
    try:
        return found.is_stamped
    except (OSError, ArchiveError):
        return False


def _check_entries(root: Path, db: Database, row: Row, before: int) -> Iterator[Finding]:
    place, said = f"{LOG}/{row['day']}/{ENTRIES}", hashlib.sha256()
    for (entry,) in db.execute("select entry from leaf where seq >= ? and seq < ? order by seq", [before, row["size"]]):
        said.update(str(entry).encode() + b"\n")
    data = _bytes(root / place)
    if data is None:
        yield Finding("head-missing", None, place, "the entries of a published head are not there")
    elif hashlib.sha256(data).digest() != said.digest():
        yield Finding("head-altered", None, place, "are not the entries of the catalogue")


def _said(path: Path) -> tuple[str, int, str] | None:
    """What a checkpoint says; nothing of what is not there, and what no head can say of what is no checkpoint."""
    data = _bytes(path)
    if data is None:
        return None
    try:
        head = parsed(data.decode()).head
    except (CheckpointError, UnicodeDecodeError):
        return "", 0, ""
    return head.origin, head.size, head.root.hex()


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() and not path.is_symlink() else None
    except (OSError, ValueError):  # ValueError: a day with a NUL
        return None


def _hash(text: object) -> bytes:
    try:
        return bytes.fromhex(str(text))
    except ValueError:
        return b""  # its event is told as broken
