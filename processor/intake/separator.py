"""What a separator sheet says in its codes: the file and the fields of the one document that follows it.

PURE. Promises: a short text of our own, with its version and a sum that only who has the station's key can make, so that no other
code on a document (an invoice, a tax stamp, a sheet of another station) is ever taken for a sheet; what was printed is what is
read, letter for letter.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MARK = "SOHOA"
VERSION = "2"
FOREIGN = "a sheet of ours in form, without this station's key"
OURS = b"ours"
_FILE, _MORE, _CHECK = "f", "+", "#"
_QUOTED = "%;="
_SUM = 12  # letters of Base32, 60 bits: nobody can try them but on paper, and each that is wrong is held


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


def text(sheet: Sheet, key: bytes) -> str:
    """The sheet as the large code holds it, under the station's key."""
    pairs = [(_FILE, sheet.file_code)] if sheet.file_code else []
    return _closed([*pairs, *sorted(sheet.fields.items())], key, ascii_only=False)


def short(sheet: Sheet, key: bytes) -> str:
    """The sheet as the small code holds it, in ASCII: its file, and how many fields are only in the large one."""
    pairs = [(_FILE, sheet.file_code)] if sheet.file_code else []
    pairs += [(_MORE, str(len(sheet.fields)))] if sheet.fields else []
    return _closed(pairs, key, ascii_only=True)


def _closed(pairs: list[tuple[str, str]], key: bytes, *, ascii_only: bool) -> str:
    said = f"{MARK}{VERSION};" + "".join(f"{name}={_quoted(value, ascii_only)};" for name, value in pairs)
    return f"{said}{_CHECK}{_sum(said, key)}"


def _sum(said: str, key: bytes) -> str:
    return b32encode(hmac.digest(key, said.encode(), "sha256")).decode()[:_SUM]


def is_keyed(said: str, key: bytes) -> bool:
    """Whether what a code says was closed with a key; never with none."""
    body, _, told = said.rpartition(_CHECK)
    return bool(key) and hmac.compare_digest(_sum(body, key).encode(), told.encode())


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


def parse(said: str, is_ours: Callable[[str], bool]) -> Sheet | None:
    """The sheet a code on a page is; None where the code is another's.

    Args:
        said: by the code.
        is_ours: whether it was closed with the station's key (`is_keyed`).

    Raises:
        NoSheet: it begins as ours do, and its version, its sum (`FOREIGN`) or a pair is wrong.
    """
    if not said.startswith(MARK):
        return None
    head, _, rest = said.partition(";")
    body, hash_mark, _ = rest.rpartition(_CHECK)
    if head != MARK + VERSION or not hash_mark or not is_ours(said):
        raise NoSheet(FOREIGN)
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
