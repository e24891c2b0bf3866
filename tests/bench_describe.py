"""How well pages are described: labelled letters of the test kit, read as the product reads them (`scripts/bench describe`).

Every letter is typeset, aged, wrapped as a scanner would and then read by the worker's own jobs. Of each field it is told how
often it was exact, absent, or wrong though given; of the parts written by hand, how often something was made of them.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processor import reading
from processor.ocr.recognise import recognise
from tests.testkit import samples, scans
from tests.testkit.styles import STYLES

OCR = tomllib.loads((Path(__file__).parents[1] / "config" / "station.toml").read_text("utf-8"))["ocr"]
QUALITIES = (("clean", 300), ("mild", 300), ("worn", 200), ("photocopy", 200))
BY_HAND = ("code_number", "issued_date")
EXACT, ABSENT, WRONG, GUESSED, LEFT = "exact", "absent", "wrong", "guessed", "left empty"


@dataclass(frozen=True, slots=True)
class Page:
    """A letter to be read: its seed, how it was worn, at what resolution it was scanned, and how it is laid out."""

    seed: int
    wear: str
    dpi: int
    style: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """How one field of one letter came out, and how sure (0-1) its reader was."""

    page: Page
    field: str
    outcome: str
    said: str = ""
    true: str = ""
    sure: float = 0.0


def _never(what: str, *more: Any) -> Any:
    raise AssertionError(f"reading asks for nothing: {what}")


def read(page: Page) -> list[Score]:
    """One letter, read; what was found against what stands on it."""
    os.environ["OMP_THREAD_LIMIT"] = "1"
    made = samples.sample(page.seed, page.dpi, page.wear, page.style)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        body = scans.pdf(folder / "body.pdf", made.aged, page.dpi)
        told = folder / "reading.json"
        recognise({
            "body": str(body), "first": 1, "last": len(made.aged), "kinds": ["scan"] * len(made.aged), "languages": ["vie"],
            "deskew": False, "page_megapixels": 250, **{key: OCR[key] for key in ("rotate", "rotate_confidence", "read_dpi")},
            "out": str(folder / "out.pdf"), "reading": str(told),
        }, _never)  # fmt: skip
        found = reading.describe({"reading": str(told), "station": str(folder)}, _never)
    by_hand = BY_HAND if made.look.handwritten else ()
    if made.letter.type_name is None:  # the opening of a công văn's subject may be kept with it
        found["fields"]["subject"] = str(found["fields"].get("subject", "")).removeprefix("V/v ")
    scores = []
    for field, true in made.letter.record().items():
        said, sure = str(found["fields"].get(field, "")), found["confidence"].get(field, 0.0)
        if true or said:
            scores.append(Score(page, field, _outcome(said, str(true), field in by_hand), said, str(true), sure))
    return scores


def _outcome(said: str, true: str, by_hand: bool) -> str:
    if not said:
        return LEFT if by_hand else ABSENT
    return EXACT if said == true else GUESSED if by_hand else WRONG


def pages(count: int, seed: int) -> list[Page]:
    """So many letters, the qualities in turn, each in all layouts one after the other."""
    ways = [(*quality, style) for style in range(len(STYLES)) for quality in QUALITIES]
    return [Page(seed + turn, *ways[turn % len(ways)]) for turn in range(count)]


def shares(scores: Iterable[Score]) -> Mapping[str, Counter[str]]:
    """How often each outcome came, by field."""
    counted: dict[str, Counter[str]] = {}
    for score in scores:
        counted.setdefault(score.field, Counter())[score.outcome] += 1
    return counted


def describe(count: int, seed: int, *, tell: bool) -> None:
    """Read the letters on all cores and print the shares; with `tell` also every wrong or absent value (made-up letters only)."""
    with ProcessPoolExecutor() as pool:
        scores = [score for each in pool.map(read, pages(count, seed), chunksize=2) for score in each]
    for field, counts in shares(scores).items():
        print(f"{field:16} " + "  ".join(f"{what} {number} ({number / counts.total():.1%})" for what, number in counts.most_common()))
    printed = [score for score in scores if score.outcome in (EXACT, ABSENT, WRONG)]
    hand = [score for score in scores if score.outcome in (GUESSED, LEFT)]
    exact, wrong = (sum(score.outcome == what for score in printed) for what in (EXACT, WRONG))
    print(f"{count} letters: printed fields exact {exact / len(printed):.2%} (wanted: 97 %), wrong {wrong / len(printed):.2%} "
          f"(at most 0.5 %)")  # fmt: skip
    if hand:
        print(f"written by hand, left empty {sum(score.outcome == LEFT for score in hand) / len(hand):.2%} of {len(hand)} (wanted: 99 %)")
    for wear, dpi in QUALITIES:
        own = [score for score in printed if (score.page.wear, score.page.dpi) == (wear, dpi)]
        shown = [sum(score.outcome == what for score in own) / max(len(own), 1) for what in (EXACT, WRONG)]
        print(f"  {wear:10} {dpi} dpi: exact {shown[0]:.1%}, wrong {shown[1]:.2%}")
    for score in scores if tell else ():
        if score.outcome in (ABSENT, WRONG, GUESSED):
            print(f"{score.outcome:8} {score.page.seed:4} {score.page.wear:10} {score.field:16} {score.said!r} / {score.true!r} {score.sure}")
