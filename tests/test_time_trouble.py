"""Time is a normal trouble: authorities that hang, die, ban and come back; no code is lost, no level lowered, none asked too much."""

import datetime as dt
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from processor import flow, nightly
from processor.engine import LocalEngine
from processor.journal import Journal
from processor.law import VIETNAM
from processor.seal.timestamps import Fetcher
from processor.settings import parse
from processor.shift import Shift
from tests.processor.office import Office
from tests.station import sohoa
from tests.testkit.tsa_stub import House, TsaStub

MINUTE = 60


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalEngine]:
    own = parse({"engine": {"workers": 2}})
    with LocalEngine(own.engine, own.limits) as running:
        yield running


@dataclass
class Town:
    """An office whose time comes from outside, and the authorities there."""

    office: Office
    house: House
    stubs: list[TsaStub] = field(default_factory=list)

    def authorities(self, *modes: str, **time_: object) -> list[TsaStub]:
        """Set up these in order, one more for the lists; the office learns where they are."""
        self.stubs = [TsaStub(self.house, mode).open() for mode in (*modes, "honest")]
        lists = ", ".join(f'"{here}" = "{there}"' for here, there in self.stubs[-1].list_addresses().items())
        settings = self.office.folder / "sohoa.toml"
        text = settings.read_text().replace("demo = true", "demo = false")
        text = text.replace("[trust]\n", f'[trust]\nrevocation_hosts = ["127.0.0.1"]\naddresses = {{ {lists} }}\n')
        table = {"urls": [stub.url for stub in self.stubs[:-1]], "attempts": 1, "backoff": 0, "timeout": "1s", **time_}
        rows = [f"{name} = {json.dumps(value)}" for name, value in table.items()]
        settings.write_text(text + "\n[time]\n" + "\n".join(rows) + "\n")
        return self.stubs[:-1]

    def drop(self, count: int, begin: int = 0) -> list[str]:
        names = [f"{number:02}.png" for number in range(begin, begin + count)]
        for name in names:
            self.office.drop(name, f"Văn bản số {name}")
        return names

    def close(self) -> None:
        for stub in self.stubs:
            stub.close()
        self.office.close()


@pytest.fixture
def town(tmp_path: Path, workers: LocalEngine) -> Iterator[Town]:
    office = Office.make(tmp_path, workers)
    office.engine.size = 2
    made = Town(office, House.of(office.folder / "authority"))
    yield made
    made.close()


def seals(town: Town) -> list[str]:
    """Jobs of the workers in which the key may be asked: a list that grows."""
    begun: list[str] = []
    town.office.engine.before = lambda job, args: begun.append(job) if job == "seal" else None
    return begun


def records(town: Town, shift: Shift) -> list[dict[str, Any]]:
    archive = shift.tools.archive
    return sorted((dict(row) for day in archive.days() for row in archive.filed_on(day.day)), key=lambda row: row["doc_code"])


def codes_of_waiting(shift: Shift) -> dict[str, str]:
    """The codes that documents under way have, by their names."""
    return {
        item.scan.original_name: str(shift.tools.archive.key_state(item.scan.key)[1]) for item in shift.journal.items("waiting")
    }


def at_work(shift: Shift, is_over: Callable[[], bool], longest: float = 60) -> None:
    """As `watch` works: turn after turn, nothing is woken but by its moment or by what happens."""
    work = flow.Flow(shift)
    work.open()
    until = time.monotonic() + longest
    while not is_over() and time.monotonic() < until:
        work.look_now()
        work.turn()
        work.pause(0.1)
    work.close()
    assert is_over(), [item.code for item in shift.journal.items()]


def check_whole(town: Town, shift: Shift, count: int) -> None:
    """All are filed under codes without gaps, at the full level, each with one signature and one time-stamp."""
    filed = records(town, shift)
    assert [row["doc_ordinal"] for row in filed] == list(range(1, count + 1))
    assert {row["pades_level"] for row in filed} == {"B-LTA"}
    with pikepdf.open(town.office.folder / "archive" / filed[0]["path"]) as pdf:
        kinds = [str(one.V.SubFilter) for one in pdf.Root.AcroForm.Fields]
    assert kinds == ["/ETSI.CAdES.detached", "/ETSI.RFC3161"]
    assert town.office.dropped() == []


# --- authorities of every kind, one after the other


def test_one_hangs_one_has_a_limit_and_the_third_does_the_rest(town: Town) -> None:
    """Twelve documents take twenty-four tokens; who bans for the twenty-first request in twenty minutes never sees it."""
    hanging, limited, good = town.authorities("silent", "honest", "honest", requests_per_window=20, trip_after=2, timeout="0.7s")
    limited.granted = 20
    town.drop(12)
    shift = town.office.shift()
    assert town.office.run(shift) == {"filed": 12}
    check_whole(town, shift, 12)
    assert len(hanging.asked) <= 2 + 1  # two failures in a row, perhaps under two documents at once
    assert (len(limited.asked), limited.refused) == (20, 0)
    assert len(good.asked) == 4


def test_a_ban_that_nobody_foretold_costs_few_requests_and_no_document(town: Town) -> None:
    town.office.engine.size = 1  # how the requests of two interleave is the machine's
    banning, good = town.authorities("honest", "honest", trip_after=2)
    banning.granted = 5  # its ban falls between a document's tokens
    town.drop(6)
    shift = town.office.shift()
    assert town.office.run(shift) == {"filed": 6}
    check_whole(town, shift, 6)
    assert banning.refused <= 3
    assert 2 * 6 <= len(banning.asked) - banning.refused + len(good.asked) <= 2 * 6 + 2  # of signatures that were thrown away


# --- all gone, and back


def status(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(sohoa(folder, "status", "--json").stdout)
    return told


def test_with_all_gone_documents_wait_under_their_codes_and_one_run_drains_them(town: Town) -> None:
    stubs = town.authorities("honest", "honest", trip_after=2, rest="1s")
    for stub in stubs:
        stub.close()
    town.drop(4)
    folder = town.office.folder
    run = sohoa(folder, "run")
    assert run.returncode == 75, run.stderr
    told = status(folder)
    assert {item["code"] for item in told["waiting"]} == {"waiting-tsa"} and len(told["waiting"]) == 4
    assert all(item["not_before"] for item in told["waiting"])
    assert len(town.office.dropped()) == 4
    codes = codes_of_waiting(town.office.shift())
    assert sorted(codes.values()) == [f"H05.99.2026.01.VP.{number:07}" for number in range(1, 5)]
    for stub in stubs:
        stub.open()
    time.sleep(1.1)
    assert sohoa(folder, "run").returncode == 0
    shift = town.office.shift()
    assert {row["original_name"]: row["doc_code"] for row in records(town, shift)} == codes
    check_whole(town, shift, 4)
    assert sum(len(stub.asked) for stub in stubs) == 8


def test_a_run_started_every_minute_neither_asks_nor_signs_while_all_rest(town: Town) -> None:
    stubs = town.authorities("busy", "busy", trip_after=1, rest="10m")
    town.drop(2)
    begun = seals(town)
    for _ in range(4):
        assert town.office.run(town.office.shift()) == {"waiting": 2}
    assert all(len(stub.asked) <= 2 for stub in stubs)  # two documents were under way at once
    assert len(begun) <= 2


def test_while_time_is_gone_its_moment_is_told_and_no_earlier_one_is_tried(town: Town) -> None:
    town.authorities("too many", trip_after=1, rest="10m")[0].retry_after = "1500"
    town.drop(1)
    shift = town.office.shift()
    town.office.run(shift)
    (item,) = shift.journal.items("waiting")
    wait = dt.datetime.fromisoformat(item.not_before) - dt.datetime.now(dt.UTC)
    assert 24 * MINUTE < wait.total_seconds() <= 26 * MINUTE


# --- it dies at the worst moment


def test_dead_between_the_two_tokens_the_document_is_signed_anew_by_the_next_ones_time(town: Town) -> None:
    first, second = town.authorities("honest", "honest", trip_after=1)
    first.on_request = lambda stub: setattr(stub, "mode", "busy" if stub.asked else "honest")
    town.drop(1)
    shift, begun = town.office.shift(), seals(town)
    assert town.office.run(shift) == {"filed": 1}
    check_whole(town, shift, 1)
    assert (len(first.asked), len(second.asked), len(begun)) == (2, 2, 2)


def test_dead_between_the_two_tokens_with_nobody_else_the_signature_is_given_up_and_the_code_is_not(town: Town) -> None:
    (only,) = town.authorities("honest", trip_after=2, rest="0s")
    only.on_request = lambda stub: setattr(stub, "mode", "busy" if stub.asked else "honest")
    town.drop(1)
    shift = town.office.shift()
    assert town.office.run(shift) == {"waiting": 1}
    (code,) = codes_of_waiting(shift).values()
    only.on_request, only.mode = lambda stub: None, "honest"
    again = town.office.shift()
    assert town.office.run(again) == {"filed": 1}
    assert [row["doc_code"] for row in records(town, again)] == [code]
    check_whole(town, again, 1)


def test_dead_between_documents_those_done_are_done_and_the_others_follow_when_it_is_back(town: Town) -> None:
    town.office.engine.size = 1  # of two at work the fourth request may be the first of a third document
    (only,) = town.authorities("honest", trip_after=1, rest="1s")
    only.on_request = lambda stub: setattr(stub, "mode", "honest" if len(stub.asked) < 4 else "silent")
    town.drop(5)
    shift = town.office.shift()
    at_work(shift, lambda: len(shift.journal.items("waiting")) == 3)
    assert len(records(town, shift)) == 2
    codes = codes_of_waiting(shift)
    only.on_request, only.mode = lambda stub: None, "honest"
    at_work(shift, lambda: not shift.journal.items())
    told = {row["original_name"]: row["doc_code"] for row in records(town, shift)}
    assert codes.items() <= told.items()
    check_whole(town, shift, 5)


def test_gone_for_the_night_the_clerks_page_says_what_waits(town: Town) -> None:
    town.authorities("silent", trip_after=1, rest="10m", timeout="0.3s")
    town.drop(1)
    shift = town.office.shift()
    town.office.run(shift)
    today = dt.datetime.now(VIETNAM).date()
    nightly.do([today], shift.tools, shift.journal)
    page = (town.office.folder / "out" / nightly.REPORTS / f"{today.isoformat()}.txt").read_text("utf-8-sig")
    assert "Chưa lấy được dấu thời gian" in page and "00.png" in page


# --- what a person sees


def test_doctor_asks_each_for_a_real_stamp_and_tells_how_it_stands(town: Town) -> None:
    """It asks the one that rests too, and its good answer ends the rest; it asks none beyond its budget."""
    resting, spent, lying = town.authorities(
        "busy", "honest", "a foreign certificate", trip_after=1, rest="1h", requests_per_window=2
    )  # fmt: skip
    town.drop(1)
    town.office.run(town.office.shift())
    resting.mode = "honest"
    run = sohoa(town.office.folder, "doctor", "--json")
    told = {row["name"]: row for row in json.loads(run.stdout)["checks"]}
    assert [told[f"time-stamp-{number}"]["ok"] for number in (1, 2, 3)] == [True, False, False]
    assert "1 of 2 requests" in told["time-stamp-1"]["detail"] and "after 1 failures" in told["time-stamp-1"]["detail"]
    assert "all requests of the window are used" in told["time-stamp-2"]["detail"]
    assert [len(stub.asked) for stub in (resting, spent, lying)] == [2, 2, 1]
    states = town.office.shift().tools.outside.states()
    assert [state.failures for state in states] == [0, 0, 1]


def test_where_no_host_may_be_asked_the_offices_own_lists_prove_the_seal(town: Town) -> None:
    town.authorities("honest")
    settings = town.office.folder / "sohoa.toml"
    text = settings.read_text().replace('revocation_hosts = ["127.0.0.1"]', 'revocation_hosts = []\nlists = ["root.crl", "issuing.crl"]')
    settings.write_text(text)
    for name in ("root", "issuing"):
        (town.office.folder / f"{name}.crl").write_bytes(town.house.list_of(name, {}))
    town.drop(1)
    run = sohoa(town.office.folder, "run")
    assert run.returncode == 0, run.stderr
    check_whole(town, town.office.shift(), 1)
    assert town.stubs[-1].lists_asked == 0


# --- it comes back


def three_wait_for_hours(town: Town) -> None:
    """For an authority that can be reached again: each had failed many times."""
    (only,) = town.authorities("honest", trip_after=100)
    only.close()
    town.drop(3)
    shift = town.office.shift()
    town.office.run(shift)
    late = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=5)).isoformat(timespec="seconds")
    for item in shift.journal.items("waiting"):
        shift.journal.stop(item.number, "waiting", "waiting-tsa", "", late)
    only.open()


def test_when_one_document_has_its_time_those_that_wait_are_woken(town: Town) -> None:
    """Their own moments are hours away."""
    three_wait_for_hours(town)
    town.drop(1, begin=7)
    again = town.office.shift()
    at_work(again, lambda: len(records(town, again)) == 4)
    check_whole(town, again, 4)


def test_those_that_wait_are_not_woken_where_that_document_took_the_last_time(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """They would ask, be told to wait again, and some be overtaken in between."""
    three_wait_for_hours(town)
    town.drop(1, begin=7)
    monkeypatch.setattr(Fetcher, "wait", lambda self, tokens: 60.0)
    again = town.office.shift()
    at_work(again, lambda: len(records(town, again)) == 1)
    assert len(again.journal.items("waiting")) == 3


def test_a_backlog_is_worked_off_as_fast_as_the_authority_grants_and_in_order(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four requests in three seconds are two documents; more are not even tried, or each would try at every moment of its own."""
    stops: list[str] = []
    noted = Journal.stop
    monkeypatch.setattr(Journal, "stop", lambda self, *rest: (stops.append(rest[2]), noted(self, *rest)))
    (only,) = town.authorities("honest", requests_per_window=4, window="3s", timeout="2s")
    only.granted, only.window = 4, 3
    town.drop(9)
    shift = town.office.shift()
    at_work(shift, lambda: not shift.journal.items() and len(records(town, shift)) == 9, longest=90)
    check_whole(town, shift, 9)
    assert only.refused == 0
    filed = sorted(records(town, shift), key=lambda row: row["filed_at"])
    assert all(abs(row["doc_ordinal"] - place) <= 2 for place, row in enumerate(filed, 1))  # two are worked on at once
    assert len(stops) <= 9 + 4 * 5  # once each, and a few at each moment
