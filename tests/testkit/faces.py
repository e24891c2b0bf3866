"""The typefaces of the kit: a Times-metric family found on this system, and how wide words are in it.

Promises: only families that have every Vietnamese letter (Tinos, Liberation Serif 2). Refuses: downloads.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from PIL import ImageFont

Face = Literal["regular", "bold", "italic", "bold-italic"]
SUFFIX: dict[Face, str] = {
    "regular": "Regular",
    "bold": "Bold",
    "italic": "Italic",
    "bold-italic": "BoldItalic",
}
FAMILIES = ("Tinos", "LiberationSerif")
FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
UNITS = 1000


@cache
def path(face: Face) -> Path:
    """The font file of this face.

    Raises:
        FileNotFoundError: no family is installed; Debian has them in fonts-croscore and fonts-liberation2.
    """
    for family in FAMILIES:
        for folder in FOLDERS:
            for found in sorted(folder.rglob(f"{family}-{SUFFIX[face]}.ttf")):
                return found
    raise FileNotFoundError(
        "no Times-metric font with Vietnamese letters: install fonts-croscore or fonts-liberation2"
    )


@lru_cache(maxsize=256)
def font(face: Face, pixels: float) -> ImageFont.FreeTypeFont:
    """The face at a size in pixels per em."""
    return ImageFont.truetype(path(face), pixels, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=65536)
def width(text: str, face: Face, size: float) -> float:
    """The advance of `text` set in `size` points, in points."""
    return font(face, UNITS).getlength(text) * size / UNITS
