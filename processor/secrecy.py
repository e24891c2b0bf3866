"""Whether a scan holds what is secret beside the pages of one document: the archive keeps scans whole.

Promises: of a scan that several documents share, or of which pages are left out, every page was looked at for a mark of secrecy in
red before any document of it goes on; pages that none of them has also for one in black, since nobody else reads them, and
so are pictures in a package. Refuses to look again where a person has answered for the scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from archive.store import Archive
from processor.document import Scan
from processor.errors import SECRET, Verdict
from processor.tools import Tools, lane_of


def marked(scan: Scan, wanted: Sequence[int], path: Path, tools: Tools, *, read: bool = False) -> list[int]:
    """Pages that bear a mark of secrecy in red; none where the lane does not ask, or a person has released the scan.

    Args:
        scan: whose pages.
        wanted: which of them, 1-based.
        path: the file that has them.
        tools: what the stages need.
        read: whether black marks are looked for too.
    """
    if not wanted or not _is_asked(scan, tools):
        return []
    found: list[int] = tools.engine.call("marked_pages", {
        "path": str(path), "wanted": list(wanted), "limits": tools.settings.limits.model_dump(), "read": read,
        "looks": _looks(scan, tools),
    }, pages=len(wanted))["pages"]  # fmt: skip
    return found


def beside_documents(scan: Scan, others: Sequence[str], tools: Tools) -> tuple[tuple[str, ...], Sequence[str]]:
    """Why a package goes no further as a whole, empty where it does, and what in it nobody has looked at.

    Args:
        scan: the package, which the archive keeps whole.
        others: what it holds besides documents.
        tools: what the stages need.
    """
    if not others or not _is_asked(scan, tools):
        return (), others
    args = {"path": str(scan.blob.path), "limits": tools.settings.limits.model_dump(), "looks": _looks(scan, tools)}
    try:
        seen = tools.engine.call("marked_members", args, pages=len(others))
    except Verdict as verdict:
        return (SECRET, f"a member of the package could not be looked at: {verdict.code}"), others
    told = f"member {', '.join(map(str, seen['marked']))} of the package"
    return (SECRET, told) if seen["marked"] else (), seen["unseen"]


def _is_asked(scan: Scan, tools: Tools) -> bool:
    return "no-secrecy-mark" in lane_of(scan, tools).require_to_seal and SECRET not in scan.released


def _looks(scan: Scan, tools: Tools) -> dict[str, Any]:
    return {"languages": list(lane_of(scan, tools).languages), "station": str(tools.station)}


def is_unanswered(scan_sha256: str, archive: Archive, *, is_part: bool) -> bool:
    """Whether a scan was held for secrecy and nobody has answered for it since, by the log, which nobody can change.

    Args:
        scan_sha256: the scan.
        archive: whose log.
        is_part: whether several documents share the scan: each of them that was held has to be answered for.
    """
    unanswered = 0
    for event in archive.told_of(scan_sha256):
        if event["public"].get("code") == SECRET:
            unanswered = max(unanswered + {"held": 1, "released": -1}.get(event["type"], 0), 0)
            unanswered = unanswered if is_part else min(unanswered, 1)  # dropped again it is held again
    return unanswered > 0
