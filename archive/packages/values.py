"""What a package is made of, as values.

PURE: no I/O, no third-party package. Promises: ids and times come from these values alone, so that the same state of the archive
gives the same bytes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Fields = tuple[tuple[str, str], ...]
"""Descriptive elements in their order, each with its text."""

_OURS = uuid.UUID("2a6e3c0e-6f0a-5d2b-9a51-50f0a0d1c5b7")  # under which the ids of packages and of what they hold are made


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a package: its path within, its digest, where its bytes are (`data`, or a file of the archive)."""

    path: str
    sha256: str
    size: int
    media: str
    created: str
    source: Path | None = None
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Happening:
    """A PREMIS event; `subject` names the document it is about, or is empty for the package."""

    kind: str
    at: str
    detail: str
    outcome: str = "success"
    note: str = ""
    subject: str = ""
    agent: str = "software"


@dataclass(frozen=True, slots=True)
class Part:
    """A document: its code, its descriptive elements, its PDF as the archive keeps it, the code it counts in place of."""

    code: str
    title: str
    fields: Fields
    pdf: Item
    original_name: str
    version: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is written by rule and not by document: profile and words of E-ARK, which has none for `content_type`."""

    profile: str
    content_category: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Package:
    """A package of one file (hồ sơ), or of one document on its own, whole.

    Attributes:
        kind: AIP or SIP.
        file_code: of the file; of a document on its own, the package's code.
        moment: RFC 3339 in Vietnam's time.
    """

    kind: str
    fonds: str
    file_code: str
    title: str
    moment: str
    organisation: str
    organ_id: str
    software: str
    rules: Rules
    fields: Fields
    parts: tuple[Part, ...]
    happenings: tuple[Happening, ...]
    beside: tuple[Item, ...]

    @property
    def uuid(self) -> str:
        """Made of what the package holds: another state of the file is another package."""
        told = [self.kind, self.fonds, self.file_code, self.moment, *(f"{part.code} {part.pdf.sha256}" for part in self.parts)]
        return str(uuid.uuid5(_OURS, "\n".join(told))).upper()

    @property
    def identifier(self) -> str:
        """`mets/@OBJID` as TT 05/2025 writes it: `uuid-{UUID}`, `urn:uuid:{UUID}` or `urn:{fonds}:uuid-{UUID}`."""
        if self.kind == "SIP":
            return f"uuid-{self.uuid}"
        return f"urn:{self.fonds}:uuid-{self.uuid}" if self.fonds else f"urn:uuid:{self.uuid}"

    @property
    def folder(self) -> str:
        """The package's folder: its identifier, fit to be a name."""
        return self.identifier.replace(":", "_")

    def id(self, prefix: str, name: str) -> str:
        """An XML id for something in the package: always the same for the same thing."""
        return f"{prefix}-{str(uuid.uuid5(uuid.UUID(self.uuid), name)).upper()}"


def made(path: str, data: bytes, media: str, created: str) -> Item:
    """A file of a package whose bytes are made here."""
    return Item(path, hashlib.sha256(data).hexdigest(), len(data), media, created, None, data)


def by_path(items: tuple[Item, ...]) -> Mapping[str, Item]:
    """The items by their place in the package."""
    return {item.path: item for item in items}
