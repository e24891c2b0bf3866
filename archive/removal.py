"""Documents removed by order: bytes, text and names go, the code and what was done stay.

Promises: the order is in the log before the first byte goes; then files, then manifests, then leaves and rows in one transaction. A
run that was cut short leaves rows that name what is still to go, and the same order again finishes it. Bags are sealed anew only
where the catalogue still gives the manifest the log knows, so that no earlier fault is sealed over. Refuses (ArchiveError) what is
frozen, what another document counts for, and to take a secret out while a living document is made of the same scan.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from sqlite_utils import Database

from archive import bag, holds, index, links
from archive.catalogue import Catalogue, Row
from archive.durable import fsync_dir
from archive.errors import ArchiveError
from archive.event import Event
from archive.naming import record_place

Kind = Literal["disposed", "purged"]
GONE = ("disposed", "purged")
ASKED = "dispose-asked"

_STAYS = frozenset({"doc_code", "file_code", "doc_ordinal", "scan_sha256", "lane", "again", "seq", "supersedes", "superseded_by"})
_OWN_EVENTS = frozenset({ASKED, *GONE})  # who ordered it, and by what: not of the document


@dataclass(frozen=True, slots=True)
class Removal:
    """A person's order. `by` are those who carried it out, `early` why before its time; both, and the order's text, are private."""

    kind: Kind
    order: str
    by: tuple[str, ...]
    actor: str
    early: str = ""

    @property
    def private(self) -> dict[str, object]:
        """What the log keeps of it under a salted digest."""
        told: dict[str, object] = {"order": self.order, "by": list(self.by)}
        return told | ({"early": self.early} if self.early else {})


@dataclass(frozen=True, slots=True)
class Removed:
    """What was done: the codes, the scans whose bytes went, files as they lay, days whose bags were sealed anew."""

    codes: tuple[str, ...]
    scans: tuple[str, ...]
    paths: tuple[str, ...]
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    rows: tuple[Row, ...]
    files: dict[str, tuple[str, int]]  # path: SHA-256, bytes
    scans: tuple[str, ...]  # whose bytes go
    erased: tuple[Row, ...]  # events whose private facts go

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(row["doc_code"] for row in self.rows)

    def days(self, db: Database) -> list[str]:
        """Sealed days that lose something.

        Raises:
            ArchiveError: `day-closing`, one of them is being sealed.
        """
        touched = {path[:10].replace("/", "-") for path in self.files} | {row["day"] for row in self.erased}
        known = [row for row in db.query("select day, sealed_at from day order by day") if row["day"] in touched]
        for row in known:
            if row["sealed_at"] is None:
                raise ArchiveError("day-closing", f"{row['day']} is being sealed; let that end first")
        return [row["day"] for row in known]


def remove(root: Path, catalogue: Catalogue, doc_codes: Sequence[str], removal: Removal) -> Removed:
    """Removes documents, with those whose places they took; done again it finishes what was cut short.

    Raises:
        ArchiveError: `unknown`, `not-filed`, `frozen`, `day-closing`, `clock-behind`; `scan-shared`, a secret's scan is another
            living document's too; `altered`, the catalogue does not give the manifest that was sealed.
    """
    with catalogue.writing() as db:
        if all(_is_gone(db, code) for code in doc_codes):  # cut short after the last leaf
            rows = [row for code in doc_codes for row in db.table("document").rows_where("doc_code = ?", [code])]
            done = Removed(tuple(doc_codes), tuple({row["scan_sha256"] for row in rows}), (), ())
        else:
            done = None
            plan = _plan(db, doc_codes, removal.kind)
            plan.days(db)
            for row in plan.rows:
                holds.refuse_held(db, row["doc_code"], row["file_code"])
                if not _is_asked(db, row["doc_code"]):
                    public = {"kind": removal.kind}
                    catalogue.append(Event(ASKED, removal.actor, row["doc_code"], row["scan_sha256"], public, removal.private))
    if done is None:
        with catalogue.writing() as db:
            done = _carry_out(root, catalogue, db, _plan(db, doc_codes, removal.kind), removal)
    catalogue.forget(index.merge)
    return done


def unfinished(db: Database) -> list[str]:
    """Codes of which an order was begun and not carried out."""
    sql = """select distinct doc_code from event join document using (doc_code)
             where type = ? and state not in ('disposed', 'purged') order by doc_code"""
    return [row["doc_code"] for row in db.query(sql, [ASKED])]


def _is_gone(db: Database, code: str) -> bool:
    return bool(db.table("document").count_where("doc_code = ? and state in ('disposed', 'purged')", [code]))


def _is_asked(db: Database, code: str) -> bool:
    return bool(db.table("event").count_where("doc_code = ? and type = ?", [code, ASKED]))


def _plan(db: Database, doc_codes: Sequence[str], kind: Kind) -> _Plan:
    rows = {row["doc_code"]: row for code in doc_codes if not _is_gone(db, code) for row in _chain(db, links.current(db, code))}
    marks = ", ".join("?" * len(rows))
    files: dict[str, tuple[str, int]] = {}
    for row in rows.values():
        files[row["path"]] = row["sha256"], row["size"]
        files[record_place(row["shelf_day"], row["doc_code"])] = row["record_sha256"], row["record_size"]
    for row in db.table("companion").rows_where(f"doc_code in ({marks})", list(rows)):
        files[row["path"]] = row["sha256"], row["size"]
    scans = sorted({row["scan_sha256"] for row in rows.values()})
    going = [scan for scan in scans if not _others(db, scan, marks, list(rows), kind)]
    for scan in going:
        for row in db.table("scan").rows_where("sha256 = ?", [scan]):
            files[row["path"]] = row["sha256"], row["size"]
    if kind == "purged":
        going += [piece for piece in _pieces(db, going) if not _others(db, piece, marks, list(rows), kind)]
    erased = _private_of(db, rows, going) if kind == "purged" else ()
    return _Plan(tuple(rows.values()), files, tuple(going), tuple(erased))


def _chain(db: Database, row: Row) -> list[Row]:
    """A document and all whose places it took: other codes of the same bytes, and worse scans of the same paper."""
    found = [row]
    while former := found[-1]["supersedes"]:
        found += [dict(each) for each in db.table("document").rows_where("doc_code = ?", [former])]
    return [each for each in found if each["path"] is not None]


def _others(db: Database, scan: str, marks: str, codes: list[str], kind: Kind) -> bool:
    """Whether other documents that lie here are made of this scan.

    Raises:
        ArchiveError: `scan-shared`, and it is a secret that has to go.
    """
    sql = f"scan_sha256 = ? and (path is not null or state = 'numbered') and doc_code not in ({marks})"
    others = [row["doc_code"] for row in db.table("document").rows_where(sql, [scan, *codes], order_by="doc_code")]
    if others and kind == "purged":
        raise ArchiveError("scan-shared", f"also made of that scan: {', '.join(others)}; order them too, or void them first")
    return bool(others)


def _pieces(db: Database, scans: Iterable[str]) -> list[str]:
    """The scans that a person joined into these."""
    found: set[str] = set()
    for scan in scans:
        for row in db.query("select public from event where type = 'joined' and scan_sha256 = ?", [scan]):
            told = json.loads(row["public"])
            found |= {str(value)[:64] for name, value in told.items() if name.startswith("joined_from_")}
    return sorted(found)


def _private_of(db: Database, codes: Iterable[str], scans: Iterable[str]) -> list[Row]:
    known = [*codes], [*scans]
    sql = """select seq, type, day from event
             where private is not null and (doc_code in ({}) or scan_sha256 in ({})) order by seq"""
    rows = db.query(sql.format(*(", ".join("?" * len(each)) for each in known)), [*known[0], *known[1]])
    return [row for row in rows if row["type"] not in _OWN_EVENTS]


def _carry_out(root: Path, catalogue: Catalogue, db: Database, plan: _Plan, removal: Removal) -> Removed:
    """Files, manifests, leaves and rows; whoever seals or files waits meanwhile."""
    days, moment = plan.days(db), catalogue.moment()
    before = {day: bag.payload_of(db, dt.date.fromisoformat(day)) for day in days}
    for path in plan.files:
        _unlink(root, path)
    for path, (digest, _) in sorted(plan.files.items()):
        catalogue.append(Event("removed", removal.actor, public={"path": path, "sha256": digest}), moment)
    for row in plan.erased:
        db.table("event").update(row["seq"], {"private": None, "salt": None})
    _wipe(db, plan, removal.kind)
    for day in days:
        made, tags = bag.reseal(root, catalogue, dt.date.fromisoformat(day), before[day])
        bag.record(catalogue, removal.actor, made, tags, "resealed", moment)
    told = {(row["doc_code"], row["scan_sha256"]) for row in plan.rows}
    told |= {(None, scan) for scan in plan.scans if scan not in {row["scan_sha256"] for row in plan.rows}}
    for code, scan in sorted(told, key=str):
        catalogue.append(Event(removal.kind, removal.actor, code, scan, {}, removal.private), moment)
    return Removed(plan.codes, plan.scans, tuple(sorted(plan.files)), tuple(days))


def _unlink(root: Path, path: str) -> None:
    folder = (root / path).parent
    if not folder.is_dir():
        return
    mode = folder.stat().st_mode & 0o777
    folder.chmod(0o755)
    try:
        (root / path).unlink(missing_ok=True)
        fsync_dir(folder)
    finally:
        folder.chmod(mode)


def _wipe(db: Database, plan: _Plan, kind: Kind) -> None:
    """Rows without what they told: tombstones."""
    for row in plan.rows:
        entomb(db, row, kind)
    for path in plan.files:
        db.table("scan").delete_where("path = ?", [PurePosixPath(path).as_posix()])


def entomb(db: Database, row: Row, kind: str) -> None:
    """A document's row without what it told, nor anything of it elsewhere in the catalogue but its scan."""
    # the path of a member of a mail or a package can hold names
    part = row["part"] if re.fullmatch("[0-9,-]*", row["part"]) else row["doc_code"]
    index.take_out(db, row["doc_code"])
    db.table("document").update(row["doc_code"], dict.fromkeys(set(row) - _STAYS) | {"state": kind, "part": part})
    db.table("companion").delete_where("doc_code = ?", [row["doc_code"]])
