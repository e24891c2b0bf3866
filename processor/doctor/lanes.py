"""What each lane goes by: its rules in force today, the file that takes what lands in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from archive.naming import split_file_code
from processor import lanes, law, overlay
from processor.check import Check, check
from processor.doctor.parts import Parts
from processor.errors import SettingsError
from processor.notices import wording
from processor.tables import Lane


def checks(parts: Parts) -> Iterator[Check]:
    """Row `rules`; rows `law` and `file` of each lane."""
    wrong = overlay.faults(parts.folder, parts.today)
    yield check("rules", not wrong, "; ".join(wrong) or "what the station's own law/ holds can be gone by")
    for name, lane in parts.settings.lanes.items():
        try:
            told = _rules(lane, parts.today, parts.folder)
            yield check("law", True, told, name)
        except SettingsError as error:
            yield check("law", False, str(error), name)
        if not lane.file:
            yield check("file", True, "no default: a scan outside a sub-folder that names its file is held", name)
            continue
        known, code = parts.declared(lane.file), split_file_code(lane.file)
        is_past = code is not None and code[1] < parts.today.year and lanes.past_year(lane) != "take"
        told = "not declared, or closed" if not known else "of a past year" if is_past else "declared"
        yield check("file", known and not is_past, f"{lane.file} is {told}", name)


def _rules(lane: Lane, day: dt.date, station: Path) -> str:
    """What is gone by, in a few words.

    Raises:
        SettingsError: a rule is not in force, or the station's own cannot be used.
    """
    law.document_code_template(day, station)
    law.agencies(station)
    told = []
    if form := lanes.kind(lane).block(lane):
        rule = law.block_rule(form, day, station)
        told.append(f"{rule.act}, {rule.article}")
    if lanes.takes_originals(lane):
        told.append(f"what {overlay.algorithms(day, station)} algorithms are worth")
        law.read("verification.toml", station)
    if lane.kind == "incoming":
        wording.try_out(day, station)
        told.append("words of letters")
    return "; ".join(told)
