"""Who is to have time-stamps next."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from processor.turns import Line

NOW = dt.datetime(2026, 1, 5, 2, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@given(numbers=st.sets(st.integers(1, 50), min_size=1), late=st.floats(-4.9, 3600))
def test_who_comes_as_the_moment_is_near_stands_behind_all_who_waited_for_it(numbers: set[int], late: float) -> None:
    line, now = Line(), NOW + late * SECOND
    for number in numbers:
        line.stand(number, NOW)
    turn = line.turn(max(numbers) + 1, now)
    assert turn is not None and turn > now, "or it would ask without end"
    assert line.turn(min(numbers), now) is None
    after = max(now, NOW)
    assert [line.turn(number, after) for number in numbers] == [None] * len(numbers), "they are taken up again, the oldest first"
    assert line.turn(min(numbers) - 1, now) is None, "an older one has waited longer"


def test_who_is_ready_as_the_window_opens_does_not_take_what_an_older_one_waited_for() -> None:
    line = Line()
    line.stand(2, NOW + SECOND)
    assert line.turn(8, NOW) == NOW + SECOND
    line.stand(8, NOW + SECOND)
    assert line.turn(8, NOW + SECOND) is None, "nobody is put off twice"


def test_an_older_one_that_found_no_thread_free_at_its_moment_still_comes_first() -> None:
    """Reading took longer than two seconds: the thread that had read number 8 asked at once, and number 2 came too late."""
    line = Line()
    line.stand(2, NOW)
    turn = line.turn(8, NOW + 3 * SECOND)
    assert turn == NOW + 4 * SECOND
    line.stand(8, turn)
    assert line.turn(8, turn) is None, "if number 2 does not come at all, it costs the others a second, once"


def test_who_has_stood_does_not_find_the_time_an_older_one_was_just_told_is_not_there_yet() -> None:
    """Numbers 2 and 3 asked a twentieth of a second too early, number 8 a twentieth after: it was filed before both."""
    line = Line()
    for number in (2, 3, 8):
        line.stand(number, NOW)
    for number in (2, 3):
        line.leave(number)
        line.stand(number, NOW + 2 * SECOND)
    assert line.turn(8, NOW + SECOND / 10) == NOW + 2 * SECOND
    assert line.turn(2, NOW + SECOND / 10) is None
    assert line.turn(8, NOW + 2 * SECOND) is None, "from then on the coordinator's order holds"


def test_the_line_counts_in_whole_seconds_as_the_journal_does() -> None:
    line, ripe = Line(), NOW + 0.9 * SECOND
    line.stand(2, ripe)
    line.stand(8, ripe)
    assert line.turn(8, NOW + 0.1 * SECOND) is None, "both were taken up as the second began"


def test_nobody_stands_behind_one_that_has_its_time_nor_long_before_its_moment() -> None:
    line = Line()
    line.stand(2, NOW)
    assert line.turn(8, NOW - 600 * SECOND) is None
    line.leave(2)
    assert line.turn(8, NOW) is None
