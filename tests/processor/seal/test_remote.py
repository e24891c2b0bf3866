"""Signing where the token is, over the office network: who may, what is taken, what happens when the other side goes."""

import contextlib
import datetime as dt
import hashlib
import http.client
import json
import os
import secrets
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import MissingError, Verdict
from processor.seal import demo_tls, remote
from processor.seal.remote_requests import Announced, Desk, ProtocolError
from processor.settings import parse
from processor.signer.device import DeviceError
from processor.signer.messages import answer
from processor.signer.signing import Signing, telling
from processor.signer.station import Papers, Station, StationError, context
from processor.tables import RemoteTable
from tests.processor.signer import clerk

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    now, name = dt.datetime.now(dt.UTC), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, clerk.AGENCY)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=9))
    return dated.serial_number(x509.random_serial_number()).sign(key, hashes.SHA256())


OWN = certificate(KEY)


def attributes(own: x509.Certificate = OWN) -> bytes:
    """What a seal of a document signs: another digest each time."""
    named = tsp.ESSCertIDv2({"cert_hash": own.fingerprint(hashes.SHA256())})
    rows = [
        {"type": "content_type", "values": ["data"]}, {"type": "message_digest", "values": [secrets.token_bytes(32)]},
        {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [named]})]},
    ]  # fmt: skip
    return bytes(cms.CMSAttributes(rows).dump())


@dataclass
class SoftKey:
    """A token's part in this process: signs, until it is pulled."""

    key: ec.EllipticCurvePrivateKey = KEY
    left: int = 100
    signed: list[bytes] = field(default_factory=list)

    def sign(self, data: bytes) -> bytes:
        if not self.left:
            raise DeviceError("token-gone")
        self.left -= 1
        self.signed.append(data)
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The office's certificates; `stranger` is of another office, `second` another clerk's, `elsewhere` another machine's."""
    folder = tmp_path_factory.mktemp("tls")
    office, stranger = demo_tls.Authority.make(), demo_tls.Authority.make()  # of one name
    office.write(folder)
    stranger.write(folder, "strange-ca")
    office.station(folder, ["127.0.0.1"])
    office.station(folder, ["192.0.2.7", "tram.invalid"], "elsewhere")
    office.clerk(folder)
    office.clerk(folder, "second")
    stranger.clerk(folder, "stranger")
    return folder


def settings(**changed: str) -> RemoteTable:
    own = {"listen": "127.0.0.1:0", "certificate": "station.pem", "key": "station.key", "clients": "ca.pem"}
    return parse({"remote": own | changed}).remote


@pytest.fixture
def session(tls: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., remote.RemoteKey]]:
    """Opens sessions; they end without waiting for helpers that will not call again."""
    monkeypatch.setattr(remote, "_FAREWELL", 0.0)
    with contextlib.ExitStack() as stack:

        def opened(expected: int = 5, patience: float = 20, **changed: str) -> remote.RemoteKey:
            return stack.enter_context(remote.serving(settings(**changed), tls, expected, OWN, clerk.AGENCY, patience))

        yield opened


def station(tls: Path, key: remote.RemoteKey, name: str = "clerk", ca: str = "ca") -> Station:
    papers = Papers(tls / f"{name}.pem", tls / f"{name}.key", tls / f"{ca}.pem")
    return Station(f"https://127.0.0.1:{key.address[1]}", context(papers), lambda seconds: None)


@contextlib.contextmanager
def asking(key: remote.RemoteKey, *asked: bytes) -> Iterator[list[Future[bytes]]]:
    """The stages of so many documents, each waiting for its signature."""
    with ThreadPoolExecutor(len(asked)) as pool:
        yield [pool.submit(key.sign_raw, each) for each in asked]


def waited(future: Future[bytes]) -> str:
    with pytest.raises(Verdict) as caught:
        future.result(timeout=10)
    return caught.value.code


def polled(at: Station) -> list[Any]:
    """What waits, as soon as something does."""
    session = at.session()
    while not (items := at.asked(session)[1]):
        pass
    return list(items)


def told(at: Station, **signatures: bytes) -> None:
    at.tell(answer(at.session(), signatures, {}, {}))


# --- the whole way


@pytest.fixture(scope="module")
def pc(tls: Path) -> Iterator[clerk.Pc]:
    with clerk.pc() as made:
        for name in ("clerk.pem", "clerk.key", "ca.pem"):
            made.put(name, (tls / name).read_bytes())
        yield made


@pytest.fixture(scope="module")
def token(pc: clerk.Pc, tmp_path_factory: pytest.TempPathFactory) -> x509.Certificate:
    """The organisation's certificate; its key was made on the token and never left it."""
    from processor.seal import demo

    folder = tmp_path_factory.mktemp("authority") / "demo"
    demo.make(folder, clerk.AGENCY)
    made = clerk.certified(folder, pc.make_key("rsa:2048", "01"))
    pc.keep(made, "01")
    return made


def serve(pc: clerk.Pc, key: remote.RemoteKey) -> list[str]:
    url = f"https://127.0.0.1:{key.address[1]}"
    return ["serve", "--url", url, "--client", "clerk.pem", "--client-key", "clerk.key", "--ca", "ca.pem", *pc.with_token]


def verified(token: x509.Certificate, signature: bytes, asked: bytes) -> None:
    token.public_key().verify(signature, asked, padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr, call-arg]  # RSA


def test_another_process_of_another_user_signs_and_tells_the_clerk_what(
    pc: clerk.Pc, token: x509.Certificate, tls: Path
) -> None:
    asked = [attributes(token) for _ in range(3)]

    def seal(number: int) -> bytes:
        with remote.about(f"H05.02-2026-{number:04}", f"Tờ trình {number}\x1b[2J.pdf", number + 1):
            return key.sign_raw(asked[number])

    with remote.serving(settings(), tls, 3, token, clerk.AGENCY, 20) as key:
        helper = pc.start(*serve(pc, key))
        assert remote.wait_for_clerk(key, 20)
        assert os.stat(f"/proc/{helper.pid}").st_uid == (pc.user if pc.user is not None else os.geteuid())
        with ThreadPoolExecutor(3) as pool:
            for one, signature in zip(asked, pool.map(seal, range(3)), strict=True):
                verified(token, signature, one)
    said = helper.communicate(timeout=20)[0]
    assert helper.returncode == 0, said
    assert clerk.AGENCY in said and "nhiều nhất 3" in said
    for number, one in enumerate(asked):
        digest = cms.CMSAttributes.load(one)[1]["values"][0].native.hex()
        shown = next(line for line in said.splitlines() if f"H05.02-2026-{number:04}" in line)
        assert f"Tờ trình {number}" in shown and f"({number + 1} trang)" in shown and digest[:32] in shown
    assert "\x1b" not in said, "a file's name does not steer the clerk's console"
    assert clerk.PIN not in said


def test_the_clerk_says_no_and_no_pin_is_asked_for(pc: clerk.Pc, token: x509.Certificate, tls: Path) -> None:
    with remote.serving(settings(), tls, 1, token, clerk.AGENCY, 20) as key:
        code, said = pc.signer(*serve(pc, key), typed="k\n")
    assert code == 1 and "đăng nhập" not in said


def test_another_agencys_token_is_seen_before_its_pin_is_asked_for(pc: clerk.Pc, token: x509.Certificate, tls: Path) -> None:
    with remote.serving(settings(), tls, 1, OWN, clerk.AGENCY, 20) as key:
        code, said = pc.signer(*serve(pc, key))
    assert code == 4 and "cắm nhầm Token" in said


def test_a_wrong_pin_is_tried_once_and_nothing_waits_for_another(
    pc: clerk.Pc, token: x509.Certificate, tls: Path
) -> None:
    wrong = pc.put("wrong", b"11111111\n")
    with remote.serving(settings(), tls, 1, token, clerk.AGENCY, 60) as key, asking(key, attributes(token)) as (waiting,):
        code, said = pc.signer(*(str(wrong) if each.endswith("/pin") else each for each in serve(pc, key)))
        assert waited(waiting) == "waiting-key"
    assert code == 4 and said.count("Mã PIN SAI") == 1 and "11111111" not in said


def test_a_token_pulled_in_mid_batch_stops_the_session_at_once(pc: clerk.Pc, token: x509.Certificate, tls: Path) -> None:
    with remote.serving(settings(), tls, 3, token, clerk.AGENCY, 60) as key:
        helper = pc.start(*serve(pc, key))
        verified(token, key.sign_raw(asked := attributes(token)), asked)
        (pc.folder / "tokens").rename(pc.folder / "pulled")
        try:
            began = time.monotonic()
            with asking(key, attributes(token), attributes(token)) as waiting:
                assert [waited(each) for each in waiting] == ["waiting-key"] * 2
            assert time.monotonic() - began < 20
            assert helper.wait(timeout=20) == 4
        finally:
            (pc.folder / "pulled").rename(pc.folder / "tokens")
    assert "Mất liên lạc với Token" in helper.communicate()[0]


def test_a_helper_that_dies_leaves_the_rest_waiting(
    pc: clerk.Pc, token: x509.Certificate, tls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_FAREWELL", 0.0)
    with remote.serving(settings(), tls, 3, token, clerk.AGENCY, 1.5) as key:
        helper = pc.start(*serve(pc, key))
        remote.wait_for_clerk(key, 20)
        verified(token, key.sign_raw(asked := attributes(token)), asked)
        helper.kill()
        helper.communicate()
        assert waited_now(key) == "waiting-key"
        began = time.monotonic()
        assert waited_now(key) == "waiting-key", "the next document does not wait as long again"
        assert time.monotonic() - began < 0.5


def waited_now(key: remote.RemoteKey) -> str:
    with pytest.raises(Verdict) as caught:
        key.sign_raw(attributes())
    return caught.value.code


# --- who may call


def call(key: remote.RemoteKey, tls: Path, name: str | None, method: str = "GET", path: str = "/v1/session", **more: Any) -> int:
    """The status of one request; 0 where the line was cut."""
    how = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    how.load_verify_locations(tls / "ca.pem")
    if name:
        how.load_cert_chain(tls / f"{name}.pem", tls / f"{name}.key")
    connection = http.client.HTTPSConnection("127.0.0.1", key.address[1], context=how, timeout=10)
    try:
        connection.request(method, path, **{"headers": {"X-Sohoa-Helper": "a" * 32}, **more})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("who", "status"),
    [("clerk", 200), ("second", 200), (None, 0), ("stranger", 0), ("station", 0)],
    ids=["a clerk", "another clerk", "nobody", "another office's clerk", "a server's certificate"],
)
def test_only_the_offices_clerks_are_heard(
    session: Callable[..., remote.RemoteKey], tls: Path, who: str | None, status: int
) -> None:
    assert call(session(), tls, who) == status


def test_it_does_not_speak_without_tls(session: Callable[..., remote.RemoteKey]) -> None:
    connection = http.client.HTTPConnection(*session().address, timeout=5)
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.request("GET", "/v1/session", headers={"X-Sohoa-Helper": "a" * 32})
        connection.getresponse()
    connection.close()


def test_silent_callers_hold_up_nobody(session: Callable[..., remote.RemoteKey], tls: Path) -> None:
    key = session()
    with contextlib.ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(socket.create_connection(key.address))
        assert call(key, tls, "clerk") == 200


def test_callers_that_hang_up_at_once_hold_up_nobody(session: Callable[..., remote.RemoteKey], tls: Path) -> None:
    """As port scanners do: with a reset, before or in the handshake."""
    key = session()
    for said in [b"", b"\x16\x03\x01"] * 20:
        with socket.create_connection(key.address) as line:
            line.sendall(said)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    deadline = time.monotonic() + 5
    while call(key, tls, "clerk") != 200:
        assert time.monotonic() < deadline


def test_two_clerks_do_not_sign_in_one_session(session: Callable[..., remote.RemoteKey], tls: Path) -> None:
    key = session()
    station(tls, key).session()
    with pytest.raises(StationError) as caught:
        station(tls, key, "second").session()
    assert caught.value.code == "busy"


def test_a_helper_started_anew_takes_over_from_the_one_that_hangs(
    session: Callable[..., remote.RemoteKey], tls: Path
) -> None:
    key = session()
    hanging = station(tls, key)
    old = hanging.session()
    anew = station(tls, key)
    anew.session()
    with pytest.raises(StationError) as caught:
        hanging.asked(old)
    assert caught.value.code == "busy"
    with asking(key, one := attributes()) as (waiting,):
        (item,) = polled(anew)
        told(anew, **{item.id: SoftKey().sign(one)})
        assert waiting.result(timeout=5)


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/", {}, 404), ("GET", "/v1/requests", {}, 409), ("POST", "/v1/session", {"body": b"{}"}, 404),
        ("PUT", "/v1/session", {}, 501), ("POST", "/v1/signatures", {"body": b"{}"}, 409),
        ("POST", "/v1/signatures", {"headers": {"Content-Length": "99999999"}}, 413),
        ("POST", "/v1/signatures", {"headers": {"Content-Length": "-1"}}, 411),
        ("POST", "/v1/signatures", {"headers": {"Content-Length": "9" * 30}}, 411),
        ("POST", "/v1/signatures", {"headers": {"Transfer-Encoding": "chunked"}}, 411),
        ("GET", "/v1/session", {"headers": {"X-Sohoa-Helper": "../x"}}, 409),
    ],
)  # fmt: skip
def test_everything_else_is_refused(
    session: Callable[..., remote.RemoteKey], tls: Path, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    assert call(session(), tls, "clerk", method, path, **more) == status


def test_it_listens_only_while_the_session_lasts(tls: Path) -> None:
    with remote.serving(settings(), tls, 1, OWN) as key:
        address = key.address
    with pytest.raises(OSError):
        socket.create_connection(address, timeout=1)
    assert waited_now(key) == "waiting-key"


@pytest.mark.parametrize("listen", ["", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:80x", "192.0.2.1:8443", "[::1"])
def test_an_address_that_cannot_be_listened_on_is_told(tls: Path, listen: str) -> None:
    with pytest.raises(MissingError, match="remote.listen"), remote.serving(settings(listen=listen), tls, 1, OWN):
        pass


def test_a_tls_key_that_others_can_read_is_not_used(tls: Path, tmp_path: Path) -> None:
    for name in ("station.pem", "station.key", "ca.pem"):
        shutil.copy(tls / name, tmp_path)
    (tmp_path / "station.key").chmod(0o640)
    with pytest.raises(MissingError, match="chmod 600"), remote.serving(settings(), tmp_path, 1, OWN):
        pass


@pytest.mark.parametrize("absent", ["certificate", "key", "clients"])
def test_tls_certificates_that_are_not_there_are_told(tls: Path, absent: str) -> None:
    with pytest.raises(MissingError), remote.serving(settings(**{absent: "nothing.pem"}), tls, 1, OWN):
        pass


# --- what the helper believes of the station


@pytest.mark.parametrize(("ca", "shows"), [("strange-ca", "station"), ("ca", "elsewhere")], ids=["another office's", "another machine's"])
def test_the_helper_speaks_only_to_the_station(
    session: Callable[..., remote.RemoteKey], tls: Path, ca: str, shows: str
) -> None:
    key = session(certificate=f"{shows}.pem", key=f"{shows}.key")
    with pytest.raises(StationError) as caught:
        station(tls, key, ca=ca).session()
    assert caught.value.code == "certificate"


def test_a_helper_without_the_offices_certificate_stops(session: Callable[..., remote.RemoteKey], tls: Path) -> None:
    with pytest.raises(StationError) as caught:
        station(tls, session(), "stranger").session()
    assert caught.value.code in {"certificate", "not-reached"}, "the alert may be overtaken by the hang-up"


def test_the_helper_follows_no_redirect(tls: Path) -> None:
    how = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    how.load_cert_chain(tls / "station.pem", tls / "station.key")
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:

        def redirect() -> None:
            with how.wrap_socket(listening.accept()[0], server_side=True) as line:
                line.recv(9999)
                line.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://192.0.2.1/\r\nContent-Length: 0\r\n\r\n")

        pool.submit(redirect)
        papers = Papers(tls / "clerk.pem", tls / "clerk.key", tls / "ca.pem")
        with pytest.raises(StationError) as caught:
            Station(f"https://127.0.0.1:{listening.getsockname()[1]}", context(papers)).session()
    assert caught.value.code == "refused"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8443", "127.0.0.1:8443", "https://", "https://a:b@h", "https://h:x", "https://h/p"])
def test_the_helper_speaks_only_https(tls: Path, url: str) -> None:
    papers = Papers(tls / "clerk.pem", tls / "clerk.key", tls / "ca.pem")
    with pytest.raises(StationError):
        Station(url, context(papers))


# --- what is taken


GARBAGE: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda one: os.urandom(70),
    "nothing": lambda one: b"",
    "another key's": lambda one: SoftKey(OTHER).sign(one),
    "of another document": lambda one: SoftKey().sign(attributes()),
    "of the digest alone": lambda one: SoftKey().sign(hashlib.sha256(one).digest()),
    "with another hash": lambda one: KEY.sign(one, ec.ECDSA(hashes.SHA512())),
    "with more after it": lambda one: SoftKey().sign(one) + b"\0",
}


@pytest.mark.parametrize("what", GARBAGE)
def test_only_a_signature_over_this_document_is_one(
    session: Callable[..., remote.RemoteKey], tls: Path, what: str
) -> None:
    key = session()
    at = station(tls, key)
    with asking(key, one := attributes()) as (waiting,):
        (item,) = polled(at)
        told(at, **{item.id: GARBAGE[what](one)})
        assert waited(waiting) == "waiting-key"


def test_a_replayed_signature_is_nobodys(session: Callable[..., remote.RemoteKey], tls: Path) -> None:
    key = session()
    at = station(tls, key)
    with asking(key, one := attributes()) as (waiting,):
        (item,) = polled(at)
        told(at, **{item.id: SoftKey().sign(one)})
        first = waiting.result(timeout=5)
    with asking(key, attributes()) as (waiting,):
        (again,) = polled(at)
        told(at, **{item.id: first, "f" * 16: first})  # of a request that is done, of one that never was
        assert not waiting.done()
        told(at, **{again.id: first})
        assert waited(waiting) == "waiting-key"


def test_no_more_is_asked_for_than_was_announced(session: Callable[..., remote.RemoteKey], tls: Path) -> None:
    key = session(1)
    at = station(tls, key)
    with asking(key, one := attributes()) as (waiting,):
        told(at, **{polled(at)[0].id: SoftKey().sign(one)})
        assert waiting.result(timeout=5)
    assert waited_now(key) == "waiting-key"


def test_another_sessions_answer_is_refused(session: Callable[..., remote.RemoteKey], tls: Path) -> None:
    key, other = session(), session()
    at = station(tls, key)
    at.session()
    with pytest.raises(StationError) as caught:
        at.tell(answer(station(tls, other).session(), {}, {}, {}))
    assert caught.value.code == "refused"


def test_a_document_without_a_helper_waits_no_longer_than_was_said(session: Callable[..., remote.RemoteKey]) -> None:
    began = time.monotonic()
    assert waited_now(session(patience=0.5)) == "waiting-key"
    assert 0.4 < time.monotonic() - began < 5


# --- the helper's own rules, against the real door


def helped(key: remote.RemoteKey, tls: Path, soft: SoftKey) -> tuple[threading.Thread, list[tuple[str, str]]]:
    """The helper's session in this process; what it showed of each request: its id and why it was refused."""
    at = station(tls, key)
    shown: list[tuple[str, str]] = []
    signing = Signing(at.session(), soft, lambda number, item, digest, reason: shown.append((item.id, reason)))

    def run() -> None:
        with contextlib.suppress(DeviceError, StationError), telling(at, signing.announced):
            signing.serve(at)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, shown


def test_the_helper_refuses_what_is_no_seal_and_goes_on(tls: Path) -> None:
    soft = SoftKey()
    with remote.serving(settings(), tls, 9, OWN, clerk.AGENCY, 20) as key:
        thread, shown = helped(key, tls, soft)
        for asked in (b"garbage", attributes(certificate(OTHER)), attributes() + b"\0"):
            with pytest.raises(Verdict) as caught:
                key.sign_raw(asked)
            assert caught.value.code == "seal-failed"
        assert key.sign_raw(attributes())
    thread.join(10)
    assert not thread.is_alive(), "it hears that the session is over"
    assert [reason for _, reason in shown] == ["not-attributes", "wrong-certificate", "not-attributes", ""]
    assert len(soft.signed) == 1


def test_the_token_gone_is_told_and_the_rest_waits(tls: Path) -> None:
    with remote.serving(settings(), tls, 9, OWN, clerk.AGENCY, 60) as key:
        thread, _ = helped(key, tls, SoftKey(left=1))
        assert key.sign_raw(attributes())
        assert waited_now(key) == "waiting-key"
        assert waited_now(key) == "waiting-key"
    thread.join(10)
    assert not thread.is_alive()


# --- whatever a helper says


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("0" * 16),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "signature", "reason", "x"]), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=40) | st.fixed_dictionaries({}, optional=dict.fromkeys(("signatures", "refused", "stop", "id"), JSON)).map(
    lambda told: json.dumps({"sohoa_signer": 1, "id": "s", **told}).encode()))  # fmt: skip
def test_whatever_a_helper_says_is_an_answer_or_a_protocol_error(said: bytes) -> None:
    desk = Desk(Announced(clerk.AGENCY, OWN, 1, "s"))
    with contextlib.suppress(ProtocolError):
        assert json.loads(desk.take(said))["taken"] == []


def test_a_deep_message_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError):
        Desk(Announced(clerk.AGENCY, OWN, 1)).take(b"[" * 200_000)


def test_openssl_agrees_with_the_certificates(tls: Path) -> None:
    for name, purpose in (("station", "sslserver"), ("clerk", "sslclient")):
        command = ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", tls / "ca.pem", tls / f"{name}.pem"]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    with pytest.raises(InvalidSignature):
        x509.load_pem_x509_certificate((tls / "stranger.pem").read_bytes()).verify_directly_issued_by(
            x509.load_pem_x509_certificate((tls / "ca.pem").read_bytes())
        )
