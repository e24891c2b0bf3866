"""An annex finds the document it belongs to, by what its side-car says.

Promises: it is never linked to one of several; where the main document is not filed yet, the annex waits for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from archive.query import Query
from archive.store import Archive
from processor.document import Scan
from processor.errors import Verdict

_ENOUGH = 50  # more documents of one number than this are several all the same


def main_document(scan: Scan, archive: Archive) -> Mapping[str, Any] | None:
    """The record of the main document that the side-car names, by its code or as number and notation (`15/QĐ-UBND`).

    What was received is nobody's main document here. A number may come again every year: the one of the side-car's own `issued_date`, else of the year the annex arrived in.

    Raises:
        Verdict: `waiting-main`, none is filed; `main-ambiguous`, several are.
    """
    named = scan.sidecar.get("main", "").strip()
    if not named:
        return None
    by_code = archive.get(named)
    if by_code is not None and by_code["doc_code"] == named and by_code["state"] == "filed":
        return by_code
    number, _, notation = named.partition("/")
    if not number or not notation:
        raise Verdict("waiting-main")
    year = scan.sidecar.get("issued_date", "")[:4] or str(dt.datetime.fromisoformat(scan.received_at).year)
    found = [
        row for row in archive.find(Query("", {"code_number": number, "code_notation": notation}, None, None, _ENOUGH))
        if (row["issued_date"] or row["filed_at"] or "").startswith(year) and row["main_code"] is None and row["verification"] is None
    ]  # fmt: skip
    if len(found) > 1:
        raise Verdict("main-ambiguous", f"{len(found)} documents")
    if not found:
        raise Verdict("waiting-main")
    return found[0]
