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
from typing import Any

from sqlite_utils import Database

from archive import bag, holds, immutable, index, links, orders
from archive.catalogue import Catalogue, Row
from archive.durable import fsync_dir
from archive.errors import ArchiveError
from archive.event import Event
from archive.naming import record_place, shelf_of
from archive.orders import GONE, Kind, Removal, Removed

__all__ = ["GONE", "Kind", "Removal", "Removed", "entomb", "remove"]

_STAYS = frozenset({"doc_code", "file_code", "doc_ordinal", "scan_sha256", "lane", "again", "seq", "supersedes", "superseded_by"})
_OWN_EVENTS = frozenset({orders.ASKED, *GONE})  # who ordered it, and by what: not of the document


@dataclass(frozen=True, slots=True)
class _Plan:
    rows: tuple[Row, ...]
    files: dict[str, tuple[str, int]]  # path: SHA-256, bytes
    scans: tuple[str, ...]  # whose bytes go
    erased: tuple[Row, ...]  # events whose private facts go
    unfiled: tuple[str, ...]  # scans that became no document

    @property
    def is_left(self) -> bool:
        return bool(self.rows or self.unfiled)

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


def remove(root: Path, catalogue: Catalogue, doc_codes: Sequence[str], removal: Removal, scans: Sequence[str] = ()) -> Removed:
    """Removes documents, with those whose places they took; done again it finishes what was cut short.

    Args:
        root, catalogue: the archive.
        doc_codes: the documents.
        removal: the order.
        scans: of what became no document, to be purged: what is private of them in the log.

    Raises:
        ArchiveError: `unknown`, `not-filed`, `frozen`, `day-closing`, `clock-behind`; `scan-shared`, a secret's scan is another
            living document's too; `altered`, the catalogue does not give the manifest that was sealed.
    """
    with catalogue.writing() as db:
        plan = _plan(db, doc_codes, removal.kind, scans)
        plan.days(db)
        for row in plan.rows:
            holds.refuse_held(db, row["doc_code"], row["file_code"])
            orders.ask(catalogue, removal, row["doc_code"], row["scan_sha256"])
        for scan in plan.unfiled:
            orders.ask(catalogue, removal, None, scan)
    if plan.is_left:
        with catalogue.writing() as db:  # another process may have been quicker
            plan = _plan(db, doc_codes, removal.kind, scans)
            if plan.is_left:
                _carry_out(root, catalogue, db, plan, removal)
    catalogue.forget(index.merge, overwrite=removal.kind == "purged")
    with catalogue.reading() as db:
        codes = [*dict.fromkeys([*doc_codes, *(code for each in doc_codes for code in _former(db, each))])]
        return orders.went(db, codes, scans)


def _is_gone(db: Database, code: str) -> bool:
    return bool(db.table("document").count_where("doc_code = ? and state in ('disposed', 'purged')", [code]))


def _former(db: Database, code: str) -> list[str]:
    """Codes a document had, or of documents it took the place of, and those that took its own."""
    sql = "select doc_code from document where ? in (supersedes, superseded_by)"
    found, left = {code}, [code]
    while left:
        new = {row["doc_code"] for row in db.query(sql, [left.pop()])} - found
        found |= new
        left += new
    return sorted(found - {code})


def _is_purged(db: Database, scan: str) -> bool:
    return bool(db.table("event").count_where("type = 'purged' and scan_sha256 = ? and doc_code is null", [scan]))


def _plan(db: Database, doc_codes: Sequence[str], kind: Kind, unfiled: Sequence[str]) -> _Plan:
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
    unfiled = [scan for scan in unfiled if not _is_purged(db, scan) and not _others(db, scan, marks, list(rows), kind)]
    going += [scan for scan in unfiled if scan not in going]
    if kind == "purged":
        going += [piece for piece in _pieces(db, going) if not _others(db, piece, marks, list(rows), kind)]
    erased = _private_of(db, rows, going) if kind == "purged" else ()
    return _Plan(tuple(rows.values()), files, tuple(going), tuple(erased), tuple(unfiled))


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


def _carry_out(root: Path, catalogue: Catalogue, db: Database, plan: _Plan, removal: Removal) -> None:
    """Files, manifests, leaves and rows; whoever seals or files waits meanwhile."""
    days, moment = plan.days(db), catalogue.moment()
    before = {day: bag.payload_of(db, dt.date.fromisoformat(day)) for day in days}
    folders = {root / shelf_of(dt.date.fromisoformat(day)) for day in days}
    protected = [folder for folder in folders if immutable.lift(folder)]  # cut short from here on, the next night sets it again
    for path in plan.files:
        _unlink(root, path)
    for path, (digest, _) in sorted(plan.files.items()):
        catalogue.append(Event("removed", removal.actor, public={"path": path, "sha256": digest}), moment)
    for row in plan.erased:
        db.table("event").update(row["seq"], {"private": None, "salt": None})
    told = _told(db, plan)
    _wipe(db, plan, removal.kind)
    for day in days:
        made, tags = bag.reseal(root, catalogue, dt.date.fromisoformat(day), before[day])
        bag.record(catalogue, removal.actor, made, tags, "resealed", moment)
    ids = {(row["doc_code"], row["scan_sha256"]) for row in plan.rows}
    ids |= {(None, scan) for scan in plan.scans if scan not in {row["scan_sha256"] for row in plan.rows}}
    for code, scan in sorted(ids, key=str):
        catalogue.append(Event(removal.kind, removal.actor, code, scan, {}, removal.private | told.get(code, {})), moment)
    for folder in protected:
        immutable.protect(folder)


def _told(db: Database, plan: _Plan) -> dict[str | None, dict[str, Any]]:
    """Who may see that a document was there hangs on its mode, and on those it was an annex of; who may see its annexes, on it."""
    numbers = {row["doc_code"]: "/".join((row["code_number"] or "", row["code_notation"] or "")) for row in plan.rows}
    mains = [row["main_code"] for row in plan.rows if row["main_code"]]
    sql = """select doc_code, doc_code named from document where doc_code in (select value from json_each(?1))
             union select doc_code, code_number || '/' || code_notation named from document
             where named in (select value from json_each(?1))"""
    known = list(db.query(sql, [json.dumps(mains)])) if mains else []  # a look through all documents: once an order
    return {row["doc_code"]: {
        "mode": row["mode"] or "", "main": [each["doc_code"] for each in known if each["named"] == row["main_code"]],
        "annexes": [each["doc_code"] for name in (row["doc_code"], numbers[row["doc_code"]])
                    for each in db.table("document").rows_where("main_code = ?", [name], select="doc_code", order_by="doc_code")],
    } for row in plan.rows}  # fmt: skip


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
        entomb(db, row, kind, row["mode"] or "")
    index.forget_names(db, {name for row in plan.rows for name in index.named(row)})
    for path in plan.files:
        db.table("scan").delete_where("path = ?", [PurePosixPath(path).as_posix()])


def entomb(db: Database, row: Row, kind: str, mode: str | None = None) -> None:
    """A document's row without what it told, nor anything of it elsewhere in the catalogue but its scan and its names.

    Args:
        db: the catalogue.
        row: the document's.
        kind: the state it is in from now on.
        mode: its mode of use, which says who may see that it was there; "" for none, None where that is not known any more.
    """
    # the path of a member of a mail or a package can hold names
    part = row["part"] if re.fullmatch("[0-9,-]*", row["part"]) else row["doc_code"]
    index.take_out(db, row["doc_code"])
    db.table("document").update(row["doc_code"], dict.fromkeys(set(row) - _STAYS) | {"state": kind, "part": part, "mode": mode})
    db.table("companion").delete_where("doc_code = ?", [row["doc_code"]])
