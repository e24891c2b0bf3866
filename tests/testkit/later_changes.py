"""What may be done to a signed PDF by an increment: incremental saving (ISA), certified documents (EAA, SSA), shadows.

Promises: each is an edit for `increments.later`: it adds bytes and touches none that were signed. What must be there before
signing is made by `prepared`. After pdf-insecurity.org (CCS 2019, NDSS 2021, S&P 2021).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream

from tests.testkit.increments import Edit

BAR = b"\nq 1 g 60 380 480 200 re f 0 g 80 420 300 40 re f Q\n"
OVER = b"1 g 0 0 1000 1000 re f 0 g 80 420 300 40 re f"
Things = Iterable[pikepdf.Object]


def made(pdf: pikepdf.Pdf, thing: pikepdf.Object) -> pikepdf.Object:
    return pdf.make_indirect(thing)


def form(pdf: pikepdf.Pdf, drawing: bytes, box: tuple[float, ...] = (0, 0, 600, 850)) -> pikepdf.Object:
    """A form XObject."""
    helv = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    drawn = Stream(pdf, drawing, Type=Name.XObject, Subtype=Name.Form, BBox=Array(box))
    drawn.Resources = Dictionary(Font=Dictionary(F1=helv))
    return made(pdf, drawn)


def content(document: pikepdf.Pdf) -> Things:
    """The first page says something else."""
    contents = document.pages[0].Contents
    contents.write(contents.read_bytes() + BAR)
    return [contents]


def font(document: pikepdf.Pdf) -> Things:
    """Glyphs are swapped: the same codes look otherwise."""
    fonts = document.pages[0].Resources.Font
    one, other = [fonts[key] for key in list(fonts.keys())[:2]]
    one.DescendantFonts, other.DescendantFonts = other.DescendantFonts, one.DescendantFonts
    return [one, other]


def page_tree(document: pikepdf.Pdf) -> Things:
    """Another page stands where the signed one stood."""
    drawing = made(document, Stream(document, BAR))
    fake = made(document, Dictionary(Type=Name.Page, Parent=document.Root.Pages, Contents=drawing, Resources=Dictionary()))
    document.Root.Pages.Kids = Array([fake])
    document.Root.Pages.Count = 1
    return [drawing, fake, document.Root.Pages]


def catalogue(document: pikepdf.Pdf) -> Things:
    """The catalogue leads to another page tree; the form stays. To be used with a trailer that names it."""
    tree = made(document, Dictionary(Type=Name.Pages, Count=1, MediaBox=Array([0, 0, 595, 842])))
    drawing = made(document, Stream(document, BAR))
    fake = made(document, Dictionary(Type=Name.Page, Parent=tree, Contents=drawing, Resources=Dictionary()))
    tree.Kids = Array([fake])
    document.Root.Pages = tree
    return [document.Root, tree, drawing, fake]


def new_catalogue(document: pikepdf.Pdf) -> Things:
    """A catalogue with another number; the trailer must name it."""
    list(catalogue(document))
    fresh = made(document, Dictionary(dict(document.Root.items())))
    return [fresh, fresh.Pages, fresh.Pages.Kids[0].Contents, fresh.Pages.Kids[0]]


def copied_signature(document: pikepdf.Pdf) -> Things:
    """Another content, and the signature once more, as if it were of this revision."""
    field = document.Root.AcroForm.Fields[0]
    return [*content(document), field, field.V]


def page_removed(document: pikepdf.Pdf) -> Things:
    """The last page is gone."""
    tree = document.Root.Pages
    tree.Kids = Array(list(tree.Kids)[:-1])
    tree.Count = len(tree.Kids)
    return [tree]


def pages_swapped(document: pikepdf.Pdf) -> Things:
    """The pages stand the other way round."""
    tree = document.Root.Pages
    tree.Kids = Array(list(tree.Kids)[::-1])
    return [tree]


def page_doubled(document: pikepdf.Pdf) -> Things:
    """The first page comes twice."""
    tree = document.Root.Pages
    tree.Kids = Array([tree.Kids[0], *tree.Kids])
    tree.Count = len(tree.Kids)
    return [tree]


def page_turned(document: pikepdf.Pdf) -> Things:
    """A page is cropped to its top."""
    document.pages[0].obj.CropBox = Array([0, 600, 595, 842])
    return [document.pages[0].obj]


def inherited(document: pikepdf.Pdf) -> Things:
    """What pages inherit is another: they are turned over."""
    document.Root.Pages.Rotate = 180
    return [document.Root.Pages]


def title(document: pikepdf.Pdf) -> Things:
    """Only the document information has another title, and XMP says so too."""
    document.docinfo.Title = "Quyết định khác"
    metadata = made(document, Stream(document, b"<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'/>"))
    metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
    document.Root.Metadata = metadata
    return [document.docinfo, metadata, document.Root]


def xmp(document: pikepdf.Pdf) -> Things:
    """Only XMP has another title."""
    text = b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Quyet dinh khac</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF>"
    metadata = made(document, Stream(document, b"<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'>" + text + b"</x:xmpmeta>"))
    metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
    document.Root.Metadata = metadata
    return [metadata, document.Root]


def spoken(document: pikepdf.Pdf) -> Things:
    """A structure tree says to those who listen what is not printed."""
    page = document.pages[0].obj
    element = made(document, Dictionary(Type=Name.StructElem, S=Name.P, ActualText="9.000.000.000 dong", Pg=page, K=0))
    document.Root.StructTreeRoot = made(document, Dictionary(Type=Name.StructTreeRoot, K=Array([element])))
    element.P = document.Root.StructTreeRoot
    document.Root.MarkInfo = Dictionary(Marked=True)
    return [element, document.Root.StructTreeRoot, document.Root]


def portfolio(document: pikepdf.Pdf) -> Things:
    """Readers show a portfolio with another file instead of the pages."""
    inner = made(document, Stream(document, b"%PDF-1.4 another"))
    inner.Type = Name.EmbeddedFile
    spec = made(document, Dictionary(Type=Name.Filespec, F="khac.pdf", UF="khac.pdf", EF=Dictionary(F=inner)))
    document.Root.Names = Dictionary(EmbeddedFiles=Dictionary(Names=Array(["khac.pdf", spec])))
    document.Root.Collection = Dictionary(Type=Name.Collection, D="khac.pdf", View=Name.D)
    return [inner, spec, document.Root]


def xfa(document: pikepdf.Pdf) -> Things:
    """The form is an XFA form now: some readers show it instead of the pages."""
    data = b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'><template xmlns='http://www.xfa.org/schema/xfa-template/3.3/'/></xdp:xdp>"
    document.Root.AcroForm.XFA = made(document, Stream(document, data))
    return [document.Root.AcroForm.XFA, document.Root.AcroForm]


def appearances_wanted(document: pikepdf.Pdf) -> Things:
    """Readers are told to draw all fields anew, with another font."""
    helv = made(document, Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Symbol))
    document.Root.AcroForm.NeedAppearances = True
    document.Root.AcroForm.DR = Dictionary(Font=Dictionary(Helv=helv))
    return [helv, document.Root.AcroForm]


def open_action(document: pikepdf.Pdf) -> Things:
    """A script runs when it is opened."""
    document.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="this.getField('ghichu').value = '9'")
    return [document.Root]


def named_script(document: pikepdf.Pdf) -> Things:
    """A script in the name tree."""
    script = made(document, Dictionary(S=Name.JavaScript, JS="app.alert(1)"))
    names = document.Root.get("/Names", Dictionary())
    names.JavaScript = Dictionary(Names=Array(["a", script]))
    document.Root.Names = names
    return [script, *([names] if names.is_indirect else []), document.Root]


def attachment_swapped(document: pikepdf.Pdf) -> Things:
    """The attached file is another."""
    names = document.Root.Names.EmbeddedFiles
    names = names.Kids[0].Names if "/Kids" in names else names.Names
    stream = names[1].EF.F
    stream.write(b"so,ten\n1,Nguoi khac\n")
    return [stream]


def annotation(kind: str, drawing: bytes = OVER, box: tuple[int, ...] = (60, 380, 540, 580), **more: Any) -> Edit:
    """An annotation over the text: FreeText, Redact, Stamp, Highlight."""

    def edit(document: pikepdf.Pdf) -> Things:
        page, look = document.pages[0].obj, form(document, drawing)
        note = made(document, Dictionary(
            Type=Name.Annot, Subtype=Name(f"/{kind}"), Rect=Array(box), F=4, Contents="", AP=Dictionary(N=look), P=page, **more,
        ))  # fmt: skip
        page.Annots = Array([*page.get("/Annots", Array()), note])
        return [look, note, page]

    return edit


def field_emptied(document: pikepdf.Pdf) -> Things:
    """The signature field lost its signature."""
    field = document.Root.AcroForm.Fields[0]
    del field["/V"]
    return [field]


def form_removed(document: pikepdf.Pdf) -> Things:
    """No field leads to the signature any more."""
    page = document.pages[0].obj
    del document.Root["/AcroForm"]
    del page["/Annots"]
    return [document.Root, page]


def seal_moved(document: pikepdf.Pdf) -> Things:
    """The signature's picture stands elsewhere on the page."""
    field = next(each for each in document.Root.AcroForm.Fields if each.get("/FT") == "/Sig")
    field.Rect = Array([60, 500, 210, 600])
    return [field]


def look_hidden(document: pikepdf.Pdf) -> Things:
    """The number's signature is no longer shown."""
    field = next(each for each in document.Root.AcroForm.Fields if each.get("/FT") == "/Sig")
    field.F = 2
    return [field]


def fields_emptied(document: pikepdf.Pdf) -> Things:
    """The form lists no field; the page still shows the signature."""
    form_ = document.Root.AcroForm
    form_.Fields = Array([])
    return [form_]


def values_swapped(document: pikepdf.Pdf) -> Things:
    """Two signatures change places: each is shown as the other's."""
    one, other = list(document.Root.AcroForm.Fields)[:2]
    one.V, other.V = other.V, one.V
    return [one, other]


def new_field(document: pikepdf.Pdf) -> Things:
    """A text field that was not there covers the text."""
    page, look = document.pages[0].obj, form(document, OVER)
    field = made(document, Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T="moi", V="9", F=4, Rect=Array([60, 380, 540, 580]), P=page,
        AP=Dictionary(N=look),
    ))  # fmt: skip
    page.Annots = Array([*page.get("/Annots", Array()), field])
    document.Root.AcroForm.Fields.append(field)
    return [look, field, page, document.Root.AcroForm]


def smuggled(document: pikepdf.Pdf) -> Things:
    """Validation data are added, and the list of certificates is the page's content."""
    (contents,) = content(document)
    document.Root.DSS = made(document, Dictionary(Certs=Array([contents])))
    return [document.Root.DSS, document.Root, contents]
