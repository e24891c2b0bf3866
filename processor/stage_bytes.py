"""What a document's stages rest on: its code, and bytes on the disk before a stage is noted, the same when it is read again."""

from __future__ import annotations

import os

from archive.durable import DurableError, fsync_dir, sha256_file
from archive.store import Archive
from processor.document import Numbered, Pending, blobs, scan_of


def sync(document: Pending) -> None:
    """Put the bytes of a stage, and their names, on the disk."""
    for blob in blobs(document):
        descriptor = os.open(blob.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fsync_dir(blob.path.parent)


def are_intact(document: Pending) -> bool:
    """Whether the bytes of a stage are there and what they were."""
    try:
        return all(sha256_file(blob.path).sha256 == blob.sha256 for blob in blobs(document))
    except (OSError, DurableError):
        return False


def stands(document: Pending, archive: Archive) -> bool:
    """Whether a stage's bytes are intact and the code it gave is its own: the archive may have lost what it gave (`rebuild`)."""
    is_coded = not isinstance(document, Numbered) or archive.key_state(scan_of(document).key)[1] == document.doc_code
    return is_coded and are_intact(document)
