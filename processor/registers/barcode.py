"""A QR code as squares: a text that a hand-held reader gives back letter by letter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import zxingcpp

QUIET = 4  # squares left white around it (ISO/IEC 18004)


def squares(text: str) -> tuple[int, list[tuple[int, int, int]]]:
    """How many squares a side has, and the dark runs: row, first column, how many."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image: Any = code.to_image(scale=1, add_quiet_zones=False)
    picture: Any = memoryview(image)  # rows of grey values
    side = int(picture.shape[0])
    dark = [[int(picture[row, column]) < 128 for column in range(side)] for row in range(side)]
    return side, [(row, *run) for row, line in enumerate(dark) for run in _runs(line)]


def _runs(line: list[bool]) -> Iterator[tuple[int, int]]:
    start = None
    for place, is_dark in enumerate([*line, False]):
        if is_dark and start is None:
            start = place
        elif not is_dark and start is not None:
            yield start, place - start
            start = None
