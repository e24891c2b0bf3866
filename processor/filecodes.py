"""A file's code in full, as a drop folder, a list or a person names it in short."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from archive.naming import expand_file_code
from processor import law


def in_full(given: str, organ_id: str, year: int, today: dt.date, station: Path) -> str:
    """`01.TCCB` gets the year and the code the agency has in it: today's, or where the year is another, that of its nearest day."""
    day = min(max(today, dt.date(year, 1, 1)), dt.date(year, 12, 31))
    organ = law.agencies(station).code_on(organ_id, day) or organ_id
    return expand_file_code(given, organ, year, law.file_code_template(today, station))
