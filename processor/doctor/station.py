"""The station itself: its names, its folders, its disk."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from archive.naming import is_organ_id
from processor import law
from processor.check import Check, check
from processor.doctor.parts import Parts
from processor.errors import SettingsError

_OWN = ("held", "rejected", "notices", "work", "work/claims", "work/items", "archive", "out")
_PRIVATE = (".", "sohoa.toml", "law", "trust", "work", "archive")


def checks(parts: Parts) -> Iterator[Check]:
    """Rows `agency`, `organ-id`, `lanes`, `station-folder`, `folders`, `drop`, `out`, `disk`, `local-disk`, `immutable`."""
    table = parts.settings.station
    yield _agency(parts)
    organ = table.organ_id
    good = is_organ_id(organ)
    yield check("organ-id", good, organ if good else f"station.organ_id is none: {organ!r}")
    yield check("lanes", bool(parts.settings.lanes), ", ".join(parts.settings.lanes) or "no lane")
    yield from _folders(parts)
    yield from _disk(parts)


def _agency(parts: Parts) -> Check:
    """The name that is printed today; the tables of agencies may have it end, or go on under another."""
    name = parts.settings.station.agency.strip()
    try:
        today = law.agencies(parts.folder).name_on(name, parts.today)
    except SettingsError as error:
        return check("agency", False, str(error))
    if not name or today is None:
        return check("agency", False, f"{name} does not exist today by law/agencies.toml" if name else "station.agency is empty")
    return check("agency", True, today if today == name else f"{name}, today {today}")


def _open_to_all(parts: Parts) -> Check:
    places = [parts.folder / name for name in _PRIVATE]
    loose = [str(place) for place in places if place.exists() and place.stat().st_mode & 0o002]
    told = f"anybody may write: {', '.join(loose)}" if loose else "writable by its own only"
    return check("station-folder", not loose, told)


def use(folder: Path) -> str:
    """Empty if the folder can be listed and written, else why not."""
    try:
        os.scandir(folder).close()
        with tempfile.TemporaryFile(dir=folder, prefix=".sohoa-doctor-"):  # has no name, so no lane takes it
            return ""
    except OSError as error:
        return f"{folder}: {error.strerror}"


def _folders(parts: Parts) -> Iterator[Check]:
    yield _open_to_all(parts)
    faults = [fault for name in _OWN if (fault := use(parts.folder / name))]
    yield check("folders", not faults, "; ".join(faults) or "all there and writable")
    for lane in parts.settings.lanes:
        fault = use(parts.folder / "drop" / lane)
        yield check("drop", not fault, fault or "readable and writable", lane)
        out = parts.folder / "out" / lane
        fault = use(out) if os.path.lexists(out) else ""  # made with the first copy
        yield check("out", not fault, fault or "readable and writable, or not made yet", lane)


def _disk(parts: Parts) -> Iterator[Check]:
    least, free = parts.settings.limits.free_disk_mb, {}
    try:
        for name in ("drop", "work", "archive"):
            free[name] = shutil.disk_usage(parts.folder / name).free >> 20
        told = ", ".join(f"{name} {size} MB" for name, size in free.items())
        yield check("disk", min(free.values()) >= least, f"free: {told}; needed: {least} MB")
    except OSError as error:
        yield check("disk", None, f"cannot be told: {error.filename}: {error.strerror}")
    remote = [name for name in ("work", "archive") if parts.is_remote(parts.folder / name)]
    told = f"on another machine: {', '.join(remote)}" if remote else "work and archive are local"
    yield check("local-disk", not remote, told)
    yield _immutable(parts)


def _immutable(parts: Parts) -> Check:
    """Tried on a file without a name: mode bits stop a slip, the flag stops programs too."""
    is_asked, trouble = parts.settings.archive.immutable, parts.immutable(parts.folder / "archive")
    would = f"would not work here: {trouble}" if trouble else "would work here"
    told = (trouble or "sealed days bear it") if is_asked else f"not asked for; it {would}"
    return check("immutable", not (is_asked and trouble), told)
