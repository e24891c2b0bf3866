"""Stations of a kind: for tests that are about something else than how well paper was scanned, and for those about just that."""

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


def as_shipped(station: Path, file: str) -> Path:
    """A demo station without what a demo softens: its lanes ask for what a station's lanes ask for by default.

    Args:
        station: its folder.
        file: what its lanes file to.
    """
    settings = station / "sohoa.toml"
    kept = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith(("require_to_seal", "past_year"))]
    told = [f'file = "{file}"' if line.startswith("file = ") else line for line in kept]
    settings.write_text("\n".join(told) + "\n", "utf-8")
    return station
