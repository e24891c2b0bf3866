"""A seal is as good wherever its key lies: on a token in this machine, or on one in the clerk's PC that signs over the network or
a file carried there and back. Judged by tools that know nothing of Sohoa (SoftHSM for the token)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from processor.seal import carried, pkcs11
from processor.seal.batch import Batch, Item, read_signed
from processor.seal.refused import Refused
from processor.seal.secret import Secret
from tests.processor.seal.carrying import Office, far_away, signed
from tests.processor.signer import clerk
from tests.referees import judges
from tests.testkit import softhsm

KINDS = {"RSA": "rsa:2048", "EC P-256": "EC:prime256v1"}


def here(office: Office, out: Path) -> None:
    """The token is in this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(office.pc.folder / "softhsm2.conf"))
        pkcs11.leave()
        refused = Refused(office.folder / "refused")
        token = pkcs11.Token(pkcs11.module(softhsm.LIBRARY), clerk.TOKEN, lambda: Secret(clerk.PIN.encode()), refused)
        office.seal_by(pkcs11.sealer(token, "", None, []), out)
        pkcs11.leave()


def network(office: Office, out: Path) -> None:
    """sohoa-signer fetches digests over HTTPS."""
    code, said = office.seal_over_network(office.folder, out)
    assert code == 0, said


def carried_by_hand(office: Office, out: Path) -> None:
    """A file goes to the token and another comes back."""
    prepared = out.with_suffix(".prepared")
    told = office.prepared(prepared)
    batch = Batch.of(clerk.AGENCY, office.certificate, [Item("a", "", "", 1, carried.b64decode(told["attributes"]))])
    code, said, back = signed(office, batch.export(), batch.code)
    assert code == 0, said
    office.finish(prepared, told["resume"], read_signed(back, batch).signatures["a"], out)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Path, Path]]:
    """Each sealed file and its root."""
    softhsm.need()
    made: dict[Path, Path] = {}
    for number, kind in enumerate(KINDS.values()):
        folder = tmp_path_factory.mktemp(f"office-{number}")
        with far_away(folder, kind) as office:
            for seal in (network, carried_by_hand, here):
                out = folder / f"{seal.__name__}.pdf"
                seal(office, out)
                made[out] = folder / "authority" / "root.pem"
    yield made


def test_dss_passes_each_at_the_level_of_archives(sealed: dict[Path, Path]) -> None:
    said = judges.dss_each(sealed)
    assert len(said) == len(sealed) == 6
    for one in said:
        assert (one.indication, one.errors, one.signature_format) == ("TOTAL_PASSED", (), "PAdES-BASELINE-LTA"), one
        assert one.timestamps == ("PASSED", "PASSED") and one.signed_by == clerk.AGENCY


def test_verapdf_finds_each_to_be_pdf_a_2b(sealed: dict[Path, Path]) -> None:
    assert judges.verapdf(list(sealed)) == [judges.Conformity(path, True, "2b", ()) for path in sealed]


def test_pdfsig_and_openssl_find_each_valid_and_the_whole_stamped(sealed: dict[Path, Path]) -> None:
    for path, root in sealed.items():
        seal, stamp = judges.pdfsig(path)
        assert (seal.kind, seal.valid, stamp.whole_file) == ("ETSI.CAdES.detached", True, True), path
        assert judges.openssl_stamp(path, root).sound, path
