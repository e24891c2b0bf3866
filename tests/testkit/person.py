"""`python -m tests.testkit sign STATION OUT.pdf`: the person in charge of a demo station signs, as an office's own software would.

Promises: by `authority/person.p12` of that station, with a time-stamp of its authority and a picture of a hand; only the leaf
is embedded, as the government's tools do; a PDF that is given is the beginning of what comes. Refuses: to check anything, and
a station that is no demo.
"""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pymupdf
from asn1crypto import tsp
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from processor.seal.demo import DemoAuthority
from tests.testkit import signing
from tests.testkit.answers import Holder
from tests.testkit.authorities import Pki
from tests.testkit.letters import letter

LETTER = 198  # a decision of one page, signed "TM. ỦY BAN NHÂN DÂN" as the demo station's person does; its month is 5/2026
_HAND = (95, 60)  # points


def _holder(authority: Path) -> Holder:
    secret = (authority / "passphrase").read_bytes()
    key, certificate, _ = pkcs12.load_key_and_certificates((authority / "person.p12").read_bytes(), secret)
    if certificate is None or not isinstance(key, ec.EllipticCurvePrivateKey):
        raise SystemExit(f"{authority}: no person of a demo station")
    return Holder(certificate, key)


def _token(authority: DemoAuthority, digest: bytes) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    asked = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "nonce": secrets.randbits(60), "cert_req": True})
    answer = authority.stamp(asked.dump(), 0)[1:]  # its first byte is the authority's number
    made: bytes = tsp.TimeStampResp.load(answer)["time_stamp_token"].dump()
    return made


def _hand_box(pdf: bytes, above: str) -> tuple[int, int, int, int]:
    """Above the signer's name on the last page; where that is not found, at the lower right. PDF coordinates."""
    with pymupdf.open(stream=pdf) as document:
        page = document[-1]
        found, size = page.search_for(above) if above else [], page.rect
        middle, bottom = ((found[-1].x0 + found[-1].x1) / 2, found[-1].y0 - 4) if found else (size.width * 0.7, size.height * 0.8)
        left, low = round(middle - _HAND[0] / 2), round(size.height - bottom)
    return (left, low, left + _HAND[0], low + _HAND[1])


def signed(station: Path, pdf: bytes, above: str = "") -> bytes:
    """A document with the signature of the station's person in charge, on its last page above the text `above`."""
    person, authority, clock = _holder(station / "authority"), DemoAuthority(station / "authority"), Pki()
    way = replace(signing.HAND, field="NguoiKy", page=-1, box=_hand_box(pdf, above))
    return signing.sign(
        pdf, person, clock, way, make=lambda digest: signing.cms_of(digest, person, clock, way, stamp=lambda d: _token(authority, d))
    )


def altered(pdf: bytes) -> bytes:
    """The same to the eye; one bit of its first line, `%PDF-1.x`, is another."""
    return pdf[:7] + bytes([pdf[7] ^ 1]) + pdf[8:]


def main(arguments: Sequence[str]) -> int:
    """The command line; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.testkit sign", description="Sign as the person of a demo station")
    parser.add_argument("station", type=Path, metavar="STATION")
    parser.add_argument("out", type=Path, metavar="OUT.pdf")
    parser.add_argument("--pdf", type=Path, metavar="IN.pdf", help="what is signed; else a typeset letter")
    parser.add_argument("--seed", type=int, default=LETTER, help="which letter that is")
    parser.add_argument("--gaps", action="store_true", help="the letter has blanks for number and day")
    parser.add_argument("--altered", action="store_true", help="one bit is changed afterwards")
    given = parser.parse_args(arguments)
    pdf = given.pdf.read_bytes() if given.pdf else signing.page(given.seed, gaps=given.gaps)
    made = signed(given.station, pdf, "" if given.pdf else letter(given.seed).signer_name)
    given.out.write_bytes(altered(made) if given.altered else made)
    return 0
