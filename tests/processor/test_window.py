"""The window before the seal: a document waits in it, can be taken back out of it, and no restart makes it shorter."""

import datetime as dt
from dataclasses import replace

import pytest

from processor import requests, sealing
from processor.document import Finished
from processor.journal import Request
from processor.tools import Tools
from tests.processor.office import Office

CODE = "H05.99.2026.01.VP.{:07}"


@pytest.fixture
def patient(office: Office) -> Office:
    settings = office.folder / "sohoa.toml"
    settings.write_text(settings.read_text().replace('form = "sao-y"', 'form = "sao-y"\nhold_before_seal = "2s"'))
    return office


def wait_for(office: Office, seconds: str) -> None:
    settings = office.folder / "sohoa.toml"
    settings.write_text(settings.read_text().replace('hold_before_seal = "2s"', f'hold_before_seal = "{seconds}"'))


def test_the_batch_waits_for_the_window_and_then_seals(patient: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    patient.drop("a.png", "Văn bản")
    patient.drop("b.png", "Hồ sơ", "luu-tru")
    shift = patient.shift()
    asked = sealing.check_window

    def check(
        finished: Finished, tools: Tools
    ) -> None:  # time stands still in the window, however slow the machine reads the other
        stands = not any(day.documents for day in tools.archive.days())
        asked(finished, replace(tools, clock=lambda: dt.datetime.fromisoformat(finished.source.at)) if stands else tools)

    monkeypatch.setattr(sealing, "check_window", check)
    ended = patient.run(shift)
    assert ended["filed"] == 2 and shift.journal.items() == []
    assert patient.engine.jobs["recognise"] == 2  # what was done stays done while it waits
    rows = {row["original_name"]: row for day in shift.tools.archive.days() for row in shift.tools.archive.filed_on(day.day)}
    assert rows["a.png"]["signed_at"] > rows["b.png"]["signed_at"]
    whole = shift.tools.archive.get(rows["a.png"]["doc_code"])
    numbered = next(event for event in whole["events"] if event["type"] == "numbered")  # type: ignore[index]  # it is there
    waited = dt.datetime.fromisoformat(rows["a.png"]["signed_at"]) - dt.datetime.fromisoformat(numbered["at"])
    assert waited >= dt.timedelta(seconds=2)


def test_it_can_be_taken_back_while_it_waits_also_by_the_next_instance(patient: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for(patient, "1h")
    monkeypatch.setattr("processor.flow.WINDOW", "none")  # a batch that does not wait, as one that was killed
    patient.drop("a.png", "Văn bản")
    shift = patient.shift()
    assert patient.run(shift) == {"waiting": 1}
    (item,) = shift.journal.items("waiting")
    left = dt.datetime.fromisoformat(item.not_before) - patient.clock()
    assert item.code == sealing.WINDOW and dt.timedelta(minutes=59) < left <= dt.timedelta(minutes=61)
    again = patient.shift()
    assert patient.run(again) == {"waiting": 1}  # woken, asked again: the window began when the code was given
    later = dt.datetime.fromisoformat(again.journal.items("waiting")[0].not_before) - dt.datetime.fromisoformat(item.not_before)
    assert abs(later) <= dt.timedelta(seconds=3)
    requests.do(Request(0, "reject", {"kind": "item", "name": str(item.number), "reason": "nhầm luồng"}), again)
    assert [row["code"] for row in patient.told("rejected")] == ["rejected-by-clerk"]
    assert again.tools.archive.get(CODE.format(1))["state"] == "void"  # type: ignore[index]  # it was numbered
    patient.moved = dt.timedelta(hours=2)
    assert patient.run(again) == {} and patient.dropped() == []


def test_a_window_that_is_over_does_not_begin_again(patient: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for(patient, "1h")
    monkeypatch.setattr("processor.flow.WINDOW", "none")
    patient.drop("a.png", "Văn bản")
    patient.moved = dt.timedelta(minutes=-61)
    assert patient.run(patient.shift()) == {"waiting": 1}
    patient.moved = dt.timedelta()
    assert patient.run(patient.shift()) == {"filed": 1}
