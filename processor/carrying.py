"""Signing where the token is, by a file carried there and back: prepared here, signed elsewhere, embedded and examined here.

Promises: what comes back is used only for the very file it was prepared for, while that document still waits; the block bears
the time of preparation, and the token's time is at most `seal.carried_delay` later. A document sealed meanwhile stays as it is.
"""

from __future__ import annotations

import datetime as dt
import shutil
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from archive.durable import copy_durably, make_dirs_durably
from archive.record import Blob
from processor import places
from processor.document import Finished, scan_of
from processor.errors import SohoaError, Verdict
from processor.journal import Item
from processor.seal.batch import Away, Batch
from processor.seal.batch import Item as Carried
from processor.sealing import Task, answers, begin, examined, in_time, key_for
from processor.shift import Shift, carry
from processor.tools import Tools

_TOKENS = 2  # one of the signature, one of the whole


def _away(tools: Tools) -> Away:
    return Away(tools.station / "work" / "carried")


def _vault(tools: Tools) -> Path:
    """Prepared files lie apart from a document's own place, which another sealing would clear."""
    return tools.station / "work" / "carried-files"


def prepare(items: Sequence[Item], shift: Shift, agency: str) -> tuple[Batch, bytes]:
    """The batch that is carried to the token.

    Args:
        items: that wait for their seal, of one agency.
        shift: this process at work.
        agency: whose seal they will bear.

    Returns:
        The batch, whose `code` the clerk compares at the token, and its bytes.

    Raises:
        Verdict: what keeps a document from being prepared. BatchError: it cannot be kept.
    """
    carried, kept = [], {}
    certificate = None
    for item in items:
        finished = _finished(item)
        moment = shift.tools.clock()
        sealer = key_for(finished, shift.tools, moment)
        certificate = sealer.certificate
        task = begin(finished, shift.tools, sealer, shift.place(item.number), moment)
        told = shift.tools.sealing.call("prepare_seal", {**task.args, "out": str(shift.place(item.number) / "prepared.pdf")},
                                        answer=answers(shift.tools, None))  # fmt: skip
        id = str(item.number)
        name, pages = scan_of(finished).original_name, finished.source.source.source.pages
        carried.append(Carried(id, finished.source.doc_code, name, pages, b64decode(told["attributes"])))
        kept[id] = _note(item, task, told["resume"], shift)
    if certificate is None:
        raise SohoaError("nothing waits for a seal")
    batch = Batch.of(agency, certificate, carried)
    return batch, _away(shift.tools).send(batch, kept)


def tidy(shift: Shift) -> None:
    """Forget what is away for documents that do not wait any more."""
    waiting = {str(item.number): item.scan.blob.sha256 for item in shift.journal.items("to-seal")}
    away = _away(shift.tools)
    for batch in away.away():
        for id, kept in away.left(batch).items():
            if waiting.get(id) != kept["scan"]:
                away.close(batch, id)
    used = {_prepared(kept, shift.tools).parent for batch in away.away() for kept in away.left(batch).values()}
    vault = _vault(shift.tools)
    for left in vault.iterdir() if vault.is_dir() else ():
        if left not in used:
            shutil.rmtree(left, ignore_errors=True)


def _finished(item: Item) -> Finished:
    if not isinstance(item.document, Finished):
        raise SohoaError(f"{item.scan.original_name} is not finished")
    return item.document


def _note(item: Item, task: Task, resume: Mapping[str, Any], shift: Shift) -> dict[str, Any]:
    """What is needed to finish a document, with its prepared file where no worker writes."""
    vault = _vault(shift.tools) / f"{item.number}-{item.scan.blob.sha256[:12]}-{task.moment:%Y%m%d%H%M%S%f}"
    make_dirs_durably(vault)
    names = {"prepared": shift.place(item.number) / "prepared.pdf", "before": task.before.path}
    laid = {name: copy_durably(path, vault / f"{name}.pdf") for name, path in names.items()}
    before, station = laid["before"], shift.tools.station
    return {
        "scan": item.scan.blob.sha256, "doc_code": task.finished.source.doc_code,
        "finished": task.finished.pdf.sha256, "moment": task.moment.isoformat(), "block": task.block,
        "prepared": places.noted(laid["prepared"].path, station),
        "before": [places.noted(before.path, station), before.sha256, before.size],
        "args": task.args, "resume": dict(resume),
    }  # fmt: skip


def _prepared(kept: Mapping[str, Any], tools: Tools) -> Path:
    return places.found(kept["prepared"], tools.station)


def finish(data: bytes, shift: Shift) -> tuple[Counter[str], dict[str, str]]:
    """Take what came back: embed, time-stamp, examine, file.

    Args:
        data: the file that `sohoa-signer` wrote.
        shift: this process at work.

    Returns:
        How many ended in each state, and by document why it could not be finished.

    Raises:
        BatchError: the file answers no batch that is away.
    """
    away = _away(shift.tools)
    batch, signed = away.back(data)
    kept, ended, wrong = away.left(batch), Counter[str](), dict(signed.wrong)
    for id, signature in signed.signatures.items():
        try:
            ended[_one(int(id), kept[id], signature, shift)] += 1
        except Verdict as verdict:
            wrong[id] = f"{verdict.code}: {verdict.detail}"
            if verdict.reason.state == "waiting":  # the signature holds; the same file may be brought again
                ended["waiting"] += 1
                continue
        away.close(batch, id)
        shutil.rmtree(_prepared(kept[id], shift.tools).parent, ignore_errors=True)
    return ended, wrong


def _one(number: int, kept: Mapping[str, Any], signature: bytes, shift: Shift) -> str:
    tools = shift.tools
    item = next((each for each in shift.journal.items("to-seal") if each.number == number), None)
    finished = item.document if item else None
    if item is None or not isinstance(finished, Finished):
        raise Verdict("seal-failed", "it does not wait for a seal any more")
    now = (item.scan.blob.sha256, finished.source.doc_code, finished.pdf.sha256)
    if now != (kept["scan"], kept["doc_code"], kept["finished"]):
        raise Verdict("seal-failed", "it was prepared for another document")
    note, digest, size = kept["before"]
    before = Blob(places.found(note, tools.station), digest, size)
    moment = dt.datetime.fromisoformat(kept["moment"])
    task = Task(finished, moment, before, kept["block"], {**kept["args"], "pdf": str(before.path)})
    out = shift.place(number) / "sealed.pdf"
    with tools.outside.turn(_TOKENS) as stamp:
        tools.sealing.call("finish_seal", {
            **task.args, "prepared": str(_prepared(kept, tools)), "resume": kept["resume"],
            "signature": b64encode(signature).decode(), "out": str(out),
        }, answer=answers(tools, None, stamp=stamp))  # fmt: skip
    sealed = examined(task, out, tools)
    if not in_time(sealed, moment, tools.settings.seal.carried_delay):
        raise Verdict("seal-failed", "it came back too late: the block's time would be false (seal.carried_delay)")
    shift.journal.reach(number, sealed)
    shift.journal.wake(number)
    return carry(shift.journal.item(number), shift)
