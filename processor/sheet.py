"""The clerk's page as a PDF to print: one A4 sheet in the office's type, its text still text.

Promises: one page, never more (the type shrinks, then lines are cut and counted); the font is embedded; what is read out of
the file is the Vietnamese that went in, NFC. A letter the font lacks stands as `<U+4E2D>`, never as an empty box.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import digits
from typing import Any

import pymupdf

from processor.seal import fonts
from processor.typeset import broken, holding, letters, printable
from processor.worker import Ask

_MM = 72 / 25.4
_A4 = pymupdf.paper_rect("a4")
_LEFT, _RIGHT, _TOP, _BOTTOM = 30 * _MM, 15 * _MM, 20 * _MM, 20 * _MM  # NĐ 30/2020 Phụ lục I, I.3
_SIZES = (11.0, 10.5, 10.0, 9.5, 9.0, 8.5, 8.0)
_LEADING = 1.28
_EMPTY = 0.6  # of a line: an empty one only sets paragraphs apart
_SCALE = {"title": 1.35, "verdict": 1.2}  # over the rest
_CENTRED = 12  # so many blanks before a line were put there to centre it
_INDENT = 0.45  # of the type's size for each leading blank
_CUT = "… còn {} dòng không in được trên trang này"
_HEADING = re.compile(r"\d+\. ")


@dataclass(frozen=True, slots=True)
class _Line:
    words: str
    kind: str
    left: float
    size: float
    height: float


def _kinds(lines: Sequence[str], title: str) -> Iterator[tuple[str, str]]:
    """What each line is: the day's verdict is what stands at the margin first after the title."""
    titled, before = False, ""
    for line in lines:
        words, blanks = line.strip(), len(line) - len(line.lstrip())
        kind = "plain" if words else "empty"
        if words and (words == title or blanks >= _CENTRED):
            kind = "title" if words == title else "centred"
            titled = titled or kind == "title"
        elif words and titled and not blanks:
            kind, titled = "verdict", False
        elif _HEADING.match(line) and before not in ("", "empty"):
            yield "", "empty"
        before = kind
        yield line, kind


def _laid(line: str, kind: str, font: pymupdf.Font, size: float) -> list[_Line]:
    if kind == "empty":
        return [_Line("", kind, 0, size, size * _LEADING * _EMPTY)]
    width = _A4.width - _LEFT - _RIGHT
    centred = kind in ("title", "centred")
    indent = 0.0 if centred else (len(line) - len(line.lstrip())) * _INDENT * size
    size *= _SCALE.get(kind, 1.0)
    laid = []
    for part in broken(line.split(), font, size, width - indent):
        left = (width - font.text_length(part, size)) / 2 if centred else indent
        laid.append(_Line(part, kind, _LEFT + left, size, size * _LEADING))
    return laid


def _fitted(lines: Sequence[tuple[str, str]], font: pymupdf.Font) -> tuple[list[_Line], float, int]:
    """The largest type that fits one page, and how many lines had to go."""
    room = _A4.height - _TOP - _BOTTOM
    for size in _SIZES:
        blocks = [_laid(line, kind, font, size) for line, kind in lines]
        if sum(line.height for block in blocks for line in block) <= room:
            return [line for block in blocks for line in block], size, 0
    kept: list[_Line] = []
    room -= 2 * size * _LEADING  # for the note
    for done, block in enumerate(blocks):
        room -= sum(line.height for line in block)
        if room < 0:
            lost = sum(kind != "empty" for _, kind in lines[done:])
            return [*kept, *_laid(_CUT.format(lost), "plain", font, size)], size, lost
        kept += block
    return kept, size, 0


def _print(page: pymupdf.Page, laid: Sequence[_Line], font: pymupdf.Font) -> None:
    writer, down = pymupdf.TextWriter(page.rect), _TOP
    for line in laid:
        if line.words:
            writer.append((line.left, down + line.size), line.words, font=font, fontsize=line.size)
        if line.kind == "verdict":
            page.draw_line((_LEFT - 6, down), (_LEFT - 6, down + line.height), width=2)
        down += line.height
    writer.write_text(page)


def sheet(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `text` (the page's lines, with or without mark and CRLF), `out`, `title` (of the file; the line that reads so
            is printed larger), `font` (the office's own font file, or "").
        ask: not used.

    Returns:
        `size` of the type in points and `cut`, the lines that found no room.

    Raises:
        MissingError: no font covers Vietnamese.
    """
    path = fonts.find(args["font"])
    known = letters(path)
    title = printable(args["title"], known).strip()
    lines = [printable(line.expandtabs(), known) for line in args["text"].removeprefix("\ufeff").splitlines()]
    font = holding("".join([*lines, _CUT, digits]), path)
    laid, size, cut = _fitted(list(_kinds(lines, title)), font)
    with pymupdf.open() as document:
        _print(document.new_page(width=_A4.width, height=_A4.height), laid, font)
        document.set_metadata({"title": title, "creator": "Sohoa"})
        document.set_language("vi")
        document.save(args["out"], garbage=3, deflate=True)
    return {"size": size, "cut": cut}
