"""The worker's job between the pages that were read and the pure rules that say what the document is.

Runs in a worker: the words come from foreign bytes, and rules over hostile text may take their time there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from processor import law
from processor.describe.fields import read
from processor.describe.filename import disagrees
from processor.describe.layout import Page, Word
from processor.describe.marks import Seal, marks
from processor.worker import Ask

_PERCENT = 100.0
SURE_MARK = 0.8  # a stamp of a closed list


def _page(words: list[list[Any]]) -> Page:
    return Page(
        tuple(
            Word(text, left, top, right, bottom, confidence / _PERCENT, *map(tuple, rivals))
            for text, left, top, right, bottom, confidence, *rivals in words
        )
    )


def _seal(told: Sequence[Any], turned: int) -> Seal:
    """A seal in the page as it stands upright: it was seen as the page lay, and turned clockwise since."""
    left, top, right, bottom, signed = told
    for _ in range(turned // 90 % 4):
        left, top, right, bottom = 1 - bottom, left, 1 - top, right
    return Seal(left, top, right, bottom, signed)


def describe(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `reading` (what `recognise` wrote of all pages), `station` (whose `law/kinds.toml` is laid over ours), `name` (under
            which the scan came).
        ask: not used.

    Returns:
        `fields` and `confidence` (0-1) by name, a field that was not read being absent; `places`: where each was read or
        should stand, `[page, left, top, right, bottom]`, page 1-based, the rest fractions of the upright page; `marks`: whether
        pages bear the `head`, the `signature`, a mark of `secrecy`, a seal by a signature (`sealed`), the block of a copy
        (`copied`); whether anything was `read`; `noticed`: what a person should look at (`name-differs`: the scan's name tells of
        another number or kind).
    """
    pages = json.loads(Path(args["reading"]).read_text("utf-8"))
    vocabulary = law.vocabulary(Path(args["station"]))
    leaves = [_page(page.get("printed", page["words"])) for page in pages]  # without what pens and seals laid over print
    inked = [_page([*page["words"], *page.get("stamps", ())]) for page in pages]
    seals = [[_seal(box, page["rotate"] - page.get("lay", 0)) for box in page.get("seals", ())] for page in pages]
    found, seen = read(leaves, vocabulary), marks(leaves, vocabulary, inked, seals)
    seen = replace(seen, secrecy=seen.secrecy or any(page.get("secret", False) for page in pages))
    told = asdict(seen) | {"read": any(page["words"] for page in pages)}
    noticed = ["name-differs"] if disagrees(args.get("name", ""), found.fields, vocabulary) else []
    fields, sure = dict(found.fields), dict(found.confidence)
    if seen.urgency:
        fields["priority"], sure["priority"] = seen.urgency, SURE_MARK
    return {"fields": fields, "confidence": sure, "places": {k: list(box) for k, box in found.places.items()}, "marks": told,
            "noticed": noticed}  # fmt: skip
