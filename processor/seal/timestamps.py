"""The fetcher: the only part of Sohoa that talks to the outside (TSA, CRL, OCSP), by allow-list.

Promises: several authorities in order, a time-out for the whole answer, back-off, at most so many calls at once; none is asked
more than it grants, or while it fails (`authorities`). Who wants several tokens sets them aside first (`turn`), so that no
signature is made for which there is no time. A document's ask ends within three time-outs: its token would come too late for
its block. No answer is the code `waiting-tsa` or `waiting-revocation`, never a lower level. What comes back is bytes; a worker
says whether they are good, by asking for another authority's answer when they are not.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from processor.errors import Verdict
from processor.seal.authorities import Authorities, NotNow, State
from processor.seal.http_calls import NO_ANSWER, Refused, call
from processor.seal.published import Published
from processor.tables import TimeTable, TrustTable

Stamp = Callable[[bytes, int], bytes]
"""As `Outside.stamp`."""

_LARGEST_TOKEN = 256 << 10
_LARGEST_LIST = 64 << 20
_MOST_ANSWERS = 8  # for one token: as many as there may be authorities
_PATIENCE = 2  # time-outs after which no call is begun: the last one may take another


class TokenLost(Verdict):
    """`waiting-tsa`, after a first token: who gave it gives no second, and what was signed with it is of no use. Another authority
    may be asked for both at once."""


class Outside(Protocol):
    """Whoever answers requests for time and revocation data. Who is asked in process need only have `stamp` and `fetch`."""

    def stamp(self, request: bytes, skip: int) -> bytes:
        """A time-stamp response for an RFC 3161 request, by the first authority from number `skip` on that answers.

        Returns:
            One byte, the number of the authority, then its response.

        Raises:
            Verdict: `waiting-tsa`.
        """
        ...

    def fetch(self, url: str, body: bytes) -> bytes:
        """A CRL (empty body) or the OCSP response to a request.

        Raises:
            Verdict: `waiting-revocation`.
        """
        ...

    def turn(self, tokens: int) -> AbstractContextManager[Stamp]:
        """So many tokens for one document, all of one authority, set aside until the context ends; it yields a `stamp`.

        Asking that for the same request with a higher `skip` says that the earlier answer was bad; asking for another request,
        or ending well, says that it was good.

        Raises:
            Verdict: `waiting-tsa`, at once, when no authority may be asked for so many now; it knows when one may.
            TokenLost: at its end.
        """
        return contextlib.nullcontext(self.stamp)

    def wait(self, tokens: int) -> float:
        """Seconds until an authority may be asked for so many; 0: at once, or not known."""
        return 0.0

    def ask(self, request: bytes, number: int) -> bytes:
        """The response of this authority and no other, also while it is left alone for its failures: for `doctor`.

        Raises:
            Verdict: `waiting-tsa`.
        """
        answer = self.stamp(request, number)
        if answer[:1] != bytes([number]):
            raise Verdict("waiting-tsa", "a later authority answered")
        return answer[1:]

    def judged(self, number: int, *, is_good: bool) -> None:
        """What `ask` brought was looked at."""
        return

    def states(self) -> Sequence[State]:
        """Every authority, in order; empty where they need not be counted."""
        return ()


class Fetcher(Outside):
    """Talks to the authorities of the settings. Usable from many threads.

    Args:
        time_, trust: the settings.
        memory: the file in which all processes of the station remember what was asked; None: nothing is remembered.
        pause: sleeps so many seconds.
        clock: seconds of the epoch.
    """

    def __init__(
        self, time_: TimeTable, trust: TrustTable, memory: Path | None = None,
        pause: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self.time = time_
        self.pause = pause
        self.authorities = Authorities(time_, memory, clock)
        self._slots = threading.BoundedSemaphore(time_.parallel)
        self._published = Published(trust, self._look_up)

    def stamp(self, request: bytes, skip: int) -> bytes:
        """See `Outside.stamp`: a turn of one token that begins with that authority."""
        with self.turn(1) as stamp:
            return stamp(request, skip)

    def fetch(self, url: str, body: bytes) -> bytes:
        """See `Outside.fetch`."""
        return self._published.fetch(url, body)

    @contextlib.contextmanager
    def turn(self, tokens: int) -> Iterator[Stamp]:
        """See `Outside.turn`."""
        turn = _Turn(self, tokens)
        try:
            turn.begin()
            yield turn.stamp
            turn.accepted()
        except Verdict as verdict:
            if verdict.code != "waiting-tsa":
                raise
            turn.end()
            raised = TokenLost if turn.has_given else Verdict
            raise raised(verdict.code, verdict.detail, wait=self.wait(tokens)) from verdict
        finally:
            turn.end()

    def wait(self, tokens: int) -> float:
        """See `Outside.wait`."""
        return self.authorities.wait(tokens)

    def ask(self, request: bytes, number: int) -> bytes:
        """See `Outside.ask`."""
        url = self.time.urls[number]
        try:
            (slip,) = self.authorities.claim(url, 1, is_asked_for=True)
        except NotNow as refusal:
            raise Verdict("waiting-tsa", f"not asked: all requests of the window are used, for {refusal.wait:.0f} s") from refusal
        try:
            return self.request(url, request, slip, self.time.timeout)
        except NO_ANSWER as error:
            raise Verdict("waiting-tsa", f"{type(error).__name__}: {error}"[:200]) from error

    def judged(self, number: int, *, is_good: bool) -> None:
        """See `Outside.judged`."""
        url = self.time.urls[number]
        if is_good:
            self.authorities.mended(url)
        else:
            self.authorities.failed(url, counted=True)

    def states(self) -> Sequence[State]:
        """See `Outside.states`."""
        return self.authorities.states()

    def request(self, url: str, body: bytes, slip: float, patience: float) -> bytes:
        """One request to an authority for which a slip was set aside; a failure is remembered.

        Raises:
            `NO_ANSWER`.
        """
        with self._slot(patience) as is_free:
            if not is_free:
                self.authorities.give_back(url, [slip])
                raise TimeoutError("too many calls at once")
            try:
                return call(url, body, "application/timestamp-query", self.time.timeout, _LARGEST_TOKEN)
            except Refused as refusal:
                self.authorities.failed(url, counted=True, retry_after=refusal.retry_after)
                raise
            except NO_ANSWER as error:
                self.authorities.failed(url, counted=not isinstance(error, OSError))
                raise
            finally:
                self.authorities.ended(url, slip)

    def _look_up(self, url: str, body: bytes) -> bytes:
        with self._slot(self.time.timeout) as is_free:
            if not is_free:
                raise TimeoutError("too many calls at once")
            return call(url, body, "application/ocsp-request", self.time.timeout, _LARGEST_LIST)

    @contextlib.contextmanager
    def _slot(self, patience: float) -> Iterator[bool]:
        """One of the calls allowed at once, if it comes free in so many seconds."""
        is_free = self._slots.acquire(timeout=max(0.0, patience))
        try:
            yield is_free
        finally:
            if is_free:
                self._slots.release()


class _Turn:
    """One document's tokens."""

    def __init__(self, fetcher: Fetcher, tokens: int) -> None:
        self._fetcher = fetcher
        self._book = fetcher.authorities
        self._urls = fetcher.time.urls
        self._tokens = tokens
        self._slips: dict[int, list[float]] = {}
        self._given = 0
        self._giver: int | None = None
        self._last: tuple[bytes, int] | None = None
        self._answers = 0

    @property
    def has_given(self) -> bool:
        """Whether the document has a token."""
        return self._given > 0

    def begin(self) -> None:
        """Set the tokens aside with the first authority that may be asked for all of them."""
        if any(self._claim(number) for number in range(len(self._urls))):
            return
        granted = self._fetcher.time.requests_per_window
        if granted and granted < self._tokens:
            raise Verdict("waiting-tsa", f"time.requests_per_window is less than the {self._tokens} tokens that a document takes")
        raise Verdict("waiting-tsa", "no authority may be asked now" if self._urls else "time.urls is empty")

    def _claim(self, number: int) -> bool:
        """Whether an authority may be asked, with enough set aside for all that is still wanted."""
        url, slips = self._urls[number], self._slips.setdefault(number, [])
        lacking = self._tokens - self._given - len(slips)
        if lacking <= 0:
            return not self._book.is_open(url)
        try:
            slips += self._book.claim(url, lacking)
        except NotNow:
            return False
        return True

    def stamp(self, request: bytes, skip: int) -> bytes:
        """See `Outside.stamp`; from the second token on only who gave the first is asked: all of a seal are of one signer."""
        self._heard(request, skip)
        self._answers += 1
        if self._given >= self._tokens or self._answers > self._tokens * _MOST_ANSWERS:
            raise Verdict("waiting-tsa", f"more than {self._tokens} tokens asked for")
        numbers = range(len(self._urls)) if self._giver is None else [self._giver]
        return self._answered(request, [number for number in numbers if number >= skip])

    def _answered(self, request: bytes, numbers: Sequence[int]) -> bytes:
        rules, until = self._fetcher.time, time.monotonic() + _PATIENCE * self._fetcher.time.timeout
        for attempt in range(rules.attempts):
            asked = 0
            for number in numbers:
                left = until - time.monotonic()
                if left <= 0 or not self._claim(number):
                    continue
                asked += 1
                with contextlib.suppress(*NO_ANSWER):
                    token = self._fetcher.request(self._urls[number], request, self._slips[number].pop(), left)
                    self._last = (request, number)
                    return bytes([number]) + token
            if not asked:
                break
            if attempt + 1 < rules.attempts:
                self._fetcher.pause(rules.backoff * 2**attempt)
        raise Verdict("waiting-tsa", f"{len(numbers)} authorities left, none answered")

    def _heard(self, request: bytes, skip: int) -> None:
        """What asking again says of the last answer."""
        if self._last is None:
            return
        if request != self._last[0]:
            self.accepted()
        elif skip > self._last[1]:
            self._book.failed(self._urls[self._last[1]], counted=True)
        self._last = None

    def accepted(self) -> None:
        """The last answer was good."""
        if self._last is not None:
            self._given += 1
            self._giver = self._last[1]
            self._book.mended(self._urls[self._giver])
            self._last = None

    def end(self) -> None:
        """Give back what was not asked for."""
        for number, slips in self._slips.items():
            self._book.give_back(self._urls[number], slips)
        self._slips.clear()
