"""What Sohoa calls valid, EU DSS passes too: of the test kit's honest files, with what the authorities publish that day.

The other way round it does not hold, and should not: DSS judges each signature over the bytes it covers. Of the kit's forgeries
it passes two in five: what was painted, filled in or hidden later it tells in a warning or not at all, and a time-stamp that lies
it leaves out. That none of them is valid to Sohoa is `tests/processor/verify/test_forgeries.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.referees import judges
from tests.referees.worlds import world
from tests.testkit.false_signers import Scene
from tests.testkit.forgeries import CONTROLS
from tests.testkit.rows import VALID

pytestmark = pytest.mark.filterwarnings("ignore")
BY_OCSP = {"ocsp-direct", "ocsp-alone"}  # nobody publishes a list, and DSS is not given a responder
SOUND = [name for name, row in CONTROLS.items() if row.verdicts == VALID and name not in BY_OCSP]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[judges.Judgement]]:
    folder, worlds = tmp_path_factory.mktemp("honest"), dict[Path, Path]()
    for name in SOUND:
        scene, path = Scene(), folder / f"{name}.pdf"
        path.write_bytes(CONTROLS[name].build(scene))
        worlds[path] = path.with_suffix(".pem")
        worlds[path].write_bytes(world(scene.pki, lists=True))
    said = judges.dss_each(worlds)
    return {name: [one for one in said if one.path.stem == name] for name in SOUND}


@pytest.mark.parametrize("name", SOUND)
def test_dss_passes_what_is_valid(name: str, judged: dict[str, list[judges.Judgement]]) -> None:
    assert {(one.indication, one.errors) for one in judged[name]} == {("TOTAL_PASSED", ())}, judged[name]
