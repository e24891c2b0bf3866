"""People who may write in `held/`, `out/` and `drop/`: what they put there is not believed, followed or obeyed."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.testkit import samples, scans
from tests.testkit.stations import takes_any_scan

SOHOA = Path(sys.executable).with_name("sohoa")


def sohoa(station: Path, *words: str, timeout: int = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SOHOA, *words, "--station", station], capture_output=True, text=True, timeout=timeout)


def page(path: Path, seed: int) -> Path:
    scans.png(path, samples.sample(seed, dpi=100).aged[0], dpi=100)
    return path


def status(station: Path) -> dict[str, Any]:
    return json.loads(sohoa(station, "status", "--json").stdout)


@pytest.fixture
def station(tmp_path: Path) -> Path:
    """One document is held: it was dropped for a file nobody declared."""
    folder = tmp_path / "station"
    subprocess.run([SOHOA, "init", "--demo", folder], check=True, capture_output=True)
    takes_any_scan(folder)
    (folder / "drop" / "sao-y" / "01.KHAC").mkdir()
    page(folder / "drop" / "sao-y" / "01.KHAC" / "a.png", 1)
    assert sohoa(folder, "run").returncode == 2
    return folder


def lot(station: Path) -> Path:
    (reason,) = (station / "held").rglob("reason.json")
    return reason.parent


@pytest.mark.parametrize("change", [
    {"lane": "../../../PWNED"}, {"lane": "luu-tru"}, {"again": 10**30}, {"again": -1}, {"released": [{}]}, {"file_code": "\ud800"},
    {"original_name": "\ud800x"}, {"scan_sha256": "ab"}, {"part": "../1"}, {"sidecar": {"subject": 5}},
], ids=str)  # fmt: skip
def test_a_reason_that_was_tampered_with_is_told_and_never_obeyed(station: Path, change: dict[str, Any]) -> None:
    folder = lot(station)
    told = json.loads((folder / "reason.json").read_text("utf-8"))
    (folder / "reason.json").write_text(json.dumps({**told, **change}))
    assert [item["code"] for item in status(station)["held"]] == ["lot-broken"]
    assert sohoa(station, "release", folder.name).returncode == 1
    assert sohoa(station, "run").returncode == 0
    assert (folder / "a.png").exists() and not (station.parent.parent / "PWNED").exists()


def test_no_second_copy_is_had_by_writing_a_number(station: Path) -> None:
    folder = lot(station)
    told = json.loads((folder / "reason.json").read_text("utf-8"))
    (folder / "reason.json").write_text(json.dumps({**told, "again": 7, "file_code": "H05.99.2026.01.VP"}))
    sohoa(station, "release", folder.name)
    sohoa(station, "run")
    assert json.loads(sohoa(station, "find", "--json").stdout) == [] and (folder / "a.png").exists()


def test_a_pipe_for_a_reason_stops_nobody(station: Path) -> None:
    (lot(station) / "reason.json").unlink()
    os.mkfifo(next((station / "held").rglob("a.png")).with_name("reason.json"))
    assert [item["code"] for item in status(station)["held"]] == ["lot-broken"]
    page(station / "drop" / "sao-y" / "b.png", 2)
    assert sohoa(station, "run").returncode == 0


def test_a_link_in_out_is_not_written_through(station: Path) -> None:
    catalogue = station / "archive" / "catalogue.db"
    (station / "out" / "sao-y").mkdir(exist_ok=True)
    for name in (".b.pdf.part", "b.pdf"):
        (station / "out" / "sao-y" / name).symlink_to(catalogue)
    page(station / "drop" / "sao-y" / "b.png", 2)
    assert sohoa(station, "run").returncode == 0
    assert catalogue.read_bytes().startswith(b"SQLite format 3")
    assert sohoa(station, "verify").returncode == 0


def test_what_is_filed_stays_filed_though_no_copy_can_be_handed_out(station: Path) -> None:
    (station / "out" / "sao-y").write_text("in the way")
    page(station / "drop" / "sao-y" / "b.png", 2)
    assert sohoa(station, "run").returncode == 0
    told = status(station)
    assert (told["counts"]["filed"], told["rejected"], told["waiting"]) == (1, [], [])


def test_a_duplicate_is_kept_where_what_was_filed_is_damaged(station: Path) -> None:
    page(station / "drop" / "sao-y" / "b.png", 2)
    assert sohoa(station, "run").returncode == 0
    for filed in (station / "archive").rglob("data/**/*.p??"):
        filed.unlink()
    page(station / "drop" / "sao-y" / "b.png", 2)
    assert sohoa(station, "run").returncode == 2
    assert "archive-damaged" in {item["code"] for item in status(station)["held"]}
    assert len(list((station / "held").rglob("b.png"))) == 1


def test_a_broken_journal_costs_work_and_nothing_else(station: Path) -> None:
    page(station / "drop" / "sao-y" / "b.png", 2)
    (station / "work" / "journal.db").write_bytes(b"junk" * 1000)
    assert sohoa(station, "run").returncode == 0
    assert status(station)["counts"]["filed"] == 1


def test_work_is_private(station: Path) -> None:
    assert (station / "work").stat().st_mode & 0o077 == 0


def test_names_cannot_write_on_the_terminal(station: Path) -> None:
    page(station / "drop" / "luu-tru" / "x.png", 3)
    (station / "drop" / "luu-tru" / "x.png").rename(station / "drop" / "luu-tru" / "a\x1b[31m\nheld b.png")
    (station / "drop" / "luu-tru" / "c\x1b[2J").symlink_to("/etc/hostname")
    sohoa(station, "run")
    for verb in ("status", "find"):
        assert "\x1b" not in sohoa(station, verb).stdout
