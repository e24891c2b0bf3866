"""A checkpoint: the head of the log as three lines of text, and the lines of those who signed it.

PURE: no I/O, no third-party package. The form is C2SP's (tlog-checkpoint, signed-note, tlog-cosignature): any tool of that family
reads it. Promises: what `parsed` returns says, written again, the same bytes. Refuses (CheckpointError) what is not of that form to
the letter: a reader more lenient than others could be shown another head than they are.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

NOTE_KEY, COSIGNATURE_KEY = b"\x01", b"\x04"  # kinds of Ed25519 keys (C2SP signed-note, tlog-cosignature)
_DASH = "\N{EM DASH} "
_ORIGIN = re.compile(r"[!-*,-~]+")  # printable, no space, no plus: the name of a key may have neither
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_ID = 4
_TIME = 8


class CheckpointError(ValueError):
    """Text that is not a checkpoint."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a log.

    Attributes:
        origin: which log.
        size: how many leaves it had.
        root: 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_coded(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Line:
    """A signature under a checkpoint.

    Attributes:
        name: whose key it claims to be of.
        id: 4 bytes that tell its keys apart.
        signature: what follows the id; of a cosignature the time first.
    """

    name: str
    id: bytes
    signature: bytes

    def text(self) -> str:
        """As it stands under the checkpoint."""
        return f"{_DASH}{self.name} {_coded(self.id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A head with the lines of those who signed it."""

    head: Head
    lines: tuple[Line, ...]

    def text(self) -> str:
        """As it is kept and handed on."""
        return self.head.text() + "\n" + "".join(line.text() for line in self.lines)


def origin_of(first_leaf: bytes) -> str:
    """The name of a log, from the hash of its first leaf: the same whenever it is made again, and no other log's."""
    return f"sohoa/{first_leaf.hex()[:16]}"


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    """What tells a name's keys apart."""
    return hashlib.sha256(name.encode() + b"\n" + kind + public).digest()[:_ID]


def verifier_key(name: str, kind: bytes, public: bytes) -> str:
    """A public key as tools of this family take it: `name+id+key`."""
    return f"{name}+{key_id(name, kind, public).hex()}+{_coded(kind + public)}"


def public_of(verifier: str) -> bytes:
    """The public key in a log's verifier key.

    Raises:
        CheckpointError: it is none, or its id is not that of its key.
    """
    return _key_of(verifier, NOTE_KEY, "log")[1]


def witness_of(verifier: str) -> tuple[str, bytes]:
    """The name and the public key in a witness's verifier key.

    Raises:
        CheckpointError: it is none, or its id is not that of its key.
    """
    return _key_of(verifier, COSIGNATURE_KEY, "witness")


def _key_of(verifier: str, kind: bytes, whose: str) -> tuple[str, bytes]:
    name, _, rest = verifier.partition("+")
    data = _decoded(rest.partition("+")[2])
    if not _ORIGIN.fullmatch(name) or data[:1] != kind or len(data) != 33 or verifier_key(name, kind, data[1:]) != verifier:
        raise CheckpointError(f"not the verifier key of a {whose}")
    return name, data[1:]


def signed(head: Head, public: bytes, signature: bytes) -> Line:
    """The log's own line: an Ed25519 signature of `head.text()`."""
    return Line(head.origin, key_id(head.origin, NOTE_KEY, public), signature)


def witnessed_text(head: Head, at: int) -> str:
    """What a witness signs who saw this head at a moment, in seconds since 1970 (C2SP tlog-cosignature)."""
    return f"cosignature/v1\ntime {at}\n{head.text()}"


def cosigned(name: str, public: bytes, at: int, signature: bytes) -> Line:
    """A witness's line."""
    return Line(name, key_id(name, COSIGNATURE_KEY, public), at.to_bytes(_TIME, "big") + signature)


def witnessed_at(line: Line) -> tuple[int, bytes]:
    """When a witness saw the head, and its signature.

    Raises:
        CheckpointError: the line is no witness's.
    """
    if len(line.signature) != _TIME + 64:
        raise CheckpointError("not the line of a witness")
    return int.from_bytes(line.signature[:_TIME], "big"), line.signature[_TIME:]


def parsed(text: str) -> Checkpoint:
    """A checkpoint from its text.

    Raises:
        CheckpointError: it is none.
    """
    body, blank, signatures = text.partition("\n\n")
    parts = body.split("\n")
    if not blank or len(parts) != 3 or not _ORIGIN.fullmatch(parts[0]) or not _SIZE.fullmatch(parts[1]):
        raise CheckpointError("not a checkpoint: origin, size, root, an empty line, signatures")
    root = _decoded(parts[2])
    if len(root) != 32:
        raise CheckpointError("the root is not 32 bytes")
    if not signatures.endswith("\n"):
        raise CheckpointError("the last line does not end")
    return Checkpoint(Head(parts[0], int(parts[1]), root), tuple(_line(each) for each in signatures[:-1].split("\n")))


def lines_of(checkpoint: Checkpoint, name: str, kind: bytes, public: bytes) -> Sequence[Line]:
    """The lines that claim to be of this key; others' are nobody's concern."""
    return [line for line in checkpoint.lines if line.name == name and line.id == key_id(name, kind, public)]


def _line(text: str) -> Line:
    dash, name, coded = text[:2], *text[2:].partition(" ")[::2]
    if dash != _DASH or not _ORIGIN.fullmatch(name):
        raise CheckpointError("not the line of a signature")
    data = _decoded(coded)
    if len(data) <= _ID:
        raise CheckpointError("a signature without its bytes")
    return Line(name, data[:_ID], data[_ID:])


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CheckpointError("not base64") from error
    if _coded(data) != text:
        raise CheckpointError("base64 that could be written otherwise")
    return data
