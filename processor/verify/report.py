"""The report of a verification, in Vietnamese, for people. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(report: Mapping[str, Any], *, name: str, sentences: Mapping[str, str]) -> str:
    """To be written by V."""
    raise NotImplementedError
