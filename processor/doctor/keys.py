"""The organisation's keys and certificates: each is opened where nobody need be asked, and its certificate looked at.

Promises: nothing is signed, nobody is asked; a passphrase or PIN that a person gives in a session is not missing.
What is on tokens, `seal.token_modules` tells; it is asked first, since it knows when a PIN must not be tried.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cryptography import x509

from archive.counted import counted
from processor import law
from processor.check import Check, check
from processor.doctor.parts import Parts
from processor.errors import MissingError, Verdict
from processor.seal import checkup, keyring, secret
from processor.seal.certificates import agencies, read_certificates
from processor.seal.keys import Sealer
from processor.seal.ring import Row, same
from processor.tables import KeyTable

DEMO_NAME = "SOHOA DEMO"  # in every name that `processor.seal.demo` gives
OF_A_CERTIFICATE = ("certificate-life", "certificate-chain", "revocation", "not-revoked")
_RENEW = 30  # days: a renewal asked for later may come too late, and a certificate that ended seals nothing
_SOON = 60
_ASKED = "its passphrase or PIN is asked for in an attended session"


@dataclass(frozen=True, slots=True)
class _Absent:
    """A key that is not here: its certificate is looked at without it."""

    def sign_raw(self, attributes: bytes) -> bytes:
        """Nothing is signed."""
        raise Verdict("waiting-key", "the doctor signs nothing")


def elsewhere(name: str, certificate: x509.Certificate) -> _Absent:
    """For `keyring.opened`: a key that is signed with where its token is."""
    return _Absent()


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found of a key.

    Attributes:
        ok: None where it cannot be told.
        sealer: for its certificate; None where there is none to look at.
    """

    row: Row
    table: KeyTable
    ok: bool | None
    detail: str
    sealer: Sealer | None

    @property
    def of(self) -> str:
        """What stands behind the names of its checks: the key of [seal] goes without."""
        return "" if self.row.name == keyring.OWN else self.row.name


def sealing(parts: Parts) -> Iterator[Check]:
    """Rows `sealing` and `key-files`."""
    yield _may_seal(parts)
    yield _key_files(parts)


def _seals(parts: Parts) -> bool:
    return any(lane.kind != "incoming" for lane in parts.settings.lanes.values())


def _may_seal(parts: Parts) -> Check:
    settings = parts.settings
    if not _seals(parts):
        return check("sealing", True, "no lane seals")
    if settings.may_seal_unattended:
        told = "demo: nothing it seals has legal value" if settings.station.demo else f"authorised by {settings.seal.authorisation}"
        return check("sealing", True, f"unattended, {told}")
    if settings.seal.unattended:
        return check("sealing", False, "seal.unattended without seal.authorisation: nothing is sealed with nobody there")
    today = parts.today
    named = [row for row in settings.operators.values() if row.decision.strip() and row.account]
    able = [row for row in named if (row.valid_from or today) <= today <= (row.valid_to or today)]
    told = f"{len(able)} operators may seal today (sohoa sign)" if able else "no operator is named: [operators.ID]"
    return check("sealing", bool(able), f"attended: {told}")


def _key_files(parts: Parts) -> Check:
    tables = keyring.tables(parts.settings).values()
    named = [parts.folder / table.file for table in tables if table.kind == "pkcs12" and table.file]
    named += [file for table in tables if (file := secret.file(table.secret, parts.folder))]  # systemd guards its credentials
    loose, unseen = [], []
    for file in dict.fromkeys(named):
        try:
            if file.stat().st_mode & 0o077:
                loose.append(str(file))
        except OSError as error:
            unseen.append(f"{file}: {error.strerror}")
    if loose:
        return check("key-files", False, f"others may use: {', '.join(loose)}")
    if unseen:
        return check("key-files", None, "; ".join(unseen))
    return check("key-files", True, "for their owner only" if named else "the settings name none")


def checks(parts: Parts) -> Iterator[Check]:
    """Rows `no-demo`; of each key `key` (those on tokens have rows of their own) and the rows of its certificate."""
    tables = keyring.tables(parts.settings)
    every = [_look(row, tables[row.name], parts) for row in parts.ring.rows]
    yield _no_demo(parts, every)
    if not every:
        none = "no key is set: seal.key, or [keys.NAME]"
        yield check("key", not _seals(parts), none if _seals(parts) else "no lane seals: none is needed")
        if _seals(parts):
            yield from _untold("", "no key to look at")
    for looked in every:
        yield from _of_one(looked, every, parts)


def _look(row: Row, table: KeyTable, parts: Parts) -> _Looked:
    try:
        sealer = row.open()
        where = "signed with where its token is, by sohoa-signer; its certificate is here" if table.kind == "remote" else "loaded"
        return _Looked(row, table, True, f"{where}, with {counted(len(sealer.chain), 'certificate')} above it", sealer)
    except MissingError as error:
        why = str(error)
    except Verdict as verdict:
        why = f"{verdict.code}: {verdict.detail}"
    if table.secret or table.kind == "remote":
        return _Looked(row, table, False, why, None)
    lost = table.kind == "pkcs12" and not (parts.folder / table.file).is_file()
    if lost:
        return _Looked(row, table, False, f"the key cannot be read: {parts.folder / table.file} (no such file)", None)
    return _beside(row, table, parts)


def _beside(row: Row, table: KeyTable, parts: Parts) -> _Looked:
    """A key that waits for a person: its certificate may lie in a file of its own."""
    if not table.certificate:
        return _Looked(row, table, None, _ASKED, None)
    try:
        certificate, *above = read_certificates([parts.folder / name for name in (table.certificate, *table.chain)])
        return _Looked(row, table, None, _ASKED, Sealer(_Absent(), certificate, tuple(above)))
    except MissingError as error:
        return _Looked(row, table, False, str(error), None)


def _no_demo(parts: Parts, every: Sequence[_Looked]) -> Check:
    """A real station with the demo's key would seal without legal value and say nothing of it."""
    if parts.settings.station.demo:
        return check("no-demo", True, "a demo station, and says so")
    known = [anchor.certificate for anchor in parts.anchors]
    known += [link for each in every if each.sealer for link in (each.sealer.certificate, *each.sealer.chain)]
    names = {name.rfc4514_string() for each in known for name in (each.subject, each.issuer)}
    found = any(DEMO_NAME in name for name in names)
    return check("no-demo", not found, f"keys or roots are of {DEMO_NAME}, station.demo is false" if found else "none of its own")


def _of_one(looked: _Looked, every: Sequence[_Looked], parts: Parts) -> Iterator[Check]:
    row = looked.row
    if row.last is not None and row.last < parts.today:
        yield check("key", True, f"not used since {row.last.isoformat()}: not looked at", looked.of)
        return
    if looked.table.kind != "pkcs11":
        yield check("key", looked.ok, looked.detail, looked.of)
    if looked.sealer is None:
        yield from _untold(looked.of, "no key to look at" if looked.ok is False else _ASKED)
        return
    yield from _certificate(looked, every, parts)


def _untold(of: str, why: str) -> Iterator[Check]:
    for row in OF_A_CERTIFICATE:
        yield check(row, None, why, of)


def _certificate(looked: _Looked, every: Sequence[_Looked], parts: Parts) -> Iterator[Check]:
    sealer, now, of = looked.sealer, parts.clock(), looked.of
    if sealer is None:
        return
    first = looked.row.first
    begins = dt.datetime.combine(first, dt.time(), law.VIETNAM) if first else now
    yield life(sealer, max(now, begins), _relief(looked, every, now), of)
    fault = checkup.chain_fault(sealer, parts.roots, now)
    yield check("certificate-chain", not fault, fault or "leads to a configured root, every link by signature", of)
    found = checkup.listing(sealer, parts.roots, parts.outside, now, parts.lists)
    until = f"in date until {found.until.isoformat()}" if found.until else ""
    yield check("revocation", not found.fault, found.fault or until, of)
    said = {True: "REVOKED", False: "not on its issuer's list", None: "no list to look it up in"}
    yield check("not-revoked", None if found.revoked is None else not found.revoked, said[found.revoked], of)


def life(sealer: Sealer, now: dt.datetime, relief: str = "", of: str = "") -> Check:
    """Row `certificate-life`.

    Args:
        sealer: whose certificate is looked at.
        now: the moment it is to seal at.
        relief: why another key makes that nothing need be done about its days.
        of: which key.
    """
    days, certificate = sealer.days_left(now), sealer.certificate
    told = f"ends {certificate.not_valid_after_utc.isoformat()}, {counted(days, 'day')} left"
    lives = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    if relief and not (lives and days >= _SOON):
        return check("certificate-life", True, f"{told}; {relief}", of)
    if reason := sealer.usable(now):
        return check("certificate-life", False, f"{reason}; {told}", of)
    return check("certificate-life", days >= _RENEW, told + ("; renew it soon" if days < _SOON else ""), of)


def _relief(looked: _Looked, every: Sequence[_Looked], now: dt.datetime) -> str:
    """Which other key of the agency is used until this one begins, or after it has ended."""
    own = looked.sealer.certificate if looked.sealer else None
    for each in every:
        if own is None or each is looked or each.sealer is None or not _same_agency(looked, each):
            continue
        other = each.sealer.certificate
        if own.not_valid_before_utc > now and other.not_valid_before_utc <= now <= other.not_valid_after_utc:
            return f"until then {each.row.name} is used"
        if other.not_valid_after_utc > own.not_valid_after_utc and other.not_valid_before_utc <= max(own.not_valid_after_utc, now):
            return f"followed by {each.row.name}"
    return ""


def _same_agency(one: _Looked, other: _Looked) -> bool:
    names = [(each.row.agency,) if each.row.agency else agencies(each.sealer.certificate) for each in (one, other) if each.sealer]
    return len(names) == 2 and any(same(a, b) for a in names[0] for b in names[1])
