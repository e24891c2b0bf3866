"""Side-cars as people, scripts and attackers write them: a field applies whole and checked, or the scan is held."""

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.record import DESCRIPTIVE, LENGTHS
from processor.details import vietnamese
from processor.errors import Verdict
from processor.intake.sidecar import LARGEST, ROUTING, parse, sidecar


def of(value: object) -> dict[str, str]:
    return parse(json.dumps(value).encode())


def refused(data: bytes) -> str:
    with pytest.raises(Verdict) as caught:
        parse(data)
    assert caught.value.code == "sidecar-bad"
    return caught.value.detail


# --- what it may say


def test_a_sidecar_sets_fields_the_file_and_the_pages() -> None:
    told = {"subject": "Về việc nghỉ lễ", "issued_date": "2026-02-05", "file_code": "01.TCCB", "pages": "1-3,5"}
    assert of(told) == told


def test_a_whole_number_is_the_text_of_it() -> None:
    assert of({"code_number": 15, "page_amount": 3, "pages": 2}) == {"code_number": "15", "page_amount": "3", "pages": "2"}


@pytest.mark.parametrize("nothing", ["", "   ", None, "\u3000"])
@pytest.mark.parametrize("name", ["subject", "issued_date", "file_code", "pages", "page_amount"])
def test_an_empty_value_says_nothing(name: str, nothing: str | None) -> None:
    assert of({name: nothing}) == {}
    assert of({}) == {}


def test_notepad_writes_a_byte_order_mark() -> None:
    assert parse(b"\xef\xbb\xbf" + b'{"code_number": "15"}\r\n') == {"code_number": "15"}


@pytest.mark.parametrize(
    ("written", "normal"),
    [("1 - 3 , 5", "1-3,5"), ("1,2,3,5", "1-3,5"), (" 2 ", "2"), ("007", "7"), ("1-1", "1"), ("3,1-2", "3,1-2"), ("1-3,2", "1-3")],
)
def test_one_range_has_one_spelling(written: str, normal: str) -> None:
    """Or the same extract would be another document (the pages are part of its key)."""
    assert of({"pages": written}) == {"pages": normal}


def test_decomposed_vietnamese_is_composed() -> None:
    text = "Ủy ban nhân dân xã Đồng Quế"
    told = of({"organ_name": unicodedata.normalize("NFD", text), "file_code": unicodedata.normalize("NFD", "01.TỔ")})
    assert told == {"organ_name": unicodedata.normalize("NFC", text), "file_code": unicodedata.normalize("NFC", "01.TỔ")}


def test_lengths_are_of_the_law_and_counted_composed() -> None:
    longest = "ế" * LENGTHS["subject"]
    assert of({"subject": unicodedata.normalize("NFD", longest)}) == {"subject": unicodedata.normalize("NFC", longest)}
    assert "subject" in refused(json.dumps({"subject": longest + "x"}).encode())


def test_it_says_where_a_document_came_from_and_belongs() -> None:
    told = {"to_organ_id": "H05.02", "sender_name": "Sở Nội vụ", "sender_email": "van-thu@snv.example.vn", "main": "15/QĐ-SNV"}
    assert of(told) == told
    assert set(told) == set(ROUTING) and not set(ROUTING) & set(DESCRIPTIVE)


@pytest.mark.parametrize("code", ["000.00.16.H56", "H56", "H56.16", "G06.01", "Z01.12AB", "0100109106", "0100109106-001"])
def test_agencies_have_old_codes_and_new(code: str) -> None:
    assert of({"to_organ_id": code}) == {"to_organ_id": code}


# --- what it may not


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("to_organ_id", "h56"), ("to_organ_id", "Sở Nội vụ"), ("to_organ_id", "000.00.16"), ("to_organ_id", "H56,H57"), ("sender_email", "snv"),
        ("sender_email", "a@b.vn, c@d.vn"), ("sender_email", "a@b.vn>"), ("sender_email", "Văn thư <a@b.vn>"), ("sender_email", "root@localhost"),
        ("main", "a" * 201), ("sender_name", "a" * 201), ("main", "a\nb"), ("sender_name", "a\r\nBcc: x@y.vn"),
    ],
)  # fmt: skip
def test_where_a_document_came_from_is_checked_as_well(name: str, text: str) -> None:
    assert name in refused(json.dumps({name: text}).encode())


@pytest.mark.parametrize("data", [b"", b"   ", b"\xef\xbb\xbf", b"{", b'{"subject": "a",}', b"subject: a", b"\xff\xfe{\x00}\x00", b'{"subject": "\xe9"}', b"\x00"])
def test_what_is_no_json_in_utf_8_is_refused(data: bytes) -> None:
    assert refused(data).startswith("not JSON")


@pytest.mark.parametrize("value", [[], [{"subject": "a"}], "subject", 5, None, True, 1.5])
def test_what_is_no_object_is_refused(value: object) -> None:
    assert refused(json.dumps(value).encode()) == "not an object"


@pytest.mark.parametrize("value", [True, False, [], ["a"], {}, {"a": "b"}, 1.5])
@pytest.mark.parametrize("name", ["subject", "page_amount", "pages", "file_code"])
def test_what_is_neither_text_nor_a_whole_number_is_refused(name: str, value: Any) -> None:
    assert name in refused(json.dumps({name: value}).encode())


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e3", "1e999"])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    refused(f'{{"code_number": {text}}}'.encode())


def test_a_field_twice_is_refused_since_one_of_them_would_be_lost() -> None:
    assert refused(b'{"subject": "a", "subject": "b"}').startswith("not JSON")
    assert refused(b'{"subject": "a", "\\u0073ubject": "a"}').startswith("not JSON")


@pytest.mark.parametrize("name", ["sujbect", "Subject", "", "doc_code", "confidence", "lane", "scan_sha256", "__class__", "subject "])
@pytest.mark.parametrize("value", ["a", "", None])
def test_a_field_nobody_knows_is_refused_also_when_it_is_empty(name: str, value: str | None) -> None:
    """A field misspelt in silence would be a field lost."""
    refused(json.dumps({name: value}).encode())


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\x7fb", "\x1b[31m", "a\tb", "\ud800", "a\udcffb"])
@pytest.mark.parametrize("name", ["subject", "file_code", "pages"])
def test_control_characters_and_half_characters_are_refused(name: str, text: str) -> None:
    assert name in refused(json.dumps({name: text}).encode())


@pytest.mark.parametrize("pages", ["0", "3-1", "1-", "-2", "1,,2", "1;2", "a", "1.5", "100000", "-1", "1-99999999999"])
def test_pages_that_are_no_range_are_refused(pages: str) -> None:
    assert "pages" in refused(json.dumps({"pages": pages}).encode())


@pytest.mark.parametrize(("name", "value"), [("issued_date", "05/02/2026"), ("issued_date", "2026-02-30"), ("page_amount", 0), ("page_amount", -3)])
def test_values_a_field_cannot_hold_are_refused(name: str, value: object) -> None:
    assert name in refused(json.dumps({name: value}).encode())


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"subject":' * 50_000, b'{"subject":' + b"[" * 200_000 + b"]" * 200_000 + b"}"])
def test_nested_bombs_are_refused(data: bytes) -> None:
    refused(data)


def test_a_number_of_a_million_digits_is_refused() -> None:
    refused(b'{"code_number": ' + b"9" * 900_000 + b"}")


def test_a_refusal_names_the_field_and_never_the_value() -> None:
    secret = "Nguyễn Văn Bí Mật"
    for told in ({"signer_name": secret * 20}, {"issued_date": secret}, {"pages": secret}, {"page_amount": secret}, {"signer_name": [secret]}):
        assert secret not in refused(json.dumps(told).encode())
    assert len(refused(json.dumps({"x" * 5000: "a"}).encode())) < 200


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("code_number", "mười hai", "số (code_number): ghi bằng chữ số, như 12, 12a hoặc 01/2024; không có số thì để trống"),
        ("code_number", "1" * 12, "số (code_number): nhiều nhất 11 ký tự; đang có 12"),
        ("issued_date", "05/02/2026", "ngày ban hành (issued_date): ngày có thật, viết năm-tháng-ngày, như 2026-03-05"),
        ("issued_date", "2026-02-30", "ngày ban hành (issued_date): ngày có thật, viết năm-tháng-ngày, như 2026-03-05"),
        ("page_amount", "ba", "số trang (page_amount): số nguyên từ 1 đến 9999"),
        ("to_organ_id", "Sở", "to_organ_id: mã cơ quan, như H05.02"), ("sender_email", "snv", "sender_email: một địa chỉ thư, như van-thu@example.vn"),
        ("sender_name", "a" * 201, "sender_name: nhiều nhất 200 ký tự; đang có 201"),
        ("sujbect", "a", "sujbect: không có trường này"),
    ],
)  # fmt: skip
def test_a_clerk_reads_which_field_it_is_and_what_it_may_hold(name: str, value: str, told: str) -> None:
    assert vietnamese(refused(json.dumps({name: value}).encode())) == told


def test_a_field_twice_is_told_as_that() -> None:
    assert vietnamese(refused(b'{"subject": "a", "subject": "b"}')) == "trích yếu (subject) được ghi hai lần"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2), max_leaves=4
)
names = st.sampled_from([*DESCRIPTIVE, *ROUTING, "file_code", "pages"]) | st.text(max_size=6)


@given(st.dictionaries(names, json_values, max_size=4) | json_values)
def test_any_json_is_applied_or_refused_and_what_is_applied_stays_so(value: object) -> None:
    try:
        fields = of(value)
    except Verdict as verdict:
        assert verdict.code == "sidecar-bad"
        return
    assert of(fields) == fields and all(fields.values())
    assert fields.keys() <= {*DESCRIPTIVE, *ROUTING, "file_code", "pages"}


@given(st.binary(max_size=40))
def test_any_bytes_are_applied_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except Verdict as verdict:
        assert verdict.code == "sidecar-bad"


# --- the file


def ask(kind: str, body: bytes) -> bytes:
    raise AssertionError("it asks nothing")


def test_the_job_reads_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf.json"
    path.write_bytes('{"subject": "Về việc nghỉ lễ"}'.encode())
    assert sidecar({"path": str(path)}, ask) == {"fields": {"subject": "Về việc nghỉ lễ"}}


def test_a_sidecar_of_more_than_a_megabyte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf.json"
    path.write_bytes(b'{"code_number": "15"}'.ljust(LARGEST))
    assert sidecar({"path": str(path)}, ask) == {"fields": {"code_number": "15"}}
    path.write_bytes(b'{"code_number": "15"}'.ljust(LARGEST + 1))
    with pytest.raises(Verdict, match="1 MB"):
        sidecar({"path": str(path)}, ask)
