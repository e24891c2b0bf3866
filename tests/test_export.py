"""`export`, as a user types it, and what E-ARK's validator and the schemas say of what comes out."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lxml import etree

from archive.errors import ArchiveError
from archive.log import leaf_hash, verify_inclusion
from archive.query import Query
from processor.cli import cli, wiring
from processor.errors import ExitCode, SettingsError, SohoaError
from processor.settings import load
from tests.referees import packages
from tests.station import sohoa
from tests.testkit.shelves import CLERK, FILE, ORIGINAL, YEAR, furnished

LAST = f"{FILE}.0000005"  # of which little is known
CIRCULAR = {  # rules of eark-validator that the SIP specification's own example breaks: it names a second CREATOR, SIP15-SIP17
    "CSIP12", "CSIP13", "CSIP16", "SIP14",
}  # fmt: skip


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return furnished(tmp_path_factory.mktemp("packages") / "station")


@pytest.fixture(scope="module")
def laid(station: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An AIP and a SIP of the whole file, as folder and ZIP, and of one of its documents alone."""
    made = {}
    for kind in ("aip", "sip"):
        out = tmp_path_factory.mktemp(kind)
        for more in ((), ("--zip",)):
            assert export(station, "--file", FILE, "--as", kind, "--partial", "--out", str(out), *more).exit_code == 0
        made[kind] = next(path for path in out.iterdir() if path.is_dir())
        made[f"{kind}-zip"] = next(path for path in out.iterdir() if path.suffix == ".zip")
        alone = ("--as", f"{kind}-tailieu", "--submission", "3", "--out", str(out / "alone"))
        assert export(station, f"{FILE}.0000003", *alone).exit_code == 0
        (made[f"{kind}-tailieu"],) = (out / "alone").iterdir()
    return made


def export(station: Path, *words: str) -> Any:
    return CliRunner().invoke(cli, ["export", *words, "--station", str(station)])


def test_what_is_not_known_makes_no_package_and_is_said(station: Path, tmp_path: Path) -> None:
    done = sohoa(station, "export", "--file", FILE, "--as", "aip", "--out", str(tmp_path / "out"))  # as typed
    assert done.returncode == ExitCode.SOME_REFUSED and not (tmp_path / "out").exists()
    told = done.stdout + done.stderr
    assert f"{LAST}: subject: chưa có giá trị" in told and f"{LAST}: typeName: chưa có giá trị" in told


def test_documents_that_are_described_need_no_leave(station: Path, tmp_path: Path) -> None:
    done = export(station, f"{FILE}.0000001", f"{FILE}.0000003", "--as", "aip", "--out", str(tmp_path))
    assert done.exit_code == 0, done.output
    (package,) = tmp_path.iterdir()
    assert not (package / "documentation/thieu-thong-tin.txt").exists()
    assert [path.stem for path in sorted((package / "representations/rep1/data").iterdir())] == [f"{FILE}.0000001", f"{FILE}.0000003"]


def test_the_layout_is_the_circulars(laid: dict[str, Path]) -> None:
    for kind in ("aip", "sip"):
        found = {path.relative_to(laid[kind]).as_posix() for path in laid[kind].rglob("*") if path.is_file()}
        assert {"METS.xml", "metadata/descriptive/EAD.xml", "metadata/preservation/PREMIS.xml", "representations/rep1/METS.xml",
                f"representations/rep1/metadata/descriptive/EAD_doc_{LAST}.xml",
                "representations/rep1/metadata/preservation/PREMIS_rep1.xml", f"representations/rep1/data/{LAST}.pdf",
                "schemas/EAD.xsd", "schemas/EAD_doc.xsd", "documentation/thieu-thong-tin.txt"} <= found  # fmt: skip
    assert laid["aip"].name.startswith("urn_uuid_") and laid["sip"].name.startswith("uuid-")


def told(path: Path) -> dict[str, str]:
    return {each.tag: each.text or "" for each in etree.parse(str(path)).getroot()}


def test_a_document_without_its_file_is_a_package_of_the_circulars_own(laid: dict[str, Path]) -> None:
    code = "H05.99.2024.03.0000001"  # agency, year of the document, hand-in, place in it
    title = {"title": "=1+1 về việc \ufb01", "source": "1", "description": ""}
    assert told(laid["aip-tailieu"] / "metadata/descriptive/EAD.xml") == {"arcFileCode": f"H05.99.{code}"} | title
    assert told(laid["sip-tailieu"] / "metadata/descriptive/EAD.xml") == {"fileCode": code, "totalDoc": "1"} | title
    for kind in ("aip", "sip"):
        base = laid[f"{kind}-tailieu"]
        root = etree.parse(str(base / "METS.xml")).getroot()
        assert root.get("TYPE") == "Collection" and f'OAISPACKAGETYPE="{kind.upper()}"' in (base / "METS.xml").read_text("utf-8")
        (pdf,) = (base / "representations/rep1/data").iterdir()
        own = told(base / f"representations/rep1/metadata/descriptive/EAD_doc_{pdf.stem}.xml")
        assert (len(own), own["docCode"]) == ({"aip": 19, "sip": 21}[kind], f"{FILE}.0000003")


def test_hand_ins_are_numbered_and_asked_for(station: Path, tmp_path: Path) -> None:
    both = export(station, f"{FILE}.0000001", f"{FILE}.0000003", "--as", "sip-tailieu", "--submission", "1", "--out", str(tmp_path))
    assert both.exit_code == 0, both.output
    codes = {told(path / "metadata/descriptive/EAD.xml")["fileCode"] for path in tmp_path.iterdir()}
    assert codes == {"H05.99.2024.01.0000001", "H05.99.2025.01.0000002"}
    assert isinstance(export(station, LAST, "--as", "sip-tailieu", "--out", str(tmp_path)).exception, SettingsError)
    assert isinstance(export(station, LAST, "--as", "sip", "--submission", "1", "--out", str(tmp_path)).exception, SettingsError)


def test_what_was_refiled_or_replaced_goes_out_where_it_now_belongs_with_its_links(tmp_path: Path) -> None:
    place, other, why = furnished(tmp_path / "station"), FILE.replace("07", "08"), "Xếp nhầm"
    with wiring.opened_archive(place, load(place)) as archive:
        archive.declare_file(other, "Hồ sơ khác", maintenance="20 năm", organ_id="H05.99", year=YEAR, actor=CLERK)
        archive.shelve_file(other, "H05.99.K1/G2/H03.013", CLERK)
        for code in (f"{FILE}.0000001", f"{FILE}.0000004"):
            archive.refile(code, other, why, CLERK)
        archive.supersede(f"{FILE}.0000003", f"{FILE}.0000005", "Bản quét mờ", CLERK)
        (moved, original) = archive.find(Query(fields={"file_code": other, "state": "filed"}, limit=None))
    done = export(place, "--file", other, "--as", "aip", "--out", str(tmp_path / "moved"))
    assert done.exit_code == 0, done.output
    (base,) = (tmp_path / "moved").iterdir()
    data, beside = base / "representations/rep1/data", base / "documentation"
    assert sorted(path.stem for path in data.iterdir()) == [f"{other}.0000001", f"{other}.0000002"]
    for row in (moved, original):
        assert hashlib.sha256((data / f"{row['doc_code']}.pdf").read_bytes()).hexdigest() == row["sha256"]
        assert json.loads((beside / "records" / f"{row['doc_code']}.json").read_text("utf-8"))["supersedes"] == row["supersedes"]
        own = told(base / f"representations/rep1/metadata/descriptive/EAD_doc_{row['doc_code']}.xml")
        assert (own["arcFileCode"], own["docOrdinal"]) == (f"H05.99.{other}", row["doc_code"][-7:])
    premis = base / "representations/rep1/metadata/preservation/PREMIS_rep1.xml"
    assert packages.schema_faults(premis, "premis") == []
    assert all(f">{FILE}.{number}<" in premis.read_text("utf-8") for number in ("0000001", "0000004")), "the codes they had"
    assert {path.name for path in (beside / "evidence").iterdir()} == {f"{FILE}.0000004.lta", f"{FILE}.0000004.verification.json"}
    types = [json.loads(json.loads(line)["entry"])["type"] for line in (beside / "events.jsonl").read_text("utf-8").splitlines()]
    assert types.count("superseded") == 2 and types.count("filed") == 4
    assert export(place, "--file", FILE, "--as", "aip", "--partial", "--out", str(tmp_path / "rest")).exit_code == 0
    (rest,) = (tmp_path / "rest").iterdir()
    assert [path.stem for path in (rest / "representations/rep1/data").iterdir()] == [LAST], "neither void codes nor what they held"
    assert f">{FILE}.0000003<" in (rest / premis.relative_to(base)).read_text("utf-8")
    assert isinstance(export(place, f"{FILE}.0000001", "--as", "aip", "--out", str(tmp_path / "x")).exception, SohoaError)


def test_bytes_are_those_of_the_archive(station: Path, laid: dict[str, Path]) -> None:
    for kind in ("aip", "sip"):
        for path in (laid[kind] / "representations/rep1/data").iterdir():
            (kept,) = (station / "archive").rglob(path.name)
            assert path.read_bytes() == kept.read_bytes()
    original = laid["aip"] / f"representations/rep1/data/{FILE}.0000004.pdf"
    assert original.read_bytes() == ORIGINAL
    assert (laid["aip"] / f"documentation/evidence/{FILE}.0000004.lta").read_bytes() == b"increment"


def test_a_court_can_check_the_log_with_the_package_alone(laid: dict[str, Path]) -> None:
    beside = laid["aip"] / "documentation"
    proof = json.loads((beside / "proof.json").read_text())
    lines = [json.loads(line) for line in (beside / "events.jsonl").read_text("utf-8").splitlines()]
    entries = {line["seq"]: line["entry"] for line in lines}
    for leaf in proof["leaves"]:
        hashed = leaf_hash(entries[leaf["seq"]].encode())
        path = [bytes.fromhex(node) for node in leaf["path"]]
        assert verify_inclusion(hashed, leaf["seq"], proof["tree_size"], path, bytes.fromhex(proof["root"]))
    filed = {entry["doc_code"]: entry["public"] for entry in map(json.loads, entries.values()) if entry["type"] == "filed"}
    for record in (beside / "records").iterdir():
        assert hashlib.sha256(record.read_bytes()).hexdigest() == filed[record.stem]["record_sha256"]
        pdf = laid["aip"] / f"representations/rep1/data/{record.stem}.pdf"
        assert hashlib.sha256(pdf.read_bytes()).hexdigest() == filed[record.stem]["sha256"]
    assert "openssl" in (beside / "FORMAT.md").read_text("utf-8") and "METS.xml" in (beside / "DOC-TRUOC.txt").read_text("utf-8")


def test_the_same_state_gives_the_same_bytes_even_after_an_export(station: Path, laid: dict[str, Path], tmp_path: Path) -> None:
    assert export(station, "--file", FILE, "--as", "aip", "--partial", "--zip", "--out", str(tmp_path)).exit_code == 0
    (again,) = tmp_path.iterdir()
    assert again.name == laid["aip-zip"].name and again.read_bytes() == laid["aip-zip"].read_bytes()


@pytest.mark.parametrize("version", packages.VERSIONS)
def test_earks_validator_finds_no_fault(laid: dict[str, Path], version: str) -> None:
    kinds = ("aip", "aip-zip", "aip-tailieu", "sip", "sip-tailieu")
    *archival, sip, alone = packages.eark([laid[kind] for kind in kinds], version)
    for verdict in archival:
        assert (verdict.errors, verdict.statuses) == ((), ("WellFormed", "VALID", "VALID")), verdict
        assert set(verdict.warnings) <= {"CSIP105"}  # one representation, beside the division for the group of files
    for verdict in (sip, alone):
        assert verdict.statuses[:2] == ("WellFormed", "VALID") and set(verdict.errors) <= CIRCULAR, verdict


def test_the_validator_sees_what_is_wrong(laid: dict[str, Path], tmp_path: Path) -> None:
    broken = Path(shutil.copytree(laid["aip"], tmp_path / "broken"))
    mets = (broken / "METS.xml").read_text("utf-8")
    (broken / "METS.xml").write_text(mets.replace('LABEL="CSIP"', 'LABEL="XYZ"').replace('TYPE="Mixed"', 'TYPE="AIP"'), "utf-8")
    (verdict,) = packages.eark([broken], packages.CSIP_OF_THE_CIRCULAR)
    assert {"CSIP82", "CSIP2"} <= set(verdict.errors)


@pytest.mark.parametrize("kind", ["aip", "sip", "aip-tailieu", "sip-tailieu"])
def test_every_document_of_a_package_is_valid_by_its_schema(laid: dict[str, Path], kind: str) -> None:
    base = laid[kind]
    assert [fault for path in base.rglob("METS.xml") for fault in packages.schema_faults(path, "mets")] == []
    assert [fault for path in base.rglob("PREMIS*.xml") for fault in packages.schema_faults(path, "premis")] == []
    for schema, pattern in (("EAD.xsd", "EAD.xml"), ("EAD_doc.xsd", "EAD_doc_*.xml")):
        rule = etree.XMLSchema(etree.parse(str(base / "schemas" / schema)))
        assert all(rule.validate(etree.parse(str(path))) for path in base.rglob(pattern)), rule.error_log


def test_a_table_and_its_pdfs(station: Path, tmp_path: Path) -> None:
    assert export(station, "--file", FILE, "--as", "csv", "--out", str(tmp_path)).exit_code == 0
    text = (tmp_path / FILE / f"{FILE}.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["issued_date"] for row in rows] == ["2024-12-31", "2025-03-02", "2025-06-01", ""]
    assert rows[0]["subject"].startswith("'=1+1")
    for row in rows:
        assert hashlib.sha256((tmp_path / FILE / "data" / f"{row['doc_code']}.pdf").read_bytes()).hexdigest() == row["sha256"]


def test_nothing_is_written_over_nothing_into_the_archive_and_nothing_void_goes_out(station: Path, laid: dict[str, Path]) -> None:
    again = export(station, "--file", FILE, "--as", "aip", "--partial", "--out", str(laid["aip"].parent))
    assert isinstance(again.exception, ArchiveError) and "exists" in str(again.exception)
    within = export(station, "--file", FILE, "--as", "csv", "--out", str(station / "archive" / "out"))
    assert isinstance(within.exception, SettingsError)
    assert isinstance(export(station, f"{FILE}.0000002", "--as", "csv", "--out", "x").exception, SohoaError)
    assert isinstance(export(station, "--as", "csv", "--out", "x").exception, SettingsError)


def test_an_altered_document_goes_into_no_package(station: Path, tmp_path: Path) -> None:
    (kept,) = (station / "archive").rglob(f"{FILE}.0000003.pdf")
    sound = kept.read_bytes()
    kept.write_bytes(sound[:-1] + b"x")
    try:
        done = export(station, f"{FILE}.0000003", "--as", "aip", "--out", str(tmp_path))
        assert isinstance(done.exception, ArchiveError) and "altered" in str(done.exception) and not list(tmp_path.iterdir())
    finally:
        kept.write_bytes(sound)
