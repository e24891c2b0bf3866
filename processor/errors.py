"""What can go wrong, as values with stable codes.

Promises: every refusal is a code of `config/codes.toml`, with an English line and a Vietnamese sentence.
Refuses: to exit the process (only `cli` does) or to print.
"""

from __future__ import annotations

import tomllib
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib import resources


class ExitCode(IntEnum):
    """What the command line answers (docs/design.md); never reused for another meaning."""

    DONE = 0
    USAGE = 1
    SOME_REFUSED = 2
    NOT_VERIFIED = 3
    MISSING = 4
    RUNNING = 5
    WAITING = 75
    INTERRUPTED = 130


OF_THE_KEY = frozenset({"waiting-key", "key-of-other-agency", "pin-wrong", "pin-last-try", "pin-locked"})
"""What documents wait under while the organisation's key cannot be used."""


SECRET = "secrecy-mark"
"""What a document is held under that may be a state secret."""


OUR_FAULT = frozenset({"unexpected", "worker-died", "too-slow"})
"""What a document is rejected under though it may be sound: tried again by `retry --all`, and nothing to tell a sender."""


class SohoaError(Exception):
    """An error the operator can act on; its text says what to do next."""

    exit_code = ExitCode.USAGE


class SettingsError(SohoaError):
    """The settings or the call are wrong."""


class MissingError(SohoaError):
    """Something Sohoa needs is not on this machine (a language, a font, a key)."""

    exit_code = ExitCode.MISSING


class CatalogueOlder(SohoaError):
    """The archive's catalogue is older than what was filed: a wrong copy was put back."""

    exit_code = ExitCode.NOT_VERIFIED


class Abandoned(Exception):
    """A job was given up because Sohoa stops; its document goes on from its last stage next time."""


class Verdict(Exception):
    """A document cannot go on: raised inside a stage, caught at the per-document boundary.

    Args:
        code: a key of `config/codes.toml`.
        detail: English, for the log and `reason.json`; never text of the document.
        wait: seconds before which it makes no sense to try again; 0: not known.
    """

    def __init__(self, code: str, detail: str = "", *, wait: float = 0.0) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.wait = wait

    @property
    def reason(self) -> Reason:
        """The texts that belong to the code."""
        return reason(self.code)


def where(error: BaseException) -> str:
    """The last frames of an error by function and line, for the log: never its text, which may hold a document's."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))


@dataclass(frozen=True, slots=True)
class Reason:
    """One row of `config/codes.toml`.

    Attributes:
        answered: who releases it answers for it: by name, and with a reason.
    """

    code: str
    state: str
    en: str
    vi: str
    act: str
    answered: bool = False


@cache
def reasons() -> Mapping[str, Reason]:
    """All codes, by code."""
    data = tomllib.loads(resources.files("config").joinpath("codes.toml").read_text("utf-8"))
    return {code: Reason(code=code, **row) for code, row in data.items()}


def reason(code: str) -> Reason:
    """The row of a code; an unknown code is a defect and reads as `unexpected`."""
    table = reasons()
    return table.get(code, table["unexpected"])
