"""Electronic documents received (NĐ 30/2020 Đ21.2): verified, then kept as they came; what fails goes back with a notice.

PURE.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from archive.naming import organ_id_forms
from processor.document import Scan
from processor.errors import Verdict
from processor.tables import Lane

ACCEPT = "verifying"  # the code a document waits under, and what a person releases who answers for it


def admit(scan: Scan, lane: Lane, facts: Mapping[str, Any]) -> None:
    """What was read of an original says nothing against it; `judge` decides."""


def allow(scan: Scan, lane: Lane, marks: Mapping[str, bool]) -> None:
    """Nothing of its own."""


def block(lane: Lane) -> str:
    """Nothing is shown: nothing is added."""
    return ""


def addressed(scan: Scan, own: Collection[str]) -> None:
    """Refuse what is addressed to another agency, where the side-car says to whom.

    Args:
        scan: names the addressee by its identifier, or does not.
        own: every identifier the agency has or had, in each form; none where the settings name none.

    Raises:
        Verdict: `wrong-addressee`.
    """
    to = scan.sidecar.get("to_organ_id", "").strip().upper()
    if to and own and not organ_id_forms(to) & {code.upper() for code in own}:
        raise Verdict("wrong-addressee")


def judge(scan: Scan, lane: Lane, report: Mapping[str, Any]) -> str:
    """What the signatures are worth: `valid`, `unknown` or `unsigned`.

    Args:
        scan: what a person has released of it counts.
        lane: says what becomes of what bears no signature.
        report: what `verify` found.

    Raises:
        Verdict: invalid, by the first reason found; `unsigned` (held) or `unsigned-refused` by the lane's rule.
    """
    verdict: str = report["verdict"]
    if verdict == "invalid":
        first, *more = report["reasons"] or ["altered"]
        raise Verdict(first, ", ".join(more))
    if verdict != "unsigned":
        return "valid" if verdict == "valid" else "unknown"
    if lane.unsigned == "reject":
        raise Verdict("unsigned-refused")
    if lane.unsigned == "hold" and "unsigned" not in scan.released:
        raise Verdict("unsigned")
    return "unsigned"
