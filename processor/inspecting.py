"""A scan's pages measured, and held to the law of the day: the coordinator's side of quality.

Promises: paper lanes only, and only pages that are scans; what was found stays in the record's provenance, also where a person
released it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from archive.naming import local_date
from processor import lanes, law
from processor.document import Scan
from processor.intake import pages
from processor.lanes import quality
from processor.tools import Tools, lane_of


def inspected(scan: Scan, facts: Mapping[str, Any], source: Path, tools: Tools) -> dict[str, Any]:
    """What is found out about a scan's quality, for its provenance.

    Args:
        scan: whose pages, what of it a person has released.
        facts: what `probe` found.
        source: the file that has its pages.
        tools: what the stages need.

    Raises:
        Verdict: by the law's profile, `low-resolution` and its kin.
    """
    lane = lane_of(scan, tools)
    kinds = [page["kind"] for page in facts["pages"]]
    wanted = [n for n in pages.parse(scan.part, len(kinds)) or () if kinds[n - 1] == "scan"]
    if not lanes.is_paper(lane) or not wanted:
        return {}
    rule = law.quality_rule(lane.kind, local_date(tools.clock()), tools.station)
    found = _measured(source, wanted, tools)
    wrong = quality.found(found, rule)
    quality.check(wrong, rule, scan.released)
    told = {"rule": f"{rule.act}, {rule.article}", "pages": found, "found": wrong, "notes": quality.notes(found, rule)}
    return {"quality": told}


def _measured(source: Path, wanted: list[int], tools: Tools) -> list[dict[str, Any]]:
    """In portions, as many at once as there are workers: one long document keeps all cores busy."""
    step, limits = tools.settings.engine.pages_per_job, tools.settings.limits.model_dump()

    def measured(first: int) -> list[dict[str, Any]]:
        some = wanted[first : first + step]
        args = {"path": str(source), "wanted": some, "limits": limits}
        rows: list[dict[str, Any]] = tools.engine.call("quality", args, pages=len(some))["pages"]
        return rows

    firsts = range(0, len(wanted), step)
    with ThreadPoolExecutor(min(len(firsts), os.cpu_count() or 1)) as pool:
        return [row for rows in pool.map(measured, firsts) for row in rows]
