"""Everything that comes out of a demo station, of whatever file and in whatever lane, is judged sound by tools that know nothing of
Sohoa: what it seals, what it issues, and what others signed with the proof that it keeps beside.

More forms of the last two, and keys elsewhere, are judged in `test_referees_*.py`. Each judge is also shown what it must refuse: one that cannot say no proves nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import bagit
import pytest
from PIL import Image
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from tests.referees import judges
from tests.station import demo, sohoa
from tests.testkit import office_files, person, samples, scans, signing
from tests.testkit.letters import letter

DPI = 150
NO_AIA = "The authority info access is not present!"  # the demo certificates name no address of their issuer


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo station after one run over every kind of file."""
    folder = demo(tmp_path_factory.mktemp("van-phong") / "station")
    drop_scans(folder / "drop")
    drop_signed(folder)
    run = sohoa(folder, "run")
    assert run.returncode == 0, run.stderr
    return folder


def beside(path: Path, **told: str) -> None:
    """What a clerk writes beside a scan."""
    path.with_name(f"{path.name}.json").write_text(json.dumps(told), "utf-8")


def drop_annexes(drop: Path, page: Image.Image) -> None:
    """A scan, a born-digital one, Word, Excel: annexes of one decision."""
    annexes = drop / "phu-luc"
    made = [
        scans.png(annexes / "quet.png", page, DPI), scans.pdf_born_digital(annexes / "dien-tu.pdf", letter(5)),
        office_files.docx(annexes / "bang.docx", office_files.paragraph("Phụ lục số 01")),
        office_files.xlsx(annexes / "bang.xlsx", {"Bảng": office_files.sheet(office_files.rows(3, 4))}),
    ]  # fmt: skip
    for each in made:
        beside(each, code_number="15", code_notation="QĐ-UBND")


def drop_signed(station: Path) -> None:
    """A decision that the person in charge signed, to be issued; and a letter that came."""
    for lane, seed in (("phat-hanh", person.LETTER), ("van-ban-den", 2)):
        data = person.signed(station, signing.page(seed), letter(seed).signer_name)
        (station / "drop" / lane / "da-ky.pdf").write_bytes(data)


def drop_scans(drop: Path) -> None:
    made = {seed: samples.sample(seed, DPI) for seed in (2, 3, 5, 7)}
    (one,), two, others, (last,) = (made[seed].aged for seed in made)
    scans.jpeg(drop / "sao-y" / "màu.jpg", one, DPI)
    scans.jpeg_cmyk(drop / "sao-luc" / "cmyk.jpg", one, DPI)
    last.convert("1").save(drop / "luu-tru" / "den-trang.png", dpi=(DPI, DPI))
    scans.png(drop / "sao-luc" / "16-bit.png", last, DPI, bits=16)
    scans.tiff(drop / "luu-tru" / "nhieu-trang.tif", two, DPI)
    scans.pdf(drop / "sao-y" / "nhieu-trang.pdf", others, DPI)
    scans.pdf_turned(drop / "sao-luc" / "xoay.pdf", two[:1], DPI)
    scans.pdf_with_text(drop / "luu-tru" / "hai-lop.pdf", made[7].pages, made[7].aged)
    beside(scans.tiff(drop / "trich-sao" / "trich.tif", [page.image for page in made[7].pages], DPI), pages="1")
    drop_annexes(drop, one)


@pytest.fixture(scope="module")
def records(station: Path) -> list[dict[str, str]]:
    return json.loads(sohoa(station, "find", "--json").stdout)


@pytest.fixture(scope="module")
def papers(records: list[dict[str, str]]) -> list[dict[str, str]]:
    """What bears one signature, the organisation's, that shows the block."""
    return [record for record in records if record["lane"] not in {"phat-hanh", "van-ban-den"}]


@pytest.fixture(scope="module")
def sealed(station: Path, papers: list[dict[str, str]]) -> list[Path]:
    return [station / "archive" / record["path"] for record in papers]


@pytest.fixture(scope="module")
def signed(station: Path, records: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What others signed, by lane; that which came is joined with its proof, as the archive's FORMAT.md says."""
    found = {record["lane"]: record for record in records}
    came = station / "archive" / found["van-ban-den"]["path"]
    whole = tmp_path_factory.mktemp("whole") / "whole.pdf"
    whole.write_bytes(came.read_bytes() + (came.parent / "evidence" / f"{came.stem}.lta").read_bytes())
    return {"phat-hanh": station / "archive" / found["phat-hanh"]["path"], "van-ban-den": whole}


@pytest.fixture(scope="module")
def root(station: Path) -> Path:
    return station / "authority" / "root.pem"


@pytest.fixture(scope="module")
def faults(sealed: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the judges must not take: a sealed file with one bit turned, one with a page painted over by a later increment,
    the scanner's own file (neither PDF/A nor signed), and no PDF at all."""
    folder = tmp_path_factory.mktemp("faults")
    content = bytearray(max(sealed, key=lambda path: path.stat().st_size).read_bytes())  # half-way through it lies a page's picture
    (folder / "painted.pdf").write_bytes(content)
    with (folder / "painted.pdf").open("rb+") as file:
        increment = IncrementalPdfFileWriter(file)
        square = StreamObject(stream_data=b"q 0 g 100 100 300 300 re f Q")
        increment.add_stream_to_page(0, increment.add_object(square))
        increment.write_in_place()
    content[len(content) // 2] ^= 1
    (folder / "changed.pdf").write_bytes(content)
    scans.pdf(folder / "plain.pdf", samples.sample(7, DPI).aged, DPI)
    scans.html_named_pdf(folder / "web.pdf")
    return {path.stem: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def conformity(sealed: list[Path], faults: dict[str, Path]) -> dict[Path, judges.Conformity]:
    return {said.path: said for said in judges.verapdf([*sealed, faults["plain"], faults["web"]])}


@pytest.fixture(scope="module")
def judged(
    sealed: list[Path], signed: dict[str, Path], faults: dict[str, Path], root: Path
) -> dict[Path, list[judges.Judgement]]:
    files = [*sealed, *signed.values(), *faults.values()]
    said = judges.dss(files, root)
    return {path: [one for one in said if one.path == path] for path in files}


def test_every_file_was_filed_in_its_lane(records: list[dict[str, str]]) -> None:
    kept = {(record["lane"], record["original_name"]) for record in records}
    assert len(kept) == len(records) == 15
    assert {lane for lane, _ in kept} == {"sao-y", "sao-luc", "trich-sao", "luu-tru", "phu-luc", "phat-hanh", "van-ban-den"}


def test_verapdf_finds_each_sealed_file_to_be_pdf_a_2b(sealed: list[Path], conformity: dict[Path, judges.Conformity]) -> None:
    assert [conformity[path] for path in sealed] == [judges.Conformity(path, True, "2b", ()) for path in sealed]


def test_verapdf_refuses_a_plain_scan_and_what_is_no_pdf(
    faults: dict[str, Path], conformity: dict[Path, judges.Conformity]
) -> None:
    for name in ("plain", "web"):
        said = conformity[faults[name]]
        assert not said.compliant and said.failed


def test_dss_passes_each_seal_at_the_level_of_archives(
    sealed: list[Path], papers: list[dict[str, str]], judged: dict[Path, list[judges.Judgement]]
) -> None:
    for path, record in zip(sealed, papers, strict=True):
        (said,) = judged[path]
        assert (said.indication, said.sub_indication, said.errors) == ("TOTAL_PASSED", None, ())
        assert set(said.warnings) <= {NO_AIA}  # DSS passes with a warning what was painted over
        assert said.signature_format == "PAdES-BASELINE-LTA"
        assert said.timestamps == ("PASSED", "PASSED")
        assert said.signed_by == "Ủy ban nhân dân xã Minh Họa"
        assert said.best_signature_time is not None
        assert dt.datetime.fromisoformat(said.best_signature_time) == dt.datetime.fromisoformat(record["timestamped_at"])


def test_dss_passes_what_others_signed_and_the_seal_upon_it(
    signed: dict[str, Path], judged: dict[Path, list[judges.Judgement]]
) -> None:
    for lane, signers in (("phat-hanh", ["Người ký DEMO", "Ủy ban nhân dân xã Minh Họa"]), ("van-ban-den", ["Người ký DEMO"])):
        said = judged[signed[lane]]
        assert [one.signed_by for one in said] == signers
        assert {(one.indication, one.errors, one.signature_format) for one in said} == {("TOTAL_PASSED", (), "PAdES-BASELINE-LTA")}
        assert {stamp for one in said for stamp in one.timestamps} == {"PASSED"}


def test_dss_refuses_a_changed_byte_a_missing_seal_and_what_is_no_pdf(
    faults: dict[str, Path], judged: dict[Path, list[judges.Judgement]]
) -> None:
    said = {name: (judged[path][0].indication, judged[path][0].sub_indication) for name, path in faults.items()}
    assert said["changed"] == ("TOTAL_FAILED", "HASH_FAILURE")
    assert said["plain"] == ("NO_SIGNATURE", None)
    assert said["web"] == ("UNREADABLE", None)


def test_dss_warns_of_a_page_painted_over_after_sealing(
    faults: dict[str, Path], judged: dict[Path, list[judges.Judgement]]
) -> None:
    (said,) = judged[faults["painted"]]
    assert any("Visual difference" in warning for warning in said.warnings)
    assert any("undefined object modifications" in warning for warning in said.warnings)


def test_dss_does_not_pass_a_seal_under_a_root_it_was_not_given(sealed: list[Path], station: Path) -> None:
    (said,) = judges.dss(sealed[:1], station / "authority" / "tsa.pem")
    assert (said.indication, said.sub_indication) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")


def test_pdfsig_finds_each_seal_valid_and_the_whole_file_stamped(sealed: list[Path], signed: dict[str, Path]) -> None:
    for path in (*sealed, *signed.values()):
        *seals, stamp = judges.pdfsig(path)
        assert {(seal.kind, seal.valid) for seal in seals} == {("ETSI.CAdES.detached", True)}
        assert len(seals) == (2 if path == signed["phat-hanh"] else 1) and stamp.whole_file


def test_pdfsig_refuses_a_changed_byte_and_tells_of_later_bytes(faults: dict[str, Path]) -> None:
    assert judges.pdfsig(faults["changed"])[0].valid is False
    assert not any(field.whole_file for field in judges.pdfsig(faults["painted"]))
    assert judges.pdfsig(faults["plain"]) == []


def test_openssl_verifies_the_stamp_over_each_whole_file(sealed: list[Path], signed: dict[str, Path], root: Path) -> None:
    assert [path for path in (*sealed, *signed.values()) if not judges.openssl_stamp(path, root).sound] == []


def test_openssl_refuses_a_changed_byte_later_bytes_no_stamp_and_another_root(
    faults: dict[str, Path], sealed: list[Path], root: Path
) -> None:
    assert [name for name in ("changed", "painted", "plain") if judges.openssl_stamp(faults[name], root).sound] == []
    assert not judges.openssl_stamp(sealed[0], root.with_name("issuing.pem")).sound


def test_qpdf_finds_each_file_well_formed(sealed: list[Path], signed: dict[str, Path]) -> None:
    assert [said.words for path in (*sealed, *signed.values()) if not (said := judges.qpdf_check(path)).sound] == []


def test_qpdf_refuses_half_a_file(sealed: list[Path], tmp_path: Path) -> None:
    assert not judges.qpdf_check(scans.truncated(tmp_path / "half.pdf", sealed[0])).sound


def test_bagit_tells_a_whole_bag_from_a_changed_one(tmp_path: Path) -> None:
    (tmp_path / "van-ban.txt").write_text("một", "utf-8")
    bagit.make_bag(str(tmp_path), checksums=["sha256"])
    assert judges.bagit_validate(tmp_path).sound
    (tmp_path / "data" / "van-ban.txt").write_text("hai", "utf-8")
    assert not judges.bagit_validate(tmp_path).sound


def test_a_judge_that_is_missing_skips_here_and_fails_where_all_are_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judges, "HOME", tmp_path)
    monkeypatch.delenv("SOHOA_REFEREES", raising=False)
    with pytest.raises(pytest.skip.Exception, match="veraPDF"):
        judges.verapdf([])
    monkeypatch.setenv("SOHOA_REFEREES", "required")
    with pytest.raises(pytest.fail.Exception, match="veraPDF"):
        judges.dss([], tmp_path)
