"""Revocation data through the worker's door: what pyHanko would fetch itself, the coordinator's fetcher fetches for it.

Promises: lists are kept for the life of one validation; every address of a certificate is tried in turn, then the files the
office keeps where a host cannot be asked. A host that may not be asked, or an answer that is no list, is the code
`waiting-revocation`: it is tried again later, never taken for "valid".
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterable, Sequence

from asn1crypto import crl, ocsp, x509
from pyhanko_certvalidator.errors import OCSPFetchError
from pyhanko_certvalidator.fetchers import CertificateFetcher, CRLFetcher, Fetchers, OCSPFetcher
from pyhanko_certvalidator.fetchers.common_utils import enumerate_delivery_point_urls
from pyhanko_certvalidator.util import get_relevant_crl_dps

from processor.errors import Verdict
from processor.worker import Ask


def question(url: str, body: bytes = b"") -> bytes:
    """The body of a `fetch` question: the address, a line feed, what to post."""
    return url.encode("ascii", "replace") + b"\n" + body


class Lists(CRLFetcher):
    """Certificate revocation lists by the certificate's distribution points, else those given of its issuer."""

    def __init__(self, ask: Ask, given: Sequence[bytes] = ()) -> None:
        self._ask = ask
        self._given = [_parsed(each) for each in given]
        self._kept: dict[bytes, list[crl.CertificateList]] = {}

    async def fetch(self, cert: x509.Certificate, *, use_deltas: bool = False) -> Iterable[crl.CertificateList]:
        """The list of a certificate's distribution points; empty where it names none.

        Raises:
            Verdict: `waiting-revocation`. Not pyHanko's own fetch error, which ends as a fault of the document.
        """
        if cert.issuer_serial not in self._kept:
            points = get_relevant_crl_dps(cert, use_deltas=False)
            urls = [url for point in points for url in enumerate_delivery_point_urls(point)]
            self._kept[cert.issuer_serial] = self._found(urls, [each for each in self._given if each.issuer == cert.issuer])
        return self._kept[cert.issuer_serial]

    def _found(self, urls: list[str], given: list[crl.CertificateList]) -> list[crl.CertificateList]:
        if urls:
            with contextlib.suppress(*[Verdict] if given else []):
                return [self._first(urls)]
        return given

    def _first(self, urls: list[str]) -> crl.CertificateList:
        for url in urls[:-1]:
            with contextlib.suppress(Verdict):
                return self._one(url)
        return self._one(urls[-1])

    def _one(self, url: str) -> crl.CertificateList:
        return _parsed(self._ask("fetch", question(url)))

    def fetched_crls(self) -> Iterable[crl.CertificateList]:
        """All lists had so far."""
        return [found for lists in self._kept.values() for found in lists]

    def fetched_crls_for_cert(self, cert: x509.Certificate) -> Iterable[crl.CertificateList]:
        """The lists had for one certificate; KeyError where none was asked for."""
        return self._kept[cert.issuer_serial]


def _parsed(answer: bytes) -> crl.CertificateList:
    try:
        found = crl.CertificateList.load(answer, strict=True)
        found["tbs_cert_list"]["issuer"].dump()  # asn1crypto parses no further than it is asked
    except (ValueError, TypeError) as error:
        raise Verdict("waiting-revocation", f"no revocation list ({type(error).__name__})") from error
    return found


class NoAnswers(OCSPFetcher):
    """OCSP is not asked when sealing: lists bind every link, and one answer for several certificates of a CA misleads
    later validation (pyHanko counts its other serials as failures)."""

    async def fetch(self, cert: x509.Certificate, authority: object) -> ocsp.OCSPResponse:
        """Always an error."""
        raise OCSPFetchError("not asked when sealing")

    def fetched_responses(self) -> Iterable[ocsp.OCSPResponse]:
        """None."""
        return ()

    def fetched_responses_for_cert(self, cert: x509.Certificate) -> Iterable[ocsp.OCSPResponse]:
        """None."""
        return ()


class NoCertificates(CertificateFetcher):
    """Certificates come from the settings, never from an address in another certificate."""

    async def fetch_cert_issuers(self, cert: x509.Certificate) -> AsyncGenerator[x509.Certificate, None]:
        """None."""
        nothing: tuple[x509.Certificate, ...] = ()
        for certificate in nothing:
            yield certificate

    async def fetch_crl_issuers(self, certificate_list: crl.CertificateList) -> AsyncGenerator[x509.Certificate, None]:
        """None."""
        nothing: tuple[x509.Certificate, ...] = ()
        for certificate in nothing:
            yield certificate

    def fetched_certs(self) -> Iterable[x509.Certificate]:
        """None."""
        return ()


def fetchers(ask: Ask, given: Sequence[bytes] = ()) -> Fetchers:
    """The three fetchers of one validation context; `given`: lists the office keeps, DER."""
    return Fetchers(ocsp_fetcher=NoAnswers(), crl_fetcher=Lists(ask, given), cert_fetcher=NoCertificates())
