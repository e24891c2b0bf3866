"""The table of contents of an OLE compound file: what an old Word or Excel file holds, and where each part begins.

Promises: reads the directory and nothing else, each sector once; a file that is not what it says is a ValueError.
Refuses: to follow a stream beyond its first sector.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SECTOR_SIZES = (9, 12)  # as powers of two ([MS-CFB] 2.2)
_IN_HEADER = 109  # sectors of the allocation table that the header names
_LAST = 0xFFFFFFFA  # numbers from here on are no sectors
_ENTRY = 128
_KINDS = frozenset({1, 2, 5})  # storage, stream, root
_MOST = 1 << 16  # sectors of directory and tables: half a million entries


@dataclass(frozen=True, slots=True)
class Part:
    """A stream or storage: where its first sector stands in the file, and how long it is; both in bytes."""

    at: int
    size: int


def parts(path: Path) -> dict[str, Part]:
    """Every stream and storage by its own name (of two with one name, the last).

    Raises:
        ValueError: not a compound file, or a broken one.
    """
    try:
        with path.open("rb") as file:
            header = file.read(512)
            power = struct.unpack_from("<H", header, 30)[0]
            if not header.startswith(MAGIC) or power not in _SECTOR_SIZES:
                raise ValueError("no compound file")
            size = 1 << power

            def sector(number: int) -> bytes:
                file.seek((number + 1) * size)
                return file.read(size)

            first, difat = (struct.unpack_from("<I", header, offset)[0] for offset in (48, 68))
            table = _table(sector, header, difat, size)
            found: dict[str, Part] = {}
            for number in _chain(table, first):
                found |= dict(_entries(sector(number), size))
            return found
    except (struct.error, KeyError, IndexError, OverflowError) as error:
        raise ValueError("a broken compound file") from error


def _table(read: Callable[[int], bytes], header: bytes, difat: int, size: int) -> list[int]:
    """The allocation table: for each sector the next one of its chain."""
    named = list(struct.unpack_from(f"<{_IN_HEADER}I", header, 76))
    words = size // 4
    for _ in range(_MOST):
        if difat >= _LAST:
            break
        *more, difat = struct.unpack(f"<{words}I", read(difat))
        named += more
    return [word for number in named if number < _LAST for word in struct.unpack(f"<{words}I", read(number))]


def _chain(table: list[int], first: int) -> Iterator[int]:
    for _ in range(_MOST):  # a chain that bites its tail ends all the same
        if first >= _LAST:
            return
        yield first
        first = table[first]
    raise ValueError("a chain without end")


def _entries(sector: bytes, size: int) -> Iterator[tuple[str, Part]]:
    for start in range(0, len(sector), _ENTRY):
        length, kind = struct.unpack_from("<HB", sector, start + 64)
        if kind in _KINDS and 2 <= length <= 64:
            name = sector[start : start + length - 2].decode("utf-16-le", "replace")
            first, amount = struct.unpack_from("<IQ", sector, start + 116)
            yield name, Part((first + 1) * size, amount & 0xFFFFFFFF)
