"""Look at a drop folder, and tell whether it must be polled.

Promises: a look opens no file, names every file that may be an arrival, and does not fail: what cannot be
listed is an oddity. Refuses to follow symbolic links below the folder, to go deeper than one sub-folder,
and to decode names: they are bytes, so that NFC and NFD twins and names that are no UTF-8 stay what they
are. Taking files out is in ``claims`` and offered here too.
"""

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from watch.claims import Claimed, SourceUnreadable, being_written, claim, clear, sighting_of, sweep
from watch.settle import Sighting, ignorable, litter

__all__ = ["DropFolder", "Survey", "is_remote"]
__all__ += ["Claimed", "SourceUnreadable", "being_written", "claim", "clear", "sweep"]

# File systems written to by other machines, whose writes the local kernel does not see (watchdog#409, #504).
_REMOTE = re.compile(
    r"cifs|smb3|smbfs|nfs\d*|afs|ceph|lustre|davfs|sshfs|fuse(\..+)?"  # servers
    r"|9p|virtiofs|vboxsf|vmhgfs|prl_fs|drvfs|fakeowner"  # hosts of virtual machines and containers
)


@dataclass(frozen=True, slots=True)
class Survey:
    """What one look found. All names are raw and relative to the folder.

    Attributes:
        files: Regular files that may be arrivals.
        unfinished: Regular files under a temporary name; one that stays so has lost its writer.
        oddities: What is never opened: links, FIFOs, devices, folders too deep or unreadable. ``b"."`` is the
            drop folder itself when it cannot be listed.
    """

    files: tuple[Sighting, ...]
    unfinished: tuple[Sighting, ...]
    oddities: tuple[bytes, ...]


class DropFolder:
    """One drop folder with at most one level of sub-folders."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def look(self) -> list[Sighting]:
        """List the regular files that may be arrivals; none when the folder is gone (see ``oddities``)."""
        return list(self.survey().files)

    def oddities(self) -> list[bytes]:
        """List the raw names of what lies there and will never be opened."""
        return list(self.survey().oddities)

    def survey(self) -> Survey:
        """Look once and tell everything. Hidden files and litter of other systems are left out."""
        files: list[Sighting] = []
        unfinished: list[Sighting] = []
        oddities: list[bytes] = []
        for path, status in _walk(self.root):
            if status is None or not stat.S_ISREG(status.st_mode):
                oddities.append(path)
            else:
                (unfinished if ignorable(path) else files).append(sighting_of(path, status))
        return Survey(tuple(files), tuple(unfinished), tuple(oddities))


def is_remote(path: Path, mountinfo: str | None = None) -> bool:
    """Tell whether other machines may write below a folder unseen by this kernel, so that it must be polled.

    Args:
        path: The folder; links in it are resolved.
        mountinfo: Text in the form of /proc/self/mountinfo; read from there when None. When that cannot be
            read the answer is True: polling is right everywhere.
    """
    if mountinfo is None:
        try:
            mountinfo = os.fsdecode(Path("/proc/self/mountinfo").read_bytes())
        except OSError:
            return True
    place = Path(os.path.realpath(path))
    mounts = enumerate(_mounts(mountinfo))
    covering = [(len(point.parts), nth, kind) for nth, (point, kind) in mounts if place.is_relative_to(point)]
    return (
        bool(covering) and _REMOTE.fullmatch(max(covering)[2]) is not None
    )  # the later mount hides the earlier


def _mounts(mountinfo: str) -> Iterator[tuple[Path, str]]:
    """Yield mount point and type of each line; blanks and the like are written in octal (proc(5))."""
    for line in mountinfo.split("\n"):
        left, dash, right = line.partition(" - ")
        if dash:
            point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), left.split(" ")[4])
            yield Path(point), right.split(" ")[0]


def _walk(
    folder: Path | bytes, within: int | None = None, prefix: bytes = b""
) -> Iterator[tuple[bytes, os.stat_result | None]]:
    """Yield path and status of each entry of the folder and its sub-folders; no status: cannot be listed."""
    itself = prefix.rstrip(b"/") or b"."
    try:
        fd = os.open(folder, os.O_DIRECTORY | (os.O_NOFOLLOW if within is not None else 0), dir_fd=within)
    except OSError as error:
        if within is None or error.errno != errno.ENOENT:  # a sub-folder just gone is nothing to tell
            yield itself, None
        return
    try:
        for name, status in _entries(fd):
            if within is None and stat.S_ISDIR(status.st_mode):
                yield from _walk(name, fd, name + b"/")
            else:
                yield prefix + name, status
    except OSError:
        yield itself, None
    finally:
        os.close(fd)


def _entries(fd: int) -> Iterator[tuple[bytes, os.stat_result]]:
    with os.scandir(fd) as entries:
        for entry in entries:
            name = os.fsencode(entry.name)
            if not litter(name):
                with suppress(FileNotFoundError):  # gone since it was listed
                    yield name, entry.stat(follow_symlinks=False)
