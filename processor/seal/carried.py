"""A seal in two halves, where the token is not at hand: first what is to be signed, later the signature put in. Runs in a worker.

Promises: the first half leaves a whole PDF with an empty place for the signature, and the DER of the signed attributes, which
is all that leaves the station; the second half takes a signature over those very attributes and gives a seal no different from
`sign.seal`'s: PAdES B-LTA. Whether the certificate still stands is asked in both halves, for time only in the second.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import shutil
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from asn1crypto import cms
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_signer import (
    DSSContentSettings,
    PdfSigningSession,
    PdfTBSDocument,
    PostSignInstructions,
    TimestampDSSContentSettings,
)
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, RevokedError

from processor.errors import Verdict
from processor.seal.revocation import fetchers
from processor.seal.sign import FIELD, Pdf17Signer, RemoteSigner, RemoteTimeStamper, _certificates, _style
from processor.worker import Ask

_DSS = DSSContentSettings(
    include_vri=False, next_ts_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True)
)
_RESERVED = 16384


def _signer(args: Mapping[str, Any], ask: Ask, stamped: bool) -> PdfSigner:
    certificate, *chain = _certificates([args["certificate"], *args["chain"]])
    roots, others = _certificates(args["roots"]), [*chain, *_certificates(args["others"])]
    context = ValidationContext(
        trust_roots=roots, other_certs=others, allow_fetching=True, revocation_mode="require", fetchers=fetchers(ask)
    )
    metadata = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, validation_context=context,
        embed_validation_info=True, use_pades_lta=True, certify=args["certify"],
        docmdp_permissions=MDPPerm.NO_CHANGES, signer_key_usage={"digital_signature", "non_repudiation"}, dss_settings=_DSS,
    )  # fmt: skip
    left, bottom, right, top = args["place"]["box"]
    return Pdf17Signer(
        metadata,
        signer=RemoteSigner(certificate, chain, ask),
        timestamper=RemoteTimeStamper(ask, roots, others) if stamped else None,
        stamp_style=_style(args),
        new_field_spec=SigFieldSpec(FIELD, on_page=0, box=(left, bottom, right, top)),
    )


async def _prepared(path: Path, args: Mapping[str, Any], ask: Ask) -> tuple[PreparedByteRangeDigest, bytes]:
    signer = _signer(args, ask, stamped=False)
    room = _RESERVED + 2 * sum(len(b64decode(text)) for text in (args["certificate"], *args["chain"]))  # must be even
    with path.open("rb+") as file:
        digest, _, _ = await signer.async_digest_doc_for_signing(
            IncrementalPdfFileWriter(file), in_place=True, bytes_reserved=room
        )
    attributes = await signer.signer.signed_attrs(digest.document_digest, "sha256", use_pades=True)
    return digest, attributes.dump()


async def _finished(path: Path, args: Mapping[str, Any], ask: Ask) -> None:
    resume = args["resume"]
    attributes = b64decode(resume["attributes"])

    def answer(kind: str, body: bytes) -> bytes:
        if kind != "sign":
            return ask(kind, body)
        if body != attributes:  # they were read and written again on the way
            raise Verdict("seal-failed", "the attributes are not those that were signed")
        return b64decode(args["signature"])

    signer = _signer(args, answer, stamped=True)
    stamper, context = signer.default_timestamper, signer.signature_meta.validation_context
    with Path(args["pdf"]).open("rb") as before:
        writer = IncrementalPdfFileWriter(before)  # read only: an earlier time-stamp's chain goes on with ours
        session = PdfSigningSession(signer, writer, None, None, "sha256", stamper, SigSeedSubFilter.PADES)
        info = await session.perform_presign_validation(writer)
    if info is None:
        raise Verdict("seal-failed", "the certificate was not checked")
    signed = await signer.signer.async_sign_prescribed_attributes(
        "sha256", signed_attrs=cms.CMSAttributes.load(attributes, strict=True), timestamper=stamper
    )
    after = PostSignInstructions(
        validation_info=info, timestamper=stamper, timestamp_md_algorithm="sha256", dss_settings=_DSS
    )  # fmt: skip
    digest = PreparedByteRangeDigest(bytes.fromhex(resume["digest"]), resume["start"], resume["end"])
    with path.open("rb+") as file:
        await PdfTBSDocument.async_finish_signing(file, digest, signed, after, context)


@contextlib.contextmanager
def _coded() -> Iterator[None]:
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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def prepare_seal(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job: the first half.

    Args:
        args: as `sign.seal`; the prepared file is written to `out`.
        ask: answers `fetch`.

    Returns:
        `attributes` (DER in base64: what is signed), `digest` (hex: the document's, as the attributes name it), and `resume`,
        which `finish_seal` takes back.

    Raises:
        Verdict: `waiting-revocation`, `waiting-key`, `seal-failed`.
    """
    out = Path(args["out"])
    shutil.copyfile(args["pdf"], out)
    with _coded():
        digest, attributes = asyncio.run(_prepared(out, args, ask))
    told = {"attributes": b64encode(attributes).decode(), "digest": digest.document_digest.hex()}
    place = {"start": digest.reserved_region_start, "end": digest.reserved_region_end, "sha256": _sha256(out)}
    return {**told, "resume": {**told, **place}}


def finish_seal(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job: the second half.

    Args:
        args: as `sign.seal`, with `prepared` (the file that `prepare_seal` wrote), its `resume`, and `signature` (base64).
        ask: answers `stamp` and `fetch`.

    Returns:
        Nothing but the sealed file at `out`; `examine` says what it is worth.

    Raises:
        Verdict: `waiting-tsa`, `waiting-revocation`, `waiting-key`, `seal-failed`. Asked again later, the signature still holds.
    """
    out = Path(args["out"])
    shutil.copyfile(args["prepared"], out)
    if _sha256(out) != args["resume"]["sha256"]:
        raise Verdict("seal-failed", "the prepared file is not the one whose digest was signed")
    with _coded():
        asyncio.run(_finished(out, args, ask))
    return {}
