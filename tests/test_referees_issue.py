"""What an office issues, sealed after the persons in charge signed, is judged sound by tools that know nothing of Sohoa; nobody's
signature is worth less than before, and PDF/A stays what it was.

Before the seal the judge is given the authorities' lists of the day, for the persons' signatures bring none; after it nothing but
the roots: the document proves itself.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pikepdf
import pytest
from pyhanko.sign.fields import MDPPerm

from tests.processor.seal.issuing import NUMBERED, Issued, Office, archival, letter, turned, with_fields
from tests.referees import judges
from tests.referees.worlds import world
from tests.testkit import samples, scans, signing
from tests.testkit.authorities import AGENCY

pytestmark = pytest.mark.filterwarnings("ignore")
PASSED = ("TOTAL_PASSED", None)
UNKNOWN = ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")
LEVELS = ("B", "T", "LT", "LTA")
BESIDE = (60, 640, 150, 700)


@dataclass(frozen=True)
class Case:
    """A document that persons have signed.

    `build` makes it; `more` is what `locate` is told; `persons`: how many signed, each of them judged `told`, of this `format`
    before the seal; `passes`: how many signatures the office adds; `pdfa`: the level of PDF/A that it has, if any.
    """

    build: Callable[[Office], bytes]
    more: Mapping[str, Any] = field(default_factory=dict)
    persons: int = 1
    told: tuple[str, str | None] = PASSED
    format: str = "PAdES-BASELINE-T"
    passes: int = 1
    pdfa: str = ""


def by_one(pdf: bytes) -> Callable[[Office], bytes]:
    return lambda office: office.shown_signature(pdf, office.pki.person())


def by_way(**change: Any) -> Callable[[Office], bytes]:
    return lambda office: signing.sign(letter(), office.pki.person(), office.pki, replace(signing.HAND, **change))


def by_two(office: Office) -> bytes:
    first = office.shown_signature(with_fields(archival(letter(), "3b")), office.pki.person("Trần Thị Nháy"), BESIDE, name="Nhay")
    return office.shown_signature(first, office.pki.person())


def by_stranger(office: Office) -> bytes:
    double = office.pki.double()
    return signing.sign(letter(), double.person(), double, signing.HAND)


def archived(office: Office) -> bytes:
    who = office.pki.person()
    return signing.archived(office.shown_signature(letter(), who), who, office.pki)


def certified(office: Office) -> bytes:
    with pikepdf.open(io.BytesIO(signing.empty_field(letter(), "DauCoQuan", (300, 90, 420, 200)))) as document:
        document.Root.AcroForm.Fields[0].AP.N.BBox = [0, 0, 120, 110]  # as forms have it; pyHanko has the corners the other way round
        document.save(out := io.BytesIO())
    way = replace(signing.HAND, certify=MDPPerm.FILL_FORMS)
    return signing.sign(out.getvalue(), office.pki.person(), office.pki, way)


def scanned(office: Office) -> bytes:
    path = scans.pdf(office.folder / "scan.pdf", samples.sample(3, 100).aged[:1], 100)
    return office.shown_signature(archival(path.read_bytes()), office.pki.person())


CASES: Mapping[str, Case] = {
    "one person, number and day": Case(by_one(archival(letter(gaps=True))), NUMBERED, passes=3, pdfa="2b"),
    "two persons, number and date in form fields": Case(
        by_two, {"fields": ["Nhay", "Signature1"], "number_field": "so", "date_field": "ngay", **NUMBERED}, persons=2, pdfa="3b"),
    "a page rotated": Case(by_one(archival(turned(letter(), 90))), pdfa="2b"),
    "an organisation's EC key": Case(by_one(archival(letter(gaps=True))), NUMBERED, passes=3, pdfa="2b"),
    "scanned": Case(scanned, pdfa="2b"),
    "no PDF/A": Case(by_one(letter())),
    "a person without time-stamp": Case(by_way(stamped=False), format="PAdES-BASELINE-B"),
    "a person the old way": Case(by_way(pades=False, ess=""), format="PKCS7-T"),
    "archived by a person": Case(archived, format="PAdES-BASELINE-LTA"),
    "certified, a field waits for the seal": Case(certified),
    "of a word processor, hybrid": Case(by_one(signing.hybrid(letter()))),
    "a person of an authority nobody reaches": Case(by_stranger, told=UNKNOWN),
}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """A document, and what DSS says of it before and after."""

    issued: Issued
    before: list[judges.Judgement]
    after: list[judges.Judgement]


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Office]:
    """One with an RSA key and one with an EC key, of the same authorities."""
    usual = Office(tmp_path_factory.mktemp("office"))
    other = Office(tmp_path_factory.mktemp("ec"), usual.pki)
    other.key = usual.pki.organisation(rsa_key=False)
    return {"": usual, "an organisation's EC key": other}


@pytest.fixture(scope="module")
def judged(offices: dict[str, Office]) -> dict[str, Judged]:
    usual = offices[""]
    roots, lists = usual.folder / "roots.pem", usual.folder / "lists.pem"
    roots.write_bytes(world(usual.pki))
    made: dict[str, Judged] = {}
    for number, (name, case) in enumerate(CASES.items()):
        office = offices.get(name, usual)
        issued = office.issue(f"case-{number}", case.build(office), **case.more)
        lists.write_bytes(world(usual.pki, lists=True))
        made[name] = Judged(issued, judges.dss([issued.before], lists), judges.dss([issued.after], roots))
    return made


def level(said: judges.Judgement) -> int:
    return LEVELS.index(said.signature_format.rpartition("-")[2])


@pytest.mark.parametrize("name", CASES)
def test_dss_passes_every_signature_of_the_office_and_the_last_at_the_level_of_archives(name: str, judged: dict[str, Judged]) -> None:
    case, said = CASES[name], judged[name].after
    own = said[case.persons :]
    assert len(said) == case.persons + case.passes
    assert [(one.indication, one.sub_indication, one.errors) for one in own] == [("TOTAL_PASSED", None, ())] * case.passes, own
    assert {one.signed_by for one in own} == {AGENCY}
    assert [one.field for one in own] == [one["field"] for one in judged[name].issued.place["passes"]]
    assert own[-1].signature_format == "PAdES-BASELINE-LTA"
    assert {stamp for one in own for stamp in one.timestamps} == {"PASSED"}


@pytest.mark.parametrize("name", CASES)
def test_no_persons_signature_is_worth_less_than_before(name: str, judged: dict[str, Judged]) -> None:
    case, (before, after) = CASES[name], (judged[name].before, judged[name].after[: CASES[name].persons])
    assert [(one.indication, one.sub_indication) for one in before] == [case.told] * case.persons, before
    assert {one.signature_format for one in before} == {case.format}
    for was, now in zip(before, after, strict=True):
        assert (now.field, now.signed_by, now.indication, now.sub_indication) == (was.field, was.signed_by, *case.told), now
        assert level(now) >= level(was)
        assert not any("/DocMDP" in warning or "modifications" in warning for warning in now.warnings), now.warnings


def test_verapdf_finds_pdf_a_kept_at_its_level(judged: dict[str, Judged]) -> None:
    files = {path: case.pdfa for name, case in CASES.items() if case.pdfa for path in (judged[name].issued.before, judged[name].issued.after)}
    assert judges.verapdf(list(files), judges.AS_CLAIMED) == [judges.Conformity(path, True, pdfa, ()) for path, pdfa in files.items()]


@pytest.mark.parametrize("name", CASES)
def test_pdfsig_finds_every_signature_valid_and_the_stamp_over_all(name: str, judged: dict[str, Judged]) -> None:
    case, said = CASES[name], judges.pdfsig(judged[name].issued.after)
    assert [one.valid for one in said if one.valid is not None] == [True] * (case.persons + case.passes)
    assert said[-1].whole_file and said[-1].valid is None
    assert judges.qpdf_check(judged[name].issued.after).sound
