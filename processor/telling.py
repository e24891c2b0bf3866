"""What senders and the office are told of a received document that fails or cannot be decided (NĐ 30/2020 Đ21.2).

Promises: the letter lies in `notices/` before the document leaves the queue, once however often that is tried; an urgent
document that cannot be decided is told to the office at once. A fault of Sohoa's own is nothing to tell a sender. Of what is filed
the clerk's copy lies in `out/`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from archive.durable import make_dirs_durably, replace_durably
from archive.naming import safe_name
from processor import law, station
from processor.document import Described, Filed, Pending, Scan, Settled, scan_of
from processor.errors import OUR_FAULT, Verdict, reason
from processor.lanes import incoming
from processor.notices import outbox
from processor.notices.letter import Cause, Kind, Notice, SignatureSummary, notice_id
from processor.tools import Tools, lane_of, own_name
from processor.verify import judge
from processor.verify import report as reports

REPORTS = ("again.json", "verification.json")  # in a document's folder of work/, the newest first
log = structlog.get_logger()
BY_CLERK, JOINED = "rejected-by-clerk", "joined-into"


def tell(document: Pending, verdict: Verdict, tools: Tools, work: Path) -> dict[str, bytes]:
    """Lay the letter that a verdict asks for, if it asks for one.

    Returns:
        The verification's report, as it is laid beside the bytes: names and contents; empty where there is none.

    Raises:
        OSError: the disk does not take it.
    """
    scan = scan_of(document)
    if scan.original_name.endswith(".json"):  # a side-car that came alone: nobody sent it
        return {}
    if scan.lane not in tools.settings.lanes or lane_of(scan, tools).kind not in {"incoming", "issue"}:
        return {}
    report = _report(work)
    beside = _beside(report, scan, tools)
    if lane_of(scan, tools).kind == "incoming":
        if verdict.reason.state == "rejected" and verdict.code not in OUR_FAULT:
            _lay("returned", document, verdict, report, tools)
        elif verdict.code == incoming.ACCEPT:
            _show(scan, beside, tools)
            if _is_urgent(document):
                _lay("escalation", document, verdict, report, tools)
    return beside


def _report(work: Path) -> dict[str, Any]:
    for name in REPORTS:
        if (work / name).is_file():
            found: dict[str, Any] = json.loads((work / name).read_text("utf-8"))
            return found
    return {}


def _beside(report: Mapping[str, Any], scan: Scan, tools: Tools) -> dict[str, bytes]:
    if not report:
        return {}
    text = json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    return {"xac-minh.txt": page_of(report, scan, tools), "xac-minh.json": text.encode()}


def page_of(report: Mapping[str, Any], scan: Scan, tools: Tools) -> bytes:
    """The report for people, as Notepad wants it."""
    name = scan.part.rpartition("/")[2] or scan.original_name
    text = reports.text(report, name=name, words=law.read("verification.toml", tools.station))
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8", "replace")


def _show(scan: Scan, beside: Mapping[str, bytes], tools: Tools) -> None:
    """The clerk sees in `out/` why it waits; the newest report only."""
    path = shown(scan, tools)
    if "xac-minh.txt" not in beside or path.parent.is_symlink():
        return
    try:
        make_dirs_durably(path.parent)
        replace_durably(path, beside["xac-minh.txt"])
    except OSError as error:  # a convenience, in a folder that people may write in
        log.error("no-copy-in-out", lane=scan.lane, error=error.strerror)


def shown(scan: Scan, tools: Tools) -> Path:
    """Where the report of a document that is being verified lies, until it is decided."""
    name = safe_name(Path(scan.part.rpartition("/")[2] or scan.original_name).stem, 150)
    which = hashlib.sha256(f"{scan.blob.sha256}\0{scan.part}".encode("utf-8", "replace")).hexdigest()
    return tools.station / "out" / scan.lane / f"{name}.{which[:12]}.dang-xac-minh.txt"


def _described(document: Pending) -> Described | None:
    stage: Any = document
    while not isinstance(stage, Scan):
        if isinstance(stage, Described):
            return stage
        stage = stage.source
    return None


def _is_urgent(document: Pending) -> bool:
    described = _described(document)
    return described is not None and bool(described.urgency)


def _lay(kind: Kind, document: Pending, verdict: Verdict, report: Mapping[str, Any], tools: Tools) -> None:
    scan, described = scan_of(document), _described(document)
    values = described.values if described else {}
    number = "/".join(filter(None, (values.get("code_number"), values.get("code_notation"))))
    notice = Notice(
        id=notice_id(kind, scan.blob.sha256, scan.lane, scan.part), kind=kind, agency=own_name(tools),
        lane=scan.lane, original_name=scan.original_name, received_at=scan.received_at, scan_sha256=scan.blob.sha256,
        organ_id=tools.settings.station.organ_id, part=scan.part,
        sender_name=scan.sidecar.get("sender_name") or scan.origin.get("sender_name", ""),
        sender_address=scan.sidecar.get("sender_email") or scan.origin.get("sender_email", ""),
        in_reply_to=scan.origin.get("message_id", ""), causes=_causes(verdict, report, tools), number=number,
        issued_date=values.get("issued_date") or "", urgency=described.urgency.upper() if described else "",
        signatures=tuple(_summary(each, tools) for each in report.get("signatures", ()) if each["kind"] == "signature"),
        report=page_of(report, scan, tools).decode("utf-8-sig") if report else "", demo=tools.settings.station.demo,
    )  # fmt: skip
    known = {path.name for path in (tools.station / "notices").iterdir()}
    laid = outbox.lay(tools.station, notice, tools.clock())
    if Path(laid).name in known:
        return
    public = {"kind": kind, "code": verdict.code, "lane": scan.lane}
    tools.archive.event("notified", scan_sha256=scan.blob.sha256, actor=tools.actor, public=public, private={"folder": laid})


def _causes(verdict: Verdict, report: Mapping[str, Any], tools: Tools) -> tuple[Cause, ...]:
    """The verdict's own sentence, then the report's further reasons of that weight: what is only told is no reason to refuse."""
    words = law.read("verification.toml", tools.station)
    said = f"Người phụ trách từ chối: {verdict.detail}." if verdict.code == BY_CLERK and verdict.detail else reason(verdict.code).vi
    first = Cause(verdict.code, said, reason(verdict.code).act)
    weighty = judge.PROVES_WRONG if verdict.reason.state == "rejected" else judge.CANNOT_TELL
    further = [code for code in report.get("reasons", ()) if code != verdict.code and code in weighty]
    return (first, *(Cause(code, reports.sentence(code, words)) for code in further))


def _summary(signature: Mapping[str, Any], tools: Tools) -> SignatureSummary:
    words, signer = law.read("verification.toml", tools.station), signature.get("signer") or {}
    return SignatureSummary(
        verdict=signature["verdict"], signer=signer.get("name", ""), agency=signer.get("agency", ""),
        serial=signer.get("serial", ""), signed_at=signature.get("claimed_at") or "",
        stamped_at=signature.get("token_at") or "",
        causes=tuple(reports.sentence(code, words) for code in signature.get("reasons", ())),
    )  # fmt: skip


def hand_out(filed: Filed, tools: Tools) -> None:
    """The clerk's copy is a convenience: a document that is filed is filed, whatever becomes of its copy."""
    scan, source = scan_of(filed), filed.source
    is_member = isinstance(source, Settled) and bool(scan.part)
    name = scan.part.rpartition("/")[2] if is_member else scan.original_name
    if scan.stack:  # its documents share a name
        name = f"{Path(name).stem} (trang {scan.part})"
    try:
        station.hand_out(tools.station, scan.lane, name, source.pdf.path)
        if isinstance(source, Settled):
            station.hand_out(tools.station, scan.lane, name, source.page.path, ".xac-minh.txt")
            shown(scan, tools).unlink(missing_ok=True)
    except OSError as error:
        log.error("no-copy-in-out", code=filed.record["doc_code"], error=error.strerror)
