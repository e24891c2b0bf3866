"""An annex finds the document it belongs to, by what its side-car says.

Promises: it is never linked to one of several; where the main document is not filed yet, the annex waits for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from archive.counted import counted
from archive.errors import ArchiveError
from archive.query import Query
from archive.store import Archive
from processor.document import Scan
from processor.errors import Verdict
from processor.law import VIETNAM

_ENOUGH = 50  # more documents of one number than this are several all the same


def main_document(scan: Scan, archive: Archive) -> Mapping[str, Any] | None:
    """The record of the main document that the side-car names, by its code or as number and notation (`15/QĐ-UBND`).

    What was received is nobody's main document here. A number may come again every year:
    the one of the side-car's own `issued_date`, else of the year the annex arrived in, or the one before.

    Raises:
        Verdict: `waiting-main`, none is filed; `main-ambiguous`, several are.
    """
    named = scan.sidecar.get("main", "").strip()
    if not named:
        return None
    try:
        by_code = archive.get(named)
    except ArchiveError as error:
        raise Verdict("main-ambiguous", "the beginning of several codes") from error
    if by_code is not None and by_code["doc_code"] == named:
        while by_code is not None and by_code["superseded_by"]:  # another code or a better scan counts in its place
            by_code = archive.get(by_code["superseded_by"])
        if by_code is not None and by_code["state"] == "filed":
            return by_code
    number, _, notation = named.partition("/")
    if not number or not notation:
        raise Verdict("waiting-main")
    day = scan.sidecar.get("issued_date", "")
    arrived = dt.datetime.fromisoformat(scan.received_at).astimezone(VIETNAM).year
    years = (day[:4],) if day else (str(arrived), str(arrived - 1))  # in January annexes of the old year still come
    rows = archive.find(Query("", {"code_number": number, "code_notation": notation}, None, None, _ENOUGH))
    found = [row for row in rows if _may_be_main(row, day, years)]
    if len(found) > 1:
        raise Verdict("main-ambiguous", counted(len(found), "document"))
    if not found:
        raise Verdict("waiting-main")
    return found[0]


def _may_be_main(row: Mapping[str, Any], day: str, years: tuple[str, ...]) -> bool:
    """Whether a document of that number is of such a year, or of the day; no annex itself, nor one that was received."""
    is_ours = row["main_code"] is None and row["verification"] is None
    of_year = (row["issued_date"] or row["filed_at"] or "").startswith(years)
    return is_ours and of_year and (not day or row["issued_date"] in {None, day})
