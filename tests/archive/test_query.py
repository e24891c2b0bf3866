from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import ArchiveError
from archive.query import Query
from archive.store import Archive
from archive.words import exact, fold
from tests.archive.conftest import CLERK, FILE, Clock, Office

Find = Callable[..., list[int]]


BOOKS: dict[str, dict[str, Any]] = {
    "cong-van": {"code_number": "299", "code_notation": "UBND-TTHC", "organ_name": "Ủy ban nhân dân xã Đông Hà",
                 "subject": "Về việc quyết định nghỉ lễ", "issued_date": "2026-09-02", "type_name": "Công văn",
                 "text": ("Kính gửi: các thôn", "Nơi nhận: Đoàn thanh niên")},
    "quyet-dinh": {"code_number": "05", "code_notation": "QĐ-UBND", "organ_name": "ỦY BAN NHÂN DÂN HUYỆN",
                   "subject": "Bổ nhiệm cán bộ", "issued_date": "2025-12-31", "type_name": "Quyết định",
                   "page_amount": 3},
    "khong-ro": {"text": ("Quyet dinh nay", "299 ubnd")},
}  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """Three documents; `find` names them by their place in the file."""
    office = Office(Path(tmp_path_factory.mktemp("library")), Clock())
    archive = office.open()
    archive.declare_file(FILE, "Hồ sơ", year=2026, actor=CLERK)
    for name, described in BOOKS.items():
        archive.file(office.filing(archive, name, **described), CLERK)
        office.clock.pass_(days=1)
    yield archive
    archive.close()


@pytest.fixture
def find(library: Archive) -> Find:
    return lambda *args, **named: [row["doc_ordinal"] for row in library.find(Query(*args, **named))]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", [3, 2, 1]),
        ("quyết định", [2, 1]),
        ("QUYẾT ĐỊNH", [2, 1]),
        (unicodedata.normalize("NFD", "quyết định"), [2, 1]),
        ("quyet dinh", [3, 2, 1]),
        ("quyết dinh", [2, 1]),
        ("quyệt", []),
        ("doan", [1]),
        ("đoàn", [1]),
        ("đoan", []),
        ("299/UBND-TTHC", [1]),
        ("299/ubnd-tthc", [1]),
        ("05/QĐ-UBND", [2]),
        ("05/qd-ubnd", [2]),
        ("UBND-TTHC", [1]),
        ('"thanh niên"', [1]),
        ('"niên thanh"', []),
        ("niên thanh", [1]),
        ("cong-van", [1]),
        ("nghỉ AND lễ", []),
        ("---", []),
        ("Ủy ban nhân dân", [2, 1]),
    ],
)
def test_words_are_found_as_they_are_typed(find: Find, words: str, found: list[int]) -> None:
    assert find(words) == found


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"code_number": "5"}, [2]),
        ({"code_number": "05"}, [2]),
        ({"code_number": "0299"}, [1]),
        ({"code_notation": "QĐ-UBND"}, [2]),
        ({"organ_name": "ủy ban nhân dân"}, [2, 1]),
        ({"organ_name": "HUYỆN"}, [2]),
        ({"subject": "NHIỆM"}, [2]),
        ({"subject": "%"}, []),
        ({"organ_name": "dong ha"}, [1]),
        ({"organ_name": "đong ha"}, []),
        ({"type_name": "quyet"}, [2]),
        ({"subject": "nghi le"}, [1]),
        ({"subject": "nghì lễ"}, []),
        ({"type_name": "quyết"}, [2]),
        ({"doc_ordinal": "2"}, [2]),
        ({"page_amount": "3"}, [2]),
        ({"lane": "sao-y", "form": "sao-y"}, [3, 2, 1]),
        ({"lane": "luu-tru"}, []),
        ({"doc_code": f"{FILE}.0000003"}, [3]),
        ({"state": "void"}, []),
        ({"description": "partial"}, [3, 2, 1]),
    ],
)
def test_fields_are_asked_for_by_value(find: Find, fields: dict[str, str], found: list[int]) -> None:
    assert find(fields=fields) == found


def test_days_are_those_of_the_document_or_else_of_its_filing(find: Find) -> None:
    assert find(date_from="2026-01-01") == [3, 1]
    assert find(date_to="2025-12-31") == [2]
    assert find(date_from="2026-11-25", date_to="2026-11-25") == [3], "undated: the day it was filed"


def test_answers_are_newest_first_and_no_more_than_asked_for(find: Find) -> None:
    assert find(limit=2) == [3, 2]
    assert find(limit=0) == []
    assert find(limit=None) == [3, 2, 1]


def test_long_answers_come_in_portions(library: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.finding._PORTION", 1)
    assert [row["doc_ordinal"] for row in library.find(Query(limit=None))] == [3, 2, 1]
    assert [row["doc_ordinal"] for row in library.find(Query(limit=2))] == [3, 2]


@pytest.mark.parametrize("field", ["confidence", "text", "subject; drop table document", "seq"])
def test_a_field_that_records_do_not_have_is_refused(library: Archive, field: str) -> None:
    with pytest.raises(ArchiveError) as refused:
        library.find(Query(fields={field: "x"}))
    assert refused.value.code == "bad-field"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters() | st.sampled_from('"*^:()-+{}\x00\udcff ²ⅷ'), max_size=20))
def test_no_words_are_a_syntax_error(find: Find, words: str) -> None:
    find(words)
    find(fields={"subject": words, "code_number": words})


def test_a_corrected_field_is_found_and_the_old_one_is_not(office: Office, archive: Archive) -> None:
    record = archive.file(office.filing(archive, subject="Sai lầm"), CLERK)
    archive.describe(record["doc_code"], {"subject": "Đính chính"}, CLERK)
    assert [row["subject"] for row in archive.find(Query("đính chính"))] == ["Đính chính"]
    assert list(archive.find(Query("sai lầm"))) == []
    assert [row["subject"] for row in archive.find(Query("trang một"))] == ["Đính chính"], "the text stays"


@given(st.text())
def test_folding_is_final_and_leaves_no_marks(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert exact("ĐỒNG") == "đồng" and fold("ĐỒNG") == "dong"
