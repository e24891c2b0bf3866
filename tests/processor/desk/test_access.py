"""Keys and sessions."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import pytest
from starlette.datastructures import Headers

from processor.desk.access import RESTS, Access
from processor.desk.guard import Door, Guard


def test_a_key_opens_one_session() -> None:
    desk = Access("lan")
    key = desk.new_key()
    name = desk.enter(key)
    session = desk.session(name)
    assert session and session.actor == "lan" and session.token
    assert desk.enter(key) == "" and desk.enter("") == "" and desk.enter("\u1ea1") == ""


def test_a_newer_key_ends_the_one_before() -> None:
    desk = Access("lan")
    old, new = desk.new_key(), desk.new_key()
    assert desk.enter(old) == "" and desk.enter(new)


def test_a_session_that_rests_ends() -> None:
    now = [0.0]
    desk = Access("lan", lambda: now[0])
    name = desk.begin("lan")
    now[0] = RESTS
    assert desk.session(name)
    now[0] = 2 * RESTS + 1
    assert desk.session(name) is None


def test_sessions_are_bounded_and_the_one_longest_unused_goes_first() -> None:
    now = [0.0]
    desk = Access("lan", lambda: now[0])
    first = desk.begin("lan")
    for number in range(1, 65):
        now[0] = float(number)
        last = desk.begin("lan")
    assert desk.session(first) is None and desk.session(last)


def test_who_a_proxy_names_has_one_session() -> None:
    desk = Access()
    assert desk.of("operator:lan") is desk.of("operator:lan") and desk.of("operator:lan") is not desk.of("operator:cu")


@pytest.mark.parametrize(("path", "is_open"), [
    ("/enter", True), ("/static/desk.css", True), ("/enter/sao-y/a", False), ("/enterx/sao-y/a", False), ("/static/sao-y/a", False),
    ("/static/../held", False), ("/", False),
])  # fmt: skip
def test_whoever_is_unknown_gets_to_the_door_and_no_further(path: str, is_open: bool) -> None:
    guard = Guard(cast(Any, None), Door(["127.0.0.1:8765"], Access(), lambda: dt.datetime.now(dt.UTC)))
    scope: dict[str, Any] = {"path": path, "method": "GET"}
    assert (guard.refusal(scope, Headers({"host": "127.0.0.1:8765"})) is None) == is_open
