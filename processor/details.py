"""The details beside a code as clerks read them: Vietnamese (`config/details.toml`); the log and `reason.json` keep the English.

Promises: what the table does not know stays as it is; nothing is lost by translating.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources

from processor.describe.fields import NAMES

_LONGEST = 1000  # characters; people may write in `reason.json`, and what nobody of ours wrote is shown as it is


@cache
def _table() -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = tomllib.loads(resources.files("config").joinpath("details.toml").read_text("utf-8"))["detail"]
    return tuple((re.compile(row["en"], re.DOTALL), row["vi"]) for row in rows)


def vietnamese(detail: str) -> str:
    """A detail in Vietnamese; what is filled in may be a detail of its own."""
    for pattern, words in _table() if len(detail) <= _LONGEST else ():
        if found := pattern.fullmatch(detail):
            filled = (each if each == detail else vietnamese(each) for each in found.groups(""))
            named = found.groupdict("")
            return words.format(*filled, **named | {"fields": _named(named.get("fields", ""))})
    return detail


def _named(fields: str) -> str:
    """Fields of the record as people call them, each with the name that files have for it."""
    return ", ".join(f"{NAMES[name]} ({name})" if name in NAMES else name for name in fields.split(", "))
