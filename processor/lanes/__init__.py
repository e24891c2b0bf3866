"""One module a kind of lane: what it takes, what must hold before its seal, which block it shows.

PURE, as its modules are: facts in, a `Verdict` or nothing out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Protocol, cast

from archive.words import fold
from processor.document import Scan
from processor.errors import SECRET, Verdict
from processor.lanes import archive, attachment, copy, incoming, issue
from processor.tables import Lane


class Kind(Protocol):
    """What each module of this package answers."""

    def admit(self, scan: Scan, lane: Lane, facts: Mapping[str, Any]) -> None:
        """Refuse, by what `probe` found, what this kind may not take.

        Raises:
            Verdict: with the reason.
        """
        ...

    def allow(self, scan: Scan, lane: Lane, marks: Mapping[str, Any]) -> None:
        """Refuse, by what stands on the pages, what may not be sealed yet.

        Raises:
            Verdict: with the reason.
        """
        ...

    def block(self, lane: Lane) -> str:
        """The form whose rule of `config/law/copies.toml` writes the block."""
        ...


_KINDS: Mapping[str, ModuleType] = {
    "copy": copy, "archive": archive, "attachment": attachment, "issue": issue, "incoming": incoming,
}  # fmt: skip
_WORD = re.compile(r"[^\W_]+")
_ORIGINALS = frozenset({"issue", "incoming"})
_PAPER = frozenset({"copy", "archive"})


def kind(lane: Lane) -> Kind:
    """The module of a lane's kind."""
    return cast(Kind, _KINDS[lane.kind])


def takes_originals(lane: Lane) -> bool:
    """Whether what lands there is an electronic document that is verified and never changed."""
    return lane.kind in _ORIGINALS


def is_paper(lane: Lane) -> bool:
    """Whether what lands there is scanned paper and nothing else: it may be a stack, may be joined, and is held to a quality."""
    return lane.kind in _PAPER


def check_called(scan: Scan) -> None:
    """What is said to be secret, before anything of it is looked at.

    Raises:
        Verdict: `secrecy-mark`, unless a person has looked and released it.
    """
    if is_called_secret(scan):
        raise Verdict(SECRET, "theo tệp mô tả hoặc danh sách đi kèm")


def check(scan: Scan, facts: Mapping[str, Any]) -> None:
    """What no kind takes unseen: text over a page-filling picture, which may be invisible, and would become the record's words.

    Raises:
        Verdict: `text-over-picture`, unless a person has looked and released it.
    """
    if any(page.get("pictured") for page in facts["pages"]) and "text-over-picture" not in scan.released:
        raise Verdict("text-over-picture")


def require(scan: Scan, lane: Lane, marks: Mapping[str, bool]) -> None:
    """What a lane's `require_to_seal` asks of every kind.

    Raises:
        Verdict: `secrecy-mark`, unless a person has looked and released it.
    """
    if "no-secrecy-mark" in lane.require_to_seal and marks["secrecy"] and SECRET not in scan.released:
        raise Verdict(SECRET)


def past_year(lane: Lane) -> str:
    """What a lane does with documents for a file of a past year; archival paper is of past years, its lanes take it."""
    return lane.past_year or ("take" if lane.kind == "archive" else "hold")


def of_year(scan: Scan, lane: Lane, year: int, today: dt.date) -> None:
    """Documents for a file of a past year: around the New Year they are late, at any other time mostly a slip.

    Raises:
        Verdict: `file-past-year`, unless a person has looked and released it; `file-past-year-refused`.
    """
    rule = past_year(lane)
    if year >= today.year or rule == "take":
        return
    if rule == "reject":
        raise Verdict("file-past-year-refused")
    if "file-past-year" not in scan.released:
        raise Verdict("file-past-year")


def is_called_secret(scan: Scan) -> bool:
    """Whether a side-car or a list says so, and nobody has released it."""
    return says_secret(scan.sidecar.get("mode", "")) and SECRET not in scan.released


def says_secret(mode: str) -> bool:
    """Whether a mode of use is, or may be, that of a secret (03 of TT 05/2025): people write it in many ways, spreadsheets make a
    number of 03, and letters of another alphabet look like ours.
    """
    words = _WORD.findall(fold(mode))
    return "mat" in words or not "".join(words).isascii() or (bool(words) and words[0].lstrip("0") == "3")


def over(said: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """What two say of a document, the first of them believed where they differ; but secret it is where either says so."""
    modes = [told.get("mode", "") for told in (said, other)]
    secret = next(filter(says_secret, modes), "")
    return {**other, **said, **({"mode": secret} if secret else {})}


def shares_secret(scans: Sequence[Scan]) -> bool:
    """Whether one of several documents of a scan is said to be secret: the archive would keep its pages with any other's."""
    return len(scans) > 1 and any(map(is_called_secret, scans))
