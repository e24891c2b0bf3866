"""One document in the place of another: the code that is void, and the one that counts now.

Promises: both rows and the event are one transaction; nothing on any shelf is touched. An order given before the new document
is filed (`supersede-asked`) is an event too, so it outlives every queue.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlite_utils import Database

from archive import index
from archive.catalogue import Catalogue, Moment, Row
from archive.errors import ArchiveError
from archive.event import Event
from archive.record import DocumentKey

REFILED, RESCANNED = "refiled", "superseded"  # why a filed document's code is void


@dataclass(frozen=True, slots=True)
class Order:
    """A person's word that one document takes the place of another.

    Attributes:
        doc_code: whose place is taken.
        differs: though the two are known to differ: that person has looked at both.
    """

    doc_code: str
    reason: str
    actor: str
    differs: bool = False


def ask(catalogue: Catalogue, order: Order, scan_sha256: str, lane: str, part: str) -> None:
    """Keeps the order until that scan is filed by that lane; that part of it, where the new document is one of several.

    Raises:
        ArchiveError: `unknown`, `not-filed`: the document whose place is to be taken.
    """
    with catalogue.writing() as db:
        current(db, order.doc_code)
        private = {"reason": order.reason} | ({"part": part} if part else {})  # a part may be a name within a package
        public: dict[str, str | int] = {"lane": lane} | ({"differs": 1} if order.differs else {})
        catalogue.append(Event("supersede-asked", order.actor, order.doc_code, scan_sha256, public, private))


def asked_for(db: Database, key: DocumentKey) -> Order | None:
    """The last order that waits for this document, if what it is to replace is still filed."""
    sql = """select event.doc_code, actor, public, private from event join document using (doc_code)
             where type = 'supersede-asked' and event.scan_sha256 = ? and state = 'filed' order by event.seq desc"""
    for row in db.query(sql, [key.scan_sha256]):
        public, private = json.loads(row["public"]), json.loads(row["private"] or "{}")
        if public.get("lane") == key.lane and private.get("part", key.part) == key.part:
            return Order(row["doc_code"], private.get("reason", ""), row["actor"], bool(public.get("differs")))
    return None


def current(db: Database, doc_code: str) -> Row:
    """The row of a document that is filed and whose place nobody has taken.

    Raises:
        ArchiveError: `unknown`, `not-filed`.
    """
    for row in db.table("document").rows_where("doc_code = ?", [doc_code]):
        if row["state"] != "filed":
            by = f", {row['superseded_by']} took its place" if row["superseded_by"] else ""
            raise ArchiveError("not-filed", f"{doc_code} is {row['state']}{by}")
        return dict(row)
    raise ArchiveError("unknown", f"{doc_code!r} was never given")


def void(catalogue: Catalogue, db: Database, order: Order, by: str, reason_code: str, moment: Moment) -> None:
    """The code of the order is void from here on; `by` counts. Within the transaction that files or names `by`."""
    old = current(db, order.doc_code)
    private = {"reason": order.reason} if order.reason else {}
    event = Event("superseded", order.actor, old["doc_code"], old["scan_sha256"], {"by": by, "reason_code": reason_code}, private)
    seq = catalogue.append(event, moment)
    index.change(db, old["doc_code"], {"state": "void", "void_reason": reason_code, "superseded_by": by, "seq": seq})


def supersede(catalogue: Catalogue, order: Order, by: str) -> Row:
    """A filed document takes the place of another filed one; returns its row.

    Raises:
        ArchiveError: `unknown`, `not-filed`; `bad-link`, it is the same, or takes the place of another already.
    """
    with catalogue.writing() as db:
        old, new = current(db, order.doc_code), current(db, by)
        if old["doc_code"] == new["doc_code"] or new["supersedes"]:
            known = f"takes the place of {new['supersedes']}" if new["supersedes"] else "is the same document"
            raise ArchiveError("bad-link", f"{by} {known}")
        moment = catalogue.moment()
        void(catalogue, db, order, by, RESCANNED, moment)
        db.table("document").update(by, {"supersedes": order.doc_code})
        return new | {"supersedes": order.doc_code}
