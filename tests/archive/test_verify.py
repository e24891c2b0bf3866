"""Whoever changes something in the archive is found out; each test is one such person."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest

from archive import verify as verifier
from archive.errors import ArchiveError
from archive.log import leaf_hash
from archive.store import Archive
from archive.verify import FINDINGS, Finding
from tests.archive.conftest import CLERK, FILE, Office
from tests.archive.test_heads import log_key

FIRST, SECOND, OPEN, VOID = (f"{FILE}.{n:07}" for n in (1, 2, 3, 4))
SEALED_DAY, OPEN_DAY = "2026/11/23", "2026/11/24"


@pytest.fixture
def holding(office: Office, archive: Archive) -> Archive:
    """Two documents sealed, one on an open day, one void code, one correction."""
    for name in ("a", "b"):
        archive.file(office.filing(archive, name, subject="Về việc", code_number="05"), CLERK)
    office.clock.pass_(days=1)
    archive.seal_day(dt.date(2026, 11, 23), "night")
    archive.describe(FIRST, {"subject": "Đính chính"}, CLERK)
    archive.file(office.filing(archive, "c"), CLERK)
    archive.void(office.filing(archive, "d").doc_code, "blank", CLERK)
    return archive


def codes(archive: Archive, what: object = None) -> set[str]:
    return {finding.code for finding in archive.verify(what).findings}  # type: ignore[arg-type]  # as tests pass it


def forge(office: Office, *statements: str) -> None:
    """What somebody with the disk can do to the catalogue, its guards included."""
    db = sqlite3.connect(office.root / "catalogue.db")
    for (name,) in list(db.execute("select name from sqlite_master where type = 'trigger' and name not like 'search%'")):
        db.execute(f"drop trigger {name}")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def change(path: Path, data: bytes) -> None:
    path.parent.chmod(0o755)
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def test_an_archive_nobody_touched_has_no_findings(holding: Archive) -> None:
    result = holding.verify()
    assert (result.checked, result.findings, result.ok) == (3, [], True)
    assert holding.verify([FIRST]).checked == 1
    assert (holding.verify(dt.date(2026, 11, 23)).checked, holding.verify(dt.date(2026, 11, 23)).findings) == (2, [])


def test_verifying_writes_nothing(office: Office, holding: Archive) -> None:
    holding.close()
    before = {path: path.stat().st_mtime_ns for path in office.root.rglob("*")}
    assert verifier.verify(office.root).ok
    assert {path: path.stat().st_mtime_ns for path in office.root.rglob("*")} == before


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{SEALED_DAY}/data/{FIRST}.pdf", "altered"),
        (f"{OPEN_DAY}/data/{OPEN}.pdf", "altered"),
        (f"{SEALED_DAY}/data/scans/{hashlib.sha256(b'scan a').hexdigest()}.pdf", "altered"),
        (f"{SEALED_DAY}/data/events.jsonl", "altered"),
        (f"{SEALED_DAY}/data/{FIRST}.json", "record-altered"),
        (f"{SEALED_DAY}/manifest-sha256.txt", "manifest-altered"),
        (f"{SEALED_DAY}/tagmanifest-sha256.txt", "manifest-altered"),
        (f"{SEALED_DAY}/bag-info.txt", "manifest-altered"),
    ],
)
def test_changed_bytes(office: Office, holding: Archive, path: str, code: str) -> None:
    change(office.root / path, b"changed")
    assert code in codes(holding)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"{SEALED_DAY}/data/{FIRST}.pdf", "missing"),
        (f"{SEALED_DAY}/data/{FIRST}.json", "missing"),
        (f"{OPEN_DAY}/data/scans/{hashlib.sha256(b'scan c').hexdigest()}.pdf", "missing"),
        (f"{SEALED_DAY}/data/events.jsonl", "bag-incomplete"),
        (f"{SEALED_DAY}/bagit.txt", "bag-incomplete"),
        (f"{SEALED_DAY}/manifest-sha256.txt", "bag-incomplete"),
    ],
)
def test_removed_files(office: Office, holding: Archive, path: str, code: str) -> None:
    (office.root / path).unlink()
    assert code in codes(holding)


@pytest.mark.parametrize(
    "path", [f"{SEALED_DAY}/data/evil.pdf", f"{SEALED_DAY}/evil", f"{OPEN_DAY}/data/evil.pdf", f"{OPEN_DAY}/data/scans/evil"]
)
def test_added_files(office: Office, holding: Archive, path: str) -> None:
    change(office.root / path, b"x")
    assert codes(holding) == {"orphan"}


def test_a_pdf_moved_to_another_day(office: Office, holding: Archive) -> None:
    old, new = f"{OPEN_DAY}/data/{OPEN}", f"2026/11/25/data/{OPEN}"
    (office.root / new).parent.mkdir(parents=True)
    for suffix in (".pdf", ".json"):
        (office.root / f"{old}{suffix}").rename(office.root / f"{new}{suffix}")
    forge(office, f"update document set path = '{new}.pdf' where doc_code = '{OPEN}'")
    assert {"misplaced", "record-altered"} <= codes(holding)


def test_the_insider_who_rewrites_file_manifest_and_catalogue(office: Office, holding: Archive) -> None:
    """BagIt itself is content again: only the log tells."""
    day, data = office.root / SEALED_DAY, b"%PDF forged"
    change(day / f"data/{FIRST}.pdf", data)
    digest = hashlib.sha256(data).hexdigest()
    record = json.loads((day / f"data/{FIRST}.json").read_bytes())
    change(day / f"data/{FIRST}.json", json.dumps(record | {"sha256": digest, "size": len(data)}).encode())
    for path in day.rglob("*"):
        path.chmod(0o755)
    bag = bagit.Bag(str(day))
    day.chmod(0o755)
    bag.save(manifests=True)
    bagit.Bag(str(day)).validate()
    again = hashlib.sha256((day / f"data/{FIRST}.json").read_bytes()).hexdigest()
    manifest = hashlib.sha256((day / "manifest-sha256.txt").read_bytes()).hexdigest()
    forge(
        office,
        f"update document set sha256 = '{digest}', size = {len(data)}, record_sha256 = '{again}' where doc_code = '{FIRST}'",
        f"update day set manifest_sha256 = '{manifest}'",
    )
    assert {"record-altered", "manifest-altered"} <= codes(holding)


def test_the_insider_who_rewrites_the_log_as_well(office: Office, holding: Archive) -> None:
    """One leaf is made anew with its hash: the root recorded at the sealing no longer fits."""
    db = sqlite3.connect(office.root / "catalogue.db")
    seq, entry = db.execute("select seq, entry from leaf where entry like '%\"filed\"%'").fetchone()
    db.close()
    forged = entry.replace('"actor":"van-thu"', '"actor":"khac"')
    forge(office, f"update leaf set entry = '{forged}', leaf_hash = '{leaf_hash(forged.encode()).hex()}' where seq = {seq}",
          f"update event set actor = 'khac' where seq = {seq}")  # fmt: skip
    assert [finding.detail for finding in holding.verify().findings] == [
        "the root of the first 5 entries is not the recorded one"
    ]


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (f"delete from document where doc_code = '{VOID}'", "ordinal-gap"),
        (f"update document set state = 'void' where doc_code = '{FIRST}'", "missing"),
        (f"update document set state = 'numbered' where doc_code = '{VOID}'", "missing"),
        ("update file set last_ordinal = 9", "ordinal-gap"),
        ("update file set title = 'Khác'", "record-altered"),
        (f"update document set subject = 'Về việc' where doc_code = '{FIRST}'", "record-altered"),
        (f"update document set pages = 2 where doc_code = '{FIRST}'", "record-altered"),
        (f"update document set filed_at = '2026-11-23T12:00:01+07:00' where doc_code = '{FIRST}'", "record-altered"),
        (f"update document set filed_at = '2026-11-22T12:00:00+07:00' where doc_code = '{FIRST}'", "misplaced"),
        (f"update search set pages = '[\"khác\"]' where doc_code = '{FIRST}'", "record-altered"),
        ("delete from leaf where seq = 3", "log-broken"),
        ("delete from event where seq = 3", "log-broken"),
        ("update event set actor = 'khac' where seq = 3", "log-broken"),
        ("update event set at = '2020-01-01T00:00:00.000000Z' where seq = 3", "log-broken"),
        ("update event set private = '{}' where type = 'described'", "log-broken"),
        ("update event set private = null where type = 'described'", "log-broken"),
        ("update event set public = '{}' where type = 'void'", "log-broken"),
        ("update leaf set entry = replace(entry, 'blank', 'other')", "log-broken"),
        ("update leaf set leaf_hash = 'x' where seq = 2", "log-broken"),
        ("delete from event where type = 'sealed'", "log-broken"),
    ],
)
def test_one_row_changed(office: Office, holding: Archive, statement: str, code: str) -> None:
    forge(office, statement)
    assert code in codes(holding)


def test_the_newest_entries_cut_off(office: Office, holding: Archive) -> None:
    """Back to before the sealing: the bag on the disk is of a day the log never sealed, and it has gone missing there."""
    forge(office, "delete from leaf where seq >= 3", "delete from event where seq >= 3")
    assert codes(holding) >= {"log-broken"}


def test_no_garbage_in_any_column_makes_the_verifier_crash(office: Office, holding: Archive) -> None:
    holding.publish(dt.date(2026, 11, 23), log_key())
    db = sqlite3.connect(office.root / "catalogue.db")
    saved = db.serialize()
    tables = {table: [(row[1], row[2]) for row in db.execute(f"pragma table_info({table})")]
              for table in ("document", "event", "leaf", "scan", "file", "day", "search", "checkpoint")}  # fmt: skip
    db.close()
    for table, columns in tables.items():
        for column, _ in columns:
            for garbage in ("x'00'", "'\"[1]'", "'../../../etc/passwd'", "'{\"public\": 1}'", "null", "-7"):
                attempt = sqlite3.connect(":memory:")
                attempt.deserialize(saved)
                for (name,) in list(attempt.execute("select name from sqlite_master where type = 'trigger'")):
                    attempt.execute(f"drop trigger {name}")
                try:
                    attempt.execute(f"update {table} set {column} = {garbage} where rowid = 1")
                except sqlite3.IntegrityError:  # STRICT and NOT NULL keep most of it out
                    continue
                attempt.commit()
                (office.root / "catalogue.db").write_bytes(attempt.serialize())
                attempt.close()
                result = verifier.verify(office.root)
                assert all(finding.code in FINDINGS for finding in result.findings), (table, column, garbage)


def test_every_pdf_is_shown_to_the_validator_that_was_handed_over(office: Office, holding: Archive) -> None:
    seen: list[Path] = []

    def check(path: Path, row: Mapping[str, object]) -> list[Finding]:
        assert row["doc_code"] == path.stem
        seen.append(path)
        return [Finding("signature-invalid", None, "", "bad")] if path.stem == SECOND else []

    change(office.root / SEALED_DAY / "data" / f"{FIRST}.pdf", b"changed")
    findings = holding.verify(None, check).findings
    assert [path.stem for path in seen] == [SECOND, OPEN], "an altered file is not parsed"
    assert Finding("signature-invalid", SECOND, f"{SEALED_DAY}/data/{SECOND}.pdf", "bad") in findings


def test_a_code_that_is_not_filed_is_missing(holding: Archive) -> None:
    assert codes(holding, ["nothing"]) == {"missing"}
    assert codes(holding, [FIRST, OPEN, hashlib.sha256(b"scan b").hexdigest()[:12]]) == set()
    assert holding.verify([FIRST, OPEN]).checked == 2


def test_only_what_was_asked_for_is_checked(office: Office, holding: Archive) -> None:
    change(office.root / OPEN_DAY / "data" / f"{OPEN}.pdf", b"changed")
    assert codes(holding, dt.date(2026, 11, 23)) == set()
    assert codes(holding, dt.date(2026, 11, 24)) == {"altered"}
    assert codes(holding, [FIRST]) == set()


def test_a_filing_under_way_is_no_finding(office: Office, holding: Archive) -> None:
    ready = office.filing(holding, "e")
    (office.root / OPEN_DAY / "data" / f"{ready.doc_code}.pdf").write_bytes(b"half")
    (office.root / OPEN_DAY / "data" / f".{ready.doc_code}.json.1.2.part").write_bytes(b"half")
    assert codes(holding) == set()


def test_every_code_has_a_sentence_for_the_clerk() -> None:
    assert set(FINDINGS) == {
        "altered", "missing", "orphan", "bag-incomplete", "manifest-altered", "log-broken", "record-altered",
        "misplaced", "ordinal-gap", "head-missing", "head-altered",
        "renewal-missing", "renewal-altered", "certificates-altered", "witness-forked", "witness-invalid", "witness-missing",
    }  # fmt: skip
    assert type(Finding("altered", None, "", "")).__hash__ is not None


def test_damage_of_the_catalogue_where_no_other_check_looks_is_told(office: Office, archive: Archive) -> None:
    """Its page of fonds: there are none, and nobody asks."""
    archive.file(office.filing(archive, "a"), CLERK)
    with archive.reading() as db:
        (page,) = next(iter(db.execute("select rootpage from sqlite_master where name = 'fonds'")))
        (size,) = next(iter(db.execute("pragma page_size")))
    with (office.root / "catalogue.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * 512)
    assert codes(archive) == {"catalogue-damaged"}


@pytest.mark.parametrize("lay", [lambda path: path.mkdir(), lambda path: path.write_bytes(b"no database " * 1000)], ids=["folder", "garbage"])
def test_a_catalogue_that_is_none_is_refused(office: Office, archive: Archive, lay: Callable[[Path], None]) -> None:
    archive.close()
    (office.root / "catalogue.db").unlink()
    lay(office.root / "catalogue.db")
    with pytest.raises(ArchiveError, match="catalogue-unreadable"):
        office.open()
