"""The organisation's signature and time-stamps for a head of the log and its evidence, such that `openssl` verifies them. Jobs."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from asn1crypto import pem, x509

from processor.seal.sign import Office, coded, stamper_of
from processor.seal.tokens import signed_data
from processor.worker import Ask


def sign_head(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job: a detached CMS signature.

    Args:
        args: `text`, what is signed, and `certificate`, `chain`, `roots`, `others`, `lists` as of `seal`.
        ask: answers `sign` once.

    Returns:
        `signature`: DER in base64; `chain`: the certificates from the organisation's to below the root, PEM.

    Raises:
        Verdict: `waiting-key`, `seal-failed`.
    """
    office = Office.of(args, ask)
    with coded():
        made = asyncio.run(office.signer.async_sign_general_data(args["text"].encode(), "sha256", use_cades=True))
    chain = [office.signer.signing_cert, *(x509.Certificate.load(b64decode(text)) for text in args["chain"])]
    return {"signature": b64encode(made.dump()).decode(), "chain": _pem(chain)}


def stamp_head(args: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """Worker job: an RFC 3161 time-stamp over a digest.

    Args:
        args: `digest`, hexadecimal, of `algorithm`; `roots`, `others`, `lists`, as of `sign_head`.
        ask: answers `stamp` and `fetch`.

    Returns:
        `response`: as the authority gave it, DER in base64; `token`: what of it is the token; `chain`: the certificates it came
        with, PEM; `at`: its time.

    Raises:
        Verdict: `waiting-tsa`, `waiting-revocation`.
    """
    stamper, _ = stamper_of(args, ask)
    with coded():
        _, request = stamper.request_cms(bytes.fromhex(args["digest"]), args["algorithm"])  # type: ignore[no-untyped-call]  # pyHanko's
        response = asyncio.run(stamper.async_request_tsa_response(request))
    data = signed_data(response)
    chain = [each.chosen for each in data["certificates"]]
    at = data["encap_content_info"]["content"].parsed["gen_time"].native
    made = {"response": response.dump(), "token": response["time_stamp_token"].dump()}
    return {name: b64encode(der).decode() for name, der in made.items()} | {"chain": _pem(chain), "at": at.isoformat()}


def _pem(certificates: list[x509.Certificate]) -> str:
    return b"".join(pem.armor("CERTIFICATE", each.dump()) for each in certificates).decode()
