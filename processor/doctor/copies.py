"""The places where the sealed days lie too: is each there, can it be written, is it another disk than the archive's."""

from __future__ import annotations

from collections.abc import Iterator

from processor.check import Check, check
from processor.copying import Standing
from processor.doctor.parts import Parts
from processor.doctor.station import use


def checks(parts: Parts) -> Iterator[Check]:
    """Row `copies`, one a place; a medium that is away for now is where it should be."""
    for each in parts.copies:
        fault = "" if each.away and each.is_removable else _fault(each, parts)
        where = f"{each.path} is away" if each.away else each.path
        told = f"{where}; updated {each.updated_on or 'never'}, read again {each.checked_on or 'never'}"
        yield check("copies", not fault, f"{fault}; {told}" if fault else told, each.name)


def _fault(copy: Standing, parts: Parts) -> str:
    place = parts.folder / copy.path
    if copy.away or (fault := use(place)):
        return "it is not there" if copy.away else fault
    is_same = place.stat().st_dev == (parts.folder / "archive").stat().st_dev
    return "it lies on the same disk as the archive: one fault takes both" if is_same else ""
