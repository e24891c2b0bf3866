"""The catalogue and its log made again from what lies in the dated folders and in `_log`.

Promises: the same entries, so the same roots, and the same answers; the new catalogue has its name only when it is whole; the one
there was is put aside under another name, never deleted; it may be killed anywhere and run again. Refuses (ArchiveError) to make
anything of entries that were changed (`log-altered`, `log-unreadable`).

What only the lost catalogue knew is told by an event `rebuilt`: private facts of entries that were published before their day was
sealed. What lay on a shelf and is in no entry is adopted (`adopting`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.db import NotFoundError

from archive import catalogue as catalogues
from archive import gathering, log, shelves
from archive.adopting import Adopting
from archive.catalogue import Catalogue
from archive.durable import clear_temporaries, fsync_dir, link_durably
from archive.errors import ArchiveError
from archive.event import Event
from archive.gathering import Known
from archive.replaying import Replay, Required, ranges
from archive.verify_log import Finding

CATALOGUE = "catalogue.db"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was made.

    Attributes:
        entries: of the log as they were found, without those that tell of the making.
        sources: `bags`, `log` (the published heads), `catalogue` (the one that was put aside).
        adopted: codes of documents that no entry told of.
        lost: numbers of entries whose private part is lost.
        left: files of days not sealed that belong to nothing known.
        nameless: codes of files whose title is lost.
        findings: records that are not as they were filed; documents that were not adopted.
        aside: the name of the catalogue there was.
    """

    entries: int
    root: str
    sources: list[str]
    adopted: list[str]
    lost: list[int]
    left: list[str]
    nameless: list[str]
    findings: list[Finding]
    aside: str | None = None


def rebuild(root: Path, clock: Callable[[], dt.datetime], required: Required, actor: str) -> Rebuilt:
    """Makes the catalogue again; nobody else may have the archive open.

    Args:
        root: the archive's folder.
        clock: tells the time, with its zone.
        required: fields without which the description of a document of a lane is `partial`.
        actor: who asked for it.

    Raises:
        ArchiveError: `log-altered`, `log-unreadable`; `catalogue-busy`; `nothing`: there is neither an entry nor a shelf.
    """
    place = root / CATALOGUE
    with _draft(root) as path:
        catalogues.create(path)
        catalogue = Catalogue(path, clock)
        try:
            with catalogue.writing() as db:
                made = _fill(root, catalogue, db, required, actor)
        finally:
            catalogue.close()
        aside = _put_aside(place, catalogue.now())
        link_durably(path, place)
    shelves.explain(root)
    return replace(made, aside=aside)


@contextlib.contextmanager
def _draft(root: Path) -> Iterator[Path]:
    """A name for what is not whole yet; what an interrupted run left is removed."""
    path = root / f".{CATALOGUE}.rebuilt.part"
    journal = path.with_name(f"{path.name}-journal")
    journal.unlink(missing_ok=True)
    clear_temporaries(root)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
        journal.unlink(missing_ok=True)


def _fill(root: Path, catalogue: Catalogue, db: Database, required: Required, actor: str) -> Rebuilt:
    former = root / CATALOGUE
    sources = gathering.gather(root, db, former if former.is_file() else None)
    heads = gathering.published(root, db)
    replay, size = Replay(root, db, required), 0
    for size, entry in enumerate(gathering.entries(db), 1):
        try:
            replay.add(entry)
        except (ArchiveError, LookupError, TypeError, ValueError, AttributeError, sqlite3.IntegrityError, NotFoundError) as error:
            raise ArchiveError("log-altered", f"entry {size - 1} contradicts those before: {type(error).__name__}") from error
    if not size and not any(shelves.day_folders(root)):
        raise ArchiveError("nothing", f"{root} has neither shelves nor an entry of a log")
    _note_heads(db, heads)
    head = log.root(bytes.fromhex(text) for (text,) in db.execute("select leaf_hash from leaf order by seq"))
    adopting = Adopting(replay, catalogue, actor)
    adopted, left = adopting.all(), adopting.left()
    told: dict[str, str | int] = {"entries": size, "from": ",".join(sources), "adopted": len(adopted)}
    lost = replay.lost()
    for number, text in enumerate(ranges(lost, replay.kept)):
        private = {"left": left} if left and not number else {}
        catalogue.append(Event("rebuilt", actor, public=told | {"lost_private": text}, private=private))
    return Rebuilt(size, head.hex(), sources, adopted, lost, left, sorted(replay.nameless), replay.findings)


def _note_heads(db: Database, heads: list[Known]) -> None:
    for each in heads:
        at = db.execute("select at from event where seq = ?", [each.head.size - 1]).fetchone()[0]
        db.table("checkpoint").insert({
            "day": each.day, "origin": each.head.origin, "size": each.head.size, "root": each.head.root.hex(),
            "peaks": json.dumps([(width, node.hex()) for width, node in each.peaks]), "made_at": at,
        })  # fmt: skip


def _put_aside(place: Path, now: dt.datetime) -> str | None:
    """The catalogue there was under a name that says when; its journal with it: SQLite would undo it in the new one."""
    names = (place.with_name(f"{place.name}.{now + dt.timedelta(microseconds=n):%Y%m%dT%H%M%S.%fZ}.old") for n in count())
    aside, moved = next(name for name in names if not os.path.lexists(name)), None
    for former, name in ((place, aside), (place.with_name(f"{place.name}-journal"), aside.with_name(f"{aside.name}-journal"))):
        if os.path.lexists(former):
            os.replace(former, name)
            moved = moved or aside.name
    fsync_dir(place.parent)
    return moved
