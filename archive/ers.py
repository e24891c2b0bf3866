"""Evidence records (RFC 4998): a hash tree over many files, one time-stamp over its root, and what of both proves a single file.

PURE: no I/O, no third-party package. Promises: the same files give the same root, in whatever order they are named; what is cut
out for a file leads from its digest to the root. Every file is a leaf by itself (no data object groups).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DIGESTS = {"sha256": 1, "sha384": 2, "sha512": 3}  # the last number of their OIDs: 2.16.840.1.101.3.4.2
_DIGEST_OID = bytes.fromhex("06096086480165030402")  # DER, without that last number
_SEQUENCE, _OCTETS, _VERSION_1, _REDUCED = 0x30, 0x04, bytes.fromhex("020101"), 0xA2
_ALGORITHM = 0xA0  # [0], implicit, as [2] of the reduced hash tree


class Tree:
    """A binary hash tree over sorted, distinct leaves; a node is the digest of its two children, the smaller first.

    A leaf or node without a neighbour goes up unchanged (RFC 4998 §4.2 leaves the shape of the tree free).
    """

    def __init__(self, algorithm: str, leaves: Iterable[bytes]) -> None:
        self._levels = [sorted(set(leaves))]
        while len(below := self._levels[-1]) > 1:
            pairs = (sorted(below[at : at + 2]) for at in range(0, len(below), 2))
            self._levels.append([hashlib.new(algorithm, b"".join(pair)).digest() if len(pair) > 1 else pair[0] for pair in pairs])

    @property
    def root(self) -> bytes:
        """What is time-stamped."""
        return self._levels[-1][0]

    def reduced(self, leaf: bytes) -> tuple[tuple[bytes, ...], ...]:
        """The hash lists that lead from a leaf to the root (§4.2): none where it is the only one.

        Raises:
            KeyError: it is no leaf of this tree.
        """
        at, lists = bisect_left(self._levels[0], leaf), list[tuple[bytes, ...]]()
        if at == len(self._levels[0]) or self._levels[0][at] != leaf:
            raise KeyError(leaf.hex())
        for level in self._levels[:-1]:
            if at ^ 1 < len(level):
                beside = level[at ^ 1]
                lists.append((beside,) if lists else tuple(sorted((leaf, beside))))
            at //= 2
        return tuple(lists)


@dataclass(frozen=True, slots=True)
class ArchiveTimeStamp:
    """A time-stamp over a tree, reduced to what one file needs.

    Attributes:
        algorithm: of the tree, a key of `DIGESTS`.
        reduced: as `Tree.reduced`.
        token: the RFC 3161 token, DER.
    """

    algorithm: str
    reduced: tuple[tuple[bytes, ...], ...]
    token: bytes

    def der(self) -> bytes:
        """As it stands in a chain."""
        lists = b"".join(der(_SEQUENCE, *(der(_OCTETS, each) for each in group)) for group in self.reduced)
        reduced = der(_REDUCED, lists) if lists else b""
        return der(_SEQUENCE, der(_ALGORITHM, _oid(self.algorithm)), reduced, self.token)


Chain = Sequence[ArchiveTimeStamp]
"""Time-stamps of one hash algorithm, each over the token of the one before (§5.2)."""


def sequence(chains: Sequence[Chain]) -> bytes:
    """All chains of a file, oldest first: what a hash-tree renewal hashes together with the file (§5.3). DER."""
    return der(_SEQUENCE, *(der(_SEQUENCE, *(stamp.der() for stamp in chain)) for chain in chains))


def record(chains: Sequence[Chain]) -> bytes:
    """The evidence record of a file, DER."""
    used = dict.fromkeys(stamp.algorithm for chain in chains for stamp in chain)
    algorithms = der(_SEQUENCE, *(der(_SEQUENCE, _oid(name)) for name in used))
    return der(_SEQUENCE, _VERSION_1, algorithms, sequence(chains))


def _oid(algorithm: str) -> bytes:
    return _DIGEST_OID + bytes([DIGESTS[algorithm]])


def der(tag: int, *parts: bytes) -> bytes:
    """One value of DER, of these parts."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
