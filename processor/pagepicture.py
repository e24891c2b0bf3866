"""A picture of one page, for a person to look at: of a sealed PDF, or of a scan as it arrived.

Promises: the page as a viewer shows it, no larger than asked for; of a scan that no stage has looked at, none that bears a mark
of secrecy in red. Refuses what is neither PDF nor picture, or beyond the station's limits. Runs in a worker: the bytes are foreign.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pymupdf
from PIL import Image, ImageOps

from processor.errors import SECRET, Verdict
from processor.intake.probe import PICTURE_ERRORS, open_image, sniff, within_pixels
from processor.ocr import black
from processor.ocr.glance import is_secret
from processor.worker import Ask

_TALLEST = 4  # widths: a till roll is not drawn whole
_QUALITY = 82
_A4_INCHES = 11.7  # high
_LOOKED_AT = 1400  # pixels across: 170 dpi of A4
_READ_AT = 2000  # 240 dpi of A4, 170 of one that lies across


def _of_pdf(path: Path, number: int, width: int) -> tuple[Image.Image, int]:
    try:
        with pymupdf.open(path) as document:
            if document.needs_pass:
                raise Verdict("encrypted")
            page = document[_within(number, document.page_count) - 1]
            scale = width / max(page.rect.width, 1.0)
            clip = pymupdf.Rect(page.rect)
            clip.y1 = min(clip.y1, clip.y0 + page.rect.width * _TALLEST)
            pixmap = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), clip=clip, alpha=False, colorspace=pymupdf.csRGB)
            return Image.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples), int(document.page_count)
    except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
        raise Verdict("damaged", type(error).__name__) from error


def _of_image(path: Path, number: int, width: int, limits: Mapping[str, int]) -> tuple[Image.Image, int]:
    try:
        with open_image(path, limits) as picture:
            count = int(getattr(picture, "n_frames", 1))
            picture.seek(_within(number, count) - 1)
            if not within_pixels(picture, limits):
                raise Verdict("too-large", "too many pixels")
            picture.draft("RGB", (width, width * _TALLEST))
            upright = ImageOps.exif_transpose(picture)
            if upright.mode.startswith("I"):
                upright = upright.point(lambda level: level / 256).convert("L")
            upright = upright.convert("RGB")
            upright.thumbnail((width, width * _TALLEST), Image.Resampling.BILINEAR)
            return upright, count
    except (EOFError, *PICTURE_ERRORS) as error:
        raise Verdict("damaged", type(error).__name__) from error


def _within(number: int, count: int) -> int:
    if not 1 <= number <= count:
        raise Verdict("bad-pages", f"page {number} of {count}")
    return number


def page_picture(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`, `page` (1-based), `width` (pixels), `limits`, `out` (a JPEG), `looks` (`languages` and `station`, where the
            page is looked at for a mark of secrecy first; else nothing).
        ask: not used.

    Returns:
        `pages` of the whole.

    Raises:
        Verdict: `not-a-document`, `damaged`, `encrypted`, `bad-pages`, `too-large`, `secrecy-mark`.
    """
    shown, count = _shown(args, int(args["page"]), int(args["width"]))
    if args.get("looks") and _is_marked(shown, args["looks"]):
        Path(args["out"]).unlink(missing_ok=True)
        raise Verdict(SECRET)
    shown.save(args["out"], "JPEG", quality=_QUALITY)
    return {"pages": count}


def _shown(args: Mapping[str, Any], number: int, width: int) -> tuple[Image.Image, int]:
    """A page, and of how many."""
    path = Path(args["path"])
    return _of_pdf(path, number, width) if sniff(path) == "pdf" else _of_image(path, number, width, args["limits"])


def _is_marked(shown: Image.Image, looks: Mapping[str, Any]) -> bool:
    """Looked at before it is compressed: a JPEG pales what is red and thin."""
    return is_secret(shown, max(shown.size) / _A4_INCHES, looks["languages"], Path(looks["station"]))


def marked_pages(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`, `wanted` (pages, 1-based; none: all), `limits`, `looks` (as of `page_picture`), `read` (whether black
            marks are looked for too).
        ask: not used.

    Returns:
        `pages`: those of them that bear a mark of secrecy in red, or one read in black; what cannot be pictured does not.
    """
    found = []
    for number in args["wanted"] or _every(args):
        with suppress(Verdict):
            shown = _shown(args, number, _LOOKED_AT)[0]
            is_black = args.get("read") and _is_read_secret(_shown(args, number, _READ_AT)[0], args["looks"])
            found += [number] if is_black or _is_marked(shown, args["looks"]) else []
    return {"pages": found}


def narrowest(args: Mapping[str, Any]) -> int:
    """The shorter side of the first page as it is looked at, in pixels.

    Raises:
        Verdict: it cannot be looked at.
    """
    return min(_shown(args, 1, _LOOKED_AT)[0].size)


def _every(args: Mapping[str, Any]) -> range:
    with suppress(Verdict):
        return range(1, 1 + min(_shown(args, 1, 1)[1], args["limits"]["pages"]))
    return range(0)


def _is_read_secret(shown: Image.Image, looks: Mapping[str, Any]) -> bool:
    return black.is_secret(shown, max(shown.size) / _A4_INCHES, looks["languages"], Path(looks["station"]))
