"""A copy lane that asks for originals, by the real command: what bears no seal, what is secret, who lets it pass and why."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.testkit import ink, samples, scans
from tests.testkit.stations import takes_any_scan

SOHOA = Path(sys.executable).with_name("sohoa")
DPI = 150
WHY = "đã đối chiếu với bản giấy"


def do(station: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(SOHOA), *words, "--station", str(station)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)


def told(station: Path, *words: str) -> Any:
    return json.loads(do(station, *words, "--json").stdout)


def secret(page: Image.Image) -> Image.Image:
    marked = page.convert("RGB")
    ink.press(marked, [(ink.urgency("MẬT", DPI / 25.4, 4).rotate(8, expand=True), ink.RED, (0.08 * marked.width, 0.16 * marked.height))])
    return marked


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("asked") / "station"
    subprocess.run([SOHOA, "init", "--demo", folder], check=True, capture_output=True)
    takes_any_scan(folder)  # as grey and as coarse as they are
    settings = folder / "sohoa.toml"
    text = settings.read_text("utf-8")
    assert '"no-secrecy-mark"]' in text
    settings.write_text(text.replace('"no-secrecy-mark"]', '"no-secrecy-mark", "original"]'), "utf-8")
    aged = samples.sample(8, dpi=DPI).aged
    drop = folder / "drop"
    scans.pdf(drop / "sao-y" / "signed.pdf", aged, DPI)
    scans.pdf(drop / "sao-y" / "grey.pdf", [page.convert("L") for page in aged], DPI)
    scans.pdf(drop / "sao-y" / "secret.pdf", [secret(aged[0]), *aged[1:]], DPI)
    scans.pdf(drop / "sao-luc" / "no-copy.pdf", aged, DPI)
    do(folder, "run")
    yield folder


def held(station: Path) -> dict[str, dict[str, str]]:
    return {item["name"]: item for item in told(station, "status")["held"]}


def test_each_is_filed_or_held_as_it_must_be(station: Path) -> None:
    assert [record["original_name"] for record in told(station, "find")] == ["signed.pdf"]
    assert {name: item["code"] for name, item in held(station).items()} == {
        "grey.pdf": "original-not-seen", "secret.pdf": "secrecy-mark", "no-copy.pdf": "source-copy-not-seen"}  # fmt: skip


def test_nothing_is_made_of_what_is_secret(station: Path) -> None:
    lot = station / held(station)["secret.pdf"]["folder"]
    assert sorted(path.name for path in lot.iterdir()) == ["fields.json", "ly-do.txt", "reason.json", "secret.pdf"]
    assert not any(json.loads((lot / "fields.json").read_text("utf-8")).get(name) for name in ("subject", "code_notation", "organ_name"))
    assert list((station / "work" / "items").iterdir()) == []


@pytest.mark.parametrize("name", ["grey.pdf", "secret.pdf", "no-copy.pdf"])
@pytest.mark.parametrize("words", [("release",), ("retry",), ("describe", "--set", "subject=Về việc thử"), ("release", "--reason", " ")])
def test_nobody_lets_it_pass_without_a_reason(station: Path, name: str, words: tuple[str, ...]) -> None:
    verb, *more = words
    done = do(station, verb, held(station)[name]["folder"], *more)
    assert done.returncode == 1 and "--reason" in done.stderr, done
    assert name in held(station)


def test_who_answers_for_it_and_why_is_kept(station: Path) -> None:
    item = held(station)["grey.pdf"]
    assert do(station, "release", item["folder"], "--reason", WHY).returncode == 0
    do(station, "run")
    (record,) = [record for record in told(station, "find") if record["original_name"] == "grey.pdf"]
    (released,) = [event for event in told(station, "show", record["doc_code"])["events"] if event["type"] == "released"]
    assert released["actor"] not in {"", "sohoa"} and released["private"]["reason"] == WHY
    assert released["public"]["code"] == "original-not-seen"
