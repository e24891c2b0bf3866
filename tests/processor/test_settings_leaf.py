"""Which settings were in force when: a leaf for every change, found at the next start."""

from __future__ import annotations

import hashlib
from pathlib import Path

from processor.cli import wiring
from tests.station import demo


def test_settings_that_changed_since_the_last_start_are_told_by_their_digest(tmp_path: Path) -> None:
    folder, known = demo(tmp_path / "station"), []
    for added in ("", "", "\n# another\n", ""):
        with (folder / "sohoa.toml").open("a") as settings:
            settings.write(added)
        known.append(hashlib.sha256((folder / "sohoa.toml").read_bytes()).hexdigest())
        with wiring.opened_shift(folder) as shift, shift.tools.archive.reading() as db:
            told = [row["digest"] for row in db.query("select json_extract(public, '$.settings_sha256') digest from event "
                                                      "where type = 'settings-changed' order by seq")]  # fmt: skip
    assert told == [known[0], known[2]]
