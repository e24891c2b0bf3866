"""The faces a list is set in, and text put on its pages. Runs in a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import pymupdf

from processor.seal import fonts
from processor.typeset import holding, letters, printable

MM = 72 / 25.4
LEADING = 1.18


@dataclass(frozen=True, slots=True)
class Face:
    """One face at any size."""

    font: pymupdf.Font

    def measure(self, size: float) -> Callable[[str], float]:
        """How wide a text is at this size; what was measured once is remembered."""
        return cache(lambda text: float(self.font.text_length(text, size)))

    def width(self, text: str, size: float) -> float:
        """How wide a text is."""
        return float(self.font.text_length(text, size))


@dataclass(frozen=True, slots=True)
class Faces:
    """Upright, bold, italic."""

    plain: Face
    bold: Face
    italic: Face


def printable_in(setting: str) -> Callable[[str], str]:
    """Text as the font can show it: a letter it lacks, or that nobody sees, as `<U+4E2D>`; lines stay lines."""
    known = letters(fonts.find(setting))
    return lambda text: "\n".join(printable(line, known) for line in text.split("\n"))


def faces(setting: str, used: str) -> Faces:
    """The faces, with the letters used and no others.

    Raises:
        MissingError: no font covers Vietnamese.
    """
    upright = fonts.find(setting)
    paths = (upright, fonts.bold(upright), fonts.italic(upright))
    return Faces(*(Face(holding(used, path)) for path in paths))


def put(page: pymupdf.Page, texts: Mapping[Face, list[tuple[float, float, str, float]]]) -> None:
    """Text at points (baseline), by face: (x, y, text, size)."""
    for face, placed in texts.items():
        writer = pymupdf.TextWriter(page.rect)
        for x, y, text, size in placed:
            if text:
                writer.append((x, y), text, font=face.font, fontsize=size)
        writer.write_text(page)
