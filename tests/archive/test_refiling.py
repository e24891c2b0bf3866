"""A document in another's place: a new code or a new scan, the old code void, links both ways, and no byte touched."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import bagit  # type: ignore[import-untyped]  # it has no types
import pytest

from archive.errors import ArchiveError
from archive.links import Order
from archive.query import Query
from archive.record import Companion, DocumentKey
from archive.store import Archive
from tests.archive.conftest import CLERK, FILE, Office
from tests.archive.test_crash import impatient, sweep
from tests.archive.test_verify import change, codes, forge

__all__ = ["impatient"]
OTHER = "H05.02.2026.02.VP"
OLD, SECOND, NEW = f"{FILE}.0000001", f"{FILE}.0000002", f"{OTHER}.0000001"
WHY = "Xếp nhầm hồ sơ của ông Nguyễn Văn A"


@pytest.fixture
def holding(office: Office, archive: Archive) -> Archive:
    """A document with evidence and one without, on a day that is sealed; another file stands open."""
    beside = (Companion("verification.json", office.blob("v", b"{}")),)
    archive.file(office.filing(archive, "a", subject="Về việc", companions=beside), CLERK)
    archive.file(office.filing(archive, "b", code_number="15"), CLERK)
    archive.declare_file(OTHER, "Hồ sơ văn phòng", year=2026, actor=CLERK)
    office.clock.pass_(days=1)
    archive.seal_day(dt.date(2026, 11, 23), "night")
    return archive


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def seal_all(office: Office, archive: Archive) -> None:
    office.clock.pass_(days=2)
    for day in archive.unsealed_before(dt.date(2026, 12, 31)):
        if day < office.clock.now.date():
            archive.seal_day(day, "night")


def refused(work: object, *args: str) -> str:
    with pytest.raises(ArchiveError) as error:
        work(*args)  # type: ignore[operator]  # a method
    return error.value.code


def test_a_refiled_document_has_a_new_code_and_its_old_bytes(office: Office, holding: Archive) -> None:
    day = office.root / "2026/11/23"
    before, was = bytes_of(day), holding.get(OLD)
    holding.describe(OLD, {"code_number": "07"}, CLERK)
    record = holding.refile(OLD, OTHER, WHY, CLERK)
    assert (record["doc_code"], record["supersedes"], record["code_number"]) == (NEW, OLD, "07")
    assert was is not None and record["path"] == was["path"], "the PDF lies where it was sealed"
    assert bytes_of(day) == before
    old = holding.get(OLD)
    assert old is not None and (old["state"], old["superseded_by"]) == ("void", NEW)
    assert [row["doc_code"] for row in holding.find(Query("trang một của a"))] == [NEW]
    assert [row["doc_code"] for row in holding.find(Query("", {"state": "void"}))] == [OLD]
    assert [row["doc_code"] for row in holding.find(Query("", {"supersedes": OLD}))] == [NEW]
    assert holding.verify().findings == [] and holding.verify([NEW, OLD]).checked == 2
    told = json.loads((office.root / f"2026/11/24/data/{NEW}.json").read_bytes())
    assert (told["supersedes"], told["file"]["title"], told["provenance"]) == (OLD, "Hồ sơ văn phòng", {"software": {"sohoa": "0.1"}})
    seal_all(office, holding)
    bagit.Bag(str(office.root / "2026/11/24")).validate()
    bagit.Bag(str(day)).validate()
    assert holding.verify().findings == []
    events = (office.root / "2026/11/24/data/events.jsonl").read_text("utf-8")
    assert '\\"type\\":\\"superseded\\"' in events and "Nguyễn" not in "".join(json.loads(line)["entry"] for line in events.splitlines())


def test_it_may_be_refiled_again_and_back(office: Office, holding: Archive) -> None:
    holding.refile(OLD, OTHER, WHY, CLERK)
    back = holding.refile(NEW, FILE, "Nhầm", CLERK)
    assert (back["doc_code"], back["supersedes"]) == (f"{FILE}.0000003", NEW)
    assert holding.counts() == {"filed": 2, "void": 2}
    assert holding.verify().findings == []
    seal_all(office, holding)
    assert holding.verify().findings == []


def test_on_the_day_it_was_filed_too(office: Office, archive: Archive) -> None:
    archive.declare_file(OTHER, "Hồ sơ văn phòng", year=2026, actor=CLERK)
    archive.file(office.filing(archive), CLERK)
    archive.refile(OLD, OTHER, WHY, CLERK)
    assert archive.recover() == [] and archive.verify().findings == []
    seal_all(office, archive)
    assert archive.verify().findings == []


def test_what_cannot_be_refiled(office: Office, holding: Archive) -> None:
    assert refused(holding.refile, "nothing", OTHER, WHY, CLERK) == "unknown"
    assert refused(holding.refile, OLD, FILE, WHY, CLERK) == "bad-link"
    assert refused(holding.refile, OLD, "H05.02.2026.09.XX", WHY, CLERK) == "file-unknown"
    holding.refile(OLD, OTHER, WHY, CLERK)
    assert refused(holding.refile, OLD, OTHER, WHY, CLERK) == "not-filed"
    assert refused(holding.describe, OLD, {"subject": "x"}, CLERK) == "not-filed"  # type: ignore[arg-type]
    holding.close_file(OTHER, CLERK)
    assert refused(holding.refile, SECOND, OTHER, WHY, CLERK) == "file-closed"
    change(office.root / f"2026/11/23/data/{SECOND}.json", b"{}")
    holding.declare_file("H05.02.2026.03.VP", "Khác", year=2026, actor=CLERK)
    assert refused(holding.refile, SECOND, "H05.02.2026.03.VP", WHY, CLERK) == "altered"


def test_the_scan_of_a_refiled_document_is_no_new_document(office: Office, holding: Archive) -> None:
    scan = office.blob("a.scan", b"scan a")
    holding.refile(OLD, OTHER, WHY, CLERK)
    assert holding.key_state(DocumentKey(scan.sha256, "sao-y", FILE)) == ("filed", OLD)
    assert holding.key_state(DocumentKey(scan.sha256, "sao-y", OTHER)) == ("filed", NEW)


def test_a_new_scan_takes_the_place_of_a_bad_one(office: Office, holding: Archive) -> None:
    record = holding.supersede(OLD, SECOND, WHY, CLERK)
    assert (record["doc_code"], record["supersedes"]) == (SECOND, OLD)
    old = holding.get(OLD)
    assert old is not None and (old["state"], old["superseded_by"], old["events"][-1]["type"]) == ("void", SECOND, "superseded")
    assert old["events"][-1]["private"] == {"reason": WHY}
    assert holding.verify().findings == []
    assert refused(holding.supersede, OLD, SECOND, WHY, CLERK) == "not-filed"
    assert refused(holding.supersede, SECOND, SECOND, WHY, CLERK) == "bad-link"
    third = holding.file(office.filing(holding, "c"), CLERK)["doc_code"]
    assert refused(holding.supersede, third, SECOND, WHY, CLERK) == "bad-link"
    holding.supersede(SECOND, third, WHY, CLERK)
    seal_all(office, holding)
    assert holding.verify().findings == []


def test_a_new_scan_that_is_not_filed_yet_takes_the_place_when_it_is(office: Office, holding: Archive) -> None:
    better = office.blob("c.scan", b"scan c")
    holding.ask_supersede(Order(OLD, WHY, "thu-ky"), better.sha256, "sao-y")
    assert holding.counts() == {"filed": 2}, "until then the old one counts"
    record = holding.file(office.filing(holding, "c"), CLERK)
    assert record["supersedes"] == OLD
    old = holding.get(OLD)
    assert old is not None and old["superseded_by"] == record["doc_code"]
    assert (old["events"][-1]["actor"], old["events"][-1]["private"]) == ("thu-ky", {"reason": WHY}), "who asked answers for it"
    assert holding.verify().findings == []
    assert refused(holding.ask_supersede, Order(OLD, WHY, CLERK), better.sha256, "sao-y") == "not-filed"


def test_of_a_stack_the_document_that_was_meant_takes_the_place_and_no_other(office: Office, holding: Archive) -> None:
    scan = office.blob("c.scan", b"scan c")
    holding.ask_supersede(Order(OLD, WHY, CLERK), scan.sha256, "sao-y", "4-5")
    first, meant = (DocumentKey(scan.sha256, "sao-y", FILE, part) for part in ("1-3", "4-5"))
    assert holding.file(office.filing(holding, "c", key=first), CLERK)["supersedes"] is None
    assert holding.file(office.filing(holding, "d", key=meant, scan=scan), CLERK)["supersedes"] == OLD
    assert holding.verify().findings == []


def test_an_order_is_for_its_scan_and_lane_and_ends_with_the_old_document(office: Office, holding: Archive) -> None:
    for name, lane in (("c", "luu-tru"), ("d", "sao-y")):
        holding.ask_supersede(Order(OLD, WHY, CLERK), office.blob(f"{name}.scan", f"scan {name}".encode()).sha256, lane)
    assert holding.file(office.filing(holding, "c"), CLERK)["supersedes"] is None
    holding.supersede(OLD, SECOND, WHY, CLERK)
    assert holding.file(office.filing(holding, "d"), CLERK)["supersedes"] is None
    assert holding.verify().findings == []


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (f"update document set superseded_by = null where doc_code = '{OLD}'", "record-altered"),
        (f"update document set superseded_by = '{SECOND}' where doc_code = '{OLD}'", "record-altered"),
        (f"update document set supersedes = null where doc_code = '{NEW}'", "record-altered"),
        (f"update document set supersedes = '{SECOND}' where doc_code = '{NEW}'", "record-altered"),
        (f"update document set state = 'filed' where doc_code = '{OLD}'", "missing"),
        (f"update document set state = 'void', superseded_by = '{NEW}' where doc_code = '{SECOND}'", "record-altered"),
        (f"update document set path = '2026/11/23/data/{SECOND}.pdf' where doc_code = '{NEW}'", "misplaced"),
        ("delete from event where type = 'superseded'", "log-broken"),
    ],
)
def test_whoever_bends_a_link_is_found_out(office: Office, holding: Archive, statement: str, code: str) -> None:
    holding.refile(OLD, OTHER, WHY, CLERK)
    forge(office, statement)
    assert code in codes(holding)


def test_the_old_bytes_are_still_read_under_both_codes(office: Office, holding: Archive) -> None:
    holding.refile(OLD, OTHER, WHY, CLERK)
    change(office.root / f"2026/11/23/data/{OLD}.pdf", b"changed")
    assert {(f.code, f.doc_code) for f in holding.verify().findings} >= {("altered", OLD), ("altered", NEW)}
    change(office.root / f"2026/11/23/data/{OLD}.json", b"{}")
    assert ("record-altered", OLD) in {(f.code, f.doc_code) for f in holding.verify([OLD]).findings}
    change(office.root / "2026/11/23/data/evidence" / f"{OLD}.verification.json", b"x")
    assert "altered" in codes(holding, [NEW])


@pytest.mark.usefixtures("impatient")
def test_refiling_killed_anywhere_is_done_whole_or_can_be_done_again(office: Office, holding: Archive) -> None:
    holding.close()

    def check(office: Office, step: int) -> None:
        office.clock.pass_(seconds=1)
        archive = office.open()
        archive.recover()
        assert archive.verify().findings == [], step
        if archive.counts().get("void", 0) == 0:
            archive.refile(OLD, OTHER, WHY, CLERK)
        assert archive.counts() == {"filed": 2, "void": 1}, step
        found = archive.get(NEW)
        assert found is not None and (found["state"], found["supersedes"]) == ("filed", OLD)
        assert hashlib.sha256((office.root / found["path"]).read_bytes()).hexdigest() == found["sha256"]
        seal_all(office, archive)
        assert archive.verify().findings == [], step

    assert sweep(office, lambda office: office.open().refile(OLD, OTHER, WHY, CLERK), check) > 8


@pytest.mark.usefixtures("impatient")
def test_filing_what_takes_a_place_killed_anywhere_leaves_one_that_counts(office: Office, holding: Archive) -> None:
    holding.ask_supersede(Order(OLD, WHY, CLERK), office.blob("c.scan", b"scan c").sha256, "sao-y")
    holding.close()

    def file_it(office: Office) -> None:
        archive = office.open()
        archive.file(office.filing(archive, "c"), CLERK)

    def check(office: Office, step: int) -> None:
        office.clock.pass_(seconds=1)
        archive = office.open()
        archive.recover()
        assert archive.verify().findings == [], step
        record = archive.file(office.filing(archive, "c"), CLERK)
        assert (record["supersedes"], archive.counts()) == (OLD, {"filed": 2, "void": 1}), step
        told = archive.get(OLD)
        assert told is not None and [e["type"] for e in told["events"]].count("superseded") == 1, step
        assert archive.verify().findings == [], step

    assert sweep(office, file_it, check) > 20
