"""Annexes kept in files of their own: each bears the number of its main document (NĐ 30/2020 Phụ lục I, Phần I, II.8.b, III.1.d).

PURE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from processor.document import Scan
from processor.errors import Verdict
from processor.tables import Lane


def admit(scan: Scan, lane: Lane, facts: Mapping[str, Any]) -> None:
    """Anything unsigned: scanned, born digital, or made from an Office file."""
    if facts["signed"]:
        raise Verdict("signed")


def allow(scan: Scan, lane: Lane, marks: Mapping[str, bool]) -> None:
    """Nothing of its own: a table or a drawing is an annex too."""


def block(lane: Lane) -> str:
    """The number of the main document, and the time."""
    return "attachment"


def numbered(values: Mapping[str, Any]) -> str:
    """Number and notation as the block prints them.

    Raises:
        Verdict: `number-missing`, neither the side-car nor the main document's record tells them.
    """
    number, notation = values.get("code_number"), values.get("code_notation")
    if not number or not notation:
        raise Verdict("number-missing")
    return f"{number}/{notation}"
