"""Where seal, number and date go on a document the office issues. Runs in a worker; changes nothing.

Promises: the seal covers the left third of the last person's signature picture (NĐ 30/2020 Phụ lục I, Phần I, II.8.a), at its
real size, or stands where the settings say; number and date stand on their printed lines, each as the appearance of a signature
of our own, or in form fields, never as page content. What is printed already is left alone. Refuses, with a code, what an earlier
signature forbids.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

import pikepdf

from processor.errors import Verdict
from processor.seal import inscribe, locks, picture, widgets
from processor.seal.issued import SEAL, Document, ink, letters, measured, pass_of, spot
from processor.seal.place import Box
from processor.worker import Ask

_PART = re.compile(r"pdfaid:part\s*(?:=\s*[\"']|>)\s*([1-4])")
_LEVEL = re.compile(r"pdfaid:conformance\s*(?:=\s*[\"']|>)\s*([ABUabu])")


def _seal_box(args: Mapping[str, Any], document: Document, size: tuple[float, float]) -> tuple[int, Box]:
    if args["seal_at"]:
        page, left, top = spot(args["seal_at"], document, "no-seal-place")
        return page, (left, top, left + size[0], top + size[1])
    name = args["fields"][-1] if args["fields"] else ""
    field = widgets.fields(document.pdf).get(name)
    widget = widgets.widget(document.pdf, field) if field is not None else None
    shown = widgets.picture(widget.annotation) if widget else None
    if widget is None or shown is None:
        raise Verdict("no-seal-place", "the person's signature cannot be seen")
    left, top, right, bottom = document.pages[widget.page].shown(shown)
    edge, middle = left + (right - left) / 3, (top + bottom) / 2  # "trùm lên khoảng 1/3 hình ảnh chữ ký về bên trái"
    return widget.page, (edge - size[0], middle - size[1] / 2, edge, middle + size[1] / 2)


def _kept_on(page: tuple[float, float], box: Box) -> Box:
    """Moved onto the page.

    Raises:
        Verdict: `no-seal-place`, it is larger than the page.
    """
    wide, high = box[2] - box[0], box[3] - box[1]
    if wide > page[0] or high > page[1]:
        raise Verdict("no-seal-place", "the seal is larger than the page")
    left, top = min(max(0.0, box[0]), page[0] - wide), min(max(0.0, box[1]), page[1] - high)
    return (left, top, left + wide, top + high)


def _seal(args: Mapping[str, Any], document: Document, found: locks.Locks) -> dict[str, Any]:
    size = picture.size(picture.load(Path(args["picture"]), args["picture_mm"]), args["picture_mm"])
    if found.certified:
        return _in_existing(found, document, size)
    page, box = _seal_box(args, document, size)
    kept = _kept_on(document.pages[page].size, box)
    return pass_of(SEAL, page, kept, document, {"kind": "picture", "at": [0, 0, *size]})


def _in_existing(found: locks.Locks, document: Document, size: tuple[float, float]) -> dict[str, Any]:
    """Within an empty signature field that holds the seal at its real size."""
    known = widgets.fields(document.pdf)
    for name in found.empty:
        widget = widgets.widget(document.pdf, known[name]) if name in known else None
        if widget is None:
            continue
        left, top, right, bottom = box = document.pages[widget.page].shown(widgets.rectangle(widget.annotation))
        wide, high = right - left, bottom - top
        if wide < size[0] - 0.01 or high < size[1] - 0.01:
            continue
        at = [(wide - size[0]) / 2, (high - size[1]) / 2, *size]
        made = pass_of(SEAL, widget.page, box, document, {"kind": "picture", "at": at})
        return {**made, "field": name, "existing": True}
    raise Verdict(locks.NO_NEW_FIELD, "no empty signature field is large enough for the seal")


def claimed(pdf: pikepdf.Pdf) -> str | None:
    """The level of PDF/A a document says it has: `1b`, `2b` or `3b` (the stricter ones hold it too); None: it says none."""
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return None
    text = metadata.read_bytes().decode("utf-8", "replace")
    part, level = _PART.search(text), _LEVEL.search(text)
    return f"{part[1]}b" if part and level and part[1] in "123" else None


def _surviving(pdf: pikepdf.Pdf, released: Container[str]) -> str | None:
    """The level of PDF/A that sealing must not lose; None: it has none, or a person gave it up.

    Raises:
        Verdict: `pdfa-1-no-transparency`; `pdfa-no-output-intent`: pages that name no colours to blend in bear nothing transparent
            (ISO 19005-2, 6.2.10), and a signed page cannot be given any.
    """
    level, code = claimed(pdf), ""
    if level == "1b":
        code = "pdfa-1-no-transparency"
    elif level and "/OutputIntents" not in pdf.Root:
        code = "pdfa-no-output-intent"
    if code and code not in released:
        raise Verdict(code)
    return None if code else level


def _passes(args: Mapping[str, Any], document: Document, found: locks.Locks) -> list[dict[str, Any]]:
    number = [] if args["number_field"] else inscribe.number(args, document)
    date = [] if args["date_field"] else inscribe.date(args, document)
    seal = _seal(args, document, found)
    fresh = [each["field"] for each in (*number, *date, seal) if not each["existing"]]
    if fresh and (code := found.against(fresh)):
        raise Verdict(code)
    return [*number, *date, seal]


def locate(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`; `fields` (signature fields of the persons, in order); `seal_at`, `number_at`, `date_at`: page (0: the last),
            millimetres from left and top (of `date_at` also the lefts of month and year), or empty; `picture`, `picture_mm`;
            `number`, `notation`, `date` (ISO), "" where not known; `number_field`, `date_field`: form fields, or ""; `font`;
            `released`: optional, codes a person has looked at: PDF/A is given up (`pdfa-1-no-transparency`,
            `pdfa-no-output-intent`); number and date are left as they are printed (`number-differs`, `number-blank`,
            `no-number-place`).
        ask: not used.

    Returns:
        `passes` and `fill` as `sign.seal` takes them; `pdfa`: the level that must survive (`2b`, `3b`) or null; `persons`: how
        many regular signatures are there.

    Raises:
        Verdict: `certified-no-changes`, `certified-no-new-field`, `fields-locked`, `no-seal-place`, `no-number-place`,
            `number-differs`, `number-blank`, `form-field-unfit`, `seal-picture-unfit`, `pdfa-1-no-transparency`,
            `pdfa-no-output-intent`, `damaged`, `encrypted`.
    """
    path = Path(args["path"])
    if code := locks.sealable(path):
        raise Verdict(code)
    found = locks.read(path)
    with pikepdf.open(path) as pdf:
        pages = tuple(widgets.page_of(page) for page in pdf.pages)
        document = Document(pdf, pages, letters(path, pages[0]), measured(args["font"]), ink(path))
        level = _surviving(pdf, args.get("released", ()))
        fill = inscribe.fill(args, document, found)
        passes = _passes(args, document, found)
    return {"passes": passes, "fill": fill, "pdfa": level, "persons": found.signatures}
