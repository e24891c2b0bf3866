"""The year's list of files (Danh mục hồ sơ) declared in the archive, row by row.

Promises: what is declared already as the list says is left alone; a file that differs is changed only when that was asked for,
and only while it is open; a row that is wrong costs itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archive.dossiers import CHANGEABLE, FileFacts, FileRow, differing
from archive.naming import split_file_code, valid_file_code
from archive.store import Archive
from processor.filelist import Entry, Fault
from processor.retention import parse


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does: files to declare, corrections by code, how many stand already, rows that are wrong."""

    new: list[FileFacts] = field(default_factory=list)
    changes: dict[str, dict[str, str]] = field(default_factory=dict)
    same: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def entries_of(told: Mapping[str, Any]) -> tuple[list[Entry], list[Fault]]:
    """What the job `listed` found, as values."""
    return [Entry(**row) for row in told["entries"]], [Fault(**row) for row in told["faults"]]


def facts_of(entry: Entry, file_code: str, year: int) -> FileFacts:
    """What a row declares."""
    period, told = parse(entry.maintenance), split_file_code(file_code)
    organ_id = told[0] if told else ""
    return FileFacts(
        file_code, entry.title, year, entry.maintenance, organ_id, period.canonical if period else "", entry.creator, entry.section,
        entry.note,
    )  # fmt: skip


def plan(entries: Sequence[Entry], facts: Callable[[Entry], FileFacts], archive: Archive, may_change: bool) -> Plan:
    """What becomes of each row, without doing it.

    Args:
        entries: the rows that are files.
        facts: what a row declares, its code in full.
        archive: knows what is declared.
        may_change: whether open files are corrected as the list has it.
    """
    made = Plan()
    for entry in entries:
        file = facts(entry)
        told = split_file_code(file.file_code)
        if not valid_file_code(file.file_code) or (told and told[1] != file.year):
            made.faults.append(Fault(entry.row, "row-bad-notation", file.file_code))
            continue
        known = archive.declared_caseless(file.file_code)
        if known is None:
            made.new.append(file)
        else:
            _compare(made, entry.row, file, known, may_change)
    return made


def _compare(made: Plan, row: int, file: FileFacts, known: FileRow, may_change: bool) -> None:
    other = differing({name: getattr(known, name) for name in FileFacts.__slots__}, file)
    is_fixed = known.file_code != file.file_code or bool(other.keys() - set(CHANGEABLE))
    if not other and not is_fixed:
        made.same.append(file.file_code)
    elif known.closed_at is not None:
        made.faults.append(Fault(row, "row-closed", known.file_code))
    elif is_fixed or not may_change:
        named = ", ".join(sorted(other)) or "upper and lower case"
        made.faults.append(Fault(row, "row-differs", f"{known.file_code}: {named}"))
    else:
        made.changes[file.file_code] = {name: str(value) for name, value in other.items()}


def carry_out(what: Plan, archive: Archive, actor: str) -> None:
    """New files in one transaction, corrections each in its own: an import that is interrupted is simply done again."""
    archive.declare_all(what.new, actor)
    for code, changes in what.changes.items():
        archive.change_file(code, changes, actor)
