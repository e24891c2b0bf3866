"""Agencies that were merged, renamed and given new codes: each day has its own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.naming import file_code_forms, is_organ_id, new_organ_id, old_organ_id, organ_id_forms
from processor import law
from processor.agencies import parse
from processor.errors import SettingsError
from processor.filecodes import in_full

BEFORE, AFTER = dt.date(2025, 6, 30), dt.date(2025, 7, 1)
STATION = """
[agencies.xa-a]
name = "Ủy ban nhân dân xã A"
code = "H56.16.02"
old_code = "000.02.16.H56"
valid_from = 2016-01-01
valid_to = 2025-06-30
successor = "xa-moi"
[agencies.xa-b]
name = "Ủy ban nhân dân xã B"
code = "H56.16.03"
valid_from = 2016-01-01
valid_to = 2025-06-30
successor = "xa-moi"
[agencies.xa-moi]
name = "Ủy ban nhân dân xã Mới"
code = "H56.77"
valid_from = 2025-07-01
[agencies.so-cu]
name = "Sở Thông tin và Truyền thông"
code = "H56.21"
valid_from = 2008-01-01
valid_to = 2025-02-28
successor = "so-moi"
[agencies.so-moi]
name = "Sở Khoa học và Công nghệ"
code = "H56.21"
valid_from = 2025-03-01
[agencies.huyen]
name = "Ủy ban nhân dân huyện C"
code = "H56.30"
valid_from = 2008-01-01
valid_to = 2025-06-30
"""
A, B, NEW = "Ủy ban nhân dân xã A", "Ủy ban nhân dân xã B", "Ủy ban nhân dân xã Mới"
OLD = st.from_regex(r"[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Y][0-9]{2}", fullmatch=True)


@pytest.fixture
def station(tmp_path: Path) -> Path:
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "agencies.toml").write_text(STATION, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new"),
    [("000.00.16.H56", "H56.16"), ("000.00.00.H56", "H56"), ("000.02.02.H05", "H05.02.02"), ("001.02.16.H56", "H56.16.02.001")],
)
def test_the_order_of_the_groups_is_turned_and_zeros_are_dropped(old: str, new: str) -> None:
    assert (new_organ_id(old), old_organ_id(new)) == (new, old)


@given(OLD)
def test_a_new_identifier_is_one_and_leads_back_unless_a_level_is_left_out(old: str) -> None:
    new = new_organ_id(old)
    assert is_organ_id(new) and new_organ_id(new) == new
    levels = [group.strip("0") != "" for group in reversed(old.split(".")[:-1])]
    assert (old_organ_id(new) == old) == (levels == sorted(levels, reverse=True))


@given(st.from_regex(r"[A-Y][0-9]{2}(\.[0-9A-Z]{1,3}){0,4}", fullmatch=True) | st.text(max_size=20))
def test_an_old_form_always_leads_back(new: str) -> None:
    old = old_organ_id(new)
    assert old is None or new_organ_id(old) == new
    assert new in organ_id_forms(new)


def test_a_file_is_known_under_either_form_of_its_code() -> None:
    forms = {"000.00.16.H56.2018.01.TCCB", "H56.16.2018.01.TCCB"}
    assert all(file_code_forms(form) == forms for form in forms)
    assert file_code_forms("x") == {"x"}


def test_the_name_of_the_day(station: Path) -> None:
    known = law.agencies(station)
    assert [known.name_on(A, day) for day in (BEFORE, AFTER)] == [A, NEW]
    assert known.name_on("ỦY BAN  nhân dân xã a", BEFORE) == A
    assert known.name_on("Sở Khoa học và Công nghệ", dt.date(2020, 1, 1)) == "Sở Thông tin và Truyền thông"
    assert known.name_on(NEW, BEFORE) is None, "of two that became one neither speaks for it"
    assert known.name_on("Ủy ban nhân dân huyện C", AFTER) is None, "it ended, and nobody succeeded it"
    assert known.name_on("Văn phòng X", AFTER) == "Văn phòng X", "what no table knows stays"
    assert law.agencies().name_on(A, AFTER) == A


def test_the_code_of_the_day(station: Path) -> None:
    known = law.agencies(station)
    assert [known.code_on("H56.16.02", day) for day in (BEFORE, AFTER)] == ["H56.16.02", "H56.77"]
    assert known.code_on("000.02.16.H56", AFTER) == "H56.77"
    assert known.code_on("H56.21", AFTER) == "H56.21", "one code, two names"
    assert in_full("01.TCCB", "H56.16.02", 2025, BEFORE, station) == "H56.16.02.2025.01.TCCB"
    assert in_full("01.TCCB", "H56.16.02", 2025, dt.date(2025, 8, 1), station) == "H56.77.2025.01.TCCB"
    assert in_full("01.TCCB", "H56.16.02", 2024, dt.date(2026, 1, 2), station) == "H56.16.02.2024.01.TCCB"
    assert in_full("01.TCCB", "H56.77", 2026, dt.date(2025, 12, 1), station) == "H56.77.2026.01.TCCB"


def test_codes_and_names_that_mean_one_agency(station: Path) -> None:
    known = law.agencies(station)
    assert known.codes_of("H56.16.02") == known.codes_of("000.02.16.H56") == {"H56.16.02", "000.02.16.H56"}
    assert known.codes_of("H01") == {"H01", "000.00.00.H01"}
    assert known.is_same(A, NEW) and known.is_same(NEW, B) and not known.is_same(A, B)
    assert known.is_same("văn phòng", "Văn  Phòng") and not known.is_same("Văn phòng", "Sở")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"a": {"name": "A", "valid_from": BEFORE, "successor": "b"}}, "there is no agencies.b"),
        ({"a": {"name": "A", "valid_from": BEFORE, "successor": "a"}}, "a circle"),
        ({"a": {"name": "A", "valid_from": AFTER, "valid_to": BEFORE}}, "before valid_from"),
        ({"a": {"name": "A"}}, "are needed"),
        ({"a": {"name": "A", "valid_from": "2025-07-01"}}, "a day"),
        ({"a": {"name": "A", "valid_from": BEFORE, "colour": "red"}}, "unknown key"),
        ({"a": {"name": "A", "valid_from": BEFORE, "code": "h56"}}, "no identifier"),
        ({"a": 1}, "not a table"),
    ],
)
def test_tables_that_contradict_themselves(table: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        parse(table)
