"""Passphrases and PINs: where they may come from, and that they show nowhere."""

import json
import os
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.errors import MissingError
from processor.seal import secret
from processor.seal.refused import Refused
from processor.seal.secret import Secret

PIN = b"a pass phrase"


def stored(folder: Path, mode: int, content: bytes = PIN + b"\n") -> Path:
    path = folder / "pin"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_it_is_the_file_without_its_line_end(tmp_path: Path, mode: int, end: bytes) -> None:
    stored(tmp_path, mode, b" a b " + end)
    assert secret.read("pin", tmp_path).value == b" a b "


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o777])
def test_one_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    stored(tmp_path, mode)
    with pytest.raises(MissingError, match="chmod 600") as caught:
        secret.read("pin", tmp_path)
    assert PIN.decode() not in str(caught.value)


def test_a_link_does_not_hide_who_can_read_the_file(tmp_path: Path) -> None:
    stored(tmp_path, 0o644)
    (tmp_path / "link").symlink_to("pin")
    with pytest.raises(MissingError, match="chmod 600"):
        secret.read("link", tmp_path)


@pytest.mark.parametrize("setting", ["nowhere", ".", "pin/x", "/nowhere/at/all"])
def test_an_absent_one_is_said(tmp_path: Path, setting: str) -> None:
    stored(tmp_path, 0o600)
    with pytest.raises(MissingError, match="cannot be read"):
        secret.read(setting, tmp_path)


def test_one_that_is_not_stored_is_asked_for_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="attended session"):
        secret.read("", tmp_path)


def test_a_systemd_credential_is_read_from_where_systemd_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path, 0o440)  # systemd's own mode for a service that runs as root
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret.read("credential:pin", tmp_path / "station") == Secret(PIN)


@pytest.mark.parametrize("folder", [None, ""])
def test_without_systemd_a_credential_is_not_looked_for_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str | None
) -> None:
    stored(tmp_path, 0o644)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    if folder is not None:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", folder)
    with pytest.raises(MissingError, match="CREDENTIALS_DIRECTORY"):
        secret.read("credential:pin", tmp_path)


@pytest.mark.parametrize("name", ["../pin", "/etc/hostname", "a/../../pin", "", ".", ".."])
def test_a_credential_is_a_name_and_leads_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Else the rule that a passphrase is its owner's alone could be walked around."""
    stored(tmp_path, 0o644)
    (tmp_path / "credentials").mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    with pytest.raises(MissingError, match="credential"):
        secret.read(f"credential:{name}", tmp_path)


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1))
def test_it_does_not_show(text: str) -> None:
    kept = Secret(text.encode())
    assert kept.text() == text
    assert text not in repr([kept]) and text not in str(kept) and repr(kept.value) not in repr(kept)


@pytest.mark.parametrize("value", [b"", b"9876543\xff", b"\xff"])
def test_what_no_token_takes_is_refused_without_showing_it(value: bytes) -> None:
    """An empty PIN counts as a wrong one on some tokens (SoftHSM is one)."""
    with pytest.raises(MissingError) as caught:
        Secret(value).text()
    frames = traceback.StackSummary.extract(list(traceback.walk_tb(caught.tb))[1:], capture_locals=True)  # this test's own left out
    assert "9876543" not in "".join(frames.format()) + str(caught.value) and caught.value.__context__ is None


# --- PINs that were refused


def test_a_refused_pin_is_known_again_by_whoever_comes_next(tmp_path: Path) -> None:
    Refused(tmp_path / "refused").note("vn/1", Secret(b"1111"))
    again = Refused(tmp_path / "refused")
    assert again.knows("vn/1", Secret(b"1111"))
    assert not again.knows("vn/1", Secret(b"1112")) and not again.knows("vn/2", Secret(b"1111"))


def test_more_than_one_refused_pin_is_known(tmp_path: Path) -> None:
    """Else two people who each try theirs in turn would lock the token."""
    refused = Refused(tmp_path / "refused")
    for pin in (b"1111", b"2222"):
        refused.note("vn/1", Secret(pin))
    assert refused.knows("vn/1", Secret(b"1111")) and refused.knows("vn/1", Secret(b"2222"))


def test_a_pin_whose_file_was_written_anew_may_be_tried(tmp_path: Path) -> None:
    path = stored(tmp_path, 0o600)
    refused = Refused(tmp_path / "refused")
    refused.note("vn/1", secret.read("pin", tmp_path))
    assert refused.knows("vn/1", secret.read("pin", tmp_path))
    os.utime(path, (1, 1))
    assert not refused.knows("vn/1", secret.read("pin", tmp_path))


def test_a_credential_is_the_same_at_every_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd lays it anew each time: a wrong PIN would be tried at every start until the token is locked."""
    path = stored(tmp_path, 0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    Refused(tmp_path / "refused").note("vn/1", secret.read("credential:pin", tmp_path))
    os.utime(path, (1, 1))
    assert Refused(tmp_path / "refused").knows("vn/1", secret.read("credential:pin", tmp_path))


def test_after_a_good_pin_nothing_counts_any_more(tmp_path: Path) -> None:
    refused = Refused(tmp_path / "refused")
    for token in ("vn/1", "vn/2"):
        refused.note(token, Secret(b"1111"))
    refused.forget("vn/1")
    assert not refused.knows("vn/1", Secret(b"1111")) and refused.knows("vn/2", Secret(b"1111"))


def test_what_lies_on_disk_is_its_owners_and_no_pin(tmp_path: Path) -> None:
    Refused(tmp_path / "refused").note("vn/1", Secret(b"271828182845"))
    Refused(tmp_path / "refused").note("vn/1", Secret(b"271828182845"))
    path = tmp_path / "refused"
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"271828" not in path.read_bytes() and b"271828".hex().encode() not in path.read_bytes()
    hashes = json.loads(path.read_text())["vn/1"]
    assert len({entry[1] for entry in hashes}) == 2  # each has its own salt
    assert [each.name for each in tmp_path.iterdir()] == ["refused"]


@pytest.mark.parametrize("content", ["", "[]", "{", "\0"])
def test_a_lost_or_torn_note_is_no_trouble(tmp_path: Path, content: str) -> None:
    (tmp_path / "refused").write_text(content)
    refused = Refused(tmp_path / "refused")
    assert not refused.knows("vn/1", Secret(b"1111"))
    refused.note("vn/1", Secret(b"1111"))
    assert refused.knows("vn/1", Secret(b"1111"))
