"""Puts what proves the earlier signatures good (chains, revocation lists) into a document, by an increment without a signature.

Promises: what can be had is embedded; what cannot is left out, for those signatures were verified before. Security-store
increments are allowed after any signature (ETSI EN 319 142-1, 5.4).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.path import ValidationPath

from processor.errors import Verdict

_UNKNOWN = (Verdict, PathError, ValidationError, ValueError, KeyError, TypeError)  # a foreign signature may be anything


def _signed(signature: EmbeddedPdfSignature) -> Iterator[cms.SignedData]:
    """A signature's data, and those of its time-stamps."""
    yield signature.signed_data
    for is_signed in (False, True):
        yield from extract_tst_data_iter(signature.signer_info, signed=is_signed)


async def _path(data: cms.SignedData, context: ValidationContext) -> list[ValidationPath]:
    with contextlib.suppress(*_UNKNOWN):
        who = extract_certificate_info(data)
        validator = CertificateValidator(who.signer_cert, intermediate_certs=who.other_certs, validation_context=context)
        return [await validator.async_validate_usage(set())]
    return []


async def _paths(reader: PdfFileReader, context: ValidationContext) -> list[ValidationPath]:
    found: list[ValidationPath] = []
    for signature in reader.embedded_signatures:
        with contextlib.suppress(*_UNKNOWN):
            for data in _signed(signature):
                found += await _path(data, context)
    return found


async def _check_last_stamp(reader: PdfFileReader, context: ValidationContext) -> None:
    """The chain of time-stamps goes on with ours only if its last link holds: one that is not trusted is told, not skipped."""
    for stamp in reader.embedded_timestamp_signatures[-1:]:
        try:
            validator = CertificateValidator(
                stamp.signer_cert, intermediate_certs=stamp.other_embedded_certs, validation_context=context
            )
            await validator.async_validate_usage(set(), extended_key_usage={"time_stamping"})
        except PathError as error:
            raise Verdict("stamp-not-trusted", "it leads to no root of the station") from error
        except ValidationError as error:
            raise Verdict("stamp-not-trusted", type(error).__name__) from error


async def embed(path: Path, context: ValidationContext) -> None:
    """Add a document security store for the signatures that are there.

    Args:
        path: the document; an increment is appended where there is something to add.
        context: roots and fetchers; what is fetched stays in it.

    Raises:
        Verdict: `stamp-not-trusted`, the document was archived with a time-stamp that does not hold; `waiting-revocation`.
    """
    with path.open("rb+") as file:
        reader = PdfFileReader(file, strict=False)
        await _check_last_stamp(reader, context)
        paths = await _paths(reader, context)
        if paths:
            DocumentSecurityStore.add_dss(file, None, paths=paths, validation_context=context, strict=False)
