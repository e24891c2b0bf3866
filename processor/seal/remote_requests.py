"""What waits for the clerk's helper during a session, and the signatures it brings; knows nothing of HTTP.

Promises: a signature is handed on only if the organisation's certificate verifies it; no more are asked for than the session
announced; once the helper stops, falls silent or the session ends, nothing waits any longer (`waiting-key`).
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from processor.errors import Verdict
from processor.seal.batch import VERSION, Item
from processor.seal.certificates import holds

PATIENCE = 600.0  # seconds for the clerk to come, to enter the PIN, and for a token that hangs
_SUBJECT: ContextVar[tuple[str, str, int]] = ContextVar("subject", default=("", "", 0))


@contextlib.contextmanager
def about(doc_code: str, name: str, pages: int) -> Iterator[None]:
    """What is signed within: shown to the clerk beside the digest. For the thread that asks."""
    token = _SUBJECT.set((doc_code, name, pages))
    try:
        yield
    finally:
        _SUBJECT.reset(token)


@dataclass
class _Wait:
    item: Item
    signature: bytes = b""
    refusal: tuple[str, str] | None = None


class ProtocolError(Exception):
    """What a helper sent is not what the protocol says."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What the clerk agrees to before the PIN is asked for."""

    agency: str
    certificate: x509.Certificate
    expected: int
    id: str = field(default_factory=lambda: secrets.token_hex(16))


class Desk:
    """Where requests wait and signatures are taken in. Usable from many threads.

    Args:
        announced: the session.
        patience: seconds that a request waits.
    """

    def __init__(self, announced: Announced, patience: float = PATIENCE) -> None:
        self.announced = announced
        self._patience = patience
        self._changed = threading.Condition()
        self._waiting: dict[str, _Wait] = {}
        self._given: set[str] = set()
        self._asked = 0
        self._ended = ""
        self._helper = ("", "")
        self._told_end = False

    # --- the side of the stages

    def sign(self, attributes: bytes) -> bytes:
        """A verified signature over these attributes; blocks until it is there.

        Raises:
            Verdict: `waiting-key`; `seal-failed` when the helper refuses to sign this.
        """
        wait = _Wait(Item(secrets.token_hex(8), *_SUBJECT.get(), attributes))
        with self._changed:
            if self._asked >= self.announced.expected:
                raise Verdict("waiting-key", "more signatures were asked for than the session announced")
            self._asked += 1
            self._waiting[wait.item.id] = wait
            self._changed.notify_all()
            came = self._changed.wait_for(lambda: wait.signature or wait.refusal or self._ended, self._patience)
            del self._waiting[wait.item.id]
            if not came:  # the next documents shall not wait as long again
                self._end("the helper did not answer in time")
            if wait.signature:
                return wait.signature
        raise Verdict(*(wait.refusal or ("waiting-key", self._ended)))

    def end(self, reason: str = "the session is over") -> None:
        """Nothing is signed any more."""
        with self._changed:
            self._end(reason)

    def _end(self, reason: str) -> None:
        self._ended = self._ended or reason
        self._changed.notify_all()

    def farewell(self, seconds: float) -> None:
        """Wait until the helper, if there is one, has heard that the session is over."""
        with self._changed:
            if self._helper[0]:
                self._changed.wait_for(lambda: self._told_end, seconds)

    # --- the helper's side

    def welcome(self, certificate: str, helper: str) -> bool:
        """Whether this helper may begin: one clerk's certificate a session; of its helpers the last one goes on, since the
        one before has crashed or was left.

        Args:
            certificate: SHA-256 of its TLS certificate, in hex.
            helper: the number it gave itself.
        """
        with self._changed:
            if not helper or self._helper[0] not in {"", certificate}:
                return False
            self._helper = (certificate, helper)
            return True

    def admit(self, certificate: str, helper: str) -> bool:
        """Whether it is the helper that was welcomed last."""
        with self._changed:
            return bool(helper) and self._helper == (certificate, helper)

    @property
    def clerk(self) -> str:
        """SHA-256 of the TLS certificate of the helper that signs; empty before one came."""
        return self._helper[0]

    def told(self) -> bytes:
        """The session, as the helper reads it."""
        own = self.announced
        certificate = base64.b64encode(own.certificate.public_bytes(Encoding.DER)).decode()
        return _json(id=own.id, agency=own.agency, certificate=certificate, expected=own.expected)

    def requests(self, seconds: float) -> bytes:
        """What waits for a signature; waits so long for something to do."""
        with self._changed:
            self._changed.wait_for(lambda: self._open() or self._ended, seconds)
            items = [] if self._ended else [item.told() for item in self._open()]
            if self._ended:
                self._told_end = True
                self._changed.notify_all()
            return _json(id=self.announced.id, open=not self._ended, items=items)

    def _open(self) -> list[Item]:
        return [wait.item for wait in self._waiting.values() if not (wait.signature or wait.refusal)]

    def take(self, data: bytes) -> bytes:
        """Signatures, refusals, or word that the helper stops. What does not verify counts for nothing.

        Raises:
            ProtocolError: not such a message, or another session's.
        """
        told = _read(data)
        if told.get("id") != self.announced.id:
            raise ProtocolError("another session")
        found = [(one, self._signed(one, text)) for one, text in _pairs(told, "signatures", "signature")]
        with self._changed:
            for one, reason in _pairs(told, "refused", "reason"):
                self._refuse(one, "seal-failed", f"the clerk's helper refused: {reason[:40]}")
            if isinstance(stop := told.get("stop"), str):
                self._told_end = True
                self._end(f"the helper stopped: {stop[:40]}")
            self._changed.notify_all()
        taken, wrong = ([one for one, good in found if good is wanted] for wanted in (True, False))
        return _json(id=self.announced.id, taken=taken, wrong=wrong)

    def _refuse(self, one: str, code: str, detail: str) -> None:
        if (wait := self._waiting.get(one)) and not wait.signature:
            wait.refusal = (code, detail)

    def _signed(self, one: str, text: str) -> bool:
        with self._changed:
            wait = self._waiting.get(one)
            if wait is None:
                return one in self._given  # told twice; what never waited, or waits no longer, is nobody's
        try:
            signature = base64.b64decode(text, validate=True)
        except ValueError:
            signature = b""
        good = holds(self.announced.certificate, wait.item.attributes, signature)
        with self._changed:
            if good:
                wait.signature = wait.signature or signature
                self._given.add(one)
            else:
                self._refuse(one, "waiting-key", "what the helper signed does not verify with the certificate")
        return good


def _json(**told: Any) -> bytes:
    return json.dumps({"sohoa_signer": VERSION, **told}, ensure_ascii=False).encode()


def _read(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("not JSON") from error
    if not isinstance(value, dict) or value.get("sohoa_signer") != VERSION:
        raise ProtocolError("another protocol")
    return value


def _pairs(told: dict[str, Any], key: str, value: str) -> list[tuple[str, str]]:
    rows = told.get(key)
    found = []
    for row in rows if isinstance(rows, list) else []:
        match row:
            case {"id": str(one), **more} if isinstance(text := more.get(value), str):
                found.append((one, text))
    return found
