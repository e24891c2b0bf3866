from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import sqlite3
import threading
import unicodedata
from typing import Any

import pytest

from archive.errors import ArchiveError
from archive.query import Query
from archive.record import DESCRIPTIVE, FIELDS, DocumentKey, description_digest
from archive.search import Portion
from archive.store import Archive, FileRow
from tests.archive.conftest import CLERK, FILE, NOON, Office


def refusal(call: object, *args: object, **named: object) -> str:
    with pytest.raises(ArchiveError) as refused:
        call(*args, **named)  # type: ignore[operator]  # a method of Archive
    return refused.value.code


# Files (hồ sơ)


def test_a_declared_file_is_listed_with_the_documents_filed_in_it(office: Office, archive: Archive) -> None:
    archive.file(office.filing(archive), CLERK)
    office.filing(archive, "only numbered")
    row = FileRow(FILE, "Hồ sơ tổ chức cán bộ", "01", 2026, "2026-11-23T05:00:00.000000Z", None, 1, "H05.02")
    assert archive.files() == [row]
    assert archive.declared(FILE) == row
    assert archive.declared("H05.02.2026.99.X") is None


def test_declaring_again_is_the_same_file_or_refused(archive: Archive) -> None:
    same: dict[str, Any] = {"maintenance": "01", "organ_id": "H05.02", "year": 2026, "actor": CLERK}
    archive.declare_file(FILE, "Hồ sơ tổ chức cán bộ", **same)
    assert refusal(archive.declare_file, FILE, "Khác", **same) == "file-exists"
    assert refusal(archive.declare_file, FILE.replace("TCCB", "tccb"), "Khác", **same) == "file-exists"
    assert refusal(archive.declare_file, "01.TCCB", "Khác", **same) == "bad-file-code"
    assert len(archive.files()) == 1


def test_only_open_declared_files_take_documents(office: Office, archive: Archive) -> None:
    ready = office.filing(archive)
    archive.close_file(FILE, CLERK)
    archive.close_file(FILE, CLERK)
    assert refusal(archive.reserve, DocumentKey("b" * 64, "sao-y", FILE), CLERK) == "file-closed"
    assert refusal(archive.reserve, DocumentKey("b" * 64, "sao-y", ""), CLERK) == "file-unknown"
    assert refusal(archive.close_file, "x", CLERK) == "file-unknown"
    assert archive.reserve(ready.key, CLERK) == ready.doc_code, "what is numbered keeps its code"
    assert archive.file(ready, CLERK)["state"] == "filed"


def test_a_file_closed_by_mistake_is_opened_again_and_its_codes_go_on(office: Office, archive: Archive) -> None:
    ready = office.filing(archive)
    archive.close_file(FILE, CLERK, "2026-06-30")
    archive.reopen_file(FILE, "Đóng nhầm của bà Trần Thị B", CLERK)
    row = archive.declared(FILE)
    assert row is not None and (row.closed_at, row.ended_on) == (None, None)
    assert archive.reserve(DocumentKey("b" * 64, "sao-y", FILE), CLERK) == f"{FILE}.{int(ready.doc_code[-7:]) + 1:07}"
    (told,) = archive.happened("file-reopened")
    with archive.reading() as db:
        assert "Trần" not in db.table("leaf").get(told["seq"])["entry"], "why is private"
    assert told["public"] == {"file_code": FILE}
    assert archive.verify().findings == []
    assert refusal(archive.reopen_file, FILE, "x", CLERK) == "file-open"
    assert refusal(archive.reopen_file, "x", "x", CLERK) == "file-unknown"
    archive.close_file(FILE, CLERK)
    assert archive.verify().findings == []


# Codes


def test_codes_run_without_gaps_and_stay_with_their_key(archive: Archive) -> None:
    keys = [DocumentKey("a" * 64, "sao-y", FILE), DocumentKey("a" * 64, "luu-tru", FILE),
            DocumentKey("a" * 64, "sao-y", FILE, "1-3"), DocumentKey("a" * 64, "sao-y", FILE, again=1)]  # fmt: skip
    assert [archive.reserve(key, CLERK) for key in keys + keys] == [f"{FILE}.{n:07}" for n in (1, 2, 3, 4)] * 2
    assert archive.key_state(keys[0]) == ("numbered", f"{FILE}.0000001")
    assert archive.key_state(DocumentKey("c" * 64, "sao-y", FILE)) == ("new", None)


def test_a_void_code_is_never_given_again(office: Office, archive: Archive) -> None:
    ready = office.filing(archive)
    archive.void(ready.doc_code, "not-pdfa", CLERK)
    assert archive.key_state(ready.key) == ("new", None)
    assert archive.reserve(ready.key, CLERK) == f"{FILE}.0000002"
    assert refusal(archive.file, ready, CLERK) == "not-numbered"
    assert refusal(archive.void, ready.doc_code, "x", CLERK) == "not-numbered"
    assert refusal(archive.void, "x.0000001", "x", CLERK) == "unknown"
    assert archive.counts() == {"void": 1, "numbered": 1}
    told = archive.get(f"{FILE}.0000001")
    assert told is not None
    assert (told["state"], told["events"][-1]["public"]["reason_code"]) == ("void", "not-pdfa")


def test_threads_that_ask_at_once_get_one_code_a_key(archive: Archive) -> None:
    codes: list[str] = []

    def ask(number: int) -> None:
        codes.append(archive.reserve(DocumentKey(f"{number % 8:064}", "sao-y", FILE), CLERK))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(codes)) == [f"{FILE}.{n:07}" for n in range(1, 9)]
    assert archive.verify().findings == []


# Filing


def test_a_filed_document_lies_on_todays_shelf_with_its_record_and_its_scan(office: Office, archive: Archive) -> None:
    record = archive.file(office.filing(archive, subject="Về việc nghỉ lễ"), CLERK)
    assert tuple(record) == FIELDS
    assert record["path"] == f"2026/11/23/data/{FILE}.0000001.pdf"
    assert record["filed_at"] == "2026-11-23T12:00:00+07:00"
    assert (office.root / record["path"]).read_bytes() == b"%PDF a"
    assert (office.root / record["original_path"]).read_bytes() == b"scan a"
    assert record["original_path"] == f"2026/11/23/data/scans/{record['scan_sha256']}.pdf"
    beside = json.loads((office.root / record["path"]).with_suffix(".json").read_bytes())
    assert {name: beside[name] for name in FIELDS} == record
    assert beside["text"] == ["trang một của a"]
    assert beside["provenance"] == {"software": {"sohoa": "0.1"}}
    assert beside["file"]["title"] == "Hồ sơ tổ chức cán bộ"
    assert archive.scan_blob(record["scan_sha256"]) == office.root / record["original_path"]
    assert archive.scan_blob("f" * 64) is None
    assert archive.key_state(office.filing(archive).key) == ("filed", record["doc_code"])


def test_filing_again_changes_nothing(office: Office, archive: Archive) -> None:
    ready = office.filing(archive)
    first = archive.file(ready, CLERK)
    office.clock.pass_(days=1)
    assert archive.file(ready, CLERK) == first
    other = dataclasses.replace(ready, pdf=office.blob("other", b"%PDF other"))
    assert refusal(archive.file, other, CLERK) == "already-filed"
    assert archive.verify().findings == []
    assert archive.counts() == {"filed": 1}


def test_a_scan_lies_in_the_archive_once(office: Office, archive: Archive) -> None:
    first = archive.file(office.filing(archive), CLERK)
    office.clock.pass_(days=1)
    key = DocumentKey(first["scan_sha256"], "luu-tru", FILE)
    second = archive.file(office.filing(archive, key=key, form=None), CLERK)
    assert second["original_path"] == first["original_path"]
    assert second["path"].startswith("2026/11/24/")
    assert len(list(office.root.rglob("scans/*"))) == 1


def test_bytes_that_are_not_those_announced_are_not_filed(office: Office, archive: Archive) -> None:
    ready = office.filing(archive)
    ready.pdf.path.write_bytes(b"%PDF changed after sealing")
    assert refusal(archive.file, ready, CLERK) == "altered"
    assert archive.get(ready.doc_code) is not None
    assert archive.key_state(ready.key) == ("numbered", ready.doc_code)
    assert not list(office.root.rglob("*.pdf")) or not list(office.root.rglob(f"{FILE}*.pdf"))
    assert archive.file(office.filing(archive), CLERK)["state"] == "filed"
    assert archive.verify().findings == []


def test_a_code_takes_only_the_document_it_was_reserved_for(office: Office, archive: Archive) -> None:
    first, second = office.filing(archive, "a"), office.filing(archive, "b")
    assert refusal(archive.file, dataclasses.replace(second, doc_code=first.doc_code), CLERK) == "key-mismatch"
    assert refusal(archive.file, dataclasses.replace(first, scan=second.scan), CLERK) == "key-mismatch"
    assert refusal(archive.file, dataclasses.replace(first, doc_code="x.0000001"), CLERK) == "unknown"


def test_what_is_filed_does_not_change_when_the_work_file_does(office: Office, archive: Archive) -> None:
    ready = office.filing(archive)
    with open(ready.pdf.path, "r+b") as worker:
        record = archive.file(ready, CLERK)
        worker.write(b"EVIL")
    assert (office.root / record["path"]).read_bytes() == b"%PDF a"


def test_a_name_that_is_no_text_is_kept_to_the_byte(office: Office, archive: Archive) -> None:
    name = os.fsdecode(b"Quy\xea\xcct.pdf")
    record = archive.file(office.filing(archive, original_name=name), CLERK)
    beside = json.loads((office.root / record["path"]).with_suffix(".json").read_bytes())
    assert bytes.fromhex(beside["original_name_hex"]) == b"Quy\xea\xcct.pdf"
    assert "\ufffd" in record["original_name"]


def test_text_of_any_form_is_kept_composed(office: Office, archive: Archive) -> None:
    apart = unicodedata.normalize("NFD", "Ủy ban nhân dân xã")
    ready = office.filing(archive, organ_name=apart, original_name=f"{apart}.pdf", text=(f"{apart}\udcff\x00",))
    record = archive.file(ready, CLERK)
    assert record["organ_name"] == "Ủy ban nhân dân xã"
    assert record["original_name"] == "Ủy ban nhân dân xã.pdf"
    assert archive.verify().findings == []


def test_a_failing_disk_files_nothing_and_the_next_try_succeeds(
    office: Office, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, fsync = office.filing(archive), os.fsync
    calls = 0
    failed = 0

    def broken(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == failed:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", broken)
    while True:
        calls, failed = 0, failed + 1
        try:
            archive.file(ready, CLERK)
            break
        except OSError:
            assert archive.key_state(ready.key) == ("numbered", ready.doc_code)
            office.clock.pass_(hours=2)  # past midnight in the end: the next try is on another shelf
    monkeypatch.undo()
    assert failed > 6
    assert len(list(archive.days())) == 2
    office.clock.pass_(days=1)
    for day in archive.unsealed_before(dt.date(2026, 11, 25)):
        archive.seal_day(day, "night")
    assert archive.verify().findings == []
    assert len(list(office.root.rglob(f"{FILE}*.pdf"))) == 1


def test_a_clock_that_went_back_files_nothing(office: Office, archive: Archive) -> None:
    ready = office.filing(archive)
    office.clock.pass_(seconds=-1)
    assert refusal(archive.file, ready, CLERK) == "clock-behind"
    archive.event("noticed", actor=CLERK)
    office.clock.pass_(seconds=1)
    archive.file(ready, CLERK)
    told = archive.get(ready.doc_code)
    assert told is not None
    with sqlite3.connect(office.root / "catalogue.db") as db:
        entry = json.loads(db.execute("select entry from leaf join event using (seq) where type = 'noticed'").fetchone()[0])
    assert entry["at"] == "2026-11-23T05:00:00.000000Z"
    assert entry["public"] == {"clock_behind_us": 1_000_000}, "an honest log says that its clock was wrong"
    assert archive.verify().findings == []


def test_a_clock_without_a_zone_is_refused(office: Office, archive: Archive) -> None:
    office.clock.now = dt.datetime(2026, 11, 24)
    with pytest.raises(ValueError, match="zone"):
        archive.event("noticed", actor=CLERK)


# Describing


def test_describing_adds_to_what_is_known_and_touches_nothing_on_the_shelf(office: Office, archive: Archive) -> None:
    record = archive.file(office.filing(archive, subject="Về việc nghỉ lễ", confidence={"subject": 0.5}), CLERK)
    assert record["description"] == "partial"
    waiting = archive.to_describe()
    assert waiting == [{"id": record["doc_code"], "name": "a.pdf", "lane": "sao-y", "scan_sha256": record["scan_sha256"],
                        "code": "partial", "part": "", "reason": "code_number"}]  # fmt: skip
    before = {path: path.read_bytes() for path in office.root.rglob("2026/**/*") if path.is_file()}
    described = archive.describe(record["doc_code"], {"code_number": "05", "subject": ""}, "lan")
    assert (described["code_number"], described["subject"], described["description"]) == ("05", None, "partial")
    described = archive.describe(record["doc_code"], {"subject": "Nghỉ lễ"}, "lan")
    assert described["description"] == "full"
    assert described["confidence"] == {"code_number": 1.0, "subject": 1.0}
    assert archive.to_describe() == []
    assert {path: path.read_bytes() for path in before} == before
    told = archive.get(record["doc_code"])
    assert told is not None
    assert [(event["type"], event["private"]) for event in told["events"][2:]] == [
        ("described", {"code_number": "05", "subject": None}), ("described", {"subject": "Nghỉ lễ"}),
    ]  # fmt: skip
    assert archive.verify().findings == []


def test_a_description_is_not_laid_over_one_that_was_not_seen(office: Office, archive: Archive) -> None:
    record = archive.file(office.filing(archive, "a", subject="Nghỉ lễ"), CLERK)
    seen = description_digest(record)
    assert archive.describe(record["doc_code"], {"code_number": "05"}, "lan", seen)["code_number"] == "05"
    assert refusal(archive.describe, record["doc_code"], {"code_number": "06"}, "cu", seen) == "changed"
    now = archive.get(record["doc_code"])
    assert now and now["code_number"] == "05" and description_digest(now) != seen
    assert archive.describe(record["doc_code"], {"code_number": "06"}, "cu", description_digest(now))["code_number"] == "06"


def test_what_is_to_describe_is_listed_in_portions_by_code(office: Office, archive: Archive) -> None:
    codes = []
    for name in "abcd":
        filing = office.filing(archive, name, complete=name == "b")
        codes.append(archive.file(filing, CLERK)["doc_code"])
    partial = [codes[0], *codes[2:]]

    def listed(part: Portion) -> list[str]:
        return [row["id"] for row in archive.to_describe(part)]

    assert listed(Portion()) == partial == [row["id"] for row in archive.to_describe()]
    assert listed(Portion(after=codes[0], limit=1)) == [codes[2]]
    assert listed(Portion(before=codes[3], limit=1)) == [codes[2]]
    assert listed(Portion("sao-y", codes[2])) == [codes[3]] and listed(Portion("luu-tru")) == []
    assert archive.count_to_describe() == {"sao-y": 3}


def test_only_filed_documents_and_descriptive_fields_can_be_described(office: Office, archive: Archive) -> None:
    ready = office.filing(archive)
    assert refusal(archive.describe, ready.doc_code, {"subject": "x"}, CLERK) == "not-filed"
    record = archive.file(ready, CLERK)
    assert refusal(archive.describe, ready.doc_code, {"sha256": "x"}, CLERK) == "bad-field"
    assert refusal(archive.describe, ready.doc_code, {"issued_date": "hôm qua"}, CLERK) == "bad-value"
    assert archive.describe(ready.doc_code, {}, CLERK) == record


# Asking


def test_a_document_is_found_by_any_unique_beginning(office: Office, archive: Archive) -> None:
    first, second = (archive.file(office.filing(archive, name), CLERK) for name in ("a", "b"))
    for id in (first["doc_code"], first["scan_sha256"], first["scan_sha256"][:10], first["scan_sha256"].upper()):
        told = archive.get(id)
        assert told is not None and told["doc_code"] == first["doc_code"]
        assert told["text"] == ["trang một của a"]
        assert [event["type"] for event in told["events"]] == ["numbered", "filed"]
        assert set(told) == {*FIELDS, "events", "text"}
    assert refusal(archive.get, FILE) == "ambiguous"
    assert archive.get("nothing") is archive.get("") is None
    assert archive.get("%") is None
    assert second["doc_code"] != first["doc_code"]


def test_a_document_s_events_are_not_those_of_the_same_scan_in_another_lane(office: Office, archive: Archive) -> None:
    ready = office.filing(archive)
    for lane in ("sao-y", "luu-tru"):
        archive.event("received", scan_sha256=ready.key.scan_sha256, actor=CLERK, public={"lane": lane, "size": 6})
    archive.event("supersede-asked", scan_sha256=ready.key.scan_sha256, actor=CLERK)  # of no lane
    told = archive.get(archive.file(ready, CLERK)["doc_code"])
    assert told is not None
    assert [(event["type"], event["public"].get("lane")) for event in told["events"]] == [
        ("numbered", "sao-y"), ("received", "sao-y"), ("supersede-asked", None), ("filed", None)]  # fmt: skip


def test_a_void_code_does_not_make_its_scan_ambiguous(office: Office, archive: Archive) -> None:
    ready = office.filing(archive)
    archive.void(ready.doc_code, "not-pdfa", CLERK)
    record = archive.file(office.filing(archive), CLERK)
    told = archive.get(ready.key.scan_sha256)
    assert told is not None and told["doc_code"] == record["doc_code"] != ready.doc_code


# Events, and the house itself


def test_no_title_name_or_text_is_in_any_leaf(office: Office, archive: Archive) -> None:
    ready = office.filing(archive, subject="Bí mật", signer_name="Nguyễn Văn A", original_name="Bí mật.pdf", text=("Bí mật",),
                          key=DocumentKey(hashlib.sha256(b"scan a").hexdigest(), "sao-y", FILE, "Bí mật.pdf"))  # fmt: skip
    archive.file(ready, CLERK)
    archive.describe(ready.doc_code, {"subject": "Bí mật"}, CLERK)
    archive.event("arrived", actor="watch", scan_sha256="a" * 64, private={"name": "Bí mật.pdf"})
    with sqlite3.connect(office.root / "catalogue.db") as db:
        leaves = "".join(entry for (entry,) in db.execute("select entry from leaf"))
    for word in ("Bí mật", "Nguyễn", "tổ chức cán bộ", *DESCRIPTIVE[:1]):
        assert word not in leaves


def test_events_and_leaves_cannot_be_changed_by_mistake(office: Office, archive: Archive) -> None:
    office.filing(archive)
    db = sqlite3.connect(office.root / "catalogue.db")
    for sql in ("delete from event", "delete from leaf", "update leaf set entry = ''", "delete from document"):
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(sql)
    db.close()


def test_the_archive_opens_again_as_it_was(office: Office, archive: Archive) -> None:
    record = archive.file(office.filing(archive), CLERK)
    archive.close()
    again = office.open()
    told = again.get(record["doc_code"])
    assert told is not None and {name: told[name] for name in FIELDS} == record
    assert again.recover() == []
    assert (office.root / "FORMAT.md").exists()


def test_two_programs_share_an_archive(office: Office, archive: Archive) -> None:
    other = office.open()
    codes = [desk.reserve(DocumentKey(f"{n:064}", "sao-y", FILE), CLERK) for n, desk in enumerate([archive, other] * 3)]
    assert codes == [f"{FILE}.{n:07}" for n in range(1, 7)]


def test_a_catalogue_of_another_version_is_left_alone(office: Office, archive: Archive) -> None:
    archive.close()
    with sqlite3.connect(office.root / "catalogue.db") as db:
        db.execute("pragma user_version = 99")
    assert refusal(office.open) == "catalogue-version"


def test_the_catalogue_is_written_the_safe_way(office: Office, archive: Archive) -> None:
    with archive._catalogue.reading() as db:
        settings = {name: db.execute(f"pragma {name}").fetchone()[0] for name in
                    ("journal_mode", "synchronous", "foreign_keys")}  # fmt: skip
    assert settings == {"journal_mode": "delete", "synchronous": 3, "foreign_keys": 1}
    assert NOON.tzinfo is dt.UTC


def test_a_file_is_found_under_the_old_and_the_new_form_of_its_code(office: Office, archive: Archive) -> None:
    """QCVN 102:2016 wrote 000.00.16.H56 what QĐ 20/2020 writes H56.16; what was filed keeps the code it has."""
    old = "000.00.16.H56.2018.01.TCCB"
    archive.declare_file(old, "Hồ sơ năm 2018", organ_id="000.00.16.H56", year=2018, actor=CLERK)
    scan = office.blob("a.scan", b"scan a")
    code = archive.file(office.filing(archive, "a", key=DocumentKey(scan.sha256, "sao-y", old)), CLERK)["doc_code"]
    for form in (old, "H56.16.2018.01.TCCB"):
        assert [row["doc_code"] for row in archive.find(Query("", {"file_code": form}))] == [code]
    assert [row["file_code"] for row in archive.find(Query(organs=("H56.16", "000.00.16.H56")))] == [old]
    assert list(archive.find(Query(organs=("H56.17",)))) == []
