"""Sealed days in other places: a second and a third copy of the archive, each an archive that `_tools/verify.py` checks by itself.

Promises: what is copied is what the day's manifest says, byte for byte, and that manifest is the one the log knows: a file that was
altered here never overwrites a good one there, nor the other way round. A day counts as copied when all of it lies there. Refuses
(ArchiveError) to restore what cannot be shown to be right (`not-proved`), and to write into the archive itself (`bad-place`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from archive import bag
from archive.durable import DurableError, replace_with, sha256_file
from archive.errors import ArchiveError
from archive.naming import shelf_of
from archive.verify_bag import entries_of
from archive.verify_log import Finding

_TAGS = ("bagit.txt", "bag-info.txt", bag.MANIFEST)
_BESIDE = ("FORMAT.md", "_tools", "_log")


@dataclass(frozen=True, slots=True)
class SealedDay:
    """A sealed day, by the log.

    Attributes:
        manifest_sha256: of its payload manifest.
        removed: files that were removed by order, from the day's folder.
    """

    day: dt.date
    manifest_sha256: str
    removed: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Its folder, from the archive's."""
        return shelf_of(self.day).as_posix()


@dataclass(frozen=True, slots=True)
class Copied:
    """A day that was copied."""

    day: dt.date
    files: int
    octets: int


def missing(target: Path, days: Sequence[SealedDay]) -> list[SealedDay]:
    """Days that do not lie there in full, or lie there with another manifest."""
    return [each for each in days if not _is_there(target, each)]


def mirror(root: Path, target: Path, days: Sequence[SealedDay]) -> Iterator[Copied | Finding]:
    """Copy the days that are missing, oldest first, then what lies beside them; a day that is altered here is told and left out.

    Raises:
        ArchiveError: `bad-place`.
        OSError: the other place cannot be written.
    """
    _check_place(root, target)
    for each in missing(target, days):
        try:
            yield _copy_day(root, target, each)
        except DurableError as error:
            place = error.path.relative_to(root).as_posix() if error.path.is_relative_to(root) else each.place
            yield Finding(error.code, None, place, "cannot be copied: it is not what was sealed")
    for name in _BESIDE:
        for path in _files(root / name):
            replace_with(path, target / path.relative_to(root))


def check(target: Path, days: Sequence[SealedDay]) -> Iterator[Finding]:
    """Every byte of every day there, read again."""
    for each in days:
        folder = target / each.place
        if not _is_there(target, each):
            yield Finding("copy-missing", None, each.place, "the day does not lie there in full")
            continue
        listed = entries_of((folder / bag.MANIFEST).read_bytes())
        there = {path.relative_to(folder).as_posix() for path in _files(folder)}
        for name in sorted(there - listed.keys() - {*_TAGS, bag.TAGMANIFEST}):
            yield Finding("copy-orphan", None, f"{each.place}/{name}", "in no manifest")
        for name, digest in listed.items():
            if name not in there:
                yield Finding("copy-missing", None, f"{each.place}/{name}", "in the manifest only")
            elif _digest(folder / name) != digest:
                yield Finding("copy-altered", None, f"{each.place}/{name}", "is not what was sealed")


def restore(root: Path, source: Path, days: Sequence[SealedDay], path: str) -> None:
    """Puts back a file of a sealed day from a good copy.

    Args:
        root: the archive.
        source: where the copy's archive lies.
        days: the sealed days.
        path: the file, from the archive's folder.

    Raises:
        ArchiveError: `unknown`, no sealed day has such a file; `not-proved`, the copy's bytes are not what was sealed either;
            `exists`, what lies here is right.
    """
    day = next((each for each in days if PurePosixPath(path).is_relative_to(each.place)), None)
    if day is None:
        raise ArchiveError("unknown", f"{path} lies in no sealed day")
    expected = _expected(root, source, day).get(path.removeprefix(f"{day.place}/"))
    if expected is None:
        raise ArchiveError("unknown", f"{path} is in no manifest")
    if _digest(root / path) == expected:
        raise ArchiveError("exists", f"{path} is what was sealed: there is nothing to restore")
    if _digest(source / path) != expected:
        raise ArchiveError("not-proved", f"the copy of {path} is not what was sealed")
    with bag.opened_to_repair(root / day.place):
        replace_with(source / path, root / path, expected=expected)


def _expected(root: Path, source: Path, day: SealedDay) -> dict[str, str]:
    """What the day's files must be, by a manifest that the log knows: here or there."""
    for place in (root, source):
        manifest, tags = place / day.place / bag.MANIFEST, place / day.place / bag.TAGMANIFEST
        if _digest(manifest) == day.manifest_sha256:
            listed = entries_of(manifest.read_bytes()) | {bag.MANIFEST: day.manifest_sha256}
            more = entries_of(tags.read_bytes()) if tags.is_file() else {}
            known = more if more.get(bag.MANIFEST) == day.manifest_sha256 else {}
            return listed | known
    raise ArchiveError("not-proved", f"neither manifest of {day.day} is the one the log knows")


def _copy_day(root: Path, target: Path, day: SealedDay) -> Copied:
    folder, there = root / day.place, target / day.place
    data = (folder / bag.MANIFEST).read_bytes()
    if hashlib.sha256(data).hexdigest() != day.manifest_sha256:
        raise DurableError("altered", folder / bag.MANIFEST)
    octets, listed = 0, entries_of(data)
    for name, digest in listed.items():
        octets += replace_with(folder / name, there / name, expected=digest, unless_same=True).size
    for name in {*day.removed} - {*listed}:  # before the manifest that no longer tells of them
        (there / name).unlink(missing_ok=True)
    for name in _TAGS:
        replace_with(folder / name, there / name)
    replace_with(folder / bag.TAGMANIFEST, there / bag.TAGMANIFEST)  # last: it says that all is there
    return Copied(day.day, len(listed), octets)


def _is_there(target: Path, day: SealedDay) -> bool:
    folder = target / day.place
    return (folder / bag.TAGMANIFEST).is_file() and _digest(folder / bag.MANIFEST) == day.manifest_sha256


def _digest(path: Path) -> str:
    try:
        return sha256_file(path).sha256
    except (DurableError, OSError):
        return ""


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    return sorted(path for path in place.rglob("*") if path.is_file() and not path.is_symlink() and not path.name.endswith(".part"))


def _check_place(root: Path, target: Path) -> None:
    if target.resolve().is_relative_to(root.resolve()) or root.resolve().is_relative_to(target.resolve()):
        raise ArchiveError("bad-place", "a copy belongs on other storage, not into the archive")


def room(target: Path) -> int:
    """Free bytes there.

    Raises:
        OSError: it is not there.
    """
    return shutil.disk_usage(target).free


def is_elsewhere(root: Path, target: Path) -> bool:
    """Whether it lies on another file system: what takes the one disk must not take the other."""
    return os.stat(root).st_dev != os.stat(target).st_dev
