from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.record import (
    DESCRIPTIVE,
    FIELDS,
    Description,
    RecordError,
    canonical_json,
    line_json,
    parse_field,
    record_json,
)

TEXT = st.text(st.characters(codec="utf-8"))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(DESCRIPTIVE), st.text(min_size=6, max_size=600))
def test_why_a_field_cannot_hold_a_value_names_the_field_and_not_the_value(name: str, text: str) -> None:
    try:
        parse_field(name, text)
    except RecordError as error:
        assert error.detail.startswith(f"{name}: ") and text.strip() not in error.detail


def test_fields_are_those_of_the_contract_in_its_order() -> None:
    assert FIELDS[:10] == (
        "doc_code", "file_code", "doc_ordinal", "lane", "form", "part", "state", "description", "path",
        "original_path",
    )  # fmt: skip
    assert FIELDS[14:34] == DESCRIPTIVE
    assert FIELDS[-11:] == (
        "confidence", "block_text", "signed_at", "timestamped_at", "filed_at", "pades_level", "pdfa",
        "main_code", "verification", "supersedes", "superseded_by",
    )  # fmt: skip
    assert len(FIELDS) == len(set(FIELDS)) == 45


@given(PLAIN)
def test_canonical_json_is_json_and_one_form_only(value: object) -> None:
    data = canonical_json(value)
    assert json.loads(data) == value
    assert canonical_json(json.loads(data)) == data


def test_canonical_json_sorts_keys_as_rfc_8785_does() -> None:
    # the example of RFC 8785 §3.2.3: an emoji sorts before U+FB33 in UTF-16
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    assert list(json.loads(canonical_json(value)).values()) == [2, 4, 6, 7, 1, 5, 3]


@pytest.mark.parametrize("value", [1.5, {"a": 0.1}, 2**53, {1: "a"}, b"bytes", "\ud800", object()])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(RecordError) as refused:
        canonical_json(value)
    assert refused.value.code == "bad-value"


def test_a_record_is_composed_sorted_and_ends_with_a_line_feed() -> None:
    data = record_json({"tên": unicodedata.normalize("NFD", "Quyết định"), "a": 0.25})
    assert data == '{\n "a": 0.25,\n "tên": "Quyết định"\n}\n'.encode()
    assert line_json({"b": 1, "a": [True]}) == b'{"a":[true],"b":1}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1}, "\udcff"])
def test_a_record_holds_only_json(value: object) -> None:
    with pytest.raises(RecordError):
        record_json({"a": value})


def test_a_field_typed_by_a_person_is_sure_and_an_empty_one_is_cleared() -> None:
    read = Description(subject="V/v", code_number="7", confidence={"subject": 0.4, "code_number": 0.9})
    typed = read.replace_fields({"subject": " Về việc ", "code_number": "", "page_amount": "12"})
    assert (typed.subject, typed.code_number, typed.page_amount) == ("Về việc", None, 12)
    assert typed.confidence == {"subject": 1.0, "page_amount": 1.0}
    assert read.subject == "V/v"
    assert typed.lacks(("subject", "code_number")) == ("code_number",)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("issued_date", "31/12/2026", "bad-value"),
        ("issued_date", "2026-02-29", "bad-value"),
        ("page_amount", "0", "bad-value"),
        ("page_amount", "nhiều", "bad-value"),
        ("code_number", "123456789012", "bad-value"),
        ("code_number", "abc", "bad-value"),
        ("code_number", "68/QĐ-UBND", "bad-value"),
        ("code_number", "12a /qđ", "bad-value"),
        ("code_number", "28/2021/NĐ-CP", "bad-value"),
        ("issued_date", "0202-02-28", "bad-value"),
        ("subject", "hai\ndòng", "bad-value"),
        ("doc_code", "x", "bad-field"),
        ("sha256", "x", "bad-field"),
    ],
)
def test_a_person_cannot_set_what_the_field_cannot_hold(field: str, value: str, code: str) -> None:
    with pytest.raises(RecordError) as refused:
        Description().replace_fields({field: value})
    assert refused.value.code == code


@pytest.mark.parametrize("number", ["1", "05", "12a", "12A", "12bis", "12 bis", "01/2024", "12-CV/TU", "A-12", "02/2018"])
def test_a_number_is_taken_as_agencies_write_it(number: str) -> None:
    assert Description().replace_fields({"code_number": number}).code_number == number


@pytest.mark.parametrize("sure", [-0.1, 1.1, float("nan")])
def test_confidence_lies_between_0_and_1(sure: float) -> None:
    with pytest.raises(RecordError):
        Description(confidence={"subject": sure})
