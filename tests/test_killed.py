"""`kill -9` in the middle of a run: the next runs make every document once, under codes without gaps."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from tests.station import SOHOA, brief, demo, page, sohoa

COUNT = 6


def test_killed_runs_lose_and_double_nothing(tmp_path: Path) -> None:
    station = demo(tmp_path / "station")
    for seed in range(COUNT):
        page(station / "drop" / "sao-y" / f"{seed}.png", seed)
    for pause in (2.5, 3.5, 4.5):
        run = subprocess.Popen([SOHOA, "run", "--station", station], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
    for _ in range(2):
        ended = sohoa(station, "run")
        assert ended.returncode == 0, ended.stdout + ended.stderr
    told = sohoa(station, "find", "--json").stdout
    records = json.loads(told)
    assert sorted(r["doc_ordinal"] for r in records) == list(range(1, COUNT + 1))
    assert {r["original_name"] for r in records} == {f"{seed}.png" for seed in range(COUNT)}
    checked = sohoa(station, "verify", "--json").stdout
    assert json.loads(checked)["ok"], checked
    assert not [p for p in (station / "drop").rglob("*") if p.is_file()]


def test_the_same_bytes_twice_in_one_batch_make_one_document(tmp_path: Path) -> None:
    station = demo(tmp_path / "station")
    for name in ("a.png", "b.png", "c.png"):
        brief(station / "drop" / "sao-y" / name, 3)
    for _ in range(2):
        assert sohoa(station, "run").returncode == 0
    told = sohoa(station, "find", "--json").stdout
    assert [record["doc_ordinal"] for record in json.loads(told)] == [1]
    assert not [p for p in (station / "drop").rglob("*") if p.is_file()]
