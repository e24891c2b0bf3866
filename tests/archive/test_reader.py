from __future__ import annotations

import sqlite3
import threading

import pytest

from archive import reader
from archive.errors import ArchiveError
from archive.query import Query
from archive.reader import Reader
from archive.store import Archive
from tests.archive.conftest import CLERK, Office


def ordinals(asked: Reader, words: str = "") -> list[int]:
    return [row["doc_ordinal"] for row in asked.find(Query(words))]


def test_a_snapshot_answers_as_the_archive_did(office: Office, archive: Archive) -> None:
    archive.file(office.filing(archive, "a", subject="Nghỉ lễ"), CLERK)
    copy = office.folder / "snapshot.db"
    archive.snapshot(copy)
    archive.file(office.filing(archive, "b"), CLERK)
    old = Reader.open(copy)
    assert ordinals(old) == ordinals(old, "nghi") == ordinals(old, '"trang mot"') == [1]
    assert old.counts() == {"filed": 1} and old.get(f"{archive.files()[0].file_code}.0000001") is not None
    assert next(old.find(Query("nghi"), snippets=True))["snippet"] == "⟦Nghỉ⟧ lễ"
    archive.snapshot(copy)
    assert ordinals(old) == [1], "who looks at the earlier one still sees it"
    new = Reader.open(copy)
    assert ordinals(new) == [2, 1] and sorted(path.name for path in office.folder.glob("*snapshot*")) == ["snapshot.db"]
    for each in (old, new):
        each.close()


def test_nothing_can_be_written_through_it(office: Office, archive: Archive) -> None:
    archive.snapshot(office.folder / "snapshot.db")
    for asked in (Reader.open(office.folder / "snapshot.db"), Reader.open(office.root / "catalogue.db", changes=True)):
        with pytest.raises(sqlite3.OperationalError, match="readonly"), asked.reading() as db:
            db.execute("delete from search")
        asked.close()


def test_who_reads_the_living_catalogue_sees_what_is_filed_meanwhile(office: Office, archive: Archive) -> None:
    asked = Reader.open(office.root / "catalogue.db", changes=True)
    archive.file(office.filing(archive), CLERK)
    assert ordinals(asked) == [1]
    asked.close()


def test_a_snapshot_holds_nothing_that_was_not_committed(office: Office, archive: Archive) -> None:
    archive.file(office.filing(archive), CLERK)
    with pytest.raises(RuntimeError), archive._catalogue.writing() as db:
        db.execute("update document set subject = 'half'")
        archive.snapshot(office.folder / "snapshot.db")
        raise RuntimeError
    asked = Reader.open(office.folder / "snapshot.db")
    assert next(asked.find(Query()))["subject"] is None
    asked.close()


def test_a_snapshot_is_made_also_while_somebody_files_without_a_pause(
    office: Office, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_STEP", 1)
    stop, other = threading.Event(), office.open()

    def write() -> None:
        while not stop.is_set():
            other.event("session-opened", actor=CLERK)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        archive.snapshot(office.folder / "snapshot.db")
    finally:
        stop.set()
        writer.join()
    with sqlite3.connect(office.folder / "snapshot.db") as db:
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
        events, leaves = (db.execute(f"select count(*) from {table}").fetchone()[0] for table in ("event", "leaf"))
    assert events == leaves > 0


def test_a_failed_snapshot_leaves_the_earlier_one(office: Office, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = office.folder / "snapshot.db"
    archive.snapshot(copy)
    before = copy.read_bytes()
    archive.file(office.filing(archive), CLERK)

    def full(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        archive.snapshot(copy)
    assert copy.read_bytes() == before and [path.name for path in office.folder.glob("*snapshot*")] == ["snapshot.db"]


def test_a_snapshot_of_another_version_is_refused(office: Office, archive: Archive) -> None:
    copy = office.folder / "snapshot.db"
    archive.snapshot(copy)
    with sqlite3.connect(copy) as db:
        db.execute("pragma user_version = 4")
    with pytest.raises(ArchiveError) as refused:
        Reader.open(copy)
    assert refused.value.code == "catalogue-version"
