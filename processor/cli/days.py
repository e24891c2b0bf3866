"""A day as it is typed on the command line."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from typing import Any

import click

from processor.errors import SettingsError


def _day(text: str) -> dt.date:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        with suppress(ValueError):
            return dt.date.fromisoformat(text)
    raise click.BadParameter(f"{text!r} is no day; use YYYY-MM-DD")


DAY: dict[str, Any] = {"type": _day, "metavar": "YYYY-MM-DD", "default": None}


def check_order(first: dt.date | None, last: dt.date | None) -> None:
    """Days from which and to which something is asked for.

    Raises:
        SettingsError: the first is after the last: nothing could ever be found.
    """
    if first and last and first > last:
        raise SettingsError(f"--from {first} is after --to {last}")
