"""The dated folders checked: sealed days are whole bags with the manifest the log knows, and hold nothing
else.

Reads only. Part of `verify`; the payload's own bytes are read there, document by document.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from archive.verify_log import Finding, parsed, sealed_days

Row = dict[str, Any]

_TAGS = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")
_EVENTS = "data/events.jsonl"
_ESCAPES = {"%25": "%", "%0A": "\n", "%0D": "\r"}


def check_bags(
    root: Path, db: Database, day: dt.date | None, chosen: Callable[[str], bool] = lambda iso: True
) -> Iterator[Finding]:
    """One day's folder, or all that are on the disk or that the log says were sealed, or those of them that are chosen."""
    sealed = {fact["day"]: fact for fact in sealed_days(db)}
    days = sorted({*_folders(root), *sealed}) if day is None else [day.isoformat()]
    for iso in filter(chosen, days):
        folder = root.joinpath(*iso.split("-"))
        if iso in sealed:
            yield from _check_bag(root, db, folder, sealed[iso])
        elif folder.is_dir():
            yield from _check_open(root, db, folder)


def _folders(root: Path) -> list[str]:
    found = root.glob("[0-9][0-9][0-9][0-9]/[0-9][0-9]/[0-9][0-9]")
    return ["-".join(path.parts[-3:]) for path in found]


def _check_bag(root: Path, db: Database, folder: Path, sealed: Row) -> Iterator[Finding]:
    place = folder.relative_to(root).as_posix()
    absent = [name for name in (*_TAGS, "tagmanifest-sha256.txt") if not (folder / name).is_file()]
    yield from (Finding("bag-incomplete", None, f"{place}/{name}", "no such file") for name in absent)
    if "manifest-sha256.txt" in absent:
        return
    data = (folder / "manifest-sha256.txt").read_bytes()
    if hashlib.sha256(data).hexdigest() != sealed.get("manifest_sha256"):
        yield Finding(
            "manifest-altered", None, f"{place}/manifest-sha256.txt", "is not the one the log knows"
        )
    listed = entries_of(data)
    if not absent:
        yield from _check_tags(folder, place)
    yield from _check_payload(root, folder, listed)
    yield from _check_rows(db, place, listed)


def _check_tags(folder: Path, place: str) -> Iterator[Finding]:
    listed = entries_of((folder / "tagmanifest-sha256.txt").read_bytes())
    for name in _TAGS:
        if listed.get(name) != hashlib.sha256((folder / name).read_bytes()).hexdigest():
            yield Finding("manifest-altered", None, f"{place}/{name}", "is not the one of the tag manifest")


def _check_payload(root: Path, folder: Path, listed: dict[str, str]) -> Iterator[Finding]:
    found = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    for path in sorted(found.keys() - listed.keys() - {*_TAGS, "tagmanifest-sha256.txt"}):
        yield Finding("orphan", None, found[path].relative_to(root).as_posix(), "not in the day's manifest")
    for path in sorted(listed.keys() - found.keys()):
        yield Finding(
            "bag-incomplete", None, (folder / path).relative_to(root).as_posix(), "in the manifest only"
        )
    events = found.get(_EVENTS)
    if events and hashlib.sha256(events.read_bytes()).hexdigest() != listed.get(_EVENTS):
        yield Finding("altered", None, events.relative_to(root).as_posix(), "not as in the day's manifest")


def _check_rows(db: Database, place: str, listed: dict[str, str]) -> Iterator[Finding]:
    """The manifest and the catalogue must list the same files with the same digests."""
    known = dict(_known(db, place))
    for path in sorted(known.keys() | listed.keys() - {_EVENTS}):
        if known.get(path) != listed.get(path):
            yield Finding("manifest-altered", None, f"{place}/{path}", "manifest and catalogue disagree")


def _known(db: Database, place: str) -> Iterator[tuple[str, str]]:
    day, cut = place.replace("/", "-"), len(place) + 1
    for row in list(db.table("document").rows_where("shelf_day = ? and path is not null", [day])):
        if str(row["path"]).startswith(f"{place}/"):  # of a refiled one only the record is new
            yield row["path"][cut:], row["sha256"]
        yield f"data/{row['doc_code']}.json", row["record_sha256"]
    for name in ("scan", "companion"):
        for row in list(db.table(name).rows_where("shelf_day = ?", [day])):
            yield row["path"][cut:], row["sha256"]


def _check_open(root: Path, db: Database, folder: Path) -> Iterator[Finding]:
    """Files of an open day that no row accounts for, nor a filing that is under way or was interrupted."""
    place = folder.relative_to(root).as_posix()
    known, left = dict(_known(db, place)), _told_left(db)
    for path in _files(folder / "data"):
        inner = path.relative_to(folder).as_posix()
        if inner not in known and (f"{place}/{inner}" in left or not _passing(db, path, inner)):
            yield Finding("orphan", None, f"{place}/{inner}", "no document is known to be here")


def _told_left(db: Database) -> set[object]:
    """What belonged to nothing when the catalogue was made again: nobody clears it but a person."""
    told = [parsed(row["private"]).get("left") for row in db.query("select private from event where type = 'rebuilt'")]
    return {path for paths in told if isinstance(paths, list) for path in paths if isinstance(path, str)}


def _passing(db: Database, path: Path, inner: str) -> bool:
    """Whether the next start or the sealing of the day would clear this or write it anew."""
    if (
        path.name.endswith(".part")
        or inner == _EVENTS
        or re.fullmatch(r"data/scans/[0-9a-f]{64}\.[0-9a-z]+", inner)
        or inner.startswith("data/evidence/")
    ):
        return True
    code = path.name.removesuffix(path.suffix)
    return bool(db.table("document").count_where("doc_code = ?", [code]))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def entries_of(manifest: bytes) -> dict[str, str]:
    """A manifest's files with their digests."""
    lines = [line.split("  ", 1) for line in manifest.decode("utf-8", "replace").split("\n")]
    return {re.sub("%25|%0[AaDd]", lambda found: _ESCAPES[found[0].upper()], line[1]): line[0]
            for line in lines if len(line) == 2}  # fmt: skip
