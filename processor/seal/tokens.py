"""RFC 3161 answers looked at before they are believed: granted, for this very request, signed, leading to a root.

Promises: garbage, a refusal and a lie are each a text, never an exception; revocation of the authority is asked later, when
the seal is validated with what was embedded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from asn1crypto import core, tsp, x509
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

UNTRUSTED = "the token does not lead to a configured root"
_GRANTED = "granted"  # with modifications is not what was asked for; pyHanko takes none either
GARBAGE = (ValueError, TypeError, KeyError, AttributeError, IndexError, SignatureValidationError)


def granted(data: bytes) -> tsp.TimeStampResp:
    """The response, if it says that it grants a token.

    Raises:
        ValueError: a refusal, or no response.
    """
    # asn1crypto takes no response without a token: a refusal is read by its first part (RFC 3161, 2.4.2)
    status = tsp.PKIStatusInfo.load(core.Sequence.load(data, strict=True).contents)["status"].native
    if status != _GRANTED:
        raise ValueError(f"refused: {status}")
    return tsp.TimeStampResp.load(data, strict=True)


def signed_data(response: tsp.TimeStampResp) -> tsp.SignedData:
    """The token's signed data."""
    return response["time_stamp_token"]["content"]


def signer(response: tsp.TimeStampResp) -> bytes:
    """Who signed the token: DER of the signer's identifier."""
    named: bytes = signed_data(response)["signer_infos"][0]["sid"].dump()
    return named


async def fault(
    data: bytes, request: tsp.TimeStampReq, roots: Sequence[x509.Certificate], others: Iterable[x509.Certificate] = ()
) -> str:
    """What is wrong with an answer to a request; empty where it may be used.

    Args:
        data: the response's DER.
        request: what was asked.
        roots: what the authority must lead to.
        others: certificates that may stand between.
    """
    try:
        token = signed_data(granted(data))
        info = token["encap_content_info"]["content"].parsed
        if info["message_imprint"].dump() != request["message_imprint"].dump():
            return "the token is of another digest"
        if info["nonce"].native != request["nonce"].native:
            return "the token has another nonce"
    except GARBAGE as error:
        return _garbage(error)
    return await unsound(token, request["message_imprint"]["hashed_message"].native, roots, others)


async def unsound(
    token: tsp.SignedData, digest: bytes, roots: Sequence[x509.Certificate], others: Iterable[x509.Certificate] = (),
    moment: dt.datetime | None = None,
) -> str:  # fmt: skip
    """What is wrong with a token over a digest, as of a moment (None: now); empty where it is signed and leads to a root."""
    try:
        context = ValidationContext(
            trust_roots=list(roots), other_certs=list(others), allow_fetching=False, revocation_mode="soft-fail", moment=moment,
        )
        told = await validate_tst_signed_data(token, context, lambda _: digest)
    except GARBAGE as error:
        return _garbage(error)
    if not (told["intact"] and told["valid"]):
        return "the token's signature is broken"
    trusted = told["trust_problem_indic"] is None and told["validation_path"] is not None
    return "" if trusted else UNTRUSTED


def _garbage(error: Exception) -> str:
    return f"not a usable answer ({type(error).__name__}: {error})"[:200]
