"""What a signature shows, as its own appearance: it *is* what the seal looks like.

Promises: exact size, upright for the reader whatever /Rotate is, fonts embedded with true widths; the block of the legal form
is nothing but black text. Text is composed (NFC) first: a decomposed name prints the same.
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
class UprightStyle(BaseStampStyle):
    """What pyHanko asks for a signature's appearance; one a document.

    `size` is the reader's: points on paper, before the page is turned by `rotate`.
    """

    border_width: int = 0
    size: tuple[float, float] = (0, 0)
    rotate: int = 0

    @property
    def box(self) -> BoxConstraints:
        """pyHanko's own box is the widget's rectangle, which a quarter turn swaps and /UserUnit shrinks: ours is the reader's."""
        return BoxConstraints(width=self.size[0], height=self.size[1])


class UprightStamp(BaseStamp):  # type: ignore[misc]  # pyHanko's base is not fully typed
    """Draws nothing; what it draws stands upright."""

    style: UprightStyle

    def _render_inner_content(self) -> list[bytes]:
        return []

    def as_form_xobject(self) -> generic.StreamObject:
        """The appearance, turned against the page's /Rotate so that it stands upright."""
        form = super().as_form_xobject()
        box = [generic.FloatObject(value) for value in (0, 0, *self.style.size)]  # pyHanko's is whole points
        form[generic.pdf_name("/BBox")] = generic.ArrayObject(box)
        matrix = [generic.FloatObject(value) for value in (*_UPRIGHT[self.style.rotate], 0, 0)]
        form[generic.pdf_name("/Matrix")] = generic.ArrayObject(matrix)
        return form


@dataclass(frozen=True)
class EmptyStyle(UprightStyle):
    """Nothing to see."""

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: object) -> UprightStamp:
        """pyHanko's hook."""
        return UprightStamp(writer, self, self.box)


@dataclass(frozen=True)
class BlockStyle(UprightStyle):
    """The text block of the legal form."""

    lines: tuple[str, ...] = ()
    font: Path = Path()
    font_size: float = 10
    leading: float = 11.5

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: object) -> BlockStamp:
        """pyHanko's hook."""
        return BlockStamp(writer, self, self.box)


class BlockStamp(UprightStamp):
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


@dataclass(frozen=True, slots=True)
class Piece:
    """Words on a line: where they begin on their baseline, in points from the appearance's left and bottom."""

    text: str
    left: float
    baseline: float
    size: float


@dataclass(frozen=True)
class TextStyle(UprightStyle):
    """Words each in its own place, as a number is written into a printed form."""

    pieces: tuple[Piece, ...] = ()
    font: Path = Path()

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: object) -> TextStamp:
        """pyHanko's hook."""
        return TextStamp(writer, self, self.box)


class TextStamp(UprightStamp):
    """Draws the pieces in black."""

    style: TextStyle

    def _render_inner_content(self) -> list[bytes]:
        if self.writer is None:
            raise ValueError("a text is drawn for a writer")
        engine = GlyphAccumulatorFactory(str(self.style.font)).create_font_engine(self.writer)
        commands = [b"0 g"]
        for piece in self.style.pieces:
            shaped = engine.shape(unicodedata.normalize("NFC", piece.text))
            start = b"BT /F1 %g Tf %.3f %.3f Td" % (piece.size, piece.left, piece.baseline)
            commands += [start, shaped.graphics_ops, b"ET"]
        self.set_resource(ResourceType.FONT, generic.pdf_name("/F1"), engine.as_resource())
        return commands
