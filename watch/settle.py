"""Decide which files of a drop folder are complete.

Promises: a file is ready only when device, inode, size and modification time were the same at every look
for ``quiet`` seconds of the caller's monotonic clock, starting with our own first sighting. Refuses to
compare a modification time with any clock: scanners and shares have wrong clocks. An event is no proof
either: scanners close and reopen a file between pages (paperless-ngx#43, PR#4626). Pure: no I/O, no clock,
nothing remembered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Names under which a writer keeps what is not finished; it renames them when done.
_TEMPORARY_SUFFIXES = tuple(b".part .tmp .crdownload .filepart .partial .download .opdownload".split())

# What file managers, network drives and archivers leave behind; never a document. In lower case.
_LITTER_NAMES = frozenset(
    b"thumbs.db|ehthumbs.db|desktop.ini|@eadir|__macosx|#recycle|#snapshot|$recycle.bin"
    b"|system volume information|lost+found|icon\r".split(b"|")
)
_LITTER_PREFIXES = (b".", b"~$")


@dataclass(frozen=True, slots=True)
class Sighting:
    """One regular file as seen at one look.

    Attributes:
        path: Raw name relative to the drop folder, never decoded; may hold one sub-folder (``b"01.TCCB/a"``).
        device: Device number (``st_dev``).
        inode: Inode number (``st_ino``).
        size: Bytes.
        mtime_ns: Modification time in nanoseconds, as the file system says; only ever compared with itself.
    """

    path: bytes
    device: int
    inode: int
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Watched:
    """A file under observation: how it last looked, and since when (monotonic seconds) it has looked so."""

    sighting: Sighting
    since: float


def settle(
    known: Mapping[bytes, Watched], seen: Iterable[Sighting], now: float, quiet: float
) -> tuple[Mapping[bytes, Watched], tuple[Sighting, ...]]:
    """Fold one look at a folder into what is known of it.

    Args:
        known: What the previous call returned; empty at the start.
        seen: Every file of the folder at this look. What is missing here is forgotten.
        now: Monotonic seconds of this look.
        quiet: Seconds a file must have been seen unchanged; 0 trusts the first sighting.

    Returns:
        What is known now, and the files that are complete, longest unchanged first, so that a flood of new
        files cannot starve an old one; files first seen together go by modification time, then by name.
        A complete file is returned at every look until it leaves the folder; an empty file never is.
    """
    watched = {sighting.path: _observe(known.get(sighting.path), sighting, now) for sighting in seen}
    quiet_now = (w for w in watched.values() if w.sighting.size > 0 and now - w.since >= quiet)
    ready = sorted(quiet_now, key=lambda w: (w.since, w.sighting.mtime_ns, w.sighting.path))
    return watched, tuple(w.sighting for w in ready)


def _observe(before: Watched | None, sighting: Sighting, now: float) -> Watched:
    return before if before is not None and before.sighting == sighting else Watched(sighting, now)


def ignorable(name: bytes) -> bool:
    """Whether a file or folder of this raw name is no arrival: litter, or not finished (``a.pdf.part``).

    Takes a bare name or a path relative to the drop folder; one ignorable part makes the whole ignorable.
    """
    return any(litter(part) or part.lower().endswith(_TEMPORARY_SUFFIXES) for part in name.split(b"/"))


def litter(name: bytes) -> bool:
    """Whether this bare name is hidden or some system's own: never a document, whatever becomes of it."""
    return name.startswith(_LITTER_PREFIXES) or name.lower() in _LITTER_NAMES
