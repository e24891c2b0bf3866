"""Documents taken out of text and index: nothing of them is found, or lies in the file, and the others are found as before."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlite_utils import Database

from archive import index
from archive.query import Query
from archive.reader import Reader
from archive.store import Archive
from tests.archive.conftest import CLERK, Office


@pytest.mark.parametrize("gone", [1, 4], ids=["few", "most"])
def test_what_was_taken_out_is_nowhere_and_the_rest_is_found(office: Office, archive: Archive, tmp_path: Path, gone: int) -> None:
    codes = [
        archive.file(office.filing(archive, f"a{number}", organ_name=f"Sở giaukin{number}" if number < gone else "Sở Nội vụ",
                                   text=(f"văn bản giaukin{number}" if number < gone else f"văn bản thứ {number}",)), CLERK)["doc_code"]
        for number in range(5)
    ]  # fmt: skip
    draft, made = tmp_path / "draft.db", tmp_path / "made.db"
    archive.snapshot(draft)
    connection = sqlite3.connect(draft, isolation_level=None)
    for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        connection.execute(f"drop trigger {name}")
    connection.execute("create temp table hidden (doc_code text primary key)")
    connection.executemany("insert into hidden values (?)", [(code,) for code in codes[:gone]])
    index.keep_only(Database(connection, execute_plugins=False), "hidden")
    connection.execute("delete from document where doc_code in (select doc_code from hidden)")
    for table in ("event", "leaf"):
        connection.execute(f"delete from {table}")
    connection.execute("vacuum into ?", [str(made)])
    connection.close()
    reader = Reader.open(made)
    assert [row["doc_code"] for row in reader.find(Query("van ban"))] == codes[gone:][::-1]
    assert [row["doc_code"] for row in reader.find(Query(fields={"organ_name": "noi vu"}))] == codes[gone:][::-1]
    assert not list(reader.find(Query("giaukin0"))) and not list(reader.find(Query(fields={"organ_name": "giaukin0"})))
    reader.close()
    assert b"giaukin" not in made.read_bytes()
