"""One revision of a document as a graph of objects with fingerprints, read by qpdf: what a page, a field, the catalogue hold.

Promises: two revisions are compared by what can be reached, not by how it is stored; incremental updates keep object numbers,
so an object is the same if its number and its bytes are. No recursion: a chain of a million links is walked, not called.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pikepdf

Place = tuple[int, int]
_BACK = frozenset({"/Parent", "/P", "/Prev", "/Last", "/Pg"})
_STOPS = frozenset({"/Page", "/Pages", "/Catalog"})
_PAGE_LOOKS = ("/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Group", "/AA", "/VP", "/Trans")
_TITLES = ("/Title", "/Author", "/Subject", "/Keywords")
_MOST_FIELDS = 20_000


@dataclass(frozen=True, slots=True)
class Widget:
    """Where a field shows on paper: page (0-based), rectangle in the page's own units."""

    page: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FieldState:
    """A form field: what it is, what it holds, how it looks."""

    kind: str  # /Sig, /Tx, …; a document time-stamp is /DocTimeStamp
    value: str
    look: str
    rest: str
    widgets: tuple[Widget, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one revision holds."""

    pages: tuple[str, ...]
    annotations: Mapping[tuple[int, str], tuple[str, tuple[float, float, float, float] | None]]
    fields: Mapping[str, FieldState]
    catalogue: Mapping[str, str]
    reached: Mapping[Place, str]
    stored: Mapping[Place, str]
    structure: frozenset[Place]
    titles: str
    sizes: tuple[float, ...]


@dataclass(slots=True)
class _Graph:
    """Fingerprints and references of objects, each read once."""

    pdf: pikepdf.Pdf
    nodes: dict[Place, tuple[str, tuple[Place, ...], str]] = field(default_factory=dict)

    def node(self, place: Place) -> tuple[str, tuple[Place, ...], str]:
        if place not in self.nodes:
            found = self.pdf.get_object(place)
            references = tuple(_references(found))
            kind = str(found.get("/Type", "")) if isinstance(found, pikepdf.Dictionary | pikepdf.Stream) else ""
            self.nodes[place] = (_print(found), references, kind)
        return self.nodes[place]

    def closure(self, start: Iterable[Place], *, through_pages: bool = False) -> dict[Place, str]:
        """Every object that can be reached; other pages are an end, or not."""
        seen: dict[Place, str] = {}
        waiting = list(start)
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            mark, references, kind = self.node(place)
            ends = kind in _STOPS and not through_pages
            seen[place] = "page" if ends else mark
            waiting += () if ends else references
        return seen

    def whole(self, value: pikepdf.Object | None, without: frozenset[str] = frozenset()) -> str:
        """The fingerprint of a value and all it leads to."""
        if value is None:
            return ""
        own = _print(value, without)
        below = self.closure(_references(value, without))
        listed = "".join(f"{number}.{generation}:{mark};" for (number, generation), mark in sorted(below.items()))
        return hashlib.sha256(f"{own}|{listed}".encode()).hexdigest()


def _references(value: object, without: frozenset[str] = frozenset()) -> Iterator[Place]:
    """References from a value, through direct dictionaries and arrays; not those that lead back."""
    waiting: list[object] = [value]
    first = True
    while waiting:
        item = waiting.pop()
        if not isinstance(item, pikepdf.Object):
            continue
        if item.is_indirect and not first:
            yield item.objgen
            continue
        first = False
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            waiting += [child for key, child in item.items() if key not in _BACK and key not in without]
        elif isinstance(item, pikepdf.Array):
            waiting += list(item)


def _print(value: object, without: frozenset[str] = frozenset()) -> str:
    """A fingerprint of one object: its own bytes, references by number."""
    mark = hashlib.sha256()
    if not isinstance(value, pikepdf.Object):  # numbers, booleans and null come as Python's own
        return hashlib.sha256(repr(value).encode()).hexdigest()
    if isinstance(value, pikepdf.Stream):
        mark.update(value.read_raw_bytes())
    if isinstance(value, pikepdf.Dictionary | pikepdf.Stream):
        for key in sorted(set(value.keys()) - without - _BACK - {"/Length"}):
            child: object = value[key]
            mark.update(key.encode() + (_named(child) if isinstance(child, pikepdf.Object) else repr(child).encode()) + b"\n")
    else:
        mark.update(value.unparse(resolved=True))
    return mark.hexdigest()


def _items(many: Iterable[object]) -> Iterator[object]:
    """Members as they come: numbers and null are Python's own, whatever the library's types say."""
    yield from many


def _named(child: pikepdf.Object) -> bytes:
    return b"%d %d R" % child.objgen if child.is_indirect else child.unparse()


def box(value: pikepdf.Object | None) -> tuple[float, float, float, float] | None:
    """A rectangle in order, or None."""
    if not isinstance(value, pikepdf.Array) or len(value) != 4:
        return None
    try:
        left, bottom, right, top = (float(number) for number in value)
    except (TypeError, ValueError):
        return None
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _walk(fields: pikepdf.Object, where: Mapping[Place, int], graph: _Graph) -> dict[str, FieldState]:
    """All terminal fields by full name."""
    found: dict[str, FieldState] = {}
    waiting: list[tuple[pikepdf.Object, str, str]] = [(item, "", "") for item in fields]
    seen: set[Place] = set()
    while waiting and len(found) < _MOST_FIELDS:
        item, above, kind = waiting.pop()
        if not isinstance(item, pikepdf.Dictionary) or (item.is_indirect and item.objgen in seen):
            continue
        seen.add(item.objgen)
        kind = str(item.get("/FT", kind))
        name = ".".join(filter(None, (above, str(item["/T"])))) if "/T" in item else above
        below = [kid for kid in item.get("/Kids", []) if isinstance(kid, pikepdf.Dictionary)]
        if any("/T" in kid for kid in below):
            waiting += [(kid, name, kind) for kid in below]
            continue
        key = name if name not in found else f"{name}#{len(found)}"
        found[key] = _state(item, below, kind, where, graph)
    return found


def _state(
    item: pikepdf.Object, below: Sequence[pikepdf.Object], kind: str, where: Mapping[Place, int], graph: _Graph
) -> FieldState:
    shown = below or [item]
    value = item.get("/V")
    if kind == "/Sig" and isinstance(value, pikepdf.Dictionary) and value.get("/Type") == "/DocTimeStamp":
        kind = "/DocTimeStamp"
    outside = frozenset({"/V", "/AP", "/AS", "/Kids", "/M"})
    boxes = ((where.get(one.objgen, -1), box(one.get("/Rect"))) for one in shown)
    return FieldState(
        kind=kind,
        value=_held(value, graph),
        look="".join(graph.whole(one.get("/AP")) + str(one.get("/AS", "")) for one in shown),
        rest="".join(graph.whole(one, outside) for one in [item, *below]),
        widgets=tuple(Widget(page, place) for page, place in boxes if place is not None),
    )  # fmt: skip


def _annotations(pdf: pikepdf.Pdf) -> Iterator[tuple[int, pikepdf.Object]]:
    for number, page in enumerate(pdf.pages):
        listed = page.obj.get("/Annots")
        for item in _items(listed) if isinstance(listed, pikepdf.Array) else ():
            if isinstance(item, pikepdf.Dictionary):
                yield number, item


def _inherited(page: pikepdf.Object, key: str) -> pikepdf.Object | None:
    node: pikepdf.Object | None = page
    for _ in range(64):
        if not isinstance(node, pikepdf.Dictionary):
            return None
        if key in node:
            return node[key]
        node = node.get("/Parent")
    return None


def _page(page: pikepdf.Object, graph: _Graph) -> str:
    parts = []
    for key in _PAGE_LOOKS:
        value = _inherited(page, key)
        parts.append(key + (graph.whole(value) if isinstance(value, pikepdf.Object) else repr(value)))
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _catalogue(root: pikepdf.Object, graph: _Graph) -> dict[str, str]:
    held: dict[str, object] = {key: value for key, value in root.items() if key not in {"/Pages", "/AcroForm"}}
    form = root.get("/AcroForm")
    if isinstance(form, pikepdf.Dictionary) and "/XFA" in form:
        held["/XFA"] = form["/XFA"]
    return {key: graph.whole(value) if isinstance(value, pikepdf.Object) else repr(value) for key, value in held.items()}


def _area(place: tuple[float, float, float, float] | None) -> float:
    return (place[2] - place[0]) * (place[3] - place[1]) if place else 0.0


def _held(value: object, graph: _Graph) -> str:
    """What a field holds, by its fingerprint; "None" where that is nothing: no value, an empty text, a button that is off."""
    if not isinstance(value, pikepdf.Object):
        return repr(value)
    nothing = isinstance(value, pikepdf.String | pikepdf.Name) and str(value).strip() in {"", "/Off"}
    return "None" if nothing else graph.whole(value)


def _titles(pdf: pikepdf.Pdf) -> str:
    """What the document says it is: title, author, subject, keywords of the information dictionary and of XMP."""
    info = pdf.trailer.get("/Info")
    told = [str(info.get(key, "")) for key in _TITLES] if isinstance(info, pikepdf.Dictionary) else []
    with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, pikepdf.PdfError, SyntaxError):
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
            told += [str(metadata.get(f"dc:{key}", "")) for key in ("title", "creator", "description", "subject", "identifier")]
    return hashlib.sha256("\0".join(told).encode("utf-8", "surrogatepass")).hexdigest()


def read(path: Path) -> Snapshot:
    """Read one revision.

    Raises:
        pikepdf.PdfError, ValueError, TypeError, RuntimeError: it cannot be read.
    """
    with pikepdf.open(path) as pdf:
        graph = _Graph(pdf)
        listed = list(_annotations(pdf))
        form = pdf.Root.get("/AcroForm")
        names = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
        where = {item.objgen: number for number, item in listed if item.is_indirect}
        reached = graph.closure([pdf.Root.objgen], through_pages=True)
        return Snapshot(
            pages=tuple(_page(page.obj, graph) for page in pdf.pages),
            annotations={
                (number, _named(item).decode("latin-1")): (graph.whole(item), box(item.get("/Rect")))
                for number, item in listed if item.get("/Subtype") != "/Widget"
            },
            fields=_walk(names, where, graph) if isinstance(names, pikepdf.Array) else {},
            catalogue=_catalogue(pdf.Root, graph),
            reached=reached,
            stored={item.objgen: _print(item) for item in _items(pdf.objects) if isinstance(item, pikepdf.Object)},
            structure=frozenset(place for place in reached if graph.node(place)[2] == "/StructElem"),
            titles=_titles(pdf),
            sizes=tuple(_area(box(_inherited(page.obj, "/MediaBox"))) for page in pdf.pages),
        )  # fmt: skip
