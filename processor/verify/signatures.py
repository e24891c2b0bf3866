"""Worker job `verify`: looks at every signature of every revision of a foreign PDF and gathers the facts for `judge`.

Promises: whatever the bytes are, the answer is a report; a parser's failure is the reason `unreadable` of the signature it
befell. Nothing is fetched but through the worker's door, nothing is repaired, the file is only read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import mmap
import tempfile
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt.api import PdfKeyNotAvailableError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation import EmbeddedPdfSignature

from processor.verify import cms, judge, structure
from processor.verify.chain import Chains, trusted
from processor.verify.certificates import Certificate, readable
from processor.verify.changes import History, Signed
from processor.verify.facts import Chain, Changes, Finding, Signature, Stamp
from processor.verify.outcome import entry, report
from processor.verify.revocation import Datum, Gathered
from processor.verify.structure import READING, Span
from processor.worker import Ask
