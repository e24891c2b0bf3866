"""A word as it is read from a picture. PURE."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from processor.describe.vocabulary import nfc

SIGNS = ".,;:'`|_"


@dataclass(frozen=True, slots=True)
class Word:
    """One word; its box in fractions of the upright page, `confidence` 0-100.

    Attributes:
        rivals: what each reading has there, this one among them, where they differ: a closed list may know but one of them.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    rivals: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """What counts of it: NFC, the eth as the đ, without the signs that hang on it."""
        return nfc(self.text).strip(SIGNS)

    def told(self) -> list[Any]:
        """As it is handed on in JSON; rivals only where there are any."""
        *told, rivals = astuple(self)
        return [*told, list(rivals)] if rivals else told
