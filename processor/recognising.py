"""From a scan to what was read of it: probed, held to the law of the day, looked at for secrecy, made a body, read.

Promises: nothing of a document is read before its coloured ink was looked at; this process parses nothing of it: workers do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from archive.durable import sha256_file
from archive.naming import local_date
from processor import inspecting, lanes, secrecy
from processor.document import Recognised, Scan
from processor.errors import SECRET, Verdict
from processor.intake import pages
from processor.intake.stack import BLANK
from processor.tables import Lane
from processor.tools import Tools, lane_of

_LEFT = "list-pages-left"


def recognise(scan: Scan, tools: Tools, work: Path) -> Recognised:
    """Probe, choose pages, make the body, read it portion by portion."""
    lane, limits = lane_of(scan, tools), tools.settings.limits.model_dump()
    lanes.check_called(scan)
    facts, source, came = _probed(scan, lane, tools, work)
    own = facts | {"pages": [page for page in facts["pages"] if page["kind"] != "unseen"]}
    lanes.kind(lane).admit(scan, lane, own)
    lanes.check(scan, own)
    if not scan.file_code and "file" in lane.require_to_seal:  # told before the work is done
        raise Verdict("file-missing")
    check_file(scan, lane, tools)
    seen = inspecting.inspected(scan, facts, source, tools)
    _check_left_out(scan, source, len(facts["pages"]), tools)
    _check_annotated(scan, source, facts["pages"], tools)
    body, kinds = work / "body.pdf", [page["kind"] for page in facts["pages"]]
    made = tools.engine.call("body", {
        "path": str(source), "type": facts["type"], "kinds": kinds, "features": facts["features"],
        "pages": scan.part, "rotate": scan.rotate, "flatten": lane.flatten, "limits": limits, "out": str(body),
    }, pages=len(kinds))  # fmt: skip
    ink = _glance(scan, body, made["kinds"], tools)
    told, portions = _read(body, made["kinds"], lane, tools)
    whole = work / "reading.json"
    reading = [page for portion in portions for page in json.loads(_beside(portion).read_text("utf-8"))]
    reading = [page | seen_ink for page, seen_ink in zip(reading, ink, strict=True)]
    whole.write_text(json.dumps(reading, ensure_ascii=False), "utf-8")
    body.unlink()
    told |= seen | _set_aside(scan, tools)
    known = {"type": facts["type"], "scan_pages": len(kinds), "dropped": facts["features"], "noted": made["noted"], **told, **came}
    if scan.rotate:
        known["rotate"] = scan.rotate
    return Recognised(scan, tuple(map(sha256_file, portions)), sha256_file(whole), made["pages"], known)


def _set_aside(scan: Scan, tools: Tools) -> dict[str, Any]:
    """The pages of a stack that this document is scanned with and does not have, each as a small picture."""
    if not (wanted := scan.stack.get("set_aside")):
        return {}
    args = {"path": str(scan.blob.path), "limits": tools.settings.limits.model_dump(), "wanted": wanted}
    return {"set_aside": tools.engine.call("thumbnails", args, pages=max(wanted))["pages"]}


def _probed(scan: Scan, lane: Lane, tools: Tools, work: Path) -> tuple[dict[str, Any], Path, dict[str, Any]]:
    """What a scan is, the file that has its pages, and, of an annex in an Office format, how it became one."""
    limits, settings = tools.settings.limits.model_dump(), tools.settings.convert
    wanted = scan.part if scan.stack else ""  # a wrong page stops its own document, not the stack

    def probe(path: Path) -> dict[str, Any]:
        facts: dict[str, Any] = tools.engine.call("probe", {"path": str(path), "limits": limits, "wanted": wanted})
        return facts

    try:
        return probe(scan.blob.path), scan.blob.path, {}
    except Verdict as verdict:
        if lane.kind != "attachment" or verdict.code != "not-a-document":
            raise
    made, scratch = work / "converted.pdf", work / "office"
    scratch.mkdir(exist_ok=True)
    told = tools.engine.call("convert", {
        "path": str(scan.blob.path), "name": scan.original_name, "out": str(made), "program": settings.program,
        "seconds": settings.seconds, "work": str(scratch), "limits": limits,
    }, pages=1 + int(settings.seconds / max(tools.settings.engine.seconds_per_page, 1.0)))  # fmt: skip
    return probe(made), made, {"converted": told}


def _check_left_out(scan: Scan, source: Path, count: int, tools: Tools) -> None:
    """Pages that a document leaves out of its scan are filed with it all the same; those of a stack were looked at all together.

    Raises:
        Verdict: `secrecy-mark`; `list-pages-left`.
    """
    own = pages.parse(scan.part, count) or ()
    left_out = [] if scan.stack else [number for number in range(1, count + 1) if number not in own]
    if found := secrecy.marked(scan, left_out, source, tools):
        raise Verdict(SECRET, f"page {', '.join(map(str, found))} of the scan")
    if found := _lost(scan, source, count, tools):
        raise Verdict(_LEFT, f"page {', '.join(map(str, found))}")


def _check_annotated(scan: Scan, source: Path, seen: Sequence[Mapping[str, Any]], tools: Tools) -> None:
    """What a program laid on a page (a picture of a stamp, a note) is not in the copy, which is all that is looked at and read; the
    scan beside it has it.

    Raises:
        Verdict: `secrecy-mark`.
    """
    own = pages.parse(scan.part, len(seen)) or ()
    annotated = [number for number in own if seen[number - 1].get("annotated")]
    if found := secrecy.marked(scan, annotated, source, tools, read=True):
        raise Verdict(SECRET, f"page {', '.join(map(str, found))} of the scan")


def _lost(scan: Scan, source: Path, count: int, tools: Tools) -> list[int]:
    """Pages of a scan that rows of a list divide, which no row names and somebody wrote on: those that follow this document."""
    named, own = (pages.parse(text, count) or [] for text in (scan.listed.get("pages", ""), scan.part))
    after = {page: max((n for n in named if n < page), default=min(named, default=0)) for page in range(1, count + 1)}
    wanted = [page for page in after if page not in {*named, *own} and after[page] in own]
    if not wanted or _LEFT in scan.released or not scan.listed.get("pages"):
        return []
    args = {"path": str(source), "limits": tools.settings.limits.model_dump(), "sheets": False}
    marks = tools.engine.call("split", args, pages=count)["marks"]
    return [page for page in wanted if marks[page - 1]["what"] != BLANK]


def _glance(scan: Scan, body: Path, kinds: Sequence[str], tools: Tools) -> list[dict[str, Any]]:
    """The coloured ink of all pages, before any of them is read: of a document that is secret no text is made.

    Raises:
        Verdict: `secrecy-mark`, where the lane asks for none and no person has released it.
    """
    lane = lane_of(scan, tools)
    seen = tools.engine.call("glance", {
        "body": str(body), "kinds": list(kinds), "languages": list(lane.languages), "station": str(tools.station),
    }, pages=len(kinds))  # fmt: skip
    lanes.require(scan, lane, {"secrecy": bool(seen["secrecy"])})
    told: list[dict[str, Any]] = seen["pages"]
    return told


def _beside(portion: Path) -> Path:
    return portion.with_suffix(".json")


def _read(body: Path, kinds: Sequence[str], lane: Lane, tools: Tools) -> tuple[dict[str, Any], list[Path]]:
    """The body read in portions, as many at once as there are workers: one long document keeps all cores busy."""
    settings = tools.settings
    step = settings.engine.pages_per_job

    def read(first: int) -> tuple[dict[str, Any], Path]:
        last = min(first + step - 1, len(kinds))
        out = body.with_name(f"read-{first:05}.pdf")
        told = tools.engine.call("recognise", {
            "body": str(body), "first": first, "last": last, "kinds": kinds[first - 1 : last],
            "languages": list(lane.languages), "rotate": settings.ocr.rotate,
            "rotate_confidence": settings.ocr.rotate_confidence, "deskew": lane.deskew,
            "read_dpi": settings.ocr.read_dpi, "page_megapixels": settings.limits.page_megapixels,
            "out": str(out), "reading": str(_beside(out)), "station": str(tools.station),
        }, pages=last - first + 1)  # fmt: skip
        return told, out

    firsts = range(1, len(kinds) + 1, step)
    with ThreadPoolExecutor(min(len(firsts), os.cpu_count() or 1)) as pool:
        done = list(pool.map(read, firsts))
    return done[-1][0], [out for _, out in done]


def check_file(scan: Scan, lane: Lane, tools: Tools) -> None:
    """Whether the file takes a document now; one that has its code keeps it, whatever became of the file since."""
    file = tools.archive.declared(scan.file_code)
    if file is None or tools.archive.key_state(scan.key)[1] is not None:
        return  # what is not declared is told when the number is asked for
    if file.closed_at is not None:
        raise Verdict("file-closed", "the file takes no documents")
    lanes.of_year(scan, lane, file.year, local_date(tools.clock()))
