"""kill -9 at every step: the next start finds one document, one code, nothing lost and nothing left over.

A real process does the work and really dies, just before or just after its n-th call that changes the disk. Inside
SQLite, where Python cannot count, strace kills it. Death is not loss of power: what was written survives without
waiting for the disk, so the sweeps do not wait; that the archive itself does is tested in test_durable and test_store.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest
from sqlite_utils import Database

from archive import catalogue
from archive.removal import Removal
from archive.store import Archive
from tests.archive.conftest import CLERK, FILE, Office

CALLS = ("link", "fsync", "unlink", "replace", "mkdir", "chmod")
BEFORE_MIDNIGHT = dt.datetime(2026, 12, 31, 16, 59, 59, tzinfo=dt.UTC)


def arm(step: int) -> None:
    """From here on this process kills itself before (even steps) or after (odd steps) its n-th such call."""
    count = itertools.count()

    def lethal(call: Callable[..., object]) -> Callable[..., object]:
        def called(*args: object, **options: object) -> object:
            number = 2 * next(count)
            if number == step:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return call(*args, **options)
            finally:  # calls that fail (nothing to unlink) count too
                if number + 1 == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        return called

    for name in CALLS:
        setattr(os, name, lethal(getattr(os, name)))
    Database.commit = lethal(Database.commit)  # type: ignore[assignment,method-assign]  # in the child only


def killed(step: int, work: Callable[[], object]) -> bool:
    """Whether the step was reached; the work is done by a child that must not end in any other way."""
    child = os.fork()
    if child == 0:
        try:
            arm(step)
            work()
            os._exit(0)
        finally:
            os._exit(70)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def sweep(office: Office, work: Callable[[Office], object], check: Callable[[Office, int], None], every: int = 1) -> int:
    """Runs the work on a fresh copy of the office for every (n-th) step there is; returns how many there are."""
    for step in itertools.count(step=every):
        folder = office.folder.parent / f"{office.folder.name}-{step}"
        shutil.copytree(office.folder, folder)
        copy = Office(folder, type(office.clock)(office.clock.now))
        died = killed(step, lambda copy=copy: work(copy))  # type: ignore[misc]  # bound at once
        check(copy, step)
        for archive in copy.opened:
            archive.close()
        shutil.rmtree(folder)
        if not died:
            return step
    raise AssertionError("unreachable")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here waits for the disk, children included."""
    connect = catalogue.connect

    def quick(path: Path) -> Database:
        db = connect(path)
        db.execute("pragma synchronous = off")
        return db

    monkeypatch.setattr(catalogue, "connect", quick)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def prepared(office: Office, archive: Archive) -> Office:
    """A code reserved just before midnight of New Year's Eve; no connection is open when processes are made."""
    office.clock.now = BEFORE_MIDNIGHT
    office.filing(archive)
    archive.close()
    return office


def file_it(office: Office) -> None:
    archive = office.open()
    archive.file(office.filing(archive), CLERK)
    archive.close()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("later", [1, 3600], ids=["at-once", "next-year"])
def test_filing_killed_anywhere_is_done_once_by_the_next_start(prepared: Office, later: int) -> None:
    def check(office: Office, step: int) -> None:
        office.clock.pass_(seconds=later)
        archive = office.open()
        archive.recover()
        assert not list(office.root.rglob("*.part")), step
        assert archive.verify().findings == [], step
        record = archive.file(office.filing(archive), CLERK)
        assert record["doc_code"] == f"{FILE}.0000001"
        assert archive.counts() == {"filed": 1}
        found = sorted(path.relative_to(office.root).as_posix() for path in office.root.rglob("*/data/**/*") if path.is_file())
        assert found == sorted([record["path"], record["path"].removesuffix("pdf") + "json", record["original_path"]]), step
        told = archive.get(record["doc_code"])
        assert told is not None and [event["type"] for event in told["events"]] == ["numbered", "filed"]
        office.clock.pass_(days=2)
        for day in archive.unsealed_before(dt.date(2027, 1, 2)):
            archive.seal_day(day, "night")
        assert archive.verify().findings == [], step

    assert sweep(prepared, file_it, check) > 40


@pytest.mark.usefixtures("impatient")
def test_sealing_killed_anywhere_is_finished_by_the_next_run(prepared: Office) -> None:
    file_it(prepared)
    prepared.clock.pass_(days=1)

    def seal(office: Office) -> None:
        office.open().seal_day(dt.date(2026, 12, 31), "night")

    def check(office: Office, step: int) -> None:
        archive = office.open()
        archive.recover()
        assert archive.verify().findings == [], step
        result = archive.seal_day(dt.date(2026, 12, 31), "night")
        assert result.documents == 1
        bagit.Bag(str(office.root / "2026/12/31")).validate()
        assert archive.verify().findings == [], step
        assert not [path for path in (office.root / "2026").rglob("*") if path.stat().st_mode & 0o222 and "12/31" in str(path)]
        with archive._catalogue.reading() as db:
            assert db.table("event").count_where("type = 'sealed'") == 1, step

    assert sweep(prepared, seal, check) > 40


@pytest.mark.usefixtures("impatient")
def test_a_removal_killed_anywhere_is_finished_by_the_same_order(prepared: Office) -> None:
    file_it(prepared)
    prepared.clock.pass_(days=1)
    archive = prepared.open()
    archive.seal_day(dt.date(2026, 12, 31), "night")
    archive.close()
    code, order = f"{FILE}.0000001", Removal("purged", "QĐ 1", ("Nguyễn Thị Hủy",), CLERK)

    def remove(office: Office) -> None:
        office.open().remove([code], order)

    def check(office: Office, step: int) -> None:
        archive = office.open()
        archive.recover()
        begun = archive.half_removed()
        assert begun or archive.verify().findings == [], step
        archive.end_removal(archive.remove([code], order), CLERK)
        assert archive.half_removed() == []
        bagit.Bag(str(office.root / "2026/12/31")).validate()
        assert (archive.verify().findings, archive.counts()) == ([], {"purged": 1}), step
        assert not [path for path in (office.root / "2026").rglob("*") if path.stat().st_mode & 0o222 and "12/31" in str(path)]
        assert [path.name for path in (office.root / "2026").rglob("*") if path.is_file() and "data" in path.parts] == ["events.jsonl"]
        told = archive.get(code)
        assert told is not None
        assert [event["type"] for event in told["events"]] == ["numbered", "filed", "dispose-asked", "purged"], step

    assert sweep(prepared, remove, check) > 20


@pytest.mark.usefixtures("impatient")
def test_numbering_killed_anywhere_leaves_no_gap(office: Office, archive: Archive) -> None:
    archive.close()

    def check(office: Office, step: int) -> None:
        archive = office.open()
        codes = [office.filing(archive, name).doc_code for name in ("a", "b")]
        assert codes == [f"{FILE}.0000001", f"{FILE}.0000002"]
        assert archive.verify().findings == []

    def number(office: Office) -> None:
        office.filing(office.open())

    assert sweep(office, number, check) >= 2


@pytest.mark.usefixtures("impatient")
def test_an_archive_killed_while_it_is_made_can_be_made(tmp_path: Path) -> None:
    empty = Office(tmp_path / "empty")
    empty.folder.mkdir()

    def check(office: Office, step: int) -> None:
        archive = office.open()
        archive.declare_file(FILE, "Hồ sơ", year=2026, actor=CLERK)
        archive.recover()
        assert sorted(path.name for path in office.root.iterdir()) == ["FORMAT.md", "_tools", "catalogue.db"], step

    assert sweep(empty, lambda office: office.open(), check) > 10


def test_recovery_touches_nothing_it_cannot_account_for(office: Office, archive: Archive) -> None:
    filed, waiting = archive.file(office.filing(archive, "a"), CLERK), office.filing(archive, "b")
    data = office.root / "2026/11/23/data"
    strange = [data / "Thumbs.db", data / "unknown.0000001.pdf", data / "scans" / "notes.txt", data / f"{waiting.doc_code}.txt"]
    ours = [data / f"{waiting.doc_code}.pdf", data / f"{waiting.doc_code}.json", data / "scans" / f"{'f' * 64}.pdf",
            data / f".{waiting.doc_code}.pdf.1.2.part"]  # fmt: skip
    for path in (*strange, *ours):
        path.write_bytes(b"x")
    (data / f"{waiting.doc_code}.pdf.link").symlink_to("/etc/hostname")
    assert archive.recover() == [path.relative_to(office.root).as_posix() for path in (ours[3], *sorted(ours[:3]))]
    assert all(path.exists() for path in strange)
    assert (data / f"{waiting.doc_code}.pdf.link").is_symlink()
    assert (office.root / filed["path"]).exists() and (office.root / filed["original_path"]).exists()


WORKER = """
import sys, datetime as dt
from pathlib import Path
from tests.archive.conftest import CLERK, Clock, Office
office = Office(Path(sys.argv[1]), Clock(dt.datetime.fromisoformat(sys.argv[2])))
archive = office.open()
archive.file(office.filing(archive), CLERK)
"""


def strace_works() -> bool:
    strace = shutil.which("strace")
    return strace is not None and subprocess.run([strace, "-o", os.devnull, "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not strace_works(), reason="strace is not here or may not trace")
@pytest.mark.parametrize(("call", "number"), [("fdatasync", 1), ("fdatasync", 2), ("fdatasync", 3), ("pwrite64", 9),
                                              ("fsync", 11), ("fsync", 12)])  # fmt: skip
def test_killed_inside_sqlite_the_transaction_is_whole_or_not_there(prepared: Office, call: str, number: int) -> None:
    trace = ["strace", "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={number}"]
    arguments = [str(prepared.folder), prepared.clock.now.isoformat()]
    subprocess.run([*trace, sys.executable, "-c", WORKER, *arguments], cwd=Path(__file__).parents[2], capture_output=True)
    prepared.clock.pass_(hours=1)
    archive = prepared.open()
    archive.recover()
    assert archive.verify().findings == []
    record = archive.file(prepared.filing(archive), CLERK)
    assert (record["doc_code"], archive.counts()) == (f"{FILE}.0000001", {"filed": 1})
    assert archive.verify().findings == []
