"""Held scans joined into one document at a station: nothing is lost, whatever stops it and whoever else asks."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from archive.naming import local_date
from processor import handing, joining, lot_notes, parking, requests, stacks
from processor.errors import SohoaError, Verdict
from processor.handing import Meanwhile
from processor.journal import Journal, Request
from processor.parking import Lot
from processor.settings import load
from processor.shift import Shift
from tests.processor.office import DPI, Office, picture
from tests.processor.test_stacks import filed, letter, sheet
from tests.testkit import scans

FILE = "H05.99.2026.01.VP"


def held(office: Office) -> dict[str, str]:
    """The folders of what is held, by the scans' names and parts."""
    return {row["name"] + row["part"]: row["folder"] for row in parking.listed(office.folder, "held")}


def ask(office: Office, lots: Sequence[str], file_code: str = "") -> Request:
    args = {"kind": "held", "lots": json.dumps(list(lots)), "file_code": file_code, "reason": "một văn bản", "operator": "operator:lan"}
    return Request(1, "join", args)


def join(office: Office, lots: Sequence[str], shift: Shift, file_code: str = "") -> None:
    requests._do(ask(office, lots, file_code), shift)


@pytest.fixture
def lots(office: Office) -> list[str]:
    """Two scans of a copy lane that are held because what lies beside them cannot be read: one page, and two."""
    return laid(office, "sao-y")


@pytest.fixture
def waiting(office: Office) -> list[str]:
    """Two extracts that are held for want of their pages, as what is joined of them will be: nothing is read."""
    return laid(office, "trich-sao")


def laid(office: Office, lane: str) -> list[str]:
    place = office.folder / "drop" / lane
    scans.jpeg(place / "a.jpg", picture("Trang đầu của văn bản").convert("L"), DPI)
    scans.pdf(place / "b.pdf", [picture(f"Trang {number} của văn bản") for number in (2, 3)], DPI)
    for name in ("a.jpg", "b.pdf") if lane == "sao-y" else ():
        (place / f"{name}.json").write_text("{")
    office.run(office.shift())
    found = held(office)
    return [found["a.jpg"], found["b.pdf"]]


def events(office: Office, shift: Shift, kind: str) -> list[dict[str, Any]]:
    return shift.tools.archive.told_on(local_date(office.clock()), kind)


def bytes_of(office: Office, folder: str) -> bytes:
    return next(path.read_bytes() for path in (office.folder / folder).iterdir() if path.suffix in {".jpg", ".pdf"})


def test_two_scans_become_one_document_and_both_are_kept_beside_it(office: Office, lots: list[str]) -> None:
    came, shift = [bytes_of(office, lot) for lot in lots], office.shift()
    was = [lot_notes.read(office.folder / lot) for lot in lots]
    join(office, lots, shift)
    assert office.run(shift) == {"filed": 1, "rejected": 2}
    (record,) = filed(shift).values()
    digests = [told["scan_sha256"] for told in was if told]
    assert record["provenance"]["joined_from"] == [{"scan_sha256": each, "part": ""} for each in digests]
    assert (record["pages"], record["original_name"]) == (3, "a (ghép 2).pdf")
    with pikepdf.open(shift.tools.archive.root / record["original_path"]) as kept:
        (image,) = kept.pages[0].get_images().values()
        assert image.read_raw_bytes() == came[0] and len(kept.pages) == 3
    closed = {told["scan_sha256"]: told for told in office.told("rejected")}
    assert list(held(office)) == [] and set(closed) == set(digests)
    for told in closed.values():
        assert told["code"] == "joined-into" and told["detail"] == f"đã ghép vào {record['scan_sha256']}"
    assert sorted(bytes_of(office, row["folder"]) for row in parking.listed(office.folder, "rejected")) == sorted(came)
    (event,) = events(office, shift, "joined")
    assert (event["scan_sha256"], event["actor"]) == (record["scan_sha256"], "operator:lan")
    assert [event["public"][f"joined_from_{n}"] for n in (1, 2)] == digests and event["private"]["reason"] == "một văn bản"
    closing = [each for each in events(office, shift, "rejected") if each["public"]["code"] == "joined-into"]
    assert {each["scan_sha256"] for each in closing} == set(digests)
    assert all(each["actor"] == "operator:lan" and record["scan_sha256"] in each["private"]["reason"] for each in closing)
    assert shift.journal.items() == [] and list((office.folder / "work" / "claims").iterdir()) == []


def test_the_order_is_the_clerks_and_so_are_pages_and_turns_they_typed(office: Office, lots: list[str]) -> None:
    first, second = lots
    handing.set_fields(office.folder, second, {"pages": "2", "rotate": "2:90", "code_number": "15"})
    shift = office.shift()
    join(office, [second, first], shift)
    assert office.run(shift)["filed"] == 1
    (record,) = filed(shift).values()
    told = lot_notes.read(office.folder / next(row["folder"] for row in parking.listed(office.folder, "rejected") if row["name"] == "b.pdf"))
    assert told and record["provenance"]["joined_from"][0] == {"scan_sha256": told["scan_sha256"], "part": "2"}
    assert (record["pages"], record["code_number"]) == (2, "15")
    with pikepdf.open(shift.tools.archive.root / record["original_path"]) as kept:
        assert [int(page.obj.get("/Rotate", 0)) for page in kept.pages] == [90, 0]


def test_parts_of_a_stack_are_joined_again_and_its_account_still_balances(office: Office, tmp_path: Path) -> None:
    wrong = [sheet(tmp_path, FILE, issued_date=day) for day in ("mai", "nay")]
    stack = [wrong[0], letter(2), wrong[1], letter(3)]
    scans.pdf(office.folder / "drop" / "sao-y" / "tap.pdf", stack, 100)
    shift = office.shift()
    office.run(shift)
    found = held(office)
    join(office, [found["tap.pdf2"], found["tap.pdf4"]], shift)
    assert office.run(shift) == {"filed": 1, "rejected": 2}
    (record,) = [row for row in filed(shift).values() if row["original_name"] == "tap (ghép 2).pdf"]
    assert [each["part"] for each in record["provenance"]["joined_from"]] == ["2", "4"] and record["pages"] == 2
    sums = stacks.accounts(local_date(office.clock()), office.folder, shift.tools.archive)
    assert sums["scanned"] == sum(count for name, count in sums.items() if name != "scanned") and sums["under_way"] == 0


def test_what_is_no_join_is_refused_and_everything_stays(office: Office, waiting: list[str]) -> None:
    scans.pdf(office.folder / "drop" / "sao-y" / "c.pdf", [picture("Văn bản khác")], DPI)
    (office.folder / "drop" / "sao-y" / "c.pdf.json").write_text("{")
    shift = office.shift()
    office.run(shift)
    other = held(office)["c.pdf"]
    for wrong in ([], waiting[:1], [waiting[0], waiting[0]], [waiting[0], other], [waiting[0], "held/sao-y/none"], [waiting[0], "../x"]):
        with pytest.raises(SohoaError):
            join(office, wrong, shift)
    handing.set_fields(office.folder, waiting[0], {"code_number": "1"})
    handing.set_fields(office.folder, waiting[1], {"code_number": "2"})
    with pytest.raises(SohoaError, match="two things of code_number"):
        join(office, waiting, shift)
    assert set(held(office).values()) == {*waiting, other} and events(office, shift, "joined") == []
    assert list((office.folder / "work" / "claims").iterdir()) == [] and shift.journal.items() == []


def test_what_has_a_code_or_may_be_secret_is_not_joined(office: Office, waiting: list[str]) -> None:
    told = lot_notes.read(office.folder / waiting[0])
    lane = load(office.folder).lanes["trich-sao"]
    assert told and joining.obstacle(Lot(waiting[0], told), lane) == ""
    changed = {"doc_code": ("x", joining.NUMBERED), "code": ("secrecy-mark", joining.MARKED), "again": (1, joining.AGAIN),
               "part": ("dòng 3 (1/2)", joining.ALONE)}  # fmt: skip
    for name, (value, why) in changed.items():
        assert joining.obstacle(Lot(waiting[0], {**told, name: value}), lane) == why
    assert joining.obstacle(Lot(waiting[0], told), load(office.folder).lanes["van-ban-den"]) == joining.NO_PAPER
    shift = office.shift()
    shift.tools.archive.reserve(parking.scan_of(office.folder, Lot(waiting[0], told)).key, "test")
    with pytest.raises(SohoaError, match="numbered"):  # whatever its note says
        join(office, waiting, shift)
    assert joining.has_twice([("a", "1-2"), ("a", "2")]) and joining.has_twice([("a", ""), ("a", "3")])
    assert not joining.has_twice([("a", "1-2"), ("a", "3"), ("b", "1")])


def test_what_the_worker_cannot_join_is_told_beside_the_scans(office: Office, waiting: list[str]) -> None:
    shift = office.shift()

    def dies(job: str, args: object) -> None:
        if job == "join":
            raise Verdict("join-impossible", "form")

    office.engine.before = dies
    handing.set_fields(office.folder, waiting[0], {"note": "đã gõ"})
    requests.do(ask(office, waiting), shift)
    for lot in waiting:
        told = lot_notes.read(office.folder / lot)
        assert told and told["code"] == "pages-missing" and told["detail"].startswith("Không ghép được") and "form" in told["detail"]
    assert json.loads((office.folder / waiting[0] / "fields.json").read_text("utf-8"))["note"] == "đã gõ"
    office.engine.before = lambda job, args: None
    requests.do(ask(office, waiting), shift)
    assert office.run(shift)["rejected"] == 2


class Stopped(BaseException):
    """The power went."""


@pytest.mark.parametrize("moment", ["made", "parked", "entered"])
def test_power_that_goes_at_any_step_costs_nothing_and_joins_once(
    office: Office, waiting: list[str], moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = sorted(bytes_of(office, lot) for lot in waiting)
    first = office.shift()
    first.journal.ask("join", **ask(office, waiting).args)

    def stops(*args: object, **named: object) -> None:
        raise Stopped

    with monkeypatch.context() as patched:
        where = {"made": (parking, "park"), "parked": (joining, "begin"), "entered": (stacks, "note")}[moment]
        patched.setattr(*where, stops)
        with pytest.raises(Stopped):
            requests.do(first.journal.asked()[0], first)
    shift = office.shift()
    assert office.run(shift) == {"held": 1, "rejected": 2}
    (left,) = parking.listed(office.folder, "held")
    assert left["code"] == "pages-missing" and lot_notes.read(office.folder / left["folder"])["joined_from"]  # type: ignore[index]  # it is there
    assert shift.journal.asked() == [] and shift.journal.items() == []
    assert sorted(bytes_of(office, row["folder"]) for row in parking.listed(office.folder, "rejected")) == came
    assert len(list((office.folder / "work" / "claims").iterdir())) == 0 == len(list((office.folder / "work" / "items").iterdir()))


def test_when_all_of_work_is_lost_the_joined_scan_is_still_there(office: Office, waiting: list[str]) -> None:
    shift = office.shift()
    join(office, waiting, shift)
    for item in list(shift.journal.items()):
        if item.scan.joined_from:
            shutil.rmtree(item.scan.blob.path.parent)
    again = office.shift()
    assert office.run(again)["rejected"] == 2
    (left,) = parking.listed(office.folder, "held")
    assert left["code"] == "joined"
    requests._do(Request(1, "release", {"kind": "held", "name": left["folder"], "reason": ""}), again)
    assert office.run(again) == {"held": 1}
    (told,) = office.told("held")
    assert told["code"] == "pages-missing" and len(told["joined_from"]) == 2


def test_of_many_who_ask_at_once_one_is_heard_and_nobody_else_has_its_scans(office: Office, waiting: list[str]) -> None:
    seen = [(lot, handing.version(office.folder / lot)) for lot in waiting]
    journal, heard = Journal(office.folder / "work" / "journal.db"), list[int]()

    def asks(number: int) -> None:
        try:
            if number % 2:
                handing.send_together(office.folder, journal, seen, kind="held", file_code=FILE)
            else:
                handing.send(office.folder, journal, "reject", seen[1], {}, kind="held", reason="không cần")
            heard.append(number)
        except Meanwhile:
            pass

    threads = [threading.Thread(target=asks, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(heard) == 1 == len(journal.asked())
    handing.set_fields(office.folder, waiting[0], {"note": "x"})
    journal.answered(journal.asked()[0].number)
    with pytest.raises(Meanwhile):
        handing.send_together(office.folder, journal, seen, file_code=FILE)
    journal.close()
