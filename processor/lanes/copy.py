"""Copies on paper turned electronic: sao y, sao lục, trích sao (NĐ 30/2020 Đ25).

PURE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from processor.document import Scan
from processor.errors import Verdict
from processor.tables import Lane

EXTRACT = "trich-sao"
COPY_OF_COPY = "sao-luc"


def admit(scan: Scan, lane: Lane, facts: Mapping[str, Any]) -> None:
    """Paper, unsigned; an extract must say of which pages."""
    if facts["signed"]:
        raise Verdict("signed")
    if lane.form == "sao-y" and any(page["kind"] == "digital" for page in facts["pages"]):
        raise Verdict("born-digital")
    if lane.form == EXTRACT and not scan.part:
        raise Verdict("pages-missing")


def allow(scan: Scan, lane: Lane, marks: Mapping[str, Any]) -> None:
    """A document, not blank paper or a photograph; an extract shows who said it and who signed it.

    NĐ 30 Đ25.3, Đ32: what is copied is a document somebody signed, and one at a time; in doubt a person looks and releases it.
    """
    if not marks["read"] and "nothing-read" not in scan.released:
        raise Verdict("nothing-read")
    if "original" in lane.require_to_seal:
        _require_original(scan, lane, marks)
    if len(marks.get("heads", ())) > 1 and "two-documents" not in scan.released:
        raise Verdict("two-documents", "pages " + ", ".join(map(str, marks["heads"])))
    complete = marks["head"] and marks["signature"]
    if lane.form == EXTRACT and not complete and "extract-incomplete" not in scan.released:
        raise Verdict("extract-incomplete", "no head" if not marks["head"] else "no signature")


def _require_original(scan: Scan, lane: Lane, marks: Mapping[str, bool]) -> None:
    """What is copied is an original, sealed and signed (NĐ 30 Đ3, Đ25.1, Đ32.2.d); what is sao lục, a sao y (Đ25.2)."""
    if not marks["sealed"] and "original-not-seen" not in scan.released:
        raise Verdict("original-not-seen")
    if lane.form == COPY_OF_COPY and not marks["copied"] and "source-copy-not-seen" not in scan.released:
        raise Verdict("source-copy-not-seen")


def block(lane: Lane) -> str:
    """Each form has its own words."""
    return lane.form
