"""A Merkle log as in RFC 6962 §2.1: roots, and proofs that an entry is in it and that an older log is its
beginning.

PURE: no I/O, no third-party package. Promises: a proof verifies only for the very tree it was made of.
Refuses (ValueError) to make a proof about what is not in the tree; refuses to pad a tree by doubling a
node, which would give two logs one root.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

Peaks = Sequence[tuple[int, bytes]]
"""The perfect subtrees a log is made of, from the left, each smaller than the one before: its width in leaves, its head."""

EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The head of the tree over these leaves; keeps only the logarithm of their number in memory."""
    *_, (_, head) = roots(leaf_hashes)
    return head


def roots(leaf_hashes: Iterable[bytes], sizes: frozenset[int] = frozenset()) -> Iterator[tuple[int, bytes]]:
    """The heads the log had at these sizes and at its end, as (size, root), in one pass."""
    peaks: list[tuple[int, bytes]] = []
    size = 0
    for leaf in leaf_hashes:
        if size in sizes:
            yield size, head_of(peaks)
        _push(peaks, leaf)
        size += 1
    yield size, head_of(peaks)


def grown(peaks: Peaks, leaf_hashes: Iterable[bytes]) -> Peaks:
    """The peaks of a log that these leaves were added to: who keeps them need not read the log again."""
    found = list(peaks)
    for leaf in leaf_hashes:
        _push(found, leaf)
    return tuple(found)


def size_of(peaks: Peaks) -> int:
    """How many leaves lie under these peaks."""
    return sum(width for width, _ in peaks)


def head_of(peaks: Peaks) -> bytes:
    """The head of the log with these peaks."""
    if not peaks:
        return EMPTY_ROOT
    head = peaks[-1][1]
    for _, left in reversed(peaks[:-1]):
        head = node_hash(left, head)
    return head


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of the leaf at this index (RFC 6962 §2.1.1).

    Raises:
        ValueError: there is no such leaf.
    """
    size = len(leaf_hashes)
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a log of {size}")
    if size == 1:
        return []
    split = _split(size)
    left, right = leaf_hashes[:split], leaf_hashes[split:]
    if index < split:
        return [*inclusion_proof(left, index), root(right)]
    return [*inclusion_proof(right, index - split), root(left)]


def inclusion_proofs(leaf_hashes: Sequence[bytes], indices: Iterable[int]) -> dict[int, list[bytes]]:
    """The audit paths of several leaves: every node is hashed once, however many are asked for.

    Raises:
        ValueError: an index is not in the tree.
    """
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:  # levels[k] has the heads of the perfect subtrees of 2^k leaves
        pairs = zip(levels[-1][::2], levels[-1][1::2], strict=False)
        levels.append([node_hash(left, right) for left, right in pairs])

    def head(first: int, end: int) -> bytes:
        size = end - first
        if size & (size - 1) == 0:
            return levels[size.bit_length() - 1][first // size]
        middle = first + _split(size)
        return node_hash(head(first, middle), head(middle, end))

    def path(index: int, first: int, end: int) -> list[bytes]:
        if end - first == 1:
            return []
        middle = first + _split(end - first)
        if index < middle:
            return [*path(index, first, middle), head(middle, end)]
        return [*path(index, middle, end), head(first, middle)]

    asked = list(indices)
    if any(not 0 <= index < len(leaf_hashes) for index in asked):
        raise ValueError("a leaf is not in the tree")
    return {index: path(index, 0, len(leaf_hashes)) for index in asked}


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Whether the proof leads from this leaf hash at this index to the head of a log of that size."""
    if not 0 <= index < size:
        return False
    place, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place % 2 or place == last:
            computed = node_hash(sibling, computed)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            computed = node_hash(computed, sibling)
        place, last = place // 2, last // 2
    return last == 0 and computed == head


def consistency_proof(leaf_hashes: Sequence[bytes], first: int) -> list[bytes]:
    """The proof that the log of the first so many leaves is the beginning of this one (RFC 6962 §2.1.2).

    Raises:
        ValueError: `first` is not within 1 … the size.
    """
    if not 1 <= first <= len(leaf_hashes):
        raise ValueError(f"no log of {first} leaves within one of {len(leaf_hashes)}")
    return _subproof(leaf_hashes, first, known=True)


def verify_consistency(first: int, second: int, older: bytes, newer: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the log (first, older) is the beginning of the log (second, newer)."""
    if not 1 <= first <= second:
        return False
    if first == second:
        return older == newer and not proof
    path = list(proof) if first & (first - 1) else [older, *proof]  # a perfect subtree is its own first node
    if not path:
        return False
    place, last = first - 1, second - 1
    while place % 2:
        place, last = place // 2, last // 2
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            new = node_hash(new, node)
        place, last = place // 2, last // 2
    return last == 0 and old == older and new == newer


def _subproof(leaf_hashes: Sequence[bytes], first: int, known: bool) -> list[bytes]:
    if first == len(leaf_hashes):
        return [] if known else [root(leaf_hashes)]
    split = _split(len(leaf_hashes))
    left, right = leaf_hashes[:split], leaf_hashes[split:]
    if first <= split:
        return [*_subproof(left, first, known), root(right)]
    return [*_subproof(right, first - split, known=False), root(left)]


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _push(peaks: list[tuple[int, bytes]], leaf: bytes) -> None:
    width = 1
    while peaks and peaks[-1][0] == width:
        leaf, width = node_hash(peaks.pop()[1], leaf), 2 * width
    peaks.append((width, leaf))
