"""Time-stamps for a worker that has no network: it asks the coordinator's fetcher, and believes no answer unseen.

Promises: a token is of this very request, signed by who leads to a root; all tokens of one seal are of one signer. A bad answer
is followed by the next authority's: asking again for the same request tells the fetcher that the one before was bad.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncGenerator, Callable
from typing import Any

from asn1crypto import cms, tsp, x509
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import RevokedError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from processor.errors import Verdict
from processor.seal import tokens
from processor.worker import Ask

_MOST_AUTHORITIES = 8
_CLOCK_SLACK = dt.timedelta(seconds=60)  # docs/design.md promise 3


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class RemoteTimeStamper(TimeStamper):
    """A time-stamper whose network is elsewhere."""

    def __init__(self, ask: Ask, roots: list[x509.Certificate], others: list[x509.Certificate]) -> None:
        super().__init__(include_nonce=True)  # type: ignore[no-untyped-call]  # pyHanko's constructor is untyped
        self._ask = ask
        self._roots = roots
        self._others = others
        self._signer = b""

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """The first answer to this very request that leads to a root.

        All tokens of one seal come from one signer: what proves the later one good is embedded before it is asked for.

        Raises:
            Verdict: `waiting-tsa`.
        """
        skip = 0
        while skip < _MOST_AUTHORITIES:
            asked = _now()
            answer = self._ask("stamp", bytes([skip]) + req.dump())
            skip = answer[0] + 1
            if await tokens.fault(answer[1:], req, self._roots, self._others):
                continue
            response = tokens.granted(answer[1:])
            if self._signer not in {b"", tokens.signer(response)} or not await self.may_use(response, asked):
                continue
            self._signer = tokens.signer(response)
            return response
        raise Verdict("waiting-tsa", "no authority gave a usable token")

    async def may_use(self, response: tsp.TimeStampResp, asked: dt.datetime) -> bool:
        """Whether a sound answer to a request made at that moment is good enough."""
        return True


class SealStamper(RemoteTimeStamper):
    """For a seal of ours: the authority's clock agrees with this machine's, its certificate is not revoked, and no token is
    asked for only to learn who gives tokens, as pyHanko does: authorities count. A seal's first token tells that, in time for
    what proves the second one good to be embedded before it.

    Args:
        ask: the worker's doors.
        roots, others: as of `RemoteTimeStamper`.
        context: what the seal is validated with.
        now: this machine's clock.
    """

    def __init__(
        self, ask: Ask, roots: list[x509.Certificate], others: list[x509.Certificate], context: ValidationContext,
        now: Callable[[], dt.datetime] = _now,
    ) -> None:  # fmt: skip
        super().__init__(ask, roots, others)
        self._context = context
        self._now = now

    async def may_use(self, response: tsp.TimeStampResp, asked: dt.datetime) -> bool:
        """See `RemoteTimeStamper`."""
        moment = tokens.signed_data(response)["encap_content_info"]["content"].parsed["gen_time"].native
        if not asked - _CLOCK_SLACK <= moment <= self._now() + _CLOCK_SLACK:
            return False
        return bool(self._dummy_response_cache) or await self._learn(response["time_stamp_token"])

    async def _learn(self, token: cms.ContentInfo) -> bool:
        """Who gave the first token, if nobody revoked him; data that is not to be had is no fault of his."""
        self._register_dummy("sha256", token)  # type: ignore[no-untyped-call]  # pyHanko's
        try:
            async for _ in super().validation_paths(self._context):  # type: ignore[no-untyped-call]  # pyHanko's
                pass
        except RevokedError:
            self._dummy_response_cache, self._certs, self.cert_registry = {}, {}, SimpleCertificateStore()
            return False
        return True

    async def validation_paths(self, validation_context: ValidationContext) -> AsyncGenerator[Any, None]:
        """The paths of who gave the first token; none before there is one."""
        if self._dummy_response_cache:
            async for path in super().validation_paths(validation_context):  # type: ignore[no-untyped-call]  # pyHanko's
                yield path
