"""Where a document's bytes lie until it is filed; cleared last, and only while they are still those bytes.

Promises: a source survives whatever happens to `work/`; clearing is done only after something durable holds its bytes.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from processor import parking
from watch.claims import clear as clear_file
from watch.claims import sighting_of
from watch.settle import Sighting


@dataclass(frozen=True, slots=True)
class Dropped:
    """A settled file of a drop folder, with its side-car."""

    lane: str
    sighting: Sighting
    sidecar: Sighting | None = None
    sidecar_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """A folder of `held/` or `rejected/`, relative to the station."""

    folder: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The archive's own scan, for a lawful second copy: nothing to clear."""


Source: TypeAlias = Dropped | Parked | Kept


def root_of(station: Path, lane: str) -> Path:
    """The lane's drop folder."""
    return station / "drop" / lane


def clear(station: Path, source: Source, sha256: str) -> bool:
    """Remove a source whose document is safe; False when something of it is still there (changed, in use, forbidden).

    Of a parked lot only what Sohoa laid there goes, and bytes that are safe: what a person put beside it stays.
    """
    match source:
        case Dropped(lane, sighting, sidecar, sidecar_sha256):
            root = root_of(station, lane)
            gone = clear_file(root, sighting, sha256)
            # The side-car stays with a scan that could not be cleared: alone it would be an orphan.
            return gone and (sidecar is None or clear_file(root, sidecar, sidecar_sha256))
        case Parked(folder):
            return parking.clear(station / folder, sha256)
        case Kept():
            return True


def followed(station: Path, source: Source) -> Source:
    """A dropped file as it is known now, where the station was copied to another disk with its files' names, sizes and times.

    Its bytes are compared before it is cleared, as ever.
    """
    if not isinstance(source, Dropped):
        return source
    root, sidecar = root_of(station, source.lane), source.sidecar
    return replace(source, sighting=_followed(root, source.sighting), sidecar=_followed(root, sidecar) if sidecar else None)


def _followed(root: Path, before: Sighting) -> Sighting:
    try:
        now = sighting_of(before.path, (root / os.fsdecode(before.path)).lstat())
    except OSError:
        return before
    return now if (now.size, now.mtime_ns) == (before.size, before.mtime_ns) else before


def _told(sighting: Sighting) -> list[object]:
    return [sighting.path.hex(), sighting.device, sighting.inode, sighting.size, sighting.mtime_ns]


def _sighting(told: list[object]) -> Sighting:
    path, device, inode, size, mtime_ns = told
    return Sighting(bytes.fromhex(str(path)), *(int(str(number)) for number in (device, inode, size, mtime_ns)))


def dump(source: Source) -> str:
    """A source as the journal keeps it."""
    match source:
        case Dropped(lane, sighting, sidecar, sidecar_sha256):
            told = [_told(sighting), _told(sidecar) if sidecar else None, sidecar_sha256]
            return json.dumps(["dropped", lane, *told])
        case Parked(folder):
            return json.dumps(["parked", folder])
        case Kept():
            return json.dumps(["kept"])


def parse(text: str) -> Source:
    """What `dump` wrote."""
    match json.loads(text):
        case ["dropped", lane, sighting, sidecar, digest]:
            return Dropped(lane, _sighting(sighting), _sighting(sidecar) if sidecar else None, digest)
        case ["parked", folder]:
            return Parked(folder)
        case _:
            return Kept()
