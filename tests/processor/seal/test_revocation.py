"""Revocation lists through the worker's door: every address of a certificate is tried, and no list is a wait."""

import asyncio
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from processor.errors import Verdict
from processor.seal.revocation import Lists, fetchers

KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA")])
NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
FIRST, SECOND, THIRD = "http://a.vn/1.crl", "ldap://b.vn/cn=CA", "http://c.vn/3.crl"


def certificate(*points: tuple[str, ...]) -> asn1.Certificate:
    builder = (
        x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(KEY.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    )  # fmt: skip
    if points:
        addresses = [[x509.UniformResourceIdentifier(url) for url in urls] for urls in points]
        extension = x509.CRLDistributionPoints([x509.DistributionPoint(urls, None, None, None) for urls in addresses])
        builder = builder.add_extension(extension, False)
    return asn1.Certificate.load(builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER))


def a_list() -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(NAME).last_update(NOW - DAY).next_update(NOW + DAY)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


class Outside:
    """What the coordinator answers, and what it was asked."""

    def __init__(self, answers: dict[str, bytes]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, kind: str, body: bytes) -> bytes:
        assert kind == "fetch"
        url, _, posted = body.partition(b"\n")
        assert posted == b""
        self.asked.append(url.decode())
        if url.decode() not in self.answers:
            raise Verdict("waiting-revocation", "not this one")
        return self.answers[url.decode()]


def fetch(lists: Lists, of: asn1.Certificate) -> list[bytes]:
    return [each.dump() for each in asyncio.run(_listed(lists, of))]


async def _listed(lists: Lists, of: asn1.Certificate) -> Any:
    return await lists.fetch(of)


def test_the_list_of_the_certificates_own_address_is_fetched_once() -> None:
    made, outside, of = a_list(), Outside({}), certificate((FIRST,))
    outside.answers[FIRST] = made
    lists = Lists(outside)
    assert fetch(lists, of) == fetch(lists, of) == [made]
    assert outside.asked == [FIRST]
    assert [each.dump() for each in lists.fetched_crls()] == [made]
    assert [each.dump() for each in lists.fetched_crls_for_cert(of)] == [made]


def test_a_certificate_without_an_address_has_no_list() -> None:
    outside = Outside({})
    assert fetch(Lists(outside), certificate()) == []
    assert outside.asked == []
    with pytest.raises(KeyError):
        Lists(outside).fetched_crls_for_cert(certificate())


@pytest.mark.parametrize("points", [((FIRST, SECOND, THIRD),), ((FIRST,), (SECOND,), (THIRD,))])
def test_where_one_address_gives_nothing_the_next_is_asked(points: tuple[tuple[str, ...], ...]) -> None:
    """Certificates name the same list at several addresses, some of them in a directory nobody may ask."""
    made = a_list()
    outside = Outside({THIRD: made})
    assert fetch(Lists(outside), certificate(*points)) == [made]
    assert outside.asked[-1] == THIRD


@pytest.mark.parametrize("junk", [b"<html>", b"", b"\x30\x03\x02\x01\x05", b"\x30\x80" * 3000])
def test_junk_is_no_list_and_the_next_address_is_asked(junk: bytes) -> None:
    made = a_list()
    outside = Outside({FIRST: junk, THIRD: made})
    assert fetch(Lists(outside), certificate((FIRST, THIRD))) == [made]


@pytest.mark.parametrize("answers", [{}, {FIRST: b"<html>"}, {FIRST: b"\x30\x80" * 3000}])
def test_no_list_is_a_wait_and_not_a_fault_of_the_document(answers: dict[str, bytes]) -> None:
    with pytest.raises(Verdict) as caught:
        fetch(Lists(Outside(answers)), certificate((FIRST,)))
    assert caught.value.code == "waiting-revocation"


@pytest.mark.parametrize("points", [(), ((FIRST,),), ((FIRST, THIRD),)])
def test_where_no_address_gives_a_list_the_offices_own_of_that_issuer_is_taken(points: tuple[tuple[str, ...], ...]) -> None:
    made = a_list()
    assert fetch(Lists(Outside({}), [made]), certificate(*points)) == [made]


def test_the_list_at_the_address_is_newer_than_the_offices_own() -> None:
    published, kept = a_list(), a_list()
    assert fetch(Lists(Outside({FIRST: published}), [kept]), certificate((FIRST,))) == [published]


def test_a_list_of_another_issuer_proves_nothing() -> None:
    other = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "CB")])
    builder = x509.CertificateRevocationListBuilder().issuer_name(other).last_update(NOW - DAY).next_update(NOW + DAY)
    foreign = builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)
    with pytest.raises(Verdict, match="waiting-revocation"):
        fetch(Lists(Outside({}), [foreign]), certificate((FIRST,)))


def test_a_coordinator_that_refuses_the_question_is_heard() -> None:
    def refuse(kind: str, body: bytes) -> bytes:
        raise Verdict("unexpected", "no such door")

    with pytest.raises(Verdict) as caught:
        fetch(Lists(refuse), certificate((FIRST,)))
    assert caught.value.code == "unexpected"


def test_nothing_is_fetched_that_a_certificate_could_lead_to_besides_its_list() -> None:
    def never(kind: str, body: bytes) -> bytes:
        raise AssertionError(kind)

    every, of = fetchers(never), certificate((FIRST,))
    assert _all(lambda: every.cert_fetcher.fetch_cert_issuers(of)) == []
    assert list(every.cert_fetcher.fetched_certs()) == list(every.ocsp_fetcher.fetched_responses()) == []


def _all(start: Callable[[], Any]) -> list[Any]:
    async def collect() -> list[Any]:
        return [each async for each in start()]

    return asyncio.run(collect())
