"""Looks at a sealed file with fresh eyes and says what is wrong with it. Runs in a worker, offline.

Promises (docs/design.md promise 3): the signature is intact and leads to the station's roots with the revocation data in the
file alone; only long-term-validation updates follow it; the last signature is the time-stamp and covers the whole file
(junk after it is not overlooked: pyHanko alone would); PDF/A-2b holds but for what its validator does not look at. Of a document
the office issues: the persons' signatures are as good as they were before, and PDF/A has lost nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import tempfile
import zlib
from base64 import b64decode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pikepdf
from asn1crypto import x509
from pikepdf import pdfa
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
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
_OVER_STRICT = {"ISO_19005_2:6.6.2.3.1-1", "ISO_19005_1:6.7.9-2"}  # of others' metadata: docs facts, a corpus of genuine files
_UNREADABLE = (PdfError, SignatureValidationError, ValueError, KeyError, TypeError, zlib.error)
_ALLOWED = {ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING}


def _policy(roots: list[x509.Certificate]) -> PdfSignatureValidationSpec:
    trust = SimpleTrustManager.build(trust_roots=roots)
    path = CertValidationPolicySpec(trust_manager=trust, revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO))
    offline = RevocationInfoGatheringSpec(online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY)
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(cert_validation_policy=path, revinfo_gathering_policy=offline)
    )


async def _own(
    signature: EmbeddedPdfSignature, roots: list[x509.Certificate], *, is_last: bool
) -> tuple[list[str], dict[str, Any]]:
    """One signature of ours: what is wrong with it, and its facts. Others of ours may follow all but the last."""
    verdict = await ades_lta_validation(signature, _policy(roots))
    status = verdict.api_status
    if status is None:
        return ["signature: no status"], {}
    findings = [] if verdict.ades_subindic == AdESPassed.OK else [f"signature: {verdict.ades_subindic}"]
    if not (status.intact and status.valid):
        findings.append("signature-broken")
    if status.modification_level not in (_ALLOWED - {ModificationLevel.FORM_FILLING} if is_last else _ALLOWED):
        findings.append("changed-after-signing")
    at: dt.datetime | None = verdict.best_signature_time
    told = signature.self_reported_timestamp
    return findings, {
        "signed_at": told.isoformat() if told else None,
        "timestamped_at": at.isoformat() if at else None,
        "level": "B-LTA" if status.timestamp_validity is not None and "/DSS" in signature.reader.root else "B-B",
    }


def _integrity(signature: EmbeddedPdfSignature) -> tuple[bool, bool, bool]:
    """Is it intact, valid, and followed by nothing but what it allows? Trust is not asked."""
    try:
        signature.compute_integrity_info()
        intact, valid = validate_sig_integrity(signature.signer_info, signature.signer_cert, "data", signature.compute_digest())
    except _UNREADABLE:
        return False, False, False
    after = signature.diff_result
    allowed = after is None or (isinstance(after, DiffResult) and after.modification_level in _ALLOWED)
    return intact, valid, allowed and signature.summarise_integrity_info()["docmdp_ok"] is not False


def _persons(reader: PdfFileReader, number: int) -> list[tuple[bool, bool, bool]]:
    return [_integrity(each) for each in reader.embedded_regular_signatures[:number]]


def _spoilt(reader: PdfFileReader, args: Mapping[str, Any]) -> list[str]:
    """What the persons' signatures have lost since the document came; where that is not at hand, what they lack."""
    after = _persons(reader, args["persons"])
    before = [(True, True, True)] * len(after)
    if args["before"]:
        with Path(args["before"]).open("rb") as file:
            before = _persons(PdfFileReader(file, strict=False), args["persons"])
    if len(before) != len(after):
        return ["signature-count"]
    pairs = enumerate(zip(before, after, strict=True), 1)
    return [f"person-{number}-signature-spoilt" for number, (had, has) in pairs if not all(map(_kept, had, has))]


def _kept(had: bool, has: bool) -> bool:
    return has or not had


def _expected(own: Sequence[EmbeddedPdfSignature], args: Mapping[str, Any]) -> list[str]:
    """Whether our signatures are those that are looked for: the one, or the passes by their fields."""
    fields = args.get("own")
    if fields is None:
        return [] if len(own) == 1 or (own and "persons" in args) else ["signature-count"]
    if len(own) != len(fields):
        return ["signature-count"]
    return [] if [each.field_name for each in own] == fields else ["signature-fields"]


async def _signatures(path: Path, roots: list[x509.Certificate], args: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    facts: dict[str, Any] = {}
    with path.open("rb") as file:
        reader = PdfFileReader(file, strict="persons" not in args)  # others' files may be written in ways we would not
        own, stamps = reader.embedded_regular_signatures[args.get("persons", 0) :], reader.embedded_timestamp_signatures
        findings = _expected(own, args) if stamps else ["signature-count"]
        if findings:
            return findings, {}
        stamps[-1].compute_integrity_info()
        if stamps[-1].evaluate_signature_coverage() != SignatureCoverageLevel.ENTIRE_FILE:
            findings.append("bytes-after-the-last-signature")
        for signature in own:
            wrong, facts = await _own(signature, roots, is_last=signature is own[-1])
            findings += wrong
        if args.get("persons"):
            findings += _spoilt(reader, args)
    return findings, facts


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


def _conformity(path: Path, level: str = "2b") -> set[str]:
    """Rules of PDF/A that a file breaks, or that nobody looked at."""
    report = pdfa.validate_written(path, level)
    unknown = [f for f in report.unsupported if not any(key in f"{f.where} {f.message}" for key in _NOT_LOOKED_AT)]
    return {f"pdfa: {finding.rule}" for finding in (*report.violations, *unknown)}


def _laid_open(path: Path, level: str) -> set[str]:
    """Rules that a signed document breaks: its validator stops before forms, so what they show is drawn on the pages first."""
    with tempfile.TemporaryDirectory() as folder:
        opened = Path(folder, "opened.pdf")
        with pikepdf.open(path) as pdf:
            pdf.flatten_annotations("all")
            for page in pdf.pages:
                others = [each for each in page.obj.get("/Annots", ()) if each.get("/Subtype") != "/Widget"]
                page.obj.Annots = pikepdf.Array(others)  # what is left of the widgets shows nothing
            for key in {*_NOT_LOOKED_AT, "/Extensions"} & set(pdf.Root.keys()):
                del pdf.Root[key]
            pdf.save(opened)
        return _conformity(opened, level)


def _level(path: Path, args: Mapping[str, Any]) -> tuple[list[str], str | None]:
    """What PDF/A has lost, and the level it has: of an issued document, the one it came with, where it truly had it."""
    if "persons" not in args:
        found = _conformity(path)
        return sorted(found), None if found else "2b"
    level = args.get("pdfa")
    if not level:
        return [], None
    over_strict = {f"pdfa: {rule}" for rule in _OVER_STRICT}
    try:
        before = _laid_open(Path(args["before"]), level) if args["before"] else over_strict
        lost = _laid_open(path, level) - before
    except pikepdf.PdfError as error:
        return [f"unreadable: {type(error).__name__}"], None
    return sorted(lost), level if before <= over_strict and not lost else None


def examine(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`; `roots` (DER in base64); `before`: the finished file whose bytes must be its beginning, or "". Of a document
            the office issues also `persons`: how many regular signatures were there before ours; optional `own`: the fields of
            our signatures, in order; `pdfa`: the level that must have survived, or null.
        ask: not used.

    Returns:
        `findings` (empty: all holds), `identifier` (the code in the metadata; of an issued document what its maker wrote),
        `signed_at`, `timestamped_at` (RFC 3339), `level` (of the last of our signatures), `pdfa`.
    """
    path = Path(args["path"])
    roots = [x509.Certificate.load(b64decode(text)) for text in args["roots"]]
    try:
        findings, facts = asyncio.run(_signatures(path, roots, args))
    except _UNREADABLE as error:
        findings, facts = [f"unreadable: {type(error).__name__}"], {}
    if args["before"] and not _begins(path, Path(args["before"])):
        findings.append("earlier-bytes-changed")
    lost, level = _level(path, args)
    return {"findings": findings + lost, "identifier": _identifier(path), "pdfa": level, **facts}
