"""Orders to remove documents, as the log tells them: begun, carried out, ended.

Promises: an order that was begun is known until it is ended, whatever was cut short between: before the first byte went, or after
the last, when copies and minutes were still to come. Changes nothing but the log.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlite_utils import Database

from archive.catalogue import Catalogue
from archive.event import Event

Kind = Literal["disposed", "purged"]
GONE = ("disposed", "purged")
ASKED, ENDED = "dispose-asked", "removal-ended"


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
class Begun:
    """An order that was begun and is not ended: what it is about, and what it is, as far as the log still knows (`order` empty)."""

    removal: Removal
    codes: tuple[str, ...]
    scans: tuple[str, ...]


def begun(db: Database) -> list[Begun]:
    """Orders that are not ended, oldest first."""
    ended = [json.loads(row["public"]) for row in db.query("select public from event where type = ?", [ENDED])]
    sql = "select seq, doc_code, scan_sha256, actor, public, private from event where type = ? order by seq"
    found: dict[tuple[str, str, str], tuple[list[str], list[str]]] = {}
    for row in db.query(sql, [ASKED]):
        if not any(each["first"] <= row["seq"] <= each["last"] for each in ended):
            codes, scans = found.setdefault((row["actor"], json.loads(row["public"])["kind"], row["private"] or "{}"), ([], []))
            (codes if row["doc_code"] else scans).append(row["doc_code"] or row["scan_sha256"])
    return [Begun(_removal(*told), tuple(codes), tuple(scans)) for told, (codes, scans) in found.items()]


def _removal(actor: str, kind: str, private: str) -> Removal:
    told = json.loads(private)
    return Removal("purged" if kind == "purged" else "disposed", told.get("order", ""), tuple(told.get("by", ())), actor,
                   told.get("early", ""))  # fmt: skip


def of_file(db: Database, order: str, file_code: str) -> list[str]:
    """Codes of a file that this very order removed, or was about to."""
    sql = """select distinct doc_code, event.private from event join document using (doc_code)
             where type = ? and file_code = ? and event.private is not null order by doc_code"""
    rows = db.query(sql, [ASKED, file_code])
    return list(dict.fromkeys(row["doc_code"] for row in rows if json.loads(row["private"]).get("order") == order))


def ask(catalogue: Catalogue, removal: Removal, doc_code: str | None, scan: str) -> None:
    """The order is in the log before the first byte goes; within a writing transaction, once."""
    whose, value = ("doc_code = ?", doc_code) if doc_code else ("doc_code is null and scan_sha256 = ?", scan)
    if not catalogue.within.table("event").count_where(f"{whose} and type = ?", [value, ASKED]):
        catalogue.append(Event(ASKED, removal.actor, doc_code, scan, {"kind": removal.kind}, removal.private))


def end(catalogue: Catalogue, actor: str, codes: Collection[str], scans: Collection[str]) -> None:
    """All that an order wanted is done; told once."""
    with catalogue.writing() as db:
        left = begun(db)
        ids = {id for each in left for id in (*each.codes, *each.scans)} & {*codes, *scans}
        asked = db.query("select seq, coalesce(doc_code, scan_sha256) id from event where type = ? order by seq", [ASKED])
        for first, last in _ranges([row["seq"] for row in asked if row["id"] in ids]):
            catalogue.append(Event(ENDED, actor, public={"first": first, "last": last}))


def _ranges(numbers: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def went(db: Database, codes: Sequence[str], scans: Sequence[str]) -> Removed:
    """What was removed with these codes and scans, as the transactions that did it told."""
    ids = {*codes, *scans}
    sql = "select at, coalesce(doc_code, scan_sha256) id, scan_sha256 from event where type in ('disposed', 'purged') order by seq"
    rows = [row for row in db.query(sql) if row["id"] in ids]
    moments = sorted({row["at"] for row in rows})  # a transaction has one
    sql = f"""select type, public from event where type in ('removed', 'resealed') and at in ({", ".join("?" * len(moments))})"""
    told = [(row["type"], json.loads(row["public"])) for row in db.query(sql, moments)]
    files = {public["path"]: public["sha256"] for type, public in told if type == "removed"}
    days = tuple(sorted({public["day"] for type, public in told if type == "resealed"}))
    bytes_went = {row["scan_sha256"] for row in rows} & {*files.values(), *scans}
    return Removed(tuple(codes), tuple(sorted(bytes_went)), tuple(sorted(files)), days)
