"""What is remembered of each authority: never more asked than it grants, left alone while it fails, tried again in time."""

import datetime as dt
import email.utils
import json
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processor.errors import Verdict
from processor.seal.authorities import Authorities, NotNow, Standing
from processor.seal.http_calls import _retry_after
from processor.tables import TimeTable

URL, OTHER = "http://tsa.invalid/", "http://other.invalid/"
DAY = 86400.0


def rules(granted: int = 0, window: float = 1200, trip_after: int = 3, rest: float = 600, timeout: float = 180) -> TimeTable:
    return TimeTable(
        urls=(URL, OTHER), timeout=timeout, attempts=3, backoff=2, parallel=4, requests_per_window=granted, window=window,
        trip_after=trip_after, rest=rest, renew_before=0,
    )  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def refused(claim: Callable[[], object]) -> float:
    with pytest.raises(NotNow) as caught:
        claim()
    return caught.value.wait


# --- the budget


@given(
    st.integers(1, 6), st.floats(1, 100), st.lists(st.tuples(st.floats(0, 30), st.integers(1, 3), st.floats(0, 9), st.booleans()), max_size=60)
)
@example(1, 1.0, [(0.0, 1, 9.0, True), (0.0, 1, 0.0, True)])  # an answer that took all its time
def test_in_no_window_more_is_asked_than_is_granted(
    granted: int, window: float, asks: list[tuple[float, int, float, bool]]
) -> None:
    """Whatever is asked when, and however long the answers take: the authority sees a request between its start and its answer."""
    clock = Clock()
    table = rules(granted, window, timeout=9)
    book, seen = Authorities(table, None, clock), list[float]()
    for pause, tokens, took, is_made in asks:
        clock.now += pause
        try:
            slips = book.claim(URL, tokens)
        except NotNow as refusal:
            assert refusal.wait > 0
            continue
        for slip in slips if is_made else ():
            clock.now += took
            seen.append(clock.now)
            book.ended(URL, slip)
        book.give_back(URL, () if is_made else slips)  # what was made is never given back (`Turn`)
    for moment in seen:
        assert sum(1 for other in seen if moment <= other < moment + window) <= granted


def test_the_moment_that_is_told_is_when_so_many_are_free(clock: Clock) -> None:
    book = Authorities(rules(4), None, clock)
    for _ in range(4):
        (slip,) = book.claim(URL, 1)
        book.ended(URL, slip)
        clock.now += 100
    assert refused(lambda: book.claim(URL, 2)) == pytest.approx(900)  # 1200 after the second
    assert book.wait(2) == 0  # the other authority is free
    clock.now += 899
    assert refused(lambda: book.claim(URL, 2)) == pytest.approx(1)
    clock.now += 2
    assert len(book.claim(URL, 2)) == 2


def test_what_was_set_aside_and_not_used_is_free_again(clock: Clock) -> None:
    book = Authorities(rules(2), None, clock)
    slips = book.claim(URL, 2)
    assert refused(lambda: book.claim(URL, 1)) > 0
    book.ended(URL, slips[0])
    book.give_back(URL, slips[1:])
    assert len(book.claim(URL, 1)) == 1


def test_more_than_a_window_holds_is_never_granted(clock: Clock) -> None:
    assert refused(lambda: Authorities(rules(1), None, clock).claim(URL, 2)) == 1200


def test_where_no_limit_is_known_nothing_is_counted_and_nothing_written(clock: Clock, tmp_path: Path) -> None:
    """A write costs a few milliseconds of a disk; a thousand documents of an authority without limit cost none but the first."""
    path = tmp_path / "authorities.json"
    book = Authorities(rules(), path, clock)
    book.give_back(URL, book.claim(URL, 2))
    before = path.stat().st_mtime_ns, path.stat().st_ino
    for _ in range(50):
        slips = book.claim(URL, 2)
        for slip in slips:
            book.ended(URL, slip)
        book.mended(URL)
        book.give_back(URL, slips)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_new_process_goes_on_counting(clock: Clock, tmp_path: Path) -> None:
    """A `run` that a timer starts every minute would else ask twenty times a minute."""
    asked = 0
    for _ in range(60):  # an hour
        book = Authorities(rules(20), tmp_path / "authorities.json", clock)
        for _ in range(5):
            try:
                (slip,) = book.claim(URL, 1)
            except NotNow:
                break
            book.ended(URL, slip)
            asked += 1
        clock.now += 60
    assert asked == 3 * 20


def _claim_all(path: Path, granted: int, counted: "multiprocessing.Queue[int]") -> None:
    book, mine = Authorities(rules(granted), path), 0
    while True:
        try:
            book.ended(URL, book.claim(URL, 1)[0])
        except NotNow:
            counted.put(mine)
            return
        mine += 1


def test_processes_at_once_share_one_budget(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    counted: multiprocessing.Queue[int] = context.Queue()
    path = tmp_path / "authorities.json"
    workers = [context.Process(target=_claim_all, args=(path, 30, counted)) for _ in range(3)]
    for worker in workers:
        worker.start()
    assert sum(counted.get(timeout=60) for _ in workers) == 30
    for worker in workers:
        worker.join(10)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"http://tsa.invalid/": 3}', '{"http://tsa.invalid/": {"slips": 1}}', '{"http://tsa.invalid/": {"new": 1, "slips": []}}', "\x00"])
def test_a_file_that_is_spoilt_costs_what_was_known_and_nothing_else(clock: Clock, tmp_path: Path, text: str) -> None:
    path = tmp_path / "authorities.json"
    path.write_text(text)
    assert len(Authorities(rules(2), path, clock).claim(URL, 2)) == 2
    assert len(json.loads(path.read_text())[URL]["slips"]) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_disk_that_takes_nothing_makes_the_document_wait(clock: Clock, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Verdict, match="waiting-disk"):
        Authorities(rules(2), tmp_path / "authorities.json", clock).claim(URL, 2)


def test_without_a_place_to_remember_the_document_waits(clock: Clock, tmp_path: Path) -> None:
    """In the midst of a worker's job an OSError would look like the worker's death, and reject the document."""
    with pytest.raises(Verdict, match="waiting-disk"):
        Authorities(rules(2), tmp_path / "gone" / "authorities.json", clock).claim(URL, 2)


def test_a_clock_set_back_costs_one_window_and_one_rest(clock: Clock) -> None:
    book = Authorities(rules(2), None, clock)
    for slip in book.claim(URL, 2):
        book.ended(URL, slip)
    for _ in range(3):
        book.failed(OTHER, counted=True)
    clock.now -= 365 * DAY
    assert refused(lambda: book.claim(URL, 1)) <= 1200 + 180
    assert refused(lambda: book.claim(OTHER, 1)) <= 4 * 3600


# --- the breaker


def fails(book: Authorities, times: int = 1, *, counted: bool = True, url: str = URL) -> None:
    for _ in range(times):
        slips = book.claim(url, 1)
        book.failed(url, counted=counted)
        book.give_back(url, slips)


def test_it_opens_after_so_many_failures_in_a_row_and_not_before(clock: Clock) -> None:
    book = Authorities(rules(), None, clock)
    fails(book, 2)
    book.mended(URL)
    fails(book, 2)
    book.give_back(URL, book.claim(URL, 1))
    fails(book)
    assert refused(lambda: book.claim(URL, 1)) == pytest.approx(600)
    assert book.is_open(URL) and not book.is_open(OTHER)


def test_what_was_under_way_when_it_opened_makes_its_rest_no_longer(clock: Clock) -> None:
    book = Authorities(rules(), None, clock)
    for _ in range(7):
        book.failed(URL, counted=True)
    assert refused(lambda: book.claim(URL, 1)) == pytest.approx(600)


def test_after_the_rest_one_tries_and_the_others_wait_for_what_he_finds(clock: Clock) -> None:
    book = Authorities(rules(), None, clock)
    fails(book, 3)
    clock.now += 601
    slips = book.claim(URL, 1)
    assert refused(lambda: book.claim(URL, 1)) == 0
    book.mended(URL)
    book.give_back(URL, slips)
    assert book.claim(URL, 1) and book.claim(URL, 1)


def test_who_tried_and_asked_nothing_lets_another_try(clock: Clock) -> None:
    book = Authorities(rules(), None, clock)
    fails(book, 3)
    clock.now += 601
    book.give_back(URL, book.claim(URL, 1))
    assert book.claim(URL, 1)


def _probes(book: Authorities, clock: Clock, seconds: float, *, counted: bool) -> int:
    """How often an authority that always fails is asked in so much time, by somebody who never rests."""
    end, asked = clock.now + seconds, 0
    while clock.now < end:
        try:
            slips = book.claim(URL, 1)
        except NotNow as refusal:
            clock.now += refusal.wait + 1
            continue
        book.failed(URL, counted=counted)
        book.give_back(URL, slips)
        asked += 1
    return asked


def test_a_ban_of_a_day_costs_a_dozen_requests_and_its_end_is_seen_within_four_hours(clock: Clock) -> None:
    """Who bans for too many requests may ban longer for more of them."""
    book = Authorities(rules(), None, clock)
    assert _probes(book, clock, DAY, counted=True) <= 3 + 10
    assert book.wait(1) == 0
    assert book.states()[0].wait <= 4 * 3600


def test_silence_is_tried_every_hour_for_it_may_be_our_own_line(clock: Clock) -> None:
    book = Authorities(rules(), None, clock)
    assert 20 <= _probes(book, clock, DAY, counted=False) <= 3 + 27
    assert book.states()[0].wait <= 3600


def test_it_rests_across_processes(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "authorities.json"
    fails(Authorities(rules(), path, clock), 3)
    assert refused(lambda: Authorities(rules(), path, clock).claim(URL, 1)) == pytest.approx(600)


@pytest.mark.parametrize(("told", "rests"), [(90.0, 90.0), (99 * DAY, 4 * 3600.0)])
def test_an_authority_that_says_when_is_not_asked_before_within_reason(clock: Clock, told: float, rests: float) -> None:
    book = Authorities(rules(), None, clock)
    book.failed(URL, counted=True, retry_after=told)
    assert refused(lambda: book.claim(URL, 1)) == pytest.approx(rests)


def test_a_person_is_told_how_it_answers_now_but_not_beyond_the_budget(clock: Clock) -> None:
    book = Authorities(rules(4), None, clock)
    fails(book, 3)
    for slip in book.claim(URL, 4, is_asked_for=True):
        book.ended(URL, slip)
    assert refused(lambda: book.claim(URL, 1, is_asked_for=True)) > 0
    told = book.states()[0]
    assert (told.used, told.granted, told.failures) == (4, 4, 3) and told.wait > 0


@given(st.lists(st.tuples(st.sampled_from(["counted", "silent", "good", "wait"]), st.floats(0, 1e6)), max_size=40))
def test_whatever_happens_it_is_tried_again_within_four_hours(story: list[tuple[str, float]]) -> None:
    standing, now, table = Standing(), 1e9, rules()
    for what, value in story:
        if what == "wait":
            now += value
        elif what == "good":
            standing = standing.mended()
        else:
            standing = standing.failed(now, table, counted=what == "counted", retry_after=value)
        assert standing.at(now, table).wait(1, now, table) <= 24 * table.rest + 1e-6
        assert what != "good" or standing.wait(1, now, table) == 0


def test_without_rest_nobody_is_left_alone(clock: Clock) -> None:
    book = Authorities(rules(rest=0), None, clock)
    fails(book, 50)
    assert book.claim(URL, 1)


# --- when to come back


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), (" 5 ", 5), ("", 0), ("soon", 0), ("-3", 0), ("1.5", 0), ("9" * 400, 10**12), ("٣", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_retry_after_is_seconds_or_a_date_and_everything_else_is_nothing(text: str, seconds: float) -> None:
    assert _retry_after(text) == pytest.approx(seconds)


def test_retry_after_may_be_a_date() -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    assert 290 < _retry_after(email.utils.format_datetime(later, usegmt=True)) <= 300
