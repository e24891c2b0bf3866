"""The attacks are what they say: built, opened, seen; and what one well-known library says of them alone is written down."""

from __future__ import annotations

import asyncio
import io
import logging
import subprocess
from pathlib import Path

import pikepdf
import pymupdf
import pytest
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext

from tests.testkit import prepared, signing, wrapping
from tests.testkit.false_signers import Scene
from tests.testkit.forgeries import CONTROLS, FORGERIES, STRUCTURAL
from tests.testkit.rows import MAYBE, UNSIGNED, VALID
from tests.testkit.signing import Way, page

_GARBAGE = (PdfError, SignatureValidationError, ValueError, TypeError, KeyError, AttributeError, IndexError)
SEEN = [
    "swa", "swa-no-table", "isa-content", "isa-no-table", "isa-body-only", "isa-hidden", "isa-font", "isa-page-tree", "isa-catalogue",
    "isa-new-catalogue", "isa-copied-signature", "isa-date", "isa-stamp", "isa-new-field", "isa-smuggled", "isa-then-signed",
    "isa-streams", "isa-cropped", "eaa-free-text", "eaa-redact", "ssa-field", "ssa-person", "ssa-whole-page", "shadow-twin",
    "shadow-hide", "shadow-layer", "shadow-look", "shadow-value", "shadow-grown", "shadow-shared-look",
]  # fmt: skip
"""Attacks that are to be seen: a page looks otherwise than the one that was signed."""


def alone(scene: Scene, pdf: bytes) -> bool:
    """pyHanko's bottom line of all signatures, revocation not asked; False where there is none or it fails."""
    try:
        signatures = PdfFileReader(io.BytesIO(pdf), strict=False).embedded_regular_signatures
        told = []
        for signature in signatures:
            context = ValidationContext(
                trust_roots=[scene.pki.root.asn1, scene.pki.tsa_root.asn1], other_certs=[scene.pki.issuing.asn1], allow_fetching=False
            )
            told.append(asyncio.run(async_validate_pdf_signature(signature, context)).bottom_line)
    except _GARBAGE:
        return False
    return bool(told) and all(told)


def picture(pdf: bytes) -> bytes:
    """The first page as a reader shows it that repairs what it can."""
    with pymupdf.open(stream=pdf, filetype="pdf") as document:
        return bytes(document[0].get_pixmap(dpi=40).samples)


def pages(pdf: bytes) -> int:
    logging.getLogger("pikepdf").addHandler(logging.NullHandler())
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return len(document.pages)


def test_no_attack_may_be_called_valid_and_honest_files_may() -> None:
    assert len(FORGERIES) >= 140 and len(CONTROLS) >= 30
    assert not any("valid" in row.verdicts for row in FORGERIES.values())
    assert all(row.verdicts in {VALID, MAYBE, UNSIGNED} for row in CONTROLS.values())
    assert all(row.codes for row in STRUCTURAL.values())


@pytest.mark.parametrize("name", STRUCTURAL)
def test_an_attack_on_the_file_opens_and_pyhanko_says_what_is_noted(name: str) -> None:
    row, scene = STRUCTURAL[name], Scene()
    pdf = row.build(scene)
    assert pages(pdf) if row.opens else True
    assert alone(scene, pdf) is row.alone


@pytest.mark.parametrize("name", sorted(set(FORGERIES) - set(STRUCTURAL) - {"two-in-one"}))
def test_an_attack_on_trust_is_an_intact_file(name: str) -> None:
    pdf = FORGERIES[name].build(Scene())
    assert pages(pdf) == 1
    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    signature.compute_integrity_info()
    assert signature.evaluate_signature_coverage().name in {"ENTIRE_FILE", "ENTIRE_REVISION"}


@pytest.mark.parametrize("name", SEEN)
def test_an_attack_is_seen(name: str) -> None:
    signed = {
        "shadow-hide": lambda: prepared.with_cover(page()), "shadow-layer": lambda: prepared.with_layer(page()),
        "shadow-look": lambda: prepared.with_text_field(page(), "100"), "shadow-value": lambda: prepared.with_text_field(page(), "100"),
    }.get(name, page)()  # fmt: skip
    assert picture(FORGERIES[name].build(Scene())) != picture(signed)


def test_what_is_prepared_hides_until_it_is_used() -> None:
    for hidden in (prepared.with_cover(page()), prepared.with_layer(page()), prepared.with_twin(page())[0]):
        seen, plain = picture(hidden), picture(page())
        assert sum(abs(a - b) > 64 for a, b in zip(seen, plain, strict=True)) < len(plain) / 20


@pytest.mark.parametrize("name", [name for name, row in CONTROLS.items() if row.verdicts != UNSIGNED])
def test_an_honest_file_is_intact_and_pdfsig_agrees(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    pdf = CONTROLS[name].build(Scene())
    path.write_bytes(pdf)
    assert pages(pdf) == 1
    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, check=False, timeout=60).stdout.decode()
    left = said.count("has not yet been verified")  # it judges no document time-stamp
    assert said.count("Signature is Valid") == said.count("Signature Validation:") - left > 0


@pytest.mark.parametrize("way", [signing.PADES, signing.LEGACY, signing.SHA1, signing.SEALED, Way(whole_chain=True)])
def test_an_increment_leaves_the_document_alone(way: Way) -> None:
    scene = Scene()
    once = scene.signed(way=way)
    twice = signing.sign(once, scene.person, scene.pki, Way(field="Signature2"))
    assert once.startswith(page()) and twice.startswith(once)
    assert signing.archived(twice, scene.office, scene.pki).startswith(twice)


def test_wrapping_keeps_every_signed_byte() -> None:
    scene = Scene()
    signed = scene.signed()
    forged = wrapping.swa(signed, 4)
    first, length, second, rest = wrapping.Spot.of(signed).ranges
    assert forged[:length] == signed[:length] and forged.endswith(signed[second : second + rest])
