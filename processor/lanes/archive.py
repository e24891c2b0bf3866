"""Archival paper digitised (TT 05/2025): sealed by the archive, not a copy in the sense of NĐ 30.

PURE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from processor.document import Scan
from processor.errors import Verdict
from processor.tables import Lane


def admit(scan: Scan, lane: Lane, facts: Mapping[str, Any]) -> None:
    """Anything unsigned: what was born digital keeps its text."""
    if facts["signed"]:
        raise Verdict("signed")


def allow(scan: Scan, lane: Lane, marks: Mapping[str, bool]) -> None:
    """Nothing of its own."""


def block(lane: Lane) -> str:
    """The archive's block names no form."""
    return "archive"
