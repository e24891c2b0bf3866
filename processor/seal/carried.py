"""A seal in two halves, where the token is not at hand: first what is to be signed, later the signature put in. Runs in a worker.

Promises: the first half leaves a whole PDF with an empty place for the signature, and the DER of the signed attributes, which
is all that leaves the station; the second half takes a signature over those very attributes and gives a seal no different from
`sign.seal`'s: PAdES B-LTA. Whether the certificate still stands is asked in both halves, for time only in the second.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asn1crypto import cms
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_signer import PdfSigningSession, PdfTBSDocument, PostSignInstructions

from processor.errors import Verdict
from processor.seal import evidence, filling, fonts
from processor.seal.sign import DSS, Office, Pdf17Signer, appearance_of, block_pass, coded, field_of, metadata_of
from processor.worker import Ask


def _pass(args: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one signature that is carried."""
    passes = args.get("passes") or [block_pass(args)]
    if len(passes) != 1:  # a later one is over the bytes of the one before: each would be a way to the token of its own
        raise Verdict("seal-failed", "several signatures of one document are not carried by hand")
    one: Mapping[str, Any] = passes[0]
    return one


async def _prepared(path: Path, args: Mapping[str, Any], ask: Ask) -> tuple[PreparedByteRangeDigest, bytes]:
    office, one, is_foreign = Office.of(args, ask), _pass(args), "passes" in args
    if is_foreign:
        await evidence.embed(path, office.context)
    if args.get("fill"):
        filling.fill(path, args["fill"], fonts.prepared(fonts.find(args["font"]), Path(tempfile.gettempdir())))
    signer = Pdf17Signer(
        metadata_of(one, args, office, is_last=True),
        signer=office.signer, stamp_style=appearance_of(one, args), new_field_spec=field_of(one),
    )  # fmt: skip
    with path.open("rb+") as file:
        digest, _, _ = await signer.async_digest_doc_for_signing(
            IncrementalPdfFileWriter(file, strict=not is_foreign), existing_fields_only=bool(one.get("existing")),
            in_place=True, bytes_reserved=office.room,
        )  # fmt: skip
    attributes = await office.signer.signed_attrs(digest.document_digest, "sha256", use_pades=True)
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

    office, strict = Office.of(args, answer), "passes" not in args
    signer = Pdf17Signer(metadata_of(_pass(args), args, office, is_last=True), signer=office.signer, timestamper=office.stamper)
    with Path(args["pdf"]).open("rb") as before:
        writer = IncrementalPdfFileWriter(before, strict=strict)  # read only: an earlier time-stamp's chain goes on with ours
        session = PdfSigningSession(signer, writer, None, None, "sha256", office.stamper, SigSeedSubFilter.PADES)
        info = await session.perform_presign_validation(writer)
    if info is None:
        raise Verdict("seal-failed", "the certificate was not checked")
    signed = await office.signer.async_sign_prescribed_attributes(
        "sha256", signed_attrs=cms.CMSAttributes.load(attributes, strict=True), timestamper=office.stamper
    )
    after = PostSignInstructions(
        info, timestamper=office.stamper, timestamp_md_algorithm="sha256", dss_settings=DSS, strict=strict
    )
    digest = PreparedByteRangeDigest(bytes.fromhex(resume["digest"]), resume["start"], resume["end"])
    with path.open("rb+") as file:
        await PdfTBSDocument.async_finish_signing(file, digest, signed, after, office.context)


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
    with coded():
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
    with coded():
        asyncio.run(_finished(out, args, ask))
    return {}
