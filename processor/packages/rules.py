"""Which elements a package has on a day: `config/law/packages.toml`, checked before anything is made by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, Strict, TypeAdapter, ValidationError, with_config

from processor import law
from processor.errors import SettingsError

_WHEN = frozenset({"kind", "valid_from", "valid_to"})


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Wanted:
    """One element: its name, how long it may be, where its text comes from, whether it must say something."""

    name: str
    longest: Annotated[int, Field(ge=1)]
    source: str = ""
    value: str = ""
    codes: str = ""
    required: bool = False
    required_of: Annotated[tuple[str, ...], Strict(False)] = ()
    """Levels of confidence (gốc điện tử, số hóa, hỗn hợp) that must have it."""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of package."""

    act: str
    article: str
    profile: str
    content_category: str
    content_type: str
    file: Annotated[tuple[Wanted, ...], Strict(False), Field(min_length=1)]
    document: Annotated[tuple[Wanted, ...], Strict(False), Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Law:
    """A kind of package with its code lists and words."""

    layout: Layout
    codes: Mapping[str, Mapping[str, str]]
    confidence: Mapping[str, str]
    premis: Mapping[str, str]
    readme: str


_RULE = TypeAdapter(Layout)


def of(kind: str, day: dt.date, station: Path | None = None) -> Law:
    """The rule for a kind of package on a day.

    Raises:
        SettingsError: none is in force, or nothing can be made by it.
    """
    rules, what = law.read("packages.toml", station), f"packages of kind {kind}"
    rule = law.in_force((rule for rule in rules["package"] if rule.get("kind") == kind), day, what)
    try:
        layout = _RULE.validate_python({key: value for key, value in rule.items() if key not in _WHEN})
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SettingsError(f"law profile for {what}: " + "; ".join(lines)) from error
    unknown = {each.codes for each in (*layout.file, *layout.document) if each.codes} - set(rules["codes"])
    if unknown:
        raise SettingsError(f"law profile for {what}: no list codes.{', codes.'.join(sorted(unknown))}")
    return Law(layout, rules["codes"], rules["confidence"], rules["premis"], rules["text"]["readme"])
