"""Scans and side-cars as people and scanners drop them: what may be taken, with what, and what is an orphan."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.arrivals import Arrival, Lookout, pair
from processor.settings import parse
from processor.sources import Dropped
from processor.tables import Lane
from watch.settle import Sighting

LANE: Lane = parse({"lanes": {"sao-y": {"form": "sao-y", "settle": 2}}}).lanes["sao-y"]


def file(path: bytes | str, inode: int = 1, size: int = 10) -> Sighting:
    raw = path.encode() if isinstance(path, str) else path
    return Sighting(raw, 7, inode, size, 1000)


def told(arrivals: list[Arrival]) -> list[tuple[bytes, bytes | None, bool]]:
    return [(a.sighting.path, a.sidecar.path if a.sidecar else None, a.is_orphan) for a in arrivals]


def taken(scan: Sighting, sidecar: Sighting | None = None) -> list[Dropped]:
    return [Dropped("sao-y", scan, sidecar)]


SCAN, BESIDE = file("a.pdf"), file("a.pdf.json", 2)
BOTH = [SCAN, BESIDE]


# --- the rule


def test_a_scan_alone_is_taken_alone() -> None:
    assert told(pair(LANE, [SCAN], [SCAN], [], [])) == [(b"a.pdf", None, False)]


def test_a_scan_and_its_sidecar_are_one_arrival() -> None:
    assert told(pair(LANE, BOTH, BOTH, [], [])) == [(b"a.pdf", b"a.pdf.json", False)]


def test_a_scan_waits_for_its_sidecar_to_lie_still() -> None:
    assert pair(LANE, BOTH, [SCAN], [], []) == []


def test_a_sidecar_waits_for_its_scan_to_lie_still() -> None:
    assert pair(LANE, BOTH, [BESIDE], [], []) == []


def test_a_sidecar_whose_scan_is_still_being_sent_is_no_orphan() -> None:
    for name in (b"a.pdf.part", b"a.pdf.crdownload", b"a.pdf.123.tmp"):
        assert pair(LANE, [BESIDE], [BESIDE], [name], {}) == []


def test_another_upload_does_not_keep_an_orphan_waiting() -> None:
    assert told(pair(LANE, [BESIDE], [BESIDE], [b"b.pdf.part"], {})) == [(b"a.pdf.json", None, True)]


def test_a_sidecar_without_its_scan_is_an_orphan() -> None:
    assert told(pair(LANE, [BESIDE], [BESIDE], [], [])) == [(b"a.pdf.json", None, True)]


def test_a_sidecar_that_comes_after_its_scan_was_taken_is_an_orphan() -> None:
    assert told(pair(LANE, BOTH, BOTH, [], taken(SCAN))) == [(b"a.pdf.json", None, True)]


def test_a_sidecar_exchanged_after_its_scan_was_taken_is_an_orphan() -> None:
    newer = file("a.pdf.json", 9)
    assert told(pair(LANE, [SCAN, newer], [SCAN, newer], [], taken(SCAN, BESIDE))) == [(b"a.pdf.json", None, True)]


def test_what_is_under_way_is_not_taken_twice() -> None:
    assert pair(LANE, BOTH, BOTH, [], taken(SCAN, BESIDE)) == []
    assert pair(LANE, [SCAN], [SCAN], [], taken(SCAN)) == []


def test_a_sidecar_whose_scan_was_cleared_is_never_given_to_the_next_scan_of_that_name() -> None:
    """Between the clearing of a scan and that of its side-car another scan takes the name (a power cut there)."""
    next_scan = file("a.pdf", 5)
    under_way = taken(SCAN, BESIDE)
    assert told(pair(LANE, [next_scan, BESIDE], [next_scan, BESIDE], [], under_way)) == [(b"a.pdf", None, False)]


def test_a_sidecar_left_to_clear_is_no_orphan() -> None:
    """Its scan is cleared, it is being written to or the process stopped in between: it will be cleared with its item."""
    assert pair(LANE, [BESIDE], [BESIDE], [], taken(SCAN, BESIDE)) == []


def test_a_scan_overwritten_while_its_first_version_is_under_way_is_a_new_arrival() -> None:
    again = file("a.pdf", 1, size=11)
    assert told(pair(LANE, [again], [again], [], taken(SCAN))) == [(b"a.pdf", None, False)]


def test_an_orphan_under_way_is_not_taken_again() -> None:
    """One that cannot be cleared stays where it lies; the clerk is told of it once."""
    assert pair(LANE, [BESIDE], [BESIDE], [], taken(BESIDE)) == []


def test_two_versions_of_a_name_under_way_are_both_remembered() -> None:
    again = file("a.pdf", 5)
    both = [*taken(SCAN, BESIDE), *taken(again)]
    assert pair(LANE, [again, BESIDE], [again, BESIDE], [], both) == []
    assert pair(LANE, [again, BESIDE], [again, BESIDE], [], both[::-1]) == []


def test_a_new_version_may_bring_a_new_sidecar() -> None:
    again, newer = file("a.pdf", 5), file("a.pdf.json", 6)
    assert told(pair(LANE, [again, newer], [again, newer], [], taken(SCAN, BESIDE))) == [(b"a.pdf", b"a.pdf.json", False)]


def test_names_are_bytes_and_sub_folders_part_of_them() -> None:
    raw, beside = file(b"01.TCCB/C\xf4ng v\xe3n.pdf"), file(b"01.TCCB/C\xf4ng v\xe3n.pdf.json", 2)
    elsewhere = file(b"C\xf4ng v\xe3n.pdf.json", 3)
    everything = [raw, beside, elsewhere]
    assert told(pair(LANE, everything, everything, [], [])) == [(raw.path, beside.path, False), (elsewhere.path, None, True)]


def test_names_composed_and_decomposed_are_two_names() -> None:
    composed, decomposed = file("\u1ebf.pdf"), file("e\u0302\u0301.pdf.json", 2)
    assert told(pair(LANE, [composed, decomposed], [composed, decomposed], [], [])) == [
        (composed.path, None, False), (decomposed.path, None, True)]  # fmt: skip


names = st.sampled_from([b"a.pdf", b"b.pdf", b"x/a.pdf", b"\xff.tif", b"a.pdf.json", b"b.pdf.json", b"x/a.pdf.json", b"\xff.tif.json"])
folders = st.dictionaries(names, st.integers(1, 3)).map(lambda d: [file(name, inode) for name, inode in d.items()])


@given(folders, st.data())
def test_nothing_is_taken_twice_nor_before_it_lies_still(files: list[Sighting], data: st.DataObject) -> None:
    ready = data.draw(st.lists(st.sampled_from(files), unique=True)) if files else []
    begun = data.draw(folders)
    under_way = [Dropped("sao-y", s, data.draw(st.sampled_from([None, file(s.path + b".json", 1)]))) for s in begun]
    unfinished = data.draw(st.lists(st.sampled_from([b"a.pdf.part", b"b.pdf.tmp"])))
    before = (list(files), list(ready), list(under_way))
    found = pair(LANE, files, ready, unfinished, under_way)
    assert (files, ready, under_way) == before
    assert found == pair(LANE, files, ready, unfinished, under_way)
    used = [s for a in found for s in (a.sighting, a.sidecar) if s]
    assert len(used) == len(set(used)) and set(used) <= set(ready)
    theirs = {s for source in under_way for s in (source.sighting, source.sidecar) if s}
    assert not theirs & set(used)
    for arrival in found:
        path = arrival.sighting.path
        assert arrival.is_orphan == path.endswith(b".json")
        assert arrival.sidecar is None or arrival.sidecar.path == path + b".json"
        if not arrival.is_orphan and arrival.sidecar is None:  # what has a side-car of its own is not taken without it
            assert {s for s in files if s.path == path + b".json"} <= theirs


# --- on a real folder


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    folder = tmp_path / "drop" / "sao-y"
    folder.mkdir(parents=True)
    return folder


def names_of(look: object) -> list[tuple[bytes, bytes | None, bool]]:
    return told(list(look.arrivals))  # type: ignore[attr-defined]  # a Look


def test_a_look_at_a_real_folder(tmp_path: Path, drop: Path) -> None:
    lookout = Lookout(tmp_path, LANE)
    (drop / "01.TCCB").mkdir()
    (drop / "01.TCCB" / "a.pdf").write_bytes(b"%PDF")
    (drop / "01.TCCB" / "a.pdf.json").write_bytes(b"{}")
    Path(os.fsdecode(os.fsencode(drop) + b"/\xc3\x28.tif")).write_bytes(b"II")
    (drop / "b.pdf.part").write_bytes(b"%P")
    (drop / "b.pdf.json").write_bytes(b"{}")
    (drop / "empty.pdf").touch()
    (drop / "link.pdf").symlink_to("/etc/hostname")
    first = lookout.look(0.0, [])
    assert first.arrivals == () and first.restless == 5
    second = lookout.look(2.0, [])
    assert sorted(names_of(second)) == [(b"01.TCCB/a.pdf", b"01.TCCB/a.pdf.json", False), (b"\xc3\x28.tif", None, False)]
    assert second.oddities == (b"link.pdf",)
    (drop / "b.pdf.part").rename(drop / "b.pdf")
    assert (b"b.pdf", b"b.pdf.json", False) not in names_of(lookout.look(3.0, []))  # it must lie still under its name too
    assert (b"b.pdf", b"b.pdf.json", False) in names_of(lookout.look(5.0, []))


def test_a_file_that_grows_is_not_taken_until_it_stops(tmp_path: Path, drop: Path) -> None:
    lookout, scan = Lookout(tmp_path, LANE), drop / "a.pdf"
    for second in range(5):
        with scan.open("ab") as file:
            file.write(b"page")
        assert lookout.look(float(second) * 1.9, []).arrivals == ()
    assert names_of(lookout.look(4 * 1.9 + 2, [])) == [(b"a.pdf", None, False)]


def test_what_the_journal_knows_is_not_an_arrival_and_its_replacement_is(tmp_path: Path, drop: Path) -> None:
    lookout, scan = Lookout(tmp_path, LANE), drop / "a.pdf"
    scan.write_bytes(b"%PDF one")
    lookout.look(0.0, [])
    (arrival,) = lookout.look(2.0, []).arrivals
    source = Dropped("sao-y", arrival.sighting)
    other_lane = Dropped("luu-tru", arrival.sighting)
    assert lookout.look(3.0, [source]).arrivals == ()
    assert len(lookout.look(3.0, [other_lane]).arrivals) == 1
    scan.write_bytes(b"%PDF two!")
    assert lookout.look(4.0, [source]).arrivals == ()
    assert len(lookout.look(6.0, [source]).arrivals) == 1


def test_a_drop_folder_that_is_gone_is_told_and_comes_back(tmp_path: Path, drop: Path) -> None:
    lookout = Lookout(tmp_path, LANE)
    shutil.rmtree(drop)
    assert lookout.look(0.0, []).oddities == (b".",)
    drop.mkdir()
    (drop / "a.pdf").write_bytes(b"%PDF")
    lookout.look(1.0, [])
    assert len(lookout.look(3.0, []).arrivals) == 1
