"""No night is skipped, none is doubled, and days are Vietnamese days whatever the server's zone."""

import datetime as dt
import threading
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watch.schedule import Timetable, due_nights

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
BERLIN = ZoneInfo("Europe/Berlin")
HALF_PAST_ONE = dt.time(1, 30)
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2030, 12, 31))


def utc(*when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=dt.UTC)  # type: ignore[misc, arg-type]  # mypy cannot count a splat


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_new_year_with_the_server_in_utc() -> None:
    since = day("2026-12-31")
    # 2026-12-31 18:29 UTC is already New Year's Day in Vietnam, but not yet 01:30.
    assert due_nights(utc(2026, 12, 31, 18, 29), HALF_PAST_ONE, set(), since, VIETNAM) == []
    assert due_nights(utc(2026, 12, 31, 18, 30), HALF_PAST_ONE, set(), since, VIETNAM) == [since]
    assert due_nights(utc(2027, 1, 1, 18, 29), HALF_PAST_ONE, {since}, since, VIETNAM) == []
    assert due_nights(utc(2027, 1, 1, 18, 30), HALF_PAST_ONE, {since}, since, VIETNAM) == [day("2027-01-01")]


def test_evening_hour_closes_the_day_before() -> None:
    at, since = dt.time(22, 0), day("2026-11-23")
    assert due_nights(utc(2026, 11, 24, 14, 59), at, set(), since, VIETNAM) == []
    assert due_nights(utc(2026, 11, 24, 15, 0), at, set(), since, VIETNAM) == [since]


def test_week_without_power_is_caught_up_oldest_first() -> None:
    done = {day("2026-11-20"), day("2026-11-23")}
    due = due_nights(utc(2026, 11, 27, 12), HALF_PAST_ONE, done, day("2026-11-20"), VIETNAM)
    assert [d.day for d in due] == [21, 22, 24, 25, 26]


def test_what_is_done_may_be_asked() -> None:
    def done(night: dt.date) -> bool:
        return night.day % 2 == 0

    due = due_nights(utc(2026, 11, 27, 12), HALF_PAST_ONE, done, day("2026-11-23"), VIETNAM)
    assert [d.day for d in due] == [23, 25]


def test_day_that_is_not_over_and_station_not_yet_open() -> None:
    now = utc(2026, 11, 24, 12)
    assert due_nights(now, dt.time(0, 0), set(), day("2026-11-24"), VIETNAM) == []
    assert due_nights(now, dt.time(0, 0), set(), day("2027-06-01"), VIETNAM) == []


def test_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due_nights(dt.datetime(2026, 11, 24), HALF_PAST_ONE, set(), day("2026-11-23"), VIETNAM)


def test_repeated_hour_of_autumn_stays_due() -> None:
    since, at = day("2026-10-24"), dt.time(2, 30)  # 02:30 comes twice on 2026-10-25 in Berlin
    instants = [utc(2026, 10, 25, 0, 0) + dt.timedelta(minutes=15 * n) for n in range(12)]
    for zone in (dt.UTC, BERLIN):  # as the server says, or as the station does
        due = [bool(due_nights(now.astimezone(zone), at, set(), since, BERLIN)) for now in instants]
        assert due == sorted(due)
        assert due.index(True) == 2


@given(
    DAYS,
    st.times(),
    st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2031, 1, 1)),
    st.sets(DAYS, max_size=5),
)
def test_each_due_night_is_over_undone_and_stays_due(
    since: dt.date, at: dt.time, naive: dt.datetime, done: set[dt.date]
) -> None:
    now = naive.replace(tzinfo=dt.UTC)
    due = due_nights(now, at, done, since, VIETNAM)
    local = now.astimezone(VIETNAM)
    expected_last = local.date() - dt.timedelta(days=1 if local.time() >= at else 2)
    days = {since + dt.timedelta(days=n) for n in range((expected_last - since).days + 1)}
    assert due == sorted(days - done)
    assert set(due) <= set(due_nights(now + dt.timedelta(minutes=5), at, done, since, VIETNAM))


@given(DAYS, st.times(), st.timedeltas(dt.timedelta(minutes=1), dt.timedelta(days=3)))
def test_asking_again_and_again_runs_every_night_once(
    first: dt.date, at: dt.time, step: dt.timedelta
) -> None:
    now = dt.datetime.combine(first, dt.time(0), VIETNAM)
    end, ran = now + dt.timedelta(days=6), list[dt.date]()
    while now < end + max(step, dt.timedelta(hours=12)):
        now += max(step, dt.timedelta(hours=12))
        ran += due_nights(now, at, set(ran), first, VIETNAM)
    assert ran == [first + dt.timedelta(days=n) for n in range(len(ran))]
    assert len(ran) >= 4


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_interval_runs_at_once_again_and_survives_an_error(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[float] = []

    def ask() -> None:
        runs.append(time.monotonic())
        if len(runs) == 1:
            raise OSError("the disk was full")

    table = Timetable(VIETNAM)
    table.every(0.1, ask, "nightly")
    started = time.monotonic()
    with table:
        assert until(lambda: len(runs) >= 3)
    assert runs[0] - started < 0.5
    assert "the disk was full" in caplog.text  # told, not swallowed
    stopped = len(runs)
    time.sleep(0.25)
    assert len(runs) == stopped


def test_slow_job_never_overlaps_itself(caplog: pytest.LogCaptureFixture) -> None:
    running = most = runs = 0
    lock = threading.Lock()

    def slow() -> None:
        nonlocal running, most, runs
        with lock:
            running, runs = running + 1, runs + 1
            most = max(most, running)
        time.sleep(0.2)
        with lock:
            running -= 1

    table = Timetable(VIETNAM)
    table.every(0.05, slow, "slow")
    with table:
        assert until(lambda: runs >= 2)
    assert most == 1


def test_late_job_runs_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started an hour after it was due (the machine slept): once, not never and not sixty times."""
    runs: list[int] = []
    table = Timetable(VIETNAM)
    hour_ago = dt.datetime.now(VIETNAM) - dt.timedelta(hours=1)
    with monkeypatch.context() as patch:
        patch.setattr(table, "_now", lambda: hour_ago)
        table.every(60, lambda: runs.append(1), "late")
    with table:
        assert until(lambda: bool(runs))
        time.sleep(0.2)
    assert runs == [1]


def test_daily_is_read_in_the_zone_of_the_station() -> None:
    table = Timetable(VIETNAM)
    table.daily("06:45", lambda: None, "report")
    with table:
        (job,) = table._scheduler.get_jobs()
        due = job.next_run_time
    assert due.astimezone(dt.UTC).time() == dt.time(23, 45)
    assert dt.timedelta(0) < due - dt.datetime.now(dt.UTC) <= dt.timedelta(days=1)


@pytest.mark.parametrize("at", ["25:00", "half past one", "", "1"])
def test_no_time_of_day(at: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Timetable(VIETNAM).daily(at, lambda: None, "x")


def test_clock_set_back_does_not_stop_the_jobs() -> None:
    """As after a year's wrong clock at boot: the next times lie a year ahead (apscheduler#339)."""
    runs: list[int] = []
    table = Timetable(VIETNAM)
    table.every(0.1, lambda: runs.append(1), "nightly")
    table.daily("06:45", lambda: None, "report")
    table.refresh()  # harmless before start
    with table:
        assert until(lambda: bool(runs))
        year_ahead = dt.datetime.now(VIETNAM) + dt.timedelta(days=365)
        for job in table._scheduler.get_jobs():
            job.modify(next_run_time=year_ahead)
        so_far = len(runs)
        time.sleep(0.2)
        assert len(runs) <= so_far + 1
        table.refresh()
        assert until(lambda: len(runs) > so_far + 2)
        report = table._scheduler.get_job("report").next_run_time
    assert report - dt.datetime.now(VIETNAM) <= dt.timedelta(days=1)


def test_stop_without_start_and_twice() -> None:
    table = Timetable(VIETNAM)
    table.stop()
    table.start()
    table.stop()
    table.stop()
