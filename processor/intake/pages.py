"""Page ranges as clerks write them: `1-3,5` (1-based, as scanned), and turns of pages: `2:90`.

PURE.
"""

from __future__ import annotations

import re

_MOST_NAMED = 1_000_000  # each page as often as it is named
_RANGE = re.compile(r"\s*(\d{1,5})\s*(?:-\s*(\d{1,5})\s*)?")


def parse(text: str, count: int) -> list[int] | None:
    """The pages a range names, in order, each once; None where it is not a range, leaves the scan or has no end to it.

    Args:
        text: `1-3,5`; empty means every page.
        count: pages of the scan.
    """
    if not text.strip():
        return list(range(1, count + 1))
    wanted: dict[int, None] = {}
    named = 0
    for piece in text.split(","):
        found = _RANGE.fullmatch(piece)
        if found is None:
            return None
        first = int(found[1])
        last = int(found[2] or first)
        if not 1 <= first <= last <= count:
            return None
        named += last - first + 1
        if named > _MOST_NAMED:
            return None
        wanted |= dict.fromkeys(range(first, last + 1))
    return list(wanted)


_TURN = re.compile(r"\s*(\d{1,5})\s*:\s*(90|180|270)\s*", re.ASCII)


def turns(text: str) -> dict[int, int] | None:
    """Which pages are turned clockwise, by how many degrees: `2:90,5:180`; None where it says no such thing."""
    found = [_TURN.fullmatch(piece) for piece in text.split(",")] if text.strip() else []
    told = {int(each[1]): int(each[2]) for each in found if each}
    return told if len(told) == len(found) and 0 not in told else None


def normal(text: str) -> str:
    """One spelling for one range: `1 - 3 , 5` and `1,2,3,5` are `1-3,5`; what is no range is left as it is."""
    wanted = parse(text, 99_999) if text.strip() else []
    if not wanted:
        return text.strip()
    runs: list[list[int]] = []
    for number in wanted:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
