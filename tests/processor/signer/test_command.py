"""The command as the clerk meets it: what it asks, what it leaves behind, what it answers."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from processor.signer import command, messages
from processor.signer.command import run
from processor.signer.stop import Stop
from tests.processor.seal.test_remote import OWN, SoftKey, attributes
from tests.processor.signer import clerk

Typing = Callable[..., list[str]]


class Pulled(SoftKey):
    """A token that is pulled out."""

    def __enter__(self) -> "Pulled":
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Typing:
    """What the clerk types, line by line; what was asked."""
    asked: list[str] = []

    def typed(*lines: str) -> list[str]:
        left = list(lines)

        def answer(question: str) -> str:
            asked.append(question)
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr("builtins.input", answer)
        return asked

    return typed


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    from processor.seal.batch import Batch, Item

    path = tmp_path / "in.json"
    path.write_bytes(Batch.of(clerk.AGENCY, OWN, [Item(str(n), f"H05-{n}", "a.pdf", 1, attributes()) for n in (1, 2, 3)]).export())
    return path


def arguments(batch: Path) -> list[str]:
    return ["file", str(batch), str(batch.with_name("out.json")), "--module", clerk.MODULE]


def test_a_token_pulled_in_mid_batch_leaves_what_it_signed(
    batch: Path, typing: Typing, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "_opened", lambda options, announced: Pulled(left=2))
    typing(messages.code(batch.read_bytes()), "c")
    assert run(arguments(batch)) == command.FAILED
    told = json.loads(batch.with_name("out.json").read_bytes())
    assert [row["id"] for row in told["signatures"]] == ["1", "2"]
    said = capsys.readouterr().out
    assert "Mất liên lạc với Token" in said and "Đã ghi" in said


@pytest.mark.parametrize("lines", [(), ("",), ("AAAA-AAAA-AAAA-AAAA", "c"), ("code", ""), ("code", "k"), ("code",)])
def test_without_code_and_consent_no_token_is_touched(
    batch: Path, typing: Typing, monkeypatch: pytest.MonkeyPatch, lines: tuple[str, ...]
) -> None:
    def touched(*_: object) -> None:
        raise AssertionError("the token was opened")

    monkeypatch.setattr(command, "_opened", touched)
    code = messages.code(batch.read_bytes())
    typing(*(code if line == "code" else line for line in lines))
    assert run(arguments(batch)) == command.NOT_BEGUN
    assert not batch.with_name("out.json").exists()


@pytest.mark.parametrize("yes", ["c", "C", " có ", "y"])
def test_yes_is_said_in_vietnamese(batch: Path, typing: Typing, monkeypatch: pytest.MonkeyPatch, yes: str) -> None:
    monkeypatch.setattr(command, "_opened", lambda options, announced: Pulled())
    asked = typing(messages.code(batch.read_bytes()).lower(), yes)
    assert run(arguments(batch)) == command.DONE
    assert len(asked) == 2 and "3 chữ ký" in asked[1]


@pytest.mark.parametrize("data", [None, b"", b"{}", b"\xff"])
def test_what_is_no_batch_is_told(tmp_path: Path, data: bytes | None, capsys: pytest.CaptureFixture[str]) -> None:
    if data is not None:
        (tmp_path / "in.json").write_bytes(data)
    assert run(arguments(tmp_path / "in.json")) == command.NOT_BEGUN
    assert capsys.readouterr().out.strip()


def test_ctrl_c_keeps_what_was_signed(batch: Path, typing: Typing, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Pulled):
        def sign(self, data: bytes) -> bytes:
            if self.signed:
                raise KeyboardInterrupt
            return super().sign(data)

    monkeypatch.setattr(command, "_opened", lambda options, announced: Interrupted())
    typing(messages.code(batch.read_bytes()), "c")
    assert run(arguments(batch)) == command.INTERRUPTED
    assert len(json.loads(batch.with_name("out.json").read_bytes())["signatures"]) == 1


def test_a_folder_that_cannot_be_written_is_told(batch: Path, typing: Typing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_opened", lambda options, announced: Pulled())
    typing(messages.code(batch.read_bytes()), "c")
    assert run(["file", str(batch), str(batch.parent / "no" / "out.json"), "--module", "x"]) == command.NOT_BEGUN


def test_every_reason_has_words() -> None:
    """A code without a sentence would be shown as it is."""
    import re

    from processor.signer import words

    source = "".join(path.read_text("utf-8") for path in Path(command.__file__).parent.glob("*.py"))
    raised = set(re.findall(r'(?:Stop|DeviceError|StationError|Refused)\("([a-z-]+)"', source))
    assert raised and raised <= set(words.REASONS)
    assert issubclass(messages.ProtocolError, Stop)
