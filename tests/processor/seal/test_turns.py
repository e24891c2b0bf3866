"""A document's turn with the authorities: its tokens are set aside before its signature is made, and what came of them is heard."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asn1crypto import tsp

from processor.errors import Verdict
from processor.seal import demo
from processor.seal.published import instead
from processor.seal.timestamps import Fetcher, TokenLost
from processor.settings import parse
from tests.testkit.tsa_stub import House, TsaStub

Stubs = Callable[..., list[TsaStub]]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("house") / "authority"
    demo.make(folder, "Ủy ban nhân dân xã Minh Họa")
    return House.of(folder)


@pytest.fixture
def stubs(house: House) -> Iterator[Stubs]:
    opened: list[TsaStub] = []

    def start(*modes: str) -> list[TsaStub]:
        opened.extend(TsaStub(house, mode).open() for mode in modes)
        return opened

    yield start
    for stub in opened:
        stub.close()


def asking(stubs: list[TsaStub], memory: Path | None = None, pauses: list[float] | None = None, **time_: object) -> Fetcher:
    table = {"urls": [stub.url for stub in stubs], "attempts": 1, "timeout": 1, "backoff": 0, **time_}
    own = parse({"time": table})
    return Fetcher(own.time, own.trust, memory, (pauses if pauses is not None else []).append)


def query(nonce: int) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
    made: bytes = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": nonce, "cert_req": True}).dump()
    return made


FIRST, SECOND = query(1), query(2)


def waits(call: Callable[[], object]) -> Verdict:
    with pytest.raises(Verdict) as caught:
        call()
    assert caught.value.code == "waiting-tsa"
    return caught.value


def whole(fetcher: Fetcher) -> list[int]:
    """A document of two tokens; who gave them."""
    with fetcher.turn(2) as stamp:
        return [stamp(FIRST, 0)[0], stamp(SECOND, 0)[0]]


# --- before the signature


def test_no_turn_begins_where_the_budget_lacks_the_second_token(stubs: Stubs) -> None:
    """One token of two is a request, and a signature, for nothing."""
    only = stubs("honest")
    fetcher = asking(only, requests_per_window=3)
    assert whole(fetcher) == [0, 0]
    told = waits(lambda: whole(fetcher))
    assert 1100 < told.wait <= 1202
    assert len(only[0].asked) == 2


def test_documents_at_once_do_not_take_each_others_second_token(stubs: Stubs) -> None:
    """Four documents and four tokens: were each to take one, none would ever be sealed."""
    only, both = stubs("honest"), threading.Barrier(4)
    fetcher, done = asking(only, requests_per_window=4), list[str]()

    def document() -> None:
        both.wait()
        try:
            whole(fetcher)
            done.append("sealed")
        except Verdict as verdict:
            done.append(verdict.code)

    threads = [threading.Thread(target=document) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["sealed", "sealed", "waiting-tsa", "waiting-tsa"]
    assert len(only[0].asked) == 4


def test_when_the_first_has_no_budget_left_the_next_one_gives_both(stubs: Stubs) -> None:
    two = stubs("honest", "honest")
    fetcher = asking(two, requests_per_window=3)
    assert [whole(fetcher), whole(fetcher)] == [[0, 0], [1, 1]]


def test_what_a_document_did_not_ask_for_is_the_next_ones(stubs: Stubs) -> None:
    fetcher = asking(stubs("honest"), requests_per_window=2)
    with pytest.raises(RuntimeError), fetcher.turn(2):
        raise RuntimeError("the key was not to be had")
    assert whole(fetcher) == [0, 0]


def test_without_an_authority_and_with_too_small_a_window_the_reason_is_told(stubs: Stubs) -> None:
    assert "time.urls is empty" in waits(lambda: whole(asking([]))).detail
    told = waits(lambda: whole(asking(stubs("honest"), requests_per_window=1)))
    assert "requests_per_window" in told.detail and told.wait == 1200


def test_while_all_rest_nobody_is_asked_and_the_moment_is_told(stubs: Stubs) -> None:
    two = stubs("busy", "busy")
    fetcher = asking(two, trip_after=1, rest="10m")
    assert 590 < waits(lambda: whole(fetcher)).wait <= 600
    assert 590 < waits(lambda: whole(fetcher)).wait <= 600
    assert [len(stub.asked) for stub in two] == [1, 1]


def test_after_the_rest_a_document_is_the_one_that_tries(stubs: Stubs, tmp_path: Path) -> None:
    (only,) = stubs("busy")
    fetcher = asking([only], tmp_path / "book.json", trip_after=1, rest="0.2s")
    waits(lambda: whole(fetcher))
    only.mode = "honest"
    time.sleep(0.25)
    with fetcher.turn(2) as stamp:
        assert waits(lambda: whole(fetcher)).wait == 0  # somebody tries: when he is done is not known
        stamp(FIRST, 0)
        stamp(SECOND, 0)
    assert whole(asking([only], tmp_path / "book.json", trip_after=1)) == [0, 0]


# --- what is heard of an answer


def test_asking_the_next_one_for_the_same_says_that_the_answer_was_bad(stubs: Stubs) -> None:
    two = stubs("honest", "honest")
    fetcher = asking(two, trip_after=3)
    for _ in range(3):
        with fetcher.turn(2) as stamp:
            assert stamp(FIRST, 0)[0] == 0
            assert stamp(FIRST, 1)[0] == 1
            assert stamp(SECOND, 0)[0] == 1
    assert [state.failures for state in fetcher.states()] == [3, 0]
    assert whole(fetcher) == [1, 1]
    assert len(two[0].asked) == 3


def test_a_good_answer_ends_the_count_of_failures(stubs: Stubs) -> None:
    two = stubs("busy", "honest")
    fetcher = asking(two, trip_after=3)
    whole(fetcher)
    whole(fetcher)
    two[0].mode = "honest"
    assert whole(fetcher) == [0, 0]
    assert fetcher.states()[0].failures == 0


def test_what_was_never_looked_at_is_neither_good_nor_bad(stubs: Stubs) -> None:
    """The document stopped for another reason: nothing is known of the token."""
    two = stubs("busy", "honest")
    fetcher = asking(two, trip_after=9)
    whole(fetcher)
    two[0].mode = "honest"
    with pytest.raises(RuntimeError), fetcher.turn(2) as stamp:
        stamp(FIRST, 0)
        raise RuntimeError("the worker died")
    assert fetcher.states()[0].failures == 1


def test_the_second_token_is_of_who_gave_the_first_or_there_is_none(stubs: Stubs) -> None:
    """Another house's could not be proved good; asking for it would be a request for nothing, and no fault of its own."""
    two = stubs("honest", "honest")
    two[0].on_request = lambda stub: setattr(stub, "mode", "honest" if not stub.asked else "busy")
    fetcher = asking(two)
    with pytest.raises(TokenLost), fetcher.turn(2) as stamp:
        stamp(FIRST, 0)
        stamp(SECOND, 0)
    assert [len(stub.asked) for stub in two] == [2, 0]
    assert [state.failures for state in fetcher.states()] == [1, 0]


def test_a_worker_that_was_taken_over_cannot_use_up_the_budget(stubs: Stubs) -> None:
    two = stubs("honest", "honest")
    with pytest.raises(Verdict), asking(two).turn(2) as stamp:
        for nonce in range(3, 100):
            stamp(query(nonce), 0)
    assert sum(len(stub.asked) for stub in two) == 2
    with pytest.raises(Verdict), asking(two).turn(2) as stamp:
        for _ in range(100):
            stamp(FIRST, 0)
    assert sum(len(stub.asked) for stub in two) <= 2 + 2 * 8


def test_a_documents_ask_ends_whatever_hangs(stubs: Stubs) -> None:
    """Three time-outs: a token that comes later would be too late for the time in its block."""
    many = stubs(*["silent"] * 8)
    fetcher, began = asking(many, timeout="0.3s", attempts=5, trip_after=100), time.monotonic()
    waits(lambda: whole(fetcher))
    assert time.monotonic() - began < 3.5 * 0.3
    assert sum(len(stub.asked) for stub in many) <= 3


# --- doctor


def test_a_person_asks_one_that_rests_and_his_good_answer_ends_its_rest(stubs: Stubs) -> None:
    two = stubs("busy", "honest")
    fetcher = asking(two, trip_after=1, rest="1h", requests_per_window=4)
    whole(fetcher)
    two[0].mode = "honest"
    assert fetcher.ask(FIRST, 0)
    assert fetcher.states()[0].failures == 1
    fetcher.judged(0, is_good=True)
    assert whole(fetcher) == [0, 0]
    assert fetcher.states()[0].used == 4  # the failure, the person's, and two


def test_a_person_does_not_ask_beyond_the_budget(stubs: Stubs) -> None:
    (only,) = stubs("honest")
    fetcher = asking([only], requests_per_window=2)
    whole(fetcher)
    assert "all requests of the window are used" in waits(lambda: fetcher.ask(FIRST, 0)).detail
    assert len(only.asked) == 2


# --- where lists are looked up


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://ocsp.ca.ptc", "http://ocsp.ca.gov.invalid"),
        ("http://ocsp.ca.ptc/", "http://ocsp.ca.gov.invalid/"),
        ("http://ocsp.ca.ptc/a?b", "http://ocsp.ca.gov.invalid/a?b"),
        ("HTTP://OCSP.ca.ptc/A", "http://ocsp.ca.gov.invalid/A"),
        ("http://ocsp.ca.ptc.evil/", "http://ocsp.ca.ptc.evil/"),
        ("http://ocsp.ca.ptc@evil/", "http://ocsp.ca.ptc@evil/"),
        ("http://ocsp.ca.ptc:8080/", "http://ocsp.ca.ptc:8080/"),
        ("https://ocsp.ca.ptc/", "https://ocsp.ca.ptc/"),
        ("ldap://ca.ptc/cn=CA?list", "http://ca.gov.invalid/ca.crl"),
        ("http://crl.ptc/deep/x.crl", "http://deep.invalid/x.crl"),
        ("http://crl.ptc/x.crl", "http://crl.invalid/x.crl"),
        ("http://elsewhere.invalid/x", "http://elsewhere.invalid/x"),
        ("", ""),
    ],
)
def test_an_address_is_replaced_whole_or_from_its_beginning(url: str, asked: str) -> None:
    addresses = {
        "http://ocsp.ca.ptc": "http://ocsp.ca.gov.invalid", "ldap://ca.ptc/cn=CA?list": "http://ca.gov.invalid/ca.crl",
        "http://crl.ptc": "http://crl.invalid", "http://crl.ptc/deep": "http://deep.invalid",
    }  # fmt: skip
    assert instead(url, addresses) == asked


def test_only_the_host_that_stands_instead_need_be_allowed(stubs: Stubs) -> None:
    (only,) = stubs("honest")
    own = parse({"trust": {"revocation_hosts": ["127.0.0.1"], "addresses": only.list_addresses()}})
    fetcher = Fetcher(own.time, own.trust)
    assert fetcher.fetch(f"http://{demo.CRL_HOST}/root.crl", b"")
    fetcher.fetch(f"http://{demo.CRL_HOST}/root.crl", b"")
    assert only.lists_asked == 1
    refused = parse({"trust": {"revocation_hosts": [demo.CRL_HOST], "addresses": only.list_addresses()}})
    with pytest.raises(Verdict, match="not in trust.revocation_hosts"):
        Fetcher(refused.time, refused.trust).fetch(f"http://{demo.CRL_HOST}/root.crl", b"")


def test_an_address_may_not_lead_to_another_way_of_speaking(stubs: Stubs, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    own = parse({"trust": {"revocation_hosts": ["localhost"], "addresses": {"http://a": f"file://localhost{tmp_path}/secret"}}})
    with pytest.raises(Verdict, match="waiting-revocation"):
        Fetcher(own.time, own.trust).fetch("http://a", b"")
