"""Incremental updates written by hand: what one adds to a PDF without touching a byte of it, in order or out of order.

Promises: the bytes given are the beginning of the result. Which objects are written is said; parts of the update's ending may be
left out, as attacks do. Refuses: to know what a signature is.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping

import pikepdf

ENDING = frozenset({"table", "trailer", "start", "eof"})
Edit = Callable[[pikepdf.Pdf], Iterable[pikepdf.Object]]


def last_start(pdf: bytes) -> int:
    """Where the last cross-reference section begins."""
    return int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])


def serialised(thing: pikepdf.Object) -> bytes:
    """An indirect object as it stands in a file."""
    number, generation = thing.objgen
    if isinstance(thing, pikepdf.Stream):
        data = thing.read_raw_bytes()
        head = pikepdf.Dictionary(dict(thing.stream_dict.items()))
        head.Length = len(data)
        body = head.unparse() + b"\nstream\n" + data + b"\nendstream"
    else:
        body = thing.unparse(resolved=True)
    return b"%d %d obj\n%s\nendobj\n" % (number, generation, body)


def _table(places: Mapping[int, int]) -> bytes:
    rows = [b"%d 1\n%010d 00000 n \n" % (number, place) for number, place in sorted(places.items())]
    return b"xref\n0 1\n0000000000 65535 f \n" + b"".join(rows)


def _trailer(pdf: bytes, size: int, extra: bytes) -> bytes:
    """The last trailer once more, with another size and the way back."""
    last = pdf[pdf.rindex(b"trailer") + 7 : pdf.rindex(b"startxref")].strip()
    kept = re.sub(rb"/(Prev|Size|XRefStm)\s+\d+", b"", last)
    if b"/Root" in extra:
        kept = re.sub(rb"/Root\s+\d+\s+\d+\s+R", b"", kept)
    return b"trailer\n" + kept[:-2] + b"/Size %d /Prev %d %s>>\n" % (size, last_start(pdf), extra)


def ending(pdf: bytes, body: bytes, places: Mapping[int, int], *, without: Iterable[str] = (), extra: bytes = b"") -> bytes:
    """The whole of an update: what is written, then table, trailer, start and end.

    Args:
        pdf: what it is added to.
        body: objects.
        places: number and offset in the result of what the table names.
        without: of `ENDING`, what is left out.
        extra: more for the trailer.
    """
    size = max([int(re.findall(rb"/Size\s+(\d+)", pdf)[-1]), *(number + 1 for number in places)])
    parts = {
        "table": _table(places), "trailer": _trailer(pdf, size, extra),
        "start": b"startxref\n%d\n" % (len(pdf) + len(body)), "eof": b"%%EOF\n",
    }  # fmt: skip
    return pdf + body + b"".join(text for part, text in parts.items() if part not in set(without))


def later(pdf: bytes, edit: Edit, *, without: Iterable[str] = (), extra: bytes = b"") -> bytes:
    """An update with the objects that `edit` changed or made.

    Args:
        pdf: with a cross-reference table.
        edit: changes an opened document; returns the indirect objects to write.
        without: of `ENDING`, what is left out.
        extra: more for the trailer, `%d` being the first object's number.
    """
    head = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    body, places = b"", {}
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for thing in edit(document):
            places[thing.objgen[0]] = len(head) + len(body)
            body += serialised(thing)
    named = extra % next(iter(places)) if b"%d" in extra else extra
    return ending(head, body, places, without=without, extra=named)


def redirected(pdf: bytes, places: Mapping[int, int]) -> bytes:
    """An update of nothing but a table that sends numbers to other offsets."""
    return ending(pdf, b"", places)


def hidden(pdf: bytes, edit: Edit) -> bytes:
    """An update whose table names nothing, and whose `/XRefStm` names what changed: two kinds of readers see two documents."""
    head, number, body = _appended(pdf, edit)
    size = int(re.findall(rb"/Size\s+(\d+)", pdf)[-1])
    place = len(head) + len(body)
    row = b"\x01" + len(head).to_bytes(3) + b"\x00"
    kind = b"/Type/XRef/W[1 3 1]/Index[%d 1]/Size %d/Length 5" % (number, size + 1)
    stream = b"%d 0 obj\n<<%s>>stream\n%s\nendstream\nendobj\n" % (size, kind, row)
    return ending(head, body + stream, {size: place}, extra=b"/XRefStm %d " % place)


def _appended(pdf: bytes, edit: Edit) -> tuple[bytes, int, bytes]:
    """What an edit of one object would append: the document with a line end, the object's number, the object."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        (thing,) = edit(document)
        return (pdf if pdf.endswith(b"\n") else pdf + b"\n"), thing.objgen[0], serialised(thing)


def twice(pdf: bytes, edit: Edit, old: int) -> bytes:
    """One table names an object twice, first where the change stands, then where the signed one stands."""
    head, number, body = _appended(pdf, edit)
    made = ending(head, body, {number: len(head)})
    row = b"%d 1\n%010d 00000 n \n" % (number, len(head))
    return made.replace(row + b"trailer", row + b"%d 1\n%010d 00000 n \ntrailer" % (number, old))


def misnamed(pdf: bytes, edit: Edit) -> bytes:
    """The table leads to an object that bears another number."""
    head, number, body = _appended(pdf, edit)
    return ending(head, body.replace(b"%d 0 obj" % number, b"%d 0 obj" % (number + 900), 1), {number: len(head)})


def freed(pdf: bytes, number: int) -> bytes:
    """An object is freed: to readers it is null."""
    made = redirected(pdf, {number: 0})
    row = b"%d 1\n%010d 00000 n \n" % (number, 0)
    return made.replace(row, b"%d 1\n%010d 00001 f \n" % (number, 0))


def skipping(pdf: bytes, edit: Edit) -> bytes:
    """The update goes on from the revision before the last: what was added there, a signature too, is of no revision any more."""
    starts = [int(found) for found in re.findall(rb"startxref\s+(\d+)", pdf)]
    head, number, body = _appended(pdf[: pdf.index(b"%%EOF") + 6], edit)
    whole = pdf + body
    trailer = _trailer(head, int(re.findall(rb"/Size\s+(\d+)", pdf)[-1]), b"").replace(b"/Prev %d" % last_start(head), b"/Prev %d" % starts[-2])
    return whole + _table({number: len(pdf)}) + trailer + b"startxref\n%d\n%%%%EOF\n" % len(whole)
