"""Renewal of the archive's proofs before what they hang on ends: certificates of the time-stamping authority, algorithms.

Promises: renewed `time.renew_before` ahead, with a time-stamp that lasts longer than what it renews, else not at all: an authority
that has not changed its own certificate yet is asked again the next night. Nothing is laid down without its token. Each night the
signatures of a share of the time-stamps that nothing renewed yet are verified, and of all of them before they are renewed; one that
does not hold is told and left out, and the rest is renewed. Refuses to hold the night up: what could not be renewed is told, and
until when the proofs hold.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from archive.durable import DurableError, read_plain
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
UNTRUSTED, NOT_EXAMINED = "token-untrusted", "token-not-examined"
A_NIGHT = 64  # time-stamps that are verified a night: some 40 ms each, a year's within a fortnight
_ESS = "signing_certificate"
_GARBAGE = (ValueError, TypeError, KeyError, AttributeError, IndexError)
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
    asked = [path for path in found.unrenewed() if _place(path, tools) not in _places(before.findings)]
    bad = _examined(found, share(asked, tools.clock().toordinal()) if _may_wait(before, is_forced) else asked, tools)
    if bad:
        before = _with(bad, _standing(found, algorithm, policy, tools, _places(bad)))
    if _may_wait(before, is_forced):
        return before
    return _renewed(found, algorithm, before, policy, tools, is_forced=is_forced)


def _may_wait(lasting: Lasting, is_forced: bool) -> bool:
    return not lasting.until or not (lasting.is_short or is_forced)


def share(tokens: Sequence[Path], night: int) -> Sequence[Path]:
    """Those that are verified in a night: all of them in turn."""
    first = night * A_NIGHT % max(len(tokens), 1)
    return (*tokens[first:], *tokens[:first])[:A_NIGHT]


def _examined(found: Evidence, tokens: Sequence[Path], tools: Tools) -> list[Finding]:
    """Those of them that prove nothing, or that nobody can tell of."""
    findings = list[Finding]()
    for path in tokens:
        place = _place(path, tools)
        try:
            code, why = publishing.fault(token_of(path), found.over(path), tools)
            findings += [Finding(code, None, place, why)] if code else []
        except ArchiveError as error:
            findings.append(Finding(error.code, None, place, error.detail))
        except (Verdict, OSError) as error:
            findings.append(Finding(NOT_EXAMINED, None, place, f"nobody could tell: {type(error).__name__}"))
    return findings


def _hindered(code: str, detail: str) -> Lasting:
    return Lasting(None, True, code, findings=(Finding(code, None, "_log", detail),))


def _renewed(found: Evidence, algorithm: str, before: Lasting, policy: Policy, tools: Tools, *, is_forced: bool) -> Lasting:
    bad = _places(before.findings)
    renewal = found.renewal(algorithm, bad)
    try:
        made = publishing.stamped(renewal.listed.tree.root, algorithm, tools)
    except Verdict as verdict:
        log.warning("not-renewed", code=verdict.code)
        return dataclasses.replace(before, outcome=verdict.code)
    if not is_forced and found.algorithms(bad) == {algorithm} and _end(made.token, policy, tools) <= (before.until or dt.date.max):
        log.warning("not-renewed", code=NO_GAIN, until=str(before.until))
        return dataclasses.replace(before, outcome=NO_GAIN)
    tools.archive.renew(renewal, made.token, made.chain, ACTOR)
    for finding in renewal.findings:
        log.error("evidence-left-out", code=finding.code, path=finding.path)
    log.info("renewed", number=renewal.number, digest=algorithm, files=len(renewal.listed.digests))
    after = _standing(tools.archive.evidence(), algorithm, policy, tools, bad)
    return Lasting(after.until, after.is_short, DONE, renewal.number, (*before.findings, *renewal.findings))


def _place(path: Path, tools: Tools) -> str:
    return path.relative_to(tools.archive.root).as_posix()


def _places(findings: Collection[Finding]) -> set[str]:
    """Where what proves nothing lies. Of an authority that is not trusted any more the proofs are renewed all the same."""
    return {finding.path for finding in findings if finding.code != UNTRUSTED}


def _standing(found: Evidence, algorithm: str, policy: Policy, tools: Tools, without: Collection[str] = ()) -> Lasting:
    ends, findings = list[dt.date](), list[Finding]()
    for path in found.unrenewed():
        if (place := _place(path, tools)) in without:
            continue
        try:
            found.algorithm(path)
            ends.append(_end(token_of(path), policy, tools))
        except ArchiveError as error:
            findings.append(Finding(error.code, None, place, error.detail))
    until = min(ends, default=None)
    is_old = not found.algorithms({*without, *_places(findings)}) <= {algorithm}
    is_short = until is not None and (is_old or until <= publishing.soon(tools).date())
    return Lasting(until, is_short, findings=tuple(findings))


def token_of(path: Path) -> bytes:
    """The token that lies in a file of `_log`, DER.

    Raises:
        ArchiveError: `evidence-altered`.
    """
    try:
        data = read_plain(path)
        return data if path.suffix == ".tst" else bytes(tsp.TimeStampResp.load(data, strict=True)["time_stamp_token"].dump())
    except (DurableError, FileNotFoundError) as error:
        raise ArchiveError("evidence-altered", f"{path.name} is no file") from error
    except (OSError, *_GARBAGE) as error:
        raise ArchiveError("evidence-altered", f"{path.name} cannot be read") from error


def _end(token: bytes, policy: Policy, tools: Tools) -> dt.date:
    """When the first of the certificates that a time-stamp hangs on ends, or an algorithm they are made by.

    What lies beside the token is not asked: anybody may lay others there.
    """
    try:
        data = cms.ContentInfo.load(token, strict=True)["content"]
        came = tuple(each.chosen.dump() for each in data["certificates"])
        facts = _facts(_signer(data["signer_infos"][0]["signed_attrs"]), (*came, *tools.intermediates, *tools.roots))
    except (*_GARBAGE, StopIteration) as error:
        raise ArchiveError("evidence-altered", "the certificates of a time-stamp cannot be read") from error
    return min(min(end, strong_until([use], policy)) for end, use in facts)


def _signer(attributes: cms.CMSAttributes) -> tuple[str, bytes]:
    """The certificate that a token's signature is bound to: algorithm and value of its digest (RFC 5035; RFC 2634: SHA-1)."""
    named = {each["type"].native: each["values"][0]["certs"][0] for each in attributes if each["type"].native.startswith(_ESS)}
    newer = named.get(f"{_ESS}_v2")
    if newer is not None:
        return newer["hash_algorithm"]["algorithm"].native, newer["cert_hash"].native
    return "sha1", named[_ESS]["cert_hash"].native


@cache
def _facts(signer: tuple[str, bytes], given: tuple[bytes, ...]) -> tuple[tuple[dt.date, Algorithm], ...]:
    """End and algorithms of the signer's certificate, and of those above it: each is the one whose key signed the one below."""
    found = [next(each for each in given if hashlib.new(signer[0], each).digest() == signer[1])]
    chain, others = [x509.load_der_x509_certificate(found[0])], [x509.load_der_x509_certificate(each) for each in given]
    while above := [each for each in others if each not in chain and _is_issuer(each, chain[-1])]:
        chain.append(max(above, key=lambda each: each.not_valid_after_utc))
    return tuple((each.not_valid_after_utc.date(), _algorithm(each)) for each in chain)


def _is_issuer(above: x509.Certificate, below: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _algorithm(one: x509.Certificate) -> Algorithm:
    key, digest = one.public_key(), one.signature_hash_algorithm
    kind, bits = next(((kind, bits) for type_, kind, bits in _KINDS if isinstance(key, type_)), ("", 0))
    return Algorithm("certificate", digest.name if digest else kind, kind, bits or getattr(key, "key_size", 0))
