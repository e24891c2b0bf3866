"""PKCS#11 libraries in this process, and the tokens they see.

Promises: a library is opened once a process and called by one thread at a time (C_Initialize without locks: vendors' libraries
need not be safe for threads); one that hangs lets the others go. Refuses: a login.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pkcs11
from pkcs11.constants import TokenFlag
from pkcs11.exceptions import PKCS11Error

from processor.errors import MissingError, Verdict

if TYPE_CHECKING:
    from pkcs11._pkcs11 import lib as Library

_BUSY = 60.0  # seconds a call waits for the one before it; an HSM may take a second for each
PinState = Literal["", "low", "last-try", "locked"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A token as it shows itself without a login.

    Attributes:
        pin: `low`: a wrong PIN was entered since the last good one; `last-try`: one more locks it.
    """

    label: str
    serial: str
    model: str
    pin: PinState


class Module:
    """One library in this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.round = 0  # sessions of an earlier round are gone
        self._library: Library | None = None
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """This thread is the one that calls the library.

        Raises:
            Verdict: `waiting-key` when another call does not end.
        """
        if not self._lock.acquire(timeout=_BUSY):
            raise Verdict("waiting-key", f"{self.path.name}: an earlier call has not come back")
        try:
            yield
        finally:
            self._lock.release()

    def library(self) -> Library:
        """The library, initialised.

        Raises:
            MissingError: there is none at its path, or it is not a PKCS#11 library.
            PKCS11Error: it is one, and does not start.
        """
        if not self.path.is_file():
            raise MissingError(f"{self.path}: the token's library is not installed")
        try:
            self._library = pkcs11.lib(str(self.path))
            return self._library
        except PKCS11Error as error:
            if "while loading" not in str(error):
                raise
            raise MissingError(f"{self.path}: cannot be loaded as a PKCS#11 library of this machine's kind") from error

    def drop(self) -> None:
        """Let go of all its sessions; the next call starts it anew."""
        self.round += 1
        if self._library is not None:
            with contextlib.suppress(PKCS11Error):  # it may be just as broken as the session was
                self._library.finalize()

    def leave(self) -> None:
        """Log out; where a call hangs there is nothing to be done."""
        if self._lock.acquire(timeout=1.0):
            try:
                self.drop()
            finally:
                self._lock.release()


_modules: dict[Path, Module] = {}  # C_Initialize is the process's, so is this
_modules_lock = threading.Lock()


def module(path: Path) -> Module:
    """The one `Module` of this process for a library."""
    with _modules_lock:
        return _modules.setdefault(path.resolve(), Module(path.resolve()))


def leave() -> None:
    """Log out everywhere: all libraries are finalised."""
    with _modules_lock:
        known = list(_modules.values())
    for each in known:
        each.leave()


def pin_state(token: pkcs11.Token) -> PinState:
    states: tuple[tuple[TokenFlag, PinState], ...] = (
        (TokenFlag.USER_PIN_LOCKED, "locked"), (TokenFlag.USER_PIN_FINAL_TRY, "last-try"), (TokenFlag.USER_PIN_COUNT_LOW, "low"),
    )  # fmt: skip
    return next((state for flag, state in states if token.flags & flag), "")


def tokens(library: Library) -> list[pkcs11.Token]:
    """All that are in, those excepted that nobody has set up."""
    found = []
    for slot in library.get_slots(token_present=True):
        with contextlib.suppress(PKCS11Error):  # another slot's trouble is not this token's
            found.append(slot.get_token())
    return [token for token in found if token.flags & TokenFlag.TOKEN_INITIALIZED]


def look(path: Path) -> list[Seen]:
    """The tokens that a library finds, without a login.

    Raises:
        MissingError: no such library.
        Verdict: `waiting-key` when it does not answer.
    """
    library = module(path)
    with library.entered():
        try:
            here = tokens(library.library())
        except PKCS11Error as error:
            library.drop()
            raise Verdict("waiting-key", f"{path.name}: {type(error).__name__}") from error
    return [Seen(token.label, token.serial.decode("ascii", "replace"), token.model, pin_state(token)) for token in here]
