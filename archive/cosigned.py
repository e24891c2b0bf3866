"""What witnesses signed and gave back: heads of this log that an auditor's key vouches for, in `_log/cosigned/`.

Promises: nothing is taken in that does not hold: a head that was published here, with a line of a key that was pinned before,
whose signature verifies; each line has a file and an entry of its own. It is checked again by every `verify` and every night, for
whoever writes in the folder may lay there, or take away, what they like. Refuses (WitnessError): `not-pinned`, `signature-invalid`,
`log-forked`: a witness signed another past than this one, and somebody has to explain; `bad-request`, what cannot be read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlite_utils import Database

from archive import checkpoint
from archive.catalogue import Catalogue
from archive.checkpoint import COSIGNATURE_KEY, Checkpoint, CheckpointError, Line
from archive.counted import counted
from archive.durable import make_dirs_durably, write_durably
from archive.event import Event
from archive.heads import LOG
from archive.verify_log import Finding
from archive.verify_log import parsed as parsed_facts
from archive.witness import WitnessError

COSIGNED = f"{LOG}/cosigned"
WITNESSED = "witnessed"
_SAID = ("size", "witness", "key", "seen_at")


@dataclass(frozen=True, slots=True)
class Seen:
    """A line of a witness under a head of this log.

    Attributes:
        size: entries of the log that were seen.
        at: when, as the witness says.
        is_verified: a pinned key made it; False: nobody knows that key here.
    """

    size: int
    name: str
    at: dt.datetime
    is_verified: bool


def take(root: Path, catalogue: Catalogue, data: bytes, pins: Sequence[str], actor: str) -> list[Seen]:
    """Takes in what a witness gave back; the same again changes nothing.

    Args:
        root, catalogue: the archive.
        data: the cosigned checkpoint.
        pins: verifier keys of the witnesses.
        actor: who brings it.

    Raises:
        WitnessError: see the module.
    """
    try:
        read = checkpoint.parsed(data.decode())
    except (CheckpointError, UnicodeDecodeError) as error:
        raise WitnessError("bad-request", f"not a cosigned checkpoint: {error}") from error
    held = [(pin, line) for pin in pins for line in _lines(read, pin)]
    if not held:
        names = ", ".join(sorted({line.name for line in read.lines if line.name != read.head.origin})) or "nobody"
        raise WitnessError("not-pinned", f"signed by {names}: no key of theirs is in [witnesses]")
    if not all(_verifies(read, pin, line) for pin, line in held):
        raise WitnessError("signature-invalid", "the witness's signature is not over this head")
    with catalogue.reading() as db:
        if fault := _fault(db, read):
            raise WitnessError("log-forked", fault)
    lines = [line for line in read.lines if line.name == read.head.origin]
    for _, line in held:
        _keep(root, catalogue, Checkpoint(read.head, (*lines, line)), actor)
    return [_seen(read, line, verified=True) for _, line in held]


def _keep(root: Path, catalogue: Catalogue, own: Checkpoint, actor: str) -> None:
    """The head with one line of a witness, its last: a file and an entry each, whatever came with it."""
    line = own.lines[-1]
    path, public = root / _place(own.head.size, line.id.hex(), checkpoint.witnessed_at(line)[0]), _public(own, line)
    if not path.exists():
        make_dirs_durably(path.parent)
        write_durably(path, own.text().encode())
    with catalogue.writing() as db:  # asked by itself: whoever took it in may have been interrupted, or the file been lost since
        if public not in _witnessed(db):
            catalogue.append(Event(WITNESSED, actor, public=public))


def listed(root: Path, pins: Sequence[str], size: int | None = None) -> list[Seen]:
    """What lies there, newest head first; of one size, where it is given. What cannot be read is for `check` to tell."""
    found = list[Seen]()
    for path in _paths(root):
        read = _read(path)
        if read is None or size not in (None, read.head.size):
            continue
        known = [line for pin in pins for line in _lines(read, pin) if _verifies(read, pin, line)]
        for line in (line for line in read.lines if _is_witness(line)):
            found.append(_seen(read, line, verified=line in known))
    return sorted(found, key=lambda each: (each.size, each.at), reverse=True)


def check(root: Path, db: Database, pins: Sequence[str]) -> Iterator[Finding]:
    """Every cosigned head is one that was published here, what claims to be of a pinned key is, and what was taken in is there."""
    yield from _lost(root, db)
    for path in _paths(root):
        place, read = path.relative_to(root).as_posix(), _read(path)
        if read is None:
            yield Finding("witness-invalid", None, place, "is no cosigned checkpoint")
            continue
        if fault := _fault(db, read):
            yield Finding("witness-forked", None, place, fault)
        if not all(_verifies(read, pin, line) for pin in pins for line in _lines(read, pin)):
            yield Finding("witness-invalid", None, place, "the signature of a witness is not over this head")


def _lost(root: Path, db: Database) -> Iterator[Finding]:
    """Lines that the log has and no file: without them nothing tells another past from the one that was seen."""
    there = [_public(read, line) for path in _paths(root) if (read := _read(path)) for line in read.lines if _is_witness(line)]
    for public in _witnessed(db):
        if public not in there:
            place = "-".join((str(public.get("size")).zfill(12), str(public.get("key")), str(public.get("seen_at"))))
            yield Finding("witness-missing", None, f"{COSIGNED}/{place}", "what a witness signed and the log tells of is not there")


def _fault(db: Database, read: Checkpoint) -> str:
    """Why it is no head of this log; empty: it is one."""
    rows = list(db.table("checkpoint").rows_where("size = ?", [read.head.size]))
    if not rows:
        return f"no head of {counted(read.head.size, 'entry')} was published here: the witness saw another log, or a longer one"
    known = (rows[0]["origin"], rows[0]["root"])
    return "" if known == (read.head.origin, read.head.root.hex()) else f"the witness saw other {read.head.size} entries than these"


def _paths(root: Path) -> list[Path]:
    folder = root / COSIGNED
    return sorted(path for path in folder.iterdir() if not path.name.endswith(".part")) if folder.is_dir() else []


def _read(path: Path) -> Checkpoint | None:
    try:
        return checkpoint.parsed(path.read_bytes().decode()) if path.is_file() and not path.is_symlink() else None
    except (CheckpointError, UnicodeDecodeError, OSError):
        return None


def _place(size: int, key: str, at: int) -> str:
    return f"{COSIGNED}/{size:012}-{key}-{at}"


def _public(read: Checkpoint, line: Line) -> dict[str, str | int]:
    """What the log says of a line."""
    at = checkpoint.witnessed_at(line)[0]
    return {"size": read.head.size, "witness": line.name, "key": line.id.hex(), "seen_at": at}


def _witnessed(db: Database) -> list[dict[str, Any]]:
    """What the log says of all lines, oldest first; a clock that stood behind (`clock_behind_us`) is nothing the witness said."""
    rows = db.execute("select public from event where type = ? order by seq", [WITNESSED])
    return [{name: fact for name, fact in parsed_facts(public).items() if name in _SAID} for (public,) in rows]


def _lines(read: Checkpoint, pin: str) -> Sequence[Line]:
    name, public = checkpoint.witness_of(pin)
    return [line for line in checkpoint.lines_of(read, name, COSIGNATURE_KEY, public) if _is_witness(line)]


def _is_witness(line: Line) -> bool:
    try:
        dt.datetime.fromtimestamp(checkpoint.witnessed_at(line)[0], dt.UTC)
    except (CheckpointError, OverflowError, OSError, ValueError):  # the log's own line, or a moment no calendar has
        return False
    return True


def _verifies(read: Checkpoint, pin: str, line: Line) -> bool:
    at, signature = checkpoint.witnessed_at(line)
    try:
        Ed25519PublicKey.from_public_bytes(checkpoint.witness_of(pin)[1]).verify(
            signature, checkpoint.witnessed_text(read.head, at).encode())  # fmt: skip
    except (InvalidSignature, ValueError):
        return False
    return True


def _seen(read: Checkpoint, line: Line, *, verified: bool) -> Seen:
    at = dt.datetime.fromtimestamp(checkpoint.witnessed_at(line)[0], dt.UTC)
    return Seen(read.head.size, line.name, at, verified)
