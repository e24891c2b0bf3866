"""From facts to verdicts. PURE: no clock, no files; what is weak when is handed in (`config/law/algorithms.toml`).

Promises: three verdicts, never two. `invalid` only where something is proved wrong; `valid` only where everything that was
looked at holds; the rest is `unknown`. Integrity, strength, time and trust are found apart and none hides another.
A changed document is not thereby forged: what no rule explains is `changed-since`, only what the signer forbade is invalid.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from processor.verify.facts import Algorithm, Chain, Finding, Link, Signature, Stamp, Statement

Policy: TypeAlias = Mapping[str, Any]

VALID, INVALID, UNKNOWN, UNSIGNED = "valid", "invalid", "unknown", "unsigned"
PROVES_WRONG = frozenset({
    "altered", "signature-destroyed", "byte-range-odd", "forbidden-change", "revoked", "expired-at-signing",
})  # fmt: skip
CANNOT_TELL = frozenset({
    "unreadable", "encrypted", "contents-padded", "junk-after-signature", "signature-field-emptied", "changed-since",
    "shadow-suspected", "overlay-on-certified", "not-compared", "covers-part", "chain-unknown", "chain-broken", "wrong-key-usage",
    "no-proof-of-time", "not-yet-valid", "revoked-time-unknown", "revocation-unknown", "algorithm-weak", "algorithm-broken",
    "time-false", "stamp-untrusted", "stamp-weak", "root-expired",
})  # fmt: skip
TOLD = frozenset({
    "local-time-as-utc", "claimed-in-future", "claimed-after-stamp", "stamp-imprint-weak", "stamp-expired", "hybrid-references",
    "unreadable-store",
})  # fmt: skip
TOLERANCE = dt.timedelta(seconds=60)
_SEVEN_HOURS = dt.timedelta(hours=7)
_NEAR = dt.timedelta(minutes=15)
_RANKS = {"strong": 0, "weak": 1, "broken": 2}
_HARMLESS_FOR_STAMPS = frozenset({"unspecified", "affiliation_changed", "superseded", "cessation_of_operation"})  # RFC 3161, 4


def verdict_of(reasons: Iterable[str]) -> str:
    """The verdict that reasons add up to; a reason nobody knows cannot be waved through."""
    found = set(reasons)
    if found & PROVES_WRONG:
        return INVALID
    return UNKNOWN if found - TOLD else VALID


def document(signatures: Sequence[Finding], flaws: Iterable[str] = (), *, signed: bool = True) -> str:
    """The document's verdict from its signatures' and from what is wrong with the file itself.

    Args:
        signatures: judged ones, document time-stamps too.
        flaws: codes of the file.
        signed: somebody signed; a time-stamp alone is nobody's signature.
    """
    verdicts = [finding.verdict for finding in signatures] + [verdict_of(flaws)]
    if INVALID in verdicts:
        return INVALID
    if UNKNOWN in verdicts:
        return UNKNOWN
    return VALID if signatures and signed else UNSIGNED


def _day(value: object) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))


def _grade(row: Mapping[str, Any], on: dt.date) -> str:
    for word in ("broken", "weak"):
        since = row.get(f"{word}_from")
        if since and on >= _day(since):
            return word
    return "strong"


def digest_grade(name: str, on: dt.date, policy: Policy) -> str:
    """`strong`, `weak` or `broken`: a digest on that day."""
    rows = (row for row in policy.get("digest", ()) if row["name"] == name)  # a station's own row comes before ours
    return next((_grade(row, on) for row in rows), "weak")


def _key_grade(kind: str, bits: int, on: dt.date, policy: Policy) -> str:
    rows = [row for row in policy.get("key", ()) if row["kind"] == kind]
    if not rows:
        return "weak"
    return max((_grade(row, on) for row in rows if bits < row["below"]), key=_RANKS.__getitem__, default="strong")


def strength(uses: Iterable[Algorithm], on: dt.date, policy: Policy) -> str:
    """`strong`, `weak` or `broken`: the weakest of the uses on that day. What the policy does not name is weak."""
    grades = [grade for use in uses for grade in (
        digest_grade(use.digest, on, policy), _key_grade(use.key, use.bits, on, policy))]  # fmt: skip
    return max(grades, key=_RANKS.__getitem__, default="weak")


def strong_until(uses: Iterable[Algorithm], policy: Policy) -> dt.date:
    """The first day on which one of the uses is not strong any more; the last there is where no such day is known."""
    found = [dt.date.max]
    for use in uses:
        digests = [row for row in policy.get("digest", ()) if row["name"] == use.digest][:1]
        keys = [row for row in policy.get("key", ()) if row["kind"] == use.key]
        if not digests or not keys:
            return dt.date.min
        rows = [*digests, *(row for row in keys if use.bits < row["below"])]
        found += [_day(row[key]) for row in rows for key in ("weak_from", "broken_from") if row.get(key)]
    return min(found)


def _in_time(statement: Statement, link: Link, at: dt.datetime, policy: Policy) -> bool:
    """Whether a good statement says something about that moment."""
    if statement.this_update > at:  # made later: a list drops what has expired (RFC 5280, 3.3)
        return statement.this_update <= link.valid_to or statement.keeps_expired
    if statement.next_update is not None:
        return at <= statement.next_update + TOLERANCE
    return at - statement.this_update <= dt.timedelta(hours=policy.get("answers_without_end_hours", 24))


def _revocation(statement: Statement) -> bool:
    return statement.status == "revoked"


def _superseded(statement: Statement, link: Link) -> bool:
    """A hold that a newer good statement lifted."""
    newer = [s for s in link.statements if s.status == "good" and s.this_update > statement.this_update]
    return statement.reason in {"certificate_hold", "remove_from_crl"} and bool(newer)


def revoked_since(link: Link) -> dt.datetime | None:
    """The earliest moment any statement says the certificate was revoked at; None where none does."""
    said = [s for s in link.statements if _revocation(s) and not _superseded(s, link)]
    return min((s.revoked_at or s.this_update for s in said), default=None)


def revocation(link: Link, at: dt.datetime, now: dt.datetime, policy: Policy) -> str:
    """`good`, `revoked` (at that moment) or `unknown`; statements from the future say nothing."""
    known = [s for s in link.statements if s.this_update <= now + TOLERANCE]
    since = revoked_since(Link(link.sha256, link.valid_from, link.valid_to, tuple(known)))
    if since is not None:
        return "revoked" if since <= at else "good"
    good = (s for s in known if s.status == "good")
    return "good" if any(_in_time(s, link, at, policy) for s in good) else "unknown"


def standing(chain: Chain, proved: dt.datetime | None, now: dt.datetime, policy: Policy) -> tuple[str, str]:
    """What a chain is worth at a moment: (trust, reason or "").

    Args:
        chain: from a signer to a root.
        proved: the moment it was used at, if that is proved; else it is judged now.
        now: the time of checking.
        policy: see `config/law/algorithms.toml`.
    """
    if chain.fault or not chain.links:
        fault = chain.fault or "chain-unknown"
        return ("unknown" if fault == "chain-unknown" else "untrusted"), fault
    at = min(proved or now, now)
    below, root = chain.links[:-1] or chain.links, chain.links[-1]
    states = [revocation(link, at, now, policy) for link in chain.links[:-1]]
    if "revoked" in states:
        return "revoked", "revoked" if proved else "revoked-time-unknown"
    if any(at < link.valid_from - TOLERANCE for link in below):
        return "expired", "expired-at-signing" if proved else "not-yet-valid"
    if any(at > link.valid_to for link in below):
        return "expired", "expired-at-signing" if proved else "no-proof-of-time"
    if not root.valid_from <= at <= root.valid_to:
        return "unknown", "root-expired"
    return ("unknown", "revocation-unknown") if "unknown" in states else ("trusted", "")


def stamp_reason(stamp: Stamp, now: dt.datetime, policy: Policy) -> str:
    """Why a token proves no time; empty where it does."""
    if not (stamp.sound and stamp.matches) or stamp.at > now + TOLERANCE or stamp.chain.fault == "wrong-key-usage":
        return "time-false"
    at = min(stamp.proved_at or now, now)
    if stamp.chain.links and not stamp.chain.links[0].valid_from <= stamp.at <= stamp.chain.links[0].valid_to:
        return "time-false"
    trust, why = standing(stamp.chain, stamp.proved_at, now, policy)
    if trust == "revoked":
        return "" if _before_harmless_end(stamp) else "time-false"
    if why in {"no-proof-of-time", "expired-at-signing", "root-expired"}:
        return "stamp-expired"
    if trust != "trusted":
        return why if why == "revocation-unknown" else "stamp-untrusted"
    if strength([use for use in stamp.algorithms if use.use != "imprint"], at.date(), policy) != "strong":
        return "stamp-weak"
    used = (*stamp.algorithms, *stamp.chain.algorithms)
    return "" if strength(used, at.date(), policy) == "strong" else "stamp-imprint-weak"


def _before_harmless_end(stamp: Stamp) -> bool:
    said = [s for link in stamp.chain.links for s in link.statements if _revocation(s)]
    return bool(said) and all(
        s.reason in _HARMLESS_FOR_STAMPS and s.revoked_at is not None and stamp.at < s.revoked_at for s in said
    )


def _clock(claimed: dt.datetime | None, token: dt.datetime | None, now: dt.datetime) -> list[str]:
    """What is odd about the claimed time; it is told and never corrected."""
    if claimed is None:
        return []
    if token is not None and abs(claimed - token - _SEVEN_HOURS) <= _NEAR:
        return ["local-time-as-utc"]
    if token is not None and claimed > token + TOLERANCE:
        return ["claimed-after-stamp"]
    return ["claimed-in-future"] if claimed > now + TOLERANCE else []


def _time(signature: Signature, now: dt.datetime, policy: Policy) -> tuple[str, dt.datetime | None, list[str]]:
    """(finding, the earliest proved moment, reasons)."""
    judged = [(stamp, stamp_reason(stamp, now, policy)) for stamp in signature.stamps]
    moments = [stamp.at for stamp, why in judged if not why] + list(signature.covered_by)
    reasons = sorted({why for _, why in judged if why and (why != "stamp-expired" or not moments)})
    told = [stamp.at for stamp in signature.stamps if stamp.sound and stamp.matches]
    reasons += _clock(signature.claimed, min(told, default=None), now)
    if "time-false" in reasons:
        return "false", min(moments, default=None), reasons
    if moments:
        return "proved", min(moments), reasons
    return ("claimed" if signature.claimed or told else "none"), None, reasons


def _changed(signature: Signature) -> list[str]:
    reasons = list(signature.changes.flaws)
    if signature.changes.label == "unexplained" and "forbidden-change" not in reasons:
        reasons.append("changed-since")
    return reasons


def _integrity(signature: Signature) -> tuple[str, list[str]]:
    if signature.intact is None:
        return "unknown", [] if signature.flaws else ["unreadable"]
    return ("intact", []) if signature.intact else ("broken", ["altered"])


def signature(facts: Signature, now: dt.datetime, policy: Policy) -> Finding:
    """Judge one signature.

    Args:
        facts: what was found out.
        now: the time of checking.
        policy: digests and key sizes by date, `answers_without_end_hours`.
    """
    integrity, reasons = _integrity(facts)
    reasons += facts.flaws
    time, proved, told = _time(facts, now, policy)
    at = min(proved, now) if proved else now
    if facts.kind == "timestamp":
        trust, why = _stamp_standing(facts, now, policy)
    else:
        trust, why = standing(facts.chain, proved, now, policy)
    grade = strength((*facts.algorithms, *facts.chain.algorithms), at.date(), policy)
    is_told = grade == "strong" or (reasons and not facts.algorithms)  # nothing could be read: that is said already
    poor = [] if is_told else [f"algorithm-{grade}"]
    reasons += [*told, *([why] if why else []), *poor, *_changed(facts)]
    if integrity != "intact":
        time = "claimed" if time == "proved" else time  # a token proves nothing about bytes it is not of
    unique = tuple(dict.fromkeys(reasons))
    return Finding(integrity, grade, time, trust, facts.changes.label, verdict_of(unique), unique, at)


def _stamp_standing(facts: Signature, now: dt.datetime, policy: Policy) -> tuple[str, str]:
    """A document time-stamp is trusted if its own token proves a time; what lies beyond it is judged then."""
    trust, why = standing(facts.chain, min(facts.covered_by, default=None), now, policy)
    proves = not any(stamp_reason(stamp, now, policy) for stamp in facts.stamps)
    return ("trusted", "") if proves and trust == "revoked" else (trust, why)
