"""The journal's tables, and what is asked of them about the documents of one scan."""

from __future__ import annotations

from sqlite_utils import Database

from processor.document import STAGES, Described

SIBLINGS = "waiting-scan"
"""What a document waits under that was read, while others of its scan were not."""

_READ = STAGES.index(Described)
_UNREAD = """select 1 from item as own join item as other using (scan_sha256, lane)
    where own.number = ? and other.number != own.number and other.state != 'clearing'
    and not (other.state = 'waiting' and other.code = 'waiting-main')
    and not exists (select 1 from stage where stage.item = other.number and place >= ?) limit 1"""
_WAKE = """update item set state = 'working', not_before = '' where state = 'waiting' and code = ?
    and (scan_sha256, lane) = (select scan_sha256, lane from item where number = ?)"""


def awaits_siblings(db: Database, number: int, not_before: str) -> bool:
    """Whether a document that was read waits, until a moment, for others of its scan.

    Read the last, it wakes them and steps behind them once: codes are given in the order in which documents lay. What is safe
    elsewhere was read before it left, and an annex that waits for its main document before it began to wait.
    """
    if not list(db.query(_UNREAD, [number, _READ])):
        return wake_siblings(db, number) > 0
    db.table("item").update(number, {"state": "waiting", "code": SIBLINGS, "detail": "", "not_before": not_before})
    return True


def wake_siblings(db: Database, number: int) -> int:
    """Those that wait for the rest of their scan look again, for a document of it went further, or leaves; how many they are."""
    return int(db.execute(_WAKE, [SIBLINGS, number]).rowcount)


def tables(db: Database) -> None:
    """Make those that are not there yet."""
    item = {"number": int, "state": str, "source": str, "lane": str, "scan_sha256": str, "code": str, "detail": str,
            "tries": int, "not_before": str}  # fmt: skip
    db.table("item").create(item, pk="number", if_not_exists=True)
    stage = {"item": int, "place": int, "name": str, "added": str}
    db.table("stage").create(stage, pk=("item", "place"), if_not_exists=True)
    db.table("request").create({"number": int, "verb": str, "args": str}, pk="number", if_not_exists=True)
    db.table("note").create({"name": str, "value": str}, pk="name", if_not_exists=True)
    db.table("item").create_index(["state"], if_not_exists=True)
    db.table("item").create_index(["scan_sha256"], if_not_exists=True)
