"""Seals a finished document: PAdES B-LTA, the block as the signature's appearance. Runs in a worker, which holds no key.

Two small doors: the signer hands the DER of the signed attributes to the coordinator's key holder, the time-stamper hands
requests to the fetcher; so do the revocation fetchers. Level is never lowered: without time or revocation data the answer
is a code.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
import tempfile
from base64 import b64decode
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from asn1crypto import crl, ocsp, tsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, Signer, timestamps
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError
from pyhanko_certvalidator.fetchers import CertificateFetcher, CRLFetcher, Fetchers, OCSPFetcher
from pyhanko_certvalidator.registry import SimpleCertificateStore
from pyhanko_certvalidator.util import extract_dist_points  # type: ignore[attr-defined]  # see crl_urls below

from processor.errors import Verdict
from processor.seal import fonts
from processor.seal.appearance import BlockStyle, wrap
from processor.worker import Ask
