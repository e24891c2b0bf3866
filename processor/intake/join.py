"""Makes one PDF of the pages of several scans, in the order a person chose: a scan of its own, which goes the way of any other.

Promises: pictures keep their own compressed bytes, or are kept without loss; pages are carried whole, with all that stands on them.
What could not be carried so (a form, layers, files attached to it, a sort of pixels no page of a PDF shows) is refused. The same
pages make the same bytes. Runs in a worker: the bytes are foreign.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pikepdf
from PIL import Image

from processor.errors import Verdict
from processor.intake import body, images, pages
from processor.intake.probe import PICTURE_ERRORS, features, frame_count, is_signed, open_image, open_pdf, sniff
from processor.worker import Ask

_STAYS_BEHIND = frozenset({"form", "attachment", "optional-content"})


def join(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `pieces`, each with its `path`, `pages` (a range, all where it is empty) and `rotate` (turns or ""); `limits`; `out`.
        ask: not used.

    Returns:
        `pages`, how many there are.

    Raises:
        Verdict: as `probe`; `signed`, `bad-pages`, `join-impossible`.
    """
    limits, out = args["limits"], Path(args["out"])
    made, opened = pikepdf.new(), list[pikepdf.Pdf]()
    try:
        for piece in args["pieces"]:
            before = len(made.pages)
            wanted = _from_pdf(made, piece, opened) if sniff(Path(piece["path"])) == "pdf" else _from_picture(made, piece, limits)
            turns = pages.turns(piece["rotate"]) or {}
            for page, number in zip(made.pages[before:], wanted, strict=True):
                if number in turns:
                    page.rotate(turns[number], relative=True)
        made.remove_unreferenced_resources()
        made.save(out, deterministic_id=True)
    except (pikepdf.PdfError, RuntimeError) as error:
        raise Verdict("damaged", type(error).__name__) from error
    count = len(made.pages)
    if count > limits["pages"] or out.stat().st_size > limits["file_mb"] << 20:
        raise Verdict("too-large", f"{count} pages")
    return {"pages": count}


def _wanted(piece: Mapping[str, str], count: int) -> list[int]:
    wanted = pages.parse(piece["pages"], count)
    if not wanted:
        raise Verdict("bad-pages")
    return wanted


def _from_pdf(made: pikepdf.Pdf, piece: Mapping[str, str], opened: list[pikepdf.Pdf]) -> list[int]:
    path = Path(piece["path"])
    if is_signed(path):
        raise Verdict("signed")
    source = open_pdf(path)
    opened.append(source)  # its pages are read when what was made is saved
    if lost := sorted(_STAYS_BEHIND & set(features(source))):
        raise Verdict("join-impossible", ", ".join(lost))
    wanted = _wanted(piece, len(source.pages))
    for number in wanted:
        page = source.pages[number - 1]
        body.inherit(page)
        made.pages.append(page)
    return wanted


def _from_picture(made: pikepdf.Pdf, piece: Mapping[str, str], limits: Mapping[str, int]) -> list[int]:
    path = Path(piece["path"])
    with open_image(path, limits) as picture:
        wanted = _wanted(piece, frame_count(picture, sniff(path)))
        try:
            for number in wanted:
                _check(picture, number)
            for page, index in images.pages(path, picture, wanted):
                made.pages.append(page.pages[index])
        except (EOFError, *PICTURE_ERRORS) as error:
            raise Verdict("damaged", type(error).__name__) from error
    return wanted


def _check(picture: Image.Image, number: int) -> None:
    """Of a joined scan the file itself is not kept: its pixels must be."""
    if number > 1:
        picture.seek(number - 1)
    if not images.keeps_pixels(picture):
        raise Verdict("join-impossible", f"page {number}: {picture.mode}")
