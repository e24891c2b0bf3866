"""Who may see what: the modes of use of TT 05/2025 (công khai, có điều kiện, mật), lanes that are closed, the log's events.

PURE: no I/O, no third-party package. Promises: what cannot be told is closed: a mode nobody knows is a secret one, and a document
without one is not public.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archive.words import fold

OPEN, CONDITIONAL, SECRET = "01", "02", "03"  # codes of TT 05/2025 PL I


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody may see.

    Attributes:
        name: of the role.
        modes: codes of the modes of use it sees.
        closed: lanes of which it sees nothing.
        sees_events: whether it sees who did what.
    """

    name: str
    modes: frozenset[str]
    closed: frozenset[str] = frozenset()
    sees_events: bool = True

    @property
    def sees_all(self) -> bool:
        """Whether nothing is kept from it."""
        return self.modes >= {OPEN, CONDITIONAL, SECRET} and not self.closed and self.sees_events

    def may_see(self, mode: str, lane: str) -> bool:
        """Whether documents of a mode and a lane are for it."""
        return mode in self.modes and lane not in self.closed


@dataclass(frozen=True, slots=True)
class Modes:
    """The words for modes of use, each with its code."""

    words: Mapping[str, str]

    def of(self, text: str | None, is_marked: bool) -> str:
        """The code of a mode as it stands in a record.

        Args:
            text: the words, or the code itself.
            is_marked: whether the document was once stopped for a mark of secrecy.
        """
        said = fold((text or "").strip())
        if not said:
            return SECRET if is_marked else CONDITIONAL
        known = {fold(word): code for word, code in self.words.items()}
        return said if said in known.values() else known.get(said, SECRET)
