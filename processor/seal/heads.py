"""The organisation's signature and time-stamps for a head of the log and its evidence, such that `openssl` verifies them. Jobs."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from asn1crypto import cms, pem, x509

from processor.seal import tokens
from processor.seal.sign import Office, certificates, coded, stamper_of
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


def check_stamp(args: Mapping[str, Any], ask: Ask) -> dict[str, str]:
    """Worker job: whether a token that lies there is one of those that `stamp_head` gives.

    Args:
        args: `token`, DER in base64; `digest`, hexadecimal, of `algorithm`; `chain`, PEM, what is said to have come with it;
            `roots`, `others`, as of `sign_head`. Without a `chain` it is judged as of its own time: that it has ended since, or
            that other certificates lie beside it, is told by others.
        ask: is not asked.

    Returns:
        `code`: empty, `token-invalid`, or `token-untrusted`, it is sound and leads to no root; `why`: in words.
    """
    why = _wrong(args)
    return {"code": why and ("token-untrusted" if why == tokens.UNTRUSTED else "token-invalid"), "why": why}


def _wrong(args: Mapping[str, Any]) -> str:
    try:
        data = cms.ContentInfo.load(b64decode(args["token"]), strict=True)["content"]
        info = data["encap_content_info"]["content"].parsed
        imprint, moment = info["message_imprint"], None if args["chain"] else info["gen_time"].native
        said = (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native.hex())
        chain = _pem([each.chosen for each in data["certificates"]])
    except tokens.GARBAGE as error:
        return f"no token: {type(error).__name__}"
    if said != (args["algorithm"], args["digest"]):
        return "the token is over something else"
    if args["chain"] not in ("", chain):  # how long the proofs last is told by these
        return "other certificates lie beside the token than came with it"
    roots, others = certificates(args["roots"]), certificates(args["others"])
    return asyncio.run(tokens.unsound(data, bytes.fromhex(args["digest"]), roots, others, moment))


def _pem(chain: list[x509.Certificate]) -> str:
    return b"".join(pem.armor("CERTIFICATE", each.dump()) for each in chain).decode()
