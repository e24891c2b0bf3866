"""What stands under which heading, and what is left to be written by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.record import FIELDS
from processor.registers import rows
from processor.registers.counting import in_words
from processor.registers.rows import Dossier

FORMS = {"sao-y": "Sao y"}


def record(ordinal: int, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(FIELDS) | {
        "doc_code": f"H05.02.2026.01.VP.{ordinal:07}", "doc_ordinal": ordinal, "state": "filed", "path": "x.pdf", "pages": 2,
        "form": "sao-y",
    }  # fmt: skip
    return told | changes


def test_documents_stand_in_the_order_of_their_dates_and_undated_ones_last() -> None:
    given_ = [record(1), record(2, issued_date="2025-03-01"), record(3, issued_date="2024-12-31"), record(4, issued_date="2025-03-01")]
    lines = rows.documents(given_)
    assert [line.values["note"][-1] for line in lines] == ["3", "2", "4", "1"]
    assert [line.values["number"] for line in lines] == ["1", "2", "3", "4"]
    assert lines[0].values["date"] == "31/12/2024" and lines[3].values["date"] == ""


def test_what_is_not_known_is_never_guessed() -> None:
    (line,) = rows.documents([record(1, code_notation="QĐ-UBND", type_name="Quyết định")])
    assert line.values["code"] == "……/QĐ-UBND"  # a number written by hand: a place to write it
    assert line.values["subject"] == "Quyết định" and line.values["author"] == line.values["date"] == ""
    assert line.values["extent"] == "……/ 2 trang"  # the sheet's number is pencilled on paper
    (original,) = rows.documents([record(1, verification="valid")])
    assert original.values["extent"] == "2 trang"  # nothing of it is paper


def test_what_was_given_up_stays_in_the_list_with_what_took_its_place() -> None:
    void = record(1, state="void", superseded_by="H05.02.2026.01.VP.0000002", issued_date="2025-01-01")
    lines = rows.documents([void, record(2, supersedes=void["doc_code"], issued_date="2025-01-01")])
    assert [line.void for line in lines] == [True, False]
    assert "HỦY; thay bằng H05.02.2026.01.VP.0000002" in lines[0].values["note"] and lines[0].values["number"] == ""
    assert lines[1].values["number"] == "1" and f"Thay {void['doc_code']}" in lines[1].values["note"]


def test_a_code_that_was_never_filed_explains_a_gap_and_is_no_document() -> None:
    never = record(2, state="void", path=None)
    assert rows.unused([record(1), never]) == (never["doc_code"],)
    assert rows.listed([record(1), never]) == [record(1)]


def test_copies_stand_by_their_signing_in_vietnams_time() -> None:
    first = record(1, signed_at="2025-12-31T17:30:00+00:00")
    (line,) = rows.copies([first], FORMS)
    assert line.values["signed"] == "01/01/2026 00:30:00" and line.values["form"] == "Sao y"
    assert rows.signed(first)[:10] == "2026-01-01"  # so it belongs to the register of 2026


def test_a_file_tells_its_span_pages_and_what_is_missing() -> None:
    dossier = Dossier("H05.02.2026.01.VP", "01.VP", "Hồ sơ", 2026, "01", "H05.02.K1/G2/H03.012")
    kept = [record(1, issued_date="2025-03-01"), record(2), record(3, state="void", issued_date="1999-01-01")]
    (line,) = rows.files([(dossier, kept)], {"01": "Vĩnh viễn"})
    assert line.values["span"] == "01/03/2025" and line.values["extent"] == "4 trang" and line.values["documents"] == "2"
    assert line.values["retention"] == "Vĩnh viễn" and line.values["note"] == "1 văn bản chưa rõ ngày"
    assert line.values["box"] == "K1/G2/H03"


@pytest.mark.parametrize(("number", "words"), [
    (0, "không"), (4, "bốn"), (10, "mười"), (15, "mười lăm"), (21, "hai mươi mốt"), (24, "hai mươi tư"), (105, "một trăm linh năm"),
    (111, "một trăm mười một"), (1_005, "một nghìn không trăm linh năm"), (2_000_000, "hai triệu"),
    (1_000_001, "một triệu không trăm linh một"), (999_999, "chín trăm chín mươi chín nghìn chín trăm chín mươi chín"),
])  # fmt: skip
def test_a_count_is_written_out_as_people_say_it(number: int, words: str) -> None:
    assert in_words(number) == words


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_two_counts_are_never_written_alike(one: int, other: int) -> None:
    assert (in_words(one) == in_words(other)) == (one == other)
