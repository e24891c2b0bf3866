"""Renewal of the archive's proofs before what they hang on ends: certificates of the time-stamping authority, algorithms.

Promises: renewed `time.renew_before` ahead, with a time-stamp that lasts longer than what it renews, else not at all: an authority
that has not changed its own certificate yet is asked again the next night. Nothing is laid down without its token. Refuses to hold
the night up: what could not be renewed is told, and until when the proofs hold.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from archive.errors import ArchiveError
from archive.renewals import Evidence
from archive.verify_log import Finding
from processor import law, publishing
from processor.errors import Verdict
from processor.tools import ACTOR, Tools
from processor.verify.facts import Algorithm
from processor.verify.judge import strong_until

log = structlog.get_logger()
Policy = Mapping[str, Any]
NO_GAIN = "no-gain"
UNREADABLE = "evidence-unreadable"
DONE = "renewed"
_KINDS = (
    (rsa.RSAPublicKey, "rsa", 0), (ec.EllipticCurvePublicKey, "ec", 0), (dsa.DSAPublicKey, "dsa", 0),
    (ed25519.Ed25519PublicKey, "ed25519", 256), (ed448.Ed448PublicKey, "ed448", 456),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long the proofs last.

    Attributes:
        until: the day on which the first of them ends; None: there is none yet.
        is_short: that is sooner than `time.renew_before`, or their hash algorithm is.
        outcome: empty, nothing was due; `renewed`; else why not: `no-gain`, the authority's time-stamps do not last longer than
            what they would renew; or the code of what is missing.
        number: of the renewal that was made.
        findings: files that are not what was time-stamped, and were left out.
    """

    until: dt.date | None
    is_short: bool
    outcome: str = ""
    number: int = 0
    findings: tuple[Finding, ...] = ()


def renew(tools: Tools, *, is_forced: bool = False) -> Lasting:
    """Renews what is due; when forced whatever there is."""
    try:
        strange = tools.archive.note_renewals(ACTOR, lambda each: publishing.holds(each, tools))
        return _with(strange, _renew(tools, is_forced=is_forced))
    except (ArchiveError, Verdict) as error:
        log.error("not-renewed", code=error.code, detail=error.detail)
        return _hindered(error.code, error.detail)
    except (OSError, ValueError) as error:  # whoever writes in `_log` must not keep copies and fixity from their night
        log.error("not-renewed", code=UNREADABLE, error=type(error).__name__)
        return _hindered(UNREADABLE, f"the evidence cannot be read: {type(error).__name__}")


def _with(strange: list[Finding], lasting: Lasting) -> Lasting:
    for finding in strange:
        log.error("renewal-strange", code=finding.code, path=finding.path)
    return dataclasses.replace(lasting, findings=(*strange, *lasting.findings))


def _renew(tools: Tools, *, is_forced: bool) -> Lasting:
    found, policy = tools.archive.evidence(), law.read("algorithms.toml", tools.station)
    algorithm = law.evidence_digest(publishing.soon(tools).date(), tools.station)
    before = _standing(found, algorithm, policy, tools)
    if not before.until or not (before.is_short or is_forced):
        return before
    return _renewed(found, algorithm, before, policy, tools, is_forced=is_forced)


def _hindered(code: str, detail: str) -> Lasting:
    return Lasting(None, True, code, findings=(Finding(code, None, "_log", detail),))


def _renewed(found: Evidence, algorithm: str, before: Lasting, policy: Policy, tools: Tools, *, is_forced: bool) -> Lasting:
    renewal = found.renewal(algorithm)
    try:
        made = publishing.stamped(renewal.listed.tree.root, algorithm, tools)
    except Verdict as verdict:
        log.warning("not-renewed", code=verdict.code)
        return Lasting(before.until, before.is_short, verdict.code)
    if not is_forced and found.algorithms() == {algorithm} and _end(made.chain, policy) <= (before.until or dt.date.max):
        log.warning("not-renewed", code=NO_GAIN, until=str(before.until))
        return Lasting(before.until, before.is_short, NO_GAIN)
    tools.archive.renew(renewal, made.token, made.chain, ACTOR)
    for finding in renewal.findings:
        log.error("evidence-left-out", code=finding.code, path=finding.path)
    log.info("renewed", number=renewal.number, digest=algorithm, files=len(renewal.listed.digests))
    after = _standing(tools.archive.evidence(), algorithm, policy, tools)
    return Lasting(after.until, after.is_short, DONE, renewal.number, renewal.findings)


def _standing(found: Evidence, algorithm: str, policy: Policy, tools: Tools) -> Lasting:
    chains = {_chain(path) for path in found.unrenewed()}
    until = min((_end(chain, policy) for chain in chains), default=None)
    is_short = until is not None and (until <= publishing.soon(tools).date() or not found.algorithms() <= {algorithm})
    return Lasting(until, is_short)


def _chain(token: Path) -> bytes:
    try:
        return token.with_name(f"{token.name}.pem").read_bytes()
    except OSError as error:
        raise ArchiveError("evidence-altered", f"{token}.pem cannot be read") from error


def _end(chain: bytes, policy: Policy) -> dt.date:
    """When the first of these certificates ends, or an algorithm they are made by."""
    return min(min(end, strong_until([use], policy)) for end, use in _facts(chain))


@cache
def _facts(chain: bytes) -> tuple[tuple[dt.date, Algorithm], ...]:
    try:
        found = x509.load_pem_x509_certificates(chain)
    except ValueError as error:
        raise ArchiveError("evidence-altered", "the certificates of a time-stamp cannot be read") from error
    return tuple((each.not_valid_after_utc.date(), _algorithm(each)) for each in found)


def _algorithm(one: x509.Certificate) -> Algorithm:
    key, digest = one.public_key(), one.signature_hash_algorithm
    kind, bits = next(((kind, bits) for type_, kind, bits in _KINDS if isinstance(key, type_)), ("", 0))
    return Algorithm("certificate", digest.name if digest else kind, kind, bits or getattr(key, "key_size", 0))
