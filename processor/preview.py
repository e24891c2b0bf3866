"""What a clerk looks at before sealing: each document's first page with the place of the block or the seal, and its record.

Promises: every document handed in is there, in that order. Runs in a worker; `presenting` says what it draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pymupdf

from processor.seal import fonts
from processor.typeset import broken, holding, letters, printable
from processor.worker import Ask

_MM = 72 / 25.4
_A4 = pymupdf.paper_rect("a4")
_LEFT, _TOP, _WIDE = 25 * _MM, 20 * _MM, 165 * _MM
_EACH = 84 * _MM  # three documents a sheet
_THUMB = (56 * _MM, 78 * _MM)
_SIZE, _LEADING = 10.0, 13.0
_DPI = 90


def _thumbnail(entry: Mapping[str, Any], page: pymupdf.Page, top: float) -> None:
    """The page the seal goes on, and where."""
    with pymupdf.open(entry["pdf"]) as document:
        shown = document[min(int(entry["page"]), document.page_count - 1)]
        wide, high = shown.rect.width, shown.rect.height
        scale = min(_THUMB[0] / wide, _THUMB[1] / high)
        image = shown.get_pixmap(dpi=max(int(_DPI * scale), 20), alpha=False)
    frame = pymupdf.Rect(_LEFT, top, _LEFT + wide * scale, top + high * scale)
    page.insert_image(frame, pixmap=image)
    page.draw_rect(frame, color=(0.5, 0.5, 0.5), width=0.5)
    for box in entry["boxes"]:
        left, upper, right, lower = (float(value) * scale for value in box)
        page.draw_rect(pymupdf.Rect(left, upper, right, lower) + (_LEFT, top, _LEFT, top), color=(0.8, 0, 0), width=1)


def _words(lines: Sequence[str], page: pymupdf.Page, top: float, font: pymupdf.Font) -> None:
    writer, down = pymupdf.TextWriter(page.rect), top + _SIZE
    left = _LEFT + _THUMB[0] + 6 * _MM
    for number, line in enumerate(lines):
        for part in broken(line.split(), font, _SIZE, _LEFT + _WIDE - left):
            if down > top + _EACH - _LEADING:
                break
            writer.append((left, down), part, font=font, fontsize=_SIZE + (1 if number == 0 else 0))
            down += _LEADING
    writer.write_text(page)


def preview(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `entries` (each `pdf`, `page` from 0, `boxes` in points of the page as it is seen, `lines`), `out`, `title`,
            `font` (the office's own font file, or "").
        ask: not used.

    Returns:
        `pages` of the sheet.

    Raises:
        MissingError: no font covers Vietnamese.
    """
    path = fonts.find(args["font"])
    known = letters(path)
    title = printable(args["title"], known)
    texts = [[printable(line, known) for line in entry["lines"]] for entry in args["entries"]]
    font = holding("".join([title, "0123456789/", *(line for lines in texts for line in lines)]), path)
    with pymupdf.open() as document:
        for number, (entry, lines) in enumerate(zip(args["entries"], texts, strict=True)):
            slot = number % 3
            page = document[-1] if slot else _new_page(document, title, font)
            top = _TOP + slot * _EACH
            _thumbnail(entry, page, top)
            _words(lines, page, top, font)
        document.set_metadata({"title": title, "creator": "Sohoa"})
        document.save(args["out"], garbage=3, deflate=True)
        return {"pages": document.page_count}


def _new_page(document: pymupdf.Document, title: str, font: pymupdf.Font) -> pymupdf.Page:
    page = document.new_page(width=_A4.width, height=_A4.height)
    writer = pymupdf.TextWriter(page.rect)
    writer.append((_LEFT, _TOP - 6 * _MM), f"{title}   {document.page_count}", font=font, fontsize=_SIZE + 2)
    writer.write_text(page)
    return page
