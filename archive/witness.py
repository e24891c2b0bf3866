"""Somebody else's memory of the log: keeps the last head it saw, signs a newer one only when it goes on from that.

Runs on the auditor's machine, with the auditor's key, from a file the office sent or from the archive itself. Promises: of two
heads that contradict each other at most one is ever signed, whatever is asked and however often, also when the power goes between.
Refuses (WitnessError): a head that the log's own key did not sign (`note-invalid`), a log whose key is not the one first seen
(`key-changed`), an older head (`log-shortened`), one that tells another past (`log-forked`), what cannot be read (`bad-request`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive import keyfile, log
from archive.checkpoint import (
    COSIGNATURE_KEY,
    NOTE_KEY,
    Checkpoint,
    cosigned,
    lines_of,
    parsed,
    public_of,
    verifier_key,
    witnessed_text,
)
from archive.counted import counted
from archive.durable import DurableError, make_dirs_durably, read_plain, replace_durably, write_durably
from archive.errors import ArchiveError
from archive.heads import CHECKPOINT, DAY, ENTRIES, KEYS, LOG, NEWEST

PUBLIC = "witness.txt"
_KEY, _LAST, _SEEN = "witness.pem", "checkpoint", "seen"
_NAME = re.compile("sohoa/[0-9a-f]{16}")
Prove = Callable[[int, int], tuple[int, Sequence[bytes]]]
"""Given the size that is known and the size that is asked for: the size the proof is from, and its hashes."""


class WitnessError(ArchiveError):
    """The witness does not sign."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A head that is to be witnessed.

    Attributes:
        checkpoint: the head, signed by its log.
        prove: gives the proof from what is known.
        keys: the log's public keys that came with it, 32 bytes each; believed only at first sight.
    """

    checkpoint: Checkpoint
    prove: Prove
    keys: tuple[bytes, ...]


def of_archive(root: Path) -> Asked:
    """The newest head of an archive that is at hand; the proof is made from the entries that were published.

    Raises:
        WitnessError: `bad-request`.
    """
    try:
        checkpoint = parsed(read_plain(root / LOG / NEWEST).decode())
        keys = tuple(public_of(read_plain(path).decode().strip()) for path in sorted((root / LOG / KEYS).glob("*.txt")))
    except (DurableError, OSError, ValueError) as error:
        raise WitnessError("bad-request", f"{root / LOG} holds no head that can be read ({type(error).__name__})") from error

    def prove(known: int, size: int) -> tuple[int, Sequence[bytes]]:
        leaves = [log.leaf_hash(line) for line in _published(root)[:size]]
        if len(leaves) != size or log.root(leaves) != checkpoint.head.root:
            raise WitnessError("log-altered", "the published entries do not give the head that is to be signed")
        return known, log.consistency_proof(leaves, known) if 1 <= known <= size else ()

    return Asked(checkpoint, prove, keys)


def _published(root: Path) -> list[bytes]:
    """The entries that were published, in the order of their heads: a day that could be sealed only later has a later one.

    Raises:
        WitnessError: `bad-request`.
    """
    try:
        folders = [path.parent for path in (root / LOG).glob(f"{DAY}/{CHECKPOINT}")]
        folders.sort(key=lambda folder: parsed(read_plain(folder / CHECKPOINT).decode()).head.size)
        return [line for folder in folders for line in read_plain(folder / ENTRIES).split(b"\n")[:-1]]
    except (DurableError, OSError, ValueError) as error:
        raise WitnessError("bad-request", f"{root / LOG} holds a head that cannot be read ({type(error).__name__})") from error


def of_request(old: int, path: Sequence[bytes], checkpoint: Checkpoint, keys: Sequence[str] = ()) -> Asked:
    """A head that was sent, with the proof from the size its sender believed to be known.

    Args:
        old, path, checkpoint: as `prooftext.read_consistency` gives them.
        keys: verifier keys of the log.

    Raises:
        WitnessError: `bad-request`, a key is none.
    """
    try:
        return Asked(checkpoint, lambda known, size: (old, path), tuple(public_of(key.strip()) for key in keys))
    except ValueError as error:
        raise WitnessError("bad-request", str(error)) from error


def witness(folder: Path, name: str, asked: Asked, now: int) -> Checkpoint:
    """Sign a head that goes on from the last one seen of this log, and remember it first.

    Args:
        folder: the witness's own: its key, and a folder for each log with what was seen of it.
        name: the witness's, under which it signs.
        asked: the head.
        now: seconds since 1970.

    Returns:
        The head with the log's line and the witness's.

    Raises:
        WitnessError: see the module; the last head that was seen stays.
    """
    head = asked.checkpoint.head
    if not _NAME.fullmatch(head.origin):  # it names a folder of the witness's
        raise WitnessError("bad-request", "it bears no name of a log that Sohoa gives")
    place = folder / head.origin.replace("/", "-")
    last = _last(place / _LAST)
    public = _logs_key(place, asked)
    if last is not None:
        _check_goes_on(last, asked)
    make_dirs_durably(place / _SEEN)
    if not (place / "key").exists():
        write_durably(place / "key", (verifier_key(head.origin, NOTE_KEY, public) + "\n").encode())
    private = keyfile.opened(folder / _KEY)
    own = keyfile.public(private)
    line = cosigned(name, own, now, private.sign(witnessed_text(head, now).encode()))
    replace_durably(folder / PUBLIC, (verifier_key(name, COSIGNATURE_KEY, own) + "\n").encode())
    signed = Checkpoint(head, (*lines_of(asked.checkpoint, head.origin, NOTE_KEY, public)[:1], line))
    replace_durably(place / _LAST, signed.text().encode())  # remembered before it is handed out
    replace_durably(place / _SEEN / f"{head.size:012}", signed.text().encode())
    return signed


def _last(path: Path) -> Checkpoint | None:
    if not path.exists():
        return None
    try:
        return parsed(path.read_text("utf-8"))
    except ValueError as error:
        raise WitnessError("bad-memory", f"{path} is no checkpoint: nothing is signed until somebody looked") from error


def _logs_key(place: Path, asked: Asked) -> bytes:
    """The key of the log that signed this head: the one first seen, and no other."""
    kept = (place / "key").read_text("utf-8") if (place / "key").exists() else ""
    for public in (public_of(kept.strip()),) if kept else asked.keys:
        if _is_signed(asked.checkpoint, public):
            return public
    if kept and any(_is_signed(asked.checkpoint, public) for public in asked.keys):
        raise WitnessError("key-changed", "another key than the one first seen signed it: ask the office why before you take it")
    raise WitnessError("note-invalid", "the log's own key did not sign this head")


def _is_signed(checkpoint: Checkpoint, public: bytes) -> bool:
    for line in lines_of(checkpoint, checkpoint.head.origin, NOTE_KEY, public):
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(line.signature, checkpoint.head.text().encode())
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def _check_goes_on(last: Checkpoint, asked: Asked) -> None:
    known, head = last.head, asked.checkpoint.head
    if head.size < known.size:
        raise WitnessError("log-shortened", f"{counted(known.size, 'entry')} seen before, {head.size} shown now")
    if known.size == 0:
        return
    old, path = asked.prove(known.size, head.size)
    if old != known.size:
        raise WitnessError("bad-request", f"the proof is from size {old}, size {known.size} was seen: ask for one from there")
    if not log.verify_consistency(known.size, head.size, known.root, head.root, path):
        raise WitnessError("log-forked", f"the log of size {known.size} that was seen is not the beginning of this one")
