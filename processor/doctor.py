"""Is everything here: each thing a station needs, tried for real, as values (the verb `doctor`).

Promises: what cannot be told is `ok = None` and never shown as fine; checks come one at a time, the slow ones
(authorities outside) last; a fault is a `Check`, not an exception.
Refuses: to change anything (what is tried in a folder is a file without a name), to sign, to print, to exit.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from cryptography import x509

from archive.naming import is_organ_id
from processor import lanes, law
from processor.check import Check, check, exit_code
from processor.errors import MissingError, SettingsError, Verdict
from processor.ocr import languages
from processor.seal import checkup, fonts
from processor.seal.keys import Sealer
from processor.seal.timestamps import Outside
from processor.settings import Settings
from watch import folders

__all__ = ["Check", "Parts", "Walled", "checks", "examine", "exit_code"]
DEMO_NAME = "SOHOA DEMO"  # in every name that `processor.seal.demo` gives
_WALLS = ("no-new-privileges", "no-network", "memory", "file-size", "files")
_OWN = ("held", "rejected", "notices", "work", "work/claims", "work/items", "archive", "out")
_PRIVATE = (".", "sohoa.toml", "law", "work", "archive")
_RENEW = 30  # days: a renewal asked for later may come too late, and a certificate that ended seals nothing
_SOON = 60
_CLOCK = 60.0  # seconds, as docs/design.md promise 3 allows between the block's time and the token's


class Walled(Protocol):
    """An engine that knows its walls (`processor.engine.LocalEngine`)."""

    def walls(self) -> tuple[str, ...]:
        """Names of the walls around a worker."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What is looked at.

    Attributes:
        folder: the station's, absolute.
        sealer: the key; loaded also where sealing is attended, so that it can be looked at.
        key_missing: why there is no `sealer` (the text of the MissingError), else empty.
        roots: DER.
        roots_missing: why `roots` could not be read, else empty.
        declared: whether a file code is declared and open in the archive.
        is_remote: whether other machines write the file system below a folder.
    """

    folder: Path
    settings: Settings
    sealer: Sealer | None
    key_missing: str
    outside: Outside
    roots: tuple[bytes, ...]
    roots_missing: str
    clock: Callable[[], dt.datetime]
    engine: Walled
    declared: Callable[[str], bool]
    is_remote: Callable[[Path], bool] = folders.is_remote


def _station(parts: Parts) -> Iterator[Check]:
    table = parts.settings.station
    yield check("agency", bool(table.agency.strip()), table.agency or "station.agency is empty")
    organ = table.organ_id
    good = is_organ_id(organ)
    yield check("organ-id", good, organ if good else f"station.organ_id is none: {organ!r}")
    yield check("lanes", bool(parts.settings.lanes), ", ".join(parts.settings.lanes) or "no lane")


def _open_to_all(parts: Parts) -> Check:
    places = [parts.folder / name for name in _PRIVATE]
    loose = [str(place) for place in places if place.exists() and place.stat().st_mode & 0o002]
    told = f"anybody may write: {', '.join(loose)}" if loose else "writable by its own only"
    return check("station-folder", not loose, told)


def _use(folder: Path) -> str:
    """Empty if the folder can be listed and written, else why not."""
    try:
        os.scandir(folder).close()
        with tempfile.TemporaryFile(dir=folder, prefix=".sohoa-doctor-"):  # has no name, so no lane takes it
            return ""
    except OSError as error:
        return f"{folder}: {error.strerror}"


def _folders(parts: Parts) -> Iterator[Check]:
    yield _open_to_all(parts)
    faults = [fault for name in _OWN if (fault := _use(parts.folder / name))]
    yield check("folders", not faults, "; ".join(faults) or "all there and writable")
    for lane in parts.settings.lanes:
        fault = _use(parts.folder / "drop" / lane)
        yield check("drop", not fault, fault or "readable and writable", lane)
        out = parts.folder / "out" / lane
        fault = _use(out) if os.path.lexists(out) else ""  # made with the first copy
        yield check("out", not fault, fault or "readable and writable, or not made yet", lane)


def _disk(parts: Parts) -> Iterator[Check]:
    least, free = parts.settings.limits.free_disk_mb, {}
    try:
        for name in ("drop", "work", "archive"):
            free[name] = shutil.disk_usage(parts.folder / name).free >> 20
        told = ", ".join(f"{name} {size} MB" for name, size in free.items())
        yield check("disk", min(free.values()) >= least, f"free: {told}; needed: {least} MB")
    except OSError as error:
        yield check("disk", None, f"cannot be told: {error.filename}: {error.strerror}")
    remote = [name for name in ("work", "archive") if parts.is_remote(parts.folder / name)]
    told = f"on another machine: {', '.join(remote)}" if remote else "work and archive are local"
    yield check("local-disk", not remote, told)


def _walls(engine: Walled) -> Check:
    try:
        standing = engine.walls()
    except Verdict as verdict:
        return check("walls", False, f"{verdict.code}: {verdict.detail}")
    fallen = [wall for wall in _WALLS if wall not in standing]
    told = f"stand: {', '.join(standing) or 'none'}"
    return check("walls", not fallen, told + (f"; missing: {', '.join(fallen)}" if fallen else ""))


def _languages(settings: Settings) -> Check:
    wanted = tuple(sorted({name for lane in settings.lanes.values() for name in lane.languages} | {"osd"}))
    loaded = languages.load(wanted)
    if not loaded.version:
        return check("languages", False, "Tesseract or its models are absent")
    lacking = f"cannot be loaded: {', '.join(loaded.missing)}"
    told = lacking if loaded.missing else ", ".join(wanted)
    return check("languages", not loaded.missing, f"Tesseract {loaded.version}: {told}")


def _font(parts: Parts) -> Check:
    own = parts.settings.seal.font
    try:
        found = fonts.find(str(parts.folder / own) if own else "")
    except MissingError as error:
        told = f"{own}: lacks Vietnamese letters, or cannot be read" if own else str(error)
        return check("font", False, told)
    return check("font", True, f"{found} has every Vietnamese letter")


def _machine(parts: Parts) -> Iterator[Check]:
    # WAL loses data before 3.51.3; the catalogue keeps a rollback journal, so any version will do
    yield check("sqlite", True, f"SQLite {sqlite3.sqlite_version}, used without WAL")
    yield _walls(parts.engine)
    yield _languages(parts.settings)
    yield _font(parts)


def _rules(parts: Parts) -> Iterator[Check]:
    day = parts.clock().astimezone(law.VIETNAM).date()
    for name, lane in parts.settings.lanes.items():
        try:
            rule = law.block_rule(lanes.kind(lane).block(lane), day, parts.folder)
            law.document_code_template(day, parts.folder)
            yield check("law", True, f"{rule.act}, {rule.article}", name)
        except SettingsError as error:
            yield check("law", False, str(error), name)
        if not lane.file:
            yield check("file", True, "no default: a scan outside a sub-folder that names its file is held", name)
            continue
        known = parts.declared(lane.file)
        told = "declared" if known else "not declared, or closed"
        yield check("file", known, f"{lane.file} is {told}", name)


def _sealing(parts: Parts) -> Check:
    settings = parts.settings
    if settings.may_seal_unattended:
        told = "demo: nothing it seals has legal value" if settings.station.demo else f"authorised by {settings.seal.authorisation}"
        return check("sealing", True, f"unattended, {told}")
    if settings.seal.unattended:
        return check("sealing", False, "seal.unattended without seal.authorisation: nothing is sealed with nobody there")
    today = parts.clock().astimezone(law.VIETNAM).date()
    named = [row for row in settings.operators.values() if row.decision.strip() and row.account]
    able = [row for row in named if (row.valid_from or today) <= today <= (row.valid_to or today)]
    told = f"{len(able)} operators may seal today (sohoa sign)" if able else "no operator is named: [operators.ID]"
    return check("sealing", bool(able), f"attended: {told}")


def _no_demo(parts: Parts) -> Check:
    """A real station with the demo's key would seal without legal value and say nothing of it."""
    if parts.settings.station.demo:
        return check("no-demo", True, "a demo station, and says so")
    known = [x509.load_der_x509_certificate(root) for root in parts.roots]
    known += [parts.sealer.certificate, *parts.sealer.chain] if parts.sealer else []
    names = {name.rfc4514_string() for each in known for name in (each.subject, each.issuer)}
    found = any(DEMO_NAME in name for name in names)
    return check("no-demo", not found, f"key or roots are of {DEMO_NAME}, station.demo is false" if found else "none of its own")


def _key_files(parts: Parts) -> Check:
    names = [parts.settings.seal.key]
    if not parts.settings.seal.passphrase_file.startswith("credential:"):  # systemd guards those
        names.append(parts.settings.seal.passphrase_file)
    try:
        modes = {name: (parts.folder / name).stat().st_mode for name in names if name}
    except OSError as error:
        return check("key-files", None, f"{error.filename}: {error.strerror}")
    loose = [name for name, mode in modes.items() if mode & 0o077]
    if loose:
        return check("key-files", False, f"others may use: {', '.join(loose)}")
    told = "for their owner only" if modes else "no key file is set"
    return check("key-files", True if modes else None, told)


def _life(sealer: Sealer, now: dt.datetime) -> Check:
    days = sealer.days_left(now)
    told = f"ends {sealer.certificate.not_valid_after_utc.isoformat()}, {days} days left"
    if reason := sealer.usable(now):
        return check("certificate-life", False, f"{reason}; {told}")
    return check("certificate-life", days >= _RENEW, told + ("; renew it soon" if days < _SOON else ""))


def _certificate(parts: Parts, sealer: Sealer) -> Iterator[Check]:
    now = parts.clock()
    yield _life(sealer, now)
    fault = checkup.chain_fault(sealer, parts.roots, now)
    told = fault or "leads to a configured root, every link by signature"
    yield check("certificate-chain", not fault, told)
    found = checkup.listing(sealer, parts.roots, parts.outside, now)
    until = f"in date until {found.until.isoformat()}" if found.until else ""
    yield check("revocation", not found.fault, found.fault or until)
    said = {True: "REVOKED", False: "not on its issuer's list", None: "no list to look it up in"}
    yield check("not-revoked", None if found.revoked is None else not found.revoked, said[found.revoked])


def _seal(parts: Parts) -> Iterator[Check]:
    yield _sealing(parts)
    yield _no_demo(parts)
    yield _key_files(parts)
    found = f"{len(parts.roots)} found" if parts.roots else "trust.roots is empty"
    yield check("roots", bool(parts.roots), parts.roots_missing or found)
    if parts.sealer is not None:
        yield check("key", True, f"loaded, with {len(parts.sealer.chain)} certificates above it")
        yield from _certificate(parts, parts.sealer)
        return
    unset = "" if parts.settings.seal.key else "seal.key is not set"
    why = parts.key_missing or unset
    yield check("key", False if why else None, why or "not loaded")
    for row in ("certificate-life", "certificate-chain", "revocation", "not-revoked"):
        yield check(row, None, "no key to look at")


def _time(parts: Parts) -> Iterator[Check]:
    hosts = [urlsplit(url).netloc for url in parts.settings.time.urls]
    if parts.settings.station.demo:
        hosts = ["demo"]  # it answers in process
    yield check("time-authorities", bool(hosts), ", ".join(hosts) or "time.urls is empty")
    offsets: list[float] = []
    for number, host in enumerate(hosts):
        stamp = checkup.stamp(parts.outside, number, parts.roots, parts.clock)
        told = f"{host}: {stamp.fault or 'a good token'}, after {stamp.took:.1f} s"
        yield check("time-stamp", not stamp.fault, told, number + 1)
        if not stamp.fault and stamp.off is not None:  # a token nobody can trust tells no time
            offsets.append(stamp.off)
    yield _clock(offsets)


def _clock(offsets: list[float]) -> Check:
    agreeing = [abs(offset) <= _CLOCK for offset in offsets]
    told = ", ".join(f"{offset:+.1f} s" for offset in offsets)
    if not offsets or (any(agreeing) and not all(agreeing)):
        why = f"the authorities disagree: {told}" if told else "no authority told the time"
        return check("clock", None, why)
    return check("clock", all(agreeing), f"the authorities' time lies {told} from ours")


def checks(parts: Parts) -> Iterator[Check]:
    """Every check, as it is done; the authorities outside may take minutes."""
    for part in (_station, _folders, _disk, _machine, _rules, _seal, _time):
        yield from part(parts)


def examine(parts: Parts) -> tuple[Check, ...]:
    """Every check, when all are done."""
    return tuple(checks(parts))
