"""Documents the office issues: the persons in charge have signed, the organisation's seal is added.

NĐ 30/2020 Đ33; Phụ lục I, Phần I, II.8.

PURE.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processor.document import Scan
from processor.errors import Verdict
from processor.tables import Lane

_WRITTEN = frozenset({"field-filled", "field-overwritten", "field-changed", "appearance-changed"})
_VIETNAM = dt.timezone(dt.timedelta(hours=7))


@dataclass(frozen=True, slots=True)
class Person:
    """A person in charge, known by the SHA-256 of their certificate; `authority` is what they sign by (`KT.`)."""

    id: str
    fingerprint: str
    valid_from: dt.date
    valid_to: dt.date
    name: str = ""
    position: str = ""
    authority: str = ""


def admit(scan: Scan, lane: Lane, facts: Mapping[str, Any]) -> None:
    """What was read of an original says nothing against it; `signed` decides."""


def allow(scan: Scan, lane: Lane, marks: Mapping[str, bool]) -> None:
    """Nothing of its own: who may issue what, the signatures say."""


def block(lane: Lane) -> str:
    """The seal is a picture, not a block of words."""
    return ""


def signed(lane: Lane, report: Mapping[str, Any], persons: Iterable[Person]) -> tuple[tuple[str, str], ...]:
    """Who of the persons the lane asks for signed in which field, in its order.

    Args:
        lane: `signers` names them; `a|b` is one or the other.
        report: what `verify` found.
        persons: whom the settings know.

    Raises:
        Verdict: `person-missing`, `person-not-listed`, `person-order`, `person-not-valid`, `waiting-revocation`.
    """
    _check_whole(report)
    known = list(persons)
    signatures = [each for each in report["signatures"] if each["kind"] == "signature"]
    for each in signatures:
        if set(each["change_kinds"]) & _WRITTEN:
            raise Verdict("person-not-valid", "a form field was filled in after a signature: who signed did not see it")
    found = [(_person(each, known), str(each["field"])) for each in signatures]
    if not found:
        raise Verdict("person-missing", "nobody has signed")
    return _in_order(lane.signers, found)


def _check_whole(report: Mapping[str, Any]) -> None:
    """Every signature is valid, else nothing is sealed; what only lacks an answer from outside is asked again."""
    reasons = report["reasons"]
    if report["verdict"] == "unknown" and set(reasons) <= {"revocation-unknown"} and reasons:
        raise Verdict("waiting-revocation", "of a person's certificate")
    if report["verdict"] in {"invalid", "unknown"}:
        raise Verdict("person-not-valid", ", ".join(reasons))


def _person(signature: Mapping[str, Any], known: Sequence[Person]) -> str:
    """Whose it is, on the day that is proved, else on the day it is looked at: a signer's own clock may be set back."""
    digest = (signature["signer"] or {}).get("sha256", "")
    day = dt.datetime.fromisoformat(signature["judged_at"]).astimezone(_VIETNAM).date()
    for person in known:
        if digest and person.fingerprint == digest and person.valid_from <= day <= person.valid_to:
            return person.id
    raise Verdict("person-not-listed", f"a signature of revision {signature['revision']}")


def authority(scan: Scan, person: Person, read: str) -> None:
    """The page names the authority the person signs by, where the settings tell it (NĐ 30/2020 Phụ lục I, Phần I, II.7.a).

    Args:
        scan: what a person has released of it counts.
        person: who signed last.
        read: the authority as it was read, folded; empty where none was.

    Raises:
        Verdict: `authority-differs`.
    """
    wanted = person.authority.rstrip(".").lower()
    if wanted and read != wanted and "authority-differs" not in scan.released:
        raise Verdict("authority-differs", f"{person.authority} expected")


def _in_order(wanted: Sequence[str], found: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Each wanted one, after the one before; others of the settings may sign before the last, who has the last word."""
    left, chosen = list(found), []
    for name in wanted:
        either = {one.strip() for one in name.split("|")}
        if not either & {person for person, _ in found}:
            raise Verdict("person-missing", name)
        while left and left[0][0] not in either:
            left.pop(0)
        if not left:
            raise Verdict("person-order", name)
        chosen.append(left.pop(0))
    if wanted and left:
        raise Verdict("person-order", "somebody signed after the last one")
    return tuple(chosen) if wanted else (found[-1],)
