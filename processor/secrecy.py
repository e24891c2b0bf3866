"""Whether a scan holds what is secret beside the pages of one document: the archive keeps scans whole.

Promises: of a scan that several documents share, or of which pages are left out, every page was looked at for a mark of secrecy in
red before any document of it goes on. Refuses to look again where a person has answered for the scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from archive.store import Archive
from processor.document import Scan
from processor.tools import Tools, lane_of

SECRET = "secrecy-mark"


def marked(scan: Scan, wanted: Sequence[int], path: Path, tools: Tools) -> list[int]:
    """Pages that bear a mark of secrecy in red; none where the lane does not ask, or a person has released the scan.

    Args:
        scan: whose pages.
        wanted: which of them, 1-based.
        path: the file that has them.
        tools: what the stages need.
    """
    lane = lane_of(scan, tools)
    if not wanted or "no-secrecy-mark" not in lane.require_to_seal or SECRET in scan.released:
        return []
    found: list[int] = tools.engine.call("marked_pages", {
        "path": str(path), "wanted": list(wanted), "limits": tools.settings.limits.model_dump(),
        "looks": {"languages": list(lane.languages), "station": str(tools.station)},
    }, pages=len(wanted))["pages"]  # fmt: skip
    return found


def is_unanswered(scan_sha256: str, archive: Archive) -> bool:
    """Whether a document of a scan was held for secrecy and nobody has answered for it since, by the log, which nobody can change.

    Several documents may share a scan: each that was held has to be answered for.
    """
    unanswered = 0
    for event in archive.told_of(scan_sha256):
        if event["public"].get("code") == SECRET:
            unanswered += {"held": 1, "released": -1}.get(event["type"], 0)
            unanswered = max(unanswered, 0)
    return unanswered > 0
