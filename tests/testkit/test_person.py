"""What `scripts/demo` and README.md promise of the person who signs for a demo station."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.testkit import signing
from tests.testkit.__main__ import main

SOHOA = Path(sys.executable).with_name("sohoa")


def sohoa(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SOHOA, *words], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)


@pytest.fixture
def station(tmp_path: Path) -> Path:
    folder = tmp_path / "station"
    assert sohoa("init", "--demo", folder).returncode == 0
    return folder


def test_what_it_signs_is_received_issued_and_refused_once_altered(station: Path) -> None:
    drop, letters = station / "drop", station / "notices"
    assert main(["sign", str(station), str(drop / "van-ban-den" / "good.pdf"), "--seed", "22"]) == 0
    assert main(["sign", str(station), str(drop / "van-ban-den" / "bad.pdf"), "--seed", "22", "--altered"]) == 0
    assert main(["sign", str(station), str(drop / "phat-hanh" / "qd.pdf"), "--gaps"]) == 0
    (drop / "phat-hanh" / "qd.pdf.json").write_text('{"code_number": "50", "issued_date": "2026-05-23"}', "utf-8")
    assert sohoa("run", "--station", station).returncode == 2
    filed = json.loads(sohoa("find", "--json", "--station", station).stdout)
    assert {(row["lane"], row["verification"], row["code_number"]) for row in filed} == {
        ("van-ban-den", "valid", "07"), ("phat-hanh", None, "50"),
    }  # fmt: skip
    rejected = json.loads(sohoa("status", "--json", "--station", station).stdout)["rejected"]
    assert [item["code"] for item in rejected] == ["altered"] and len(list(letters.iterdir())) == 1


def test_a_document_of_ones_own_is_the_beginning_of_what_it_signs(station: Path, tmp_path: Path) -> None:
    mine, made = tmp_path / "mine.pdf", tmp_path / "made.pdf"
    mine.write_bytes(signing.page())
    main(["sign", str(station), str(made), "--pdf", str(mine), "--altered"])
    before, after = mine.read_bytes(), made.read_bytes()
    assert after[8 : len(before)] == before[8:] and after[:8] != before[:8]
