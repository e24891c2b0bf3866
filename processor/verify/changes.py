"""What happened to a document after each signature: three readers' opinions laid beside each other.

Promises: pyHanko judges the increments, qpdf's graph of objects says what differs, MuPDF's pictures say what is seen; a
change is only explained where all three agree. What the signer forbade (DocMDP, FieldMDP) and what merely has no
explanation are told apart: the first is `forbidden-change`, the second `unexplained`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation import EmbeddedPdfSignature

from processor.verify import pictures, snapshot
from processor.verify.facts import Changes
from processor.verify.patience import within
from processor.verify.snapshot import FieldState, Snapshot
from processor.verify.structure import READING, Span

logging.getLogger("pikepdf").addHandler(logging.NullHandler())
_READING = (*READING, *pictures.READING, pikepdf.PdfError)
_QUIET = frozenset({"dss", "timestamp-added", "permissions", "metadata", "version", "structure"})
_FILLING = _QUIET | {"signature-added", "signature-filled", "signature-field-added", "field-filled"}
_DOUBTFUL = frozenset({"field-changed", "appearance-changed"})  # viewers touch these when they fill in; unexplained, no more
_NOTES = frozenset({"annotation-added", "annotation-removed", "annotation-changed"})
_NEUTRAL_KEYS = {"/DSS": "dss", "/Perms": "permissions", "/Metadata": "metadata", "/Version": "version",
                 "/Extensions": "version", "/StructTreeRoot": "structure", "/MarkInfo": "structure"}  # fmt: skip
_SECONDS = 60.0  # of processor time to read one revision
_SECONDS_PER_PAGE = 0.5
_MOST_OF_A_PAGE = 0.4  # no seal, number or answer is so large
_MOST_UNDER_A_SEAL = 60  # dark pixels at 72 dpi that a seal's ring may take from what it crosses; real ones take none or a few
_SHADOWS = frozenset({"hidden-object-used", "layers-changed"})


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature and where it stands.

    Attributes:
        level: what the signer allows (DocMDP 1, 2, 3); None: not certified.
        locked: whether the signer locked the field of that name (FieldMDP).
    """

    name: str
    span: Span
    intact: bool
    level: int | None = None
    certified: bool = False
    locked: Callable[[str], bool] = lambda _: False


def _field_kinds(before: Mapping[str, FieldState], after: Mapping[str, FieldState]) -> Iterable[tuple[str, str]]:
    for name in before.keys() - after.keys():
        yield "field-removed", name
    for name in after.keys() - before.keys():
        state = after[name]
        filled = "" if state.value == "None" else "signature-added"
        kinds = {"/DocTimeStamp": "timestamp-added", "/Sig": filled or "signature-field-added"}
        yield kinds.get(state.kind, "field-added"), name
    for name in before.keys() & after.keys():
        yield from ((kind, name) for kind in _one_field(before[name], after[name]))


def _one_field(before: FieldState, after: FieldState) -> Iterable[str]:
    signed = after.kind in {"/Sig", "/DocTimeStamp"}
    if before.value != after.value:
        if signed and before.value != "None":
            yield "signature-changed"
        elif signed:
            yield "timestamp-added" if after.kind == "/DocTimeStamp" else "signature-filled"
        else:  # what a signer saw there may not become something else
            yield "field-filled" if before.value == "None" else "field-overwritten"
    elif before.look != after.look:
        yield "appearance-changed"
    if before.rest != after.rest and not (signed and before.value != after.value):
        yield "field-changed"


def _page_kinds(before: Snapshot, after: Snapshot) -> Iterable[str]:
    if len(after.pages) < len(before.pages):
        yield "pages-removed"
    if len(after.pages) > len(before.pages):
        yield "pages-added"
    if any(one != two for one, two in zip(before.pages, after.pages, strict=False)):
        yield "page-content"
    for key in before.annotations.keys() | after.annotations.keys():
        if key not in after.annotations:
            yield "annotation-removed"
        elif key not in before.annotations:
            yield "annotation-added"
        elif before.annotations[key] != after.annotations[key]:
            yield "annotation-changed"


def _catalogue_kinds(before: Snapshot, after: Snapshot) -> Iterable[str]:
    for key in before.catalogue.keys() | after.catalogue.keys():
        if before.catalogue.get(key) != after.catalogue.get(key):
            yield "layers-changed" if key == "/OCProperties" else _NEUTRAL_KEYS.get(key, "catalogue" + key)
    if before.structure - after.structure:
        yield "structure-removed"
    if before.titles != after.titles:
        yield "title-changed"
    hidden = before.stored.keys() - before.reached.keys()
    if any(after.reached.get(place) == before.stored[place] for place in hidden):
        yield "hidden-object-used"


def kinds(before: Snapshot, after: Snapshot) -> list[tuple[str, str]]:
    """What differs between two revisions: (kind, field name or "")."""
    rest = [(kind, "") for kind in (*_page_kinds(before, after), *_catalogue_kinds(before, after))]
    return sorted({*_field_kinds(before.fields, after.fields), *rest})


def forbidden(found: Iterable[tuple[str, str]], level: int | None, locked: Callable[[str], bool]) -> bool:
    """Whether the signer's own rules exclude one of these changes (ISO 32000-2, 12.8.2.2 and 12.8.2.4)."""
    allowed = {1: _QUIET, 2: _FILLING | _DOUBTFUL, 3: _FILLING | _DOUBTFUL | _NOTES}
    listed = list(found)
    if any(name and kind not in _QUIET and locked(name) for kind, name in listed):
        return True
    if level is None:
        return False
    return any(kind not in allowed.get(level, _QUIET) for kind, _ in listed)


def _label(found: Iterable[str]) -> str:
    names = set(found)
    if names <= _QUIET:
        return "validation-data"
    return "form-filling" if names <= _FILLING else "unexplained"


def _pyhanko(signature: EmbeddedPdfSignature) -> str:
    """pyHanko's own label of what follows a signature."""
    try:
        told = signature.diff_result
        if not isinstance(told, DiffResult):
            return "unexplained"
        known = {ModificationLevel.NONE: "none", ModificationLevel.LTA_UPDATES: "validation-data",
                 ModificationLevel.FORM_FILLING: "form-filling"}  # fmt: skip
        return known.get(told.modification_level, "unexplained")
    except READING:
        return "unexplained"


class History:
    """The revisions of one file, each read once.

    Args:
        path: the file.
        signed: its signatures, any order.
        folder: private; a copy of each revision is kept there for as long as this lives.
        seconds: how long pictures may be compared in all, beside half a second a page.
    """

    def __init__(self, path: Path, signed: Sequence[Signed], folder: Path, seconds: float) -> None:
        self._path = path
        self._folder = folder
        self.size = path.stat().st_size
        self._signed = sorted(signed, key=lambda one: one.span.end)
        self._seconds = seconds
        self._deadline: float | None = None
        self._snapshots: dict[int, Snapshot] = {}
        self._seen: dict[tuple[int, int], pictures.Seen] = {}

    def _file(self, end: int) -> Path:
        if end == self.size:
            return self._path
        made = self._folder / f"{end}.pdf"
        if not made.exists():
            with self._path.open("rb") as whole, made.open("wb") as part:
                left = end
                while left and (chunk := whole.read(min(left, 1 << 20))):
                    part.write(chunk)
                    left -= len(chunk)
        return made

    def _snapshot(self, end: int) -> Snapshot:
        if end not in self._snapshots:
            with within(_SECONDS):
                self._snapshots[end] = snapshot.read(self._file(end))
        return self._snapshots[end]

    def _until(self, pages: int) -> float:
        """When comparing pictures ends, for all steps together."""
        if self._deadline is None:
            self._deadline = time.monotonic() + self._seconds + _SECONDS_PER_PAGE * pages
        return self._deadline

    def after(self, one: Signed, opinion: EmbeddedPdfSignature) -> Changes:
        """What happened after a signature; anything that cannot be read is unexplained."""
        if one.span.end == self.size:
            return Changes()
        try:
            return self._after(one, _pyhanko(opinion))
        except _READING as error:
            return Changes("unexplained", ("not-compared",), (type(error).__name__,))

    def _after(self, one: Signed, opinion: str) -> Changes:
        before, after = self._snapshot(one.span.end), self._snapshot(self.size)
        found = kinds(before, after)
        names = {kind for kind, _ in found}
        seen = self._look(one)
        flaws = []
        if forbidden(found, one.level, one.locked):
            flaws.append("forbidden-change")
        if names & _SHADOWS or (seen.pages and not names & {"page-content", "pages-removed", "pages-added", *_NOTES}):
            flaws.append("shadow-suspected")
        if self._covers(one, before, after, found):
            flaws.append("overlay-on-certified" if one.certified else "shadow-suspected")
        flaws += [] if seen.complete else ["not-compared"]
        label = _label(names)
        if opinion == "unexplained" or seen.pages or flaws:
            label = "unexplained"
        return Changes(label, tuple(dict.fromkeys(flaws)), tuple(sorted(names)), tuple(page + 1 for page in seen.pages))

    def _look(self, one: Signed) -> pictures.Seen:
        """Pictures of this revision against the last one, step by step through the signed ones between."""
        ends = [one.span.end, *(o.span.end for o in self._signed if one.span.end < o.span.end), self.size]
        steps = list(dict.fromkeys(ends))
        pages: set[int] = set()
        complete = True
        for first, second in zip(steps, steps[1:], strict=False):
            seen = self._step(first, second)
            pages |= set(seen.pages)
            complete = complete and seen.complete
        return pictures.Seen(tuple(sorted(pages)), complete)

    def _step(self, first: int, second: int) -> pictures.Seen:
        if (first, second) not in self._seen:
            before, after = self._snapshot(first), self._snapshot(second)
            found = kinds(before, after)
            intact = {o.name for o in self._signed if o.intact}
            free = [name for kind, name in found if kind == "field-filled"  # a time-stamp shows nothing: it is not masked
                    or (kind in {"signature-added", "signature-filled"} and name in intact)]  # fmt: skip
            masks = _boxes(after.fields[name] for name in free)
            until = self._until(len(after.pages))
            self._seen[first, second] = pictures.compare(self._file(first), self._file(second), masks, until)
        return self._seen[first, second]

    def _covers(self, one: Signed, before: Snapshot, after: Snapshot, found: Sequence[tuple[str, str]]) -> bool:
        """Whether something permitted lies over writing: a filled field hides some; on a certified document any note or seal."""
        first = self._file(one.span.end)
        filled = _boxes(after.fields[name] for kind, name in found if kind == "field-filled")
        sealed = _boxes(after.fields[name] for kind, name in found if kind in {"signature-added", "signature-filled"})
        if _spread(filled, after.sizes) or _spread(sealed, after.sizes):
            return True
        if filled and pictures.hidden(first, self._path, filled):
            return True
        if sealed and pictures.hidden(first, self._path, sealed, _MOST_UNDER_A_SEAL):
            return True
        if not one.certified:
            return False
        places = _boxes(after.fields[name] for kind, name in found if kind in {"signature-added", "timestamp-added"})
        for page, key in after.annotations.keys() - before.annotations.keys():
            place = after.annotations[page, key][1]
            if place is not None:
                places.setdefault(page, []).append(place)
        return bool(places) and pictures.inked(first, places)


def _spread(places: Mapping[int, Sequence[pictures.Box]], sizes: Sequence[float]) -> bool:
    """Whether one of these places takes much of its page: no seal or answer is so large."""
    return any(
        (right - left) * (top - bottom) > _MOST_OF_A_PAGE * sizes[page]
        for page, boxes in places.items() if 0 <= page < len(sizes) for left, bottom, right, top in boxes
    )  # fmt: skip


def _boxes(states: Iterable[FieldState]) -> dict[int, list[pictures.Box]]:
    boxes: dict[int, list[pictures.Box]] = {}
    for state in states:
        for widget in state.widgets:
            boxes.setdefault(widget.page, []).append(widget.box)
    return boxes
