"""No attack of the kit's table is called valid, each is told by a fitting reason; honest files are not taken for attacks."""

from __future__ import annotations

import base64
import time
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from processor.verify.signatures import verify
from tests.testkit.answers import Holder
from tests.testkit.false_signers import Scene
from tests.testkit.forgeries import CONTROLS, FORGERIES
from tests.testkit.rows import Row

POLICY = tomllib.loads(resources.files("config").joinpath("law", "algorithms.toml").read_text("utf-8"))
PATIENCE = 20  # seconds of processor time for one letter: what is hostile may not cost more


def encoded(*holders: Holder) -> list[str]:
    return [base64.b64encode(holder.der).decode() for holder in holders]


def judged(row: Row, folder: Path) -> dict[str, Any]:
    scene = Scene()
    path = folder / "den.pdf"
    path.write_bytes(row.build(scene))
    pki, before = scene.pki, path.read_bytes()
    args = {
        "path": str(path), "roots": encoded(pki.root, pki.tsa_root), "intermediates": encoded(pki.issuing), "pins": [], "lists": [],
        "now": pki.now().isoformat(), "policy": POLICY, "limits": {},
    }  # fmt: skip
    began = time.process_time()
    report = verify(args, pki.answer)
    assert time.process_time() - began < PATIENCE
    assert path.read_bytes() == before
    return report


@pytest.mark.parametrize("name", FORGERIES)
def test_an_attack_is_never_valid(name: str, tmp_path: Path) -> None:
    row = FORGERIES[name]
    report = judged(row, tmp_path)
    assert report["verdict"] in row.verdicts, report["reasons"]
    assert not row.codes or row.codes & set(report["reasons"]), report["reasons"]


@pytest.mark.parametrize("name", CONTROLS)
def test_an_honest_file_is_not_taken_for_an_attack(name: str, tmp_path: Path) -> None:
    report = judged(CONTROLS[name], tmp_path)
    assert report["verdict"] in CONTROLS[name].verdicts, report["reasons"]
