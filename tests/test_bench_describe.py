"""A sample of `scripts/bench describe`: letters read the way the product reads them."""

from __future__ import annotations

from collections import Counter

import pytest

from tests import bench_describe as bench


@pytest.fixture(scope="module")
def scores() -> list[bench.Score]:
    return [score for page in bench.pages(8, seed=312) for score in bench.read(page)]


def test_what_is_printed_is_read_or_left_empty_but_not_made_up(scores: list[bench.Score]) -> None:
    printed = Counter(score.outcome for score in scores if score.outcome in (bench.EXACT, bench.ABSENT, bench.WRONG))
    assert printed[bench.WRONG] == 0
    assert printed[bench.EXACT] >= 0.7 * printed.total()


def test_nothing_is_made_of_what_a_pen_wrote(scores: list[bench.Score]) -> None:
    by_hand = [score for score in scores if score.outcome in (bench.GUESSED, bench.LEFT)]
    assert len(by_hand) >= 4
    assert all(score.outcome == bench.LEFT for score in by_hand)


def test_the_kind_and_the_agency_of_a_clean_page_are_read(scores: list[bench.Score]) -> None:
    clean = [score for score in scores if score.page.wear == "clean" and score.field in ("type_name", "organ_name")]
    assert clean
    assert all(score.outcome == bench.EXACT for score in clean)
