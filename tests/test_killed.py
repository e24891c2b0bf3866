"""`kill -9` in the middle of a run: the next runs make every document once, under codes without gaps."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.testkit import samples, scans
from tests.testkit.stations import takes_any_scan

SOHOA = Path(sys.executable).with_name("sohoa")
COUNT = 6


def test_killed_runs_lose_and_double_nothing(tmp_path: Path) -> None:
    station = tmp_path / "station"
    subprocess.run([SOHOA, "init", "--demo", station], check=True, capture_output=True)
    takes_any_scan(station)
    for seed in range(COUNT):
        page = samples.sample(seed, dpi=100).aged[0]
        scans.png(station / "drop" / "sao-y" / f"{seed}.png", page, dpi=100)
    for pause in (2.5, 3.5, 4.5):
        run = subprocess.Popen([SOHOA, "run", "--station", station], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    for _ in range(2):
        ended = subprocess.run([SOHOA, "run", "--station", station], capture_output=True, text=True, timeout=300)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    told = subprocess.run([SOHOA, "find", "--json", "--station", station], capture_output=True, text=True).stdout
    records = json.loads(told)
    assert sorted(r["doc_ordinal"] for r in records) == list(range(1, COUNT + 1))
    assert {r["original_name"] for r in records} == {f"{seed}.png" for seed in range(COUNT)}
    checked = subprocess.run([SOHOA, "verify", "--json", "--station", station], capture_output=True, text=True).stdout
    assert json.loads(checked)["ok"], checked
    assert not [p for p in (station / "drop").rglob("*") if p.is_file()]


def test_the_same_bytes_twice_in_one_batch_make_one_document(tmp_path: Path) -> None:
    station = tmp_path / "station"
    subprocess.run([SOHOA, "init", "--demo", station], check=True, capture_output=True)
    takes_any_scan(station)
    for name in ("a.png", "b.png", "c.png"):
        scans.png(station / "drop" / "sao-y" / name, samples.sample(3, dpi=100).aged[0], dpi=100)
    for _ in range(2):
        subprocess.run([SOHOA, "run", "--station", station], check=True, capture_output=True)
    told = subprocess.run([SOHOA, "find", "--json", "--station", station], capture_output=True, text=True).stdout
    assert [record["doc_ordinal"] for record in json.loads(told)] == [1]
    assert not [p for p in (station / "drop").rglob("*") if p.is_file()]
