"""The fetcher against real servers on this machine that answer wrongly, late, twice or not at all."""

import http.server
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import Verdict
from processor.seal import published
from processor.seal.published import Kept
from processor.seal.timestamps import Fetcher
from processor.tables import TimeTable, TrustTable

REQUEST = b"a time-stamp request"
Handler = http.server.BaseHTTPRequestHandler
Reply = Callable[[Handler, bytes], None]


def gives(data: bytes, status: int = 200, **headers: str) -> Reply:
    def reply(handler: Handler, body: bytes) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(data)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return reply


def raw(*pieces: bytes, pause: float = 0) -> Reply:
    """Bytes on the wire as they stand, with a pause before each."""

    def reply(handler: Handler, body: bytes) -> None:
        for piece in pieces:
            time.sleep(pause)
            handler.wfile.write(piece)
            handler.wfile.flush()
        handler.close_connection = True

    return reply


def hangs(handler: Handler, body: bytes) -> None:
    time.sleep(5)


def nobody() -> str:
    """An address on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def fetcher(
    *urls: str,
    timeout: float = 2,
    attempts: int = 1,
    parallel: int = 4,
    hosts: tuple[str, ...] = ("127.0.0.1",),
    keep: float = 600,
    pause: Callable[[float], None] = lambda _: None,
) -> Fetcher:
    time_ = TimeTable(
        urls=urls, timeout=timeout, attempts=attempts, backoff=2, parallel=parallel, requests_per_window=0, window=1200,
        trip_after=100, rest=600, renew_before=0,
    )  # fmt: skip
    trust = TrustTable(roots=(), intermediates=(), revocation_hosts=hosts, revocation_keep=keep, addresses={}, lists=())
    return Fetcher(time_, trust, pause=pause)


def code(call: Callable[[], object]) -> str:
    with pytest.raises(Verdict) as caught:
        call()
    return caught.value.code


# --- time


def test_the_authority_is_sent_the_request_as_rfc_3161_wants_it(serve: Any) -> None:
    first = serve(gives(b"token"))
    assert fetcher(first.url).stamp(REQUEST, 0) == b"\0token"
    assert first.asked == [("/tsa", REQUEST, "application/timestamp-query")]


BAD: dict[str, Reply] = {
    "500": gives(b"sorry", 500),
    "404": gives(b"<html>", 404),
    "a redirect": gives(b"", 302, Location="http://127.0.0.1:9/"),
    "a permanent redirect": gives(b"", 308, Location="http://127.0.0.1:9/"),
    "too large": gives(bytes((256 << 10) + 1)),
    "too large, no length told": raw(b"HTTP/1.0 200 OK\r\n\r\n", *[bytes(64 << 10)] * 5),
    "nothing": gives(b""),
    "cut off": raw(b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
    "a chunk cut off": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf"),
    "hang-up": raw(),
    "not HTTP": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "a head without end": raw(b"HTTP/1.0 200 OK\r\nX: " + bytes(70_000)),
}


@pytest.mark.parametrize("what", BAD)
def test_after_a_bad_answer_the_next_authority_is_asked(serve: Any, what: str) -> None:
    first, second = serve(BAD[what]), serve(gives(b"token"))
    assert fetcher(first.url, second.url).stamp(REQUEST, 0) == b"\1token"
    assert len(first.asked) == 1


def test_after_a_refused_connection_the_next_authority_is_asked(serve: Any) -> None:
    second = serve(gives(b"token"))
    assert fetcher(nobody(), second.url).stamp(REQUEST, 0) == b"\1token"


def test_a_name_that_does_not_resolve_is_no_answer(serve: Any) -> None:
    second = serve(gives(b"token"))
    assert fetcher("http://tsa.invalid/", second.url).stamp(REQUEST, 0) == b"\1token"


SLOW: dict[str, Reply] = {
    "silent": hangs,
    "a body drop by drop": raw(b"HTTP/1.0 200 OK\r\nContent-Length: 40\r\n\r\n", *[b"x"] * 40, pause=0.1),
    "a body without end drop by drop": raw(b"HTTP/1.0 200 OK\r\n\r\n", *[b"x"] * 40, pause=0.1),
    "a head drop by drop": raw(b"HTTP/1.0 200 OK\r\n", *[b"X: y\r\n"] * 40, pause=0.1),
}


@pytest.mark.parametrize("what", SLOW)
def test_an_authority_has_the_whole_time_out_and_no_more(serve: Any, what: str) -> None:
    """A time-out for each byte would be none: one slow authority would hold a slot for days."""
    first, second = serve(SLOW[what]), serve(gives(b"token"))
    began = time.monotonic()
    assert fetcher(first.url, second.url, timeout=0.4).stamp(REQUEST, 0) == b"\1token"
    assert time.monotonic() - began < 1.2


def test_a_redirect_is_followed_nowhere(serve: Any) -> None:
    elsewhere = serve(gives(b"token"))
    first = serve(gives(b"", 307, Location=elsewhere.url))
    assert code(lambda: fetcher(first.url).stamp(REQUEST, 0)) == "waiting-tsa"
    assert elsewhere.asked == []


def test_when_all_fail_the_document_waits_after_the_set_attempts_with_growing_pauses(serve: Any) -> None:
    first, second, pauses = serve(gives(b"", 503)), serve(gives(b"", 503)), list[float]()
    asking = fetcher(first.url, second.url, attempts=4, pause=pauses.append)
    assert code(lambda: asking.stamp(REQUEST, 0)) == "waiting-tsa"
    assert len(first.asked) == len(second.asked) == 4
    assert pauses == [2, 4, 8]  # and none after the last


def test_one_that_comes_back_is_heard_at_a_later_attempt(serve: Any) -> None:
    left = [503, 503]

    def reply(handler: Handler, body: bytes) -> None:
        gives(b"token", left.pop() if left else 200)(handler, body)

    first = serve(reply)
    assert fetcher(first.url, attempts=3).stamp(REQUEST, 0) == b"\0token"


def test_those_whose_answer_was_bad_are_skipped_and_the_others_keep_their_numbers(serve: Any) -> None:
    first, second, third = serve(gives(b"bad")), serve(gives(b"", 500)), serve(gives(b"token"))
    asking = fetcher(first.url, second.url, third.url)
    assert asking.stamp(REQUEST, 1) == b"\2token"
    assert (len(first.asked), len(second.asked), len(third.asked)) == (0, 1, 1)
    assert code(lambda: asking.stamp(REQUEST, 3)) == "waiting-tsa"


def test_without_an_authority_the_document_waits_at_once() -> None:
    pauses: list[float] = []
    assert code(lambda: fetcher(attempts=3, pause=pauses.append).stamp(REQUEST, 0)) == "waiting-tsa"
    assert pauses == []


def test_never_more_than_so_many_are_asked_at_once(serve: Any) -> None:
    """State authorities count requests and block whoever asks too fast."""
    inside: list[bytes] = []
    seen: list[int] = []

    def reply(handler: Handler, body: bytes) -> None:
        inside.append(body)
        seen.append(len(inside))
        time.sleep(0.05)
        inside.pop()  # before the answer: who has it may ask again before this thread runs on
        gives(b"token")(handler, body)

    server = serve(reply)
    asking = fetcher(server.url, parallel=2)
    threads = [threading.Thread(target=lambda: asking.stamp(REQUEST, 0)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.asked) == 8
    assert max(seen) == 2


def test_a_slot_comes_back_whatever_happened(serve: Any) -> None:
    server = serve(gives(b"", 500))
    asking = fetcher(server.url, nobody(), parallel=1, attempts=3)
    for _ in range(3):
        assert code(lambda: asking.stamp(REQUEST, 0)) == "waiting-tsa"
        assert code(lambda: asking.fetch(server.url, b"")) == "waiting-revocation"


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_proxy_in_the_environment_is_not_obeyed(serve: Any, name: str) -> None:
    """Where requests go is in the settings alone."""
    server, proxy = serve(gives(b"token")), serve(gives(b"intruder"))
    script = (
        "import sys\nfrom processor.seal.timestamps import Fetcher\nfrom processor.settings import parse\n"
        "url = sys.argv[1]\n"
        "own = parse({'time': {'urls': [url]}, 'trust': {'revocation_hosts': ['127.0.0.1']}})\n"
        "fetcher = Fetcher(own.time, own.trust)\nprint(fetcher.stamp(b'x', 0), fetcher.fetch(url, b''))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, server.url], env={name: proxy.url}, capture_output=True, text=True, check=True
    ).stdout
    assert said.strip() == r"b'\x00token' b'token'"
    assert proxy.asked == []


# --- revocation


def test_a_list_is_fetched_without_a_body(serve: Any) -> None:
    server = serve(gives(b"list"))
    assert fetcher().fetch(server.url.replace("/tsa", "/a.crl?x=1"), b"") == b"list"
    assert server.asked == [("/a.crl?x=1", b"", "")]


def test_an_ocsp_request_is_posted(serve: Any) -> None:
    server = serve(gives(b"answer"))
    assert fetcher().fetch(server.url, b"ask") == b"answer"
    assert server.asked == [("/tsa", b"ask", "application/ocsp-request")]


@pytest.mark.parametrize(
    "address",
    [
        "http://{here}/x.crl",
        "http://allowed.example@{here}/x.crl",
        "http://{here}#@allowed.example/x.crl",
        "http://{here}\\@allowed.example/x.crl",
        "http://{here}/allowed.example",
        "http://allowed.example.evil.invalid/",
        "//allowed.example/x.crl",
        "allowed.example",
        "file:///etc/hostname",
        "file://allowed.example/etc/hostname",
        "ftp://allowed.example/x.crl",
        "ldap://allowed.example/x",
        "http://[allowed.example/",
        "http://allowed.example:99999/",
        "http://allowed.example:port/",
        "http://allowed.example/\r\nX: y",
        "http://allowed.example /",
        "",
        "http://",
    ],
)
def test_a_host_that_is_not_on_the_list_is_never_contacted(serve: Any, address: str) -> None:
    server = serve(gives(b"list"))
    where = address.format(here=server.url.split("/")[2])
    assert code(lambda: fetcher(hosts=("allowed.example",), timeout=0.5).fetch(where, b"")) == "waiting-revocation"
    assert server.asked == []


def test_hosts_are_compared_by_name_whatever_the_case_and_the_port(serve: Any) -> None:
    server = serve(gives(b"list"))
    asking = fetcher(hosts=("localhost",))
    assert asking.fetch(server.url.replace("http://127.0.0.1", "HTTP://LocalHost"), b"") == b"list"


def test_a_redirect_off_the_list_is_not_followed(serve: Any) -> None:
    elsewhere = serve(gives(b"list"))
    server = serve(gives(b"", 302, Location=elsewhere.url))
    assert code(lambda: fetcher().fetch(server.url, b"")) == "waiting-revocation"
    assert elsewhere.asked == []


@pytest.mark.parametrize("what", sorted(BAD.keys() - {"too large", "too large, no length told"}))
def test_a_bad_answer_is_a_wait_and_is_not_kept(serve: Any, what: str) -> None:
    answers = [gives(b"list"), BAD[what]]

    def reply(handler: Handler, body: bytes) -> None:
        answers.pop()(handler, body)

    server, asking = serve(reply), fetcher()
    assert code(lambda: asking.fetch(server.url, b"")) == "waiting-revocation"
    assert asking.fetch(server.url, b"") == b"list"


def test_a_list_is_used_again_for_the_set_time_and_fetched_anew_after_it(serve: Any) -> None:
    server = serve(gives(b"list"))
    asking = fetcher(keep=0.3)
    for _ in range(3):
        assert asking.fetch(server.url, b"") == b"list"
    assert len(server.asked) == 1
    time.sleep(0.35)
    assert asking.fetch(server.url, b"") == b"list"
    assert len(server.asked) == 2


def test_keeping_for_no_time_is_not_keeping(serve: Any) -> None:
    server = serve(gives(b"list"))
    asking = fetcher(keep=0)
    assert asking.fetch(server.url, b"") == asking.fetch(server.url, b"") == b"list"
    assert len(server.asked) == 2


def test_lists_are_kept_by_their_whole_address_and_question(serve: Any) -> None:
    def reply(handler: Handler, body: bytes) -> None:
        gives(handler.path.encode() + body)(handler, body)

    asking, url = fetcher(), serve(reply).url
    for path, body in (("/a", b""), ("/b", b""), ("/a", b"1"), ("/a", b"2"), ("/a?1", b"")):
        assert asking.fetch(url.replace("/tsa", path), body) == path.encode() + body


def test_what_is_kept_has_a_bound(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that a document took over could otherwise fill the coordinator's memory with made-up questions."""
    monkeypatch.setattr(published, "MOST_KEPT_BYTES", 10_000)
    server = serve(gives(bytes(1000)))
    asking = fetcher()
    for number in range(20):
        asking.fetch(f"{server.url}?{number}", b"")
    asking.fetch(f"{server.url}?19", b"")
    assert len(server.asked) == 20  # the latest is still there
    asking.fetch(f"{server.url}?0", b"")
    assert len(server.asked) == 21  # the oldest is not


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 60)), max_size=40), st.sampled_from([0.0, 60.0]))
def test_the_bound_holds_whatever_is_kept_in_whatever_order(answers: list[tuple[str, int]], life: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "MOST_KEPT_BYTES", 100)
        kept = Kept(life)
        for url, size in answers:
            kept.put(url, b"", bytes(size))
            assert kept.get(url, b"") == (bytes(size) if life else None)
            there = [len(data) for url in "abcdef" if (data := kept.get(url, b"")) is not None]
            assert sum(there) + len(there) == kept.size <= 100


def test_what_is_too_old_is_let_go() -> None:
    kept = Kept(0.05)
    kept.put("a", b"", bytes(1000))
    time.sleep(0.06)
    kept.put("b", b"", bytes(10))
    assert kept.size == 11
