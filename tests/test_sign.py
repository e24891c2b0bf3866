"""A clerk's session by the real command: who may, what is asked, what a failing key or authority leaves behind."""

from __future__ import annotations

import getpass
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from tests.testkit import samples, scans
from tests.testkit.stations import takes_any_scan

SOHOA = Path(sys.executable).with_name("sohoa")
ME = getpass.getuser()
OPERATOR = f'[operators.lan]\nname = "Lan"\ndecision = "QĐ 12/QĐ-UBND"\naccount = "{ME}"\n'


def sohoa(station: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(SOHOA), *words, "--station", str(station)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)


def status(station: Path) -> Any:
    return json.loads(sohoa(station, "status", "--json").stdout)


def attended(folder: Path, operator: str = OPERATOR) -> Path:
    """A demo station where nothing is sealed with nobody there."""
    assert subprocess.run([SOHOA, "init", "--demo", folder], capture_output=True).returncode == 0
    takes_any_scan(folder)
    settings = folder / "sohoa.toml"
    text = settings.read_text("utf-8").replace('unattended = true\nauthorisation = "DEMO"\n', "").replace('"1s"', '"0.2s"')
    settings.write_text(f"{text}\n{operator}", "utf-8")
    return folder


def drop(station: Path, *seeds: int) -> None:
    for seed in seeds:
        scans.png(station / "drop" / "sao-y" / f"{seed}.png", samples.sample(seed, dpi=100).aged[0], dpi=100)


@pytest.fixture
def station(tmp_path: Path) -> Path:
    made = attended(tmp_path / "station")
    drop(made, 1, 2)
    assert sohoa(made, "run").returncode == 75
    assert status(made)["counts"]["to-seal"] == 2
    return made


def on_terminal(station: Path, answers: dict[str, str], *words: str) -> tuple[int, str]:
    """`sign` with a person at a terminal, who types an answer after each question."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(SOHOA, [str(SOHOA), "sign", "--operator", "lan", *words, "--station", str(station)])
    seen, left, end = "", dict(answers), time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 65536).decode("utf-8", "replace")
            except OSError:  # Linux says so when the other side is gone
                break
        for question in [question for question in left if question in seen]:
            os.write(terminal, left.pop(question).encode() + b"\n")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


def test_what_waits_is_shown_then_sealed_and_the_log_names_the_operator_by_id(station: Path) -> None:
    code, seen = on_terminal(station, {"Gõ 2": "2"})
    assert code == 0 and "filed: 2" in seen
    assert sohoa(station, "verify").returncode == 0
    sheet = next((station / "out" / "trinh-ky").glob("*.pdf"))
    with pymupdf.open(sheet) as document:
        text = "".join(page.get_text() for page in document)
        assert len(document[0].get_images()) == 2
    records = json.loads(sohoa(station, "find", "--json").stdout)
    assert all(record["doc_code"] in text and record["original_name"] in text for record in records)
    events = json.loads(sohoa(station, "show", records[0]["doc_code"], "--json").stdout)["events"]
    assert {event["actor"] for event in events if event["type"] == "filed"} == {"operator:lan"}
    assert "Lan" not in json.dumps(events)


def test_another_number_than_that_of_the_batch_seals_nothing(station: Path) -> None:
    code, seen = on_terminal(station, {"Gõ 2": ""})
    assert code == 0 and "nothing was sealed" in seen
    assert status(station)["counts"]["to-seal"] == 2


def test_one_of_them_may_be_sealed_alone(station: Path) -> None:
    code = sohoa(station, "status", "--json")
    one = json.loads(code.stdout)["waiting"][0]["id"]
    assert sohoa(station, "sign", "--operator", "lan", "--yes", one[:12]).returncode == 0
    assert status(station)["counts"] | {"filed": 1, "to-seal": 1} == status(station)["counts"]


def test_without_a_terminal_nothing_is_asked(station: Path) -> None:
    done = sohoa(station, "sign", "--operator", "lan")
    assert done.returncode == 1 and "--yes" in done.stderr
    assert sohoa(station, "sign", "--operator", "lan", "--yes").returncode == 0


def test_a_passphrase_is_asked_for_where_no_file_holds_it_and_tried_once(station: Path) -> None:
    settings = station / "sohoa.toml"
    settings.write_text(settings.read_text("utf-8").replace('passphrase_file = "authority/passphrase"\n', ""), "utf-8")
    silent = sohoa(station, "sign", "--operator", "lan", "--yes")
    assert silent.returncode == 4 and "terminal" in silent.stderr
    code, seen = on_terminal(station, {"Mã PIN": "sai"}, "--yes")
    assert code == 4 and seen.count("Mã PIN") == 1, seen
    assert status(station)["counts"]["to-seal"] == 2
    secret = (station / "authority" / "passphrase").read_text()
    code, seen = on_terminal(station, {"Mã PIN": secret}, "--yes")
    assert code == 0 and secret not in seen and "filed: 2" in seen


@pytest.mark.parametrize("wrong", ["account", "decision", "valid_to", "other"])
def test_only_the_operators_of_the_settings_from_their_own_account(tmp_path: Path, wrong: str) -> None:
    changed = {
        "account": OPERATOR.replace(f'"{ME}"', '"someone-else"'), "decision": OPERATOR.replace('"QĐ 12/QĐ-UBND"', '""'),
        "valid_to": OPERATOR + "valid_to = 2026-01-31\n", "other": OPERATOR.replace(".lan]", ".hoa]"),
    }[wrong]  # fmt: skip
    station = attended(tmp_path / "station", changed)
    done = sohoa(station, "sign", "--operator", "lan", "--yes")
    assert done.returncode == 1 and "operator" in done.stderr
    environment = {**os.environ, "LOGNAME": "someone-else", "USER": "someone-else"}
    claimed = subprocess.run([SOHOA, "sign", "--operator", "lan", "--yes", "--station", station], env=environment, capture_output=True)
    assert claimed.returncode == 1, "the account is the kernel's word"


def test_an_authority_of_time_that_fails_is_told_before_anything_is_signed(station: Path) -> None:
    (station / "authority" / "tsa.key").rename(station / "authority" / "tsa.key.away")
    other = attended(station.parent / "other")
    (station / "authority" / "tsa.key").write_bytes((other / "authority" / "tsa.key").read_bytes())
    done = sohoa(station, "sign", "--operator", "lan", "--yes")
    assert done.returncode == 75 and "nothing was sealed" in done.stderr
    assert status(station)["counts"]["to-seal"] == 2


def test_nothing_waits(tmp_path: Path) -> None:
    done = sohoa(attended(tmp_path / "station"), "sign", "--operator", "lan", "--yes")
    assert done.returncode == 0 and "nothing waits" in done.stdout


def test_who_watches_stands_aside_and_comes_back(station: Path) -> None:
    with (station.parent / "log").open("w") as log, subprocess.Popen([SOHOA, "watch", "--station", station], stderr=log) as watcher:
        try:
            text = station.parent / "log"
            deadline = time.monotonic() + 40
            while "watching" not in text.read_text() and time.monotonic() < deadline:
                time.sleep(0.1)
            assert sohoa(station, "sign", "--operator", "lan", "--yes").returncode == 0
            drop(station, 3)
            while status(station)["counts"].get("to-seal") != 1:
                assert time.monotonic() < deadline, text.read_text()
                time.sleep(0.2)
        finally:
            watcher.send_signal(signal.SIGTERM)
            assert watcher.wait(30) == 0
    assert len(re.findall("event=watching", text.read_text())) == 2
    assert status(station)["counts"]["filed"] == 2
