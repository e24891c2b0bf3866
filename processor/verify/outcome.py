"""The report of one verification as JSON: every name and time of it is a contract others read.

Promises: times are RFC 3339; nothing of the document's text, only what certificates say of signers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from processor.verify.certificates import Certificate
from processor.verify.cms import Read
from processor.verify.facts import Chain, Finding, Signature, Statement
from processor.verify.pdf import Found
from processor.verify.revocation import Datum


def moment(at: dt.datetime | None) -> str | None:
    """RFC 3339; a time without a zone is taken for UTC."""
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=dt.UTC)).isoformat(timespec="seconds")


def _first(value: object) -> str:
    return str(value[0] if isinstance(value, list) and value else value or "")


def signer(one: Certificate | None) -> dict[str, Any] | None:
    """What a certificate says of its holder."""
    if one is None:
        return None
    subject, issuer = one.asn1.subject.native, one.asn1.issuer.native
    return {
        "name": _first(subject.get("common_name")),
        "agency": _first(subject.get("organization_name")),
        "unit": _first(subject.get("organizational_unit_name")),
        "title": _first(subject.get("title")),
        "serial": f"{one.own.serial_number:x}",
        "issuer": _first(issuer.get("common_name")),
        "sha256": one.sha256,
        "valid_from": moment(one.own.not_valid_before_utc),
        "valid_to": moment(one.own.not_valid_after_utc),
    }


def _check(check: str, result: str, detail: str, at: dt.datetime, used: Iterable[str] = ()) -> dict[str, Any]:
    return {"check": check, "result": result, "detail": detail, "at": moment(at), "with": list(used)}


def _said(statement: Statement) -> str:
    until = moment(statement.next_update) or "-"
    since = f", revoked {moment(statement.revoked_at)} {statement.reason}" if statement.status == "revoked" else ""
    return f"{statement.kind} {statement.status}, {moment(statement.this_update)}/{until}{since}, {statement.source}"


def _chain_checks(name: str, chain: Chain, at: dt.datetime) -> list[dict[str, Any]]:
    held = "passed" if chain.links and not chain.fault else "failed" if chain.fault == "chain-broken" else "unknown"
    checks = [_check(f"{name}-chain", held, chain.detail or chain.fault, at, [link.sha256 for link in chain.links])]
    for link in chain.links[:-1]:
        good = {said.status for said in link.statements}
        result = "failed" if "revoked" in good else "passed" if "good" in good else "unknown"
        detail = "; ".join(map(_said, link.statements)) or link.without
        checks.append(_check(f"{name}-revocation", result, detail, at, [link.sha256, *(s.sha256 for s in link.statements)]))
    return checks


_RESULTS = {
    "intact": "passed", "broken": "failed", "strong": "passed", "weak": "failed", "none": "passed", "validation-data": "passed",
    "form-filling": "passed",
}  # fmt: skip


def checks(facts: Signature, finding: Finding, found: Found, detail: str, now: dt.datetime) -> list[dict[str, Any]]:
    """Every check that was made, with its result and what it was made with."""
    uses = ", ".join(f"{use.use} {use.digest}/{use.key}{use.bits}" for use in (*facts.algorithms, *facts.chain.algorithms))
    changed = [*finding_changes(facts), *(f"page {page}" for page in facts.changes.pages)]
    made = [
        _check("integrity", _RESULTS.get(finding.integrity, "unknown"), detail or found.detail, now),
        _check("coverage", "failed" if facts.flaws else "passed", ", ".join(facts.flaws), now),
        _check("strength", _RESULTS.get(finding.strength, "unknown"), uses, finding.at),
        _check("changes", _RESULTS.get(finding.changes, "unknown"), ", ".join(changed), now),
        *_chain_checks("signer" if facts.kind == "signature" else "stamp", facts.chain, finding.at),
    ]
    for stamp in facts.stamps if facts.kind == "signature" else ():
        held = "passed" if stamp.sound and stamp.matches else "failed"
        made.append(_check("stamp", held, moment(stamp.at) or "", now))
        made += _chain_checks("stamp", stamp.chain, stamp.proved_at or now)
    return made


def finding_changes(facts: Signature) -> Sequence[str]:
    """What differs, by name."""
    return facts.changes.kinds


def entry(facts: Signature, finding: Finding, found: Found, read: Mapping[str, Any]) -> dict[str, Any]:
    """One signature of the report.

    Args:
        facts, finding: what was found out and what it means.
        found: the field.
        read: `signature` (Read or None), `tokens` (list of Read), `now`, `revision`, `size`.
    """
    own: Read | None = read["signature"]
    stamps: Sequence[Read] = read["tokens"]
    now: dt.datetime = read["now"]
    covered = found.span.end if found.span else 0
    main = own.algorithms[0] if own and own.algorithms else None
    return {
        "field": found.name,
        "kind": facts.kind,
        "certified": found.level if found.certified else None,
        "subfilter": found.subfilter.removeprefix("/"),
        "revision": read["revision"],
        "coverage": {"bytes": covered, "of": read["size"], "whole": covered == read["size"], "byte_range": list(found.numbers)},
        "signer": signer(own.signer if own else None),
        "digest": main.digest if main else None,
        "algorithm": main.key if main else None,
        "key_bits": main.bits if main else None,
        "claimed_at": moment(facts.claimed),
        "token_at": moment(min((stamp.at for stamp in facts.stamps), default=None)),
        "token_signer": signer(next((stamp.signer for stamp in stamps if stamp.signer), None)),
        "integrity": finding.integrity,
        "strength": finding.strength,
        "time": finding.time,
        "trust": finding.trust,
        "changes": finding.changes,
        "change_kinds": list(finding_changes(facts)),
        "changed_pages": list(facts.changes.pages),
        "verdict": finding.verdict,
        "reasons": list(finding.reasons),
        "judged_at": moment(finding.at),
        "checks": checks(facts, finding, found, own.detail if own else "", now),
    }


def used_data(certificates: Iterable[Certificate], data: Iterable[Datum], told: Mapping[str, Statement]) -> list[dict[str, Any]]:
    """What was used, with where it came from and its dates."""
    listed: list[dict[str, Any]] = [
        {"kind": "certificate", "sha256": one.sha256, "source": one.name, "this_update": moment(one.own.not_valid_before_utc),
         "next_update": moment(one.own.not_valid_after_utc)} for one in certificates
    ]  # fmt: skip
    for datum in data:
        said = told.get(datum.sha256)
        if said is not None:
            listed.append({"kind": datum.kind, "sha256": datum.sha256, "source": datum.source,
                           "this_update": moment(said.this_update), "next_update": moment(said.next_update)})  # fmt: skip
    return listed
