"""Says what a scan is, before anything touches it: type, pages, born digital or scanned, signed, encrypted.

Promises: signatures are recognised before any rewriting; limits are checked on declared sizes, before pixels are decoded.
Refuses: to repair. Runs in a worker: the bytes are foreign.
"""

from __future__ import annotations

import mmap
import struct
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import pikepdf
import pymupdf
from PIL import Image

from processor.errors import Verdict
from processor.intake import pages as page_range
from processor.worker import Ask

_FULL_PAGE = 0.85  # share of the page that images must cover for the page to be a scan
_HEAD = 1024  # ISO 32000-1 Annex H.3: readers accept the header within the first 1024 bytes
_TAIL = 4096
_PAINTS_TEXT = frozenset({"fill-text", "stroke-text"})
_PAINTS_IMAGE = frozenset({"fill-image", "fill-imgmask"})
_UNSEEN = {"kind": "unseen"}
Wanted: TypeAlias = Collection[int] | None
"""The pages that are looked at; None: all."""
IMAGE_FORMATS = ("TIFF", "JPEG", "PNG")
PICTURE_ERRORS = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, RuntimeError, struct.error)
"""What Pillow and its plug-ins raise on bytes that are not what they say (Pillow has no error class of its own)."""


def sniff(path: Path) -> str:
    """`pdf`, `tiff`, `jpeg` or `png` by content; the name's ending is never believed.

    Raises:
        Verdict: `empty`, `not-a-document`.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise Verdict("empty")
    for magic, kind in ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png")):
        if head.startswith(magic):
            return kind
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "tiff"
    if b"%PDF-" in head:
        return "pdf"
    raise Verdict("not-a-document")


def _find(path: Path, needle: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.find(needle) >= 0


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return file.read()


def open_pdf(path: Path) -> pikepdf.Pdf:
    """Open a foreign PDF.

    Raises:
        Verdict: `encrypted` (also by an owner's password alone: the owner forbade copying), `truncated`, `damaged`.
    """
    try:
        pdf = pikepdf.open(path)
    except pikepdf.PasswordError as error:
        raise Verdict("encrypted") from error
    except (pikepdf.PdfError, RuntimeError, ValueError, RecursionError) as error:
        code = "damaged" if b"%%EOF" in _tail(path) else "truncated"
        raise Verdict(code, type(error).__name__) from error
    if pdf.is_encrypted:
        raise Verdict("encrypted", "owner password")
    if pdf.get_warnings() and b"%%EOF" not in _tail(path):  # mended from what had arrived: pages may be missing or empty
        raise Verdict("truncated", "mended")
    return pdf


def _dynamic_form(pdf: pikepdf.Pdf) -> bool:
    """An XFA form whose pages are made by the viewer: what the file shows is a placeholder (ISO 32000-1, 12.7.8)."""
    form = pdf.Root.get("/AcroForm")
    has_xfa = isinstance(form, pikepdf.Dictionary) and "/XFA" in form
    return bool(pdf.Root.get("/NeedsRendering", False)) or (has_xfa and not _has_fields(form))


def features(pdf: pikepdf.Pdf) -> list[str]:
    """What the document carries besides pages, none of which reaches an archive copy."""
    root = pdf.Root
    names = root.get("/Names")
    present = {
        "form": _has_fields(root.get("/AcroForm")),
        "script": (names is not None and "/JavaScript" in names) or "/OpenAction" in root or "/AA" in root,
        "attachment": (names is not None and "/EmbeddedFiles" in names) or "/AF" in root or "/Collection" in root,
        "optional-content": "/OCProperties" in root,
        "annotation": any(_annotations(page) for page in pdf.pages),
    }
    return [name for name, there in present.items() if there]


def _has_fields(form: pikepdf.Object | None) -> bool:
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    return isinstance(fields, pikepdf.Array) and len(fields) > 0


def _annotations(page: pikepdf.Page) -> list[pikepdf.Object]:
    annots = page.obj.get("/Annots")
    if not isinstance(annots, pikepdf.Array):
        return []
    return [a for a in annots if isinstance(a, pikepdf.Dictionary) and a.get("/Subtype") != "/Link"]


def page_facts(page: pymupdf.Page) -> dict[str, Any]:
    """`kind`: `scan`, `digital`, `drawn` or `blank`, from what is painted in which order.

    Text painted before a page-filling image is hidden by it, like invisible text: an OCR layer, not a document's text.
    Text painted after it may be seen, or be white on white: then `pictured` is there too, and a person must look.
    """
    page.set_rotation(0)  # the log's boxes are in unrotated space
    area = abs(page.rect)
    covered, last_image, visible_text, painted = 0.0, -1, -1, 0
    for position, (what, box) in enumerate(page.get_bboxlog()):
        painted += what not in {"ignore-text"} and not what.startswith("clip")
        if what in _PAINTS_IMAGE:
            share = abs(pymupdf.Rect(box) & page.rect) / area if area else 0
            covered += share
            last_image = position
        elif what in _PAINTS_TEXT:
            visible_text = position
    if covered >= _FULL_PAGE and visible_text < last_image:
        return {"kind": "scan"}
    if visible_text >= 0:
        return {"kind": "digital"} | ({"pictured": True} if covered >= _FULL_PAGE else {})
    return {"kind": "drawn" if painted else "blank"}


def _pdf_pages(path: Path, limits: Mapping[str, int], wanted: Wanted) -> Iterator[dict[str, Any]]:
    with pymupdf.open(path) as document:
        if document.page_count == 0:
            raise Verdict("empty", "no pages")
        for number in range(1, document.page_count + 1):
            if not _is_wanted(number, wanted):
                yield dict(_UNSEEN)
                continue
            page = document[number - 1]
            pixels = sum(image["width"] * image["height"] for image in page.get_image_info())
            if pixels > limits["page_megapixels"] * 1_000_000:
                raise Verdict("too-large", f"{pixels} pixels on one page")
            yield page_facts(page)


def is_signed(path: Path) -> bool:
    """Whether a PDF bears a signature, or an orphan of one: a destroyed signature is not "unsigned"."""
    return _find(path, b"/ByteRange")


def _is_wanted(number: int, wanted: Wanted) -> bool:
    return wanted is None or number in wanted


def _probe_pdf(path: Path, limits: Mapping[str, int], wanted: Wanted) -> dict[str, Any]:
    if is_signed(path):
        return {"type": "pdf", "signed": True, "pages": [], "features": []}
    return {"type": "pdf", "signed": False, **pdf_facts(path, limits, wanted)}


def pdf_facts(path: Path, limits: Mapping[str, int], wanted: Wanted = None) -> dict[str, Any]:
    """`pages` and `features` of a PDF, signed or not; raises as `probe`."""
    with open_pdf(path) as pdf:
        try:
            if _dynamic_form(pdf):
                raise Verdict("dynamic-form")
            count = len(pdf.pages)
            if count > limits["pages"]:
                raise Verdict("too-large", f"{count} pages")
            found = features(pdf)
            annotated = [bool(_annotations(page)) for page in pdf.pages]
        except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError) as error:
            raise Verdict("damaged", type(error).__name__) from error
    try:
        pages = list(_pdf_pages(path, limits, wanted))
    except (RuntimeError, ValueError, pymupdf.mupdf.FzErrorBase) as error:
        raise Verdict("damaged", type(error).__name__) from error
    if len(pages) != count:  # two readers see two documents: nobody could say which one was copied
        raise Verdict("damaged", f"{count} or {len(pages)} pages")
    told = [page | ({"annotated": True} if bears else {}) for page, bears in zip(pages, annotated, strict=True)]
    return {"pages": told, "features": found}


def open_image(path: Path, limits: Mapping[str, int]) -> Image.Image:
    """Open a foreign picture without decoding it.

    Raises:
        Verdict: `damaged`, `too-large`.
    """
    Image.init()  # else a format that no file needed yet is unknown
    Image.MAX_IMAGE_PIXELS = limits["page_megapixels"] * 1_000_000
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        return Image.open(path, formats=IMAGE_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Verdict("too-large", "too many pixels") from error
    except PICTURE_ERRORS as error:
        raise Verdict("damaged", type(error).__name__) from error


def frame_count(image: Image.Image, kind: str) -> int:
    """How many pages an opened picture has; only a TIFF has several."""
    return getattr(image, "n_frames", 1) if kind == "tiff" else 1


def within_pixels(image: Image.Image, limits: Mapping[str, int]) -> bool:
    """Whether a picture that was opened, or turned to a page, may be decoded."""
    return image.width * image.height <= limits["page_megapixels"] * 1_000_000


def _probe_image(path: Path, kind: str, limits: Mapping[str, int], wanted: Wanted) -> dict[str, Any]:
    with open_image(path, limits) as image:
        try:
            frames = frame_count(image, kind)
            if frames > limits["pages"]:
                raise Verdict("too-large", f"{frames} pages")
            for number in (number for number in range(1, frames + 1) if _is_wanted(number, wanted)):
                image.seek(number - 1)
                if not within_pixels(image, limits):
                    raise Verdict("too-large", "too many pixels")
                image.load()
        except (EOFError, *PICTURE_ERRORS) as error:
            code = "truncated" if "truncated" in str(error).lower() else "damaged"
            raise Verdict(code, type(error).__name__) from error
    pages = [{"kind": "scan"} if _is_wanted(number, wanted) else dict(_UNSEEN) for number in range(1, frames + 1)]
    return {"type": kind, "signed": False, "pages": pages, "features": []}


def probe(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`, `limits` (file_mb, pages, page_megapixels), `wanted` (a range of pages, all where it is empty: each document
            of a stack looks at its own).
        ask: not used.

    Returns:
        `type`, `signed`, `pages` (each with its `kind`, `unseen` where it was not wanted, and whether it is `annotated`),
        `features` (what will not reach the archive copy).

    Raises:
        Verdict: `empty`, `not-a-document`, `truncated`, `damaged`, `encrypted`, `too-large`, `dynamic-form`.
    """
    path, limits = Path(args["path"]), args["limits"]
    if path.stat().st_size > limits["file_mb"] << 20:
        raise Verdict("too-large", "file size")
    kind = sniff(path)
    asked = args.get("wanted", "")
    wanted = frozenset(page_range.parse(asked, limits["pages"]) or ()) if asked else None
    return _probe_pdf(path, limits, wanted) if kind == "pdf" else _probe_image(path, kind, limits, wanted)
