"""What others may do with a sealed document: sign it too; or, where the office certifies, nothing but stamp it."""

import asyncio
import datetime as dt
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.general import SigningError

from tests.referees.judges import dss, pdfsig
from tests.testkit import samples, scans
from tests.testkit.stations import takes_any_scan

SOHOA = Path(sys.executable).with_name("sohoa")


@pytest.fixture(scope="module")
def somebody(tmp_path_factory: pytest.TempPathFactory) -> SimpleSigner:
    """A person of another office, with a key of their own."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Somebody")])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=9))
        .add_extension(usage, True).sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path_factory.mktemp("key") / "somebody.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, BestAvailableEncryption(b"x")))
    signer = SimpleSigner.load_pkcs12(str(path), passphrase=b"x")
    assert signer is not None
    return signer


def sealed(folder: Path, *, certify: bool) -> Path:
    station = folder / "station"
    subprocess.run([SOHOA, "init", "--demo", station], check=True, capture_output=True)
    takes_any_scan(station)
    settings = station / "sohoa.toml"
    settings.write_text(settings.read_text("utf-8").replace("[seal]", f"[seal]\ncertify = {str(certify).lower()}"), "utf-8")
    scans.png(station / "drop" / "sao-y" / "a.png", samples.sample(2, dpi=100).aged[0], dpi=100)
    subprocess.run([SOHOA, "run", "--station", station], check=True, capture_output=True)
    return station / "out" / "sao-y" / "a.pdf"


def sign_too(path: Path, signer: SimpleSigner) -> None:
    with path.open("rb+") as file:
        metadata = PdfSignatureMetadata(field_name="Nguoi_Khac")
        asyncio.run(PdfSigner(metadata, signer).async_sign_pdf(IncrementalPdfFileWriter(file), in_place=True))


def test_others_may_sign_too_and_the_seal_stays_valid(tmp_path: Path, somebody: SimpleSigner) -> None:
    path = sealed(tmp_path, certify=False)
    sign_too(path, somebody)
    assert [signature.valid for signature in pdfsig(path) if signature.kind != "time-stamp"][0]
    (ours, *_) = dss([path], tmp_path / "station" / "authority" / "root.pem")
    assert ours.indication == "TOTAL_PASSED", ours


def test_a_certified_document_allows_no_further_signature(tmp_path: Path, somebody: SimpleSigner) -> None:
    path = sealed(tmp_path, certify=True)
    with pikepdf.open(path) as pdf:
        assert "/DocMDP" in pdf.Root.Perms
    told = dss([path], tmp_path / "station" / "authority" / "root.pem")
    assert [judgement.signature_format for judgement in told] == ["PAdES-BASELINE-LTA"]
    assert told[0].indication == "TOTAL_PASSED"
    with pytest.raises(SigningError):
        sign_too(path, somebody)
