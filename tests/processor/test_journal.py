"""The journal over real files: what survives a crash, what is given up, and two processes at once."""

import datetime as dt
import hashlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.record import Blob
from archive.store import Archive
from processor import stage_bytes
from processor.document import Described, Finished, Numbered, Pending, Recognised, Scan, Sealed
from processor.journal import Journal
from processor.sources import Dropped, Kept, Parked, Source
from watch.settle import Sighting

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=7)))
SOURCE = Dropped("sao-y", Sighting(b"01.TCCB/C\xf4ng v\xe3n.pdf", 7, 1, 10, 1000), Sighting(b"01.TCCB/C\xf4ng v\xe3n.pdf.json", 7, 2, 3, 5), "ab" * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    opened = Journal(path)
    yield opened
    opened.close()


def reopened(path: Path) -> Journal:
    return Journal(path)


def blob(folder: Path, name: str) -> Blob:
    file = folder / name
    file.write_text(name)
    return Blob(file, hashlib.sha256(name.encode()).hexdigest(), len(name))


def scan(folder: Path, name: str = "scan", beside: bool = False) -> Scan:
    return Scan(blob(folder, name), "sao-y", "C\udcf4ng văn.pdf", "2026-11-24T12:00:00+07:00", "H05.99.2026.01.VP", "1-2",
                sidecar={"subject": "Về việc nghỉ lễ"}, beside=blob(folder, f"{name}.json") if beside else None,
                released=("signed",))  # fmt: skip


def stages(folder: Path) -> list[Pending]:
    first = scan(folder, beside=True)
    read = Recognised(first, (blob(folder, "p1"), blob(folder, "p2")), blob(folder, "reading"), 2, {"type": "pdf", "dropped": ["x"]})
    described = Described(read, {"subject": "Về việc", "page_amount": 2, "language": None}, {"subject": 0.5}, True)
    numbered = Numbered(described, "H05.99.2026.01.VP.0000001")
    finished = Finished(numbered, blob(folder, "finished"), {"page": 1, "box": [1, 2, 3, 4]})
    return [first, read, described, numbered, finished, Sealed(finished, blob(folder, "sealed"), "SAO Y", "a", "b", "B-LTA", "2b")]


def begun(journal: Journal, folder: Path, upto: int = 6) -> int:
    made = stages(folder)
    number = journal.begin([(SOURCE, made[0])])[0].number  # type: ignore[arg-type]  # the first is a scan
    for stage in made[1:upto]:
        journal.reach(number, stage)
    return number


# --- stages


def test_every_stage_survives_reopening(path: Path, tmp_path: Path) -> None:
    for upto in range(1, 7):
        path.unlink(missing_ok=True)
        first = Journal(path)
        number = begun(first, tmp_path, upto)
        first.close()
        again = reopened(path)
        item = again.item(number)
        assert item.document == stages(tmp_path)[upto - 1]
        assert (item.source, item.state, item.scan) == (SOURCE, "working", stages(tmp_path)[0])
        again.close()


def test_a_stage_reached_again_replaces_itself(journal: Journal, tmp_path: Path) -> None:
    number = begun(journal, tmp_path, 2)
    other = Recognised(scan(tmp_path, beside=True), (), blob(tmp_path, "other"), 1, {})
    journal.reach(number, other)
    assert journal.item(number).document == other


@pytest.mark.parametrize("source", [SOURCE, Dropped("a", SOURCE.sighting), Parked("held/sao-y/2026-11-24-abc"), Kept()])
def test_every_source_comes_back_the_same(journal: Journal, tmp_path: Path, source: Source) -> None:
    journal.begin([(source, scan(tmp_path))])
    assert journal.sources() == [source] and journal.items()[0].source == source


def test_a_document_that_left_is_forgotten_whole(journal: Journal, tmp_path: Path) -> None:
    number, other = begun(journal, tmp_path), begun(journal, tmp_path, 2)
    journal.end(number)
    assert [item.number for item in journal.items()] == [other]
    assert journal.item(other).document == stages(tmp_path)[1]


def test_a_stage_whose_bytes_are_not_there_is_never_noted(journal: Journal, tmp_path: Path) -> None:
    lost = scan(tmp_path)
    lost.blob.path.unlink()
    with pytest.raises(FileNotFoundError):
        journal.begin([(SOURCE, lost)])
    assert journal.items() == []


# --- after a crash


@pytest.mark.parametrize(
    ("lost", "left"),
    [("sealed", 5), ("finished", 4), ("reading", 1), ("p1", 1), ("p2", 1)],
)
@pytest.mark.parametrize("how", ["gone", "changed", "shorter", "a link"])
def test_what_follows_the_first_bytes_lost_is_given_up(journal: Journal, tmp_path: Path, lost: str, left: int, how: str) -> None:
    number, file = begun(journal, tmp_path), tmp_path / lost
    damage(file, how)
    assert journal.forget_broken() == [number]
    damage(file, "mended")
    assert journal.item(number).document == stages(tmp_path)[left - 1]
    assert journal.forget_broken() == [number]


def test_a_code_that_the_archive_does_not_know_is_given_up_with_what_follows(journal: Journal, tmp_path: Path) -> None:
    """Its catalogue was lost and made again: the code may be another document's by now."""
    number = begun(journal, tmp_path)
    archive = Archive.open(tmp_path / "archive", lambda: NOON)
    archive.declare_file("H05.99.2026.01.VP", "Hồ sơ", year=2026, actor="văn thư")
    assert archive.reserve(journal.item(number).scan.key, "văn thư") == "H05.99.2026.01.VP.0000001"
    journal.forget_broken(lambda stage: stage_bytes.stands(stage, archive))
    assert journal.item(number).document == stages(tmp_path)[5], "it is its own"
    archive.void("H05.99.2026.01.VP.0000001", "lost", "văn thư")
    assert journal.forget_broken(lambda stage: stage_bytes.stands(stage, archive)) == [number]
    assert journal.item(number).document == stages(tmp_path)[2]
    archive.close()


def damage(file: Path, how: str) -> None:
    data = file.name.encode()
    match how:
        case "gone":
            file.unlink()
        case "changed":
            file.write_bytes(data[:-1] + b"X")
        case "shorter":
            file.write_bytes(b"")
        case "a link":
            file.rename(file.with_name("elsewhere"))
            file.symlink_to("elsewhere")
        case _:
            file.unlink(missing_ok=True)
            file.write_bytes(data)


@pytest.mark.parametrize("old", [False, True], ids=["now", "by an earlier version"])
def test_a_station_moved_elsewhere_goes_on_where_it_stopped(tmp_path: Path, old: bool) -> None:
    """What an earlier version noted tells of each file from the root of the disk on."""
    before, after = tmp_path / "station", tmp_path / "moved" / "elsewhere"
    place = before / "work" / "items" / "1"
    place.mkdir(parents=True)
    first = Journal(before / "work" / "journal.db")
    number = begun(first, place)
    if old:
        first._db.execute("update stage set added = replace(added, '\"work/', ?)", [f'"{before}/work/'])
    first.close()
    after.parent.mkdir()
    before.rename(after)
    again = Journal(after / "work" / "journal.db")
    assert again.forget_broken() == [number]
    assert again.item(number).document == stages(after / "work" / "items" / "1")[5]
    again.close()


@pytest.mark.parametrize("lost", ["scan", "scan.json"])
def test_a_document_without_its_scan_or_its_sidecar_is_taken_anew_from_its_source(journal: Journal, tmp_path: Path, lost: str) -> None:
    begun(journal, tmp_path)
    kept = journal.begin([(Kept(), scan(tmp_path, "other"))])[0].number
    (tmp_path / lost).unlink()
    assert journal.forget_broken() == [kept]
    assert journal.sources() == [Kept()]


def test_a_stage_missing_in_the_middle_gives_up_what_follows(journal: Journal, path: Path, tmp_path: Path) -> None:
    """However that came about (a damaged file system): nothing crashes, work is repeated."""
    number = begun(journal, tmp_path)
    journal._db.execute("delete from stage where name = 'Described'")
    assert journal.forget_broken() == [number]
    assert journal.item(number).document == stages(tmp_path)[1]
    journal.reach(number, stages(tmp_path)[2])
    assert journal.item(number).document == stages(tmp_path)[2]


def test_what_waits_goes_on_waiting_after_a_restart(journal: Journal, tmp_path: Path) -> None:
    number = begun(journal, tmp_path, 5)
    journal.stop(number, "waiting", "waiting-tsa", "no answer", "2026-11-24T05:01:00+00:00")
    journal.forget_broken()
    item = journal.item(number)
    assert (item.state, item.code, item.detail, item.tries, item.not_before) == (
        "waiting", "waiting-tsa", "no answer", 1, "2026-11-24T05:01:00+00:00")  # fmt: skip


# --- states


def states(journal: Journal) -> dict[int, str]:
    return {item.number: item.state for item in journal.items()}


def many(journal: Journal, folder: Path) -> dict[str, int]:
    """One item in each state."""
    made = {}
    for state in ("working", "waiting", "to-seal", "clearing"):
        made[state] = journal.begin([(SOURCE, scan(folder, state))])[0].number
        if state != "working":
            journal.stop(made[state], state, "code", "", "2026-11-24T05:00:00+00:00")
    return made


def test_waking_all_wakes_what_waits_and_not_what_is_only_to_be_cleared(journal: Journal, tmp_path: Path) -> None:
    made = many(journal, tmp_path)
    journal.wake()
    assert states(journal) == {made["working"]: "working", made["waiting"]: "working", made["to-seal"]: "working", made["clearing"]: "clearing"}
    assert all(not item.not_before for item in journal.items("working"))


def test_waking_one_wakes_no_other(journal: Journal, tmp_path: Path) -> None:
    made = many(journal, tmp_path)
    for state in ("to-seal", "clearing"):
        journal.wake(made[state])
    assert states(journal)[made["to-seal"]] == "working"
    assert states(journal)[made["waiting"]] == "waiting"
    assert states(journal)[made["clearing"]] == "clearing"
    journal.wake(999)


def test_what_waits_is_due_at_its_moment_and_not_before(journal: Journal, tmp_path: Path) -> None:
    made = many(journal, tmp_path)
    journal.due(NOON - dt.timedelta(seconds=1))
    assert states(journal)[made["waiting"]] == "waiting"
    journal.due(NOON)  # 12:00 in Việt Nam is 05:00 UTC
    assert states(journal)[made["waiting"]] == "working"
    assert states(journal)[made["to-seal"]] == "to-seal"  # only a person wakes that


def waiting(journal: Journal, folder: Path, code: str, not_before: dt.datetime) -> int:
    number = journal.begin([(SOURCE, scan(folder, f"scan-{len(journal.items())}"))])[0].number
    journal.stop(number, "waiting", code, "", not_before.astimezone(dt.UTC).isoformat(timespec="seconds"))
    return number


def test_when_what_was_waited_for_is_there_the_oldest_are_woken_whatever_their_moment(journal: Journal, tmp_path: Path) -> None:
    later = NOON + dt.timedelta(hours=9)
    other = waiting(journal, tmp_path, "waiting-key", later)
    numbers = [waiting(journal, tmp_path, "waiting-tsa", later) for _ in range(4)]
    journal.wake_some("waiting-tsa", 3)
    assert journal.numbers("working") == numbers[:3]
    assert journal.numbers("waiting") == [other, numbers[3]]


def test_no_more_become_due_at_once_than_can_be_worked_on(journal: Journal, tmp_path: Path) -> None:
    numbers = [waiting(journal, tmp_path, "waiting-tsa", NOON) for _ in range(5)]
    journal.due(NOON, 2)
    assert journal.numbers("working") == numbers[:2]
    journal.due(NOON)
    assert journal.numbers("working") == numbers


def test_a_moment_before_which_nothing_is_to_be_had_holds_for_all_who_wait_for_it(journal: Journal, tmp_path: Path) -> None:
    later, latest = NOON + dt.timedelta(minutes=20), NOON + dt.timedelta(hours=2)
    made = [waiting(journal, tmp_path, *row) for row in (("waiting-tsa", NOON), ("waiting-tsa", latest), ("waiting-disk", NOON))]
    journal.postpone("waiting-tsa", later.astimezone(dt.UTC).isoformat(timespec="seconds"))
    journal.due(NOON)
    assert journal.numbers("working") == [made[2]]
    journal.due(later)
    assert journal.numbers("working") == [made[0], made[2]]


def test_what_waits_for_another_instance_is_not_due(journal: Journal, tmp_path: Path) -> None:
    number = journal.begin([(SOURCE, scan(tmp_path))])[0].number
    journal.stop(number, "waiting", "unexpected", "", "9999")
    journal.due(NOON + dt.timedelta(days=36500))
    assert states(journal) == {number: "waiting"}


def test_tries_are_counted(journal: Journal, tmp_path: Path) -> None:
    number = journal.begin([(SOURCE, scan(tmp_path))])[0].number
    for _ in range(3):
        journal.stop(number, "waiting", "waiting-tsa", "", "")
        journal.wake(number)
    assert journal.item(number).tries == 3


def test_a_document_waits_until_all_of_its_scan_are_read_or_gone(journal: Journal, tmp_path: Path) -> None:
    parts = [replace(scan(tmp_path), part=part) for part in ("1", "2", "3")]
    first, second, third = (item.number for item in journal.begin([(SOURCE, part) for part in parts]))

    def read(number: int) -> None:
        for stage in stages(tmp_path)[1:3]:
            journal.reach(number, stage)

    read(first)
    assert journal.awaits_siblings(first, "2026-11-24T06:00:00+00:00") and states(journal)[first] == "waiting"
    journal.stop(second, "waiting", "waiting-disk", "", "")
    assert states(journal)[first] == "working" and journal.awaits_siblings(first, "9999")
    journal.forget_broken()
    assert journal.item(first).code == "waiting-scan"
    journal.end(second)
    assert states(journal)[first] == "working" and journal.awaits_siblings(first, "9999"), "the third is not read"
    read(third)
    assert journal.awaits_siblings(third, "9999"), "it steps behind those that waited for it"
    assert states(journal) == {first: "working", third: "working"}
    assert not journal.awaits_siblings(first, "9999") and not journal.awaits_siblings(third, "9999")


def test_an_annex_that_waits_for_its_main_document_was_read_before(journal: Journal, tmp_path: Path) -> None:
    parts = [replace(scan(tmp_path), part=part) for part in ("1", "2")]
    first, second = (item.number for item in journal.begin([(SOURCE, part) for part in parts]))
    journal.stop(second, "waiting", "waiting-main", "", "9999")
    assert not journal.awaits_siblings(first, "9999")


def test_items_come_oldest_first(journal: Journal, tmp_path: Path) -> None:
    numbers = [journal.begin([(SOURCE, scan(tmp_path, str(n)))])[0].number for n in range(5)]
    journal.stop(numbers[1], "waiting", "", "", "")
    assert [item.number for item in journal.items()] == numbers
    assert journal.numbers("working") == [numbers[0], *numbers[2:]] == [item.number for item in journal.items("working")]


# --- requests and notes


def test_requests_are_answered_in_the_order_they_were_asked(journal: Journal) -> None:
    journal.ask("release", kind="lot", name="held/sao-y/2026-11-24-abc", reason="Lý do")
    journal.ask("retry-all")
    journal.ask("release", kind="lot", name="b")
    asked = journal.asked()
    assert [(request.verb, dict(request.args).get("name")) for request in asked] == [
        ("release", "held/sao-y/2026-11-24-abc"), ("retry-all", None), ("release", "b")]  # fmt: skip
    assert asked[0].args["reason"] == "Lý do"
    journal.answered(asked[0].number)
    assert [request.number for request in journal.asked()] == [asked[1].number, asked[2].number]


def test_notes_are_remembered_and_replaced(journal: Journal, path: Path) -> None:
    assert journal.noted("watcher") == ""
    journal.note("watcher", "17")
    journal.note("night 2026-11-23", "x")
    journal.note("watcher", "18")
    again = reopened(path)
    assert (again.noted("watcher"), again.noted("night 2026-11-23")) == ("18", "x")
    again.close()


# --- two processes


ASKS = """
import sys
from pathlib import Path
from processor.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    journal.ask("release", name=str(number))
    journal.items()
journal.close()
"""


def test_another_process_asks_while_this_one_writes(journal: Journal, path: Path, tmp_path: Path) -> None:
    count = 25
    asking = subprocess.Popen([sys.executable, "-c", ASKS, str(path), str(count)], cwd=Path(__file__).parents[2])
    written, made = 0, scan(tmp_path)
    while asking.poll() is None or written < count:
        number = journal.begin([(SOURCE, made)])[0].number
        journal.reach(number, stages(tmp_path)[1])
        written += 1
    assert asking.wait(30) == 0
    assert [request.args["name"] for request in journal.asked()] == [str(number) for number in range(count)]
    assert len(journal.items()) == written


def test_a_writer_killed_in_the_middle_leaves_a_journal_others_can_use(path: Path, tmp_path: Path, journal: Journal) -> None:
    number = begun(journal, tmp_path, 2)
    script = (
        "import sys, os, sqlite3\ndb = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('begin immediate')\ndb.execute(\"delete from item\")\ndb.execute('delete from stage')\n"
        "print('begun', flush=True)\nsys.stdin.read()\n"
    )
    writer: Any = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    assert writer.stdout.readline() == b"begun\n"
    assert journal.item(number).state == "working"  # readers are not kept waiting
    writer.kill()
    writer.communicate()
    journal.ask("wake")
    assert journal.item(number).document == stages(tmp_path)[1]
