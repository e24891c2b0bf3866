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
    assert [line.turn(number, now) for number in numbers] == [None] * len(numbers), "they are taken up again, the oldest first"
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


def test_nobody_stands_behind_one_that_has_its_time_nor_long_before_its_moment() -> None:
    line = Line()
    line.stand(2, NOW)
    assert line.turn(8, NOW - 600 * SECOND) is None
    line.leave(2)
    assert line.turn(8, NOW) is None
