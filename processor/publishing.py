"""Heads of the log: published for every sealed day, signed by the organisation, time-stamped, with the evidence of what was filed.

Promises: a head is published with the log's own key whatever else is missing; the organisation's signature and the time-stamps are
added as soon as there is a key and an authority, and until then it is told which heads lack them. Refuses to hold the night up for
either, nor for a head whose files cannot be read or written: the others get theirs.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from archive import evidence, heads
from archive.counted import counted
from archive.errors import ArchiveError
from archive.evidence import Round
from archive.heads import Published, Standing
from processor import law, sealing
from processor.errors import MissingError, Verdict
from processor.seal import logkey
from processor.sealing import encoded
from processor.tools import ACTOR, Tools, own_name

log = structlog.get_logger()
UNREADABLE, LOST = "head-unreadable", "head-missing"
_ONE = threading.Lock()  # two signatures over one head would each want its name


@dataclass(frozen=True, slots=True)
class Stamped:
    """A time-stamp: the authority's response, what of it is the token, and the certificates it came with (PEM)."""

    response: bytes
    token: bytes
    chain: bytes


def publish(tools: Tools) -> Standing:
    """Publish what was sealed, then add what is missing; what fails waits for the next time.

    Raises:
        MissingError: the log's key cannot be read.
        ArchiveError: `head-missing`, something of a head is lost: nothing is published over it.
    """
    if lost := tools.archive.lost_head_files():
        complete(tools)
        raise ArchiveError(LOST, f"{counted(len(lost), 'published file')} not there, {lost[0]} first: nothing is published over it")
    if day := tools.archive.interrupted():  # the power went, the disk was full, or something lay in its place
        tools.archive.publish(day, logkey.opened(tools.station))
        log.info("head-published", day=day.isoformat(), days=1)
    if days := tools.archive.unpublished():  # one head for all: a second one over the same log would want a time-stamp too
        tools.archive.publish(days[-1], logkey.opened(tools.station))
        log.info("head-published", day=days[-1].isoformat(), days=len(days))
    return complete(tools)


def again(day: dt.date, reason: str, actor: str, tools: Tools) -> None:
    """Publish a head again of which files are lost for good: a person's decision, kept in the log; time-stamps are of today then.

    Raises:
        MissingError: the log's key cannot be read.
        ArchiveError: `unknown`, there is no such head; `exists`, nothing of it is lost.
    """
    key = logkey.opened(tools.station)
    if head := tools.archive.give_up_head(day, reason, actor):
        tools.archive.publish(head.day, key)
    log.info("head-published-again", day=day.isoformat())


def complete(tools: Tools) -> Standing:
    """Add the signatures and tokens that are missing, oldest first; where one cannot be had, the rest is not asked for.

    What was there and is lost is not had anew: a later time-stamp would hide that. The night's check tells of it.
    """
    with _ONE:
        lost = {place.rpartition("/")[0] for place in tools.archive.lost_head_files()}
        found = [each for each in tools.archive.published() if each.is_there and f"{heads.LOG}/{each.day}" not in lost]
        _add([each for each in found if not each.is_signed], _sign, tools)
        _add([each for each in found if not each.is_stamped], _stamp, tools)
        _add([each for each in found if not each.is_evident], _prove, tools)
        tools.archive.note_heads(ACTOR)
    return standing(tools)


def standing(tools: Tools) -> Standing:
    """How the heads stand."""
    return heads.standing(tools.archive.published())


def _add(lacking: list[Published], add: Callable[[Published, Tools], None], tools: Tools) -> None:
    for each in lacking:
        try:
            add(each, tools)
        except (Verdict, MissingError) as error:
            code = "waiting-key" if isinstance(error, MissingError) else error.code
            log.warning("head-incomplete", day=each.day.isoformat(), code=code, left=len(lacking))
            return
        except (ArchiveError, OSError) as error:  # of this head's own files: it lacks nothing that the next would lack too
            code = error.code if isinstance(error, ArchiveError) else UNREADABLE
            log.error("head-incomplete", day=each.day.isoformat(), code=code, error=type(error).__name__, left=len(lacking))


def _sign(head: Published, tools: Tools) -> None:
    if tools.ring is None:
        raise Verdict("needs-operator")
    sealer = tools.ring.sealer(own_name(tools), tools.clock())
    if reason := sealer.usable(tools.clock()):
        raise Verdict("waiting-key", reason)
    text = (head.folder / heads.CHECKPOINT).read_text("utf-8")
    whose = {"certificate": encoded(sealer.certificate_der()), "chain": [encoded(each) for each in sealer.chain_der()]}
    made = tools.sealing.call("sign_head", {"text": text, **trust(tools), **whose}, answer=sealing.answers(tools, sealer))
    heads.add(head, heads.SIGNATURE, b64decode(made["signature"]), made["chain"].encode())


def _stamp(head: Published, tools: Tools) -> None:
    digest = hashlib.sha256((head.folder / heads.CHECKPOINT).read_bytes()).digest()
    made = stamped(digest, "sha256", tools)
    heads.add(head, heads.TOKEN, made.response, made.chain)


def _prove(head: Published, tools: Tools) -> None:
    """A time-stamp over what was filed until then: of it evidence records are cut."""
    algorithm = law.evidence_digest(soon(tools).date(), tools.station)
    listed, findings = tools.archive.evidence_of(head, algorithm)
    for finding in findings:
        log.error("evidence-left-out", code=finding.code, path=finding.path)
    made = stamped(listed.tree.root, algorithm, tools)
    evidence.put(head.folder, listed, made.token, made.chain)


def stamped(digest: bytes, algorithm: str, tools: Tools) -> Stamped:
    """A time-stamp over a digest.

    Raises:
        Verdict: `waiting-tsa`, `waiting-revocation`.
    """
    args = {"digest": digest.hex(), "algorithm": algorithm, **trust(tools)}
    with tools.outside.turn(1) as stamp:
        made = tools.sealing.call("stamp_head", args, answer=sealing.answers(tools, None, stamp=stamp))
    return Stamped(b64decode(made["response"]), b64decode(made["token"]), made["chain"].encode())


def holds(found: Round, tools: Tools) -> bool:
    """Whether the token that lies there is over its list, leads to our roots, and came with the certificates beside it.

    Raises:
        Verdict: nobody can tell now.
    """
    try:
        chain = (found.folder / f"{heads.EVIDENCE}.pem").read_bytes().decode("ascii")
    except (OSError, UnicodeDecodeError):
        return False
    code, why = fault(found.token, (found.algorithm, found.listed.tree.root.hex()), tools, chain)
    if code:
        log.error(code, path=found.token_path, why=why)
    return not code


def fault(token: bytes, over: tuple[str, str], tools: Tools, chain: str = "") -> tuple[str, str]:
    """Why a token is no proof of what it is to be over (algorithm, digest in hexadecimal): code, and in words; empty: it is one.

    Args:
        chain: the certificates that are to have come with it, PEM, and lead to a root now; empty: what came with it leads
            there as of its own time.

    Raises:
        Verdict: nobody can tell now.
    """
    args = {"token": encoded(token), "algorithm": over[0], "digest": over[1], "chain": chain}
    told = tools.sealing.call("check_stamp", {**args, **trust(tools)})
    return told["code"], told["why"]


def soon(tools: Tools) -> dt.datetime:
    """Until when proofs are to hold without being renewed (`time.renew_before`)."""
    return tools.clock() + dt.timedelta(seconds=tools.settings.time.renew_before)


def trust(tools: Tools) -> dict[str, Any]:
    """What a worker checks authorities by."""
    return {
        "roots": [encoded(each) for each in tools.roots], "others": [encoded(each) for each in tools.intermediates],
        "lists": [encoded(each) for each in tools.lists],
    }  # fmt: skip
