"""Is the seal fit for work: certificate, chain, time and revocation, asked for real. For `doctor`.

Promises: a stamp is of this very request, signed by a certificate that leads to the station's roots; a list
is the issuer's and in date; a chain is checked link by link by signature. An empty `fault` is good.
Refuses: to use the organisation's key (nothing here signs), and to ask anybody but `Outside`.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509

from processor.errors import Verdict
from processor.seal import tokens
from processor.seal.certificates import issued
from processor.seal.keys import Sealer
from processor.seal.timestamps import Outside

Clock = Callable[[], dt.datetime]
_CLOCK_SLACK = 60.0  # seconds: docs/design.md promise 3

for _library in ("pyhanko", "pyhanko_certvalidator"):  # an untrusted token is a finding, no traceback
    logging.getLogger(_library).addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Stamp:
    """One authority's answer.

    Attributes:
        fault: why the token cannot be used; empty where it is good.
        took: seconds of the round trip.
        off: seconds its time lies before (negative) or after the round trip by our clock; None: no token.
    """

    fault: str
    took: float
    off: float | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What the issuer's revocation list says.

    Attributes:
        fault: why there is no list to go by; empty where it is good.
        until: when the next one is due.
        revoked: whether the organisation's certificate is on it; None where it cannot be told.
    """

    fault: str
    until: dt.datetime | None = None
    revoked: bool | None = None


def _may_issue(upper: x509.Certificate) -> bool:
    try:
        return upper.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, x509.ExtensionNotFound):
        return False


def _lives(certificate: x509.Certificate, now: dt.datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _issuers(sealer: Sealer, roots: Iterable[bytes], lower: x509.Certificate) -> list[x509.Certificate]:
    above = [*(x509.load_der_x509_certificate(root) for root in roots), *sealer.chain]
    return [upper for upper in above if issued(lower, upper) and _may_issue(upper)]


def chain_fault(sealer: Sealer, roots: Sequence[bytes], now: dt.datetime) -> str:
    """Empty if the certificate leads to one of the roots (DER), by signature and in date; else why not."""
    anchors = [x509.load_der_x509_certificate(root) for root in roots]
    link = sealer.certificate
    for _ in range(len(anchors) + len(sealer.chain) + 1):
        if link in anchors:
            return ""
        above = [upper for upper in _issuers(sealer, roots, link) if upper != link]
        if not above:
            return f"no certificate, or none of a configured root, signed: {link.subject.rfc4514_string()}"
        living = [upper for upper in above if _lives(upper, now)]
        if not living:
            return f"out of date: {above[0].subject.rfc4514_string()}"
        link = living[0]
    return "the chain goes in a circle"


def list_address(certificate: x509.Certificate) -> str:
    """The first web address a list is published at, the one sealing asks; empty where there is none."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ""
    names = [str(name.value) for point in points for name in point.full_name or ()]
    return next((name for name in names if name.startswith(("http://", "https://"))), "")


def listing(
    sealer: Sealer, roots: Sequence[bytes], outside: Outside, now: dt.datetime, given: Sequence[bytes] = ()
) -> Listing:  # fmt: skip
    """Fetch the revocation list of the organisation's certificate and look it up; else in those the office keeps (DER)."""
    issuers = _issuers(sealer, roots, sealer.certificate)
    told = _fetched(sealer, issuers, outside, now)
    if told.fault:
        kept = [_looked_up(each, "trust.lists", sealer, issuers, now) for each in given]
        told = next((each for each in kept if not each.fault), told)
    return told


def _fetched(sealer: Sealer, issuers: Sequence[x509.Certificate], outside: Outside, now: dt.datetime) -> Listing:
    address = list_address(sealer.certificate)
    if not address:
        return Listing("the certificate names no revocation list")
    try:
        return _looked_up(outside.fetch(address, b""), address, sealer, issuers, now)
    except Verdict as verdict:
        return Listing(f"{address}: {verdict.detail}")


def _looked_up(
    data: bytes, source: str, sealer: Sealer, issuers: Sequence[x509.Certificate], now: dt.datetime
) -> Listing:  # fmt: skip
    try:
        found = x509.load_der_x509_crl(data)
    except ValueError:
        return Listing(f"{source}: not a revocation list")
    if not any(_signed(found, issuer) for issuer in issuers):
        why = "not signed by the certificate's issuer" if issuers else "its issuer's certificate is not known"
        return Listing(f"{source}: {why}")
    until = found.next_update_utc
    if until is None or until < now:
        return Listing(f"{source}: out of date", until)
    entry = found.get_revoked_certificate_by_serial_number(sealer.certificate.serial_number)
    return Listing("", until, entry is not None)


def _signed(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    try:
        return found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # else a TypeError
    except TypeError:
        return False


def stamp(outside: Outside, number: int, roots: Sequence[bytes], clock: Clock) -> Stamp:
    """A real time-stamp over random bytes by the authority of that number, also while it is left alone; it is told what of it.

    Args:
        outside: asked.
        number: 0-based.
        roots: DER.
        clock: our own time.
    """
    digest = secrets.token_bytes(32)
    request = tsp.TimeStampReq({
        "version": "v1", "cert_req": True, "nonce": int.from_bytes(secrets.token_bytes(8)),
        "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest},
    })  # fmt: skip
    before = clock()
    try:
        answer = outside.ask(request.dump(), number)
    except Verdict as verdict:
        return Stamp(f"no answer: {verdict.detail}", (clock() - before).total_seconds())
    after = clock()
    took = (after - before).total_seconds()
    trusted = [asn1_x509.Certificate.load(root) for root in roots]
    if fault := asyncio.run(tokens.fault(answer, request, trusted)):
        _tell(outside, number, is_good=False)
        return Stamp(fault, took)
    info = tokens.signed_data(tokens.granted(answer))["encap_content_info"]["content"].parsed
    off = _outside_of(info["gen_time"].native, before, after)
    if abs(off) <= _CLOCK_SLACK:  # beyond it a seal takes none of its tokens; whose clock is wrong is not for us to say
        _tell(outside, number, is_good=True)
    return Stamp("", took, off)


def _tell(outside: Outside, number: int, *, is_good: bool) -> None:
    with contextlib.suppress(Verdict):  # where nothing can be remembered, the stamp is still what it is
        outside.judged(number, is_good=is_good)


def _outside_of(at: dt.datetime, before: dt.datetime, after: dt.datetime) -> float:
    nothing = dt.timedelta(0)
    return (max(at - after, nothing) + min(at - before, nothing)).total_seconds()
