"""Authorities that lie, one field at a time: the next one is asked, or the document waits; a lie is never in a seal."""

import datetime as dt
import http.server
import os
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from asn1crypto import cms, core, tsp
from cryptography.hazmat.primitives.serialization import Encoding

from processor import law
from processor.engine import LocalEngine
from processor.errors import Verdict
from processor.seal import demo, prepare, sign, validate
from processor.seal.certificates import read_certificates
from processor.seal.demo import DemoAuthority
from processor.seal.keys import Sealer
from processor.seal.timestamps import Fetcher, TokenLost
from processor.settings import parse
from tests.testkit.tsa_stub import BAD, House, TsaStub

OTHERS_HOST = "crl.other.invalid"
AGENCY = "Ủy ban nhân dân xã Minh Họa"


@dataclass(frozen=True)
class Office:
    """What sealing needs, made once: a finished page, the key, an honest authority, a stranger, another honest one."""

    folder: Path
    args: dict[str, Any]
    sealer: Sealer
    honest: DemoAuthority
    stranger: DemoAuthority
    other: DemoAuthority


def _no_question(kind: str, body: bytes) -> bytes:
    raise AssertionError(f"asked for {kind}")


def _finished(folder: Path, rule: law.BlockRule, text: str) -> tuple[Path, dict[str, Any]]:
    paper = pikepdf.new()
    paper.add_blank_page(page_size=(595, 842))
    paper.save(folder / "page.pdf")
    out = folder / "finished.pdf"
    xmp = {"title": "x", "identifier": "x", "language": "vi", "creator": "Sohoa"}
    place = prepare.finish(
        {"portions": [str(folder / "page.pdf")], "xmp": xmp, "out": str(out), "rule": asdict(rule), "block_text": text, "font": ""},
        _no_question,
    )
    return out, place


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    kept, tempfile.tempdir = tempfile.tempdir, str(folder)
    for name in ("honest", "stranger"):  # who bear the same names
        demo.make(folder / name, AGENCY)
    with pytest.MonkeyPatch.context() as patch:
        named = demo._name
        patch.setattr(demo, "_name", lambda common, organisation="ANOTHER HOUSE": named(common, organisation))
        patch.setattr(demo, "CRL_HOST", OTHERS_HOST)
        demo.make(folder / "other", AGENCY)
    now = dt.datetime.now(dt.UTC)
    rule = law.block_rule("sao-y", now.date())
    text = rule.text(AGENCY, now)
    pdf, place = _finished(folder, rule, text)
    sealer = Sealer.load(folder / "honest" / "seal.p12", (folder / "honest" / "passphrase").read_bytes())
    roots = [root.public_bytes(Encoding.DER) for root in read_certificates([folder / "honest" / "root.pem"])]
    args = {
        "pdf": str(pdf), "certificate": b64encode(sealer.certificate_der()).decode(),
        "others": [],
        "chain": [b64encode(link).decode() for link in sealer.chain_der()],
        "roots": [b64encode(root).decode() for root in roots], "rule": asdict(rule), "block_text": text, "font": "",
        "place": place, "certify": False,
    }  # fmt: skip
    yield Office(folder, args, sealer, *(DemoAuthority(folder / name) for name in ("honest", "stranger", "other")))
    tempfile.tempdir = kept


# --- lies: what an authority answers to a request


Lie = Callable[[Office, tsp.TimeStampReq], bytes]


def truth(office: Office, asked: tsp.TimeStampReq) -> bytes:
    return office.honest.stamp(asked.dump(), 0)[1:]


def about(**changed: Any) -> Lie:
    """An honest token for another request than the one that was asked."""

    def lie(office: Office, asked: tsp.TimeStampReq) -> bytes:
        values = {"version": 1, "message_imprint": asked["message_imprint"], "nonce": asked["nonce"], "cert_req": True}
        values |= {name: value(asked) for name, value in changed.items()}
        other = tsp.TimeStampReq({name: value for name, value in values.items() if value is not None})
        return truth(office, tsp.TimeStampReq.load(other.dump()))

    return lie


def _imprint(algorithm: str, digest: Callable[[bytes], bytes]) -> Callable[[tsp.TimeStampReq], tsp.MessageImprint]:
    def made(asked: tsp.TimeStampReq) -> tsp.MessageImprint:
        of = asked["message_imprint"]["hashed_message"].native
        return tsp.MessageImprint({"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest(of)})

    return made


def with_status(status: str, token: bool) -> Lie:
    def lie(office: Office, asked: tsp.TimeStampReq) -> bytes:
        told = tsp.PKIStatusInfo({"status": status})
        if not token:  # asn1crypto cannot write what RFC 3161 2.4.2 allows: the token is optional
            return bytes(core.Sequence(contents=told.dump()).dump())
        given = tsp.TimeStampResp.load(truth(office, asked))["time_stamp_token"]
        return bytes(tsp.TimeStampResp({"status": told, "time_stamp_token": given}).dump())

    return lie


def changed_token(change: Callable[[cms.SignedData], None]) -> Lie:
    def lie(office: Office, asked: tsp.TimeStampReq) -> bytes:
        response = tsp.TimeStampResp.load(truth(office, asked))
        data = response["time_stamp_token"]["content"].untag()
        before = data.dump(force=True)
        change(data)
        assert data.dump(force=True) != before
        token = cms.ContentInfo({"content_type": "signed_data", "content": data})
        return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())

    return lie


def _break_signature(data: cms.SignedData) -> None:
    signature = bytearray(data["signer_infos"][0]["signature"].native)
    signature[-1] ^= 1
    data["signer_infos"][0]["signature"] = bytes(signature)


def _backdate(data: cms.SignedData) -> None:
    info = tsp.TSTInfo.load(data["encap_content_info"]["content"].parsed.dump())
    info["gen_time"] = dt.datetime(2020, 3, 5, tzinfo=dt.UTC)
    data["encap_content_info"]["content"] = core.ParsableOctetString(info.dump(force=True))


def _no_signer(data: cms.SignedData) -> None:
    data["signer_infos"] = []


def _no_certificates(data: cms.SignedData) -> None:
    data["certificates"] = []


LIES: dict[str, Lie] = {
    "another nonce": about(nonce=lambda asked: asked["nonce"].native + 1),
    "no nonce": about(nonce=lambda asked: None),
    "another imprint": about(message_imprint=_imprint("sha256", lambda digest: digest[::-1])),
    "another algorithm's name": about(message_imprint=_imprint("sha3_256", lambda digest: digest)),
    "a longer algorithm": about(message_imprint=_imprint("sha512", lambda digest: digest + digest)),
    "rejection": with_status("rejection", False),
    "rejection, with a token": with_status("rejection", True),
    "waiting": with_status("waiting", False),
    "revocation warning, with a token": with_status("revocation_warning", True),
    "granted, without a token": with_status("granted", False),
    "garbage": lambda office, asked: os.urandom(300),
    "a page": lambda office, asked: b"<html><body>Dang nhap Wi-Fi</body></html>",
    "nothing": lambda office, asked: b"",
    "cut off": lambda office, asked: truth(office, asked)[:-1],
    "more than one answer": lambda office, asked: truth(office, asked) * 2,
    "nested without end": lambda office, asked: b"\x30\x80" * 5000,
    "a certificate": lambda office, asked: office.sealer.certificate_der(),
}
SIGNATURE_LIES: dict[str, Lie] = {
    "nobody signed it": changed_token(_no_signer),
    "a stranger's token": lambda office, asked: office.stranger.stamp(asked.dump(), 0)[1:],
    "a broken signature": changed_token(_break_signature),
    "an earlier time than was signed": changed_token(_backdate),
    "no certificates": changed_token(_no_certificates),
}
MODIFIED = with_status("granted_with_mods", True)
EVERY = LIES | SIGNATURE_LIES


# --- sealing


@pytest.fixture
def authority(serve: Any, office: Office) -> Iterator[Callable[[Lie], Any]]:
    unsaid: list[Exception] = []

    def start(lie: Lie) -> Any:
        def reply(handler: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
            try:
                answer = lie(office, tsp.TimeStampReq.load(body))
            except Exception as error:  # noqa: BLE001 - a lie that cannot be told would pass for no answer
                unsaid.append(error)
                return
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(answer)))
            handler.end_headers()
            handler.wfile.write(answer)

        return serve(reply)

    yield start
    assert unsaid == []


def sealed(office: Office, out: Path, *urls: str, fetcher: Fetcher | None = None, lists: bool = False) -> dict[str, Any]:
    """Seal with these authorities, the way a worker does; what `examine` says of it. `lists`: the fetcher has them too."""
    own = parse({"time": {"urls": list(urls), "attempts": 1, "timeout": 5}})
    signatures, asking = list[bytes](), fetcher or Fetcher(own.time, own.trust)

    def ask(kind: str, body: bytes) -> bytes:
        if kind == "sign":
            assert not signatures, "the key answers once"
            signatures.append(body)
            return office.sealer.sign(body)
        if kind == "stamp":
            return stamp(body[1:], body[0])
        return asking.fetch(body.partition(b"\n")[0].decode(), b"") if lists else _list(office, body)

    with asking.turn(2) as stamp:
        sign.seal({**office.args, "out": str(out)}, ask)
    return validate.examine({"path": str(out), "roots": office.args["roots"], "before": office.args["pdf"]}, _no_question)


def _list(office: Office, body: bytes) -> bytes:
    url, _, posted = body.partition(b"\n")
    if OTHERS_HOST.encode() in url:
        return office.other.fetch(url.decode().replace(OTHERS_HOST, demo.CRL_HOST), posted)
    return office.honest.fetch(url.decode(), posted)


def refused(office: Office, out: Path, *urls: str) -> str:
    with pytest.raises(Verdict) as caught:
        sealed(office, out, *urls)
    return caught.value.code


def test_an_honest_authority_gives_a_seal_of_the_full_level(office: Office, authority: Any, tmp_path: Path) -> None:
    told = sealed(office, tmp_path / "out.pdf", authority(truth).url)
    assert (told["findings"], told.get("level"), told["pdfa"]) == ([], "B-LTA", "2b")


@pytest.mark.parametrize("lie", EVERY.values(), ids=EVERY)
def test_after_a_lie_the_next_authority_is_asked(office: Office, authority: Any, tmp_path: Path, lie: Lie) -> None:
    liar, second = authority(lie), authority(truth)
    told = sealed(office, tmp_path / "out.pdf", liar.url, second.url)
    assert (told["findings"], told.get("level")) == ([], "B-LTA")
    assert liar.asked and second.asked


@pytest.mark.parametrize("lie", EVERY.values(), ids=EVERY)
def test_when_all_lie_the_document_waits(office: Office, authority: Any, tmp_path: Path, lie: Lie) -> None:
    liars = [authority(lie) for _ in range(2)]
    assert refused(office, tmp_path / "out.pdf", *(liar.url for liar in liars)) == "waiting-tsa"
    assert all(liar.asked for liar in liars)


@pytest.mark.parametrize("what", SIGNATURE_LIES)
def test_whatever_the_signer_lets_pass_the_fresh_eyes_do_not(
    office: Office, authority: Any, tmp_path: Path, what: str
) -> None:
    try:
        told = sealed(office, tmp_path / "out.pdf", authority(SIGNATURE_LIES[what]).url)
    except Verdict:
        return
    assert told["findings"] or told.get("level") != "B-LTA"


def test_after_a_token_granted_with_modifications_the_next_authority_is_asked(
    office: Office, authority: Any, tmp_path: Path
) -> None:
    told = sealed(office, tmp_path / "out.pdf", authority(MODIFIED).url, authority(truth).url)
    assert (told["findings"], told.get("level")) == ([], "B-LTA")


def test_without_any_authority_the_document_waits(office: Office, tmp_path: Path) -> None:
    assert refused(office, tmp_path / "out.pdf") == "waiting-tsa"


def test_after_an_authority_that_fails_half_way_the_next_one_gives_all_tokens(
    office: Office, authority: Any, tmp_path: Path
) -> None:
    """What was signed under the first token is not kept: a seal's tokens are of one authority, and its evidence is embedded."""
    given: list[int] = []

    def tires(office: Office, asked: tsp.TimeStampReq) -> bytes:
        given.append(1)
        return truth(office, asked) if len(given) == 1 else b""

    first, second = authority(tires), authority(truth)
    own = parse({"time": {"urls": [first.url, second.url], "attempts": 1, "timeout": 5}})
    fetcher = Fetcher(own.time, own.trust)
    with pytest.raises(TokenLost):
        sealed(office, tmp_path / "out.pdf", fetcher=fetcher)
    assert second.asked == []
    told = sealed(office, tmp_path / "out.pdf", fetcher=fetcher)
    assert (told["findings"], told.get("level")) == ([], "B-LTA")
    assert len(second.asked) == 2


@pytest.mark.parametrize(
    "tokens",
    [0, 1, 2, 3],
)
def test_an_authority_of_another_house_half_way_makes_no_document_need_a_person(
    office: Office, authority: Any, tmp_path: Path, tokens: int
) -> None:
    root = read_certificates([office.folder / "other" / "root.pem"])[0].public_bytes(Encoding.DER)
    both = replace(office, args={**office.args, "roots": [*office.args["roots"], b64encode(root).decode()]})
    given: list[int] = []

    def tires(office: Office, asked: tsp.TimeStampReq) -> bytes:
        given.append(1)
        return truth(office, asked) if len(given) <= tokens else b""

    other = authority(lambda office, asked: office.other.stamp(asked.dump(), 0)[1:])
    try:
        told = sealed(both, tmp_path / "out.pdf", authority(tires).url, other.url)
    except Verdict as verdict:
        assert verdict.code == "waiting-tsa" and tokens in {1, 2}  # sealed anew, all by the other
    else:
        assert (told["findings"], told.get("level")) == ([], "B-LTA")


# --- an authority of the very same house, with all its ways to fail


@pytest.fixture(scope="module")
def house(office: Office) -> House:
    return House.of(office.folder / "honest")


@pytest.fixture
def stubs(house: House) -> Iterator[Callable[..., list[TsaStub]]]:
    opened: list[TsaStub] = []

    def start(*modes: str) -> list[TsaStub]:
        opened.extend(TsaStub(house, mode).open() for mode in modes)
        return opened

    yield start
    for stub in opened:
        stub.close()


def fetcher_of(stubs: list[TsaStub], timeout: float, trip_after: int) -> Fetcher:
    """Lists come from the last one."""
    own = parse({
        "time": {"urls": [stub.url for stub in stubs], "attempts": 1, "timeout": timeout, "trip_after": trip_after},
        "trust": {"revocation_hosts": ["127.0.0.1"], "addresses": stubs[-1].list_addresses()},
    })  # fmt: skip
    return Fetcher(own.time, own.trust)


@pytest.mark.parametrize("mode", BAD)
def test_whatever_is_wrong_the_next_one_seals_and_the_first_is_left_alone(
    office: Office, stubs: Callable[..., list[TsaStub]], tmp_path: Path, mode: str
) -> None:
    two = stubs(mode, "honest")
    fetcher = fetcher_of(two, 0.5 if mode in {"silent", "drips"} else 5, trip_after=1)
    for number in range(2):
        told = sealed(office, tmp_path / f"{number}.pdf", fetcher=fetcher, lists=True)
        assert (told["findings"], told.get("level")) == ([], "B-LTA")
    assert [len(stub.asked) for stub in two] == [1, 4]
    assert fetcher.states()[0].failures == 1


@pytest.mark.parametrize("mode", ["an old time", "a revoked certificate", "an expired certificate", "a refusal"])
def test_when_all_are_wrong_the_document_waits_for_time_and_for_nothing_else(
    office: Office, stubs: Callable[..., list[TsaStub]], tmp_path: Path, mode: str
) -> None:
    two = stubs(mode, mode)
    with pytest.raises(Verdict) as caught:
        sealed(office, tmp_path / "out.pdf", fetcher=fetcher_of(two, 5, trip_after=3), lists=True)
    assert caught.value.code == "waiting-tsa"
    assert [len(stub.asked) for stub in two] == [1, 1]


def test_a_good_token_under_a_wrong_name_is_a_good_token(
    office: Office, stubs: Callable[..., list[TsaStub]], tmp_path: Path
) -> None:
    told = sealed(office, tmp_path / "out.pdf", fetcher=fetcher_of(stubs("another type"), 5, trip_after=1), lists=True)
    assert (told["findings"], told.get("level")) == ([], "B-LTA")


def test_a_seal_takes_two_tokens(office: Office, stubs: Callable[..., list[TsaStub]], tmp_path: Path) -> None:
    """None is asked for only to learn who answers: twenty requests in twenty minutes are ten documents, and not six."""
    (only,) = stubs("honest")
    sealed(office, tmp_path / "out.pdf", fetcher=fetcher_of([only], 5, trip_after=1), lists=True)
    assert len(only.asked) == 2


# --- the same in a real worker, which has three doors and no others


def in_worker(office: Office, out: Path, answer: Callable[[str, bytes], bytes] | None, seconds: float = 30) -> str:
    """The code with which a worker ends the job, or "sealed"."""
    own = parse({"engine": {"workers": 1, "seconds_per_document": seconds, "seconds_per_page": 0}})
    doors = {} if answer is None else {"answer": answer}
    with LocalEngine(own.engine, own.limits) as engine:
        try:
            engine.call("seal", {**office.args, "out": str(out)}, **doors)
        except Verdict as verdict:
            return verdict.code
    return "sealed"


def honest_answers(office: Office) -> Callable[[str, bytes], bytes]:
    def answer(kind: str, body: bytes) -> bytes:
        if kind == "sign":
            return office.sealer.sign(body)
        return office.honest.stamp(body[1:], body[0]) if kind == "stamp" else _list(office, body)

    return answer


def test_a_worker_without_key_and_network_seals_through_its_doors(office: Office, tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(kind: str, body: bytes) -> bytes:
        asked.append(kind)
        return honest_answers(office)(kind, body)

    out = tmp_path / "out.pdf"
    assert in_worker(office, out, answer) == "sealed"
    assert set(asked) == {"fetch", "stamp", "sign"} and asked.count("sign") == 1
    told = validate.examine({"path": str(out), "roots": office.args["roots"], "before": office.args["pdf"]}, _no_question)
    assert (told["findings"], told["level"]) == ([], "B-LTA")


def test_a_door_that_was_not_opened_for_the_job_is_shut(office: Office, tmp_path: Path) -> None:
    assert in_worker(office, tmp_path / "out.pdf", None) == "unexpected"


@pytest.mark.parametrize(("door", "code"), [("stamp", "waiting-tsa"), ("sign", "waiting-key"), ("fetch", "waiting-revocation")])
def test_what_the_coordinator_refuses_is_what_the_document_waits_for(
    office: Office, tmp_path: Path, door: str, code: str
) -> None:
    def answer(kind: str, body: bytes) -> bytes:
        if kind == door:
            raise Verdict(code)
        return honest_answers(office)(kind, body)

    assert in_worker(office, tmp_path / "out.pdf", answer) == code


def test_an_authority_that_takes_its_time_does_not_use_up_the_workers(office: Office, tmp_path: Path) -> None:
    """The national one takes 2 to 131 s (config/station.toml) and a seal needs three tokens: slow is no reason to reject."""

    def answer(kind: str, body: bytes) -> bytes:
        if kind == "stamp":
            time.sleep(2)
        return honest_answers(office)(kind, body)

    assert in_worker(office, tmp_path / "out.pdf", answer, seconds=5) == "sealed"
