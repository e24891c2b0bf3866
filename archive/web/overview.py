"""How the archive stands: the overview, its days, its log."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from archive import cosigned, rounds
from archive.cosigned import Seen
from archive.heads import Published, standing
from archive.rounds import Missed, Round
from archive.store import Archive, DayRow
from archive.web.charts import chart
from archive.web.site import archive_of, gone, look, shown, site_of, snapshot_of

_CHARTED = 42  # days
_ROUNDS = 60
_DAYS = 200


def overview(request: Request) -> Response:
    """The first page."""
    archive = archive_of(request)
    days = per_day(archive)
    heads = astuple(standing(archive.published()))
    with archive.reading() as db:
        sealed = next(db.query("select day, sealed_at from day where sealed_at is not null order by day desc limit 1"), None)
        total = next(db.query("select count(*) documents, coalesce(sum(pages), 0) pages from document where state = 'filed'"))
    return shown(request, "overview.html", "overview", chart=chart(days), days=days, total=total, sealed=sealed,
                 rounds=_stood(request), heads=heads, standing=site_of(request).hands.standing(),
                 log_size=snapshot_of(request).log_size, sees_queues=snapshot_of(request).role.sees_events)  # fmt: skip


def per_day(archive: Archive) -> list[tuple[str, int, int]]:
    """Documents and pages of the last days on which there were any, oldest first."""
    sql = """select shelf_day, count(*) documents, sum(pages) pages from document where state = 'filed'
             group by shelf_day order by shelf_day desc limit ?"""
    with archive.reading() as db:
        return [(row["shelf_day"], row["documents"], row["pages"] or 0) for row in db.query(sql, [_CHARTED])][::-1]


def _stood(request: Request) -> rounds.Standing:
    """How the fixity rounds stand now, which may be later than the copy that is shown."""
    site = site_of(request)
    return archive_of(request).fixity_standing(site.clock(), site.hands.nightly)


def _nights(archive: Archive) -> list[Round | Missed]:
    """The last rounds and the nights without one, newest first."""
    with archive.reading() as db:
        made: list[Round | Missed] = [*rounds.rounds(db, _ROUNDS), *rounds.missed(db, _ROUNDS)]
    return sorted(made, key=lambda each: each.at, reverse=True)[:_ROUNDS]


def days(request: Request) -> Response:
    """All days, newest first."""
    archive, before = archive_of(request), request.query_params.get("before", "9999")
    rows = days_of(archive, before)
    published = heads_of(archive)
    more = rows[_DAYS - 1].day.isoformat() if len(rows) > _DAYS else ""
    return shown(request, "days.html", "days", rows=rows[:_DAYS], published=published, more=more)


def days_of(archive: Archive, before: str) -> list[DayRow]:
    """Days on which something was filed or happened, or that were sealed, newest first; one more than are shown.

    From one day to the one before it by the ends of indexes: there may be millions of events.
    """
    earlier = """(select max(day) from (select max(day) day from event where day < {0} union all select max(day) from day
                  where day < {0} union all select max(shelf_day) from document where shelf_day < {0}))"""
    sql = f"""with recursive known (day) as (select {earlier.format("?1")}
                  union all select {earlier.format("known.day")} from known where known.day is not null limit ?2)
              select day, (select count(*) from document where shelf_day = known.day) documents,
                     (select sealed_at from day as sealed where sealed.day = known.day) sealed_at
              from known where day is not null"""
    with archive.reading() as db:
        return [DayRow(dt.date.fromisoformat(row["day"]), row["documents"], row["sealed_at"])
                for row in db.query(sql, [before, _DAYS + 1])]  # fmt: skip


def _is_known(archive: Archive, day: dt.date) -> bool:
    before = (day + dt.timedelta(days=1)).isoformat() if day < dt.date.max else "9999-99"
    return any(row.day == day for row in days_of(archive, before)[:1])


def heads_of(archive: Archive) -> dict[dt.date, Published]:
    """The first head that covers the sealing of each day: days sealed in one night have one."""
    sql = "select json_extract(public, '$.day') day, max(seq) seq from event where type = 'sealed' group by 1"
    with archive.reading() as db:
        sealed = {str(row["day"]): int(row["seq"]) for row in db.query(sql)}
    published = archive.published()
    sizes = [each.head.size for each in published]
    places = {dt.date.fromisoformat(day): bisect_right(sizes, seq) for day, seq in sealed.items()}
    return {day: published[place] for day, place in places.items() if place < len(published)}


def day(request: Request) -> Response:
    """A day: its bag, its checkpoint, what happened."""
    asked = _day(request)
    if asked is None or not _is_known(archive_of(request), asked):
        return gone(request)
    return _day_shown(request, asked, None)


def check_day(request: Request) -> Response:
    """The same, with every file read again now."""
    asked, may_check = _day(request), snapshot_of(request).role.sees_events
    if asked is None or not may_check or not _is_known(archive_of(request), asked):
        return gone(request)
    look(request, "check-day", day=asked.isoformat())
    snapshot = snapshot_of(request)
    seen = [row["doc_code"] for row in snapshot.archive.shelved_on(asked)] if snapshot.hidden else None
    return _day_shown(request, asked, site_of(request).hands.check_day(asked, seen))


def _day_shown(request: Request, asked: dt.date, checked: tuple[int, Sequence[str]] | None) -> Response:
    archive = archive_of(request)
    with archive.reading() as db:
        bag = next(iter(db.table("day").rows_where("day = ?", [asked.isoformat()])), None)
    head = heads_of(archive).get(asked)
    return shown(request, "day.html", "days", day=asked, bag=bag, head=head, root=head.head.root.hex() if head else "",
                 happened=archive.events_on(asked), checked=checked, witnesses=_witnesses(request, head) if head else [],
                 documents=list(_first(archive, asked)), may_check=snapshot_of(request).role.sees_events)  # fmt: skip


def _first(archive: Archive, asked: dt.date) -> list[dict[str, Any]]:
    found = []
    for row in archive.shelved_on(asked):
        found.append(row)
        if len(found) == _DAYS:
            break
    return found


def _day(request: Request) -> dt.date | None:
    try:
        return dt.date.fromisoformat(request.path_params["day"])
    except ValueError:
        return None


def integrity(request: Request) -> Response:
    """The log: its size, its last head, who witnessed it, the fixity rounds."""
    archive = archive_of(request)
    published = archive.published()
    last = published[-1] if published else None
    return shown(request, "integrity.html", "integrity", log_size=snapshot_of(request).log_size, last=last,
                 root=last.head.root.hex() if last else "", heads=astuple(standing(published)), recent=published[::-1][:_ROUNDS],
                 witnesses=_witnesses(request, last) if last else [], nights=_nights(archive), rounds=_stood(request))  # fmt: skip


def _witnesses(request: Request, head: Published) -> Sequence[Seen]:
    """Who cosigned a head, and whether a pinned key made that line."""
    return cosigned.listed(archive_of(request).root, site_of(request).hands.witnesses, head.head.size)
