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
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.status import SignatureCoverageLevel

from processor.errors import Verdict
from processor.verify import cms, judge, outcome, pdf, structure
from processor.verify.certificates import readable
from processor.verify.chain import Chains, trusted
from processor.verify.changes import History, Signed
from processor.verify.cms import CMS_READING, Read
from processor.verify.examined import SECONDS, Item, aware, examined
from processor.verify.facts import Chain, Changes, Finding, Signature, Stamp, Statement
from processor.verify.patience import within
from processor.verify.revocation import Datum, Gathered
from processor.worker import Ask

_CHUNK = 1 << 20
_PICTURES = 60.0  # seconds for comparing pages
_LONGEST = dt.timedelta(hours=1)  # how long a token may take: the national authority needs minutes at its worst
_MOST_SIGNATURES = 200
_PARTS = frozenset({SignatureCoverageLevel.UNCLEAR, SignatureCoverageLevel.CONTIGUOUS_BLOCK_FROM_START})
_TOOLS = ("pyhanko", "pyhanko-certvalidator", "cryptography", "pikepdf", "pymupdf")

for _library in ("pyhanko", "pyhanko_certvalidator", "pikepdf"):  # what they have to say of a bad file is a finding
    logging.getLogger(_library).addHandler(logging.NullHandler())


class Verification:
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
        self.items: list[Item] = []
        self.flaws: list[str] = []
        self.told: list[str] = []
        self.revisions = 0

    def run(self) -> dict[str, Any]:
        """Look and judge."""
        size = self.path.stat().st_size
        if not size:
            self.flaws.append("unreadable")
            return self._report(hashlib.sha256().hexdigest(), 0)
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            self._look(data, file)
            return self._report(_sha256(data), size)

    def learn(self, token: Any) -> None:
        """Find out what proves a token's signer good: certificates and revocation data join what is known.

        The token may have taken a while: its time, not too far on, is the new `now`.

        Raises:
            Verdict: `waiting-revocation`, `waiting-tsa` (the token cannot be proved good).
        """
        read = cms.token(token)
        at = aware(read.at) or self.now
        self.now = max(self.now, at) if at <= self.now + _LONGEST else self.now
        self.chains.pool += readable(read.others)
        stamp = self._stamp(read, True, None)
        why = judge.stamp_reason(stamp, self.now, self.policy) if stamp is not None else "time-false"
        if why:
            code = "waiting-revocation" if why == "revocation-unknown" else "waiting-tsa"
            raise Verdict(code, why)

    def _look(self, data: mmap.mmap, file: Any) -> None:
        """Gather all facts."""
        try:
            reader = pdf.open_reader(file)
            with within(SECONDS):
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
        self.items = sorted((examined(one, data) for one in found), key=lambda item: item.end)
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
        at = aware(read.at) or self.now
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

    def _changes(self, item: Item, signed: Signed, history: History) -> None:
        raw = item.found.raw
        if raw is None:
            return
        try:
            if structure.points_back(raw.reader, signed.span.end, raw.signed_revision):
                item.flaws.append("shadow-suspected")
            with within(SECONDS):
                raw.compute_integrity_info()
        except structure.READING as error:
            item.found.detail = item.found.detail or f"pyHanko: {type(error).__name__}"
        item.changes = history.after(signed, raw)
        if signed.span.end < history.size and raw.coverage in _PARTS:
            item.flaws.append("covers-part")

    def _last(self) -> None:
        """After the last signature only validation data may follow: what is filled in then, nobody signed."""
        own = [item for item in self.items if item.found.kind == "signature" and item.found.span]
        if own and own[-1].changes.label == "form-filling":
            own[-1].changes = Changes("unexplained", (), own[-1].changes.kinds, own[-1].changes.pages)

    def _report(self, sha256: str, size: int) -> dict[str, Any]:
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

    def _entry(self, item: Item, facts: Signature, finding: Finding, size: int) -> dict[str, Any]:
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


def _sha256(data: mmap.mmap) -> str:
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
    return Verification(args, ask).run()
