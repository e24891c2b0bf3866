"""The station's settings: typed, with defaults from `config/station.toml`; unknown keys are errors that name their path.

Promises: a `Settings` that exists is valid; nothing is read from the environment.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from processor import archive_tables, page_tables, tables
from processor.errors import SettingsError
from processor.tables import Lane, LaneTable, Table


class Settings(Table):
    """All of `sohoa.toml`, defaults filled in."""

    station: tables.StationTable
    archive: archive_tables.ArchiveTable
    packages: archive_tables.PackagesTable
    engine: tables.EngineTable
    limits: tables.LimitsTable
    ocr: tables.OcrTable
    convert: tables.ConvertTable
    seal: tables.SealTable
    time: tables.TimeTable
    trust: tables.TrustTable
    remote: tables.RemoteTable
    notices: tables.NoticesTable
    schedule: tables.ScheduleTable
    out: tables.OutTable
    desk: page_tables.DeskTable
    serve: page_tables.ServeTable
    keys: Mapping[str, tables.KeyTable]
    operators: Mapping[str, tables.OperatorTable]
    persons: Mapping[str, tables.PersonTable]
    mirrors: Mapping[str, archive_tables.MirrorTable]
    witnesses: archive_tables.Witnesses
    lanes: Mapping[str, Lane]

    @property
    def may_seal_unattended(self) -> bool:
        """NĐ 30 Đ32: the clerk signs in person, unless the agency authorised otherwise in writing."""
        return self.seal.unattended and bool(self.seal.authorisation.strip())

    def required(self, lane: str) -> tuple[str, ...]:
        """Fields without which the description of a document of a lane is partial; none of a lane there is no more."""
        known = self.lanes.get(lane)
        return known.require_to_close if known else ()


class _Templates(Table):
    """The defaults of the tables that have names: `[lane]` is that of every `[lanes.NAME]`."""

    lane: LaneTable
    key: tables.KeyTable
    operator: tables.OperatorTable
    person: tables.PersonTable
    mirror: archive_tables.MirrorTable


_NAMED = {"lane": "lanes", "key": "keys", "operator": "operators", "person": "persons", "mirror": "mirrors"}


def defaults() -> dict[str, Any]:
    """`config/station.toml` as a mapping."""
    return tomllib.loads(resources.files("config").joinpath("station.toml").read_text("utf-8"))


def _overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _overlay(below, value) if both else value  # type: ignore[arg-type]  # narrowed by `both`
    return merged


def parse(own: Mapping[str, Any]) -> Settings:
    """Settings of a station from its own table laid over the defaults.

    Raises:
        SettingsError: an unknown key, a wrong type or value; the text names the path of each.
    """
    base = defaults()
    names = {*_NAMED, *_NAMED.values()}
    merged = _overlay(base, {key: value for key, value in own.items() if key not in names})
    templates = {}
    for one, many in _NAMED.items():
        templates[one] = _overlay({one: merged.pop(one)}, {one: own.get(one, {})})[one]
        merged[many] = _each(many, templates[one], own.get(many, {}))
    try:
        _Templates.model_validate(templates)
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SettingsError("sohoa.toml: " + "; ".join(lines)) from error
    for name, lane in settings.lanes.items():
        _check_lane(name, lane)
    for name in (name for name, mirror in settings.mirrors.items() if not mirror.path):
        raise SettingsError(f"sohoa.toml: mirrors.{name}.path: where it lies must be told")
    for name, proxied in (("desk", settings.desk), ("serve", settings.serve)):
        if proxied.user_header and not (proxied.socket and proxied.hosts):  # whoever reaches a port may write a header
            raise SettingsError(f"sohoa.toml: {name}.user_header: {name}.socket and {name}.hosts must be set too")
    return settings


def _each(many: str, base: Any, named: Any) -> Any:
    """Each table over the defaults; what is no table is left for the types to refuse."""
    if not isinstance(base, Mapping) or not isinstance(named, Mapping):
        return named
    for name, table in named.items():
        if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name) is None:
            raise SettingsError(f"sohoa.toml: {many}.{name}: a {many[:-1]}'s name is lower-case letters, digits, hyphens")
        if many == "lanes" and isinstance(table, Mapping) and "name" in table:
            raise SettingsError(f"sohoa.toml: lanes.{name}.name: unknown key (a lane's name is its table's)")
    extra = {name: {"name": name} if many == "lanes" else {} for name in named}
    return {
        name: {**_overlay(base, table), **extra[name]} if isinstance(table, Mapping) else table
        for name, table in named.items()
    }


def _check_lane(name: str, lane: Lane) -> None:
    if lane.kind == "copy" and not lane.form:  # without it the block has no words (NĐ 30 Phụ lục I, Phần II, I.3)
        raise SettingsError(f"sohoa.toml: lanes.{name}.form: a copy lane needs sao-y, sao-luc or trich-sao")
    if lane.kind != "copy" and lane.form:
        raise SettingsError(f"sohoa.toml: lanes.{name}.form: only a copy lane has a form")


def load(station: Path) -> Settings:
    """Settings of the station in this folder.

    Raises:
        SettingsError: no station there, not TOML, or wrong settings.
    """
    path = station / "sohoa.toml"
    try:
        own = tomllib.loads(path.read_text("utf-8-sig"))  # Notepad writes a byte order mark
    except (FileNotFoundError, NotADirectoryError):
        raise SettingsError(f"no station here: {path} does not exist (make one with `sohoa init DIR`)") from None
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    return parse(own)
