"""Where a file of the station lies, noted so that the station may be moved: from its own folder on.

Earlier versions noted the whole path. One that leads out of the station is looked for here by its end; whoever takes such a file
up compares its digest, so another's is never taken for it.
"""

from __future__ import annotations

from pathlib import Path


def noted(path: Path, station: Path) -> str:
    """A file's place as it is written down."""
    return str(path.relative_to(station) if path.is_relative_to(station) else path)


def found(note: str, station: Path) -> Path:
    """Where what was written down lies now; it need not be there any more."""
    path = station / note
    if path.is_relative_to(station):
        return path
    ends = (station.joinpath(*path.parts[start:]) for start in range(1, len(path.parts)))
    return next((end for end in ends if end.exists()), path)
