"""What lanes of issued documents need: the persons in charge, who must sign in which lane, the seal's picture."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from processor import trust
from processor.check import Check, check
from processor.doctor.anchors import leads
from processor.doctor.parts import Parts
from processor.errors import MissingError, Verdict
from processor.seal import picture
from processor.tables import Lane, PersonTable


def checks(parts: Parts) -> Iterator[Check]:
    """Rows `person` of each person; `signers` of each lane that issues; `seal-picture` where there is one."""
    for id, row in parts.settings.persons.items():
        yield _person(id, row, parts)
    lanes = parts.lanes_of("issue")
    for lane in lanes:
        yield _signers(lane, parts)
    if lanes:
        yield _picture(parts)


def _person(id: str, row: PersonTable, parts: Parts) -> Check:
    digest = row.fingerprint.replace(":", "").replace(" ", "").lower()
    if not row.certificate and re.fullmatch("[0-9a-f]{64}", digest) is None:
        told = "no SHA-256 (64 hexadecimal digits)" if digest else "neither certificate nor fingerprint is set"
        return check("person", False, told, id)
    if not row.certificate:
        return check("person", True, f"known by fingerprint only{_days(row)}", id)
    try:
        certificate = trust.read_file(parts.folder / row.certificate)[0]
    except MissingError as error:
        return check("person", False, str(error), id)
    fault = _fault(certificate, row, digest, parts)
    ends = certificate.not_valid_after_utc
    return check("person", not fault, f"{fault or 'good'}; its certificate ends {ends.isoformat()}{_days(row)}", id)


def _fault(certificate: x509.Certificate, row: PersonTable, digest: str, parts: Parts) -> str:
    now = parts.clock()
    if digest and certificate.fingerprint(hashes.SHA256()).hex() != digest:
        return "its SHA-256 is not the one of `fingerprint`"
    if not leads(certificate, parts):
        return "leads to no root of the trust list"
    is_used = (row.valid_to or dt.date.max) >= parts.today  # who has left signs no more; what they signed may still come
    is_alive = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
    return "not in date" if is_used and not is_alive else ""


def _days(row: PersonTable) -> str:
    days = f"{row.valid_from or ''} – {row.valid_to or ''}"
    return f"; signs on the days {days}" if row.valid_from or row.valid_to else ""


def _signers(lane: Lane, parts: Parts) -> Check:
    known, today = parts.settings.persons, parts.today
    if not known:
        return check("signers", False, "no person is declared: [persons.ID]", lane.name)
    wanted = [tuple(one.strip() for one in name.split("|")) for name in lane.signers]
    if unknown := sorted({one for either in wanted for one in either} - set(known)):
        return check("signers", False, f"not declared in [persons.ID]: {', '.join(unknown)}", lane.name)
    able = {id for id, row in known.items() if (row.valid_from or today) <= today <= (row.valid_to or today)}
    if idle := ["|".join(either) for either in wanted or [tuple(known)] if not able & set(either)]:
        return check("signers", False, f"nobody of them may sign today: {', '.join(idle)}", lane.name)
    told = ", then ".join("|".join(either) for either in wanted)
    return check("signers", True, told or "anybody declared; the seal stands by who signed last", lane.name)


def _picture(parts: Parts) -> Check:
    table = parts.settings.seal
    if not table.picture:
        return check("seal-picture", False, "seal.picture is not set")
    try:
        seal = picture.load(parts.folder / table.picture, table.picture_mm)
    except Verdict as verdict:
        return check("seal-picture", False, f"{table.picture}: {verdict.detail}")
    wide, high = (points / picture.MM for points in picture.size(seal, table.picture_mm))
    return check("seal-picture", True, f"{seal.width} × {seal.height} pixels, {wide:g} × {high:g} mm on paper")
