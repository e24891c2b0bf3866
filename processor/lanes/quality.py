"""Whether pages were scanned as well as the law asks: measurements in, findings out.

PURE. Promises: by the profile of the day, not by the lane's settings; what is not measured is not judged; a finding names its pages
and the rule. One page in colours is enough: scanners choose colours page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from processor.errors import Verdict

RESOLUTION, COLOUR, SIZE, BLUR, DARK = "low-resolution", "not-in-colour", "paper-size", "blurred", "too-dark"
CODES = (RESOLUTION, COLOUR, SIZE, BLUR, DARK)
_A3_MM = 430
_IN_COLOUR = 24
_MOST_NAMED = 5
_NOTHING = 12  # levels of grey: nobody wrote on it


@dataclass(frozen=True, slots=True)
class QualityRule:
    """How well paper must be scanned (`config/law/quality.toml`)."""

    act: str
    article: str
    dpi: float
    large_dpi: float
    colour: bool
    hold: tuple[str, ...]
    edge_mm: float
    paper: float
    ink: float
    shortest_mm: float
    longest_mm: float
    slack: float


Page = Mapping[str, Any]


def found(pages: Sequence[Page], rule: QualityRule) -> dict[str, str]:
    """What is wrong, by code, with the pages it is wrong on.

    Args:
        pages: as the job `quality` tells them.
        rule: of the day.
    """

    def is_odd(page: Page) -> bool:
        return not rule.shortest_mm <= max(page["mm"]) <= rule.longest_mm

    def is_coarse(page: Page) -> bool:
        return bool(page["dpi"] < rule.dpi * rule.slack)

    def is_blurred(page: Page) -> bool:
        return (page["edge_mm"] or 0) > rule.edge_mm and not is_coarse(page)  # few dots are no blur

    checks: dict[str, Callable[[Page], str]] = {
        RESOLUTION: lambda p: f"{p['dpi']:.0f} dpi" if is_coarse(p) else "",
        SIZE: lambda p: "{} x {} mm".format(*p["mm"]) if is_odd(p) else "",
        BLUR: lambda p: f"{p['edge_mm']:.2f} mm" if is_blurred(p) else "",
        DARK: lambda p: f"grey {p['paper']}" if p["paper"] < rule.paper else "",
    }
    told = {code: _named({page["page"]: said for page in pages if (said := check(page))}) for code, check in checks.items()}
    if rule.colour and pages and all(page["bits"] < _IN_COLOUR for page in pages):
        told[COLOUR] = f"none of {len(pages)} pages has colours"
    return {code: told[code] for code in CODES if told.get(code)}


def notes(pages: Sequence[Page], rule: QualityRule) -> list[str]:
    """What cannot be held against a page, and is told all the same."""
    said = []
    if large := [p for p in pages if max(p["mm"]) > _A3_MM and p["dpi"] < rule.large_dpi * rule.slack]:
        named = _named({page["page"]: f"{page['dpi']:.0f} dpi" for page in large})
        said.append(f"large sheets below {rule.large_dpi:.0f} dpi: {named}")
    if cut := {p["page"]: "+".join(p["clipped"]) for p in pages if p["clipped"]}:
        said.append(f"writing may run off the page: {_named(cut)}")
    if faint := {p["page"]: f"{p['ink']} levels" for p in pages if _NOTHING < p["ink"] < rule.ink}:
        said.append(f"writing may be too light: {_named(faint)}")
    return said


def check(wrong: Mapping[str, str], rule: QualityRule, released: Collection[str]) -> None:
    """Hold what the rule says is to be held, unless a person has looked: the reason names everything, so once is enough.

    Raises:
        Verdict: the first finding's code.
    """
    held = [code for code in wrong if code in rule.hold]
    if held and not set(CODES) & set(released):
        detail = "; ".join(f"{code}: {wrong[code]}" for code in held)
        raise Verdict(held[0], f"{detail} ({rule.act}, {rule.article})")


def _named(pages: Mapping[int, str]) -> str:
    more = f" and {len(pages) - _MOST_NAMED} more" if len(pages) > _MOST_NAMED else ""
    return ", ".join(f"page {number} {said}" for number, said in list(pages.items())[:_MOST_NAMED]) + more
