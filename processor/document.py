"""The stages of a document, one frozen type each: a wrong order does not type-check (docs/design.md, "The way of a document").

PURE: no I/O, no third-party package. Every stage names the one before it as `source` and adds what it found out;
`added` and `fold` turn that into rows of the journal and back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
        refusal: code and detail where its side-car or a person (then who) already decided that it goes no further.
        rotate: which pages a person turned, as `2:90`.
        origin: of what came in a mail: `sender_email`, `sender_name`, `message_id`; of any package what it holds besides documents
            (`others`), and what of that nobody has looked at for a mark of secrecy (`unseen`).
        listed: the row that names it: `name` and `sha256` of the list, `row`.
        cells: that row as it stood, heading to text.
        stack: of what was scanned in one go with others: the account of all its pages, and those left out of this document.
        joined_from: the scans a person joined into this one, in order: digest, and after a colon its pages where not all are here.
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
    origin: Mapping[str, str] = field(default_factory=dict)
    rotate: str = ""
    listed: Mapping[str, str] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    stack: Mapping[str, Any] = field(default_factory=dict)
    joined_from: tuple[str, ...] = ()

    @property
    def key(self) -> DocumentKey:
        """What makes this document one and the same however often it is dropped."""
        return DocumentKey(self.blob.sha256, self.lane, self.file_code, self.part, self.again)


@dataclass(frozen=True, slots=True)
class Verified:
    """An electronic original whose signatures were looked at; those found invalid come no further.

    Attributes:
        pdf: the document itself: the scan, or the member taken out of it; never changed.
        report: what was found, JSON (`processor.verify`).
        verdict: `valid`, `unknown` or `unsigned`.
        fields: the signature fields of the persons in charge, in order (lane `issue`).
        signer: who of the settings' persons signed last of them.
    """

    source: Scan
    pdf: Blob
    report: Blob
    verdict: str
    fields: tuple[str, ...] = ()
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Pages chosen, made a PDF body, read: portions of the body with their text layer."""

    source: Scan
    portions: tuple[Blob, ...]
    reading: Blob
    pages: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """An original, read; nothing was written into it."""

    source: Verified
    reading: Blob
    pages: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Described:
    """The record's descriptive fields, each with how sure they are; of an annex, the document it belongs to.

    Attributes:
        places: where on the pages each field was read or should stand (`processor.reading`).
        noticed: what a person should look at; until one has, the description is partial.
    """

    source: Recognised | Read
    values: Mapping[str, Any]
    confidence: Mapping[str, float]
    complete: bool
    main_code: str = ""
    urgency: str = ""
    places: Mapping[str, Any] = field(default_factory=dict)
    noticed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Numbered:
    """The document's code, reserved for its key; it stays whatever waits.

    Attributes:
        at: when it was given, RFC 3339; a lane's window before the seal begins then.
    """

    source: Described
    doc_code: str
    at: str = ""


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
class Settled:
    """An original that stays as it came, with what proves its signatures; decided, by what was found or by a person.

    Attributes:
        verdict: `valid`, `accepted` or `unsigned`.
        increment: bytes that, after those of the PDF, carry the validation data and a time-stamp; absent where the signatures
            could not be decided.
    """

    source: Numbered
    report: Blob
    page: Blob
    increment: Blob | None
    verdict: str
    facts: Mapping[str, Any]

    @property
    def pdf(self) -> Blob:
        """The document, as it came."""
        return original_of(self).pdf


@dataclass(frozen=True, slots=True)
class Filed:
    """In the archive."""

    source: Sealed | Settled
    record: Mapping[str, Any]


Pending: TypeAlias = Scan | Verified | Read | Recognised | Described | Numbered | Finished | Sealed | Settled
Document: TypeAlias = Pending | Filed

STAGES: tuple[type[Any], ...] = (Scan, Verified, Read, Recognised, Described, Numbered, Finished, Sealed, Settled, Filed)
_AFTER: Mapping[type[Any], tuple[type[Any], ...]] = {
    Scan: (Verified, Recognised), Verified: (Read,), Read: (Described,), Recognised: (Described,), Described: (Numbered,),
    Numbered: (Finished, Settled), Finished: (Sealed,), Sealed: (Filed,), Settled: (Filed,),
}  # fmt: skip
_NAMES = {stage.__name__: stage for stage in STAGES}


def scan_of(document: Document) -> Scan:
    """The scan a document at any stage began as."""
    while not isinstance(document, Scan):
        document = document.source
    return document


def stages_of(document: Document | None) -> list[Any]:
    """A document's stages, its scan first."""
    stages = list[Any]()
    while document is not None:
        stages.insert(0, document)
        document = None if isinstance(document, Scan) else document.source
    return stages


def original_of(document: Document) -> Verified:
    """The electronic original a document at a later stage began as.

    Raises:
        TypeError: it began as paper.
    """
    while not isinstance(document, Verified):
        if isinstance(document, Scan):
            raise TypeError("paper has no original")
        document = document.source
    return document


def blobs(document: Document) -> tuple[Blob, ...]:
    """The files this stage itself added, which must still be there for it to be taken up again."""
    match document:
        case Scan(blob=blob, beside=beside):
            return (blob, beside) if beside else (blob,)
        case Verified(pdf=pdf, report=report):
            return (pdf, report)
        case Settled(report=report, page=page, increment=increment):
            return (report, page, increment) if increment else (report, page)
        case Read(reading=reading):
            return (reading,)
        case Recognised(portions=portions, reading=reading):
            return (*portions, reading)
        case Finished(pdf=pdf) | Sealed(pdf=pdf):
            return (pdf,)
        case _:
            return ()


def _plain(value: Any, place: Callable[[Path], str]) -> Any:
    if isinstance(value, Blob):
        return {"path": place(value.path), "sha256": value.sha256, "size": value.size}
    if isinstance(value, tuple):
        return [_plain(item, place) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value


def added(document: Document, place: Callable[[Path], str] = str) -> dict[str, Any]:
    """What this stage added, as JSON values (its `source` left out); `place` writes down where a file lies."""
    return {f.name: _plain(getattr(document, f.name), place) for f in fields(document) if f.name != "source"}


def _blob(value: Mapping[str, Any], path: Callable[[str], Path]) -> Blob:
    return Blob(path(value["path"]), value["sha256"], value["size"])


def _revive(name: str, value: Any, path: Callable[[str], Path]) -> Any:
    if name in {"blob", "pdf", "reading", "beside", "report", "page", "increment"}:
        return _blob(value, path) if value else None
    if name == "portions":
        return tuple(_blob(item, path) for item in value)
    if name in {"released", "refusal", "fields", "noticed", "joined_from"}:
        return tuple(value)
    return value


def fold(rows: Iterable[tuple[str, Mapping[str, Any]]], path: Callable[[str], Path] = Path) -> Document | None:
    """The document that rows of (stage name, what it added) tell of, in the order they were written; `path` finds its files.

    A row that does not follow the stage before it ends the fold: what is later is made again.
    """
    document: Document | None = None
    for name, data in rows:
        stage = _NAMES.get(name)
        if stage is None or stage not in (_AFTER.get(type(document), ()) if document else (Scan,)):
            break
        values = {name: _revive(name, value, path) for name, value in data.items()}
        document = stage(**values) if document is None else stage(source=document, **values)
    return document
