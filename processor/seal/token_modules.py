"""Tokens on this machine, for `doctor`: which libraries are here, what to install, is the token in and its PIN good.

Promises: what is known of makers is data (`config/tokens.toml`); only a library that the settings name is loaded; a PIN is tried
only where it is stored, not known as wrong, and not on the token's last try. Refuses: to sign.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from importlib import resources
from pathlib import Path

from processor.check import Check, check
from processor.errors import MissingError, Verdict
from processor.seal import pkcs11, secret
from processor.seal.ring import Ring
from processor.settings import Settings
from processor.tables import KeyTable

_ROOT = Path("/")
_PINS = {
    "locked": "the token's PIN is locked", "last-try": "one more wrong PIN locks the token: none is tried",
    "low": "a wrong PIN was entered since the last good one", "": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Known:
    """A library that offices have."""

    name: str
    files: tuple[str, ...]
    install: str

    def is_called(self, name: str) -> bool:
        """Whether a file of that name is one of its own."""
        return any(fnmatch(name, Path(file).name) for file in self.files)


@cache
def _data() -> tuple[tuple[str, ...], tuple[Known, ...]]:
    read = tomllib.loads(resources.files("config").joinpath("tokens.toml").read_text("utf-8"))
    return tuple(read["places"]), tuple(Known(row["name"], tuple(row["files"]), row["install"]) for row in read["modules"].values())


def found(root: Path = _ROOT) -> list[tuple[Known, Path]]:
    """Known libraries on this machine, each file once.

    Args:
        root: where the machine's folders begin.
    """
    places, every = _data()
    here: dict[Path, tuple[Known, Path]] = {}
    for known in every:
        for file in known.files:
            patterns = [file] if file.startswith("/") else [f"{place}/{file}" for place in places]
            for pattern in patterns:
                for path in sorted(root.glob(pattern.lstrip("/"))):
                    if path.is_file():
                        here.setdefault(path.resolve(), (known, path))
    return list(here.values())


def advice(path: Path) -> str:
    """What to install for a library that is not there."""
    fitting = [known for known in _data()[1] if known.is_called(path.name)]
    return "; ".join(f"{known.name}: {known.install}" for known in fitting or _data()[1])


def token_checks(settings: Settings, folder: Path, ring: Ring) -> Iterator[Check]:
    """Rows `token-module`, `token` and `token-pin` of each key on a token; without such a key, what is here for one.

    Args:
        folder: the station's.
        ring: opened without anybody to ask.
    """
    rows = {name: row for name, row in settings.keys.items() if row.kind == "pkcs11"}
    if not rows:
        here = "; ".join(f"{known.name}: {path}" for known, path in found())
        yield check("token-module", True, f"no key of the settings is on a token; libraries here: {here or 'none'}")
    for name, row in rows.items():
        yield from _on_token(name, row, folder, ring)


def agency_checks(settings: Settings, ring: Ring, now: dt.datetime) -> Iterator[Check]:
    """Row `key-agency` of each lane that seals: has the agency it prints a key today?"""
    for name, lane in settings.lanes.items():
        if lane.kind == "incoming":
            continue
        agency = lane.agency or settings.station.agency
        try:
            left = ring.sealer(agency, now).days_left(now)
            yield check("key-agency", True, f"{agency}: a key of its own, {left} days left", name)
        except Verdict as verdict:
            known = verdict.code == "key-of-other-agency"
            yield check("key-agency", False if known else None, f"{agency}: {verdict.code}: {verdict.detail}", name)


def _on_token(name: str, row: KeyTable, folder: Path, ring: Ring) -> Iterator[Check]:
    path = folder / row.module
    untold = check("token-pin", None, "no token to ask", name)
    try:
        if not row.module:
            raise MissingError(f"keys.{name}.module is not set")
        tokens = pkcs11.look(path)
    except MissingError as error:
        here = "; ".join(str(file) for _, file in found())
        yield check("token-module", False, f"{error}. Install: {advice(path)}. Libraries here: {here or 'none'}", name)
        yield check("token", None, "no library to ask", name)
        yield untold
        return
    except Verdict as verdict:
        yield check("token-module", False, f"it does not start: {verdict.detail}", name)
        yield check("token", None, "no library to ask", name)
        yield untold
        return
    yield check("token-module", True, str(path), name)
    seen = [token for token in tokens if row.token in {"", token.label}]
    if len(seen) != 1:
        labels = ", ".join(token.label for token in tokens) or "none"
        wanted = row.token or "the only one"
        yield check("token", False, f"{len(seen)} tokens are {wanted!r}; in: {labels}", name)
        yield untold
        return
    yield from _opened(name, row, folder, ring, seen[0])


def _opened(name: str, row: KeyTable, folder: Path, ring: Ring, seen: pkcs11.Seen) -> Iterator[Check]:
    """The token is in: its PIN, then what lies on it."""
    about = f"{seen.label} ({seen.model}, {seen.serial})"
    fault = _no_login(row, folder, seen)
    if fault is not None:
        yield check("token", True, f"{about}; its key is not looked at without a login", name)
        yield check("token-pin", fault == "", fault or "asked for in an attended session, not tried", name)
        return
    state = f"; {_PINS[seen.pin]}" if seen.pin else ""
    try:
        next(each for each in ring.rows if each.name == name).open()
    except MissingError as error:  # the login is good, what lies there is not
        yield check("token", False, f"{about}: {error}", name)
        yield check("token-pin", True, f"good{state}", name)
    except Verdict as verdict:
        of_pin = verdict.code.startswith("pin-")
        yield check("token", of_pin, about if of_pin else f"{about}: {verdict.detail}", name)
        yield check("token-pin", False if of_pin else None, f"{verdict.code}: {verdict.detail}", name)
    else:
        yield check("token", True, f"{about}: key and certificate found", name)
        yield check("token-pin", True, f"good{state}", name)


def _no_login(row: KeyTable, folder: Path, seen: pkcs11.Seen) -> str | None:
    """Why no login is tried: empty where a person is asked for the PIN; None: it is tried."""
    if seen.pin in {"locked", "last-try"}:
        return _PINS[seen.pin]
    if not row.secret:
        return ""
    try:
        secret.read(row.secret, folder).text()
    except MissingError as error:
        return str(error)
    return None
