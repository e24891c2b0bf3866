"""The stages of electronic originals, whose bytes are never changed: verified, read, and settled for good.

Promises: no signature is called valid that could not be verified; a document that cannot be decided is registered at once and
verified again, until it is decided or a person answers for it; what is filed has beside it what proves its signatures.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from archive.durable import sha256_file
from archive.record import Blob
from processor import lanes, law
from processor.document import Numbered, Read, Scan, Settled, Verified, original_of, scan_of
from processor.errors import SECRET, Verdict
from processor.intake.stack import most_pages
from processor.lanes import incoming, issue
from processor.seal.timestamps import Stamp
from processor.telling import page_of
from processor.tools import Tools, lane_of

ACCEPTED = "accepted"
_TOKENS = 2  # who gives them is learned from the first, and proved before the second


def _texts(certificates: tuple[bytes, ...]) -> list[str]:
    return [b64encode(each).decode() for each in certificates]


def fetches(tools: Tools, stamp: Stamp | None = None, refused: str = "unexpected") -> Callable[[str, bytes], bytes]:
    """The doors of a worker to the outside: revocation data, and time where it was set aside; no key.

    Any other question is the verdict `refused`.
    """

    def answer(kind: str, body: bytes) -> bytes:
        if kind == "fetch":
            url, _, posted = body.partition(b"\n")
            return tools.outside.fetch(url.decode("ascii", "replace"), posted)
        if kind == "stamp" and body and stamp is not None:
            return stamp(body[1:], body[0])
        raise Verdict(refused, f"a worker asked for {kind} out of turn")

    return answer


def _trust(tools: Tools) -> dict[str, Any]:
    return {
        "roots": _texts(tools.roots), "intermediates": _texts(tools.intermediates), "lists": _texts(tools.lists), "pins": [],
        "now": tools.clock().isoformat(), "policy": law.read("algorithms.toml", tools.station),
        "limits": tools.settings.limits.model_dump(),
    }  # fmt: skip


def document(scan: Scan, tools: Tools, work: Path) -> Blob:
    """The PDF itself: the scan, or the member of the package that the scan is one part of.

    Raises:
        Verdict: `not-a-document`: the package holds no such member any more, or it is no PDF.
    """
    if not scan.part:
        return scan.blob
    folder = work / "members"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()  # in work/items, where workers may write
    limits = tools.settings.limits.model_dump()
    told = tools.engine.call("members", {"path": str(scan.blob.path), "out": str(folder), "limits": limits})
    for member in told["members"]:
        if member["path"] == scan.part:
            own = folder / Path(member["file"]).name
            for other in folder.iterdir():  # each member has the whole package in its hands, and waits perhaps for days
                if other != own:
                    other.unlink()
            return sha256_file(own)
    raise Verdict("not-a-document", "the package has no such member")


def look(pdf: Blob, tools: Tools) -> dict[str, Any]:
    """What `verify` finds of a document's signatures now."""
    args = {"path": str(pdf.path), **_trust(tools)}
    report: dict[str, Any] = tools.engine.call("verify", args, answer=fetches(tools))
    return report


def _kept(report: Mapping[str, Any], path: Path) -> Blob:
    path.write_text(json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
    return sha256_file(path)


def verify(scan: Scan, tools: Tools, work: Path) -> Verified:
    """Every signature of the document, and what the lane makes of them."""
    lane = lane_of(scan, tools)
    lanes.check_called(scan)
    organ_id = tools.settings.station.organ_id
    incoming.addressed(scan, law.agencies(tools.station).codes_of(organ_id) if organ_id else ())
    pdf = document(scan, tools, work)
    report = look(pdf, tools)
    blob = _kept(report, work / "verification.json")
    if lane.kind == "issue":
        signed = issue.signed(lane, report, tools.persons)
        return Verified(scan, pdf, blob, "valid", tuple(field for _, field in signed), signed[-1][0])
    return Verified(scan, pdf, blob, incoming.judge(scan, lane, report))


def read(verified: Verified, tools: Tools, work: Path) -> Read:
    """The words of an original, those of its signatures' appearances among them; nothing is written into it.

    Raises:
        Verdict: `secrecy-mark`: a page bears one in red, and nothing was read.
    """
    scan, reading = scan_of(verified), work / "reading.json"
    lane = lane_of(scan, tools)
    is_asked = "no-secrecy-mark" in lane.require_to_seal and SECRET not in scan.released
    told = tools.engine.call("read_original", {
        "path": str(verified.pdf.path), "out": str(reading), "limits": tools.settings.limits.model_dump(),
        "languages": list(lane.languages), "read_dpi": tools.settings.ocr.read_dpi,
        "looks": str(tools.station) if is_asked else "",
    }, pages=max(tools.settings.engine.pages_per_job, most_pages(verified.pdf.size, tools.settings.limits.pages)))  # fmt: skip
    lanes.require(scan, lane, {"secrecy": bool(told["secrecy"])})
    facts = {name: value for name, value in told.items() if name not in {"pages", "kinds", "secrecy"}}
    return Read(verified, sha256_file(reading), told["pages"], facts)


def check_signers(scan: Scan, pdf: Blob, tools: Tools) -> None:
    """The persons' signatures once more, at the moment of the seal: days may have gone by since they were verified.

    Raises:
        Verdict: as `issue.signed`.
    """
    issue.signed(lane_of(scan, tools), look(pdf, tools), tools.persons)


def settle(numbered: Numbered, tools: Tools, work: Path) -> Settled:
    """Decided for good, and proved for the time after its certificates.

    Raises:
        Verdict: `verifying`, while it cannot be told and nobody answers for it; what `verify` refuses.
    """
    original = original_of(numbered)
    scan = original.source
    report = _read(original.report)
    if original.verdict == "unknown":
        report = look(original.pdf, tools)
        _kept(report, work / "again.json")
    verdict = incoming.judge(scan, lane_of(scan, tools), report)
    if verdict == "unknown":
        if incoming.ACCEPT not in scan.released:
            raise Verdict(incoming.ACCEPT, ", ".join(report["reasons"]))
        verdict = ACCEPTED
    increment = _proof(original.pdf, verdict, scan.released, tools, work)
    blob = _kept(report, work / "settled.json")
    page = work / "verification.txt"
    page.write_bytes(page_of(report, scan, tools))
    times = _times(report)
    return Settled(numbered, blob, sha256_file(page), increment, verdict, times)


def _proof(pdf: Blob, verdict: str, released: Sequence[str], tools: Tools, work: Path) -> Blob | None:
    """The increment that carries validation data and time; nothing where there is nothing to prove."""
    if verdict == "unsigned":
        return None
    out = work / "increment"
    try:
        with tools.outside.turn(_TOKENS) as stamp:
            args = {"path": str(pdf.path), "out": str(out), **_trust(tools)}
            tools.engine.call("preserve", args, answer=fetches(tools, stamp))
    except Verdict as reason:
        is_given_up = verdict == ACCEPTED or "evidence-impossible" in released  # it may have nothing to be proved by
        if is_given_up and reason.code != "waiting-tsa":
            return None
        raise
    return sha256_file(out)


def _times(report: Mapping[str, Any]) -> dict[str, Any]:
    """When the last person signed, by their clock and by an authority's."""
    signatures = [each for each in report["signatures"] if each["kind"] == "signature"]
    last = signatures[-1] if signatures else {}
    told = {"signed_at": last.get("claimed_at"), "timestamped_at": last.get("token_at")}
    return {name: _local(text) for name, text in told.items()}


def _local(text: str | None) -> str | None:
    return dt.datetime.fromisoformat(text).astimezone(law.VIETNAM).isoformat(timespec="seconds") if text else None


def _read(blob: Blob) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(blob.path.read_text("utf-8"))
    return report
