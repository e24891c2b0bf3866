"""A list that was read, and which of its rows a scan has.

Promises: a scan and a row belong together by the scan's name alone, in whatever Unicode form or case, its ending written or
not; never by likeness. A list that lies in no sub-folder is about those too whose names its rows write (`A-1/scan1.pdf`): such a
row names no scan outside of that folder.
"""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from processor.intake.listing import Row
from processor.tables import Lane
from watch.settle import Sighting

_LISTS = (b".csv", b".tsv", b".xlsx", b".xls", b".xlsm", b".ods")  # those that are not read are told so, and not overtaken
_SCANS = (".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png")
_UNFINISHED = (b".part", b".tmp", b".crdownload", b".filepart", b".partial", b".download", b".opdownload")
_SIDECAR = b".json"


@dataclass(frozen=True, slots=True)
class Opened:
    """A list of a drop folder.

    Attributes:
        key: what it is known by in the ledger: this file, with these bytes.
        bad: why it is no list one could go by; its scans wait.
        late: places of scans that were taken before it came.
        folders: the folders its rows write before the names of scans, folded as names are.
    """

    lane: str
    sighting: Sighting
    sha256: str
    key: str
    rows: tuple[Row, ...] = ()
    bad: str = ""
    late: frozenset[str] = frozenset()
    by_name: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    folders: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its file's name, fit to be written."""
        return _decoded(self.sighting.path.rpartition(b"/")[2])

    @property
    def folder(self) -> bytes:
        """The folder it lies in."""
        return folder_of(self.sighting.path)

    def is_about(self, folder: bytes) -> bool:
        """Whether it says what is in a folder: its own, or, where it lies in no sub-folder, one that its rows write."""
        return folder == self.folder or (not self.folder and folded(_decoded(folder)) in self.folders)

    def of(self, path: bytes) -> tuple[Row, ...]:
        """The rows that name the scan at this path."""
        folder = folder_of(path)
        rows = tuple(row for name in _names(path) for row in self.by_name.get(name, ())) if self.is_about(folder) else ()
        return rows if self.folder else tuple(row for row in rows if folder_named(row.name) == folded(_decoded(folder)))


@dataclass(frozen=True, slots=True)
class Listed:
    """What the lists of its folder say of a scan.

    Attributes:
        hits: each row that names it, with its list.
        has_rival: whether another scan that lies there is named by the same row.
    """

    hits: tuple[tuple[Opened, Row], ...]
    has_rival: bool = False


@dataclass(slots=True)
class Lists:
    """What one instance at work knows of the lists that lie there. Usable from several threads."""

    opened: dict[tuple[str, bytes], Opened] = field(default_factory=dict)
    told: dict[str, tuple[str, str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, lane: str, sighting: Sighting) -> Opened | None:
        """A list that was read, if this is still the same file."""
        with self.lock:
            opened = self.opened.get((lane, sighting.path))
            return opened if opened is not None and opened.sighting == sighting else None

    def keep(self, opened: Opened) -> None:
        """A list was read."""
        with self.lock:
            self.opened[opened.lane, opened.sighting.path] = opened

    def drop(self, opened: Opened) -> None:
        """A list is gone."""
        with self.lock:
            self.opened.pop((opened.lane, opened.sighting.path), None)


def key(lane: str, sighting: Sighting, sha256: str) -> str:
    """What a list is known by: devices change their numbers when a machine starts anew, so that is left out."""
    return f"{lane}/{sighting.path.hex()}/{sighting.inode}/{sighting.size}/{sighting.mtime_ns}/{sha256}"


def by_name(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    """The rows of each name, folded as scans' names are."""
    found: dict[str, tuple[Row, ...]] = {}
    for row in rows:
        name = folded(row.name)
        if name:
            found[name] = (*found.get(name, ()), row)
    return found


def folder_named(name: str) -> str:
    """The folder a row writes before a scan's name, folded as names are; empty where it writes none."""
    return folded(name.replace("\\", "/").rpartition("/")[0])


def place_of(path: bytes) -> str:
    """Where a scan lies, folded: its sub-folder and its name."""
    return f"{folded(_decoded(folder_of(path)))}/{folded(_decoded(path))}"


def folded(name: str) -> str:
    """A name as it is compared: composed, without case, without the folders a row may write before it."""
    return unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2].strip().casefold())


def takes_lists(lane: Lane) -> bool:
    """Whether a table in a lane's folder is a list of scans: where paper is scanned it can be nothing else."""
    return lane.kind in {"copy", "archive"} and lane.list != "never"


def is_list(path: bytes) -> bool:
    """Whether this is the name of a list."""
    return path.lower().endswith(_LISTS)


def is_coming(path: bytes) -> bool:
    """Whether this is the name under which a list is being written."""
    lower = path.lower()
    return any(lower.endswith(ending) and is_list(lower.removesuffix(ending)) for ending in _UNFINISHED)


def is_scan(path: bytes) -> bool:
    """Whether this is neither a list nor a side-car."""
    return not is_list(path) and not path.endswith(_SIDECAR)


def folder_of(path: bytes) -> bytes:
    """The sub-folder of a path in a drop folder; empty where it lies in none."""
    return path.rpartition(b"/")[0]


def about(folder: bytes, known: Mapping[bytes, Opened | None]) -> list[Opened | None]:
    """The lists that say what is in a folder, or may: one above the sub-folders is about any of them until it was read."""

    def is_about(path: bytes, opened: Opened | None) -> bool:
        if opened is None or opened.bad:
            return folder_of(path) in {folder, b""}
        return opened.is_about(folder)

    return [opened for path, opened in known.items() if is_about(path, opened)]


def _decoded(name: bytes) -> str:
    return os.fsdecode(name).encode("utf-8", "replace").decode()


def _names(path: bytes) -> list[str]:
    """The names a row may give a scan: in full, or without its ending where the rest is no scan's name itself."""
    full = folded(_decoded(path))
    stem, ending = os.path.splitext(full)
    return [full, stem] if ending in _SCANS and Path(stem).suffix not in _SCANS else [full]
