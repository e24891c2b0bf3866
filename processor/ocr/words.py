"""A word as it is read from a picture. PURE."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """One word; its box in fractions of the upright page, `confidence` 0-100."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float
