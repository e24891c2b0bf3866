"""The verifier that stands in the archive: run as an auditor runs it, from the folder alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from archive.store import Archive
from tests.archive.conftest import Office
from tests.archive.test_heads import a_day


def run(archive: Path, *words: str | Path) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-I", archive / "_tools" / "verify.py", archive, "--json", *words],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode in {0, 3}, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["ok"] == (done.returncode == 0)
    return told


def test_nothing_is_wrong_with_an_archive_as_it_was_made(office: Office, archive: Archive) -> None:
    a_day(office, archive, "a", "b")
    archive.void(archive.reserve(office.filing(archive, "x").key, "c"), "seal-failed", "c")
    a_day(office, archive, "c")
    told = run(office.root)
    assert told["findings"] == []
    assert any("no --root" in note for note in told["notes"])
