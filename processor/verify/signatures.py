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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.generic_cms import extract_self_reported_ts

from processor.verify import cms, judge, outcome, pdf, structure
from processor.verify.certificates import readable
from processor.verify.chain import Chains, trusted
from processor.verify.changes import History, Signed
from processor.verify.cms import CMS_READING, Read
from processor.verify.facts import Chain, Changes, Finding, Signature, Stamp, Statement
from processor.verify.patience import within
from processor.verify.pdf import Found
from processor.verify.revocation import Datum, Gathered
from processor.worker import Ask

_CHUNK = 1 << 20
_SECONDS = 30.0  # of processor time for one signature
_PICTURES = 60.0  # seconds for comparing pages
_MOST_SIGNATURES = 200
_TOOLS = ("pyhanko", "pyhanko-certvalidator", "cryptography", "pikepdf", "pymupdf")

for _library in ("pyhanko", "pyhanko_certvalidator", "pikepdf"):  # what they have to say of a bad file is a finding
    logging.getLogger(_library).addHandler(logging.NullHandler())


@dataclass(slots=True)
class _Item:
    """One signature on its way through the checks."""

    found: Found
    read: Read | None = None
    tokens: list[tuple[Read, bool]] = field(default_factory=list)
    claimed: dt.datetime | None = None
    flaws: list[str] = field(default_factory=list)
    chain: Chain = Chain(fault="chain-unknown")
    stamps: tuple[Stamp, ...] = ()
    covered_by: tuple[dt.datetime, ...] = ()
    changes: Changes = Changes()

    @property
    def end(self) -> int:
        return self.found.span.end if self.found.span else 0

    @property
    def intact(self) -> bool | None:
        if self.read is None or self.read.sound is None:
            return False if "byte-range-odd" in self.found.flaws else None
        good = self.read.sound and self.found.span is not None
        return good and (self.found.kind == "signature" or all(matches for _, matches in self.tokens))

    def facts(self) -> Signature:
        return Signature(
            kind=self.found.kind, intact=self.intact, flaws=tuple(dict.fromkeys([*self.found.flaws, *self.flaws])),
            chain=self.chain, algorithms=self.read.algorithms if self.read else (), claimed=self.claimed, stamps=self.stamps,
            covered_by=self.covered_by, changes=self.changes,
        )  # fmt: skip


def _chunks(data: mmap.mmap, found: Found) -> Iterator[bytes]:
    """The covered bytes."""
    if found.span is None:
        return
    first, last = found.span.gap
    for begin, end in ((found.span.start, first), (last, found.span.end)):
        for place in range(begin, end, _CHUNK):
            yield data[place : min(place + _CHUNK, end)]


def _aware(at: dt.datetime | None) -> dt.datetime | None:
    return at.replace(tzinfo=dt.UTC) if at is not None and at.tzinfo is None else at


def _examined(found: Found, data: mmap.mmap) -> _Item:
    """What one signature says by itself."""
    item = _Item(found)
    raw = found.raw
    if raw is None or found.span is None:
        return item
    try:
        with within(_SECONDS):
            if found.kind == "timestamp":
                item.read = cms.token(raw.signed_data)
                item.tokens = [(item.read, cms.digest(item.read.imprint[0], _chunks(data, found)) == item.read.imprint[1])]
            elif found.subfilter == "/adbe.pkcs7.sha1":
                item.read = cms.sha1_wrapped(raw, _chunks(data, found))
            else:
                item.read = cms.read(raw.signed_data, "data", None, _chunks(data, found))
            if found.kind == "signature":
                item.claimed = _claimed(raw)
                item.tokens = list(_tokens(raw, item))
    except CMS_READING as error:
        item.flaws.append("unreadable")
        found.detail = found.detail or f"{type(error).__name__}: {error}"[:120]
    return item


def _claimed(raw: EmbeddedPdfSignature) -> dt.datetime | None:
    try:
        return _aware(extract_self_reported_ts(raw.signer_info) or raw.self_reported_timestamp)
    except CMS_READING:
        return None


def _tokens(raw: EmbeddedPdfSignature, item: _Item) -> Iterator[tuple[Read, bool]]:
    value = raw.signer_info["signature"].native
    try:
        for data in cms.tokens(raw.signer_info):
            read = cms.token(data)
            yield read, cms.digest(read.imprint[0], [value]) == read.imprint[1]
    except CMS_READING:
        item.flaws.append("time-false")


class _Verification:
    """One file, its signatures, and what is known about them."""

    def __init__(self, args: Mapping[str, Any], ask: Ask) -> None:
        self.path = Path(args["path"])
        self.now = dt.datetime.fromisoformat(args["now"])
        self.policy = args.get("policy") or {}
        self.limits = args.get("limits") or {}
        roots, others = trusted(args)
        self.gathered = Gathered(ask)
        self.gathered.add(Datum("crl", b64decode(text), "given") for text in args.get("lists") or ())
        self.chains = Chains(roots, others, self.gathered, tuple(self.policy.get("signer_purposes", ())))
        self.items: list[_Item] = []
        self.flaws: list[str] = []
        self.told: list[str] = []
        self.revisions = 0

    def look(self, data: mmap.mmap, file: Any) -> None:
        """Gather all facts."""
        try:
            reader = pdf.open_reader(file)
            with within(_SECONDS):
                found = list(pdf.fields(reader, data))[:_MOST_SIGNATURES]
                self.flaws += pdf.lost(reader, data, found)
                self.revisions = reader.xrefs.total_revisions
                self.told += ["hybrid-references"] if reader.xrefs.hybrid_xrefs_present else []
        except PermissionError:
            self.flaws.append("encrypted")
            return
        except structure.READING:
            self.flaws.append("unreadable")
            return
        self.items = sorted((_examined(one, data) for one in found), key=lambda item: item.end)
        self._collect(reader)
        self._trust()
        self._follow(reader, data)

    def _collect(self, reader: PdfFileReader) -> None:
        """Certificates and revocation data that came with the document."""
        certificates: list[bytes] = []
        try:
            stored, data = pdf.store(reader)
            certificates += stored
            self.gathered.add(data)
        except structure.READING:
            self.told.append("unreadable-store")
        for item in self.items:
            certificates += [der for read in (item.read, *(read for read, _ in item.tokens)) if read for der in read.others]
            if item.found.raw is not None:
                try:
                    self.gathered.add(cms.revocation_data(item.found.raw.signer_info))
                except CMS_READING:
                    continue
        self.chains.pool += readable(certificates)

    def _trust(self) -> None:
        """Chains and times, the outermost time-stamp first: it proves what lies below it."""
        proofs: list[tuple[int, dt.datetime]] = []
        for item in reversed(self.items):
            item.covered_by = tuple(at for end, at in proofs if end > item.end)
            proved = min(item.covered_by, default=None)
            stamps = (self._stamp(read, matches, proved) for read, matches in item.tokens)
            item.stamps = tuple(stamp for stamp in stamps if stamp is not None)
            if item.read is not None and item.read.signer is not None:
                item.chain = self.chains.of(item.read.signer, stamps=item.found.kind == "timestamp")
            if item.found.kind == "timestamp" and item.intact and not item.found.flaws:
                proofs += [(item.end, s.at) for s in item.stamps if not judge.stamp_reason(s, self.now, self.policy)]

    def _stamp(self, read: Read, matches: bool, proved: dt.datetime | None) -> Stamp | None:
        if read.at is None:
            return None
        chain = self.chains.of(read.signer, stamps=True) if read.signer is not None else Chain(fault="chain-unknown")
        at = _aware(read.at) or self.now
        return Stamp(at, bool(read.sound), matches, chain, read.algorithms, proved)

    def _follow(self, reader: PdfFileReader, data: mmap.mmap) -> None:
        """What happened after each signature, and behind the last one."""
        covered = max((item.end for item in self.items), default=0)
        if covered:
            try:
                tail = structure.tail_flaw(reader, data, covered)
            except structure.READING:
                tail = "junk-after-signature"
            self.flaws += [tail] if tail else []
        signed = {id(item): Signed(item.found.name, item.found.span, item.intact is True, item.found.level,
                  item.found.certified, item.found.locked) for item in self.items if item.found.span}  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            seconds = float(self.limits.get("picture_seconds", _PICTURES))
            history = History(self.path, list(signed.values()), Path(folder), seconds)
            for item in self.items:
                if id(item) in signed and item.found.raw is not None:
                    self._changes(item, signed[id(item)], history)
        self._last()

    def _changes(self, item: _Item, signed: Signed, history: History) -> None:
        raw = item.found.raw
        if raw is None:
            return
        try:
            if structure.points_back(raw.reader, signed.span.end, raw.signed_revision):
                item.flaws.append("shadow-suspected")
            with within(_SECONDS):
                raw.compute_integrity_info()
        except structure.READING as error:
            item.found.detail = item.found.detail or f"pyHanko: {type(error).__name__}"
        item.changes = history.after(signed, raw)
        if signed.span.end < history.size and raw.coverage is not None and raw.coverage.name in {"UNCLEAR", "CONTIGUOUS_BLOCK_FROM_START"}:
            item.flaws.append("covers-part")

    def _last(self) -> None:
        """After the last signature only validation data may follow: what is filled in then, nobody signed."""
        own = [item for item in self.items if item.found.kind == "signature" and item.found.span]
        if own and own[-1].changes.label == "form-filling":
            own[-1].changes = Changes("unexplained", (), own[-1].changes.kinds, own[-1].changes.pages)

    def report(self, sha256: str, size: int) -> dict[str, Any]:
        """The whole report."""
        judged = [(item, item.facts()) for item in self.items]
        findings = [judge.signature(facts, self.now, self.policy) for _, facts in judged]
        flaws = list(dict.fromkeys(self.flaws))
        entries = [self._entry(item, facts, finding, size) for (item, facts), finding in zip(judged, findings, strict=True)]
        reasons = dict.fromkeys([*flaws, *(why for finding in findings for why in finding.reasons), *self.told])
        told = _told(facts for _, facts in judged)
        return {
            "verdict": judge.document(findings, flaws, signed=any(facts.kind == "signature" for _, facts in judged)),
            "reasons": list(reasons),
            "sha256": sha256,
            "signatures": entries,
            "revisions": self.revisions,
            "checked_at": outcome.moment(self.now),
            "tools": {name: version(name) for name in _TOOLS},
            "data": outcome.used_data(self.chains.used.values(), self.gathered.data, told),
        }

    def _entry(self, item: _Item, facts: Signature, finding: Finding, size: int) -> dict[str, Any]:
        raw = item.found.raw
        read = {"signature": item.read, "tokens": [read for read, _ in item.tokens], "now": self.now, "size": size,
                "revision": raw.signed_revision + 1 if raw is not None else None}  # fmt: skip
        return outcome.entry(facts, finding, item.found, read)


def _told(judged: Iterator[Signature]) -> dict[str, Statement]:
    """Every statement that was looked at, by the list or answer it is of."""
    chains: list[Chain] = []
    for facts in judged:
        chains += [facts.chain, *(stamp.chain for stamp in facts.stamps)]
    links: Sequence[Any] = [link for chain in chains for link in chain.links]
    return {said.sha256: said for link in links for said in link.statements}


def _sha256(data: bytes | mmap.mmap) -> str:
    mark = hashlib.sha256()
    for place in range(0, len(data), _CHUNK):
        mark.update(data[place : place + _CHUNK])
    return mark.hexdigest()


def verify(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job.

    Args:
        args: `path`; `roots`, `intermediates` (DER in base64); `pins` (sha256 of those to be used; none: all); `lists` (CRLs,
            DER in base64); `now` (RFC 3339); `policy` (config/law/algorithms.toml); `limits` (`picture_seconds`).
        ask: answers `fetch`.

    Returns:
        `verdict` (`valid`, `invalid`, `unknown`, `unsigned`), `reasons`, `sha256`, `signatures`, `revisions`, `checked_at`,
        `tools`, `data`.
    """
    work = _Verification(args, ask)
    with work.path.open("rb") as file:
        size = work.path.stat().st_size
        if not size:
            work.flaws.append("unreadable")
            return work.report(_sha256(b""), 0)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            sha256 = _sha256(data)
            work.look(data, file)
            return work.report(sha256, size)
