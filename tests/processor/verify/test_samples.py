"""Real and public files, each with what is known of it; no roots are given, so nothing here can be valid."""

import os
import time
from pathlib import Path

import pytest

from tests.processor.verify.conftest import Judge

SAMPLES = Path(os.environ.get("SOHOA_SAMPLES", Path(__file__).resolve().parents[4] / "shared" / "samples"))
pytestmark = [
    pytest.mark.skipif(not (SAMPLES / "signed").is_dir(), reason="the samples are not here"),
    pytest.mark.filterwarnings("ignore"),
]
UNTOUCHED = "none", "validation-data", "form-filling"
EXPECTED: dict[str, tuple[set[str], set[str]]] = {  # verdicts that may be, reasons that must be
    "signed/dss-DSS-1683.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/dss-DSS-3226.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/dss-DSS1376-rev_n-1.pdf": ({"unknown"}, {"changed-since"}),
    "signed/dss-DSS1376-rev_n.pdf": ({"unknown"}, {"changed-since"}),
    "signed/dss-Signature-P-DE_SCI-4.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/dss-annotation-and-visible-change.pdf": ({"unknown", "invalid"}, {"changed-since"}),
    "signed/dss-doc-firmado-LT.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/dss-doc-firmado.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/dss-malformed-pades.pdf": ({"unknown", "invalid"}, {"unreadable"}),
    "signed/dss-modified_after_signature.pdf": ({"unknown", "invalid"}, {"changed-since"}),
    "signed/dss-muestra-firmado-firmado.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/dss-open_protected.pdf": ({"unknown"}, {"encrypted"}),
    "signed/dss-pades-signed-annot-added.pdf": ({"unknown", "invalid"}, {"changed-since"}),
    "signed/dss-pades_opposite_infinite_loop.pdf": ({"unknown", "invalid"}, {"unreadable"}),
    "signed/dss-pdf-removed-pages.pdf": ({"unknown", "invalid"}, {"changed-since"}),
    "signed/dss-pdf-signed-original.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/itext-fieldLockKidsRemovedAndAdded.pdf": ({"invalid"}, {"forbidden-change"}),
    "signed/itext-fullCompressionModeLevel1.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/itext-fullCompressionModeLevel2.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/itext-fullCompressionModeLevel3.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/itext-lockedSignatureFieldModified.pdf": ({"invalid"}, {"forbidden-change"}),
    "signed/itext-noSignaturesDoc.pdf": ({"unsigned"}, set()),
    "signed/itext-outlinesNotModified.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/itext-pdfWithDssDictionary.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/itext-signedPAdES-LT.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/itext-taggedDocRemoveStructTreeElement.pdf": ({"invalid"}, {"forbidden-change"}),
    "signed/mkl5-babylove_signed.pdf": ({"unknown"}, {"chain-unknown", "hybrid-references"}),
    "signed/mkl5-hide-and-replace-shadow-file-signed-2.pdf": ({"unknown", "invalid"}, {"shadow-suspected"}),
    "signed/pyhanko-certified-with-indirect-refs-in-dir.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/pyhanko-form-update-override-appearance-stream-ap-indirect-sneaky.pdf": ({"unknown", "invalid"}, {"changed-since"}),
    "signed/pyhanko-minimal-signed-twice-second-created.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/pyhanko-minimal-two-fields-signed-twice.pdf": ({"unknown"}, {"chain-unknown"}),
    "signed/siva-soft-cert-signature.pdf": ({"unknown"}, {"chain-unknown"}),
    "vn-scans/SCAN0097.pdf": ({"unsigned"}, set()),
    "vn-broken/nd-57-2022-is-really-html.pdf": ({"unknown"}, {"unreadable"}),
    "vn-broken/nd-105-2021-is-really-html.pdf": ({"unknown"}, {"unreadable"}),
}
GOVERNMENT = {  # the government's own: how many signatures, how many of them by SHA-1
    "vn-scans/qn-04-CT-2024.pdf": (2, 1), "vn-scans/qn-05-CT-2020.pdf": (1, 0), "vn-scans/qn-11-CT-2024.pdf": (2, 1),
    "vn-scans/qn-22-TTr-2025.pdf": (2, 1), "vn-scans/qn-23-BC-2025.pdf": (2, 1), "vn-scans/qn-299-UBND-TTHC-2025.pdf": (2, 1),
    "vn-scans/qn-47-QD-2025.pdf": (2, 1), "vn-born-digital/qn-11-TB-2025.pdf": (5, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_known_files(name: str, judged: Judge) -> None:
    begin = time.monotonic()
    report = judged((SAMPLES / name).read_bytes())
    verdicts, reasons = EXPECTED[name]
    assert report["verdict"] in verdicts and reasons <= set(report["reasons"]), report["reasons"]
    assert time.monotonic() - begin < 3


def test_every_signed_sample_has_its_row() -> None:
    assert {f"signed/{path.name}" for path in (SAMPLES / "signed").glob("*.pdf")} <= EXPECTED.keys()


@pytest.mark.parametrize("name", GOVERNMENT)
def test_the_governments_documents_are_intact_and_cannot_be_told_without_their_roots(name: str, judged: Judge) -> None:
    report = judged((SAMPLES / name).read_bytes())
    told, (count, weak) = report["signatures"], GOVERNMENT[name]
    assert report["verdict"] == "unknown" and "chain-unknown" in report["reasons"]
    assert len(told) == count and {one["integrity"] for one in told} == {"intact"}
    assert sum(one["strength"] == "weak" for one in told) == weak
    assert all(one["changes"] in UNTOUCHED and not one["changed_pages"] for one in told)
    assert all(one["signer"]["agency"] for one in told)


@pytest.mark.parametrize("path", sorted((SAMPLES / "hostile-pdf").glob("*.pdf")), ids=lambda path: path.name)
def test_hostile_files_are_answered(path: Path, judged: Judge) -> None:
    begin = time.monotonic()
    assert judged(path.read_bytes())["verdict"] in {"unsigned", "unknown"}
    assert time.monotonic() - begin < 10
