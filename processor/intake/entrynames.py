"""Names of files in packages and mails, as a person reads them.

PURE: no I/O, no third-party package. Promises: what is returned is composed Vietnamese (NFC), leads nowhere (no drive, no way
up), holds nothing invisible, fits any file system, and is never given twice in one container. Refuses to be more than a
display: bytes are never written under such a name.
"""

from __future__ import annotations

import unicodedata
import zlib

from archive.naming import safe_name

_JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini", "__macosx", "ehthumbs.db", ".spotlight-v100", ".trashes", "@eadir"})
_LONGEST_STEP, _LONGEST = 160, 400  # bytes of UTF-8: one step of a path, and the whole
_UNICODE_PATH = 0x7075  # Info-ZIP's extra field
_MARKED = "àáảãạ ằắẳẵặăầấẩẫậâ èéẻẽẹ ềếểễệê ìíỉĩị òóỏõọ ồốổỗộô ờớởỡợơ ùúủũụ ừứửữựư ỳýỷỹỵ đ".replace(" ", "")
_VIETNAMESE = frozenset(_MARKED + _MARKED.upper())

# TCVN 5712:1993 VN3 ("ABC"), as old archivers on Vietnamese machines wrote names; capitals with tones have no code of their own.
_TCVN3 = dict(zip(bytes.fromhex(
    "a1a2a3a4a5a6a7a8a9aaabacadaeb5b6b7b8b9bbbcbdbec6c7c8c9cacbcccecfd0d1d2d3d4d5d6d7d8dcdddedfe1e2e3e4e5e6e7e8e9eaebecedee"
    "eff1f2f3f4f5f6f7f8f9fafbfcfdfe"
), "ĂÂÊÔƠƯĐăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ", strict=True))  # fmt: skip


def of_bytes(raw: bytes) -> str:
    """A name that a package holds without saying in which code: the first reading that makes sense in Vietnamese.

    UTF-8 (macOS, Linux), Windows-1258 (Explorer on a Vietnamese system), TCVN3; else the code page 437 of the format.
    """
    for decoded in (_utf8(raw), _windows(raw), _tcvn3(raw)):
        if decoded is not None:
            return decoded
    return raw.decode("cp437")


def _utf8(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _windows(raw: bytes) -> str | None:
    try:
        return _sensible(raw.decode("cp1258"))
    except UnicodeDecodeError:
        return None


def _tcvn3(raw: bytes) -> str | None:
    if any(byte >= 0x80 and byte not in _TCVN3 for byte in raw):
        return None
    return _sensible("".join(_TCVN3.get(byte, chr(byte)) for byte in raw))


def _sensible(text: str) -> str | None:
    composed = unicodedata.normalize("NFC", text)
    return composed if all(char.isascii() or char in _VIETNAMESE for char in composed) else None


def unicode_path(extra: bytes, raw: bytes) -> str | None:
    """The name in Info-ZIP's extra field, where it was made for these bytes (its CRC-32 says so)."""
    while len(extra) >= 4:
        kind, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and field[:1] == b"\x01" and int.from_bytes(field[1:5], "little") == zlib.crc32(raw):
            return _utf8(field[5:])
    return None


def steps(name: str) -> list[str]:
    """The steps of a path that are kept: no root, no drive, no way up, nothing a disk cannot hold."""
    kept = []
    for place, step in enumerate(name.replace("\\", "/").split("/")):
        is_drive = place == 0 and len(step) == 2 and step[1] == ":" and step[0].isalpha()
        if step.strip(" .") and not is_drive:
            kept.append(safe_name(step, _LONGEST_STEP))
    return kept


def is_junk(name: str) -> bool:
    """What systems leave in packages, and nobody sent: a folder's settings, thumbnails, halves of Mac files, lock files."""
    path = name.replace("\\", "/").rstrip("/").split("/")
    return any(step.casefold() in _JUNK for step in path) or path[-1].startswith(("._", "~$"))


class Paths:
    """The display paths of one container: each is given once, whatever case or composition tells two names apart."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, inside: list[str], name: str, otherwise: str) -> str:
        """A path of its own for a file.

        Args:
            inside: the steps of the container it lies in.
            name: as it came, with folders or without.
            otherwise: its name where nothing is left of that.
        """
        path = [*inside, *(steps(name) or [otherwise])]
        while len(path) > 2 and len("/".join(path).encode()) > _LONGEST:
            del path[-2]  # where it came from, and what it is called, tell more than the folders between
        if len("/".join(path).encode()) > _LONGEST:
            path = [safe_name(path[0], _LONGEST // 2 - 10), safe_name(path[-1], _LONGEST // 2 - 10)]
        given, number = "/".join(path), 2
        stem, dot, suffix = path[-1].rpartition(".")
        while given.casefold() in self._given:
            last = f"{stem} ({number}){dot}{suffix}" if stem else f"{path[-1]} ({number})"
            given, number = "/".join([*path[:-1], last]), number + 1
        self._given.add(given.casefold())
        return given
