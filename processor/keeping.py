"""What proves, years later, that a time-stamping authority was not revoked: its revocation lists, kept beside the tokens in `_log`.

Promises: fetched by the fetcher alone, checked in a worker, as of the night. Refuses to hold the night up: a token whose lists are
not to be had tonight gets them in a later one, by which they prove as much: what was not revoked later was not revoked then.
Lists that name who gave a token are kept too, for whoever checks the archive alone; it is told every night.
"""

from __future__ import annotations

from base64 import b64decode

import structlog

from archive.errors import ArchiveError
from archive.verify_log import Finding
from processor import publishing, renewing, sealing
from processor.errors import Verdict
from processor.sealing import encoded
from processor.tools import ACTOR, Tools

log = structlog.get_logger()
REVOKED = "token-revoked"
A_NIGHT = 256  # tokens: what an archive of earlier versions has is caught up with in a few nights


def keep(tools: Tools) -> tuple[int, list[Finding]]:
    """Keep the lists of the time-stamps that nothing renewed yet; how many are still without, and whose authority was revoked."""
    try:
        lacking = tools.archive.without_lists()
        return _keep(lacking[-A_NIGHT:], len(lacking), tools)  # the newest first: lists of ended certificates name nobody
    except (ArchiveError, OSError, ValueError) as error:  # what of `_log` cannot be read `renewing` tells
        log.error("lists-not-kept", error=type(error).__name__)
        return 0, []


def _keep(tokens: list[str], lacking: int, tools: Tools) -> tuple[int, list[Finding]]:
    readable = dict[str, bytes]()
    for place in tokens:
        try:
            readable[place] = renewing.token_of(tools.archive.root / place)
        except ArchiveError:
            lacking -= 1
    if not readable:
        return lacking, []
    args = {"tokens": [encoded(each) for each in readable.values()], **publishing.trust(tools)}
    try:
        made = tools.sealing.call("stamp_lists", args, answer=sealing.answers(tools, None))
    except Verdict as verdict:
        log.warning("lists-not-kept", code=verdict.code, left=lacking)
        return lacking, []
    lists, findings = [b64decode(text) for text in made["lists"]], list[Finding]()
    for place, of, why in zip(readable, made["of"], made["why"], strict=True):
        if not why:
            tools.archive.keep_lists(place, [lists[number] for number in of], ACTOR)
            lacking -= 1
        elif why == REVOKED:
            tools.archive.keep_lists(place, [lists[number] for number in of], ACTOR, is_revoked=True)
            findings.append(Finding(REVOKED, None, place, "a certificate of who gave it is on a revocation list"))
    if lacking:
        log.warning("lists-awaited", left=lacking)
    return lacking, findings
