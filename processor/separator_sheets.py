"""Separator sheets as a PDF to print: what a clerk reads on them, and the codes that say the same to `split`.

Promises: one A4 sheet each, in the office's own type; the large code has everything, the small one the file, and bars at the
head and foot that no pen or punch hole hides. What the font lacks stands as `<U+4E2D>`. Runs in a worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy
import pymupdf
import zxingcpp

from processor.errors import Verdict
from processor.intake import patches
from processor.intake.stack import COLLATE
from processor.seal import fonts
from processor.typeset import broken, holding, letters, printable
from processor.worker import Ask

_MM = 72 / 25.4
_A4 = pymupdf.paper_rect("a4")
_MIDDLE = _A4.width / 2
_MARGIN = 20 * _MM
_QR, _LEAST_QR = 80 * _MM, 50 * _MM  # one that fills less than a fifth of the page's side is no sheet (`split`)
_SMALL = 170 * _MM, 14 * _MM
_BARS = 120 * _MM
_UNIT = 0.08 * 72  # of the bars, in points
_TOP, _FOOT = 12 * _MM, 12 * _MM  # bars want a quarter of an inch of white outside them
_LEADING = 1.25
_MOST_LINES = 3  # of one field: a subject may have 500 letters, the code holds all of them
_HEADING = "TỜ PHÂN CÁCH"
_OF_FILE = "Văn bản ngay sau tờ này thuộc hồ sơ"
_PLAIN = "Sau tờ này bắt đầu một văn bản mới"
_USE = "Đặt tờ này ngay trước văn bản, quét cả tập một lần. Không viết, không dán gì lên các mã. Tờ này không được lưu vào kho."
_BOTH_SIDES = "Tập quét hai lượt: lượt đầu mọi mặt trước, lượt sau lật cả tập, quét mọi mặt sau"
_ON_TOP = "Đặt tờ này trên cùng của tập, quét cả hai lượt vào một tệp. Không viết, không dán gì lên các mã."
_ONCE = "Thông tin ghi ở trên chỉ dùng cho MỘT văn bản ngay sau tờ này."
_OFTEN = "Tờ này dùng lại được nhiều lần."


def separator_sheets(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `sheets` (each with `file_code`, `title`, `fields`, `shown`: the fields as a person reads them, [name, value], and
            `codes`: what the large and the small one say; no worker has the key that closes them), `count` of each, `agency`,
            `font` (the office's own font file, or ""), `out`.
        ask: not used.

    Returns:
        `pages`.

    Raises:
        MissingError: no font covers Vietnamese. Verdict: `too-large`, a sheet says more than fits above its codes.
    """
    path = fonts.find(args["font"])
    known = letters(path)
    told = [_lines(each, args["agency"]) for each in args["sheets"]]
    printed = [[(printable(line, known), size) for line, size in lines] for lines in told]
    font = holding("".join(line for lines in printed for line, _ in lines) + " …", path)
    with pymupdf.open() as document:
        for each, lines in zip(args["sheets"], printed, strict=True):
            for _ in range(args["count"]):
                _print(document.new_page(width=_A4.width, height=_A4.height), each, lines, font)
        document.set_metadata({"title": _HEADING, "creator": "Sohoa"})
        document.set_language("vi")
        document.save(args["out"], garbage=3, deflate=True)
    return {"pages": len(args["sheets"]) * args["count"]}


def _lines(each: Mapping[str, Any], agency: str) -> list[tuple[str, float]]:
    """What stands over the codes, each line with its size; what stands under them comes last, after an empty line."""
    lines = [(agency.upper(), 11.0), (_HEADING, 30.0)]
    if not each["file_code"] and not each["fields"]:
        return [*lines, (_PLAIN, 16.0), ("", 0.0), (_USE, 12.0), (_OFTEN, 12.0)]
    if COLLATE in each["fields"]:
        return [*lines, (_BOTH_SIDES, 14.0), ("", 0.0), (_ON_TOP, 12.0), (_OFTEN, 12.0)]
    if each["file_code"]:
        lines += [(_OF_FILE, 13.0), (each["file_code"], 24.0), (each["title"], 14.0)]
    lines += [(f"{name}: {value}", 12.0) for name, value in each["shown"]]
    return [*lines, ("", 0.0), (_USE, 12.0), (_ONCE if each["fields"] else _OFTEN, 12.0)]


def _print(page: pymupdf.Page, each: Mapping[str, Any], lines: Sequence[tuple[str, float]], font: pymupdf.Font) -> None:
    is_plain = not each["file_code"] and not each["fields"]
    kind = patches.SEPARATES if is_plain else patches.LABEL
    height = 10 * _UNIT
    _bars(page, _TOP, kind)
    _bars(page, _A4.height - _FOOT - height, kind)
    end = lines.index(("", 0.0))
    down = _written(page, lines[:end], font, _TOP + height + 8 * _MM)
    if not is_plain:
        large, small = each["codes"]
        side = min(_QR, _A4.height - _FOOT - height - down - 50 * _MM)
        if side < _LEAST_QR:
            raise Verdict("too-large", "what the sheet says leaves no room for its codes")
        _qr(page, large, down + 4 * _MM, side)
        _code_128(page, small, down + 4 * _MM + side + 6 * _MM)
    below = sum(size * _LEADING for line, size in lines[end:] for _ in broken(line.split(), font, size, _A4.width - 2 * _MARGIN))
    _written(page, lines[end + 1 :], font, _A4.height - _FOOT - height - below - 4 * _MM)


def _written(page: pymupdf.Page, lines: Sequence[tuple[str, float]], font: pymupdf.Font, down: float) -> float:
    """Lines in the middle of the page, from `down`; returns where they end."""
    writer, room = pymupdf.TextWriter(page.rect), _A4.width - 2 * _MARGIN
    for line, size in lines:
        parts = [part for part in broken(line.split(), font, size, room) if part]
        if len(parts) > _MOST_LINES:
            parts = [*parts[: _MOST_LINES - 1], parts[_MOST_LINES - 1].rstrip() + "…"]
        for part in parts:
            writer.append((_MIDDLE - font.text_length(part, size) / 2, down + size), part, font=font, fontsize=size)
            down += size * _LEADING
    writer.write_text(page)
    return down


def _bars(page: pymupdf.Page, top: float, kind: str) -> None:
    for number, width in enumerate(patches.WIDTHS[kind]):
        if number % 2 == 0:
            box = (_MIDDLE - _BARS / 2, top, _MIDDLE + _BARS / 2, top + width * _UNIT)
            page.draw_rect(box, color=None, fill=(0, 0, 0), width=0)
        top += width * _UNIT


def _dark(code: Any) -> Any:
    """The modules of a code that are dark, row by row."""
    return numpy.asarray(zxingcpp.write_barcode_to_image(code, scale=1, add_quiet_zones=False)) < 128  # noqa: PLR2004


def _qr(page: pymupdf.Page, text: str, top: float, side: float) -> None:
    rows = _dark(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M"))
    module, left = side / len(rows), _MIDDLE - side / 2
    shape = page.new_shape()
    for number, row in enumerate(rows):
        for first, last in _runs(row):
            shape.draw_rect((left + first * module, top + number * module, left + last * module, top + (number + 1) * module))
    shape.finish(color=None, fill=(0, 0, 0), width=0)
    shape.commit()


def _code_128(page: pymupdf.Page, text: str, top: float) -> None:
    row = _dark(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128))[0]
    module, left = _SMALL[0] / len(row), _MIDDLE - _SMALL[0] / 2
    shape = page.new_shape()
    for first, last in _runs(row):
        shape.draw_rect((left + first * module, top, left + last * module, top + _SMALL[1]))
    shape.finish(color=None, fill=(0, 0, 0), width=0)
    shape.commit()


def _runs(row: Any) -> list[tuple[int, int]]:
    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate(([0], row.astype(numpy.int8), [0]))))
    return [(int(first), int(last)) for first, last in zip(edges[::2], edges[1::2], strict=True)]
