"""Stations for tests that are about something else than how well paper was scanned."""

from __future__ import annotations

from pathlib import Path

_LENIENT = """# For tests: small grey pages are read in a blink. A real station holds them (config/law/quality.toml).
[[rule]]
lanes = ["copy", "archive"]
act = "tests"
article = "none"
valid_from = 2020-01-01
dpi = 1
large_dpi = 1
colour = false
hold = []
"""


def takes_any_scan(station: Path) -> Path:
    """A station of one's own rule: no scan is held for its resolution or colours."""
    (station / "law").mkdir(exist_ok=True)
    (station / "law" / "quality.toml").write_text(_LENIENT)
    return station
