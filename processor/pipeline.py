"""The way of a document, stage by stage, as docs/design.md tells it; every stage is one frozen type further.

Promises: a stage either returns the next type or raises `Verdict`; the code stays reserved for the document's key whatever
waits. This process parses nothing of the document: workers do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, assert_never

from archive.durable import sha256_file
from archive.errors import ArchiveError
from archive.record import DESCRIPTIVE, Companion, Description, Filing
from processor import doubles, issuing, known, lanes, law, originals, replacing, sealing, secrecy
from processor.document import (
    Described,
    Document,
    Filed,
    Finished,
    Numbered,
    Pending,
    Read,
    Recognised,
    Scan,
    Sealed,
    Settled,
    Verified,
    original_of,
    scan_of,
)
from processor.errors import SECRET, Verdict
from processor.linking import main_document
from processor.recognising import check_file, recognise
from processor.tools import ACTOR, Tools, agency_of, block_number, block_rule, lane_of

DIFFERS = "place-differs"
_SUFFIX = {"pdf": "pdf", "tiff": "tif", "jpeg": "jpg", "png": "png"}


def describe(recognised: Recognised | Read, tools: Tools) -> Described:
    """The record's fields: read from the pages by rule, a person's words (the side-car) over them."""
    told = tools.engine.call("describe", {
        "reading": str(recognised.reading.path), "station": str(tools.station), "name": scan_of(recognised).original_name,
    })  # fmt: skip
    scan, lane = scan_of(recognised), lane_of(scan_of(recognised), tools)
    typed = {name: text for name, text in scan.sidecar.items() if name in DESCRIPTIVE}
    lanes.require(scan, lane, told["marks"])
    lanes.kind(lane).allow(scan, lane, told["marks"])
    names = set(Description.__slots__) - {"confidence", "page_amount"}
    read = {name: value for name, value in told["fields"].items() if name in names}
    sure = {name: value for name, value in told["confidence"].items() if name in read}
    described = Description(**read, page_amount=recognised.pages, confidence=sure).replace_fields(typed)
    main = main_document(scan, tools.archive)
    if lane.kind == "attachment":
        described = known.of_main(described, typed, main)
    elif lane.kind == "issue":
        described = known.of_signer(described, recognised, told["marks"]["authority"], tools)
    lacking = described.lacks(lane.require_to_close)
    values = {name: getattr(described, name) for name in Description.__slots__ if name != "confidence"}
    return Described(
        recognised, values, dict(described.confidence), not lacking and not told["noticed"], main["doc_code"] if main else "",
        told["marks"]["urgency"], told["places"], tuple(told["noticed"]),
    )  # fmt: skip


def number(described: Described, tools: Tools) -> Numbered:
    """Reserve the document's code; asked again it is the same one."""
    scan, archive = scan_of(described), tools.archive
    if not scan.file_code and "file" in lane_of(scan, tools).require_to_seal:
        raise Verdict("file-missing")
    check_file(scan, lane_of(scan, tools), tools)
    _check_scan(scan, tools)
    _takes_place(described, tools)
    is_known = archive.key_state(scan.key)[1] is not None
    try:
        numbered = Numbered(described, archive.reserve(scan.key, ACTOR), tools.clock().isoformat())
    except ArchiveError as error:
        raise Verdict(error.code, "the file takes no documents") from error
    if not is_known and lane_of(scan, tools).kind == "incoming" and original_of(described).verdict == "unknown":
        archive.event("registered", doc_code=numbered.doc_code, scan_sha256=scan.blob.sha256, actor=ACTOR)
    return numbered


def _check_scan(scan: Scan, tools: Tools) -> None:
    """With a document goes the whole of its scan: not while another of it may be secret and nobody answers for either.

    Raises:
        Verdict: `secrecy-mark`.
    """
    is_answered = not scan.part or SECRET in scan.released
    if not is_answered and secrecy.is_unanswered(scan.blob.sha256, tools.archive, is_part=True):
        raise Verdict(SECRET, "another document of the same scan")


def _takes_place(described: Described, tools: Tools) -> bool:
    """Whether an order that it take a filed document's place is obeyed: given before it was read, it was compared with nothing.

    Raises:
        Verdict: `place-differs`. A person who releases it files it for itself; to obey the order all the same is to give it again.
    """
    scan = scan_of(described)
    order = tools.archive.supersede_asked(scan.key)
    if order is None or order.differs:
        return True
    new = {**described.values, "form": lane_of(scan, tools).form or None}
    told = replacing.differences(tools.archive.get(order.doc_code) or {}, new, law.agencies(tools.station))
    if told and DIFFERS not in scan.released:
        raise Verdict(DIFFERS, f"in the place of {order.doc_code}: {', '.join(each.partition(':')[0] for each in told)}")
    return not told


def finish(numbered: Numbered, tools: Tools, work: Path) -> Finished:
    """One PDF/A, validated, and a place for the block."""
    scan, out = scan_of(numbered), work / "finished.pdf"
    agency, now, described = agency_of(scan, tools), tools.clock(), numbered.source
    recognised = described.source
    if not isinstance(recognised, Recognised):
        raise TypeError("an original is never made anew")
    rule = block_rule(scan, tools, now)
    language = described.values["language"] or ""
    title = described.values["subject"] or described.values["type_name"] or numbered.doc_code
    place = tools.engine.call("finish", {
        "portions": [str(blob.path) for blob in recognised.portions], "out": str(out),
        "xmp": {"title": title, "identifier": numbered.doc_code, "language": language, "creator": "Sohoa"},
        "rule": asdict(rule), "block_text": rule.text(agency, now, block_number(described, tools)), "font": tools.font,
    }, pages=described.source.pages)  # fmt: skip
    if place["over_ink"] and "no-free-place" not in scan.released:
        raise Verdict("no-free-place")
    return Finished(numbered, sha256_file(out), place)


def file(sealed: Sealed | Settled, tools: Tools) -> Filed:
    """Into the archive: durable files, row, event and leaf in one transaction."""
    scan = scan_of(sealed)
    _check_scan(scan, tools)  # others of the scan were read since
    numbered = sealed.source if isinstance(sealed, Settled) else sealed.source.source
    described, recognised = numbered.source, numbered.source.source
    takes_place = _takes_place(described, tools)  # ordered, or the other described, since it was numbered
    pages = json.loads(recognised.reading.path.read_text("utf-8"))
    filing = Filing(
        key=scan.key, doc_code=numbered.doc_code, form=lane_of(scan, tools).form or None, original_name=scan.original_name,
        description=Description(**described.values, confidence=described.confidence), complete=described.complete,
        pdf=sealed.pdf, scan=scan.blob, scan_ext=_suffix(scan, recognised), pages=recognised.pages,
        main_code=described.main_code or None, text=tuple(" ".join(word[0] for word in page["words"]) for page in pages),
        provenance=_provenance(scan, described, pages) | _sealed_how(sealed), takes_place=takes_place, **_worth(sealed),
    )  # fmt: skip
    try:
        record = tools.archive.file(filing, tools.actor)
    except ArchiveError as error:
        code = "waiting-clock" if error.code in {"shelf-closed", "clock-behind"} else "unexpected"
        raise Verdict(code, error.code) from error
    doubles.note(numbered.doc_code, tools.archive, tools.station, tools.actor)
    return Filed(sealed, record)


def _suffix(scan: Scan, recognised: Recognised | Read) -> str:
    """The ending of the scan's name on the shelf."""
    is_ours = isinstance(recognised, Recognised) or not scan.part
    if is_ours and "converted" not in recognised.facts:
        return _SUFFIX[recognised.facts["type"]]
    return Path(scan.original_name).suffix


def _provenance(scan: Scan, described: Described, pages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        **described.source.facts, "places": dict(described.places), "noticed": list(described.noticed),
        "received_at": scan.received_at, "sidecar": dict(scan.sidecar), "origin": dict(scan.origin),
        **({"stack": dict(scan.stack)} if scan.stack else {}),
        **({"joined_from": [_source(told) for told in scan.joined_from]} if scan.joined_from else {}),
        "sidecar_sha256": scan.beside.sha256 if scan.beside else None, "released": list(scan.released),
        "listed": {**scan.listed, "cells": dict(scan.cells)} if scan.listed else None, "sohoa": version("sohoa"),
        "pages": [{k: page[k] for k in ("kind", "blank", "word_count", "mean_confidence")} for page in pages],
    }  # fmt: skip


def _source(told: str) -> dict[str, str]:
    """One of the scans a document was joined from."""
    sha256, _, part = told.partition(":")
    return {"scan_sha256": sha256, "part": part}


def _sealed_how(sealed: Sealed | Settled) -> dict[str, Any]:
    if isinstance(sealed, Settled):
        return {}
    place = sealed.source.place
    return {"persons": place["persons"]} if "persons" in place else {"over_ink": place.get("over_ink", False)}


def _worth(sealed: Sealed | Settled) -> dict[str, Any]:
    """What the record says of the signatures: those we made, or those it came with."""
    if isinstance(sealed, Settled):
        beside = {"verification.json": sealed.report, "verification.txt": sealed.page, "lta": sealed.increment}
        companions = tuple(Companion(ending, blob) for ending, blob in beside.items() if blob is not None)
        return {**sealed.facts, "verification": sealed.verdict, "companions": companions}
    names = ("block_text", "signed_at", "timestamped_at", "pades_level", "pdfa")
    return {name: getattr(sealed, name) or None for name in names}


def advance(document: Pending, tools: Tools, work: Path) -> Document:
    """The next stage of a document."""
    match document:
        case Scan() if lanes.takes_originals(lane_of(document, tools)):
            return originals.verify(document, tools, work)
        case Scan():
            return recognise(document, tools, work)
        case Verified():
            return originals.read(document, tools, work)
        case Recognised() | Read():
            return describe(document, tools)
        case Described():
            return number(document, tools)
        case Numbered() if lane_of(scan_of(document), tools).kind == "incoming":
            return originals.settle(document, tools, work)
        case Numbered() if lane_of(scan_of(document), tools).kind == "issue":
            return issuing.finish(document, tools)
        case Numbered():
            return finish(document, tools, work)
        case Finished():
            return sealing.seal(document, tools, work)
        case Sealed() | Settled():
            return file(document, tools)
        case _:
            assert_never(document)
