"""Which files of the published heads were laid down, as the log itself tells (`published`): each with its SHA-256.

Promises: a head counts as published once the log says so, which it does after its files lie there; what is missing before that was
interrupted, what is missing after it was taken away (`lost`), and is made again by nobody but a person whose decision the log keeps
(`head-lost`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from sqlite_utils import Database

from archive import copies, heads
from archive.catalogue import Catalogue
from archive.durable import is_plain
from archive.errors import ArchiveError
from archive.event import Event
from archive.evidence import KNOWN
from archive.heads import CHECKPOINT, ENTRIES, EVIDENCE, LOG, SIGNATURE, TOKEN, Published
from archive.verify_log import Finding, parsed

PUBLISHED, LOST = "published", "head-lost"
_PARTS = ((CHECKPOINT, ENTRIES), (SIGNATURE, f"{SIGNATURE}.pem"), (TOKEN, f"{TOKEN}.pem"),
          (EVIDENCE, "evidence.*"))  # what is laid down last, and what lies beside it  # fmt: skip
_TOLD = {CHECKPOINT, f"{TOKEN}.pem", f"{EVIDENCE}.pem"}  # by `verify_heads`, as are entries where all is read


def told(db: Database) -> dict[str, str]:
    """Digests by path from the archive's folder; of a head that was given up as lost, of what was laid down since."""
    found = defaultdict[str, dict[str, str]](dict)
    for type, public in db.execute("select type, public from event where type in (?, ?) order by seq", [PUBLISHED, LOST]):
        said = parsed(public)
        folder = f"{LOG}/{said.get('day')}/"
        if type == LOST:
            found.pop(folder, None)
        else:
            for name, digest in said.items():
                if KNOWN.fullmatch(folder + name):
                    found[folder].setdefault(name, str(digest))
    return {folder + name: digest for folder, files in found.items() for name, digest in files.items()}


def note(root: Path, catalogue: Catalogue, actor: str) -> None:
    """Logs which files of heads lie there that the log does not tell of; may be run again after any interruption."""
    with catalogue.reading() as db:
        known, published = told(db), heads.published(root, db)
    for each in published:
        digests = {path.name: digest for path in _laid_down(each.folder)
                   if path.relative_to(root).as_posix() not in known and (digest := copies.digest_of(path))}  # fmt: skip
        if digests:
            with catalogue.writing():
                catalogue.append(Event(PUBLISHED, actor, public={"day": each.day.isoformat(), "size": each.head.size, **digests}))


def _laid_down(folder: Path) -> Iterator[Path]:
    """Files of a head, part by part, each once its last file lies there: until then what lies beside it may be written anew."""
    for last, beside in _PARTS:
        if is_plain(folder / last):
            yield from sorted({folder / last, *filter(is_plain, folder.glob(beside))})


def lost(root: Path, db: Database) -> list[str]:
    """What the log tells of and is not there: paths from the archive's folder."""
    return [place for place in told(db) if not is_plain(root / place)]


def check(root: Path, db: Database, *, is_read: bool) -> Iterator[Finding]:
    """Every file of a head is there and what was published, but for those of which `verify_heads` tells.

    Args:
        is_read: also the lists of evidence, which are long.
    """
    for place, digest in told(db).items():
        folder, _, name = place.rpartition("/")
        if name in _TOLD or not is_plain(root / folder / CHECKPOINT) or (name == ENTRIES and is_read):
            continue
        if not is_plain(root / place):
            yield Finding("head-missing", None, place, "a file of a published head is not there")
        elif (is_read or not name.startswith(("evidence.sha", ENTRIES))) and copies.digest_of(root / place) != digest:
            yield Finding("head-altered", None, place, "is not the file of the head that was published")


def give_up(root: Path, catalogue: Catalogue, day: dt.date, reason: str, actor: str) -> Published | None:
    """Logs that files of a head are lost for good: what was told of them does not count any more, and it may be published again.

    Returns:
        The head; none where a catalogue that was made again knows nothing more of it than that it is lost.

    Raises:
        ArchiveError: `unknown`, there is no such head; `exists`, nothing of it is lost.
    """
    with catalogue.writing() as db:
        head = next((each for each in heads.published(root, db) if each.day == day), None)
        places = {f"{LOG}/{day}/{name}" for name in ((CHECKPOINT, ENTRIES) if head else ())}
        places |= {place for place in told(db) if place.startswith(f"{LOG}/{day}/")}
        if not places:
            raise ArchiveError("unknown", f"no head of the log was published under {day}")
        gone = [place for place in places if not is_plain(root / place)]
        if not gone:
            raise ArchiveError("exists", f"nothing of the head of {day} is lost")
        public: dict[str, str | int] = {"day": day.isoformat(), "files": len(gone)}
        catalogue.append(Event(LOST, actor, public=public, private={"reason": reason}))
    return head
