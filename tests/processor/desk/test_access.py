"""Keys and sessions."""

from __future__ import annotations

from processor.desk.access import RESTS, Access


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
