"""Reads an electronic original: what stands on its pages, for the record, without changing a byte of it. Runs in a worker.

Promises: what signature fields and other annotations show is read as well: number and date may stand there only; a page that
is a picture is read by Tesseract; words lie where a person sees them. Refuses: what `probe` refuses; to write a PDF.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from statistics import fmean
from typing import Any

import pymupdf

from processor.errors import Verdict
from processor.intake.probe import is_signed, page_facts, pdf_facts, sniff
from processor.ocr import pagewords, reader
from processor.ocr.glance import glance
from processor.ocr.pagewords import Words
from processor.worker import Ask

_READ = frozenset({"scan", "drawn"})
_SEEN = 100.0


def _without(document: pymupdf.Document, number: int, key: str) -> pymupdf.Page:
    """A page in memory without its `Annots` or `Contents`."""
    page = document[number]
    document.xref_set_key(page.xref, key, "null")
    return document.reload_page(page)


def _turned(words: Words, degrees: int) -> Words:
    """Words of a page that is turned clockwise by so much to stand upright."""
    for _ in range(degrees // 90 % 4):
        words = [[text, 1 - bottom, left, 1 - top, right, sure] for text, left, top, right, bottom, sure in words]
    return words


def _recognised(page: pymupdf.Page, args: Mapping[str, Any], folder: Path) -> tuple[Words, int, bool]:
    """What Tesseract reads on a page; degrees it was turned to stand upright; whether nobody wrote on it."""
    picture, dpi = pagewords.picture(page, float(args["read_dpi"]), args["limits"]["page_megapixels"])
    if reader.is_blank(picture):
        return [], 0, True
    upright, degrees = reader.upright(picture)
    words = reader.read(upright, dpi, "+".join(args["languages"]), args["read_dpi"], folder / "page.pdf")
    return [list(astuple(word)) for word in words], degrees, False


def _beneath(own: Words, read: tuple[Words, int, bool]) -> tuple[Words, int, bool]:
    """The words over a picture that fills its page (a number of arrival on a scan, text on a letterhead), and those in it."""
    words, degrees, blank = read
    seen = [word for word in _turned(own, degrees) if word[5] == _SEEN]
    return seen + [word for word in words if not any(_covers(other, word) for other in seen)], degrees, blank and not seen


def _covers(one: list[Any], other: list[Any]) -> bool:
    """Whether the middle of either of two words lies within the other."""
    return _is_within(one[1:5], other[1:5]) or _is_within(other[1:5], one[1:5])


def _is_within(box: Sequence[float], other: Sequence[float]) -> bool:
    left, top, right, bottom = other
    across, down = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return left <= across <= right and top <= down <= bottom


def _leaf(kind: str, page: pymupdf.Page, shown: Words, read: tuple[Words, int, bool]) -> dict[str, Any]:
    words, degrees, blank = read
    words = words + _turned(shown, degrees)
    width, height = page.rect.width, page.rect.height
    if degrees % 180:
        width, height = height, width
    return {
        "kind": kind, "blank": blank and not words, "words": words, "rotate": (page.rotation + degrees) % 360,
        "width": width, "height": height, "word_count": len(words),
        "mean_confidence": round(fmean(word[5] for word in words), 1) if words else None,
    }  # fmt: skip


def _leaves(path: Path, args: Mapping[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    with pymupdf.open(path) as bare, pymupdf.open(path) as marked:
        last = bare.page_count - 1
        for number in range(bare.page_count):
            page = _without(bare, number, "Annots")
            rotation = page.rotation
            facts = page_facts(page)
            kind = facts["kind"]
            page.set_rotation(rotation)
            shown = pagewords.own(_without(marked, number, "Contents"))
            own = pagewords.own(page, pagewords.hiding(page, kind, args["limits"]["page_megapixels"]))
            if kind in _READ and (not own or number in {0, last}):  # the record is read from these: what is seen decides
                yield _leaf(kind, page, shown, _recognised(page, args, folder))
            elif "pictured" in facts and (number in {0, last} or all(word[5] == _SEEN for word in own)):
                yield _leaf(kind, page, shown, _beneath(own, _recognised(page, args, folder)))
            else:
                yield _leaf(kind, page, shown, (own, 0, kind == "blank"))


def _producer(path: Path) -> str:
    with pymupdf.open(path) as document:
        return str((document.metadata or {}).get("producer") or "")[:200]


def read_original(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`, `limits` (file_mb, pages, page_megapixels), `languages`, `read_dpi`, `out` (JSON: every page as
            `recognise` tells it); `looks`: the station, where pages are looked at for a mark of secrecy in red first; else empty.
        ask: not used.

    Returns:
        `type` (`pdf`), `pages` (how many), `kinds` (of each, without what annotations show), `features`, `signed`,
        `producer`, `tesseract` (its version if it read a page, else empty), `secrecy`: pages that bear a mark; where there is
        one nothing is read and `out` is not written.

    Raises:
        Verdict: `empty`, `not-a-document`, `truncated`, `damaged`, `encrypted`, `too-large`, `dynamic-form`.
    """
    path, limits = Path(args["path"]), args["limits"]
    if path.stat().st_size > limits["file_mb"] << 20:
        raise Verdict("too-large", "file size")
    if sniff(path) != "pdf":
        raise Verdict("not-a-document", "no PDF")
    facts = pdf_facts(path, limits)
    try:
        if secret := _secret(path, facts["pages"], args, ask):
            return {"type": "pdf", "pages": len(facts["pages"]), "secrecy": secret}
        with tempfile.TemporaryDirectory(prefix="original-") as folder:
            leaves = list(_leaves(path, args, Path(folder)))
        producer = _producer(path)
    except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
        raise Verdict("damaged", type(error).__name__) from error
    Path(args["out"]).write_text(json.dumps(leaves, ensure_ascii=False), "utf-8")
    kinds = [leaf["kind"] for leaf in leaves]
    read = any(kind in _READ for kind in kinds) or any("pictured" in page for page in facts["pages"])
    return {
        "type": "pdf", "pages": len(leaves), "kinds": kinds, "features": facts["features"], "signed": is_signed(path),
        "producer": producer, "tesseract": reader.version() if read else "", "secrecy": [],
    }  # fmt: skip


def _secret(path: Path, pages: Sequence[Mapping[str, Any]], args: Mapping[str, Any], ask: Ask) -> list[int]:
    """The pages that bear a mark of secrecy in red, looked at before any is read; none where a person has released it."""
    if not args.get("looks"):
        return []
    asked = {"body": str(path), "kinds": [page["kind"] for page in pages], "languages": args["languages"], "station": args["looks"]}
    found: list[int] = glance(asked, ask)["secrecy"]
    return found
