"""`watch` and `run` by the real command: what is dropped meanwhile, who may run, how they end, and stations that may not seal."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.station import SOHOA, brief, command, demo, set_up, sohoa
from tests.testkit import samples, scans
from tests.testkit.stations import takes_any_scan

FILE = "H05.98.2026.01.VP"
UNSEALED = 'require_to_seal = ["file", "form", "no-secrecy-mark"]'  # what is scanned here bears no seal


def answer(station: Path, *words: str) -> Any:
    return json.loads(sohoa(station, *words, "--json").stdout)


def until(happened: Callable[[], object], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def drop(station: Path, name: str, number: int = 1) -> None:
    brief(station / "drop" / "sao-y" / name, number)


@contextmanager
def started(station: Path, verb: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The process, and the file its log goes to."""
    log = station.parent / f"{verb}.log"
    with log.open("w") as out, subprocess.Popen([SOHOA, verb, "--station", station], stdout=out, stderr=out, text=True) as process:
        try:
            yield process, log
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], told: signal.Signals, seconds: float) -> int:
    began = time.monotonic()
    process.send_signal(told)
    code = process.wait(timeout=60)
    assert time.monotonic() - began < seconds
    return code


def test_watch_files_what_is_dropped_and_does_what_is_asked(tmp_path: Path) -> None:
    station = demo(tmp_path / "station")
    with started(station, "watch") as (watch, log):
        until(lambda: "watching" in log.read_text())
        drop(station, "mot.png")
        for name in ("khoa.pdf", "dien-tu.pdf"):
            scans.pdf_born_digital(station / "drop/sao-y" / name, samples.sample(len(name), dpi=72).letter)
        drop(station, "nua.png", 2)
        (station / "drop/sao-y/nua.png.json").write_text('{"file_code": "99.KHAC"}')
        until(lambda: (station / "out/sao-y/mot.pdf").exists())
        until(lambda: len(list((station / "held").rglob("reason.json"))) == 3)
        run = sohoa(station, "run")
        assert (run.returncode, run.stdout) == (0, "handed over to the instance that watches\n")
        assert sohoa(station, "watch").returncode == 5
        held = {item["name"]: item["id"] for item in answer(station, "status")["held"]}
        assert set(held) == {"khoa.pdf", "dien-tu.pdf", "nua.png"}
        assert sohoa(station, "reject", held["khoa.pdf"], "--reason", "nhầm").returncode == 0
        until(lambda: list((station / "rejected").rglob("khoa.pdf")), 5)
        asked = sohoa(station, "describe", held["nua.png"], "--set", "file_code=H05.99.2026.01.VP")
        assert (asked.returncode, asked.stdout) == (0, "handed over to the instance at work\n")
        until(lambda: (station / "out/sao-y/nua.pdf").exists())
        assert ended(watch, signal.SIGTERM, 5) == 0
        assert "Traceback" not in log.read_text()
    assert [r["doc_ordinal"] for r in answer(station, "find")] == [2, 1]
    assert {path.name for path in (station / "held").rglob("*.pdf")} == {"dien-tu.pdf"}


def test_told_to_stop_in_the_middle_it_ends_at_once_and_loses_nothing(tmp_path: Path) -> None:
    station = demo(tmp_path / "station")
    pages = [*samples.sample(3, dpi=100).aged, *samples.sample(5, dpi=100).aged]
    for later in pages[1:]:
        later.paste("white", (0, 0, later.width, later.width // 3))  # a second head would be a second document
    scans.tiff(station / "drop/sao-y/dai.tif", pages, dpi=100)
    drop(station, "ngan.png")

    def is_reading(since: float) -> bool:
        bodies = (station / "work/items").glob("*/body.pdf")
        return any(body.stat().st_mtime > since for body in bodies)

    with started(station, "watch") as (watch, log):
        until(lambda: is_reading(0))
        assert ended(watch, signal.SIGTERM, 5) == 0
        assert "Traceback" not in log.read_text()
    assert {path.name for path in (station / "drop/sao-y").iterdir()} >= {"dai.tif"}
    given_up = time.time()
    with started(station, "run") as (run, log):
        until(lambda: is_reading(given_up))
        assert ended(run, signal.SIGINT, 5) == 130
        assert "Traceback" not in log.read_text()
    assert sohoa(station, "run").returncode == 0
    records = answer(station, "find")
    assert {(r["original_name"], r["pages"]) for r in records} == {("dai.tif", len(pages)), ("ngan.png", 1)}
    assert sorted(r["doc_ordinal"] for r in records) == [1, 2]
    assert answer(station, "status")["counts"].get("void", 0) == 0
    assert not [path for path in (station / "drop").rglob("*") if path.is_file()]


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A station made without --demo: its agency is set, a file declared."""
    station = tmp_path / "station"
    assert command("init", str(station)).returncode == 0
    takes_any_scan(station)
    set_up(
        station, ('form = "sao-y"\nfile = ""', f'form = "sao-y"\nfile = "{FILE}"\nsettle = "0.2s"\n{UNSEALED}'),
        ('agency = ""', 'agency = "Ủy ban nhân dân xã Thử"'), ('organ_id = ""', 'organ_id = "H05.98"'),
    )  # fmt: skip
    assert sohoa(station, "files", "add", FILE, "Hồ sơ", "--year", "2026").returncode == 0
    return station


def set_seal(station: Path, text: str) -> None:
    settings = station / "sohoa.toml"
    kept = settings.read_text("utf-8").partition("\n[seal]\n")[0]
    settings.write_text(f"{kept}\n[seal]\n{text}\n", "utf-8")


def test_without_an_authorisation_documents_wait_for_a_persons_seal(office: Path) -> None:
    drop(office, "mot.png")
    for settings in ("", 'unattended = true\nauthorisation = " "'):  # a blank is no authorisation
        set_seal(office, settings)
        run = sohoa(office, "run")
        assert run.returncode == 75, run.stderr
        assert "to-seal: 1" in run.stdout
    status = answer(office, "status")
    (item,) = status["waiting"]
    assert (item["name"], item["code"], item["state"]) == ("mot.png", "needs-operator", "to-seal")
    assert (status["counts"]["to-seal"], status["counts"]["waiting"]) == (1, 0)
    assert answer(office, "show", f"{FILE}.0000001")["state"] == "numbered", "its code is reserved"
    assert answer(office, "find") == [] and not list((office / "out").rglob("*.pdf"))
    assert (office / "drop/sao-y/mot.png").exists(), "the source stays until the document is safe"
    set_seal(office, 'unattended = true\nauthorisation = "QĐ 1/QĐ-UBND, 02/01/2026"\nkey = "khoa.p12"')
    run = sohoa(office, "run")
    assert run.returncode == 4, "the key is not there"
    (item,) = answer(office, "status")["waiting"]
    assert (item["code"], item["state"]) == ("waiting-key", "waiting")
    done = sohoa(office, "reject", f"{FILE}.0000001", "--reason", "rút lại")
    assert done.returncode == 0, done.stderr
    assert answer(office, "show", f"{FILE}.0000001")["state"] == "void"
    assert list((office / "rejected").rglob("mot.png")) and not list((office / "drop").rglob("*.png"))
