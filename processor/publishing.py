"""Heads of the log: published for every sealed day, signed by the organisation, time-stamped.

Promises: a head is published with the log's own key whatever else is missing; the organisation's signature and the time-stamp are
added as soon as there is a key and an authority, and until then it is told which heads lack them. Refuses to hold the night up for
either.
"""

from __future__ import annotations

import threading
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import structlog

from archive import heads
from archive.heads import Published, Standing
from processor import sealing
from processor.errors import MissingError, Verdict
from processor.seal import logkey
from processor.sealing import encoded
from processor.tools import Tools, own_name

log = structlog.get_logger()
_ONE = threading.Lock()  # two signatures over one head would each want its name


def publish(tools: Tools) -> Standing:
    """Publish what was sealed, then add what is missing; what fails waits for the next time.

    Raises:
        MissingError: the log's key cannot be read.
    """
    if days := tools.archive.unpublished():  # one head for all: a second one over the same log would want a time-stamp too
        tools.archive.publish(days[-1], logkey.opened(tools.station))
        log.info("head-published", day=days[-1].isoformat(), days=len(days))
    return complete(tools)


def complete(tools: Tools) -> Standing:
    """Add the signatures and tokens that are missing, oldest first; where one cannot be had, the rest is not asked for."""
    with _ONE:
        found = [each for each in tools.archive.published() if each.is_there]  # one that was lost is told by the night's check
        _add([each for each in found if not each.is_signed], _sign, tools)
        _add([each for each in found if not each.is_stamped], _stamp, tools)
    return standing(tools)


def standing(tools: Tools) -> Standing:
    """How the heads stand."""
    return heads.standing(tools.archive.published())


def _add(lacking: list[Published], add: Callable[[Published, Tools], None], tools: Tools) -> None:
    for each in lacking:
        try:
            add(each, tools)
        except (Verdict, MissingError) as error:
            code = error.code if isinstance(error, Verdict) else "waiting-key"
            log.warning("head-incomplete", day=each.day.isoformat(), code=code, left=len(lacking))
            return


def _sign(head: Published, tools: Tools) -> None:
    if tools.ring is None:
        raise Verdict("needs-operator")
    sealer = tools.ring.sealer(own_name(tools), tools.clock())
    if reason := sealer.usable(tools.clock()):
        raise Verdict("waiting-key", reason)
    whose = {"certificate": encoded(sealer.certificate_der()), "chain": [encoded(each) for each in sealer.chain_der()]}
    made = tools.sealing.call("sign_head", _args(head, tools) | whose, answer=sealing.answers(tools, sealer))
    heads.add(head, heads.SIGNATURE, b64decode(made["signature"]), made["chain"].encode())


def _stamp(head: Published, tools: Tools) -> None:
    with tools.outside.turn(1) as stamp:
        made = tools.sealing.call("stamp_head", _args(head, tools), answer=sealing.answers(tools, None, stamp=stamp))
    heads.add(head, heads.TOKEN, b64decode(made["token"]), made["chain"].encode())


def _args(head: Published, tools: Tools) -> dict[str, Any]:
    return {
        "text": (head.folder / heads.CHECKPOINT).read_text("utf-8"), "roots": [encoded(each) for each in tools.roots],
        "others": [encoded(each) for each in tools.intermediates], "lists": [encoded(each) for each in tools.lists],
    }  # fmt: skip
