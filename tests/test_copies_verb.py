"""`copies` as it is typed, on a station whose day is sealed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from processor.engine import LocalEngine
from tests.archive.test_encrypted import recipient
from tests.processor.conftest import workers  # noqa: F401  # a fixture
from tests.processor.office import Office
from tests.station import sohoa

TODAY = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).date()


@pytest.fixture
def office(tmp_path: Path, workers: LocalEngine) -> Iterator[Office]:  # noqa: F811
    """Nothing but events happened on its first day, which is sealed; one place is always there, one medium is plugged in."""
    made = Office.make(tmp_path, workers)
    made.set('[mirrors.nas]\npath = "../nas"\n\n[mirrors.usb]\npath = "../usb"\nremovable = true\nends = 2026-12-31')
    (tmp_path / "nas").mkdir()
    shift = made.shift()
    made.set_clock(1, "01:00", TODAY)
    shift.tools.archive.seal_day(TODAY, "test")
    made.close()
    yield made


def listed(office: Office, code: int = 2) -> dict[str, dict[str, object]]:
    done = sohoa(office.folder, "copies", "list", "--json")
    assert done.returncode == code, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)}


def test_places_are_filled_read_again_and_told_of(office: Office, tmp_path: Path) -> None:
    assert [row["lacking"] for row in listed(office).values()] == [1, 1]
    done = sohoa(office.folder, "copies", "update")
    assert (done.returncode, done.stdout) == (0, "nas: copied 1 day\n")  # the medium is not asked for
    assert sohoa(office.folder, "copies", "update", "usb").returncode == 4  # it is not plugged in, and no folder is made
    assert not (tmp_path / "usb").exists()
    (tmp_path / "usb").mkdir()
    assert sohoa(office.folder, "copies", "update", "usb").returncode == 0
    assert sohoa(office.folder, "copies", "verify").returncode == 0
    stood = listed(office)  # the medium's life ends soon
    assert [(row["lacking"], row["findings"]) for row in stood.values()] == [(0, 0), (0, 0)]
    assert any("2026-12-31" in str(warning) for warning in stood["usb"]["warnings"])  # type: ignore[attr-defined]  # a list


def test_a_medium_in_a_safe_is_away_and_no_fault(office: Office, tmp_path: Path) -> None:
    settings = office.folder / "sohoa.toml"
    settings.write_text(settings.read_text("utf-8").replace("ends = 2026-12-31", ""), "utf-8")
    (tmp_path / "usb").mkdir()
    assert sohoa(office.folder, "copies", "update", "usb").returncode == 0
    assert sohoa(office.folder, "copies", "update").returncode == 0
    assert [row["away"] for row in listed(office, 0).values()] == [False, False]
    (tmp_path / "usb").rename(tmp_path / "safe")
    told = sohoa(office.folder, "copies", "list")
    assert (told.returncode, told.stdout.splitlines()[-1].split("  ")[-1]) == (0, "away"), told.stderr
    doctor = {row["name"]: row for row in json.loads(sohoa(office.folder, "doctor", "--json").stdout)["checks"]}
    assert doctor["copies-usb"]["ok"] and "is away; updated 20" in doctor["copies-usb"]["detail"]
    assert doctor["copies-nas"]["ok"] is False and "same disk" in doctor["copies-nas"]["detail"]
    (tmp_path / "nas").rename(tmp_path / "gone")  # what is to be there every night is missed
    stood = listed(office)
    assert stood["nas"]["away"] and "not there" in str(stood["nas"]["warnings"]) and stood["usb"]["warnings"] == []


def test_what_is_damaged_here_comes_back_from_there(office: Office, tmp_path: Path) -> None:
    assert sohoa(office.folder, "copies", "update", "nas").returncode == 0
    (events,) = (office.folder / "archive").glob("*/*/*/data/events.jsonl")
    good, name = events.read_bytes(), events.relative_to(office.folder / "archive").as_posix()
    events.chmod(0o644)
    events.write_bytes(good + b"{}\n")
    assert sohoa(office.folder, "verify", "--all").returncode == 3
    assert sohoa(office.folder, "copies", "restore", name, "--from", "usb").returncode == 4
    assert sohoa(office.folder, "copies", "restore", name, "--from", "nas").returncode == 0
    assert events.read_bytes() == good
    assert sohoa(office.folder, "verify", "--all").returncode == 0
    assert sohoa(office.folder, "copies", "restore", name, "--from", "nas").returncode == 1  # there is nothing to restore


def test_a_place_that_no_setting_names(office: Office) -> None:
    assert sohoa(office.folder, "copies", "update", "nowhere").returncode == 1


def test_an_encrypted_place_is_filled_checked_without_a_key_and_restored_with_one(office: Office, tmp_path: Path) -> None:
    recipient(tmp_path, "hoi", rsa.generate_private_key(65537, 2048), b"mat khau")
    (tmp_path / "p").write_text("mat khau\n")
    opened = ("--key", str(tmp_path / "hoi.key"), "--passphrase-file", str(tmp_path / "p"))
    office.set('[mirrors.safe]\npath = "../safe"\nencrypt = ["../hoi.pem"]')
    (tmp_path / "safe").mkdir()
    assert sohoa(office.folder, "copies", "update", "safe").returncode == 0
    assert sohoa(office.folder, "copies", "verify", "safe").returncode == 0
    assert sohoa(office.folder, "copies", "verify", "safe", *opened).returncode == 0
    assert listed(office)["safe"]["lacking"] == 0
    (events,) = (office.folder / "archive").glob("*/*/*/data/events.jsonl")
    good, name = events.read_bytes(), events.relative_to(office.folder / "archive").as_posix()
    events.chmod(0o644)
    events.write_bytes(b"{}\n")
    for lacking in ((), opened[:2]):  # no key; a key without its passphrase
        assert sohoa(office.folder, "copies", "restore", name, "--from", "safe", *lacking).returncode == 4
    assert sohoa(office.folder, "copies", "restore", name, "--from", "safe", *opened).returncode == 0
    assert events.read_bytes() == good
