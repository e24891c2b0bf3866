"""Revocation lists of those who gave time-stamps, as they are now: what proves years later that nobody had revoked them. Jobs."""

from __future__ import annotations

import asyncio
import contextlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from asn1crypto import cms, x509
from pyhanko.sign.general import extract_certificate_info
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, RevokedError, ValidationError
from pyhanko_certvalidator.fetchers import Fetchers

from processor.errors import Verdict
from processor.seal import tokens
from processor.seal.revocation import Lists, NoAnswers, NoCertificates
from processor.seal.sign import certificates
from processor.worker import Ask

_FAULTS = (PathError, ValidationError, *tokens.GARBAGE)


def stamp_lists(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job: the lists of every certificate that time-stamps hang on, but the roots', found good as of now.

    Args:
        args: `tokens`, DER in base64; `roots`, `others`, `lists`, as of `seal`.
        ask: answers `fetch`; each list is asked for once.

    Returns:
        `lists`: DER in base64, each once; `of`: for each token the numbers of its lists, none where not all were to be had; `why`:
        for each a code, `waiting-revocation`, or `token-revoked`: an authority's certificate is on one of those; empty: on none.
    """
    roots, others = certificates(args["roots"]), certificates(args["others"])
    kept = Lists(ask, [b64decode(text) for text in args["lists"]])
    through = Fetchers(ocsp_fetcher=NoAnswers(), crl_fetcher=kept, cert_fetcher=NoCertificates())
    context = ValidationContext(
        trust_roots=roots, other_certs=others, allow_fetching=True, revocation_mode="require", fetchers=through
    )  # fmt: skip
    lists, of, why = dict[bytes, int](), list[list[int]](), list[str]()
    for text in args["tokens"]:
        found, code = asyncio.run(_lists(b64decode(text), context, kept))
        of.append([lists.setdefault(each, len(lists)) for each in dict.fromkeys(found)])
        why.append(code)
    return {"lists": [b64encode(each).decode() for each in lists], "of": of, "why": why}


async def _lists(token: bytes, context: ValidationContext, kept: Lists) -> tuple[list[bytes], str]:
    try:
        who = extract_certificate_info(cms.ContentInfo.load(token, strict=True)["content"])
        validator = CertificateValidator(who.signer_cert, intermediate_certs=who.other_certs, validation_context=context)
        path = await validator.async_validate_usage(set(), extended_key_usage={"time_stamping"})
        links = path.iter_certs(include_root=False)
        return [each.dump() for link in links for each in kept.fetched_crls_for_cert(link)], ""
    except RevokedError:
        return list(_had(kept, who.signer_cert, *who.other_certs)), "token-revoked"
    except (Verdict, *_FAULTS):
        return [], "waiting-revocation"


def _had(kept: Lists, *certificates: x509.Certificate) -> Iterator[bytes]:
    """The lists that were had for these certificates: one of them is on one."""
    for each in certificates:
        with contextlib.suppress(KeyError):
            yield from (found.dump() for found in kept.fetched_crls_for_cert(each))
