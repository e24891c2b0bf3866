"""The first look at pages, at their coloured ink alone and before any text is read: red stamps, seals, signatures.

Promises: of a page that bears a mark of secrecy in red nothing is read and nothing kept (Luật Bảo vệ bí mật nhà nước 2018 Đ8, Đ12);
a stamp is found wherever it stands and however it is turned. Refuses: to look for black marks, which are read with the page.
Runs in a worker.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pymupdf
from PIL import Image

from processor import law
from processor.describe.layout import Word as Seen
from processor.describe.marks import is_mark
from processor.describe.vocabulary import Vocabulary
from processor.ocr import ink, printed
from processor.ocr.words import Word
from processor.worker import Ask

_DPI = 150.0  # a stamp's letters are 4 mm high and more
_SEALED = frozenset({"scan", "drawn"})  # a seal pasted as a picture into a page of text is none of an original
_MOST_PIXELS = 40_000_000  # of a sheet larger than A1 the picture is coarser
_MOST_CROWDS = 8
_MOST_STAMPS = 40  # more red islands than this, or red all over: the red of the whole page is read at once


def glance(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `body` (PDF), `kinds` (of its pages), `languages`, `station` (whose `law/kinds.toml` is laid over ours).
        ask: not used.

    Returns:
        `secrecy`: pages (1-based) that bear a mark of secrecy in red; `pages`, one each: `stamps` (words, as in what was read);
        `seals` (left, top, right, bottom in fractions of the page as it lies, and whether a pen has written there); `lay`: how the
        page was turned then.
    """
    law_ = law.vocabulary(Path(args["station"]))
    languages, told, secret = "+".join(args["languages"]), [], []
    with pymupdf.open(args["body"]) as document:
        for number, (page, kind) in enumerate(zip(document, args["kinds"], strict=True), 1):
            seen: dict[str, Any] = {"stamps": [], "seals": [], "lay": page.rotation}
            if kind != "blank":
                picture, dpi = _picture(page)
                red = ink.reds(picture, dpi)
                stamps = _stamps(red, dpi, languages, law_)
                seen["stamps"] = [word.told() for words in stamps for word in words]
                seen["seals"] = _seals(picture, dpi, red) if kind in _SEALED else []
                if _is_marked(stamps, law_):
                    secret.append(number)
            told.append(seen)
    return {"secrecy": secret, "pages": told}


def is_secret(picture: Image.Image, dpi: float, languages: Sequence[str], station: Path) -> bool:
    """Whether a page, in colours, bears a mark of secrecy in red: of scans that no stage has looked at yet."""
    law_ = law.vocabulary(station)
    return _is_marked(_stamps(ink.reds(picture, dpi), dpi, "+".join(languages), law_), law_)


def is_secrecy(law_: Vocabulary, words: Sequence[Word]) -> bool:
    """Whether the words of one stamp are a mark of secrecy."""
    return is_mark([as_seen(word) for word in words], law_.secrecy)


def _is_marked(stamps: Sequence[Sequence[Word]], law_: Vocabulary) -> bool:
    return any(is_secrecy(law_, words) for words in stamps)  # each for itself


def _picture(page: pymupdf.Page) -> tuple[Image.Image, float]:
    """A page in colours with all that is laid over it, and its resolution."""
    square_inches = max(page.rect.width * page.rect.height / 72**2, 1e-6)
    dpi = min(_DPI, math.sqrt(_MOST_PIXELS / square_inches))
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(dpi / 72, dpi / 72), alpha=False, colorspace=pymupdf.csRGB)
    return Image.frombuffer("RGB", (pixmap.width, pixmap.height), pixmap.samples, "raw", "RGB", pixmap.stride, 1), dpi


def as_seen(word: Word) -> Seen:
    """A word that was read, as the rules see it."""
    return Seen(word.text, word.left, word.top, word.right, word.bottom, word.confidence / 100)


def _stamps(red: ink.Red, dpi: float, languages: str, law_: Vocabulary) -> list[list[Word]]:
    """What each stamp says; of stamps that lie on each other only those that are looked for, since the rest is strokes."""
    degrees = {*law_.secrecy, *law_.urgency}

    def is_known(words: Sequence[Word]) -> bool:
        return is_mark([as_seen(word) for word in words], degrees)

    islands, crowds = red.stamps(), red.crowds()
    if red.is_all_over or len(islands) > _MOST_STAMPS:
        islands = [ink.Box(0, 0, red.plane.width, red.plane.height)]
    told = printed.stamps(red.plane, dpi, languages, islands, is_known)
    return told + [*filter(is_known, printed.crowds(red.plane, dpi, languages, crowds[:_MOST_CROWDS], is_known))]


def _seals(picture: Image.Image, dpi: float, red: ink.Red) -> list[Sequence[Any]]:
    width, height = picture.size
    return [
        (box.left / width, box.top / height, box.right / width, box.bottom / height, ink.is_signed(picture, dpi, box))
        for box in red.seals()
    ]
