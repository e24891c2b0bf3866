"""Looks at a sealed file with fresh eyes and says what is wrong with it. Runs in a worker, offline.

Promises (docs/design.md promise 3): the signature is intact and leads to the station's roots with the revocation data in the
file alone; only long-term-validation updates follow it; the last signature is the time-stamp and covers the whole file
(junk after it is not overlooked: pyHanko alone would); PDF/A-2b holds but for what its validator does not look at.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pikepdf
from asn1crypto import x509
from pikepdf import pdfa
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from processor.worker import Ask

_CHUNK = 1 << 20
_NOT_LOOKED_AT = ("/AcroForm", "/DSS", "/Perms")


def _policy(roots: list[x509.Certificate]) -> PdfSignatureValidationSpec:
    trust = SimpleTrustManager.build(trust_roots=roots)
    path = CertValidationPolicySpec(trust_manager=trust, revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO))
    offline = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(cert_validation_policy=path, revinfo_gathering_policy=offline)
    )


async def _signatures(path: Path, roots: list[x509.Certificate]) -> tuple[list[str], dict[str, Any]]:
    findings: list[str] = []
    with path.open("rb") as file:
        reader = PdfFileReader(file)
        own, stamps = reader.embedded_regular_signatures, reader.embedded_timestamp_signatures
        if len(own) != 1 or not stamps:
            return ["signature-count"], {}
        stamps[-1].compute_integrity_info()
        if stamps[-1].evaluate_signature_coverage() != SignatureCoverageLevel.ENTIRE_FILE:
            findings.append("bytes-after-the-last-signature")
        verdict = await ades_lta_validation(own[0], _policy(roots))
        status = verdict.api_status
        if status is None:
            return [*findings, "signature: no status"], {}
        if verdict.ades_subindic != AdESPassed.OK:
            findings.append(f"signature: {verdict.ades_subindic}")
        if not (status.intact and status.valid):
            findings.append("signature-broken")
        if status.modification_level not in {ModificationLevel.NONE, ModificationLevel.LTA_UPDATES}:
            findings.append("changed-after-signing")
        at: dt.datetime | None = verdict.best_signature_time
        return findings, {
            "signed_at": own[0].self_reported_timestamp.isoformat() if own[0].self_reported_timestamp else None,
            "timestamped_at": at.isoformat() if at else None,
            "level": "B-LTA" if status.timestamp_validity is not None and "/DSS" in reader.root else "B-B",
        }


def _begins(path: Path, beginning: Path) -> bool:
    """Whether a file begins with the bytes of another."""
    with path.open("rb") as whole, beginning.open("rb") as first:
        while chunk := first.read(_CHUNK):
            if whole.read(len(chunk)) != chunk:
                return False
    return True


def _identifier(path: Path) -> str:
    """The document's code as its metadata have it; empty where there is none."""
    try:
        with pikepdf.open(path) as pdf, pdf.open_metadata() as metadata:
            return str(metadata.get("dc:identifier", ""))
    except pikepdf.PdfError:
        return ""


def _conformity(path: Path) -> list[str]:
    report = pdfa.validate_written(path, "2b")
    unknown = [f for f in report.unsupported if not any(key in f"{f.where} {f.message}" for key in _NOT_LOOKED_AT)]
    return sorted({f"pdfa: {finding.rule}" for finding in (*report.violations, *unknown)})


def examine(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`; `roots` (DER in base64); `before`: the finished file whose bytes must be its beginning, or "".
        ask: not used.

    Returns:
        `findings` (empty: all holds), `identifier` (the code in the metadata),
        `signed_at`, `timestamped_at` (RFC 3339), `level`, `pdfa`.
    """
    path = Path(args["path"])
    roots = [x509.Certificate.load(b64decode(text)) for text in args["roots"]]
    try:
        findings, facts = asyncio.run(_signatures(path, roots))
    except (PdfError, SignatureValidationError, ValueError) as error:
        findings, facts = [f"unreadable: {type(error).__name__}"], {}
    if args["before"] and not _begins(path, Path(args["before"])):
        findings.append("earlier-bytes-changed")
    conformity = _conformity(path)
    return {"findings": findings + conformity, "identifier": _identifier(path), "pdfa": None if conformity else "2b", **facts}
