"""The part of `Archive` that publishes its log."""

from __future__ import annotations

import datetime as dt

from archive import heads, verify_heads
from archive.heads import LogKey, Published
from archive.places import Places
from archive.verify_log import Finding


class PublicLog(Places):
    """The log and its published heads; `Archive` is one."""

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

    def lost_heads(self) -> list[Finding]:
        """Published heads that are not there any more, or say something else."""
        with self._catalogue.reading() as db:
            return list(verify_heads.check_files(self.root, db))

    def unpublished(self) -> list[dt.date]:
        """Sealed days whose sealing no head covers, in the order of sealing; the head of the last covers them all."""
        sql = """select json_extract(public, '$.day') day from event
                 where type = 'sealed' and seq >= (select coalesce(max(size), 0) from checkpoint) order by seq"""
        with self._catalogue.reading() as db:
            return [dt.date.fromisoformat(row["day"]) for row in db.query(sql)]
