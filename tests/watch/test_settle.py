"""A file is taken when it has been quiet, judged by our own looks alone."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.settle import Sighting, Watched, ignorable, litter, settle

QUIET = 10.0
NAMES = st.sampled_from([b"a.pdf", b"b.pdf", b"01.TCCB/a.pdf", b"\xff\xfe.pdf"])
SIGHTINGS = st.builds(
    Sighting, NAMES, st.just(1), st.integers(1, 3), st.integers(0, 2), st.sampled_from([0, 1, -5, 2**70])
)
# One look: how many seconds after the one before, and what was seen.
LOOKS = st.lists(st.tuples(st.floats(0.1, 20), st.lists(SIGHTINGS, unique_by=lambda s: s.path)), max_size=12)


def file(path: bytes = b"a.pdf", size: int = 5, mtime_ns: int = 0, inode: int = 7) -> Sighting:
    return Sighting(path, 1, inode, size, mtime_ns)


def test_first_sighting_starts_the_clock() -> None:
    known, ready = settle({}, [file()], now=100.0, quiet=QUIET)
    assert ready == ()
    assert known == {b"a.pdf": Watched(file(), 100.0)}
    assert settle(known, [file()], 109.9, QUIET)[1] == ()
    assert settle(known, [file()], 110.0, QUIET)[1] == (file(),)


@pytest.mark.parametrize(
    "change", [{"size": 6}, {"mtime_ns": 1}, {"mtime_ns": -1}, {"inode": 8}, {"device": 2}], ids=str
)
def test_any_change_starts_the_clock_again(change: dict[str, Any]) -> None:
    known, _ = settle({}, [file()], 0.0, QUIET)
    changed = replace(file(), **change)
    known, ready = settle(known, [changed], 10.0, QUIET)
    assert ready == ()
    assert settle(known, [changed], 20.0, QUIET)[1] == (changed,)


def test_page_appended_every_seven_seconds_is_taken_only_when_whole() -> None:
    known: Mapping[bytes, Watched] = {}
    taken = []
    for second in range(60):
        pages = min(second // 7, 5) + 1
        known, ready = settle(known, [file(size=pages * 1000, mtime_ns=pages)], float(second), QUIET)
        taken += [(second, s.size) for s in ready]
    assert taken[0] == (45, 6000)
    assert {size for _, size in taken} == {6000}


def test_empty_file_is_watched_and_never_ready() -> None:
    known, ready = settle({}, [file(size=0)], 0.0, QUIET)
    assert settle(known, [file(size=0)], 1e6, QUIET)[1] == ready == ()
    assert known[b"a.pdf"].since == 0.0  # so the caller can tell how long it has lain there


def test_file_that_vanished_and_came_back_is_new() -> None:
    known, _ = settle({}, [file()], 0.0, QUIET)
    known, _ = settle(known, [], 5.0, QUIET)
    assert known == {}
    assert settle(known, [file()], 11.0, QUIET)[1] == ()


def test_flood_does_not_starve_the_oldest() -> None:
    old, flood = file(b"z.pdf"), [file(b"%05d.pdf" % n) for n in range(1000)]
    known, _ = settle({}, [old], 0.0, QUIET)
    known, _ = settle(known, [*flood, old], 5.0, QUIET)
    _, ready = settle(known, [*flood, old], 20.0, QUIET)
    assert ready[0] == old
    assert len(ready) == 1001


def test_files_of_one_look_go_in_the_order_they_were_scanned() -> None:
    scans = [file(b"scan10.pdf", mtime_ns=3), file(b"scan9.pdf", mtime_ns=2), file(b"scan1.pdf", mtime_ns=1)]
    assert settle({}, scans, 0.0, 0.0)[1] == tuple(reversed(scans))


def test_what_is_known_is_not_changed_behind_the_callers_back() -> None:
    known: dict[bytes, Watched] = {}
    settle(known, [file()], 0.0, QUIET)
    assert known == {}
    with pytest.raises(FrozenInstanceError):
        file().size = 1  # type: ignore[misc]  # the point of the test


@given(LOOKS)
def test_ready_means_nonempty_and_unchanged_for_the_quiet_time(
    looks: list[tuple[float, list[Sighting]]],
) -> None:
    known: Mapping[bytes, Watched] = {}
    history: list[tuple[float, dict[bytes, Sighting]]] = []
    now = 0.0
    for pause, seen in looks:
        now += pause
        known, ready = settle(known, seen, now, QUIET)
        history.append((now, {s.path: s for s in seen}))
        assert set(known) == {s.path for s in seen}
        assert set(ready) == {s for s in seen if s.size > 0 and _quiet_for(history, s) >= QUIET}
        assert [known[s.path].since for s in ready] == sorted(known[s.path].since for s in ready)


def _quiet_for(history: list[tuple[float, dict[bytes, Sighting]]], sighting: Sighting) -> float:
    """The specification, told backwards: how long the run of equal sightings is that ends now."""
    last = first = history[-1][0]
    for at, seen in reversed(history):
        if seen.get(sighting.path) != sighting:
            break
        first = at
    return last - first


@given(LOOKS, st.integers(-(10**18), 10**18))
def test_wrong_clock_of_a_scanner_does_not_matter(
    looks: list[tuple[float, list[Sighting]]], skew_ns: int
) -> None:
    honest: Mapping[bytes, Watched] = {}
    skewed: Mapping[bytes, Watched] = {}
    now = 0.0
    for pause, seen in looks:
        now += pause
        honest, ready = settle(honest, seen, now, QUIET)
        late = [replace(s, mtime_ns=s.mtime_ns + skew_ns) for s in seen]
        skewed, ready_late = settle(skewed, late, now, QUIET)
        assert [s.path for s in ready] == [s.path for s in ready_late]


NO_DOCUMENTS = b"""\
.hidden.pdf|._scan.pdf|.DS_Store|.smbdelete1|~$van ban.docx|a.pdf.part|A.TMP|a.crdownload|a.FilePart|a.partial
|Thumbs.db|THUMBS.DB|desktop.ini|@eaDir|__MACOSX|@eaDir/a.pdf|__MACOSX/a.pdf|.stfolder/a.pdf|01.TCCB/~$a.docx
|$RECYCLE.BIN""".replace(b"\n", b"").split(b"|")

DOCUMENTS = b"""\
a.pdf|part|tmp.pdf|a.part.pdf|~a.pdf|$a.pdf|01.TCCB/a.pdf|thumbs.db.pdf|desktop.ini.pdf|a b.tif|-rf.pdf
""".replace(b"\n", b"").split(b"|")


@pytest.mark.parametrize("name", NO_DOCUMENTS)
def test_what_no_scanner_meant_as_a_document(name: bytes) -> None:
    assert ignorable(name)


@pytest.mark.parametrize(
    "name", [*DOCUMENTS, "Quyết định.pdf".encode(), b"\xff\xfe.pdf", b"x" * 251 + b".pdf", b"two\nlines.pdf"]
)
def test_what_may_be_a_document(name: bytes) -> None:
    assert not ignorable(name)


def test_unfinished_is_not_litter() -> None:
    assert ignorable(b"a.pdf.part")
    assert not litter(
        b"a.pdf.part"
    )  # it may become a document, or have lost its writer: somebody must be told


@given(st.binary(min_size=1).filter(lambda b: not set(b) & set(b"/\0")))
def test_hidden_names_and_only_names_decide(name: bytes) -> None:
    assert ignorable(b"." + name)
    assert ignorable(name + b".part")
    assert ignorable(name) == ignorable(b"01.TCCB/" + name)
    assert not ignorable(b"a" + name + b".pdf")
