"""The kit's authorities answer as real ones do, and lie as they are told: one field, nothing else."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from processor.errors import Verdict
from processor.seal import timestamps, tokens
from tests.testkit.answers import LIES, Holder, time_answer
from tests.testkit.authorities import HOSTS, Pki

CRL = b"http://crl.ca.test.invalid/issuing.crl\n"
OCSP = b"http://ocsp.ca.test.invalid/\n"
REQUEST = tsp.TimeStampReq({
    "version": 1, "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": b"1" * 32}, "nonce": 7,
    "cert_req": True,
})  # fmt: skip


@pytest.fixture
def pki() -> Pki:
    return Pki()


def question(who: Holder, nonce: bytes = b"0123456789abcdef") -> bytes:
    issuer = who.issuer or who
    builder = ocsp.OCSPRequestBuilder().add_certificate(who.certificate, issuer.certificate, hashes.SHA1())
    return OCSP + builder.add_extension(x509.OCSPNonce(nonce), False).build().public_bytes(Encoding.DER)


def fault(pki: Pki, answer: bytes) -> str:
    return asyncio.run(tokens.fault(answer[1:], REQUEST, [pki.tsa_root.asn1]))


def test_names_are_in_the_profile_of_the_government(pki: Pki) -> None:
    office, person = pki.organisation().certificate.subject, pki.person().certificate.subject
    assert [a.value for a in office.get_attributes_for_oid(x509.NameOID.USER_ID)] == ["MST:0000000017", "MNS:0000042"]
    assert "CCCD:" in person.rfc4514_string() and "Giám đốc" in person.rfc4514_string()
    for holder in (pki.organisation(), pki.person()):
        points = holder.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        assert points[0].full_name and points[0].full_name[0].value.encode() + b"\n" == CRL
    assert all(host.endswith(".test.invalid") for host in HOSTS)


def test_a_pki_is_an_outside(pki: Pki) -> None:
    outside: timestamps.Outside = pki
    assert outside.stamp(REQUEST.dump(), 0) and outside.fetch(CRL[:-1].decode(), b"")
    with pytest.raises(Verdict, match="waiting-tsa"):
        outside.stamp(REQUEST.dump(), 1)
    with pytest.raises(KeyError):
        pki.answer("sign", b"")


def test_an_honest_token_has_no_fault(pki: Pki) -> None:
    assert fault(pki, pki.answer("stamp", b"\0" + REQUEST.dump())) == ""


@pytest.mark.parametrize("lie", [lie for lie in LIES["tsa"] if lie not in {"silent", "early", "late", "weak"}])
def test_a_lying_token_has_one(pki: Pki, lie: str) -> None:
    pki.lie("tsa", lie)
    assert fault(pki, pki.answer("stamp", b"\0" + REQUEST.dump()))


@pytest.mark.parametrize("service, body", [("crl", CRL), ("ocsp", OCSP), ("root-crl", b"http://crl.ca.test.invalid/root.crl\n")])
def test_a_silent_service_is_a_verdict(pki: Pki, service: str, body: bytes) -> None:
    pki.lie(service, "silent")
    with pytest.raises(Verdict, match="waiting-revocation"):
        pki.answer("fetch", body)
    with pytest.raises(KeyError):
        pki.lie(service, "nonsense")


def test_lists_say_who_was_revoked_and_when(pki: Pki) -> None:
    office, person = pki.organisation(), pki.person()
    since = pki.now() - dt.timedelta(days=2)
    pki.revoke(office, since)
    made = x509.load_der_x509_crl(pki.answer("fetch", CRL))
    assert made.is_signature_valid(pki.issuing.certificate.public_key())  # type: ignore[arg-type]  # it is an EC key
    entry = made.get_revoked_certificate_by_serial_number(office.certificate.serial_number)
    assert entry is not None and entry.revocation_date_utc == since
    assert made.get_revoked_certificate_by_serial_number(person.certificate.serial_number) is None


@pytest.mark.parametrize("lie", ["old", "future", "stranger", "issuer", "delta", "broken"])
def test_a_lying_list_lies_in_one_way(pki: Pki, lie: str) -> None:
    pki.lie("crl", lie)
    made = x509.load_der_x509_crl(pki.answer("fetch", CRL))
    now = pki.now()
    update, until = made.last_update_utc, made.next_update_utc
    assert until is not None
    lies = {
        "old": until < now, "future": update > now, "issuer": made.issuer != pki.issuing.certificate.subject,
        "delta": any(isinstance(e.value, x509.DeltaCRLIndicator) for e in made.extensions),
    }  # fmt: skip
    signed = made.is_signature_valid(pki.issuing.certificate.public_key())  # type: ignore[arg-type]  # it is an EC key
    assert {word for word, told in lies.items() if told} | (set() if signed else {"unsigned"}) == {
        "old": {"old"}, "future": {"future"}, "stranger": {"unsigned"}, "issuer": {"issuer", "unsigned"}, "delta": {"delta"},
        "broken": {"unsigned"},
    }[lie]  # fmt: skip


def test_the_responder_knows_good_revoked_and_nobody(pki: Pki) -> None:
    office, gone = pki.organisation(), pki.person()
    pki.revoke(gone)
    good, revoked = (ocsp.load_der_ocsp_response(pki.answer("fetch", question(who))) for who in (office, gone))
    assert (good.certificate_status, revoked.certificate_status) == (ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED)
    assert good.certificates == [pki.responder.certificate]
    assert any(isinstance(e.value, x509.OCSPNonce) for e in good.extensions)
    stranger = ocsp.load_der_ocsp_response(pki.answer("fetch", question(pki.double().person())))
    assert stranger.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED
    pki.direct = True
    assert ocsp.load_der_ocsp_response(pki.answer("fetch", question(office))).certificates == []


@pytest.mark.parametrize("lie", ["unknown", "revoked", "old", "future", "nonce", "no-nonce", "stranger", "other", "leaf", "broken", "later"])
def test_a_lying_responder_does_not_say_what_an_honest_one_says(pki: Pki, lie: str) -> None:
    office = pki.organisation()
    pki.lie("ocsp", lie)
    told = ocsp.load_der_ocsp_response(pki.answer("fetch", question(office)))
    if lie == "later":
        assert told.response_status is ocsp.OCSPResponseStatus.TRY_LATER
        return
    now, nonces = pki.now(), [e.value for e in told.extensions if isinstance(e.value, x509.OCSPNonce)]
    good = told.certificate_status is ocsp.OCSPCertStatus.GOOD
    honest = (
        good and told.serial_number == office.certificate.serial_number and told.certificates == [pki.responder.certificate]
        and told.this_update_utc <= now <= (told.next_update_utc or now) and nonces == [x509.OCSPNonce(b"0123456789abcdef")]
    )  # fmt: skip
    assert honest is (lie == "broken")


def test_a_clock_may_stand_in_the_past() -> None:
    moment = dt.datetime(2019, 5, 6, 3, 0, tzinfo=dt.UTC)
    pki = Pki(moment, years=8)
    office = pki.organisation()
    assert office.certificate.not_valid_after_utc.year == 2022 and pki.issuing.certificate.not_valid_after_utc.year == 2023
    response = tokens.granted(time_answer(pki.token(REQUEST)))
    assert tokens.signed_data(response)["encap_content_info"]["content"].parsed["gen_time"].native == moment
    with pki.at(moment + dt.timedelta(days=1)):
        assert x509.load_der_x509_crl(pki.crl(pki.issuing)).last_update_utc > moment
    assert pki.now() == moment


def test_a_double_has_the_same_names_and_other_keys(pki: Pki) -> None:
    double = pki.double()
    assert double.issuing.certificate.subject == pki.issuing.certificate.subject
    assert double.issuing.certificate.public_key() != pki.issuing.certificate.public_key()
