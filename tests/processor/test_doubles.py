"""Số, ký hiệu, năm, cơ quan: what is a double, and what only looks like one."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from archive.record import DocumentKey, number_key
from archive.store import Archive
from processor import doubles
from tests.archive.conftest import CLERK, FILE, Office

NUMBER = {"code_number": "15", "code_notation": "QĐ-UBND", "issued_date": "2026-03-05", "organ_name": "Ủy ban nhân dân xã A"}


@pytest.fixture
def office(tmp_path: Path) -> Any:
    made = Office(tmp_path)
    yield made
    for archive in made.opened:
        archive.close()


@pytest.fixture
def archive(office: Office) -> Archive:
    opened = office.open()
    opened.declare_file(FILE, "Hồ sơ", year=2026, actor=CLERK)
    return opened


def filed(office: Office, archive: Archive, name: str, **changes: Any) -> str:
    code: str = archive.file(office.filing(archive, name, **(NUMBER | changes)), CLERK)["doc_code"]
    return code


def found(archive: Archive, station: Path) -> list[tuple[str, str]]:
    return [(each.record["doc_code"], each.of) for each in doubles.listed(archive, station)]


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"code_number": "015"}, {"code_notation": "qđ-ubnd"}, {"code_notation": unicodedata.normalize("NFD", "QĐ-UBND")},
        {"code_notation": "QĐ - UBND"}, {"issued_date": "2026-12-31"}, {"organ_name": "ỦY BAN NHÂN DÂN  XÃ A"}, {"organ_name": None},
    ],
)  # fmt: skip
def test_a_document_of_the_same_number_is_a_double(office: Office, archive: Archive, changes: dict[str, Any]) -> None:
    first, second = filed(office, archive, "a"), filed(office, archive, "b", **changes)
    assert found(archive, office.folder) == [(second, first)]
    assert [each.of for each in doubles.note(second, archive, office.folder, CLERK)] == [first]
    told = archive.get(second)
    assert told is not None and told["events"][-1]["type"] == "same-number" and told["events"][-1]["public"] == {"of": first}
    doubles.note(second, archive, office.folder, CLERK)
    again = archive.get(second)
    assert again is not None and again["events"] == told["events"], "told once"
    assert archive.verify().findings == []


@pytest.mark.parametrize(
    "changes",
    [
        {"code_number": "150"}, {"code_notation": "QĐ-HĐND"}, {"issued_date": "2025-03-05"}, {"organ_name": "Ủy ban nhân dân xã B"},
        {"issued_date": None}, {"code_number": None}, {"code_number": "000"}, {"main_code": f"{FILE}.0000001"},
    ],
)  # fmt: skip
def test_what_differs_in_one_of_them_is_none(office: Office, archive: Archive, changes: dict[str, Any]) -> None:
    filed(office, archive, "a")
    other = filed(office, archive, "b", **changes)
    assert found(archive, office.folder) == [] and doubles.note(other, archive, office.folder, CLERK) == []


def test_a_second_copy_and_an_extract_of_one_scan_are_none(office: Office, archive: Archive) -> None:
    filed(office, archive, "a")
    scan = office.blob("a.scan", b"scan a")
    filed(office, archive, "a", key=DocumentKey(scan.sha256, "trich-sao", FILE, "1-2"))
    filed(office, archive, "a", key=DocumentKey(scan.sha256, "sao-y", FILE, "", 1))
    assert found(archive, office.folder) == []


def test_a_renamed_agency_goes_on_with_its_numbers(office: Office, archive: Archive) -> None:
    (office.folder / "law").mkdir()
    (office.folder / "law" / "agencies.toml").write_text(
        '[agencies.a]\nname = "Ủy ban nhân dân xã A"\nvalid_from = 2000-01-01\nvalid_to = 2026-06-30\nsuccessor = "b"\n'
        '[agencies.b]\nname = "Ủy ban nhân dân xã B"\nvalid_from = 2026-07-01\n', "utf-8")  # fmt: skip
    first, second = filed(office, archive, "a"), filed(office, archive, "b", organ_name="Ủy ban nhân dân xã B")
    assert found(archive, office.folder) == [(second, first)]


def test_a_number_learned_later_makes_a_double_and_one_that_is_replaced_is_none(office: Office, archive: Archive) -> None:
    first, second = filed(office, archive, "a"), filed(office, archive, "b", code_number=None)
    assert found(archive, office.folder) == []
    archive.describe(second, {"code_number": "15"}, CLERK)
    assert found(archive, office.folder) == [(second, first)]
    archive.supersede(first, second, "Bản quét mờ", CLERK)
    assert found(archive, office.folder) == []
    assert archive.verify().findings == []


def test_the_key_of_a_number_wants_all_three() -> None:
    assert number_key(NUMBER) == "2026/15/qđ-ubnd"
    assert all(number_key(NUMBER | {name: value}) is None for name in ("code_number", "code_notation", "issued_date") for value in (None, ""))


@pytest.mark.parametrize("is_one", [True, False])
def test_a_double_is_looked_up_and_never_looked_for(office: Office, archive: Archive, is_one: bool) -> None:
    """In a large archive every document that is filed asks: on 300,000 rows an index is 1 ms, going through them half a second."""
    code = [filed(office, archive, name) for name in ("a", "b")][1]
    connection, asked = archive._catalogue._db.conn, list[str]()
    connection.set_trace_callback(asked.append)
    groups = archive.same_number(code if is_one else None)
    connection.set_trace_callback(None)
    assert [len(group) for group in groups] == [2]
    plans = [[row[3] for row in connection.execute(f"explain query plan {sql}")] for sql in asked if "number_key" in sql]
    assert len(plans) == 2
    for steps in plans:
        assert any("document_number (number_key" in step for step in steps), steps
        assert not any(step.startswith("SCAN") or "idx_document_state" in step for step in steps), steps
