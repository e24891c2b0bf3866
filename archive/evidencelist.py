"""A list of files with their digests, over which a time-stamp was had: `sha256sum -c` reads it, and it gives the hash tree.

PURE: no I/O, no third-party package. Promises: what `parsed` returns says, written again, the same bytes. Refuses (ValueError)
text that is no such list.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from archive.ers import DIGESTS, Tree

_LINE = re.compile(r"([0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})  ([^\n]+)")


@dataclass(frozen=True)
class EvidenceList:
    """What was time-stamped.

    Attributes:
        algorithm: a key of `ers.DIGESTS`.
        digests: by path from the archive's folder, in hexadecimal.
        before: by path, the digest of all evidence the file had by then, where a list renews it under another algorithm.
    """

    algorithm: str
    digests: Mapping[str, str]
    before: Mapping[str, str] = field(default_factory=dict)

    def leaf(self, path: str) -> bytes:
        """What stands in the tree for a file: its digest, or of one hashed anew that of its digest and its earlier evidence."""
        digest = bytes.fromhex(self.digests[path])
        if path not in self.before:
            return digest
        return hashlib.new(self.algorithm, digest + bytes.fromhex(self.before[path])).digest()

    @cached_property
    def tree(self) -> Tree:
        """The hash tree over all files."""
        return Tree(self.algorithm, map(self.leaf, self.digests))

    def text(self) -> bytes:
        """The list as it is kept."""
        return written(self.digests)


def written(digests: Mapping[str, str]) -> bytes:
    """Digests and paths, sorted by path, a line each."""
    return b"".join(f"{digest}  {path}\n".encode() for path, digest in sorted(digests.items()))


def parsed(algorithm: str, text: bytes, before: bytes = b"") -> EvidenceList:
    """A list from what is kept.

    Raises:
        ValueError: it is none.
    """
    if algorithm not in DIGESTS or not text:
        raise ValueError(f"no list by {algorithm}")
    return EvidenceList(algorithm, _read(text), _read(before))


def _read(text: bytes) -> dict[str, str]:
    found = [_LINE.fullmatch(line) for line in text.decode().split("\n")[:-1]]
    digests = {each[2]: each[1] for each in found if each}
    if len(digests) != len(found) or written(digests) != text:
        raise ValueError("not sorted lines of digest and path")
    return digests
