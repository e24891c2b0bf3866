"""The shape of `sohoa.toml`, table by table; `settings` reads it, `config/station.toml` explains it.

Promises: a value of a wrong type or beyond its bounds is an error that names its path; nothing is converted in silence.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict

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
Length: TypeAlias = Annotated[float, Strict(False), Field(gt=0, allow_inf_nan=False)]
Day: TypeAlias = dt.date | Literal[""]
Place: TypeAlias = Annotated[tuple[Annotated[float, Strict(False), Field(ge=0, allow_inf_nan=False)], ...], Strict(False)]
"""Page (1-based; 0 is the last), millimetres from its left edge and from its top; empty: found by rule."""
Seal = Literal["file", "form", "no-secrecy-mark", "original"]
Close = Literal[
    "type_name", "code_number", "code_notation", "issued_date", "organ_name", "subject", "language", "page_amount",
    "signer_position", "signer_name", "signer_authority", "organ_parent", "issued_place", "recipients", "priority", "attachments",
    "keyword", "mode", "note", "maintenance",
]  # fmt: skip


class Table(BaseModel):
    """Unknown keys are errors; a value is what it is: "no" is not true, "2" is not 2."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StationTable(Table):
    """Whose station this is."""

    agency: str
    organ_id: str
    parent: str
    place: str
    demo: bool


class EngineTable(Table):
    """The workers."""

    workers: Amount
    memory_mb: Count
    recycle_after: Count
    seconds_per_document: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    seconds_per_page: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    pages_per_job: Count


class LimitsTable(Table):
    """What a scan may be."""

    file_mb: Count
    pages: Count
    page_megapixels: Count
    free_disk_mb: Amount
    list_rows: Count


class OcrTable(Table):
    """How pages are read."""

    read_dpi: Count
    rotate: bool
    rotate_confidence: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SealTable(Table):
    """The organisation's key and how it is used."""

    unattended: bool
    authorisation: str
    key: str
    passphrase_file: str
    chain: Texts
    font: str
    certify: bool
    max_stamp_delay: Duration
    carried_delay: Duration
    picture: str
    picture_mm: Length


class KeyTable(Table):
    """One certificate of the organisation and where its key is."""

    kind: Literal["pkcs12", "pkcs11", "remote"]
    file: str
    secret: str
    module: str
    token: str
    label: str
    certificate: str
    chain: Texts
    agency: str
    valid_from: Day
    valid_to: Day


class OperatorTable(Table):
    """A clerk who may seal in an attended session (NĐ 30 Đ32), and by which decision."""

    name: str
    decision: str
    account: str
    valid_from: Day
    valid_to: Day


class PersonTable(Table):
    """A person in charge whose signature the `issue` lane asks for."""

    name: str
    position: str
    authority: Literal["", "TM.", "KT.", "TL.", "TUQ.", "Q."]
    certificate: str
    fingerprint: str
    valid_from: Day
    valid_to: Day


class RemoteTable(Table):
    """Where `sohoa-signer` fetches digests during an attended session."""

    listen: str
    certificate: str
    key: str
    clients: str


class NoticesTable(Table):
    """How senders and the office are told."""

    smtp_host: str
    smtp_port: Annotated[int, Field(ge=1, le=65535)]
    smtp_security: Literal["starttls", "tls", "none"]
    smtp_user: str
    smtp_password: str
    sender: str
    office: str


class TimeTable(Table):
    """Time-stamping authorities."""

    urls: Annotated[Addresses, Field(max_length=8)]  # a worker asks no more than eight for one stamp
    timeout: Annotated[Duration, Field(gt=0)]
    attempts: Count
    backoff: Duration
    parallel: Count
    requests_per_window: Amount
    window: Annotated[Duration, Field(gt=0)]
    trip_after: Count
    rest: Duration
    renew_before: Duration


class TrustTable(Table):
    """What seals must lead to."""

    roots: Texts
    intermediates: Texts
    revocation_hosts: Hosts
    revocation_keep: Duration
    addresses: Mapping[str, str]
    lists: Texts


class ConvertTable(Table):
    """How Word and Excel files become PDF."""

    program: str
    seconds: Annotated[Duration, Field(gt=0)]


class ScheduleTable(Table):
    """When things happen."""

    nightly: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    rescan: Annotated[Duration, Field(gt=0)]
    poll: Annotated[Duration, Field(gt=0)]
    fixity_share: Count


class OutTable(Table):
    """The clerk's copies."""

    keep: Duration


class LaneTable(Table):
    """The keys of a lane."""

    kind: Literal["copy", "archive", "attachment", "issue", "incoming"]
    form: Literal["", "sao-y", "sao-luc", "trich-sao"]
    file: str
    past_year: Literal["", "hold", "take", "reject"]
    languages: Annotated[Texts, Field(min_length=1)]
    settle: Duration
    sidecar: Literal["optional", "required"]
    list: Literal["optional", "required", "never"]
    list_wait: Duration
    split: bool
    blanks: Literal["keep", "set-aside"]
    collate: Literal["", "fronts-backs"]
    hold_before_seal: Duration
    flatten: bool
    deskew: bool
    require_to_seal: Annotated[tuple[Seal, ...], Strict(False)]
    require_to_close: Annotated[tuple[Close, ...], Strict(False)]
    agency: str
    unsigned: Literal["hold", "file", "reject"]
    signers: Texts
    seal_at: Place
    number_field: str
    date_field: str
    number_at: Place
    date_at: Place


class Lane(LaneTable):
    """One drop folder and what is done with what lands there."""

    name: str


