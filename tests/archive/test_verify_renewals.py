"""Evidence and its renewals, as the verifier in the archive judges them: attacked, and grown old."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from archive.errors import ArchiveError
from archive.removal import Removal
from tests.archive.conftest import CLERK, FILE, Clock, Office
from tests.archive.test_heads import a_day
from tests.archive.test_renewals import renewed
from tests.archive.test_verify_offline import codes, run
from tests.testkit import insider_renewals
from tests.testkit.authorities import Pki
from tests.testkit.insider import House, Insider, house, vouch
from tests.testkit.proving import prove


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house(tmp_path_factory.mktemp("house"), is_renewed=True)


@pytest.fixture
def insider(left: House, tmp_path: Path) -> Insider:
    return Insider(left, Path(shutil.copytree(left.root, tmp_path / "archive")))


def test_nothing_is_wrong_with_an_archive_that_was_renewed(left: House) -> None:
    assert run(left.root, *left.trust, "--witness", left.kept)["findings"] == []


@pytest.mark.parametrize("name", insider_renewals.ATTACKS)
def test_whoever_changes_evidence_is_named(insider: Insider, name: str) -> None:
    attack, expected = insider_renewals.ATTACKS[name]
    attack(insider)
    assert set(expected) <= codes(run(insider.root, *insider.house.trust)), name


@pytest.mark.parametrize("name", ["evidence.tst", "evidence.tst.pem", "evidence.sha256"])
def test_a_pipe_in_a_renewal_is_not_waited_for(insider: Insider, name: str) -> None:
    path = insider_renewals.renewal(insider) / name
    insider.remove(path)
    os.mkfifo(path)
    assert "not-a-file" in codes(run(insider.root, *insider.house.trust))


LONG_AGO = dt.datetime.now(dt.UTC).replace(hour=5, minute=0, second=0, microsecond=0) - dt.timedelta(days=800)


class Grown:
    """An archive of one night two years ago; its time-stamping authority ended a year later."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(folder, Clock(LONG_AGO))
        self.first, self.later = Pki(LONG_AGO, tsa_years=5), Pki(LONG_AGO + dt.timedelta(days=300))
        self.who = self.first.organisation(rsa_key=False)
        self.archive = self.office.open()
        self.archive.declare_file(FILE, "Hồ sơ tổ chức cán bộ", year=2024, actor=CLERK)
        self.night(self.first, "a", "b")

    def night(self, pki: Pki, *names: str) -> None:
        """Documents filed, sealed, published, vouched for by whoever gives time-stamps then."""
        head = a_day(self.office, self.archive, *names)
        with self.first.at(self.office.clock.now), pki.at(self.office.clock.now):
            vouch(head, self.first, self.who, pki)
            prove(self.archive, head, pki)

    def trust(self) -> tuple[str | Path, ...]:
        """The roots of all authorities there were."""
        words = list[str | Path]()
        for number, each in enumerate((self.first.root, self.first.tsa_root, self.later.tsa_root)):
            (path := self.office.folder / f"root{number}.pem").write_bytes(each.certificate.public_bytes(Encoding.PEM))
            words += ["--root", path]
        return tuple(words)


@pytest.fixture
def grown(tmp_path: Path) -> Iterator[Grown]:
    made = Grown(tmp_path)
    yield made
    made.archive.close()


@pytest.mark.parametrize("when", ["never", "too late"])
def test_time_stamps_that_grew_old_without_renewal_prove_nothing_any_more(grown: Grown, when: str) -> None:
    if when == "too late":
        grown.office.clock.pass_(days=400)
        renewed(grown.office, grown.archive, grown.later)
        grown.night(grown.later)
    told = run(grown.office.root, *grown.trust())
    assert {(each["code"], Path(each["path"]).name) for each in told["findings"]} == {
        ("token-expired", "checkpoint.tsr"), ("token-expired", "evidence.tst")}  # fmt: skip


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_renewed_in_time_they_hold_although_their_certificates_have_ended(grown: Grown, algorithm: str) -> None:
    grown.office.clock.pass_(days=330)
    renewed(grown.office, grown.archive, grown.later, algorithm)
    grown.night(grown.later, "c")
    told = run(grown.office.root, *grown.trust())
    assert told["findings"] == [] and told["documents"] == 3
    assert run(grown.office.root, *grown.trust()[:4])["findings"], "who is not told of the later authority cannot tell"


def test_a_removed_document_is_no_fault_of_a_renewal(grown: Grown) -> None:
    grown.office.clock.pass_(days=330)
    renewed(grown.office, grown.archive, grown.later, "sha512")
    code = f"{FILE}.0000001"
    grown.archive.remove([code], Removal("purged", "12/QĐ-UBND", (CLERK,), CLERK))
    assert codes(run(grown.office.root, *grown.trust())) == {"removal-unpublished"}  # no night published it, for more than a year
    grown.night(grown.later)
    assert run(grown.office.root, *grown.trust())["findings"] == []
    grown.office.clock.pass_(days=1)
    assert renewed(grown.office, grown.archive, grown.later, "sha384").is_dir()
    assert run(grown.office.root, *grown.trust())["findings"] == []
    with pytest.raises(ArchiveError):
        grown.archive.evidence_records(code)
