"""What a register looks like on a day: `config/law/registers.toml`, checked before anything is printed by it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, Strict, TypeAdapter, ValidationError, with_config

from processor import law
from processor.errors import SettingsError

Millimetres: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
KINDS = ("muc-luc-ho-so", "muc-luc-van-ban", "so-ban-sao", "nhan-hop", "bia-ho-so")
_WHEN = frozenset({"kind", "valid_from", "valid_to"})  # what chooses a rule; the rest is the rule


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, its width, which value of a row it shows."""

    heading: str
    width: Millimetres
    source: str
    align: Literal["left", "center"] = "left"
    dotted: bool = False


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Register:
    """One kind of list: title, columns, the lines that count it, who signs."""

    act: str
    article: str
    title: str
    landscape: bool
    counted: Annotated[tuple[str, ...], Strict(False)]
    signer: str
    signs: str
    columns: Annotated[tuple[Column, ...], Strict(False), Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Book:
    """A register with the words it is written in."""

    register: Register
    words: Mapping[str, str]
    label: Mapping[str, str]
    forms: Mapping[str, str]
    retention: Mapping[str, str]


_RULE = TypeAdapter(Register)


def book(kind: str, day: dt.date, station: Path | None = None) -> Book:
    """The rule for a kind of list on a day.

    Raises:
        SettingsError: none is in force, or it cannot be printed by.
    """
    rules, what = law.read("registers.toml", station), f"the register {kind}"
    rule = law.in_force((rule for rule in rules["register"] if rule.get("kind") == kind), day, what)
    try:
        register = _RULE.validate_python({key: value for key, value in rule.items() if key not in _WHEN})
        for line in register.counted:
            line.format(count=0, words="")
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise SettingsError(f"law profile for {what}: " + "; ".join(lines)) from error
    except (KeyError, IndexError, ValueError) as error:
        raise SettingsError(f"law profile for {what}: counted: {type(error).__name__}: {error}") from error
    return Book(register, rules["words"], rules["label"], rules["forms"], rules["retention"])
