"""Takes a stack of paper apart before anything is read: which of its pages are separator sheets, which are blank.

Promises: a code that is not ours separates nothing (documents bear codes of many kinds), nor does one of ours that is printed
on a page instead of filling a sheet: that one is told, and a person looks. Codes are looked for in the raster as it came, and
once more cleaned where something on the page lets expect one. Runs in a worker: the bytes are foreign.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from io import BytesIO
from math import hypot
from pathlib import Path
from typing import Any

import numpy
import numpy.typing as npt
import zxingcpp
from PIL import Image, ImageFilter

from processor.errors import Verdict
from processor.intake import patches, rasters, sidecar
from processor.intake.separator import OURS, NoSheet, Sheet, parse
from processor.intake.stack import BLANK, PAGE, SHEET
from processor.ocr.reader import is_blank
from processor.worker import Ask

Grey = npt.NDArray[numpy.uint8]
_FORMATS = zxingcpp.BarcodeFormats((zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128))
_LEAST_SIDE = 0.2  # of the page's shorter side: what is smaller stands on a document, it is no sheet
_MOST_REST = 0.03  # share of ink besides the bars: a page of writing has 4 and more per cent
_MOST_BESIDE = 0.015  # share of ink besides the codes of a sheet whose bars are not seen; ten lines of writing have more
_CELL_INCH = 0.06  # a letter's stroke fills a third of so small a square, dust does not
_FULL_CELL, _FEW_CELLS = 0.15, 3
_BLANK_MARGIN = 0.04
_LIGHT = 100  # the grey of paper, however poor the scan
_THUMBNAIL = 160  # pixels of the longer side
_NOT_WHOLE = "a code of ours stands on a page that is no sheet"
_NOT_ALONE = "bars of a separator stand on a page of writing"
_NO_SHEETS = frozenset({"pages", "rotate", *sidecar.ROUTING})  # of a scan that comes alone; nothing would be done about it
_UNREAD = "a sheet none of whose codes can be read"


def split(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`, `limits`, `sheets` (whether separator sheets are looked for).
        ask: `sheet`: whether what a code says bears the station's key, which no worker has (`OURS` or nothing).

    Returns:
        `scanned`, how many pages the file says it has; `marks`: of each page `what` it is (`page`, `blank`, `sheet`), what a
        sheet has `told`, what is `wrong` with it, whether it is `broken` (cannot be decoded). None where the file cannot be taken
        apart: what it is, `probe` says.
    """
    path, limits = Path(args["path"]), args["limits"]
    try:
        rows = [_mark(*seen, ask if args["sheets"] else None) if isinstance(seen, tuple) else _unseen(seen)
                for seen in rasters.of(path, limits)]  # fmt: skip
        for number, pixels, dpi in rasters.darkest(path, limits, [n for n, row in enumerate(rows, 1) if row["what"] == BLANK]):
            if not _is_blank(pixels, dpi, patches.ink(pixels)):  # a red stamp, a note in blue, too pale to be seen in grey
                rows[number - 1] = {"what": PAGE}
        return {"scanned": rasters.count(path, limits), "marks": rows}
    except Verdict:
        return {"scanned": 0, "marks": []}


def _unseen(why: rasters.Unseen) -> dict[str, Any]:
    return {"what": PAGE} | ({"broken": True} if why is rasters.Unseen.BROKEN else {})


def _mark(grey: Grey, dpi: float, ask: Ask | None) -> dict[str, Any]:
    dark = patches.ink(grey)
    if ask is None:
        return {"what": BLANK if _is_blank(grey, dpi, dark) else PAGE}
    found = patches.bars(dark, dpi)
    sheets, wrong, where = _codes(grey, ask)
    if found is not None and not sheets:  # bars stand on our sheets too: their codes may be faint
        sheets, wrong, where = _codes(_cleaned(grey), ask)
    if sheets and found is None and float((dark & ~where).mean()) > _MOST_BESIDE:  # large, and yet on a page of writing
        return {"what": PAGE, "wrong": _NOT_WHOLE}
    if sheets or wrong:
        return _sheet(sheets, wrong)
    if found is None:
        return {"what": BLANK if _is_blank(grey, dpi, dark) else PAGE}
    is_label = found.kind == patches.LABEL
    if float((dark & ~found.where).mean()) > _MOST_REST:  # bars on a page of writing: it is no sheet
        return {"what": PAGE} | ({} if is_label else {"wrong": _NOT_ALONE})
    return {"what": SHEET} | ({"wrong": _UNREAD} if is_label else {})


def _cleaned(grey: Grey) -> Grey:
    """Without specks, in black and white."""
    smooth = Image.fromarray(grey).filter(ImageFilter.MedianFilter(3))
    pixels = numpy.asarray(smooth)
    return numpy.where(patches.ink(pixels), 0, 255).astype(numpy.uint8)


def _codes(grey: Grey, ask: Ask) -> tuple[list[Sheet], str, npt.NDArray[numpy.bool_]]:
    """Sheets that codes on the page are, what is wrong with one that nearly is, and where codes of any kind lie."""
    sheets, wrong, where = list[Sheet](), "", numpy.zeros(grey.shape, dtype=bool)
    grey = numpy.ascontiguousarray(grey)
    for code in zxingcpp.read_barcodes(grey, formats=_FORMATS, try_invert=False):
        where[_around(code.position)] = True
        try:
            sheet = parse(code.text, lambda said: ask("sheet", said.encode("utf-8", "replace")) == OURS)
        except NoSheet as error:
            wrong = str(error)
            continue
        if sheet is None:
            continue
        if _reach(code.position) < _LEAST_SIDE * min(grey.shape):
            wrong = _NOT_WHOLE
        else:
            sheets.append(sheet)
    return sheets, wrong, where


def _around(place: Any) -> tuple[slice, slice]:
    corners = [place.top_left, place.top_right, place.bottom_right, place.bottom_left]
    across, down = [corner.x for corner in corners], [corner.y for corner in corners]
    return slice(max(0, min(down)), max(down) + 1), slice(max(0, min(across)), max(across) + 1)


def _reach(place: Any) -> float:
    """The longer side of a code, in pixels."""
    corners = [place.top_left, place.top_right, place.bottom_right, place.bottom_left]
    sides = zip(corners, corners[1:], strict=False)
    return max(hypot(a.x - b.x, a.y - b.y) for a, b in sides)


def _sheet(sheets: list[Sheet], wrong: str) -> dict[str, Any]:
    """What the codes of one page say together."""
    if not sheets:
        return {"what": PAGE, "wrong": wrong}
    full = [each for each in sheets if not each.more]
    best = full[0] if full else sheets[0]
    if any(each != best for each in full) or any(each.file_code != best.file_code for each in sheets):
        return {"what": SHEET, "wrong": "two sheets lie over each other"}
    if not full:
        return {"what": SHEET, "wrong": "only the small code could be read, and the large one says more"}
    told = {"file_code": best.file_code, **best.fields} if best.file_code else dict(best.fields)
    if lost := next((name for name in told if name in _NO_SHEETS), ""):
        return {"what": SHEET, "wrong": f"a sheet cannot tell {lost}"}
    try:
        return {"what": SHEET, "told": sidecar.checked(told)}
    except Verdict as verdict:
        return {"what": SHEET, "wrong": verdict.detail}


def _is_blank(grey: Grey, dpi: float, dark: npt.NDArray[numpy.bool_]) -> bool:
    """Blank paper: no line of writing, and no sign or number standing alone either."""
    if float(numpy.median(grey[::4, ::4])) < _LIGHT or not is_blank(Image.fromarray(grey)):
        return False  # a page that is black all over is none whose picture could be read
    down, across = (round(size * _BLANK_MARGIN) for size in dark.shape)
    inner = dark[down : dark.shape[0] - down, across : dark.shape[1] - across]
    side = max(2, round(_CELL_INCH * dpi))
    rows, columns = (size // side for size in inner.shape)
    cells = inner[: rows * side, : columns * side].reshape(rows, side, columns, side).mean(axis=(1, 3))
    return int((cells > _FULL_CELL).sum()) < _FEW_CELLS


def thumbnails(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job: pages as small pictures, what a person looks at to see that nothing was lost.

    Args:
        args: `path`, `limits`, `wanted` (pages, 1-based).
        ask: not used.

    Returns:
        `pages`: by number, JPEG in Base64.

    Raises:
        Verdict: as `probe`.
    """
    wanted, made = set(args["wanted"]), dict[str, str]()
    for number, seen in enumerate(rasters.of(Path(args["path"]), args["limits"]), 1):
        if number in wanted and isinstance(seen, tuple):
            made[str(number)] = b64encode(_thumbnail(seen[0])).decode()
    return {"pages": made}


def _thumbnail(grey: Grey) -> bytes:
    small, out = Image.fromarray(grey), BytesIO()
    small.thumbnail((_THUMBNAIL, _THUMBNAIL), reducing_gap=2.0)
    small.save(out, "JPEG", quality=50)
    return out.getvalue()
