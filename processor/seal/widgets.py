"""What stands where on a page: its visible part, form fields, and the picture in a person's visible signature.

Promises: boxes are the reader's (display space, points on paper) whatever /Rotate, crop box and /UserUnit. Refuses: to change
anything.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pikepdf

from processor.seal.place import Box, to_user

Matrix: TypeAlias = tuple[float, float, float, float, float, float]
_IDENTITY: Matrix = (1, 0, 0, 1, 0, 0)
_HIDDEN = 1 << 1 | 1 << 5  # hidden, no view
_DEEPEST = 8
_MOST_OPERATORS = 200_000
_LEAST = 0.02  # of the widget: what is smaller is a mark, not a signature
_DOT = 1.0  # points: a rectangle smaller than that is nothing to see


@dataclass(frozen=True, slots=True)
class Page:
    """A page as a person sees it.

    Attributes:
        crop: the visible page in user space.
        rotate: clockwise, 0 to 270.
        unit: points on paper of one unit of user space.
    """

    crop: Box
    rotate: int
    unit: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in points on paper, upright."""
        wide, high = (self.crop[2] - self.crop[0]) * self.unit, (self.crop[3] - self.crop[1]) * self.unit
        return (wide, high) if self.rotate % 180 == 0 else (high, wide)

    def shown(self, box: Sequence[float]) -> Box:
        """A box of user space as it is seen: left, top, right, bottom."""
        corners = [self._point(x, y) for x in (box[0], box[2]) for y in (box[1], box[3])]
        across, down = [x for x, _ in corners], [y for _, y in corners]
        return (min(across), min(down), max(across), max(down))

    def _point(self, x: float, y: float) -> tuple[float, float]:
        x0, y0, x1, y1 = self.crop
        seen = {0: (x - x0, y1 - y), 90: (y - y0, x - x0), 180: (x1 - x, y - y0), 270: (y1 - y, x1 - x)}[self.rotate]
        return seen[0] * self.unit, seen[1] * self.unit

    def turned(self, x: float, y: float) -> tuple[float, float]:
        """A point of the page as it lies (points, origin top left), as it is seen."""
        wide, high = (self.crop[2] - self.crop[0]) * self.unit, (self.crop[3] - self.crop[1]) * self.unit
        return {0: (x, y), 90: (high - y, x), 180: (wide - x, high - y), 270: (y, wide - x)}[self.rotate]

    def user(self, box: Box) -> Box:
        """A box as it is seen in user space: left, bottom, right, top."""
        left, top, right, bottom = (value / self.unit for value in box)
        return to_user((left, top, right, bottom), self.crop, self.rotate)


def page_of(page: pikepdf.Page) -> Page:
    """What a page's boxes say; its visible part lies within the media box."""
    media, crop = ([float(value) for value in box] for box in (page.mediabox, page.cropbox))
    lows = [max(min(media[i], media[i + 2]), min(crop[i], crop[i + 2])) for i in (0, 1)]
    highs = [min(max(media[i], media[i + 2]), max(crop[i], crop[i + 2])) for i in (0, 1)]
    rotate = int(inherited(page.obj, "/Rotate", 0)) % 360
    return Page((lows[0], lows[1], highs[0], highs[1]), rotate, float(page.obj.get("/UserUnit", 1)))


def inherited(node: Any, key: str, default: Any) -> Any:
    """What a page or field says, or the node above it."""
    for _ in range(64):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            break
        node = node["/Parent"]
    return default


@dataclass(frozen=True, slots=True)
class Widget:
    """Where a field is seen; `page` is its number from 0."""

    page: int
    annotation: pikepdf.Dictionary


def fields(pdf: pikepdf.Pdf) -> Mapping[str, pikepdf.Dictionary]:
    """All form fields that have a type, by their full names."""
    found: dict[str, pikepdf.Dictionary] = {}

    def walk(node: Any, name: str, depth: int) -> None:
        name = ".".join(part for part in (name, str(node["/T"]) if "/T" in node else "") if part)
        kids = [kid for kid in node.get("/Kids", ()) if "/T" in kid]
        if not kids:
            found.setdefault(name, node)
        for kid in kids if depth < _DEEPEST else ():
            walk(kid, name, depth + 1)

    for root in pdf.Root.get("/AcroForm", pikepdf.Dictionary()).get("/Fields", ()):
        walk(root, "", 0)
    return found


def widget(pdf: pikepdf.Pdf, field: pikepdf.Dictionary) -> Widget | None:
    """A field's first widget that can be seen and lies on a page; None where it has none."""
    for annotation in [field, *field.get("/Kids", ())]:
        rect = [float(value) for value in annotation.get("/Rect", ())]
        if len(rect) != 4 or abs(rect[2] - rect[0]) < _DOT or abs(rect[3] - rect[1]) < _DOT:
            continue
        if int(annotation.get("/F", 0)) & _HIDDEN or not annotation.is_indirect:
            continue
        for number, page in enumerate(pdf.pages):
            if any(each.objgen == annotation.objgen for each in page.obj.get("/Annots", ())):
                return Widget(number, annotation)
    return None


def rectangle(annotation: pikepdf.Dictionary) -> Box:
    """/Rect, its corners in order."""
    x0, y0, x1, y1 = (float(value) for value in annotation["/Rect"])
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _around(box: Sequence[float], matrix: Matrix) -> Box:
    a, b, c, d, e, f = matrix
    points = [(a * x + c * y + e, b * x + d * y + f) for x in (box[0], box[2]) for y in (box[1], box[3])]
    return (min(x for x, _ in points), min(y for _, y in points), max(x for x, _ in points), max(y for _, y in points))


def _matrix(values: Any) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in values)
    return (a, b, c, d, e, f)


def _pictures(form: pikepdf.Stream, base: Matrix, steps: Iterator[int], depth: int = 0) -> Iterator[Box]:
    """Where a form draws pictures, those of the forms it draws included.

    Args:
        form: what is drawn.
        base: from its space to the page's.
        steps: one for each operator, so that forms that draw each other many times come to an end.
        depth: how many forms it is drawn by.
    """
    resources = form.get("/Resources", pikepdf.Dictionary()).get("/XObject", pikepdf.Dictionary())
    now, kept = base, []
    for instruction, _ in zip(pikepdf.parse_content_stream(form), steps, strict=False):
        operands = instruction.operands
        match str(instruction.operator):
            case "q":
                kept.append(now)
            case "Q":
                now = kept.pop() if kept else base
            case "cm":
                now = _times(_matrix(operands), now)
            case "INLINE IMAGE":
                yield _around((0, 0, 1, 1), now)
            case "Do":
                drawn = resources.get(str(operands[0]))
                if not isinstance(drawn, pikepdf.Stream):
                    continue
                if drawn.get("/Subtype") == "/Image":
                    yield _around((0, 0, 1, 1), now)
                elif depth < _DEEPEST:
                    yield from _pictures(drawn, _times(_matrix(drawn.get("/Matrix", _IDENTITY)), now), steps, depth + 1)


def _onto(form: pikepdf.Stream, rect: Box) -> Matrix:
    """From the form's space to the page's (ISO 32000-1, 12.5.5, algorithm 8.1)."""
    matrix = _matrix(form.get("/Matrix", _IDENTITY))
    box = _around([float(value) for value in form["/BBox"]], matrix)
    wide, high = box[2] - box[0], box[3] - box[1]
    across, down = (rect[2] - rect[0]) / wide if wide else 1.0, (rect[3] - rect[1]) / high if high else 1.0
    fitted = (across, 0.0, 0.0, down, rect[0] - box[0] * across, rect[1] - box[1] * down)
    return _times(matrix, fitted)


def picture(annotation: pikepdf.Dictionary) -> Box | None:
    """The picture in a visible signature, in user space: its largest; the whole widget where it shows words alone.

    None where the signature shows nothing at all.
    """
    rect = rectangle(annotation)
    form = annotation.get("/AP", pikepdf.Dictionary()).get("/N")
    if not isinstance(form, pikepdf.Stream) or not form.read_bytes().strip():
        return None
    drawn: list[Box] = []
    with contextlib.suppress(pikepdf.PdfError, ValueError, KeyError, TypeError, RecursionError):  # then the widget is all we know
        drawn = [_within(each, rect) for each in _pictures(form, _onto(form, rect), iter(range(_MOST_OPERATORS)))]
    whole = _area(rect)
    return max((each for each in drawn if _area(each) > _LEAST * whole), key=_area, default=rect)


def _within(box: Box, bounds: Box) -> Box:
    return (max(box[0], bounds[0]), max(box[1], bounds[1]), min(box[2], bounds[2]), min(box[3], bounds[3]))


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])
