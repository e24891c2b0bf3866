"""Evidence of every night, its renewals, and the records cut from it: by time-stamps of a real authority of the test kit."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from archive import evidence, evidencelist
from archive.copies import Copied, mirror
from archive.errors import ArchiveError
from archive.ers import Tree
from archive.evidencelist import EvidenceList
from archive.heads import Published
from archive.rebuilding import rebuild
from archive.removal import Removal
from archive.renewals import Evidence
from archive.store import Archive
from tests.archive.conftest import CLERK, FILE, Clock, Office
from tests.archive.test_heads import a_day
from tests.archive.test_verify import change, codes
from tests.referees import judges, worlds
from tests.testkit.authorities import Pki
from tests.testkit.proving import came_with, pem, prove, renew
from tests.testkit.signing import token as token_over


@given(st.sets(st.binary(min_size=32, max_size=32), min_size=1, max_size=40))
def test_what_is_cut_out_for_a_leaf_leads_to_the_root(leaves: set[bytes]) -> None:
    """As RFC 4998 §4.3 says: the digest of the sorted list, put into the next one, and so on."""
    tree = Tree("sha256", leaves)
    for leaf in leaves:
        value, lists = leaf, tree.reduced(leaf)
        assert not lists or leaf in lists[0]
        for group in lists:
            value = hashlib.sha256(b"".join(sorted({*group, value}))).digest()
        assert value == tree.root
    with pytest.raises(KeyError):
        tree.reduced(bytes(31))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Some time ago: what is time-stamped must not lie in the future of those who judge it."""
    made = Office(tmp_path, Clock(dt.datetime.now(dt.UTC).replace(hour=5, minute=0, second=0, microsecond=0) - dt.timedelta(days=100)))
    yield made
    for archive in made.opened:
        archive.close()


@pytest.fixture
def pki(office: Office) -> Pki:
    """Its time-stamping authority ends a year from now, as ever."""
    return Pki(office.clock.now, tsa_years=5)


def night(office: Office, archive: Archive, pki: Pki, *names: str, algorithm: str = "sha256") -> Published:
    head = a_day(office, archive, *names)
    with pki.at(office.clock.now):
        prove(archive, head, pki, algorithm)
    return head


def renewed(office: Office, archive: Archive, pki: Pki, algorithm: str = "sha256") -> Path:
    office.clock.pass_(days=1)
    with pki.at(office.clock.now):
        return renew(archive, pki, algorithm).folder


def openssl_says(token: Path, pki: Pki, folder: Path, root: bytes, algorithm: str) -> str:
    trusted = folder / "tsa-root.pem"
    trusted.write_bytes(pki.tsa_root.certificate.public_bytes(Encoding.PEM))
    asked = subprocess.run(["openssl", "ts", "-verify", f"-{algorithm}", "-digest", root.hex(), "-token_in", "-in", token, "-CAfile", trusted,
                            "-attime", str(int(pki.now().timestamp()))], capture_output=True, text=True, check=False)  # fmt: skip
    return asked.stdout + asked.stderr


def test_a_night_is_a_list_that_standard_tools_read_and_a_token_over_its_tree(office: Office, archive: Archive, pki: Pki) -> None:
    head = night(office, archive, pki, "a", "b", "c")
    done = subprocess.run(["sha256sum", "-c", head.folder / "evidence.sha256"], cwd=office.root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count(": OK")) == (0, 10), done.stdout + done.stderr  # PDF, record, scan of each, and the head
    listed = evidencelist.parsed("sha256", (head.folder / "evidence.sha256").read_bytes())
    assert "Verification: OK" in openssl_says(head.folder / "evidence.tst", pki, office.folder, listed.tree.root, "sha256")


def test_a_record_leads_from_the_document_through_every_renewal(office: Office, archive: Archive, pki: Pki) -> None:
    """Twice renewed, hashed anew with SHA-512, renewed again; a later night joins on the way. EU DSS agrees at every step."""
    night(office, archive, pki, "a", "b", "c")
    asked = list[tuple[Path, Path]]()
    for number, algorithm in enumerate(("", "sha256", "sha256", "sha512", "sha512")):
        if algorithm:
            renewed(office, archive, pki, algorithm)
        if number == 2:
            night(office, archive, pki, "d")
        for code in ("0000001", *(("0000004",) if number >= 2 else ())):
            for path, record in archive.evidence_records(f"{FILE}.{code}").items():
                place = office.folder / f"{number}-{len(asked)}.ers"
                place.write_bytes(record)
                asked.append((place, office.root / path))
    world = office.folder / "world.pem"
    world.write_bytes(worlds.world(pki, lists=True))
    other = office.folder / "other"
    other.write_bytes(b"other words")
    for each in judges.dss_evidence(asked, world):
        assert (each.indication, each.errors) == ("PASSED", ()) and set(each.timestamps) == {"PASSED"}, each
    first, last = asked[0], asked[-6]
    assert first[1] == last[1]
    said = judges.dss_evidence([first, last], world)
    assert len({each.best_signature_time for each in said}) == 1, "renewed, it proves the night it was filed in, as ever"
    assert [each.indication for each in judges.dss_evidence([(last[0], other)], world)] != ["PASSED"]


def test_whoever_lacks_a_renewal_or_has_another_is_told_every_night(office: Office, archive: Archive, pki: Pki) -> None:
    night(office, archive, pki, "a")
    folder = renewed(office, archive, pki)
    assert archive.verify().findings == [] == archive.lost_heads()
    change(folder / "evidence.sha256", b"other words")
    assert codes(archive) == {"renewal-altered"} == {finding.code for finding in archive.lost_heads()}
    shutil.rmtree(folder)
    assert codes(archive) == {"renewal-missing"}


def test_evidence_needs_no_catalogue_and_goes_with_a_copy(office: Office, archive: Archive, pki: Pki) -> None:
    night(office, archive, pki, "a", "b")
    renewed(office, archive, pki)
    night(office, archive, pki, "c")
    code = f"{FILE}.0000001"
    before = archive.evidence_records(code)
    list(mirror(office.root, office.folder / "copy", archive.sealed_days()))
    archive.close()
    (office.root / "catalogue.db").unlink()
    rebuild(office.root, office.clock, lambda lane: ("code_number", "subject"), CLERK)
    again = office.open()
    assert again.evidence_records(code) == before and again.verify().findings == []
    assert {path: Evidence(office.folder / "copy").record(path) for path in before} == before


def test_what_was_altered_or_removed_gets_no_new_evidence(office: Office, archive: Archive, pki: Pki) -> None:
    night(office, archive, pki, "a", "b")
    first, second = (f"{FILE}.000000{number}" for number in (1, 2))
    (pdf,) = office.root.glob(f"*/*/*/data/{first}.pdf")
    change(pdf, b"%PDF other words")
    assert [(each.code, each.path) for each in archive.evidence().renewal("sha512").findings] == [("altered", pdf.relative_to(office.root).as_posix())]
    renewed(office, archive, pki, "sha512")
    sizes = [len(archive.evidence_records(code)[path]) for code, path in ((first, pdf.relative_to(office.root).as_posix()),)]
    (other,) = (record for path, record in archive.evidence_records(second).items() if path.endswith(f"{second}.pdf"))
    assert sizes[0] < len(other), "its chain ends with the night it was filed in"


def test_evidence_that_cannot_be_read_is_refused(office: Office, archive: Archive, pki: Pki) -> None:
    head = night(office, archive, pki, "a")
    for garbage in (b"", b"x  y\n", b"\xff", b"0" * 64 + b"  b\n" + b"0" * 64 + b"  a\n"):
        (head.folder / "evidence.sha256").write_bytes(garbage)
        with pytest.raises(ArchiveError, match="evidence-altered"):
            archive.evidence().renewal("sha256")
    (head.folder / "evidence.sha512").write_bytes(b"")
    with pytest.raises(ArchiveError, match="evidence-altered"):
        archive.evidence().algorithms()


@pytest.mark.parametrize("name", [b"a\nb", b"\xff", b"2026-01-01", b"renewals/0001x", b"renewals/0001/evidence.sha256\n"])
def test_a_strange_file_in_the_log_folder_is_in_no_list_and_hinders_none(office: Office, archive: Archive, pki: Pki, name: bytes) -> None:
    night(office, archive, pki, "a")
    stray = Path(os.fsdecode(os.fsencode(office.root / "_log") + b"/" + name))
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"x")
    for _ in range(2):
        folder = renewed(office, archive, pki)
        listed = evidencelist.parsed("sha256", (folder / "evidence.sha256").read_bytes())
        assert stray.relative_to(office.root).as_posix() not in listed.digests
    assert len(archive.happened("renewed")) == 2 and archive.evidence().algorithms() == {"sha256"}


def plant(archive: Archive, number: str, digest: Callable[[Path], str], algorithm: str = "sha256") -> Path:
    """A renewal of whoever may write in the folder."""
    folder = archive.root / "_log" / "renewals" / number
    folder.mkdir(parents=True)
    tokens = {path.relative_to(archive.root).as_posix(): digest(path) for path in archive.evidence().unrenewed()}
    (folder / f"evidence.{algorithm}").write_bytes(evidencelist.written(tokens))
    (folder / "evidence.tst").write_bytes(b"junk")
    (folder / "evidence.tst.pem").write_bytes(b"none")
    return folder


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(("holds", "digest"), [(False, sha256), (True, lambda _: "0" * 64)])
def test_a_renewal_that_is_none_is_told_and_does_not_count(
    office: Office, archive: Archive, pki: Pki, holds: bool, digest: Callable[[Path], str]
) -> None:
    night(office, archive, pki, "a")
    before = archive.evidence().unrenewed()
    place = plant(archive, "0001", digest).relative_to(office.root).as_posix()
    for _ in range(2):
        (found,) = archive.note_renewals(CLERK, lambda _: holds)
        assert (found.code, found.path) == ("token-invalid", f"{place}/evidence.tst")
    assert archive.happened("renewed") == [] and archive.evidence().unrenewed() == before != []
    ours = renewed(office, archive, pki)
    assert ours.name == "0002" and place not in (ours / "evidence.sha256").read_text()
    assert len(archive.evidence().unrenewed()) == 1
    assert [found.code for found in archive.note_renewals(CLERK, lambda _: True)] == ["token-invalid"], "nor one that comes before ours"


@pytest.mark.parametrize("spoiled", ["changed", "removed"])
def test_a_renewal_whose_earlier_evidence_is_another_is_told_and_proves_nothing(office: Office, archive: Archive, pki: Pki, spoiled: str) -> None:
    """Of what stands in `evidence.before` the log has no digest: the token is over it."""
    night(office, archive, pki, "a")
    before, path = archive.evidence().unrenewed(), renewed(office, archive, pki, "sha512") / "evidence.before"
    assert archive.verify().findings == [] == archive.lost_heads()
    if spoiled == "changed":
        change(path, path.read_bytes().replace(path.read_bytes()[:8], b"0" * 8))
    else:
        path.unlink()
    (found,) = archive.lost_heads()
    assert (found.code, found.path) == ("renewal-altered", path.relative_to(office.root).as_posix())
    assert archive.evidence().unrenewed() == before


@pytest.mark.parametrize("chain", [None, b"", b"none", b"-----BEGIN CERTIFICATE-----A-----END CERTIFICATE-----"])
def test_certificates_that_did_not_come_with_a_time_stamp_are_told(office: Office, archive: Archive, pki: Pki, chain: bytes | None) -> None:
    (first, *_), folder = [night(office, archive, pki, "a").folder, renewed(office, archive, pki)], office.root / "_log" / "renewals" / "0001"
    assert archive.lost_heads() == []
    for token in (first / "evidence.tst.pem", folder / "evidence.tst.pem"):
        change(token, pem(pki.double().tsa) if chain is None else chain)
    assert [(found.code, found.path.partition("/evidence")[2]) for found in archive.lost_heads()] == [("certificates-altered", ".tst.pem")] * 2


def test_what_was_interrupted_counts_although_a_document_it_lists_was_removed_since(office: Office, archive: Archive, pki: Pki) -> None:
    night(office, archive, pki, "a", "b")
    office.clock.pass_(days=1)
    with pki.at(office.clock.now):
        listed = archive.evidence().renewal("sha512")
        token = token_over(pki, listed.listed.tree.root, algorithm="sha512")
    evidence.put(listed.folder, listed.listed, token, came_with(token))  # and then the power went
    archive.remove([f"{FILE}.0000001"], Removal("disposed", "12/QĐ-UBND", (CLERK,), CLERK))
    assert archive.note_renewals(CLERK, lambda _: True) == [] == archive.lost_heads()
    assert [each["public"]["number"] for each in archive.happened("renewed")] == [1] and archive.evidence().algorithms() == {"sha512"}


def test_a_file_of_the_log_itself_is_never_removed_and_not_excused(office: Office, archive: Archive, pki: Pki) -> None:
    night(office, archive, pki, "a")
    plant(archive, "0001", sha256)
    for path in office.root.glob("_log/*/checkpoint.tsr*"):
        path.unlink()
    path = office.root / "_log" / "renewals" / "0001" / "evidence.sha256"
    path.write_bytes(path.read_bytes() + f"{'0' * 64}  _log/x\n".encode())
    (found,) = archive.note_renewals(CLERK, lambda _: True)
    assert (found.code, found.detail.partition(": ")[2]) == ("token-invalid", "it lists other files than lie here")


@pytest.mark.parametrize("spoiled", ["list", "pipe", "empty", "number"])
def test_a_planted_renewal_that_cannot_be_read_hinders_none(office: Office, archive: Archive, pki: Pki, spoiled: str) -> None:
    night(office, archive, pki, "a")
    folder = plant(archive, "000x" if spoiled == "number" else "0001", sha256)
    if spoiled == "list":
        (folder / "evidence.sha256").write_bytes(b"\xff")
    if spoiled == "empty":
        (folder / "evidence.sha256").unlink()
    if spoiled == "pipe":
        (folder / "evidence.sha256").unlink()
        os.mkfifo(folder / "evidence.sha256")
    assert len(archive.note_renewals(CLERK, lambda _: True)) == (spoiled != "number")
    assert renewed(office, archive, pki).name == ("0001" if spoiled == "number" else "0002")


def test_a_logged_renewal_that_was_changed_or_lost_proves_nothing_and_another_is_made(office: Office, archive: Archive, pki: Pki) -> None:
    night(office, archive, pki, "a")
    before = archive.evidence().unrenewed()
    folder = renewed(office, archive, pki)
    change(folder / "evidence.sha256", (folder / "evidence.sha256").read_bytes() + f"{'0' * 64}  z\n".encode())
    assert archive.evidence().unrenewed() == before
    shutil.rmtree(folder)
    assert renewed(office, archive, pki).name == "0002", "no number is given twice"


RENEWAL, LISTS = "_log/renewals/0001", "_log/revocation"


@pytest.fixture
def copy(office: Office, archive: Archive, pki: Pki) -> Path:
    """A copy of an archive whose proofs were hashed anew, and that keeps a revocation list."""
    head = night(office, archive, pki, "a", "b")
    with pki.at(office.clock.now):
        archive.keep_lists(f"_log/{head.day}/evidence.tst", [pki.crl(pki.tsa_root)], CLERK)
    renewed(office, archive, pki, "sha512")
    assert [each for each in mirror(office.root, office.folder / "nas", archive.sealed_days(), archive.log_files())
            if not isinstance(each, Copied)] == []  # fmt: skip
    return office.folder / "nas"


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("spoiled", ["altered", "lost"])
@pytest.mark.parametrize("place", [f"{RENEWAL}/evidence.sha512", f"{RENEWAL}/evidence.before", f"{RENEWAL}/evidence.tst",
                                   f"{RENEWAL}/evidence.tst.pem", RENEWAL, LISTS])  # fmt: skip
def test_a_copy_gives_back_revocation_lists_and_renewals(office: Office, archive: Archive, copy: Path, place: str, spoiled: str) -> None:
    with pytest.raises(ArchiveError, match="exists"):
        archive.restore_log_file(copy, place)
    path = office.root / place
    folder = path if path.is_dir() else path.parent
    before = files_of(folder)
    for each in list(folder.iterdir()) if path.is_dir() else [path]:
        change(each, b"other words") if spoiled == "altered" else each.unlink()
    assert codes(archive) & {"renewal-altered", "renewal-missing", "certificates-altered", "revocation-altered", "revocation-missing"}
    archive.restore_log_file(copy, place)
    assert files_of(folder) == before and archive.verify().findings == [] == archive.lost_heads()


@pytest.mark.parametrize("name", ["evidence.sha512", "evidence.before", "evidence.tst", "evidence.tst.pem"])
def test_a_copy_whose_renewal_is_not_what_was_logged_gives_nothing_back(office: Office, archive: Archive, copy: Path, name: str) -> None:
    shutil.rmtree(office.root / RENEWAL)
    change(copy / RENEWAL / name, b"other words")
    for place in (RENEWAL, f"{RENEWAL}/{name}"):
        with pytest.raises(ArchiveError, match="not-proved"):
            archive.restore_log_file(copy, place)
    assert not (office.root / RENEWAL).exists(), "all of it, or nothing"


def test_a_copy_whose_revocation_list_is_another_gives_nothing_back(office: Office, archive: Archive, copy: Path, pki: Pki) -> None:
    (path,) = (office.root / LISTS).iterdir()
    place, good = path.relative_to(office.root).as_posix(), path.read_bytes()
    path.unlink()
    (copy / place).write_bytes(pki.crl(pki.root))
    with pytest.raises(ArchiveError, match="not-proved"):
        archive.restore_log_file(copy, place)
    (copy / place).write_bytes(good)
    archive.restore_log_file(copy, place)
    assert path.read_bytes() == good


@pytest.mark.parametrize("place", ["_log/keys", f"{LISTS}/{'0' * 64}.crl", "_log/renewals/0002", f"{RENEWAL}/evidence.sha256"])
def test_what_the_log_does_not_tell_of_is_not_taken_from_a_copy(archive: Archive, copy: Path, place: str) -> None:
    (copy / place).parent.mkdir(parents=True, exist_ok=True)
    (copy / place).mkdir(exist_ok=True) if "." not in place else (copy / place).write_bytes(b"laid there by anybody")
    with pytest.raises(ArchiveError, match="unknown"):
        archive.restore_log_file(copy, place)


@pytest.mark.parametrize("name", ["evidence.sha512", "evidence.before", "evidence.tst", "evidence.tst.pem", "crl"])
def test_a_damaged_renewal_or_revocation_list_never_overwrites_a_good_copy(office: Office, archive: Archive, copy: Path, name: str) -> None:
    path = next((office.root / LISTS).iterdir()) if name == "crl" else office.root / RENEWAL / name
    place = path.relative_to(office.root).as_posix()
    good = path.read_bytes()
    change(path, b"other words")
    told = [each for each in mirror(office.root, copy, archive.sealed_days(), archive.log_files()) if not isinstance(each, Copied)]
    assert ("altered", place) in [(each.code, each.path) for each in told] and (copy / place).read_bytes() == good


@pytest.mark.parametrize("name", ["a\nb", "\udcff"])
def test_a_list_that_could_not_be_read_again_is_not_laid_down(tmp_path: Path, name: str) -> None:
    for listed in (EvidenceList("sha256", {name: "0" * 64}), EvidenceList("sha256", {"a": "0" * 64}, {name: "0" * 64})):
        with pytest.raises(ArchiveError, match="evidence-altered"):
            evidence.put(tmp_path / "0001", listed, b"token", b"chain")
    assert not (tmp_path / "0001").exists()
