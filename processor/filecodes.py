"""A file's code in full, as a drop folder, a list or a person names it in short."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from archive.naming import expand_file_code
from processor import law
from processor.errors import SettingsError

_LONGEST_PAPER = 100  # paperFileCode is S100 in TT 05/2025


def in_full(given: str, organ_id: str, year: int, today: dt.date, station: Path) -> str:
    """`01.TCCB` gets the year and the code the agency has in it: today's, or where the year is another, that of its nearest day."""
    day = min(max(today, dt.date(year, 1, 1)), dt.date(year, 12, 31))
    organ = law.agencies(station).code_on(organ_id, day) or organ_id
    return expand_file_code(given, organ, year, law.file_code_template(today, station))


def check_paper_code(code: str, day: dt.date, station: Path | None = None) -> None:
    """Whether this is the code of a paper file (TT 05/2025, paperFileCode) as the rule of a day has it.

    Raises:
        SettingsError: it is not, or the rule is none.
    """
    rule = law.in_force(law.read("identifiers.toml", station)["paper"], day, "codes of paper files")
    try:
        fits = re.fullmatch(str(rule["pattern"]), code)
    except re.error as error:
        raise SettingsError(f"law profile for codes of paper files: pattern: {error}") from error
    if not fits or len(code) > _LONGEST_PAPER or not code.isprintable():
        raise SettingsError(f"{code!r} is no code of a paper file; write it like {rule['example']}")
