"""The part of `Archive` that publishes its log."""

from __future__ import annotations

import datetime as dt

from archive import cosigned, heads, proofs, verify_heads
from archive.catalogue import Row
from archive.copies import SealedDay
from archive.cosigned import Seen
from archive.event import shown
from archive.heads import LogKey, Published
from archive.naming import local_date
from archive.places import Places
from archive.proofs import Proof
from archive.prooftext import consistency_text
from archive.verify_log import Finding


class PublicLog(Places):
    """The log and its published heads; `Archive` is one."""

    witnesses: tuple[str, ...] = ()  # verifier keys that are believed

    def publish(self, day: dt.date, key: LogKey) -> Published:
        """Publishes the head of the log for a day that was sealed; may be run again after any interruption.

        Raises:
            ArchiveError: `day-open`, it is not sealed.
        """
        return heads.publish(self.root, self._catalogue, day, key)

    def published(self) -> list[Published]:
        """All heads that were published, oldest first."""
        with self._catalogue.reading() as db:
            return heads.published(self.root, db)

    def proof(self, id: str) -> Proof:
        """That a document is in the log.

        Raises:
            ArchiveError: `unknown`, `ambiguous`, `not-filed`; `not-published`, no head covers it yet.
        """
        with self._catalogue.reading() as db:
            return proofs.of_document(self.root, db, id)

    def consistency(self, size: int) -> str:
        """The newest head, with the proof that the log of so many entries (0: none) is its beginning: a request to a witness.

        Raises:
            ArchiveError: `not-published`, there is no head; `unknown`, the newest is smaller.
        """
        with self._catalogue.reading() as db:
            newest, path = proofs.since(self.root, db, size)
        return consistency_text(size, path, (newest.folder / heads.CHECKPOINT).read_text("utf-8"))

    def sealed_days(self) -> list[SealedDay]:
        """Days that are bags, oldest first, with the manifest the log knows."""
        sql = "select day, manifest_sha256 from day where sealed_at is not null order by day"
        removed: dict[str, list[str]] = {}
        with self._catalogue.reading() as db:
            for row in db.query("select json_extract(public, '$.path') path from event where type = 'removed'"):
                removed.setdefault(row["path"][:10].replace("/", "-"), []).append(row["path"][11:])
            return [SealedDay(dt.date.fromisoformat(row["day"]), row["manifest_sha256"], tuple(removed.get(row["day"], ())))
                    for row in db.query(sql)]  # fmt: skip

    def happened(self, *types: str) -> list[Row]:
        """All events of these types, oldest first, as an auditor reads them."""
        sql = f"select * from event join leaf using (seq) where type in ({', '.join('?' * len(types))}) order by seq"
        with self._catalogue.reading() as db:
            return [shown(row) for row in db.query(sql, list(types))]

    def lost_heads(self) -> list[Finding]:
        """Published heads that are not there any more, or say something else; what witnesses signed, and does not hold."""
        with self._catalogue.reading() as db:
            return [*verify_heads.check_files(self.root, db), *cosigned.check(self.root, db, self.witnesses)]

    def take_cosigned(self, data: bytes, actor: str) -> list[Seen]:
        """Takes in a head that a witness signed.

        Raises:
            WitnessError: `bad-request`, `not-pinned`, `signature-invalid`, `log-forked`.
        """
        return cosigned.take(self.root, self._catalogue, data, self.witnesses, actor)

    def cosigned(self, size: int | None = None) -> list[Seen]:
        """What witnesses signed, newest head first; of one head, where its size is given."""
        return cosigned.listed(self.root, self.witnesses, size)

    def unpublished(self) -> list[dt.date]:
        """Days whose sealing no head covers, in the order of sealing; the head of the last covers all.

        Of what was sealed anew, the day on which that was done, once it is over: else it waits for that day's own head.
        """
        sql = """select case type when 'sealed' then json_extract(public, '$.day') else day end day from event
                 where type in ('sealed', 'resealed') and seq >= (select coalesce(max(size), 0) from checkpoint)
                 and (type = 'sealed' or day < ?) order by type = 'sealed', seq"""
        with self._catalogue.reading() as db:
            found = db.query(sql, [local_date(self._catalogue.now()).isoformat()])
            return [dt.date.fromisoformat(row["day"]) for row in found]
