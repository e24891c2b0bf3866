"""The text block of the legal form as the signature's own appearance: it *is* what the seal looks like.

Promises: exact type size, upright for the reader whatever /Rotate is, the font embedded with true widths, nothing but black
text. Text is composed (NFC) first: a decomposed name prints the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import ResourceType
from pyhanko.pdf_utils.font.opentype import GlyphAccumulatorFactory
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import BaseStamp, BaseStampStyle

from processor.errors import Verdict

_UPRIGHT = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
_BREAK = re.compile(r"\s+(?![+-]\d)")
_PADDING = 1.0  # points around the text, so that no accent touches the edge


def wrap(text: str, measure: Callable[[str], float], limit: float) -> list[str]:
    """The block in lines no wider than `limit` points, broken at spaces, but not between a time and its zone.

    Raises:
        Verdict: `no-room` when a single word is wider.
    """
    lines: list[str] = []
    for word in _BREAK.split(unicodedata.normalize("NFC", text).strip()):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and measure(joined) <= limit:
            lines[-1] = joined
        else:
            lines.append(word)
    if any(measure(line) > limit for line in lines):
        raise Verdict("no-room", "a word is wider than the block")
    return lines


def extent(lines: list[str], measure: Callable[[str], float], leading: float) -> tuple[float, float]:
    """Width and height of the block in whole points (pyHanko's boxes are integers)."""
    wide = max(measure(line) for line in lines) + 2 * _PADDING
    return float(int(wide) + 1), float(int(leading * len(lines) + 2 * _PADDING) + 1)


@dataclass(frozen=True)
class BlockStyle(BaseStampStyle):
    """What pyHanko asks for a signature's appearance; one a document."""

    border_width: int = 0
    lines: tuple[str, ...] = ()
    font: Path = Path()
    font_size: float = 10
    leading: float = 11.5
    size: tuple[float, float] = (0, 0)
    rotate: int = 0

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: object) -> BlockStamp:
        """pyHanko's hook; its box is the widget's rectangle, which a quarter turn swaps: ours is the reader's."""
        return BlockStamp(writer, self, BoxConstraints(width=self.size[0], height=self.size[1]))


class BlockStamp(BaseStamp):  # type: ignore[misc]  # pyHanko's base is not fully typed
    """Draws the lines, top to bottom, right-aligned like the corner they stand in."""

    style: BlockStyle

    def _render_inner_content(self) -> list[bytes]:
        style = self.style
        if self.writer is None:
            raise ValueError("a block is drawn for a writer")
        engine = GlyphAccumulatorFactory(str(style.font)).create_font_engine(self.writer)
        commands = [b"0 g"]
        baseline = style.size[1] - _PADDING - style.font_size * 0.9
        for line in style.lines:
            shaped = engine.shape(line)
            left = style.size[0] - _PADDING - shaped.x_advance * style.font_size
            commands += [
                b"BT /F1 %g Tf %.3f %.3f Td" % (style.font_size, left, baseline),
                shaped.graphics_ops,
                b"ET",
            ]
            baseline -= style.leading
        self.set_resource(ResourceType.FONT, generic.pdf_name("/F1"), engine.as_resource())
        return commands

    def as_form_xobject(self) -> generic.StreamObject:
        """The appearance, turned against the page's /Rotate so that it stands upright."""
        form = super().as_form_xobject()
        matrix = [generic.FloatObject(value) for value in (*_UPRIGHT[self.style.rotate], 0, 0)]
        form[generic.pdf_name("/Matrix")] = generic.ArrayObject(matrix)
        return form
