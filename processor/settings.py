"""The station's settings: typed, with defaults from `config/station.toml`; unknown keys are errors that name their path.

Promises: a `Settings` that exists is valid; nothing is read from the environment.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from processor.errors import SettingsError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def seconds(value: object) -> float:
    """`"15m"` in seconds; a bare number is seconds already.

    Raises:
        ValueError: the text is not a number with a unit of s, m, h, d.
    """
    if isinstance(value, int | float):
        return float(value)
    found = _DURATION.fullmatch(str(value).strip())
    if found is None:
        raise ValueError(f'not a duration: {value!r} (write "10s", "15m", "2h" or "7d")')
    return float(found[1]) * _UNITS[found[2]]


Duration = Annotated[float, BeforeValidator(seconds)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StationTable(_Table):
    """Whose station this is."""

    agency: str
    organ_id: str
    demo: bool


class EngineTable(_Table):
    """The workers."""

    workers: int
    memory_mb: int
    recycle_after: int
    seconds_per_document: float
    seconds_per_page: float
    pages_per_job: int


class LimitsTable(_Table):
    """What a scan may be."""

    file_mb: int
    pages: int
    page_megapixels: int
    free_disk_mb: int


class OcrTable(_Table):
    """How pages are read."""

    read_dpi: int
    rotate: bool
    rotate_confidence: float


class SealTable(_Table):
    """The organisation's key and how it is used."""

    unattended: bool
    authorisation: str
    key: str
    passphrase_file: str
    chain: tuple[str, ...]
    font: str
    certify: bool
    max_stamp_delay: Duration


class TimeTable(_Table):
    """Time-stamping authorities."""

    urls: tuple[str, ...]
    timeout: Duration
    attempts: int
    backoff: Duration
    parallel: int


class TrustTable(_Table):
    """What seals must lead to."""

    roots: tuple[str, ...]
    intermediates: tuple[str, ...]
    revocation_hosts: tuple[str, ...]
    revocation_keep: Duration


class ScheduleTable(_Table):
    """When things happen."""

    nightly: str
    rescan: Duration
    poll: Duration
    fixity_share: int


class OutTable(_Table):
    """The clerk's copies."""

    keep: Duration


class Lane(_Table):
    """One drop folder and what is done with what lands there."""

    name: str
    kind: Literal["copy", "archive"]
    form: Literal["", "sao-y", "sao-luc", "trich-sao"]
    file: str
    languages: tuple[str, ...]
    settle: Duration
    sidecar: Literal["optional", "required"]
    flatten: bool
    deskew: bool
    require_to_seal: tuple[str, ...]
    require_to_close: tuple[str, ...]


class Settings(_Table):
    """All of `sohoa.toml`, defaults filled in."""

    station: StationTable
    engine: EngineTable
    limits: LimitsTable
    ocr: OcrTable
    seal: SealTable
    time: TimeTable
    trust: TrustTable
    schedule: ScheduleTable
    out: OutTable
    lanes: Mapping[str, Lane]

    @property
    def may_seal_unattended(self) -> bool:
        """NĐ 30 Đ32: the clerk signs in person, unless the agency authorised otherwise in writing."""
        return self.station.demo or (self.seal.unattended and bool(self.seal.authorisation.strip()))


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
    lane_defaults = base.pop("lane")
    merged = _overlay(base, {key: value for key, value in own.items() if key not in {"lanes", "lane"}})
    lane_base = _overlay(lane_defaults, own.get("lane", {}))
    merged["lanes"] = {
        name: {**_overlay(lane_base, table), "name": name} for name, table in own.get("lanes", {}).items()
    }
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SettingsError("sohoa.toml: " + "; ".join(lines)) from error
    _check_lanes(settings)
    return settings


def _check_lanes(settings: Settings) -> None:
    for name, lane in settings.lanes.items():
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
            raise SettingsError(f"sohoa.toml: lanes.{name}: a lane's name is lower-case letters, digits, hyphens")
        if lane.kind == "copy" and "form" in lane.require_to_seal and not lane.form:
            raise SettingsError(f"sohoa.toml: lanes.{name}.form: a copy lane needs sao-y, sao-luc or trich-sao")


def load(station: Path) -> Settings:
    """Settings of the station in this folder.

    Raises:
        SettingsError: no station there, not TOML, or wrong settings.
    """
    path = station / "sohoa.toml"
    try:
        own = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"no station here: {path} does not exist (make one with `sohoa init DIR`)") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not TOML: {error}") from error
    return parse(own)
