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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from archive import bag
from archive.durable import DurableError, replace_with, sha256_file
from archive.errors import ArchiveError
from archive.naming import shelf_of
from archive.shelves import DATA
from archive.verify_bag import entries_of
from archive.verify_log import Finding

TAGS = ("bagit.txt", "bag-info.txt", bag.MANIFEST)
_ALL_TAGS = frozenset({*TAGS, bag.TAGMANIFEST})
_BESIDE = ("FORMAT.md", "_tools", "_log")
NOTHING_LOGGED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SealedDay:
    """A sealed day, by the log.

    Attributes:
        manifest_sha256: of its payload manifest.
        removed: files that were removed by order, from the day's folder.
        tagmanifest_sha256: of its tag manifest; empty where the log does not know it (until version 0.4).
    """

    day: dt.date
    manifest_sha256: str
    removed: tuple[str, ...] = ()
    tagmanifest_sha256: str = ""

    @property
    def place(self) -> str:
        """Its folder, from the archive's."""
        return shelf_of(self.day).as_posix()


@dataclass(frozen=True, slots=True)
class Copied:
    """A day that was copied; of an encrypted one SHA-256 of the list of what lies there, and of the manifest it was made by."""

    day: dt.date
    files: int
    octets: int
    list_sha256: str = ""
    manifest_sha256: str = ""


def missing(target: Path, days: Sequence[SealedDay]) -> list[SealedDay]:
    """Days that do not lie there in full, or lie there with another manifest."""
    return [each for each in days if not _is_there(target, each)]


def mirror(
    root: Path, target: Path, days: Sequence[SealedDay], logged: Mapping[str, str] = NOTHING_LOGGED
) -> Iterator[Copied | Finding]:
    """Copy the days that are missing, oldest first, then what lies beside them; a day that is altered here is told and left out.

    Args:
        root: the archive.
        target: the copy.
        days: the sealed days.
        logged: digests of the files of `_log`, by path: what is altered of these is told and left out too.

    Raises:
        ArchiveError: `bad-place`.
        OSError: the other place cannot be written.
    """
    check_place(root, target)
    for each in missing(target, days):
        try:
            yield _copy_day(root, target, each)
        except DurableError as error:
            place = error.path.relative_to(root).as_posix() if error.path.is_relative_to(root) else each.place
            yield Finding(error.code, None, place, "cannot be copied: it is not what was sealed")
    yield from copy_beside(root, target, logged)


def copy_beside(root: Path, target: Path, logged: Mapping[str, str]) -> Iterator[Finding]:
    """What explains the archive and its published log, which hold nothing private."""
    for name in _BESIDE:
        for path in files(root / name):
            place = path.relative_to(root).as_posix()
            try:
                replace_with(path, target / place, expected=logged.get(place))
            except DurableError as error:
                yield Finding(error.code, None, place, "cannot be copied: it is not what was logged")


def check(target: Path, days: Sequence[SealedDay]) -> Iterator[Finding]:
    """Every byte of every day there, read again."""
    for each in days:
        folder = target / each.place
        if not _is_there(target, each):
            yield Finding("copy-missing", None, each.place, "the day does not lie there in full")
            continue
        yield from check_files(folder, each.place, entries_of((folder / bag.MANIFEST).read_bytes()), _ALL_TAGS)


def check_files(folder: Path, place: str, listed: Mapping[str, str], beside: frozenset[str]) -> Iterator[Finding]:
    """Files of a day there against a list of them; `beside` may lie there too."""
    there = {path.relative_to(folder).as_posix() for path in files(folder)}
    for name in sorted(there - listed.keys() - beside):
        yield Finding("copy-orphan", None, f"{place}/{name}", "in no manifest")
    for name, digest in listed.items():
        if name not in there:
            yield Finding("copy-missing", None, f"{place}/{name}", "in the manifest only")
        elif digest_of(folder / name) != digest:
            yield Finding("copy-altered", None, f"{place}/{name}", "is not what was sealed")


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
    if digest_of(root / path) == expected:
        raise ArchiveError("exists", f"{path} is what was sealed: there is nothing to restore")
    if digest_of(source / path) != expected:
        raise ArchiveError("not-proved", f"the copy of {path} is not what was sealed")
    with bag.opened_to_repair(root / day.place):
        replace_with(source / path, root / path, expected=expected)


def _expected(root: Path, source: Path, day: SealedDay) -> dict[str, str]:
    """What the day's files must be, by manifests that the log knows: here or there."""
    for place in (root, source):
        manifest = place / day.place / bag.MANIFEST
        if digest_of(manifest) == day.manifest_sha256:
            return _tags((root, source), day) | entries_of(manifest.read_bytes()) | {bag.MANIFEST: day.manifest_sha256}
    raise ArchiveError("not-proved", f"neither manifest of {day.day} is the one the log knows")


def _tags(places: Iterable[Path], day: SealedDay) -> dict[str, str]:
    """What the day's tag files must be; of a tag manifest that the log does not know nothing else is believed."""
    for path in (place / day.place / bag.TAGMANIFEST for place in places):
        told = entries_of(path.read_bytes()) if path.is_file() else {}
        if day.tagmanifest_sha256:
            known = {bag.TAGMANIFEST: day.tagmanifest_sha256} if digest_of(path) == day.tagmanifest_sha256 else {}
        else:
            known = {bag.MANIFEST: day.manifest_sha256} if told.get(bag.MANIFEST) == day.manifest_sha256 else {}
        if known:
            return {name: told[name] for name in TAGS if name in told} | known
    return {}


def listed(root: Path, day: SealedDay) -> dict[str, str]:
    """A day's payload with its digests, by the manifest the log knows, whose tag files here are those that were sealed.

    Raises:
        DurableError: `altered`, the manifest here is another, or a tag file is.
    """
    folder = root / day.place
    data = (folder / bag.MANIFEST).read_bytes()
    told, tags = entries_of(data), _tags([root], day)
    if hashlib.sha256(data).hexdigest() != day.manifest_sha256 or not all(map(is_payload, told)):
        raise DurableError("altered", folder / bag.MANIFEST)
    if not tags:
        raise DurableError("altered", folder / bag.TAGMANIFEST)
    for name in TAGS:
        if name not in tags or digest_of(folder / name) != tags[name]:
            raise DurableError("altered", folder / name)
    return told


def _copy_day(root: Path, target: Path, day: SealedDay) -> Copied:
    folder, there = root / day.place, target / day.place
    octets, known = 0, listed(root, day)
    gone = [there / name for name in {*day.removed} - {*known} if is_payload(name)]
    refuse_links(there, {path.parent for path in (*gone, *(there / name for name in known))})
    for name, digest in known.items():
        octets += replace_with(folder / name, there / name, expected=digest, unless_same=True).size
    for path in gone:  # before the manifest that no longer tells of them
        if path.is_file() or path.is_symlink():
            path.unlink()
    for name in TAGS:
        replace_with(folder / name, there / name)
    replace_with(folder / bag.TAGMANIFEST, there / bag.TAGMANIFEST)  # last: it says that all is there
    return Copied(day.day, len(known), octets)


def refuse_links(there: Path, folders: Iterable[Path]) -> None:
    """Nothing is written or deleted where a link in the copy leads out of the day."""
    for folder in folders:
        if not folder.resolve().is_relative_to(there.resolve()):
            raise DurableError("altered", folder)


def is_payload(name: str) -> bool:
    """Whether it names a file below a day's `data/` and none elsewhere: manifests and catalogues can be forged."""
    parts = PurePosixPath(name).parts
    return len(parts) > 1 and parts[0] == DATA and ".." not in parts and "\0" not in name


def _is_there(target: Path, day: SealedDay) -> bool:
    folder = target / day.place
    return (folder / bag.TAGMANIFEST).is_file() and digest_of(folder / bag.MANIFEST) == day.manifest_sha256


def digest_of(path: Path) -> str:
    """SHA-256 of a file; empty of what cannot be read."""
    try:
        return sha256_file(path).sha256
    except (DurableError, OSError):
        return ""


def files(place: Path) -> list[Path]:
    """Files below a folder, or the file itself, but for unfinished writes."""
    if place.is_file():
        return [place]
    return sorted(path for path in place.rglob("*") if path.is_file() and not path.is_symlink() and not path.name.endswith(".part"))


def check_place(root: Path, target: Path) -> None:
    """A copy lies apart from the archive.

    Raises:
        ArchiveError: `bad-place`.
    """
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
