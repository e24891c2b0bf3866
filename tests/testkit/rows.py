"""What a row of the tables of attacks and honest files is, and how attacks become builders.

Promises: a builder gets a fresh scene and gives bytes; what it did to the scene's services holds while the bytes are judged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.testkit.false_signers import Build
from tests.testkit.increments import Edit, later
from tests.testkit.signing import PADES, Way, page

INVALID, UNKNOWN, VALID = frozenset({"invalid"}), frozenset({"unknown"}), frozenset({"valid"})
EITHER = INVALID | UNKNOWN
MAYBE = VALID | UNKNOWN
UNSIGNED = frozenset({"unsigned"})


class Row(NamedTuple):
    """One attack, or one honest file.

    `verdicts` are what a judge may say; one of `codes` must be among the reasons; `alone`: pyHanko's own bottom line (the scene's
    roots and CA, revocation not asked) passes it; `opens`: qpdf opens it.
    """

    build: Build
    verdicts: frozenset[str]
    note: str
    codes: frozenset[str] = frozenset()
    alone: bool = False
    opens: bool = True


def words(text: str) -> frozenset[str]:
    """Codes of reasons."""
    return frozenset(text.split())


def on(attack: Callable[[bytes], bytes], way: Way = PADES, base: Callable[[], bytes] = page) -> Build:
    """The attack on a letter that the office signed."""
    return lambda scene: attack(scene.signed(base(), way))


def then(edit: Edit, way: Way = PADES, base: Callable[[], bytes] = page, *, extra: bytes = b"", without: str = "") -> Build:
    """An increment after the office's signature."""
    return on(lambda pdf: later(pdf, edit, extra=extra, without=without.split()), way, base)
