"""The stage between numbered and sealed of what an office issues: the document stays, a place for the seal is found.

The number and the date go in as existing form fields, or as appearances of our own signatures, never as page content.
"""

from __future__ import annotations

from processor.document import Finished, Numbered, original_of, scan_of
from processor.errors import Verdict
from processor.tools import Tools, agency_of, lane_of


def finish(numbered: Numbered, tools: Tools) -> Finished:
    """Where seal, number and date go; the bytes are those of the original.

    Raises:
        Verdict: `seal-picture-missing`; what `locate` refuses.
    """
    scan, original, settings = scan_of(numbered), original_of(numbered), tools.settings.seal
    lane = lane_of(scan, tools)
    agency_of(scan, tools)
    if not settings.picture:
        raise Verdict("seal-picture-missing")
    values = scan.sidecar  # what was read is no order: only a person says which number a document gets
    place = tools.engine.call("locate", {
        "path": str(original.pdf.path), "fields": list(original.fields), "seal_at": list(lane.seal_at),
        "picture": str(tools.picture), "picture_mm": settings.picture_mm, "font": tools.font,
        "number": values.get("code_number", ""), "notation": values.get("code_notation", ""),
        "date": values.get("issued_date", ""), "number_field": lane.number_field, "date_field": lane.date_field,
        "number_at": list(lane.number_at), "date_at": list(lane.date_at), "released": list(scan.released),
    })  # fmt: skip
    return Finished(numbered, original.pdf, place)
