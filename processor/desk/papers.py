"""What lies on the desk: a document as its page shows it, field by field.

PURE. Promises: a field is doubtful where its reader was; where it was read is a box on a page, or the part of a page where
such a field stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from archive.record import DESCRIPTIVE
from processor.describe.fields import NAMES
from processor.desk import typed

SURE = 0.9  # a reader less sure than this is to be looked at
ROUTED: Mapping[str, str] = MappingProxyType({
    "file_code": "mã hồ sơ", "pages": "lấy các trang", "rotate": "xoay trang",
})  # fmt: skip
LABELS: Mapping[str, str] = MappingProxyType({**ROUTED, **NAMES})
FIRST = ("code_number", "code_notation", "issued_date", "type_name", "organ_name", "subject", "signer_name", "signer_position")
HELD = (*ROUTED, *FIRST)
LONG = frozenset({"subject", "recipients", "attachments", "note"})
_SIGNER = frozenset({"signer_name", "signer_position", "signer_authority", "recipients"})
_HEAD_DEPTH, _FOOT_TOP = 0.45, 0.5  # of the page: where heads end and signatures begin

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field was read: page (1-based) and box, in fractions of the upright page."""

    page: int
    box: Box
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    Attributes:
        value: as the record has it. shown: as the input shows it.
        message: why it cannot be taken, or what to look at; `wrong` tells which.
        theirs: where somebody else changed it meanwhile, what it is now.
    """

    name: str
    value: str
    shown: str
    sure: float | None = None
    required: bool = False
    place: Place | None = None
    message: str = ""
    wrong: bool = False
    theirs: str | None = None
    was: str = ""

    @property
    def label(self) -> str:
        """Its name in Vietnamese."""
        name = LABELS[self.name]
        return name[0].upper() + name[1:]

    @property
    def doubtful(self) -> bool:
        """Whether its reader was not sure."""
        return bool(self.value) and self.sure is not None and self.sure < SURE

    @property
    def is_missing(self) -> bool:
        """Whether the document is not done without it."""
        return self.required and not self.value

    @property
    def is_long(self) -> bool:
        """Whether it wants several lines."""
        return self.name in LONG


@dataclass(frozen=True, slots=True)
class Paper:
    """A document, or a held scan, as its page shows it.

    Attributes:
        address: its page's path. where: what a person calls it by: its code, or its folder.
        pages: how many; 0: not known (or nothing that can be shown).
        part: which of them it has, where not all. taken: those of its stack that lie in other documents.
        hides: it may bear a mark of secrecy: nothing of it is shown.
        picture: what its pictures are asked by. version: of what is shown; who saves names it.
    """

    address: str
    where: str
    name: str
    lane: str
    pages: int
    picture: str
    version: str
    fields: Sequence[Field]
    code: str = ""
    part: str = ""
    taken: frozenset[int] = frozenset()
    hides: bool = False
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def first(self) -> list[Field]:
        """Those that are always seen."""
        return [each for each in self.fields if self._is_first(each)]

    @property
    def more(self) -> list[Field]:
        """The rest."""
        return [each for each in self.fields if not self._is_first(each)]

    def _is_first(self, each: Field) -> bool:
        return each.name in {*FIRST, *ROUTED} or each.required or bool(each.message) or each.theirs is not None

    @property
    def wants(self) -> str:
        """The field the clerk looks at first: wrong, asked back, missing, doubtful, else the number."""
        for test in (_is_wrong, _asks, _is_missing, _is_doubtful):
            if found := next((each.name for each in self.fields if test(each)), ""):
                return found
        return "code_number"


def _is_wrong(each: Field) -> bool:
    return each.wrong


def _asks(each: Field) -> bool:
    return bool(each.message) or each.theirs is not None


def _is_missing(each: Field) -> bool:
    return each.is_missing


def _is_doubtful(each: Field) -> bool:
    return each.doubtful


def fields(
    values: Mapping[str, Any], names: Sequence[str], required: Sequence[str],
    sure: Mapping[str, float] = MappingProxyType({}), places: Mapping[str, Place] = MappingProxyType({}),
) -> list[Field]:  # fmt: skip
    """The fields of a form, in the order of its page."""
    made = []
    for name in names:
        value = "" if values.get(name) is None else str(values[name])
        shown = typed.written(value) if name == "issued_date" else value
        made.append(Field(name, value, shown, sure.get(name), name in required, places.get(name), typed.hidden(value), was=value))
    return made


def in_order(required: Sequence[str]) -> tuple[str, ...]:
    """All descriptive fields: those a head shows first, then the rest of what the lane requires, then the others."""
    rest = [name for name in DESCRIPTIVE if name not in FIRST]
    return (*FIRST, *(name for name in rest if name in required), *(name for name in rest if name not in required))


def places(told: object, pages: int) -> dict[str, Place]:
    """Where each field was read: as its record says, else where such fields stand."""
    found = {name: Place(1, (0.0, 0.0, 1.0, _HEAD_DEPTH), False) for name in DESCRIPTIVE}
    found |= {name: Place(max(pages, 1), (0.0, _FOOT_TOP, 1.0, 1.0), False) for name in _SIGNER}
    return found | dict(_told(told, pages))


def _told(told: object, pages: int) -> Iterator[tuple[str, Place]]:
    if not isinstance(told, Mapping):
        return
    for name, at in told.items():
        if name not in DESCRIPTIVE or not isinstance(at, list | tuple) or len(at) != 5:
            continue
        if not all(isinstance(number, int | float) for number in at):
            continue
        left, top, right, bottom = (min(max(float(number), 0.0), 1.0) for number in at[1:])
        if 1 <= at[0] <= pages and left < right and top < bottom:
            yield name, Place(int(at[0]), (left, top, right, bottom))
