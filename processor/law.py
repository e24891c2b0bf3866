"""The dated legal profiles of `config/law/`, overlaid by a station's own `law/*.toml`.

Promises: a rule is found by the day it must hold on; no rule in force is an error, not a guess.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from processor.errors import SettingsError

VIETNAM = dt.timezone(dt.timedelta(hours=7), "+07:00")  # Asia/Ho_Chi_Minh has had no other offset since 1975


@dataclass(frozen=True, slots=True)
class BlockRule:
    """How the text block of a form is written and where it goes (`config/law/copies.toml`)."""

    act: str
    article: str
    template: tuple[str, ...]
    separator: str
    date: str
    time: str
    zone: str
    font_size: float
    leading: float
    width_mm: float
    top_mm: float
    right_mm: float
    search_down_mm: float
    search_left_mm: float
    words: str

    def text(self, agency: str, moment: dt.datetime) -> str:
        """The block as one line, at this moment (an aware time; shown in Vietnamese time)."""
        local = moment.astimezone(VIETNAM)
        values = {
            "form": self.words,
            "agency": agency,
            "date": local.strftime(self.date),
            "time": local.strftime(self.time),
            "zone": self.zone,
        }
        return self.separator.join(part.format(**values) for part in self.template)


def read(name: str, station: Path | None = None) -> dict[str, Any]:
    """One law file; a station's tables come before the shipped ones, its keys replace theirs."""
    base = tomllib.loads(resources.files("config").joinpath("law", name).read_text("utf-8"))
    own_path = station / "law" / name if station else None
    if own_path is None or not own_path.is_file():
        return base
    try:
        own = tomllib.loads(own_path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{own_path}: not TOML: {error}") from error
    for key, value in own.items():
        below = base.get(key)
        if isinstance(value, list) and isinstance(below, list):
            base[key] = value + below
        elif isinstance(value, dict) and isinstance(below, dict):
            base[key] = below | value
        else:
            base[key] = value
    return base


def in_force(rules: Iterable[Mapping[str, Any]], day: dt.date, what: str) -> Mapping[str, Any]:
    """The first rule whose dates hold on this day.

    Raises:
        SettingsError: none does.
    """
    for rule in rules:
        if rule["valid_from"] <= day and day <= rule.get("valid_to", dt.date.max):
            return rule
    raise SettingsError(f"no law profile for {what} is in force on {day.isoformat()}")


def block_rule(form: str, day: dt.date, station: Path | None = None) -> BlockRule:
    """The rule for the block of a form (`sao-y` …, or `archive`) on a day."""
    law = read("copies.toml", station)
    rule = in_force((r for r in law["block"] if form in r["forms"]), day, f"the block of {form}")
    fields = {key: rule[key] for key in BlockRule.__slots__ if key in rule}
    fields["template"] = tuple(fields["template"])
    return BlockRule(**fields, words=law["words"].get(form, ""))


def document_code_template(day: dt.date, station: Path | None = None) -> str:
    """The template of a document's code (TT 05/2025) on a day."""
    rule = in_force(read("identifiers.toml", station)["document"], day, "document codes")
    return str(rule["code"])
