"""Shadow attacks, second half: what `prepared` hid is shown; and what is done to fields and appearances (NDSS 2021, S&P 2021).

Promises: as `later_changes`.
"""

from __future__ import annotations

import pikepdf
from pikepdf import Array, Dictionary, Name

from tests.testkit.increments import Edit, redirected
from tests.testkit.later_changes import OVER, Things, form, made


def _field(pdf: pikepdf.Pdf, name: bytes) -> pikepdf.Object:
    return next(each for each in pdf.Root.AcroForm.Fields if bytes(each.T) == name)


def permissions_removed(document: pikepdf.Pdf) -> Things:
    """The catalogue no longer says that the document is certified, and a field is filled."""
    del document.Root["/Perms"]
    return [document.Root, *filled("9")(document)]


def cover_removed(document: pikepdf.Pdf) -> Things:
    """What lay under the cover is seen."""
    cover = document.pages[0].Resources.XObject.Cover
    cover.write(b"")
    return [cover]


def layer_shown(document: pikepdf.Pdf) -> Things:
    """The layer is on."""
    properties = document.Root.OCProperties
    properties.D.ON, properties.D.OFF = properties.D.OFF, Array([])
    return [properties]


def twin_shown(pdf: bytes, places: dict[int, int]) -> bytes:
    """The table leads to the second set; not one object is new."""
    return redirected(pdf, places)


def filled(value: str, shown: str = "", name: bytes = b"ghichu") -> Edit:
    """A text field gets a value and an appearance, perhaps of another."""

    def edit(document: pikepdf.Pdf) -> Things:
        field = _field(document, name)
        field.V = value
        text = (shown or value).encode("ascii")
        look = form(document, b"/Tx BMC BT /F1 10 Tf 2 5 Td (%s) Tj ET EMC" % text, (0, 0, 200, 20))
        field.AP = Dictionary(N=look)
        return [field, look]

    return edit


def shared_look(document: pikepdf.Pdf) -> Things:
    """The field is filled by writing over its look, which the page draws too."""
    field = _field(document, b"ghichu")
    look = field.AP.N
    look.write(OVER)
    field.V = "9"
    return [field, look]


def grown(document: pikepdf.Pdf) -> Things:
    """A text field is filled, and grows over the text of the page."""
    field = _field(document, b"ghichu")
    field.Rect = Array([60, 300, 540, 600])
    look = form(document, OVER)
    field.AP = Dictionary(N=look)
    field.V = "9"
    return [field, look]


def appearance_of_signature(document: pikepdf.Pdf) -> Things:
    """The appearance of a signature that is already there is another."""
    field = next(each for each in document.Root.AcroForm.Fields if each.get("/FT") == "/Sig" and "/AP" in each)
    look = form(document, b"BT /F1 12 Tf 2 5 Td (99/QD) Tj ET", (0, 0, 200, 20))
    field.AP = Dictionary(N=look)
    return [field, look]


def fake_signature_field(document: pikepdf.Pdf) -> Things:
    """A signature field without a signature, whose appearance covers the page's text (SSA)."""
    page, look = document.pages[0].obj, form(document, OVER)
    field = made(document, Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T="Chu ky 2", F=4, Rect=Array([60, 380, 540, 580]), P=page,
        AP=Dictionary(N=look),
    ))  # fmt: skip
    page.Annots = Array([*page.get("/Annots", Array()), field])
    document.Root.AcroForm.Fields.append(field)
    return [look, field, page, document.Root.AcroForm]


def fake_seal(document: pikepdf.Pdf) -> Things:
    """A signature field without a signature shows a seal in an empty place."""
    page, look = document.pages[0].obj, form(document, b"1 0 0 RG 4 w 10 10 80 80 re S", (0, 0, 100, 100))
    field = made(document, Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T="Dau", F=4, Rect=Array([300, 30, 400, 130]), P=page, AP=Dictionary(N=look),
    ))  # fmt: skip
    page.Annots = Array([*page.get("/Annots", Array()), field])
    document.Root.AcroForm.Fields.append(field)
    return [look, field, page, document.Root.AcroForm]
