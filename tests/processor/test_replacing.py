"""Whether a better scan is of the document whose place it takes: what keeps the two from being one."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from processor.agencies import Agencies, parse
from processor.replacing import differences

OLD = {"form": "sao-y", "type_name": "Quyết định", "code_number": "15", "code_notation": "QĐ-UBND", "issued_date": "2026-03-05",
       "organ_name": "Ủy ban nhân dân xã A"}  # fmt: skip


@pytest.mark.parametrize(
    "better",
    [
        {}, {"code_number": "015"}, {"code_notation": "qđ - ubnd"}, {"type_name": "QUYẾT ĐỊNH"}, {"organ_name": "ủy ban  nhân dân xã a"},
        {"code_number": None, "issued_date": "", "organ_name": None},
    ],
)  # fmt: skip
def test_a_better_scan_of_the_same_document_is_taken_without_a_question(better: dict[str, Any]) -> None:
    assert differences(OLD, OLD | better, Agencies()) == []
    assert differences(OLD | better, OLD, Agencies()) == []


@pytest.mark.parametrize(
    "other",
    [
        {"form": "trich-sao"}, {"form": None}, {"type_name": "Công văn"}, {"code_number": "16"}, {"code_notation": "QĐ-SNV"},
        {"issued_date": "2025-03-05"}, {"organ_name": "Ủy ban nhân dân xã B"},
    ],
)  # fmt: skip
def test_what_tells_two_documents_apart_is_named(other: dict[str, Any]) -> None:
    (told,) = differences(OLD, OLD | other, Agencies())
    ((name, value),) = other.items()
    assert told.startswith(f"{name}: {OLD[name]} / {value or '–'}")


def test_a_successor_is_no_other_agency() -> None:
    day = {"valid_from": dt.date(2000, 1, 1)}
    known = parse({"a": {"name": "Xã A", "successor": "b", **day}, "b": {"name": "Phường B", **day}})
    assert differences(OLD | {"organ_name": "Xã A"}, OLD | {"organ_name": "Phường B"}, known) == []
