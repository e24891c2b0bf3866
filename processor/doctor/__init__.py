"""Is everything here: each thing a station needs, tried for real, as values (the verb `doctor`).

Promises: what cannot be told is `ok = None` and never shown as fine; checks come one at a time, the slow ones
(authorities and servers outside) last; a fault is a `Check`, not an exception.
Refuses: to change anything (what is tried in a folder is a file without a name), to sign, to send, to ask, to print, to exit.
"""

from __future__ import annotations

from collections.abc import Iterator

from processor.check import Check, check, exit_code
from processor.doctor import anchors, copies, issuing, keys, lanes, machine, mail, remote, station, time
from processor.doctor.keys import elsewhere
from processor.doctor.parts import Parts, Walled
from processor.seal.token_modules import agency_checks, token_checks

__all__ = ["Check", "Parts", "Walled", "check", "checks", "elsewhere", "examine", "exit_code"]


def _tokens(parts: Parts) -> Iterator[Check]:
    """First of all that touches keys: it knows when a PIN must not be tried."""
    yield from token_checks(parts.settings, parts.folder, parts.ring)


def _agencies(parts: Parts) -> Iterator[Check]:
    yield from agency_checks(parts.settings, parts.ring, parts.clock())


_WAY = (
    station.checks, copies.checks, machine.checks, lanes.checks, issuing.checks, anchors.checks, keys.sealing, _tokens, keys.checks,
    _agencies, remote.checks, mail.checks, time.checks,
)  # fmt: skip


def checks(parts: Parts) -> Iterator[Check]:
    """Every check, as it is done; the authorities outside may take minutes."""
    for part in _WAY:
        yield from part(parts)


def examine(parts: Parts) -> tuple[Check, ...]:
    """Every check, when all are done."""
    return tuple(checks(parts))
