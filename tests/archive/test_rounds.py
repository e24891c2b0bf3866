"""Fixity rounds by the log: what a night reads, what an incident owes, what nobody did."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import rounds
from archive.rounds import ALL, INCIDENT, MISSED, ROUND, SHARE
from archive.store import Archive
from tests.archive.conftest import CLERK, NOON, Office
from tests.archive.test_heads import a_day

ONE_AT_NIGHT = dt.time(1)
DAY = NOON.date()


def made(archive: Archive, night: dt.date, parts: list[int], of: int = 3, findings: int = 0, scope: str = SHARE) -> None:
    told = {"scope": scope, "why": "nightly", "since": archive.event_count(), "checked": 1, "findings": findings, "damaged": findings}
    archive.event(ROUND, actor="sohoa", public=rounds.public_of(night, range(of) if scope == ALL else parts, of, told))


def stood(archive: Archive, office: Office) -> rounds.Standing:
    return archive.fixity_standing(office.clock(), ONE_AT_NIGHT)


@given(st.integers(1, 40), st.lists(st.integers(1, 60), min_size=1, max_size=30), st.text(max_size=20))
def test_whatever_nights_are_missed_a_document_is_read_within_a_share_of_nights_and_those_missed(of: int, gaps: list[int], code: str) -> None:
    last, unread = DAY, 0
    for gap in gaps:
        tonight = last + dt.timedelta(days=gap)
        unread += gap
        if rounds.part_of(code, of) in rounds.parts_due(last, tonight, of):
            unread = 0
        assert unread < of
        last = tonight


def test_a_first_night_reads_its_own_part() -> None:
    assert rounds.parts_due(None, DAY, 7) == {rounds.part_on(DAY, 7)}


def test_everything_was_read_since_the_oldest_newest_reading_of_a_part(office: Office, archive: Archive) -> None:
    assert stood(archive, office).since is None
    office.clock.pass_(days=3)
    for n, night in enumerate((dt.date(2026, 11, 20), dt.date(2026, 11, 21))):
        made(archive, night, [n])
    assert stood(archive, office).since is None
    made(archive, dt.date(2026, 11, 23), [2])
    assert stood(archive, office).since == dt.date(2026, 11, 20)
    made(archive, dt.date(2026, 11, 24), [0])
    assert stood(archive, office).since == dt.date(2026, 11, 21)
    made(archive, dt.date(2026, 11, 25), [], scope=ALL)
    assert stood(archive, office).since == dt.date(2026, 11, 25)


def test_another_share_begins_anew(office: Office, archive: Archive) -> None:
    made(archive, dt.date(2026, 11, 20), [0, 1, 2])
    made(archive, dt.date(2026, 11, 21), [1], of=5)
    assert stood(archive, office).since is None


@pytest.mark.parametrize(("type", "public", "why"), [
    (INCIDENT, {"why": "unclean-stop"}, "unclean-stop"),
    (INCIDENT, {"why": "damage-found"}, "damage-found"),
    ("restored", {"copy": "nas", "path": "2026/11/23/data/a.pdf"}, "restored"),
])  # fmt: skip
def test_an_incident_owes_a_reading_of_everything_and_one_is_enough(
    office: Office, archive: Archive, type: str, public: dict[str, str], why: str
) -> None:
    assert stood(archive, office).owed == ""
    archive.event(type, actor="sohoa", public=public)
    made(archive, DAY, [0])
    assert stood(archive, office).owed == why  # a share is not everything
    made(archive, DAY, [], scope=ALL)
    assert stood(archive, office).owed == ""


def test_an_incident_in_the_midst_of_a_reading_of_everything_owes_another(office: Office, archive: Archive) -> None:
    since = archive.event_count()
    archive.event(INCIDENT, actor="sohoa", public={"why": "damage-found"})
    told = {"scope": ALL, "why": "ordered", "since": since, "checked": 1, "findings": 0}
    archive.event(ROUND, actor="sohoa", public=rounds.public_of(DAY, range(3), 3, told))
    assert stood(archive, office).owed == "damage-found"


@pytest.mark.parametrize("forged", [{"since": 10**15}, {"since": 10**15, "night": "2099-12-31"}, {"night": "2099-12-31"}, {"since": "x"}])
def test_no_entry_of_a_round_silences_what_happens_after_it(office: Office, archive: Archive, forged: dict[str, str | int]) -> None:
    made(archive, DAY, [0])
    told = {"scope": ALL, "why": "ordered", "since": archive.event_count(), "checked": 1, "findings": 0}
    archive.event(ROUND, actor="sohoa", public={**rounds.public_of(DAY, range(3), 3, told), **forged})
    archive.event(INCIDENT, actor="sohoa", public={"why": "unclean-stop"})
    assert stood(archive, office).owed == "unclean-stop"
    office.clock.pass_(days=2)
    last = stood(archive, office).last
    assert last is not None and last.night == DAY and stood(archive, office).silent == 2


def test_damage_a_share_finds_owes_everything_but_not_every_night_while_it_stands(office: Office, archive: Archive) -> None:
    office.clock.pass_(days=7)
    made(archive, DAY, [0], findings=1)
    assert stood(archive, office).owed == "damage-found"
    made(archive, DAY + dt.timedelta(days=1), [], scope=ALL, findings=1)
    made(archive, DAY + dt.timedelta(days=3), [0], findings=1)
    assert stood(archive, office).owed == ""
    made(archive, DAY + dt.timedelta(days=6), [0], findings=1)  # so long after it may be news
    assert stood(archive, office).owed == "damage-found"


def test_a_station_that_stands_still_is_told_by_whoever_looks(office: Office, archive: Archive) -> None:
    made(archive, DAY, [0])
    assert stood(archive, office).silent == 0
    office.clock.now = dt.datetime(2026, 11, 23, 17, 59, tzinfo=dt.UTC)  # 00:59 of the 24th
    assert stood(archive, office).silent == 0
    office.clock.pass_(minutes=2)
    assert stood(archive, office).silent == 1
    archive.event(MISSED, actor="sohoa", public={"first": "2026-11-20", "last": "2026-11-22", "nights": 3, "why": "not-begun"})
    told = stood(archive, office).missed
    assert told is not None and (told.first, told.last, told.nights) == (dt.date(2026, 11, 20), dt.date(2026, 11, 22), 3)


def test_a_round_of_an_earlier_version_vouches_for_no_document(office: Office, archive: Archive) -> None:
    archive.event(ROUND, actor="sohoa", public={"checked": 3, "findings": 0})
    last = stood(archive, office).last
    assert last is not None and (last.night, last.checked) == (DAY, 3) and not last.has("H05.02.2026.01.TCCB.0000001")
    assert stood(archive, office).since is None


def test_a_share_reads_bags_events_and_scans_too(office: Office, archive: Archive) -> None:
    day = a_day(office, archive, "a").day
    part = rounds.part_of(day.isoformat(), 4)
    assert archive.verify_share(range(4), 4) == []
    events = office.root / f"{day:%Y/%m/%d}" / "data" / "events.jsonl"
    events.chmod(0o644)
    events.write_bytes(events.read_bytes() + b"\n")
    assert {found.code for found in archive.verify_share([part], 4)} == {"altered"}
    assert archive.verify_share([(part + 1) % 4], 4) == []


def test_what_is_being_filed_today_is_no_orphan(office: Office, archive: Archive) -> None:
    archive.file(office.filing(archive, "a"), CLERK)
    stray = office.root / f"{DAY:%Y/%m/%d}" / "data" / "la.pdf"
    stray.write_bytes(b"on its way")
    assert archive.verify_share(range(2), 2) == []
