from __future__ import annotations

import datetime as dt
import hashlib
import json

import pytest

from archive.errors import ArchiveError
from archive.event import Event, leaf, line, shown, stamp
from archive.log import leaf_hash
from archive.record import RecordError

AT = "2026-11-23T05:00:00.000000Z"
SECRET = {"subject": "Về việc bổ nhiệm ông Nguyễn Văn A"}


def test_a_leaf_holds_no_private_word_but_binds_every_one() -> None:
    kept = leaf(Event("described", "lan", "A.0000001", private=SECRET), 7, AT, b"s" * 16)
    assert "bổ nhiệm" not in kept.entry and "subject" not in kept.entry
    assert kept.private is not None and kept.salt is not None
    digest = hashlib.sha256(bytes.fromhex(kept.salt) + kept.private.encode()).hexdigest()
    assert json.loads(kept.entry)["private_sha256"] == digest
    assert json.loads(kept.private) == SECRET


@pytest.mark.parametrize("public", [{"name": "Nguyễn Văn A"}, {"code": "x" * 301}, {"a": "b\nc"}, {f"n{n}": "x" * 300 for n in range(250)}])
def test_what_is_for_ever_is_short_and_no_name(public: dict[str, str | int]) -> None:
    with pytest.raises(RecordError, match="bad-value"):
        leaf(Event("held", "lan", public=public), 7, AT, b"")


def test_a_leaf_has_one_form() -> None:
    kept = leaf(Event("void", "lan", "A.0000001", "ab", {"reason_code": "blank"}), 7, AT, b"")
    assert kept.entry == (
        '{"actor":"lan","at":"2026-11-23T05:00:00.000000Z","doc_code":"A.0000001","private_sha256":null,'
        '"public":{"reason_code":"blank"},"scan_sha256":"ab","seq":7,"type":"void"}'
    )
    assert (kept.private, kept.salt) == (None, None)


def test_the_same_private_fact_cannot_be_recognised_in_two_leaves() -> None:
    event = Event("described", "lan", private=SECRET)
    assert leaf(event, 7, AT, b"a" * 16).entry != leaf(event, 7, AT, b"b" * 16).entry


def test_a_line_of_the_bag_can_be_hashed_by_anyone() -> None:
    kept = leaf(Event("described", "lan", private=SECRET), 7, AT, b"s" * 16)
    row = {"seq": 7, "entry": kept.entry, "leaf_hash": leaf_hash(kept.entry.encode()).hex(), "private": kept.private,
           "salt": kept.salt, "type": "described"}  # fmt: skip
    told = json.loads(line(row))
    assert hashlib.sha256(b"\x00" + told["entry"].encode()).hexdigest() == told["leaf_hash"]
    assert shown(row)["private"] == SECRET


def test_fractions_do_not_enter_a_leaf() -> None:
    with pytest.raises(ArchiveError):
        leaf(Event("checked", "night", public={"share": 0.5}), 0, AT, b"")  # type: ignore[dict-item]  # the point
    assert leaf(Event("settings", "night", private={"share": 0.5}), 0, AT, b"s").private == '{"share":0.5}'


def test_times_are_in_utc_and_sort_as_text() -> None:
    local = dt.datetime(2027, 1, 1, 0, 0, tzinfo=dt.timezone(dt.timedelta(hours=7)))
    assert stamp(local) == "2026-12-31T17:00:00.000000Z"
    assert stamp(local) < stamp(local + dt.timedelta(microseconds=1))
    with pytest.raises(ValueError, match="time zone"):
        stamp(dt.datetime(2027, 1, 1))
