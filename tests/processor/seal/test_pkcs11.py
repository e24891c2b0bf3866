"""Keys on tokens, with SoftHSM as the token and every call written down: what is signed, what is asked once, what waits."""

import datetime as dt
import io
import logging
import os
import threading
import traceback
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import structlog
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key, load_pem_private_key
from cryptography.x509.oid import NameOID

from processor import law
from processor.errors import MissingError, Verdict
from processor.seal import demo, keyring, pkcs11, prepare, sign, validate
from processor.seal.demo import DemoAuthority
from processor.seal.keys import Sealer
from processor.seal.pkcs11 import library
from processor.seal.pkcs11 import session as sessions
from processor.seal.refused import Refused
from processor.seal.secret import Secret
from processor.settings import Settings, parse
from tests.testkit import softhsm
from tests.testkit.softhsm import PIN, Calls, SoftHsm

AGENCY = "Ủy ban nhân dân xã Minh Họa"
NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
KEYS = {"RSA": RSA, "P-256": EC, "P-384": P384}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority") / "demo"
    demo.make(folder, AGENCY)
    return folder


def issued(authority: Path, public: Any, cn: str = AGENCY) -> x509.Certificate:
    """A certificate of the demo CA for sealing."""
    above = x509.load_pem_x509_certificate((authority / "issuing.pem").read_bytes())
    key = load_pem_private_key((authority / "issuing.key").read_bytes(), None)
    usage = {name: name in {"digital_signature", "content_commitment"} for name in (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
        "crl_sign", "encipher_only", "decipher_only")}  # fmt: skip
    where = x509.DistributionPoint([x509.UniformResourceIdentifier(f"http://{demo.CRL_HOST}/issuing.crl")], None, None, None)
    return (
        x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])).issuer_name(above.subject)
        .public_key(public).serial_number(x509.random_serial_number()).not_valid_before(NOW - DAY).not_valid_after(NOW + 99 * DAY)
        .add_extension(x509.KeyUsage(**usage), True).add_extension(x509.CRLDistributionPoints([where]), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)  # type: ignore[arg-type]  # EC
        .sign(key, hashes.SHA256())  # type: ignore[arg-type]  # EC
    )  # fmt: skip


@pytest.fixture(scope="module")
def certificates(authority: Path) -> dict[str, x509.Certificate]:
    return {name: issued(authority, key.public_key()) for name, key in KEYS.items()}


@dataclass
class Time:
    """A monotonic clock that a test moves."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Desk:
    """A token of one test."""

    folder: Path
    time: Time = field(default_factory=Time)
    pin: bytes = PIN.encode()
    asked: int = 0

    def token(self, label: str = "vn") -> pkcs11.Token:
        """As a process that has just started sees it."""
        pkcs11.leave()

        def ask() -> Secret:
            self.asked += 1
            return Secret(self.pin)

        return pkcs11.Token(pkcs11.module(softhsm.spy()), label, ask, Refused(self.folder / "refused"), self.time)

    def sealer(self, label: str = "", own: x509.Certificate | None = None, token: pkcs11.Token | None = None) -> Sealer:
        return pkcs11.sealer(token or self.token(), label, own, [])


@pytest.fixture
def desk(tmp_path: Path, machine: SoftHsm) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def one(machine: SoftHsm, certificates: dict[str, x509.Certificate]) -> SoftHsm:
    """A token with one EC key and its certificate."""
    machine.token("vn")
    machine.put("vn", EC, "dau", "01", certificates["P-256"])
    return machine


def attributes(own: x509.Certificate, digest: bytes = bytes(32)) -> bytes:
    named = tsp.ESSCertIDv2({"cert_hash": own.fingerprint(hashes.SHA256())})
    return bytes(cms.CMSAttributes([
        {"type": "content_type", "values": ["data"]}, {"type": "message_digest", "values": [digest]},
        {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [named]})]},
    ]).dump())  # fmt: skip


def signs(sealer: Sealer) -> bool:
    """`Sealer.sign` gives nothing that its certificate does not verify."""
    return bool(sealer.sign(attributes(sealer.certificate)))


def refused(act: Callable[[], object]) -> Verdict:
    with pytest.raises(Verdict) as caught:
        act()
    return caught.value


# --- a seal, from the drop of a page to the look at the result


def finished(folder: Path, rule: law.BlockRule, text: str) -> tuple[Path, dict[str, Any]]:
    paper = pikepdf.new()
    paper.add_blank_page(page_size=(595, 842))
    paper.save(folder / "page.pdf")
    xmp = {"title": "x", "identifier": "x", "language": "vi", "creator": "Sohoa"}
    out = folder / "finished.pdf"
    args = {"portions": [str(folder / "page.pdf")], "xmp": xmp, "out": str(out), "rule": asdict(rule), "block_text": text, "font": ""}
    return out, prepare.finish(args, lambda kind, body: b"")


def b64(data: bytes) -> str:
    return b64encode(data).decode()


@pytest.mark.parametrize("kind", KEYS)
def test_a_document_is_sealed_by_a_token(
    kind: str, machine: SoftHsm, desk: Desk, authority: Path, certificates: dict[str, x509.Certificate], tmp_path: Path
) -> None:
    machine.token("vn")
    above = x509.load_pem_x509_certificate((authority / "issuing.pem").read_bytes())
    machine.put("vn", KEYS[kind], "dau", "01", certificates[kind])
    machine.put("vn", None, "ca", "02", above)
    sealer, outside = desk.sealer(), DemoAuthority(authority)
    assert sealer.chain == (above,)  # it lay on the token
    doors: dict[str, Callable[[bytes], bytes]] = {
        "sign": sealer.sign, "stamp": lambda body: outside.stamp(body[1:], body[0]),
        "fetch": lambda body: outside.fetch(body.partition(b"\n")[0].decode(), body.partition(b"\n")[2]),
    }  # fmt: skip
    now = dt.datetime.now(dt.UTC)
    rule = law.block_rule("sao-y", now.date())
    pdf, place = finished(tmp_path, rule, rule.text(AGENCY, now))
    roots = [b64(x509.load_pem_x509_certificate((authority / "root.pem").read_bytes()).public_bytes(Encoding.DER))]
    out = tmp_path / "sealed.pdf"
    sign.seal({
        "pdf": str(pdf), "out": str(out), "certificate": b64(sealer.certificate_der()), "others": [],
        "chain": [b64(link) for link in sealer.chain_der()], "roots": roots, "rule": asdict(rule),
        "block_text": rule.text(AGENCY, now), "font": "", "place": place, "certify": False,
    }, lambda which, body: doors[which](body))  # fmt: skip
    seen = validate.examine({"path": str(out), "roots": roots, "before": str(pdf)}, lambda which, body: b"")
    assert (seen["level"], seen["findings"]) == ("B-LTA", [])


@pytest.mark.parametrize(("kind", "only"), [("RSA", "CKM_SHA256_RSA_PKCS"), ("RSA", "CKM_RSA_PKCS"), ("P-256", "CKM_ECDSA")])
def test_it_signs_by_the_mechanism_that_the_token_has(
    kind: str, only: str, machine: SoftHsm, desk: Desk, calls: Calls, certificates: dict[str, x509.Certificate]
) -> None:
    """SoftHSM 2.6 has no ECDSA with a hash, some modules no raw RSA."""
    machine.token("vn")
    machine.put("vn", KEYS[kind], "dau", "01", certificates[kind])
    with (machine.folder / "softhsm2.conf").open("a") as settings:
        settings.write(f"slots.mechanisms = {only}\n")
    assert signs(desk.sealer())
    assert f"pMechanism->type = {only} " in calls.text().partition("C_SignInit")[2].partition("Returned")[0]


def test_a_key_that_wants_the_pin_with_each_signature_gets_it(
    machine: SoftHsm, desk: Desk, calls: Calls, authority: Path, tmp_path: Path
) -> None:
    machine.token("vn")
    tool = ("pkcs11-tool", "--module", softhsm.LIBRARY, "-l", "--pin", PIN, "--token-label", "vn")
    softhsm._run(*tool, "--keypairgen", "--key-type", "EC:prime256v1", "--label", "dau", "--id", "01", "--always-auth")
    softhsm._run(*tool, "--read-object", "-y", "pubkey", "--id", "01", "-o", tmp_path / "public.der")
    own = issued(authority, load_der_public_key((tmp_path / "public.der").read_bytes()))
    sealer = desk.sealer(own=own)
    calls.forget()
    assert signs(sealer) and signs(sealer)
    assert calls.since().count("C_Login") == 2 and desk.asked == 1


# --- which key, which certificate


def test_a_token_with_one_key_and_its_certificate_needs_no_label(one: SoftHsm, desk: Desk, certificates: dict[str, x509.Certificate]) -> None:
    sealer = desk.sealer()
    assert sealer.certificate == certificates["P-256"] and signs(sealer)


def test_the_certificate_may_lie_in_a_file(machine: SoftHsm, desk: Desk, certificates: dict[str, x509.Certificate]) -> None:
    machine.token("vn")
    for number, (kind, key) in enumerate(KEYS.items()):
        machine.put("vn", key, kind, f"0{number}")
    token = desk.token()
    for own in certificates.values():
        assert signs(desk.sealer("", own, token))


def test_a_label_tells_which_of_several(machine: SoftHsm, desk: Desk, certificates: dict[str, x509.Certificate]) -> None:
    machine.token("vn")
    machine.put("vn", EC, "cũ", "01", certificates["P-256"])
    machine.put("vn", RSA, "mới", "02", certificates["RSA"])
    token = desk.token()
    assert desk.sealer("cũ", None, token).certificate == certificates["P-256"]
    assert desk.sealer("mới", None, token).certificate == certificates["RSA"]
    with pytest.raises(MissingError, match="2 certificates"):
        desk.sealer("", None, token)
    with pytest.raises(MissingError, match="no private key of the label khác"):
        desk.sealer("khác", None, token)


def test_what_lacks_on_the_token_is_said(machine: SoftHsm, desk: Desk, authority: Path, certificates: dict[str, x509.Certificate]) -> None:
    machine.token("vn")
    token = desk.token()
    with pytest.raises(MissingError, match="holds no private key"):
        desk.sealer("", None, token)
    machine.put("vn", None, "dau", "01", certificates["P-256"])
    with pytest.raises(MissingError, match="no private key.*belongs"):
        desk.sealer("", certificates["P-256"], desk.token())
    machine.put("vn", RSA, "dau", "02")
    with pytest.raises(MissingError, match="no certificate of its private key"):
        desk.sealer("", None, desk.token())
    machine.put("vn", RSA, "dau", "03")
    with pytest.raises(MissingError, match="2 private keys"):
        desk.sealer("", certificates["RSA"], desk.token())


def test_a_key_too_weak_for_the_law_is_refused(machine: SoftHsm, desk: Desk, authority: Path) -> None:
    weak = rsa.generate_private_key(65537, 1024)
    machine.token("vn")
    machine.put("vn", weak, "dau", "01")
    with pytest.raises(MissingError, match="2048"):
        desk.sealer("", issued(authority, weak.public_key()))


def test_where_no_public_key_lies_beside_an_ec_key_its_id_tells(one: SoftHsm, desk: Desk, certificates: dict[str, x509.Certificate]) -> None:
    tool = ("pkcs11-tool", "--module", softhsm.LIBRARY, "-l", "--pin", PIN, "--token-label", "vn")
    softhsm._run(*tool, "--delete-object", "-y", "pubkey", "--id", "01")
    assert signs(desk.sealer())
    assert signs(desk.sealer("", certificates["P-256"]))


def test_with_several_tokens_in_the_label_tells(machine: SoftHsm, desk: Desk, calls: Calls, certificates: dict[str, x509.Certificate]) -> None:
    for label in ("một", "hai"):
        machine.token(label)
    machine.put("hai", EC, "dau", "01", certificates["P-256"])
    assert signs(desk.sealer(token=desk.token("hai")))
    assert "hai, một" in refused(lambda: desk.sealer(token=desk.token(""))).detail
    assert "ba" in refused(lambda: desk.sealer(token=desk.token("ba"))).detail
    machine.token("hai")
    assert "several" in refused(lambda: desk.sealer(token=desk.token("hai"))).detail
    assert calls.since().count("C_Login") == 1


# --- one session, one login


def test_a_run_has_one_session_and_one_login_from_however_many_threads(one: SoftHsm, desk: Desk, calls: Calls) -> None:
    sealer = desk.sealer()
    made: list[bytes] = []

    def batch() -> None:
        made.extend(sealer.sign(attributes(sealer.certificate, bytes([n] * 32))) for n in range(10))

    threads = [threading.Thread(target=batch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 30
    seen = calls.since()
    assert (seen.count("C_Login"), seen.count("C_OpenSession"), seen.count("C_Initialize"), desk.asked) == (1, 1, 1, 1)
    signing = [call for call in seen if call.startswith("C_Sign")]
    assert signing == ["C_SignInit", "C_Sign", "C_Sign"] * 30  # one at a time: its length is asked, then it is made


def settings(folder: Path, pin: bytes = PIN.encode(), **more: Any) -> Settings:
    (folder / "work").mkdir(exist_ok=True)
    (folder / "pin").write_bytes(pin + b"\n")
    (folder / "pin").chmod(0o600)
    row = {"kind": "pkcs11", "module": str(softhsm.spy()), "token": "vn", "secret": "pin"}
    return parse({"keys": {name: {**row, **keys} for name, keys in more.items()}})


def test_two_keys_on_one_token_share_its_login(
    machine: SoftHsm, calls: Calls, authority: Path, certificates: dict[str, x509.Certificate], tmp_path: Path
) -> None:
    machine.token("vn")
    machine.put("vn", EC, "a", "01", certificates["P-256"])
    machine.put("vn", RSA, "b", "02", issued(authority, RSA.public_key(), "Sở Y tế"))
    with keyring.opened(settings(tmp_path, a={"label": "a"}, b={"label": "b"}), tmp_path) as ring:
        assert signs(ring.sealer(AGENCY, NOW)) and signs(ring.sealer("Sở Y tế", NOW))
        assert refused(lambda: ring.sealer("Sở Khác", NOW)).code == "key-of-other-agency"
        assert calls.since().count("C_Login") == 1
    assert calls.since()[-1] == "C_Finalize"  # nobody is logged in when the run is over


# --- the PIN


def test_a_wrong_pin_is_tried_once_by_this_run_and_by_none_after_it(one: SoftHsm, calls: Calls, tmp_path: Path) -> None:
    for _ in range(3):
        with keyring.opened(settings(tmp_path, b"161803", dau={}), tmp_path) as ring:
            os.utime(tmp_path / "pin", (1, 1))  # the file is the same each time
            for _ in range(3):
                assert refused(lambda: ring.sealer(AGENCY, NOW)).code == "pin-wrong"  # noqa: B023  # called here
            threads = [threading.Thread(target=lambda: refused(lambda: ring.sealer(AGENCY, NOW))) for _ in range(3)]  # noqa: B023
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    assert calls.since().count("C_Login") == 1
    assert b"161803" not in (tmp_path / "work" / "refused-pins.json").read_bytes()
    with keyring.opened(settings(tmp_path, dau={}), tmp_path) as ring:
        assert signs(ring.sealer(AGENCY, NOW))
    assert calls.since().count("C_Login") == 2
    with keyring.opened(settings(tmp_path, b"161803", dau={}), tmp_path) as ring:  # a good PIN came between: it counts anew
        assert refused(lambda: ring.sealer(AGENCY, NOW)).code == "pin-wrong"
    assert calls.since().count("C_Login") == 3


@pytest.mark.parametrize("pin", [b"", b"\xff\xfe"])
def test_what_can_be_no_pin_is_not_tried(one: SoftHsm, desk: Desk, calls: Calls, pin: bytes) -> None:
    """SoftHSM counts an empty PIN as a wrong one."""
    desk.pin, token = pin, desk.token()
    with pytest.raises(MissingError, match="empty or no UTF-8"):
        desk.sealer(token=token)
    assert "C_Login" not in calls.since()
    desk.pin = PIN.encode()
    assert signs(desk.sealer(token=token))


@pytest.mark.parametrize(("state", "code"), [("last-try", "pin-last-try"), ("locked", "pin-locked")])
def test_on_the_last_try_none_is_made(
    one: SoftHsm, desk: Desk, calls: Calls, monkeypatch: pytest.MonkeyPatch, state: str, code: str
) -> None:
    """Its flags are read first; SoftHSM never locks, so they are told for it."""
    with monkeypatch.context() as patch:
        patch.setattr(library, "pin_state", lambda token: state)
        token = desk.token()
        assert [refused(lambda: desk.sealer(token=token)).code for _ in range(3)] == [code] * 3
        assert "C_Login" not in calls.since() and desk.asked == 0
    desk.time.now += 1000
    assert signs(desk.sealer(token=token))  # the administrator has unlocked it


@pytest.mark.parametrize(
    ("flags", "state"), [(0, ""), (0x10000, "low"), (0x30000, "last-try"), (0x20000, "last-try"), (0x70000, "locked"), (0x40000, "locked")]
)
def test_the_flags_of_pkcs11_are_read_as_they_are_meant(flags: int, state: str) -> None:
    class Shown:
        def __init__(self) -> None:
            self.flags = library.TokenFlag(flags)

    assert library.pin_state(Shown()) == state  # type: ignore[arg-type]  # all it looks at


def test_an_unclear_answer_to_a_login_is_not_asked_for_again(
    one: SoftHsm, desk: Desk, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some libraries say "general error" to a wrong PIN, and count it."""
    monkeypatch.setattr(sessions, "_WRONG", ())
    desk.pin = b"161803"
    token = desk.token()
    for _ in range(3):
        assert refused(lambda: desk.sealer(token=token)).code == "pin-wrong"  # the flag that it was counted is up
        desk.time.now += 1000
    assert refused(desk.sealer).code == "pin-wrong"
    assert calls.since().count("C_Login") == 1
    monkeypatch.setattr(pkcs11.Token, "_looked_again", lambda *_: [])
    (desk.folder / "refused").unlink()
    token = desk.token()
    for _ in range(3):
        told = refused(lambda: desk.sealer(token=token))
        desk.time.now += 1000
        assert told.code == "waiting-key" and "not tried again" in told.detail
    assert calls.since().count("C_Login") == 2


def test_where_it_cannot_be_noted_a_wrong_pin_is_still_tried_once_a_run(one: SoftHsm, desk: Desk, calls: Calls) -> None:
    (desk.folder / "refused").mkdir()  # no file can take its place
    desk.pin = b"161803"
    token = desk.token()
    assert "could not be noted" in refused(lambda: desk.sealer(token=token)).detail
    assert refused(lambda: desk.sealer(token=token)).code == "pin-wrong" and calls.since().count("C_Login") == 1


def test_the_pin_shows_nowhere(
    one: SoftHsm, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Right or wrong: not in logs, messages, tracebacks with all their variables, environment, arguments, files."""
    canary = "8675309"
    caplog.set_level(logging.DEBUG)
    told = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(told))
    try:
        with keyring.opened(settings(tmp_path, canary.encode(), dau={}), tmp_path) as ring:
            error = refused(lambda: ring.sealer(AGENCY, NOW))
        softhsm._run("pkcs11-tool", "--module", softhsm.LIBRARY, "--token-label", "vn", "-l", "--pin", PIN, "--change-pin", "--new-pin", canary)
        (tmp_path / "work" / "refused-pins.json").unlink()
        with keyring.opened(settings(tmp_path, canary.encode(), dau={}), tmp_path) as ring:
            sealer = ring.sealer(AGENCY, NOW)
            assert signs(sealer)
            one.pull()
            gone = refused(lambda: signs(sealer))
            one.back()
            shown = f"{sealer!r} {sealer.key!r} {ring.rows!r} {vars(getattr(sealer.key, 'token'))!r}"  # noqa: B009  # of the protocol it is none
    finally:
        structlog.reset_defaults()
    traces = [traceback.TracebackException.from_exception(each, capture_locals=True) for each in (error, gone)]
    every = "".join(line for trace in traces for line in trace.format() if "canary" not in line)
    files = [path.read_bytes() for path in (tmp_path / "work").rglob("*") if path.is_file()]
    assert "sealer" in every and "session lost" in told.getvalue()  # they were really looked at
    outputs = [every, shown, told.getvalue(), caplog.text, *capfd.readouterr(), repr(os.environ), Path("/proc/self/cmdline").read_text()]
    assert not any(canary in text for text in outputs)
    assert not any(canary.encode() in data for data in files)


# --- a token that is pulled out, a session that breaks


def test_a_token_pulled_in_mid_batch_waits_and_goes_on_when_it_is_back(one: SoftHsm, desk: Desk, calls: Calls) -> None:
    sealer = desk.sealer()
    assert signs(sealer)
    one.pull()
    assert [refused(lambda: signs(sealer)).code for _ in range(5)] == ["waiting-key"] * 5
    calls.forget()
    for _ in range(50):  # a queue of documents
        assert "token is not in" in refused(lambda: signs(sealer)).detail
    assert calls.since() == []  # nobody asks the token for each of them
    one.back()
    assert refused(lambda: signs(sealer)).code == "waiting-key"  # the second is not over
    desk.time.now += 1.0
    assert signs(sealer) and signs(sealer)
    assert calls.since().count("C_Login") == 1 and desk.asked == 1  # with the PIN that had worked


def test_the_pause_doubles_to_five_minutes_and_begins_anew_after_success(one: SoftHsm, desk: Desk, calls: Calls) -> None:
    sealer = desk.sealer()
    one.pull()
    refused(lambda: signs(sealer))
    for pause in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300):
        calls.forget()
        desk.time.now += pause - 0.5
        refused(lambda: signs(sealer))
        assert calls.since() == []
        desk.time.now += 0.5
        refused(lambda: signs(sealer))
        assert "C_Initialize" in calls.since()
    one.back()
    desk.time.now += 300
    assert signs(sealer)
    one.pull()
    refused(lambda: signs(sealer))
    one.back()
    desk.time.now += 1.0
    assert signs(sealer)


def test_one_token_goes_on_while_another_of_the_same_library_is_out_or_refuses(
    one: SoftHsm, desk: Desk, certificates: dict[str, x509.Certificate]
) -> None:
    one.token("hai", "161803")
    sealer, out, wrong = desk.sealer(), *(pkcs11.Token(pkcs11.module(softhsm.spy()), label, lambda: Secret(b"000000"), Refused(desk.folder / "refused"), desk.time)
                                          for label in ("ba", "hai"))  # fmt: skip
    for _ in range(3):
        assert refused(lambda: desk.sealer(token=out)).code == "waiting-key"
        assert signs(sealer)
        assert refused(lambda: desk.sealer(token=wrong)).code == "pin-wrong"
        assert signs(sealer)
        desk.time.now += 400
    assert desk.asked == 1


def test_a_token_that_is_not_in_at_the_start_is_found_later(one: SoftHsm, desk: Desk, tmp_path: Path, calls: Calls) -> None:
    one.pull()
    token = desk.token()
    assert refused(lambda: desk.sealer(token=token)).code == "waiting-key"
    one.back()
    desk.time.now += 1.0
    assert signs(desk.sealer(token=token))


def test_a_session_that_was_closed_behind_is_opened_anew_at_once(one: SoftHsm, desk: Desk, calls: Calls) -> None:
    """YubiHSM closes idle ones after half a minute; nobody should wait for that."""
    sealer = desk.sealer()
    opened = pkcs11.module(softhsm.spy()).library()
    for break_ in (opened.finalize, opened.reinitialize):
        break_()
        assert signs(sealer)
    assert calls.since().count("C_Login") == 3 and desk.asked == 1


def test_a_pin_changed_meanwhile_is_tried_once(one: SoftHsm, desk: Desk, calls: Calls) -> None:
    sealer = desk.sealer()
    softhsm._run("pkcs11-tool", "--module", softhsm.LIBRARY, "--token-label", "vn", "-l", "--pin", PIN, "--change-pin", "--new-pin", "161803")
    pkcs11.module(softhsm.spy()).library().finalize()
    for _ in range(3):
        assert refused(lambda: signs(sealer)).code == "pin-wrong"
        desk.time.now += 1000
    assert calls.since().count("C_Login") == 2


def test_another_token_of_the_same_label_does_not_get_the_pin_of_the_first(one: SoftHsm, desk: Desk, calls: Calls) -> None:
    sealer = desk.sealer()
    one.pull()
    one.token("vn", "161803")
    refused(lambda: signs(sealer))
    desk.time.now += 1.0
    assert "another token" in refused(lambda: signs(sealer)).detail
    assert calls.since().count("C_Login") == 1


def test_a_call_that_hangs_makes_others_wait_and_not_hang(one: SoftHsm, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    sealer = desk.sealer()
    monkeypatch.setattr(library, "_BUSY", 0.05)
    with pkcs11.module(softhsm.spy()).entered():
        assert "has not come back" in refused(lambda: signs(sealer)).detail
        pkcs11.leave()  # does not hang either
    assert signs(sealer)


# --- the library


@pytest.mark.parametrize(("content", "told"), [(None, "not installed"), (b"", "cannot be loaded"), (b"\x7fELF", "cannot be loaded")])
def test_a_library_that_is_none_is_said(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "libtoken.so"
    if content is not None:
        path.write_bytes(content)
    token = pkcs11.Token(pkcs11.module(path), "", lambda: Secret(b"1"), Refused(tmp_path / "refused"))
    for act in (lambda: pkcs11.look(path), lambda: pkcs11.sealer(token, "", None, [])):
        with pytest.raises(MissingError, match=told):
            act()


def test_the_tokens_that_are_in_can_be_looked_at_without_a_login(one: SoftHsm, calls: Calls) -> None:
    (seen,) = pkcs11.look(softhsm.spy())
    assert (seen.label, seen.pin) == ("vn", "") and len(seen.serial) == 16 and seen.model
    assert not {"C_Login", "C_OpenSession"} & set(calls.since())


def test_a_library_that_does_not_start_waits(machine: SoftHsm, monkeypatch: pytest.MonkeyPatch) -> None:
    pkcs11.leave()
    monkeypatch.setenv("SOFTHSM2_CONF", "/nowhere/at/all")
    assert refused(lambda: pkcs11.look(softhsm.spy())).code == "waiting-key"
