"""Worker job `preserve`: makes a verified PDF last. Validation data of all signatures (DSS) and a document time-stamp go in as an
increment, so that it can be verified when its certificates and authorities are gone (PAdES B-LTA).

Promises: not one byte of the original changes; only the appended bytes are written, `cat original increment` is the lasting
file; it was verified offline, with nothing but itself, before this job says so. No level is lowered in silence.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import shutil
import tempfile
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.timestamps import TimestampRequestError
from pyhanko.sign.validation.dss import DocumentSecurityStore

from processor.errors import Verdict
from processor.seal.sign import RemoteTimeStamper
from processor.verify.certificates import GARBAGE
from processor.verify.signatures import Verification
from processor.verify.structure import READING
from processor.worker import Ask
