"""An attended session: a clerk seals in person what waits for it (NĐ 30/2020 Đ32: văn thư "trực tiếp" signs).

Promises: only an operator whom the settings name, by a decision and for these days, from their own account; the log keeps the
session's beginning and end with the operator's id, never a name; nothing is signed before an authority has given a real
time-stamp and the certificate is known not to be revoked.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from processor.document import Finished, Sealed
from processor.errors import OF_THE_KEY, MissingError, SettingsError, SohoaError, Verdict, where
from processor.journal import Item
from processor.seal import checkup
from processor.settings import Settings
from processor.shift import Shift, carry
from processor.tables import OperatorTable
from processor.tools import Tools

log = structlog.get_logger()
_AT_ONCE = 4  # documents: the authorities allow no more calls at once


def operator(settings: Settings, id: str, account: str, today: dt.date) -> OperatorTable:
    """The operator of that id, if they may seal today from this account.

    Raises:
        SettingsError: not named, without a decision, not on this day, or another account.
    """
    row = settings.operators.get(id)
    if row is None:
        raise SettingsError(f"no operator {id}: the settings name [operators.{id}] with the decision that lets them seal")
    if not row.decision.strip() or not row.account:
        raise SettingsError(f"operators.{id}: decision and account must say by what decision, and from which account, they seal")
    if row.account != account:
        raise SettingsError(f"operators.{id} seals from the account {row.account}, not from {account}")
    if (row.valid_from and today < row.valid_from) or (row.valid_to and today > row.valid_to):
        raise SettingsError(f"operators.{id} may not seal on {today.isoformat()} (valid_from, valid_to)")
    return row


def waiting(shift: Shift, ids: Sequence[str]) -> list[Item]:
    """What waits for a seal in person; of `ids` (codes, or beginnings of a scan's SHA-256) where any are given.

    Raises:
        SohoaError: one of them does not wait.
    """
    items = shift.journal.items("to-seal")
    # what a session that was killed had in hand: nobody else works now
    items += [each for each in shift.journal.items("working") if isinstance(each.document, Finished | Sealed)]
    if not ids:
        return items
    chosen = []
    for id in ids:
        named = [each for each in items if each.scan.blob.sha256.startswith(id) or code_of(each, shift.tools) == id]
        if len(named) != 1:
            raise SohoaError(f"{id} is none of those that wait for a seal" if not named else f"{id} means several")
        chosen += named
    return list({each.number: each for each in chosen}.values())


def code_of(item: Item, tools: Tools) -> str:
    """The code reserved for a document."""
    return tools.archive.key_state(item.scan.key)[1] or ""


def signatures(item: Item) -> int:
    """The most signatures of the key a document may take: a time-stamp that comes too late takes them once more."""
    place = item.document.place if isinstance(item.document, Finished) else {}
    return 2 * len(place.get("passes", "1"))


def check_time(tools: Tools) -> None:
    """A real time-stamp, before anybody types a PIN.

    Raises:
        Verdict: `waiting-tsa`: no authority gives a usable one now.
    """
    number = len(tools.settings.time.urls) or 1  # the demo station's answers in process
    faults = []
    for each in range(number):
        stamp = checkup.stamp(tools.outside, each, tools.roots, tools.clock)
        if not stamp.fault:
            return
        faults.append(stamp.fault)
    raise Verdict("waiting-tsa", "; ".join(faults)[:200])


def check_key(tools: Tools, agencies: Collection[str]) -> None:
    """Each agency's key opens, may be used, and its certificate is on its issuer's list of the living (TT 15/2025 Đ5).

    Raises:
        Verdict: `waiting-key` and its kin, `waiting-revocation`. MissingError: there is nobody to ask for a PIN.
    """
    if tools.ring is None:
        raise MissingError("no key is at hand")
    for agency in sorted(agencies):
        now = tools.clock()
        sealer = tools.ring.sealer(agency, now)
        if reason := sealer.usable(now):
            raise Verdict("waiting-key", reason)
        found = checkup.listing(sealer, tools.roots, tools.outside, now, tools.lists)
        if found.revoked:
            raise Verdict("waiting-key", "the organisation's certificate is revoked")
        if found.revoked is None or found.fault:
            raise Verdict("waiting-revocation", found.fault)


def seal(items: Sequence[Item], shift: Shift, operator_id: str) -> Counter[str]:
    """Seal and file them; returns how many ended in each state. A key that fails ends the session for those not begun."""
    failed = threading.Event()
    note(shift, operator_id, "begun", len(items))

    def one(item: Item) -> str:
        try:
            return carried(item)
        except RuntimeError as error:  # of our own: it costs this document its seal, not the others the session
            log.error("failed", error=type(error).__name__, where=where(error))
            return "failed"

    def carried(item: Item) -> str:
        if failed.is_set():
            return "to-seal"
        shift.journal.wake(item.number)
        state = carry(shift.journal.item(item.number), shift)
        if state == "waiting" and shift.journal.item(item.number).code in OF_THE_KEY:
            failed.set()
        return state

    with ThreadPoolExecutor(min(_AT_ONCE, shift.tools.sealing.size), thread_name_prefix="seal") as pool:
        ended = Counter(pool.map(one, items))
    note(shift, operator_id, "ended", len(items), ended["filed"])
    return ended


def note(shift: Shift, operator_id: str, step: str, documents: int, filed: int = 0) -> None:
    """A leaf for a step of a session: `begun`, `ended`, `carried-away`, `carried-back`."""
    public: dict[str, str | int] = {"operator": operator_id, "documents": documents, "step": step, "filed": filed}
    shift.tools.archive.event("session", actor=shift.tools.actor, public=public)
