"""What the auditors' page is handed: pictures and verdicts made by workers, queues, the law's words.

Promises: nothing is fetched and no key is opened; what cannot be told offline is told as that, never as valid.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509

from archive import heads
from archive.shelves import EVIDENCE
from archive.verify import FINDINGS, Finding, verify
from archive.web.hands import Hands, NotShown, Row, Signature, Standing
from archive.web.hands import Verdict as Told
from processor import law, trust
from processor.cells import cell
from processor.cli import wiring
from processor.describe import fields
from processor.engine import Engine
from processor.errors import Verdict
from processor.fixity import checker
from processor.journal import Journal
from processor.pictures import Pictures
from processor.report import visible
from processor.settings import Settings
from processor.verify import report as reports

_WAITING = ("waiting", "to-seal", "clearing")
_MOST_FINDINGS = 100
_FILING = {
    "doc_code": "mã tài liệu", "file_code": "hồ sơ", "lane": "luồng", "form": "hình thức sao", "part": "phần của bản quét",
    "original_name": "tên tệp khi nhận", "filed_at": "lưu lúc", "signed_at": "ký lúc", "timestamped_at": "dấu thời gian",
    "pades_level": "mức chữ ký PAdES", "pdfa": "PDF/A", "sha256": "SHA-256 của PDF", "scan_sha256": "SHA-256 của bản gốc",
    "pages": "số trang PDF",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parts:
    """What they are made of."""

    station: Path
    settings: Settings
    engine: Engine
    pictures: Pictures
    journal: Journal
    roots: Sequence[str]
    busy: threading.Lock = field(default_factory=threading.Lock)


def made(parts: Parts) -> Hands:
    """All of them."""
    words = law.read("verification.toml", parts.station)
    return Hands(
        picture=lambda path, digest, number, width: _picture(parts.pictures, (path, digest, number, width)),
        kept=lambda report: shown(report, words),
        check=lambda row: _check(parts, row, words),
        check_day=lambda day, codes: _check_day(parts, day if codes is None else codes),
        standing=lambda: _standing(parts),
        nightly=dt.time.fromisoformat(parts.settings.schedule.nightly), witnesses=tuple(parts.settings.witnesses.values()),
        seen=visible, cell=cell, field=_field,
    )  # fmt: skip


def _field(name: str, lang: str) -> str:
    """What a field is called."""
    known = {**fields.NAMES, **_FILING}.get(name, name) if lang == "vi" else name.replace("_", " ")
    return known[:1].upper() + known[1:]


def _picture(pictures: Pictures, asked: tuple[Path, str, int, int]) -> Path:
    try:
        return pictures.page(*asked)
    except Verdict as verdict:
        raise NotShown from verdict


def _check(parts: Parts, row: Row, words: reports.Words) -> Told:
    """A document looked at now: bytes, record, log, seal, and each signature by itself."""
    root = parts.station / "archive"
    result = verify(root, [row["doc_code"]], _checker(parts))
    findings = [_finding(each) for each in result.findings][:_MOST_FINDINGS]
    try:
        with _whole(root / row["path"], parts.pictures.folder) as path:
            report = parts.engine.call("verify", {"path": str(path), **_trust(parts)}, answer=_offline)
    except Verdict as verdict:
        return Told("unknown", wiring.now().isoformat(), [reports.sentence(verdict.code, words)], (), findings)
    told = shown(report, words)
    worth = "invalid" if findings and told.verdict == "valid" else told.verdict
    return Told(worth, told.at, told.reasons, told.signatures, findings)


@contextmanager
def _whole(pdf: Path, scratch: Path) -> Iterator[Path]:
    """A PDF with what was kept to prove its signatures later (archive/FORMAT.md), where that lies beside it."""
    increment = pdf.parent / EVIDENCE / f"{pdf.stem}.lta"
    if not increment.is_file():
        yield pdf
        return
    with tempfile.NamedTemporaryFile(dir=scratch, suffix=".pdf") as made:
        for part in (pdf, increment):
            with part.open("rb") as file:
                shutil.copyfileobj(file, made)
        made.flush()
        yield Path(made.name)


def _check_day(parts: Parts, what: dt.date | Sequence[str]) -> tuple[int, Sequence[str]]:
    """A day, or documents of it, read again; one day at a time, or nobody else would get a picture."""
    if not parts.busy.acquire(blocking=False):
        return 0, ["Đang có người kiểm tra một ngày khác; thử lại sau. / Another day is being checked; try again later."]
    try:
        result = verify(parts.station / "archive", what, _checker(parts))
    finally:
        parts.busy.release()
    return result.checked, [_finding(each) for each in result.findings][:_MOST_FINDINGS]


def _checker(parts: Parts) -> Any:
    return checker(parts.engine, wiring.roots(parts.station, parts.settings))


def _offline(kind: str, body: bytes) -> bytes:
    raise Verdict("waiting-revocation", "nothing is fetched for a page that is only looked at")


def _trust(parts: Parts) -> dict[str, Any]:
    others = trust.of_kind(trust.listed(parts.station, parts.settings), trust.INTERMEDIATES)
    return {
        "roots": list(parts.roots), "intermediates": [b64encode(each).decode() for each in others], "lists": [], "pins": [],
        "now": wiring.now().isoformat(), "policy": law.read("algorithms.toml", parts.station),
        "limits": parts.settings.limits.model_dump(),
    }  # fmt: skip


def _finding(found: Finding) -> str:
    words = FINDINGS.get(found.code, found.code)
    return " · ".join(filter(None, (f"{words} [{found.code}]", found.doc_code, str(found.path), found.detail)))


def shown(report: Mapping[str, Any], words: reports.Words) -> Told:
    """A worker's report as the page shows it."""
    names = {row["sha256"]: row["source"] for row in report["data"]}
    signatures = [_signature(one, names, words) for one in report["signatures"]]
    reasons = [f"{reports.sentence(code, words)} [{code}]" for code in report["reasons"]]
    return Told(report["verdict"], report["checked_at"], reasons, signatures)


def _signature(one: Mapping[str, Any], names: Mapping[str, str], words: reports.Words) -> Signature:
    signer, token = one["signer"] or {}, one["token_signer"] or {}
    named = (signer.get("name"), signer.get("unit"), signer.get("agency"))
    who = ", ".join(dict.fromkeys(part for part in named if part))  # of an organisation all three are often one
    return Signature(
        title=f"{words['label'].get(one['kind'], one['kind'])} ({one['field']})", verdict=one["verdict"], signer=who,
        issuer=signer.get("issuer") or "", chain=list(_chain(one, names)), claimed_at=one["claimed_at"] or "",
        token_at=one["token_at"] or "",
        token_signer=token.get("name") or "", reasons=[f"{reports.sentence(code, words)} [{code}]" for code in one["reasons"]],
        checks=[(words["check"].get(each["check"], each["check"]), each["result"], each["detail"]) for each in one["checks"]],
    )  # fmt: skip


def _chain(one: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    """Names of the certificates that lead to a root."""
    wanted = "stamp-chain" if one["kind"] == "timestamp" else "signer-chain"
    for each in one["checks"]:
        if each["check"] == wanted:
            yield from (names.get(digest, digest[:16]) for digest in each["with"])
            return


def _standing(parts: Parts) -> Standing:
    queues = {state: sum(1 for _ in (parts.station / state).glob("*/*")) for state in ("held", "rejected")}
    queues["waiting"] = sum(len(parts.journal.numbers(state)) for state in _WAITING)
    return Standing(queues, _certificate_days(parts))


def _certificate_days(parts: Parts) -> int | None:
    """Until the certificate ends that signed the newest head of the log; keys are not opened for it."""
    paths = sorted((parts.station / "archive" / heads.LOG).glob(f"*/{heads.SIGNATURE}.pem"))
    with suppress(OSError, ValueError, IndexError):
        ends = x509.load_pem_x509_certificates(paths[-1].read_bytes())[0].not_valid_after_utc
        return (ends - wiring.now()).days
    return None
