"""The stages of a document, one frozen type each: a wrong order does not type-check (docs/design.md, "The way of a document").

PURE: no I/O, no third-party package. Every stage names the one before it as `source` and adds what it found out;
`added` and `fold` turn that into rows of the journal and back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias

from archive.record import Blob, DocumentKey


@dataclass(frozen=True, slots=True)
class Scan:
    """Bytes that arrived and were claimed: copied, hashed, durable.

    Attributes:
        sidecar: descriptive fields a person set; they go before what is read.
        beside: the side-car's own bytes, as they came.
        released: codes a person has looked at and released.
        refusal: code and detail where its side-car or a person already decided that it goes no further.
    """

    blob: Blob
    lane: str
    original_name: str
    received_at: str
    file_code: str = ""
    part: str = ""
    again: int = 0
    sidecar: Mapping[str, str] = field(default_factory=dict)
    beside: Blob | None = None
    released: tuple[str, ...] = ()
    refusal: tuple[str, ...] = ()

    @property
    def key(self) -> DocumentKey:
        """What makes this document one and the same however often it is dropped."""
        return DocumentKey(self.blob.sha256, self.lane, self.file_code, self.part, self.again)


@dataclass(frozen=True, slots=True)
class Recognised:
    """Pages chosen, made a PDF body, read: portions of the body with their text layer."""

    source: Scan
    portions: tuple[Blob, ...]
    reading: Blob
    pages: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Described:
    """The record's descriptive fields, each with how sure they are."""

    source: Recognised
    values: Mapping[str, Any]
    confidence: Mapping[str, float]
    complete: bool


@dataclass(frozen=True, slots=True)
class Numbered:
    """The document's code, reserved for its key; it stays whatever waits."""

    source: Described
    doc_code: str


@dataclass(frozen=True, slots=True)
class Finished:
    """One PDF/A, validated, with a place found for the block."""

    source: Numbered
    pdf: Blob
    place: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sealed:
    """The sealed PDF, examined with fresh eyes; journaled before it is filed, since signing is not repeatable."""

    source: Finished
    pdf: Blob
    block_text: str
    signed_at: str
    timestamped_at: str
    pades_level: str
    pdfa: str


@dataclass(frozen=True, slots=True)
class Filed:
    """In the archive."""

    source: Sealed
    record: Mapping[str, Any]


Pending: TypeAlias = Scan | Recognised | Described | Numbered | Finished | Sealed
Document: TypeAlias = Pending | Filed

STAGES: tuple[type[Any], ...] = (Scan, Recognised, Described, Numbered, Finished, Sealed, Filed)


def scan_of(document: Document) -> Scan:
    """The scan a document at any stage began as."""
    while not isinstance(document, Scan):
        document = document.source
    return document


def blobs(document: Document) -> tuple[Blob, ...]:
    """The files this stage itself added, which must still be there for it to be taken up again."""
    match document:
        case Scan(blob=blob, beside=beside):
            return (blob, beside) if beside else (blob,)
        case Recognised(portions=portions, reading=reading):
            return (*portions, reading)
        case Finished(pdf=pdf) | Sealed(pdf=pdf):
            return (pdf,)
        case _:
            return ()


def _plain(value: Any) -> Any:
    if isinstance(value, Blob):
        return {"path": str(value.path), "sha256": value.sha256, "size": value.size}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value


def added(document: Document) -> dict[str, Any]:
    """What this stage added, as JSON values (its `source` left out)."""
    return {f.name: _plain(getattr(document, f.name)) for f in fields(document) if f.name != "source"}


def _blob(value: Mapping[str, Any]) -> Blob:
    return Blob(Path(value["path"]), value["sha256"], value["size"])


def _revive(name: str, value: Any) -> Any:
    if name in {"blob", "pdf", "reading", "beside"}:
        return _blob(value) if value else None
    if name == "portions":
        return tuple(_blob(item) for item in value)
    if name in {"released", "refusal"}:
        return tuple(value)
    return value


def fold(rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Document | None:
    """The document that rows of (stage name, what it added) tell of, in the order they were written.

    A row that does not follow the stage before it ends the fold: what is later is made again.
    """
    document: Document | None = None
    for expected, (stage, data) in zip(STAGES, rows, strict=False):
        if stage != expected.__name__:
            break
        values = {name: _revive(name, value) for name, value in data.items()}
        document = expected(**values) if document is None else expected(source=document, **values)
    return document
