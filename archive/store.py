"""`Archive`: numbering, filing, describing, asking.

Promises: what `file` returns is on the disk and in the catalogue, or nothing of it is; the same key never gets two codes
while the first is not void; a code is never used twice. Refuses (ArchiveError) to file on a day that is closed, to
change what is filed, to number for files that were not declared. Parses no document and draws no conclusion from one.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlite_utils import Database

from archive import bag, filing, naming, search, shelves, verify
from archive.bag import SealResult
from archive.catalogue import Catalogue, Moment, Row
from archive.durable import clear_temporaries, make_dirs_durably, write_durably
from archive.errors import ArchiveError
from archive.event import Event, stamp
from archive.query import Query
from archive.record import DESCRIPTIVE, DocumentKey, Filing
from archive.verify import CheckPdf, VerifyResult

__all__ = ["Archive", "ArchiveError", "DayRow", "FileRow", "Query", "SealResult", "VerifyResult"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_SAME_KEY = "scan_sha256 = ? and lane = ? and file_code = ? and part = ? and again = ? and state != 'void'"


@dataclass(frozen=True, slots=True)
class FileRow:
    """A declared file (hồ sơ); times are UTC, `documents` counts those filed."""

    file_code: str
    title: str
    maintenance: str
    year: int
    opened_at: str
    closed_at: str | None
    documents: int


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day on which something was filed or happened."""

    day: dt.date
    documents: int
    sealed_at: str | None


class Archive:
    """One archive on the disk. Open it with `Archive.open`; several threads may use it."""

    def __init__(
        self, root: Path, catalogue: Catalogue, require_to_close: tuple[str, ...], organization: str
    ) -> None:
        self.root = root
        self._catalogue = catalogue
        self._require_to_close = require_to_close
        self._organization = organization
        self._sealing = threading.Lock()

    @classmethod
    def open(
        cls,
        root: Path,
        clock: Callable[[], dt.datetime],
        *,
        require_to_close: tuple[str, ...] = (),
        organization: str = "",
    ) -> Archive:
        """Opens the archive in this folder, and makes it first where there is none.

        Args:
            root: The folder; on a local file system.
            clock: Tells the time, with its zone.
            require_to_close: Fields without which the description of a filed document is `partial`.
            organization: Name that bags carry as their source.

        Raises:
            ArchiveError: `catalogue-version`.
        """
        make_dirs_durably(root)
        catalogue = Catalogue.open(root / "catalogue.db", clock)
        if not (root / "FORMAT.md").exists():
            write_durably(root / "FORMAT.md", resources.files("archive").joinpath("FORMAT.md").read_bytes())
        return cls(root, catalogue, require_to_close, organization)

    def close(self) -> None:
        """Ends the use of the archive."""
        self._catalogue.close()

    # Files (hồ sơ)

    def declare_file(
        self, file_code: str, title: str, *, maintenance: str = "", organ_id: str = "", year: int, actor: str
    ) -> FileRow:
        """Opens a file that documents may be numbered in; the same declaration again changes nothing.

        Raises:
            ArchiveError: `bad-file-code`; `file-exists`, declared with other facts or differing only in case.
        """
        if not naming.valid_file_code(file_code):
            raise ArchiveError("bad-file-code", f"{file_code!r} is not organisation.year.notation")
        facts = {"title": title, "maintenance": maintenance, "organ_id": organ_id, "year": year}
        with self._catalogue.writing() as db:
            # two codes that differ only in case would be one folder's names on Windows
            same = list(db.table("file").rows_where("caseless = ?", [file_code.casefold()]))
            if same and {"file_code": file_code} | facts != {name: same[0][name] for name in ("file_code", *facts)}:
                raise ArchiveError("file-exists", f"{same[0]['file_code']} is declared already with other facts")
            if not same:
                at = self._append(Event("file-declared", actor, public={"file_code": file_code}, private=facts))
                db.table("file").insert({"file_code": file_code, "caseless": file_code.casefold(), **facts,
                                         "opened_at": stamp(at.at), "closed_at": None, "last_ordinal": 0})  # fmt: skip
            return _file_row(db, _file(db, file_code))

    def close_file(self, file_code: str, actor: str) -> None:
        """Ends the numbering in a file; codes already reserved may still be filed.

        Raises:
            ArchiveError: `file-unknown`.
        """
        with self._catalogue.writing() as db:
            if _file(db, file_code)["closed_at"] is None:
                at = self._append(Event("file-closed", actor, public={"file_code": file_code}))
                db.table("file").update(file_code, {"closed_at": stamp(at.at)})

    def files(self) -> list[FileRow]:
        """All declared files, by code."""
        with self._catalogue.reading() as db:
            return [_file_row(db, row) for row in db.table("file").rows_where(order_by="file_code")]

    def declared(self, file_code: str) -> FileRow | None:
        """One declared file, or None."""
        with self._catalogue.reading() as db:
            return next((_file_row(db, row) for row in db.table("file").rows_where("file_code = ?", [file_code])), None)

    # Codes

    def reserve(self, key: DocumentKey, actor: str) -> str:
        """The document's code: the one its key has, or the next of its file.

        Raises:
            ArchiveError: `file-unknown`, `file-closed`.
        """
        with self._catalogue.writing() as db:
            if known := _by_key(db, key):
                return str(known["doc_code"])
            file = _file(db, key.file_code)
            if file["closed_at"] is not None:
                raise ArchiveError("file-closed", f"{key.file_code} takes no more documents")
            ordinal = file["last_ordinal"] + 1
            code = naming.doc_code(key.file_code, ordinal)
            public = {"lane": key.lane, "file_code": key.file_code, "doc_ordinal": ordinal, "again": key.again}
            # a part may be the path of a member of a mail: it can hold names
            private = {"part": key.part} if key.part else {}
            seq = self._catalogue.append(Event("numbered", actor, code, key.scan_sha256, public, private))
            db.table("document").insert({
                "doc_code": code, "file_code": key.file_code, "doc_ordinal": ordinal, "scan_sha256": key.scan_sha256,
                "lane": key.lane, "part": key.part, "again": key.again, "state": "numbered", "seq": seq,
            })  # fmt: skip
            db.table("file").update(key.file_code, {"last_ordinal": ordinal})
            return code

    def void(self, doc_code: str, reason_code: str, actor: str) -> None:
        """Gives up a code whose document failed; it is never used again.

        Raises:
            ArchiveError: `unknown`; `not-numbered`, it is filed or void.
        """
        with self._catalogue.writing() as db:
            row = _document(db, doc_code)
            if row["state"] != "numbered":
                raise ArchiveError("not-numbered", f"{doc_code} is {row['state']}")
            seq = self._catalogue.append(
                Event("void", actor, doc_code, row["scan_sha256"], {"reason_code": reason_code})
            )
            db.table("document").update(doc_code, {"state": "void", "void_reason": reason_code, "seq": seq})

    def key_state(self, key: DocumentKey) -> tuple[str, str | None]:
        """`new`, `numbered` or `filed`, and the code there is."""
        with self._catalogue.reading() as db:
            row = _by_key(db, key)
            return (row["state"], row["doc_code"]) if row else ("new", None)

    # Documents

    def file(self, what: Filing, actor: str) -> Row:
        """Puts a document on today's shelf: files, rows, event and leaf, or nothing.

        Filing the same document again returns its record.

        Raises:
            ArchiveError: `unknown`, `key-mismatch`, `already-filed` (with other bytes), `not-numbered` (void),
                `shelf-closed`, `clock-behind`, `altered`, `exists`, `not-a-file`.
            OSError: the disk failed; nothing is filed.
        """
        with self._catalogue.writing() as db:
            numbered = _document(db, what.doc_code)
            if numbered["state"] == "filed":
                return _filed_already(numbered, what)
            _check(numbered, what)
            moment = self._open_moment(db)
            scan = next(iter(db.table("scan").rows_where("sha256 = ?", [what.key.scan_sha256])), None)
            scan_path = scan["path"] if scan else filing.scan_place(what, moment.at)
            row = filing.row_of(what, numbered, moment.at, scan_path)
            record = filing.record_of(what, row, _file(db, row["file_code"]), what.scan.size)
            blob = filing.shelve(self.root, what, row, record, scan_known=scan is not None)
            row |= {"record_sha256": blob.sha256, "record_size": blob.size}
            row["seq"] = self._catalogue.append(_filed(row, what, actor), moment)
            if scan is None:
                db.table("scan").insert({"sha256": what.key.scan_sha256, "path": scan_path, "size": what.scan.size,
                                         "shelf_day": row["shelf_day"]})  # fmt: skip
            db.table("document").update(what.doc_code, row)
            db.table("search").insert(filing.search_row(row, filing.pages_of(what)))
        return filing.fields_of(row)

    def describe(self, doc_code: str, changes: Mapping[str, str], actor: str) -> Row:
        """Adds to what is known of a filed document; what lies on the shelf is untouched.

        Raises:
            RecordError: `bad-field`, `bad-value`.
            ArchiveError: `unknown`, `not-filed`.
        """
        with self._catalogue.writing() as db:
            row = _document(db, doc_code)
            if row["state"] != "filed":
                raise ArchiveError("not-filed", f"{doc_code} is {row['state']}")
            if not changes:
                return filing.fields_of(row)
            described = filing.description_of(row).replace_fields(changes)
            values = {name: getattr(described, name) for name in DESCRIPTIVE}
            public = {"fields": ",".join(sorted(changes))}
            private = {name: values[name] for name in changes}
            self._append(Event("described", actor, doc_code, row["scan_sha256"], public, private))
            row |= values | {
                "confidence": json.dumps(dict(described.confidence), sort_keys=True),
                "description": "partial" if described.lacks(self._require_to_close) else "full",
            }
            db.table("document").update(doc_code, row)
            found = next(iter(db.table("search").rows_where("doc_code = ?", [doc_code])))
            db.table("search").update(found["id"], filing.search_row(row, json.loads(found["pages"])))
        return filing.fields_of(row)

    def recover(self) -> list[str]:
        """At start: removes what an interrupted filing left on days that are not sealed; returns those paths."""
        with self._catalogue.writing() as db:
            sealed = {row["day"] for row in db.table("day").rows_where("sealed_at is not null")}
            removed = [path.name for path in clear_temporaries(self.root)]
            for folder in shelves.day_folders(self.root):
                if shelves.day_of(folder) not in sealed:
                    removed += shelves.clear(self.root, folder, db)
        return removed

    def event(
        self,
        type: str,
        *,
        doc_code: str | None = None,
        scan_sha256: str | None = None,
        actor: str,
        public: Mapping[str, str | int] = _NOTHING,
        private: Mapping[str, object] = _NOTHING,
    ) -> None:
        """Records that something happened. Names, titles and text belong in `private`, never in `public`.

        Raises:
            RecordError: `bad-value`.
        """
        with self._catalogue.writing():
            self._append(Event(type, actor, doc_code, scan_sha256, public, private))

    # Questions

    def get(self, id: str) -> Row | None:
        """One document with its events and the text of its pages, by code or by a unique beginning of code or scan.

        Raises:
            ArchiveError: `ambiguous`.
        """
        with self._catalogue.reading() as db:
            return search.get(db, id)

    def find(self, query: Query) -> Iterator[Row]:
        """Documents that answer the question, newest first, read in portions as they are asked for.

        Raises:
            ArchiveError: `bad-field`.
        """
        return search.find(self._catalogue, query)

    def scan_blob(self, scan_sha256: str) -> Path | None:
        """Where the archive keeps these bytes, if it does."""
        with self._catalogue.reading() as db:
            rows = db.table("scan").rows_where("sha256 = ?", [scan_sha256])
            return next((self.root / row["path"] for row in rows), None)

    def counts(self) -> dict[str, int]:
        """How many codes are in which state."""
        with self._catalogue.reading() as db:
            return {row["state"]: row["n"] for row in db.query("select state, count(*) n from document group by state")}

    def to_describe(self) -> list[Row]:
        """Filed documents whose description is partial; `reason` names the fields that are missing."""
        with self._catalogue.reading() as db:
            return [
                {"id": row["doc_code"], "name": row["original_name"], "lane": row["lane"],
                 "scan_sha256": row["scan_sha256"], "code": "partial",
                 "reason": ", ".join(filing.description_of(row).lacks(self._require_to_close))}
                for row in db.table("document").rows_where("description = 'partial'", order_by="doc_code")
            ]  # fmt: skip

    # Days

    def days(self) -> list[DayRow]:
        """All days on which something was filed or happened, oldest first."""
        sql = """select day, (select count(*) from document where shelf_day = day) documents,
                        (select sealed_at from day as sealed where sealed.day = event.day) sealed_at
                 from event group by day order by day"""
        with self._catalogue.reading() as db:
            return [DayRow(dt.date.fromisoformat(row["day"]), row["documents"], row["sealed_at"]) for row in db.query(sql)]

    def unsealed_before(self, day: dt.date) -> list[dt.date]:
        """Days before this one that still have to be sealed, oldest first."""
        return [row.day for row in self.days() if row.sealed_at is None and row.day < day]

    def seal_day(self, day: dt.date, actor: str) -> SealResult:
        """Makes a past day a bag that is never changed again; may be run again after any interruption.

        Raises:
            ArchiveError: `day-open`; `missing`, `altered`, `orphan`: the shelf is not what the catalogue says.
        """
        with self._sealing:
            return bag.seal_day(self.root, self._catalogue, day, actor, self._organization)

    def verify(self, what: Sequence[str] | dt.date | None = None, check_pdf: CheckPdf | None = None) -> VerifyResult:
        """Checks documents by code, a day, or (None) everything; `check_pdf` is asked about each PDF."""
        return verify.verify(self.root, what, check_pdf)

    def _append(self, event: Event) -> Moment:
        moment = self._catalogue.moment()
        self._catalogue.append(event, moment)
        return moment

    def _open_moment(self, db: Database) -> Moment:
        moment = self._catalogue.moment()
        if moment.behind:
            raise ArchiveError("clock-behind", f"the clock is {moment.behind} behind the last event")
        today = naming.local_date(moment.at).isoformat()
        if db.table("day").count_where("day >= ?", [today]):
            raise ArchiveError("shelf-closed", f"{today} or a later day is closed")
        return moment


def _file(db: Database, file_code: str) -> Row:
    for row in db.table("file").rows_where("file_code = ?", [file_code]):
        return row
    raise ArchiveError("file-unknown", f"{file_code!r} is not declared")


def _file_row(db: Database, row: Row) -> FileRow:
    filed = db.table("document").count_where("file_code = ? and state = 'filed'", [row["file_code"]])
    return FileRow(row["file_code"], row["title"], row["maintenance"] or "", row["year"], row["opened_at"],
                   row["closed_at"], filed)  # fmt: skip


def _document(db: Database, doc_code: str) -> Row:
    for row in db.table("document").rows_where("doc_code = ?", [doc_code]):
        return row
    raise ArchiveError("unknown", f"{doc_code!r} was never given")


def _by_key(db: Database, key: DocumentKey) -> Row | None:
    values = [key.scan_sha256, key.lane, key.file_code, key.part, key.again]
    return next(iter(db.table("document").rows_where(_SAME_KEY, values)), None)


def _filed_already(row: Row, what: Filing) -> Row:
    if row["sha256"] != what.pdf.sha256:
        raise ArchiveError("already-filed", f"{what.doc_code} is filed with other bytes")
    return filing.fields_of(row)


def _check(row: Row, what: Filing) -> None:
    if row["state"] != "numbered":
        raise ArchiveError("not-numbered", f"{what.doc_code} is {row['state']}")
    key = DocumentKey(row["scan_sha256"], row["lane"], row["file_code"], row["part"], row["again"])
    if key != what.key or what.scan.sha256 != key.scan_sha256:
        raise ArchiveError("key-mismatch", f"{what.doc_code} was reserved for another document")


def _filed(row: Row, what: Filing, actor: str) -> Event:
    public = {"sha256": row["sha256"], "size": row["size"], "path": row["path"], "record_sha256": row["record_sha256"],
              "scan_path": row["original_path"], "scan_size": what.scan.size}  # fmt: skip
    return Event("filed", actor, row["doc_code"], row["scan_sha256"], public)
