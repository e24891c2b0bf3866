"""Golden tests around midnight of 31 December in Việt Nam, on a server whose clock is in UTC."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from archive.errors import ArchiveError
from archive.store import Archive
from tests.archive.conftest import CLERK, Office

LAST_MOMENT = dt.datetime(2026, 12, 31, 16, 59, 59, 999_999, tzinfo=dt.UTC)
NEW_YEAR = dt.datetime(2026, 12, 31, 17, 0, tzinfo=dt.UTC)


@pytest.fixture
def two_years(office: Office, archive: Archive) -> tuple[Archive, list[dict[str, object]]]:
    office.clock.now = LAST_MOMENT
    ready = [office.filing(archive, name) for name in ("old", "new")]
    records = [archive.file(ready[0], CLERK)]
    office.clock.now = NEW_YEAR
    return archive, [*records, archive.file(ready[1], CLERK)]


def test_one_microsecond_parts_two_years(two_years: tuple[Archive, list[dict[str, object]]]) -> None:
    archive, (old, new) = two_years
    assert str(old["path"]).startswith("2026/12/31/data/")
    assert str(new["path"]).startswith("2027/01/01/data/")
    assert (old["filed_at"], new["filed_at"]) == ("2026-12-31T23:59:59+07:00", "2027-01-01T00:00:00+07:00")
    assert archive.verify().findings == []


def test_the_shelf_is_that_of_the_commit_not_of_the_numbering(two_years: tuple[Archive, list[dict[str, object]]]) -> None:
    archive, (_, new) = two_years
    told = archive.get(str(new["doc_code"]))
    assert told is not None
    numbered, filed = told["events"]
    assert numbered["at"] == "2026-12-31T16:59:59.999999Z"
    assert filed["at"] == "2026-12-31T17:00:00.000000Z"


def test_each_day_holds_its_own_documents_and_events(
    office: Office, two_years: tuple[Archive, list[dict[str, object]]]
) -> None:
    archive, (old, new) = two_years
    sealed = archive.seal_day(dt.date(2026, 12, 31), "night")
    assert (sealed.path, sealed.documents) == ("2026/12/31", 1)
    lines = (office.root / "2026/12/31/data/events.jsonl").read_text().splitlines()
    entries = [json.loads(json.loads(line)["entry"]) for line in lines]
    assert [(entry["type"], entry["doc_code"]) for entry in entries] == [
        ("numbered", old["doc_code"]), ("numbered", new["doc_code"]), ("filed", old["doc_code"]),
    ]  # fmt: skip
    with pytest.raises(ArchiveError, match="day-open"):
        archive.seal_day(dt.date(2027, 1, 1), "night")


def test_the_day_may_be_sealed_from_the_first_moment_of_the_next(office: Office, archive: Archive) -> None:
    office.clock.now = LAST_MOMENT
    archive.file(office.filing(archive), CLERK)
    with pytest.raises(ArchiveError, match="day-open"):
        archive.seal_day(dt.date(2026, 12, 31), "night")
    office.clock.now = NEW_YEAR
    assert archive.seal_day(dt.date(2026, 12, 31), "night").sealed_at == "2027-01-01T00:00:00+07:00"


def test_nothing_reaches_a_sealed_day_through_a_clock_set_back(office: Office, archive: Archive) -> None:
    office.clock.now = LAST_MOMENT
    ready = office.filing(archive)
    office.clock.now = NEW_YEAR
    archive.seal_day(dt.date(2026, 12, 31), "night")
    office.clock.now = LAST_MOMENT
    for attempt in (lambda: archive.file(ready, CLERK), lambda: archive.seal_day(dt.date(2026, 12, 31), "night")):
        try:
            attempt()
        except ArchiveError as refused:
            assert refused.code in ("clock-behind", "shelf-closed")
    archive.event("noticed", actor=CLERK)
    assert archive.days()[-1].day == dt.date(2027, 1, 1), "an event is of the day its log has reached"
    office.clock.now = NEW_YEAR + dt.timedelta(minutes=1)
    assert archive.file(ready, CLERK)["path"] == f"2027/01/01/data/{ready.doc_code}.pdf"
    assert archive.verify().findings == []
