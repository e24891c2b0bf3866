"""Documents kept as they came, with what proves their signatures beside them; and catalogues made before there were any."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest

from archive.catalogue import bring_up
from archive.errors import ArchiveError
from archive.query import Query
from archive.record import Companion, DocumentKey, Filing
from archive.store import Archive
from archive.tables import _LATER, _OF_FILES, VERSION
from tests.archive.conftest import CLERK, FILE, Office


def kept(office: Office, archive: Archive, **changes: object) -> Filing:
    """A document that is its own scan, with two files of evidence."""
    blob = office.blob("came.pdf", b"%PDF signed elsewhere")
    report, increment = office.blob("report", b"{}\n"), office.blob("increment", b"more bytes")
    values: dict[str, object] = {
        "key": DocumentKey(blob.sha256, "van-ban-den", FILE), "pdf": blob, "scan": blob, "form": None, "verification": "valid",
        "companions": (Companion("verification.json", report), Companion("lta", increment)),
    }  # fmt: skip
    return office.filing(archive, **values | changes)


def test_it_lies_there_once_with_its_evidence_and_is_sealed_and_verified(office: Office, archive: Archive) -> None:
    record = archive.file(kept(office, archive), CLERK)
    assert record["path"] == record["original_path"] and record["verification"] == "valid"
    day = office.root / "2026/11/23"
    code = record["doc_code"]
    files = {path.relative_to(day).as_posix() for path in day.rglob("*") if path.is_file()}
    assert files == {f"data/{code}.pdf", f"data/{code}.json", f"data/evidence/{code}.lta", f"data/evidence/{code}.verification.json"}
    beside = json.loads((day / f"data/{code}.json").read_bytes())["companions"]
    assert {each["path"] for each in beside} == {f"2026/11/23/data/evidence/{code}.{name}" for name in ("lta", "verification.json")}
    assert archive.verify().ok
    office.clock.pass_(days=1)
    archive.seal_day(dt.date(2026, 11, 23), "night")
    assert bagit.Bag(str(day)).is_valid()
    assert archive.verify().ok


@pytest.mark.parametrize("sealed", [False, True])
def test_evidence_that_was_changed_lost_or_added_is_found(office: Office, archive: Archive, sealed: bool) -> None:
    record = archive.file(kept(office, archive), CLERK)
    if sealed:
        office.clock.pass_(days=1)
        archive.seal_day(dt.date(2026, 11, 23), "night")
    folder = office.root / "2026/11/23/data/evidence"
    folder.chmod(0o755)
    increment = folder / f"{record['doc_code']}.lta"
    increment.chmod(0o644)
    increment.write_bytes(b"other bytes")
    assert "altered" in {finding.code for finding in archive.verify([record["doc_code"]]).findings}
    increment.unlink()
    assert "missing" in {finding.code for finding in archive.verify([record["doc_code"]]).findings}


def test_the_rows_of_the_evidence_are_bound_by_the_record(office: Office, archive: Archive) -> None:
    record = archive.file(kept(office, archive), CLERK)
    with sqlite3.connect(office.root / "catalogue.db") as db:
        db.execute("delete from companion where path like '%.lta'")
    assert "record-altered" in {finding.code for finding in archive.verify([record["doc_code"]]).findings}


def test_what_an_interrupted_filing_left_is_cleared(office: Office, archive: Archive) -> None:
    archive.file(kept(office, archive), CLERK)
    left = office.root / "2026/11/23/data/evidence/other.lta"
    left.write_bytes(b"left")
    assert archive.recover() == ["2026/11/23/data/evidence/other.lta"]
    assert archive.verify().ok


@pytest.mark.parametrize("ending", ["../x", "", "A", "x/y", ".hidden"])
def test_an_ending_is_a_name(office: Office, archive: Archive, ending: str) -> None:
    bad = kept(office, archive, companions=(Companion(ending, office.blob("b", b"b")),))
    with pytest.raises(ArchiveError) as refused:
        archive.file(bad, CLERK)
    assert refused.value.code == "bad-name"


def test_an_annex_names_its_main_document(office: Office, archive: Archive) -> None:
    record = archive.file(office.filing(archive, main_code=f"{FILE}.0000001"), CLERK)
    assert record["main_code"] == f"{FILE}.0000001" and archive.verify().ok


def as_before_version_five(db: sqlite3.Connection) -> None:
    """The text with both its columns, in an order of its own, and the index over them."""
    for column in ("main_code", "supersedes", "superseded_by"):
        db.execute(f"drop index document_{column}")
    db.executescript("""
        drop index document_number;
        create index idx_document_number_key on document (number_key);
        create index idx_document_issued_date on document (issued_date);
        create index idx_document_code_notation on document (code_notation);
        drop table search_fts; drop table name_fts; drop table name; drop index file_elsewhere;
        alter table search rename to kept;
        drop index idx_search_doc_code;
        create table search (id integer primary key, doc_code text references document (doc_code), pages text, exact text, folded text) strict;
        create unique index idx_search_doc_code on search (doc_code);
        create virtual table search_fts using fts5 (exact, folded, tokenize = 'unicode61 remove_diacritics 0', content = 'search');
        create trigger search_ai after insert on search begin
            insert into search_fts (rowid, exact, folded) values (new.rowid, new.exact, new.folded); end;
        insert into search select 1000 - id, doc_code, pages, lower(pages), 'x' from kept;
        drop table kept;
    """)


def test_what_was_filed_under_an_older_version_is_found(office: Office, archive: Archive) -> None:
    for name, number in (("a", "05"), ("b", "299")):
        archive.file(office.filing(archive, name, code_number=number, code_notation="QĐ-UBND", issued_date="2026-03-02"), CLERK)
    archive.supersede(f"{FILE}.0000001", f"{FILE}.0000002", "scanned badly", CLERK)
    archive.file(office.filing(archive, "c"), CLERK)
    archive.close()
    with sqlite3.connect(office.root / "catalogue.db") as db:
        as_before_version_five(db)
        db.execute("pragma user_version = 4")
    again = office.open()
    found = {words: [row["doc_ordinal"] for row in again.find(Query(words))] for words in ("trang một", "trang mot", "5/QĐ-UBND", "Số 299/qd-ubnd")}
    assert found == {"trang một": [3, 2], "trang mot": [3, 2], "5/QĐ-UBND": [], "Số 299/qd-ubnd": [2]}
    assert [row["doc_ordinal"] for row in again.find(Query("5/QĐ-UBND", {"state": "void"}))] == [1]
    assert [row["doc_ordinal"] for row in again.find(Query("trang", date_to="2026-03-31"))] == [2]
    again.describe(f"{FILE}.0000003", {"subject": "Nghỉ lễ"}, CLERK)
    assert [row["doc_ordinal"] for row in again.find(Query("nghi le"))] == [3] and again.verify().ok


def test_what_an_index_of_version_five_did_not_hold_is_found_and_the_way_there_told(office: Office, archive: Archive) -> None:
    archive.file(office.filing(archive, "a", subject="Nghỉ lễ Quốc khánh", organ_name="Sở Nội vụ", issued_date="2026-09-02"), CLERK)
    archive.close()
    with sqlite3.connect(office.root / "catalogue.db") as db:
        db.executescript("drop index file_elsewhere; insert into search_fts (search_fts) values ('delete-all')")
        db.execute("pragma user_version = 5")
    told: list[tuple[int, int]] = []
    bring_up(office.root / "catalogue.db", lambda done, of: told.append((done, of)))
    again = office.open()
    for question in (Query('"nghi le quoc khanh"'), Query(organs=("H05.02",)), Query("", {"organ_name": "so noi vu"}, "2026-09-01", "2026-09-30")):
        assert len(list(again.find(question))) == 1
    assert told == [(0, 1)] and again.verify().ok


def test_a_catalogue_of_version_one_is_brought_up(office: Office, archive: Archive) -> None:
    """What was filed before is as sound as it was, and new documents may carry evidence."""
    old = archive.file(office.filing(archive), CLERK)
    archive.close()
    with sqlite3.connect(office.root / "catalogue.db") as db:
        as_before_version_five(db)
        db.execute("drop index idx_document_number_key")
        db.execute("drop table checkpoint")
        for column in (column for columns in _LATER.values() for column in columns):
            db.execute(f"alter table document drop column {column}")
        for column in _OF_FILES:
            db.execute(f"alter table file drop column {column}")
        db.execute("drop table companion")
        db.execute("drop index idx_event_scan_sha256")
        db.execute("drop table fonds")
        db.execute("pragma user_version = 1")
    again = office.open()
    with sqlite3.connect(office.root / "catalogue.db") as db:
        assert db.execute("pragma user_version").fetchone()[0] == VERSION
    assert again.get(old["doc_code"]) is not None
    again.file(kept(office, again), CLERK)
    assert again.verify().ok
