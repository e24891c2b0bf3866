"""What a separator sheet says in its codes: the file and the fields of the one document that follows it.

PURE. Promises: a short text of our own, with its version and a checksum, so that no other code on a document (an invoice, a
tax stamp, a signature service) is ever taken for a sheet; what was printed is what is read, letter for letter.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

MARK = "SOHOA"
VERSION = "1"
_FILE, _MORE, _CHECK = "f", "+", "#"
_QUOTED = "%;="


class NoSheet(ValueError):
    """It begins as a sheet of ours does and is none that can be trusted."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: the file of the document that follows and fields of its record; neither where it only separates.

    Attributes:
        more: how many fields the larger code of the same sheet holds besides: the small one has no room for them.
    """

    file_code: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    more: int = 0


def text(sheet: Sheet) -> str:
    """The sheet as the large code holds it."""
    pairs = [(_FILE, sheet.file_code)] if sheet.file_code else []
    return _closed([*pairs, *sorted(sheet.fields.items())], ascii_only=False)


def short(sheet: Sheet) -> str:
    """The sheet as the small code holds it, in ASCII: its file, and how many fields are only in the large one."""
    pairs = [(_FILE, sheet.file_code)] if sheet.file_code else []
    pairs += [(_MORE, str(len(sheet.fields)))] if sheet.fields else []
    return _closed(pairs, ascii_only=True)


def _closed(pairs: list[tuple[str, str]], *, ascii_only: bool) -> str:
    said = f"{MARK}{VERSION};" + "".join(f"{name}={_quoted(value, ascii_only)};" for name, value in pairs)
    return f"{said}{_CHECK}{_sum(said)}"


def _sum(said: str) -> str:
    return f"{zlib.crc32(said.encode()):08X}"


def _quoted(value: str, ascii_only: bool) -> str:
    def is_plain(letter: str) -> bool:
        return letter not in _QUOTED and letter >= " " and (letter.isascii() or not ascii_only)

    return "".join(c if is_plain(c) else "".join(f"%{byte:02X}" for byte in c.encode()) for c in value)


def _unquoted(value: str) -> str:
    data, rest = b"", value
    while rest:
        before, percent, rest = rest.partition("%")
        data += before.encode()
        if percent:
            data += bytes.fromhex(rest[:2])
            rest = rest[2:]
    return data.decode()


def parse(said: str) -> Sheet | None:
    """The sheet a code on a page is; None where the code is another's.

    Raises:
        NoSheet: it begins as ours do, and its version, its checksum or a pair is wrong.
    """
    if not said.startswith(MARK):
        return None
    head, _, rest = said.partition(";")
    body, hash_mark, check = rest.rpartition(_CHECK)
    if head != MARK + VERSION or not hash_mark:
        raise NoSheet("of another version")
    if _sum(f"{head};{body}") != check:
        raise NoSheet("its checksum is wrong")
    return _sheet(body)


def _sheet(body: str) -> Sheet:
    told: dict[str, str] = {}
    for piece in body.split(";")[:-1]:
        name, equals, value = piece.partition("=")
        if not equals or not name or name in told:
            raise NoSheet("a pair is wrong")
        try:
            told[name] = _unquoted(value)
        except ValueError as error:
            raise NoSheet("a pair is wrong") from error
    more = told.pop(_MORE, "0")
    if not more.isdecimal() or len(more) > 3:
        raise NoSheet("a pair is wrong")
    return Sheet(told.pop(_FILE, ""), told, int(more))
