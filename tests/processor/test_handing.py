"""What is asked of a held document while others ask too; one scan split into several documents."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest

from processor import handing, parking, requests
from processor.errors import SohoaError
from processor.handing import Meanwhile
from processor.journal import Journal, Request
from tests.processor.office import DPI, Office, picture
from tests.testkit import scans


@pytest.fixture
def lot(office: Office) -> str:
    """A scan of three pages, held for want of its pages."""
    pages = [picture(f"Trang {number} của văn bản") for number in (1, 2, 3)]
    scans.pdf(office.folder / "drop" / "trich-sao" / "a.pdf", pages, DPI)
    office.run(office.shift())
    (row,) = parking.listed(office.folder, "held")
    return row["folder"]


def fields(office: Office, lot: str) -> dict[str, str]:
    told: dict[str, str] = json.loads((office.folder / lot / "fields.json").read_text("utf-8"))
    return told


def test_of_many_who_ask_at_once_one_is_heard(office: Office, lot: str) -> None:
    seen, heard = (lot, handing.version(office.folder / lot)), list[str]()
    journal = Journal(office.folder / "work" / "journal.db")

    def ask(number: int) -> None:
        try:
            handing.send(office.folder, journal, "release", seen, {"pages": str(number)}, kind="held", reason="")
            heard.append(str(number))
        except Meanwhile:
            pass

    threads = [threading.Thread(target=ask, args=[number]) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [fields(office, lot)["pages"]] and [request.verb for request in journal.asked()] == ["release"]
    journal.close()


def test_fields_that_changed_meanwhile_are_not_written_over(office: Office, lot: str) -> None:
    seen = (lot, handing.version(office.folder / lot))
    handing.set_fields(office.folder, lot, {"note": "ghi trước"})
    journal = office.shift().journal
    with pytest.raises(Meanwhile):
        handing.send(office.folder, journal, "release", seen, {"note": "ghi sau"}, kind="held", reason="")
    assert fields(office, lot)["note"] == "ghi trước" and journal.asked() == []


def test_who_saw_another_reason_has_not_answered_for_this_one(office: Office, lot: str) -> None:
    """It was released, and is held again in the same folder for something else, while a clerk's page still showed the first."""
    seen, journal = (lot, handing.version(office.folder / lot)), office.shift().journal
    note = office.folder / lot / "reason.json"
    note.write_text(json.dumps(json.loads(note.read_text("utf-8")) | {"code": "two-documents"}), "utf-8")
    with pytest.raises(Meanwhile):
        handing.send(office.folder, journal, "release", seen, {}, kind="held", reason="")
    assert journal.asked() == []


def test_a_lot_that_is_gone_is_asked_nothing(office: Office) -> None:
    with pytest.raises(Meanwhile):
        handing.send(office.folder, office.shift().journal, "release", ("held/sao-y/none", ""), {}, kind="held", reason="")


def split(office: Office, lot: str, parts: str) -> None:
    args = {"kind": "held", "name": lot, "scan": "", "parts": parts, "reason": "hai văn bản", "operator": "operator:lan"}
    shift = office.shift()
    requests._do(Request(1, "split", args), shift)
    office.run(shift)


def test_what_is_no_split_is_refused_and_the_scan_stays(office: Office, lot: str) -> None:
    for parts in ("1-2", "1;1", "1-2;x", "1;", "", "0;1"):
        with pytest.raises(SohoaError):
            split(office, lot, parts)
    assert [row["folder"] for row in parking.listed(office.folder, "held")] == [lot]


def test_each_part_of_a_scan_goes_a_way_of_its_own_with_the_whole_bytes(office: Office, lot: str) -> None:
    whole = next((office.folder / lot).glob("*.pdf")).read_bytes()
    handing.set_fields(office.folder, lot, {"code_number": "5"})
    split(office, lot, "1;2;3")
    rows = parking.listed(office.folder, "held")
    assert sorted(row["part"] for row in rows) == ["1", "2", "3"] and len({row["folder"] for row in rows}) == 3
    for row in rows:
        place = office.folder / Path(row["folder"])
        assert next(place.glob("*.pdf")).read_bytes() == whole
        told = json.loads((place / "fields.json").read_text("utf-8"))
        assert (told["code_number"], told["file_code"]) == ("", "H05.99.2026.01.VP")
    (event,) = released(office)
    assert event["actor"] == "operator:lan" and event["private"] == {"name": "a.pdf", "reason": "hai văn bản"}


def released(office: Office) -> list[dict[str, object]]:
    with sqlite3.connect(office.folder / "archive" / "catalogue.db") as db:
        rows = db.execute("select actor, private from event where type = 'released'").fetchall()
    return [{"actor": actor, "private": json.loads(private)} for actor, private in rows]


def test_pages_that_the_scan_has_not_are_asked_for_again(office: Office, lot: str) -> None:
    handing.set_fields(office.folder, lot, {"pages": "9"})
    shift = office.shift()
    shift.journal.ask("release", kind="held", name=lot, reason=requests.DESCRIBED)
    office.run(shift)
    assert parking.listed(office.folder, "rejected") == []
    (row,) = parking.listed(office.folder, "held")
    told = (office.folder / row["folder"] / "ly-do.txt").read_text("utf-8-sig")
    assert row["code"] == "bad-pages" and fields(office, row["folder"])["pages"] == "9"
    assert "fields.json" in told and "bản quét có 3 trang" in told, "what is wrong is what the clerk typed, and how far the scan's pages go is told"
