"""Looks at the pictures in a package or mail: no documents of their own, and yet archived whole with those that are.

Promises: every page of each picture is looked at as a scan's is, for marks of secrecy in red and black; what nobody can look at is
named. Runs in a worker: the bytes are foreign.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from processor import pagepicture
from processor.errors import Verdict
from processor.intake.members import members
from processor.intake.probe import sniff
from processor.worker import Ask

_SMALLEST = 32  # pixels of the shorter side: letters on a smaller one could not be read


def marked_members(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`, `limits`, `looks` (as of `page_picture`).
        ask: not used.

    Returns:
        `marked`: which members, counted from 1 in the package's order, are pictures that bear a mark of secrecy; `unseen`: paths of
        those that are neither PDF nor a picture that can be looked at.

    Raises:
        Verdict: as `members`.
    """
    marked, unseen = list[int](), list[str]()
    with TemporaryDirectory(prefix="looked-at-") as scratch:
        told = members({"path": args["path"], "out": scratch, "limits": args["limits"]}, ask)
        for number, member in enumerate(told["members"], 1):
            if member["kind"] == "pdf":
                continue
            asked = {**args, "path": member["file"], "wanted": (), "read": True}
            if not _is_picture(asked):
                unseen.append(member["path"])
            elif pagepicture.marked_pages(asked, ask)["pages"]:
                marked.append(number)
    return {"marked": marked, "unseen": unseen}


def _is_picture(asked: Mapping[str, Any]) -> bool:
    with suppress(Verdict):
        return sniff(Path(asked["path"])) != "pdf" and pagepicture.narrowest(asked) >= _SMALLEST
    return False
