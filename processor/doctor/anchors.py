"""The trust list: roots, what stands between, and where the word on revoked certificates comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from cryptography import x509

from processor.check import Check, check
from processor.doctor.parts import Parts
from processor.seal.certificates import above, issued
from processor.trust import INTERMEDIATES, ROOTS, Anchor


def checks(parts: Parts) -> Iterator[Check]:
    """Rows `roots`, `intermediates`; `revocation-hosts` and `revocation-lists` where there is something to say of them."""
    now = parts.clock()
    roots = [anchor for anchor in parts.anchors if anchor.kind == ROOTS]
    told = "; ".join(_told(root, now) for root in roots) or "none: sohoa trust add FILE"
    yield check("roots", any(_lives(root, now) for root in roots), parts.anchors_missing or told)
    yield _intermediates(parts, now)
    if parts.takes_originals:
        yield _hosts(parts)
    if parts.settings.trust.lists:
        yield _lists(parts, now)


def _lives(anchor: Anchor, now: dt.datetime) -> bool:
    return anchor.certificate.not_valid_before_utc <= now <= anchor.certificate.not_valid_after_utc


def _told(anchor: Anchor, now: dt.datetime) -> str:
    """An anchor as people compare it; one that ended is no fault: older signatures lead to it."""
    until = anchor.certificate.not_valid_after_utc.date().isoformat()
    life = f"until {until}" if _lives(anchor, now) else f"NOT IN DATE ({until})"
    known = f"known as {anchor.known}" if anchor.known else f"SHA-256 {anchor.sha256[:16]}…"
    return f"{anchor.certificate.subject.rfc4514_string()}, {life}, {known}"


def leads(certificate: x509.Certificate, parts: Parts) -> bool:
    """Whether a certificate leads to a root of the trust list, every link by signature."""
    between = [anchor.certificate for anchor in parts.anchors if anchor.kind == INTERMEDIATES]
    top = (certificate, *above(certificate, between))[-1]
    return any(issued(top, anchor.certificate) for anchor in parts.anchors if anchor.kind == ROOTS)


def _intermediates(parts: Parts, now: dt.datetime) -> Check:
    found = [anchor for anchor in parts.anchors if anchor.kind == INTERMEDIATES]
    if parts.anchors_missing:
        return check("intermediates", None, "the trust list cannot be read")
    if lost := [_told(anchor, now) for anchor in found if not leads(anchor.certificate, parts)]:
        return check("intermediates", False, f"lead to no root of the list: {'; '.join(lost)}")
    if not found and parts.takes_originals:  # real documents embed only the signer's certificate
        return check("intermediates", False, "none: of signatures that embed no certificate but their own nothing can be told")
    return check("intermediates", True, "; ".join(_told(anchor, now) for anchor in found) or "none, and no lane asks for one")


def _hosts(parts: Parts) -> Check:
    table = parts.settings.trust
    if parts.settings.station.demo:
        return check("revocation-hosts", True, "demo: it answers in process")
    told = ", ".join(table.revocation_hosts) or ("none: only the files of trust.lists" if table.lists else "none is allowed")
    return check("revocation-hosts", bool(table.revocation_hosts or table.lists), told)


def _lists(parts: Parts, now: dt.datetime) -> Check:
    """The newest of each issuer must be in date; older ones are history."""
    newest: dict[str, dt.datetime] = {}
    for name in parts.settings.trust.lists:
        try:
            found = x509.load_der_x509_crl((parts.folder / name).read_bytes())
        except OSError as error:
            return check("revocation-lists", False, f"{name}: {error.strerror}")
        except ValueError:
            return check("revocation-lists", False, f"{name}: not a revocation list (DER)")
        issuer = found.issuer.rfc4514_string()
        newest[issuer] = max(found.next_update_utc or found.last_update_utc, newest.get(issuer, found.last_update_utc))
    told = "; ".join(f"{issuer}: until {until.isoformat()}" for issuer, until in newest.items())
    return check("revocation-lists", all(until >= now for until in newest.values()), told)
