"""Elements filled in by the law's own lists; what does not fit is complained of, never cut."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.record import FIELDS
from processor import metadata
from processor.packages import fields, rules

DAY = dt.date(2026, 11, 29)
LAW = {kind: rules.of(kind, DAY) for kind in ("aip", "sip")}
DOSSIER = {
    "file_code": "H05.02.2026.01.VP", "arc_file_code": "H05.H05.02.2026.01.VP", "title": "Hồ sơ", "maintenance": "20 năm",
    "paper_file_code": "H05.02.K1/G2/H03.012",
}  # fmt: skip


def record(**changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(FIELDS) | {
        "doc_code": "H05.02.2026.01.VP.0000001", "file_code": "H05.02.2026.01.VP", "doc_ordinal": 1, "sha256": "ab" * 32, "pages": 2,
        "type_name": "Quyết định", "organ_name": "UBND xã", "subject": "về việc", "issued_date": "2025-03-02", "language": "vi",
        "provenance": {"pages": [{"kind": "scan"}]},
    }  # fmt: skip
    return told | changes


def document(kind: str = "aip", **changes: Any) -> tuple[dict[str, str], list[str]]:
    made, complaints = fields.filled(metadata.document(record(**changes), DOSSIER), LAW[kind].document, "X")
    return dict(made), complaints


def dossier(*records: dict[str, Any], **changes: str) -> tuple[dict[str, str], list[str]]:
    told = fields.with_period(metadata.dossier(DOSSIER | changes, records), LAW["aip"].file)
    made, complaints = fields.filled(told, LAW["aip"].file, "X")
    return dict(made), complaints


def test_the_circular_counts_its_elements() -> None:
    assert [len(LAW[kind].file.fields) for kind in ("aip", "sip")] == [18, 18]
    assert [len(LAW[kind].document.fields) for kind in ("aip", "sip")] == [19, 21]


@pytest.mark.parametrize("kind", ["aip", "sip"])
def test_a_described_document_says_all_it_must(kind: str) -> None:
    told, complaints = document(kind)
    assert complaints == []
    assert (told["typeName"], told["issuedDate"], told["language"], told["confidenceLevel"]) == ("02", "02/03/2025", "01", "02")
    assert told["docCode"] == "H05.02.2026.01.VP.0000001"


def test_a_document_signed_by_others_is_an_electronic_original() -> None:
    assert document(verification="valid")[0]["confidenceLevel"] == "01"
    assert document(provenance={"pages": [{"kind": "text"}]})[0]["confidenceLevel"] == "01"


@pytest.mark.parametrize(("word", "code"), [("công văn", "22"), ("Luật", "32"), ("22", "22")])
def test_a_kind_is_told_by_its_code_and_one_without_by_khac(word: str, code: str) -> None:
    assert document(type_name=word)[0]["typeName"] == code


def test_what_is_missing_too_long_or_without_a_code_is_said_in_vietnamese() -> None:
    told, complaints = document(subject=None, organ_name="x" * 201, mode="Nửa kín nửa hở")
    assert told["organName"] == "x" * 201  # never cut
    assert sorted(complaints) == [
        "X: mode: không có mã cho “Nửa kín nửa hở”", "X: organName: dài 201 ký tự, quá 200 ký tự cho phép", "X: subject: chưa có giá trị",
    ]  # fmt: skip


def test_a_file_tells_its_span_pages_languages_and_trust() -> None:
    told, complaints = dossier(record(), record(issued_date="2024-12-31", language="en", verification="valid", pages=5))
    assert not complaints
    assert (told["startDate"], told["endDate"], told["numberOfPage"], told["totalDoc"]) == ("31/12/2024", "02/03/2025", "7", "2")
    assert (told["language"], told["confidenceLevel"], told["maintenance"]) == ("06", "03", "05")


def test_a_digitised_file_must_say_where_its_paper_is_an_electronic_one_need_not() -> None:
    assert dossier(record(), paper_file_code="")[1] == ["X: paperFileCode: chưa có giá trị"]
    assert dossier(record(verification="valid"), paper_file_code="")[1] == []


@pytest.mark.parametrize("words", ["20 năm", "05", "20 năm (TT 10/2022/TT-BNV, 10.dau-thau.ket-qua)"])
def test_a_period_is_told_by_its_code_however_it_is_written(words: str) -> None:
    told, _ = dossier(record(), maintenance=words)
    assert (told["maintenance"], told["description"]) == ("05", "")


def test_five_years_have_no_code_and_stand_in_the_description() -> None:
    told, _ = dossier(record(), maintenance="05 năm", note="Của bà A")
    assert told["maintenance"] == "07" and told["description"] == "Của bà A; Thời hạn bảo quản: 05 năm"


@given(st.text(), st.text(max_size=300))
def test_no_text_is_changed_on_its_way(subject: str, organ: str) -> None:
    told, complaints = document(subject=subject, organ_name=organ)
    kept = [unicodedata.normalize("NFC", text).strip() for text in (subject, organ)]
    assert [told["subject"], told["organName"]] == kept
    assert (len(kept[0]) > 500) == any("subject" in line and "quá" in line for line in complaints)
