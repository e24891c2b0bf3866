"""What is known of each time-stamping authority: how much was asked of it, how it answered, when it may be asked again.

Promises: within no window of time more is asked than the authority grants, whichever process asks and whenever it was started
anew; whoever answers badly so many times in a row is left alone, and then asked once (a circuit breaker). What an authority
counted (a refusal, a bad answer) makes the next rest twice as long, up to `_MOST_RESTS` of them, silence up to `_FEW_RESTS`:
a ban of a day costs a dozen requests. All of it lies in one small file, replaced whole and only when something changed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from archive.durable import replace_durably
from processor.errors import Verdict
from processor.tables import TimeTable

log = structlog.get_logger()
_MOST_RESTS = 24  # of ten minutes: four hours
_FEW_RESTS = 6  # of ten minutes: an hour, as documents wait at most


@dataclass(frozen=True, slots=True)
class Standing:
    """One authority as of its last answer. Times are seconds of the epoch: they must outlive the process and the machine's start.

    Attributes:
        failures: how many in a row.
        trips: how often the breaker opened since it last answered well.
        shut_until: nobody asks before.
        slips: when each request that still counts in the window, or is set aside, will count no more.
    """

    failures: int = 0
    trips: int = 0
    shut_until: float = 0.0
    slips: tuple[float, ...] = ()

    def at(self, now: float, rules: TimeTable) -> Standing:
        """As of now; a clock that was set back costs one window and one rest, not the time it lost."""
        latest, shut = now + rules.timeout + rules.window, now + _MOST_RESTS * rules.rest
        slips = tuple(min(slip, latest) for slip in self.slips if slip > now)
        return replace(self, slips=slips, shut_until=min(self.shut_until, shut))

    def wait(self, tokens: int, now: float, rules: TimeTable) -> float:
        """Seconds until so many may be asked; 0: at once. More than a window holds may never be: a window is told."""
        return max(self.shut_until - now, self.wait_for_budget(tokens, now, rules), 0.0)

    def wait_for_budget(self, tokens: int, now: float, rules: TimeTable) -> float:
        """The same, for the budget alone."""
        granted = rules.requests_per_window
        if not granted:
            return 0.0
        if tokens > granted:
            return rules.window
        lacking = len(self.slips) + tokens - granted
        return sorted(self.slips)[lacking - 1] - now if lacking > 0 else 0.0

    def with_slips(self, tokens: int, until: float, rules: TimeTable) -> Standing:
        """So many requests set aside; none are kept where no limit is known."""
        return replace(self, slips=(*self.slips, *[until] * tokens)) if rules.requests_per_window else self

    def without(self, slips: Sequence[float]) -> Standing:
        """Requests given back."""
        left = list(self.slips)
        for slip in slips:
            with contextlib.suppress(ValueError):
                left.remove(slip)
        return replace(self, slips=tuple(left))

    def failed(self, now: float, rules: TimeTable, *, counted: bool, retry_after: float = 0.0) -> Standing:
        """After a failure.

        Args:
            now: seconds of the epoch.
            rules: the settings.
            counted: the authority answered, so it counted the request; else it was silent.
            retry_after: seconds it asks to be left alone.
        """
        failures, trips = self.failures + 1, self.trips
        rest = min(retry_after, _MOST_RESTS * rules.rest)
        if failures >= rules.trip_after and self.shut_until <= now:  # not for what was under way when it opened
            most = _MOST_RESTS if counted else _FEW_RESTS
            rest = max(rest, rules.rest * min(2 ** min(trips, 10), most))
            trips += 1
        return replace(self, failures=failures, trips=trips, shut_until=max(self.shut_until, now + rest))

    def mended(self) -> Standing:
        """After a good answer."""
        return Standing(slips=self.slips)


@dataclass(frozen=True, slots=True)
class State:
    """An authority as people are told of it.

    Attributes:
        url: its address.
        used: requests that count in the window now, those set aside among them.
        granted: how many a window grants; 0: no limit known.
        failures: in a row.
        wait: seconds until it is asked again; 0: at once.
    """

    url: str
    used: int = 0
    granted: int = 0
    failures: int = 0
    wait: float = 0.0


class NotNow(Exception):
    """An authority may not be asked.

    Attributes:
        wait: seconds until it may; 0: not known (somebody is trying it).
    """

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


class Authorities:
    """What all processes of a station know of the authorities. Usable from many threads.

    Args:
        rules: the settings.
        path: the file; None: nothing is remembered after this object.
        clock: seconds of the epoch.
    """

    def __init__(self, rules: TimeTable, path: Path | None, clock: Callable[[], float] = time.time) -> None:
        self._rules = rules
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._standings: dict[str, Standing] = {}
        self._probes: set[str] = set()

    def claim(self, url: str, tokens: int, *, is_asked_for: bool = False) -> list[float]:
        """Set requests aside; give them back, or end them. After a rest one caller at a time tries an authority.

        Args:
            url: its address.
            tokens: how many.
            is_asked_for: by a person, who wants to know how it answers now: only the budget refuses.

        Raises:
            NotNow: it may not be asked so much now.
        """
        with self._changed(url) as (now, standing):
            wait = standing.wait_for_budget if is_asked_for else standing.wait
            if (left := wait(tokens, now, self._rules)) > 0:
                raise NotNow(left)
            is_probe = standing.failures >= self._rules.trip_after
            if is_probe and url in self._probes and not is_asked_for:
                raise NotNow(0)
            if is_probe:
                self._probes.add(url)
            until = now + self._rules.timeout + self._rules.window
            self._standings[url] = standing.with_slips(tokens, until, self._rules)
        return [until] * tokens

    def is_open(self, url: str) -> bool:
        """Whether the breaker has opened meanwhile."""
        now, standing = self._seen(url)
        return standing.shut_until > now

    def ended(self, url: str, slip: float) -> None:
        """A request was answered, or not in time: it counts for a window from now, for it came to the authority by now."""
        with self._changed(url) as (now, standing):
            self._standings[url] = standing.without([slip]).with_slips(1, now + self._rules.window, self._rules)

    def give_back(self, url: str, slips: Sequence[float]) -> None:
        """Requests that were set aside and not made; whoever tried the authority has done so."""
        with self._changed(url) as (_, standing):
            self._standings[url] = standing.without(slips)
            self._probes.discard(url)

    def failed(self, url: str, *, counted: bool, retry_after: float = 0.0) -> None:
        """See `Standing.failed`."""
        with self._changed(url) as (now, standing):
            after = standing.failed(now, self._rules, counted=counted, retry_after=retry_after)
            self._standings[url] = after
            self._probes.discard(url)
        if after.shut_until > now:
            rest, number = round(after.shut_until - now), self._rules.urls.index(url)
            log.warning("authority-rests", number=number, failures=after.failures, seconds=rest)

    def mended(self, url: str) -> None:
        """Its answer was good."""
        with self._changed(url) as (_, standing):
            self._standings[url] = standing.mended()
            self._probes.discard(url)

    def wait(self, tokens: int) -> float:
        """Seconds until one of them may be asked so much; 0: at once, or not known."""
        seen = [self._seen(url) for url in self._rules.urls]
        return min((standing.wait(tokens, now, self._rules) for now, standing in seen), default=0.0)

    def states(self) -> list[State]:
        """All of them, in the order of the settings."""
        told, granted = [], self._rules.requests_per_window
        for url in self._rules.urls:
            now, one = self._seen(url)
            told.append(State(url, len(one.slips), granted, one.failures, one.wait(1, now, self._rules)))
        return told

    def _seen(self, url: str) -> tuple[float, Standing]:
        """An authority's standing now; the file is replaced whole, so that looking needs no lock."""
        now = self._clock()
        return now, self._read().get(url, Standing()).at(now, self._rules)

    @contextlib.contextmanager
    def _changed(self, url: str) -> Iterator[tuple[float, Standing]]:
        """An authority's standing now, while nobody else changes any; what is changed is on the disk afterwards."""
        with self._lock, self._alone():
            before = self._read()
            now = self._clock()
            self._standings = dict(before)
            yield now, before.get(url, Standing()).at(now, self._rules)
            if self._standings != before:
                self._write()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if self._path is None:
            yield
            return
        with _disk_told():
            lock = os.open(self._path.with_suffix(".lock"), os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError:
                os.close(lock)
                raise
        try:
            yield
        finally:
            os.close(lock)

    def _read(self) -> dict[str, Standing]:
        if self._path is None:
            return self._standings
        try:
            told: dict[str, Any] = json.loads(self._path.read_bytes())
            return {url: Standing(**{**row, "slips": tuple(row["slips"])}) for url, row in told.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:  # what it knew is lost, no document is
            log.error("authorities-broken", error=type(error).__name__)
            return {}

    def _write(self) -> None:
        if self._path is not None:
            kept = {url: asdict(one) for url, one in self._standings.items() if url in self._rules.urls}
            with _disk_told():
                replace_durably(self._path, json.dumps(kept, indent=1).encode())


@contextlib.contextmanager
def _disk_told() -> Iterator[None]:
    """A disk that takes nothing makes a document wait; in the midst of a worker's job it would look like the worker's death."""
    try:
        yield
    except OSError as error:
        raise Verdict("waiting-disk", errno.errorcode.get(error.errno or errno.EIO, "EIO")) from error
