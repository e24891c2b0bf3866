"""Who is to have time-stamps next."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from processor.turns import Line

NOW = dt.datetime(2026, 1, 5, 2, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@given(numbers=st.sets(st.integers(1, 50), min_size=2), late=st.integers(-3, 20))
def test_at_the_moment_the_oldest_goes_and_all_others_stand_behind_it(numbers: set[int], late: int) -> None:
    line = Line()
    for number in numbers:
        line.stand(number, NOW)
    now = NOW + late * SECOND
    may = [number for number in sorted(numbers) if line.turn(number, now) is None]
    assert may == [min(numbers)]
    line.leave(min(numbers))
    assert line.turn(sorted(numbers)[1], now) is None


def test_who_is_ready_as_the_window_opens_does_not_take_what_an_older_one_waited_for() -> None:
    line = Line()
    line.stand(2, NOW + SECOND)
    assert line.turn(8, NOW) == NOW + SECOND


def test_nobody_stands_behind_one_that_does_not_come_nor_long_before_its_moment() -> None:
    line = Line()
    line.stand(2, NOW)
    assert line.turn(8, NOW + 60 * SECOND) is None
    assert line.turn(8, NOW - 600 * SECOND) is None


def test_it_never_stands_behind_a_moment_that_is_over_or_it_would_ask_without_end() -> None:
    line = Line()
    line.stand(2, NOW - 5 * SECOND)
    turn = line.turn(8, NOW)
    assert turn is not None and turn > NOW
