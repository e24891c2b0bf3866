"""From a signer's certificate to a root of the station, and what is known of every link.

Promises: only the station's roots end a chain, narrowed by its pins; issuers are found by signature; the path rules of
RFC 5280 are pyHanko's (constraints, critical extensions, names), dates and revocation are left to `judge`.
"""

from __future__ import annotations

import datetime as dt
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.validate import validate_path

from processor.verify.certificates import GARBAGE, TIME_STAMPING, Certificate, algorithm, paths, readable, usages
from processor.verify.facts import Chain, Link
from processor.verify.revocation import Gathered

_ANY = "2.5.29.37.0"
_SIGNS = frozenset({"digital_signature", "non_repudiation"})
_FIRST = dt.timedelta(seconds=1)


def trusted(args: Mapping[str, Any]) -> tuple[list[Certificate], list[Certificate]]:
    """(roots, intermediates) of the station's trust list, only those pinned where there are pins."""
    pins = {str(pin).lower().replace(":", "") for pin in args.get("pins") or ()}
    kinds = ("roots", "intermediates")
    listed = [readable(b64decode(text) for text in args.get(kind) or ()) for kind in kinds]
    roots, others = ([one for one in many if not pins or one.sha256 in pins] for many in listed)
    return roots, others


def usage_fault(one: Certificate, *, stamps: bool, purposes: Iterable[str]) -> str:
    """`wrong-key-usage` where a certificate is not for this work; else empty."""
    plain, extended = usages(one)
    if plain and not plain & _SIGNS:
        return "wrong-key-usage"
    if stamps:
        return "" if TIME_STAMPING in extended else "wrong-key-usage"
    return "" if not extended or _ANY in extended or extended & set(purposes) else "wrong-key-usage"


def _path_fault(path: Sequence[Certificate]) -> str:
    """Why a path does not hold by RFC 5280, dates and revocation apart; empty where it does."""
    if len(path) == 1:
        return ""
    moment = max(one.own.not_valid_before_utc for one in path) + _FIRST
    if moment > min(one.own.not_valid_after_utc for one in path):
        return "its certificates were never valid at the same time"
    root = path[-1].asn1
    chosen = ValidationPath(CertTrustAnchor(root), [one.asn1 for one in path[-2:0:-1]], path[0].asn1)
    context = ValidationContext(
        trust_roots=[root], allow_fetching=False, revocation_mode="soft-fail", moment=moment, weak_hash_algos=set(),
    )  # fmt: skip
    try:
        validate_path(context, chosen)
    except (ValidationError, PathError, *GARBAGE) as error:
        return f"{type(error).__name__}: {error}"[:200]
    return ""


@dataclass(slots=True)
class Chains:
    """Finds chains and what is known of their links; each certificate is asked for once.

    Args:
        roots, pool: what ends a chain and what may stand between.
        gathered: revocation data.
        purposes: extended key usages that a signer's certificate may have (policy).
    """

    roots: Sequence[Certificate]
    pool: list[Certificate]
    gathered: Gathered
    purposes: Sequence[str]
    used: dict[str, Certificate] = field(default_factory=dict)
    _links: dict[tuple[str, str], Link] = field(default_factory=dict)

    def of(self, leaf: Certificate, *, stamps: bool = False) -> Chain:
        """The chain of a signer (or, with `stamps`, of a time-stamping authority)."""
        self.used.setdefault(leaf.sha256, leaf)
        found = paths(leaf, self.pool, self.roots)
        if not found:
            return Chain(fault="chain-unknown")
        faults = [_path_fault(path) for path in found]
        good = next((path for path, fault in zip(found, faults, strict=True) if not fault), None)
        path = good or found[0]
        fault = usage_fault(leaf, stamps=stamps, purposes=self.purposes) if good else "chain-broken"
        for one in path:
            self.used.setdefault(one.sha256, one)
        links = [self._link(one, up, authority=n > 0) for n, (one, up) in enumerate(zip(path, path[1:], strict=False))]
        root = path[-1]
        links.append(Link(root.sha256, root.own.not_valid_before_utc, root.own.not_valid_after_utc))
        signed = tuple(algorithm("certificate", one, up) for one, up in zip(path, path[1:], strict=False))
        return Chain(tuple(links), fault, "" if good else faults[0], signed)

    def links(self) -> list[Link]:
        """Every certificate that was asked about."""
        return list(self._links.values())

    def _link(self, one: Certificate, issuer: Certificate, *, authority: bool) -> Link:
        key = (one.sha256, issuer.sha256)
        if key not in self._links:
            self._ask(one, issuer, authority=authority)
            self._links[key] = Link(
                one.sha256, one.own.not_valid_before_utc, one.own.not_valid_after_utc,
                tuple(self.gathered.statements(one, issuer)), self.gathered.why(one),
            )  # fmt: skip
        return self._links[key]

    def _ask(self, one: Certificate, issuer: Certificate, *, authority: bool) -> None:
        """Fetch: for an authority until one source says something; for a signer every source, lest one of two lies."""
        for source in self.gathered.fetch(one, issuer, authority=authority):
            if authority and any(said.source == source for said in self.gathered.statements(one, issuer)):
                return
