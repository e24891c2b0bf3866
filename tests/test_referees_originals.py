"""What others signed, with the proof that Sohoa keeps beside it, is judged sound by tools that know nothing of Sohoa: on the day
it came, and when the signer's certificate, its authorities and their lists are dead.

A validator gets `original + increment` and the roots; it asks nobody. To EU DSS the original alone is INDETERMINATE: nobody says
whether its signer was revoked, and once that certificate is dead not even the lists of the time help (OUT_OF_BOUNDS_NO_POE).
With the increment it is TOTAL_PASSED, at a level of archives. One thing no increment mends: DSS takes no signature by SHA-1.

pyHanko's `ades_lta_validation` calls a signature without a token of its own SIG_CONSTRAINTS_FAILURE whatever covers it, a rule
of its own (validation/ades.py: "someone calling this method actually cares about timestamps"); EN 319 102-1 asks for no such
attribute, and DSS takes the document time-stamp as proof of time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from pyhanko_certvalidator import ValidationContext

from processor.seal import tokens
from processor.verify.preserve import preserve
from tests.processor.seal.issuing import archival
from tests.processor.verify.conftest import arguments
from tests.referees import judges
from tests.referees.worlds import world
from tests.testkit import signing
from tests.testkit.answers import Holder
from tests.testkit.authorities import Pki
from tests.testkit.false_signers import Build, Scene
from tests.testkit.forgeries import CONTROLS
from tests.testkit.signing import LEGACY, PADES, SHA1, UNSTAMPED, Way

pytestmark = pytest.mark.filterwarnings("ignore")
THEN = dt.datetime(2019, 5, 6, 3, 0, tzinfo=dt.UTC)
PASSED = ("TOTAL_PASSED", None)
NOT_ASKED = ("INDETERMINATE", "CERTIFICATE_CHAIN_GENERAL_FAILURE")  # "No revocation data found for the certificate!"
DEAD = ("INDETERMINATE", "OUT_OF_BOUNDS_NO_POE")
WEAK = ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")


@dataclass(frozen=True)
class Case:
    """An original: DSS says of each of its signatures `alone`, then `kept`, and calls its format `came`, then `lasts`."""

    build: Build
    signatures: int = 1
    alone: tuple[str, str | None] = NOT_ASKED
    kept: tuple[str, str | None] = PASSED
    came: str = "PAdES-BASELINE-T"
    lasts: str = "PAdES-BASELINE-LTA"


def by(way: Way) -> Build:
    return lambda scene: scene.signed(way=way)


TODAY: Mapping[str, Case] = {
    "pades": Case(by(PADES)),
    "unstamped": Case(by(UNSTAMPED), came="PAdES-BASELINE-B"),
    "legacy": Case(by(LEGACY), came="PKCS7-T", lasts="PKCS7-LTA"),
    "sha1": Case(by(SHA1), kept=WEAK, came="PKCS7-T", lasts="PKCS7-LTA"),
    "sealed": Case(by(signing.SEALED)),
    "vgca": Case(CONTROLS["vgca"].build, signatures=4),
    "several": Case(CONTROLS["streams"].build, signatures=2),
    "certified-1": Case(CONTROLS["certified-1"].build),
    "certified-1-archived": Case(CONTROLS["certified-1-archived"].build, alone=PASSED, came="PAdES-BASELINE-LTA"),
    "hybrid": Case(CONTROLS["hybrid"].build),
    "archived": Case(CONTROLS["archived"].build, alone=PASSED, came="PAdES-BASELINE-LTA"),
    "renewed": Case(CONTROLS["renewed"].build, alone=PASSED, came="PAdES-BASELINE-LTA"),
    "archival": Case(lambda scene: scene.signed(archival(signing.page()))),
}
OF_2019: Mapping[str, Case] = {
    "pades": Case(by(PADES)),
    "unstamped": Case(by(UNSTAMPED), came="PAdES-BASELINE-B"),
    "legacy": Case(by(LEGACY), came="PKCS7-T", lasts="PKCS7-LTA"),
    "vgca": Case(CONTROLS["vgca"].build, signatures=4),
    "certified-1": Case(CONTROLS["certified-1"].build),
}
"""Signed and preserved in 2019 by people whose certificates ended in 2022, of authorities that ended in 2023."""


@dataclass(frozen=True)
class Kept:
    """An original, its lasting file, and what a validator knows."""

    original: Path
    lasting: Path
    world: Path

    @classmethod
    def of(cls, folder: Path, pdf: bytes, scene: Scene) -> Kept:
        """Verified and preserved at the scene's time."""
        folder.mkdir()
        made = cls(folder / "original.pdf", folder / "lasting.pdf", folder / "world.pem")
        made.original.write_bytes(pdf)
        made.lasting.write_bytes(pdf + increment(made.original, scene))
        made.world.write_bytes(world(scene.pki))
        return made

    def told(self) -> dict[Path, list[judges.Judgement]]:
        """What DSS says today."""
        said = judges.dss([self.original, self.lasting], self.world)
        return {path: [one for one in said if one.path == path] for path in (self.original, self.lasting)}


def increment(path: Path, scene: Scene) -> bytes:
    out = path.with_suffix(".lta")
    preserve(arguments(path, scene, out=str(out)), scene.pki.answer)
    return out.read_bytes()


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Kept]:
    folder, made = tmp_path_factory.mktemp("today"), dict[str, Kept]()
    for name, case in TODAY.items():
        scene = Scene()
        made[name] = Kept.of(folder / name, case.build(scene), scene)
    return made


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Kept]:
    folder, made = tmp_path_factory.mktemp("old"), dict[str, Kept]()
    for name, case in OF_2019.items():
        scene = Scene(Pki(THEN, years=8))
        made[name] = Kept.of(folder / name, case.build(scene), scene)
    return made


def _agrees(case: Case, kept: Kept) -> None:
    told = kept.told()
    expected = {kept.original: (case.alone, case.came), kept.lasting: (case.kept, case.lasts)}
    for path, (indication, level) in expected.items():
        said = [((each.indication, each.sub_indication), each.signature_format) for each in told[path]]
        assert said == [(indication, level)] * case.signatures, told[path]
    if case.kept == PASSED:
        assert {stamp for each in told[kept.lasting] for stamp in each.timestamps} == {"PASSED"}
        assert not any(each.errors for each in told[kept.lasting])


@pytest.mark.parametrize("name", TODAY)
def test_dss_needs_nothing_but_the_roots_once_the_proof_is_joined(name: str, today: dict[str, Kept]) -> None:
    _agrees(TODAY[name], today[name])


@pytest.mark.parametrize("name", OF_2019)
def test_dss_passes_long_after_the_certificates_died_what_was_kept_when_they_lived(name: str, old: dict[str, Kept]) -> None:
    _agrees(OF_2019[name], old[name])
    assert {each.best_signature_time for each in old[name].told()[old[name].lasting]} == {"2019-05-06T03:00:00Z"}


@pytest.mark.parametrize("year", [2019, 2021])
def test_lists_of_the_time_do_not_replace_the_proof(year: int, tmp_path: Path) -> None:
    """Somebody may have kept them, but nothing in the file proves when they were made."""
    scene = Scene(Pki(THEN, years=8))
    path, known = tmp_path / "original.pdf", tmp_path / "world.pem"
    path.write_bytes(scene.signed())
    with scene.pki.at(dt.datetime(year, 5, 6, 4, tzinfo=dt.UTC)):
        known.write_bytes(world(scene.pki, lists=True))
    (said,) = judges.dss([path], known)
    assert (said.indication, said.sub_indication) == DEAD and said.timestamps == ("PASSED",), said


def stamper(pki: Pki, begin: int, end: int) -> Holder:
    """A time-stamping authority of the kit's kind that lives from year to year."""
    own = (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier)
    like = [(each.value, each.critical) for each in pki.tsa.certificate.extensions if not isinstance(each.value, own)]
    life = (dt.datetime(begin, 1, 1, tzinfo=dt.UTC), dt.datetime(end, 1, 1, tzinfo=dt.UTC))
    return pki.issue(pki.tsa.certificate.subject, pki.tsa_root, like, life)


def _judged_at(now: dt.datetime) -> Callable[..., ValidationContext]:
    """A validation as of this moment where the product would take the machine's."""
    return lambda **asked: ValidationContext(**asked | {"moment": asked["moment"] or now})


def test_the_proof_lasts_as_long_as_who_stamped_it_last_and_is_renewed_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(Pki(THEN, years=8))
    monkeypatch.setattr(tokens, "ValidationContext", _judged_at(THEN))  # a fresh token is judged by this machine's clock
    scene.pki.tsa = stamper(scene.pki, 2018, 2023)
    once = Kept.of(tmp_path / "once", scene.signed(), scene)
    assert [(each.indication, each.sub_indication) for each in once.told()[once.lasting]] == [DEAD]
    twice = tmp_path / "twice.pdf"
    with scene.pki.at(dt.datetime(2022, 5, 6, tzinfo=dt.UTC)), monkeypatch.context() as later:
        later.setattr(tokens, "ValidationContext", _judged_at(scene.pki.now()))
        scene.pki.tsa = stamper(scene.pki, 2022, 2040)
        twice.write_bytes(once.lasting.read_bytes() + increment(once.lasting, scene))
    (said,) = judges.dss([twice], once.world)
    assert (said.indication, said.signature_format) == ("TOTAL_PASSED", "PAdES-BASELINE-LTA"), said
    assert said.timestamps == ("PASSED",) * 3


def test_pdfsig_finds_every_signature_valid_and_the_stamp_over_all(today: dict[str, Kept], old: dict[str, Kept]) -> None:
    for cases, made in ((TODAY, today), (OF_2019, old)):
        for name, kept in made.items():
            said = judges.pdfsig(kept.lasting)
            assert [each.valid for each in said if each.valid is not None] == [True] * cases[name].signatures, name
            assert said[-1].whole_file and said[-1].valid is None, name


def test_qpdf_and_openssl_find_the_whole_sound(today: dict[str, Kept], tmp_path: Path) -> None:
    for name, kept in today.items():
        root = tmp_path / f"{name}.pem"
        root.write_bytes(kept.world.read_bytes())
        assert judges.qpdf_check(kept.lasting).sound, name
        assert judges.openssl_stamp(kept.lasting, root).sound, name


def test_verapdf_finds_an_archival_original_to_be_one_still(today: dict[str, Kept]) -> None:
    kept = today["archival"]
    paths = [kept.original, kept.lasting]
    assert judges.verapdf(paths) == [judges.Conformity(path, True, "2b", ()) for path in paths]
