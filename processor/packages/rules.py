"""What a package is made by on a day: `config/law/packages.toml` and the profiles it names, checked before anything is made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from processor import law
from processor.errors import SettingsError
from processor.metadata import Profile

_WHEN = frozenset({"kind", "valid_from", "valid_to"})


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of package; `file` and `document` are profiles of `metadata.toml`."""

    act: str
    article: str
    profile: str
    content_category: str
    content_type: str
    file: str
    document: str


@dataclass(frozen=True, slots=True)
class Law:
    """A kind of package with the elements of its file and of each document, and its words."""

    layout: Layout
    file: Profile
    document: Profile
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
    file, document = (law.metadata_profile(id, day, station) for id in (layout.file, layout.document))
    return Law(layout, file, document, rules["premis"], rules["text"]["readme"])
