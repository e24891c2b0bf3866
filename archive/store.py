"""`Archive`: numbering, filing, describing, asking.

Promises: what `file` returns is on the disk and in the catalogue, or nothing of it is; the same key never
gets two codes while the first is not void; a code is never used twice. Refuses (ArchiveError) to file on a
day that is closed, to change what is filed, to number for files that were not declared. Parses no document
and draws no conclusion from one.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlite_utils import Database

from archive import bag, codes, filing, heads, immutable, naming, reader, search, shelves, verify
from archive.asking import Asking
from archive.bag import SealResult
from archive.catalogue import Catalogue, Row
from archive.codes import CodeTemplate
from archive.dossiers import FileRow
from archive.durable import clear_temporaries, make_dirs_durably
from archive.errors import ArchiveError
from archive.event import Event
from archive.publiclog import PublicLog
from archive.query import Query
from archive.record import DocumentKey, Filing
from archive.search import WHOLE, Portion
from archive.verify import CheckPdf, Finding, VerifyResult

__all__ = ["Archive", "ArchiveError", "DayRow", "FileRow", "Query", "SealResult", "VerifyResult"]

RequireToClose = Callable[[str], tuple[str, ...]]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day on which something was filed or happened."""

    day: dt.date
    documents: int
    sealed_at: str | None


class Archive(PublicLog, Asking):
    """One archive on the disk. Open it with `Archive.open`; several threads may use it."""

    def __init__(
        self, root: Path, catalogue: Catalogue, require_to_close: RequireToClose, organization: str, code_template: CodeTemplate
    ) -> None:
        self.root = root
        self._catalogue = catalogue
        self._require_to_close = require_to_close
        self._organization = organization
        self._code_template = code_template
        self._sealing = threading.Lock()

    @classmethod
    def open(
        cls,
        root: Path,
        clock: Callable[[], dt.datetime],
        *,
        require_to_close: RequireToClose = lambda lane: (),
        organization: str = "",
        code_template: CodeTemplate = lambda day: naming.DOC_CODE,
        witnesses: Sequence[str] = (),
    ) -> Archive:
        """Opens the archive in this folder, and makes it first where there is none.

        Args:
            root: The folder; on a local file system.
            clock: Tells the time, with its zone.
            require_to_close: Fields without which the description of a document of a lane is `partial`.
            organization: Name that bags carry as their source.
            code_template: How document codes are written on a day, of `{file_code}` and `{ordinal}`.
            witnesses: Verifier keys of those whose signatures under heads of the log are believed.

        Raises:
            ArchiveError: `catalogue-version`; `catalogue-missing`, there are shelves and no catalogue; `catalogue-older`,
                `log-forked`, `log-unreadable`: it is not the one whose log was published (`heads.check`).
        """
        make_dirs_durably(root)
        # a new, empty one would take all that lies there for an interrupted filing's leavings
        if not (root / "catalogue.db").exists() and any(shelves.day_folders(root)):
            raise ArchiveError("catalogue-missing", f"{root} has shelves and no catalogue.db: `sohoa rebuild` makes it again")
        catalogue = Catalogue.open(root / "catalogue.db", clock)
        try:
            with catalogue.reading() as db:
                heads.check(root, db)
        except ArchiveError:
            catalogue.close()
            raise
        shelves.explain(root)
        opened = cls(root, catalogue, require_to_close, organization, code_template)
        opened.witnesses = tuple(witnesses)
        return opened

    def close(self) -> None:
        """Ends the use of the archive."""
        self._catalogue.close()

    # Codes

    def reserve(self, key: DocumentKey, actor: str) -> str:
        """The document's code: the one its key has, or the next of its file.

        Raises:
            ArchiveError: `file-unknown`, `file-closed`.
        """
        return codes.reserve(self._catalogue, key, actor, self._code_template)

    def void(self, doc_code: str, reason_code: str, actor: str) -> None:
        """Gives up a code whose document failed; it is never used again.

        Raises:
            ArchiveError: `unknown`; `not-numbered`, it is filed or void.
        """
        codes.void(self._catalogue, doc_code, reason_code, actor)

    def key_state(self, key: DocumentKey) -> tuple[str, str | None]:
        """`new`, `numbered` or `filed`, and the code there is."""
        with self._catalogue.reading() as db:
            return codes.standing(db, key)

    # Documents

    def file(self, what: Filing, actor: str) -> Row:
        """Puts a document on today's shelf: files, rows, event and leaf, or nothing.

        Filing the same document again returns its record.

        Raises:
            ArchiveError: `unknown`, `key-mismatch`, `already-filed` (other bytes), `not-numbered` (void),
                `shelf-closed`, `clock-behind`, `altered`, `exists`, `not-a-file`.
            OSError: the disk failed; nothing is filed.
        """
        return filing.file(self.root, self._catalogue, what, actor)

    def describe(self, doc_code: str, changes: Mapping[str, str], actor: str, expected: str = "") -> Row:
        """Adds to what is known of a filed document; what lies on the shelf is untouched.

        Args:
            expected: `record.description_digest` of what whoever changes it has seen; empty: not asked.

        Raises:
            RecordError: `bad-field`, `bad-value`.
            ArchiveError: `unknown`, `not-filed`; `changed`: it is not what was seen any more.
        """
        return filing.describe(self._catalogue, doc_code, changes, actor, self._require_to_close, expected)

    def recover(self) -> list[str]:
        """At start: removes what an interrupted filing left on days not yet sealed; returns those paths."""
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
            self._catalogue.append(Event(type, actor, doc_code, scan_sha256, public, private))

    # Questions

    def reading(self) -> AbstractContextManager[Database]:
        """The catalogue, for questions of the library's other rooms."""
        return self._catalogue.reading()

    def snapshot(self, path: Path) -> None:
        """Puts a copy of the catalogue, as it is committed, at this path in whole; `Reader` opens it.

        Raises:
            OSError, sqlite3.Error: the disk failed; an earlier snapshot is as it was.
        """
        reader.snapshot(self.root / "catalogue.db", path)

    def scan_blob(self, scan_sha256: str) -> Path | None:
        """Where the archive keeps these bytes, if it does."""
        with self._catalogue.reading() as db:
            return next((self.root / row["path"] for row in db.table("scan").rows_where("sha256 = ?", [scan_sha256])), None)

    def to_describe(self, part: Portion = WHOLE) -> list[Row]:
        """Filed documents whose description is partial, by code; `reason` names the fields that are missing."""
        with self._catalogue.reading() as db:
            return search.to_describe(db, self._require_to_close, part)

    def count_to_describe(self) -> dict[str, int]:
        """How many they are, by lane."""
        with self._catalogue.reading() as db:
            return search.count_to_describe(db)

    # Days

    def days(self) -> list[DayRow]:
        """All days on which something was filed or happened, oldest first."""
        sql = """select day, (select count(*) from document where shelf_day = day) documents,
                        (select sealed_at from day as sealed where sealed.day = known.day) sealed_at
                 from (select distinct day from event union
                       select distinct shelf_day from document where shelf_day is not null) known order by day"""
        with self._catalogue.reading() as db:
            return [DayRow(dt.date.fromisoformat(row["day"]), row["documents"], row["sealed_at"]) for row in db.query(sql)]

    def unsealed_before(self, day: dt.date) -> list[dt.date]:
        """Days before this one that still have to be sealed, oldest first."""
        return [row.day for row in self.days() if row.sealed_at is None and row.day < day]

    def seal_day(self, day: dt.date, actor: str) -> SealResult:
        """Makes a past day a bag that is never changed again; may be run again after any interruption.

        Raises:
            ArchiveError: `day-open`; `missing`, `altered`, `orphan`: the shelf contradicts the catalogue.
        """
        with self._sealing:
            return bag.seal_day(self.root, self._catalogue, day, actor, self._organization)

    def protect(self) -> list[dt.date]:
        """Sets the immutable flag on sealed days that do not bear it; days on which it could not be set."""
        folders = {each.day: self.root / each.place for each in self.sealed_days()}
        lacking = {day: folder for day, folder in folders.items() if folder.is_dir() and not immutable.is_set(folder)}
        return [day for day, folder in lacking.items() if not immutable.protect(folder)]

    def verify(
        self, what: Sequence[str] | dt.date | None = None, check_pdf: CheckPdf | None = None
    ) -> VerifyResult:
        """Checks documents (as `get` names them), a day, or (None) everything.

        Args:
            check_pdf: Is asked about each PDF whose bytes are unaltered.

        Raises:
            ArchiveError: `ambiguous`.
        """
        if what is not None and not isinstance(what, dt.date):
            with self._catalogue.reading() as db:
                rows = [(id, search.one(db, id)) for id in what]
            what = [row["doc_code"] if row else id for id, row in rows]
        return verify.verify(self.root, what, check_pdf, self.witnesses)

    def verify_share(self, parts: Collection[int], of: int) -> list[Finding]:
        """Checks what belongs to no document, of these parts: bags with their events, scans nothing was made of."""
        return verify.verify_share(self.root, parts, of)
