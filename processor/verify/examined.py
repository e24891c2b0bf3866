"""One signature on its way through the checks: what it says by itself, before anything outside it is asked.

Promises: a parser's failure is the reason `unreadable` of this signature and of no other.
"""

from __future__ import annotations

import datetime as dt
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field

from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.generic_cms import extract_self_reported_ts

from processor.verify import cms
from processor.verify.cms import CMS_READING, Read
from processor.verify.facts import Chain, Changes, Signature, Stamp
from processor.verify.patience import within
from processor.verify.pdf import Found

_CHUNK = 1 << 20
SECONDS = 30.0
"""Of processor time for one signature."""


@dataclass(slots=True)
class Item:
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
        """Where the covered bytes end; 0: it covers nothing."""
        return self.found.span.end if self.found.span else 0

    @property
    def intact(self) -> bool | None:
        """Whether bytes and signature agree; None: it cannot be told."""
        if self.read is None or self.read.sound is None:
            return False if "byte-range-odd" in self.found.flaws else None
        good = self.read.sound and self.found.span is not None
        return good and (self.found.kind == "signature" or all(matches for _, matches in self.tokens))

    def facts(self) -> Signature:
        """What `judge` needs to know."""
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


def aware(at: dt.datetime | None) -> dt.datetime | None:
    """A time without a zone is taken for UTC."""
    return at.replace(tzinfo=dt.UTC) if at is not None and at.tzinfo is None else at


def examined(found: Found, data: mmap.mmap) -> Item:
    """What one signature says by itself."""
    item = Item(found)
    raw = found.raw
    if raw is None or found.span is None:
        return item
    try:
        with within(SECONDS):
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
        return aware(extract_self_reported_ts(raw.signer_info) or raw.self_reported_timestamp)
    except CMS_READING:
        return None


def _tokens(raw: EmbeddedPdfSignature, item: Item) -> Iterator[tuple[Read, bool]]:
    value = raw.signer_info["signature"].native
    try:
        for data in cms.tokens(raw.signer_info):
            read = cms.token(data)
            yield read, cms.digest(read.imprint[0], [value]) == read.imprint[1]
    except CMS_READING:
        item.flaws.append("time-false")
