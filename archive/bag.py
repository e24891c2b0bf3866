"""A past day sealed as a BagIt 1.0 bag (RFC 8493).

Promises: a sealed day was read again, byte by byte, against the catalogue before it was called sealed; its
manifest's digest is a leaf of the log; sealing may be interrupted anywhere and run again. Refuses
(ArchiveError) a day that is not over, and a shelf that is not what the catalogue says: a person must look
before that becomes a bag.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from sqlite_utils import Database

from archive import event as events
from archive import immutable, leaves, log, shelves
from archive.catalogue import Catalogue, Moment, Row
from archive.durable import clear_temporaries, make_dirs_durably, replace_durably, sha256_file
from archive.errors import ArchiveError
from archive.event import Event, stamp
from archive.naming import LOCAL, local_date, record_place, shelf_of
from archive.shelves import DATA

MANIFEST, TAGMANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
EVENTS = f"{DATA}/events.jsonl"

_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_READ_ONLY_FILE, _READ_ONLY_FOLDER, _OPEN_FOLDER = 0o444, 0o555, 0o755


@dataclass(frozen=True, slots=True)
class SealResult:
    """A sealed day; a day on which nothing was filed and nothing happened has no bag (`path` is None)."""

    day: dt.date
    path: str | None = None
    documents: int = 0
    files: int = 0
    octets: int = 0
    manifest_sha256: str | None = None
    sealed_at: str | None = None


def seal_day(root: Path, catalogue: Catalogue, day: dt.date, actor: str, organization: str) -> SealResult:
    """Closes a day to filing, writes its bag, reads it again, records it, makes it read-only.

    Raises:
        ArchiveError: `day-open`; `missing`, `altered`, `orphan`.
    """
    folder = root / shelf_of(day)
    with catalogue.writing() as db:
        sealed = _sealed(db, day)
        if sealed is None and not _close(root, catalogue, db, day):
            return SealResult(day)
        expected, documents = _expected(db, folder, day)
        lines = list(_event_lines(db, day)) if sealed is None else []
    if sealed is not None:
        _make_read_only(folder)  # the last step of an earlier run, which may have been cut short
        return sealed
    _make_writable(folder)
    payload = expected | {EVENTS: replace_durably(folder / EVENTS, b"".join(lines)).sha256}
    octets = _read_again(folder, payload)
    info = _bag_info(day, catalogue.now(), organization)
    tags = _write_tags(folder, payload, f"{octets}.{len(payload)}", info)
    _make_read_only(folder)
    made = SealResult(day, shelf_of(day).as_posix(), documents, len(payload), octets, tags[MANIFEST])
    with catalogue.writing() as db:  # another process may have been quicker
        return _sealed(db, day) or record(catalogue, actor, made, tags[TAGMANIFEST], "sealed", catalogue.moment())


@dataclass(frozen=True, slots=True)
class Payload:
    """What a sealed day held before something was removed by order: the bytes of its events, and the size of all."""

    events: int
    octets: int
    sizes: Mapping[str, int]


def payload_of(db: Database, day: dt.date) -> Payload:
    """A sealed day's payload by the catalogue; within a writing transaction, before anything is removed.

    Raises:
        ArchiveError: `altered`, it is not what was sealed: that must not be sealed anew.
    """
    expected, lines = _expected(db, Path(shelf_of(day)), day)[0], b"".join(_event_lines(db, day))
    row = next(iter(db.table("day").rows_where("day = ?", [day.isoformat()])))
    manifest = manifest_of(expected | {EVENTS: hashlib.sha256(lines).hexdigest()})
    if hashlib.sha256(manifest).hexdigest() != row["manifest_sha256"]:
        raise ArchiveError("altered", f"{day}: the catalogue does not give the manifest that was sealed; run verify")
    return Payload(len(lines), row["octets"], _sizes(db, day))


def reseal(root: Path, catalogue: Catalogue, day: dt.date, before: Payload) -> tuple[SealResult, str]:
    """A sealed day's events and tag files as the catalogue now has them; within the transaction that removed something.

    Returns:
        What is recorded of it, and the digest of the tag manifest.
    """
    db, folder = catalogue.within, root / shelf_of(day)
    expected, documents = _expected(db, folder, day)
    lines, sizes = b"".join(_event_lines(db, day)), _sizes(db, day)
    gone = sum(size for path, size in before.sizes.items() if path not in sizes)
    octets = before.octets - gone - before.events + len(lines)
    _make_writable(folder)
    for place in (folder, folder / DATA):  # what a run that was cut short left
        clear_temporaries(place)
    payload = expected | {EVENTS: replace_durably(folder / EVENTS, lines).sha256}
    info = _info_again(folder)
    tags = _write_tags(folder, payload, f"{octets}.{len(payload)}", info)
    _make_read_only(folder)
    return SealResult(day, shelf_of(day).as_posix(), documents, len(payload), octets, tags[MANIFEST]), tags[TAGMANIFEST]


@contextlib.contextmanager
def opened_to_repair(folder: Path) -> Iterator[None]:
    """A sealed day's folder, writable until the context ends."""
    was_protected = immutable.lift(folder)
    _make_writable(folder)
    try:
        yield
    finally:
        _make_read_only(folder)
        if was_protected:
            immutable.protect(folder)


def encode_path(path: str) -> str:
    """A path as manifests write it (RFC 8493 §2.1.3): only %, CR and LF are encoded."""
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def manifest_of(digests: Mapping[str, str]) -> bytes:
    """A manifest's bytes, sorted by path."""
    return "".join(f"{digests[path]}  {encode_path(path)}\n" for path in sorted(digests)).encode()


def _sealed(db: Database, day: dt.date) -> SealResult | None:
    for row in db.table("day").rows_where("day = ? and sealed_at is not null", [day.isoformat()]):
        return SealResult(day, shelf_of(day).as_posix(), row["documents"], row["files"], row["octets"],
                          row["manifest_sha256"], row["sealed_at"])  # fmt: skip
    return None


def _close(root: Path, catalogue: Catalogue, db: Database, day: dt.date) -> bool:
    """Whether the day has anything to seal; if so no filing can reach it from here on."""
    if day >= local_date(catalogue.now()):
        raise ArchiveError("day-open", f"{day} is not over")
    iso, folder = day.isoformat(), root / shelf_of(day)
    if not any(db.table(name).count_where(f"{column} = ?", [iso])  # an adopted document lies on a day whose events are lost
               for name, column in (("event", "day"), ("day", "day"), ("document", "shelf_day"))):  # fmt: skip
        return False
    make_dirs_durably(folder / DATA)
    _make_writable(folder)
    shelves.clear(root, folder, db)
    db.table("day").insert({"day": iso, "closed_at": stamp(catalogue.moment().at)}, ignore=True)
    return True


def _expected(db: Database, folder: Path, day: dt.date) -> tuple[dict[str, str], int]:
    """The payload by the catalogue, as path in the bag and SHA-256, and how many documents are in it."""
    within = len(PurePosixPath(shelf_of(day)).parts)

    def inside(path: str) -> str:
        return PurePosixPath(*PurePosixPath(path).parts[within:]).as_posix()

    expected: dict[str, str] = {}
    documents = list(db.table("document").rows_where("shelf_day = ?", [day.isoformat()]))
    for row in documents:
        if PurePosixPath(row["path"]).is_relative_to(shelf_of(day)):  # of a refiled one only the record is new
            expected[inside(row["path"])] = row["sha256"]
        expected[inside(record_place(row["shelf_day"], row["doc_code"]))] = row["record_sha256"]
    for name in ("scan", "companion"):
        for row in db.table(name).rows_where("shelf_day = ?", [day.isoformat()]):
            expected[inside(row["path"])] = row["sha256"]
    return expected, len(documents)


def _event_lines(db: Database, day: dt.date) -> Iterable[bytes]:
    sql = "select * from event join leaf using (seq) where day = ? order by seq"
    return (events.line(row) for row in db.query(sql, [day.isoformat()]))


def _read_again(folder: Path, payload: Mapping[str, str]) -> int:
    """Bytes of the payload, each of which was read and is what the catalogue says."""
    found = {path.relative_to(folder).as_posix() for path in shelves.payload(folder)}
    _refuse("missing", folder, payload.keys() - found)
    _refuse("orphan", folder, found - payload.keys())
    octets, altered = 0, []
    for path, digest in payload.items():
        blob = sha256_file(folder / path)
        octets += blob.size
        altered += [path] if blob.sha256 != digest else []
    _refuse("altered", folder, altered)
    return octets


def _refuse(code: str, folder: Path, paths: Iterable[str]) -> None:
    if named := sorted(paths):
        raise ArchiveError(code, f"{folder}: {', '.join(named[:10])}{' ...' if len(named) > 10 else ''}")


def _bag_info(day: dt.date, now: dt.datetime, organization: str) -> dict[str, str]:
    source = {"Source-Organization": " ".join(organization.split())} if organization.strip() else {}
    return source | {"External-Identifier": day.isoformat(), "Bagging-Date": local_date(now).isoformat(),
                     "Bag-Software-Agent": "sohoa"}  # fmt: skip


def _write_tags(folder: Path, payload: Mapping[str, str], oxum: str, info: Mapping[str, str]) -> dict[str, str]:
    """Writes the tag files, the tag manifest last; returns their digests."""
    text = "".join(f"{label}: {value}\n" for label, value in {**info, "Payload-Oxum": oxum}.items())
    tags = {"bagit.txt": _DECLARATION, "bag-info.txt": text.encode(), MANIFEST: manifest_of(payload)}
    digests = {name: replace_durably(folder / name, data).sha256 for name, data in tags.items()}
    return digests | {TAGMANIFEST: replace_durably(folder / TAGMANIFEST, manifest_of(digests)).sha256}


def _info_again(folder: Path) -> dict[str, str]:
    """What `bag-info.txt` says but for the size: it stays as it was written."""
    lines = (line.partition(": ") for line in (folder / "bag-info.txt").read_text("utf-8").splitlines())
    return {label: value for label, _, value in lines if label != "Payload-Oxum"}


def _sizes(db: Database, day: dt.date) -> dict[str, int]:
    """Bytes of every file of the day that the catalogue knows."""
    iso, place = day.isoformat(), shelf_of(day)
    tables = [db.table(name) for name in ("scan", "companion")]
    found = {row["path"]: row["size"] for table in tables for row in table.rows_where("shelf_day = ?", [iso])}
    for row in db.table("document").rows_where("shelf_day = ?", [iso]):
        found[record_place(row["shelf_day"], row["doc_code"])] = row["record_size"]
        if PurePosixPath(row["path"]).is_relative_to(place):
            found[row["path"]] = row["size"]
    return found


def record(catalogue: Catalogue, actor: str, made: SealResult, tagmanifest: str, type: str, moment: Moment) -> SealResult:
    """The event of a sealing, and the day's row; within a writing transaction."""
    db = catalogue.within
    peaks = leaves.peaks(db)
    head = {"root": log.head_of(peaks).hex(), "tree_size": log.size_of(peaks)}
    facts: Row = {name: getattr(made, name) for name in ("documents", "files", "octets", "manifest_sha256")}
    public = {"day": made.day.isoformat(), **head, **facts, "tagmanifest_sha256": tagmanifest}  # of bag-info.txt too
    catalogue.append(Event(type, actor, public=public), moment)
    sealed_at = moment.at.astimezone(LOCAL).isoformat(timespec="seconds")
    db.table("day").update(made.day.isoformat(), facts | {"sealed_at": sealed_at})
    return replace(made, sealed_at=sealed_at)


def _make_read_only(folder: Path) -> None:
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            if not os.path.islink(path := os.path.join(place, name)):  # chmod would reach what it points at
                _chmod(path, _READ_ONLY_FILE)
        _chmod(place, _READ_ONLY_FOLDER)


def _chmod(path: str, mode: int) -> None:
    """Nothing where it is so already: what bears the immutable flag takes no other."""
    if stat.S_IMODE(os.stat(path).st_mode) != mode:
        os.chmod(path, mode)


def _make_writable(folder: Path) -> None:
    """So that an interrupted sealing can be run again."""
    for place, _, _ in os.walk(folder):
        os.chmod(place, _OPEN_FOLDER)
