"""The faces a list is set in, and text put on its pages. Runs in a worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pymupdf

from processor.seal import fonts
from processor.typeset import holding, letters, printable

MM = 72 / 25.4
LEADING = 1.18
_FILES = ("font", "out")
_ALWAYS = "0123456789()/.:…- "


@dataclass(frozen=True, slots=True)
class Face:
    """One face at any size."""

    font: pymupdf.Font
    advances: dict[str, float] = field(default_factory=dict, compare=False)  # of letters measured before: pymupdf is slow at it

    def measure(self, size: float) -> Callable[[str], float]:
        """How wide a text is at this size."""
        return lambda text: self.width(text, size)

    def width(self, text: str, size: float) -> float:
        """How wide a text is; nothing is kerned."""
        return size * sum(self.advances.get(letter) or self._advance(letter) for letter in text)

    def _advance(self, letter: str) -> float:
        return self.advances.setdefault(letter, float(self.font.text_length(letter, 1)))


@dataclass(frozen=True, slots=True)
class Faces:
    """Upright, bold, italic."""

    plain: Face
    bold: Face
    italic: Face


def shown_in(args: Mapping[str, Any]) -> dict[str, Any]:
    """A job's arguments with every text as its font can show it: a letter it lacks, or that nobody sees, as `<U+4E2D>`."""
    known = letters(fonts.find(args["font"]))

    def shown(value: Any) -> Any:
        if isinstance(value, str):
            return "\n".join(printable(line, known) for line in value.split("\n"))
        if isinstance(value, list):
            return [shown(each) for each in value]
        return {key: shown(each) for key, each in value.items()} if isinstance(value, dict) else value

    return {key: value if key in _FILES else shown(value) for key, value in args.items()}


def _used(value: Any) -> set[str]:
    """The letters of a value, small and capital."""
    if isinstance(value, str):
        return {*value, *value.upper()}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(_used, inner))


def faces(setting: str, shown: Mapping[str, Any]) -> Faces:
    """The faces, with the letters of these arguments and no others.

    Raises:
        MissingError: no font covers Vietnamese.
    """
    upright = fonts.find(setting)
    used = "".join(_used(dict(shown))) + _ALWAYS
    return Faces(*(Face(holding(used, path)) for path in (upright, fonts.bold(upright), fonts.italic(upright))))


def put(page: pymupdf.Page, texts: Mapping[Face, list[tuple[float, float, str, float]]]) -> None:
    """Text at points (baseline), by face: (x, y, text, size)."""
    for face, placed in texts.items():
        writer = pymupdf.TextWriter(page.rect)
        for x, y, text, size in placed:
            if text:
                writer.append((x, y), text, font=face.font, fontsize=size)
        writer.write_text(page)
