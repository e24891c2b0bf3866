"""What can be asked of a catalogue, whether it is the one that is written or a snapshot of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import AbstractContextManager

from sqlite_utils import Database

from archive import finding, rounds, search
from archive.finding import Ranked, Row
from archive.query import Query


class Asking:
    """Questions; `Archive` and `Reader` answer them."""

    def reading(self) -> AbstractContextManager[Database]:
        """The catalogue, for questions of the library's other rooms."""
        raise NotImplementedError

    def get(self, id: str) -> Row | None:
        """One document with its events and its pages' text, by code or a unique beginning of code or scan.

        Raises:
            ArchiveError: `ambiguous`.
        """
        with self.reading() as db:
            return search.get(db, id)

    def find(self, query: Query, *, snippets: bool = False) -> Iterator[Row]:
        """Documents that answer the question, newest first, read in portions as they are asked for.

        Args:
            snippets: each with `snippet`, a piece of its text with `hits.OPEN` and `hits.CLOSE` around what was looked for.

        Raises:
            ArchiveError: `bad-field`.
        """
        found = finding.find(self, query)
        return finding.with_snippets(self, found, query.words) if snippets else found

    def ranked(self, query: Query, *, snippets: bool = False) -> Ranked:
        """The newest documents that answer the question, the most relevant of them first.

        Raises:
            ArchiveError: `bad-field`.
        """
        found = finding.ranked(self, query)
        return Ranked(list(finding.with_snippets(self, iter(found.rows), query.words)), found.capped) if snippets else found

    def filed_on(self, day: dt.date) -> Iterator[Row]:
        """Documents on the shelf of a day, newest first."""
        return finding.portions(self, "+state = 'filed' and shelf_day = ?", [day.isoformat()], None)

    def events_on(self, day: dt.date) -> dict[str, int]:
        """How often each type of event happened on a day."""
        with self.reading() as db:
            return search.happened(db, day.isoformat())

    def event_count(self) -> int:
        """How many events the log holds: never less than before, unless an older catalogue was put in place."""
        with self.reading() as db:
            return int(next(db.query("select coalesce(max(seq) + 1, 0) n from event"))["n"])

    def fixity_standing(self, now: dt.datetime, nightly: dt.time) -> rounds.Standing:
        """How the fixity rounds stand at a moment, where the night begins at this local time."""
        with self.reading() as db:
            return rounds.standing(db, now, nightly)

    def counts(self) -> dict[str, int]:
        """How many codes are in which state."""
        with self.reading() as db:
            return search.states(db)
