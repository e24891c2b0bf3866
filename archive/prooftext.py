"""Proofs as text: the forms of C2SP (tlog-proof; the request of tlog-witness), which other tools read too. PURE."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from archive.checkpoint import Checkpoint, CheckpointError, parsed

_FIRST = "c2sp.org/tlog-proof@v1"
_MOST = 63  # hashes: a log of more than 2^63 entries does not exist


def inclusion_text(index: int, path: Sequence[bytes], checkpoint: str) -> str:
    """That the entry at an index is in the log of a checkpoint."""
    return f"{_FIRST}\nindex {index}\n{_hashes(path)}\n{checkpoint}"


def consistency_text(old: int, path: Sequence[bytes], checkpoint: str) -> str:
    """That the log of `old` entries is the beginning of that of a checkpoint: what a witness is asked to sign."""
    return f"old {old}\n{_hashes(path)}\n{checkpoint}"


def read_inclusion(text: str) -> tuple[int, list[bytes], Checkpoint]:
    """Index, path and checkpoint of a proof.

    Raises:
        CheckpointError: it is none.
    """
    first, _, rest = text.partition("\n")
    if first != _FIRST:
        raise CheckpointError("not a proof of the form tlog-proof@v1")
    return _read(rest, "index ")


def read_consistency(text: str) -> tuple[int, list[bytes], Checkpoint]:
    """Old size, path and checkpoint of a request to a witness.

    Raises:
        CheckpointError: it is none.
    """
    return _read(text, "old ")


def _read(text: str, word: str) -> tuple[int, list[bytes], Checkpoint]:
    above, blank, checkpoint = text.partition("\n\n")
    number, *hashes = above.split("\n")
    digits = number.removeprefix(word)
    if not blank or not number.startswith(word) or not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise CheckpointError(f"not a proof: no line of the form '{word}N'")
    if len(hashes) > _MOST:
        raise CheckpointError("more hashes than a proof can have")
    return int(digits), [_hash(each) for each in hashes], parsed(checkpoint)


def _hashes(path: Sequence[bytes]) -> str:
    return "".join(base64.b64encode(each).decode() + "\n" for each in path)


def _hash(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CheckpointError("a hash is not base64") from error
    if len(data) != 32:
        raise CheckpointError("a hash is not 32 bytes")
    return data
