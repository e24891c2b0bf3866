from __future__ import annotations

import datetime as dt
import unicodedata
import zoneinfo
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.naming import (
    doc_code,
    expand_file_code,
    is_organ_id,
    local_date,
    safe_name,
    shelf,
    split_doc_code,
    valid_file_code,
)

MOMENTS = st.datetimes(
    dt.datetime(1980, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC), allow_imaginary=False
)


@pytest.mark.parametrize(
    ("utc", "place"),
    [
        ("2026-12-31T16:59:59.999999", "2026/12/31"),
        ("2026-12-31T17:00:00", "2027/01/01"),
        ("2026-11-22T23:30:00", "2026/11/23"),
        ("2028-02-28T17:00:00", "2028/02/29"),
        ("0999-06-01T00:00:00", "0999/06/01"),
    ],
)
def test_the_shelf_is_the_day_in_viet_nam_on_a_server_in_utc(utc: str, place: str) -> None:
    assert shelf(dt.datetime.fromisoformat(utc).replace(tzinfo=dt.UTC)) == PurePosixPath(place)


def test_the_shelf_is_the_same_whatever_zone_the_moment_is_told_in() -> None:
    moment = dt.datetime(2026, 12, 31, 17, 0, tzinfo=dt.UTC)
    for hours in range(-12, 15):
        assert shelf(moment.astimezone(dt.timezone(dt.timedelta(hours=hours)))) == PurePosixPath("2027/01/01")


@given(MOMENTS)
def test_the_fixed_offset_is_that_of_the_time_zone_database(moment: dt.datetime) -> None:
    assert local_date(moment) == moment.astimezone(zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")).date()


def test_a_moment_without_a_zone_has_no_shelf() -> None:
    with pytest.raises(ValueError, match="time zone"):
        shelf(dt.datetime(2026, 1, 1))


def test_a_document_code_is_its_files_code_and_seven_digits() -> None:
    assert doc_code("H05.02.2026.01.TCCB", 17) == "H05.02.2026.01.TCCB.0000017"
    assert doc_code("A", 17, "{file_code}.{ordinal:03}") == "A.017"
    with pytest.raises(ValueError, match="from 1"):
        doc_code("A", 0)


@given(st.sampled_from(["H05.02.2026.01.TCCB", "000.00.16.H56.2015.01.HC"]), st.integers(1, 10**8))
def test_a_document_code_can_be_taken_apart(file_code: str, ordinal: int) -> None:
    assert split_doc_code(doc_code(file_code, ordinal)) == (file_code, ordinal)


@pytest.mark.parametrize("code", ["", "A", "A.", ".0000001", "A.0000000", "A.x1", "A.²"])
def test_what_is_no_document_code(code: str) -> None:
    with pytest.raises(ValueError, match="not a document code"):
        split_doc_code(code)


@pytest.mark.parametrize(
    "code", ["000.00.16.H56", "H56", "H56.16", "H05.02.02", "G06.01", "Z01", "Z01.ABC", "0101234567", "0101234567-001"]
)
def test_identifiers_of_agencies_old_and_new(code: str) -> None:
    assert is_organ_id(code)


@pytest.mark.parametrize("code", ["", "h56", "H5", "H56.", "00.00.16.H56", "H56.x", "H56." + "1" * 33, "H56\n"])
def test_what_identifies_no_agency(code: str) -> None:
    assert not is_organ_id(code)


@pytest.mark.parametrize(
    ("given", "full"),
    [
        ("01.TCCB", "H05.02.2026.01.TCCB"),
        (" 15.ĐT ", "H05.02.2026.15.ĐT"),
        (unicodedata.normalize("NFD", "15.TỔ"), "H05.02.2026.15.TỔ"),
        ("H05.02.2025.01.TCCB", "H05.02.2025.01.TCCB"),
        ("H05.02.02.2008.01.HC", "H05.02.02.2008.01.HC"),
        ("000.00.16.H56.2015.01.HC", "000.00.16.H56.2015.01.HC"),
    ],
)
def test_a_notation_is_expanded_and_a_full_code_is_kept(given: str, full: str) -> None:
    assert expand_file_code(given, "H05.02", 2026) == full
    assert valid_file_code(full)
    assert expand_file_code(full, "H05.02", 2026) == full


@pytest.mark.parametrize(
    "code",
    [
        "", "01.TCCB", "H05.2026", "H05.2026.", "H05.2026..", "H05.2026.01/TCCB", "H05.2026.01 TCCB", "H05.2026.../x",
        "H05.2026.01.TCCB.", "H05.2026." + "A" * 90, unicodedata.normalize("NFD", "H05.2026.15.TỔ"),
    ],
)  # fmt: skip
def test_what_is_no_file_code(code: str) -> None:
    assert not valid_file_code(code)


@given(st.text(), st.integers(1, 64))
def test_a_safe_name_is_safe_everywhere_and_stays_as_it_is(text: str, max_bytes: int) -> None:
    name = safe_name(text, max_bytes)
    assert 1 <= len(name.encode()) <= max_bytes
    assert safe_name(name, max_bytes) == name
    assert unicodedata.is_normalized("NFC", name)
    assert not set(name) & set('<>:"/\\|?*') and all(char.isprintable() or char == "\xa0" or ord(char) > 127 for char in name)
    assert name == name.strip(" .")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Quyết định 01.pdf", "Quyết định 01.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("CON", "_CON"),
        ("nul.pdf", "_nul.pdf"),
        ("com¹.txt", "_com¹.txt"),
        ("console.pdf", "console.pdf"),
        ("a\r\nb\x00\u202e.pdf", "a__b__.pdf"),
        ("...", "_"),
        ("", "_"),
        ("\udcff.pdf", "_.pdf"),
    ],
)
def test_names_that_would_hurt_are_changed(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_a_long_name_keeps_its_suffix_and_whole_characters() -> None:
    name = safe_name("ế" * 300 + ".pdf", 200)
    assert name == "ế" * 65 + ".pdf"
