"""Bytes that are still there after the power went, under a name that never held half of them.

Promises: a file is written beside its place, fsynced, linked to its name, and its folder fsynced, in that
order; what is returned is on the disk. Refuses (DurableError) to overwrite other bytes and to follow a
symbolic link at a name. A failed fsync is raised and never tried again on the same file: the kernel may
have dropped the pages and report success the second time ("fsyncgate"). Needs a local POSIX file system;
NFS and SMB are for copies only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive.errors import ArchiveError
from archive.record import Blob

_CHUNK = 1 << 20


class DurableError(ArchiveError):
    """A file could not be put where it belongs.

    `exists`: other bytes lie there; `altered`: the source is not what was promised; `not-a-file`.
    """

    def __init__(self, code: str, path: Path) -> None:
        super().__init__(code, str(path))
        self.path = path


def write_durably(target: Path, data: bytes) -> Blob:
    """Puts the bytes at a name that is free; does nothing when they lie there already.

    Raises:
        DurableError: `exists`, other bytes have that name.
    """
    return _place(target, lambda out: _write(out, data), expected=None)


def copy_durably(source: Path, target: Path, *, expected: str | None = None) -> Blob:
    """Copies a file to a free name, hashing what it copies; does nothing when the same bytes lie there.

    Args:
        expected: SHA-256 the source must have; nothing appears at the target when it has another.

    Raises:
        DurableError: `exists`; `altered`, the source has another SHA-256; `not-a-file`.
    """
    with _open(source) as data:
        return _place(target, lambda out: _pump(data, out), expected=expected)


def link_durably(source: Path, target: Path) -> None:
    """Gives a file a second name on the same file system; does nothing when that name has the same bytes.

    Raises:
        DurableError: `exists`, other bytes have that name; `not-a-file`.
    """
    with _open(source) as data:
        os.fsync(data.fileno())
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        if not _same(target, sha256_file(source)):
            raise DurableError("exists", target) from None
    fsync_dir(target.parent)


def replace_durably(target: Path, data: bytes) -> Blob:
    """Writes a file that may be made again at any time, in place of an older one."""
    temporary = _temporary(target)
    try:
        blob = _fresh(temporary, lambda out: _write(out, data))
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_dir(target.parent)
    return Blob(target, blob.sha256, blob.size)


def replace_with(source: Path, target: Path, *, expected: str | None = None, unless_same: bool = False) -> Blob:
    """Copies a file to a name in a copy, which may be on a file system without links (NFS, SMB, exFAT), over what lies there.

    Args:
        expected: SHA-256 the source must have; the target stays as it was when it has another.
        unless_same: nothing is written where the expected bytes lie there already.

    Raises:
        DurableError: `altered`, the source has another SHA-256; `not-a-file`.
    """
    if unless_same and target.is_file() and not target.is_symlink() and (there := sha256_file(target)).sha256 == expected:
        return there
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(target)
    try:
        with _open(source) as data:
            blob = _fresh(temporary, lambda out: _pump(data, out))
        if expected is not None and blob.sha256 != expected:
            raise DurableError("altered", source)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_dir(target.parent)
    return Blob(target, blob.sha256, blob.size)


@dataclass
class Made:
    """A file that is being written by something else; `blob` is what it became."""

    file: BinaryIO
    blob: Blob


@contextlib.contextmanager
def replace_made(target: Path) -> Iterator[Made]:
    """Takes what another program writes, and puts it in place of an older file when the context ends well."""
    temporary = _temporary(target)
    temporary.unlink(missing_ok=True)
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "wb") as file:
            made = Made(file, Blob(target, "", 0))
            yield made
            os.fsync(file.fileno())
        written = sha256_file(temporary)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    fsync_dir(target.parent)
    made.blob = Blob(target, written.sha256, written.size)


def make_dirs_durably(path: Path) -> None:
    """Makes a folder and its missing parents; each new entry is on the disk when this returns."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    fsync_dir(path.parent)  # whoever made the last one that exists may have died before this
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        fsync_dir(folder.parent)


def fsync_dir(path: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_file(path: Path) -> Blob:
    """The file's digest and size, read now.

    Raises:
        DurableError: `not-a-file`: a symbolic link, a folder, a device.
        OSError: it cannot be read.
    """
    with _open(path) as data:
        digest, size = _pump(data, None)
    return Blob(path, digest, size)


def sha256_stream(path: Path, out: BinaryIO) -> str:
    """The digest of a file that is read once, into a pipe.

    Raises:
        DurableError: `not-a-file`.
    """
    with _open(path) as data:
        return _pump(data, out)[0]


def digest_file(path: Path, algorithm: str, *, expected: tuple[str, str] | None = None) -> str:
    """The file's digest by an algorithm of `hashlib`, in hexadecimal, read now.

    Args:
        path: the file.
        algorithm: its name.
        expected: another algorithm, and the digest the same bytes must have by it.

    Raises:
        DurableError: `not-a-file`; `altered`, they have another one.
        OSError: it cannot be read.
    """
    digests = [hashlib.new(name) for name in (algorithm, *(expected or ())[:1])]
    with _open(path) as data:
        while chunk := data.read(_CHUNK):
            for each in digests:
                each.update(chunk)
    if expected and digests[1].hexdigest() != expected[1]:
        raise DurableError("altered", path)
    return digests[0].hexdigest()


def clear_temporaries(folder: Path) -> list[Path]:
    """Removes what interrupted writes left in a folder; returns what it removed."""
    left = sorted(path for path in folder.glob(".*.part") if path.is_file() and not path.is_symlink())
    for path in left:
        path.unlink()
    return left


def _place(target: Path, fill: Callable[[BinaryIO], tuple[str, int]], expected: str | None) -> Blob:
    temporary = _temporary(target)
    try:
        blob = _fresh(temporary, fill)
        if expected is not None and blob.sha256 != expected:
            raise DurableError("altered", target)
        try:
            os.link(temporary, target, follow_symlinks=False)  # unlike a rename it never overwrites
        except FileExistsError:
            if not _same(target, blob):
                raise DurableError("exists", target) from None
        fsync_dir(target.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return Blob(target, blob.sha256, blob.size)


def _fresh(path: Path, fill: Callable[[BinaryIO], tuple[str, int]]) -> Blob:
    path.unlink(missing_ok=True)  # of a process that died and whose number we were given
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "wb") as out:
        digest, size = fill(out)
        out.flush()
        os.fsync(out.fileno())
    return Blob(path, digest, size)


def _same(target: Path, blob: Blob) -> bool:
    found = sha256_file(target)
    return (found.sha256, found.size) == (blob.sha256, blob.size)


def _temporary(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.getpid()}.{threading.get_native_id()}.part")


def is_plain(path: Path) -> bool:
    """Whether it is a file, and no link to one: to read a pipe might never end."""
    return path.is_file() and not path.is_symlink()


def read_plain(path: Path) -> bytes:
    """The bytes of a file that is one: of a pipe, a device or a link somebody laid in its place reading might never end.

    Raises:
        DurableError: `not-a-file`.
        OSError: it cannot be read.
    """
    with _open(path) as data:
        return data.read()


def _open(path: Path) -> BinaryIO:
    # O_NONBLOCK: opening a FIFO must not hang before it can be refused
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        if path.is_symlink():
            raise DurableError("not-a-file", path) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DurableError("not-a-file", path)
    return open(descriptor, "rb", buffering=0)


def _write(out: BinaryIO, data: bytes) -> tuple[str, int]:
    out.write(data)
    return hashlib.sha256(data).hexdigest(), len(data)


def _pump(source: BinaryIO, out: BinaryIO | None) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if out is not None:
            out.write(chunk)
    return digest.hexdigest(), size
