"""The way of a document, stage by stage, as docs/design.md tells it; every stage is one frozen type further.

Promises: a stage either returns the next type or raises `Verdict`; the code stays reserved for the document's key whatever
waits. This process parses nothing of the document: workers do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, assert_never

from archive.durable import sha256_file
from archive.errors import ArchiveError
from archive.record import Description, Filing
from processor import lanes, sealing
from processor.document import (
    Described,
    Document,
    Filed,
    Finished,
    Numbered,
    Pending,
    Recognised,
    Scan,
    Sealed,
    scan_of,
)
from processor.errors import Verdict
from processor.tables import Lane
from processor.tools import ACTOR, Tools, block_rule, lane_of

_SUFFIX = {"pdf": "pdf", "tiff": "tif", "jpeg": "jpg", "png": "png"}


def recognise(scan: Scan, tools: Tools, work: Path) -> Recognised:
    """Probe, choose pages, make the body, read it portion by portion."""
    lane, limits = lane_of(scan, tools), tools.settings.limits.model_dump()
    facts = tools.engine.call("probe", {"path": str(scan.blob.path), "limits": limits})
    lanes.kind(lane).admit(scan, lane, facts)
    lanes.check(scan, facts)
    if not scan.file_code and "file" in lane.require_to_seal:
        raise Verdict("file-missing")
    body, kinds = work / "body.pdf", [page["kind"] for page in facts["pages"]]
    made = tools.engine.call("body", {
        "path": str(scan.blob.path), "type": facts["type"], "kinds": kinds, "features": facts["features"],
        "pages": scan.part, "flatten": lane.flatten, "limits": limits, "out": str(body),
    }, pages=len(kinds))  # fmt: skip
    told, portions = _read(body, made["kinds"], lane, tools)
    whole = work / "reading.json"
    reading = [page for portion in portions for page in json.loads(_beside(portion).read_text("utf-8"))]
    whole.write_text(json.dumps(reading, ensure_ascii=False), "utf-8")
    body.unlink()
    known = {"type": facts["type"], "scan_pages": len(kinds), "dropped": facts["features"], "noted": made["noted"], **told}
    return Recognised(scan, tuple(map(sha256_file, portions)), sha256_file(whole), made["pages"], known)


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
            "out": str(out), "reading": str(_beside(out)),
        }, pages=last - first + 1)  # fmt: skip
        return told, out

    firsts = range(1, len(kinds) + 1, step)
    with ThreadPoolExecutor(min(len(firsts), os.cpu_count() or 1)) as pool:
        done = list(pool.map(read, firsts))
    return done[-1][0], [out for _, out in done]


def describe(recognised: Recognised, tools: Tools) -> Described:
    """The record's fields: read from the pages by rule, a person's words (the side-car) over them."""
    told = tools.engine.call("describe", {"reading": str(recognised.reading.path), "station": str(tools.station)})
    scan, lane = scan_of(recognised), lane_of(scan_of(recognised), tools)
    lanes.require(scan, lane, told["marks"])
    lanes.kind(lane).allow(scan, lane, told["marks"])
    known = set(Description.__slots__) - {"confidence", "page_amount"}
    read = {name: value for name, value in told["fields"].items() if name in known}
    sure = {name: value for name, value in told["confidence"].items() if name in read}
    described = Description(**read, page_amount=recognised.pages, confidence=sure).replace_fields(dict(scan.sidecar))
    lacking = described.lacks(lane.require_to_close)
    values = {name: getattr(described, name) for name in Description.__slots__ if name != "confidence"}
    return Described(recognised, values, dict(described.confidence), not lacking)


def number(described: Described, tools: Tools) -> Numbered:
    """Reserve the document's code; asked again it is the same one."""
    try:
        return Numbered(described, tools.archive.reserve(scan_of(described).key, ACTOR))
    except ArchiveError as error:
        raise Verdict(error.code, "the file takes no documents") from error


def finish(numbered: Numbered, tools: Tools, work: Path) -> Finished:
    """One PDF/A, validated, and a place for the block."""
    scan, out = scan_of(numbered), work / "finished.pdf"
    agency = tools.settings.station.agency
    if not agency:
        raise Verdict("agency-missing")
    now = tools.clock()
    rule = block_rule(scan, tools, now)
    described = numbered.source
    title = described.values["subject"] or described.values["type_name"] or numbered.doc_code
    place = tools.engine.call("finish", {
        "portions": [str(blob.path) for blob in described.source.portions], "out": str(out),
        "xmp": {"title": title, "identifier": numbered.doc_code, "language": "vi", "creator": "Sohoa"},
        "rule": asdict(rule), "block_text": rule.text(agency, now), "font": tools.font,
    }, pages=described.source.pages)  # fmt: skip
    if place["over_ink"] and "no-free-place" not in scan.released:
        raise Verdict("no-free-place")
    return Finished(numbered, sha256_file(out), place)


def file(sealed: Sealed, tools: Tools) -> Filed:
    """Into the archive: durable files, row, event and leaf in one transaction."""
    numbered = sealed.source.source
    described, scan = numbered.source, scan_of(sealed)
    recognised = described.source
    pages = json.loads(recognised.reading.path.read_text("utf-8"))
    lane = lane_of(scan, tools)
    filing = Filing(
        key=scan.key, doc_code=numbered.doc_code, form=lane.form or None, original_name=scan.original_name,
        description=Description(**described.values, confidence=described.confidence), complete=described.complete,
        pdf=sealed.pdf, scan=scan.blob, scan_ext=_SUFFIX[recognised.facts["type"]], pages=recognised.pages,
        block_text=sealed.block_text, signed_at=sealed.signed_at, timestamped_at=sealed.timestamped_at,
        pades_level=sealed.pades_level, pdfa=sealed.pdfa,
        text=tuple(" ".join(word[0] for word in page["words"]) for page in pages),
        provenance={
            **recognised.facts, "received_at": scan.received_at, "sidecar": dict(scan.sidecar),
            "sidecar_sha256": scan.beside.sha256 if scan.beside else None, "released": list(scan.released),
            "sohoa": version("sohoa"), "over_ink": sealed.source.place["over_ink"],
            "pages": [{k: page[k] for k in ("kind", "blank", "word_count", "mean_confidence")} for page in pages],
        },
    )  # fmt: skip
    try:
        return Filed(sealed, tools.archive.file(filing, ACTOR))
    except ArchiveError as error:
        code = "waiting-clock" if error.code in {"shelf-closed", "clock-behind"} else "unexpected"
        raise Verdict(code, error.code) from error


def advance(document: Pending, tools: Tools, work: Path) -> Document:
    """The next stage of a document."""
    match document:
        case Scan():
            return recognise(document, tools, work)
        case Recognised():
            return describe(document, tools)
        case Described():
            return number(document, tools)
        case Numbered():
            return finish(document, tools, work)
        case Finished():
            return sealing.seal(document, tools, work)
        case Sealed():
            return file(document, tools)
        case _:
            assert_never(document)
