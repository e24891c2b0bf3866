"""A session at the token: each request checked, counted, shown, signed once.

Promises: never more signatures than were announced; one request is signed once, however often it is asked; what is refused
is told with its code and not signed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from processor.signer import attributes, messages
from processor.signer.messages import Announced, Item
from processor.signer.stop import Stop


class Key(Protocol):
    """What signs."""

    def sign(self, data: bytes) -> bytes:
        """A signature over the SHA-256 of `data`; raises Stop."""
        ...


class Remote(Protocol):
    """Whoever asks for signatures while the session lasts."""

    def asked(self, session: Announced) -> tuple[bool, tuple[Item, ...]]:
        """Whether the session goes on, and what waits."""
        ...

    def tell(self, answer: bytes) -> None:
        """Hand in an answer."""
        ...


Show = Callable[[int, Item, str, str], object]
"""Tell the clerk: number, request, digest in hex (empty where there is none), code of the refusal (empty: signed)."""


@dataclass
class Signing:
    """One announced session.

    Args:
        announced: what the clerk agreed to.
        key: the token's.
        show: see `Show`.
    """

    announced: Announced
    key: Key
    show: Show
    signed: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    _asked: dict[str, bytes] = field(default_factory=dict)

    def take(self, item: Item) -> None:
        """Sign a request or refuse it; asked again, the answer is the same.

        Raises:
            Stop: the token failed; nothing is told of this request.
        """
        if item.id in self.refused or self._asked.get(item.id) == item.attributes:
            return
        reason, digest = "", ""
        try:
            if item.id in self._asked:
                raise attributes.Refused("changed")
            digest = attributes.digest(item.attributes, self.announced.certificate).hex()
            if len(self.signed) >= self.announced.expected:
                raise attributes.Refused("too-many")
            self.signed[item.id] = self.key.sign(item.attributes)
            self._asked[item.id] = item.attributes
        except attributes.Refused as error:
            reason = self.refused[item.id] = error.code
        self.show(len({*self.signed, *self.refused}), item, digest, reason)

    def answer(self, items: Iterable[Item], **more: str) -> bytes:
        """What is told of these requests."""
        ids = {item.id for item in items}
        refused = {one: reason for one, reason in self.refused.items() if one in ids}
        signatures = {one: value for one, value in self.signed.items() if one in ids and one not in refused}
        return messages.answer(self.announced, signatures, refused, more)

    def serve(self, remote: Remote) -> None:
        """Sign what the station asks until it ends the session.

        Raises:
            Stop: the token or the station failed.
        """
        is_open = True
        while is_open:
            is_open, items = remote.asked(self.announced)
            for item in items:
                self.take(item)
                remote.tell(self.answer([item]))


@contextlib.contextmanager
def telling(remote: Remote, announced: Announced) -> Iterator[None]:
    """Whatever ends the session on this side is told to the station, so that nothing there waits in vain."""
    code = ""
    try:
        yield
    except Stop as error:
        code = error.code
        raise
    except KeyboardInterrupt:
        code = "clerk-stopped"
        raise
    finally:
        if code:
            with contextlib.suppress(Stop):
                remote.tell(messages.answer(announced, {}, {}, {"stop": code}))
