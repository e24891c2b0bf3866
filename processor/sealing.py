"""The stage between finished and sealed: the coordinator's side of it, with the key, the clock and the outside.

Promises: what is sealed is what was finished, and what was examined is what is filed: both lie where no worker writes. The
level is never lowered; a token whose time does not agree with the block's is not kept, nor a signature without its token.
"""

from __future__ import annotations

import datetime as dt
import shutil
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from archive.durable import DurableError, copy_durably
from archive.record import Blob
from processor import originals
from processor.document import Finished, Sealed, scan_of
from processor.errors import Verdict
from processor.seal.keys import Sealer
from processor.seal.remote_requests import about
from processor.seal.timestamps import Stamp, TokenLost
from processor.tools import ACTOR, Tools, agency_of, block_number, block_rule, lane_of

_CLOCK_SLACK = dt.timedelta(seconds=60)
_SEAL_TRIES = 2
WINDOW = "before-seal"
FEWEST = 2  # tokens of a document: one for its signature, one for all of it


def encoded(data: bytes) -> str:
    """Bytes as a worker is handed them."""
    return b64encode(data).decode()


@dataclass(frozen=True, slots=True)
class Task:
    """One document about to be sealed at a moment.

    Attributes:
        before: the finished file, where no worker writes.
        block: the text its signature shows; empty where it shows a picture.
        args: what `seal` is told, but for `out`.
    """

    finished: Finished
    moment: dt.datetime
    before: Blob
    block: str
    args: Mapping[str, Any]


def answers(
    tools: Tools, sealer: Sealer | None, passes: int = 1, stamp: Stamp | None = None
) -> Callable[[str, bytes], bytes]:  # fmt: skip
    """The worker's three doors for one document; the key answers once for each signature it is to bear."""
    signed: list[bool] = []
    others = originals.fetches(tools, stamp or tools.outside.stamp, refused="seal-failed")

    def answer(kind: str, body: bytes) -> bytes:
        if kind == "sign" and sealer is not None and len(signed) < passes:
            signed.append(True)
            return sealer.sign(body)
        return others(kind, body)

    return answer


def key_for(finished: Finished, tools: Tools, moment: dt.datetime) -> Sealer:
    """The key of the agency whose seal a document bears, checked before it is used (TT 15/2025 Đ5).

    Raises:
        Verdict: `needs-operator`, `waiting-key` and its kin, `agency-missing`.
    """
    if tools.ring is None:
        raise Verdict("needs-operator")
    sealer = tools.ring.sealer(agency_of(scan_of(finished), tools), moment)
    if reason := sealer.usable(moment):
        raise Verdict("waiting-key", reason)
    return sealer


def check_window(finished: Finished, tools: Tools) -> None:
    """A lane's time for second thoughts: nothing sealed can be taken back. A clerk who seals in person has had it.

    Raises:
        Verdict: `before-seal`, until it is over.
    """
    window, numbered = lane_of(scan_of(finished), tools).hold_before_seal, finished.source
    if not window or not numbered.at or tools.actor != ACTOR:
        return
    left = dt.datetime.fromisoformat(numbered.at) + dt.timedelta(seconds=window) - tools.clock()
    if left > dt.timedelta():
        raise Verdict(WINDOW, wait=min(left.total_seconds(), window))  # a clock that was set back does not make it longer


def seal(finished: Finished, tools: Tools, work: Path) -> Sealed:
    """Sign, time-stamp, embed; then look at it with fresh eyes. A token too late for the block, or an authority that gave the first
    one and no second: once more, with a new block and a new signature."""
    for tries in range(_SEAL_TRIES, 0, -1):
        try:
            sealed = _sealed(finished, tools, work, moment := tools.clock())
        except TokenLost:
            if tries > 1:
                continue
            raise
        if in_time(sealed, moment, tools.settings.seal.max_stamp_delay):
            return sealed
    raise Verdict("waiting-tsa", "the token's time does not agree with the block's (docs/design.md promise 3)")


def _sealed(finished: Finished, tools: Tools, work: Path, moment: dt.datetime) -> Sealed:
    sealer = key_for(finished, tools, moment)
    task = begin(finished, tools, sealer, work, moment)
    passes = len(finished.place.get("passes", "1"))
    told = about(finished.source.doc_code, scan_of(finished).original_name, finished.source.source.source.pages)
    with tools.outside.turn(passes + 1) as stamp, told:  # one token a signature, one for all; before the key is asked
        args = {**task.args, "out": str(work / "sealed.pdf")}
        tools.sealing.call("seal", args, answer=answers(tools, sealer, passes, stamp))
    return examined(task, work / "sealed.pdf", tools)


def in_time(sealed: Sealed, moment: dt.datetime, delay: float) -> bool:
    """Whether the token's time agrees with the block's; `delay` in seconds."""
    late = dt.datetime.fromisoformat(sealed.timestamped_at) - moment
    return -_CLOCK_SLACK <= late <= dt.timedelta(seconds=delay)


def begin(finished: Finished, tools: Tools, sealer: Sealer, work: Path, moment: dt.datetime) -> Task:
    """A copy that no worker can change, and what is done with it."""
    scan = scan_of(finished)
    if lane_of(scan, tools).kind == "issue":
        originals.check_signers(scan, finished.pdf, tools)
    safe = safe_place(tools.station, work.name)
    shutil.rmtree(safe, ignore_errors=True)
    safe.mkdir(parents=True)
    before = _copied(finished.pdf.path, safe / "finished.pdf", finished.pdf.sha256)
    block, shown = _shown(finished, tools, moment)
    args = {
        "pdf": str(before.path), "certificate": encoded(sealer.certificate_der()),
        "chain": [encoded(link) for link in sealer.chain_der()], "roots": [encoded(root) for root in tools.roots],
        "others": [encoded(link) for link in tools.intermediates], "lists": [encoded(each) for each in tools.lists],
        "font": tools.font, "certify": tools.settings.seal.certify,
        **shown,
    }  # fmt: skip
    return Task(finished, moment, before, block, args)


def _shown(finished: Finished, tools: Tools, moment: dt.datetime) -> tuple[str, dict[str, Any]]:
    """The block's text, and what the signature shows."""
    scan, place = scan_of(finished), dict(finished.place)
    if lane_of(scan, tools).kind == "issue":
        settings = tools.settings.seal
        picture = {"picture": str(tools.picture), "picture_mm": settings.picture_mm}
        return "", {"passes": place["passes"], "fill": place["fill"], **picture, "certify": False}
    rule = block_rule(scan, tools, moment)
    block = rule.text(agency_of(scan, tools), moment, block_number(finished.source.source, tools))
    return block, {"rule": asdict(rule), "block_text": block, "place": place}


def examined(task: Task, path: Path, tools: Tools) -> Sealed:
    """What came out of it, copied to where no worker writes, and found good there.

    Raises:
        Verdict: `seal-failed`.
    """
    finished, place = task.finished, task.finished.place
    pdf = _copied(path, task.before.path.with_name("sealed.pdf"), None)
    args: dict[str, Any] = {"path": str(pdf.path), "roots": task.args["roots"], "before": str(task.before.path)}
    is_issued = "passes" in place
    if is_issued:
        own = [each["field"] for each in place["passes"]]
        args |= {"own": own, "persons": place["persons"], "pdfa": place["pdfa"]}
    seen = tools.sealing.call("examine", args)
    wrong = [*seen["findings"], *([] if seen["level"] == "B-LTA" else ["level"])]
    if not is_issued and seen["identifier"] != finished.source.doc_code:
        wrong.append("identifier")
    if wrong:
        raise Verdict("seal-failed", "; ".join(wrong)[:300])
    signed_at, pdfa = task.moment.isoformat(), seen["pdfa"] or ""
    return Sealed(finished, pdf, task.block, signed_at, seen["timestamped_at"], seen["level"], pdfa)


def safe_place(station: Path, name: str) -> Path:
    """Where a document's sealed bytes lie until they are filed; workers only read there."""
    return station / "work" / "sealing" / name


def _copied(path: Path, target: Path, expected: str | None) -> Blob:
    try:
        return copy_durably(path, target, expected=expected)
    except DurableError as error:
        raise Verdict("seal-failed", f"{path.name} is not what was finished") from error
