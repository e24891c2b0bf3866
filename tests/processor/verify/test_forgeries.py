"""Every attack of the kit is refused or flagged with a reason that fits; honest files are not taken for attacks."""

import json

import pytest

from tests.processor.verify.conftest import Judge, law
from tests.testkit.false_signers import Scene
from tests.testkit.forgeries import CONTROLS, FORGERIES
from tests.testkit.rows import Row

STRICTER = {"filled": {"unknown"}}  # filled in after the last signature: nobody signed it


def _holds(row: Row, name: str, judged: Judge) -> None:
    scene = Scene()
    pdf = row.build(scene)
    report = judged(pdf, scene)
    json.dumps(report)
    assert report["verdict"] in STRICTER.get(name, row.verdicts), report["reasons"]
    assert not row.codes or row.codes & set(report["reasons"]), report["reasons"]
    assert set(report["reasons"]) <= law("verification.toml")["reason"].keys()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FORGERIES)
def test_no_attack_passes(name: str, judged: Judge) -> None:
    _holds(FORGERIES[name], name, judged)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CONTROLS)
def test_honest_files_are_seen_as_such(name: str, judged: Judge) -> None:
    _holds(CONTROLS[name], name, judged)


def test_findings_are_told_apart(judged: Judge) -> None:
    scene = Scene()
    told = judged(CONTROLS["local-time"].build(scene), scene)["signatures"][0]
    assert (told["integrity"], told["strength"], told["time"], told["trust"]) == ("intact", "strong", "proved", "trusted")
    assert "local-time-as-utc" in told["reasons"] and told["verdict"] == "valid"
    assert told["claimed_at"][:13] != told["token_at"][:13]  # told, never corrected
    assert told["signer"]["name"] == "Sở Kiểm thử" and told["signer"]["agency"].startswith("Ủy ban")
    assert {check["check"] for check in told["checks"]} >= {"integrity", "signer-chain", "signer-revocation", "stamp"}


def test_pins_narrow_the_trust_list(judged: Judge) -> None:
    scene = Scene()
    pdf = CONTROLS["pades"].build(scene)
    assert judged(pdf, scene, pins=["00" * 32])["reasons"].count("chain-unknown") == 1
