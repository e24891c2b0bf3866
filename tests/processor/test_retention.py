"""Thời hạn bảo quản, as offices write it."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor import law
from processor.errors import SettingsError
from processor.retention import Retention, due_on, from_canonical, longest, of_file, parse

PERIODS = st.one_of(
    st.just(Retention("permanent")), st.just(Retention("until-superseded")), st.integers(1, 999).map(lambda n: Retention("years", n)),
    st.text(st.characters(categories=("L", "N")), max_size=20).map(lambda words: Retention("other", 0, words)),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Vĩnh viễn", "permanent"), ("VĨNH VIỄN.", "permanent"), ("vv", "permanent"), ("01", "permanent"),
        ("Vi\u0303nh vie\u0302\u0303n", "permanent"), ("10 năm", "years:10"), ("05 năm", "years:5"), ("70  năm", "years:70"),
        ("20", "years:20"), ("5", "years:5"), ("20 (hai mươi) năm", "years:20"), ("15n", "years:15"), ("06", "years:10"), ("02", "years:70"),
        ("Đến khi văn bản hết hiệu lực", "until-superseded"), ("Đến khi hết hiệu lực thi hành", "until-superseded"),
        ("Đến khi có văn bản thay thế", "until-superseded"), ("07", "other:"), ("Theo tuổi thọ công trình", "other:Theo tuổi thọ công trình"),
        ("lâu dài", "other:lâu dài"), ("0 năm", "other:0 năm"), ("10 tháng", "other:10 tháng"), ("1000 năm", "other:1000 năm"),
    ],
)  # fmt: skip
def test_what_people_write(text: str, canonical: str) -> None:
    found = parse(text)
    assert found is not None and found.canonical == canonical


def test_nothing_is_nothing() -> None:
    assert parse(" \n") is None and from_canonical("") is None


@given(PERIODS)
def test_what_the_archive_keeps_is_read_again(period: Retention) -> None:
    assert from_canonical(period.canonical) == period


@given(PERIODS.filter(lambda period: period.kind != "other"))
def test_what_is_shown_is_understood(period: Retention) -> None:
    assert parse(period.shown) == period


@given(st.text())
def test_any_text_is_some_period(text: str) -> None:
    found = parse(text)
    assert found is None or from_canonical(found.canonical) == found


@pytest.mark.parametrize("text", ["years:0", "years:", "years:x", "permanent:1", "für immer"])
def test_what_is_no_canonical_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no retention"):
        from_canonical(text)


@given(st.lists(PERIODS, min_size=1))
def test_the_longest_rules_and_what_cannot_be_reckoned_is_never_shortened(periods: list[Retention]) -> None:
    found = longest(periods)
    assert found in periods
    assert found is not None and found.years >= max((p.years for p in periods), default=0) or found.kind != "years"
    assert Retention("permanent") not in periods or found == Retention("permanent")


def test_a_file_is_kept_as_long_as_its_longest_document() -> None:
    assert of_file("years:10", "10 năm", ["05 năm", "70"]) == Retention("years", 70)
    assert of_file("", "20 năm", []) == Retention("years", 20) and of_file("", "", []) is None
    assert of_file("years:10", "", ["Vĩnh viễn", "Khác lạ"]) == Retention("permanent")


def test_years_are_counted_from_the_first_of_january_after_the_work_ended() -> None:
    assert due_on(Retention("years", 10), dt.date(2016, 3, 1)) == dt.date(2027, 1, 1)
    assert due_on(Retention("years", 10), dt.date(2015, 12, 31)) == dt.date(2026, 1, 1)
    for never in (None, Retention("permanent"), Retention("until-superseded"), Retention("other", 0, "x")):
        assert due_on(never, dt.date(1945, 9, 2)) is None


def test_a_rows_code_stands_for_its_period() -> None:
    written = law.period_words(" 10.dau-thau.ket-qua ", dt.date(2026, 1, 1))
    assert written == "20 năm (TT 10/2022/TT-BNV, 10.dau-thau.ket-qua)" and parse(written) == Retention("years", 20)
    assert law.period_words("10 năm", dt.date(2026, 1, 1)) == "10 năm"
    with pytest.raises(SettingsError, match="in force"):
        law.period_words("10.dau-thau.ket-qua", dt.date(2020, 1, 1))


def test_every_row_of_the_table_names_its_act_and_a_period() -> None:
    for row in law.read("retention.toml")["row"]:
        assert row["act"] and row["version"] and row["valid_from"] and row["code"]
        period = parse(row["period"])
        assert period is not None and period.kind == "years"
