"""What a clerk is shown of each document before sealing: its file, the place of the block or the seal, its record.

Promises: what is shown is the very file that will be sealed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from processor.describe import fields
from processor.document import Finished, scan_of
from processor.journal import Item
from processor.tools import Tools, agency_of, block_number, block_rule, lane_of

_RECORD = ("type_name", "code_number", "code_notation", "issued_date", "organ_name", "subject", "signer_name")


def arguments(items: Sequence[Item], tools: Tools, moment: dt.datetime, out: Path) -> dict[str, Any]:
    """What the worker is told of documents that wait for their seal.

    Args:
        items: finished, in the order they will be sealed.
        tools: know lanes and rules.
        moment: when the sheet is made; the block will bear its own.
        out: the PDF.
    """
    entries = [_entry(item.document, tools, moment) for item in items if isinstance(item.document, Finished)]
    title = f"PHIẾU TRÌNH KÝ SỐ - {moment:%d/%m/%Y %H:%M}"
    return {"entries": entries, "out": str(out), "title": title, "font": tools.font}


def _entry(finished: Finished, tools: Tools, moment: dt.datetime) -> dict[str, Any]:
    scan, described = scan_of(finished), finished.source.source
    agency, lane = agency_of(scan, tools), lane_of(scan, tools)
    number = block_number(described, tools)
    shown = "Dấu cơ quan" if lane.kind == "issue" else block_rule(scan, tools, moment).text(agency, moment, number)
    record = [f"{fields.NAMES[name].capitalize()}: {text}" for name in _RECORD if (text := described.values.get(name))]
    place = finished.place
    passes = place.get("passes", ())
    page = passes[-1]["page"] if passes else 0
    boxes = [each["display"] for each in passes if each["page"] == page and each.get("display")] or [place.get("display")]
    written = [f"Ghi thêm: {text}" for text in place.get("fill", {}).values()]
    written += [f"Ghi thêm: {piece['text']}" for each in passes for piece in each["appearance"].get("pieces", ())]
    return {
        "pdf": str(finished.pdf.path), "page": page, "boxes": [box for box in boxes if box],
        "lines": [finished.source.doc_code, f"{scan.original_name} ({described.source.pages} trang)", f"Luồng: {lane.name}",
                  f"Cơ quan ký: {agency}", f"Thể hiện: {shown}", *written, *record],
    }  # fmt: skip
