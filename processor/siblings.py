"""Documents that share a scan: none leaves unread, for the archive keeps the whole scan with any other of them.

Promises: of a document that is held or refused before it was read, the pages are read for a mark of secrecy and for nothing else;
where that cannot be done it counts as one, since a person looks at what is held. What nobody can picture (a page that cannot be
decoded, an encrypted member) bears no mark.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from archive.query import Query
from processor import lanes, originals, secrecy
from processor.document import Described, Pending, Read, Recognised, Scan, Verified, scan_of
from processor.errors import SECRET, Verdict
from processor.intake import pages
from processor.intake.stack import most_pages
from processor.lot_notes import MOST_PAGES
from processor.telling import BY_CLERK, JOINED
from processor.tools import Tools, lane_of

_LEFT_BEFORE = {BY_CLERK, JOINED}  # refusals of what lay in a lot, and was looked at before it was laid there


def judged(document: Pending, verdict: Verdict, tools: Tools, work: Path) -> Verdict:
    """What a document is stopped with: `verdict`, or `secrecy-mark` where it may be secret and shares its scan.

    Args:
        document: how far it came.
        verdict: why it goes no further.
        tools: what the stages need.
        work: where its intermediates lie.

    Raises:
        OSError: the disk failed. Abandoned: Sohoa stops.
    """
    scan = scan_of(document)
    is_shared = scan.part and scan.lane in tools.settings.lanes and verdict.reason.state in {"held", "rejected"}
    is_answered = SECRET in {verdict.code, *scan.released} or not _LEFT_BEFORE.isdisjoint(scan.refusal[:1])
    if not is_shared or is_answered:
        return verdict
    if "no-secrecy-mark" not in lane_of(scan, tools).require_to_seal:
        return verdict
    try:
        return Verdict(SECRET, f"besides {verdict.code}") if _is_secret(document, tools, work) else verdict
    except Verdict as why:
        return Verdict(SECRET, f"besides {verdict.code}; it could not be looked at: {why.code}")


def check_left_out(document: Pending, under_way: Iterable[str], tools: Tools, work: Path) -> None:
    """Of pages that no document of the scan has, one that may be secret holds each of them. Those a stack leaves out are blank or
    our own sheets.

    Args:
        document: how far it came; looked at once, when it is read and about to get its code.
        under_way: the parts of the scan that are being worked on, and read for themselves.
        tools: what the stages need.
        work: where its intermediates lie.

    Raises:
        Verdict: `secrecy-mark`.
    """
    scan = scan_of(document)
    if not isinstance(document, Described) or not isinstance(document.source, Recognised) or not scan.part or scan.stack:
        return
    facts = document.source.facts
    filed = tools.archive.find(Query(fields={"scan_sha256": scan.blob.sha256, "lane": scan.lane}, limit=None))
    known = {scan.part, *under_way, *(row["part"] for row in filed)}
    had = {page for part in known for page in pages.parse(part, facts["scan_pages"]) or ()}
    left_out = [page for page in range(1, facts["scan_pages"] + 1) if page not in had]
    path = work / "converted.pdf" if "converted" in facts else scan.blob.path
    if found := secrecy.marked(scan, left_out, path, tools, read=True):
        raise Verdict(SECRET, f"page {', '.join(map(str, found))} of the scan")


def _is_secret(document: Pending, tools: Tools, work: Path) -> bool:
    match document:
        case Recognised() | Read():
            asked = {"reading": str(document.reading.path), "station": str(tools.station)}
            return bool(tools.engine.call("describe", asked)["marks"]["secrecy"])
        case Verified():
            return _is_marked(scan_of(document), document.pdf.path, (), tools)
        case Scan() if lanes.takes_originals(lane_of(document, tools)):
            work.mkdir(parents=True, exist_ok=True)
            return _is_marked(document, originals.document(document, tools, work).path, (), tools)
        case Scan():
            return _is_marked(document, document.blob.path, _pages(document, tools), tools)
        case _:
            return False  # it was read


def _pages(scan: Scan, tools: Tools) -> tuple[int, ...]:
    """The pages it has, as a person wrote them; `1-99999` names many more than any scan may have."""
    wanted = pages.parse(scan.part, MOST_PAGES) or ()
    return tuple(number for number in wanted if number <= tools.settings.limits.pages)


def _is_marked(scan: Scan, path: Path, wanted: tuple[int, ...], tools: Tools) -> bool:
    """Whether a page bears a mark, in red or black; no page named: any of them."""
    settings = tools.settings
    args = {
        "path": str(path), "wanted": wanted, "limits": settings.limits.model_dump(), "read": True,
        "looks": {"languages": list(lane_of(scan, tools).languages), "station": str(tools.station)},
    }  # fmt: skip
    most = len(wanted) or most_pages(path.stat().st_size, settings.limits.pages)
    return bool(tools.engine.call("marked_pages", args, pages=most)["pages"])
