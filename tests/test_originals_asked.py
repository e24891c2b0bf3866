"""A copy lane that asks for originals, on the command line: what bears no seal, what is secret, who lets it pass and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.station import demo, set_up, sohoa
from tests.testkit import ink, samples, scans

DPI = 150
WHY = "đã đối chiếu với bản giấy"


def told(station: Path, *words: str) -> Any:
    return json.loads(sohoa(station, *words, "--json").stdout)


def secret(page: Image.Image) -> Image.Image:
    marked = page.convert("RGB")
    ink.press(marked, [(ink.urgency("MẬT", DPI / 25.4, 4).rotate(8, expand=True), ink.RED, (0.08 * marked.width, 0.16 * marked.height))])
    return marked


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = demo(tmp_path_factory.mktemp("asked") / "station")
    set_up(folder, ('"no-secrecy-mark"]', '"no-secrecy-mark", "original"]'))
    aged = samples.sample(8, dpi=DPI).aged
    drop = folder / "drop"
    scans.pdf(drop / "sao-y" / "signed.pdf", aged, DPI)
    scans.pdf(drop / "sao-y" / "grey.pdf", [page.convert("L") for page in aged], DPI)
    scans.pdf(drop / "sao-y" / "secret.pdf", [secret(aged[0]), *aged[1:]], DPI)
    scans.pdf(drop / "sao-luc" / "no-copy.pdf", aged, DPI)
    sohoa(folder, "run")
    return folder


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
    done = sohoa(station, verb, held(station)[name]["folder"], *more)
    assert done.returncode == 1 and "--reason" in done.stderr, done
    assert name in held(station)


def test_who_answers_for_it_and_why_is_kept(station: Path) -> None:
    item = held(station)["grey.pdf"]
    assert sohoa(station, "release", item["folder"], "--reason", WHY).returncode == 0
    sohoa(station, "run")
    (record,) = [record for record in told(station, "find") if record["original_name"] == "grey.pdf"]
    (released,) = [event for event in told(station, "show", record["doc_code"])["events"] if event["type"] == "released"]
    assert released["actor"] not in {"", "sohoa"} and released["private"]["reason"] == WHY
    assert released["public"]["code"] == "original-not-seen"
