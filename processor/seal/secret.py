"""Passphrases and PINs: where they may come from, and a holder that does not show them.

Promises: they come from a file of its owner's alone (0600), from a systemd credential, or from the session that asked a person;
their text is in no message and in no representation of an object.
Refuses: arguments, the environment and settings as a source.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from processor.errors import MissingError

_CREDENTIAL = "credential:"


@dataclass(frozen=True, slots=True)
class Secret:
    """A passphrase or PIN. Whoever needs it takes `value` or `text()` where it is used, and keeps it in no variable.

    Attributes:
        written: when its file was (nanoseconds); 0 for a credential, which systemd lays anew at each start, and for what was asked.
    """

    value: bytes = field(repr=False)
    written: int = 0

    def text(self) -> str:
        """As text, which is what tokens take.

        Raises:
            MissingError: empty (some tokens count that as a wrong PIN), or not UTF-8.
        """
        if not self.value or not self._is_text():
            raise MissingError("the PIN is empty or no UTF-8 text")
        return self.value.decode()

    def _is_text(self) -> bool:
        try:
            self.value.decode()
        except UnicodeDecodeError:  # it holds the bytes: it must not become another exception's cause
            return False
        return True


def _credential(name: str) -> Path:
    """Where systemd laid a credential; only it may read there, so the mode tells nothing."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")  # the one place systemd tells; holds a path, no secret
    if not folder:
        raise MissingError("the passphrase or PIN is a systemd credential, and there is none here (CREDENTIALS_DIRECTORY)")
    if name in {"", ".", ".."} or "/" in name:
        raise MissingError(f"the passphrase or PIN: not the name of a credential: {name!r}")
    return Path(folder) / name


def file(setting: str, station: Path) -> Path | None:
    """The file of the station that a setting names; None where it is a credential, or is asked for."""
    return station / setting if setting and not setting.startswith(_CREDENTIAL) else None


def read(setting: str, station: Path) -> Secret:
    """The passphrase or PIN that a setting names.

    Args:
        setting: a path (relative to the station), or `credential:NAME` for a systemd credential.
        station: the station's folder.

    Raises:
        MissingError: absent, readable by others than its owner, or (an empty setting) to be asked for.
    """
    if not setting:
        raise MissingError("the passphrase or PIN is not stored: it is asked for in an attended session")
    own = file(setting, station)
    path = own or _credential(setting.removeprefix(_CREDENTIAL))
    try:
        seen = path.stat()
        if own and seen.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise MissingError(f"{own} can be read by others: chmod 600 it")
        return Secret(path.read_bytes().rstrip(b"\r\n"), seen.st_mtime_ns if own else 0)
    except OSError as error:
        raise MissingError(f"the passphrase or PIN cannot be read: {path} ({error.strerror})") from error
