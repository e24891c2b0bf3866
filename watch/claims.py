"""Take a file out of a drop folder without losing a byte, and clear its source afterwards.

Promises: a claim is a durable, hashed copy of exactly the file that was sighted, or nothing; a source is
removed only while its bytes are still the claimed ones. Refuses to follow symbolic links below the folder,
to open anything but regular files, to decode names (they are bytes), and to parse a single byte of what it
copies.
"""

import errno
import fcntl
import hashlib
import os
import signal
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from watch.settle import Sighting

_CHUNK = 1 << 20
_LEFTOVER = ".claim-"  # name of a copy that is not finished

# O_NONBLOCK: opening a FIFO must not wait for its writer. O_NOFOLLOW: a link may have taken the name.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_FOLDER = os.O_RDONLY | os.O_DIRECTORY

# The name is gone or is something else now: the next look will tell.
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ESTALE}
# Its writer has it. SMB answers so (paperless-ng#432).
_BUSY = {errno.EAGAIN, errno.EBUSY, errno.ETXTBSY}


class SourceUnreadable(OSError):
    """A sighted file cannot be read (permission, bad disk). Other OSErrors of a claim are of its target."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A durable copy of a sighted file: ``path`` is named by the SHA-256 (hex) of its ``size`` bytes."""

    sighting: Sighting
    path: Path
    sha256: str
    size: int


def being_written(path: Path) -> bool | None:
    """Ask the kernel whether any process has the file open for writing.

    A writer that opens the file at this very moment is held up for microseconds: ask once per file, when it
    is about to be claimed, not at every look.

    Returns:
        True: somebody has. False: nobody. None: cannot tell (remote, not ours, not supported, gone).
    """
    try:
        fd = os.open(path, _READ)
    except OSError as error:
        return True if error.errno in _BUSY else None
    try:
        return _has_writer(fd)
    finally:
        os.close(fd)


def claim(root: Path, sighting: Sighting, target_dir: Path) -> Claimed | None:
    """Copy a sighted file to ``target_dir/<sha256>``, durably. The source is not touched.

    Returns:
        The copy, or None when the file changed, moved or vanished before the copy was complete: look again.

    Raises:
        SourceUnreadable: The file is there and cannot be read.
        OSError: The target cannot take it (disk full, read-only); nothing is left there.
        ValueError: ``sighting.path`` is not a name, or a sub-folder and a name.
    """
    try:
        with _opened(root, sighting) as (folder, name, fd):
            before = os.fstat(fd)
            if not _shows(sighting, before):
                return None
            with _new_file(target_dir) as (copy, copy_fd):
                sha256, size = _digest(fd, sighting.size, copy_fd)
                os.fsync(copy_fd)
                if size != sighting.size or not _unchanged(before, os.fstat(fd), _lstat(folder, name)):
                    return None
                return Claimed(sighting, _name(copy, target_dir / sha256), sha256, size)
    except SourceUnreadable as error:
        if error.errno in _GONE | _BUSY:
            return None
        raise


def clear(root: Path, sighting: Sighting, sha256: str) -> bool:
    """Remove a source whose bytes are safe elsewhere.

    Returns:
        True when the source is gone, also when it was gone already. False when it is no longer the file
        that was sighted, its bytes have another SHA-256, somebody is writing to it, or it cannot be deleted.

    Raises:
        ValueError: ``sighting.path`` is not a name, or a sub-folder and a name.
    """
    try:
        with _opened(root, sighting) as (folder, name, fd):
            if not _shows(sighting, os.fstat(fd)) or _digest(fd, sighting.size)[0] != sha256:
                return False
            # In this order: a writer that is done by now shows in the times, one that is not in the lease.
            if _has_writer(fd) or not _shows(sighting, _lstat(folder, name)):
                return False
            os.unlink(name, dir_fd=folder)
            return True
    except OSError as error:
        return error.errno == errno.ENOENT and _on_device(root, sighting.device)


def sweep(target_dir: Path) -> int:
    """Remove the copies that a crash left unfinished, and tell how many. Only while nothing is claiming."""
    leftovers = list(target_dir.glob(_LEFTOVER + "*"))
    for leftover in leftovers:
        leftover.unlink()
    return len(leftovers)


def _has_writer(fd: int) -> bool | None:
    """Try a read lease, which the kernel grants only while nobody has the file open for writing."""
    try:
        # A writer that comes while we hold the lease makes the kernel send us a signal. The usual one, SIGIO,
        # ends a process that does not expect it; SIGURG is ignored.
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return True if error.errno == errno.EAGAIN else None
    return False


@contextmanager
def _opened(root: Path, sighting: Sighting) -> Iterator[tuple[int, bytes, int]]:
    """Open a source, each step relative to the one before: (folder, name in it, file)."""
    *folders, name = sighting.path.split(b"/")
    if len(folders) > 1 or any(part in (b"", b".", b"..") for part in (*folders, name)):
        raise ValueError(f"not a name in a drop folder: {sighting.path!r}")
    fds: list[int] = []
    try:
        try:
            fds.append(os.open(root, _FOLDER))
            fds.extend(os.open(folder, _FOLDER | os.O_NOFOLLOW, dir_fd=fds[0]) for folder in folders)
            fds.append(os.open(name, _READ, dir_fd=fds[-1]))
        except OSError as error:
            raise SourceUnreadable(error.errno, error.strerror) from error
        yield fds[-2], name, fds[-1]
    finally:
        for fd in fds:
            os.close(fd)


def _digest(fd: int, size: int, copy_fd: int | None = None) -> tuple[str, int]:
    """Hash, and copy when asked, at most one chunk more than ``size``: a source may grow for ever."""
    digest, total = hashlib.sha256(), 0
    while total <= size:
        try:
            chunk = os.read(fd, _CHUNK)
        except OSError as error:
            raise SourceUnreadable(error.errno, error.strerror) from error
        if not chunk:
            break
        digest.update(chunk)
        total += len(chunk)
        rest = memoryview(chunk)
        while copy_fd is not None and rest:
            rest = rest[os.write(copy_fd, rest) :]
    return digest.hexdigest(), total


@contextmanager
def _new_file(folder: Path) -> Iterator[tuple[Path, int]]:
    """Make a file under a temporary name, which is taken away at the end whatever happens."""
    fd, name = tempfile.mkstemp(prefix=_LEFTOVER, dir=folder)
    try:
        yield Path(name), fd
    finally:
        os.close(fd)
        Path(name).unlink(missing_ok=True)


def _name(copy: Path, final: Path) -> Path:
    """Give a copy, already on the disk, its name by content, durably; an equal one already there serves."""
    try:
        os.link(copy, final)
    except FileExistsError:
        if final.lstat().st_size != copy.lstat().st_size:
            os.replace(copy, final)  # what lies there is not what its name says: a broken disk left it
    fd = os.open(final.parent, _FOLDER)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    return final


def _shows(sighting: Sighting, status: os.stat_result | None) -> bool:
    return (
        status is not None and stat.S_ISREG(status.st_mode) and sighting_of(sighting.path, status) == sighting
    )


def sighting_of(path: bytes, status: os.stat_result) -> Sighting:
    """Make the sighting of a file from its status."""
    return Sighting(path, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _unchanged(before: os.stat_result, *after: os.stat_result | None) -> bool:
    """Compare all that a change would touch; ctime too, since a writer may put the modification time back."""
    names = ("st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
    return all(getattr(status, name, None) == getattr(before, name) for status in after for name in names)


def _lstat(folder: int, name: bytes) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None


def _on_device(root: Path, device: int) -> bool:
    # An unmounted share leaves an empty folder of another file system: there nothing was cleared.
    try:
        return root.stat().st_dev == device
    except OSError:
        return False
