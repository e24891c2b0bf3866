"""A package onto the disk, as a folder or as one ZIP file.

Promises: it is there whole or not at all, and durable when this returns; every byte taken from the archive was compared with its
digest on the way; the same items give the same bytes. Refuses (DurableError `exists`) to write over anything.
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from archive.durable import DurableError, copy_durably, fsync_dir, link_durably, make_dirs_durably, write_durably
from archive.packages.values import Item

_BEGINNING = (1980, 1, 1, 0, 0, 0)  # the first moment ZIP knows: a package's times are in its METS
_CHUNK = 1 << 20


def folder(items: Sequence[Item], target: Path) -> None:
    """The package as a folder.

    Raises:
        DurableError: `exists`; `altered`, the archive's bytes are not those announced.
    """
    _check(target)
    unfinished = _beside(target)
    try:
        for item in items:
            place = unfinished / item.path
            make_dirs_durably(place.parent)
            if item.source is not None:
                copy_durably(item.source, place, expected=item.sha256)
            else:
                write_durably(place, item.data or b"")
        os.rename(unfinished, target)
        fsync_dir(target.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def archived(items: Sequence[Item], target: Path, top: str) -> None:
    """The package as a ZIP file, stored without compression: PDF does not shrink, and how it shrinks differs between machines.

    Raises:
        DurableError: `exists`; `altered`.
    """
    _check(target)
    unfinished = _beside(target)
    try:
        with zipfile.ZipFile(unfinished, "x", zipfile.ZIP_STORED) as made:
            for item in items:
                _add(made, item, f"{top}/{item.path}")
        link_durably(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)


def _check(target: Path) -> None:
    if os.path.lexists(target):
        raise DurableError("exists", target)


def _beside(target: Path) -> Path:
    """A name for what is not finished; what a killed run left of this package is cleared."""
    for left in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def _add(made: zipfile.ZipFile, item: Item, name: str) -> None:
    entry = zipfile.ZipInfo(name, _BEGINNING)
    entry.external_attr, entry.create_system, entry.file_size = 0o644 << 16, 3, item.size
    with made.open(entry, "w", force_zip64=item.size >= zipfile.ZIP64_LIMIT) as out:
        if item.source is None:
            out.write(item.data or b"")
        elif _pump(item.source, out) != item.sha256:
            raise DurableError("altered", item.source)


def _pump(source: Path, out: IO[bytes]) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as data:
        while chunk := data.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()
