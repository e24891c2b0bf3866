"""What the page is handed by whoever opens it: things that only workers, keys and queues know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


class NotShown(Exception):
    """A page cannot be pictured."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature or time-stamp of a PDF as it was judged.

    Attributes:
        verdict: `valid`, `invalid` or `unknown`.
        chain: names of the certificates from the signer's to the root.
        reasons: why it is not valid, in words.
        checks: (what, passed or failed, detail).
    """

    title: str
    verdict: str
    signer: str
    issuer: str
    chain: Sequence[str]
    claimed_at: str
    token_at: str
    token_signer: str
    reasons: Sequence[str]
    checks: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the signatures of a document are worth.

    Attributes:
        verdict: `valid`, `invalid`, `unknown` or `unsigned`.
        findings: what is wrong with its files, record and log; None: that was not looked at.
    """

    verdict: str
    at: str
    reasons: Sequence[str] = ()
    signatures: Sequence[Signature] = ()
    findings: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How the station stands: how many lie where, days until the certificate ends (None: not known)."""

    queues: Mapping[str, int] = field(default_factory=dict)
    certificate_days: int | None = None


@dataclass(frozen=True, slots=True)
class Hands:
    """What the page can have done.

    Attributes:
        picture: a JPEG of a page of a PDF, by its path, digest, number and width; raises NotShown.
        kept: a report that lies beside a document, as a verdict.
        check: a document looked at now: its files, record, log and signatures.
        check_day: how many documents of a day were read, and the findings: of these alone, or (None) of the whole day with its bag.
        standing: of the station.
        nightly: when the night begins, local time. witnesses: verifier keys of those whose lines under heads are believed.
        seen: a text without what nobody sees. cell: a value that no spreadsheet takes for a formula. field: a field's name.
    """

    picture: Callable[[Path, str, int, int], Path]
    kept: Callable[[Mapping[str, Any]], Verdict]
    check: Callable[[Row], Verdict]
    check_day: Callable[[dt.date, Sequence[str] | None], tuple[int, Sequence[str]]]
    standing: Callable[[], Standing]
    nightly: dt.time
    witnesses: Sequence[str]
    seen: Callable[[str], str]
    cell: Callable[[object], object]
    field: Callable[[str, str], str]
