"""The immutable flag of Linux file systems (`chattr +i`) on sealed days: nobody writes or deletes there who does not lift it first.

Promises: what is set is told, and what could not be; whoever lifts it for an order sets it again. Needs ext4, xfs, btrfs or the
like, and CAP_LINUX_IMMUTABLE (root). Refuses (ArchiveError `immutable`) to go on where it stands and cannot be lifted. It guards
against slips and against programs; not against root.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive.errors import ArchiveError

_GET, _SET, _FLAG = 0x80086601, 0x40086602, 0x10  # FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_IMMUTABLE_FL of linux/fs.h, 64 bits
_NONE = {errno.ENOTTY, errno.EOPNOTSUPP, errno.EINVAL}  # the file system has no such flags


def is_set(path: Path) -> bool:
    """Whether it stands; not where the file system has none."""
    try:
        with _opened(path) as file:
            return bool(_flags(file)[0] & _FLAG)
    except OSError:
        return False


def protect(folder: Path) -> bool:
    """Sets it on everything below a folder and the folder itself; whether all of it bears it now."""
    try:
        for path in _below(folder):
            _change(path, on=True)
    except OSError:
        return False
    return True


def lift(folder: Path) -> bool:
    """Takes it off everything below a folder; whether any of it bore it.

    Raises:
        ArchiveError: `immutable`, it cannot be taken off.
    """
    changed = False
    for path in [*_below(folder)][::-1]:
        if is_set(path):
            try:
                _change(path, on=False)
            except OSError as error:
                raise ArchiveError("immutable", f"{path} bears the immutable flag: {error.strerror}; root may lift it") from error
            changed = True
    return changed


def trouble(folder: Path) -> str:
    """Why it cannot be set on files there; empty: it can. Tried on a file without a name."""
    try:
        with tempfile.TemporaryFile(dir=folder) as made:
            _write(made.fileno(), on=True)
            _write(made.fileno(), on=False)
    except OSError as error:
        if error.errno in _NONE:
            return "the file system has no such flag"
        return "CAP_LINUX_IMMUTABLE is missing" if error.errno == errno.EPERM else str(error.strerror)
    return ""


def _below(folder: Path) -> Iterator[Path]:
    """Files and folders, each folder after what is in it; links are left alone."""
    for place, _, names in os.walk(folder, topdown=False):
        yield from (path for name in names if not (path := Path(place, name)).is_symlink())
        yield Path(place)


def _change(path: Path, *, on: bool) -> None:
    with _opened(path) as file:
        _write(file, on=on)


def _write(file: int, *, on: bool) -> None:
    flags = _flags(file)
    wanted = flags[0] | _FLAG if on else flags[0] & ~_FLAG
    if wanted != flags[0]:
        fcntl.ioctl(file, _SET, array.array("l", [wanted]))


def _flags(file: int) -> array.array[int]:
    flags = array.array("l", [0])
    fcntl.ioctl(file, _GET, flags, True)
    return flags


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
