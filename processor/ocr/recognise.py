"""Gives a portion of a body its text layer and says what was read on each page. Runs in a worker.

Promises: pages that were born digital keep their own text; scanned pages are turned upright by `/Rotate`, their pixels
untouched unless the lane straightens; one core (the engine runs many portions at once).
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import ocrmypdf
import pikepdf
import pymupdf
from ocrmypdf import exceptions

from processor.errors import Verdict
from processor.ocr import pagewords, plugin, reader
from processor.ocr.pagewords import Words
from processor.worker import Ask

_TEXT_LAYER = "/OCR-"  # how OCRmyPDF names the text it lays over a page
_READ = frozenset({"scan", "drawn"})


def _portion(source: Path, first: int, last: int, out: Path) -> None:
    with pikepdf.open(source) as body, pikepdf.new() as portion:
        portion.pages.extend(body.pages[first - 1 : last])
        portion.save(out)


def _run(portion: Path, out: Path, args: Mapping[str, Any], pages: list[int]) -> None:
    plugin.write_settings(out.parent, "+".join(args["languages"]), args["read_dpi"], args.get("station", ""))
    try:
        code = ocrmypdf.ocr(
            portion, out, language=list(args["languages"]), mode="skip", pages=",".join(map(str, pages)),
            output_type="pdf", pdf_renderer="sandwich", optimize=0, jobs=1, use_threads=True, progress_bar=False,
            rotate_pages=args["rotate"], rotate_pages_threshold=args["rotate_confidence"], deskew=args["deskew"],
            fast_web_view=999999, max_image_mpixels=args["page_megapixels"], tagged_pdf_mode="ignore",
            plugins=["processor.ocr.plugin"],
        )  # fmt: skip
    except exceptions.MissingDependencyError as error:
        raise Verdict("unexpected", f"OCRmyPDF misses something: {error}") from error
    except (exceptions.ExitCodeException, pikepdf.PdfError, RuntimeError) as error:
        raise Verdict("damaged", f"recognition: {type(error).__name__}") from error
    if code != 0:
        raise Verdict("damaged", f"recognition: exit code {int(code)}")


def _unclip(path: Path) -> None:
    """Let the text layer reach over the whole page as it stands upright.

    OCRmyPDF gives the text the box of the page as it lies: of a page turned a quarter, or measured in other units, it
    hides a part from all readers that heed the box (MuPDF, and those built on it).
    """
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        for page in pdf.pages:
            side = max(float(value) for value in page.mediabox) - min(float(value) for value in page.mediabox)
            reach = side * float(page.obj.get("/UserUnit", 1))
            for name, form in page.form_xobjects.items():
                if name.startswith(_TEXT_LAYER):
                    form.BBox = pikepdf.Array([0, 0, reach, reach])
        pdf.save(path)


def _own_words(page: pymupdf.Page, megapixels: int) -> Words:
    """The words a born-digital page carries; those that leave no ink on it are in doubt, as in an original."""
    return pagewords.own(page, pagewords.hiding(page, "digital", megapixels))


def _facts(path: Path, kinds: list[str], folder: Path, megapixels: int) -> list[dict[str, Any]]:
    found = []
    with pymupdf.open(path) as document:
        for number, (page, kind) in enumerate(zip(document, kinds, strict=True), 1):
            read = plugin.words_file(folder, number)
            if read.is_file():
                told = json.loads(read.read_text("utf-8"))
            else:
                told = {"blank": kind == "blank", "words": _own_words(page, megapixels) if kind == "digital" else []}
            words = told["words"]
            by_ink = {name: told[name] for name in ("printed", "secret") if name in told}
            found.append({
                "kind": kind, "blank": told["blank"], "words": words, **by_ink, "rotate": page.rotation,
                "width": page.rect.width, "height": page.rect.height, "word_count": len(words),
                "mean_confidence": round(fmean(w[5] for w in words), 1) if words else None,
            })  # fmt: skip
    return found


def recognise(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `body`, `first`, `last` (pages, 1-based), `kinds` (of those pages), `languages`, `rotate`,
            `rotate_confidence`, `deskew`, `read_dpi`, `page_megapixels`, `out` (PDF), `reading` (JSON), `station` (whose
            `law/kinds.toml` is laid over ours; none: ours alone).
        ask: not used.

    Returns:
        `tesseract`: its version. Files: the portion with its text layer, and what was read.

    Raises:
        Verdict: `damaged`.
    """
    logging.getLogger("ocrmypdf").setLevel(logging.CRITICAL)
    out, kinds = Path(args["out"]), list(args["kinds"])
    folder = Path(tempfile.mkdtemp(prefix="read-"))
    try:
        portion, made = folder / "portion.pdf", folder / "read.pdf"
        _portion(Path(args["body"]), args["first"], args["last"], portion)
        pages = [number for number, kind in enumerate(kinds, 1) if kind in _READ]
        if pages:
            _run(portion, made, args, pages)
            _unclip(made)
        else:
            made = portion
        facts = _facts(made, kinds, folder, args["page_megapixels"])
        Path(args["reading"]).write_text(json.dumps(facts, ensure_ascii=False), "utf-8")
        shutil.copyfile(made, out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"tesseract": reader.version()}
