"""Sessions with tokens and HSMs.

Promises: a token has one session and one login. A PIN that it refused is not tried again, by this process or the next; on the
last try none is. What the token cannot do now is a `Verdict`, by which documents wait; a session that broke is dropped with
C_Finalize (all that helps with some: yubihsm-shell#541) and opened anew with back-off, with the PIN that had worked.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import TypeVar

import pkcs11
import structlog
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

from processor.errors import Verdict
from processor.seal.pkcs11 import library
from processor.seal.pkcs11.library import Module
from processor.seal.refused import Refused
from processor.seal.secret import Secret

T = TypeVar("T")
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 300.0
_WRONG = (PinIncorrect, PinInvalid, PinLenRange)
_GONE = (
    DeviceRemoved, SessionClosed, SessionHandleInvalid, SlotIDInvalid, TokenNotPresent, TokenNotRecognised,
    UserAlreadyLoggedIn, AnotherUserAlreadyLoggedIn,
)  # fmt: skip
_log = structlog.get_logger()


class Token:
    """One token, its session and its login. Usable from many threads.

    Args:
        label: the token's; empty where only one is in.
        pin: called when a login is due, with this token's calls waiting; once, if it answers.
        clock: monotonic seconds.
    """

    def __init__(
        self, module: Module, label: str, pin: Callable[[], Secret], refused: Refused, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._module = module
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
        state = library.pin_state(token)
        if state == "locked":
            raise self._wait("pin-locked", "the token says that its PIN is locked")
        if state == "last-try":
            raise self._wait("pin-last-try", "the token says that one more wrong PIN locks it: none is tried")
        if self._serial not in {b"", token.serial}:
            raise self._wait("waiting-key", "another token of the same label is in: start anew to use it")
        if self._pin is None:
            given = self._ask()
            given.text()  # what can be no PIN is not kept: its file may be set right meanwhile
            self._pin = given
        return self._login(token, self._pin)

    def _find(self) -> pkcs11.Token:
        tokens = [token for token in library.tokens(self._module.library()) if self._label in {"", token.label}]
        if not tokens:
            raise self._wait("waiting-key", f"the token is not in: {self._label or 'none is'}")
        if len(tokens) > 1:
            raise self._wait("waiting-key", f"several tokens are in: {', '.join(sorted(token.label for token in tokens))}")
        return tokens[0]

    def _login(self, token: pkcs11.Token, pin: Secret) -> pkcs11.Session:
        name, before = f"{token.label}/{token.serial.decode('ascii', 'replace')}", library.pin_state(token)
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
            if before == "" and any(library.pin_state(each) != "" for each in self._looked_again(token.serial)):
                raise self._wrong(name, pin) from error  # some libraries say "general error" and count it as a wrong PIN
            why = f"the login failed ({type(error).__name__}): not tried again before Sohoa starts anew"
            raise self._dies("waiting-key", why) from error
        self._serial = token.serial
        with contextlib.suppress(OSError):  # a full disk: then some wrong PINs stay known, which does no harm
            self._refused.forget(name)
        return session

    def _looked_again(self, serial: bytes) -> list[pkcs11.Token]:
        with contextlib.suppress(PKCS11Error):
            return [token for token in library.tokens(self._module.library()) if token.serial == serial]
        return []

    def _wrong(self, name: str, pin: Secret) -> Verdict:
        told = "the token refused the PIN: it was tried once and is not tried again"
        try:
            self._refused.note(name, pin)
        except OSError as error:
            told += f" before Sohoa starts anew (it could not be noted: {error.strerror})"
        return self._dies("pin-wrong", told)
