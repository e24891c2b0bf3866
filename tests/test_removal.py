"""`freeze`, `dispose`, `purge-secret`, as an archivist types them."""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pymupdf
import pytest
from click.testing import CliRunner, Result

from archive import orders
from archive.orders import Removal
from archive.record import Blob
from archive.store import Archive
from processor import disposing, ledger
from processor.cli import cli, wiring
from processor.disposing import Cleared, Done
from processor.engine import LocalEngine
from processor.errors import ExitCode, SohoaError, Verdict
from processor.flow import Flow
from processor.ledger import Mark
from processor.notices import outbox
from processor.notices.letter import Notice
from processor.settings import load
from tests.testkit.shelves import FILE, furnished

ONE, ORDER, BY = f"{FILE}.0000001", ("--order", "Quyết định 12/QĐ-UBND"), ("--by", "Nguyễn Thị Hủy", "--by", "Trần Văn Chứng")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnished(tmp_path_factory.mktemp("removal") / "station")


@pytest.fixture
def station(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "station"))


def typed(station: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--station", str(station)])


def row_of(station: Path, code: str) -> dict[str, Any]:
    with wiring.opened_archive(station, load(station)) as archive:
        found = archive.get(code)
    assert found is not None
    return found


def verified(station: Path) -> list[str]:
    with wiring.opened_archive(station, load(station)) as archive:
        return [found.code for found in archive.verify().findings]


def test_what_is_not_due_is_not_destroyed_without_a_second_reason(station: Path) -> None:
    refused = typed(station, "dispose", ONE, *ORDER, *BY)
    assert isinstance(refused.exception, SohoaError) and "is not due" in str(refused.exception)
    assert row_of(station, ONE)["state"] == "filed"
    done = typed(station, "dispose", ONE, *ORDER, *BY, "--early", "trùng lặp")
    assert done.exit_code == 0, done.output
    assert row_of(station, ONE)["state"] == "disposed"
    assert verified(station) == []
    assert row_of(station, ONE)["events"][-1]["private"]["early"] == "trùng lặp"


def test_the_minutes_tell_no_content(station: Path) -> None:
    before = row_of(station, ONE)
    done = typed(station, "purge-secret", ONE, *ORDER, *BY)
    assert done.exit_code == 0, done.output
    printed = next((station / "bien-ban").glob("*.pdf"))
    assert str(printed) in done.output
    with pymupdf.open(printed) as document:
        text = " ".join(" ".join(page.get_text() for page in document).split())
        assert document.page_count == 1
    assert "BIÊN BẢN LOẠI BỎ TÀI LIỆU CHỨA BÍ MẬT NHÀ NƯỚC" in text
    assert ONE in text and "Quyết định 12/QĐ-UBND" in text and "Trần Văn Chứng" in text
    assert before["subject"] and before["subject"] not in text and before["original_name"] not in text


def test_copies_of_a_secret_about_the_station_go_too(station: Path) -> None:
    row = row_of(station, ONE)
    (station / "out" / "sao-y").mkdir(parents=True, exist_ok=True)
    handed = Path(shutil.copy(station / "archive" / row["path"], station / "out" / "sao-y" / "tên khác.pdf"))
    other = station / "out" / "sao-y" / "khác.pdf"
    other.write_bytes(b"another")
    kept = [station / "work" / name for name in (  # of a desk and an auditors' page that were killed
        "desk/4711/pictures/abc-1-240.jpg", "serve/4712/pictures/abc-1-240.jpg", "serve/4712/copies/1-auditor/catalogue.db",
    )]  # fmt: skip
    for path in kept:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    assert typed(station, "purge-secret", ONE, *ORDER, *BY).exit_code == 0
    assert not handed.exists() and not any(path.exists() for path in kept) and other.exists()
    again = typed(station, "purge-secret", ONE, *ORDER, *BY)  # as after a run that was cut short
    assert again.exit_code == 0, again.output
    assert verified(station) == []


@pytest.mark.usefixtures("undrawn")
def test_the_copy_handed_to_the_clerk_goes_with_what_is_destroyed(station: Path) -> None:
    (station / "out" / "sao-y").mkdir(parents=True, exist_ok=True)
    handed, other = (
        Path(shutil.copy(station / "archive" / row_of(station, f"{FILE}.000000{number}")["path"], station / "out" / "sao-y" / name))
        for number, name in ((1, "tên khác.pdf"), (3, "khác.pdf"))
    )
    refused = typed(station, "dispose", ONE, *ORDER, *BY)
    assert refused.exit_code != 0 and handed.exists()
    done = typed(station, "dispose", ONE, *ORDER, *BY, "--early", "x")
    assert done.exit_code == 0 and "1 file about the station" in done.output
    assert not handed.exists() and other.exists()
    assert "  - 1 tệp đã giao văn thư trong out/\n" in minutes(station)


def test_the_minutes_write_days_as_vietnamese_do() -> None:
    done = Done("disposed", "QĐ 12", ("A",), (ONE,), (), 3, ("2026-02-05",), Cleared(), (), ())
    told = disposing.minutes(done, "UBND xã A", dt.datetime(2026, 11, 30, 5, tzinfo=dt.UTC))
    assert "gói ngày 05/02/2026" in told and "2026-02-05" not in told


def handed_out(station: Path, *names: str) -> list[Path]:
    """Copies of the first document with the clerk."""
    (station / "out" / "sao-y").mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copy(station / "archive" / row_of(station, ONE)["path"], station / "out" / "sao-y" / name)) for name in names]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("verb", [("dispose", "--early", "x"), ("purge-secret",)])
def test_a_copy_that_cannot_be_taken_stops_no_order_and_is_told(
    station: Path, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    first, stuck, last = handed_out(station, "a.pdf", "b.pdf", "c.pdf")
    really = Path.unlink

    def unlink(self: Path, missing_ok: bool = False) -> None:
        if self == stuck:
            raise PermissionError(errno.EACCES, "open in another program")
        really(self, missing_ok)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", unlink)
        done = typed(station, verb[0], ONE, *ORDER, *BY, *verb[1:])
        assert done.exit_code == ExitCode.WAITING and "could not be removed: out/sao-y/b.pdf" in done.output
        assert row_of(station, ONE)["state"] in {"disposed", "purged"} and not first.exists() and stuck.exists() and not last.exists()
        assert "1 tệp ở trạm chưa loại bỏ được" in minutes(station) and "b.pdf" not in minutes(station)
        assert json.loads(typed(station, "status", "--json").output)["removing"] == [ONE]
        with wiring.opened_shift(station) as shift:
            Flow(shift).open()
        assert json.loads(typed(station, "status", "--json").output)["removing"] == [ONE], "a start does not forget it"
    again = typed(station, verb[0], ONE, *ORDER, *BY, *verb[1:])
    assert again.exit_code == 0 and not stuck.exists()
    assert "chưa loại bỏ" not in minutes(station)
    assert json.loads(typed(station, "status", "--json").output)["removing"] == []


@pytest.mark.usefixtures("undrawn")
def test_what_cannot_be_read_in_out_is_told_as_left(station: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (unread,) = handed_out(station, "a.pdf")
    really = disposing.sha256_file

    def read(path: Path) -> Blob:
        if path == unread:
            raise PermissionError(errno.EACCES, "no")
        return really(path)

    monkeypatch.setattr(disposing, "sha256_file", read)
    done = typed(station, "dispose", ONE, *ORDER, *BY, "--early", "x")
    assert done.exit_code == ExitCode.WAITING and "could not be removed: out/sao-y/a.pdf" in done.output


@pytest.mark.usefixtures("undrawn")
def test_an_order_cut_short_takes_the_copy_at_the_next_start(station: Path) -> None:
    (station / "out" / "sao-y").mkdir(parents=True, exist_ok=True)
    handed = Path(shutil.copy(station / "archive" / row_of(station, ONE)["path"], station / "out" / "sao-y" / "a.pdf"))
    with wiring.opened_archive(station, load(station)) as archive:
        archive.remove([ONE], Removal("disposed", "Quyết định 12/QĐ-UBND", ("Nguyễn Thị Hủy",), "luu-tru"))
    with wiring.opened_shift(station) as shift:
        Flow(shift).open()
    assert not handed.exists() and "1 tệp đã giao văn thư trong out/" in minutes(station)


def test_bytes_that_another_document_has_too_stay_with_the_clerk() -> None:
    def known(code: str, state: str, pdf: str) -> dict[str, Any]:
        filed = {"type": "filed", "doc_code": code, "public": {"sha256": pdf}}
        return {"doc_code": code, "state": state, "scan_sha256": "scan", "events": [filed]}

    rows = {row["doc_code"]: row for row in (known("1", "filed", "scan"), known("2", "filed", "scan"), known("3", "filed", "sealed"))}
    archive = cast(Archive, SimpleNamespace(get=rows.get, told_of=lambda scan: [row["events"][0] for row in rows.values()]))
    assert disposing.handed(archive, ["1", "3"]) == {"sealed"}, "the original was received for two files, and one keeps it"
    rows["2"]["state"] = "void"
    assert disposing.handed(archive, ["1"]) == set() and disposing.handed(archive, ["1", "3"]) == {"scan", "sealed"}


def test_a_frozen_file_keeps_its_documents(station: Path) -> None:
    assert typed(station, "freeze", "--file", FILE, "--reason", "thanh tra").exit_code == 0
    refused = typed(station, "dispose", ONE, *ORDER, *BY, "--early", "x")
    assert refused.exit_code != 0 and "frozen" in str(refused.exception)
    assert typed(station, "freeze", "--file", FILE, "--reason", "xong", "--lift").exit_code == 0
    assert typed(station, "dispose", ONE, *ORDER, *BY, "--early", "x").exit_code == 0


def test_a_removed_document_is_told_as_such(station: Path) -> None:
    assert typed(station, "dispose", ONE, *ORDER, *BY, "--early", "x").exit_code == 0
    shown = typed(station, "show", ONE).output
    assert "removed by order" in shown and "disposed" in shown
    assert ONE not in typed(station, "find").output
    assert ONE in typed(station, "find", "--field", "state=disposed").output
    refused = typed(station, "export", ONE, "--as", "csv", "--out", str(station.parent / "out"))
    assert isinstance(refused.exception, SohoaError) and "no filed document" in str(refused.exception)
    listed = typed(station, "registers", "muc-luc-van-ban", "--file", FILE, "--out", str(station.parent / "list.csv"))
    assert listed.exit_code == 0 and ONE not in (station.parent / "list.csv").read_text("utf-8-sig")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The minutes stay text: to start a worker that draws them takes longer than all the rest."""
    def call(*args: Any, **named: Any) -> Any:
        raise Verdict("too-slow")

    monkeypatch.setattr(LocalEngine, "call", call)


def minutes(station: Path) -> str:
    return "".join(path.read_text("utf-8-sig") for path in sorted((station / "bien-ban").glob("*.txt")))


@pytest.mark.usefixtures("undrawn")
def test_the_same_order_for_a_file_prints_its_minutes_again(station: Path) -> None:
    words = ("dispose", "--file", FILE, *ORDER, *BY, "--early", "x")
    assert typed(station, *words).exit_code == 0
    first = minutes(station)
    assert first.count(f"{FILE}.") == 4
    shutil.rmtree(station / "bien-ban")
    again = typed(station, *words)
    assert again.exit_code == 0, again.output
    assert minutes(station) == first
    other = typed(station, "dispose", "--file", FILE, "--order", "Quyết định khác", *BY, "--early", "x")
    assert isinstance(other.exception, SohoaError) and "no documents" in str(other.exception)


@pytest.mark.usefixtures("undrawn")
def test_an_order_that_was_cut_short_is_told_and_the_next_start_ends_it(station: Path) -> None:
    with wiring.opened_archive(station, load(station)) as archive:  # killed before copies and minutes
        archive.remove([ONE], Removal("disposed", "Quyết định 12/QĐ-UBND", ("Nguyễn Thị Hủy",), "luu-tru"))
    told = typed(station, "status")
    assert f"removal cut short {ONE}" in told.output
    assert json.loads(typed(station, "status", "--json").output)["removing"] == [ONE]
    with wiring.opened_shift(station) as shift:
        Flow(shift).open()
    assert json.loads(typed(station, "status", "--json").output)["removing"] == []
    assert ONE in minutes(station) and "Nguyễn Thị Hủy" in minutes(station)


@pytest.mark.usefixtures("undrawn")
def test_what_keeps_an_order_from_its_end_is_told_and_harms_nothing_else(station: Path) -> None:
    with wiring.opened_archive(station, load(station)) as archive, archive._catalogue.writing() as db:
        removal = Removal("disposed", "Quyết định 12", ("A",), "luu-tru")
        orders.ask(archive._catalogue, removal, ONE, db.table("document").get(ONE)["scan_sha256"])  # killed right after
    assert typed(station, "freeze", ONE, "--reason", "thanh tra").exit_code == 0
    with wiring.opened_shift(station) as shift:
        Flow(shift).open()
    assert row_of(station, ONE)["state"] == "filed"
    assert json.loads(typed(station, "status", "--json").output)["removing"] == [ONE]


@pytest.mark.usefixtures("undrawn")
def test_letters_and_names_in_the_notes_on_lists_go_with_a_secret(station: Path) -> None:
    row = row_of(station, ONE)
    notes, now = ledger.at(station), dt.datetime.now(dt.UTC)
    notes.mark("k", 3, Mark("mậtdanh.pdf".encode(), row["scan_sha256"], "", "", now.isoformat()))
    for path in ("mậtdanh.pdf", f"con/{row['original_name']}", "khác.pdf"):
        notes.took("sao-y", path.encode(), "", now)
    letters = [_letter(station, scan) for scan in (row["scan_sha256"], "ab" * 32)]
    assert typed(station, "purge-secret", ONE, *ORDER, *BY).exit_code == 0
    assert [path.exists() for path in letters] == [False, True]
    assert notes.marks("k") == {} and list(notes.taken("sao-y", now)) == ["khác.pdf".encode()]
    data = (station / "work" / "lists.db").read_bytes()
    assert "mậtdanh".encode().hex().encode() not in data and row["original_name"].encode().hex().encode() not in data


def _letter(station: Path, scan: str) -> Path:
    moment = dt.datetime.now(dt.UTC)
    notice = Notice(scan, "returned", "Ủy ban", "van-ban-den", "mật.pdf", moment.isoformat(), scan)
    return station / outbox.lay(station, notice, moment)


@pytest.mark.usefixtures("undrawn")
def test_a_secret_that_was_only_held_is_purged_by_its_lot(station: Path) -> None:
    scan = hashlib.sha256(b"a secret scan").hexdigest()
    lot = station / "held" / "sao-y" / "2026-11-23-0123456789ab"
    lot.mkdir(parents=True)
    (lot / "kế hoạch mật.pdf").write_bytes(b"a secret scan")
    told = {"code": "secrecy-mark", "reason": "", "lane": "sao-y", "file_code": "", "part": "", "scan_sha256": scan,
            "original_name": "kế hoạch mật.pdf", "received_at": "2026-11-23T05:00:00+00:00", "again": 0, "size": 13, "doc_code": None,
            "sidecar": {}, "released": [], "origin": {}, "rotate": "", "listed": {}, "cells": {}, "stack": {}, "joined_from": []}  # fmt: skip
    (lot / "reason.json").write_text(json.dumps(told))
    with wiring.opened_archive(station, load(station)) as archive:
        archive.event("received", scan_sha256=scan, actor="sohoa", public={"lane": "sao-y"}, private={"name": "kế hoạch mật.pdf"})
    done = typed(station, "purge-secret", "held/sao-y/2026-11-23-0123456789ab", *ORDER, *BY)
    assert done.exit_code == 0, done.output
    assert "purged 1 scan, 2 files about the station; bags sealed anew: none\n" in done.stdout
    assert not lot.exists() and verified(station) == []
    assert scan in minutes(station) and "kế hoạch" not in minutes(station)
    with wiring.opened_archive(station, load(station)) as archive:
        assert [event["type"] for event in archive.told_of(scan)] == ["received", "dispose-asked", "purged"]
        assert archive.told_of(scan)[0]["private"] == {}
        assert archive.half_removed() == []


@pytest.mark.usefixtures("undrawn")
def test_a_refused_order_takes_nothing_from_the_station(station: Path) -> None:
    row = row_of(station, ONE)
    (station / "out" / "sao-y").mkdir(parents=True, exist_ok=True)
    handed = Path(shutil.copy(station / "archive" / row["path"], station / "out" / "sao-y" / "a.pdf"))
    assert typed(station, "freeze", ONE, "--reason", "thanh tra").exit_code == 0
    assert typed(station, "purge-secret", ONE, *ORDER, *BY).exit_code != 0
    assert handed.exists()


@pytest.mark.usefixtures("undrawn")
def test_a_copy_that_still_holds_what_was_removed_is_warned_of(station: Path) -> None:
    with (station / "sohoa.toml").open("a") as settings:
        settings.write('\n[mirrors.usb]\npath = "../usb"\nremovable = true\n')
    usb = station.parent / "usb"
    usb.mkdir()
    with wiring.opened_archive(station, load(station)) as archive:
        day = next(row.day for row in archive.days() if row.documents)
        archive._catalogue._clock = lambda: dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        archive.seal_day(day, "test")
    assert typed(station, "copies", "update", "usb").exit_code == 0
    usb.rename(station.parent / "in the safe")
    done = typed(station, "dispose", ONE, *ORDER, *BY, "--early", "x")
    assert done.exit_code == 0 and "usb still holds them" in done.output and "usb: chưa xử lý" in minutes(station)
    listed = typed(station, "copies", "list")
    assert listed.exit_code == 2 and "documents removed by order still lie there, of 1 day:" in listed.output
    (station.parent / "in the safe").rename(usb)
    assert typed(station, "copies", "update", "usb").exit_code == 0
    assert "removed by order" not in typed(station, "copies", "list").output
    assert not [path for path in usb.rglob("*") if ONE in path.name]
