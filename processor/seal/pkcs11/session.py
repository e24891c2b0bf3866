"""Sessions with tokens and HSMs.

Promises: a library is opened once a process, a token has one session and one login, calls come one at a time (C_Initialize
without locks: vendors' libraries need not be safe for threads). A PIN the token refused is not tried again, by this process or
the next; on the last try none is. What the token cannot do now is a `Verdict`, by which documents wait; a session that broke
is dropped with C_Finalize (all that helps with some: yubihsm-shell#541) and opened anew with back-off, with the PIN that worked.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import pkcs11
import structlog
from pkcs11.constants import TokenFlag
from pkcs11.exceptions import (
    AnotherUserAlreadyLoggedIn,
    DeviceRemoved,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    SessionClosed,
    SessionHandleInvalid,
    SlotIDInvalid,
    TokenNotPresent,
    TokenNotRecognised,
    UserAlreadyLoggedIn,
)

from processor.errors import MissingError, Verdict
from processor.seal.refused import Refused
from processor.seal.secret import Secret

if TYPE_CHECKING:
    from pkcs11._pkcs11 import lib as Library

T = TypeVar("T")
_BUSY = 60.0  # seconds a call waits for the one before it; an HSM may take a second for each
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
_WRONG = (PinIncorrect, PinInvalid, PinLenRange)
_GONE = (
    DeviceRemoved, SessionClosed, SessionHandleInvalid, SlotIDInvalid, TokenNotPresent, TokenNotRecognised,
    UserAlreadyLoggedIn, AnotherUserAlreadyLoggedIn,
)  # fmt: skip
_log = structlog.get_logger()
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


def _pin_state(token: pkcs11.Token) -> PinState:
    states: tuple[tuple[TokenFlag, PinState], ...] = (
        (TokenFlag.USER_PIN_LOCKED, "locked"), (TokenFlag.USER_PIN_FINAL_TRY, "last-try"), (TokenFlag.USER_PIN_COUNT_LOW, "low"),
    )  # fmt: skip
    return next((state for flag, state in states if token.flags & flag), "")


def _tokens(library: Library) -> list[pkcs11.Token]:
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
            tokens = _tokens(library.library())
        except PKCS11Error as error:
            library.drop()
            raise Verdict("waiting-key", f"{path.name}: {type(error).__name__}") from error
    return [Seen(token.label, token.serial.decode("ascii", "replace"), token.model, _pin_state(token)) for token in tokens]


class Token:
    """One token, its session and its login. Usable from many threads.

    Args:
        label: the token's; empty where only one is in.
        pin: called when a login is due, with this token's calls waiting; once, if it answers.
        clock: monotonic seconds.
    """

    def __init__(
        self, library: Module, label: str, pin: Callable[[], Secret], refused: Refused, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._module = library
        self._label = label
        self._ask = pin
        self._refused = refused
        self._clock = clock
        self._pin: Secret | None = None
        self._session: pkcs11.Session | None = None
        self._round = -1
        self._serial = b""  # of the token that took the PIN
        self._dead: Verdict | None = None
        self._pause = 0.0
        self._not_before = 0.0
        self._trouble = Verdict("waiting-key")

    def use(self, work: Callable[[pkcs11.Session], T]) -> T:
        """Do something in the session; where it broke, once more in a new one.

        Raises:
            Verdict: `pin-wrong`, `pin-last-try`, `pin-locked`, `waiting-key`.
            MissingError: the library or the PIN cannot be had.
        """
        with self._module.entered():
            if self._session is not None and self._round == self._module.round:
                try:
                    return work(self._session)
                except PKCS11Error as error:
                    _log.warning("token session lost", error=type(error).__name__)
                    self._module.drop()
            return self._anew(work)

    def pin(self) -> Secret | None:
        """The PIN of the session, for a key that wants it with each signature (CKA_ALWAYS_AUTHENTICATE)."""
        return self._pin if self._serial else None

    def _anew(self, work: Callable[[pkcs11.Session], T]) -> T:
        if self._dead is not None:
            raise Verdict(self._dead.code, self._dead.detail)
        if self._clock() < self._not_before:
            raise Verdict(self._trouble.code, self._trouble.detail)
        try:
            self._session = self._open()
            self._round = self._module.round
            done = work(self._session)
        except PKCS11Error as error:
            raise self._wait("waiting-key", f"the token does not answer ({type(error).__name__})") from error
        self._pause = 0.0
        return done

    def _wait(self, code: str, detail: str) -> Verdict:
        """Drop everything; until the pause is over nobody asks the token."""
        self._module.drop()
        self._session = None
        self._pause = min(max(2 * self._pause, _FIRST_PAUSE), _LONGEST_PAUSE)
        self._not_before = self._clock() + self._pause
        self._trouble = Verdict(code, detail)
        return self._trouble

    def _dies(self, code: str, detail: str) -> Verdict:
        """This PIN is not tried again by this process."""
        self._module.drop()
        self._session = None
        self._dead = Verdict(code, detail)
        return self._dead

    def _open(self) -> pkcs11.Session:
        token = self._find()
        state = _pin_state(token)
        if state == "locked":
            raise self._wait("pin-locked", "the token says that its PIN is locked")
        if state == "last-try":
            raise self._wait("pin-last-try", "the token says that one more wrong PIN locks it: none is tried")
        if self._serial not in {b"", token.serial}:
            raise self._wait("waiting-key", "another token of the same label is in: start anew to use it")
        if self._pin is None:
            self._pin = self._ask()
        return self._login(token, self._pin)

    def _find(self) -> pkcs11.Token:
        tokens = [token for token in _tokens(self._module.library()) if self._label in {"", token.label}]
        if not tokens:
            raise self._wait("waiting-key", f"the token is not in: {self._label or 'none is'}")
        if len(tokens) > 1:
            raise self._wait("waiting-key", f"several tokens are in: {', '.join(sorted(token.label for token in tokens))}")
        return tokens[0]

    def _login(self, token: pkcs11.Token, pin: Secret) -> pkcs11.Session:
        name, before = f"{token.label}/{token.serial.decode('ascii', 'replace')}", _pin_state(token)
        if self._serial == b"" and self._refused.knows(name, pin):
            raise self._dies("pin-wrong", "the token refused this PIN before: it is not tried again")
        try:
            session = token.open(user_pin=pin.text())
        except _WRONG:
            raise self._wrong(name, pin) from None
        except PinLocked as error:
            raise self._wait("pin-locked", "the token says that its PIN is locked") from error
        except PKCS11Error as error:
            if self._serial or isinstance(error, _GONE):
                raise
            if before == "" and any(_pin_state(each) != "" for each in self._looked_again(token.serial)):
                raise self._wrong(name, pin) from error  # some libraries say "general error" and count it as a wrong PIN
            why = f"the login failed ({type(error).__name__}): not tried again before Sohoa starts anew"
            raise self._dies("waiting-key", why) from error
        self._serial = token.serial
        with contextlib.suppress(OSError):  # a full disk: then some wrong PINs stay known, which does no harm
            self._refused.forget(name)
        return session

    def _looked_again(self, serial: bytes) -> list[pkcs11.Token]:
        with contextlib.suppress(PKCS11Error):
            return [token for token in _tokens(self._module.library()) if token.serial == serial]
        return []

    def _wrong(self, name: str, pin: Secret) -> Verdict:
        told = "the token refused the PIN: it was tried once and is not tried again"
        try:
            self._refused.note(name, pin)
        except OSError as error:
            told += f" before Sohoa starts anew (it could not be noted: {error.strerror})"
        return self._dies("pin-wrong", told)
