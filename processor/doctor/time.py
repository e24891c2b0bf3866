"""Time: each authority asked for a real stamp, and our clock held against theirs."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from archive.counted import counted
from processor.check import Check, check
from processor.doctor.parts import Parts
from processor.seal import checkup
from processor.seal.authorities import State

_CLOCK = 60.0  # seconds, as docs/design.md promise 3 allows between the block's time and the token's


def checks(parts: Parts) -> Iterator[Check]:
    """Rows `time-authorities`, `time-stamp`, `clock`."""
    hosts = [urlsplit(url).netloc for url in parts.settings.time.urls]
    if parts.settings.station.demo:
        hosts = ["demo"]  # it answers in process
    yield check("time-authorities", bool(hosts), ", ".join(hosts) or "time.urls is empty")
    before = parts.outside.states()
    offsets: list[float] = []
    for number, host in enumerate(hosts):
        stamp = checkup.stamp(parts.outside, number, parts.roots, parts.clock)
        known = _standing(before[number]) if number < len(before) else ""
        told = f"{host}: {stamp.fault or 'a good token'}, after {stamp.took:.1f} s{known}"
        yield check("time-stamp", not stamp.fault, told, number + 1)
        if not stamp.fault and stamp.off is not None:  # a token nobody can trust tells no time
            offsets.append(stamp.off)
    yield clock(offsets)


def _standing(state: State) -> str:
    """What was known of an authority before it was asked: its budget, and whether documents leave it alone."""
    budget = f"; {state.used} of {counted(state.granted, 'request')} used in this window" if state.granted else ""
    rests = f"; was left alone for {state.wait:.0f} s more, after {state.failures} failures" if state.wait else ""
    return budget + rests


def clock(offsets: list[float]) -> Check:
    """Row `clock`: what the authorities' time says of ours.

    Args:
        offsets: seconds that each authority's time lies from ours.
    """
    agreeing = [abs(offset) <= _CLOCK for offset in offsets]
    told = ", ".join(f"{offset:+.1f} s" for offset in offsets)
    if not offsets or (any(agreeing) and not all(agreeing)):
        why = f"the authorities disagree: {told}" if told else "no authority told the time"
        return check("clock", None, why)
    return check("clock", all(agreeing), f"the authorities' time lies {told} from ours")
