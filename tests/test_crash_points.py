"""`kill -9` just before and just after every step that leaves a trace: the next run ends as if nothing had happened.

One document dies at each step in turn, run after run in one station: what it had reached is taken up, so that every step of
the whole way is died at. At the end there is one document, one copy, one lot, and nothing under way.
"""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from processor.journal import Journal
from tests.testkit import samples, scans
from tests.testkit.stations import takes_any_scan

SOHOA = Path(sys.executable).with_name("sohoa")
STAGES = 5  # Recognised, Described, Numbered, Finished, Sealed: each is reached in the journal


def sohoa(station: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SOHOA, *words, "--station", station], capture_output=True, text=True, timeout=120)


def twice(name: str) -> list[str]:
    return [f"before:{name}", f"after:{name}"]


def die_at(station: Path, points: list[str]) -> None:
    """Every one of these points must be come to, or it tests nothing."""
    words = [sys.executable, "-m", "tests.crash", str(station), *points]
    died = subprocess.run(words, capture_output=True, text=True, timeout=300, cwd=Path(__file__).parent.parent)
    assert died.stdout.splitlines() == [f"{point} 9" for point in points], died.stdout + died.stderr


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def write_held(station: Path, name: str) -> None:
    """A scan for a file nobody declared."""
    folder = station / "drop" / "sao-y" / "H05.99.2026.98.LA"
    folder.mkdir()
    scans.png(folder / name, samples.sample(1, dpi=100).aged[0], dpi=100)
    assert sohoa(station, "run").returncode == 2


def ask(station: Path, verb: str, said: dict[str, str]) -> None:
    """What the command line leaves for the next run while another instance is at work."""
    (reason,) = (station / "held").rglob("reason.json")
    fields = reason.with_name("fields.json")
    fields.write_text(json.dumps(json.loads(fields.read_text("utf-8")) | said), "utf-8")
    journal = Journal(station / "work" / "journal.db")
    journal.ask(verb, kind="held", name=reason.parent.relative_to(station).as_posix(), reason="", operator="văn thư")
    journal.close()


def assert_nothing_under_way(station: Path) -> None:
    assert not files(station / "drop")
    assert not list((station / "work" / "claims").iterdir())
    assert not list((station / "work" / "items").iterdir())
    journal = sqlite3.connect(station / "work" / "journal.db")
    left = [journal.execute(f"select count(*) from {table}").fetchone()[0] for table in ("item", "stage", "request")]
    journal.close()
    assert left == [0, 0, 0]
    verified = json.loads(sohoa(station, "verify", "--all", "--json").stdout)
    assert verified["ok"], verified["findings"]


@pytest.fixture
def station(tmp_path: Path) -> Path:
    folder = tmp_path / "station"
    subprocess.run([SOHOA, "init", "--demo", folder], check=True, capture_output=True)
    takes_any_scan(folder)
    settings = folder / "sohoa.toml"
    settings.write_text(settings.read_text("utf-8").replace('settle = "1s"', 'settle = "0.2s"'), "utf-8")
    return folder


def assert_one_document(station: Path) -> None:
    (record,) = json.loads(sohoa(station, "find", "--json").stdout)
    assert (record["state"], record["doc_code"]) == ("filed", "H05.99.2026.01.VP.0000001")
    data = [path for path in files(station / "archive") if path.parent.name == "data"]
    assert [path.name for path in data] == [f"{record['doc_code']}.json", f"{record['doc_code']}.pdf"]
    assert len(files(station / "archive" / Path(record["path"]).parent / "scans")) == 1
    (copy,) = files(station / "out")
    assert copy.read_bytes() == (station / "archive" / record["path"]).read_bytes()


def test_a_document_that_is_filed(station: Path) -> None:
    scans.png(station / "drop" / "sao-y" / "mot.png", samples.sample(1, dpi=100).aged[0], dpi=100)
    points = [*twice("event"), *twice("begin")]
    for stage in range(STAGES):  # the third stage is Numbered: its code is reserved before it is reached
        points += [*(twice("reserve") if stage == 2 else []), *twice("reach")]
    points += [*twice("file"), *twice("hand_out"), *twice("clear"), *twice("end")]
    die_at(station, points)
    assert sohoa(station, "run").returncode == 0
    assert_one_document(station)
    assert_nothing_under_way(station)


@pytest.mark.parametrize(("state", "code"), [("held", "born-digital"), ("rejected", "encrypted")])
def test_a_document_that_is_refused(station: Path, state: str, code: str) -> None:
    source = station / "drop" / "sao-y" / "mot.pdf"
    sample = samples.sample(1, dpi=100)
    if state == "held":
        scans.pdf_born_digital(source, sample.letter)
    else:
        scans.encrypted(source, sample.aged[:1], 100)
    told = source.read_bytes()
    # nothing is written between these: before one is after the one above it
    die_at(station, ["before:event", "after:event", "after:begin", "after:park", "after:event", "after:clear", "after:end"])
    sohoa(station, "run")
    (lot,) = (station / state / "sao-y").iterdir()
    assert (lot / "mot.pdf").read_bytes() == told
    assert json.loads((lot / "reason.json").read_text("utf-8"))["code"] == code
    assert json.loads(sohoa(station, "find", "--json").stdout) == []
    assert {path.parent for path in files(station / "held") + files(station / "rejected")} == {lot}
    assert_nothing_under_way(station)


def test_a_document_that_is_released(station: Path) -> None:
    """From `held/` it goes the same way; the request itself is not done twice, nor forgotten."""
    write_held(station, "mot.png")
    ask(station, "release", {"file_code": "H05.99.2026.01.VP"})
    die_at(station, ["after:event", "after:begin", "after:answered", "after:file", "after:clear", "after:end"])
    assert sohoa(station, "run").returncode == 0
    assert_one_document(station)
    assert not files(station / "held")
    assert_nothing_under_way(station)


def test_a_code_given_up_for_another_file_is_void(station: Path) -> None:
    """A slip numbered in one file and held; the clerk moves it to another: the first code is void, whenever we die."""
    slip = samples.sample(1, dpi=100).aged[0].crop((100, 100, 160, 160))
    scans.png(station / "drop" / "luu-tru" / "nhan.png", slip, dpi=100)
    assert sohoa(station, "run").returncode == 2
    ask(station, "release", {"file_code": "H05.99.2026.99.KHAC"})
    die_at(station, twice("void"))
    assert sohoa(station, "run").returncode == 2
    assert json.loads(sohoa(station, "show", "H05.99.2026.01.VP.0000001", "--json").stdout)["state"] == "void"
    (lot,) = (station / "held" / "luu-tru").iterdir()
    assert json.loads((lot / "reason.json").read_text("utf-8"))["file_code"] == "H05.99.2026.99.KHAC"
    assert_nothing_under_way(station)
