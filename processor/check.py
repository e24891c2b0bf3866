"""One thing the doctor looked at, as a value; its level and Vietnamese text are data (`config/doctor.toml`).

Promises: "cannot tell" is neither fine nor missing, in the value as in the exit code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, cast

from processor.errors import ExitCode

Level = Literal["needed", "outside"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        name: a row of `config/doctor.toml`, with `-<lane>` or `-<number>` where there are several.
        ok: None where it cannot be told.
        detail: English, what was found.
        act: Vietnamese, what to do; empty where it is fine, and where it cannot be told: nobody need fear what nobody knows.
        level: `needed` (nothing goes without) or `outside` (missing for now, documents wait).
    """

    name: str
    ok: bool | None
    detail: str
    act: str
    level: Level


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(resources.files("config").joinpath("doctor.toml").read_text("utf-8"))


def check(row: str, ok: bool | None, detail: str, of: object = "") -> Check:
    """A check with the level and the text of its row; `of` is the lane or number it is about."""
    told = _rows()[row]
    name = f"{row}-{of}" if of != "" else row
    return Check(name, ok, detail, told["act"] if ok is False else "", cast(Level, told["level"]))


def exit_code(done: Iterable[Check]) -> ExitCode:
    """What the command line answers: missing before waiting; what cannot be told is not fine, and waits."""
    faulty = [each for each in done if each.ok is not True]
    if any(each.ok is False and each.level == "needed" for each in faulty):
        return ExitCode.MISSING
    return ExitCode.WAITING if faulty else ExitCode.DONE
