"""A day as it is typed on the command line."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from typing import Any

import click


def _day(text: str) -> dt.date:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        with suppress(ValueError):
            return dt.date.fromisoformat(text)
    raise click.BadParameter(f"{text!r} is no day; use YYYY-MM-DD")


DAY: dict[str, Any] = {"type": _day, "metavar": "YYYY-MM-DD", "default": None}
