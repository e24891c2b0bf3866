"""What is said of a held document, and asked of it, as one step: two clerks, or a clerk and a command, overwrite nothing.

Promises: `fields.json` is changed only as whoever changes it has seen it, and never while the document is on its way already.
What a person does to the file by hand meanwhile is not locked out; it is noticed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from archive.durable import replace_durably
from processor import lot_notes
from processor.errors import SohoaError
from processor.journal import Journal
from processor.parking import FIELDS, REASON
from processor.sources import Parked


class Meanwhile(SohoaError):
    """Somebody else was quicker: the document is on its way or gone, or what is known of it has changed."""


@contextmanager
def alone(station: Path) -> Iterator[None]:
    """Nobody else of this station changes what is said of held documents."""
    descriptor = os.open(station / "work" / "held.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def version(lot: Path) -> str:
    """Tells one state of a lot from another: what was typed of it, and why it lies there."""
    seen = (hashlib.sha256(lot_notes.fields_bytes(lot / name)).digest() for name in (FIELDS, REASON))
    return hashlib.sha256(b"".join(seen)).hexdigest()


def under_way(journal: Journal) -> set[str]:
    """Lots that were sent on their way already, or are about to be."""
    every = [request.args for request in journal.asked()]
    asked = {name for args in every for name in (args.get("name", ""), *json.loads(args.get("lots", "[]")))}
    return asked | {source.folder for source in journal.sources() if isinstance(source, Parked)}


def set_fields(station: Path, folder: str, changes: Mapping[str, str]) -> None:
    """Write what a person says of a held document into its `fields.json`.

    Raises:
        SohoaError: what stands there is no JSON.
    """
    path = station / folder / FIELDS
    try:
        fields = lot_notes.fields_of(path)
    except ValueError as error:
        raise SohoaError(f"{path}: {error}; mend it first") from error
    replace_durably(path, lot_notes.fields_text({**fields, **changes}))


def send(station: Path, journal: Journal, verb: str, seen: tuple[str, str], changes: Mapping[str, str], **args: str) -> None:
    """Leave a request for a lot, with what is said of it.

    Args:
        station: its folder.
        journal: where the request is left.
        verb: `release`, `retry`, `reject`, `split`.
        seen: the lot's folder, and the version of it that whoever asks has seen.
        changes: fields to set first.
        args: of the request.

    Raises:
        Meanwhile: it is not as it was seen. SohoaError: its fields cannot be set.
    """
    folder = seen[0]
    with alone(station):
        _check_seen(station, journal, [seen])
        if changes:
            set_fields(station, folder, changes)
        journal.ask(verb, name=folder, scan="", **args)


def send_together(station: Path, journal: Journal, seen: Sequence[tuple[str, str]], **args: str) -> None:
    """Leave a request to join lots, in this order.

    Args:
        station: its folder.
        journal: where the request is left.
        seen: each lot's folder, and the version of its fields that whoever asks has seen.
        args: of the request; its `kind` is `held`.

    Raises:
        Meanwhile: one of them is not as it was seen.
    """
    with alone(station):
        _check_seen(station, journal, seen)
        journal.ask("join", lots=json.dumps([folder for folder, _ in seen]), **args)


def _check_seen(station: Path, journal: Journal, seen: Sequence[tuple[str, str]]) -> None:
    busy = under_way(journal)
    for folder, expected in seen:
        if lot_notes.read(station / folder) is None or folder in busy:
            raise Meanwhile(f"{folder} is on its way already")
        if version(station / folder) != expected:
            raise Meanwhile(f"somebody else described {folder} meanwhile")
