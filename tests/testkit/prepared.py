"""Unsigned documents that wait for an attack: what a signer is made to sign, and does not see (shadow attacks), and honest forms.

Promises: saved with a cross-reference table, so that `increments` can go on.
"""

from __future__ import annotations

import io

import pikepdf
from pikepdf import Array, Dictionary, Name

from tests.testkit.increments import Edit, serialised
from tests.testkit.later_changes import BAR, Things, form, made


def rewritten(pdf: bytes, edit: Edit, *, raw: bool = False) -> bytes:
    """An unsigned document, changed and saved anew with a cross-reference table; `raw`: what is not compressed stays so."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        list(edit(document))
        saved = io.BytesIO()
        document.save(saved, static_id=True, compress_streams=not raw, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return saved.getvalue()


def with_text_field(pdf: bytes, value: str = "", name: str = "ghichu") -> bytes:
    """A form field, filled or not."""

    def edit(document: pikepdf.Pdf) -> Things:
        helv = made(document, Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        look = form(document, b"/Tx BMC BT /F1 10 Tf 2 5 Td (%s) Tj ET EMC" % value.encode(), (0, 0, 200, 20))
        field = made(document, Dictionary(
            Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T=name, V=value, F=4, DA="/Helv 10 Tf 0 g",
            Rect=Array([60, 60, 260, 80]), AP=Dictionary(N=look), P=document.pages[0].obj,
        ))  # fmt: skip
        document.pages[0].Annots = Array([field])
        document.Root.AcroForm = made(document, Dictionary(Fields=Array([field]), DR=Dictionary(Font=Dictionary(Helv=helv))))
        return []

    return rewritten(pdf, edit)


def with_cover(pdf: bytes) -> bytes:
    """Shadow, "hide": what the signer must not see lies under a white cover, an XObject of its own."""

    def edit(document: pikepdf.Pdf) -> Things:
        page = document.pages[0]
        page.Resources.XObject = Dictionary(Cover=form(document, b"1 g 60 380 480 200 re f"))
        page.contents_add(BAR + b"q /Cover Do Q\n")
        return []

    return rewritten(pdf, edit)


def with_layer(pdf: bytes) -> bytes:
    """Shadow by optional content: a layer that is off when it is signed."""

    def edit(document: pikepdf.Pdf) -> Things:
        group = made(document, Dictionary(Type=Name.OCG, Name="lop"))
        off = Dictionary(ON=Array([]), OFF=Array([group]), Order=Array([group]))
        document.Root.OCProperties = made(document, Dictionary(OCGs=Array([group]), D=off))
        document.pages[0].Resources.Properties = Dictionary(Lop=group)
        document.pages[0].contents_add(b"/OC /Lop BDC" + BAR + b"EMC\n")
        return []

    return rewritten(pdf, edit)


def with_twin(pdf: bytes) -> tuple[bytes, dict[int, int]]:
    """Shadow, "hide and replace": a second set of objects that no table names; where its objects stand.

    The twin lies between the body and its table, so that the signature covers it.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        contents = document.pages[0].Contents
        contents.write(contents.read_bytes() + BAR)
        twin, number = serialised(contents), contents.objgen[0]
    table = pdf.rindex(b"xref\n0")
    start = b"startxref\n%d\n" % (table + len(twin))
    body = pdf[:table] + twin + pdf[table : pdf.rindex(b"startxref")] + start + b"%%EOF\n"
    return body, {number: table}


def with_attachment(pdf: bytes, data: bytes = b"so,ten\n1,An\n", *, name: str = "phuluc.csv", raw: bool = False) -> bytes:
    """An attached file; `raw`: its bytes stand in the file as they are."""

    def edit(document: pikepdf.Pdf) -> Things:
        document.attachments[name] = data
        return []

    return rewritten(pdf, edit, raw=raw)


def with_shared_look(pdf: bytes) -> bytes:
    """Shadow by a look that a field and the page share: filling the field paints over the page."""

    def edit(document: pikepdf.Pdf) -> Things:
        field = document.Root.AcroForm.Fields[0]
        look = form(document, b"", (0, 0, 600, 850))
        field.AP = Dictionary(N=look)
        page = document.pages[0]
        page.Resources.XObject = Dictionary(Look=look)
        page.contents_add(b"q /Look Do Q\n")
        return []

    return rewritten(with_text_field(pdf), edit)


def compact(pdf: bytes) -> bytes:
    """With object streams and a cross-reference stream, as newer programs save."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        saved = io.BytesIO()
        document.save(saved, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return saved.getvalue()


def linearised(pdf: bytes) -> bytes:
    """For the web: the first page's table stands first."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        saved = io.BytesIO()
        document.save(saved, static_id=True, linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return saved.getvalue()
