"""What `scripts/demo` and README.md promise of the person who signs for a demo station."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.station import demo, sohoa
from tests.testkit import signing
from tests.testkit.__main__ import main


@pytest.fixture
def station(tmp_path: Path) -> Path:
    return demo(tmp_path / "station")


def test_what_it_signs_is_received_issued_and_refused_once_altered(station: Path) -> None:
    drop, letters = station / "drop", station / "notices"
    assert main(["sign", str(station), str(drop / "van-ban-den" / "good.pdf"), "--seed", "22"]) == 0
    assert main(["sign", str(station), str(drop / "van-ban-den" / "bad.pdf"), "--seed", "22", "--altered"]) == 0
    assert main(["sign", str(station), str(drop / "phat-hanh" / "qd.pdf"), "--gaps"]) == 0
    (drop / "phat-hanh" / "qd.pdf.json").write_text('{"code_number": "50", "issued_date": "2026-05-23"}', "utf-8")
    assert sohoa(station, "run").returncode == 2
    filed = json.loads(sohoa(station, "find", "--json").stdout)
    assert {(row["lane"], row["verification"], row["code_number"]) for row in filed} == {
        ("van-ban-den", "valid", "07"), ("phat-hanh", None, "50"),
    }  # fmt: skip
    rejected = json.loads(sohoa(station, "status", "--json").stdout)["rejected"]
    assert [item["code"] for item in rejected] == ["altered"] and len(list(letters.iterdir())) == 1


def test_a_document_of_ones_own_is_the_beginning_of_what_it_signs(station: Path, tmp_path: Path) -> None:
    mine, made = tmp_path / "mine.pdf", tmp_path / "made.pdf"
    mine.write_bytes(signing.page())
    main(["sign", str(station), str(made), "--pdf", str(mine), "--altered"])
    before, after = mine.read_bytes(), made.read_bytes()
    assert after[8 : len(before)] == before[8:] and after[:8] != before[:8]
