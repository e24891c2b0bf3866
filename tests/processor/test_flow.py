"""Many documents on their way at once: turns, a full disk, sources that cannot be cleared, faults, and stopping."""

import datetime as dt
import errno
import json
import os
import shutil
import sqlite3
import threading
from collections import namedtuple
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from archive.naming import local_date
from processor import flow, parking, pipeline, requests
from processor.document import Finished, Numbered, scan_of
from processor.engine import LocalEngine
from processor.errors import Verdict
from processor.journal import Request
from processor.settings import parse
from processor.tools import Tools
from tests.processor.office import Office, Watched
from watch.folders import being_written

CODE = "H05.99.2026.01.VP.{:07}"


def codes(office: Office, state: str) -> list[str]:
    return [told["code"] for told in office.told(state)]


def test_lanes_take_turns(office: Office) -> None:
    """A flood in one lane does not starve the others."""
    for number in range(3):
        office.drop(f"a{number}.png", f"Văn bản số {number}", "sao-y")
    office.drop("b.png", "Hồ sơ lưu trữ", "luu-tru")
    shift = office.shift()
    assert office.run(shift) == {"filed": 4}
    assert office.filed(shift).index("b.png") == 1
    assert office.dropped() == []
    assert {path.name for path in (office.folder / "out").rglob("*.pdf")} == {"a0.pdf", "a1.pdf", "a2.pdf", "b.pdf"}
    left = [*(office.folder / "work" / "items").iterdir(), *(office.folder / "work" / "claims").iterdir()]
    assert left == [] and shift.journal.items() == []


def test_below_the_least_disk_space_nothing_is_taken(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.drop("a.png", "Văn bản")
    shift, real = office.shift(), shutil.disk_usage
    with monkeypatch.context() as patch:
        usage = namedtuple("usage", "total used free")
        patch.setattr(shutil, "disk_usage", lambda path: usage(1 << 40, 1 << 40, (1 << 30) - 1))
        assert office.run(shift) == {}
    assert office.dropped() == ["a.png"] and shift.journal.items() == []
    assert shutil.disk_usage is real
    assert office.run(shift) == {"filed": 1}


def test_a_scan_that_finds_no_room_stands_in_the_way_of_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody drops a film by mistake: no lane took anything until it was gone."""
    with office.drop("0.png", "Văn bản").open("r+b") as film:
        film.truncate(100 << 20)
    for lane in ("sao-y", "luu-tru"):
        office.drop(f"a-{lane}.png", f"Văn bản {lane}", lane)
    shift, usage = office.shift(), namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(1 << 40, 1 << 40, (1 << 30) + (50 << 20)))
    going = flow.Flow(shift)
    assert flow.run(going, shift, threading.Event()) == {"filed": 2}
    assert office.dropped() == ["0.png"] and going.is_disk_low


def test_the_same_bytes_twice_are_one_document(office: Office) -> None:
    for name in ("a.png", "b.png", "c.png"):
        office.drop(name, "Cùng một văn bản")
    shift = office.shift()
    assert office.run(shift) == {"filed": 1, "duplicate": 2}
    assert office.dropped() == [] and len(office.filed(shift)) == 1
    office.drop("d.png", "Cùng một văn bản", "luu-tru")  # another lane makes another document
    assert office.run(shift) == {"filed": 1}
    assert len(office.filed(shift)) == 2


# --- sources that cannot be cleared


def test_a_source_somebody_has_open_is_filed_once_and_cleared_when_it_is_closed(office: Office) -> None:
    scan = office.drop("a.png", "Văn bản đang mở")
    shift = office.shift()
    with scan.open("r+b"):
        if being_written(scan) is not True:
            pytest.skip("this file system does not tell who writes")
        assert office.run(shift) == {"filed": 1}
        (item,) = shift.journal.items()
        assert (item.state, item.code) == ("clearing", "source-stuck")
        assert office.run(shift) == {} and office.run(office.shift()) == {}
    again = office.shift()
    assert office.run(again) == {}
    assert office.dropped() == [] and again.journal.items() == []
    assert office.filed(again) == ["a.png"]
    assert [p for place in ("items", "claims") for p in (office.folder / "work" / place).iterdir()] == []


def test_a_source_that_became_another_file_meanwhile_is_filed_once(office: Office) -> None:
    """Synchronising programs write the same bytes anew: same name, another inode."""
    scan = office.drop("a.png", "Văn bản đồng bộ")
    copy = office.folder / "copy"

    def replace(job: str, args: Mapping[str, Any]) -> None:
        if job == "seal":
            shutil.copyfile(scan, copy)
            os.replace(copy, scan)

    office.engine.before = replace
    shift = office.shift()
    assert office.run(shift) == {"filed": 1, "duplicate": 1}
    office.run(shift)
    assert office.dropped() == [] and shift.journal.items() == [] and office.filed(shift) == ["a.png"]


def test_while_a_source_is_stuck_the_same_bytes_elsewhere_are_a_duplicate_also_after_a_restart(office: Office) -> None:
    scan = office.drop("a.png", "Văn bản đang mở")
    with scan.open("r+b"):
        if being_written(scan) is not True:
            pytest.skip("this file system does not tell who writes")
        assert office.run(office.shift()) == {"filed": 1}
        office.drop("b.png", "Văn bản đang mở")
        restarted = office.shift()
        assert office.run(restarted) == {"duplicate": 1}
        assert office.dropped() == ["a.png"]
        assert [item.state for item in restarted.journal.items()] == ["clearing"]


# --- faults of our own


def test_an_error_of_our_own_costs_its_document_and_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.png", "b.png", "c.png"):
        office.drop(name, f"Văn bản {name}")
    real = pipeline.finish

    def finish(numbered: Numbered, tools: Tools, work: Path) -> Finished:
        if scan_of(numbered).original_name == "b.png":
            raise RuntimeError("a slip")
        return real(numbered, tools, work)

    monkeypatch.setattr(pipeline, "finish", finish)
    data = (office.folder / "drop" / "sao-y" / "b.png").read_bytes()
    shift = office.shift()
    assert office.run(shift) == {"filed": 2, "rejected": 1}
    assert sorted(office.filed(shift)) == ["a.png", "c.png"] and codes(office, "rejected") == ["unexpected"]
    assert next((office.folder / "rejected").rglob("b.png")).read_bytes() == data
    assert shift.tools.archive.counts() == {"filed": 2, "void": 1}
    assert office.dropped() == [] and shift.journal.items() == []
    monkeypatch.undo()
    office.drop("b.png", "Văn bản b.png")  # dropped again it gets a code of its own
    assert office.run(shift) == {"filed": 1}
    assert shift.tools.archive.counts() == {"filed": 3, "void": 1}


def test_a_document_that_cannot_even_be_rejected_waits_for_the_next_instance(office: Office) -> None:
    """Its claimed bytes were spoilt by a failing disk: nothing wrong is parked, its source stays, the others go on."""
    office.drop("a.png", "Văn bản hỏng")
    office.drop("b.png", "Văn bản lành")

    def spoil(job: str, args: Mapping[str, Any]) -> None:
        for path in (office.folder / "work" / "claims").rglob("*"):
            if job == "probe" and path.is_file() and path.read_bytes() == source:
                path.write_bytes(b"spoilt")

    source = (office.folder / "drop" / "sao-y" / "a.png").read_bytes()
    office.engine.before = spoil
    shift = office.shift()
    office.run(shift)
    assert office.filed(shift) == ["b.png"] and office.dropped() == ["a.png"]
    assert [item.state for item in shift.journal.items()] == ["waiting"]
    office.engine.before = lambda job, args: None
    assert office.run(office.shift()) == {"filed": 1}
    assert office.dropped() == []


def test_a_rejected_document_waits_for_room_on_the_disk(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    (office.folder / "drop" / "sao-y" / "web.pdf").write_bytes(b"<html>")
    shift, real = office.shift(), parking.park

    def full(*args: Any, **named: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parking, "park", full)
    office.run(shift)
    (item,) = shift.journal.items()
    assert (item.state, item.code) == ("waiting", "waiting-disk") and office.dropped() == ["web.pdf"]
    monkeypatch.setattr(parking, "park", real)
    office.moved = dt.timedelta(minutes=2)
    shift.journal.due(office.clock())  # the same instance tries again, as `watch` does
    assert [each.state for each in shift.journal.items()] == ["working"]
    assert office.run(shift) == {"rejected": 1} and codes(office, "rejected") == ["not-a-document"]


def test_a_code_is_given_up_only_when_the_rejected_bytes_are_safe(office: Office) -> None:
    """Or whoever takes the document up again would seal it under a code that is void already."""
    office.drop("a.png", "Văn bản hỏng")

    def spoil(job: str, args: Mapping[str, Any]) -> None:
        if job == "finish":
            (claimed,) = [path for path in (office.folder / "work" / "claims").rglob("*") if path.is_file()]
            claimed.write_bytes(b"spoilt")
            raise Verdict("damaged")

    office.engine.before = spoil
    shift = office.shift()
    office.run(shift)
    assert shift.tools.archive.counts() == {"numbered": 1}
    office.engine.before = lambda job, args: None
    again = office.shift()
    assert office.run(again) == {"filed": 1} and again.tools.archive.counts() == {"filed": 1}


def test_what_was_rejected_and_is_tried_again_was_not_released(office: Office) -> None:
    (office.folder / "drop" / "sao-y" / "a.png").write_bytes(b"no picture")
    shift = office.shift()
    assert office.run(shift) == {"rejected": 1}
    (lot,) = (row["folder"] for row in parking.listed(office.folder, "rejected"))
    requests.do(Request(1, "retry", {"kind": "rejected", "name": lot, "operator": "lan", "reason": "thử lại"}), shift)
    assert office.run(shift) == {"rejected": 1}
    day = local_date(office.clock())
    (event,) = shift.tools.archive.told_on(day, "retried")
    assert (event["actor"], event["public"]["code"], event["private"]["reason"]) == ("lan", "not-a-document", "thử lại")
    assert shift.tools.archive.told_on(day, "released") == []


def test_a_request_that_cannot_be_done_keeps_nobody_waiting(office: Office) -> None:
    shift = office.shift()
    shift.journal.ask("reject", kind="item", name="999", reason="x")
    shift.journal.ask("release", kind="held", name="held/sao-y/2026-01-01-abc")
    shift.journal.ask("again", kind="filed", name="H05", reason="x")
    lot = office.folder / "held" / "sao-y" / "2026-01-01-def"
    (lot / "a.png").mkdir(parents=True)
    told = {"code": "signed", "reason": "", "lane": "sao-y", "file_code": "", "part": "", "again": 0, "scan_sha256": "ab",
            "original_name": "a.png", "received_at": "", "doc_code": None, "sidecar": {}, "released": []}  # fmt: skip
    (lot / "reason.json").write_text(json.dumps(told))
    shift.journal.ask("release", kind="held", name="held/sao-y/2026-01-01-def")
    office.drop("a.png", "Văn bản")
    assert office.run(shift) == {"filed": 1}
    assert shift.journal.asked() == []


# --- stopping


def test_what_was_abandoned_goes_on_from_its_last_stage(office: Office) -> None:
    office.drop("a.png", "Văn bản bị ngắt")
    own, told = parse({"engine": {"workers": 1}}), threading.Event()
    with LocalEngine(own.engine, own.limits) as first:
        engine = Watched(first)

        def stop(job: str, args: Mapping[str, Any]) -> None:
            if job == "finish":
                told.set()
                assert engine.abandoned.wait(20)

        engine.before = stop
        shift = office.shift(engine)
        assert office.run(shift, told) == {}
    (item,) = shift.journal.items()
    assert item.state == "working" and isinstance(item.document, Numbered)
    assert item.document.doc_code == CODE.format(1)
    assert office.dropped() == ["a.png"] and engine.jobs["recognise"] == 1
    again = office.shift()
    assert office.run(again) == {"filed": 1}
    jobs = office.engine.jobs
    assert jobs["recognise"] == jobs["describe"] == jobs["probe"] == 0 and jobs["finish"] == 1
    assert office.filed(again) == ["a.png"] and office.dropped() == []
    assert again.tools.archive.counts() == {"filed": 1}


def test_an_archive_that_takes_nothing_ends_the_run_and_keeps_the_scan(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    shift = office.shift()
    scan = office.drop("a.png", "Quyết định")

    def read_only(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(shift.tools.archive, "event", read_only)
    ended = flow.run(flow.Flow(shift), shift, threading.Event())
    assert ended["failed"] >= 1 and ended.total() == ended["failed"] and scan.exists()
