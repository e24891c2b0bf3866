"""The part of `Archive` that publishes its log."""

from __future__ import annotations

import datetime as dt

from archive import heads
from archive.heads import LogKey, Published
from archive.places import Places


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

    def unpublished(self) -> list[dt.date]:
        """Sealed days without a head, oldest first."""
        sql = "select day from day where sealed_at is not null and day not in (select day from checkpoint) order by day"
        with self._catalogue.reading() as db:
            return [dt.date.fromisoformat(row["day"]) for row in db.query(sql)]
