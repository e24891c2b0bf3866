"""Type on pages that Sohoa prints for people: the office's own font, no more of it than is used, lines that fit.

Runs in a worker.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pymupdf
from fontTools import subset
from fontTools.ttLib import TTFont

from processor.report import visible


def printable(text: str, known: Collection[int]) -> str:
    """Text with a letter the font lacks, or that nobody sees, as `<U+4E2D>`."""
    return "".join(c if ord(c) in known else f"<U+{ord(c):04X}>" for c in visible(text))


def letters(path: Path) -> Collection[int]:
    """The letters a font has, as code points."""
    with TTFont(path) as font:
        return frozenset(font.getBestCmap())


def holding(letters: str, path: Path) -> pymupdf.Font:
    """The font with these letters only.

    Why not the whole one: Tinos draws U+00A0 and U+00AD with the glyphs of space and hyphen, and what is then read out of
    the PDF are those, so that no search would find two words or a number with a hyphen.
    """
    small = BytesIO()
    with TTFont(path) as font:
        picker = subset.Subsetter(subset.Options(notdef_outline=True, hinting=False, layout_features=[]))
        picker.populate(text=letters)
        picker.subset(font)
        font.save(small)
    return pymupdf.Font(fontbuffer=small.getvalue())


def broken(words: Sequence[str], font: pymupdf.Font, size: float, room: float) -> Iterator[str]:
    """Words in lines no wider than `room` points; a longer word is cut."""
    line = ""
    for word in words:
        joined = f"{line} {word}" if line else word
        if line and font.text_length(joined, size) > room:
            yield line
            joined = word
        while font.text_length(joined, size) > room:  # a word wider than the page, such as a file's name
            fits = next(n for n in range(len(joined) - 1, 0, -1) if n == 1 or font.text_length(joined[:n], size) <= room)
            yield joined[:fits]
            joined = joined[fits:]
        line = joined
    yield line
