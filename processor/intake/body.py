"""Makes the body of the archive copy: the wanted pages, and nothing a scan carries besides them.

Promises: only page content, its resources and boxes are carried over; scripts, forms, attachments, layers and annotations
stay behind (the original, kept beside it, still has them). A text layer over a full-page image is taken off: it is read
anew. What cannot become PDF/A is `pdfa-impossible`, or rendered where the lane says so. Runs in a worker.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import img2pdf
import pikepdf
import pymupdf
from pikepdf import Name, pdfa

from processor.errors import Verdict
from processor.intake import images, pages
from processor.intake.probe import PICTURE_ERRORS, open_image, open_pdf
from processor.worker import Ask

_KEPT = ("/Type", "/MediaBox", "/CropBox", "/Rotate", "/Resources", "/Contents", "/Group", "/UserUnit")
_INHERITED = ("/MediaBox", "/CropBox", "/Rotate", "/Resources")
_SHOWS_TEXT = frozenset({"Tj", "TJ", "'", '"'})
_FLATTEN_DPI = 300
_DEEPEST_FORM = 8


def _xobjects(resources: pikepdf.Object | None) -> list[pikepdf.Object]:
    held = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    return [xobject for _, xobject in held.items()] if isinstance(held, pikepdf.Dictionary) else []


def _without_text(stream: pikepdf.Page | pikepdf.Stream) -> bytes:
    kept = [
        instruction
        for instruction in pikepdf.parse_content_stream(stream)
        if str(instruction.operator) not in _SHOWS_TEXT
    ]
    return pikepdf.unparse_content_stream(kept)


def _strip_text(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Take every text-showing operator off a scanned page; all of it is invisible or under the image."""
    page.obj.Contents = pdf.make_stream(_without_text(page))
    if isinstance(resources := page.obj.get("/Resources"), pikepdf.Dictionary):
        page.obj.Resources = _textless(pdf, resources, 0)


def _textless(pdf: pikepdf.Pdf, resources: pikepdf.Object, depth: int) -> pikepdf.Dictionary:
    """Resources of its own for a scanned page: another page may show the same forms, and there their text is seen."""
    own = pikepdf.Dictionary(dict(resources.items()))
    if depth < _DEEPEST_FORM and isinstance(held := resources.get("/XObject"), pikepdf.Dictionary):
        own.XObject = pikepdf.Dictionary(dict(held.items()))
        for name, xobject in held.items():
            if isinstance(xobject, pikepdf.Stream) and xobject.get("/Subtype") == "/Form":
                own.XObject[name] = _textless_form(pdf, xobject, depth)
    return own


def _textless_form(pdf: pikepdf.Pdf, form: pikepdf.Stream, depth: int) -> pikepdf.Stream:
    copy = pdf.make_stream(_without_text(form))
    for key, value in form.stream_dict.items():
        if key not in {"/Length", "/Filter", "/DecodeParms"}:
            copy.stream_dict[key] = value
    if isinstance(resources := form.get("/Resources"), pikepdf.Dictionary):
        copy.Resources = _textless(pdf, resources, depth + 1)
    return copy


def _images(resources: pikepdf.Object | None, depth: int = 0) -> Iterator[pikepdf.Stream]:
    for xobject in _xobjects(resources):
        if isinstance(xobject, pikepdf.Stream) and xobject.get("/Subtype") == "/Image":
            yield xobject
        elif isinstance(xobject, pikepdf.Stream) and depth < _DEEPEST_FORM:
            yield from _images(xobject.get("/Resources"), depth + 1)


def _is_cmyk(image: pikepdf.Stream) -> bool:
    space = image.get("/ColorSpace")
    if isinstance(space, pikepdf.Array) and len(space) > 1 and space[0] == "/Indexed":
        space = space[1]
    if isinstance(space, pikepdf.Array) and len(space) > 1 and space[0] == "/ICCBased":
        return int(space[1].get("/N", 0)) == 4
    return isinstance(space, pikepdf.Name) and space == "/DeviceCMYK"


def _is_jpeg2000(image: pikepdf.Stream) -> bool:
    filters = image.get("/Filter")
    return "/JPXDecode" in ([filters] if isinstance(filters, pikepdf.Name) else list(filters or []))


def _as_pixels(image: pikepdf.Stream) -> bool:
    """Show an image in plain RGB or grey, without loss; False where its pixels are of a sort that could lose by it.

    CMYK has no place beside an sRGB output intent (ISO 19005-2, 6.2.4.3); of JPEG 2000 our validator can say nothing.
    """
    picture = pikepdf.PdfImage(image).as_pil_image()
    if picture.mode not in {"L", "RGB", "CMYK"} or "/SMaskInData" in image:
        return False
    shown = picture if picture.mode == "L" else picture.convert("RGB")
    image.write(zlib.compress(shown.tobytes(), 3), filter=Name.FlateDecode)
    image.ColorSpace = Name.DeviceGray if shown.mode == "L" else Name.DeviceRGB
    image.BitsPerComponent = 8
    for key in ("/Decode", "/DecodeParms"):
        if key in image:
            del image[key]
    return True


def _carry_over(body: pikepdf.Pdf, source: pikepdf.Pdf, index: int) -> pikepdf.Page:
    """Append page `index` of `source` to `body`, with only the keys a page of paper needs."""
    page = source.pages[index]
    inherit(page)
    for key in [key for key in page.obj.keys() if key not in (*_KEPT, "/Parent")]:
        del page.obj[key]
    body.pages.append(page)
    _as_seen(body.pages[-1])
    return body.pages[-1]


def inherit(page: pikepdf.Page) -> None:
    """Lay on a page what stands on an ancestor (ISO 32000-1, 7.7.3.4): in another file it has none of them."""
    for key in _INHERITED:
        if key not in page.obj and (value := _from_ancestor(page.obj, key)) is not None:
            page.obj[key] = value


def _as_seen(page: pikepdf.Page) -> None:
    """One box, what a person saw: what lies outside must be neither read nor found, and no stage need know two boxes."""
    media, crop = _upright(page.mediabox), _upright(page.cropbox)
    left, bottom = (max(media[side], crop[side]) for side in (0, 1))
    right, top = (min(media[side], crop[side]) for side in (2, 3))
    page.obj.MediaBox = pikepdf.Array([left, bottom, right, top] if left < right and bottom < top else media)
    if "/CropBox" in page.obj:
        del page.obj["/CropBox"]


def _upright(box: pikepdf.Array) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(value) for value in box)
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _from_ancestor(node: pikepdf.Object, key: str) -> pikepdf.Object | None:
    for _ in range(50):  # a page tree that is its own ancestor is not walked for ever
        parent = node.get("/Parent")
        if not isinstance(parent, pikepdf.Dictionary):
            return None
        node = parent
        if key in node:
            return node[key]
    return None


def _from_pdf(body: pikepdf.Pdf, source: pikepdf.Pdf, wanted: list[int], kinds: list[str]) -> list[str]:
    noted = []
    for number in wanted:
        page = _carry_over(body, source, number - 1)
        if kinds[number - 1] == "scan":
            _strip_text(body, page)
        for image in _images(page.obj.get("/Resources")):
            what = "cmyk" if _is_cmyk(image) else "jpeg2000" if _is_jpeg2000(image) else ""
            if what and _as_pixels(image):
                noted.append(f"{what}-converted")
    return sorted(set(noted))


def _from_image(body: pikepdf.Pdf, path: Path, wanted: list[int], limits: Mapping[str, int]) -> list[str]:
    with open_image(path, limits) as picture:
        noted = ["cmyk-converted"] if picture.mode == "CMYK" else []
        try:
            for made, index in images.pages(path, picture, wanted):
                body.pages.append(made.pages[index])
        except (EOFError, *PICTURE_ERRORS) as error:
            raise Verdict("damaged", type(error).__name__) from error
    return noted


def conformity(body: pikepdf.Pdf) -> str:
    """Empty if the body can become PDF/A-2b; else what stands in the way, by rule number, for the log."""
    pdfa.prepare(body, "2b")
    report = pdfa.check(body, "2b")
    if report.passed:
        return ""
    rules = {str(finding.rule) for finding in (*report.violations, *report.unsupported)}
    return "PDF/A-2b: " + "; ".join(sorted(rules))[:300]


def _rendered(path: Path, wanted: list[int]) -> pikepdf.Pdf:
    """The wanted pages as lossless pictures, as a person saw them (annotations and fields included)."""
    body = pikepdf.new()
    with pymupdf.open(path) as document:
        for number in wanted:
            page = document[number - 1]
            pixmap = page.get_pixmap(dpi=_FLATTEN_DPI, alpha=False)
            size = (page.rect.width, page.rect.height)
            layout = (*size, *size)
            data = img2pdf.convert(pixmap.tobytes("png"), layout_fun=lambda *_, at=layout: at)
            with pikepdf.open(io.BytesIO(data)) as made:
                body.pages.append(made.pages[0])
    return body


def _turn(made: pikepdf.Pdf, wanted: list[int], turns: Mapping[int, int]) -> None:
    """Turn pages as a person said; their pixels stay as they were scanned."""
    for page, number in zip(made.pages, wanted, strict=True):
        if number in turns:
            page.rotate(turns[number], relative=True)


def body(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`, `type` and `kinds` (from probe), `features`, `pages` (range or ""), `rotate` (turns or ""), `flatten`,
            `limits`, `out`.
        ask: not used.

    Returns:
        `pages` (how many), `kinds` (of those), `noted` (what was done to them).

    Raises:
        Verdict: `bad-pages`, `pdfa-impossible`, `damaged`.
    """
    path, kinds = Path(args["path"]), args["kinds"]
    wanted = pages.parse(args["pages"], len(kinds))
    if not wanted:
        raise Verdict("bad-pages", f"pages 1-{len(kinds)}")
    chosen = [kinds[number - 1] for number in wanted]
    made = pikepdf.new()
    try:
        if args["type"] == "pdf":
            source = open_pdf(path)
            noted = _from_pdf(made, source, wanted, kinds)
        else:
            noted = _from_image(made, path, wanted, args["limits"])
        made.remove_unreferenced_resources()  # what no page shows must not stand in the way of PDF/A
        made, chosen, more = _conforming(made, args, wanted, chosen)
        _turn(made, wanted, pages.turns(args.get("rotate", "")) or {})
        made.save(args["out"])
    except (pikepdf.PdfError, pikepdf.models.image.UnsupportedImageTypeError, RuntimeError) as error:
        raise Verdict("damaged", type(error).__name__) from error
    return {"pages": len(wanted), "kinds": chosen, "noted": noted + more}


def _conforming(
    made: pikepdf.Pdf, args: Mapping[str, Any], wanted: list[int], chosen: list[str]
) -> tuple[pikepdf.Pdf, list[str], list[str]]:
    """The body, or its rendering where the lane allows it and nothing else will do."""
    shown = {"form", "annotation"} & set(args["features"])
    if "digital" in chosen and shown:
        obstacle = "visible " + " and ".join(sorted(shown))  # dropping them would change what a person saw
    else:
        obstacle = conformity(made)
    if not obstacle:
        return made, chosen, []
    if not args["flatten"] or args["type"] != "pdf":
        raise Verdict("pdfa-impossible", obstacle)
    return _rendered(Path(args["path"]), wanted), ["scan"] * len(wanted), ["flattened"]
