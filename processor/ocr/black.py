"""Reads a page for nothing but a black mark of secrecy: of documents that go no further, and share their scan with some that do.

Promises: what was read is kept nowhere. Runs in a worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from processor import law
from processor.describe.layout import Page
from processor.describe.marks import marks
from processor.ocr import glance, printed, reader

_READ_DPI = 200


def is_secret(picture: Image.Image, dpi: float, languages: Sequence[str], station: Path) -> bool:
    """Whether a page, in colours, bears a mark of secrecy in black or blue."""
    if reader.is_blank(picture):
        return False
    level, level_dpi, _ = reader.straightened(reader.upright(picture)[0], dpi, _READ_DPI)
    known, together = law.vocabulary(station), "+".join(languages)
    words = reader.strip(level.convert("L"), level_dpi, together)
    if marks([Page(tuple(glance.as_seen(word) for word in words))], known).secrecy:
        return True
    return bool(printed.alone(level, level_dpi, together, words, lambda said: glance.is_secrecy(known, said)))
