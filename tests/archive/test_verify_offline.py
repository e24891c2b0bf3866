"""The verifier that stands in the archive: run as an auditor runs it, from the folder alone."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.testkit import insider_attacks, insider_log
from tests.testkit.insider import House, Insider, house

__all__ = ["insider_log"]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house(tmp_path_factory.mktemp("house"))


@pytest.fixture
def insider(left: House, tmp_path: Path) -> Insider:
    return Insider(left, Path(shutil.copytree(left.root, tmp_path / "archive")))


def run(archive: Path, *words: str | Path) -> dict[str, Any]:
    """What it tells; from a bare folder it needs nothing of ours."""
    done = subprocess.run([sys.executable, "-I", archive / "_tools" / "verify.py", archive, "--json", *words],
                          capture_output=True, text=True, check=False, cwd="/")  # fmt: skip
    assert done.returncode in {0, 3} and not done.stderr, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["ok"] == (done.returncode == 0) == (not told["findings"])
    return told


def codes(told: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in told["findings"]}


def test_nothing_is_wrong_with_an_archive_as_it_was_left(left: House) -> None:
    told = run(left.root, *left.trust, "--witness", left.kept)
    assert told["findings"] == []
    assert (told["heads"], told["days"], told["documents"]) == (3, 3, 7)
    assert any("signed by" in note and "Sở Kiểm thử" in note for note in told["notes"])


@pytest.mark.parametrize("name", insider_attacks.ATTACKS)
def test_whoever_changes_something_is_named(insider: Insider, name: str) -> None:
    attack, expected = insider_attacks.ATTACKS[name]
    attack(insider)
    assert set(expected) <= codes(run(insider.root, *insider.house.trust)), name


@pytest.mark.parametrize("name", insider_log.UNSEEN)
def test_only_a_checkpoint_kept_elsewhere_tells(insider: Insider, name: str) -> None:
    attack, expected = insider_log.UNSEEN[name]
    attack(insider)
    assert run(insider.root, *insider.house.trust)["findings"] == []
    assert codes(run(insider.root, *insider.house.trust, "--witness", insider.house.kept)) == set(expected)
