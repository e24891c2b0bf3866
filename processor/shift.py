"""One instance at work on a station: its tools, its journal, and the keys it has in hand.

Promises: one key is worked on once at a time; a document leaves only when it is filed or parked durably, and its source is
cleared after that.
"""

from __future__ import annotations

import datetime as dt
import errno
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from processor import fixity, lot_notes, parking, pipeline, sealing, siblings, sources, stage_bytes, telling
from processor.document import Described, Filed, Finished, Pending, Scan, Sealed, Settled
from processor.errors import Abandoned, CatalogueOlder, SettingsError, SohoaError, Verdict
from processor.journal import Item, Journal
from processor.listed import Lists
from processor.sources import Parked, Source
from processor.telling import BY_CLERK, JOINED
from processor.tools import ACTOR, Tools
from processor.turns import Hands, Line

log = structlog.get_logger()
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}
EVENTS = "events of the archive"
AT_A_TIME = 2  # documents a worker that are woken together: more would only find that there is no time for them yet
_TIME = "waiting-tsa"
_FIRST_WAIT, _LONGEST_WAIT = dt.timedelta(minutes=1), dt.timedelta(hours=1)


def is_of_disk(error: OSError) -> bool:
    """Whether the disk is full, over its quota, read-only or failing: it may be well again later."""
    return error.errno in _DISK


@dataclass(frozen=True, slots=True)
class Shift:
    """What the functions of this room work with."""

    tools: Tools
    journal: Journal
    hands: Hands = field(default_factory=Hands)
    leaving: threading.Lock = field(default_factory=threading.Lock)
    lists: Lists = field(default_factory=Lists)
    line: Line = field(default_factory=Line)

    @property
    def claims(self) -> Path:
        """Where copies of what arrived lie, each in a folder of its own."""
        return self.tools.station / "work" / "claims"

    def place(self, number: int) -> Path:
        """Where the intermediates of a document lie."""
        return self.tools.station / "work" / "items" / str(number)

    def new_claim(self) -> Path:
        """A folder for the bytes of one arrival."""
        return Path(tempfile.mkdtemp(dir=self.claims))


def start(shift: Shift) -> None:
    """After a crash or not: clear what an interrupted instance left, keep what the journal still vouches for."""
    _check_catalogue(shift)
    shift.tools.archive.recover()
    shift.journal.follow_sources()
    kept = shift.journal.forget_broken(lambda stage: stage_bytes.stands(stage, shift.tools.archive))
    items = [shift.journal.item(number) for number in kept]
    for item in items:
        if item.state != "clearing":
            shift.hands.take(item.scan.key)
    claimed = {item.scan.blob.path.parent for item in items}
    vault = sealing.safe_place(shift.tools.station, "")
    vault.mkdir(exist_ok=True)
    places = {shift.place(number) for number in kept}
    for folder, wanted in ((shift.claims, claimed), (shift.place(0).parent, places), (vault, {vault / str(n) for n in kept})):
        for left in folder.iterdir():
            if left not in wanted:
                shutil.rmtree(left, ignore_errors=True)
                left.unlink(missing_ok=True)


def _check_catalogue(shift: Shift) -> None:
    """An older catalogue put back over a newer archive would take what was filed since for an interrupted filing's leavings."""
    known, there = int(shift.journal.noted(EVENTS) or 0), shift.tools.archive.event_count()
    if there < known:
        raise CatalogueOlder(
            f"archive/catalogue.db holds {there} events, {known} were written: it is an older copy. "
            "Put the newer one back, or run `sohoa rebuild`; nothing was touched"
        )


def begin(
    shift: Shift, entering: Sequence[tuple[Source, Scan]], event: str, said: str = "", actor: str = ACTOR
) -> list[Item] | None:
    """What arrived enters, all or nothing, unless a key of it is in hand already; the first one's arrival is a leaf of the log.

    Args:
        shift: who works.
        entering: each with where its bytes lie; the members of a package share their source.
        event: `received`, or how a person sent it on its way again; empty when its end is the event.
        said: the reason that person gave.
        actor: who: the machine, or that person.
    """
    with ExitStack() as undone:
        for _, scan in entering:
            if not shift.hands.take(scan.key):
                return None
            undone.callback(shift.hands.drop, scan.key)  # if what follows fails, nobody has it in hand
        scan = entering[0][1]
        if event:
            public: dict[str, str | int] = {"lane": scan.lane, "size": scan.blob.size}
            public |= {"code": scan.released[-1]} if event in {"released", "retried"} and scan.released else {}
            public |= {f"joined_from_{n}": each for n, each in enumerate(scan.joined_from, 1)} if event == "joined" else {}
            private = {"name": scan.original_name.encode("utf-8", "replace").decode()} | ({"reason": said} if said else {})
            shift.tools.archive.event(event, scan_sha256=scan.blob.sha256, actor=actor, public=public, private=private)
        items = shift.journal.begin(entering)
        undone.pop_all()
    return items


def carry(item: Item, shift: Shift) -> str:
    """A document as far as it goes; returns the state it ends in."""
    try:
        return _carried(item, shift)
    except Abandoned:
        return "working"
    except SettingsError as error:  # a rule of the station's own, changed since the start: no fault of the document
        return stop(item, Verdict("waiting-law", str(error)), shift)
    except OSError as error:
        if not is_of_disk(error):
            raise
        return stop(item, Verdict("waiting-disk", errno.errorcode[error.errno or errno.EIO]), shift)
    except sqlite3.OperationalError as error:  # SQLite has names of its own for what ails the disk
        is_locked = error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
        return stop(item, Verdict("waiting-lock" if is_locked else "waiting-disk", error.sqlite_errorname), shift)


def _carried(item: Item, shift: Shift) -> str:
    document: Pending = item.document
    work = shift.place(item.number)
    work.mkdir(parents=True, exist_ok=True)
    try:
        if item.scan.refusal:
            raise Verdict(*item.scan.refusal[:2])
        if isinstance(document, Scan) and shift.tools.archive.key_state(document.key)[0] == "filed":
            return _duplicate(item, shift)
        while True:
            is_read = isinstance(document, Described) and bool(item.scan.part)
            if is_read and shift.journal.awaits_siblings(item.number, _moment(shift.tools.clock() + _LONGEST_WAIT)):
                return "working"  # what is read or leaves last wakes it, and steps behind it
            if is_read:
                siblings.check_left_out(document, shift.journal.parts(item.scan.blob.sha256, item.scan.lane), shift.tools, work)
            if isinstance(document, Finished):
                sealing.check_window(document, shift.tools)
                if turn := shift.line.turn(item.number, shift.tools.clock()):
                    return _stand_behind(item, turn, shift)
            reached = pipeline.advance(document, shift.tools, work)
            if isinstance(reached, Filed):
                break
            shift.journal.reach(item.number, reached)
            document = reached
            if isinstance(reached, Sealed | Settled):  # time was to be had: who waits for it need not sit out a back-off
                shift.line.leave(item.number)
                if not shift.tools.outside.wait(sealing.FEWEST):
                    shift.journal.wake_some(_TIME, AT_A_TIME * shift.tools.sealing.size)
    except Verdict as verdict:
        return stop(replace(item, document=document), verdict, shift)
    telling.hand_out(reached, shift.tools)
    log.info("filed", scan=item.scan.blob.sha256[:12], lane=item.scan.lane, code=reached.record["doc_code"])
    return leave(item, "filed", shift)


def _stand_behind(item: Item, until: dt.datetime, shift: Shift) -> str:
    """Older documents wait for time-stamps: it waits as long, and asks nobody."""
    shift.line.stand(item.number, until)
    shift.journal.stop(item.number, "waiting", _TIME, "older documents wait for time", _moment(until))
    return "waiting"


def _duplicate(item: Item, shift: Shift) -> str:
    """The same document again: its source may go only where what was filed is still whole."""
    archive, scan = shift.tools.archive, item.scan
    _, code = archive.key_state(scan.key)
    if not archive.verify([str(code)]).ok:
        fixity.damaged(archive, str(code))
        raise Verdict("archive-damaged", str(code))
    archive.event("duplicate", doc_code=code, scan_sha256=scan.blob.sha256, actor=ACTOR)
    log.info("duplicate", scan=scan.blob.sha256[:12], lane=scan.lane, code=code)
    return leave(item, "duplicate", shift)


def stop(item: Item, verdict: Verdict, shift: Shift, actor: str = "") -> str:
    """A document cannot go on: it waits, or is parked with its reason; a code it had is given up when it is rejected.

    Args:
        item: the document.
        verdict: why.
        shift: who works.
        actor: the person who says so; empty: whom its refusal names, or the machine.
    """
    verdict = siblings.judged(item.document, verdict, shift.tools, shift.place(item.number))
    scan, state, now = item.scan, verdict.reason.state, shift.tools.clock()
    shift.line.leave(item.number)
    detail = "" if verdict.code == BY_CLERK else verdict.detail  # what a person wrote stays beside the bytes
    log.warning("stopped", scan=scan.blob.sha256[:12], lane=scan.lane, code=verdict.code, detail=detail)
    try:
        beside = telling.tell(item.document, verdict, shift.tools, shift.place(item.number))
    except (OSError, SohoaError, ValueError) as error:  # nobody is refused untold: it waits until the letter can be laid
        log.error("no-letter", scan=scan.blob.sha256[:12], error=type(error).__name__)
        verdict, beside = Verdict("waiting-disk", f"notices: {type(error).__name__}"), {}
        state = verdict.reason.state
    if state in {"waiting", "to-seal"}:
        return _wait(item, verdict, shift, now)
    archive = shift.tools.archive
    numbered, doc_code = archive.key_state(scan.key)
    if numbered == "filed" and verdict.code != "archive-damaged":  # nothing that is filed ends otherwise
        return leave(item, "filed", shift)
    into = item.source.folder if isinstance(item.source, Parked) and not shift.journal.is_shared(item) else ""
    code = doc_code if numbered == "numbered" and state == "held" else ""
    with shift.leaving:  # members of a package, parked at once, would choose the same folder, and one reason be lost
        folder = parking.park(shift.tools.station, scan, verdict, now, doc_code=code or "", into=into, beside=beside)
    if state == "rejected" and numbered == "numbered" and doc_code:
        archive.void(doc_code, verdict.code, ACTOR)
    public: dict[str, str | int] = {"code": verdict.code, "lane": scan.lane}
    public |= {"pages": lot_notes.page_count(scan.part)} if scan.stack else {}
    private = {"reason": verdict.detail} if verdict.code in {BY_CLERK, JOINED} else {}
    actor = actor or (scan.refusal[2] if len(scan.refusal) > 2 else ACTOR)
    archive.event(state, scan_sha256=scan.blob.sha256, actor=actor, public=public, private=private)
    return leave(item, state, shift, keep=folder)


def _wait(item: Item, verdict: Verdict, shift: Shift, now: dt.datetime) -> str:
    """It is tried again when something outside may have changed, later each time."""
    pause = min(_FIRST_WAIT * 2 ** min(item.tries, 10), _LONGEST_WAIT)
    if verdict.wait:  # who waits for time knows the moment; a second more, for the rest of one is cut off
        pause = dt.timedelta(seconds=verdict.wait + 1)
    shift.journal.stop(item.number, verdict.reason.state, verdict.code, verdict.detail, until := _moment(now + pause))
    if verdict.wait and verdict.code != sealing.WINDOW:  # each has a window of its own
        shift.journal.postpone(verdict.code, until)
    if verdict.wait and verdict.code == _TIME:
        shift.line.stand(item.number, now + pause)
    return verdict.reason.state


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds")


def leave(item: Item, state: str, shift: Shift, keep: str = "") -> str:
    """A document is safe elsewhere: its source is cleared; what cannot be cleared is tried again, and never taken anew.

    Args:
        item: the document.
        state: what it has become.
        shift: who works.
        keep: the lot it lies in now; a source that is this lot stays.
    """
    with shift.leaving:  # of two members of a package that leave at once, one is the last
        stays = (isinstance(item.source, Parked) and item.source.folder == keep) or shift.journal.is_shared(item)
        if not stays and not sources.clear(shift.tools.station, item.source, item.scan.blob.sha256):
            shift.journal.stop(item.number, "clearing", "source-stuck", state, "")
        else:
            forget(item, shift)
    shift.hands.drop(item.scan.key)
    shift.journal.note(EVENTS, str(shift.tools.archive.event_count()))
    return state


def clear_again(shift: Shift) -> None:
    """Try once more to clear the sources of documents that are safe."""
    for item in shift.journal.items("clearing"):
        if sources.clear(shift.tools.station, item.source, item.scan.blob.sha256):
            forget(item, shift)


def forget(item: Item, shift: Shift) -> None:
    """The journal and `work/` know nothing of it any more."""
    shift.journal.end(item.number)
    shutil.rmtree(shift.place(item.number), ignore_errors=True)
    shutil.rmtree(sealing.safe_place(shift.tools.station, str(item.number)), ignore_errors=True)
    claimed = item.scan.blob.path.parent
    if claimed.parent == shift.claims:
        shutil.rmtree(claimed, ignore_errors=True)
