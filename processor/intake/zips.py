"""The files in a zip, as every reader sees them: what two readers could see differently is refused.

Promises: sizes are added up before anything is unpacked and counted again while it is; memory stays small whatever the file
says. Refuses what is encrypted, what overlaps, what lies before or after the package, sizes and names that contradict each
other, methods other than stored and deflated (another one may unfold a thousandfold in one step).
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from processor.errors import Verdict
from processor.intake import entrynames

_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_SIZE, _LOCATOR_SIZE, _LOCAL_SIZE = 22, 20, 30
_LONGEST_COMMENT = 0xFFFF
_ENCRYPTED = 1 | 1 << 6 | 1 << 13
_IN_UTF8 = 1 << 11
_CHUNK = 1 << 18
_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error, OverflowError)
_DIRECTORY = 4 << 20  # bytes: a directory must not fill the memory before its first file is read


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry.

    Attributes:
        name: as far as it can be read; folders and anything else in it are the sender's.
        kind: `file`, `folder`, or `other` (a link, a device).
        size: as the package says; checked when it is read.
    """

    name: str
    kind: str
    size: int
    info: zipfile.ZipInfo


class Package:
    """A zip that is open.

    Raises:
        Verdict: `container-broken`, `container-encrypted`, `container-too-large`.
    """

    def __init__(self, path: Path, most: int) -> None:
        self._path = path
        self._file = path.open("rb")
        try:
            _check_end(self._file, path.stat().st_size, most)
            self._zip = zipfile.ZipFile(self._file)
            self.entries = [_entry(info) for info in self._zip.infolist()]
            _check_places(self._file, [entry.info for entry in self.entries], self._zip.start_dir)
        except _ERRORS as error:
            self._file.close()
            raise Verdict("container-broken", f"zip: {type(error).__name__}") from error
        except Verdict:
            self._file.close()
            raise

    def close(self) -> None:
        """Done with it."""
        self._zip.close()
        self._file.close()

    def read(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of a file, piece by piece; whole and as promised, or a verdict.

        Raises:
            Verdict: `container-broken`.
        """
        try:
            with self._zip.open(entry.info) as source:
                total = 0
                while chunk := source.read(_CHUNK):
                    total += len(chunk)
                    yield chunk
        except _ERRORS as error:
            raise Verdict("container-broken", f"zip: {type(error).__name__}") from error
        if total != entry.size:
            raise Verdict("container-broken", "zip: another size than it says")


def _entry(info: zipfile.ZipInfo) -> Entry:
    if info.flag_bits & _ENCRYPTED:
        raise Verdict("container-encrypted", "zip")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Verdict("container-broken", f"zip: method {info.compress_type}")
    name = info.orig_filename
    if not info.flag_bits & _IN_UTF8:
        raw = name.encode("cp437")
        name = entrynames.unicode_path(info.extra, raw) or entrynames.of_bytes(raw)
    mode = info.external_attr >> 16 if info.create_system == 3 else 0  # 3 is Unix; others write their own things there
    is_odd = stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}
    is_folder = name.endswith(("/", "\\")) or stat.S_ISDIR(mode)
    return Entry(name, "other" if is_odd else "folder" if is_folder and not info.file_size else "file", info.file_size, info)


def _check_end(file: BinaryIO, size: int, most: int) -> None:
    """What stands at the end: how many entries, and nothing behind; zipfile itself would take all of them in."""
    length = min(size, _END_SIZE + _LONGEST_COMMENT + _LOCATOR_SIZE)
    file.seek(size - length)
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0:
        raise Verdict("container-broken", "zip: it has no end")
    entries, directory, _, comment = struct.unpack_from("<HIIH", tail, at + 10)
    if tail[at + _END_SIZE + comment :].strip(b"\0\r\n\x1a ") or at + _END_SIZE + comment > len(tail):
        raise Verdict("container-broken", "zip: bytes after its end")
    if tail[max(0, at - _LOCATOR_SIZE) :].startswith(_LOCATOR64):
        file.seek(min(size, struct.unpack_from("<Q", tail, at - _LOCATOR_SIZE + 8)[0]))  # some offsets no seek takes
        end = file.read(56)
        if not end.startswith(_END64):
            raise Verdict("container-broken", "zip64: it has no end")
        entries, directory = struct.unpack_from("<QQ", end, 32)
    if entries > most or directory > _DIRECTORY:
        raise Verdict("container-too-large", f"{entries} entries")


def _check_places(file: BinaryIO, infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Each entry has bytes of its own, from the file's first byte on, before the directory."""
    places = []
    for info in infos:
        if info.header_offset < 0:  # the bytes before it were cut away
            raise Verdict("container-broken", "zip: an entry before the file")
        file.seek(info.header_offset)
        local = file.read(_LOCAL_SIZE)
        if len(local) < _LOCAL_SIZE:
            raise Verdict("container-broken", "zip: an entry beyond the file")
        name, extra = struct.unpack_from("<HH", local, 26)
        places.append((info.header_offset, info.header_offset + _LOCAL_SIZE + name + extra + info.compress_size))
    ends = 0
    for start, end in sorted(places):
        if start < ends:
            raise Verdict("container-broken", "zip: entries overlap")
        ends = end
    if ends > directory:
        raise Verdict("container-broken", "zip: entries overlap")
    if min(start for start, _ in places) > 0 if places else directory > 0:
        raise Verdict("container-broken", "zip: bytes before its first entry")
