"""What was found out about signatures, as values; `judge` says what they mean. PURE.

Promises: nothing here is a verdict. Times are aware (UTC or with an offset). None is "not known", never "no".
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """What one CRL or OCSP response says of one certificate; its signature and scope were checked.

    Attributes:
        kind: `crl` or `ocsp`.
        sha256: of the whole list or response.
        source: an address, `embedded` (in the document) or `given` (by the station).
        status: `good`, `revoked` or `unknown`.
        keeps_expired: it still lists certificates that have expired.
    """

    kind: str
    sha256: str
    source: str
    status: str
    this_update: dt.datetime
    next_update: dt.datetime | None
    revoked_at: dt.datetime | None = None
    reason: str = ""
    keeps_expired: bool = False


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One use of cryptography: the digest under a signature and the key that made it."""

    use: str  # content, signature, certificate, stamp, imprint (what a token is of)
    digest: str
    key: str
    bits: int


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of a chain and all that is known of its revocation."""

    sha256: str
    valid_from: dt.datetime
    valid_to: dt.datetime
    statements: tuple[Statement, ...] = ()
    without: str = ""  # why there is no (more) revocation data: what the sources answered


@dataclass(frozen=True, slots=True)
class Chain:
    """From a signer's certificate to a root of the station.

    Attributes:
        links: the signer's first; the last is the root. Empty: none was found.
        fault: `chain-unknown`, `chain-broken`, `wrong-key-usage`; empty where the path holds (apart from dates and revocation).
        algorithms: how the certificates are signed, but the root's own.
    """

    links: tuple[Link, ...] = ()
    fault: str = ""
    detail: str = ""
    algorithms: tuple[Algorithm, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamp:
    """An RFC 3161 token.

    Attributes:
        sound: its signature holds over its own content.
        matches: it is a token of this very signature (or of these bytes).
        proved_at: a later, trusted stamp covers it: the moment it is judged at; None: it is judged now.
    """

    at: dt.datetime
    sound: bool
    matches: bool
    chain: Chain
    algorithms: tuple[Algorithm, ...] = ()
    proved_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What the revisions after a signature did.

    Attributes:
        label: `none`, `validation-data`, `form-filling`, `unexplained`.
        flaws: codes: `forbidden-change`, `shadow-suspected`, `overlay-on-certified`, `not-compared`.
        kinds: what differs, by name, for people who look closer.
        pages: 1-based numbers of pages that look different.
    """

    label: str = "none"
    flaws: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """All that `judge` needs to know of one signature.

    Attributes:
        kind: `signature` or `timestamp`.
        intact: bytes and CMS agree; None: it cannot be told.
        flaws: codes of what is wrong with the bytes around it (`structure`) or with its reading.
        stamps: tokens in the signature; a document time-stamp is its own.
        covered_by: moments of later document time-stamps that are themselves trusted.
    """

    kind: str
    intact: bool | None
    flaws: tuple[str, ...] = ()
    chain: Chain = Chain(fault="chain-unknown")
    algorithms: tuple[Algorithm, ...] = ()
    claimed: dt.datetime | None = None
    stamps: tuple[Stamp, ...] = ()
    covered_by: tuple[dt.datetime, ...] = ()
    changes: Changes = Changes()


@dataclass(frozen=True, slots=True)
class Finding:
    """The judgement of one signature: four findings apart, and the verdict they add up to."""

    integrity: str
    strength: str
    time: str
    trust: str
    changes: str
    verdict: str
    reasons: tuple[str, ...]
    at: dt.datetime
    """The moment the certificate was judged at: the proved one, else now."""
