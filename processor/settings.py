"""The station's settings: typed, with defaults from `config/station.toml`; unknown keys are errors that name their path.

Promises: a `Settings` that exists is valid; nothing is read from the environment.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, ValidationError

from processor.errors import SettingsError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd])")
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")


def seconds(value: object) -> float:
    """`"15m"` in seconds; a bare number is seconds already.

    Raises:
        ValueError: the text is not a number with a unit of s, m, h, d; the number is negative or has no end.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        length = float(value)
    elif isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())):
        length = float(found[1]) * _UNITS[found[2]]
    else:
        raise ValueError(f'not a duration: {value!r} (write "10s", "15m", "2h" or "7d")')
    if not (math.isfinite(length) and length >= 0):
        raise ValueError(f"not a duration: {value!r} (negative or without end)")
    return length


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.port == 0:
        raise ValueError(f"not an http or https address: {text!r}")
    return text


def _host(text: str) -> str:
    """A host's name as addresses are compared with it: lower case, without scheme, port or path."""
    name = text.strip().lower()
    if _HOST.fullmatch(name) is None:
        raise ValueError(f'not the name of a host: {text!r} (write "crl.example.vn")')
    return name


Duration = Annotated[float, BeforeValidator(seconds)]
Count: TypeAlias = Annotated[int, Field(ge=1)]
Amount: TypeAlias = Annotated[int, Field(ge=0)]
Texts: TypeAlias = Annotated[tuple[str, ...], Strict(False)]  # TOML has arrays, no tuples
Addresses: TypeAlias = Annotated[tuple[Annotated[str, AfterValidator(_address)], ...], Strict(False)]
Hosts: TypeAlias = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], Strict(False)]
Seal = Literal["file", "form", "no-secrecy-mark"]
Close = Literal[
    "type_name", "code_number", "code_notation", "issued_date", "organ_name", "subject", "language", "page_amount",
    "signer_position", "signer_name",
]  # fmt: skip


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)  # strict: "no" is not true, "2" is not 2


class StationTable(_Table):
    """Whose station this is."""

    agency: str
    organ_id: str
    demo: bool


class EngineTable(_Table):
    """The workers."""

    workers: Amount
    memory_mb: Count
    recycle_after: Count
    seconds_per_document: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    seconds_per_page: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    pages_per_job: Count


class LimitsTable(_Table):
    """What a scan may be."""

    file_mb: Count
    pages: Count
    page_megapixels: Count
    free_disk_mb: Amount


class OcrTable(_Table):
    """How pages are read."""

    read_dpi: Count
    rotate: bool
    rotate_confidence: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SealTable(_Table):
    """The organisation's key and how it is used."""

    unattended: bool
    authorisation: str
    key: str
    passphrase_file: str
    chain: Texts
    font: str
    certify: bool
    max_stamp_delay: Duration


class TimeTable(_Table):
    """Time-stamping authorities."""

    urls: Annotated[Addresses, Field(max_length=8)]  # a worker asks no more than eight for one stamp
    timeout: Annotated[Duration, Field(gt=0)]
    attempts: Count
    backoff: Duration
    parallel: Count


class TrustTable(_Table):
    """What seals must lead to."""

    roots: Texts
    intermediates: Texts
    revocation_hosts: Hosts
    revocation_keep: Duration


class ScheduleTable(_Table):
    """When things happen."""

    nightly: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    rescan: Annotated[Duration, Field(gt=0)]
    poll: Annotated[Duration, Field(gt=0)]
    fixity_share: Count


class OutTable(_Table):
    """The clerk's copies."""

    keep: Duration


class LaneTable(_Table):
    """The keys of a lane."""

    kind: Literal["copy", "archive"]
    form: Literal["", "sao-y", "sao-luc", "trich-sao"]
    file: str
    languages: Annotated[Texts, Field(min_length=1)]
    settle: Duration
    sidecar: Literal["optional", "required"]
    flatten: bool
    deskew: bool
    require_to_seal: Annotated[tuple[Seal, ...], Strict(False)]
    require_to_close: Annotated[tuple[Close, ...], Strict(False)]


class Lane(LaneTable):
    """One drop folder and what is done with what lands there."""

    name: str


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


class _Lanes(_Table):
    lane: LaneTable


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
    lane_base = _overlay({"lane": base.pop("lane")}, {"lane": own.get("lane", {})})["lane"]
    merged = _overlay(base, {key: value for key, value in own.items() if key not in {"lanes", "lane"}})
    merged["lanes"] = _lanes(lane_base, own.get("lanes", {}))
    try:
        _Lanes.model_validate({"lane": lane_base})
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SettingsError("sohoa.toml: " + "; ".join(lines)) from error
    _check_lanes(settings)
    return settings


def _lanes(base: Any, tables: Any) -> Any:
    """Each lane's table over the defaults; what is no table is left for the types to refuse."""
    if not isinstance(base, Mapping) or not isinstance(tables, Mapping):
        return tables
    for name, table in tables.items():
        if isinstance(table, Mapping) and "name" in table:
            raise SettingsError(f"sohoa.toml: lanes.{name}.name: unknown key (a lane's name is its table's)")
    return {
        name: {**_overlay(base, table), "name": name} if isinstance(table, Mapping) else table
        for name, table in tables.items()
    }


def _check_lanes(settings: Settings) -> None:
    for name, lane in settings.lanes.items():
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", name):
            raise SettingsError(f"sohoa.toml: lanes.{name}: a lane's name is lower-case letters, digits, hyphens")
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
