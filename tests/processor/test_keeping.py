"""Revocation lists of the time-stamping authority kept at a real station: in the night, later where they were not to be had."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from processor import keeping, publishing, renewing
from processor.condition import Condition, Proofs, lines
from processor.errors import Verdict
from processor.seal.timestamps import Outside
from processor.shift import Shift
from tests.processor.office import Office
from tests.processor.test_publishing import Silent, sealed  # noqa: F401  # a fixture

Station = tuple[Office, Shift]


@pytest.fixture
def station(sealed: Station) -> Iterator[Station]:  # noqa: F811
    publishing.publish(sealed[1].tools)
    yield sealed


def kept(office: Office) -> list[Path]:
    return sorted(office.folder.glob("archive/_log/revocation/*"))


def test_lists_are_kept_once_told_in_the_log_and_renewed_with_the_tokens(station: Station) -> None:
    office, shift = station
    assert keeping.keep(shift.tools) == (0, []) == keeping.keep(shift.tools)
    told = [each["public"] for each in shift.tools.archive.happened("revocation-kept")]
    assert [Path(each["token"]).name for each in told] == ["checkpoint.tsr", "evidence.tst"]  # type: ignore[index]  # JSON
    assert {path.stem for path in kept(office)} == {each["list_1"] for each in told}  # type: ignore[index]  # JSON
    for path in kept(office):
        text = subprocess.run(["openssl", "crl", "-inform", "DER", "-in", path, "-noout", "-issuer"], capture_output=True, text=True, check=True)
        assert "issuer=" in text.stdout
    assert renewing.renew(shift.tools, is_forced=True).number == 1
    assert f"  _log/revocation/{kept(office)[0].name}\n" in (office.folder / "archive/_log/renewals/0001/evidence.sha256").read_text()
    assert keeping.keep(shift.tools) == (0, []) and len(shift.tools.archive.happened("revocation-kept")) == 3, "the renewal's own token"


def test_what_is_not_to_be_had_comes_another_night_and_holds_up_nothing(station: Station) -> None:
    office, shift = station
    assert keeping.keep(dataclasses.replace(shift.tools, outside=Silent())) == (2, []) and kept(office) == []
    (junk,) = office.folder.glob("archive/_log/*/evidence.tst")
    whole = junk.read_bytes()
    junk.write_bytes(b"junk")
    assert keeping.keep(shift.tools) == (1, []), "the other one has them; of this one `renew` tells"
    junk.write_bytes(whole)
    assert keeping.keep(shift.tools) == (0, [])


def test_a_list_that_is_gone_or_another_is_told_every_night_and_by_the_verifier_in_the_archive(station: Station) -> None:
    office, shift = station
    keeping.keep(shift.tools)
    (path,) = kept(office)
    archive, root = office.folder / "archive", office.folder / "authority" / "root.pem"

    def told() -> tuple[set[str], set[str]]:
        words = (sys.executable, "-I", archive / "_tools" / "verify.py", archive, "--json", "--root", root)
        said = json.loads(subprocess.run(words, capture_output=True, text=True, check=False).stdout)
        return {each.code for each in shift.tools.archive.lost_heads()}, {each["code"] for each in said["findings"]} - {"re-dated"}

    assert told() == (set(), set())
    path.write_bytes(b"junk")
    assert told() == (set(), {"revocation-altered"}) and {each.code for each in shift.tools.archive.verify().findings} == {"revocation-altered"}
    path.unlink()
    assert told() == ({"revocation-missing"}, {"revocation-missing"})
    path.mkdir()
    assert told() == ({"revocation-altered"}, {"revocation-altered"})


def test_the_clerks_page_says_how_many_wait() -> None:
    proofs = Proofs(until=dt.date(2030, 1, 2), days_left=900, unlisted=3)
    assert any("có giá trị đến 02/01/2030, 3 chờ danh sách thu hồi" in line for line in lines(Condition(proofs=proofs)))


class Revoking(Outside):
    """The demo's root, whose list names the time-stamping authority."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def stamp(self, request: bytes, skip: int) -> bytes:
        raise Verdict("waiting-tsa")

    def fetch(self, url: str, body: bytes) -> bytes:
        root, tsa = (x509.load_pem_x509_certificate((self._folder / f"{name}.pem").read_bytes()) for name in ("root", "tsa"))
        key = serialization.load_pem_private_key((self._folder / "root.key").read_bytes(), None)
        now = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
        named = x509.RevokedCertificateBuilder().serial_number(tsa.serial_number).revocation_date(now).build()
        made = x509.CertificateRevocationListBuilder().issuer_name(root.subject).last_update(now).next_update(now + dt.timedelta(days=7))
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return made.add_revoked_certificate(named).sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_lists_that_name_who_gave_the_time_stamps_are_kept_once_and_told_every_night(station: Station) -> None:
    """Whoever has the folder alone is told too, and so is who takes a proof away."""
    office, shift = station
    tools = dataclasses.replace(shift.tools, outside=Revoking(office.folder / "authority"))
    for _ in range(2):
        assert {each.code for each in keeping.keep(tools)[1]} == {"token-revoked"}
    assert [each["public"]["revoked"] for each in shift.tools.archive.happened("revocation-kept")] == [1, 1]  # type: ignore[index]  # JSON
    assert len(kept(office)) == 1
    archive, root = office.folder / "archive", office.folder / "authority" / "root.pem"
    words = (sys.executable, "-I", archive / "_tools" / "verify.py", archive, "--json", "--root", root)
    said = json.loads(subprocess.run(words, capture_output=True, text=True, check=False).stdout)
    told = [Path(each["path"]).name for each in said["findings"] if each["code"] == "token-revoked"]
    assert told == ["checkpoint.tsr", "evidence.tst"], said
