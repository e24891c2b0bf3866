"""The whole way for real, on shipped defaults (original, past_year, quality): a scanner's file in a drop folder comes out sealed, filed,
found and verified by others' tools, without a clerk's hand; the same page scanned badly waits for one."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.testkit import samples, scans
from tests.testkit.stations import as_shipped

SOHOA = Path(sys.executable).with_name("sohoa")
YEAR = dt.datetime.now(dt.timezone(dt.timedelta(hours=7))).year
FILE, LATE = f"H05.99.{YEAR}.01.TN", f"H05.99.{YEAR - 1}.01.TN"
SEED = 7  # a letter of one page, its number and day written by hand


def sohoa(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(SOHOA), *words], capture_output=True, text=True, timeout=300)


def torn(page: Image.Image) -> Image.Image:
    """The same page without its foot, where seal and signature stand."""
    made = page.copy()
    made.paste("white", (0, page.height // 6, page.width, page.height))
    return made


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office") / "station"
    assert sohoa("init", "--demo", str(folder)).returncode == 0
    as_shipped(folder, FILE)
    for code, year in ((FILE, YEAR), (LATE, YEAR - 1)):
        assert sohoa("files", "add", code, "Tờ trình", "--year", str(year), "--station", str(folder)).returncode == 0
    (fine,), pages = samples.sample(SEED, dpi=300).aged, samples.sample(SEED, dpi=200).aged
    drop = folder / "drop"
    scans.jpeg(drop / "sao-y" / "mot.jpg", fine, 300)
    scans.tiff(drop / "luu-tru" / "hai.tif", pages, 200, "jpeg")
    scans.pdf_turned(drop / "sao-y" / "ba.pdf", pages[:1], 200)
    scans.pdf(drop / "sao-y" / "xam.pdf", [fine.convert("L")], 300)
    scans.pdf(drop / "sao-y" / "tho.pdf", [fine.resize((fine.width // 2, fine.height // 2), Image.Resampling.BOX)], 150)
    scans.pdf(drop / "sao-y" / "mat-chan.pdf", [torn(pages[0])], 200)
    (drop / "sao-y" / LATE).mkdir()
    scans.pdf(drop / "sao-y" / LATE / "tre.pdf", pages, 200)
    scans.html_named_pdf(drop / "sao-y" / "web.pdf")
    scans.encrypted(drop / "sao-y" / "khoa.pdf", pages[:1])
    scans.pdf_born_digital(drop / "sao-y" / "dien-tu.pdf", samples.sample(SEED, dpi=200).letter)
    run = sohoa("run", "--station", str(folder))
    assert run.returncode == 2, run.stderr
    return folder


def found(station: Path) -> list[dict[str, object]]:
    return json.loads(sohoa("find", "--json", "--station", str(station)).stdout)


def test_every_paper_scan_is_filed_under_codes_without_gaps(station: Path) -> None:
    records = found(station)
    assert sorted(r["doc_code"] for r in records) == [f"{FILE}.{n:07}" for n in (1, 2, 3)]
    assert {r["original_name"] for r in records} == {"mot.jpg", "hai.tif", "ba.pdf"}
    assert {r["pades_level"] for r in records} == {"B-LTA"}
    for record in records:
        told = json.loads(sohoa("show", str(record["doc_code"]), "--json", "--station", str(station)).stdout)
        assert not {event["type"] for event in told["events"]} & {"held", "released"}, "no clerk's hand"


def test_what_is_refused_lies_beside_its_reason(station: Path) -> None:
    told = json.loads(sohoa("status", "--json", "--station", str(station)).stdout)
    assert {item["name"]: item["code"] for item in told["rejected"]} == {
        "web.pdf": "not-a-document", "khoa.pdf": "encrypted"}  # fmt: skip
    assert {item["name"]: item["code"] for item in told["held"]} == {
        "dien-tu.pdf": "born-digital", "xam.pdf": "not-in-colour", "tho.pdf": "low-resolution", "mat-chan.pdf": "original-not-seen",
        "tre.pdf": "file-past-year",
    }  # fmt: skip
    assert (next((station / "held").rglob("ly-do.txt"))).read_bytes().startswith(b"\xef\xbb\xbf")


def test_sources_are_cleared_and_the_clerk_gets_copies(station: Path) -> None:
    assert [p for p in (station / "drop").rglob("*") if p.is_file()] == []
    assert {p.name for p in (station / "out").rglob("*.pdf")} == {"mot.pdf", "hai.pdf", "ba.pdf"}


def test_others_tools_accept_what_was_sealed(station: Path) -> None:
    for record in found(station):
        path = station / "archive" / str(record["path"])
        said = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True).stdout
        assert "Signature is Valid" in said
        assert subprocess.run(["qpdf", "--check", str(path)], capture_output=True).returncode == 0


def test_the_block_reads_as_the_law_writes_it(station: Path) -> None:
    forms = {r["original_name"]: str(r["block_text"]) for r in found(station)}
    assert forms["mot.jpg"].startswith("SAO Y; Ủy ban nhân dân xã Minh Họa; ") and forms["mot.jpg"].endswith(" +07:00")
    assert forms["hai.tif"].startswith("Ủy ban nhân dân xã Minh Họa; ")


def test_the_same_scan_dropped_again_makes_no_second_document(station: Path) -> None:
    scans.jpeg(station / "drop" / "sao-y" / "lan-nua.jpg", samples.sample(SEED, dpi=300).aged[0], 300)
    assert sohoa("run", "--station", str(station)).returncode == 0
    assert len(found(station)) == 3
    assert not (station / "drop" / "sao-y" / "lan-nua.jpg").exists()


def test_a_changed_byte_is_found(station: Path) -> None:
    assert sohoa("verify", "--station", str(station)).returncode == 0
    path = station / "archive" / str(found(station)[0]["path"])
    path.chmod(0o644)
    original = path.read_bytes()
    path.write_bytes(original[:-1] + b"X")
    assert sohoa("verify", "--station", str(station)).returncode == 3
    path.write_bytes(original)
