"""The shape of `sohoa.toml` where it tells of the archive: how it is kept, where its copies lie, who witnesses its log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from archive.checkpoint import witness_of
from processor.tables import Day, Duration, Table, Texts


class ArchiveTable(Table):
    """How the archive is kept."""

    immutable: bool


class PackagesTable(Table):
    """Whose archive packages are for."""

    archive_id: str
    fonds: Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{0,50}$")]


class MirrorTable(Table):
    """Another place where the sealed days lie too."""

    path: str
    removable: bool
    ends: Day
    check_every: Annotated[Duration, Field(gt=0)]
    encrypt: Texts


def _witness(text: str) -> str:
    """The key of a witness, as `sohoa witness` prints it."""
    witness_of(text)
    return text


Witnesses: TypeAlias = Mapping[str, Annotated[str, AfterValidator(_witness)]]
