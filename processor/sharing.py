"""How the sections of a page share its lines: what is shown and what is cut.

Promises: no section starves another; a reason is cut after the names of its documents; what is cut is counted.
PURE: no I/O, no third-party package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """Lines shown or cut together; a reason's first document carries it (`leads`), `brief` where it must do without a name."""

    lines: tuple[str, ...]
    group: int
    leads: bool
    brief: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it; `more` is the line that counts what is not named."""

    head: str
    entries: tuple[Entry, ...] = ()
    more: str = "còn {} văn bản chưa nêu tên (xem đủ bằng lệnh sohoa status)"

    @property
    def needs(self) -> tuple[int, int, int]:
        """Lines for the reasons alone, for the reasons in full, for everything."""
        leads = [entry for entry in self.entries if entry.leads]
        least, full = (sum(map(len, forms)) + 1 for forms in ([e.brief for e in leads], [e.lines for e in leads]))
        every = sum(len(entry.lines) for entry in self.entries)
        return min(least, every), min(full, every), every


def share(needs: Sequence[tuple[int, ...]], room: int) -> list[int]:
    """Lines for each section: a line each in turn, none starves another; its first need is met before anybody's second."""
    shares = [0] * len(needs)
    for stage in zip(*needs, strict=True):
        while room > 0 and any(share < need for share, need in zip(shares, stage, strict=True)):
            for place, need in enumerate(stage):
                if shares[place] < need and room > 0:
                    shares[place] += 1
                    room -= 1
    return shares


def cut(section: Section, room: int) -> list[str]:
    """The section's lines in `room`: every reason, then each with its first document, then further documents of any."""
    if section.needs[-1] <= room:
        return [line for entry in section.entries for line in entry.lines]
    room -= 1
    kept: dict[int, tuple[str, ...]] = {}
    full: set[int] = set()
    later = sum(len(entry.brief) for entry in section.entries)
    for place, entry in sorted(enumerate(section.entries), key=lambda numbered: not numbered[1].leads):
        later -= len(entry.brief)
        if len(entry.lines) + later <= room and (entry.leads or entry.group in full):
            kept[place] = entry.lines
            full.add(entry.group)
        else:
            kept[place] = entry.brief if len(entry.brief) <= room else ()
        room -= len(kept[place])
    lines = [line for place in sorted(kept) for line in kept[place]]
    left = sum(kept[place] != entry.lines for place, entry in enumerate(section.entries))
    return [*lines, "   … " + section.more.format(f"{left:,}".replace(",", "."))]
