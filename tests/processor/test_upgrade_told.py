from __future__ import annotations

from types import SimpleNamespace

import pytest

from processor.cli import wiring


def test_an_upgrade_that_takes_long_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, int]] = []
    clock = iter([0.0, 1.0, 6.0, 6.0, 7.0, 12.0, 12.0])
    monkeypatch.setattr(wiring, "log", SimpleNamespace(info=lambda event, **values: told.append({event: values["done"], "of": values["of"]})))
    monkeypatch.setattr(wiring, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    tell = wiring._upgrade_told()
    for done in (0, 1000, 2000, 3000):
        tell(done, 4000)
    assert told == [{"catalogue-upgrade": 1000, "of": 4000}, {"catalogue-upgrade": 3000, "of": 4000}]
