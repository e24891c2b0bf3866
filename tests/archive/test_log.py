from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree  # type: ignore[import-untyped]  # it has no types

from archive.log import (
    consistency_proof,
    grown,
    head_of,
    inclusion_proof,
    inclusion_proofs,
    leaf_hash,
    node_hash,
    root,
    roots,
    size_of,
    verify_consistency,
    verify_inclusion,
)

# The reference vectors of Certificate Transparency (merkle_tree_test of its first implementations).
ENTRIES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def hashes(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize("size", range(9))
def test_the_reference_roots_of_certificate_transparency(size: int) -> None:
    assert root([leaf_hash(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size]


def test_all_heads_of_a_log_in_one_pass() -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    found = list(roots(leaves, frozenset({0, 3, 7})))
    assert [(size, head.hex()) for size, head in found] == [(size, ROOTS[size]) for size in (0, 3, 7, 8)]


MOST = 65  # one more than a perfect tree of 64


def test_every_entry_of_every_small_log_can_be_proved() -> None:
    for size in range(1, MOST + 1):
        leaves, head = hashes(size), root(hashes(size))
        for index, proof in inclusion_proofs(leaves, range(size)).items():
            leaf = leaves[index]
            assert verify_inclusion(leaf, index, size, proof, head)
            assert not verify_inclusion(leaf_hash(b"other"), index, size, proof, head)
            assert not any(verify_inclusion(leaf, other, size, proof, head) for other in range(size) if other != index)
            assert not any(verify_inclusion(leaf, *other, proof, head) for other in ((-1, size), (size, size), (index, index), (index, 0)))
            assert not any(verify_inclusion(leaf, index, size, wrong, head) for wrong in forged(proof, head))


def test_every_beginning_of_every_small_log_can_be_proved() -> None:
    for second in range(1, MOST + 1):
        leaves, newer = hashes(second), root(hashes(second))
        for first in range(1, second + 1):
            older, proof = root(leaves[:first]), consistency_proof(leaves, first)
            assert verify_consistency(first, second, older, newer, proof)
            assert not any(verify_consistency(*sizes, older, newer, proof) for sizes in ((0, second), (second + 1, second), (-1, second)))
            if first < second:
                assert not verify_consistency(second, first, newer, older, proof), "the other way round"
                assert not verify_consistency(first, second, newer, older, proof)
                assert not verify_consistency(first, second, newer, newer, proof)
                assert not verify_consistency(first, second, older, older, proof)
                assert not any(verify_consistency(first, second, older, newer, wrong) for wrong in forged(proof, newer))


def forged(proof: list[bytes], other: bytes) -> Iterator[list[bytes]]:
    """Proofs that are not this one: longer, cut, in another order, with a node of something else."""
    yield [*proof, other]
    yield [other, *proof]
    if proof:
        yield proof[:-1]
        yield proof[1:]
        yield [*proof[:-1], leaf_hash(b"other")]
    if len(proof) > 1:
        yield proof[::-1]
        yield [proof[1], proof[0], *proof[2:]]


def test_the_same_roots_and_proofs_as_a_tree_that_others_wrote() -> None:
    """pymerkle 7 (RFC 9162): its paths begin with the leaf; its proofs of consistency have a form of their own."""
    theirs = InmemoryTree(algorithm="sha256")
    for size in range(1, MOST + 1):
        theirs.append_entry(str(size - 1).encode())
        assert theirs.get_root(size) == root(hashes(size))
    leaves = hashes(MOST)
    for index in range(MOST):
        assert theirs.prove_inclusion(index + 1, MOST).path[1:] == inclusion_proof(leaves, index)
    for first in range(1, MOST):
        assert verify_consistency(first, MOST, theirs.get_root(first), theirs.get_root(MOST), consistency_proof(leaves, first))


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=300), st.data())
def test_any_log_has_the_root_that_others_compute_and_is_proved_to_them(entries: list[bytes], data: st.DataObject) -> None:
    theirs, leaves = InmemoryTree(algorithm="sha256"), [leaf_hash(entry) for entry in entries]
    for entry in entries:
        theirs.append_entry(entry)
    index, first = data.draw(st.integers(0, len(entries) - 1)), data.draw(st.integers(1, len(entries)))
    assert theirs.get_root() == root(leaves) == head_of(grown((), leaves))
    assert theirs.prove_inclusion(index + 1).path[1:] == inclusion_proof(leaves, index)
    peaks = grown((), leaves[:first])
    assert (size_of(peaks), head_of(grown(peaks, leaves[first:]))) == (first, root(leaves)), "it grows from where it was"
    assert verify_consistency(first, len(entries), theirs.get_root(first), theirs.get_root(), consistency_proof(leaves, first))


@given(st.integers(2, 200), st.data())
def test_a_rewritten_past_has_no_proof(size: int, data: st.DataObject) -> None:
    leaves = hashes(size)
    first = data.draw(st.integers(1, size - 1))
    older = root(leaves[:first])
    leaves[data.draw(st.integers(0, first - 1))] = leaf_hash(b"rewritten")
    assert not verify_consistency(first, size, older, root(leaves), consistency_proof(leaves, first))


def test_an_odd_leaf_is_not_doubled() -> None:
    first, second, third = hashes(3)
    assert root([first, second, third]) != root([first, second, third, third])


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3)])
def test_no_beginning_that_is_none(first: int, second: int) -> None:
    head = root(hashes(3))
    assert not verify_consistency(first, second, head, head, [])
    with pytest.raises(ValueError, match="no log of"):
        consistency_proof(hashes(second), first)


def test_no_entry_that_is_none() -> None:
    with pytest.raises(ValueError, match="no leaf 3"):
        inclusion_proof(hashes(3), 3)
    assert not verify_inclusion(hashes(1)[0], 1, 1, [], root(hashes(1)))


def test_hashes_of_leaves_and_nodes_are_told_apart() -> None:
    assert leaf_hash(b"a") == hashlib.sha256(b"\x00a").digest()
    assert node_hash(b"l", b"r") == hashlib.sha256(b"\x01lr").digest()


@given(st.integers(1, 70))
def test_many_proofs_at_once_are_the_proofs_one_by_one(size: int) -> None:
    leaves = hashes(size)
    assert inclusion_proofs(leaves, range(size)) == {index: inclusion_proof(leaves, index) for index in range(size)}


def test_many_proofs_want_leaves_that_are_there() -> None:
    for index in (-1, 3):
        with pytest.raises(ValueError):
            inclusion_proofs(hashes(3), [index])
    assert inclusion_proofs([], []) == {}
