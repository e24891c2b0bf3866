"""A stack of paper by what each page of it is: which pages make which document, and that every page is accounted for.

PURE. Promises: each page of a stack is in one document, or a separator, or blank, and never in two of them; what a sheet says
holds for the document that follows it and for no other; a sheet that nothing follows is told, not dropped; nothing is ever
taken away because it does not fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

PAGE, BLANK, SHEET = "page", "blank", "sheet"
COLLATE, FRONTS_BACKS = "collate", "fronts-backs"

_A_PAGE = 8_000  # bytes: what even an empty page of a scan takes


@dataclass(frozen=True, slots=True)
class Mark:
    """What one page of the stack is.

    Attributes:
        what: `page`, `blank` or `sheet`.
        told: fields the sheet sets, its file among them as `file_code`; none where it only separates.
        wrong: why the sheet, or a code on the page, cannot be followed: a person must look.
        broken: nobody can see what it is.
    """

    what: str
    told: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One document of a stack.

    Attributes:
        pages: of the stack, 1-based, in the document's order.
        blanks: blank pages among or after them that are left out.
        told: what its sheet says.
        wrong: why its sheet, or a code on one of its pages, cannot be followed.
        is_sheet: no document follows the sheet: `pages` is the sheet itself.
        broken: pages among them that cannot be decoded; one of them may have been a sheet.
    """

    pages: tuple[int, ...]
    blanks: tuple[int, ...] = ()
    told: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""
    is_sheet: bool = False
    broken: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the pages of a stack: `scanned` must be the sum of the rest.

    Attributes:
        balances: whether every page is one of them, and no page is two: sums alone would not tell.
    """

    scanned: int
    documents: int
    separators: int
    blanks: int
    balances: bool

    def told(self) -> dict[str, int]:
        """By name, as the log and the record keep it."""
        return {"scanned": self.scanned, "in_documents": self.documents, "separators": self.separators, "blanks": self.blanks}


@dataclass(frozen=True, slots=True)
class Division:
    """A stack taken apart. `separators` and `blanks` are the pages that are in no document."""

    parts: tuple[Part, ...]
    separators: tuple[int, ...]
    blanks: tuple[int, ...]

    def numbered(self, order: Sequence[int]) -> Division:
        """The same with the pages' numbers as scanned, where they were read in another order."""

        def told(numbers: Sequence[int]) -> tuple[int, ...]:
            return tuple(order[n - 1] for n in numbers)

        def as_scanned(part: Part) -> Part:
            return replace(part, pages=told(part.pages), blanks=told(part.blanks), broken=told(part.broken))

        parts = tuple(as_scanned(part) for part in self.parts)
        return Division(parts, told(self.separators), told(self.blanks))

    def account(self, scanned: int) -> Account:
        """The stack's account, against the pages that were counted when it was opened."""
        placed = [page for part in self.parts for page in part.pages]
        every = sorted([*placed, *self.separators, *self.blanks])
        is_exact = every == list(range(1, scanned + 1))
        return Account(scanned, len(placed), len(self.separators), len(self.blanks), is_exact)


def marks(rows: Iterable[Mapping[str, Any]]) -> tuple[Mark, ...]:
    """Marks as the worker tells them."""
    return tuple(Mark(row["what"], row.get("told", {}), row.get("wrong", ""), row.get("broken", False)) for row in rows)


def divided(found: Sequence[Mark], *, set_aside: bool) -> Division:
    """The documents of a stack.

    Args:
        found: what each page is, in the order they are read.
        set_aside: whether blank pages are left out of their document; the blank back of a sheet is in any case.
    """
    parts, separators, blanks = list[Part](), list[int](), list[int]()
    for sheet, run in _runs(found):
        aside = [n for n in run if found[n - 1].what == BLANK and (set_aside or _is_back(found, n))]
        kept = [n for n in run if n not in aside]
        if all(found[n - 1].what == BLANK for n in kept):  # no document: blank paper between two sheets
            aside, kept = run, []
        if not kept and sheet and (found[sheet - 1].told or found[sheet - 1].wrong):
            parts.append(Part((sheet,), tuple(aside), found[sheet - 1].told, found[sheet - 1].wrong, is_sheet=True))
        else:
            separators += [sheet] if sheet else []
            if kept:
                parts.append(_part(found, sheet, kept, aside))
        blanks += aside
    return Division(tuple(parts), tuple(separators + _twins(found)), tuple(blanks))


def _part(found: Sequence[Mark], sheet: int, kept: Sequence[int], aside: Sequence[int]) -> Part:
    own = found[sheet - 1] if sheet else Mark(SHEET)
    wrong = own.wrong or next((found[n - 1].wrong for n in kept if found[n - 1].wrong), "")
    return Part(tuple(kept), tuple(aside), own.told, wrong, broken=tuple(n for n in kept if found[n - 1].broken))


def _is_back(found: Sequence[Mark], number: int) -> bool:
    return number > 1 and found[number - 2].what == SHEET


def _is_twin(found: Sequence[Mark], number: int) -> bool:
    """The same sheet again with nothing between: printed on both sides, or laid in twice."""
    before = next((n for n in range(number - 1, 0, -1) if found[n - 1].what != BLANK), 0)
    return bool(before) and found[before - 1] == found[number - 1]


def _twins(found: Sequence[Mark]) -> list[int]:
    return [n for n, mark in enumerate(found, 1) if mark.what == SHEET and _is_twin(found, n)]


def _runs(found: Sequence[Mark]) -> Iterator[tuple[int, list[int]]]:
    """Each sheet (0: none, before the first one) with the pages up to the next."""
    sheet, run = 0, list[int]()
    for number, mark in enumerate(found, 1):
        if mark.what != SHEET:
            run.append(number)
        elif not _is_twin(found, number):
            yield sheet, run
            sheet, run = number, []
    yield sheet, run


def covered(found: Sequence[Mark]) -> tuple[str, list[Mark]]:
    """How the sheet on top says the stack is to be collated, and the marks without it; on any other sheet it is wrong."""
    said, marks = "", list[Mark]()
    for number, mark in enumerate(found):
        if COLLATE in mark.told:
            rest = {name: text for name, text in mark.told.items() if name != COLLATE}
            said = said if number else mark.told[COLLATE]
            mark = Mark(mark.what, rest, mark.wrong or ("only the first sheet can say how to collate" if number else ""))
        marks.append(mark)
    return said, marks


def collated(count: int) -> list[int] | None:
    """The reading order of a stack whose fronts were scanned first and whose backs then, from the last one to the first.

    Args:
        count: of the pages scanned.

    Returns:
        Their numbers as scanned, front and back in turn; None where there are not as many backs as fronts.
    """
    if count % 2:
        return None
    return [n for front in range(1, count // 2 + 1) for n in (front, count - front + 1)]


def most_pages(size: int, limit: int) -> int:
    """How many pages a scan of so many bytes may have, for a time limit."""
    return min(limit, 1 + size // _A_PAGE)
