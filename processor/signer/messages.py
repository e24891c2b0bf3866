"""What the station and the helper say to each other (docs/signer.md), read with distrust.

PURE. Promises: a message is exactly what the protocol says or `ProtocolError`; texts that go to the clerk's console hold no
control characters, whatever a file was called.
"""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processor.signer.stop import Stop

VERSION = 1
LARGEST = 64 << 20  # bytes of a batch
MOST = 100_000  # signatures in one session
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter that looks like a digit
_TEXT = 300


class ProtocolError(Stop):
    """What came is not what the protocol says."""

    def __init__(self, detail: str) -> None:
        super().__init__("protocol", detail)


@dataclass(frozen=True, slots=True)
class Item:
    """One signature asked for, and what the station says it is for."""

    id: str
    doc_code: str
    name: str
    pages: int
    attributes: bytes


@dataclass(frozen=True, slots=True)
class Announced:
    """A session or a batch: whose, by which certificate, at most how many signatures."""

    id: str
    agency: str
    certificate: bytes
    expected: int


def code(batch: bytes) -> str:
    """The short code of a batch file: the station prints it, the clerk types it; 80 bits of its SHA-256."""
    number = int.from_bytes(hashlib.sha256(batch).digest()[:10], "big")
    letters = "".join(_ALPHABET[number >> shift & 31] for shift in range(75, -1, -5))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def sha256(batch: bytes) -> str:
    """What a carried answer names its batch file by."""
    return hashlib.sha256(batch).hexdigest()


def same_code(typed: str, true: str) -> bool:
    """Whether the clerk typed this code; case, spaces and hyphens do not matter, nor O for 0, I and L for 1."""
    plain = typed.upper().translate(str.maketrans("OIL", "011", " -\t"))
    return plain == true.replace("-", "")


def shown(text: str) -> str:
    """A text that may go to a console: one line, no control or direction characters, not endless."""
    plain = (" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text[:_TEXT])
    return "".join(plain).strip() or "-"


def _mapping(data: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("not JSON") from error
    if not isinstance(value, dict) or value.get("sohoa_signer") != VERSION:
        raise ProtocolError("another protocol or version")
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise ProtocolError("bytes are base64")
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise ProtocolError("bytes are base64") from error


def _item(value: object) -> Item:
    match value:
        case {"id": str(one), "doc_code": str(doc_code), "name": str(name), "pages": int(pages), "attributes": str(attributes)}:
            return Item(one, doc_code, name, pages, _bytes(attributes))
    raise ProtocolError("not a request for a signature")


def items(values: object) -> tuple[Item, ...]:
    """Requests, each id once."""
    if not isinstance(values, list):
        raise ProtocolError("no list of requests")
    found = tuple(map(_item, values))
    if len({item.id for item in found}) != len(found):
        raise ProtocolError("an id stands twice")
    return found


def announced(data: bytes) -> Announced:
    """What a session or a batch is."""
    match _mapping(data):
        case {"id": str(one), "agency": str(agency), "certificate": str(certificate), "expected": int(expected)} if (
            0 < expected <= MOST
        ):
            return Announced(one, agency, _bytes(certificate), expected)
    raise ProtocolError("not a session")


def batch(data: bytes) -> tuple[Announced, tuple[Item, ...]]:
    """A batch file whole: as many requests as it announces."""
    told, found = announced(data), items(_mapping(data).get("items"))
    if len(found) != told.expected:
        raise ProtocolError("not as many requests as announced")
    return told, found


def asked(data: bytes, session: str) -> tuple[bool, tuple[Item, ...]]:
    """The answer to a poll: whether the session goes on, and what is asked for now."""
    match _mapping(data):
        case {"id": str(one), "open": bool(is_open), "items": list(values)} if one == session:
            return is_open, items(values)
    raise ProtocolError("not this session's answer")


def answer(
    announced_: Announced, signatures: Mapping[str, bytes], refused: Mapping[str, str], more: Mapping[str, str]
) -> bytes:
    """What goes back: signatures and refusals by the requests' ids; `more`: `stop` or `batch_sha256`."""
    signed: Sequence[dict[str, str]] = [
        {"id": one, "signature": base64.b64encode(value).decode()} for one, value in signatures.items()
    ]
    rejected = [{"id": one, "reason": reason} for one, reason in refused.items()]
    told = {"sohoa_signer": VERSION, "id": announced_.id, "signatures": signed, "refused": rejected, **more}
    return json.dumps(told, ensure_ascii=False, indent=1).encode()
