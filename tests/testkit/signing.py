"""Signed PDFs as the world makes them: PAdES and older ways, one or many signers, visible or not, certified, archived.

Promises: what comes is an increment: the bytes given are its beginning; times are those of the `Pki`'s clock; certificate chain,
digest, attributes and claimed time are what a `Way` says, so that a program's bad habits can be had one at a time.
Refuses: to check anything. Judges do that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import secrets
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from asn1crypto import cms, tsp
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography.hazmat.primitives import hashes
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.font.opentype import GlyphAccumulatorFactory
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.sign.fields import FieldMDPSpec, MDPPerm, SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.signers import cms_embedder
from pyhanko.sign.signers.pdf_byterange import DocumentTimestamp, SignatureObject
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.stamp import TextStampStyle

from processor.seal import fonts
from tests.testkit import faces, scans
from tests.testkit.answers import Holder, signed_data, signer_info, stamped
from tests.testkit.authorities import Pki
from tests.testkit.letters import letter
from tests.testkit.typeset import Look

LOCAL = dt.timedelta(hours=7)
_FOLDER = tempfile.TemporaryDirectory(prefix="face-")  # of this process
HAND_BOX = (375, 148, 470, 208)  # between position and name of letter 2, in points
SEAL_BOX = (305, 127, 407, 229)  # 36 mm, over the left third of the hand (NĐ 30)
NUMBER_BOX = (122, 711, 164, 728)
DAY_BOX = (390, 711, 412, 728)


@dataclass(frozen=True, slots=True)
class Way:
    """How a program signs.

    `ess`: the signing-certificate attribute, `v2`, `v1` or none; `whole_chain`: the CMS embeds the CAs too; `claimed`: what is
    added to the clock where the signature tells the time itself; `text` and `picture` (`seal`, `hand`, `cover`) are shown in `box`;
    `reserved`: room for the CMS in bytes.
    """

    field: str = "Signature1"
    pades: bool = True
    digest: str = "sha256"
    ess: str = "v2"
    stamped: bool = True
    whole_chain: bool = False
    claimed: dt.timedelta = dt.timedelta()
    page: int = 0
    box: tuple[int, int, int, int] | None = None
    text: str = ""
    picture: str = ""
    certify: MDPPerm | None = None
    lock: FieldMDPSpec | None = None
    reserved: int = 8192


PADES = Way()
UNSTAMPED = Way(stamped=False)
LEGACY = Way(pades=False, ess="")
SHA1 = replace(LEGACY, digest="sha1")
HAND = Way(box=HAND_BOX, picture="hand")
SEALED = Way(field="CoQuan", box=SEAL_BOX, picture="seal")
NUMBER = Way(field="So", box=NUMBER_BOX, text="4156")
DATE = Way(field="Ngay", box=DAY_BOX, text="24")


@cache
def page(seed: int = 2, *, gaps: bool = False) -> bytes:
    """A born-digital letter of the kit, two pages for seed 1; `gaps`: number and day are not there yet."""
    with tempfile.TemporaryDirectory() as folder:
        return scans.pdf_born_digital(Path(folder) / "a.pdf", letter(seed), Look(handwritten=gaps)).read_bytes()


@cache
def _picture(kind: str) -> Image.Image:
    """A red ring, or a stroke of a pen, on nothing."""
    image = Image.new("RGBA", (240, 240), (255, 255, 255, 0))
    pen = ImageDraw.Draw(image)
    if kind == "cover":
        pen.rectangle((0, 0, 240, 240), fill=(255, 255, 255, 255))
    elif kind == "seal":
        pen.ellipse((4, 4, 236, 236), outline=(200, 16, 16, 150), width=6)
    else:
        pen.line([(10, 200), (60, 40), (90, 200), (140, 60), (150, 180), (230, 120)], fill=(20, 40, 160, 230), width=7, joint="curve")
    return image


def _style(way: Way) -> TextStampStyle | None:
    if not way.box:
        return None
    snug = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins.uniform(1))
    font = GlyphAccumulatorFactory(str(fonts.prepared(faces.path("regular"), Path(_FOLDER.name))))  # the whole font takes long to subset
    return TextStampStyle(
        stamp_text="%(text)s", border_width=0, text_box_style=TextBoxStyle(font=font, font_size=11),
        background=PdfImage(_picture(way.picture), writer=None) if way.picture else None, background_opacity=1,
        inner_content_layout=snug, background_layout=snug,
    )  # fmt: skip


def ess(who: Holder, kind: str) -> list[dict[str, object]]:
    """The signing-certificate attribute of CMS: `v2`, `v1` or none."""
    if kind == "v2":
        named = tsp.ESSCertIDv2({"cert_hash": who.certificate.fingerprint(hashes.SHA256())})
        return [{"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [named]})]}]
    if kind == "v1":
        old = tsp.ESSCertID({"cert_hash": who.certificate.fingerprint(hashes.SHA1())})
        return [{"type": "signing_certificate", "values": [tsp.SigningCertificate({"certs": [old]})]}]
    return []


def token(pki: Pki, digest: bytes, lie: str = "", algorithm: str = "sha256") -> bytes:
    """A time-stamp token over a digest."""
    imprint = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}
    request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": secrets.randbits(60), "cert_req": True})
    return pki.token(request, lie)


def cms_of(
    digest: bytes, who: Holder, pki: Pki, way: Way = PADES, *, stamp: Callable[[bytes], bytes] | None = None
) -> bytes:
    """The CMS object over a document's digest.

    Args:
        digest: of the bytes that are signed, by `way.digest`.
        who: the signer.
        pki: whose clock and time-stamps are used.
        way: how.
        stamp: gives the token for the SHA-256 of the signature's value, instead of the TSA.
    """
    moment = [] if way.pades else [{"type": "signing_time", "values": [cms.Time({"utc_time": pki.now() + way.claimed})]}]
    attributes = cms.CMSAttributes([
        {"type": "content_type", "values": ["data"]}, {"type": "message_digest", "values": [digest]}, *moment, *ess(who, way.ess),
    ])  # fmt: skip
    chain = [who, *who.above()] if way.whole_chain else [who]

    def unsigned(value: bytes) -> bytes:
        imprint = hashlib.sha256(value).digest()
        return stamped(stamp(imprint) if stamp else token(pki, imprint))

    signer = signer_info(who, attributes, way.digest, unsigned if way.stamped or stamp else None)
    return signed_data("data", None, chain, [signer], way.digest)


def sign(
    pdf: bytes, who: Holder, pki: Pki, way: Way = PADES, *, make: Callable[[bytes], bytes] | None = None
) -> bytes:
    """One more signature; a field of this name that exists is filled.

    Args:
        pdf: the document, hybrid cross references allowed.
        who: the signer.
        pki: whose clock and time-stamps are used.
        way: how.
        make: makes the CMS from the document's digest, instead of `cms_of`.
    """
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    claimed = pki.now() + way.claimed
    subfilter = SigSeedSubFilter.PADES if way.pades else SigSeedSubFilter.ADOBE_PKCS7_DETACHED
    holder = SignatureObject(timestamp=claimed, subfilter=subfilter, bytes_reserved=2 * way.reserved)
    style = _style(way)
    setup = cms_embedder.SigObjSetup(
        holder,
        mdp_setup=cms_embedder.SigMDPSetup(way.digest, way.certify is not None, way.lock, way.certify),
        appearance_setup=cms_embedder.SigAppearanceSetup(style, claimed, None, {"text": way.text or " "}) if style else None,
    )
    spec = SigFieldSpec(way.field, on_page=way.page, box=way.box)
    return _embedded(writer, spec, setup, way.digest, make or (lambda digest: cms_of(digest, who, pki, way)))


def _embedded(
    writer: IncrementalPdfFileWriter, spec: SigFieldSpec, setup: cms_embedder.SigObjSetup, digest: str,
    make: Callable[[bytes], bytes],
) -> bytes:  # fmt: skip
    steps = cms_embedder.PdfCMSEmbedder(spec).write_cms(spec.sig_field_name, writer)
    next(steps)
    steps.send(setup)
    prepared, output = steps.send(cms_embedder.SigIOSetup(digest, in_place=True))
    steps.send(make(prepared.document_digest))
    made: bytes = output.getvalue()
    return made


def stamp_document(pdf: bytes, pki: Pki, field: str = "DauThoiGian1", lie: str = "", shown: Way | None = None) -> bytes:
    """A document time-stamp; visible, as no honest program makes it, where `shown` says how."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    style = _style(shown) if shown else None
    look = cms_embedder.SigAppearanceSetup(style, pki.now(), None, {"text": shown.text or " "}) if style and shown else None
    setup = cms_embedder.SigObjSetup(DocumentTimestamp(bytes_reserved=16384), appearance_setup=look)
    spec = SigFieldSpec(field, box=shown.box if shown else None)
    return _embedded(writer, spec, setup, "sha256", lambda digest: token(pki, digest, lie))


def add_dss(pdf: bytes, certs: Sequence[Holder], crls: Sequence[bytes] = (), ocsps: Sequence[bytes] = ()) -> bytes:
    """A document security store with these certificates, lists and answers."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    DocumentSecurityStore.supply_dss_in_writer(
        writer, None, certs=[each.asn1 for each in certs], crls=[asn1_crl.CertificateList.load(each) for each in crls],
        ocsps=[asn1_ocsp.OCSPResponse.load(each) for each in ocsps],
    )  # fmt: skip
    return _written(writer)


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    writer.write_in_place()
    made: bytes = writer.prev.stream.getvalue()
    return made


def evidence(pdf: bytes, who: Holder, pki: Pki, *, by_ocsp: bool = False) -> bytes:
    """The DSS that proves a signature of `who` and its time-stamps (B-LT), as of the `Pki`'s clock."""
    lists = [pki.crl(each) for each in (pki.root, pki.tsa_root)]
    answers = [pki.ocsp_about(who)] if by_ocsp else []
    lists += [] if by_ocsp else [pki.crl(pki.issuing)]
    return add_dss(pdf, [who, *who.above(), pki.tsa, pki.tsa_root], lists, answers)


def archived(pdf: bytes, who: Holder, pki: Pki, *, field: str = "DauThoiGian1", by_ocsp: bool = False) -> bytes:
    """DSS, then a document time-stamp (B-LTA); once more with another `field`: the renewal."""
    return stamp_document(evidence(pdf, who, pki, by_ocsp=by_ocsp), pki, field)


def empty_field(pdf: bytes, field: str, box: tuple[int, int, int, int] = SEAL_BOX) -> bytes:
    """A signature field that waits for its signer."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    append_signature_field(writer, SigFieldSpec(field, box=box))
    return _written(writer)


def vgca(person: Holder, office: Holder, pki: Pki) -> bytes:
    """A letter as the government's tool leaves it: the person's signature, then the office's three: number, date, seal."""
    signed = sign(page(gaps=True), person, pki, HAND)
    for way in (NUMBER, DATE, SEALED):
        signed = sign(signed, office, pki, way)
    return signed


def hybrid(pdf: bytes) -> bytes:
    """The same document with a hybrid cross reference: a table whose trailer has `/XRefStm`, as Word writes it."""
    size = int(pdf[pdf.rindex(b"/Size") + 5 :].split()[0])
    start = int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])
    trailer = pdf[pdf.rindex(b"trailer") + 7 : pdf.rindex(b"startxref")].strip()
    body = pdf if pdf.endswith(b"\n") else pdf + b"\n"
    place = len(body)
    row = b"\x01" + place.to_bytes(3) + b"\x00"
    stream = b"%d 0 obj\n<</Type/XRef/W[1 3 1]/Index[%d 1]/Size %d/Length 5>>stream\n%s\nendstream\nendobj\n" % (size, size, size + 1, row)
    table = len(body) + len(stream)
    entry = b"xref\n0 1\n0000000000 65535 f \n%d 1\n%010d 00000 n \n" % (size, place)
    ending = trailer.replace(b"/Size %d" % size, b"/Size %d" % (size + 1))
    ending = ending[:2] + b"/Prev %d /XRefStm %d " % (start, place) + ending[2:]
    return body + stream + entry + b"trailer\n" + ending + b"\nstartxref\n%d\n%%%%EOF\n" % table
