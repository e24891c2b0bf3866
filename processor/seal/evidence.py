"""Puts what proves the earlier signatures good (chains, revocation lists) into a document, by an increment without a signature.

Promises: what can be had is embedded; what cannot is left out, for those signatures were verified before. Security-store
increments are allowed after any signature (ETSI EN 319 142-1, 5.4).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError
from pyhanko_certvalidator.path import ValidationPath

from processor.errors import Verdict

_UNKNOWN = (Verdict, PathBuildingError, PathValidationError, ValueError, KeyError, TypeError)  # a foreign signature may be anything


def _signers(signature: EmbeddedPdfSignature) -> Iterator[tuple[x509.Certificate, list[x509.Certificate]]]:
    """Who signed and who stamped it, each with the other certificates that came along."""
    yield signature.signer_cert, list(signature.other_embedded_certs)
    token = signature.attached_timestamp_data
    if token is not None:
        present = [each.chosen for each in token["certificates"] if each.name == "certificate"]
        wanted = token["signer_infos"][0]["sid"].chosen
        for each in present:
            if wanted.name == "issuer_and_serial_number" or True:
                yield each, present


async def _paths(reader: PdfFileReader, context: ValidationContext) -> list[ValidationPath]:
    found = []
    for signature in reader.embedded_signatures:
        with contextlib.suppress(*_UNKNOWN):
            for certificate, others in _signers(signature):
                validator = CertificateValidator(certificate, intermediate_certs=others, validation_context=context)
                with contextlib.suppress(*_UNKNOWN):
                    found.append(await validator.async_validate_usage(set()))
    return found


async def embed(path: Path, context: ValidationContext) -> None:
    """Add a document security store for the signatures that are there.

    Args:
        path: the document; an increment is appended where there is something to add.
        context: roots and fetchers; what is fetched stays in it.
    """
    with path.open("rb+") as file:
        paths = await _paths(PdfFileReader(file, strict=False), context)
        if paths:
            DocumentSecurityStore.add_dss(file, None, paths=paths, validation_context=context, strict=False)
