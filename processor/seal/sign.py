"""Seals a finished document: PAdES B-LTA, with what the law shows as the signature's appearance. Runs in a worker, which holds
no key.

What an office issues bears several signatures of its own, as the government's tool makes them: the number, the date (each B-T),
then the seal (B-LTA), with a security store for all of them and for the persons who signed before. Two small doors: the signer
hands the DER of the signed attributes to the coordinator's key holder, the time-stamper hands requests to the fetcher; so do the
revocation fetchers. The level is never lowered: without time or revocation data the answer is a code.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, TimestampDSSContentSettings
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko.stamp import BaseStampStyle
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, RevokedError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from processor.errors import Verdict
from processor.seal import evidence, filling, fonts, picture
from processor.seal.appearance import BlockStyle, EmptyStyle, Piece, TextStyle, wrap
from processor.seal.revocation import fetchers
from processor.seal.stamping import SealStamper
from processor.worker import Ask

FIELD = "Sohoa_CoQuan"
_RESERVED = 16384  # bytes for the CMS object beside the certificates: a token of the national TSA is about 6 KiB
_USAGE = {"digital_signature", "non_repudiation"}
DSS = DSSContentSettings(  # the time-stamp's own revocation data goes in before it, so that it is last and covers the whole file
    include_vri=False, next_ts_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True)
)


class RemoteSigner(Signer):
    """A signer whose key is elsewhere."""

    def __init__(self, certificate: x509.Certificate, chain: list[x509.Certificate], ask: Ask) -> None:
        store = SimpleCertificateStore()
        store.register_multiple(chain)
        super().__init__(signing_cert=certificate, cert_registry=store)
        self._ask = ask

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """A signature over the DER of the signed attributes; 512 bytes of nothing for a dry run."""
        return bytes(512) if dry_run else self._ask("sign", data)


class Pdf17Signer(PdfSigner):
    """Leaves the file's version alone: for an ECDSA key pyHanko would declare PDF 2.0 (ISO 32002), which PDF/A-2 forbids."""

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:
        """Only what PAdES itself asks for."""
        pdf_out.ensure_output_version(version=(1, 7))
        if pdf_out.output_version < (2, 0):
            pdf_out.register_extension(ESIC_EXTENSION_1)


def certificates(encoded: list[str]) -> list[x509.Certificate]:
    return [x509.Certificate.load(b64decode(text)) for text in encoded]


def _style(args: Mapping[str, Any]) -> BlockStyle:
    rule, where = args["rule"], args["place"]
    font = fonts.prepared(fonts.find(args["font"]), Path(tempfile.gettempdir()))
    lines = wrap(args["block_text"], lambda line: fonts.width(line, font, rule["font_size"]), where["limit"])
    return BlockStyle(
        lines=tuple(lines), font=font, font_size=rule["font_size"], leading=rule["leading"],
        size=tuple(where["size"]), rotate=where["rotate"],
    )  # fmt: skip


def block_pass(args: Mapping[str, Any]) -> dict[str, Any]:
    """The one pass of a document whose signature shows the block."""
    return {"field": FIELD, "page": 0, "box": args["place"]["box"], "appearance": {"kind": "block"}}


def appearance_of(one: Mapping[str, Any], args: Mapping[str, Any]) -> BaseStampStyle:
    """What a pass shows."""
    shown = one["appearance"]
    if shown["kind"] == "block":
        return _style(args)
    size, rotate = tuple(one.get("size", (0, 0))), one.get("rotate", 0)
    if shown["kind"] == "picture":
        seal = picture.load(Path(args["picture"]), args["picture_mm"])
        return picture.PictureStyle(size=size, rotate=rotate, picture=seal, at=tuple(shown["at"]))
    if shown["kind"] == "text":
        pieces = tuple(Piece(**piece) for piece in shown["pieces"])
        font = fonts.prepared(fonts.face(args["font"], shown["italic"]), Path(tempfile.gettempdir()))
        return TextStyle(size=size, rotate=rotate, pieces=pieces, font=font)
    return EmptyStyle(size=size, rotate=rotate)


def stamper_of(
    args: Mapping[str, Any], ask: Ask, chain: Sequence[x509.Certificate] = ()
) -> tuple[SealStamper, ValidationContext]:  # fmt: skip
    """Who gets tokens, and what they are checked against: `roots`, `others` and `lists` of the arguments of `seal`."""
    roots, others = certificates(args["roots"]), [*chain, *certificates(args["others"])]
    context = ValidationContext(
        trust_roots=roots, other_certs=others, allow_fetching=True, revocation_mode="require",
        fetchers=fetchers(ask, [b64decode(text) for text in args.get("lists", ())]),
    )  # fmt: skip
    return SealStamper(ask, roots, others, context), context


@dataclass(frozen=True, slots=True)
class Office:
    """Who signs, who stamps, and what it is checked against: the same for all passes."""

    signer: RemoteSigner
    stamper: SealStamper
    context: ValidationContext
    room: int

    @classmethod
    def of(cls, args: Mapping[str, Any], ask: Ask) -> Office:
        """As the arguments of `seal` tell; `ask` is the worker's door."""
        certificate, *chain = certificates([args["certificate"], *args["chain"]])
        stamper, context = stamper_of(args, ask, chain)
        room = _RESERVED + 2 * sum(len(each.dump()) for each in (certificate, *chain))  # must be even
        return cls(RemoteSigner(certificate, chain, ask), stamper, context, room)

    async def check(self) -> None:
        """The certificate stands: asked before the first of several signatures, for none may be made in vain."""
        validator = CertificateValidator(self.signer.signing_cert, validation_context=self.context)
        await validator.async_validate_usage(_USAGE)


def metadata_of(one: Mapping[str, Any], args: Mapping[str, Any], office: Office, *, is_last: bool) -> PdfSignatureMetadata:
    """B-LTA for the last pass, B-T for those before: their evidence comes with the last one's."""
    return PdfSignatureMetadata(
        field_name=one["field"], md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES,
        validation_context=office.context if is_last else None, embed_validation_info=is_last, use_pades_lta=is_last,
        certify=args["certify"] and is_last, docmdp_permissions=MDPPerm.NO_CHANGES, signer_key_usage=_USAGE, dss_settings=DSS,
    )  # fmt: skip


def field_of(one: Mapping[str, Any]) -> SigFieldSpec | None:
    """The field a pass makes; none where it signs an empty one that is there."""
    if one.get("existing"):
        return None
    box = tuple(one["box"]) if one.get("box") else None
    return SigFieldSpec(one["field"], on_page=one["page"], box=box, readable_field_name=one.get("alt"))


async def _sign(path: Path, args: Mapping[str, Any], ask: Ask) -> None:
    office = Office.of(args, ask)
    passes: Sequence[Mapping[str, Any]] = args.get("passes") or [block_pass(args)]
    is_foreign = "passes" in args  # others' files may be written in ways we would not
    if is_foreign:
        await office.check()
        await evidence.embed(path, office.context)
    if args.get("fill"):
        filling.fill(path, args["fill"], fonts.prepared(fonts.find(args["font"]), Path(tempfile.gettempdir())))
    for number, one in enumerate(passes, 1):
        signer = Pdf17Signer(
            metadata_of(one, args, office, is_last=number == len(passes)),
            signer=office.signer, timestamper=office.stamper, stamp_style=appearance_of(one, args), new_field_spec=field_of(one),
        )  # fmt: skip
        with path.open("rb+") as file:
            await signer.async_sign_pdf(
                IncrementalPdfFileWriter(file, strict=not is_foreign), existing_fields_only=bool(one.get("existing")),
                in_place=True, bytes_reserved=office.room,
            )  # fmt: skip


@contextlib.contextmanager
def coded() -> Iterator[None]:
    """pyHanko's errors as our codes."""
    try:
        yield
    except TimestampRequestError as error:
        raise Verdict("waiting-tsa", type(error).__name__) from error
    except RevokedError as error:
        raise Verdict("waiting-key", "a certificate of the seal is revoked") from error
    except (PathBuildingError, PathValidationError) as error:
        raise Verdict("waiting-revocation", type(error).__name__) from error
    except (SigningError, PdfError) as error:
        raise Verdict("seal-failed", f"{type(error).__name__}: {error}"[:200]) from error


def seal(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `pdf` (finished), `out`; `certificate`, `chain`, `roots`, `others` (what may stand between), `lists` (revocation
            lists the office keeps): DER in base64; `font`, `certify`. Of a document whose signature shows the block: `rule`,
            `block_text`, `place` (what `finish` returned). Of one the office issues: `passes` and `fill` (what `locate`
            returned), `picture` and `picture_mm`. A pass is a signature: `field`, `page` (from 0), `box` (user space; none:
            invisible), `size` and `rotate` (as it is read), `existing` (an empty field is signed), `alt`, and `appearance`: its
            `kind` is `block`, `picture` (with `at`: left, bottom, width, height), `text` (with `italic` and `pieces`:
            `text, left, baseline, size`), or `none`.
        ask: answers `sign` (once a pass), `stamp` and `fetch`.

    Returns:
        Nothing but the sealed file at `out`; `examine` says what it is worth.

    Raises:
        Verdict: `waiting-tsa`, `waiting-revocation`, `waiting-key`, `seal-failed`; of an issued document also
            `seal-picture-unfit`, `form-field-unfit`, `stamp-not-trusted`.
    """
    out = Path(args["out"])
    shutil.copyfile(args["pdf"], out)
    with coded():
        asyncio.run(_sign(out, args, ask))
    return {}
