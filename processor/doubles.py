"""Two filed documents of one number, notation, year and agency (NĐ 30/2020 Phụ lục VI, III.1.h): warned about, never blocked.

Promises: a lawful second copy, another part of the same scan and an annex are no doubles; where an agency is not known it cannot
be told, and is warned about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.store import Archive
from processor import law
from processor.agencies import Agencies

SAME = "same-number"
VI = "Số, ký hiệu, năm và cơ quan ban hành trùng với văn bản đã lưu."
ACT = "So hai văn bản; nếu là bản quét lại: sohoa supersede MÃ_CŨ --by MÃ_MỚI --reason ..."

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Double:
    """A document, and the earlier one whose number it bears too."""

    record: Record
    of: str


def among(groups: Iterable[Sequence[Record]], known: Agencies) -> list[Double]:
    """The doubles in groups of documents of one number, notation and year, each group in the order it was filed."""
    found = []
    for group in groups:
        for place, record in enumerate(group):
            first = next((other for other in group[:place] if _is_double(record, other, known)), None)
            if first is not None:
                found.append(Double(record, first["doc_code"]))
    return found


def _is_double(one: Record, other: Record, known: Agencies) -> bool:
    if one["scan_sha256"] == other["scan_sha256"]:
        return False
    named = one["organ_name"], other["organ_name"]
    return not all(named) or known.is_same(*named)


def _is_noted(double: Double, archive: Archive) -> bool:
    known = archive.get(double.record["doc_code"]) or {"events": []}
    return any(event["type"] == SAME and event["public"] == {"of": double.of} for event in known["events"])


def is_about_number(changes: Mapping[str, str]) -> bool:
    """Whether a correction can make a double."""
    return not changes.keys().isdisjoint({"code_number", "code_notation", "issued_date", "organ_name"})


def listed(archive: Archive, station: Path) -> list[Double]:
    """All there are."""
    return among(archive.same_number(), law.agencies(station))


def note(doc_code: str, archive: Archive, station: Path, actor: str) -> list[Double]:
    """An event for each double a document that was just filed or described makes, once; returns them all."""
    groups = archive.same_number(doc_code)
    if not groups:
        return []
    found = [each for each in among(groups, law.agencies(station)) if doc_code in {each.record["doc_code"], each.of}]
    for each in (each for each in found if not _is_noted(each, archive)):
        archive.event(SAME, doc_code=each.record["doc_code"], scan_sha256=each.record["scan_sha256"], actor=actor,
                      public={"of": each.of})  # fmt: skip
    return found
