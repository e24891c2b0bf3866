"""The words of a kind of letter that hold on a day (`config/law/notices.toml`, overlaid by the station's own)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from processor import law
from processor.errors import SettingsError
from processor.notices.letter import Kind, Wording

_WORDING = TypeAdapter(Wording)
_WHEN = frozenset({"kind", "valid_from", "valid_to"})
_KINDS: tuple[Kind, ...] = ("returned", "escalation", "receipt")


def wording(kind: Kind, day: dt.date, station: Path | None = None) -> Wording:
    """The words of a kind of letter on a day.

    Raises:
        SettingsError: none are in force, or the station's own cannot be written by; it names the key.
    """
    rules, what = law.read("notices.toml", station), f"letters of kind {kind}"
    if not all(isinstance(rule, dict) for rule in rules["notice"]):
        raise SettingsError("notices.toml: notice: write [[notice]]")
    rule = law.in_force((rule for rule in rules["notice"] if rule.get("kind") == kind), day, what)
    written: Mapping[str, Any] = {key: value for key, value in rule.items() if key not in _WHEN}
    if unknown := written.keys() - {field.name for field in fields(Wording)}:
        raise SettingsError(f"law profile for {what}: unknown: {', '.join(sorted(unknown))}")
    tables = {"form": rules["form"], "verdicts": rules["verdict"], "sender_acts": rules["sender"]}
    try:
        made = _WORDING.validate_python({**written, **tables})
        made.subject.format(agency="", name="", received="")
        made.lead.format(agency="", name="", received="")
        made.close.format(agency="", name="", received="")
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SettingsError(f"law profile for {what}: " + "; ".join(lines)) from error
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise SettingsError(f"law profile for {what}: {type(error).__name__}: {error}") from error
    return made


def try_out(day: dt.date, station: Path | None = None) -> None:
    """Find a slip in the station's own words before a letter is due.

    Raises:
        SettingsError: as `wording`.
    """
    for kind in _KINDS:
        wording(kind, day, station)
