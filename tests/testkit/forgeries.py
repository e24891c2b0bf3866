"""The table of attacks on signed PDFs, and of honest files that must not be taken for attacks.

Promises: `FORGERIES[name].build(scene)` gives the bytes of one attack; judged with the scene's roots, CA and services, the verdict is
one of `verdicts`, never "valid" for an attack, and one of `codes` is among the reasons; `CONTROLS` the same for honest files.
pdfsig alone passes nearly all attacks of an increment and all of trust: its "Signature is Valid" speaks of the signed bytes only.
Refuses: to say what a judge should say in words.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.testkit.attacks_by_increment import CERTIFIED, SAVING
from tests.testkit.attacks_on_bytes import BYTES, UNIVERSAL, WRAPPING
from tests.testkit.attacks_on_trust import TRUST
from tests.testkit.honest import HONEST
from tests.testkit.rows import Row

STRUCTURAL: Mapping[str, Row] = {**WRAPPING, **UNIVERSAL, **BYTES, **SAVING, **CERTIFIED}
FORGERIES: Mapping[str, Row] = {**STRUCTURAL, **TRUST}
CONTROLS: Mapping[str, Row] = HONEST
