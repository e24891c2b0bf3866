"""The bytes that a document's stages name: on the disk before a stage is noted, and still the same when it is read again."""

from __future__ import annotations

import os

from archive.durable import DurableError, fsync_dir, sha256_file
from processor.document import Pending, blobs


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
