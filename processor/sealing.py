"""The stage between finished and sealed: the coordinator's side of it, with the key, the clock and the outside.

Promises: what is sealed is what was finished, and what was examined is what is filed: both lie where no worker writes. The
level is never lowered; a token whose time does not agree with the block's is not kept.
"""

from __future__ import annotations

import datetime as dt
import shutil
from base64 import b64encode
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from archive.durable import DurableError, copy_durably
from archive.record import Blob
from processor.document import Finished, Sealed, scan_of
from processor.errors import Verdict
from processor.seal.keys import Sealer
from processor.tools import Tools, agency_of, block_number, block_rule

_CLOCK_SLACK = dt.timedelta(seconds=60)
_SEAL_TRIES = 2


def _text(data: bytes) -> str:
    return b64encode(data).decode()


def _answers(tools: Tools, sealer: Sealer, passes: int = 1) -> Callable[[str, bytes], bytes]:
    """The worker's three doors for one document; the key answers once for each signature it is to bear."""
    signed: list[bool] = []

    def answer(kind: str, body: bytes) -> bytes:
        if kind == "sign" and len(signed) < passes:
            signed.append(True)
            return sealer.sign(body)
        if kind == "stamp" and body:
            return tools.outside.stamp(body[1:], body[0])
        if kind == "fetch":
            url, _, posted = body.partition(b"\n")
            return tools.outside.fetch(url.decode("ascii", "replace"), posted)
        raise Verdict("seal-failed", f"a worker asked for {kind} out of turn")

    return answer


def seal(finished: Finished, tools: Tools, work: Path) -> Sealed:
    """Sign, time-stamp, embed; then look at it with fresh eyes. A token too late for the block: once more, with a new block."""
    if tools.ring is None:
        raise Verdict("needs-operator")
    agency = agency_of(scan_of(finished), tools)
    for _ in range(_SEAL_TRIES):
        moment = tools.clock()
        sealer = tools.ring.sealer(agency, moment)
        if reason := sealer.usable(moment):
            raise Verdict("waiting-key", reason)
        sealed = _sealed(finished, tools, sealer, work, moment)
        late = dt.datetime.fromisoformat(sealed.timestamped_at) - moment
        if -_CLOCK_SLACK <= late <= dt.timedelta(seconds=tools.settings.seal.max_stamp_delay):
            return sealed
    raise Verdict("waiting-tsa", "the token's time does not agree with the block's (docs/design.md promise 3)")


def _sealed(finished: Finished, tools: Tools, sealer: Sealer, work: Path, moment: dt.datetime) -> Sealed:
    """Sealed and examined from copies no worker can change, so that what was looked at is what is filed."""
    rule = block_rule(scan_of(finished), tools, moment)
    block = rule.text(agency_of(scan_of(finished), tools), moment, block_number(finished.source.source, tools))
    roots = [_text(root) for root in tools.roots]
    safe = safe_place(tools.station, work.name)
    shutil.rmtree(safe, ignore_errors=True)
    safe.mkdir(parents=True)
    before = _copied(finished.pdf.path, safe / "finished.pdf", finished.pdf.sha256)
    tools.sealing.call("seal", {
        "pdf": str(before.path), "out": str(work / "sealed.pdf"), "certificate": _text(sealer.certificate_der()),
        "chain": [_text(link) for link in sealer.chain_der()], "roots": roots,
        "others": [_text(link) for link in tools.intermediates], "rule": asdict(rule),
        "block_text": block, "font": tools.font, "place": dict(finished.place),
        "certify": tools.settings.seal.certify,
    }, answer=_answers(tools, sealer))  # fmt: skip
    pdf = _copied(work / "sealed.pdf", safe / "sealed.pdf", None)
    seen = tools.sealing.call("examine", {"path": str(pdf.path), "roots": roots, "before": str(before.path)})
    wrong = [*seen["findings"], *([] if seen["level"] == "B-LTA" else ["level"])]
    if seen["identifier"] != finished.source.doc_code:
        wrong.append("identifier")
    if wrong:
        raise Verdict("seal-failed", "; ".join(wrong)[:300])
    return Sealed(finished, pdf, block, moment.isoformat(), seen["timestamped_at"], seen["level"], seen["pdfa"])


def safe_place(station: Path, name: str) -> Path:
    """Where a document's sealed bytes lie until they are filed; workers only read there."""
    return station / "work" / "sealing" / name


def _copied(path: Path, target: Path, expected: str | None) -> Blob:
    try:
        return copy_durably(path, target, expected=expected)
    except DurableError as error:
        raise Verdict("seal-failed", f"{path.name} is not what was finished") from error
