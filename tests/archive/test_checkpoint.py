from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from archive.checkpoint import (
    COSIGNATURE_KEY,
    NOTE_KEY,
    Checkpoint,
    CheckpointError,
    Head,
    Line,
    cosigned,
    key_id,
    lines_of,
    origin_of,
    parsed,
    signed,
    verifier_key,
    witnessed_at,
    witnessed_text,
)

# The example of Go's sumdb/note package, whose form C2SP's signed-note is.
NAME = "PeterNeumann"
PUBLIC = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
SAID = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="

heads = st.builds(Head, st.from_regex(r"[!-*,-~]{1,30}", fullmatch=True), st.integers(0, 10**18), st.binary(min_size=32, max_size=32))
lines = st.builds(Line, st.from_regex(r"[!-*,-~]{1,30}", fullmatch=True), st.binary(min_size=4, max_size=4), st.binary(min_size=1))


def test_the_key_and_the_line_of_gos_example() -> None:
    data = base64.b64decode(LINE)
    assert verifier_key(NAME, NOTE_KEY, PUBLIC) == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert data[:4] == key_id(NAME, NOTE_KEY, PUBLIC)
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(data[4:], SAID.encode())
    assert Line(NAME, data[:4], data[4:]).text() == f"\N{EM DASH} {NAME} {LINE}\n"


@given(heads, st.lists(lines, min_size=1, max_size=3))
def test_what_is_read_is_what_was_written(head: Head, signatures: list[Line]) -> None:
    made = Checkpoint(head, tuple(signatures))
    assert parsed(made.text()) == made


@given(heads, st.lists(lines, min_size=1, max_size=2), st.data())
def test_what_is_read_is_written_the_same_or_refused(head: Head, signatures: list[Line], data: st.DataObject) -> None:
    text = Checkpoint(head, tuple(signatures)).text()
    place = data.draw(st.integers(0, len(text)))
    changed = text[:place] + data.draw(st.sampled_from(["", " ", "\n", "=", "0", "A"])) + text[place + data.draw(st.integers(0, 2)) :]
    try:
        found = parsed(changed)
    except CheckpointError:
        return
    assert found.text() == changed


@pytest.mark.parametrize("text", [
    "", "a\n1\n", "a\n01\n{root}\n\n{line}", "a\n-1\n{root}\n\n{line}", "a b\n1\n{root}\n\n{line}", "a\n1\n{root}\nmore\n\n{line}",
    "a\n1\n{root}\n\n", "a\n1\n{root}\n\n- a AAAAAAA=\n", "a\n1\nAAAA\n\n{line}", "a\n1\n{root}\n\n{line}\n{line}", "a\n1\n{root}\n{line}",
    "a\n٣\n{root}\n\n{line}", "a\n1\r\n{root}\n\n{line}",
])  # fmt: skip
def test_what_is_no_checkpoint(text: str) -> None:
    root, line = base64.b64encode(bytes(32)).decode(), Line("a", bytes(4), b"x").text()
    with pytest.raises(CheckpointError):
        parsed(text.format(root=root, line=line))


def test_whose_a_line_is() -> None:
    head = Head(origin_of(bytes(32)), 3, bytes(32))
    own, witness = signed(head, bytes(32), b"s" * 64), cosigned("kiem-toan", b"w" * 32, 1_800_000_000, b"c" * 64)
    made = Checkpoint(head, (own, witness))
    assert head.origin == "sohoa/0000000000000000"
    assert lines_of(made, head.origin, NOTE_KEY, bytes(32)) == [own]
    assert lines_of(made, "kiem-toan", COSIGNATURE_KEY, b"w" * 32) == [witness]
    assert lines_of(made, "kiem-toan", NOTE_KEY, b"w" * 32) == []
    assert witnessed_at(witness) == (1_800_000_000, b"c" * 64)
    assert witnessed_text(head, 1_800_000_000).startswith("cosignature/v1\ntime 1800000000\nsohoa/0000000000000000\n3\n")
    with pytest.raises(CheckpointError):
        witnessed_at(own)
