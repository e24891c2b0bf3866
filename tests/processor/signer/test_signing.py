"""A session at the token: checked, counted, once each."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from processor.signer.messages import Announced, Item
from processor.signer.signing import Signing, telling
from processor.signer.stop import Stop
from tests.processor.signer.test_attributes import OWN, attributes


@dataclass
class Token:
    """Signs, until it is pulled."""

    left: int = 99
    signed: list[bytes] = field(default_factory=list)

    def sign(self, data: bytes) -> bytes:
        if not self.left:
            raise Stop("token-gone")
        self.left -= 1
        self.signed.append(data)
        return b"signature"


def item(one: str, digest: int = 0, **changed: Any) -> Item:
    return Item(one, "H05", "a.pdf", 1, attributes(message_digest=[bytes([digest]) * 32], **changed))


def signing(token: Token, expected: int = 2) -> tuple[Signing, list[str]]:
    reasons: list[str] = []
    return Signing(Announced("s", "UBND", OWN, expected), token, lambda number, what, digest, reason: reasons.append(reason)), reasons


def test_never_more_than_was_announced() -> None:
    token = Token()
    session, reasons = signing(token, 2)
    for number in range(5):
        session.take(item(str(number), number))
    assert len(token.signed) == 2 and reasons == ["", "", "too-many", "too-many", "too-many"]


def test_a_refusal_does_not_count_as_a_signature() -> None:
    token = Token()
    session, reasons = signing(token, 1)
    session.take(Item("x", "", "", 1, b"a contract"))
    session.take(item("1"))
    assert reasons == ["not-attributes", ""] and len(token.signed) == 1


def test_asked_again_it_is_signed_once_and_told_again() -> None:
    token = Token()
    session, _ = signing(token, 5)
    for _ in range(3):
        session.take(item("1"))
        assert json.loads(session.answer([item("1")]))["signatures"] == [{"id": "1", "signature": "c2lnbmF0dXJl"}]
    assert len(token.signed) == 1


def test_one_number_is_one_document() -> None:
    token = Token()
    session, reasons = signing(token, 5)
    session.take(item("1", 1))
    session.take(item("1", 2))
    assert reasons == ["", "changed"] and len(token.signed) == 1
    assert json.loads(session.answer([item("1")]))["signatures"] == []


@dataclass
class Remote:
    """A station that heard."""

    heard: list[dict[str, Any]] = field(default_factory=list)

    def asked(self, session: Announced) -> tuple[bool, tuple[Item, ...]]:
        return not self.heard, (item("1", 1), item("2", 2)) if not self.heard else ()

    def tell(self, answer: bytes) -> None:
        self.heard.append(json.loads(answer))


def test_each_signature_is_told_at_once_so_that_sealing_goes_on() -> None:
    remote = Remote()
    signing(Token())[0].serve(remote)
    assert [[row["id"] for row in told["signatures"]] for told in remote.heard] == [["1"], ["2"]]


def test_a_token_pulled_is_told_after_what_was_signed() -> None:
    remote = Remote()
    session, _ = signing(Token(left=1))
    with pytest.raises(Stop), telling(remote, session.announced):
        session.serve(remote)
    assert [told.get("stop") for told in remote.heard] == [None, "token-gone"]


def test_ctrl_c_is_told() -> None:
    remote = Remote()
    with pytest.raises(KeyboardInterrupt), telling(remote, Announced("s", "UBND", OWN, 1)):
        raise KeyboardInterrupt
    assert remote.heard[0]["stop"] == "clerk-stopped"
