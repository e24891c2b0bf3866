"""The job that reads a list of scans: its bytes are foreign, so a worker reads them.

Promises: rows or one verdict, never half a list.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from processor import law
from processor.errors import SettingsError, Verdict
from processor.intake import headings, listing, spreadsheets
from processor.worker import Ask


def lists(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`, `day` (ISO), `station` (its folder, for its own law), `most` (rows).
        ask: not used.

    Returns:
        `profile`: by which act it is written; `rows`: each a `listing.Row` as JSON.

    Raises:
        Verdict: `list-bad`.
    """
    try:
        day, station = dt.date.fromisoformat(args["day"]), Path(args["station"])
        known = headings.profiles(law.read("lists.toml", station), law.code_lists(day, station), day)
    except (SettingsError, KeyError, TypeError, AttributeError) as error:  # by the station's own overlay
        raise Verdict(headings.BAD, f"law/lists.toml: {error}") from error

    def heads(rows: Sequence[Sequence[str]]) -> tuple[int, int] | None:
        found = headings.find(rows, known)
        return (found.at, len(found.meanings())) if found else None

    sought = spreadsheets.Sought(heads, headings.DEEPEST, headings.expected(known), args["most"])
    table = spreadsheets.table(Path(args["path"]), sought)
    profile, rows = listing.rows(table, known, args["most"])
    return {"profile": profile, "rows": [asdict(row) for row in rows]}
