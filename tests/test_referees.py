"""Everything Sohoa seals, of whatever scan and in whatever lane, is judged sound by tools that know nothing of Sohoa.

Each judge is also shown what it must refuse: one that cannot say no proves nothing.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import bagit
import pytest
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from tests.referees import judges
from tests.testkit import samples, scans

SOHOA = Path(sys.executable).with_name("sohoa")
DPI = 150
NO_AIA = "The authority info access is not present!"  # the demo certificates name no address of their issuer


def sohoa(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(SOHOA), *words], capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo station after one run over every kind of scan."""
    folder = tmp_path_factory.mktemp("van-phong") / "station"
    assert sohoa("init", "--demo", str(folder)).returncode == 0
    drop_scans(folder / "drop")
    run = sohoa("run", "--station", str(folder))
    assert run.returncode == 0, run.stderr
    return folder


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


@pytest.fixture(scope="module")
def records(station: Path) -> list[dict[str, str]]:
    return json.loads(sohoa("find", "--json", "--station", str(station)).stdout)


@pytest.fixture(scope="module")
def sealed(station: Path, records: list[dict[str, str]]) -> list[Path]:
    return [station / "archive" / record["path"] for record in records]


@pytest.fixture(scope="module")
def root(station: Path) -> Path:
    return station / "authority" / "root.pem"


@pytest.fixture(scope="module")
def faults(sealed: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What the judges must not take: a sealed file with one bit turned, one with a page painted over by a later increment,
    the scanner's own file (neither PDF/A nor signed), and no PDF at all."""
    folder = tmp_path_factory.mktemp("faults")
    content = bytearray(sealed[0].read_bytes())
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
def judged(sealed: list[Path], faults: dict[str, Path], root: Path) -> dict[Path, list[judges.Judgement]]:
    said = judges.dss([*sealed, *faults.values()], root)
    return {path: [one for one in said if one.path == path] for path in (*sealed, *faults.values())}


def test_every_scan_was_sealed_in_its_lane(records: list[dict[str, str]]) -> None:
    kept = {(record["lane"], record["original_name"]) for record in records}
    assert len(kept) == len(records) == 8
    assert {lane for lane, _ in kept} == {"sao-y", "sao-luc", "luu-tru"}


def test_verapdf_finds_each_sealed_file_to_be_pdf_a_2b(sealed: list[Path], conformity: dict[Path, judges.Conformity]) -> None:
    assert [conformity[path] for path in sealed] == [judges.Conformity(path, True, "2b", ()) for path in sealed]


def test_verapdf_refuses_a_plain_scan_and_what_is_no_pdf(
    faults: dict[str, Path], conformity: dict[Path, judges.Conformity]
) -> None:
    for name in ("plain", "web"):
        said = conformity[faults[name]]
        assert not said.compliant and said.failed


def test_dss_passes_each_seal_at_the_level_of_archives(
    sealed: list[Path], records: list[dict[str, str]], judged: dict[Path, list[judges.Judgement]]
) -> None:
    for path, record in zip(sealed, records, strict=True):
        (said,) = judged[path]
        assert (said.indication, said.sub_indication, said.errors) == ("TOTAL_PASSED", None, ())
        assert set(said.warnings) <= {NO_AIA}  # DSS passes with a warning what was painted over
        assert said.signature_format == "PAdES-BASELINE-LTA"
        assert said.timestamps == ("PASSED", "PASSED")
        assert said.signed_by == "Ủy ban nhân dân xã Minh Họa"
        assert said.best_signature_time is not None
        assert dt.datetime.fromisoformat(said.best_signature_time) == dt.datetime.fromisoformat(record["timestamped_at"])


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


def test_pdfsig_finds_each_seal_valid_and_the_whole_file_stamped(sealed: list[Path]) -> None:
    for path in sealed:
        seal, stamp = judges.pdfsig(path)
        assert (seal.kind, seal.valid) == ("ETSI.CAdES.detached", True)
        assert stamp.whole_file


def test_pdfsig_refuses_a_changed_byte_and_tells_of_later_bytes(faults: dict[str, Path]) -> None:
    assert judges.pdfsig(faults["changed"])[0].valid is False
    assert not any(field.whole_file for field in judges.pdfsig(faults["painted"]))
    assert judges.pdfsig(faults["plain"]) == []


def test_openssl_verifies_the_stamp_over_each_whole_file(sealed: list[Path], root: Path) -> None:
    assert [path for path in sealed if not judges.openssl_stamp(path, root).sound] == []


def test_openssl_refuses_a_changed_byte_later_bytes_no_stamp_and_another_root(
    faults: dict[str, Path], sealed: list[Path], root: Path
) -> None:
    assert [name for name in ("changed", "painted", "plain") if judges.openssl_stamp(faults[name], root).sound] == []
    assert not judges.openssl_stamp(sealed[0], root.with_name("issuing.pem")).sound


def test_qpdf_finds_each_sealed_file_well_formed(sealed: list[Path]) -> None:
    assert [said.words for path in sealed if not (said := judges.qpdf_check(path)).sound] == []


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
