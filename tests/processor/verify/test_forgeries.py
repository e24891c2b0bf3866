"""No attack of the kit's table is called valid, each is told by a fitting reason; honest files are not taken for attacks."""

import time

import pytest

from tests.processor.verify.conftest import Judge
from tests.testkit.false_signers import Scene
from tests.testkit.forgeries import CONTROLS, FORGERIES

PATIENCE = 20  # seconds of processor time for one letter: what is hostile may not cost more
@pytest.mark.parametrize("name", FORGERIES)
def test_an_attack_is_never_valid(name: str, judged: Judge) -> None:
    row, scene = FORGERIES[name], Scene()
    pdf = row.build(scene)
    began = time.process_time()
    report = judged(pdf, scene)
    assert time.process_time() - began < PATIENCE
    assert report["verdict"] in row.verdicts, report["reasons"]
    assert not row.codes or row.codes & set(report["reasons"]), report["reasons"]


@pytest.mark.parametrize("name", CONTROLS)
def test_an_honest_file_is_not_taken_for_an_attack(name: str, judged: Judge) -> None:
    scene = Scene()
    pdf = CONTROLS[name].build(scene)
    began = time.process_time()
    report = judged(pdf, scene)
    assert time.process_time() - began < PATIENCE
    assert report["verdict"] in CONTROLS[name].verdicts, report["reasons"]
