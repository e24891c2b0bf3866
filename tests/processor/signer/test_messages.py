"""What the station says, read with distrust; what the clerk types and sees."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.signer import messages
from processor.signer.messages import Announced, Item, ProtocolError

ITEM = {"id": "1", "doc_code": "H05.02", "name": "a.pdf", "pages": 2, "attributes": base64.b64encode(b"x").decode()}
BATCH = {"sohoa_signer": 1, "id": "b", "agency": "UBND", "certificate": base64.b64encode(b"c").decode(), "expected": 1, "items": [ITEM]}


def encoded(told: Any) -> bytes:
    return json.dumps(told).encode()


def test_a_batch_is_read() -> None:
    told, items = messages.batch(encoded(BATCH))
    assert told == Announced("b", "UBND", b"c", 1)
    assert items == (Item("1", "H05.02", "a.pdf", 2, b"x"),)


@pytest.mark.parametrize(
    "changed",
    [{"sohoa_signer": 2}, {"sohoa_signer": None}, {"id": 1}, {"agency": None}, {"certificate": "*"}, {"certificate": "Ă"},
     {"expected": 0}, {"expected": -1}, {"expected": 2}, {"expected": "1"}, {"expected": 10**9}, {"items": []}, {"items": None},
     {"items": [ITEM, ITEM], "expected": 2}, {"items": [{**ITEM, "pages": "2"}]}, {"items": [{**ITEM, "attributes": 7}]},
     {"items": [{k: v for k, v in ITEM.items() if k != "name"}]}, {"items": ["x"]}],
)  # fmt: skip
def test_any_other_batch_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        messages.batch(encoded(BATCH | changed))


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=4), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*BATCH, *ITEM]), inner, max_size=4))


@given(st.binary(max_size=30) | JSON.map(encoded) | st.fixed_dictionaries({k: JSON | st.just(v) for k, v in BATCH.items()}).map(encoded))
def test_whatever_comes_is_a_batch_or_a_protocol_error(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        told, items = messages.batch(data)
        assert len(items) == told.expected > 0


@pytest.mark.parametrize("data", [b"[" * 100_000, b"", b"\xff", b"NaN"])
def test_what_is_no_json_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        messages.announced(data)


def test_another_sessions_requests_are_refused() -> None:
    told = {"sohoa_signer": 1, "id": "other", "open": True, "items": []}
    with pytest.raises(ProtocolError):
        messages.asked(encoded(told), "mine")


def test_the_code_may_be_typed_as_people_type() -> None:
    code = messages.code(b"a batch")
    assert len(code) == 19 and messages.same_code(code, code)
    assert messages.same_code(f" {code.lower().replace('-', ' ')} ", code)
    assert messages.same_code("o0iL", "00-11")
    assert not messages.same_code("", code) and not messages.same_code(code[:-1], code)


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_another_file_has_another_code(one: bytes, other: bytes) -> None:
    assert (messages.code(one) == messages.code(other)) is (one == other)


@given(st.text())
def test_no_text_steers_the_console(text: str) -> None:
    shown = messages.shown(text)
    assert shown.isprintable() and len(shown) <= 300 and "\u202e" not in shown


def test_vietnamese_is_shown_as_it_is() -> None:
    assert messages.shown("Quyết định số 12/QĐ-UBND") == "Quyết định số 12/QĐ-UBND"
