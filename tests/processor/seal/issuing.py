"""Documents an office is about to issue: signed by persons in the test kit's PKI, on pages turned, scaled and measured oddly."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import pymupdf
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from pikepdf import pdfa
from PIL import Image, ImageChops, ImageDraw
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import cms_embedder
from pyhanko.sign.signers.pdf_byterange import SignatureObject

from processor.seal import locate, sign, validate, widgets
from processor.seal.demo_picture import demo_seal
from processor.seal.picture import PictureStyle
from tests.testkit import signing
from tests.testkit.answers import Holder
from tests.testkit.authorities import AGENCY, Pki, name

MM = 72 / 25.4
A4 = (595.28, 841.89)
HAND = (375.0, 640.0, 465.0, 700.0)  # as seen: left, top, right, bottom, between position and name of letter 2
NUMBERED = {"number": "4156", "notation": "QĐ-TTYT", "date": "2025-09-24"}  # what letter 2 has


def one_root() -> Pki:
    """A PKI whose time-stamps lead to the same root as its signatures."""
    pki = Pki()
    usage = {key: key == "digital_signature" for key in (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
        "crl_sign", "encipher_only", "decipher_only")}  # fmt: skip
    where = [x509.UniformResourceIdentifier("http://crl.ca.test.invalid/root.crl")]
    extensions = [
        (x509.BasicConstraints(ca=False, path_length=None), True), (x509.KeyUsage(**usage), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
        (x509.CRLDistributionPoints([x509.DistributionPoint(where, None, None, None)]), False),
    ]  # fmt: skip
    root = pki.root.certificate
    life = (root.not_valid_before_utc, root.not_valid_after_utc)
    pki.tsa, pki.tsa_root = pki.issue(name("TSA Kiểm thử"), pki.root, extensions, life), pki.root
    return pki


def hand() -> Image.Image:
    """A stroke of a blue pen on nothing, as wide as its picture."""
    image = Image.new("RGBA", (300, 200))
    points = [(0, 190), (60, 20), (110, 180), (170, 30), (190, 170), (299, 60)]
    ImageDraw.Draw(image).line(points, fill=(20, 40, 160, 255), width=9)
    return image


@dataclass
class Office:
    """Who signs and seals, and where files are made."""

    folder: Path
    pki: Pki = field(default_factory=one_root)

    def __post_init__(self) -> None:
        self.key = self.pki.organisation()
        self.seal = demo_seal(self.folder / "seal.png", AGENCY)
        self.signed = 0

    def shown_signature(
        self, pdf: bytes, who: Holder, box: Sequence[float] = HAND, *, page: int = 0, name: str = "Signature1",
        part: Sequence[float] = (0, 0, 1, 1),
    ) -> bytes:  # fmt: skip
        """A person's visible signature, upright in a box as it is seen; its picture fills a `part` of it (left, bottom, right, top)."""
        with pikepdf.open(io.BytesIO(pdf)) as document:
            where = widgets.page_of(document.pages[page])
        wide, high = box[2] - box[0], box[3] - box[1]
        at = (part[0] * wide, part[1] * high, (part[2] - part[0]) * wide, (part[3] - part[1]) * high)
        style = PictureStyle(size=(wide, high), rotate=where.rotate, picture=hand(), at=at)
        left, top, right, bottom = box
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
        holder = SignatureObject(timestamp=self.pki.now(), subfilter=SigSeedSubFilter.PADES, bytes_reserved=16384)
        setup = cms_embedder.SigObjSetup(
            holder, mdp_setup=cms_embedder.SigMDPSetup("sha256"),
            appearance_setup=cms_embedder.SigAppearanceSetup(style, self.pki.now(), None),
        )  # fmt: skip
        spec = SigFieldSpec(name, on_page=page, box=where.user((left, top, right, bottom)))
        steps = cms_embedder.PdfCMSEmbedder(spec).write_cms(name, writer)
        next(steps)
        steps.send(setup)
        prepared, output = steps.send(cms_embedder.SigIOSetup("sha256", in_place=True))
        steps.send(signing.cms_of(prepared.document_digest, who, self.pki))
        made: bytes = output.getvalue()
        return made

    def ask(self, kind: str, body: bytes) -> bytes:
        """What a worker asks of the coordinator."""
        if kind != "sign":
            return self.pki.answer(kind, body)
        self.signed += 1
        return self.key.sign(body)

    def locate(self, pdf: bytes | Path, **more: Any) -> dict[str, Any]:
        """Where seal, number and date go."""
        path = pdf if isinstance(pdf, Path) else self.folder / "original.pdf"
        if isinstance(pdf, bytes):
            path.write_bytes(pdf)
        return locate.locate(self.locating(path, **more), unasked)

    def locating(self, path: Path, **more: Any) -> dict[str, Any]:
        """The arguments of `locate`."""
        return {
            "path": str(path), "fields": ["Signature1"], "seal_at": [], "picture": str(self.seal), "picture_mm": 36, "font": "",
            "number": "", "notation": "", "date": "", "number_field": "", "date_field": "", "number_at": [], "date_at": [], **more,
        }  # fmt: skip

    def issue(self, name: str, pdf: bytes, **more: Any) -> "Issued":
        """Located, sealed, examined."""
        before, after = self.folder / f"{name}-before.pdf", self.folder / f"{name}.pdf"
        before.write_bytes(pdf)
        place = self.locate(before, **more)
        sign.seal(self.sealing(before, after, place), self.ask)
        return Issued(before, after, place, self.examine(before, after, place))

    def sealing(self, before: Path, after: Path, place: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of `seal`."""
        return {
            "pdf": str(before), "out": str(after), "certificate": _text(self.key.der),
            "chain": [_text(each.der) for each in self.key.above()], "roots": self.roots, "others": [], "font": "", "certify": False,
            "passes": place["passes"], "fill": place["fill"], "picture": str(self.seal), "picture_mm": 36,
        }  # fmt: skip

    @property
    def roots(self) -> list[str]:
        """What seals lead to."""
        return [_text(self.pki.root.der)]

    def examine(self, before: Path, after: Path, place: Mapping[str, Any]) -> dict[str, Any]:
        """What `examine` says of a sealed document."""
        return validate.examine(self.examining(before, after, place), unasked)

    def examining(self, before: Path, after: Path, place: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of `examine`."""
        return {
            "path": str(after), "roots": self.roots, "before": str(before), "persons": place["persons"], "pdfa": place["pdfa"],
            "own": [one["field"] for one in place["passes"]],
        }  # fmt: skip


@dataclass(frozen=True)
class Issued:
    before: Path
    after: Path
    place: Mapping[str, Any]
    seen: Mapping[str, Any]


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def unasked(kind: str, body: bytes) -> bytes:
    raise AssertionError(f"asked for {kind}")


def turned(pdf: bytes, rotate: int = 0, unit: float = 1, size: tuple[float, float] = A4) -> bytes:
    """The same pages to the reader, A4 or scaled to another paper, lying in the file turned and in another unit, off the origin."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for page in document.pages:
            old = [float(value) for value in page.mediabox]
            scale = size[0] / (old[2] - old[0]) / unit
            wide, high = (size[0] / unit, size[1] / unit)
            x, y = 30.0, 50.0
            matrix = {
                0: (scale, 0, 0, scale, x, y), 90: (0, scale, -scale, 0, x + high, y),
                180: (-scale, 0, 0, -scale, x + wide, y + high), 270: (0, -scale, scale, 0, x, y + wide),
            }[rotate]  # fmt: skip
            page.contents_add(b"q %.6f %.6f %.6f %.6f %.6f %.6f cm\n" % matrix, prepend=True)
            page.contents_add(b"Q")
            box = (wide, high) if rotate % 180 == 0 else (high, wide)
            page.MediaBox = [x, y, x + box[0], y + box[1]]
            if "/CropBox" in page.obj:
                del page.obj["/CropBox"]
            page.Rotate = rotate
            page.UserUnit = unit
        return _saved(document)


def _saved(document: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_fields(pdf: bytes) -> bytes:
    """Text fields `so` and `ngay` in the margin above the letter's head."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        page, fields = document.pages[0], []
        for name, left in (("so", 90), ("ngay", 330)):
            empty = document.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 200, 20])
            fields.append(document.make_indirect(pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T=name, F=4, DA="0 g",
                Rect=[left, 810, left + 200, 830], P=page.obj, AP=pikepdf.Dictionary(N=empty),
            )))  # fmt: skip
        page.obj.Annots = document.make_indirect(pikepdf.Array(fields))
        document.Root.AcroForm = document.make_indirect(pikepdf.Dictionary(Fields=pikepdf.Array(fields)))
        return _saved(document)


def archival(pdf: bytes, level: str = "2b") -> bytes:
    """The same as PDF/A."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        if "/OpenAction" in document.Root:
            del document.Root.OpenAction
        out = io.BytesIO()
        pdfa.save(document, out, level)
        return out.getvalue()


def letter(*, gaps: bool = False) -> bytes:
    """Letter 2 of the kit; `gaps`: its number and its day are left blank."""
    return signing.page(2, gaps=gaps)


def pixels(path: Path, number: int = 0, dpi: int = 100) -> Image.Image:
    """A page as it is seen."""
    with pymupdf.open(path) as document:
        seen = document[number].get_pixmap(dpi=dpi)
        return Image.frombytes("RGB", (seen.width, seen.height), seen.samples)


def extent(image: Image.Image, colour: str) -> tuple[int, int, int, int]:
    """The box of all red, or all blue pixels."""
    red, green, blue = (image.getchannel(channel) for channel in range(3))
    strong, weak = (red, blue) if colour == "red" else (blue, red)
    mask = ImageChops.subtract(strong, ImageChops.lighter(weak, green)).point([0] * 61 + [255] * 195)
    return mask.getbbox() or (0, 0, 0, 0)


