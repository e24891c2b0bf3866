"""Stages as rows of the journal and back: what was added in order comes back the same, and nothing after a gap."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.record import Blob
from processor.document import (
    Described,
    Document,
    Filed,
    Finished,
    Numbered,
    Read,
    Recognised,
    Scan,
    Sealed,
    Settled,
    Verified,
    added,
    blobs,
    fold,
    scan_of,
)

# A scan's name is bytes on the disk: what is no UTF-8 comes as surrogates (os.fsdecode), and must survive JSON.
names = st.one_of(st.text(max_size=20), st.binary(max_size=10).map(lambda raw: raw.decode("utf-8", "surrogateescape")))
words = st.text(max_size=20)
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
blob = st.builds(Blob, st.text("ab/c é.", min_size=1, max_size=12).map(Path), hashes, st.integers(0, 2**40))
fields = st.dictionaries(words, words, max_size=3)
values = st.dictionaries(words, st.one_of(st.none(), words, st.integers(0, 9999)), max_size=3)
facts = st.dictionaries(words, st.one_of(words, st.integers(), st.lists(words, max_size=2)), max_size=3)
codes = st.lists(words, max_size=2).map(tuple)
scans = st.builds(
    Scan, blob, words, names, words, file_code=words, part=words, again=st.integers(0, 9), sidecar=fields,
    beside=st.one_of(st.none(), blob), released=codes, refusal=codes, origin=fields,
)  # fmt: skip
verified = st.builds(Verified, scans, blob, blob, words, codes)
original = st.builds(Read, verified, blob, st.integers(1, 9999), facts)
read = st.builds(Recognised, scans, st.lists(blob, max_size=3).map(tuple), blob, st.integers(1, 9999), facts)
described = st.builds(Described, st.one_of(read, original), values, st.dictionaries(words, st.floats(0, 1), max_size=3), st.booleans(), words, st.booleans())
numbered = st.builds(Numbered, described, words)
finished = st.builds(Finished, numbered, blob, facts)
sealed = st.builds(Sealed, finished, blob, *[words] * 5)
settled = st.builds(Settled, numbered, blob, blob, st.one_of(st.none(), blob), words, facts)
filed = st.builds(Filed, st.one_of(sealed, settled), facts)
documents = st.one_of(scans, verified, original, read, described, numbered, finished, sealed, settled, filed)


def chain(document: Document) -> list[Document]:
    return [document] if isinstance(document, Scan) else [*chain(document.source), document]


def rows(document: Document) -> list[tuple[str, Any]]:
    """As the journal keeps them: JSON in between."""
    return [(type(stage).__name__, json.loads(json.dumps(added(stage)))) for stage in chain(document)]


@given(documents)
def test_what_was_noted_comes_back_the_same(document: Document) -> None:
    assert fold(rows(document)) == document
    assert hash(scan_of(document).key) == hash(chain(document)[0].key)  # type: ignore[union-attr]  # the first is a scan


@given(filed, st.data())
def test_a_gap_ends_the_fold(document: Filed, data: st.DataObject) -> None:
    kept = rows(document)
    gap = data.draw(st.integers(0, len(kept) - 1))
    del kept[gap]
    assert fold(kept) == (chain(document)[gap - 1] if gap else None)


@given(filed, st.data())
def test_stages_out_of_order_end_the_fold(document: Filed, data: st.DataObject) -> None:
    kept = rows(document)
    place = data.draw(st.integers(0, len(kept) - 2))
    kept[place], kept[place + 1] = kept[place + 1], kept[place]
    assert fold(kept) == (chain(document)[place - 1] if place else None)


def test_nothing_was_noted() -> None:
    assert fold([]) is None


@pytest.fixture
def scan() -> Scan:
    return Scan(Blob(Path("claims/a"), "a" * 64, 1), "trich-sao", "a.pdf", "2026-11-24T09:00:00+07:00")


def test_the_key_is_what_the_law_distinguishes_and_nothing_a_person_said_of_it(scan: Scan) -> None:
    same = Scan(scan.blob, scan.lane, "b.pdf", "2026-11-25T09:00:00+07:00", sidecar={"subject": "x"}, released=("signed",))
    assert same.key == scan.key
    others = [{"file_code": "H05.99.2026.01.VP"}, {"part": "1-2"}, {"again": 1}]
    keys = {Scan(scan.blob, scan.lane, "a.pdf", "", **other).key for other in others}  # type: ignore[arg-type]  # a table
    assert len(keys | {scan.key}) == 4


def test_every_stage_vouches_for_the_files_it_made(scan: Scan) -> None:
    made = [Blob(Path(name), name * 64, 1) for name in "bcdef"]
    with_beside = Scan(scan.blob, scan.lane, "a.pdf", "", beside=made[0])
    recognised = Recognised(with_beside, (made[1], made[2]), made[3], 2, {})
    finished = Finished(Numbered(Described(recognised, {}, {}, True), "c"), made[4], {})
    assert [len(blobs(stage)) for stage in chain(finished)] == [2, 3, 0, 0, 1]
    assert blobs(scan) == (scan.blob,)
