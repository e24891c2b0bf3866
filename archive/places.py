"""The part of `Archive` in which one document takes another's place, and what is asked about that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from archive import filing, finding, holds, links, orders, refiling, removal, search
from archive.catalogue import Row
from archive.codes import CodeTemplate
from archive.event import shown
from archive.filebook import FileBook
from archive.links import Order
from archive.orders import Begun, Removal, Removed
from archive.record import DocumentKey


class Places(FileBook):
    """Documents in other documents' places; `Archive` is one."""

    root: Path
    _code_template: CodeTemplate

    def supersede(self, doc_code: str, by: str, reason: str, actor: str) -> Row:
        """A filed document takes the place of another, whose code is void; returns the record of the one that counts.

        Raises:
            ArchiveError: `unknown`, `not-filed`; `bad-link`, they are the same, or it takes another's place already.
        """
        return filing.fields_of(links.supersede(self._catalogue, Order(doc_code, reason, actor), by))

    def ask_supersede(self, order: Order, scan_sha256: str, lane: str, part: str = "") -> None:
        """The same, as soon as that scan is filed by that lane; of a scan with several documents, that `part` of it.

        Raises:
            ArchiveError: `unknown`, `not-filed`.
        """
        links.ask(self._catalogue, order, scan_sha256, lane, part)

    def supersede_asked(self, key: DocumentKey) -> Order | None:
        """The order to take a filed document's place that waits for this one to be filed, if there is one."""
        with self._catalogue.reading() as db:
            return links.asked_for(db, key)

    def refile(self, doc_code: str, file_code: str, reason: str, actor: str) -> Row:
        """Gives a filed document a code in another file; its bytes stay where they are, the old code is void.

        Raises:
            ArchiveError: `unknown`, `not-filed`, `file-unknown`, `file-closed`, `shelf-closed`, `clock-behind`;
                `bad-link`, it is in that file; `altered`, its record is not as it was.
        """
        order = Order(doc_code, reason, actor)
        return refiling.refile(self.root, self._catalogue, order, file_code, self._code_template)

    def freeze(self, code: str, reason: str, actor: str, *, is_file: bool = False, lift: bool = False) -> None:
        """Nothing of a frozen document or file is removed until that is lifted.

        Raises:
            ArchiveError: `unknown`, `file-unknown`; `frozen`, `not-frozen`: it is so already.
        """
        holds.set_hold(self._catalogue, code, is_file=is_file, lift=lift, reason=reason, actor=actor)

    def remove(self, doc_codes: Sequence[str], order: Removal, scans: Sequence[str] = ()) -> Removed:
        """Removes documents by order, and what the log knows of scans that became none; codes stay. Done again it finishes.

        Raises:
            ArchiveError: `unknown`, `not-filed`, `frozen`, `day-closing`, `scan-shared`, `altered`.
        """
        return removal.remove(self.root, self._catalogue, doc_codes, order, scans)

    def end_removal(self, removed: Removed, actor: str) -> None:
        """Copies, minutes and what else an order wanted are done."""
        orders.end(self._catalogue, actor, removed.codes, removed.scans)

    def begun_removals(self) -> list[Begun]:
        """Orders that were begun and are not ended, oldest first."""
        with self._catalogue.reading() as db:
            return orders.begun(db)

    def half_removed(self) -> list[str]:
        """Codes, and scans that became no document, of which an order was begun and not ended."""
        return [id for each in self.begun_removals() for id in (*each.codes, *each.scans)]

    def ordered_of_file(self, order: str, file_code: str) -> list[str]:
        """Codes of a file that an order of this text removed, or was about to."""
        with self._catalogue.reading() as db:
            return orders.of_file(db, order, file_code)

    def told_on(self, day: dt.date, type: str) -> list[Row]:
        """The events of a type on a day, oldest first, as an auditor reads them."""
        sql = "select * from event join leaf using (seq) where day = ? and type = ? order by seq"
        with self._catalogue.reading() as db:
            return [shown(row) for row in db.query(sql, [day.isoformat(), type])]

    def told_of(self, scan_sha256: str) -> list[Row]:
        """The events of a scan, oldest first, whether it became a document or not."""
        sql = "select * from event join leaf using (seq) where scan_sha256 = ? order by seq"
        with self._catalogue.reading() as db:
            return [shown(row) for row in db.query(sql, [scan_sha256])]

    def same_number(self, doc_code: str | None = None) -> list[list[Row]]:
        """Filed documents that bear one number, notation and year, in groups (of one document, or all there are)."""
        with self._catalogue.reading() as db:
            return search.same_number(db, doc_code)

    def shelved_on(self, day: dt.date) -> Iterator[Row]:
        """What lies on the shelf of a day, also under codes that are void: another document took their place."""
        return finding.portions(self._catalogue, "path is not null and shelf_day = ?", [day.isoformat()], None)
